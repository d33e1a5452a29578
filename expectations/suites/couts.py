"""Costs of the operators beside the reference."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `couts`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par opérateur et par lieu",
            column_list=["code", "operateur"],
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun coût n'est négatif", column="cout_cents", min_value=0),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "La position dit où tombe le coût",
            column="position_reference",
            value_set=["sous", "dans", "sur"],
        ),
    ]
