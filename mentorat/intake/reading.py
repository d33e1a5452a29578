"""Open a sender's file, whatever its format, and find the table in it. Nothing is interpreted here: every cell is text.

The format is known by the first bytes, and each has its module (text, workbooks, parquet, xml, protected). A file that
can't be opened gives a `Refusal`, never an exception, and never a word of its content. Nothing is written to disk.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mentorat.intake.normalisation import fold
from mentorat.intake.recognition import header_key, vocabulary

HEADER_WITHIN = 30  # rows looked at for the header
HEADER_SCORE = 2  # known column names from which a row is a header for sure
COLUMNS_LIMIT = 2_000
CELLS_LIMIT = 500_000_000  # rows × columns of a table: the largest national source holds 130 million

Content = Path | bytes
"""A file of the dépôt, or what a protected file holds, in memory."""


NOTE = "note de cellule"
"""Where a spreadsheet writes its user's name by itself: a bare name found there says nothing of a young person."""


@dataclass(frozen=True)
class Refusal:
    """Why a whole file is refused and how to mend it, in French; no content of the file."""

    motif: str
    remede: str


class Refused(Exception):
    """A reader gives up; never leaves this package."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.motif)
        self.refusal = refusal


@dataclass
class RawTable:
    """The table of a file: `headers` and `columns` (text, one array per header, "" where empty), `lines` (line or
    record number of each row in the file), `ignored` (title, blank, total and repeated header rows), `outside` (place,
    cell) found around the table, `notes` for the sender.
    """

    headers: list[str]
    columns: list[pa.Array | pa.ChunkedArray]
    lines: np.ndarray
    ignored: int = 0
    outside: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.lines)


UNREADABLE = Refusal(
    "Le fichier ne peut pas être ouvert : il est abîmé ou d'un format non pris en charge.",
    "Enregistrez-le de nouveau en .xlsx, .ods, .csv ou .parquet (ou en XML OLINPE), puis déposez-le à la place.",
)
EMPTY = Refusal("Le fichier est vide.", "Vérifiez l'export, puis déposez-le de nouveau.")
WEB_PAGE = Refusal(
    "Le fichier est une page web, quelle que soit l'extension de son nom.",
    "Ouvrez-le dans un tableur, enregistrez-le en .xlsx ou en .csv, puis déposez-le de nouveau.",
)
OTHER_ARCHIVE = Refusal(
    "Le fichier est une archive d'un format non pris en charge (7z, RAR, gzip…).",
    "Déposez le fichier de données lui-même, ou une archive .zip (protégée en AES) qui ne contient que lui.",
)
DOCUMENT = Refusal(
    "Le fichier est un document (PDF, image, texte mis en forme), pas un tableau de données.",
    "Déposez le tableau lui-même, en .xlsx, .ods, .csv ou .parquet.",
)
TOO_LARGE = Refusal(
    "Le tableau compte bien trop de colonnes ou de cellules pour un fichier de suivi.",
    "Vérifiez l'export : gardez les colonnes utiles, un fichier par campagne, puis déposez-le de nouveau.",
)

HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype\s+html|<(html|head|meta|body|table|div|style|script)\b|mime-version:)",
    re.IGNORECASE | re.DOTALL,
)
ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
DOCUMENTS = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")


def opened(content: Content) -> BinaryIO:
    """A stream over the bytes of `content`. Raises OSError."""
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def read_table(path: Path, password: str | None = None) -> RawTable | Refusal:
    """The table of the file at `path`, its format known by its first bytes; a `Refusal` when there is none to read.

    `password` opens a protected workbook or archive. Never raises.
    """
    try:
        return read_content(path, password)
    except Refused as fault:
        return fault.refusal
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # whatever fails (a panic of a compiled reader is no Exception), the content stays inside
        return UNREADABLE


def read_content(content: Content, password: str | None, nested: bool = False) -> RawTable:
    """The table of `content`; `nested` where it comes out of an archive. Raises Refused, or whatever a reader does."""
    with opened(content) as stream:
        head = stream.read(4096)
    if not head:
        raise Refused(EMPTY)
    if head.startswith(b"PK"):
        from mentorat.intake.protected import read_zip

        return read_zip(content, password, nested)
    if head.startswith(b"\xd0\xcf\x11\xe0"):  # OLE: an old .xls, or a protected .xlsx
        from mentorat.intake.protected import read_ole

        return read_ole(content, password)
    if head.startswith(b"PAR1"):
        from mentorat.intake.parquet import read_parquet

        return read_parquet(content)
    if head.startswith(ARCHIVES):
        raise Refused(OTHER_ARCHIVE)
    if head.startswith(DOCUMENTS):
        raise Refused(DOCUMENT)
    from mentorat.intake.text import encoding_of, read_text

    encoding = encoding_of(head)
    start = head.decode(encoding or "utf-8", errors="ignore").lstrip("\ufeff")
    if HTML.match(start):
        raise Refused(WEB_PAGE)
    if start.lstrip().startswith("<"):
        from mentorat.intake.xml import read_xml

        return read_xml(content)
    return read_text(content, encoding)


# --- the table in a sheet -------------------------------------------------------------------------


def blank(row: Sequence[str]) -> bool:
    """True when no cell of the row holds anything."""
    return not any(cell and not cell.isspace() for cell in row)


def find_header(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """(index, number of known column names) of the header: the row that holds most of them, two at least, else the
    first with two cells filled.
    """
    known = vocabulary()
    scores = [len({header_key(cell) for cell in row if cell} & known) for row in rows[:HEADER_WITHIN]]
    best = max(scores, default=0)
    filled = [index for index, row in enumerate(rows[:HEADER_WITHIN]) if sum(1 for c in row if c.strip()) > 1]
    if best >= HEADER_SCORE or (best and not filled):
        return scores.index(best), best
    index = filled[0] if filled else 0
    return index, scores[index] if scores else 0


TOTAL = re.compile(r"(sous[ -]*)?tota(l|ux)( general| generaux)?\s*:?")
TOTAL_BEGINS = re.compile(r"(sous[ -]*)?tota(l|ux)\b")
QUANTITY = re.compile(r"[+-]?(\d{1,3}([ \u00a0\u202f.']\d{3})+|\d+)([.,]\d+)?\s*(%|€|h|min|euros?|eur)?|-")


def is_total(row: Sequence[str]) -> bool:
    """True for a row of totals: its first filled cell says so and nothing else in it could be a record, that is only
    quantities, or hardly a cell. In doubt the row is data.
    """
    filled = [cell.strip() for cell in row if cell and not cell.isspace()]
    if not filled or not TOTAL_BEGINS.match(fold(filled[0])):
        return False
    others = filled[1:]
    if all(QUANTITY.fullmatch(cell.casefold()) for cell in others):
        return True
    return TOTAL.fullmatch(fold(filled[0])) is not None and len(others) <= max(1, len(row) // 4)


def _chunks(column: pa.Array | pa.ChunkedArray) -> Iterator[tuple[int, pa.Array]]:
    """(row of its first cell, array) of each chunk."""
    at = 0
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        yield at, chunk
        at += len(chunk)


def _positions(column: pa.Array | pa.ChunkedArray, test: str) -> np.ndarray:
    """Rows whose cell matches the regular expression (RE2)."""
    found = [
        at + np.flatnonzero(pc.match_substring_regex(chunk, test).to_numpy(zero_copy_only=False))
        for at, chunk in _chunks(column)
    ]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _first_cells(columns: Sequence[pa.Array | pa.ChunkedArray], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows whose first filled cell could say « total », rows without any filled cell)."""
    left = np.arange(rows)
    totals = [np.empty(0, dtype=np.int64)]
    for column in columns:
        if not len(left):
            break
        cells = column if len(left) == rows else column.take(pa.array(left))
        totals.append(left[_positions(cells, r"(?i)^[\s\p{Z}]*(sous[ -]*)?tota(l|ux)\b")])
        left = left[_positions(cells, r"^[\s\p{Z}]*$")]
    return np.concatenate(totals), left


