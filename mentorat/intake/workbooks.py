"""XLSX, ODS and old XLS by python-calamine, once what they unpack to is known to be of a reasonable size."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import zip_longest
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from mentorat.intake.reading import (
    COLUMNS_LIMIT,
    EMPTY,
    HEADER_SCORE,
    NOTE,
    Content,
    RawTable,
    Refusal,
    Refused,
    blank,
    find_header,
    make_table,
)

UNPACKED_LIMIT = 1_000_000_000  # bytes an archive may unpack to: beyond, it is a bomb or no file of ours
RATIO_LIMIT = 200  # unpacked bytes per packed byte, for archives of some size; spreadsheets stay under 60
RATIO_FROM = 50_000_000  # unpacked bytes from which the ratio is looked at
AREA_LIMIT = 20_000_000  # cells of the rectangle that a sheet spans, filled or not: what a reader holds in memory

TOO_BIG = Refusal(
    "Le classeur se déploie en une taille démesurée.",
    "Enregistrez les données seules dans un nouveau classeur ou en .csv.",
)
SPRAWLING = Refusal(
    "Une feuille du classeur s'étend sur des millions de cellules, remplies ou non.",
    "Copiez le tableau seul dans un nouveau classeur, ou enregistrez-le en .csv, puis déposez-le de nouveau.",
)
BINARY = Refusal(
    "Le classeur est au format binaire d'Excel (.xlsb), qui n'est pas pris en charge.",
    "Enregistrez-le en .xlsx ou en .csv, puis déposez-le à la place.",
)
OTHER_DOCUMENT = Refusal(
    "Le fichier est un document (texte, présentation…), pas un classeur.",
    "Déposez le tableau lui-même, en .xlsx, .ods, .csv ou .parquet.",
)
PROTECTED_ODS = Refusal(
    "Le classeur .ods est protégé par un mot de passe : cette protection n'est pas prise en charge.",
    "Enregistrez-le en .xlsx avec mot de passe, ou mettez-le dans une archive ZIP protégée en AES.",
)


class Archive(Protocol):
    """What zipfile and pyzipper share."""

    def infolist(self) -> list[zipfile.ZipInfo]: ...
    def open(self, name: zipfile.ZipInfo) -> Any: ...


def check_size(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raise Refused when the entries of an archive announce an absurd size once unpacked."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > UNPACKED_LIMIT or (unpacked > RATIO_FROM and unpacked > RATIO_LIMIT * max(packed, 1)):
        raise Refused(TOO_BIG)


# --- what a sheet spans, before it is opened ------------------------------------------------------

REFERENCE = re.compile(rb"""<(?:\w+:)?(?:row|c)\s[^>]*?\br\s*=\s*["']([A-Za-z]{0,8})(\d{0,12})["']""")
CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
ERROR = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\bt\s*=\s*["']e["']|calcext:value-type=["']error["']""")
SPACES = re.compile(rb"""<(?:\w+:)?s\s[^>]*?\bc\s*=\s*["'](\d{1,20})""")  # <text:s text:c="3"/>: three spaces
LINE_SPACES = 10_000
ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _xlsx_area(xml: bytes) -> int:
    """Cells of the rectangle from A1 that a sheet spans, whatever its <dimension> says: an upper bound."""
    found = REFERENCE.findall(xml)
    columns = {letters for letters, _ in found}
    rows = {digits for _, digits in found}
    # rows and cells may also follow one another without a reference
    in_a_row = max(len(CELL.findall(row)) for row in ROW_END.split(xml))
    width = max([_column_number(letters) for letters in columns], default=0)
    width = max(width, in_a_row)
    height = max([int(digits or 0) for digits in rows] + [len(ROW_END.findall(xml))], default=0)
    return width * height


def _ods_area(xml: bytes) -> int:
    """Cells of the largest rectangle that the filled cells of a sheet span, repeats included."""
    from lxml import etree

    largest = height = width = skipped = 0
    for _, element in etree.iterparse(io.BytesIO(xml), events=("end",), resolve_entities=False, load_dtd=False):
        name = etree.QName(element.tag).localname if isinstance(element.tag, str) else ""
        if name == "table":
            largest, height, width, skipped = max(largest, height * width), 0, 0, 0
        if name != "table-row":
            continue
        reach = at = 0
        for cell in element:
            at += _repeats(cell, "number-columns-repeated")
            reach = at if len(cell) or any("value" in str(key) for key in cell.attrib) else reach
        repeats = _repeats(element, "number-rows-repeated")
        if reach:
            height, skipped = height + skipped + repeats, 0
        else:
            skipped += repeats
        width = max(width, reach)
        element.clear()
    return max(largest, height * width)


def _repeats(element: Any, attribute: str) -> int:
    for key, value in element.attrib.items():
        if str(key).endswith(f"}}{attribute}"):
            return int(value)
    return 1


NOTES = re.compile(r"xl/(comments\d*|comments/[^/]*|threadedComments/[^/]*|drawings/drawing[^/]*)\.xml")
ASIDE = re.compile(rb"<(?:\w+:)?(?:odd|even|first)(?:Header|Footer)>([^<]*)<|<(?:\w+:)?formula[12]>([^<]*)<")
LINKS = re.compile(rb"""Target\s*=\s*["'](mailto:[^"']*|tel:[^"']*)""")
TITLES = re.compile(rb"""<(?:\w+:)?sheet\s[^>]*?\bname\s*=\s*["']([^"']*)|<(?:\w+:)?definedName\s[^>]*>([^<]*)<""")


def _aside(archive: Archive, entries: Sequence[zipfile.ZipInfo]) -> list[tuple[str, str]]:
    """(place, text) of what an XLSX says beside its cells: notes, drawings, page headers, lists, links, sheet names."""
    found: list[tuple[str, bytes]] = []
    for entry in entries:
        name = entry.filename
        if not name.startswith("xl/") or not name.endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as stream:
            content = stream.read()
        if NOTES.fullmatch(name):
            found += [(NOTE, text) for text in re.findall(rb">([^<>]+)<", content)]
        elif name.endswith(".rels"):
            found += [("lien", text.replace(b"mailto:", b"")) for text in LINKS.findall(content)]
        elif name == "xl/workbook.xml":
            found += [("nom de feuille", one or other) for one, other in TITLES.findall(content)]
        elif name.startswith("xl/worksheets/"):
            found += [("en-tête de page ou liste", one or other) for one, other in ASIDE.findall(content)]
    return [(place, html.unescape(text.decode("utf-8", "replace"))) for place, text in found if text.strip()]


def _check_sheets(archive: Archive, entries: Sequence[zipfile.ZipInfo]) -> int:
    """Number of cells in error, which calamine reads as empty. Raises Refused when a sheet spans too many cells, and
    whatever zipfile raises when an entry lies about its size.
    """
    errors = 0
    for entry in entries:
        if not entry.filename.endswith(".xml"):
            continue
        with archive.open(entry) as stream:
            xml = stream.read()
        if b"<!DOCTYPE" in xml[:4096]:
            raise Refused(TOO_BIG)
        if any(int(spaces) > LINE_SPACES for spaces in SPACES.findall(xml)):
            raise Refused(TOO_BIG)
        area = _ods_area(xml) if entry.filename == "content.xml" else _xlsx_area(xml)
        if area > AREA_LIMIT:
            raise Refused(SPRAWLING)
        errors += len(ERROR.findall(xml))
    return errors


def is_workbook(names: Sequence[str]) -> bool:
    """True when the names of an archive's entries are those of an office document."""
    return "[Content_Types].xml" in names or ("mimetype" in names and "content.xml" in names)


def read_workbook(content: Content, archive: Archive) -> RawTable:
    """The table of an XLSX or ODS, given with its archive opened. Raises Refused, or what a damaged file raises."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    check_size(entries)
    if "xl/workbook.bin" in names:
        raise Refused(BINARY)
    if not any(name.startswith("xl/") for name in names) and "content.xml" not in names:
        raise Refused(OTHER_DOCUMENT)
    if "META-INF/manifest.xml" in names:
        with archive.open(entries[names.index("META-INF/manifest.xml")]) as stream:
            if b"encryption-data" in stream.read():
                raise Refused(PROTECTED_ODS)
    table = read_sheets(content, _check_sheets(archive, entries))
    table.outside += _aside(archive, entries)
    return table


# --- cells ----------------------------------------------------------------------------------------


def cell_text(value: Any) -> str:
    """A typed cell as text: oui/non, ISO dates (the time of day goes), whole numbers without « .0 »."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else "" if value is None else str(value)


@dataclass
class Grid:
    """One sheet: its rows of cells from line 1, the merged ranges ((row, column), (row, column)) counted from 0, and
    whether users see it.
    """

    rows: list[list[str]]
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    visible: bool = True


def _fill_merged(grid: Grid, below: int) -> None:
    """Cells merged over several rows of data all hold the value shown (only the first one does in the file)."""
    filled = 0
    for (top, left), (bottom, right) in grid.merged:
        if top <= below or bottom == top or top >= len(grid.rows) or left >= len(grid.rows[top]):
            continue
        for row in range(top, min(bottom, len(grid.rows) - 1) + 1):
            for column in range(left, min(right, len(grid.rows[row]) - 1) + 1):
                grid.rows[row][column] = grid.rows[top][left]
                filled += 1
        if filled > AREA_LIMIT:
            raise Refused(SPRAWLING)


def _grids(content: Content) -> Iterator[Grid]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    source = io.BytesIO(content) if isinstance(content, bytes) else str(content)
    with CalamineWorkbook.from_object(source) as workbook:
        for sheet_kind in workbook.sheets_metadata:
            if sheet_kind.typ != SheetTypeEnum.WorkSheet:
                yield Grid([])
                continue
            sheet = workbook.get_sheet_by_name(sheet_kind.name)
            rows = [[cell_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = [(found[0], found[1]) for found in (sheet.merged_cell_ranges or [])]
            yield Grid(rows, merged, sheet_kind.visible == SheetVisibleEnum.Visible)


def read_sheets(content: Content, errors: int = 0) -> RawTable:
    """The table of the sheet that holds the data: of those that can be seen, the one with most known column names; a
    hidden one only when no other names any. `errors`: cells in error, to tell.

    Raises Refused on an empty workbook, or what calamine raises.
    """
    grids = list(_grids(content))
    filled = [index for index, grid in enumerate(grids) if not all(blank(row) for row in grid.rows)]
    if not filled:
        raise Refused(EMPTY)
    found = {index: find_header(grids[index].rows) for index in filled}
    chosen = max(filled, key=lambda i: (found[i][1] >= HEADER_SCORE, grids[i].visible, found[i][1], -i))
    grid, (header, known) = grids[chosen], found[chosen]
    _fill_merged(grid, header)
    outside = [
        (f"feuille {index + 1}, ligne {line}", cell)
        for index in filled
        if index != chosen
        for line, row in enumerate(grids[index].rows, start=1)
        for cell in row
        if cell
    ]
    outside += [(f"ligne {line}", c) for line, row in enumerate(grid.rows[:header], start=1) for c in row if c]
    notes = [
        f"La feuille {index + 1}{'' if grids[index].visible else ' (masquée)'} ressemble aussi à des données ; "
        f"seule la feuille {chosen + 1} est lue."
        for index in filled
        if index != chosen and known and 2 * found[index][1] > known
    ]
    if not grid.visible:
        notes.append(f"La feuille lue (feuille {chosen + 1}) est masquée.")
    if errors:
        notes.append(f"Cellules en erreur de formule (#REF!, #N/A…), lues comme vides : {errors}.")
    below = grid.rows[header + 1 :]
    headers = [cell.strip() for cell in grid.rows[header]]
    width = max([len(headers)] + [len(row) for row in below])
    if width > COLUMNS_LIMIT:
        raise Refused(SPRAWLING)
    headers += [""] * (width - len(headers))
    cells = list(zip_longest(*below, fillvalue="")) if below else []
    cells += [("",) * len(below)] * (width - len(cells))
    columns = [pa.array(column, pa.string()) for column in cells]
    lines = np.arange(header + 2, header + 2 + len(below))
    return make_table(headers, columns, lines, ignored=header, outside=outside, notes=notes)
