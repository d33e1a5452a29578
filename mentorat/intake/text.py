"""Delimited text: encoding, delimiter and header line found, then read block by block in bounded memory.

A block whose physical lines are each one row of the usual width goes through pyarrow; any other through
`records`, which never lets a stray quote swallow the rows below it. Both give the same rows.
"""

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from mentorat.intake.reading import (
    CELLS_LIMIT,
    COLUMNS_LIMIT,
    EMPTY,
    HEADER_WITHIN,
    TOO_LARGE,
    UNREADABLE,
    Content,
    RawTable,
    Refusal,
    Refused,
    find_header,
    make_table,
    opened,
)

DELIMITERS = (";", "\t", ",", "|")
BLOCK = 8_000_000  # bytes read at a time
LINE_LIMIT = 8_000_000  # bytes of a line: beyond, it is no table
CELL_LINES = 500  # lines over which a quoted cell may run

ENDLESS_LINE = Refusal(
    "Le fichier contient une ligne démesurée (plusieurs millions de caractères) : ce n'est pas un tableau lisible.",
    "Vérifiez l'export et les fins de ligne, puis enregistrez-le de nouveau en .csv ou en .xlsx.",
)

LINE_END = re.compile(r"\r\n|\n|\r")
BOM = "\ufeff".encode()


# --- bytes to lines -------------------------------------------------------------------------------


