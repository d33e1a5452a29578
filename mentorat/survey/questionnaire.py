"""The codebook of the surveys (S8): every item, who is asked, on which scale, and how an answer is read.

One fact in one place: codes, bounds, dimension, temporality and who is asked come from the contracts of the sources;
wording, scale, direction, waves, number and family from `questionnaire.yml`. Tables, charts, tests of differences and
the workbook of an evaluator are derived from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mentorat.contracts.sources import Column, contract

PATH = Path(__file__).with_name("questionnaire.yml")
Group = Literal["mentores", "non_mentores", "mentors", "professionnels"]
GROUPS: tuple[Group, ...] = ("mentores", "non_mentores", "mentors", "professionnels")
Kind = Literal["ordinale", "note", "nombre", "nominale", "multiple"]
Direction = Literal["favorable", "defavorable", "neutre"]
Family = Literal["principale", "exploratoire"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scale(_Strict):
    """How answers of an item are read: `positif` are the codes counted together, and `reponse` says so in a sentence.

    `codes` only where the contract holds none (a yes or no); `neutre` is the code in the middle, if any.
    """

    type: Kind
    positif: tuple[str, ...] = ()
    neutre: str | None = None
    reponse: str = ""
    codes: dict[str, str] = Field(default_factory=dict)


class Asked(_Strict):
    """The condition under which an item is asked: a number, or a date so many whole months old."""

    colonne: str
    dit: str
    au_moins: int | None = None
    mois_revolus: int | None = None


class _Entry(_Strict):
    numero: str = Field(pattern=r"^D\d+$")
    libelle: str
    echelle: str
    sens: Direction
    question: str
    famille: Family | None = None
    vagues: tuple[int, ...] = (0, 1, 2)
    si: Asked | None = None


class Core(_Strict):
    """One of the eight figures of D20, and the item it is read from."""

    libelle: str
    item: str


@dataclass(frozen=True)
class Item:
    """An item of the codebook.

    `codes`: code → French label, lowest first for an ordered scale, empty for a number. `groupes`: who is asked.
    `bornes`: lowest and highest right number, where the scale is one.
    """

    nom: str
    numero: str
    libelle: str
    question: str
    dimension: str
    echelle: str
    scale: Scale
    codes: Mapping[str, str]
    bornes: tuple[float, float] | None
    sens: Direction
    groupes: tuple[Group, ...]
    vagues: tuple[int, ...]
    temporalite: str
    famille: Family | None = None
    si: Asked | None = None

    @property
    def ordered(self) -> bool:
        """Whether its codes go from less to more."""
        return self.scale.type in ("ordinale", "note")

    @property
    def numeric(self) -> bool:
        """Whether its answers have a mean."""
        return self.scale.type in ("note", "nombre")

    @property
    def rank(self) -> int:
        """Its place in tables."""
        return int(self.numero[1:])


class _Content(_Strict):
    echelles: dict[str, Scale]
    non_reponses: dict[str, str]
    items: dict[str, _Entry]
    socle: dict[str, Core]
    groupes: dict[Group, str]
    dimensions: dict[str, str]
    vagues: dict[int, str]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        numbers = [entry.numero for entry in self.items.values()]
        if len(set(numbers)) != len(numbers) or "D20" in numbers:
            raise ValueError("items: a number is given twice, or is D20")
        if unknown := {entry.echelle for entry in self.items.values()} - set(self.echelles):
            raise ValueError(f"items: unknown scales {sorted(unknown)}")
        if unknown := {core.item for core in self.socle.values()} - set(self.items):
            raise ValueError(f"socle: unknown items {sorted(unknown)}")
        return self


@dataclass(frozen=True)
class Questionnaire:
    """The codebook: items in the order of the file, what is no answer, and the labels of what they are sorted by."""

    items: Mapping[str, Item]
    echelles: Mapping[str, Scale]
    non_reponses: Mapping[str, str]
    socle: Mapping[str, Core]
    groupes: Mapping[Group, str]
    dimensions: Mapping[str, str]
    vagues: Mapping[int, str]

    def asked_of(self, group: Group) -> list[Item]:
        """Items of the questionnaire of a group, in the order of their numbers."""
        return sorted((item for item in self.items.values() if group in item.groupes), key=lambda item: item.rank)


@cache
def questionnaire() -> Questionnaire:
    """The codebook, checked against the contracts.

    Raises pydantic.ValidationError on a malformed file; ValueError when the contracts hold an item that the file does
    not (or the reverse), or when its scale is not the one the contract reads.
    """
    content = _Content.model_validate(yaml.safe_load(PATH.read_text(encoding="utf-8")))
    columns: dict[str, list[tuple[Group, Column]]] = {}
    for group in GROUPS:
        for column in contract(f"enquete_{group}").colonnes:
            if column.dimension is not None:
                columns.setdefault(column.nom, []).append((group, column))
    if apart := set(columns) ^ set(content.items):
        raise ValueError(f"questionnaire.yml and the contracts disagree on {', '.join(sorted(apart))}")
    items = {name: _item(name, entry, content, columns[name]) for name, entry in content.items.items()}
    return Questionnaire(
        items,
        content.echelles,
        content.non_reponses,
        content.socle,
        content.groupes,
        content.dimensions,
        content.vagues,
    )


def _item(name: str, entry: _Entry, content: _Content, columns: list[tuple[Group, Column]]) -> Item:
    column, scale = columns[0][1], content.echelles[entry.echelle]
    codes = dict(scale.codes or column.codes)
    if scale.type == "note" and column.bornes is not None:
        codes = {str(note): str(note) for note in range(int(column.bornes[0]), int(column.bornes[1]) + 1)}
    if (not codes) != (scale.type == "nombre"):
        raise ValueError(f"{name}: a scale has codes, a number has none")
    if unknown := {*scale.positif, *([scale.neutre] if scale.neutre else [])} - set(codes):
        raise ValueError(f"{name}: unknown codes {sorted(unknown)}")
    if column.dimension not in content.dimensions or not set(entry.vagues) <= set(content.vagues):
        raise ValueError(f"{name}: unknown dimension or wave")
    return Item(
        nom=name,
        numero=entry.numero,
        libelle=entry.libelle,
        question=entry.question,
        dimension=str(column.dimension),
        echelle=entry.echelle,
        scale=scale,
        codes=codes,
        bornes=column.bornes,
        sens=entry.sens,
        groupes=tuple(group for group, _ in columns),
        vagues=entry.vagues,
        temporalite=str(column.temporalite),
        famille=entry.famille,
        si=entry.si,
    )


def as_code(value: Any) -> str:
    """A stored answer as its code: True is « oui », 4.0 is « 4 »."""
    if isinstance(value, (bool, np.bool_)):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
