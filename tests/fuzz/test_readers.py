"""Whatever the bytes, a reader gives a table or a refusal; whatever the format, no row is lost."""

import csv
import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pyzipper
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from mentorat.intake import text, xml
from mentorat.intake.reading import RawTable, Refusal, Refused, read_table

# a first read imports its libraries: the time allowed is that of a slow machine, not of a hang
usual = settings(
    max_examples=80,
    deadline=timedelta(seconds=20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
COLUMNS = ["departement", "id_dossier", "statut", "sexe", "note"]
PASSWORD = "secret"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "f.bin"


def read(path: Path, content: bytes, password: str | None = None) -> RawTable | Refusal:
    path.write_bytes(content)
    return read_table(path, password)


def hold_together(found: RawTable | Refusal) -> None:
    if isinstance(found, Refusal):
        assert found.motif.endswith(".") and found.remede.endswith(".")
        return
    assert len(found.headers) == len(found.columns)
    assert {len(column) for column in found.columns} <= {found.rows}
    assert all(column.type == pa.string() and column.null_count == 0 for column in found.columns)
    assert found.lines.tolist() == sorted(set(found.lines.tolist()))


# --- tables written in every format -----------------------------------------------------------------


def csv_bytes(rows: list[list[str]], delimiter: str = ";", encoding: str = "utf-8", **options: Any) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, **options).writerows(rows)
    return stream.getvalue().encode(encoding)


def xlsx_bytes(rows: list[list[str]]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                sheet.write_string(i, j, cell)
    return stream.getvalue()


def ods_bytes(rows: list[list[str]]) -> bytes:
    book = OpenDocumentSpreadsheet()
    table = Table(name="a")
    for row in rows:
        line = TableRow()
        for cell in row:
            box = TableCell(valuetype="string")
            box.addElement(P(text=cell))
            line.addElement(box)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    stream = io.BytesIO()
    book.write(stream)
    return stream.getvalue()


def parquet_bytes(rows: list[list[str]]) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table([pa.array(cells) for cells in zip(*rows[1:], strict=True)], names=rows[0]), stream)
    return stream.getvalue()


def xml_bytes(rows: list[list[str]]) -> bytes:
    records = "".join(
        "<DONNEE>" + "".join(f"<{n}>{escape(c)}</{n}>" for n, c in zip(rows[0], row, strict=True)) + "</DONNEE>\n"
        for row in rows[1:]
    )
    return f"<DECRET><INTRO/>{records}</DECRET>".encode()


def zip_bytes(content: bytes, password: str | None = None) -> bytes:
    stream = io.BytesIO()
    if password is None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("f.dat", content)
    else:
        with pyzipper.AESZipFile(stream, "w", encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(password.encode())
            archive.writestr("f.dat", content)
    return stream.getvalue()


SAMPLE = [COLUMNS, ["59", "D1", "Lancé", "F", "x"], ["62", "D2", "Proposé", "G", '"y'], ["971", "D3", "", "", "z;z"]]
WRITTEN = {
    "csv": csv_bytes(SAMPLE),
    "utf-16": csv_bytes(SAMPLE, "\t", "utf-16"),
    "xlsx": xlsx_bytes(SAMPLE),
    "ods": ods_bytes(SAMPLE),
    "parquet": parquet_bytes(SAMPLE),
    "xml": xml_bytes(SAMPLE),
    "zip": zip_bytes(csv_bytes(SAMPLE)),
    "aes": zip_bytes(csv_bytes(SAMPLE), PASSWORD),
}
STARTS = [
    b"",
    b"PK\x03\x04",
    b"PAR1",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"<?xml version='1.0'?>",
    b"<DECRET><DONNEE>",
]
STARTS += [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"departement;id_dossier\n", b"<html>", b"a\0b\0"]


@usual
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=3000))
def test_arbitrary_bytes_give_a_table_or_a_refusal(path: Path, start: bytes, rest: bytes) -> None:
    hold_together(read(path, start + rest))