def encoding_of(head: bytes) -> str | None:
    """UTF-16 as Python names it, known by its mark or its zeros; None for an encoding that keeps ASCII as it is."""
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    if head[1::2].count(0) > len(head) // 8 and not head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > len(head) // 8 and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _as_utf8(line: bytes) -> bytes:
    """A line in UTF-8, or else in Windows-1252: files glued together may mix them."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace").encode()
    return line


def _utf8(block: bytes) -> bytes:
    """`block` (whole lines) in UTF-8, without byte-order marks. Raises Refused on a NUL: no text."""
    if b"\0" in block:
        raise Refused(UNREADABLE)
    if not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            block = b"\n".join(_as_utf8(line) for line in block.split(b"\n"))
        block = block.replace(BOM, b"")
    return block


def _pieces(content: Content, encoding: str | None) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace") if encoding else None
    with opened(content) as stream:
        while piece := stream.read(BLOCK):
            yield decoder.decode(piece).encode() if decoder else piece


def blocks(content: Content, encoding: str | None) -> Iterator[bytes]:
    """The text as UTF-8 blocks of whole lines. Raises Refused on a line over `LINE_LIMIT`, or a NUL."""
    rest = b""
    for piece in _pieces(content, encoding):
        data = rest + piece
        cut = data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, -1) + 1  # a \r at the end may be half of \r\n
        if not cut and len(data) > LINE_LIMIT:
            raise Refused(ENDLESS_LINE)
        if cut:
            yield _utf8(data[:cut])
        rest = data[cut:]
    if rest := rest.rstrip(b"\x1a"):  # DOS's end of file
        yield _utf8(rest)


def _lines(block: bytes) -> list[str]:
    lines = LINE_END.split(block.decode())
    return lines if lines[-1] else lines[:-1]


# --- lines to rows --------------------------------------------------------------------------------


class Grammar(NamedTuple):
    """How cells are told apart in a line, for one delimiter."""

    delimiter: str
    closed: re.Pattern[str]
    """A quoted cell closed right before a delimiter or the end."""
    open: re.Pattern[str]
    """A quote with no lone quote after it: the cell may go on at the next line."""
    ends: re.Pattern[str]
    """From the start of a line, the end of a cell opened above."""
    goes_on: re.Pattern[str]
    """A whole line inside a cell opened above."""
    raw: re.Pattern[str]


@lru_cache
def grammar(delimiter: str) -> Grammar:
    """The patterns of one delimiter."""
    d = re.escape(delimiter)
    inside = r'[^"]*+(?:""[^"]*+)*+'
    return Grammar(
        delimiter,
        re.compile(rf'"({inside})"(?={d}|\Z)'),
        re.compile(rf'"({inside})\Z'),
        re.compile(rf'({inside})"(?={d}|\Z)'),
        re.compile(rf"{inside}\Z"),
        re.compile(rf"[^{d}]*+"),
    )


def _plain(quoted: str) -> str:
    return quoted.replace('""', '"')


def split(line: str, spoken: Grammar, start: int = 0, lone: bool = False) -> tuple[list[str], str | None]:
    """(cells, text of a cell left open at the end of the line, or None). With `lone` the line stands by itself: a
    quote that opens and never closes is a character like any other.
    """
    cells: list[str] = []
    while True:
        match = spoken.closed.match(line, start)
        if match:
            cells.append(_plain(match[1]))
        elif not lone and (match := spoken.open.match(line, start)):
            return cells, match[1]
        else:
            match = spoken.raw.match(line, start)
            assert match is not None  # it matches the empty string
            cells.append(match[0])
        start = match.end()
        if start == len(line):
            return cells, None
        start += 1


def _is_row(line: str, width: int, spoken: Grammar) -> bool:
    """True when the line is a whole row by itself, which a quote opened above may not swallow."""
    if '"' not in line:
        return line.count(spoken.delimiter) == width - 1
    cells, left_open = split(line, spoken)
    return line.count('"') % 2 == 0 and left_open is None and len(cells) == width


def _over_lines(
    lines: list[str], first: int, width: int | None, spoken: Grammar, last: bool
) -> tuple[list[str], int] | None:
    """(cells, number of lines) of the row begun at `first` by a cell that runs over several lines; one line when its
    quote is a stray one; None when the lines below are needed and not there yet.

    `width`: cells of a row, None while the header is looked for. Each line is looked at until the quote closes, and no
    further than a line that is a whole row by itself.
    """
    alone = split(lines[first], spoken, lone=True)[0], 1
    cells, left_open = split(lines[first], spoken)
    for number in range(first + 1, first + CELL_LINES):
        if number >= len(lines):
            return alone if last else None
        line = lines[number]
        if width is not None and _is_row(line, width, spoken):
            return alone
        if spoken.goes_on.match(line):
            left_open = f"{left_open}\n{line}"
            continue
        end = spoken.ends.match(line)
        if end is None:
            return alone
        cells.append(_plain(f"{left_open}\n{end[1]}"))
        left_open = None
        if end.end() < len(line):
            more, left_open = split(line, spoken, end.end() + 1)
            cells += more
        if left_open is None:
            # a stray quote in each of two whole rows would look like one cell
            two_rows = len(alone[0]) == width == len(split(line, spoken, lone=True)[0])
            return alone if two_rows or (width is not None and len(cells) != width) else (cells, number - first + 1)
    return alone


def records(
    lines: list[str], width: int | None, spoken: Grammar, last: bool
) -> tuple[list[list[str]], list[int], list[str]]:
    """(rows, index of the first line of each, lines left for the next block) of physical lines.

    `last`: nothing comes below. Every line is in a row or left: none is lost.
    """
    rows: list[list[str]] = []
    starts: list[int] = []
    index = 0
    while index < len(lines):
        line, taken = lines[index], 1
        if '"' not in line:
            cells = line.split(spoken.delimiter)
        else:
            cells, left_open = split(line, spoken)
            if left_open is not None:
                found = _over_lines(lines, index, width, spoken, last)
                if found is None:
                    return rows, starts, lines[index:]
                cells, taken = found
        rows.append(cells)
        starts.append(index)
        index += taken
    return rows, starts, []


# --- rows to columns ------------------------------------------------------------------------------

Chunk = tuple[list[pa.ChunkedArray | pa.Array], np.ndarray]
"""Columns of some rows and the line of each row."""


def _ones(data: np.ndarray, characters: bytes) -> np.ndarray:
    return np.isin(data, np.frombuffer(characters, dtype=np.uint8))


def _regular_quotes(block: bytes, delimiter: str) -> bool:
    """True when every quote either opens a cell or closes it, in turn: then all readers agree on the block."""
    if b'"' not in block:
        return True
    data = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    quotes = np.flatnonzero(data == ord('"'))
    edge = b"\n" + delimiter.encode()
    opens = _ones(data[quotes - 1], edge)
    closes = _ones(data[quotes + 1], edge + b"\r")
    turn = np.arange(len(quotes)) % 2 == 0
    return len(quotes) % 2 == 0 and bool(np.array_equal(opens, turn) and np.array_equal(closes, ~turn))


def _fast(block: bytes, width: int, delimiter: str) -> list[pa.ChunkedArray] | None:
    """Columns of a block whose every physical line is one row of `width` cells, else None."""
    from pyarrow import csv

    if block.count(b"\r") != block.count(b"\r\n") or not _regular_quotes(block, delimiter):
        return None
    names = [str(index) for index in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=names, block_size=len(block)),
            csv.ParseOptions(delimiter=delimiter),
            csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:  # a row of another width
        return None
    physical = block.count(b"\n") + (not block.endswith(b"\n"))
    return table.columns if table.num_rows == physical else None


def _columns(rows: list[list[str]]) -> list[pa.Array]:
    width = max(map(len, rows), default=0)
    if width > COLUMNS_LIMIT or width * len(rows) > CELLS_LIMIT // 10:
        raise Refused(TOO_LARGE)
    return [pa.array(cells, pa.string()) for cells in zip_longest(*rows, fillvalue="")]


class Body:
    """What stands below the header, block after block.

    `first`: line number of the next physical line; `width`: cells of a usual row; `fast` False keeps to `records`.
    """

    def __init__(self, first: int, width: int, delimiter: str, fast: bool = True) -> None:
        self.first = first
        self.width = width
        self.spoken = grammar(delimiter)
        self.fast = fast
        self.chunks: list[Chunk] = []
        self.left: list[str] = []

    def add(self, block: bytes, last: bool) -> None:
        """Read one more block of whole lines. Raises Refused beyond the limits of a table."""
        if self.fast and not self.left and block:
            columns = _fast(block, self.width, self.spoken.delimiter)
            if columns is not None:
                rows = len(columns[0])
                self.chunks.append((columns, np.arange(self.first, self.first + rows)))
                self.first += rows
                return
        lines = self.left + (_lines(block) if block else [])
        rows_found, starts, self.left = records(lines, self.width, self.spoken, last)
        if rows_found:
            self.chunks.append((_columns(rows_found), self.first + np.array(starts, dtype=np.int64)))
        self.first += len(lines) - len(self.left)

    def columns(self, width: int) -> tuple[list[pa.ChunkedArray], np.ndarray]:
        """(columns, line of each row) of all blocks, at least `width` columns."""
        width = max([width] + [len(columns) for columns, _ in self.chunks])
        if width * sum(len(lines) for _, lines in self.chunks) > CELLS_LIMIT:
            raise Refused(TOO_LARGE)
        parts: list[list[pa.Array]] = [[] for _ in range(width)]
        for columns, lines in self.chunks:
            nothing = pa.array([""], pa.string()).take(pa.array(np.zeros(len(lines), dtype=np.int32)))
            for index in range(width):
                cells = columns[index] if index < len(columns) else nothing
                parts[index] += cells.chunks if isinstance(cells, pa.ChunkedArray) else [cells]
        numbers = np.concatenate([lines for _, lines in self.chunks] or [np.empty(0, dtype=np.int64)])
        return [pa.chunked_array(part, pa.string()) for part in parts], numbers


# --- the file -------------------------------------------------------------------------------------


class Start(NamedTuple):
    """What the first lines tell."""

    delimiter: str
    rows: list[list[str]]
    header: int
    lines: list[int]
    """Index of the first physical line of each row."""
    body: int
    """Number of physical lines down to the header, header included."""
    width: int
    """Cells of most rows below the header."""


def _start(lines: list[str]) -> Start:
    """The delimiter under which the first lines look most like a table, and where the header is."""

    def attempt(delimiter: str) -> tuple[tuple[int, int, int], Start]:
        rows, starts, _ = records(lines, None, grammar(delimiter), last=True)
        header, known = find_header(rows)
        body = starts[header + 1] if header + 1 < len(starts) else len(lines)
        usual = len(rows[header])
        below = [len(row) for row in records(lines[body:], usual, grammar(delimiter), last=True)[0] if any(row)]
        width = max(below, key=lambda cells: (below.count(cells), cells == usual), default=usual)
        # a row has two cells at least, and most rows as many
        regular = below.count(width) if width > 1 else 0
        return (known, regular, usual), Start(delimiter, rows, header, starts, body, width)

    return max((attempt(delimiter) for delimiter in DELIMITERS), key=lambda found: found[0])[1]


def _after(block: bytes, lines: int) -> bytes:
    """`block` without its first physical lines."""
    ends = re.compile(rb"\r\n|\n|\r").finditer(block)
    for _ in range(lines - 1):
        next(ends, None)
    end = next(ends, None) if lines else None
    return block[end.end() :] if end else (block if not lines else b"")


def read_text(content: Content, encoding: str | None, fast: bool = True) -> RawTable:
    """The table of a delimited text; `fast` False reads every line by `records` (same result).

    Raises Refused on an empty text, a NUL, an endless line, or a table beyond the limits.
    """
    stream = blocks(content, encoding)
    first = next(stream, b"")
    if not first.strip():
        raise Refused(EMPTY)
    start = _start(_lines(first)[: 2 * HEADER_WITHIN])
    outside = [
        (f"ligne {line + 1}", cell)
        for row, line in zip(start.rows[: start.header], start.lines, strict=False)
        for cell in row
        if cell
    ]
    body = Body(start.body + 1, start.width, start.delimiter, fast)
    block = _after(first, start.body)
    for following in stream:
        body.add(block, last=False)
        block = following
    body.add(block, last=True)
    headers = [cell.strip() for cell in start.rows[start.header]]
    columns, lines = body.columns(len(headers))
    headers += [""] * (len(columns) - len(headers))
    return make_table(headers, columns, lines, ignored=start.header, outside=outside)