def _headers_again(headers: Sequence[str], columns: Sequence[pa.Array | pa.ChunkedArray]) -> list[int]:
    """Rows that repeat the header: files glued together."""
    named = [index for index, header in enumerate(headers) if header]
    if len(named) < 2:
        return []
    first = columns[named[0]]
    keys = [header_key(headers[index]) for index in named]
    return [
        int(row)
        for row in _positions(first, rf"(?i)^[\s\p{{Z}}]*{re.escape(headers[named[0]])}[\s\p{{Z}}]*$")
        if [header_key(columns[index][row].as_py()) for index in named] == keys
    ]


def make_table(
    headers: Sequence[str],
    columns: Sequence[pa.Array | pa.ChunkedArray],
    lines: np.ndarray,
    *,
    ignored: int = 0,
    outside: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> RawTable:
    """The data rows among what stands below the header: blank rows, totals and repeated headers taken out and counted.

    `columns`: one array of n cells per header; `lines`: n line numbers. What a total row says goes `outside`. Raises
    Refused beyond `COLUMNS_LIMIT` columns or `CELLS_LIMIT` cells.
    """
    rows = len(lines)
    if len(headers) > COLUMNS_LIMIT or rows * len(headers) > CELLS_LIMIT:
        raise Refused(TOO_LARGE)
    outside, notes = list(outside), list(notes)
    candidates, blanks = _first_cells(columns, rows)
    dropped = set(blanks.tolist())
    for row in sorted(candidates.tolist()):
        cells = [column[row].as_py() for column in columns]
        if is_total(cells):
            dropped.add(row)
            outside += [(f"ligne {lines[row]}", cell) for cell in cells if cell]
    if again := _headers_again(headers, columns):
        dropped |= set(again)
        notes.append(
            f"La ligne d'en-tête est répétée au milieu des données ({len(again)} fois) : ces lignes sont ignorées."
        )
    if dropped:
        kept = np.ones(rows, dtype=bool)
        kept[list(dropped)] = False
        mask = pa.array(kept)
        columns = [column.filter(mask) for column in columns]
        lines = lines[kept]
    return RawTable(list(headers), list(columns), lines.astype(np.int64), ignored + len(dropped), outside, notes)
