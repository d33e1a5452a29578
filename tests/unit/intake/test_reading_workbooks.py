"""Workbooks as people keep them, and the ones made to harm."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from mentorat.intake import workbooks
from mentorat.intake.reading import RawTable, Refusal, read_table

ROWS = [["Département", "Id dossier", "Statut"], ["59", "D1", "Lancé"], ["62", "D2", "Proposé"]]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def cells(found: RawTable | Refusal) -> list[tuple[str, ...]]:
    assert isinstance(found, RawTable), found
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def workbook(path: Path, sheets: dict[str, list[list[Any]]], then: Callable[[Any], None] | None = None) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
        if then:
            then(book)
    return path


def raw_xlsx(path: Path, sheet: str, extra: dict[str, str] | None = None) -> Path:
    """A workbook of one sheet written by hand."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{sheet}</worksheet>',
        **(extra or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def cell(reference: str, value: str, kind: str = "str") -> str:
    return f'<c r="{reference}" t="{kind}"><v>{value}</v></c>'


HEADER = f'<row r="1">{cell("A1", "departement")}{cell("B1", "id_dossier")}</row>'


def test_the_sheet_that_holds_the_data_is_read(tmp_path: Path) -> None:
    found = read_table(
        workbook(tmp_path / "f.xlsx", {"Lisez-moi": [["Bonjour"], ["Suivi"]], "Données": [["Suivi", ""], *ROWS]})
    )
    assert isinstance(found, RawTable)
    assert found.headers == ROWS[0] and found.lines.tolist() == [3, 4] and found.ignored == 1
    assert ("feuille 1, ligne 1", "Bonjour") in found.outside and ("ligne 1", "Suivi") in found.outside


def test_a_second_sheet_that_looks_like_data_is_told_even_when_a_column_differs(tmp_path: Path) -> None:
    other = [[*ROWS[0], "Sexe"], ["59", "D3", "Lancé", "F"]]
    found = read_table(workbook(tmp_path / "f.xlsx", {"2023": list(ROWS), "2024": other, "Aide": [["Texte"]]}))
    assert isinstance(found, RawTable) and len(found.notes) == 1 and "feuille 1" in found.notes[0]


def test_a_hidden_sheet_is_read_only_when_nothing_else_is_data(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book.worksheets()[1].hide()

    lists = [["Département", "Statut", "Sexe", "Nature"], ["59", "Lancé", "F", "mentorat"]]
    found = read_table(workbook(tmp_path / "f.xlsx", {"Suivi": list(ROWS), "Listes": lists}, hide))
    assert isinstance(found, RawTable) and found.headers == ROWS[0] and "masquée" in found.notes[0]
    alone = read_table(workbook(tmp_path / "g.xlsx", {"Lisez-moi": [["Bonjour"]], "Suivi": list(ROWS)}, hide))
    assert isinstance(alone, RawTable) and alone.headers == ROWS[0] and "masquée" in alone.notes[-1]


def test_typed_cells_become_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["departement", "id_dossier", "date_fin", "part_rh", "mna", "note"])
        sheet.write_row(1, 0, [59, 12.5])
        sheet.write_datetime(1, 2, datetime(2024, 3, 5, 14, 30), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
        sheet.write_number(1, 3, 0.25, book.add_format({"num_format": "0%"}))
        sheet.write_boolean(1, 4, True)
        sheet.write_formula(1, 5, "=1+2", None, 3)
    assert cells(read_table(path)) == [("59", "12.5", "2024-03-05", "0.25", "oui", "3")]


def test_cells_in_error_are_read_as_empty_and_told(tmp_path: Path) -> None:
    sheet = f"<sheetData>{HEADER}<row r='2'>{cell('A2', '59')}{cell('B2', '#REF!', 'e')}</row></sheetData>"
    found = read_table(raw_xlsx(tmp_path / "f.xlsx", sheet))
    assert cells(found) == [("59", "")]
    assert isinstance(found, RawTable) and "lues comme vides : 1." in found.notes[0]


def test_cells_merged_over_rows_of_data_all_hold_their_value(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 1, "Suivi du mentorat")
        sheet.write_row(1, 0, ["departement", "id_dossier"])
        sheet.merge_range(2, 0, 3, 0, "59")
        sheet.write_column(2, 1, ["D1", "D2"])
    assert cells(read_table(path)) == [("59", "D1"), ("59", "D2")]


def test_totals_inside_a_sheet_are_ignored(tmp_path: Path) -> None:
    rows = [*ROWS[:2], ["Sous-total", 1, ""], ROWS[2], ["", "", ""], ["Total", 2, ""]]
    found = read_table(workbook(tmp_path / "f.xlsx", {"a": rows}))
    assert isinstance(found, RawTable) and found.lines.tolist() == [2, 4] and found.ignored >= 2


def ods(path: Path, rows: str) -> Path:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<office:document-content {names}><office:body><office:spreadsheet>"
        f'<table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return path


def ods_row(values: list[str], **repeats: int) -> str:
    rows, columns = repeats.get("rows", 1), repeats.get("columns", 1)
    inside = "".join(
        f'<table:table-cell table:number-columns-repeated="{columns}" office:value-type="string">'
        f"<text:p>{value}</text:p></table:table-cell>"
        for value in values
    )
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f'<table:table-row table:number-rows-repeated="{rows}">{inside}{empty}</table:table-row>'


def test_ods_is_read_with_the_emptiness_it_declares(tmp_path: Path) -> None:
    far = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'
    path = ods(tmp_path / "f.ods", "".join(map(ods_row, ROWS)) + far)
    assert cells(read_table(path)) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]


@pytest.mark.parametrize("repeats", [{"rows": 1_000_000, "columns": 100}, {"columns": 30_000_000}])
def test_an_ods_that_repeats_cells_by_millions_is_refused(tmp_path: Path, repeats: dict[str, int]) -> None:
    found = read_table(ods(tmp_path / "f.ods", ods_row(ROWS[0]) + ods_row(["59"], **repeats)))
    assert isinstance(found, Refusal) and "millions" in found.motif


def test_a_declared_dimension_or_an_empty_styled_cell_costs_nothing(tmp_path: Path) -> None:
    sheet = f'<dimension ref="A1:XFD1048576"/><sheetData>{HEADER}<row r="2">{cell("A2", "59")}</row></sheetData>'
    assert cells(read_table(raw_xlsx(tmp_path / "f.xlsx", sheet))) == [("59", "")]


@pytest.mark.parametrize(
    "far",
    [
        f'<row r="1048576">{cell("XFD1048576", "x")}</row>',
        "<row r='1048576'><c t='str' r='XFD1048576'><v>x</v></c></row>",
        f'<row r="2">{cell("XFD2", "x")}</row><row r="1048576">{cell("A1048576", "x")}</row>',
        '<row r="2"><c t="str"><v>x</v></c></row>' + f'<row r="2">{cell("ZZZ9999999", "x")}</row>',
    ],
)
def test_a_cell_at_the_far_corner_is_refused_before_memory_is_taken(tmp_path: Path, far: str) -> None:
    found = read_table(raw_xlsx(tmp_path / "f.xlsx", f"<sheetData>{HEADER}{far}</sheetData>"))
    assert isinstance(found, Refusal) and "millions" in found.motif


def test_a_workbook_that_unpacks_to_an_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raw_xlsx(tmp_path / "f.xlsx", f"<sheetData>{HEADER}</sheetData>", {"xl/media/a.bin": "0" * 60_000_000})
    found = read_table(path)
    assert isinstance(found, Refusal) and "démesurée" in found.motif
    monkeypatch.setattr(workbooks, "UNPACKED_LIMIT", 1000)
    found = read_table(workbook(tmp_path / "g.xlsx", {"a": list(ROWS)}))
    assert isinstance(found, Refusal) and "démesurée" in found.motif


def test_a_workbook_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = raw_xlsx(tmp_path / "f.xlsx", f"<sheetData>{HEADER}</sheetData>{' ' * 100_000}")
    content = bytearray(path.read_bytes())
    sizes = [i for i in range(len(content) - 4) if 100_000 < int.from_bytes(content[i : i + 4], "little") < 101_000]
    assert sizes
    for at in sizes:
        content[at : at + 4] = (500).to_bytes(4, "little")
    path.write_bytes(content)
    assert isinstance(read_table(path), Refusal)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["[Content_Types].xml", "word/document.xml"], "document"),
        (["[Content_Types].xml", "xl/workbook.bin"], "xlsb"),
        (["[Content_Types].xml", "../xl/workbook.xml"], "sort de l'archive"),
        (["[Content_Types].xml", "/etc/x"], "sort de l'archive"),
    ],
)
def test_other_office_files_and_escaping_names_are_refused(tmp_path: Path, names: list[str], told: str) -> None:
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    found = read_table(path)
    assert isinstance(found, Refusal) and told in found.motif


