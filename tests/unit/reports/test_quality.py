"""The quality page: checks first by what fails, counts by sender through the disclosure door."""

import pandas as pd

from reports.html import html_page
from reports.model import KeyFigures, Paragraph, Report, Table
from reports.quality import quality_page
from tests.unit.reports import sample_tables as sample


def check(rule: str, kept: bool, level: str = "bloquant") -> dict[str, object]:
    return {
        "source": "binomes",
        "regle": rule,
        "libelle": f"Règle {rule}",
        "niveau": level,
        "succes": kept,
        "detail": "",
    }


def page(*checks: dict[str, object]) -> Report:
    journal = pd.DataFrame(
        {
            "source": ["binomes", "mesures_ase"],
            "emetteur": ["association-demo-01", "departement-01"],
            "lignes_recues": pd.array([120, None], dtype="Int64"),
        }
    )
    return quality_page(sample.CAMPAGNE, sample.released(journal, "journal", "public"), checks, [], sample.SIMULATION)


def test_what_fails_comes_first_and_blocking_before_warnings() -> None:
    report = page(check("a", True), check("b", False, "avertissement"), check("c", False))
    summary, table, every = [block for block in report.sections[1].blocks if isinstance(block, Table)]
    assert len(summary.rows) == 1
    assert (len(every.rows), every.folded != "") == (3, True)
    assert [cells[0] for cells in table.rows] == ["Règle c", "Règle b"]
    assert [cells[0] for cells in every.rows] == ["Règle c", "Règle b", "Règle a"]
    assert table.rows[0][1:4] == ("Binômes", "bloquant", "non tenu")


def test_a_blocked_check_is_told_at_the_top() -> None:
    blocks = page(check("a", True), check("c", False)).sections[0].blocks
    assert [figure.value for figure in blocks[0].figures if isinstance(blocks[0], KeyFigures)] == ["2", "1", "0", "1"]
    assert isinstance(blocks[1], Paragraph)
    assert blocks[1].kind == "alerte"
    assert "Règle c" in blocks[1].text


def test_when_all_holds_the_page_says_it_in_one_sentence() -> None:
    assert Paragraph("Tous les contrôles sont tenus.") in page(check("a", True)).sections[0].blocks


def test_a_count_under_the_threshold_is_not_printed() -> None:
    written = html_page(page())
    assert "secret statistique" in written
    assert "Association de démonstration" in written


def test_no_check_at_all_is_said() -> None:
    assert "Aucun contrôle n’a été exécuté." in html_page(page())


def test_tests_of_tables_are_counted_by_table_and_those_that_fail_are_detailed() -> None:
    journal = sample.released(pd.DataFrame({"source": [], "fichiers": []}), "journal", "public")
    tests = [check("a", True), check("b", False)]
    report = quality_page(sample.CAMPAGNE, journal, [], tests, None)
    summary, failed = (block for block in report.sections[2].blocks if isinstance(block, Table))
    assert summary.rows == (("Binômes", "2", "1", "1"),)
    assert [cells[0] for cells in failed.rows] == ["Règle b"]
