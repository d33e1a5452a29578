"""Ordinal regression against R's ordinal and MASS (the wine of Randall 1989) and survey's svyolr (data `api`)."""

import re

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.ordinal import (
    OrdinalFit,
    likelihood_ratio,
    ordinal_fit,
    proportional_odds_tests,
    rank_sum,
    survey_ordinal,
)
from tests.methods.figures import DATA, assert_complete, cases, reference
from tests.methods.test_survey_models_reference import sample

WINE = reference("ordinal_wine")
TERMS = ["temp", "contact"]
NOT_APPLICABLE = {
    "clmm_laplace": "a random effect of the judge by Laplace's approximation: clusters are accounted for here by the "
    "design's covariance of the marginal model, which assumes no distribution of the clusters' effects"
}


def wine() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "ordinal_wine" / "wine.csv", dtype={"judge": "str"})
    return frame.astype({"temp": pd.CategoricalDtype(["cold", "warm"]), "contact": pd.CategoricalDtype(["no", "yes"])})


def as_r(name: str) -> str:
    return re.sub(r"[\[\]]", "", name)


@pytest.fixture(scope="module")
def fit() -> OrdinalFit:
    return ordinal_fit(wine(), "rating", TERMS)


def test_every_figure_of_the_case_is_held_or_excused() -> None:
    assert_complete("ordinal_wine", ["clm", "clm.*", "wilcox_nocorr"], NOT_APPLICABLE)


def test_thresholds_slopes_and_errors_are_those_of_clm(fit: OrdinalFit) -> None:
    table = fit.estimates().table
    assert [as_r(name) for name in fit.names] == list(WINE["clm"])
    for key, column in {"est": "estimate", "se": "se", "z": "t", "p": "p"}.items():
        expected = [figures[key] for figures in WINE["clm"].values()]
        assert table[column].tolist() == pytest.approx(expected, rel=1e-8), key


def test_the_likelihood_is_that_of_clm(fit: OrdinalFit) -> None:
    expected = WINE["clm.logLik"]
    assert len(fit.coefficients) == expected["df"]
    assert (fit.log_likelihood, fit.aic) == pytest.approx((expected["logLik"], expected["AIC"]), rel=1e-10)


def test_wald_intervals_are_those_of_clm(fit: OrdinalFit) -> None:
    limits = fit.estimates().table[["low", "high"]].to_numpy()
    expected = [list(bounds.values()) for bounds in WINE["clm.confint_wald"].values()]
    assert limits == pytest.approx(np.array(expected), rel=1e-8)


@pytest.mark.parametrize("name", ["temp[warm]", "contact[yes]"])
def test_profile_intervals_are_those_of_clm(fit: OrdinalFit, name: str) -> None:
    # R reads its limits on a spline through a few points of the profile; these solve for them
    assert fit.profile_interval(name) == pytest.approx(list(WINE["clm.confint_profile"][as_r(name)].values()), rel=2e-5)


def test_odds_ratios_are_those_of_clm(fit: OrdinalFit) -> None:
    expected = list(WINE["clm.oddsratio"].values())
    assert fit.odds_ratios().table["estimate"].tolist() == pytest.approx(expected, rel=1e-8)


def test_odds_ratios_may_carry_the_limits_of_the_profile(fit: OrdinalFit) -> None:
    table = fit.odds_ratios(interval="profile").table
    expected = [list(limits.values()) for limits in WINE["clm.confint_profile"].values()]
    assert np.log(table[["low", "high"]].to_numpy()) == pytest.approx(np.array(expected), rel=2e-5)


def test_the_test_of_the_interaction_is_that_of_anova(fit: OrdinalFit) -> None:
    expected, found = (
        WINE["clm.lr_interaction"],
        likelihood_ratio(fit, ordinal_fit(wine(), "rating", [*TERMS, "temp:contact"])),
    )
    assert found.df == expected["df"]
    assert (found.statistic, found.p) == pytest.approx((expected["LR"], expected["p"]), rel=1e-8)


@pytest.mark.parametrize("term", TERMS)
def test_proportional_odds_are_tested_as_by_nominal_test(term: str, fit: OrdinalFit) -> None:
    expected, found = WINE["clm.nominal_test"][term], proportional_odds_tests(wine(), "rating", TERMS)[term]
    assert found.df == expected["Df"]
    assert fit.log_likelihood == pytest.approx(WINE["clm.nominal_test"]["<none>"]["logLik"], rel=1e-10)
    # without a rating of 5 for cold wine the likelihood has its limit at infinity, where R stops a little short
    assert (found.statistic, found.p) == pytest.approx((expected["LRT"], expected["Pr(>Chi)"]), rel=1e-7)


def test_the_probit_is_that_of_clm() -> None:
    found = ordinal_fit(wine(), "rating", TERMS, link="probit").coefficients
    assert found.tolist() == pytest.approx(list(WINE["clm.probit"].values()), rel=1e-8)


def test_the_rank_sum_is_that_of_wilcox_test() -> None:
    frame, expected = wine(), WINE["wilcox_nocorr"]
    found = rank_sum(*(frame.loc[frame["contact"] == level, "rating"] for level in ("no", "yes")))
    assert (found.statistic, found.p) == pytest.approx((expected["W"], expected["p"]), rel=1e-8)


@pytest.mark.parametrize("name", cases("survey_models", "*.svyolr_logistic", "*.svyolr_probit"))
def test_the_design_gives_the_errors_of_svyolr(name: str) -> None:
    link = "probit" if name.endswith("probit") else "logit"
    found = survey_ordinal(*sample(name), "niveau", ["ell", "meals", "sch.wide"], link=link)
    for coefficient, figures in reference("survey_models")[name].items():
        at = [as_r(known) for known in found.names].index(coefficient)
        # R climbs by quasi-Newton and differentiates its information numerically
        assert found.coefficients[at] == pytest.approx(figures["est"], rel=1e-6)
        assert found.standard_errors[at] == pytest.approx(figures["se"], rel=1e-5)


@pytest.mark.parametrize("name", cases("survey_models", "*.svyolr_regTermTest"))
def test_terms_of_an_ordinal_model_are_tested_with_the_degrees_of_freedom_of_svyolr(name: str) -> None:
    expected = reference("survey_models")[name]
    found = survey_ordinal(*sample(name), "niveau", ["ell", "meals", "sch.wide"])
    assert found.df == reference("survey_models")[name.replace("regTermTest", "df")]
    assert found.test("ell", "meals").statistic == pytest.approx(expected["F"], rel=1e-5)
