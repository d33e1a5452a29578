"""A small lake on disk: rows of a source in its stored schema, with what a test changes."""

from pathlib import Path
from typing import Any

import pandas as pd

from expectations.lake import Lake
from expectations.runner import Outcome, RuleResult, outcome_of
from mentorat.contracts.sources import arrow_schema, contracts
from mentorat.lake import write_parquet
from mentorat.settings import Settings

CAMPAGNE = 2024


def hexa(letter: str) -> str:
    """A pseudonym of level 2."""
    return letter * 64


class SmallLake:
    """Tables written under a folder; `outcome` runs the border rules of one."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder)
        self.lake = Lake(self.settings, CAMPAGNE)

    def put(self, source: str, rows: list[dict[str, Any]], campagne: int = CAMPAGNE, store: str = "etude") -> None:
        """Write the rows of a source; columns left out are empty."""
        schema = arrow_schema(source)
        frame = pd.DataFrame(
            [{"campagne": campagne, "depose_par": "departement-59", **row} for row in rows], columns=schema.names
        ).astype(object)
        for name in frame:
            if schema.field(name).type == "date32[day]":
                frame[name] = pd.to_datetime(frame[name]).dt.date
        write_parquet(frame.where(frame.notna(), None), self.lake.path(source, campagne, store), schema)

    def put_frame(self, table: str, frame: pd.DataFrame, store: str = "etude") -> None:
        """Write a table that no contract describes."""
        write_parquet(frame, self.lake.path(table, store=store))

    def outcome(self, table: str) -> Outcome:
        """The border rules of a table, on a fresh look at the lake."""
        return outcome_of(Lake(self.settings, CAMPAGNE), "bordure", table)

    def broken(self, table: str) -> dict[str, RuleResult]:
        """Rules that do not hold, by name."""
        return {rule.regle: rule for rule in self.outcome(table).rules if not rule.succes}

    def rule(self, table: str, name: str) -> RuleResult:
        """One rule of a table."""
        (found,) = [rule for rule in self.outcome(table).rules if rule.regle == name]
        return found


def pair(**changes: Any) -> dict[str, Any]:
    """A right pair of an association."""
    return {
        "id_binome": hexa("a"),
        "association": "demo-01",
        "departement": "59",
        "id_jeune": hexa("c"),
        "id_mentor": hexa("e"),
        "nature": "mentorat",
        "modalite": "presentiel",
        "date_debut": "2024-01-05",
        "depose_par": "association-demo-01",
    } | changes


def event(**changes: Any) -> dict[str, Any]:
    """A right OLINPE event: a placement by a judge, begun in the year."""
    return {
        "NUMDEP": "59",
        "NUMANONYM": hexa("1"),
        "NUMANONYMANT": hexa("1"),
        "TYPEV": "1",
        "SEXE": "1",
        "ANAIS": 2010,
        "MNAIS": 5,
        "DECISION": "2",
        "NATDECASSED": "17",
        "LIEUPLAC": "2",
        "DATDECPE": "2024-01-02",
        "DATDEB": "2024-01-05",
    } | changes


SOURCES = sorted(contracts())
