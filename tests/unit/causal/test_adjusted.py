import numpy as np
import pandas as pd
import pytest

from mentorat.causal.adjusted import POOLED, RARE, adjusted_att, encode_covariates
from mentorat.causal.balancing import NotEstimable

COVARIATES = ["age", "lieu"]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 600
    age, place = (
        rng.normal(14, 2, n),
        rng.choice(["etablissement", "famille", "autre"], n, p=[0.45, 0.45, 0.1]),
    )
    score = 0.4 * (age - 14) + 1.2 * (place == "famille")
    mentore = rng.random(n) < 1 / (1 + np.exp(-score + 0.5))
    structure = rng.integers(0, 40, n)
    note = 10 + 2 * score + 1.5 * mentore + rng.normal(0, 0.5, 40)[structure] + rng.normal(0, 1, n)
    return pd.DataFrame({"age": age, "lieu": place, "mentore": mentore, "structure": structure, "note": note})


def test_a_linear_world_gives_the_effect_back(frame: pd.DataFrame) -> None:
    found = adjusted_att(frame, "note", "mentore", COVARIATES, "structure")
    means = frame.groupby("mentore")["note"].mean()
    assert found.low < 1.5 < found.high
    assert means[True] - means[False] > found.high
    assert found.max_smd_before > 0.3
    assert found.max_smd_after < 1e-6
    assert found.n_treated + found.n_control == len(frame)
    assert found.clusters == 40


def test_row_order_does_not_matter(frame: pd.DataFrame) -> None:
    one = adjusted_att(frame, "note", "mentore", COVARIATES, "structure")
    other = adjusted_att(frame.sample(frac=1, random_state=2), "note", "mentore", COVARIATES, "structure")
    assert (other.estimate, other.standard_error) == pytest.approx((one.estimate, one.standard_error), rel=1e-7)


def test_scaling_the_outcome_scales_the_effect(frame: pd.DataFrame) -> None:
    one = adjusted_att(frame, "note", "mentore", COVARIATES, "structure")
    other = adjusted_att(frame.assign(note=10 * frame["note"] + 3), "note", "mentore", COVARIATES, "structure")
    assert (other.estimate, other.low, other.p) == pytest.approx((10 * one.estimate, 10 * one.low, one.p), rel=1e-7)


def test_missing_outcomes_are_dropped_and_counted(frame: pd.DataFrame) -> None:
    frame.loc[frame.index[:50], "note"] = np.nan
    found = adjusted_att(frame, "note", "mentore", COVARIATES, "structure")
    assert found.missing_treated + found.missing_control == 50
    assert found.n_treated + found.n_control == 550


def test_missing_covariates_keep_their_rows(frame: pd.DataFrame) -> None:
    frame.loc[frame.index[:60], "age"] = np.nan
    frame.loc[frame.index[30:90], "lieu"] = None
    found = adjusted_att(frame, "note", "mentore", COVARIATES, "structure")
    assert found.n_treated + found.n_control == len(frame)
    assert {"age=inconnu", "lieu=inconnu"} <= set(found.balance["covariable"])


def test_a_level_too_rare_to_balance_is_pooled_and_said_so(frame: pd.DataFrame) -> None:
    frame.loc[frame["mentore"].to_numpy().nonzero()[0][: RARE - 1], "lieu"] = "lieu rare"
    encoded = encode_covariates(frame, ["lieu"], frame["mentore"])
    assert "lieu=lieu rare" not in encoded.columns
    assert f"lieu={POOLED}" not in encoded.columns
    assert "lieu=lieu rare" in encoded.warnings[0]
    adjusted_att(frame, "note", "mentore", ["lieu"], "structure")


def test_a_covariate_that_never_varies_is_left_out(frame: pd.DataFrame) -> None:
    encoded = encode_covariates(frame.assign(vide=None, un=1.0), ["vide", "un", "age"], frame["mentore"])
    assert list(encoded.columns) == ["age"]


def test_groups_that_do_not_overlap_are_refused_in_french(frame: pd.DataFrame) -> None:
    frame["age"] = np.where(frame["mentore"], 17, 12) + frame["age"] / 100
    with pytest.raises(NotEstimable, match="ne se recouvrent pas"):
        adjusted_att(frame, "note", "mentore", COVARIATES, "structure")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"structure": 1}, "une seule grappe"),
        ({"note": 3.0}, "la même réponse"),
        ({"mentore": False}, "Moins de"),
    ],
)
def test_what_cannot_be_estimated_is_said_in_french(frame: pd.DataFrame, change: dict[str, object], told: str) -> None:
    with pytest.raises(NotEstimable, match=told):
        adjusted_att(frame.assign(**change), "note", "mentore", COVARIATES, "structure")
