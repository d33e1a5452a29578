"""O3 in two lines in the national report: what is observed, what is estimated, and under which condition."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from reports.model import Paragraph, Report, Section, Table
from tests.unit.reports import sample_tables as sample


@pytest.fixture
def section(national: Callable[..., Report]) -> Callable[..., Section]:
    def build(**changes: Any) -> Section:
        table = sample.released(sample.national_totals(**changes), "redressement", "public")
        (found,) = [s for s in national(redressement=table).sections if s.anchor == "redressement"]
        return found

    return build


def words(section: Section) -> str:
    texts = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    return " ".join(texts).replace("\u202f", " ").replace("\u00a0", " ")


def test_the_condition_travels_with_the_figure(section):
    first = section().blocks[0]
    assert isinstance(first, Paragraph)
    assert "7 560" in first.text.replace("\u202f", " ")
    assert "si, dans chaque strate, les collectivités sans réponse ressemblent aux autres" in first.text


def test_the_two_lines_give_who_answered_and_how_much_of_the_country(section):
    (table,) = [block for block in section().blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == [
        "Observé : collectivités ayant répondu",
        "Connu, avec ce que disent les seules associations",
        "Redressé, par le ratio",
        "Redressé, par calage",
    ]
    assert table.rows[0][3] == "88 sur 99"


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ({"ecart_bas": -300.0, "ecart_haut": -100.0}, "Il manquerait entre 100 et 300 jeunes"),
        ({"ecart_bas": 10.0, "ecart_haut": 290.0}, "est atteint"),
        ({"ecart_bas": -170.0, "ecart_haut": 290.0}, "on ne peut pas dire s'il est atteint"),
    ],
    ids=["short", "reached", "undecided"],
)
def test_the_gap_to_the_objective_is_told_with_its_interval(section, gaps, said):
    assert said in words(section(**gaps))


def test_when_all_answered_nothing_is_estimated(section):
    assert "Aucune ne manque" in words(section(n_reponses=99))


def test_a_total_that_cannot_be_given_says_why(section):
    nothing = {"estimation": float("nan"), "statut": "non_mesurable", "avertissements": "2 réponses : trop peu."}
    assert "2 réponses : trop peu." in words(section(**nothing))
    assert "secret statistique" in words(section(diffusion="secret"))


def test_missing_figures_read_from_the_lake_are_dashes(section):
    absent = dict.fromkeys(("base", "part", "objectif", "ecart", "ecart_bas", "ecart_haut"), pd.NA)
    (table,) = [block for block in section(**absent).blocks if isinstance(block, Table)]
    assert table.rows[2][-1] == "–"


def test_without_an_estimate_the_report_has_no_such_section(national):
    assert "redressement" not in {s.anchor for s in national().sections}
