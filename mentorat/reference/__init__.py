"""Reference tables of the project: territories, senders, legal parameters and the published figures used.

The CSV files of this folder are also the seeds of `dbt_project`. `README.md` tells their columns and sources.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FOLDER = Path(__file__).resolve().parent
DTYPES: dict[str, dict[str, str]] = {
    "drees_ase": {
        "annee": "int64",
        **dict.fromkeys(
            (
                "accueils",
                "confies",
                "actions_educatives",
                "aed",
                "aemo",
                "accueils_famille",
                "accueils_etablissement",
            ),
            "int64",
        ),
    },
    "drees_national": {"annee": "int64", "valeur": "int64"},
    "etude_2022": {
        "n_mentores": "Int64",
        "pct_mentores": "Float64",
        "n_non_mentores": "Int64",
        "pct_non_mentores": "Float64",
        "risque_relatif": "Float64",
    },
    "statuts_dossiers": {"rang": "int64"},
}
"""Numeric columns by table; every other column is text."""


def names() -> list[str]:
    """Names of the tables, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


def load(name: str) -> "pd.DataFrame":
    """One reference table: text columns unless `DTYPES` says otherwise, empty cells missing.

    The caller owns the frame returned. Raises KeyError when there is no such table.
    """
    return _read(name).copy()


def parametre(nom: str, jour: date) -> int:
    """Value of a legal or programme parameter in force on a day; before its first value, that first value, as the
    model `int_parametres` reads it.

    Raises KeyError when there is no such parameter, ValueError when it is not a whole number.
    """
    table = _read("parametres")
    dated = table[table["parametre"] == nom].sort_values("valable_du")
    if dated.empty:
        raise KeyError(nom)
    begun = dated[dated["valable_du"] <= jour.isoformat()]
    return int(dated["valeur"].iloc[0] if begun.empty else begun["valeur"].iloc[-1])


@cache
def _read(name: str) -> "pd.DataFrame":
    import pandas as pd

    if name not in names():
        raise KeyError(name)
    numeric = DTYPES.get(name, {})
    path = FOLDER / f"{name}.csv"
    header = path.read_text(encoding="utf-8").partition("\n")[0].split(",")
    dtypes = {column: numeric.get(column, "str") for column in header}
    return pd.read_csv(path, dtype=dtypes, keep_default_na=False, na_values=[""])
