import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.robustness import (
    adjusted_estimate,
    adjusted_se,
    benchmark_sentence,
    benchmark_strength,
    contour_grid,
    hidden_confounding,
    robustness_value,
)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 400
    hidden, age = rng.normal(size=n), rng.normal(size=n)
    treated = (0.5 * hidden + 0.4 * age + rng.normal(size=n) > 0).astype(float)
    structure = rng.integers(0, 40, n)
    note = 1 + 0.6 * treated + 0.7 * hidden + 0.5 * age + 0.4 * rng.normal(size=40)[structure] + rng.normal(size=n)
    place = rng.choice(["a", "b", "c"], n)
    return pd.DataFrame(
        {"note": note, "mentore": treated, "age": age, "hidden": hidden, "structure": structure, "lieu": place}
    )


def covariates(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame[["age"]], pd.get_dummies(frame["lieu"], prefix="lieu", dtype=float)], axis=1)


def coefficient(y: np.ndarray, *columns: np.ndarray) -> tuple[float, float, float]:
    """Estimate, classical error of the first column and residual sum of squares of a least squares fit."""
    x = np.column_stack([*columns, np.ones(len(y))])
    fit, left, _, _ = np.linalg.lstsq(x, y, rcond=None)
    return fit[0], np.sqrt(left[0] / (len(y) - x.shape[1]) * np.linalg.inv(x.T @ x)[0, 0]), left[0]


def test_the_adjusted_estimate_is_that_of_the_regression_with_the_confounder(frame: pd.DataFrame) -> None:
    y, d, age, z = (frame[name].to_numpy() for name in ("note", "mentore", "age", "hidden"))
    short = hidden_confounding(y, d, frame[["age"]])
    estimate, error, _ = coefficient(y, d, age, z)
    with_d = 1 - coefficient(d, age, z)[2] / coefficient(d, age)[2]
    with_y = 1 - coefficient(y, d, age, z)[2] / coefficient(y, d, age)[2]
    found = adjusted_estimate(short.estimate, short.se, short.df, with_d, with_y)
    assert float(found) == pytest.approx(estimate, rel=1e-10)
    assert float(adjusted_se(short.se, short.df, with_d, with_y)) == pytest.approx(error, rel=1e-10)


def test_a_confounder_as_strong_as_the_robustness_value_undoes_what_it_says(frame: pd.DataFrame) -> None:
    found = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]])
    gone = adjusted_estimate(found.estimate, found.se, found.df, found.rv_q, found.rv_q)
    assert float(gone) == pytest.approx(0, abs=1e-12)
    estimate = adjusted_estimate(found.estimate, found.se, found.df, found.rv_qa, found.rv_qa)
    error = adjusted_se(found.se, found.df, found.rv_qa, found.rv_qa)
    assert float(estimate / error) == pytest.approx(found.critical, rel=1e-10)


def test_half_of_the_estimate_is_undone_by_the_value_for_half() -> None:
    half = robustness_value(5, 100, q=0.5)
    assert float(adjusted_estimate(5.0, 1.0, 100, half, half)) == pytest.approx(2.5)


def test_an_estimate_that_is_not_significant_has_nothing_to_lose() -> None:
    assert robustness_value(1.2, 100, alpha=0.05) == 0
    assert robustness_value(1.2, 100) > 0


def test_a_very_strong_effect_meets_the_bound_of_the_other_side() -> None:
    """Beyond 1/f* the worst confounder explains less of the outcome than of the treatment."""
    t, df = 60.0, 10.0
    value = robustness_value(t, df, alpha=0.05)
    assert 0 < value < robustness_value(t, df) < 1


