"""Every figure of MatchIt 4.7.2, WeightIt and cobalt on the LaLonde data: scores, pairs, weights, balance, effects.

R's glm stops at an epsilon of 1e-8, so what rests on its scores is held at 1e-5. The outcome regressions are those of
the figures; they show that the designs carry what an outcome model needs.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.design import SCORE, Design, build_design, strata_weights
from mentorat.causal.matching import match_full, match_nearest, match_optimal
from mentorat.causal.propensity import Propensity, propensity_logit
from mentorat.causal.stratification import coarsened_exact, subclassify
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity
from tests.methods.figures import assert_complete, cases, reference
from tests.methods.lalonde import FOLDER, as_matchit_scales, lalonde, least_squares, student

CASE = "lalonde_matchit"
GLM = 1e-5
NEAREST = {
    "nearest": {},
    "nearest_smallest": {"order": "smallest"},
    "nearest_data": {"order": "data"},
    "nearest_caliper": {"caliper": 0.2},
    "nearest_exact_race": {"exact": "race"},
    "nearest_repl": {"replacement": True},
    "nearest_ratio2_repl": {"replacement": True, "ratio": 2},
    "nearest_mahal": {"mahalanobis": ["age", "educ", "raceblack", "racehispan", "racewhite", "married", "nodegree"]},
}
MEASURES = {"smd": "smd", "var_ratio": "rapport_variances", "ecdf_mean": "ecart_moyen_repartitions", "ecdf_max": "ks"}
COBALT = {"Diff": "smd", "V.Ratio": "rapport_variances", "KS": "ks"}
WEIGHTED = {"w_ipw_att": "ATT", "w_ipw_ate": "ATE", "w_overlap": "ATO"}
COVERED = [
    "naive.diff",
    "ols.covadj",
    "ps.logit.*",
    "*.sum.*",
    "*.nn",
    "*.att_unadj_HC3",
    "*.att_covadj_HC3",
    "*.att_*_CLsubclass",
    "ipw_att.ess",
    "ipw_att.cobalt.*",
    "w_*.hajek",
    "w_*.covadj",
    "ebal_att.hajek",
    "aipw_att.*",
    "gcomp_att",
]


@cache
def propensity() -> Propensity:
    data = lalonde()
    return propensity_logit(data.covariates.drop(columns="raceblack"), data.treated)


@cache
def design(name: str) -> Design:
    """The design of a name of the case. « optimal » and « full » hold the sets that R found: see the tests on them."""
    data, scores = lalonde(), propensity().scores
    if name in NEAREST:
        asked = dict(NEAREST[name])
        if "exact" in asked:
            asked["exact"] = data.frame["race"]
        if "mahalanobis" in asked:
            return match_nearest(
                data.covariates, data.treated, **asked | {"mahalanobis": [*asked["mahalanobis"], "re74", "re75"]}
            )
        return match_nearest(data.covariates, data.treated, scores, **asked)
    if name == "subclass6":
        return subclassify(data.covariates, data.treated, scores, 6)
    if name == "cem":
        crossed = data.frame[["age", "educ", "race", "married", "nodegree", "re74", "re75"]]
        return coarsened_exact(crossed, data.covariates, data.treated)
    sets = pd.factorize(data.given[f"sub_{name}"])[0].astype(np.intp)
    base = np.ones(len(sets))
    return build_design(
        data.covariates,
        data.treated,
        strata_weights(data.treated, sets, base),
        base,
        method=name,
        strata=sets,
        propensity=scores,
    )


def of_case(name: str) -> tuple[str, str]:
    """« nearest.att_unadj_HC3 » → its design, and the rest."""
    head, _, rest = name.partition(".")
    return head, rest


def regressors(covariates: bool) -> np.ndarray:
    data = lalonde()
    first = np.column_stack([np.ones(len(data.treated)), data.treated])
    return np.column_stack([first, data.regressors]) if covariates else first


def test_coefficients_of_the_logit_are_those_of_glm() -> None:
    expected = reference(CASE)["ps.logit.coef"]
    found = dict(zip(propensity().names, propensity().coefficients, strict=True))
    found["(Intercept)"] = found.pop("(constante)")
    assert found == pytest.approx(expected, rel=GLM)


def test_errors_and_deviance_of_the_logit_are_those_of_glm() -> None:
    expected = reference(CASE)["ps.logit.se"]
    found = dict(zip(propensity().names, propensity().standard_errors, strict=True))
    found["(Intercept)"] = found.pop("(constante)")
    # glm takes its errors at the last step but one
    assert found == pytest.approx(expected, rel=1e-4)
    assert propensity().deviance == pytest.approx(reference(CASE)["ps.logit.deviance"], rel=1e-10)


def test_splines_and_interactions_by_formula_give_the_scores_of_glm() -> None:
    # R 4.2.2, quantiles as knots: glm(treat ~ ns(age, knots = c(21, 28), Boundary.knots = c(17, 48)) * married +
    # ns(educ, knots = 11, Boundary.knots = c(7, 13)) + race * married, binomial): another basis of the same curves
    data = lalonde()
    terms = ["rcs(age, 4)", "married", "rcs(educ, 3)", "race", "rcs(age, 4):married", "race:married"]
    found = propensity_logit(data.frame, data.treated, terms=terms)
    assert len(found.names) == 14
    assert found.deviance == pytest.approx(422.6810446595, rel=1e-10)
    expected = [0.6232756922, 0.8446501435, 0.6978079064, 0.0214130185, 0.0333365220, 0.0238901796]
    assert found.scores[[0, 49, 184, 185, 399, 613]] == pytest.approx(expected, abs=1e-9)


def test_scores_are_those_of_glm() -> None:
    assert propensity().scores == pytest.approx(lalonde().given["ps"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize("name", NEAREST)
def test_nearest_pairs_are_those_of_matchit(name: str) -> None:
    units = lalonde().frame["unit"].to_numpy()
    given = pd.read_csv(FOLDER / f"pairs_{name}.csv").set_index("treated")
    expected = {unit: set(row.dropna()) for unit, row in given.iterrows() if row.notna().any()}
    pairs = design(name).pairs
    found = pd.Series(units[pairs["non_mentore"]]).groupby(units[pairs["mentore"]]).agg(set).to_dict()
    assert found == expected


@pytest.mark.parametrize("name", [*NEAREST, "subclass6", "cem", "optimal", "full"])
def test_weights_are_those_of_matchit(name: str) -> None:
    expected = lalonde().given[f"w_{name}"].to_numpy()
    assert as_matchit_scales(design(name)) == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_optimal_pairs_cost_no_more_than_those_of_optmatch_and_hardly_less() -> None:
    data, scores = lalonde(), propensity().scores
    row = pd.Series(np.arange(len(scores)), index=data.frame["unit"])
    given = pd.read_csv(FOLDER / "pairs_optimal.csv")
    theirs = np.abs(scores[row[given["treated"]]] - scores[row[given["m1"]]]).sum()
    ours = match_optimal(data.covariates, data.treated, scores)
    # optmatch stops within a tolerance of 0.001 on the mean of the distances
    assert theirs - 1e-3 * 185 < ours.pairs["distance"].sum() <= theirs
    same = set(ours.pairs["non_mentore"]) & set(row[given["m1"]])
    assert len(same) >= 182
    assert ours.weights[~data.treated].sum() == 185


def test_full_sets_cost_no_more_than_those_of_optmatch_and_hardly_less() -> None:
    data, scores = lalonde(), propensity().scores

    def cost(sets: np.ndarray) -> float:
        pairs = (sets[data.treated][:, None] == sets[~data.treated]) & (sets[data.treated][:, None] >= 0)
        return float((np.abs(scores[data.treated][:, None] - scores[~data.treated]) * pairs).sum())

    ours = match_full(data.covariates, data.treated, scores)
    theirs = cost(design("full").strata)
    assert theirs - 1e-3 * len(scores) < cost(ours.strata) <= theirs
    assert ours.kept.all()
    assert ours.ess_control == pytest.approx(design("full").ess_control, rel=0.02)


@pytest.mark.parametrize("name", cases(CASE, "*.sum.*"))
def test_balance_is_that_of_summary_matchit(name: str) -> None:
    head, rest = of_case(name)
    _, when, measure = rest.split(".")
    table = design(head).balance.set_index("covariable").rename(index={SCORE: "distance"})
    column = table[f"{MEASURES[measure]}_{'avant' if when == 'all' else 'apres'}"]
    for covariate, value in reference(CASE)[name].items():
        if value is None:
            assert np.isnan(column[covariate])
        else:
            assert column[covariate] == pytest.approx(value, rel=GLM, abs=1e-12)


@pytest.mark.parametrize("name", cases(CASE, "*.nn"))
def test_numbers_kept_are_those_of_matchit(name: str) -> None:
    found, expected = design(of_case(name)[0]), reference(CASE)[name]
    kept = {"Control": found.n_control, "Treated": found.n_treated}
    assert kept == expected["Matched"]
    assert {"Control": found.controls_left_out, "Treated": found.treated_left_out} == expected["Unmatched"]
    sizes = {"Control": found.ess_control, "Treated": found.ess_treated}
    assert sizes == pytest.approx(expected["Matched (ESS)"], rel=1e-10)
    assert expected["All"] == expected["All (ESS)"] == {"Control": 429, "Treated": 185}
    assert expected["Discarded"] == {"Control": 0, "Treated": 0}


@pytest.mark.parametrize("name", cases(CASE, "*.att_unadj_HC3", "*.att_covadj_HC3"))
def test_effects_on_the_design_are_those_of_lm(name: str) -> None:
    head, rest = of_case(name)
    fit = least_squares(lalonde().outcome, regressors("covadj" in rest), as_matchit_scales(design(head)))
    estimate, error = fit["coefficients"][1], fit["HC3"][1]
    expected = reference(CASE)[name]
    assert (estimate, error) == pytest.approx((expected["est"], expected["se"]), rel=1e-7)
    assert student(estimate, error, fit["df"]) == pytest.approx((expected["t"], expected["p"]), rel=1e-6)


@pytest.mark.parametrize("name", cases(CASE, "*.att_*_CLsubclass"))
def test_errors_by_pair_or_stratum_are_those_of_sandwich(name: str) -> None:
    head, rest = of_case(name)
    found, x = design(head), regressors("covadj" in rest)
    kept = found.kept
    fit = cluster_robust(
        lalonde().outcome[kept], x[kept], found.strata[kept], as_matchit_scales(found)[kept], kind="CR1S"
    )
    estimate, error = fit.coefficients[1], fit.standard_errors[1]
    expected = reference(CASE)[name]
    assert (estimate, error) == pytest.approx((expected["est"], expected["se"]), rel=1e-7)
    # R takes the rows less the coefficients; ours the clusters less one
    assert student(estimate, error, kept.sum() - x.shape[1]) == pytest.approx((expected["t"], expected["p"]), rel=1e-6)


def weighted(name: str) -> Design:
    data = lalonde()
    if name == "ebal_att":
        return weight_by_entropy(data.covariates, data.treated)
    return weight_by_propensity(data.covariates, data.treated, propensity(), WEIGHTED[name])


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_of_the_score_are_those_of_weightit(name: str) -> None:
    assert weighted(name).weights == pytest.approx(lalonde().given[name].to_numpy(), rel=1e-6)


def test_the_effective_size_of_the_controls_is_that_of_weightit() -> None:
    assert weighted("w_ipw_att").ess_control == pytest.approx(reference(CASE)["ipw_att.ess"]["control"], rel=GLM)


@pytest.mark.parametrize("name", cases(CASE, "w_*.hajek", "w_*.covadj"))
def test_weighted_effects_are_those_of_lm(name: str) -> None:
    head, rest = of_case(name)
    fit = least_squares(lalonde().outcome, regressors(rest == "covadj"), weighted(head).weights)
    expected = dict(reference(CASE)[name])
    assert fit["coefficients"][1] == pytest.approx(expected.pop("est"), rel=GLM)
    for kind, error in expected.items():
        assert fit[kind.removeprefix("se_")][1] == pytest.approx(error, rel=GLM)


@pytest.mark.parametrize("name", cases(CASE, "ipw_att.cobalt.*"))
def test_balance_is_that_of_cobalt(name: str) -> None:
    measure, when = name.removeprefix("ipw_att.cobalt.").rsplit(".", 1)
    table = weighted("w_ipw_att").balance.set_index("covariable")
    column = table[f"{COBALT[measure]}_{'avant' if when == 'Un' else 'apres'}"]
    for covariate, value in reference(CASE)[name].items():
        found = column[SCORE if covariate == "prop.score" else covariate.replace("race_", "race")]
        if value is None:
            assert np.isnan(found)
        else:
            assert found == pytest.approx(value, rel=GLM, abs=1e-8)


def test_entropy_balancing_is_that_of_weightit_up_to_where_it_stops() -> None:
    found, expected = weighted("ebal_att"), reference(CASE)["ebal_att.hajek"]
    fit = least_squares(lalonde().outcome, regressors(False), found.weights)
    # WeightIt leaves means 1e-5 apart; ours, like ebal's, meet to 1e-12
    assert fit["coefficients"][1] == pytest.approx(expected["est"], rel=1e-4)
    assert fit["HC3"][1] == pytest.approx(expected["se_HC3"], rel=1e-4)


def test_the_naive_difference_and_the_regression_are_those_of_lm() -> None:
    for name, covariates in (("naive.diff", False), ("ols.covadj", True)):
        fit, expected = least_squares(lalonde().outcome, regressors(covariates)), reference(CASE)[name]
        assert (fit["coefficients"][1], fit["lm"][1]) == pytest.approx((expected["est"], expected["se"]), rel=1e-10)


@pytest.mark.parametrize("name", cases(CASE, "aipw_att.*", "gcomp_att"))
def test_a_design_and_a_regression_on_the_controls_give_the_doubly_robust_effect(name: str) -> None:
    data, weights = lalonde(), weighted("w_ipw_att").weights
    treated = data.treated
    x = np.column_stack([np.ones(len(treated)), data.regressors])
    left = data.outcome - x @ least_squares(data.outcome[~treated], x[~treated])["coefficients"]
    controls = {
        "gcomp_att": 0.0,
        "aipw_att.hajek": np.average(left[~treated], weights=weights[~treated]),
        "aipw_att.ht": weights[~treated] @ left[~treated] / treated.sum(),
    }
    assert left[treated].mean() - controls[name] == pytest.approx(reference(CASE)[name], rel=GLM)


def test_every_figure_is_held() -> None:
    assert_complete(CASE, COVERED, {})