@usual
@given(
    kind=st.sampled_from(sorted(WRITTEN)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=4),
    kept=st.floats(0, 1),
)
def test_damaged_files_give_a_table_or_a_refusal(
    path: Path, kind: str, changes: list[tuple[float, bytes]], kept: float
) -> None:
    content = bytearray(WRITTEN[kind])
    for where, bytes_put in changes:
        at = int(where * len(content))
        content[at : at + len(bytes_put)] = bytes_put
    cut = bytes(content) if kept > 0.5 else bytes(content[: int(2 * kept * len(content))])
    hold_together(read(path, cut, PASSWORD))


@usual
@given(
    part=st.text(alphabet="<>/&;!?-[]'\"= DONEAx:\n#", max_size=400),
    wrap=st.sampled_from(["{}", "<DECRET>{}</DECRET>", "<DECRET><DONNEE><A>1</A>{}</DONNEE></DECRET>"]),
)
def test_arbitrary_markup_gives_a_table_or_a_refusal(path: Path, part: str, wrap: str) -> None:
    hold_together(read(path, wrap.format(part).encode()))


# --- two ways to read, one table ----------------------------------------------------------------------

Told = tuple[list[str], list[list[str]], list[int], int, list[tuple[str, str]], list[str]] | Refusal


def told(reader: Any, content: bytes, **options: Any) -> Told:
    try:
        found = reader(content, **options)
    except Refused as fault:
        return fault.refusal
    cells = [column.to_pylist() for column in found.columns]
    return found.headers, cells, found.lines.tolist(), found.ignored, found.outside, found.notes


pieces = st.sampled_from(
    [
        "59",
        "D1",
        "x",
        "é",
        ";",
        ";",
        ";",
        "\n",
        "\n",
        "\r\n",
        "\r",
        '"',
        '""',
        '"a;b"',
        '"a\nb"',
        " ",
        "Total",
        "\t",
        ",",
    ]
)
lines_of_text = st.lists(pieces, max_size=60).map("".join)


@settings(usual, max_examples=300)
@given(body=lines_of_text)
def test_text_is_read_alike_by_pyarrow_and_by_lines(body: str) -> None:
    content = ("departement;id_dossier;statut\n" + body).encode()
    assert told(text.read_text, content, encoding=None) == told(text.read_text, content, encoding=None, fast=False)


@settings(usual, max_examples=300)
@given(body=lines_of_text, block=st.sampled_from([8, 20, 40, 100]), width=st.integers(1, 4))
@example(body='59;"D1;x\n62;D2;y\n', block=20, width=3)
@example(body='59;D1;"x\n62;D2;"y"\n', block=40, width=3)
def test_where_blocks_are_cut_changes_nothing(body: str, block: int, width: int) -> None:
    def read_body(fast: bool) -> tuple[list[list[str]], list[int]]:
        below = text.Body(2, width, ";", fast)
        for part in text.blocks(body.encode(), None):
            below.add(part, last=False)
        below.add(b"", last=True)
        columns, lines = below.columns(width)
        return [column.to_pylist() for column in columns], lines.tolist()

    whole = read_body(fast=False)
    with patch.object(text, "BLOCK", block):
        assert read_body(fast=True) == whole


@settings(usual, max_examples=300)
@given(body=lines_of_text)
def test_no_line_of_text_is_lost(body: str) -> None:
    lines = text._lines(("1;2;3\n" + body).encode())
    rows, starts, left = text.records(lines, 3, text.grammar(";"), last=True)
    assert left == [] and len(rows) == len(starts)
    # the words of every line are found again, in their order
    seen = "".join("".join(row) for row in rows)
    kept = [c for c in seen if c not in '";\n']
    assert kept == [c for c in "".join(lines) if c not in '";']


@settings(usual, max_examples=300)
@given(body=st.lists(st.sampled_from(["62;D2;y", '62;D2";y', '62;"D2";y', '62;D"2;y', ";;x"]), max_size=6))
@pytest.mark.parametrize("stray", ['59;"D1;x', '"59;D1;x', '59;D1;"x', '59;D1;x"'])
def test_a_stray_quote_never_costs_another_row(stray: str, body: list[str]) -> None:
    rows, starts, _ = text.records([stray, *body], 3, text.grammar(";"), last=True)
    assert starts == list(range(len(body) + 1)) and all(len(row) == 3 for row in rows)


