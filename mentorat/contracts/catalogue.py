"""The catalogue of indicators: one entry an indicator that is built, read from `indicateurs.yml`.

Tables, reports, the dictionary and the checks on the mart `indicateurs` are derived from it.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

PATH = Path(__file__).with_name("indicateurs.yml")

Maillon = Literal["ressources", "activites", "realisations", "resultats", "impact"]
Niveau = Literal["national", "departement", "collectivite", "association"]
Mesure = Literal["nombre", "part", "ecart"]
Unite = Literal["jeunes", "binomes"]


class Indicator(BaseModel):
    """One indicator, as a reader is told it. Text in French.

    `maillon` is its link of the impact chain; `mesures` the measures the mart holds (a `part` is between 0 and 1 and
    has a denominator); `ventilations` its dimensions; `periodes` civil year, school year or both; `perimetre` what a
    sender must send for it to be measurable; `diffusion` how small counts are kept from publication.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]\d+[A-Za-z]*$")
    libelle: str
    definition: str
    unite: Unite
    maillon: Maillon
    mesures: list[Mesure] = Field(min_length=1)
    numerateur: str
    denominateur: str | None = None
    niveaux: list[Niveau] = Field(min_length=1)
    periodes: list[Literal["civile", "scolaire"]] = Field(min_length=1)
    ventilations: list[str] = Field(default_factory=list)
    base_legale: str | None = None
    perimetre: str
    diffusion: str
    source: str

    @model_validator(mode="after")
    def _share_has_a_denominator(self) -> Self:
        if ("part" in self.mesures) != (self.denominateur is not None):
            raise ValueError(f"{self.id}: a share, and only a share, has a denominateur")
        return self


def parse(entries: list[dict[str, Any]]) -> dict[str, Indicator]:
    """Indicators by id, in the order given.

    Raises ValueError when an id is given twice, pydantic.ValidationError when an entry is not whole.
    """
    indicators = [Indicator.model_validate(entry) for entry in entries]
    found = {indicator.id: indicator for indicator in indicators}
    if len(found) != len(indicators):
        raise ValueError("indicateurs.yml: an id is given twice")
    return found


@cache
def _read() -> dict[str, Indicator]:
    return parse(yaml.safe_load(PATH.read_text(encoding="utf-8")))


def catalogue() -> dict[str, Indicator]:
    """Every indicator built, by id, in the order of the impact chain."""
    return dict(_read())
