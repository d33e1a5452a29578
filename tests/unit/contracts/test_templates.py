"""A template is a file of ours: what is written in it is read, whatever sheets the sender leaves beside."""

import csv
import json
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest

from mentorat.contracts.sources import codes_of, contract, contracts
from mentorat.contracts.spoken import example, set_aside
from mentorat.contracts.table_schema import table_schema
from mentorat.contracts.templates import write_templates
from mentorat.intake.identifiers import direct_identifiers
from mentorat.intake.reading import RawTable, read_table
from mentorat.intake.recognition import header_key, recognise, vocabulary
from mentorat.intake.rows import Judged, Origin, judge

EVERY = sorted(contracts())
CAMPAGNE = 2024  # the one the examples belong to


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modeles")
    write_templates(folder)
    return folder


def read(path: Path) -> RawTable:
    raw = read_table(path)
    assert isinstance(raw, RawTable), raw
    return raw


def judged(path: Path) -> tuple[str | None, Judged]:
    """The rows of a file as intake judges them, under a name that says nothing."""
    raw = read(path)
    found = recognise(raw.headers, Path("fichier.csv"))
    assert found.source, found
    spoken = contract(found.source)
    assert direct_identifiers(raw, found.colonnes, spoken) == []
    cells = pa.table({name: raw.columns[index] for index, name in found.colonnes.items()})
    origin = Origin(np.zeros(raw.rows, dtype=np.int64), raw.lines, [None])
    return found.source, judge(spoken, cells, origin, CAMPAGNE)


def fill(template: Path, filled: Path, *rows: dict[str, str]) -> None:
    """What a sender does: type rows under the headers, and leave the other sheets where they are."""
    book = openpyxl.load_workbook(template)
    sheet = book["Données"]
    headers = [cell.value for cell in sheet[1]]
    for line, row in enumerate(rows, start=2):
        for place, name in enumerate(headers, start=1):
            sheet.cell(line, place, row[name] or None)
    book.save(filled)


def test_one_workbook_and_one_schema_a_source_and_the_dictionary(templates: Path, tmp_path: Path) -> None:
    written = write_templates(tmp_path)
    assert written == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert {path.relative_to(tmp_path).as_posix() for path in written} == {
        *(f"{source}.xlsx" for source in EVERY),
        *(f"schemas/{source}.json" for source in EVERY),
        "dictionnaire.md",
    }
    # byte for byte, from run to run
    assert all(path.read_bytes() == (templates / path.relative_to(tmp_path)).read_bytes() for path in written)


@pytest.mark.parametrize("source", EVERY)
def test_the_schema_beside_the_workbook_is_that_of_the_source(templates: Path, source: str) -> None:
    assert json.loads((templates / "schemas" / f"{source}.json").read_text(encoding="utf-8")) == table_schema(source)


@pytest.mark.parametrize("source", EVERY)
def test_an_empty_template_is_read_as_its_data_sheet_without_rows(templates: Path, source: str) -> None:
    raw = read(templates / f"{source}.xlsx")
    assert raw.headers == contract(source).noms
    assert raw.rows == 0
    assert recognise(raw.headers, Path("fichier.xlsx")).source == source


