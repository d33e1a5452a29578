"""Figures of R: ebal on the LaLonde data of MatchIt."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import entropy_balance

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))


def figure(case: str, name: str) -> object:
    return REFERENCE[case]["figures"][name]["value"]


@pytest.fixture(scope="module")
def lalonde() -> pd.DataFrame:
    data = pd.read_csv(DATA / "lalonde_matchit.csv")
    return data.assign(hispan=(data["race"] == "hispan") * 1.0, white=(data["race"] == "white") * 1.0)


def test_entropy_weights_are_those_of_ebal(lalonde: pd.DataFrame) -> None:
    covariates = ["age", "educ", "hispan", "white", "married", "nodegree", "re74", "re75"]
    treated = lalonde["treat"] == 1
    found = entropy_balance(lalonde.loc[treated, covariates], lalonde.loc[~treated, covariates])
    expected = pd.read_csv(DATA / "ebal_weights.csv").set_index("unit")["w_ebal"]
    assert found.weights == pytest.approx(expected[lalonde.loc[~treated, "unit"]].to_numpy(), rel=1e-6)
    summary = figure("ebal", "ebal.matchit_lalonde")
    assert found.ess == pytest.approx(summary["ess_control"], rel=1e-8)
    assert found.max_weight == pytest.approx(summary["max_w"], rel=1e-8)
    assert found.weights.sum() == pytest.approx(summary["sum_w"], rel=1e-12)
    effect = lalonde.loc[treated, "re78"].mean() - np.average(lalonde.loc[~treated, "re78"], weights=found.weights)
    assert effect == pytest.approx(summary["att"], rel=1e-8)