def test_an_encrypted_ods_is_told_protected(tmp_path: Path) -> None:
    path = tmp_path / "f.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", b"\x8f" * 100)
        archive.writestr("META-INF/manifest.xml", "<manifest><encryption-data/></manifest>")
    found = read_table(path)
    assert isinstance(found, Refusal) and "mot de passe" in found.motif


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", {"a": ROWS * 50})
    whole = path.read_bytes()
    for part in (0.1, 0.5, 0.99):
        path.write_bytes(whole[: int(len(whole) * part)])
        assert isinstance(read_table(path), Refusal)


def test_what_a_workbook_says_beside_its_cells_is_told_to_be_screened(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("nom de feuille")
        sheet.write_row(0, 0, ["departement", "id_dossier"])
        sheet.write_row(1, 0, ["59", "D1"])
        sheet.write_comment(1, 1, "dans une note", {"author": "auteur"})
        sheet.write_url(2, 5, "mailto:adresse@exemple.fr", string="ici")
        sheet.set_header("&Lhaut de page")
        sheet.data_validation("A5", {"validate": "list", "source": ["dans", "une liste"]})
        sheet.insert_textbox(6, 1, "dans un cadre")
        book.define_name("NomDefini", '="dans un nom"')
    found = read_table(path)
    assert isinstance(found, RawTable)
    told = " ".join(text for _, text in found.outside)
    for words in (
        "nom de feuille", "dans une note", "adresse@exemple.fr", "haut de page", "une liste", "dans un cadre",
        "dans un nom",
    ):  # fmt: skip
        assert words in told, words


def test_an_ods_that_repeats_a_space_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.ods"
    body = (
        "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
        "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "
        "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:spreadsheet><table:table>"
        "<table:table-row><table:table-cell office:value-type='string'><text:p>a<text:s text:c='2000000000'/></text:p>"
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", body)
    assert isinstance(read_table(path), Refusal)
