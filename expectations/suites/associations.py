"""Registry of the associations: one row in force at a time, and ages in order."""

import pandas as pd

from expectations.lake import Lake
from expectations.measures import Measure, RowCheck, Tally, shares


def counters(_: Lake) -> list[Tally]:
    """Checks of single rows."""
    return [
        Tally(
            [
                RowCheck(
                    "ages_inverses",
                    "L'âge minimum ne dépasse pas l'âge maximum",
                    ["age_min", "age_max"],
                    lambda rows: rows["age_min"] > rows["age_max"],
                    lambda rows: rows["age_min"].notna() & rows["age_max"].notna(),
                )
            ]
        )
    ]


def measures(lake: Lake) -> list[Measure]:
    """Rows of an association that are in force on the same day."""
    rows = lake.read("associations", ["association", "valable_du", "valable_au", "depose_par"])
    ordered = rows.sort_values(["association", "valable_du"])
    following = ordered.groupby("association")["valable_du"].shift(-1)
    last = ordered["valable_au"].fillna(pd.Timestamp.max.floor("D"))
    overlap = following.notna() & (following <= last)
    return [
        Measure(
            "validites_chevauchantes",
            "Une association n'a qu'une ligne en vigueur à la fois",
            shares(ordered["depose_par"], overlap),
            maximum=0,
        )
    ]