names = st.sampled_from(["NUMDEP", "TYPEV", "SEXE", "o:DATFIN"])
values = st.text(alphabet="aé1 &<>\"'\n\t\u2028", max_size=6).map(escape)
variable = st.one_of(
    st.tuples(names, values).map(lambda it: f"<{it[0]}>{it[1]}</{it[0]}>"),
    names.map(lambda name: f"<{name}/>"),
    names.map(lambda name: f'<{name} o:nil="1" />'),
    st.sampled_from(["\n  ", "<!-- </DONNEE> -->", "<SEXE><![CDATA[<2>]]></SEXE>", "texte", "<A><B>1</B>2</A>"]),
)
record = st.lists(variable, max_size=5).map(lambda inside: f"<DONNEE>{''.join(inside)}</DONNEE>")
between = st.sampled_from(["", "", "\n", "\r\n", "<!-- x -->", "<AUTRE>y</AUTRE>", "hors", "<DONNEE/>"])
document = st.lists(st.tuples(record, between), max_size=8).map(
    lambda parts: f"<DECRET xmlns:o='urn:o'><INTRO><V>2.0</V></INTRO>{''.join(map(''.join, parts))}</DECRET>"
)


@settings(usual, max_examples=400)
@given(document=document, block=st.sampled_from([30, 90, 4_000_000]))
def test_xml_is_read_alike_by_blocks_and_by_records(document: str, block: int) -> None:
    content = document.encode()
    slow = told(xml.read_xml, content, at_once=False)
    with patch.object(xml, "BLOCK", block):
        fast = told(xml.read_xml, content)
    assert fast[:3] == slow[:3] if isinstance(slow, tuple) and isinstance(fast, tuple) else fast == slow
    records = sum(1 for element in etree.fromstring(content).iter("DONNEE"))
    assert isinstance(slow, Refusal) if not records else len(slow[2]) == records


# --- never a lost row ---------------------------------------------------------------------------------

word = st.text(alphabet="abcé;,|\"' =-@1", max_size=8).map(str.strip)
inside_lines = st.text(alphabet='ab\n"', max_size=6).map(str.strip)


@st.composite
def tables(draw: st.DrawFn, cell: st.SearchStrategy[str] = word) -> list[list[str]]:
    width = draw(st.integers(2, len(COLUMNS)))
    rows = draw(st.lists(st.lists(cell, min_size=width - 1, max_size=width - 1), min_size=1, max_size=12))
    return [COLUMNS[:width], *([f"{number:02d}", *row] for number, row in enumerate(rows, start=1))]


def assert_same(found: RawTable | Refusal, rows: list[list[str]]) -> None:
    assert isinstance(found, RawTable), found
    assert found.headers == rows[0]
    cells = [list(row) for row in zip(*(column.to_pylist() for column in found.columns), strict=True)]
    assert cells == rows[1:] and found.ignored == 0


@settings(usual, max_examples=200)
@given(
    rows=tables(st.one_of(word, inside_lines)),
    delimiter=st.sampled_from([";", ",", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    packed=st.sampled_from([None, "", PASSWORD]),
)
def test_a_table_in_text_comes_back_whole(
    path: Path, rows: list[list[str]], delimiter: str, encoding: str, end: str, quoting: Any, packed: str | None
) -> None:
    content = csv_bytes(rows, delimiter, encoding, lineterminator=end, quoting=quoting)
    if packed is not None:
        content = zip_bytes(content, packed or None)
    assert_same(read(path, content, PASSWORD), rows)


@settings(usual, max_examples=60)
@given(rows=tables())
@pytest.mark.parametrize("written", [xlsx_bytes, ods_bytes, parquet_bytes, xml_bytes])
def test_a_table_in_any_other_format_comes_back_whole(path: Path, rows: list[list[str]], written: Any) -> None:
    found = read(path, written(rows))
    if written is ods_bytes and isinstance(found, RawTable):  # runs of spaces are one in ODS, for us as for readers
        rows = [[" ".join(cell.split()) for cell in row] for row in rows]
        found.columns = [pa.array([" ".join(c.split()) for c in column.to_pylist()]) for column in found.columns]
    assert_same(found, rows)
