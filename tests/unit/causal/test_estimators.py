import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.covariates import POOLED, RARE, encode_covariates
from mentorat.causal.estimators import LABELS, Estimated, Sample, design_of, estimate

COVARIATES = ["age", "lieu"]
DESIGNED = [name for name in LABELS if name not in {"naif", "regression", "aipw"}]


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


def sample(frame: pd.DataFrame, covariates: list[str] = COVARIATES) -> Sample:
    return Sample.of(frame, "note", "mentore", covariates, "structure")


def primary(frame: pd.DataFrame, covariates: list[str] = COVARIATES) -> Estimated:
    return estimate(sample(frame, covariates), "entropie")


def test_the_primary_estimator_is_entropy_weights_then_weighted_regression_with_cr2(frame: pd.DataFrame) -> None:
    mask = frame["mentore"].to_numpy()
    x = pd.get_dummies(frame[COVARIATES], columns=["lieu"], dtype=float)
    weights = np.ones(len(frame))
    weights[~mask] = entropy_balance(x[mask], x[~mask]).weights
    design = np.column_stack([np.ones(len(frame)), mask, x[["age", "lieu_autre", "lieu_famille"]]])
    fit = cluster_robust(frame["note"], design, frame["structure"], weights, "CR2")
    found = primary(frame)
    assert (found.estimate, found.se, found.effect.degrees_of_freedom) == pytest.approx(
        (fit.coefficients[1], fit.standard_errors[1], fit.degrees_of_freedom[1]), rel=1e-7
    )
    assert (found.low, found.high) == pytest.approx(fit.interval(1), rel=1e-7)


def test_a_linear_world_gives_the_effect_back(frame: pd.DataFrame) -> None:
    found = primary(frame)
    means = frame.groupby("mentore")["note"].mean()
    assert found.low < 1.5 < found.high
    assert means[True] - means[False] > found.high
    assert found.smd_before > 0.3
    assert found.smd_after < 1e-6
    assert found.n == len(frame)
    assert found.clusters == 40


@pytest.mark.parametrize("name", [name for name in LABELS if name != "naif"])
def test_every_estimator_that_adjusts_gives_the_effect_back(frame: pd.DataFrame, name: str) -> None:
    found = estimate(sample(frame), name)
    assert found.low < 1.5 < found.high
    assert found.effect.clusters == 40


def test_the_naive_estimator_is_the_difference_of_means(frame: pd.DataFrame) -> None:
    means = frame.groupby("mentore")["note"].mean()
    found = estimate(sample(frame), "naif")
    assert found.estimate == pytest.approx(means[True] - means[False])
    assert np.isnan(found.smd_after)


@pytest.mark.parametrize("name", DESIGNED)
def test_a_design_brings_the_groups_nearer(frame: pd.DataFrame, name: str) -> None:
    design = design_of(sample(frame), name)
    assert design is not None
    assert design.max_smd_after < design.max_smd_before


def test_row_order_does_not_matter(frame: pd.DataFrame) -> None:
    one, other = primary(frame), primary(frame.sample(frac=1, random_state=2))
    assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se), rel=1e-7)


def test_scaling_the_outcome_scales_the_effect(frame: pd.DataFrame) -> None:
    one, other = primary(frame), primary(frame.assign(note=10 * frame["note"] + 3))
    assert (other.estimate, other.low, other.p) == pytest.approx((10 * one.estimate, 10 * one.low, one.p), rel=1e-7)


def test_missing_outcomes_are_dropped_before_the_groups_are_balanced(frame: pd.DataFrame) -> None:
    frame.loc[frame.index[:50], "note"] = np.nan
    found = primary(frame)
    assert found.n == 550
    assert found.smd_after < 1e-6


def test_missing_covariates_keep_their_rows(frame: pd.DataFrame) -> None:
    frame.loc[frame.index[:60], "age"] = np.nan
    frame.loc[frame.index[30:90], "lieu"] = None
    found = primary(frame)
    assert found.n == len(frame)
    assert found.design is not None
    assert {"age=inconnu", "lieu=inconnu"} <= set(found.design.balance["covariable"])


def test_a_level_too_rare_to_balance_is_pooled_and_said_so(frame: pd.DataFrame) -> None:
    frame.loc[frame["mentore"].to_numpy().nonzero()[0][: RARE - 1], "lieu"] = "lieu rare"
    encoded = encode_covariates(frame, ["lieu"], frame["mentore"])
    assert "lieu=lieu rare" not in encoded.columns
    assert f"lieu={POOLED}" not in encoded.columns
    assert "lieu=lieu rare" in encoded.warnings[0]
    assert "lieu rare" in primary(frame, ["lieu"]).warnings[0]


def test_a_covariate_that_never_varies_is_left_out(frame: pd.DataFrame) -> None:
    encoded = encode_covariates(frame.assign(vide=None, un=1.0), ["vide", "un", "age"], frame["mentore"])
    assert list(encoded.columns) == ["age"]


@pytest.mark.parametrize("name", [name for name in LABELS if name not in {"naif", "regression"}])
def test_groups_that_do_not_overlap_are_refused_in_french_by_every_design(frame: pd.DataFrame, name: str) -> None:
    frame["age"] = np.where(frame["mentore"], 17, 12) + frame["age"] / 100
    with pytest.raises(NotEstimable, match=r"ne se recouvrent pas|séparent parfaitement|sépare les jeunes"):
        estimate(sample(frame), name)


@pytest.mark.parametrize("name", [name for name in LABELS if name != "naif"])
def test_a_factor_that_separates_the_groups_is_refused_never_pooled_away(frame: pd.DataFrame, name: str) -> None:
    frame["lieu"] = np.where(frame["mentore"], "famille", "etablissement")
    with pytest.raises(NotEstimable, match="« lieu »"):
        estimate(sample(frame), name)


def test_rare_levels_that_both_groups_share_do_not_separate_them(frame: pd.DataFrame) -> None:
    few = frame.iloc[:60].assign(lieu=[f"lieu {rank % 8}" for rank in range(60)])
    assert sample(few).separating == ()


def test_weights_worth_fewer_than_ten_young_people_are_refused(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    frame["age"] = np.where(frame["mentore"], rng.normal(17.6, 0.4, len(frame)), rng.normal(14, 1.0, len(frame)))
    with pytest.raises(NotEstimable, match=r"équivalent de|trop différents|ne se recouvrent pas"):
        primary(frame)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"structure": 1}, "ne viennent que de 1 grappe"),
        ({"note": 3.0}, "la même réponse"),
        ({"mentore": False}, "Moins de 11 réponses"),
    ],
)
def test_what_cannot_be_estimated_is_said_in_french(frame: pd.DataFrame, change: dict[str, object], told: str) -> None:
    with pytest.raises(NotEstimable, match=told):
        primary(frame.assign(**change))


def test_fewer_than_four_clusters_an_arm_are_refused(frame: pd.DataFrame) -> None:
    few = frame.assign(structure=np.where(frame["mentore"], frame["structure"] % 3, 10 + frame["structure"]))
    with pytest.raises(NotEstimable, match="mentorés ne viennent que de 3 grappe"):
        primary(few)


def test_an_outcome_constant_in_one_arm_is_told(frame: pd.DataFrame) -> None:
    answers = frame.assign(note=np.where(frame["mentore"], 1.0, (frame["note"] > 11).astype(float)))
    assert any("ont donné la même réponse" in one for one in primary(answers).warnings)
