"""The young person × month states, told as runs of months."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule

ETATS = [
    "assistant_familial",
    "etablissement",
    "lieu_de_vie",
    "autonomie",
    "tiers",
    "placement_domicile",
    "aed",
    "aemo",
    "autre",
    "jeune_majeur",
    "sorti",
]


def rules() -> list[Expectation]:
    """Rules of the mart `trajectoires_mois`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Un seul état par jeune et par mois de début",
            column_list=["id_population", "mois_debut"],
        ),
        rule(gxe.ExpectColumnValuesToBeInSet, "Les états sont ceux du référentiel", column="etat", value_set=ETATS),
        rule(gxe.ExpectColumnValuesToBeBetween, "Une suite dure au moins un mois", column="mois_nb", min_value=1),
    ]
