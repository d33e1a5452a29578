"""Open a sender's file, whatever its format, and find the table in it. Nothing is interpreted here: every
cell is text.

A file that can't be opened gives a `Refusal`, never an exception, and never a word of its content.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from lxml import etree
from python_calamine import CalamineWorkbook, PasswordError

from mentorat.intake.normalisation import fold, squeeze
from mentorat.intake.recognition import header_key, vocabulary

DELIMITERS = (";", "\t", ",", "|")
HEADER_WITHIN = 30  # rows looked at for the header
UNPACKED_LIMIT = 2_000_000_000  # bytes a workbook may unpack to: beyond, it is a bomb or not a workbook of ours


@dataclass(frozen=True)
class Refusal:
    """Why a whole file is refused and how to mend it, in French; no content of the file."""

    motif: str
    remede: str


@dataclass
class RawTable:
    """The table of a file: `headers` and `columns` (text, one array per header), `lines` (line or record
    number of each row in the file), `ignored` (title, blank and total rows), `outside` (place, cell) found
    around the table.
    """

    headers: list[str]
    columns: list[pa.Array]
    lines: np.ndarray
    ignored: int = 0
    outside: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.lines)


@dataclass
class Grid:
    """One sheet: rows of cells, the line of each, and the merged ranges ((row, column), (row, column)) of a
    workbook.
    """

    rows: list[list[str]]
    lines: list[int]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)


UNREADABLE = Refusal(
    "Le fichier ne peut pas être ouvert : il est abîmé ou d'un format non pris en charge.",
    "Enregistrez-le de nouveau en .xlsx, .ods, .csv ou .parquet (ou en XML OLINPE), puis déposez-le à la place.",
)
PROTECTED = Refusal(
    "Le fichier est protégé par un mot de passe.",
    "Déposez-le sans mot de passe, ou convenez d'un mot de passe avec l'exploitant de la plateforme.",
)
PROTECTED_OR_OLD = Refusal(
    "Le classeur est protégé par un mot de passe, ou d'un ancien format (.xls) abîmé.",
    "Déposez-le sans mot de passe, enregistré en .xlsx, .ods ou .csv.",
)
EMPTY = Refusal("Le fichier est vide.", "Vérifiez l'export, puis déposez-le de nouveau.")
TOO_BIG = Refusal(
    "Le classeur se déploie en une taille démesurée.",
    "Enregistrez les données seules dans un nouveau classeur ou en .csv.",
)


WEB_PAGE = Refusal(
    "Le fichier est une page web, quelle que soit l'extension de son nom.",
    "Ouvrez-le dans un tableur, enregistrez-le en .xlsx ou en .csv, puis déposez-le de nouveau.",
)


def read_table(path: Path) -> RawTable | Refusal:
    """The table of the file at `path`, its format known by its first bytes; a `Refusal` when there is none
    to read.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(1024)
        if not head:
            return EMPTY
        if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|table)\b", head, re.IGNORECASE):
            return WEB_PAGE
        return _reader(head)(path)
    except PasswordError:
        return PROTECTED
    except Exception:  # a sender's file may fail in any way, and its content must not reach a traceback
        return UNREADABLE


def _reader(head: bytes) -> Callable[[Path], RawTable | Refusal]:
    if head.startswith(b"PK"):
        return _read_workbook
    if head.startswith(b"PAR1"):
        return _read_parquet
    if head.startswith(b"\xd0\xcf\x11\xe0"):  # OLE: an old .xls, or a protected .xlsx
        return _read_ole
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return _read_xml
    return _read_text


# --- text -----------------------------------------------------------------------------------------


def _decode(content: bytes) -> str | None:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding)
    if b"\0" in content:
        zeros = content[:2000]
        if zeros[1::2].count(0) > len(zeros) // 4:
            return content.decode("utf-16-le")
        if zeros[0::2].count(0) > len(zeros) // 4:
            return content.decode("utf-16-be")
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252")


def _rows(lines: Iterable[str], delimiter: str) -> Grid:
    reader = csv.reader(lines, delimiter=delimiter)
    grid = Grid([], [])
    start = 1
    for row in reader:
        grid.rows.append(row)
        grid.lines.append(start)
        start = reader.line_num + 1
    return grid


def _read_text(path: Path) -> RawTable | Refusal:
    text = _decode(path.read_bytes())
    if text is None:
        return UNREADABLE
    if not text.strip():
        return EMPTY
    sample = text[:200_000].splitlines()[:HEADER_WITHIN]

    def fitness(delimiter: str) -> tuple[int, int]:
        grid = _rows(sample, delimiter)
        index, known = _header(grid.rows)
        return known, len(grid.rows[index]) if grid.rows else 0

    delimiter = max(DELIMITERS, key=fitness)
    return _table([_rows(io.StringIO(text, newline=""), delimiter)])


# --- workbooks ------------------------------------------------------------------------------------


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def _read_workbook(path: Path) -> RawTable | Refusal:
    with zipfile.ZipFile(path) as archive:
        if any(entry.flag_bits & 1 for entry in archive.infolist()):
            return PROTECTED
        if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_LIMIT:
            return TOO_BIG
    return _read_sheets(path)


def _read_ole(path: Path) -> RawTable | Refusal:
    try:
        return _read_sheets(path)
    except PasswordError:
        raise
    except Exception:  # a protected .xlsx is an OLE file without a workbook
        return PROTECTED_OR_OLD


def _read_sheets(path: Path) -> RawTable | Refusal:
    workbook = CalamineWorkbook.from_path(str(path))
    grids = []
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = [(r[0], r[1]) for r in (sheet.merged_cell_ranges or [])]
        grids.append(Grid(rows, list(range(1, len(rows) + 1)), merged))
    return _table(grids)


