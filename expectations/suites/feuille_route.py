"""Roadmap: the sub-steps of each département, and a date on what is done."""

import pandas as pd

from expectations.lake import Lake
from expectations.measures import Measure, RowCheck, Tally

SUB_STEPS = 14
"""Sub-steps of the roadmap (1.1 to 6.2)."""


def counters(_: Lake) -> list[Tally]:
    """Checks of single sub-steps."""
    return [
        Tally(
            [
                RowCheck(
                    "fait_sans_date",
                    "Une sous-étape faite porte sa date",
                    ["statut", "date"],
                    lambda rows: rows["date"].isna(),
                    lambda rows: rows["statut"] == "fait",
                    "part_olinpe_alerte",
                )
            ]
        )
    ]


def measures(lake: Lake) -> list[Measure]:
    """Number of sub-steps told by each département."""
    rows = lake.read("feuille_route", ["departement", "sous_etape", "depose_par"])
    told = rows.groupby(["depose_par", "departement"])["sous_etape"].nunique().reset_index()
    units = pd.DataFrame({"emetteur": told["depose_par"], "valeur": told["sous_etape"].astype("float64")})
    return [
        Measure(
            "sous_etapes_completes",
            f"Les {SUB_STEPS} sous-étapes de la feuille de route sont renseignées",
            units.assign(precision="des sous-étapes manquent"),
            minimum=SUB_STEPS,
        )
    ]
