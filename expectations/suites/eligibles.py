"""The eligible young people."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `eligibles`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Une ligne par jeune éligible", column="id_population"),
        rule(gxe.ExpectColumnValuesToNotBeNull, "Tout jeune éligible a une tranche d'âge", column="tranche_age"),
    ]
