"""Effects by level and their joint test against R's clubSandwich, shrinkage against metafor.

`data/heterogeneity/reference.R` makes the figures again: levels and weights laid on the rows of `cluster_se`, and the
13 trials of the BCG vaccine that metafor's pages work through (Colditz et al. 1994).
"""

from math import sqrt

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.cluster_robust import RobustFit, cluster_robust
from mentorat.causal.heterogeneity import level_effects
from mentorat.causal.shrinkage import Shrinkage, effects_given, shrinkage
from mentorat.causal.wald_test import wald_test
from tests.methods.figures import DATA, assert_complete, cases, reference

CASE = "heterogeneity"
HELD = ["levels.*", "htz.*", "bcg.reml", "bcg.tau", "bcg.prediction", "bcg.blup"]
NOT_APPLICABLE = {"bcg.data": "the data of the other figures, not a figure"}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rows = pd.read_csv(DATA / "cluster_se" / "fewclusters.csv")
    rank = np.arange(1, len(rows) + 1)
    return rows.assign(
        g2=rank * 7 % 2, g3=rank * 7 % 3, pondere=1 + rank % 4 / 2, simple=1.0, mentore=rows["treat"] == 1
    )


@pytest.fixture(scope="module")
def trials() -> Shrinkage:
    given = reference(CASE)["bcg.data"]
    return shrinkage([f"{rank:02d}" for rank in range(13)], given["yi"], np.sqrt(given["vi"]))


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete(CASE, HELD, NOT_APPLICABLE)


@pytest.mark.parametrize("name", cases(CASE, "levels.*"))
def test_effect_of_each_level_is_clubsandwich_s(data: pd.DataFrame, name: str) -> None:
    _, factor, weights, outcome = name.split(".")
    expected = reference(CASE)[name]
    found = level_effects(data, outcome, "mentore", factor, ["x"], weights=data[weights], cluster="cluster").table
    assert found["estimation"].to_list() == pytest.approx(expected["beta"], rel=1e-8)
    assert found["se"].to_list() == pytest.approx(expected["se"], rel=1e-8)
    assert found["ic_bas"].to_list() == pytest.approx(expected["low"], rel=1e-7)
    assert found["ic_haut"].to_list() == pytest.approx(expected["high"], rel=1e-7)


@pytest.mark.parametrize("name", cases(CASE, "htz.CR2.*"))
def test_interaction_is_clubsandwich_s_htz(data: pd.DataFrame, name: str) -> None:
    _, _, factor, weights, outcome = name.split(".")
    found = level_effects(data, outcome, "mentore", factor, ["x"], weights=data[weights], cluster="cluster")
    assert found.interaction is not None
    assert_htz(found.interaction.f, found.interaction.df_within, found.interaction.p, name)
    assert found.table["p_interaction"].to_list() == [found.interaction.p] * len(found.table)


@pytest.mark.parametrize("name", cases(CASE, "htz.CR3.*"))
def test_joint_test_under_cr3_is_clubsandwich_s(data: pd.DataFrame, name: str) -> None:
    _, _, factor, weights, outcome = name.split(".")
    fit, levels = fitted(data, factor, weights, outcome)
    found = wald_test(fit, np.eye(2 * levels + 1)[levels + 1 : 2 * levels] - np.eye(2 * levels + 1)[levels])
    assert_htz(found.f, found.df_within, found.p, name)


def fitted(data: pd.DataFrame, factor: str, weights: str, outcome: str) -> tuple[RobustFit, int]:
    levels = np.unique(data[factor])
    inside = (data[factor].to_numpy()[:, None] == levels).astype(float)
    design = np.column_stack([inside, inside * data["treat"].to_numpy()[:, None], data["x"]])
    return cluster_robust(data[outcome], design, data["cluster"], data[weights], "CR3"), len(levels)


def assert_htz(f: float, within: float, p: float, name: str) -> None:
    expected = reference(CASE)[name]
    assert (f, within, p) == pytest.approx((expected["f"], expected["df_denom"], expected["p"]), rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "bcg.reml"))
def test_mean_and_spread_are_metafor_s(trials: Shrinkage, name: str) -> None:
    expected = reference(CASE)[name]
    assert trials.tau**2 == pytest.approx(expected["tau2"], rel=1e-8)
    assert trials.mean == pytest.approx(expected["mean"], rel=1e-8)
    assert trials.standard_error == pytest.approx(expected["se"], rel=1e-8)
    assert trials.q == pytest.approx(expected["q"], rel=1e-8)
    assert trials.p_q == pytest.approx(expected["p_q"], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "bcg.tau"))
def test_interval_of_the_spread_is_metafor_s(trials: Shrinkage, name: str) -> None:
    expected = reference(CASE)[name]
    assert (trials.tau_low, trials.tau_high) == pytest.approx((expected["low"], expected["high"]), rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "bcg.prediction"))
def test_interval_for_another_area_is_metafor_s(trials: Shrinkage, name: str) -> None:
    expected = reference(CASE)[name]
    assert (trials.predicted_low, trials.predicted_high) == pytest.approx((expected["low"], expected["high"]), rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "bcg.blup"))
def test_effects_were_the_spread_known_are_metafor_s(trials: Shrinkage, name: str) -> None:
    given, expected = reference(CASE)["bcg.data"], reference(CASE)[name]
    y, v = np.array(given["yi"]), np.array(given["vi"])
    centre, spread = effects_given(y, v, np.array([trials.tau**2]))
    assert centre[0].tolist() == pytest.approx(expected["pred"], rel=1e-8)
    assert np.sqrt(spread[0]).tolist() == pytest.approx(expected["se"], rel=1e-8)


def test_not_knowing_the_spread_widens_the_intervals_on_the_whole(trials: Shrinkage) -> None:
    known = np.array(reference(CASE)["bcg.blup"]["se"])
    half = (trials.table["ic_haut"] - trials.table["retrecie"]).to_numpy() / 1.959963984540054
    assert sqrt(np.mean(half**2)) > sqrt(np.mean(known**2))
