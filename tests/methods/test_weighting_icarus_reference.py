"""Calibration of Insee's icarus (the example of the Calmar manual), when the folder of references is there.

Its data and figures may not be kept in this project (GPL-3): `MENTORAT_REFERENCES` names the folder that holds
`icarus_calage`. `tests/unit/survey/test_weighting.py` holds the same methods on data of ours.
"""

import json
import os
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.weighting import Weighting, calibrate

FOLDER = Path(os.environ.get("MENTORAT_REFERENCES", "")) / "icarus_calage"
HERE = "MENTORAT_REFERENCES" in os.environ and (FOLDER / "reference.json").is_file()
MARGINS = {"category": {1: 80, 2: 90, 3: 60}, "sex": {1: 140, 2: 90}, "department": {1: 100, 2: 130}, "salary": 470_000}
METHODS: dict[str, dict[str, Any]] = {
    "linear": {},
    "raking": {"distance": "raking_ratio"},
    "logit": {"distance": "logit", "bounds": (0.3, 3)},
}
TOLERANCE = {"linear": 1e-10, "raking": 1e-7, "logit": 1e-5}
"""icarus stops its Newton steps sooner than we do: its weights add up to 230.0000003 (raking) and 230.00004 (logit)."""
NOT_APPLICABLE = {"*.max_abs_diff_vs_survey_calibrate": "how far icarus is from R's survey: a figure on two peers"}
COVERED = ["ht_mean_movies", "*.mean_movies", "*.ratio_range"]

pytestmark = pytest.mark.skipif(
    not HERE, reason="icarus_calage may not be kept here: name its folder in MENTORAT_REFERENCES"
)


def figures() -> dict[str, Any]:
    content = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    return {figure["id"]: figure["value"] for figure in content["figures"]}


def employees() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data_employees.csv")


def calibrated(method: str) -> Weighting:
    return calibrate(employees(), MARGINS, weights="weight", **METHODS[method])


def test_the_mean_before_is_that_of_weightedmean() -> None:
    frame = employees()
    assert frame["weight"] @ frame["movies"] / 230 == pytest.approx(figures()["ht_mean_movies"], rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_mean_after_is_that_of_calibration(method: str) -> None:
    found = calibrated(method).weights @ employees()["movies"].to_numpy() / 230
    assert found == pytest.approx(figures()[f"{method}.mean_movies"], rel=TOLERANCE[method])


@pytest.mark.parametrize("method", METHODS)
def test_factors_are_those_of_calibration(method: str) -> None:
    step, expected = calibrated(method), figures()[f"{method}.ratio_range"]
    assert step.range == pytest.approx((expected["min"], expected["max"]), rel=TOLERANCE[method])
    assert step.weights.sum() == pytest.approx(expected["sum"], rel=TOLERANCE[method])
    given = pd.read_csv(FOLDER / "weights.csv")[method].to_numpy()
    assert np.abs(step.weights / given - 1).max() < TOLERANCE[method]


def test_every_figure_is_held_or_said_not_to_apply() -> None:
    for name in figures():
        held = any(fnmatchcase(name, pattern) for pattern in COVERED)
        assert held != any(fnmatchcase(name, pattern) for pattern in NOT_APPLICABLE), name