def test_benchmarks_of_a_factor_take_all_its_levels(frame: pd.DataFrame) -> None:
    found = hidden_confounding(
        frame["note"],
        frame["mentore"],
        covariates(frame),
        benchmarks={"âge": ["age"], "lieu": ["lieu_a", "lieu_b", "lieu_c"]},
        multiples=[1],
    ).bounds.set_index("repere")
    y, d, age = (frame[name].to_numpy() for name in ("note", "mentore", "age"))
    levels = [(frame["lieu"] == one).to_numpy(float) for one in "ab"]
    with_d = 1 - coefficient(d, age, *levels)[2] / coefficient(d, age)[2]
    with_y = 1 - coefficient(y, d, age, *levels)[2] / coefficient(y, d, age)[2]
    expected = benchmark_strength(with_d, with_y)
    assert found.loc["lieu", ["r2_mentorat", "r2_resultat"]].tolist() == pytest.approx([float(one) for one in expected])


def test_an_impossible_multiple_is_told_rather_than_computed(frame: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    almost = pd.DataFrame({"presque": frame["mentore"] + 0.3 * rng.normal(size=len(frame))})
    row = hidden_confounding(
        frame["note"], frame["mentore"], almost, benchmarks={"presque": ["presque"]}, multiples=[3]
    ).bounds.iloc[0]
    assert np.isnan(row["estimation"])
    assert "n’est pas calculé" in row["avertissement"]


def test_clusters_change_errors_not_the_estimate(frame: pd.DataFrame) -> None:
    one = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]])
    other = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]], clusters=frame["structure"])
    assert (other.estimate, other.rv_q, other.partial_r2) == (one.estimate, one.rv_q, one.partial_r2)
    assert other.clusters == 40
    assert other.se != one.se
    assert "grappes" in other.warnings[0]


def test_singleton_clusters_give_nearly_the_classical_reading(frame: pd.DataFrame) -> None:
    one = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]])
    other = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]], clusters=np.arange(len(frame)))
    assert other.rv_qa == pytest.approx(one.rv_qa, rel=0.1)


def test_order_scale_of_weights_and_units_do_not_matter(frame: pd.DataFrame) -> None:
    w = np.random.default_rng(3).uniform(0.5, 2, len(frame))
    one = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]], weights=w)
    turned = frame.iloc[::-1]
    other = hidden_confounding(turned["note"] * 10, turned["mentore"], turned[["age"]] * 7, weights=5 * w[::-1])
    assert (other.rv_q, other.rv_qa, other.estimate / 10) == pytest.approx((one.rv_q, one.rv_qa, one.estimate))


def test_the_grid_of_contours_starts_at_the_estimate_and_crosses_zero_at_the_robustness_value(
    frame: pd.DataFrame,
) -> None:
    found = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]])
    grid = contour_grid(found, limit=found.rv_q, size=3)
    assert len(grid) == 9
    assert grid["estimation"].iloc[0] == pytest.approx(found.estimate)
    assert grid["estimation"].iloc[-1] == pytest.approx(0, abs=1e-12)


def test_sentences_follow_the_figures(frame: pd.DataFrame) -> None:
    found = hidden_confounding(frame["note"], frame["mentore"], frame[["age"]], benchmarks={"âge": ["age"]})
    assert "annuler l’écart estimé" in found.sentence
    worst = found.bounds.iloc[-1]
    kept = worst["ic_bas"] > 0
    assert ("resterait" in benchmark_sentence(found)) == kept
    nothing = hidden_confounding(np.random.default_rng(0).normal(size=400), frame["mentore"], frame[["age"]])
    assert "contient déjà ce seuil" in nothing.sentence
    assert "Aucune caractéristique" in benchmark_sentence(nothing)


def test_a_treatment_that_covariates_determine_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(NotEstimable, match="déterminent"):
        hidden_confounding(frame["note"], frame["mentore"], frame[["mentore"]].rename(columns={"mentore": "x"}))
    with pytest.raises(NotEstimable, match="manque"):
        hidden_confounding(frame["note"].where(frame.index > 0), frame["mentore"], frame[["age"]])
    with pytest.raises(NotEstimable, match="tout le résultat"):
        hidden_confounding(2 * frame["mentore"] + frame["age"], frame["mentore"], frame[["age"]])
