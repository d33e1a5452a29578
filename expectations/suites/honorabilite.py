"""The days on which a mentor's honorability check is in force: dates, never a result."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `honorabilite`."""
    return [
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Un contrôle ne cesse pas d'être valable avant d'avoir été fait",
            column_A="fin",
            column_B="debut",
            or_equal=True,
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Un contrôle suivant vient après le précédent",
            column_A="controle_suivant",
            column_B="debut",
            ignore_row_if="either_value_is_missing",
        ),
    ]
