"""The steering workbook of a sender: its own rows, in its words, and nothing of another's."""

import re
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from mentorat.contracts.sources import contract
from mentorat.intake.steering import NAME, SHEETS, TABLES, own_tables, remove_stale, write_steering
from mentorat.reference import load

NORD, AIN, DEMO = "departement-59", "departement-01", "association-demo-01"


def _rows() -> dict[str, pd.DataFrame]:
    blocked = [
        (NORD, "59", "=1+1", "demo-01", "attente_mentor", 45, 30, "association", "Proposer un mentor"),
        (NORD, "59", "D2", None, "a_evaluer", None, None, "departement", "Évaluer la situation du jeune"),
        (NORD, "59", "D3", None, "propose", 120, 90, "jeune", "Recueillir la réponse du jeune"),
        (AIN, "01", "D4", None, "propose", 61, 60, "jeune", "Recueillir la réponse du jeune"),
    ]
    checks = [(NORD, "59", "demo-01", "D3", "en_retard", date(2024, 1, 8), date(2023, 9, 1), date(2024, 9, 1), 1)]
    delays = [(NORD, "demande_accord", 3, 4, 2.0, 5.5, 9.0, 1, 40, 0, 0)]
    silent = [(DEMO, "59", "demo-01", "B1", date(2024, 1, 8), None, 358)]
    rows = {
        "retours_dossiers_bloques": (
            blocked,
            "emetteur departement id_dossier association statut depuis_jours seuil_jours acteur prochaine_action",
        ),
        "retours_controles_a_echeance": (
            checks,
            "emetteur departement association reference situation date_debut dernier_controle echeance binomes_nb",
        ),
        "retours_delais": (
            delays,
            "emetteur etape rang_etape franchies_nb q1_jours mediane_jours q3_jours en_cours_nb plus_ancienne_jours "
            "autres_issues_nb sans_date_nb",
        ),
        "retours_binomes_sans_seance": (
            silent,
            "emetteur departement association id_binome date_debut derniere_seance depuis_jours",
        ),
    }
    return {name: pd.DataFrame(lines, columns=columns.split()) for name, (lines, columns) in rows.items()}


@pytest.fixture
def nord(tmp_path: Path) -> openpyxl.Workbook:
    own = own_tables(_rows())
    return openpyxl.load_workbook(write_steering(tmp_path / NORD, 2024, NORD, own[NORD], simulated=True))


def test_each_sender_has_the_sheets_of_its_kind_and_its_own_rows() -> None:
    own = own_tables(_rows())
    assert sorted(own) == sorted([NORD, AIN, DEMO])
    assert set(own[NORD]) == {sheet.table for sheet in SHEETS["collectivite"]}
    assert set(own[DEMO]) == {sheet.table for sheet in SHEETS["association"]}
    assert {table["emetteur"].nunique() for table in own[NORD].values()} == {1}


def test_the_workbook_says_what_it_is_and_that_data_are_simulated(nord: openpyxl.Workbook) -> None:
    assert nord.sheetnames == ["À lire", "Dossiers bloqués", "Contrôles à échéance", "Délais"]
    told = [str(cell) for row in nord["À lire"].iter_rows(values_only=True) for cell in row if cell]
    assert "Données simulées\u00a0: aucun jeune réel." in told
    assert "Nord" in told
    assert "Dossiers bloqués\u00a0: 3 lignes" in told
    # French asks for a no-break space before a colon
    assert not any(re.search(r" [:;?!»]", text) for text in told)


def test_the_longest_wait_comes_first_and_what_has_no_date_last(nord: openpyxl.Workbook) -> None:
    rows = list(nord["Dossiers bloqués"].iter_rows(min_row=2, values_only=True))
    assert [row[3] for row in rows] == [120, 45, None]
    assert rows[0][2] == contract("dossiers_mentorat").colonne("statut").codes["propose"]
    assert [row[5] for row in rows] == ["Le jeune", "L'association", "Le département"]


def test_a_reference_is_no_formula_and_a_date_is_a_date(nord: openpyxl.Workbook) -> None:
    cell = nord["Dossiers bloqués"].cell(3, 2)
    assert (cell.value, cell.data_type) == ("'=1+1", "s")
    due = nord["Contrôles à échéance"].cell(2, 5)
    assert due.is_date and due.number_format == "dd/mm/yyyy"
    assert nord["Délais"].cell(2, 1).value == "De la demande à l'accord des titulaires"


@pytest.mark.parametrize(
    "hostile", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://a.b";"x")', "＝1+1"]
)
def test_what_a_spreadsheet_could_run_comes_back_as_text(tmp_path: Path, hostile: str) -> None:
    rows = _rows()["retours_dossiers_bloques"]
    rows = rows.assign(id_dossier=hostile, association=hostile)
    path = write_steering(tmp_path, 2024, NORD, {"retours_dossiers_bloques": rows[rows["emetteur"] == NORD]}, False)
    sheet = openpyxl.load_workbook(path)["Dossiers bloqués"]
    for column in (2, 8):
        cell = sheet.cell(2, column)
        assert cell.data_type == "s"
        assert str(cell.value).startswith("'")
    assert not any(cell.data_type == "f" or cell.hyperlink for row in sheet.iter_rows() for cell in row)


def test_what_takes_several_lines_has_their_height(nord: openpyxl.Workbook) -> None:
    notice = nord["À lire"]
    for row in range(1, notice.max_row + 1):
        if len(str(notice.cell(row, 2).value or "")) > 100:
            assert notice.row_dimensions[row].height >= 30
    assert nord["Délais"].row_dimensions[1].height >= 30


def test_columns_are_wide_enough_for_their_words(nord: openpyxl.Workbook) -> None:
    for sheet in nord.worksheets[1:]:
        for column in sheet.columns:
            longest = max((len(word) for word in str(column[0].value).split()), default=0)
            assert sheet.column_dimensions[column[0].column_letter].width >= longest


def test_another_senders_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="another sender"):
        write_steering(tmp_path, 2024, AIN, {"retours_dossiers_bloques": _rows()["retours_dossiers_bloques"]}, False)


def test_the_same_rows_make_the_same_file(tmp_path: Path) -> None:
    own = own_tables(_rows())[NORD]
    once, again = (write_steering(tmp_path / name, 2024, NORD, own, False).read_bytes() for name in ("a", "b"))
    assert once == again


def test_a_sender_without_rows_any_more_loses_its_workbook_and_nothing_else(tmp_path: Path) -> None:
    for name in (NORD, AIN):
        (tmp_path / name).mkdir()
        for file in (NAME, "accuse.json"):
            (tmp_path / name / file).write_text("", encoding="utf-8")
    remove_stale(tmp_path, {NORD})
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        f"{AIN}/accuse.json",
        f"{NORD}/accuse.json",
        f"{NORD}/{NAME}",
    ]


def test_every_status_has_an_actor_or_waits_for_nobody() -> None:
    statuts = load("statuts_dossiers")
    assert set(statuts["statut"]) == set(contract("dossiers_mentorat").colonne("statut").codes)
    assert (statuts["acteur"].isna() == statuts["prochaine_action"].isna()).all()
    assert set(statuts["acteur"].dropna()) == {"departement", "jeune", "titulaires", "association"}


def test_the_tables_are_those_that_dbt_builds() -> None:
    folder = Path(__file__).parents[3] / "dbt_project" / "models" / "retours"
    assert {path.stem for path in folder.glob("*.sql")} == set(TABLES)
