"""Errors by cluster, wild bootstrap and randomisation tests of R (sandwich, clubSandwich) and Python (pyfixest)."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.cluster_robust import Kind, RobustFit, cluster_robust, two_way_cluster_robust
from mentorat.causal.outcomes import Measure, outcome_effect
from mentorat.causal.randomisation import randomisation_test
from mentorat.causal.wild_bootstrap import wild_cluster_bootstrap
from mentorat.survey.planning import intraclass_correlation
from mentorat.survey.regression import logistic, logit_maximum
from tests.methods.figures import DATA, assert_complete, cases, reference

FEW = pd.read_csv(DATA / "cluster_se" / "fewclusters.csv")
PETERSEN = pd.read_csv(DATA / "cluster_se" / "petersen.csv").assign(z=lambda d: (7 * d["firm"] + 3 * d["year"]) % 5)
PETERSEN_ERRORS: dict[str, tuple[str | None, Kind]] = {
    "iid": (None, "classical"),
    "HC0": (None, "CR0"),
    "HC1": (None, "CR1S"),
    "HC2": (None, "CR2"),
    "HC3": (None, "CR3"),
    "CL_firm_HC0_nocadj": ("firm", "CR0"),
    "CL_firm_HC0": ("firm", "CR1"),
    "CL_firm_HC1": ("firm", "CR1S"),
    "CL_firm_HC2": ("firm", "CR2"),
    "CL_firm_HC3": ("firm", "CR3"),
    "CL_year_HC1": ("year", "CR1S"),
}
NOT_APPLICABLE = {
    "few.gee_exch": "a working correlation weighs clusters otherwise: here weights are the design's, and clusters are "
    "in the variance",
    "few.lmer_REML": "a random effect weighs clusters otherwise and assumes its law: no effect here rests on it",
}
COVERED = ["petersen.*", "few.y.*", "few.ybin.*", "few.logit.*", "few.icc_anova"]


def few(outcome: str, kind: Kind = "CR2", weights: np.ndarray | None = None) -> RobustFit:
    design = np.column_stack([np.ones(len(FEW)), FEW["treat"], FEW["x"]])
    return cluster_robust(FEW[outcome], design, FEW["cluster"], weights, kind, freedom="satterthwaite")


def petersen(cluster: str | None, kind: Kind, *regressors: str) -> RobustFit:
    design = np.column_stack([np.ones(len(PETERSEN)), *(PETERSEN[name] for name in regressors or ("x",))])
    labels = None if cluster is None else PETERSEN[cluster]
    return cluster_robust(PETERSEN["y"], design, labels, kind=kind, freedom="satterthwaite")


def test_every_figure_of_the_case_is_tested_or_excused() -> None:
    assert_complete("cluster_se", COVERED, NOT_APPLICABLE)


@pytest.mark.parametrize("name", PETERSEN_ERRORS)
def test_errors_on_one_grouping_are_those_of_sandwich(name: str) -> None:
    expected = reference("cluster_se")[f"petersen.{name}"]
    found = petersen(*PETERSEN_ERRORS[name]).standard_errors
    assert found == pytest.approx([expected["(Intercept)"], expected["x"]], rel=1e-10)


def test_errors_on_two_groupings_are_those_of_sandwich() -> None:
    expected = reference("cluster_se")["petersen.CL_firm_year_HC1"]
    design = np.column_stack([np.ones(len(PETERSEN)), PETERSEN["x"]])
    found = two_way_cluster_robust(PETERSEN["y"], design, PETERSEN["firm"], PETERSEN["year"])
    assert found.standard_errors == pytest.approx([expected["(Intercept)"], expected["x"]], rel=1e-10)
    assert (found.clusters, found.degrees_of_freedom) == ((500, 10), 9)
    published = reference("cluster_se")["petersen.published"]
    assert found.standard_errors[1] == pytest.approx(published["CL_firm_year_x"], abs=5e-5)


@pytest.mark.parametrize("name", ["iid", "HC1", "CL_firm_HC1", "CL_year_HC1"])
def test_errors_round_to_those_petersen_published(name: str) -> None:
    published = reference("cluster_se")["petersen.published"]
    shown = published[f"{name.removesuffix('_HC1')}_x"]
    assert petersen(*PETERSEN_ERRORS[name]).standard_errors[1] == pytest.approx(shown, abs=5e-5)


@pytest.mark.parametrize("name", cases("cluster_se", "*.coef"))
def test_coefficients_are_those_of_lm(name: str) -> None:
    found = petersen(None, "CR0") if name.startswith("petersen") else few(name.split(".")[1])
    assert found.coefficients == pytest.approx(list(reference("cluster_se")[name].values()), rel=1e-10)


@pytest.mark.parametrize("name", cases("cluster_se", "petersen.year.*"))
def test_tests_by_year_are_those_of_clubsandwich(name: str) -> None:
    expected = reference("cluster_se")[name]
    kind: Kind = name.rsplit(".", maxsplit=1)[-1]  # type: ignore[assignment]
    found = petersen("year", kind)
    assert found.standard_errors == pytest.approx(expected["se"], rel=1e-10)
    assert found.degrees_of_freedom == pytest.approx(expected["satt_df"], rel=1e-10)
    assert [found.p_value(k) for k in (0, 1)] == pytest.approx(expected["p_satt"], rel=1e-8)
    design = np.column_stack([np.ones(len(PETERSEN)), PETERSEN["x"]])
    plain = cluster_robust(PETERSEN["y"], design, PETERSEN["year"], kind=kind, freedom="clusters")
    assert [plain.p_value(k) for k in (0, 1)] == pytest.approx(expected["p_t"], rel=1e-8)


@pytest.mark.parametrize("name", cases("cluster_se", "few.*.CR?.treat"))
def test_few_clusters_are_those_of_clubsandwich(name: str) -> None:
    _, outcome, kind, _ = name.split(".")
    expected, found = reference("cluster_se")[name], few(outcome, kind)  # type: ignore[arg-type]
    told = (found.standard_errors[1], found.degrees_of_freedom[1], found.p_value(1))
    assert told == pytest.approx((expected["se"], expected["df"], expected["p"]), rel=1e-10)


@pytest.mark.parametrize("outcome", ["y", "ybin"])
def test_few_clusters_with_statas_correction_are_those_of_sandwich(outcome: str) -> None:
    expected = reference("cluster_se")[f"few.{outcome}.CR1"]
    assert few(outcome, "CR1S").standard_errors == pytest.approx(list(expected.values()), rel=1e-10)


@pytest.mark.parametrize("kind", ["CR0", "CR2", "CR3"])
def test_weighted_fits_are_those_of_clubsandwich(kind: Kind) -> None:
    expected = reference("cluster_peers")[f"weighted.{kind}"]
    found = few("y", kind, np.resize([0.5, 1, 2, 1.3], len(FEW)))
    told = (found.standard_errors[1], found.degrees_of_freedom[1], found.p_value(1))
    assert told == pytest.approx((expected["se"], expected["df"], expected["p"]), rel=1e-10)


@pytest.mark.parametrize("outcome", ["y", "ybin"])
def test_the_whole_wild_bootstrap_is_that_enumerated_in_r(outcome: str) -> None:
    expected = reference("cluster_se")[f"few.{outcome}.WCR11_exact"]
    found = wild_cluster_bootstrap(few(outcome), 1)
    assert (found.t, found.p) == pytest.approx((expected["t"], expected["p_two_sided_ge"]), rel=1e-10)
    assert (found.draws, found.enumerated) == (expected["n_draws"], True)
    # R's other conventions leave ties out: ours count them, but the draws are the same.
    strict = np.abs(found.statistics) > abs(found.t) + 1e-10
    tails = [(found.statistics > found.t + 1e-10).mean(), (found.statistics < found.t - 1e-10).mean()]
    assert (strict.mean(), 2 * min(tails)) == (expected["p_two_sided_gt"], expected["p_equal_tailed"])
    assert found.p_equal_tailed == pytest.approx(expected["p_equal_tailed"] + 2 / 1024)


@pytest.mark.parametrize("name", cases("cluster_peers", "wild.*"))
def test_the_whole_wild_bootstrap_is_that_of_pyfixest(name: str) -> None:
    _, data, by, term = name.split(".")
    if data == "few":
        fit, k = few(by), {"treat": 1, "x": 2}[term]
    else:
        fit, k = petersen("year", "CR2", *(("z", "x") if term == "z" else ("x",))), {"z": 1, "constant": 0}[term]
    expected, found = reference("cluster_peers")[name], wild_cluster_bootstrap(fit, k)
    assert found.t == pytest.approx(expected["t"], rel=1e-10)
    drawn = np.sort(found.statistics)
    for share, quantile in expected["t_quantiles"].items():
        assert np.quantile(drawn, float(share), method="inverted_cdf") == pytest.approx(quantile, rel=1e-8)
    strict = (np.abs(drawn) > abs(found.t) + 1e-10).mean()
    assert min(abs(expected["p"] - found.p), abs(expected["p"] - strict)) < 1e-12


@pytest.mark.parametrize("outcome", ["y", "ybin"])
def test_the_252_ways_to_treat_five_clusters_are_those_of_r(outcome: str) -> None:
    expected = reference("cluster_se")[f"few.{outcome}.RI_exact"]
    found = randomisation_test(FEW[outcome], FEW["treat"], FEW["x"], cluster=FEW["cluster"])
    assert (found.p, found.draws) == (pytest.approx(expected["p"], rel=1e-12), expected["n"])
    assert found.enumerated


def logit(kind: Kind) -> RobustFit:
    """The logit at its maximum, as the least squares it solves."""
    design = np.column_stack([np.ones(len(FEW)), FEW["treat"], FEW["x"]])
    y = FEW["ybin"].to_numpy(dtype=float)
    beta = logit_maximum(design, y, np.ones(len(FEW)), "ybin", ("treat", "x"))
    expected = logistic(design @ beta)
    spread = np.sqrt(expected * (1 - expected))
    working = design @ beta * spread + (y - expected) / spread
    return cluster_robust(working, design * spread[:, None], FEW["cluster"], kind=kind, freedom="satterthwaite")


def test_logit_errors_are_those_of_sandwich() -> None:
    # R's glm stops where its figures are still up to 1e-5 from the maximum.
    adjusted = reference("cluster_se")["few.logit.CL_HC0"]
    assert logit("CR1").coefficients == pytest.approx(list(adjusted["coef"].values()), rel=1e-5)
    assert logit("CR1").standard_errors == pytest.approx(list(adjusted["se"].values()), rel=1e-5)
    plain = reference("cluster_se")["few.logit.CL_HC0_nocadj"]
    assert logit("CR0").standard_errors == pytest.approx(list(plain.values()), rel=1e-5)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2", "CR3"])
def test_logit_errors_are_those_of_clubsandwich(kind: Kind) -> None:
    expected, found = reference("cluster_peers")[f"logit.{kind}"], logit(kind)
    told = (found.standard_errors[1], found.degrees_of_freedom[1], found.p_value(1))
    assert told == pytest.approx((expected["se"], expected["df"], expected["p"]), rel=logit_tolerance(kind))


@pytest.mark.parametrize("name", cases("cluster_peers", "gcomp.*"))
def test_g_computation_is_the_delta_method_on_clubsandwich(name: str) -> None:
    _, what, kind = name.split(".")
    measure: Measure = "ratio" if what == "log_ratio" else "difference"
    expected = reference("cluster_peers")[name]
    found = outcome_effect(
        FEW,
        "ybin",
        "treat",
        ["x"],
        cluster="cluster",
        model="logit",
        measure=measure,
        fixed_target=True,
        variance=kind,  # type: ignore[arg-type]
    )
    estimate = np.log(found.estimate) if measure == "ratio" else found.estimate
    assert estimate == pytest.approx(expected["est"], rel=1e-8)
    assert found.standard_error == pytest.approx(expected["se"], rel=logit_tolerance(kind))


def logit_tolerance(kind: str) -> float:
    """clubSandwich takes the symmetric root of a cluster's variance, we that of answers of equal spread: both correct
    the same bias, and only the first needs matrices as large as the cluster."""
    return 2e-3 if kind == "CR2" else 1e-8


def test_the_correlation_inside_clusters_is_that_of_the_analysis_of_variance() -> None:
    assert intraclass_correlation(FEW["y"], FEW["cluster"]).icc == pytest.approx(
        reference("cluster_se")["few.icc_anova"], rel=1e-10
    )


def test_every_figure_of_the_peers_is_tested() -> None:
    assert_complete("cluster_peers", ["logit.*", "gcomp.*", "weighted.*", "wild.*"], {})
