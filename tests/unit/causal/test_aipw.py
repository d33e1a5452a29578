from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.aipw import aipw_att
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.outcomes import OutcomeEffect
from mentorat.survey.design import SurveyError


def population(n: int = 1_500, *, seed: int = 0) -> pd.DataFrame:
    """Treatment and answer both depend on x and its square; the effect is 1 for everybody."""
    rng = np.random.default_rng(seed)
    x, cluster = rng.normal(size=n), rng.integers(0, 50, n)
    pull = 0.7 * x + 0.5 * (x**2 - 1)
    treated = rng.random(n) < 1 / (1 + np.exp(-(pull - 0.3)))
    y = 1.0 * treated + x + 0.8 * x**2 + rng.normal(0, 0.3, 50)[cluster] + rng.normal(size=n)
    return pd.DataFrame({"x": x, "carre": x**2, "a": treated, "y": y, "g": cluster, "poids": rng.uniform(0.5, 2, n)})


def effect(frame: pd.DataFrame, *covariates: str, **choices: Any) -> OutcomeEffect:
    return aipw_att(frame, "y", "a", covariates or ("x", "carre"), **{"cluster": "g", **choices})


@pytest.mark.parametrize("folds", [0, 5])
def test_the_effect_is_found_where_the_difference_of_means_misses_it(folds: int) -> None:
    frame = population()
    found = effect(frame, folds=folds)
    naive = frame["y"][frame["a"]].mean() - frame["y"][~frame["a"]].mean()
    assert naive > 1.5
    assert found.low < 1 < found.high
    assert abs(found.estimate - 1) < 0.15


def test_one_right_model_is_enough() -> None:
    """Without noise in the outcome's model the effect is exact, however the treatment came about; and the reverse."""
    frame = population()
    exact = frame.assign(y=1.0 * frame["a"] + 2 * frame["x"])
    assert effect(exact, "x").estimate == pytest.approx(1)  # the treatment also hangs on the square, left out
    rng = np.random.default_rng(1)
    n = 60_000
    x = rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(-0.7 * x))
    curved = pd.DataFrame({"x": x, "a": treated, "y": treated + x**2 + 0.5 * x, "g": np.arange(n) % 200})
    assert effect(curved, "x").estimate == pytest.approx(1, abs=0.05)  # the answers' model is not a line


def test_the_influences_and_the_jackknife_tell_the_same_error() -> None:
    frame = population(2_000)
    for choices in ({}, {"weights": frame["poids"]}):
        influence, jackknife = (effect(frame, variance=one, **choices) for one in ("influence", "jackknife"))
        assert jackknife.estimate == influence.estimate
        assert jackknife.standard_error == pytest.approx(influence.standard_error, rel=0.08)


def test_a_logit_of_answers_keeps_means_between_0_and_1() -> None:
    frame = population().assign(y=lambda d: (d["y"] > 1.5) * 1.0)
    found = effect(frame, model="logit")
    assert 0 < found.mean_untreated < found.mean_treated < 1
    assert found.estimate == pytest.approx(found.mean_treated - found.mean_untreated)
    with pytest.raises(SurveyError, match="autres valeurs"):
        effect(population(), model="logit")


@pytest.mark.parametrize("folds", [0, 4])
def test_row_order_names_and_scale_do_not_matter(folds: int) -> None:
    frame = population()
    plain = effect(frame, folds=folds, weights=frame["poids"])
    other = frame.sample(frac=1, random_state=3).assign(g=lambda d: d["g"] + 100, y=lambda d: 2 * d["y"])
    again = effect(other, folds=folds, weights=5 * other["poids"])
    assert (again.estimate, again.standard_error) == pytest.approx((2 * plain.estimate, 2 * plain.standard_error))


def test_folds_are_of_whole_clusters_and_seeded() -> None:
    frame = population()
    one, same, other = (effect(frame, folds=3, seed=seed) for seed in (1, 1, 2))
    assert one.estimate == same.estimate != other.estimate
    assert "3 plis par grappe" in one.method
    with pytest.raises(NotEstimable, match="plis"):
        effect(frame.assign(g=frame["g"] % 9), folds=5)
    with pytest.raises(ValueError, match="folds"):
        effect(frame, folds=1)
    with pytest.raises(ValueError, match="linear, logit"):
        effect(population(200), model="ordinal")


def test_a_covariate_that_separates_the_arms_is_refused() -> None:
    frame = population().assign(z=lambda d: d["a"] * 2.0 + d["x"].clip(-0.5, 0.5))
    with pytest.raises(NotEstimable, match="sépare"):
        effect(frame, "z")


def test_few_clusters_are_told() -> None:
    assert any("12" in told for told in effect(population().assign(g=lambda d: d["g"] % 12)).warnings)
