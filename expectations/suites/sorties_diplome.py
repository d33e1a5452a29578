"""Who left care in the year at 16 or more, and with what diploma."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `sorties_diplome`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Un jeune ne sort qu'une fois dans l'année", column="id_population"),
        rule(gxe.ExpectColumnValuesToBeBetween, "On y sort à 16 ans ou plus", column="age_sortie", min_value=16),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Les diplômes connus sont ceux du contrat",
            column="diplome",
            value_set=["1", "2", "3", "4", "5"],
        ),
    ]
