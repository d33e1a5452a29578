"""What a département and an association say differently of the same pair."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `ecarts_sources`."""
    return [
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Un écart porte sur une colonne comparée",
            column="colonne",
            value_set=["date_debut", "date_fin", "etat", "lancement", "motif_fin", "nature", "association"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "La valeur de l'association est retenue",
            column="retenue",
            value_set=["association"],
        ),
    ]
