"""Which source a file is: from its columns, helped by its name, never from its name alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePath

from mentorat.contracts.sources import Contract, contracts
from mentorat.intake.normalisation import fold, squeeze

LITTLE_WORDS = {"de", "d", "du", "des", "la", "le", "les", "l", "en", "au", "aux"}


@lru_cache(maxsize=65536)
def header_key(header: str) -> str:
    """How headers are compared: no case, accent, punctuation, little word, nor what stands in brackets."""
    folded = re.sub(r"\(.*?\)", " ", fold(header))
    words = re.findall(r"[a-z0-9+]+", folded)
    return "".join(word for word in words if word not in LITTLE_WORDS)


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


@lru_cache(maxsize=4096)  # the files of a source mostly have the same headers
def _columns(headers: tuple[str, ...], source: str) -> dict[int, str]:
    ways = _ways(source)
    exact = {squeeze(header): index for index, header in reversed(list(enumerate(headers)))}
    found: dict[str, int] = {}
    for index, header in enumerate(headers):
        name = ways.get(header_key(header))
        if name and name not in found:
            found[name] = exact.get(squeeze(name), index)
    return {index: name for name, index in found.items()}


def columns_of(headers: Sequence[str], contract: Contract) -> dict[int, str]:
    """Position → canonical column (stored or ignored) of `contract`; of two columns of one name, the one so
    written wins over an alias, then the first.
    """
    return dict(_columns(tuple(headers), contract.nom))


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
    """The source found (None when none fits) and, then, the nearest one with the key columns it lacks."""

    source: str | None
    colonnes: dict[int, str]
    proche: str | None = None
    manquantes: tuple[str, ...] = ()


def recognise(headers: Sequence[str], path: PurePath) -> Recognition:
    """The source whose key columns are all there and whose other columns fit best.

    A column found counts one, an expected column absent takes one away; the file's name weighs half a
    column, so that it settles ties and nothing else. A file that is plainly another source, but for a key column, is
    not taken for the one whose few columns it happens to hold.
    """
    hints = _name_hints(path)
    best: tuple[float, str] | None = None
    nearest: tuple[float, str, tuple[str, ...]] | None = None
    for source, contract in contracts().items():
        names = set(columns_of(headers, contract).values())
        hint = 0.5 if source in hints else 0.0
        missing = tuple(column for column in contract.cle_obligatoire if column not in names)
        if missing:
            near = len(names) + hint - 2 * len(missing)
            if names and (nearest is None or near > nearest[0]):
                nearest = (near, source, missing)
            continue
        absent = sum(1 for column in contract.colonnes if column.obligatoire and column.nom not in names)
        score = len(names) - absent + hint
        if best is None or score > best[0]:
            best = (score, source)
    if best and nearest and nearest[0] > best[0] + CLEARLY:
        return Recognition(None, {}, nearest[1], nearest[2])
    if best:
        return Recognition(best[1], columns_of(headers, contracts()[best[1]]))
    if nearest:
        return Recognition(None, {}, nearest[1], nearest[2])
    return Recognition(None, {})
