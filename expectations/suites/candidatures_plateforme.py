"""Associations that could take each demand."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `candidatures_plateforme`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par demande et par association",
            column_list=["id_demande", "association"],
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun objectif n'est négatif", column="objectif_aap", min_value=0),
    ]
