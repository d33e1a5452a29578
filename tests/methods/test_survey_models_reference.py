"""Regressions and tests of association against R's survey 4.1.1 (data `api`), under every design."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.association import AssociationTest, survey_association
from mentorat.survey.design import Calibration, SurveyDesign, survey_design
from mentorat.survey.models import SurveyModel
from mentorat.survey.regression import survey_linear, survey_logistic, survey_t_test
from tests.methods.figures import assert_complete, cases, reference
from tests.methods.test_survey_design_reference import API, DESIGNS

LEVELS = ["bas", "moyen", "bon", "haut"]
TERMS = ["ell", "meals", "mobility"]


HERE = ["*.svychisq_*", "*.svyttest_confint", "*.svyglm_*", "*.regTermTest_*"]
"""Figures of the case `survey_models` held in this module; `*.svyolr_*` are in `test_ordinal_reference`."""


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete("survey_models", [*HERE, "*.svyolr_*"], {})


def sample(name: str) -> tuple[SurveyDesign, pd.DataFrame]:
    file, arguments = DESIGNS[name.split(".", maxsplit=1)[0]]
    frame = pd.read_csv(API / f"{file}.csv")
    frame["niveau"] = pd.cut(frame["api00"], [0, 550, 650, 750, 1000], labels=LEVELS)
    return survey_design(frame, **arguments), frame


def logistic(name: str) -> SurveyModel:
    return survey_logistic(*sample(name), "sch.wide", TERMS, success="Yes")


def as_r(name: str) -> str:
    """R's name of a coefficient: `sch.wide[Yes]` is `sch.wideYes`, the constant `(Intercept)`."""
    return re.sub(r"[\[\]]", "", name).replace("(constante)", "(Intercept)")


def assert_coefficients(model: SurveyModel, expected: dict[str, dict[str, float]], se: float, est: float) -> None:
    found = model.estimates().table.set_index(pd.Index([as_r(name) for name in model.names]))
    assert set(found.index) == set(expected)
    for name, figures in expected.items():
        row = found.loc[name]
        assert row["estimate"] == pytest.approx(figures["est"], rel=est)
        for key in set(figures) - {"est"}:
            assert row[key] == pytest.approx(figures[key], rel=se), (name, key)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyglm_gauss"))
def test_linear_regressions_are_those_of_svyglm(name: str) -> None:
    assert_coefficients(survey_linear(*sample(name), "api00", TERMS), reference("survey_api")[name], 1e-8, 1e-8)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyglm_gauss_dfresid"))
def test_degrees_of_freedom_of_a_regression_are_those_of_svyglm(name: str) -> None:
    assert survey_linear(*sample(name), "api00", TERMS).df == reference("survey_api")[name]


@pytest.mark.parametrize("name", cases("survey_api", "*.svyglm_logit_tight"))
def test_logits_are_those_of_svyglm_run_to_its_maximum(name: str) -> None:
    assert_coefficients(logistic(name), reference("survey_api")[name], 1e-8, 1e-8)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyglm_logit"))
def test_logits_are_those_of_svyglm_as_it_stops(name: str) -> None:
    if name == "strat.rake.svyglm_logit":
        design, frame = raked()
        model = survey_logistic(design, frame, "sch.wide", ["ell", "meals"], success="Yes")
    else:
        model = logistic(name)
    # R's default epsilon leaves its own standard errors 6e-5, and p-values 1.2e-4, from those at its maximum (`_tight`)
    assert_coefficients(model, reference("survey_api")[name], 2e-4, 1e-5)


def raked() -> tuple[SurveyDesign, pd.DataFrame]:
    design, frame = sample("strat")
    weights = pd.read_csv(API / "weights_strat.csv")["rake"].to_numpy()
    margins = pd.get_dummies(frame[["stype", "sch.wide"]]).to_numpy(dtype=float)
    # R takes a raked margin's means out of the influence without weighting them
    return design.with_weights(weights, Calibration(margins, np.ones(len(frame)))), frame


@pytest.mark.parametrize("name", cases("survey_api", "*.regTermTest_logit"))
def test_wald_tests_of_terms_are_those_of_regtermtest(name: str) -> None:
    expected, found = reference("survey_api")[name], logistic(name).test("ell", "meals")
    assert (found.df1, found.df2) == (expected["df"], expected["ddf"])
    # its covariance is that of the default epsilon
    assert (found.statistic, found.p) == pytest.approx((expected["F"], expected["p"]), rel=1e-4)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyttest"))
