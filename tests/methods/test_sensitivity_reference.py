"""E-values of R's EValue, partial R² of sensemakr, bounds of rbounds: every figure of the case `sensitivity`.

darfur.csv may not be kept in this project: `MENTORAT_REFERENCES` names the folder that holds it. Without it the same
figures are held from the statistics of the published regression. lead_pairs.csv was retyped from memory: its figures
hold for that file, and are not those of the study.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat.causal import sensitivity
from mentorat.causal.robustness import (
    adjusted_estimate,
    adjusted_se,
    benchmark_strength,
    hidden_confounding,
    partial_r2,
    robustness_value,
)
from mentorat.causal.rosenbaum import hodges_lehmann, rosenbaum_binary, rosenbaum_wilcoxon
from mentorat.causal.sensitivity import EValue
from tests.methods.figures import DATA, assert_complete, cases, reference

FIGURES = reference("sensitivity")
DARFUR = Path(os.environ.get("MENTORAT_REFERENCES", "")) / "sensitivity" / "darfur.csv"
HERE = "MENTORAT_REFERENCES" in os.environ and DARFUR.is_file()
E_VALUES = {
    "evalue.leukemia_RR_0.80": lambda: sensitivity.e_value(0.80, 0.71, 0.91),
    "evalue.RR_3.9_1.8_8.7": lambda: sensitivity.e_value(3.9, 1.8, 8.7),
    "evalue.OR_common": lambda: sensitivity.e_value_odds_ratio(0.86, 0.75, 0.99, rare=False),
    "evalue.OR_rare": lambda: sensitivity.e_value_odds_ratio(0.86, 0.75, 0.99, rare=True),
    "evalue.HR_common": lambda: sensitivity.e_value_hazard_ratio(0.56, 0.46, 0.69, rare=False),
    "evalue.MD": lambda: sensitivity.e_value_smd(-0.42, 0.14),
    "evalue.RR_true_1.5": lambda: sensitivity.e_value(3.9, 1.8, 8.7, true=1.5),
}
DIFFERENCES = {"evalue.RD_hammond": 0.0, "evalue.RD_hammond_true.001": 0.001}
BINARY = {"rbounds.binary_2_35": (35, 2), "rbounds.binary_12_110": (110, 12)}
COVERED = [*E_VALUES, *DIFFERENCES, *BINARY, "evalue.published", "sensemakr.*", "binary_exact_*", "rbounds.lead.*"]


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete("sensitivity", COVERED, {})


@pytest.mark.parametrize("name", E_VALUES)
def test_e_values_are_those_of_r_evalue(name: str) -> None:
    found, expected = E_VALUES[name](), FIGURES[name]
    limit = expected["E-values"]["upper"] if expected["E-values"]["lower"] is None else expected["E-values"]["lower"]
    assert (found.point, found.limit) == pytest.approx((expected["E-values"]["point"], limit), rel=1e-10)
    ratio = expected["RR"]
    assert (found.risk_ratio, found.low, found.high) == pytest.approx(
        (ratio["point"], ratio["lower"], ratio["upper"]), rel=1e-10
    )


@pytest.mark.parametrize("name", DIFFERENCES)
def test_e_values_of_a_difference_of_risks_are_those_of_r_evalue(name: str) -> None:
    found = sensitivity.e_value_risk_difference(397, 397 + 78_557, 51, 51 + 108_778, true=DIFFERENCES[name])
    assert found.point == pytest.approx(FIGURES[name]["est.Evalue"], rel=1e-10)
    # R walks the bias factor by 0.0001 and stops at the first step past the root: ours is the root.
    assert on_the_walk(found, 1e-4) == pytest.approx(FIGURES[name]["lower.Evalue"], rel=1e-10)


def on_the_walk(found: EValue, step: float) -> float:
    factor = found.limit**2 / (2 * found.limit - 1)  # the inverse of E = B + √(B(B − 1))
    walked = 1 + step * np.floor((factor - 1) / step)
    walked += step if walked < factor else 0.0
    return float(walked + np.sqrt(walked * (walked - 1)))


def test_published_e_values_are_held_at_their_precision() -> None:
    for name, (ratio, low, high) in {"leukemia": (0.80, 0.71, 0.91), "victora": (3.9, 1.8, 8.7)}.items():
        found = sensitivity.e_value(ratio, low, high)
        assert [found.point, found.limit] == pytest.approx(FIGURES["evalue.published"][name], abs=0.005)


def test_robustness_values_are_those_of_sensemakr() -> None:
    expected = FIGURES["sensemakr.darfur.stats"]
    t, df = expected["t_statistic"], expected["dof"]
    assert float(partial_r2(t, df)) == pytest.approx(expected["r2yd.x"], rel=1e-10)
    assert t**2 / df == pytest.approx(expected["f2yd.x"], rel=1e-10)
    assert robustness_value(t, df) == pytest.approx(expected["rv_q"], rel=1e-10)
    assert robustness_value(t, df, alpha=0.05) == pytest.approx(expected["rv_qa"], rel=1e-8)


def test_published_robustness_values_are_held_at_their_precision() -> None:
    expected, found = FIGURES["sensemakr.published"], FIGURES["sensemakr.darfur.stats"]
    assert robustness_value(found["t_statistic"], 783) == pytest.approx(expected["RV"], abs=5e-4)
    assert robustness_value(found["t_statistic"], 783, alpha=0.05) == pytest.approx(expected["RVa"], abs=5e-4)
    assert float(partial_r2(found["t_statistic"], 783)) == pytest.approx(expected["r2ydx"], abs=5e-4)


@pytest.mark.parametrize("name", cases("sensitivity", "sensemakr.darfur.bound.*"))
def test_adjusted_estimates_are_those_of_sensemakr(name: str) -> None:
    expected, fit = FIGURES[name], FIGURES["sensemakr.darfur.stats"]
    strengths = expected["r2dz.x"], expected["r2yz.dx"]
    estimate = float(adjusted_estimate(fit["estimate"], fit["se"], fit["dof"], *strengths))
    error = float(adjusted_se(fit["se"], fit["dof"], *strengths))
    assert (estimate, error, estimate / error) == pytest.approx(
        (expected["adjusted_estimate"], expected["adjusted_se"], expected["adjusted_t"]), rel=1e-8
    )


def test_benchmarks_grow_as_those_of_sensemakr() -> None:
    """The strength of `female` itself is got back from its first bound, and gives the others."""
    one = FIGURES["sensemakr.darfur.bound.1x female"]
    with_d = one["r2dz.x"] / (1 + one["r2dz.x"])
    scale = float(benchmark_strength(with_d, 0.5, 1)[1])  # what an R² of 1/2, of odds 1, becomes: 1 at most
    shared = with_d**2 / (1 - with_d) ** 2
    odds = one["r2yz.dx"] * (1 - shared) / (1 + np.sqrt(shared)) ** 2
    assert scale == 1
    for multiple in (1, 2, 3):
        expected = FIGURES[f"sensemakr.darfur.bound.{multiple}x female"]
        found = benchmark_strength(with_d, odds / (1 + odds), multiple)
        assert [float(one) for one in found] == pytest.approx([expected["r2dz.x"], expected["r2yz.dx"]], rel=1e-8)


@pytest.mark.skipif(not HERE, reason="darfur.csv may not be kept here: name its folder in MENTORAT_REFERENCES")
def test_the_darfur_regression_is_that_of_sensemakr() -> None:
    frame = pd.read_csv(DARFUR)
    names = ["age", "farmer_dar", "herder_dar", "pastvoted", "hhsize_darfur", "female"]
    covariates = pd.concat([frame[names], pd.get_dummies(frame["village"], dtype=float)], axis=1)
    found = hidden_confounding(
        frame["peacefactor"], frame["directlyharmed"], covariates, benchmarks={"female": ["female"]}
    )
    expected = FIGURES["sensemakr.darfur.stats"]
    assert found.df == expected["dof"]
    assert (found.estimate, found.se, found.t, found.partial_r2, found.partial_f2, found.rv_q, found.rv_qa) == (
        pytest.approx(
            [expected[key] for key in ("estimate", "se", "t_statistic", "r2yd.x", "f2yd.x", "rv_q", "rv_qa")], rel=1e-8
        )
    )
    columns = ["r2_mentorat", "r2_resultat", "estimation", "se", "t", "ic_bas", "ic_haut"]
    for _, row in found.bounds.iterrows():
        bound = dict(FIGURES[f"sensemakr.darfur.bound.{row['multiple']:.0f}x female"])
        del bound["treatment"]
        assert row[columns].tolist() == pytest.approx(list(bound.values()), rel=1e-8)


@pytest.mark.parametrize("name", cases("sensitivity", "binary_exact_*"))
def test_binary_bounds_are_exact(name: str) -> None:
    gamma = float(name.removeprefix("binary_exact_110_of_122_gamma"))
    found = rosenbaum_binary(110, 12, gammas=[gamma])
    assert found.table["p_haut"].item() == pytest.approx(FIGURES[name], rel=1e-8)


@pytest.mark.parametrize("name", BINARY)
def test_rbounds_binary_is_the_bound_of_one_pair_more(name: str) -> None:
    """rbounds 2.2 takes P(X > treated only): the exact figures above count what was observed."""
    (treated, control), expected = BINARY[name], FIGURES[name]
    found = rosenbaum_binary(treated + 1, control - 1, gammas=expected["Gamma"]).table
    assert found["p_haut"].to_numpy() == pytest.approx(expected["Upper bound"], abs=5e-6)
    assert found["p_bas"].to_numpy() == pytest.approx(expected["Lower bound"], abs=5e-6)


def lead() -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(DATA / "sensitivity" / "lead_pairs.csv")
    return frame["exposed"].to_numpy(float), frame["control"].to_numpy(float)


def test_signed_rank_bounds_are_those_of_psens() -> None:
    expected = FIGURES["rbounds.lead.psens"]
    found = rosenbaum_wilcoxon(*lead(), gammas=expected["Gamma"], exact=False).table
    assert found["p_haut"].to_numpy() == pytest.approx(expected["Upper bound"], abs=5e-5)
    assert found["p_bas"].to_numpy() == pytest.approx(expected["Lower bound"], abs=5e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_hodges_lehmann_bounds_are_those_of_hlsens_but_for_its_walk(rank: int) -> None:
    """hlsens walks by 0.1 and stops past the first solution; where a whole interval solves, ours is its middle."""
    expected = FIGURES["rbounds.lead.hl"]
    gamma = expected["Gamma"][rank]
    edges = hodges_lehmann(*lead(), gammas=[gamma - 1e-6, gamma + 1e-6]).table
    for found, seen in (("estimation_bas", "Lower bound"), ("estimation_haut", "Upper bound")):
        low, high = sorted(edges[found])
        assert low - 0.1 - 1e-9 <= expected[seen][rank] <= high + 0.1 + 1e-9


def test_without_bias_hlsens_leaves_out_the_pair_without_difference() -> None:
    expected = FIGURES["rbounds.lead.hl"]
    treated, control = lead()
    differ = treated != control
    found = hodges_lehmann(treated[differ], control[differ], gammas=[1]).table
    assert found["estimation_bas"].item() == found["estimation_haut"].item() == expected["Lower bound"][0]


GAPS = np.array([1.1, 2.3, -0.7, 3.2, 0.4, -1.9, 2.8, 4.1, 0.9, -0.2, 1.6, 5.3])


def test_the_exact_distribution_is_that_of_r() -> None:
    found = rosenbaum_wilcoxon(GAPS, np.zeros(len(GAPS)), gammas=[1], exact=True).table
    assert found["p_haut"].item() == pytest.approx(reference("wilcoxon_r")["exact_p"], rel=1e-12)


def test_the_normal_p_value_is_that_of_r() -> None:
    found = rosenbaum_wilcoxon(*lead(), gammas=[1], exact=False).table
    assert found["p_haut"].item() == pytest.approx(reference("wilcoxon_r")["lead_pairs_normal_p"], rel=1e-8)


@pytest.mark.parametrize("name", ["interval", "lead_pairs_interval"])
def test_the_hodges_lehmann_interval_is_that_of_r(name: str) -> None:
    treated, control = lead() if name.startswith("lead") else (GAPS, np.zeros(len(GAPS)))
    differ = treated != control
    found = hodges_lehmann(treated[differ], control[differ], gammas=[1]).table.iloc[0]
    assert [found["estimation_bas"], found["ic_bas"], found["ic_haut"]] == pytest.approx(
        reference("wilcoxon_r")[name], abs=1e-4
    )
