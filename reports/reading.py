"""Reading released tables: what a report may say of a cell, in words when there is no figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import pandas as pd

from mentorat.contracts.sources import contract
from mentorat.disclosure.door import ReleasedTable
from mentorat.reference import load
from mentorat.typography import fr_number, fr_percent
from reports.model import Level

State = Literal["chiffre", "secret", "non_recu", "non_mesurable", "sans_objet", "absent"]

HIDDEN = "secret statistique"
WORDS: dict[State, str] = {
    "secret": HIDDEN,
    "non_recu": "non reçu",
    "non_mesurable": "non mesurable avec les données transmises",
    "sans_objet": "sans objet",
    "absent": "non publié",
}
DIMENSIONS = {
    # Read after « selon ».
    "sexe": "le sexe",
    "tranche_age": "l'âge au 31 décembre",
    "accueil": "l'accueil ou la mesure",
    "modalite": "la modalité du mentorat",
}
_LABELS: dict[str, dict[str, str]] = {
    "sexe": {"F": "Filles", "G": "Garçons"},
    "tranche_age": {"13_et_moins": "13 ans ou moins"},
    "accueil": {
        "famille": "Famille d'accueil",
        "etablissement": "Établissement",
        "milieu_ouvert": "Suivi à domicile (AED, AEMO)",
        "autre_accueil": "Autre (lieu de vie, autonomie, tiers, placement à domicile)",
    },
    "base": {
        "confies_11_17": "jeunes confiés de 11 à 17 ans",
        "pris_en_charge_11_17": "jeunes pris en charge de 11 à 17 ans",
        "suivis_350000": "350 000 jeunes suivis par l'aide sociale à l'enfance",
    },
}


def checked(table: ReleasedTable, level: Level) -> pd.DataFrame:
    """The rows of a released table, for a report of `level`.

    Raises TypeError when `table` did not come through the disclosure door, ValueError when it was released to
    a narrower audience than the report's.
    """
    if not isinstance(table, ReleasedTable):
        raise TypeError("a report reads tables released by mentorat.disclosure only")
    if level == "public" and table.audience != "public":
        raise ValueError(f"table « {table.name} » was released to partners: it cannot enter a public report")
    return table.frame


@dataclass(frozen=True)
class Reading:
    """One cell of the indicator table as a reader may see it."""

    state: State
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    missing: int | None = None
    """Missing values behind the count (young people; territories at national level); None: not said."""

    def count(self) -> str:
        """The value as a whole number, or the reason there is none."""
        return fr_number(self.value) if self.state == "chiffre" else WORDS[self.state]

    def share(self) -> str:
        """The value as a percentage, or the reason there is none."""
        return fr_percent(self.value) if self.state == "chiffre" else WORDS[self.state]

    def missing_words(self) -> str:
        """How many values are missing behind the figure; a dash where there is no figure."""
        if self.state != "chiffre":
            return "–"
        return HIDDEN if self.missing is None else fr_number(self.missing)

    def part(self, which: Literal["numerator", "denominator"]) -> str:
        """The numerator or denominator of a share; one may be visible while the share is not."""
        number = getattr(self, which)
        if number is not None:
            return fr_number(number)
        return WORDS[self.state] if self.state != "chiffre" else WORDS["absent"]


ABSENT = Reading("absent")


class Indicators:
    """The released indicator rows, found by niveau, code, indicateur, mesure, ventilation and periode."""

    def __init__(self, frame: pd.DataFrame, campagne: int) -> None:
        self.campagne = campagne
        rows = frame[frame["campagne"] == campagne]
        names = ["niveau", "code", "indicateur", "mesure", "ventilation", "periode"]
        self._rows: dict[tuple[str, ...], dict[Any, Any]] = {
            tuple("" if pd.isna(row[name]) else str(row[name]) for name in names): row
            for row in rows.to_dict("records")
        }
        self._ventilations: dict[tuple[str, ...], list[str]] = {}
        for niveau, code, indicateur, mesure, ventilation, periode in self._rows:
            key = (niveau, code, indicateur, mesure, periode)
            self._ventilations.setdefault(key, []).append(ventilation)

    @property
    def school_year(self) -> str:
        """The school year of the campagne, as `2023-2024` for 2024."""
        return f"{self.campagne - 1}-{self.campagne}"

    def read(
        self,
        niveau: str,
        code: str,
        indicateur: str,
        mesure: str = "nombre",
        *,
        ventilation: str = "",
        periode: str = "",
    ) -> Reading:
        """One cell; `periode` is the civil year unless given. A row not there reads « non publié »."""
        key = (niveau, code, indicateur, mesure, ventilation, periode or str(self.campagne))
        row = self._rows.get(key)
        return ABSENT if row is None else _reading(row)

    def ventilations(
        self, niveau: str, code: str, indicateur: str, dimension: str, mesure: str = "nombre"
    ) -> list[str]:
        """Codes of `dimension` that break this indicator down for this code, sorted."""
        found = self._ventilations.get((niveau, code, indicateur, mesure, str(self.campagne)), [])
        prefix = f"{dimension}="
        return sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix) and ";" not in name)

    def codes(self, niveau: str) -> list[str]:
        """Codes of a niveau, sorted."""
        return sorted({key[1] for key in self._rows if key[0] == niveau})


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _reading(row: Mapping[Any, Any]) -> Reading:
    value, numerator, denominator = (_number(row[name]) for name in ("valeur", "numerateur", "denominateur"))
    missing = None if pd.isna(row["n_manquants"]) else int(row["n_manquants"])
    if row["statut"] in ("non_recu", "non_mesurable"):
        return Reading(row["statut"], missing=missing)
    if row["diffusion"] == "secret":
        # Whatever part of the row is hidden, its value is not printed.
        return Reading("secret", None, numerator, denominator, missing)
    state: State = "chiffre" if value is not None else "sans_objet"
    return Reading(state, value, numerator, denominator, missing)


@dataclass(frozen=True)
class Territory:
    """Whom a report is for: a territory of the data (102), or a collectivité of several (6AE, 20R)."""

    code: str
    label: str
    niveau: Literal["departement", "collectivite"]
    parts: tuple[str, ...]


@lru_cache
def territories() -> dict[str, Territory]:
    """Every code that has a report, from the reference lists."""
    rows = load("territoires")
    found = {
        str(code): Territory(str(code), str(name), "departement", (str(code),))
        for code, name in zip(rows["territoire"], rows["libelle"], strict=True)
    }
    labels = load("collectivites").set_index("collectivite")["libelle"]
    for code, group in rows.groupby("collectivite"):
        if len(group) > 1:
            name = str(code)
            found[name] = Territory(name, str(labels[name]), "collectivite", tuple(sorted(group["territoire"])))
    return found


def label(dimension: str, code: str) -> str:
    """The French label of a code of a breakdown; an unlisted code is shown as it is, spaced."""
    known = contract("binomes").colonne("modalite").codes if dimension == "modalite" else _LABELS.get(dimension, {})
    if code in known:
        return known[code]
    text = code.replace("_", " ")
    return f"{text} ans" if dimension == "tranche_age" else text


def listed(words: Iterable[str]) -> str:
    """« a, b et c »."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} et {last}" if first else last
