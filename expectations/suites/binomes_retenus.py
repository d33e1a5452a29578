"""The pairs kept, once associations and départements are reconciled."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `binomes_retenus`."""
    return [
        # a département may know that a pair runs and not since when: it counts nowhere until its date comes
        rule(gxe.ExpectColumnValuesToNotBeNull, "Tout binôme a un début", bloquant=False, column="date_debut"),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Aucun binôme ne finit avant d'avoir commencé",
            column_A="date_fin",
            column_B="date_debut",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Mentorat et parrainage sont les deux seules natures",
            column="nature",
            value_set=["mentorat", "parrainage"],
        ),
    ]
