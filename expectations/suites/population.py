"""The population in care."""

from datetime import date

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule, threshold
from mentorat.reference import parametre


def rules() -> list[Expectation]:
    """Rules of the mart `population`."""
    oldest = parametre("age_maximum", date.max)
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Une ligne par jeune", column="id_population"),
        rule(gxe.ExpectColumnValuesToNotBeNull, "Tout jeune a un territoire", column="territoire"),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            f"Nul n'est suivi au-delà de {oldest} ans",
            column="age_31_12",
            min_value=0,
            max_value=oldest,
        ),
        rule(gxe.ExpectColumnValuesToNotBeNull, "Toute entrée dans l'année a une date", column="date_entree"),
        rule(
            gxe.ExpectColumnValuesToNotBeNull,
            "L'âge est presque toujours connu",
            bloquant=False,
            column="age_31_12",
            mostly=1 - threshold("part_age_inconnu_alerte"),
        ),
    ]
