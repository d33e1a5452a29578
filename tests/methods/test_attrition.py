"""Departures between two waves: rates, weights and bounds, on simulated panels whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.causal.attrition import attrition_weights, differential_attrition, imbens_manski, lee_bounds
from mentorat.causal.balancing import NotEstimable


def wave(seed: int, n: int = 600, effect: float = 0.5) -> pd.DataFrame:
    """Drawn by lot; the mentored leave less, and those with a low outcome leave more often."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, n)
    mentored, score = rng.random(n) < 0.5, x + rng.normal(size=n)
    stays = rng.random(n) < stats.norm.cdf(0.5 + 0.4 * score + 0.5 * mentored)
    return pd.DataFrame(
        {
            "mentore": mentored,
            "x": x,
            "groupe_x": np.where(x == 1, "haut", "bas"),
            "reste": stays,
            "y": np.where(stays, score + effect * mentored, np.nan),
            "grappe": rng.integers(0, 60, n),
        }
    )


def test_departures_of_each_group_are_compared_and_a_difference_is_told() -> None:
    data = wave(1, 2000)
    found = differential_attrition(data, responded="reste", treatment="mentore", cluster="grappe")
    gone = 1 - data.groupby("mentore")["reste"].mean()
    assert (found.share1, found.share2) == pytest.approx((gone[True], gone[False]))
    assert found.estimate.high < 0
    assert "Les départs diffèrent" in " ".join(found.estimate.warnings)
    alike = differential_attrition(data.assign(reste=np.arange(2000) % 5 > 0), responded="reste", treatment="mentore")
    assert "Les départs diffèrent" not in " ".join(alike.estimate.warnings)


def test_weights_give_each_group_its_first_wave_back() -> None:
    data = wave(2, 4000)
    found = attrition_weights(data, responded="reste", treatment="mentore", covariates=["groupe_x"])
    assert (found.weights[~data["reste"]] == 0).all()
    for group in (True, False):
        rows = data["mentore"] == group
        assert np.average(data["x"][rows], weights=found.weights[rows]) == pytest.approx(data["x"][rows].mean())
        assert found.weights[rows].sum() == pytest.approx(rows.sum())
    assert found.ess_treated <= (data["mentore"] & data["reste"]).sum()


def test_bounds_by_hand() -> None:
    """All controls answer 8 in 10 times, all treated 10 in 10: a fifth of the treated is trimmed at either end."""
    treated = pd.DataFrame({"mentore": True, "y": np.arange(20.0)})
    others = pd.DataFrame({"mentore": False, "y": [5.0] * 16 + [np.nan] * 4})
    found = lee_bounds(pd.concat([treated, others], ignore_index=True), outcome="y", treatment="mentore", draws=99)
    assert (found.lower, found.upper) == pytest.approx((np.mean(np.arange(16)) - 5, np.mean(np.arange(4, 20)) - 5))
    assert found.strata["part_retiree"].tolist() == pytest.approx([0.2])


def test_without_departures_the_bounds_are_the_difference_and_the_interval_the_usual_one() -> None:
    data = wave(3).assign(y=lambda d: d["x"] + d["mentore"] * 0.5)
    found = lee_bounds(data, outcome="y", treatment="mentore")
    gap = data.loc[data["mentore"], "y"].mean() - data.loc[~data["mentore"], "y"].mean()
    assert (found.lower, found.upper) == pytest.approx((gap, gap))
    assert imbens_manski(0.0, 1.0, 0.95) == pytest.approx(stats.norm.ppf(0.975))
    assert imbens_manski(1e6, 1.0, 0.95) == pytest.approx(stats.norm.ppf(0.95))
    assert found.high - found.upper == pytest.approx(stats.norm.ppf(0.975) * found.se_upper)


def test_strata_tighten_the_bounds() -> None:
    data = wave(4, 4000)
    wide = lee_bounds(data, outcome="y", treatment="mentore", draws=50)
    tight = lee_bounds(data, outcome="y", treatment="mentore", strata="groupe_x", draws=50)
    assert tight.upper - tight.lower < wide.upper - wide.lower
    assert tight.strata["poids"].sum() == pytest.approx(1)


def test_the_bootstrap_error_is_that_of_lee_s_proposition_3() -> None:
    data = wave(5, 4000)
    found = lee_bounds(data, outcome="y", treatment="mentore", draws=400)
    y1 = np.sort(data.loc[data["mentore"], "y"].dropna().to_numpy())
    y0 = data.loc[~data["mentore"], "y"].dropna().to_numpy()
    n, d = len(data), data["mentore"].mean()
    q1, q0 = data.loc[data["mentore"], "reste"].mean(), data.loc[~data["mentore"], "reste"].mean()
    p = 1 - q0 / q1
    kept = y1[: round((1 - p) * len(y1))]
    share, cut = q1 * d * (1 - p), kept[-1]
    variance = kept.var() / share + (cut - kept.mean()) ** 2 * p / share
    spread = (1 - p) ** 2 * ((1 - q1) / (q1 * d) + (1 - q0) / (q0 * (1 - d)))
    variance += ((cut - kept.mean()) / (1 - p)) ** 2 * spread + y0.var() / (q0 * (1 - d))
    assert found.se_lower == pytest.approx((variance / n) ** 0.5, rel=0.12)


def test_the_interval_covers_an_effect_that_the_respondents_alone_miss() -> None:
    inside = missed = 0
    for seed in range(100):
        data = wave(seed)
        found = lee_bounds(data, outcome="y", treatment="mentore", cluster="grappe", draws=150)
        inside += found.low <= 0.5 <= found.high
        seen = data.dropna(subset="y").groupby("mentore")["y"].mean()
        missed += seen[True] - seen[False] < 0.5
    assert inside >= 93
    assert missed > 70


def test_order_of_rows_and_names_of_clusters_change_nothing() -> None:
    data = wave(6)
    for cluster in (None, "grappe"):
        first = lee_bounds(data, outcome="y", treatment="mentore", strata="groupe_x", cluster=cluster, draws=60)
        other = data.sample(frac=1, random_state=1)
        second = lee_bounds(other, outcome="y", treatment="mentore", strata="groupe_x", cluster=cluster, draws=60)
        assert (first.low, first.high) == pytest.approx((second.low, second.high), rel=1e-12)


def test_a_group_too_thin_is_refused() -> None:
    data = wave(7, 60)
    with pytest.raises(NotEstimable, match="Moins de 11 réponses"):
        lee_bounds(data.assign(y=data["y"].where(~data["mentore"])), outcome="y", treatment="mentore")
    with pytest.raises(NotEstimable, match="seule grappe"):
        lee_bounds(data.assign(grappe=1), outcome="y", treatment="mentore", cluster="grappe")
