"""Which source a file is: from its columns, helped by its name, never from its name alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Union

from mentorat.contracts.sources import Contract, contracts
from mentorat.intake.normalisation import LITTLE_WORDS, fold, squeeze

if TYPE_CHECKING:
    import pyarrow as pa

Cells = Union["pa.Array", "pa.ChunkedArray"]


@lru_cache(maxsize=65536)
def header_key(header: str) -> str:
    """How headers are compared: no case, accent, punctuation, little word (« valable au » keeps its last one), nor what
    stands in brackets.
    """
    folded = re.sub(r"\(.*?\)", " ", fold(header))
    words = re.findall(r"[a-z0-9+]+", folded)
    return "".join(word for word in words[:-1] if word not in LITTLE_WORDS) + (words[-1] if words else "")


@cache
def _ways(source: str) -> dict[str, str]:
    """Header key → canonical column of a source; a column's own name wins over another's alias."""
    contract = contracts()[source]
    ways = {header_key(name): name for name in contract.ignorees}
    for column in contract.colonnes:
        ways |= {header_key(alias): column.nom for alias in column.alias}
    # the French label as the anomaly workbook and the templates show it
    ways |= {header_key(column.libelle): column.nom for column in contract.colonnes}
    return ways | {header_key(column.nom): column.nom for column in contract.colonnes}


@cache
def vocabulary() -> frozenset[str]:
    """Every known column of every source, as header keys."""
    return frozenset(key for source in contracts() for key in _ways(source)) - {""}


def place(index: int) -> str:
    """A column by its letters, as a spreadsheet names it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return f"colonne {letters}"


ALIAS = 3


def _closeness(header: str, name: str, contract: Contract) -> int:
    """How a header names a column: 0 as it is written, 1 as it is compared, 2 by its French label, 3 by an alias."""
    key = header_key(header)
    if squeeze(header) == squeeze(name):
        return 0
    if key == header_key(name):
        return 1
    label = next((column.libelle for column in contract.colonnes if column.nom == name), "")
    return 2 if key == header_key(label) else ALIAS


@lru_cache(maxsize=4096)  # the files of a source mostly have the same headers
def _claims(headers: tuple[str, ...], source: str) -> dict[str, tuple[int, ...]]:
    """Canonical column → positions of the headers that name it most closely."""
    contract, ways = contracts()[source], _ways(source)
    found: dict[str, list[tuple[int, int]]] = {}
    for index, header in enumerate(headers):
        if name := ways.get(header_key(header)):
            found.setdefault(name, []).append((_closeness(header, name, contract), index))
    return {name: tuple(index for rank, index in claims if rank == min(claims)[0]) for name, claims in found.items()}


@lru_cache(maxsize=4096)
def _found(headers: tuple[str, ...], source: str) -> float:
    """How many columns of the source the headers name, one by an alias counting less."""
    contract = contracts()[source]
    claims = _claims(headers, source)
    return sum(1.0 if _closeness(headers[at[0]], name, contract) < ALIAS else 0.75 for name, at in claims.items())


def columns_of(headers: Sequence[str], contract: Contract) -> dict[int, str]:
    """Position → canonical column (stored or ignored) of `contract`.

    Of two columns that name one, the closest wins: its own name, then its French label, then an alias (« naissance »
    over « date_naissance », which may hold something else); of two as close, the first.
    """
    return {indices[0]: name for name, indices in _claims(tuple(headers), contract.nom).items()}


def _name_hints(path: PurePath) -> dict[str, int]:
    """Source → length of the longest file-name hint found in the file's name; only the longest of all is
    kept.
    """
    stem = squeeze(path.stem)
    lengths = {
        source: max((len(squeeze(hint)) for hint in contract.noms_fichier if squeeze(hint) in stem), default=0)
        for source, contract in contracts().items()
    }
    longest = max(lengths.values())
    return {source: length for source, length in lengths.items() if length == longest and length}


CLEARLY = 3
"""Columns by which an incomplete source must outdo a complete one to be the right one."""


