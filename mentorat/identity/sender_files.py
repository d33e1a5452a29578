"""CSV and XLSX as senders keep them, read and written row by row.

Standard library only, and openpyxl for XLSX: part of the sender's tool (`mentorat.identity.sender`). The platform's own
reader is `mentorat.intake.reading`; this one needs no compiled library and keeps rows where they are.
"""

import csv
import importlib
import io
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from mentorat.errors import MentoratError, UsageError

HEADER_DEPTH = 50  # rows among which the header is looked for


# --- reading ------------------------------------------------------------------------------------------


class Refused(MentoratError):
    """The file can't be pseudonymised as it is: exit code 1, nothing written."""


def text_of(cell: object) -> str:
    """A cell as text: dates as AAAA-MM-JJ, whole numbers without decimals, empty for None; spaces around dropped."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


Row = Sequence[Any]


@dataclass
class Table:
    """The header (text), the number of rows above it, and the rows below it, to be read once."""

    headers: list[str]
    above: int
    rows: Iterator[Row]
    remarques: list[str] = field(default_factory=list)


IsHeader = Callable[[Sequence[str]], bool]


def _header_index(rows: Iterable[Row], is_header: IsHeader) -> int | None:
    first = itertools.islice(rows, HEADER_DEPTH)
    return next((i for i, cells in enumerate(first) if is_header([text_of(cell) for cell in cells])), None)


NO_HEADER = (
    f"Aucune ligne d'en-tête avec nom, prénom et date de naissance dans les {HEADER_DEPTH} premières lignes. "
    "Vérifiez les titres des colonnes, ou nommez-les par --nom, --prenom et --naissance (ou --nom-mentor, "
    "--prenom-mentor, --naissance-mentor)."
)


DAMAGED = (
    "Le classeur ne s'ouvre pas : il est abîmé, ou n'est pas un .xlsx. "
    "Ouvrez-le dans un tableur et enregistrez-le en .xlsx."
)
UNREADABLE = "Le texte du fichier est illisible. Enregistrez-le en CSV UTF-8 ou en XLSX."


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-16 where every other byte is null, else UTF-8 when it all
    reads so, else Windows-1252. Raises Refused for a binary file.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if head[:3] == b"\xef\xbb\xbf":
        return "utf-8-sig"
    if b"\0" in head:
        if not any(head[0::2]) or not any(head[1::2]):
            return "utf-16-be" if not any(head[0::2]) else "utf-16-le"
        raise Refused("Ce fichier n'est ni un CSV ni un classeur XLSX lisible. Enregistrez-le en CSV ou en XLSX.")
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _csv_table(path: Path, is_header: IsHeader) -> Table:
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        head = "".join(itertools.islice(file, 4 * HEADER_DEPTH))
    found: list[tuple[int, int, str]] = []
    for delimiter in ";,\t|":
        with suppress(csv.Error):
            first = list(itertools.islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), HEADER_DEPTH))
            if (index := _header_index(first, is_header)) is not None:
                found.append((len(first[index]), index, delimiter))
    if not found:
        raise Refused(NO_HEADER)
    _, index, delimiter = max(found)
    rows = _csv_rows(path, encoding, delimiter)
    header = next(itertools.islice(rows, index, None))
    return Table([text_of(cell) for cell in header], index, rows)


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        # strict: a stray quote would otherwise swallow the rows after it
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            yield from reader
        except csv.Error as error:
            raise Refused(
                f"Le CSV est mal formé vers la ligne {reader.line_num} (guillemet isolé, cellule trop longue ou "
                "caractère nul). Corrigez cette ligne, ou enregistrez le fichier en XLSX."
            ) from error


def _workbook(path: Path, values: bool) -> Any:
    openpyxl = importlib.import_module("openpyxl")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # extensions of Excel that play no part here
            return openpyxl.load_workbook(path, read_only=True, data_only=values)
    except OSError:
        raise
    except Exception as error:  # any damage: zip, XML, missing part
        raise Refused(DAMAGED) from error


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    try:
        yield from sheet.iter_rows(values_only=True)
    except (zipfile.BadZipFile, zlib.error, SyntaxError, ValueError, KeyError, EOFError) as error:
        raise Refused(DAMAGED) from error


def _xlsx_table(path: Path, is_header: IsHeader, feuille: str | None) -> Table:
    book = _workbook(path, values=False)
    titles = [s.title for s in book.worksheets if feuille in (None, s.title)]
    if feuille and not titles:
        raise UsageError(f"Il n'y a pas de feuille « {feuille} » dans ce classeur.")
    shown = [title for title in titles if feuille or book[title].sheet_state == "visible"]
    found = {title: _header_index(_sheet_rows(book[title]), is_header) for title in shown}
    indices = {title: index for title, index in found.items() if index is not None}
    if not indices:
        raise Refused(NO_HEADER)
    if len(indices) > 1:
        raise UsageError(f"{len(indices)} feuilles portent des identités : choisissez-en une par --feuille.")
    [(title, index)] = indices.items()
    rows = _calculated(path, book, title)
    header = next(itertools.islice(rows, index, None))
    headers = [text_of(cell) for cell in header]
    while not headers[-1]:
        headers.pop()
    table = Table(headers, index, rows)
    if (others := len(book.worksheets) - 1) > 0:
        table.remarques.append(f"Une seule feuille est reprise, sur {others + 1}.")
    return table


def _calculated(path: Path, book: Any, title: str) -> Iterator[Row]:
    """Rows of a sheet with formulas replaced by the values last calculated; the second reading is opened only at the
    first formula met.
    """
    values: Iterator[Row] | None = None
    for index, row in enumerate(_sheet_rows(book[title])):
        formulas = [i for i, cell in enumerate(row) if _is_formula(cell)]
        if values is None and formulas:
            values = itertools.islice(_sheet_rows(_workbook(path, values=True)[title]), index, None)
        if values is None:
            yield row
            continue
        calculated = next(values)
        if any(calculated[i] is None for i in formulas):
            raise Refused(
                f"La ligne {index + 1} contient une formule qui n'a jamais été calculée. Ouvrez le classeur dans un "
                "tableur, enregistrez-le, puis recommencez."
            )
        yield calculated


def _is_formula(cell: object) -> bool:
    # array formulas come as objects with a text
    return (isinstance(cell, str) and cell.startswith("=") and len(cell) > 1) or hasattr(cell, "ref")


def read(path: Path, is_header: IsHeader, feuille: str | None) -> Table:
    """The table of a CSV or XLSX file, under the first row that `is_header` knows.

    Raises Refused for a file that can't be read, UsageError when a sheet has to be chosen.
    """
    with path.open("rb") as file:
        magic = file.read(8)
    if not magic:
        raise Refused("Le fichier est vide.")
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "Ce classeur est protégé par un mot de passe, ou d'un ancien format (.xls). Ouvrez-le, retirez le mot de "
            "passe et enregistrez-le en .xlsx."
        )
    if magic.startswith(b"PK\x03\x04"):
        return _xlsx_table(path, is_header, feuille)
    try:
        return _csv_table(path, is_header)
    except UnicodeDecodeError as error:
        raise Refused(UNREADABLE) from error


# --- writing ------------------------------------------------------------------------------------------


class Writer(Protocol):
    """Where rows go."""

    def row(self, cells: Sequence[Any]) -> None: ...

    def close(self) -> None: ...


class CsvWriter:
    """CSV with `;` and a UTF-8 mark, as French spreadsheets open it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file, delimiter=";")

    def row(self, cells: Sequence[Any]) -> None:
        self._rows.writerow(cells)

    def close(self) -> None:
        self._file.close()


class XlsxWriter:
    """A fresh workbook: no property, hidden sheet or comment of the input is carried over."""

    def __init__(self, path: Path) -> None:
        self._path, self._book = path, importlib.import_module("openpyxl").Workbook(write_only=True)
        self._sheet = self._book.create_sheet("Données")

    def row(self, cells: Sequence[Any]) -> None:
        self._sheet.append([self._cell(cell) for cell in cells])

    def _cell(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.time() == datetime.min.time():
            return value.date()
        if isinstance(value, str) and value[:1] == "=":
            cell = importlib.import_module("openpyxl.cell").WriteOnlyCell(self._sheet, value=value)
            cell.data_type = "s"  # a text stays a text, never a formula
            return cell
        return value

    def close(self) -> None:
        self._book.save(self._path)
