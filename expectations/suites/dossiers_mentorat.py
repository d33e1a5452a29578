"""Mentoring files of the département: what a status says, its dates say too."""

import pandas as pd

from expectations.lake import Lake
from expectations.measures import RowCheck, Tally

LAUNCHED = ["lance", "en_cours", "suspendu"]
ENDED = ["termine", "arret_anticipe"]


def counters(_: Lake) -> list[Tally]:
    """Checks of single files: two columns that contradict one another without either being impossible."""
    return [
        Tally(
            [
                RowCheck(
                    "lance_sans_date",
                    "Un dossier lancé porte sa date de lancement",
                    ["statut", "date_lancement"],
                    lambda rows: rows["date_lancement"].isna(),
                    lambda rows: rows["statut"].isin(LAUNCHED + ENDED),
                    "part_olinpe_alerte",
                ),
                RowCheck(
                    "termine_sans_date",
                    "Un dossier terminé porte sa date de fin",
                    ["statut", "date_fin"],
                    lambda rows: rows["date_fin"].isna(),
                    lambda rows: rows["statut"].isin(ENDED),
                    "part_olinpe_alerte",
                ),
                RowCheck(
                    "en_cours_avec_fin",
                    "Un dossier en cours n'a pas de date de fin",
                    ["statut", "date_fin"],
                    lambda rows: rows["date_fin"].notna(),
                    lambda rows: rows["statut"].isin(LAUNCHED),
                    "part_incoherente",
                ),
                RowCheck(
                    "accords_de_trop",
                    "Un dossier ne compte pas plus d'accords que de titulaires",
                    ["nb_titulaires", "nb_accords_recus"],
                    lambda rows: rows["nb_accords_recus"] > rows["nb_titulaires"],
                    lambda rows: rows["nb_titulaires"].notna() & rows["nb_accords_recus"].notna(),
                    "part_incoherente",
                ),
                RowCheck(
                    "age_a_verifier",
                    "Un jeune a de 3 à 21 ans au lancement de son binôme",
                    ["naissance", "date_lancement"],
                    lambda rows: ~age_at(rows, "date_lancement").between(3, 22),
                    lambda rows: rows["naissance"].notna() & rows["date_lancement"].notna(),
                    "part_incoherente",
                ),
            ]
        )
    ]


def age_at(rows: pd.DataFrame, day: str) -> pd.Series:
    """Age in years on a date (n floats), from the month of birth."""
    born = pd.to_datetime(rows["naissance"].astype("str"), format="%Y-%m", errors="coerce")
    return (rows[day] - born).dt.days / 365.25
