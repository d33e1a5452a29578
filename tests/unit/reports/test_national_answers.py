"""Weighted answers of both groups in the national report: an interval beside each share, and nothing that is hidden."""

from collections.abc import Callable

import pandas as pd
import pytest

from mentorat.disclosure.survey import release_survey
from mentorat.survey.survey_results import samples, survey_results
from reports.model import Paragraph, Report, Section, Table
from tests.unit.survey.survey_files import survey_files


@pytest.fixture(scope="module")
def once() -> pd.DataFrame:
    tables, sample = survey_files(n=600)
    items = ["insertion", "personne_ressource"]
    return survey_results(samples({group: table.drop(columns=items) for group, table in tables.items()}, sample))


@pytest.fixture
def results(once: pd.DataFrame) -> pd.DataFrame:
    return once.copy()


@pytest.fixture
def sections(national: Callable[..., Report]) -> Callable[[pd.DataFrame], list[Section]]:
    def build(frame: pd.DataFrame) -> list[Section]:
        released = release_survey(frame)["public"]
        return [section for section in national(resultats=released).sections if section.anchor == "reponses"]

    return build


def test_each_question_has_both_groups_with_interval_and_answers(sections, results):
    (section,) = sections(results)
    words, table = section.blocks
    assert isinstance(words, Paragraph)
    assert "n'est pas un effet" in words.text.replace("’", "'")
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["Moyenne générale (sur 20)", "Se sentir seul", "Avoir confiance en soi"]
    lonely = table.rows[1]
    assert lonely[1].endswith("%")
    assert " à " in lonely[2]
    assert "sondage + non-réponse" in table.note


def test_a_hidden_share_shows_neither_its_interval_nor_a_figure(sections, results):
    frame = results
    few = (frame["groupe"] == "mentores") & (frame["item"] == "se_sent_seul") & (frame["domaine"] == "")
    yes = few & ((frame["mesure"] == "part_positive") | (frame["modalite"] == "oui"))
    frame.loc[yes, "x"] = 3
    frame.loc[few & (frame["modalite"] == "non"), "x"] = frame.loc[few, "n"].iloc[0] - 3
    (section,) = sections(frame[frame["domaine"] == ""])
    row = next(row for row in section.blocks[1].rows if row[0] == "Se sentir seul")
    assert "secret" in row[1]
    assert row[2] == "–"


def test_without_a_survey_there_is_no_section(sections, results):
    tables, sample = survey_files()
    empty = survey_results(samples({group: table[:0] for group, table in tables.items()}, sample))
    assert sections(empty) == []
    assert sections(results.query("groupe == 'mentores'")) == []
