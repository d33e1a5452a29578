"""Associations and acts in each territory."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `couverture_associative`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par territoire et par association",
            column_list=["territoire", "association"],
        ),
    ]
