"""Sessions: a session that took place lasts some time."""

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally


def counters(_: Lake) -> list[Tally]:
    """Checks of single sessions."""
    return [
        Tally(
            [
                RowCheck(
                    "duree_a_verifier",
                    "Une séance tenue dure de 10 minutes à 12 heures",
                    ["duree_minutes", "presence"],
                    lambda rows: ~rows["duree_minutes"].between(10, 720),
                    lambda rows: (rows["presence"] == "present") & rows["duree_minutes"].notna(),
                    "part_incoherente",
                )
            ]
        )
    ]
