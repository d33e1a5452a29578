"""A real trial of mentoring (Brooks, Donovan and Johnson 2018), when the folder of references is there.

Its data may not be kept in this project: `MENTORAT_REFERENCES` names the folder that holds `mentoring_rct_kenya`.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

from mentorat.causal.cluster_robust import RobustFit
from mentorat.causal.outcomes import outcome_effect
from mentorat.causal.real_studies import trial_regression
from tests.methods.figures import assert_complete, cases, reference

CASE = "mentoring_rct_kenya"
FILE = Path(os.environ.get("MENTORAT_REFERENCES", "")) / CASE / "panel.csv"
HERE = "MENTORAT_REFERENCES" in os.environ and FILE.is_file()
COVERED = ["counts", "table3_*", "attrition_by_wave", "control_mean_pooled", "dose_meet_by_wave"]
needs_data = pytest.mark.skipif(not HERE, reason=f"{CASE} may not be kept here: name its folder in MENTORAT_REFERENCES")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return pd.read_csv(FILE)


def table3(panel: pd.DataFrame, waves: range | list[int], *, clustered: bool = False) -> RobustFit:
    return trial_regression(panel, waves, "grappes_CR1S" if clustered else "classique")


def test_every_figure_of_the_case_is_tested() -> None:
    assert_complete(CASE, COVERED, {})


@needs_data
@pytest.mark.parametrize("name", cases(CASE, "table3_pooled_ols", "table3_pooled_cluster_id", "table3_wave?"))
def test_effects_are_those_of_the_published_regressions(panel: pd.DataFrame, name: str) -> None:
    waves = [int(name[-1])] if "wave" in name else range(8)
    fit = table3(panel, waves, clustered=name.endswith("cluster_id"))
    for k, arm in ((1, "factor(treat)3"), (2, "factor(treat)4")):
        expected = reference(CASE)[name][arm]
        told = (fit.coefficients[k], fit.standard_errors[k])
        assert told == pytest.approx((expected["est"], expected["se"]), rel=1e-8)
        df = fit.n - len(fit.coefficients)  # R's coeftest keeps the residual degrees of freedom, clustered or not
        if name.endswith("cluster_id"):
            from scipy import stats

            p = 2 * stats.t.sf(abs(told[0] / told[1]), df)
        else:
            p = fit.p_value(k)
        assert (told[0] / told[1], p) == pytest.approx((expected["t"], expected["p"]), rel=1e-6)


@needs_data
def test_mentoring_earns_371_shillings_with_an_error_of_133_once_clustered(panel: pd.DataFrame) -> None:
    classical, clustered = table3(panel, range(8)), table3(panel, range(8), clustered=True)
    assert classical.n == clustered.n == reference(CASE)["table3_pooled_n"]
    assert classical.coefficients[2] == pytest.approx(371.8, abs=0.05)
    assert round(classical.standard_errors[2]) == 93
    assert round(clustered.standard_errors[2]) == 133


@needs_data
def test_one_wave_against_the_control_arm_through_the_common_interface(panel: pd.DataFrame) -> None:
    fourth = panel[(panel["wave"] == 4) & panel["treat"].isin([2, 4])].assign(mentor=lambda d: d["treat"] == 4)
    found = outcome_effect(fourth, "tprofits", "mentor", ["tprofits_b"], cluster="id")
    missing = reference(CASE)["attrition_by_wave"]["4"]
    counts = fourth["treat"].value_counts()
    assert found.missing_treated == round(missing["4"] * counts[4])
    assert found.missing_control == round(missing["2"] * counts[2])
    expected = reference(CASE)["table3_wave4"]["factor(treat)4"]
    assert found.low < expected["est"] < found.high


@needs_data
def test_the_sample_is_the_authors(panel: pd.DataFrame) -> None:
    counts = reference(CASE)["counts"]
    assert panel["id"].nunique() == counts["ids"]
    first = panel.loc[panel["wave"] == 0, "treat"].value_counts()
    assert {str(arm): count for arm, count in first.items()} == counts["by_treat_wave0"]
    missing = panel["tprofits"].isna().groupby([panel["wave"], panel["treat"]]).mean()
    for wave, arms in reference(CASE)["attrition_by_wave"].items():
        for arm, share in arms.items():
            assert missing[int(wave), int(arm)] == pytest.approx(share, rel=1e-12)
    control = panel.loc[panel["treat"] == 2, "tprofits"].mean()
    assert control == pytest.approx(reference(CASE)["control_mean_pooled"], rel=1e-12)
    met = panel[panel["treat"] == 4].groupby("wave")["meet"].mean()
    for wave, share in reference(CASE)["dose_meet_by_wave"].items():
        if share is not None:
            assert met[int(wave)] == pytest.approx(share, rel=1e-12)
