"""The flows of the cohorts compared, by landmark and arm."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `flux_reperes`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par repère, bras et étape",
            column_list=["repere", "bras", "etape"],
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Aucun effectif négatif", column="effectif", min_value=0),
    ]
