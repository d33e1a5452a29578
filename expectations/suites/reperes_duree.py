"""The cohorts compared at the first day and at the landmarks."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `reperes_duree`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un jeune est une fois par repère et par bras",
            column_list=["repere", "bras", "id_population"],
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucune covariable n'est lue après le premier jour",
            column_A="date_debut",
            column_B="derniere_date_lue",
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Le suivi ne finit pas avant la date d'index",
            column_A="suivi_fin",
            column_B="date_index",
            or_equal=True,
        ),
    ]
