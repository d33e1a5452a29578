"""Figures of R: ebal on the LaLonde data of MatchIt; sandwich and clubSandwich on clustered data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import entropy_balance
from mentorat.causal.cluster_robust import cluster_robust

DATA = Path(__file__).parent / "data"
REFERENCE = json.loads((DATA / "reference.json").read_text(encoding="utf-8"))
COEFFICIENTS = ["(Intercept)", "treat", "x"]


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


@pytest.mark.parametrize("outcome", ["y", "ybin"])
def test_few_clusters_are_those_of_sandwich_and_clubsandwich(outcome: str) -> None:
    data = pd.read_csv(DATA / "cluster_few.csv")
    design = np.column_stack([np.ones(len(data)), data["treat"], data["x"]])
    cr1 = cluster_robust(data[outcome], design, data["cluster"], kind="CR1")
    expected = figure("cluster_se", f"few.{outcome}.CR1")
    assert cr1.standard_errors == pytest.approx([expected[name] for name in COEFFICIENTS], rel=1e-8)
    assert cr1.warnings
    cr2 = cluster_robust(data[outcome], design, data["cluster"])
    wanted = figure("cluster_se", f"few.{outcome}.CR2.treat")
    found = (cr2.standard_errors[1], cr2.degrees_of_freedom[1], cr2.p_value(1))
    assert found == pytest.approx((wanted["se"], wanted["df"], wanted["p"]), rel=1e-8)


def test_petersen_clusters_of_five_hundred_rows_are_those_of_r() -> None:
    data = pd.read_csv(DATA / "cluster_petersen.csv")
    design = np.column_stack([np.ones(len(data)), data["x"]])
    names = ["(Intercept)", "x"]
    firm = cluster_robust(data["y"], design, data["firm"], kind="CR1")
    year = cluster_robust(data["y"], design, data["year"], kind="CR1")
    for fit, name in ((firm, "petersen.CL_firm_HC1"), (year, "petersen.CL_year_HC1")):
        expected = figure("cluster_se", name)
        assert fit.standard_errors == pytest.approx([expected[key] for key in names], rel=1e-8)
    coefficients = figure("cluster_se", "petersen.coef")
    assert firm.coefficients == pytest.approx([coefficients[key] for key in names], rel=1e-10)
    published = figure("cluster_se", "petersen.published")
    assert firm.standard_errors[1] == pytest.approx(published["CL_firm_x"], abs=5e-5)
    cr2 = cluster_robust(data["y"], design, data["year"])
    expected = figure("cluster_se", "petersen.year.CR2")
    assert cr2.standard_errors == pytest.approx(expected["se"], rel=1e-8)
    # clubSandwich inverts 500 × 500 matrices; its last digits are not ours.
    assert cr2.degrees_of_freedom == pytest.approx(expected["satt_df"], rel=1e-6)
