"""Pairs: one open pair for a young person in an association."""

import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.rules import rule


def prepare(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `binome_ouvert`: young person, association and nature of a running pair, empty for an ended one."""
    running = frame["id_jeune"] + "|" + frame["association"] + "|" + frame["nature"].fillna("")
    return frame.assign(binome_ouvert=running.where(frame["date_fin"].isna()))


def rules() -> list[Expectation]:
    """Rules of the pairs."""
    return [
        rule(
            gxe.ExpectColumnValuesToBeUnique,
            "Un seul binôme ouvert par jeune et par association",
            bloquant=False,
            column="binome_ouvert",
        )
    ]
