"""Weights of R's survey (data `api`, package survey 4.1.1): post-stratified, raked, calibrated, trimmed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyDesign, survey_design
from mentorat.survey.weighting import Weighting, calibrate, post_stratify, rake, trim_weights
from tests.methods.figures import DATA, cases, reference

API = DATA / "survey_api"
TYPES, WIDE = (
    pd.read_csv(API / f"pop_{name}.csv").set_index(column)["N"]
    for name, column in (("stype", "stype"), ("schwide", "sch.wide"))
)
BOTH = {"stype": TYPES, "sch.wide": WIDE}
WITH_SCORE = {"stype": TYPES, "api99": 3914069.0}
DESIGNS: dict[str, dict[str, Any]] = {
    "clus1": {"weights": "pw", "clusters": "dnum", "population": "fpc"},
    "strat": {"weights": "pw", "strata": "stype", "population": "fpc"},
}
Step = Callable[[pd.DataFrame], Weighting]
STEPS: dict[str, tuple[Step, str]] = {
    "clus1.postStratify": (lambda f: post_stratify(f, "stype", TYPES, weights="pw"), "postStratify"),
    "clus1.rake": (lambda f: rake(f, BOTH, weights="pw", residuals="survey"), "rake"),
    "clus1.rake_default": (lambda f: rake(f, BOTH, weights="pw", residuals="survey", tolerance=1 / f["pw"].sum()), ""),
    "clus1.calibrate_linear_stype": (lambda f: calibrate(f, {"stype": TYPES}, weights="pw"), "cal_stype"),
    "clus1.calibrate_linear_stype_api99": (lambda f: calibrate(f, WITH_SCORE, weights="pw"), "cal_stype_api99"),
    "clus1.calibrate_raking_stype_api99": (
        lambda f: calibrate(f, WITH_SCORE, weights="pw", distance="raking_ratio"),
        "cal_raking",
    ),
    # R stopped this one at its default 1e-7.
    "clus1.calibrate_logit_0.5_2": (
        lambda f: calibrate(f, WITH_SCORE, weights="pw", distance="logit", bounds=(0.5, 2), tolerance=1e-7),
        "cal_logit",
    ),
    "strat.rake": (lambda f: rake(f, BOTH, weights="pw", residuals="survey"), "rake"),
    "strat.calibrate_linear_stype_api99": (lambda f: calibrate(f, WITH_SCORE, weights="pw"), "cal"),
}
"""Figure id → the step, and the column of `weights_<design>.csv` that holds R's weights."""


def weighted(name: str) -> tuple[pd.DataFrame, Weighting, SurveyDesign]:
    which = name.split(".", maxsplit=1)[0]
    frame = pd.read_csv(API / f"api{which}.csv")
    step = STEPS[name][0](frame)
    return frame, step, step.apply_to(survey_design(frame, **DESIGNS[which]))


def mean(design: SurveyDesign, y: pd.Series, inside: np.ndarray) -> dict[str, float]:
    """Mean of `y` where `inside` (n), by its influence function (zero outside)."""
    w, values = design.weights, np.where(inside, y, 0).astype(float)
    size = (w * inside).sum()
    centre = float((w * values).sum() / size)
    return {"est": centre, "se": float(np.sqrt(design.covariance(inside * (values - centre) / size)[0, 0]))}


@pytest.mark.parametrize("name", cases("survey_api", *STEPS))
def test_estimates_and_errors_are_those_of_survey(name: str) -> None:
    expected = reference("survey_api")[name]
    frame, step, design = weighted(name)
    enroll = frame["enroll"].to_numpy(dtype=float)
    found = {
        "mean_api00": mean(design, frame["api00"], np.ones(len(frame), dtype=bool)),
        "total_enroll": {
            "est": float(design.weights @ enroll),
            "se": float(np.sqrt(design.covariance(enroll)[0, 0])),
        },
        "by_stype": {
            level: mean(design, frame["api00"], (frame["stype"] == level).to_numpy()) for level in expected["by_stype"]
        },
        "sum_w": float(step.weights.sum()),
        "w_min": float(step.weights.min()),
        "w_max": float(step.weights.max()),
        "w_sumsq": float((step.weights**2).sum()),
    }
    # R's default stops raking early, and its linearisation then reads weights between two margins: errors move by 1e-5.
    errors = 2e-5 if name == "clus1.rake_default" else 1e-8
    for figure, value in flat(found).items():
        tolerance = errors if figure.endswith("se") else 1e-8
        assert value == pytest.approx(flat(expected)[figure], rel=tolerance), figure


@pytest.mark.parametrize("name", [name for name, (_, column) in STEPS.items() if column])
def test_weights_are_those_of_survey_row_by_row(name: str) -> None:
    given = pd.read_csv(API / f"weights_{name.split('.', maxsplit=1)[0]}.csv")[STEPS[name][1]]
    assert weighted(name)[1].weights == pytest.approx(given.to_numpy(), rel=1e-8)


@pytest.mark.parametrize("name", cases("survey_api", "strat.trimWeights"))
def test_trimmed_weights_are_those_of_trimweights(name: str) -> None:
    raked = weighted("strat.rake")[1]
    found = trim_weights(raked.weights, low=15, high=50).weights
    expected = reference("survey_api")[name]
    assert {"min": found.min(), "max": found.max(), "sum": found.sum()} == pytest.approx(expected, rel=1e-10)
    given = pd.read_csv(API / "weights_strat.csv")["trim_15_50"]
    assert found == pytest.approx(given.to_numpy(), rel=1e-8)


def flat(values: dict[str, Any], prefix: str = "") -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found
