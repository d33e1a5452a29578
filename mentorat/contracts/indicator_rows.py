"""Rows of the mart `indicateurs` that the warehouse does not count: survival, incidence, survey results, effects.

They have the columns of the mart, so that reports read the union of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from mentorat.contracts.catalogue import estimated

COLUMNS = {
    "campagne": "int64",
    "periode": "str",
    "niveau": "str",
    "code": "str",
    "indicateur": "str",
    "ventilation": "str",
    "mesure": "str",
    "numerateur": "Int64",
    "denominateur": "Int64",
    "valeur": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "unite": "str",
    "n_manquants": "Int64",
    "statut": "str",
}
"""Columns of the mart, in order, and their pandas types."""
KEY = ["periode", "niveau", "code", "indicateur", "ventilation", "mesure"]


def indicator_rows(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """`rows` as a table of the mart, sorted by its key; a column that a row does not give is missing.

    Raises ValueError on a column the mart has not, or on a key given twice.
    """
    given = list(rows)
    for row in given:
        if unknown := set(row) - set(COLUMNS):
            raise ValueError(f"the mart has no column {', '.join(sorted(unknown))}")
    table = pd.DataFrame(given, columns=list(COLUMNS)).astype(COLUMNS)
    if table.duplicated(KEY).any():
        raise ValueError(f"{int(table.duplicated(KEY).sum())} rows repeat a key of the mart")
    return table.sort_values(KEY, ignore_index=True)


def estimated_rows(campagne: int, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows that Python gives of a campagne, held to the catalogue: `indicator_rows` of the rows completed.

    Each row has at least `indicateur`, `mesure` and `valeur`; by default it is national, of the civil year, without
    breakdown, in the unit of its indicator, `calcule` where it has a value and `non_mesurable` where it has none.
    Raises ValueError when the catalogue does not say that Python gives this indicator, measure, level or breakdown.
    """
    known, completed = estimated(), []
    for row in rows:
        indicator = known.get(row["indicateur"])
        if indicator is None:
            raise ValueError(f"the catalogue has no indicator {row['indicateur']} that Python gives")
        full = {
            "campagne": campagne,
            "periode": str(campagne),
            "niveau": "national",
            "code": "FR",
            "ventilation": "",
            "unite": "part" if row["mesure"] == "part" else indicator.unite,
            "statut": "non_mesurable" if pd.isna(row.get("valeur")) else "calcule",
            **row,
        }
        dimensions = {part.split("=")[0] for part in str(full["ventilation"]).split(";") if part}
        whole = {series.ventilation for series in indicator.nationales} if full["niveau"] == "national" else set()
        if full["niveau"] not in indicator.niveaux or row["mesure"] not in indicator.every_measure():
            raise ValueError(f"{indicator.id}: the catalogue gives no {row['mesure']} at level {full['niveau']}")
        if full["ventilation"] not in whole and not dimensions <= set(indicator.ventilations):
            raise ValueError(f"{indicator.id}: the catalogue has no breakdown {full['ventilation']}")
        completed.append(full)
    return indicator_rows(completed)


def union(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several estimates as one table of the mart. Raises ValueError when two of them give a key."""
    return indicator_rows(row for table in tables for row in table.to_dict("records"))
