"""Pairs: what can be checked on one row; what needs other files is in `croisements`."""

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally
from expectations.suites.dossiers_mentorat import age_at


def counters(_: Lake) -> list[Tally]:
    """Checks of single pairs."""
    return [
        Tally(
            [
                RowCheck(
                    "motif_sans_fin",
                    "Un motif de fin va avec une date de fin",
                    ["date_fin", "motif_fin"],
                    lambda rows: rows["date_fin"].isna(),
                    lambda rows: rows["motif_fin"].notna(),
                    "part_incoherente",
                ),
                RowCheck(
                    "age_a_verifier",
                    "Un jeune a de 3 à 21 ans au début de son binôme",
                    ["naissance", "date_debut"],
                    lambda rows: ~age_at(rows, "date_debut").between(3, 22),
                    lambda rows: rows["naissance"].notna() & rows["date_debut"].notna(),
                    "part_incoherente",
                ),
            ]
        )
    ]
