"""Figures of R's ebal and Matching on the LaLonde data, and the experimental benchmark of Dehejia and Wahba.

The experimental data may not be kept here: `MENTORAT_REFERENCES` names the folder that holds `ebal_lalonde_dehejia`.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.causal.balancing import entropy_balance
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.matched_effect import abadie_imbens
from mentorat.causal.matching import match_nearest
from mentorat.causal.propensity import propensity_logit
from tests.methods.figures import DATA, assert_complete, reference
from tests.methods.lalonde import lalonde, least_squares

CASE = "ebal_lalonde_dehejia"
EXPERIMENT = Path(os.environ.get("MENTORAT_REFERENCES", "")) / CASE / "nsw_dehejia_wahba_experimental.csv"
HERE = "MENTORAT_REFERENCES" in os.environ and EXPERIMENT.is_file()
needs_experiment = pytest.mark.skipif(
    not HERE, reason="the NSW experiment may not be kept here: name the folder of references in MENTORAT_REFERENCES"
)
COVERED = ["ebal.matchit_lalonde", "ebal.max_abs_mean_diff", "nsw_dw.experimental", "nsw_dw.se", "Matching.Match_ps"]


def experiment() -> pd.DataFrame:
    return pd.read_csv(EXPERIMENT).astype(float)


def test_entropy_weights_are_those_of_ebal() -> None:
    data, summary = lalonde(), reference(CASE)["ebal.matchit_lalonde"]
    x = data.covariates.drop(columns="raceblack")
    found = entropy_balance(x[data.treated], x[~data.treated])
    given = pd.read_csv(DATA / CASE / "weights_ebal.csv").set_index("unit")["w_ebal"]
    assert found.weights == pytest.approx(given[data.frame.loc[~data.treated, "unit"]].to_numpy(), rel=1e-6)
    assert found.ess == pytest.approx(summary["ess_control"], rel=1e-8)
    assert found.max_weight == pytest.approx(summary["max_w"], rel=1e-8)
    assert found.weights.sum() == pytest.approx(summary["sum_w"], rel=1e-12)
    effect = data.outcome[data.treated].mean() - np.average(data.outcome[~data.treated], weights=found.weights)
    assert effect == pytest.approx(summary["att"], rel=1e-8)
    # the largest gap between means, in the covariates' own units, against ebal's 1.4e-12
    gap = np.abs(x[data.treated].mean() - np.average(x[~data.treated], axis=0, weights=found.weights)).max()
    assert gap < 1e-8
    assert reference(CASE)["ebal.max_abs_mean_diff"] < 1e-8


@needs_experiment
def test_the_experimental_benchmark_is_that_published() -> None:
    data, expected = experiment(), reference(CASE)["nsw_dw.experimental"]
    one, other = (data.loc[data["treat"] == arm, "re78"] for arm in (1, 0))
    assert (len(one), len(other)) == (expected["n1"], expected["n0"])
    assert one.mean() - other.mean() == pytest.approx(expected["diff"], rel=1e-10)
    assert round(one.mean() - other.mean()) == 1794
    welch = stats.ttest_ind(one, other, equal_var=False)
    assert (one.mean() - other.mean()) / welch.statistic == pytest.approx(expected["se_welch"], rel=1e-10)


@needs_experiment
def test_errors_of_the_experimental_difference_are_those_of_sandwich() -> None:
    data, expected = experiment(), reference(CASE)["nsw_dw.se"]
    x = np.column_stack([np.ones(len(data)), data["treat"]])
    y = data["re78"].to_numpy()
    assert least_squares(y, x)["lm"][1] == pytest.approx(expected["ols"], rel=1e-10)
    alone = np.arange(len(y))  # a cluster a person: CR1 is then HC1 and CR2 is HC2
    assert cluster_robust(y, x, alone, kind="CR1").standard_errors[1] == pytest.approx(expected["HC1"], rel=1e-10)
    assert cluster_robust(y, x, alone).standard_errors[1] == pytest.approx(expected["HC2"], rel=1e-10)


@needs_experiment
def test_matching_with_ties_and_its_error_are_those_of_matching() -> None:
    data, expected = experiment(), reference(CASE)["Matching.Match_ps"]
    names = ["age", "educ", "black", "hisp", "married", "nodegr", "re74", "re75", "u74", "u75"]
    # the score of the package's demo: squares of age, education and earnings
    x = data[names].assign(**{f"{name}2": data[name] ** 2 for name in ("age", "educ", "re74", "re75")})
    treated = (data["treat"] == 1).to_numpy()
    scores = propensity_logit(x, treated).scores
    found = abadie_imbens(match_nearest(x, treated, scores, replacement=True, ties=True), data["re78"])
    assert (found.estimate, found.standard_error) == pytest.approx((expected["est"], expected["se_AI"]), rel=1e-9)
    assert (len(data), found.n_treated) == (expected["nobs"], expected["ntreated"])
    assert expected["wnobs"] == found.n_treated


def test_every_figure_is_held() -> None:
    assert_complete(CASE, COVERED, {})
