"""Yearly counts: a part never exceeds its whole, a step never exceeds the one before."""

import itertools

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally

PARTS = ("dont_jeunes_majeurs", "dont_mna", "dont_parrainage")
STEPS = ("propositions", "adhesions", "accords")


def counters(_: Lake) -> list[Tally]:
    """Checks of single rows."""

    def no_more(part: str, whole: str) -> RowCheck:
        return RowCheck(
            f"{part}_de_trop",
            f"« {part} » ne dépasse pas « {whole} »",
            [part, whole],
            lambda rows: rows[part] > rows[whole],
            lambda rows: rows[part].notna() & rows[whole].notna(),
        )

    return [
        Tally(
            [
                *(no_more(later, earlier) for earlier, later in itertools.pairwise(STEPS)),
                *(no_more(part, "binomes_31_12") for part in PARTS),
            ]
        )
    ]
