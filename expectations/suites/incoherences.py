"""What passed intake and cannot be right: counted, and worth a look when it is much."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `incoherences`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par règle et territoire",
            column_list=["source", "regle", "territoire"],
        ),
        rule(gxe.ExpectColumnValuesToBeBetween, "Un décompte est positif", column="lignes_nb", min_value=1),
    ]
