"""Files as they really come: every format gives the same table."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

from mentorat.intake.reading import RawTable, Refusal, read_table

ROWS = [["Département", "Id dossier", "Statut"], ["59", "D1", "Lancé"], ["62", "D2", "Proposé"]]


def text(delimiter: str) -> str:
    return "\r\n".join(delimiter.join(row) for row in ROWS) + "\r\n"


def cells(found: RawTable | Refusal) -> list[tuple[str, ...]]:
    assert isinstance(found, RawTable), found
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_text_in_every_encoding_and_delimiter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text(delimiter).encode(encoding))
    found = read_table(path)
    assert cells(found) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]
    assert isinstance(found, RawTable) and found.lines.tolist() == [2, 3] and found.ignored == 0


def test_titles_blank_rows_and_the_last_total_are_ignored_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("Suivi 2024;;\n;;\n" + text(";").replace("62;", "\r\n;;\r\n62;") + "Total;2;\n;;\n")
    found = read_table(path)
    assert isinstance(found, RawTable)
    assert cells(found) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]
    assert found.lines.tolist() == [4, 7]
    assert found.ignored == 2 + 2 + 1 + 1


def test_line_numbers_hold_when_a_cell_spans_lines(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text('departement;id_dossier;note\n59;D1;"deux\nlignes"\n62;D2;x\n')
    found = read_table(path)
    assert isinstance(found, RawTable) and found.lines.tolist() == [2, 4]


def test_the_sheet_that_holds_the_data_is_read(tmp_path: Path) -> None:
    sheets: dict[str, list[list[object]]] = {"Lisez-moi": [["Bonjour"], ["Suivi"]], "Données": [["Suivi", ""], *ROWS]}
    found = read_table(workbook(tmp_path / "f.xlsx", sheets))
    assert isinstance(found, RawTable)
    assert found.headers == ROWS[0] and found.lines.tolist() == [3, 4] and found.ignored == 1


def test_a_second_sheet_that_looks_like_data_is_told(tmp_path: Path) -> None:
    found = read_table(workbook(tmp_path / "f.xlsx", {"2023": list(ROWS), "2024": list(ROWS)}))
    assert isinstance(found, RawTable) and "feuille 2" in found.notes[0]


def test_workbook_numbers_and_dates_become_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["departement", "id_dossier", "date_fin"])
        sheet.write_row(1, 0, [59, 12.5])
        sheet.write_datetime(1, 2, pd.Timestamp("2024-03-05").to_pydatetime(), book.add_format({"num_format": 14}))
    assert cells(read_table(path)) == [("59", "12.5", "2024-03-05")]


def test_cells_merged_over_rows_of_data_all_hold_their_value(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["departement", "id_dossier"])
        sheet.merge_range(1, 0, 2, 0, "59")
        sheet.write_column(1, 1, ["D1", "D2"])
    assert cells(read_table(path)) == [("59", "D1"), ("59", "D2")]


def test_ods_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.ods"
    table = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in ROWS
    )
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="a">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    assert cells(read_table(path)) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]


def test_parquet_is_read_whatever_its_types(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    frame = pd.DataFrame({"departement": ["59", None], "nb": [1.0, 2.5], "ok": [True, False]})
    frame["jour"] = pd.to_datetime(["2024-03-05", "2024-03-06"])
    frame.to_parquet(path)
    assert cells(read_table(path)) == [("59", "1", "oui", "2024-03-05"), ("", "2.5", "non", "2024-03-06")]


def test_olinpe_xml_gives_one_row_per_donnee(tmp_path: Path) -> None:
    path = tmp_path / "f.xml"
    path.write_text(
        "<?xml version='1.0'?><DECRET><INTRO><VERSIONXSD>2.0</VERSIONXSD></INTRO>"
        "<DONNEE><NUMDEP>59</NUMDEP><TYPEV>1</TYPEV></DONNEE><DONNEE><NUMDEP>59</NUMDEP><DATFIN>2024-01-01</DATFIN>"
        "</DONNEE></DECRET>"
    )
    found = read_table(path)
    assert isinstance(found, RawTable) and found.headers == ["NUMDEP", "TYPEV", "DATFIN"]
    assert cells(found) == [("59", "1", ""), ("59", "", "2024-01-01")]
    assert found.lines.tolist() == [1, 2]


def test_xml_entities_are_never_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("CANARI")
    path = tmp_path / "f.xml"
    path.write_text(
        f"<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{tmp_path}/secret.txt'>]>"
        "<DECRET><DONNEE><NUMDEP>&e;</NUMDEP></DONNEE></DECRET>"
    )
    found = read_table(path)
    assert isinstance(found, Refusal) or "CANARI" not in str(cells(found))


@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", b"PK\x03\x04garbage", b"PAR1garbage", b"<DECRET><DONNEE>", b"\xd0\xcf\x11\xe0" + b"x" * 600,
     bytes(range(256)) * 4],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused_in_french_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.bin"
    path.write_bytes(content)
    found = read_table(path)
    assert isinstance(found, Refusal)
    assert found.motif.endswith(".") and found.remede.endswith(".") and "garbage" not in found.motif


def test_an_ole_file_without_workbook_is_told_protected_or_old(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 600)
    found = read_table(path)
    assert isinstance(found, Refusal) and "mot de passe" in found.motif


def test_a_workbook_that_unpacks_to_an_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mentorat.intake.reading.UNPACKED_LIMIT", 1000)
    found = read_table(workbook(tmp_path / "f.xlsx", {"a": list(ROWS)}))
    assert isinstance(found, Refusal) and "démesurée" in found.motif