@pytest.mark.parametrize("source", EVERY)
def test_no_other_sheet_looks_like_data(templates: Path, source: str) -> None:
    book = openpyxl.load_workbook(templates / f"{source}.xlsx")
    assert book.sheetnames == ["Données", "Exemple", "Lisez-moi", "Codes"]
    for name in book.sheetnames[1:]:
        for row in book[name].iter_rows(values_only=True):
            known = {header_key(str(cell)) for cell in row if cell is not None} & vocabulary()
            assert len(known) < max(3, len(contract(source).noms) // 2), (name, row)


@pytest.mark.parametrize("source", EVERY)
def test_the_example_saved_as_data_is_accepted(source: str, tmp_path: Path) -> None:
    row = example(contract(source))
    path = tmp_path / "fichier.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows([row, row.values()])
    found, outcome = judged(path)
    assert found == source
    assert outcome.faults.empty, outcome.faults.to_dict("records")
    assert outcome.acceptee.tolist() == [True]


@pytest.mark.parametrize("source", EVERY)
def test_the_example_typed_in_the_template_is_accepted_and_the_example_sheet_left_there_is_no_row(
    templates: Path, source: str, tmp_path: Path
) -> None:
    fill(templates / f"{source}.xlsx", tmp_path / "fichier.xlsx", example(contract(source)))
    found, outcome = judged(tmp_path / "fichier.xlsx")
    assert found == source
    assert outcome.acceptee.tolist() == [True], outcome.faults.to_dict("records")


def test_the_example_fills_almost_every_column() -> None:
    """Blank where a right row is: a pair that runs has no end, the key of the programme does not turn every year."""
    blank = {
        (name, column) for name, found in contracts().items() for column, cell in example(found).items() if not cell
    }
    assert {column for name, column in blank if name != "mesures_ase"} == {
        "date_accord_conseil_famille",
        "date_evaluation_fin_concertee",
        "date_fin",
        "date_sortie",
        "id_jeune_ant",
        "id_mentor_ant",
        "motif_fin",
        "valable_au",
    }


def test_numbers_of_associations_are_not_taken_for_telephones(templates: Path, tmp_path: Path) -> None:
    row = example(contract("associations"))
    sirens = ["775672272", "784671695", "632012100", "700123453"]
    rows = [row | {"siren": siren, "valable_du": f"2024-0{n}-01"} for n, siren in enumerate(sirens, start=1)]
    fill(templates / "associations.xlsx", tmp_path / "fichier.xlsx", *rows)
    assert judged(tmp_path / "fichier.xlsx")[1].acceptee.all()


@pytest.mark.parametrize("source", EVERY)
def test_a_drop_down_list_holds_every_code_and_forbids_other_words_only_where_intake_does(
    templates: Path, source: str
) -> None:
    book = openpyxl.load_workbook(templates / f"{source}.xlsx")
    sheet = book["Données"]
    headers = [cell.value for cell in sheet[1]]
    lists: dict[str, list[str]] = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            name = headers[next(iter(rule.sqref.ranges)).min_col - 1]
            assert rule.showErrorMessage == (contract(source).colonne(name).repli is None)
            if rule.formula1.startswith("Codes!"):
                cells = book["Codes"][rule.formula1.removeprefix("Codes!").replace("$", "")]
                rows = cells if isinstance(cells, tuple) else ((cells,),)
                lists[name] = [str(row[0].value) for row in rows]
            else:
                lists[name] = rule.formula1.strip('"').split(",")
    wanted = {
        column.nom: ["oui", "non"] if column.type == "booleen" else list(codes_of(column))
        for column in contract(source).colonnes
        if column.type != "liste" and (column.type == "booleen" or codes_of(column))
    }
    assert lists == wanted


@pytest.mark.parametrize("source", EVERY)
def test_the_reading_sheet_tells_each_column_and_all_that_sets_a_row_aside(templates: Path, source: str) -> None:
    sheet = openpyxl.load_workbook(templates / f"{source}.xlsx")["Lisez-moi"]
    cells = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None}
    found = contract(source)
    for column in found.colonnes:
        assert {column.nom, column.libelle} <= cells
    assert {words for pair in set_aside(found) for words in pair} <= cells
    assert all(rule.motif in cells and rule.remede in cells for rule in found.regles)
    (how,) = (cell for cell in cells if cell.startswith("1. "))
    assert "« mentorat verifier FICHIER »" in how
    holds_people = any(column.type == "pseudonyme" and column.longueur == 64 for column in found.colonnes)
    assert ("« mentorat pseudonymiser »" in how) == holds_people


@pytest.mark.parametrize("source", EVERY)
def test_every_header_carries_a_note_and_days_are_typed_as_days(templates: Path, source: str) -> None:
    sheet = openpyxl.load_workbook(templates / f"{source}.xlsx")["Données"]
    for cell, column in zip(sheet[1], contract(source).colonnes, strict=True):
        assert column.libelle in cell.comment.text
        shape = sheet.column_dimensions[cell.column_letter].number_format
        assert shape == {"date": "yyyy-mm-dd", "entier": "0", "decimal": "General", "booleen": "General"}.get(
            column.type, "@"
        )
