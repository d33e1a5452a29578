"""Who is who: one person for each pseudonym."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import PSEUDONYM, rule


def rules() -> list[Expectation]:
    """Rules of the identity table."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Un pseudonyme mène à une seule personne", column="id_jeune"),
        rule(gxe.ExpectColumnValuesToNotBeNull, "Tout pseudonyme mène à une personne", column="id_personne"),
        rule(
            gxe.ExpectColumnValuesToMatchRegex,
            "Les personnes sont désignées par un pseudonyme de niveau 2",
            column="id_personne",
            regex=PSEUDONYM,
        ),
    ]
