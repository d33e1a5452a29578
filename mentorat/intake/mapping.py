"""An evaluator's own questionnaire, read through a mapping file: its columns and codes to those of a source.

How to write one is told in `mentorat/contracts/questionnaires/limesurvey.correspondance.yml`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from mentorat.contracts.sources import Column, Contract, Strict, contracts
from mentorat.intake.normalisation import fold
from mentorat.intake.reading import RawTable, Refusal
from mentorat.yaml_keys import AliasGiven, PlainYaml, RepeatedKey

SUFFIXES = ("correspondance.yml", "correspondance.yaml")
SIZE_LIMIT = 1_000_000  # bytes of a mapping file
NOT_TICKED = ("", "n", "non", "no", "0", "faux", "false")
"""Folded cells of a box left empty."""

REMEDY = (
    "Corrigez la correspondance d'après l'exemple commenté limesurvey.correspondance.yml, puis déposez-la de nouveau."
)


def is_mapping(path: Path) -> bool:
    """True for a mapping file, known by the end of its name."""
    return path.name.casefold().endswith(SUFFIXES)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
"""One way to write something, or several."""


class Rendering(Strict):
    """Where a canonical column comes from: one column of the questionnaire (with its codes, if it has its own), a
    constant, or several boxes to tick.
    """

    colonne: Names | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    constante: str | None = None
    choix: dict[str, str] = Field(default_factory=dict)
    coche: Names | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "Rendering":
        if sum((self.colonne is not None, self.constante is not None, bool(self.choix))) != 1:
            raise ValueError("il faut « colonne », « constante » ou « choix », et un seul des trois")
        if self.codes and self.colonne is None:
            raise ValueError("« codes » ne va qu'avec « colonne »")
        if self.coche and not self.choix:
            raise ValueError("« coche » ne va qu'avec « choix »")
        return self

    @property
    def needed(self) -> list[list[str]]:
        """Columns of the questionnaire it reads, each in all its ways to be written."""
        return [self.colonne] if self.colonne else [[name] for name in self.choix]


def _known_codes(rendering: Rendering, column: Column) -> list[str]:
    """The codes of the column where the rendering gives another one; empty where all is right."""
    given = [*rendering.codes.values(), *rendering.choix.values()]
    if rendering.constante is not None:
        given.append(rendering.constante)
    known = list(column.codes) or (["oui", "non"] if column.type == "booleen" else [])
    return known if known and set(given) - set(known) else []


def _key(header: str) -> str:
    return fold(header)


def _find(headers: Sequence[str], ways: Iterable[str]) -> int | None:
    """Place of the first header written in one of the ways, or as LimeSurvey writes code and text: « Q1. Texte »."""
    keys = [_key(header) for header in headers]
    wanted = [_key(way) for way in ways]
    for way in wanted:
        if way in keys:
            return keys.index(way)
    for way in wanted:
        for index, key in enumerate(keys):
            if key.startswith(f"{way}. "):
                return index
    return None


def _recoded(cells: pa.Array | pa.ChunkedArray, codes: dict[str, str]) -> pa.Array | pa.ChunkedArray:
    """Cells with their codes replaced; a code nobody declared is left as it is, for the contract to judge."""
    ways = {_key(code): target for code, target in codes.items()}
    return _by_value(cells, lambda cell: ways.get(_key(cell), cell))


def _by_value(cells: pa.Array | pa.ChunkedArray, change: Any) -> pa.Array:
    whole = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    encoded = whole.dictionary_encode()
    words = pa.array([change(cell) for cell in encoded.dictionary.to_pylist()], pa.string())
    return words.take(encoded.indices)


class Mapping(Strict):
    """One questionnaire: `colonnes` gives, for each canonical column of `source`, where it comes from; `ignorees` names
    the columns knowingly left out.
    """

    questionnaire: str
    source: str
    colonnes: dict[str, Rendering] = Field(min_length=1)
    ignorees: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _known(self) -> "Mapping":
        if self.source not in contracts():
            raise ValueError("« source » n'est pas le nom d'une source")
        spoken = self.contract
        names = set(spoken.noms)
        for rank, (name, rendering) in enumerate(self.colonnes.items(), 1):
            if name not in names:
                raise ValueError(f"colonnes : la clé n° {rank} n'est pas une colonne de la source {spoken.nom}")
            column = spoken.colonne(name)
            if rendering.choix and column.type != "liste":
                raise ValueError(f"colonnes.{name} : « choix » ne va qu'avec une colonne de type liste")
            if known := _known_codes(rendering, column):
                raise ValueError(f"colonnes.{name} : un code n'est pas de la source (attendus : {', '.join(known)})")
        if missing := [name for name in spoken.cle_obligatoire if name not in self.colonnes]:
            raise ValueError(f"colonnes : il manque {', '.join(missing)}, sans quoi le fichier est refusé")
        return self

    @property
    def contract(self) -> Contract:
        """The contract of the source it gives."""
        return contracts()[self.source]

    def fits(self, headers: Sequence[str]) -> bool:
        """True when a file of these headers is this questionnaire: whatever the key needs is there, and half of what
        the mapping reads.
        """
        read = [(name, ways) for name, rendering in self.colonnes.items() for ways in rendering.needed]
        found = [name for name, ways in read if _find(headers, ways) is not None]
        keys = [name for name in self.contract.cle_obligatoire if self.colonnes[name].needed]
        return bool(read) and all(name in found for name in keys) and 2 * len(found) >= len(read)

    def apply(self, raw: RawTable) -> RawTable:
        """The table with canonical headers and codes first, then the columns the mapping does not read, as they are
        (they are screened like any other). Columns the mapping names and the file lacks are told in `notes`.
        """
        headers: list[str] = []
        columns: list[pa.Array | pa.ChunkedArray] = []
        used: set[int] = set()
        absent = []
        for name, rendering in self.colonnes.items():
            places = [_find(raw.headers, ways) for ways in rendering.needed]
            here = [place for place in places if place is not None]
            if rendering.constante is not None:
                cells: Any = pa.array([rendering.constante] * raw.rows, pa.string())
            elif not here:
                absent.append(name)
                continue
            elif rendering.choix:
                asked = zip(rendering.choix.values(), places, strict=True)
                chosen = [code for code, place in asked if place is not None]
                cells = _ticked([raw.columns[place] for place in here], chosen, rendering.coche)
            else:
                cells = raw.columns[here[0]]
                cells = _recoded(cells, rendering.codes) if rendering.codes else cells
            if rendering.choix and len(here) < len(places):
                absent.append(f"{name} (en partie)")
            used.update(here)
            headers.append(name)
            columns.append(cells)
        canonical = {_key(name) for name in headers}
        left = [index for index in range(len(raw.headers)) if index not in used]
        # a column of theirs called as one of ours is not ours
        headers += ["" if _key(raw.headers[index]) in canonical else raw.headers[index] for index in left]
        columns += [raw.columns[index] for index in left]
        notes = [*raw.notes, *self._notes(raw, left, absent)]
        return RawTable(headers, columns, raw.lines, raw.ignored, raw.outside, notes)

    def _notes(self, raw: RawTable, left: list[int], absent: list[str]) -> list[str]:
        notes = [f"Le fichier est lu par la correspondance du questionnaire (source {self.source})."]
        if absent:
            notes.append(f"Colonnes que la correspondance attend et que le fichier n'a pas : {', '.join(absent)}.")
        known = {place for name in self.ignorees if (place := _find(raw.headers, [name])) is not None}
        if self.ignorees and (forgotten := [index for index in left if index not in known and raw.headers[index]]):
            notes.append(
                "Colonnes du fichier ni lues ni dans les « ignorees » de la correspondance, au nombre de "
                f"{len(forgotten)}."
            )
        return notes


def _ticked(boxes: list[pa.Array | pa.ChunkedArray], codes: list[str], marks: list[str] | None) -> pa.Array:
    """Codes of the boxes ticked in each row, joined by « | », "" where none is.

    `marks`: what a ticked box holds; by default anything but a « no ». With `marks`, another word is kept as it is, for
    the contract to judge: an answer is never dropped in silence.
    """
    ticks = None if marks is None else {_key(mark) for mark in marks}

    def told(code: str) -> Any:
        def change(cell: str) -> str:
            key = _key(cell)
            if key in NOT_TICKED and not (ticks and key in ticks):
                return ""
            return code if ticks is None or key in ticks else cell

        return change

    answers = [_by_value(cells, told(code)).to_pylist() for cells, code in zip(boxes, codes, strict=True)]
    return pa.array(["|".join(filter(None, row)) for row in zip(*answers, strict=True)], pa.string())


class _Loader(PlainYaml, yaml.BaseLoader):
    """Every scalar as it is written (« Oui », 0 and 01 stay text); aliases and repeated keys refused."""


def load_mapping(path: Path) -> Mapping | Refusal:
    """The mapping of a file; a `Refusal` naming the key at fault, or the line where the YAML stops being readable."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            return Refusal("Le fichier de correspondance est démesuré.", REMEDY)
        read = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506 - text only
    except yaml.MarkedYAMLError as error:
        line = f" (ligne {error.problem_mark.line + 1})" if error.problem_mark else ""
        kinds = {RepeatedKey: "répète une clé", AliasGiven: "contient un alias, ce qui n'est pas accepté"}
        what = kinds.get(type(error), "n'est pas du YAML lisible")
        return Refusal(f"Le fichier de correspondance {what}{line}.", REMEDY)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return Refusal("Le fichier de correspondance n'est pas du YAML lisible, en UTF-8.", REMEDY)
    if not isinstance(read, dict):
        return Refusal("Le fichier de correspondance est vide ou n'a pas de clés.", REMEDY)
    try:
        return Mapping.model_validate(read)
    except ValidationError as error:
        return Refusal("Le fichier de correspondance est incorrect : " + " ; ".join(_told(error)) + ".", REMEDY)


SENTENCES = {
    "missing": "cette clé manque",
    "extra_forbidden": "une clé n'existe pas",
    "too_short": "il faut au moins un élément",
}


def _told(error: ValidationError) -> list[str]:
    """One French phrase a fault, each with its key; five at most. A key that is none of ours is not repeated."""
    ours = {
        *Mapping.model_fields,
        *Rendering.model_fields,
        *(name for one in contracts().values() for name in one.noms),
    }
    phrases = []
    for fault in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(part) for part in fault["loc"] if part in ours)
        if fault["type"] == "value_error":
            what = str(fault["ctx"]["error"])
        else:
            what = SENTENCES.get(fault["type"], "la valeur n'est pas du type attendu")
        phrases.append(f"{where} : {what}" if where else what)
    return phrases