def test_comparisons_of_two_means_are_those_of_svyttest(name: str) -> None:
    expected, found = reference("survey_api")[name], survey_t_test(*sample(name), "api00", "comp.imp")
    assert found.groups == ("No", "Yes")
    assert found.difference.df == expected["df"]
    figures = (found.difference.estimate, found.t, found.p)
    assert figures == pytest.approx((expected["diff"], expected["t"], expected["p"]), rel=1e-8)


def assert_association(found: AssociationTest, expected: dict[str, Any]) -> None:
    # R prints Pearson's X² beside the p-value of « Chisq », and the corrected statistic elsewhere
    statistic = found.pearson if found.method == "Chisq" else found.statistic
    degrees = [found.df1] if np.isinf(found.df2) else [found.df1, found.df2]
    assert np.ravel(expected["stat"])[0] == pytest.approx(statistic, rel=1e-8)
    assert np.ravel(expected["df"]).tolist() == pytest.approx(degrees, rel=1e-8)
    assert np.ravel(expected["p"])[0] == pytest.approx(found.p, rel=1e-8)


@pytest.mark.parametrize("name", cases("survey_api", "*.svychisq_*"))
def test_rao_scott_tests_of_two_by_two_tables_are_those_of_svychisq(name: str) -> None:
    statistic = name.rsplit("_", maxsplit=1)[1]
    found = survey_association(*sample(name), "sch.wide", "comp.imp", statistic=statistic)
    assert_association(found, reference("survey_api")[name])


@pytest.mark.parametrize("name", cases("survey_models", "*.svychisq_3x4_*"))
def test_rao_scott_tests_of_wider_tables_are_those_of_svychisq(name: str) -> None:
    statistic = name.rsplit("_", maxsplit=1)[1]
    found = survey_association(*sample(name), "stype", "niveau", statistic=statistic)
    assert_association(found, reference("survey_models")[name])


@pytest.mark.parametrize("name", cases("survey_models", "*.svyttest_confint"))
def test_the_interval_of_a_difference_is_that_of_svyttest(name: str) -> None:
    found = survey_t_test(*sample(name), "api00", "comp.imp").difference
    assert [found.low, found.high] == pytest.approx(reference("survey_models")[name], rel=1e-8)


def interaction(name: str) -> SurveyModel:
    return survey_logistic(*sample(name), "sch.wide", ["stype", "ell", "meals", "stype:ell"], success="Yes")


@pytest.mark.parametrize("name", cases("survey_models", "*.svyglm_interaction"))
def test_categories_and_interactions_expand_as_in_r(name: str) -> None:
    assert_coefficients(interaction(name), reference("survey_models")[name], 1e-6, 1e-8)


@pytest.mark.parametrize("name", cases("survey_models", "*.regTermTest_interaction"))
def test_an_interaction_is_tested_as_a_whole(name: str) -> None:
    expected, found = reference("survey_models")[name], interaction(name).test("ell:stype")
    assert (found.df1, found.df2) == (expected["df"], expected["ddf"])
    assert (found.statistic, found.p) == pytest.approx((expected["F"], expected["p"]), rel=1e-6)


@pytest.mark.parametrize("name", cases("survey_models", "*.svyglm_missing"))
def test_rows_with_a_missing_value_are_a_domain_left_out_and_counted(name: str) -> None:
    expected, (design, frame) = reference("survey_models")[name], sample(name)
    found = survey_linear(design, frame, "api00", ["meals", "acs.46"])
    assert (found.n, found.n_missing, found.df) == (expected["n"], len(frame) - expected["n"], expected["df"])
    assert_coefficients(found, expected["coef"], 1e-8, 1e-8)
    assert found.estimates().table["deff"].tolist() == pytest.approx(expected["deff"], rel=1e-8)


@pytest.mark.parametrize("name", cases("survey_models", "*.svyglm_domain"))
def test_a_model_of_a_domain_keeps_the_design_of_the_whole(name: str) -> None:
    expected, (design, frame) = reference("survey_models")[name], sample(name)
    found = survey_linear(design, frame, "api00", ["meals"], domain=frame["stype"] == "E")
    assert found.df == expected["df"]
    assert_coefficients(found, expected["coef"], 1e-8, 1e-8)
    assert found.estimates().table.loc[1, ["low", "high"]].tolist() == pytest.approx(expected["ci"], rel=1e-8)
