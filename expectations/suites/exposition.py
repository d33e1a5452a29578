"""The time pairs were exposed to mentoring, and their sessions."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `exposition`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Chaque binôme n'a qu'une exposition", column="id_binome"),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Les mois dont les séances sont transmises sont des mois d'activité",
            column_A="mois_exposition_nb",
            column_B="mois_couverts_nb",
            or_equal=True,
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Il n'y a pas plus de mois avec séance que de mois d'activité",
            column_A="mois_exposition_nb",
            column_B="mois_avec_seance_nb",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Avant le repère, il n'y a pas plus de mois avec séance que de mois transmis",
            column_A="repere_mois_couverts_nb",
            column_B="repere_mois_avec_seance_nb",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]
