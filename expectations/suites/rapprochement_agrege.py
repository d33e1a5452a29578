"""The aggregated returns beside the figures of the individual files."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def rules() -> list[Expectation]:
    """Rules of the mart `rapprochement_agrege`."""
    return [
        rule(
            gxe.ExpectCompoundColumnsToBeUnique,
            "Une ligne par chiffre remonté",
            column_list=["niveau", "code", "indicateur", "ventilation", "mesure"],
        ),
        rule(
            gxe.ExpectColumnValuesToBeInSet,
            "Chaque chiffre dit d'où il vient",
            column="origine_retenue",
            value_set=["individuelle", "agregee"],
        ),
    ]