# --- typed formats --------------------------------------------------------------------------------


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.date32(), safe=False)
    if pa.types.is_floating(array.type):
        encoded = array.dictionary_encode()
        words = pa.array([_cell(value) for value in encoded.dictionary.to_pylist()], pa.string())
        array = words.take(encoded.indices)
    elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        array = pc.binary_join(array.cast(pa.list_(pa.string())), "|")
    elif pa.types.is_boolean(array.type):
        array = pc.if_else(array, "oui", "non")
    return pc.fill_null(array.cast(pa.string()), "")


def _read_parquet(path: Path) -> RawTable | Refusal:
    table = pq.ParquetFile(path).read()
    return RawTable(
        [str(name) for name in table.column_names],
        [_as_text(column) for column in table.columns],
        np.arange(1, table.num_rows + 1),
    )


def _local(tag: Any) -> str:
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def _read_xml(path: Path) -> RawTable | Refusal:
    """OLINPE: DECRET > INTRO, DONNEE × n. Entities are not resolved, nothing is fetched."""
    headers: dict[str, list[str]] = {}
    outside: list[tuple[str, str]] = []
    count = 0
    events = etree.iterparse(
        str(path), events=("end",), resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    for _, element in events:
        name = _local(element.tag)
        if name == "INTRO":
            outside += [("INTRO", child.text) for child in element if child.text]
        if name != "DONNEE":
            continue
        for child in element:
            column = headers.setdefault(_local(child.tag), [])
            column.extend([""] * (count - len(column)))
            text = child.text or "" if len(child) == 0 else "".join(map(str, child.itertext()))
            if len(column) > count:  # the element twice in one DONNEE: both are seen
                column[count] += f" {text}"
            else:
                column.append(text)
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    if not count:
        return Refusal(
            "Le fichier XML ne contient aucun enregistrement DONNEE.",
            "Déposez l'export OLINPE (schéma 2.0), ou un fichier .csv ou .xlsx pour les autres sources.",
        )
    for column in headers.values():
        column.extend([""] * (count - len(column)))
    columns = [pa.array(column, pa.string()) for column in headers.values()]
    return RawTable(list(headers), columns, np.arange(1, count + 1), outside=outside)


# --- the table in a sheet -------------------------------------------------------------------------


def _blank(row: Sequence[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in row)


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """(index, number of known column names) of the header: the row that holds most of them, else the first
    with two cells filled.
    """
    known = vocabulary()
    scores = [len({header_key(cell) for cell in row if cell} & known) for row in rows[:HEADER_WITHIN]]
    if any(scores):
        return scores.index(max(scores)), max(scores)
    filled = [index for index, row in enumerate(rows[:HEADER_WITHIN]) if sum(1 for c in row if c.strip()) > 1]
    return (filled[0] if filled else 0), 0


def _is_total(row: Sequence[str]) -> bool:
    first = next((cell for cell in row if cell.strip()), "")
    return squeeze(first) in ("total", "totaux", "totalgeneral") or fold(first).startswith(("total ", "total:"))


def _fill_merged(grid: Grid, below: int) -> None:
    """Cells merged over several rows of data all hold the value shown (only the first one does in the
    file).
    """
    for (top, left), (bottom, right) in grid.merged:
        if top <= below or bottom == top:
            continue
        for row in range(top, min(bottom, len(grid.rows) - 1) + 1):
            for column in range(left, min(right, len(grid.rows[row]) - 1) + 1):
                grid.rows[row][column] = grid.rows[top][left]


def _table(grids: list[Grid]) -> RawTable | Refusal:
    """The table of the sheet that holds the data: the one with most known column names."""
    grids = [grid for grid in grids if not all(_blank(row) for row in grid.rows)]
    if not grids:
        return EMPTY
    found = [_header(grid.rows) for grid in grids]
    chosen = max(range(len(grids)), key=lambda i: (found[i][1], -i))
    grid, (header, known) = grids[chosen], found[chosen]
    _fill_merged(grid, header)
    outside = [
        (f"feuille {i + 1}, ligne {line}", cell)
        for i, other in enumerate(grids)
        if i != chosen
        for row, line in zip(other.rows, other.lines, strict=True)
        for cell in row
        if cell
    ]
    outside += [
        (f"ligne {line}", c) for row, line in zip(grid.rows[:header], grid.lines, strict=False) for c in row if c
    ]
    notes = [
        f"La feuille {i + 1} ressemble aussi à des données ; seule la feuille {chosen + 1} est lue."
        for i, (_, score) in enumerate(found)
        if i != chosen and known and score == known
    ]
    body = list(zip(grid.rows[header + 1 :], grid.lines[header + 1 :], strict=True))
    kept = [(row, line) for row, line in body if not _blank(row)]
    if kept and _is_total(kept[-1][0]):
        row, line = kept.pop()
        outside += [(f"ligne {line}", cell) for cell in row if cell]
    ignored = header + len(body) - len(kept)
    headers = [cell.strip() for cell in grid.rows[header]]
    width = max([len(headers)] + [len(row) for row, _ in kept])
    headers += [""] * (width - len(headers))
    lists = list(zip_longest(*(row for row, _ in kept), fillvalue="")) if kept else []
    lists += [()] * (width - len(lists)) if not kept else [("",) * len(kept)] * (width - len(lists))
    columns = [pa.array(cells, pa.string()) for cells in lists]
    return RawTable(headers, columns, np.array([line for _, line in kept], dtype=np.int64), ignored, outside, notes)
