"""Conventions of the year, each once."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `conventions_retenues`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par convention",
            column_list=["territoire", "operateur", "type_convention", "date_signature"],
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucune convention ne finit avant sa signature",
            column_A="date_fin",
            column_B="date_signature",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun coût n'est négatif", column="cout_cents", min_value=0),
    ]
