"""Scales: what counts as positive, direction, reliability of a dimension, an index of it."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError
from mentorat.survey.scales import dimension_index, oriented, reliability, top_box

ABILITY = {
    # Covariances of R's `ability.cov` (Smith and Stanley 1983), 112 respondents.
    "general": [24.641, 5.991, 33.520, 6.023, 20.755, 29.701],
    "picture": [5.991, 6.700, 18.137, 1.782, 4.936, 7.204],
    "blocks": [33.520, 18.137, 149.831, 19.424, 31.430, 50.753],
    "maze": [6.023, 1.782, 19.424, 12.711, 4.757, 9.075],
    "reading": [20.755, 4.936, 31.430, 4.757, 52.604, 66.762],
    "vocab": [29.701, 7.204, 50.753, 9.075, 66.762, 135.292],
}
FACTANAL = [0.682203098726, 0.383954423231, 0.501811068335, 0.299786908812, 0.876518048359, 0.848680678357]
"""R 4.2.2, factanal(factors = 1, covmat = ability.cov)$loadings."""


def answers_with(covariance: np.ndarray, n: int, names: list[str], seed: int = 1) -> pd.DataFrame:
    """Simulated answers whose covariance is exactly the one asked for."""
    x = np.random.default_rng(seed).normal(size=(n, len(names)))
    x -= x.mean(axis=0)
    white = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    return pd.DataFrame(white @ np.linalg.cholesky(covariance).T, columns=names)


def parallel(rho: float, k: int = 4, n: int = 200) -> pd.DataFrame:
    return answers_with(np.full((k, k), rho) + (1 - rho) * np.eye(k), n, [f"q{j}" for j in range(k)])


def ability() -> pd.DataFrame:
    return answers_with(np.array(list(ABILITY.values())), 112, list(ABILITY))


def groups(n: int = 400, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=n)
    frame = pd.DataFrame({f"q{j}": np.clip(np.round(3 + trait + rng.normal(size=n)), 1, 5) for j in range(4)})
    return frame.assign(mentore=rng.random(n) < 0.5)


def test_top_two_boxes_count_the_codes_asked_for_and_leave_the_unanswered_out() -> None:
    scale = pd.Series([1, 4, 5, None, 3], name="q")
    assert top_box(scale, ("4", "5")).tolist() == pytest.approx([0, 1, 1, np.nan, 0], nan_ok=True)
    words = pd.Series(["souvent", None, "jamais"], name="q")
    assert top_box(words, ("souvent", "tres_souvent")).tolist() == pytest.approx([1, np.nan, 0], nan_ok=True)
    truth = pd.Series([True, None, False], name="q", dtype="object")
    assert top_box(truth, ("oui",)).tolist() == pytest.approx([1, np.nan, 0], nan_ok=True)
    assert top_box(truth.astype("boolean"), ("non",)).tolist() == pytest.approx([0, np.nan, 1], nan_ok=True)


def test_a_scale_without_a_positive_code_is_refused() -> None:
    with pytest.raises(SurveyError, match="aucun code positif"):
        top_box(pd.Series([1, 2], name="q"), ())


def test_a_reversed_item_is_mirrored_inside_its_scale_and_out_of_scale_codes_are_refused() -> None:
    frame = pd.DataFrame({"q": [1, 5, None], "r": [2, 2, 3]})
    assert oriented(frame, ["q", "r"], ["q"], {"q": (1, 5)})["q"].tolist() == pytest.approx([5, 1, np.nan], nan_ok=True)
    with pytest.raises(SurveyError, match="« q » prend des valeurs hors"):
        oriented(frame, ["q"], (), {"q": (1, 4)})


def test_alpha_of_parallel_items_is_spearman_brown_and_omega_equals_it() -> None:
    found = reliability(parallel(0.4), ["q0", "q1", "q2", "q3"])
    assert found.alpha == pytest.approx(4 * 0.4 / (1 + 3 * 0.4), rel=1e-10)
    assert found.omega == pytest.approx(found.alpha, rel=1e-5)
    # Item against the sum of the three others: 3ρ / √(3 + 6ρ).
    assert found.items["correlation_reste"].tolist() == pytest.approx([1.2 / np.sqrt(5.4)] * 4, rel=1e-10)
    assert found.items["alpha_sans"].tolist() == pytest.approx([3 * 0.4 / (1 + 2 * 0.4)] * 4, rel=1e-10)


def test_one_factor_is_that_of_factanal_and_alpha_that_of_its_formula() -> None:
    frame = ability()
    found = reliability(frame, list(ABILITY), standardise=False)
    assert found.items["charge"].tolist() == pytest.approx(FACTANAL, abs=1e-5)
    assert found.omega == pytest.approx(0.800744973168, abs=1e-5)
    assert found.alpha == pytest.approx(0.74290691514, rel=1e-9)
    # 1 − (1 − alpha) × qf(c(.975, .025), 111, 555)
    assert (found.low, found.high) == pytest.approx((0.661437925999, 0.810202959014), rel=1e-9)
    assert reliability(frame, list(ABILITY)).omega == pytest.approx(0.783985754137, abs=1e-5)
    assert reliability(frame, list(ABILITY)).alpha == pytest.approx(0.802940007413, rel=1e-9)


def test_feldt_interval_holds_the_true_alpha_as_often_as_it_says() -> None:
    rng, k, rho, draws = np.random.default_rng(12), 4, 0.3, 400
    truth, held = k * rho / (1 + (k - 1) * rho), 0
    for _ in range(draws):
        x = np.sqrt(rho) * rng.normal(size=(80, 1)) + np.sqrt(1 - rho) * rng.normal(size=(80, k))
        one = reliability(pd.DataFrame(x, columns=list("abcd")), list("abcd"), standardise=False)
        held += one.low <= truth <= one.high
    assert 0.92 <= held / draws <= 0.98  # three standard errors


def test_reliability_ignores_row_order_units_direction_and_the_scale_of_weights() -> None:
    frame = groups()
    items = ["q0", "q1", "q2", "q3"]
    weights = np.random.default_rng(5).uniform(1, 3, len(frame))
    first = reliability(frame, items, weights=weights)
    moved = frame.assign(q1=6 - frame["q1"], q2=10 * frame["q2"] + 3)
    order = np.random.default_rng(6).permutation(len(frame))
    second = reliability(moved.iloc[order], items, reverse=["q1"], weights=7 * weights[order])
    assert (second.alpha, second.low, second.omega) == pytest.approx((first.alpha, first.low, first.omega), rel=1e-6)


def test_two_items_few_answers_and_unlike_items_come_with_their_warning() -> None:
    found = reliability(parallel(0.05, n=40), ["q0", "q1"], name="scolaire")
    assert np.isnan(found.omega)
    told = " ".join(found.warnings)
    assert "2\u00a0items" in told or "2 items" in told
    assert "moins de 50" in told
    assert "lisez-les un à un" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q1": np.nan}, "Personne n'a répondu à l'item « q1 »"),
        ({"q1": 3}, "« q1 » est constant"),
        ({"q1": "beaucoup"}, "« q1 » contient du texte"),
    ],
)
def test_an_item_that_cannot_be_used_is_named(change: dict[str, object], message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        reliability(groups().assign(**change), ["q0", "q1", "q2"])


def test_an_index_has_mean_zero_and_spread_one_in_the_comparison_group() -> None:
    frame = groups()
    weights = np.random.default_rng(5).uniform(1, 3, len(frame))
    for weighting in ("egal", "covariance"):
        index = dimension_index(frame, ["q0", "q1", "q2"], "mentore", weights=weights, weighting=weighting)
        others = ~frame["mentore"].to_numpy()
        values, w = index.values.to_numpy()[others], weights[others]
        assert np.average(values, weights=w) == pytest.approx(0, abs=1e-12)
        share = w / w.sum()
        assert share @ values**2 / (1 - (share**2).sum()) == pytest.approx(1)


def test_an_index_of_one_item_is_its_standardised_value_with_its_direction() -> None:
    frame = groups()
    others = frame.loc[~frame["mentore"], "q0"]
    expected = -(frame["q0"] - others.mean()) / others.std()
    found = dimension_index(frame, ["q0"], "mentore", reverse=["q0"])
    assert found.values.to_numpy() == pytest.approx(expected.to_numpy())
    assert any("un à un" in text for text in found.warnings)


def test_half_of_the_items_makes_an_index_and_less_does_not() -> None:
    frame = groups()
    frame.loc[0, ["q0", "q1"]] = np.nan
    frame.loc[1, ["q0", "q1", "q2"]] = np.nan
    found = dimension_index(frame, ["q0", "q1", "q2", "q3"], "mentore")
    assert np.isfinite(found.values[0])
    assert np.isnan(found.values[1])
    assert (found.n, found.n_missing, found.n_partial) == (399, 1, 1)


def test_covariance_weights_give_less_to_an_item_said_twice() -> None:
    rng = np.random.default_rng(8)
    base = rng.normal(size=(2000, 2))
    frame = pd.DataFrame({"a": base[:, 0], "b": base[:, 1], "mentore": np.arange(2000) % 2 == 0})
    frame["a_bis"] = frame["a"] + 0.3 * rng.normal(size=2000)
    weights = dimension_index(frame, ["a", "a_bis", "b"], "mentore", weighting="covariance").items["poids"]
    assert weights[2] > 0.4
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mentore": None}, "groupe.*est vide"),
        ({"mentore": True}, "qu'un groupe"),
        ({"mentore": "oui"}, "vrai ou faux"),
        ({"q0": 3}, "« q0 » est constant dans le groupe de comparaison"),
        ({"q0": np.nan}, "« q0 » n'a pas deux réponses"),
    ],
)
def test_an_index_that_cannot_be_made_says_why(change: dict[str, object], message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        dimension_index(groups().assign(**change), ["q0", "q1"], "mentore")


@pytest.mark.parametrize("weights", [["a"] * 400, [0.0] * 400, [1.0] * 3])
def test_weights_that_are_not_weights_are_refused(weights: list[object]) -> None:
    with pytest.raises(SurveyError, match="poids"):
        dimension_index(groups(), ["q0", "q1"], "mentore", weights=weights)
