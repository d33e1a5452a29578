"""The catalogue of indicators: one file an indicator in `indicateurs/`, the only place where it is defined.

Tables, reports, the dictionary, the checks on the mart `indicateurs` and what the warehouse reads of an indicator (its
grid of series and what it needs, see `warehouse.py`) are derived from it.
"""

import re
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FOLDER = Path(__file__).with_name("indicateurs")

Maillon = Literal["ressources", "activites", "realisations", "resultats", "impact"]
Niveau = Literal["national", "departement", "collectivite", "association"]
Mesure = Literal["nombre", "part", "moyenne", "ratio", "total", "ecart", "mediane", "q1", "q3", "survie", "incidence"]
Periode = Literal["civile", "scolaire"]
Calcul = Literal["entrepot", "python"]
LINKS: tuple[Maillon, ...] = ("ressources", "activites", "realisations", "resultats", "impact")
QUANTILES: frozenset[Mesure] = frozenset({"mediane", "q1", "q3"})
"""Measures that no sum gives: the model gives them at every level."""
OVER_A_BASE: frozenset[Mesure] = frozenset({"part", "moyenne", "ratio", "ecart", "survie", "incidence"})
"""Measures that need a denominator."""
FREE = "libre"
"""A dimension whose codes come from the data."""


class National(BaseModel):
    """A series that exists for the country alone, given whole by the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ventilation: str = ""
    mesures: list[Mesure] = Field(min_length=1)


class Indicator(BaseModel):
    """One indicator, as a reader is told it and as the warehouse counts it. Text in French.

    `maillon` is its link of the impact chain. `mesures` are the measures the mart holds: from whole numbers added over
    territories come `nombre` and `total` (numerateur × facteur), `part` (0 to 1), `moyenne`, `ratio` (numerateur ×
    facteur / denominateur) and `ecart` (numerateur - denominateur); quantiles come from the model. `ventilations` are
    its dimensions and their codes, `croisees` when only their full crossing is given, `periodes_ventilees` the periods
    that have them (all unless said), `total` False when there is no
    figure without a breakdown, `nationales` the series of the country alone. `exige` are the facts a territory must
    have for the figure to be measurable, for all or by ventilation; `exige_association` the same for an association.
    `calcul` says who gives it: the warehouse, whose dbt model is `modele`, or Python (`indicator_rows.py`), without a
    model or facts of the perimeter. `diffuse` says whether disclosure has rules for it: the others stay in the lake.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]\d+[A-Za-z]*$")
    libelle: str
    definition: str
    unite: str
    maillon: Maillon
    mesures: list[Mesure] = Field(min_length=1)
    numerateur: str
    denominateur: str | None = None
    niveaux: list[Niveau] = Field(min_length=1)
    periodes: list[Periode] = Field(min_length=1)
    ventilations: dict[str, list[str] | Literal["libre"]] = Field(default_factory=dict)
    croisees: bool = False
    periodes_ventilees: list[Periode] | None = None
    total: bool = True
    nationales: list[National] = Field(default_factory=list)
    calcul: Calcul = "entrepot"
    modele: str | None = Field(default=None, pattern=r"^int_indicateur_[a-z0-9_]+$")
    facteur: float = 1.0
    exige: list[str] | dict[str, list[str]] = Field(default_factory=list)
    exige_association: list[str] = Field(default_factory=list)
    base_legale: str | None = None
    perimetre: str
    diffusion: str
    diffuse: bool = False
    source: str

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not OVER_A_BASE.isdisjoint(self.mesures) and self.denominateur is None:
            raise ValueError(f"{self.id}: {', '.join(sorted(OVER_A_BASE & set(self.mesures)))} without denominateur")
        if self.denominateur is not None and OVER_A_BASE.isdisjoint(self.mesures):
            raise ValueError(f"{self.id}: a denominateur and no measure that reads it")
        if (self.calcul == "entrepot") != (self.modele is not None):
            raise ValueError(f"{self.id}: a dbt model for what the warehouse counts, none for what Python gives")
        if self.calcul == "entrepot" and "departement" in self.niveaux and not self.exige:
            raise ValueError(f"{self.id}: nothing says what a territory must send (exige)")
        if self.calcul == "entrepot" and "association" in self.niveaux and not self.exige_association:
            raise ValueError(f"{self.id}: nothing says what an association must send (exige_association)")
        if FREE in self.ventilations.values() and self.croisees:
            raise ValueError(f"{self.id}: a free dimension is not crossed")
        if not self.total and not (self.ventilations or self.nationales):
            raise ValueError(f"{self.id}: neither total nor ventilation")
        return self

    def series(self, periode: Periode) -> list[str]:
        """Ventilations the mart has where the total is known: '' for the total, `motif=*` for codes the data tell."""
        given = [""] if self.total else []
        if self.periodes_ventilees is not None and periode not in self.periodes_ventilees:
            return given
        codes = {name: ["*"] if values == FREE else list(values) for name, values in self.ventilations.items()}
        if self.croisees:
            crossed = product(*([f"{name}={code}" for code in codes[name]] for name in sorted(codes)))
            return given + [";".join(parts) for parts in crossed]
        return given + [f"{name}={code}" for name, values in codes.items() for code in values]

    def every_measure(self) -> set[Mesure]:
        """Measures at any level, those of the country alone included."""
        return set(self.mesures) | {measure for series in self.nationales for measure in series.mesures}


def parse(entries: list[dict[str, Any]]) -> dict[str, Indicator]:
    """Indicators by id, in the order of the impact chain, then of their ids (O2 before O10).

    Raises ValueError when an id is given twice, pydantic.ValidationError when an entry is not whole.
    """
    indicators = [Indicator.model_validate(entry) for entry in entries]
    if len({indicator.id for indicator in indicators}) != len(indicators):
        raise ValueError("the catalogue gives an id twice")

    def place(indicator: Indicator) -> tuple[int, str, int, str]:
        letter, number, rest = re.fullmatch(r"([A-Z])(\d+)(.*)", indicator.id).groups()  # type: ignore[union-attr]
        return LINKS.index(indicator.maillon), letter, int(number), rest

    return {indicator.id: indicator for indicator in sorted(indicators, key=place)}


@cache
def _read() -> dict[str, Indicator]:
    entries = []
    for path in sorted(FOLDER.glob("*.yml")):
        entry = yaml.safe_load(path.read_text(encoding="utf-8"))
        if entry.get("id") != path.stem:
            raise ValueError(f"{path.name}: the file is named after its indicator")
        entries.append(entry)
    return parse(entries)


def catalogue() -> dict[str, Indicator]:
    """Every indicator built, by id, in the order of the impact chain."""
    return dict(_read())


def counted() -> dict[str, Indicator]:
    """Indicators that the warehouse counts, in the same order: the rows of the mart `indicateurs`."""
    return {name: indicator for name, indicator in _read().items() if indicator.calcul == "entrepot"}


def estimated() -> dict[str, Indicator]:
    """Indicators that Python gives, in the same order: the rows of the table `indicateurs_estimes`."""
    return {name: indicator for name, indicator in _read().items() if indicator.calcul == "python"}
