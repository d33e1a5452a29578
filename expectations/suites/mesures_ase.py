"""OLINPE events: what its own reception checks hold for essential, as far as one file shows it."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule, threshold


def rules() -> list[Expectation]:
    """Rules of the OLINPE events."""
    known = 1 - threshold("part_sexe_inconnu_alerte")
    return [
        rule(
            gxe.ExpectColumnValuesToNotBeNull,
            "DECISION est toujours rempli (seul contrôle rouge de la réception OLINPE)",
            bloquant=False,
            column="DECISION",
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "SEXE est presque toujours connu",
            bloquant=False,
            column="SEXE",
            value_set=["1", "2"],
            mostly=known,
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "ANAIS est presque toujours une année plausible",
            bloquant=False,
            column="ANAIS",
            min_value=1995,
            max_value=2035,
            mostly=1 - threshold("part_age_inconnu_alerte"),
        ),
    ]
