"""The quality page: checks first by what fails, counts by sender through the disclosure door."""

import pandas as pd

from reports.html import html_page
from reports.model import KeyFigures, Paragraph, Report, Section, Table
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


def section(report: Report, anchor: str) -> Section:
    (found,) = [part for part in report.sections if part.anchor == anchor]
    return found


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
    table, summary, every = [block for block in section(report, "controles").blocks if isinstance(block, Table)]
    assert len(summary.rows) == 1
    assert (len(every.rows), every.folded != "") == (3, True)
    assert [cells[0] for cells in table.rows] == ["Règle c", "Règle b"]
    assert [cells[0] for cells in every.rows] == ["Règle c", "Règle b", "Règle a"]
    assert table.rows[0][1:4] == ("Binômes", "oui", "non tenu")


def test_a_blocked_check_is_told_at_the_top() -> None:
    blocks = page(check("a", True), check("c", False)).sections[0].blocks
    assert isinstance(blocks[0], Paragraph)
    assert blocks[0].kind == "alerte"
    assert "Règle c" in blocks[0].text
    assert isinstance(blocks[1], KeyFigures)
    assert [figure.value for figure in blocks[1].figures] == ["1", "0", "0"]


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
    failed, summary = (block for block in section(report, "tests").blocks if isinstance(block, Table))
    assert summary.rows == (("Binômes", "2", "1", "1"),)
    assert [cells[0] for cells in failed.rows] == ["Règle b"]


def whole_journal() -> pd.DataFrame:
    """Two senders of a source, their sum, and what its rules set aside."""
    return pd.DataFrame(
        {
            "emetteur": ["departement-01", "departement-02", "ensemble", "ensemble", "ensemble"],
            "source": ["binomes"] * 5,
            "regle": ["ensemble", "ensemble", "ensemble", "code_inconnu", "fin_avant_debut"],
            "fichiers": pd.array([1, 2, 3, None, None], dtype="Int64"),
            "fichiers_refuses": pd.array([0, 1, 1, None, None], dtype="Int64"),
            "lignes_recues": pd.array([400, 600, 1000, None, None], dtype="Int64"),
            "lignes_acceptees": pd.array([400, 550, 950, None, None], dtype="Int64"),
            "lignes_ecartees": pd.array([0, 50, 50, 38, None], dtype="Int64"),
        }
    )


def whole_page(checks: list[dict[str, object]], years: tuple[int, ...] = (sample.CAMPAGNE,)) -> Report:
    journal = sample.released(whole_journal(), "journal", "public")
    trend = [{"campagne": year, "journal": journal, "controles": checks} for year in years]
    return quality_page(sample.CAMPAGNE, journal, checks, [], None, tendance=trend)


def broken(rule: str, *senders: str, level: str = "avertissement") -> dict[str, object]:
    told = [{"emetteur": sender, "detail": "de 5 à 20 % des lignes"} for sender in senders]
    return check(rule, False, level) | {"emetteurs": told}


def test_senders_to_call_are_named_the_most_urgent_first_with_what_to_look_at() -> None:
    report = whole_page([broken("a", "departement-01"), broken("c", "departement-03", level="bloquant")])
    (table,) = [block for block in section(report, "emetteurs").blocks if isinstance(block, Table)]
    # a blocking rule, then a refused file, then a warning
    assert [row[0] for row in table.rows] == ["Allier", "Aisne", "Ain"]
    assert table.rows[0][3] == "Binômes : Règle c (de 5 à 20 % des lignes)."
    assert table.rows[1][1:3] == ("1", "0")


def test_a_long_list_of_senders_is_folded_after_the_first_ones() -> None:
    senders = [f"departement-{rank:02}" for rank in range(1, 20)]
    report = whole_page([broken("a", *senders)])
    first, others = [block for block in section(report, "emetteurs").blocks if isinstance(block, Table)]
    assert (first.folded, len(first.rows)) == ("", 12)
    assert (others.folded != "", len(others.rows)) == (True, 7)


def test_a_rule_with_nothing_to_check_is_neither_held_nor_broken() -> None:
    report = whole_page([check("a", True), check("b", True) | {"verifie": False}])
    summary, every = [block for block in section(report, "controles").blocks if isinstance(block, Table)]
    assert summary.rows == (("Binômes", "2", "1", "0", "1"),)
    assert [row[3] for row in every.rows] == ["tenu", "sans objet"]


def test_rows_set_aside_are_told_by_rule_in_words_and_hidden_counts_stay_hidden() -> None:
    (table,) = [block for block in section(whole_page([]), "ecartees").blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == ["Code inconnu", "La date de fin précède la date de début"]
    assert [row[2] for row in table.rows] == ["38", "secret statistique"]


def test_the_trend_has_one_line_a_campagne_and_says_when_there_is_only_one() -> None:
    alone, two = whole_page([check("a", True)]), whole_page([check("a", True)], (2023, 2024))
    first, by_source, *_ = section(two, "tendance").blocks
    assert isinstance(first, Table)
    assert isinstance(by_source, Table)
    assert first.rows == (("2023", "3", "1", "1 sur 1"), ("2024", "3", "1", "1 sur 1"))
    assert by_source.rows[0][2:] == ("950", "5,0\u00a0%")
    assert any("première campagne" in b.text for b in section(alone, "tendance").blocks if isinstance(b, Paragraph))


def test_what_is_not_received_yet_is_an_information_and_names_the_sender() -> None:
    tables = [block for block in section(whole_page([]), "reception").blocks if isinstance(block, Table)]
    waited = {row[0]: row for row in tables[-1].rows}
    assert "Ain" in waited["Dossiers de mentorat"][2]
    assert tables[-1].folded


def test_the_page_is_written_without_any_outside_host() -> None:
    written = html_page(whole_page([broken("a", "departement-01")]))
    assert "http://" not in written.replace("http://www.w3.org", "")
    assert "https://" not in written
    assert 'href="#emetteurs"' in written
