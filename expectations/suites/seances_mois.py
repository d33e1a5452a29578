"""Sessions by month: hours and sessions go together."""

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally


def counters(_: Lake) -> list[Tally]:
    """Checks of single months."""
    return [
        Tally(
            [
                RowCheck(
                    "heures_sans_seance",
                    "Des heures vont avec au moins une séance",
                    ["nb_seances", "heures"],
                    lambda rows: (rows["heures"] > 0) != (rows["nb_seances"] > 0),
                    lambda rows: rows["heures"].notna() & rows["nb_seances"].notna(),
                    "part_incoherente",
                )
            ]
        )
    ]
