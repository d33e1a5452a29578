"""State of play among structures: a part never exceeds its whole."""

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally


def counters(_: Lake) -> list[Tally]:
    """Checks of single answers."""
    return [
        Tally(
            [
                RowCheck(
                    "mentores_de_trop",
                    "Une structure ne compte pas plus de jeunes mentorés que de jeunes",
                    ["nb_jeunes_11_20", "nb_jeunes_mentores"],
                    lambda rows: rows["nb_jeunes_mentores"] > rows["nb_jeunes_11_20"],
                    lambda rows: rows["nb_jeunes_11_20"].notna() & rows["nb_jeunes_mentores"].notna(),
                    "part_incoherente",
                )
            ]
        )
    ]
