"""Typed answers: a code of the scale, a number or a set; the rest is missing, and counted."""

import pandas as pd
import pytest

from mentorat.survey.design import SurveyError
from mentorat.survey.questionnaire import questionnaire
from mentorat.survey.responses import read_responses, type_answers
from tests.unit.survey.survey_files import survey_files

ITEMS = questionnaire().items


def test_an_agreement_is_an_ordered_code() -> None:
    typed, silent, out = type_answers(pd.Series([5, 1, None], dtype="Int64"), ITEMS["confiance_en_soi"])
    assert list(typed[:2]) == ["5", "1"]
    assert typed.cat.ordered
    assert typed.isna().tolist() == [False, False, True]
    assert not silent.any()
    assert not out.any()


def test_a_yes_or_no_reads_true_and_false() -> None:
    typed, _, out = type_answers(pd.Series([True, False, None], dtype="boolean"), ITEMS["se_sent_seul"])
    assert list(typed[:2]) == ["oui", "non"]
    assert not out.any()


@pytest.mark.parametrize("mark", ["nsp", "NR"])
def test_no_answer_is_missing_never_zero_and_counted_apart(mark: str) -> None:
    typed, silent, out = type_answers(pd.Series([mark, "4"]), ITEMS["confiance_en_soi"])
    assert typed.isna().tolist() == [True, False]
    assert silent.tolist() == [True, False]
    assert not out.any()


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("confiance_en_soi", 7.0),
        ("absences_injustifiees", "toujours"),
        ("moyenne_generale", 27.0),
        ("satisfaction", 11.0),
    ],
)
def test_an_answer_out_of_scale_is_missing_and_counted(item: str, value: object) -> None:
    typed, _, out = type_answers(pd.Series([value]), ITEMS[item])
    assert typed.isna().all()
    assert out.tolist() == [True]


def test_a_set_keeps_what_it_knows_in_the_order_of_the_scale() -> None:
    typed, _, out = type_answers(pd.Series(["ami|educateur", "ami|voisin", None]), ITEMS["personne_ressource"])
    assert typed[:2].tolist() == ["educateur|ami", "ami"]
    assert out.tolist() == [False, True, False]


def test_an_item_is_not_missing_for_someone_it_is_not_for() -> None:
    tables, sample = survey_files()
    found = read_responses("mentores", tables["mentores"], sample)
    young = tables["mentores"].set_index("id_repondant")["age"].reindex(found.frame["id_repondant"]).to_numpy() < 16
    assert not found.asked.loc[young, "insertion"].any()
    assert found.asked.loc[~young, "insertion"].all()


def test_the_order_of_rows_changes_nothing() -> None:
    tables, sample = survey_files()
    one = read_responses("mentores", tables["mentores"], sample).frame
    other = read_responses("mentores", tables["mentores"][::-1], sample[::-1]).frame
    pd.testing.assert_frame_equal(one, other)


def test_a_respondent_given_twice_is_refused() -> None:
    tables, sample = survey_files()
    twice = pd.concat([tables["mentores"], tables["mentores"][:1]])
    with pytest.raises(SurveyError, match="id_repondant"):
        read_responses("mentores", twice, sample)


@pytest.mark.parametrize(("weights", "told"), [("deux", "du texte"), (0.0, "nulle ou négative"), (-1.0, "négative")])
def test_weights_that_cannot_weigh_are_refused_by_name(weights: object, told: str) -> None:
    tables, sample = survey_files()
    bad = sample.assign(poids=pd.Series([weights] * len(sample)))
    with pytest.raises(SurveyError, match=told) as error:
        read_responses("mentores", tables["mentores"], bad)
    assert "poids" in str(error.value)
    assert "groupe «" in str(error.value)
