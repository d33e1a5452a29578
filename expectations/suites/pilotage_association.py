"""Steering table of the associations."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `pilotage_association`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Une ligne par association", column="code"),
    ]
