"""The risk sets."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `risques`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un jeune n'a qu'un intervalle par premier jour",
            column_list=["id_population", "debut"],
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucun intervalle ne finit avant de commencer",
            column_A="fin",
            column_B="debut",
            or_equal=True,
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Ce qui est dit d'un jeune était connu avant le premier jour de l'intervalle",
            column_A="debut",
            column_B="derniere_date_lue",
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucun intervalle ne commence avant l'observation du territoire",
            column_A="debut",
            column_B="debut_observation",
            or_equal=True,
        ),
    ]
