"""Requests of the platform: an attribution among the compatible ones, a pair with its date."""

import pandas as pd

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally


def among_compatible(rows: pd.DataFrame) -> pd.Series:
    """Whether the association attributed is one of the compatible ones (n booleans)."""
    return pd.Series(
        [
            one in str(many).split("|")
            for one, many in zip(rows["association_attribuee"], rows["associations_compatibles"], strict=True)
        ],
        index=rows.index,
        dtype=bool,
    )


def counters(_: Lake) -> list[Tally]:
    """Checks of single requests."""
    return [
        Tally(
            [
                RowCheck(
                    "attribution_incompatible",
                    "L'association attribuée fait partie des associations compatibles",
                    ["association_attribuee", "associations_compatibles"],
                    lambda rows: ~among_compatible(rows),
                    lambda rows: rows["association_attribuee"].notna() & rows["associations_compatibles"].notna(),
                    "part_incoherente",
                ),
                RowCheck(
                    "binome_sans_date",
                    "Une demande suivie d'un binôme porte la date du binôme",
                    ["suite", "date_binome"],
                    lambda rows: rows["date_binome"].isna(),
                    lambda rows: rows["suite"] == "binome",
                    "part_incoherente",
                ),
            ]
        )
    ]