@dataclass(frozen=True)
class Recognition:
    """The source found (None when none fits) and, then, the nearest one with the columns it lacks.

    `en_double`: columns that two headers name as closely with different contents (canonical name, place, place): which
    one is right can't be guessed, so that the file is to be refused (`doubled_in_words`).
    """

    source: str | None
    colonnes: dict[int, str]
    proche: str | None = None
    manquantes: tuple[str, ...] = ()
    en_double: tuple[tuple[str, str, str], ...] = ()


def _is_any_table(headers: Sequence[str], contract: Contract, names: set[str]) -> bool:
    """True where a place and a year are all that is found among other columns: any table has them."""
    vague = all(contract.colonne(name).type in ("departement", "entier") for name in contract.cle)
    return vague and not names - set(contract.cle) and sum(map(bool, headers)) > len(names)


def recognise(headers: Sequence[str], path: PurePath, cells: Sequence[Cells] | None = None) -> Recognition:
    """The source whose key columns are all there and whose other columns fit best.

    A column found counts one, or three quarters by an alias; an expected column absent takes a quarter away: half of
    the columns is a normal file. The file's name weighs half a column. A file that is plainly another source, but for a
    key column, is not taken for the one whose few columns it happens to hold. `cells`, the columns under the headers,
    tell whether two columns of one name are one column written twice.
    """
    hints = _name_hints(path)
    best: tuple[float, str] | None = None
    nearest: tuple[float, str, tuple[str, ...]] | None = None
    for source, contract in contracts().items():
        names = set(columns_of(headers, contract).values())
        hint = 0.5 if source in hints else 0.0
        missing = tuple(column for column in contract.cle_obligatoire if column not in names)
        cost = 2 * len(missing)
        if not missing and _is_any_table(headers, contract, names):
            missing, cost = tuple(column for column in contract.noms if column not in names), 1
        if missing:
            near = len(names) + hint - cost
            if names and (nearest is None or near > nearest[0]):
                nearest = (near, source, missing)
            continue
        absent = sum(1 for column in contract.colonnes if column.obligatoire and column.nom not in names)
        score = _found(tuple(headers), source) - absent / 4 + hint
        if best is None or score > best[0]:
            best = (score, source)
    if best and not (nearest and nearest[0] > best[0] + CLEARLY):
        contract = contracts()[best[1]]
        columns, doubled = _settled(headers, contract, cells)
        return Recognition(contract.nom, columns, en_double=doubled)
    if nearest:
        return Recognition(None, {}, nearest[1], nearest[2])
    return Recognition(None, {})


def _settled(
    headers: Sequence[str], contract: Contract, cells: Sequence[Cells] | None
) -> tuple[dict[int, str], tuple[tuple[str, str, str], ...]]:
    """(position → column, columns in double): of two columns as close, an empty one or an equal one is let go."""
    columns: dict[int, str] = {}
    doubled = []
    for name, indices in _claims(tuple(headers), contract.nom).items():
        kept = indices[0]
        if cells is not None and name in contract.noms:
            for index in indices[1:]:
                if _empty(cells[kept]):
                    kept = index
                elif not _empty(cells[index]) and not _equal(cells[kept], cells[index]):
                    doubled.append((name, place(kept), place(index)))
        columns[kept] = name
    return columns, tuple(doubled)


def _empty(cells: Cells) -> bool:
    import pyarrow.compute as pc

    return not any(word and word.strip() for word in pc.unique(cells).to_pylist())


def _equal(one: Cells, other: Cells) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.equal(one, other)).as_py())


def doubled_in_words(found: Recognition) -> tuple[str, str]:
    """(what is wrong, how to mend it) in French, of a file that gives a column twice; no header of the sender's."""
    named = " ; ".join(f"« {name} » ({one} et {other})" for name, one, other in found.en_double)
    return (
        f"La même colonne est donnée deux fois avec des contenus différents : {named}.",
        "Gardez une seule colonne de chaque nom, puis déposez le fichier de nouveau.",
    )
