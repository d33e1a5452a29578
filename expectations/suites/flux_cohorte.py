"""The flow from population to analysed groups."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `flux_cohorte`."""
    return [
        rule(gxe.ExpectColumnValuesToBeUnique, "Une ligne par étape", column="ordre"),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun effectif négatif", column="effectif", min_value=0),
    ]
