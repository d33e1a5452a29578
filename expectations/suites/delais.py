"""Delays of the chain, one row a file and step."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `delais`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un dossier a une ligne par étape",
            column_list=["territoire", "id_dossier", "etape"],
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun délai négatif", column="duree_jours", min_value=0),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucune étape ne finit avant d'avoir commencé",
            column_A="date_fin",
            column_B="date_debut",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]
