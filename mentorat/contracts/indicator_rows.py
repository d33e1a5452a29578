"""Rows of the mart `indicateurs` that the warehouse does not count: survival, incidence, survey results, effects.

They have the columns of the mart, so that reports read the union of both.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

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
