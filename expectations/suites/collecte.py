"""What each sender was expected to send, and sent."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `collecte`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par émetteur et par source",
            column_list=["emetteur", "source"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            "La complétude est une part",
            column="completude_part",
            min_value=0,
            max_value=1,
        ),
        rule(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB,
            "Pas plus de jeunes rapprochés que de jeunes",
            column_A="jeunes_nb",
            column_B="rapproches_nb",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
        ),
    ]
