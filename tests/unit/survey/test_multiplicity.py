"""Adjusted p-values: their order, what a family is, and step-down resampling."""

from math import nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentorat.survey.design import SurveyError
from mentorat.survey.multiplicity import (
    adjust_by_family,
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    hochberg,
    holm,
    hommel,
    romano_wolf,
)

RULES = (bonferroni, holm, hochberg, hommel, benjamini_hochberg, benjamini_yekutieli)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(p_values)
def test_each_rule_is_less_severe_than_the_one_it_improves(p: list[float]) -> None:
    chain = [rule(p) for rule in (bonferroni, holm, hochberg, hommel, benjamini_hochberg)]
    for severe, lenient in zip(chain, [*chain[1:], np.array(p)], strict=True):
        assert (severe >= lenient - 1e-12).all()
    assert (benjamini_yekutieli(p) >= chain[-1] - 1e-12).all()


@given(p_values, st.randoms())
def test_the_order_of_the_tests_changes_nothing(p: list[float], random) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    for rule in RULES:
        assert rule(np.array(p)[order]) == pytest.approx(rule(p)[order], abs=1e-15)


def test_a_family_of_missing_p_values_stays_missing() -> None:
    for rule in RULES:
        assert np.isnan(rule([nan, nan])).all()
        assert len(rule([])) == 0


def test_p_values_outside_zero_and_one_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        hommel([0.2, 1.2])


@pytest.fixture
def tests_of_a_survey() -> pd.DataFrame:
    return pd.DataFrame(
        {"famille": ["lien", "avenir", "lien", "avenir", None], "p": [0.01, 0.04, 0.03, nan, nan]}, index=list("abcde")
    )


def test_each_family_is_corrected_apart_and_a_missing_p_stays_missing(tests_of_a_survey: pd.DataFrame) -> None:
    found = adjust_by_family(tests_of_a_survey, family="famille", p="p")
    assert list(found.index) == list("abcde")
    assert found.to_numpy() == pytest.approx([0.02, 0.04, 0.03, nan, nan], nan_ok=True)
    bounded = adjust_by_family(tests_of_a_survey, family="famille", p="p", method="bonferroni")
    assert bounded["c"] == pytest.approx(0.06)


def test_a_test_without_family_is_refused(tests_of_a_survey: pd.DataFrame) -> None:
    tests_of_a_survey.loc["e", "p"] = 0.001
    with pytest.raises(SurveyError, match="« famille » est vide sur 1 ligne"):
        adjust_by_family(tests_of_a_survey, family="famille", p="p")


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [("p", ["0,01"] * 5, "texte"), ("p", [0.1, 2.0, -1.0, 0.3, nan], "sur 2 ligne"), ("famille", None, "manque")],
)
def test_bad_columns_are_named(tests_of_a_survey: pd.DataFrame, column: str, values, told: str) -> None:
    frame = tests_of_a_survey.drop(columns=column) if values is None else tests_of_a_survey.assign(**{column: values})
    with pytest.raises(SurveyError, match=f"« {column} ».*{told}"):
        adjust_by_family(frame, family="famille", p="p")


def test_one_statistic_has_its_plain_resampled_p_value() -> None:
    draws = np.array([[0.5], [2.5], [-3.0], [1.0]])
    assert romano_wolf([2.5], draws) == pytest.approx([3 / 5])  # a tie counts, and so does a large negative draw


def test_statistics_that_move_as_one_pay_no_price_for_their_number() -> None:
    draws = np.random.default_rng(1).normal(size=(999, 1))
    alone, many = romano_wolf([2.0], draws), romano_wolf([2.0, 2.0, 2.0], np.repeat(draws, 3, axis=1))
    assert many == pytest.approx(np.repeat(alone, 3))


def test_independent_statistics_pay_about_the_price_of_sidak() -> None:
    draws = np.random.default_rng(2).normal(size=(20_000, 4))
    found = romano_wolf([2.4, 0.1, 0.2, 0.0], draws)
    plain = romano_wolf([2.4], draws[:, :1])[0]
    assert found[0] == pytest.approx(1 - (1 - plain) ** 4, rel=0.1)


def test_steps_never_go_down_and_follow_the_statistics() -> None:
    rng = np.random.default_rng(3)
    seen = rng.normal(size=6)
    found = romano_wolf(seen, rng.normal(size=(200, 6)))
    assert (np.diff(found[np.argsort(-np.abs(seen))]) >= 0).all()


def test_a_missing_statistic_stays_missing_and_leaves_the_family() -> None:
    draws = np.random.default_rng(4).normal(size=(200, 3))
    found = romano_wolf([2.0, nan, 1.0], draws)
    assert np.isnan(found[1])
    assert found[[0, 2]] == pytest.approx(romano_wolf([2.0, 1.0], draws[:, [0, 2]]))


def test_false_alarms_stay_at_their_level_under_dependence() -> None:
    rng = np.random.default_rng(5)
    correlated = np.linalg.cholesky(0.6 * np.ones((5, 5)) + 0.4 * np.eye(5))
    draws = rng.normal(size=(999, 5)) @ correlated.T
    seen = rng.normal(size=(600, 5)) @ correlated.T
    alarms = np.mean([romano_wolf(one, draws).min() <= 0.05 for one in seen])
    assert 0.02 < alarms < 0.085


def test_shapes_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="B × m"):
        romano_wolf([1.0, 2.0], np.zeros((10, 3)))
    with pytest.raises(ValueError, match="missing"):
        romano_wolf([1.0], np.array([[nan]]))
