"""The cohorts of mentorés and comparators."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `cohorte`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Un jeune n'est que dans un groupe", column="id_population"),
        rule(gxe.ExpectColumnValuesToNotBeNull, "Tout jeune éligible a un groupe", column="groupe"),
    ]
