"""Dose-response at a landmark, on simulated pairs."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.dose import landmark_dose_response
from mentorat.survey.terms import restricted_cubic

ASKED = {"outcome": "y", "dose": "seances", "duration": "mois", "landmark": 6}


def pairs(seed: int, n: int = 600, slope: float = 0.1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age, grappe = rng.normal(14, 2, n), rng.integers(0, 30, n)
    sessions = rng.poisson(8 + 0.5 * (age - 14).clip(-4, 4))
    y = slope * sessions + 0.3 * age + rng.normal(size=n) + 0.3 * rng.normal(size=30)[grappe]
    return pd.DataFrame({"seances": sessions, "mois": rng.uniform(2, 12, n), "age": age, "y": y, "grappe": grappe})


def test_the_slope_is_found_once_age_is_held() -> None:
    covered = [
        (one := landmark_dose_response(pairs(seed), **ASKED, covariates=["age"], cluster="grappe").trend).low
        <= 0.1
        <= one.high
        for seed in range(100)
    ]
    assert 0.88 <= np.mean(covered) <= 0.99
    assert landmark_dose_response(pairs(0), **ASKED, cluster="grappe").trend.low > 0.1


def test_bands_are_the_differences_of_means() -> None:
    data = pairs(1)
    found = landmark_dose_response(data, **ASKED, cuts=[6, 10]).levels.table
    seen = data[data["mois"] >= 6]
    means = seen.groupby(pd.cut(seen["seances"], [-1, 5, 9, 99]), observed=True)["y"].mean().to_numpy()
    assert found["dose"].tolist() == ["< 6", "[6\u202f; 10[", "≥ 10"]
    assert found["estimate"].tolist() == pytest.approx([0, means[1] - means[0], means[2] - means[0]])
    assert found["reference"].tolist() == [True, False, False]


def test_the_spline_is_straight_where_the_truth_is() -> None:
    data = pairs(2).assign(y=lambda d: 0.25 * d["seances"] + np.arange(len(d)) % 2 * 1e-9)
    found = landmark_dose_response(data, **ASKED, shape="spline").levels.table
    doses = found["dose"].astype(float)
    assert found["estimate"].tolist() == pytest.approx((0.25 * (doses - doses.iloc[0])).tolist(), abs=1e-6)


def test_the_basis_is_straight_beyond_its_knots_and_bends_without_a_break() -> None:
    x = np.linspace(-5, 15, 2001)
    bent = restricted_cubic(x, np.array([0.0, 4.0, 10.0]))[:, 1]
    second = np.diff(bent, 2)
    assert np.abs(second[(x[1:-1] < -0.1) | (x[1:-1] > 10.1)]).max() < 1e-9
    assert np.abs(np.diff(second)).max() < 1e-6


def test_those_who_ended_before_the_landmark_are_counted_and_the_survivors_told() -> None:
    data = pairs(3)
    data.loc[data.index[:9], "y"] = np.nan
    found = landmark_dose_response(data, **ASKED)
    assert found.n + found.n_ended + found.n_missing == len(data)
    assert found.n_ended == (data["mois"] < 6).sum()
    assert found.warnings[0].startswith("Ces chiffres ne portent que sur les binômes encore en cours")
    assert "avant le repère" in found.warnings[1]
    assert found.trend.warnings == found.levels.warnings == found.warnings


def test_a_dose_that_means_nothing_shows_no_trend() -> None:
    """Sessions do nothing; long pairs do better and have more sessions in the end: the landmark is not fooled."""
    fooled = kept = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        months = rng.uniform(1, 12, 500)
        data = pd.DataFrame({"mois": months, "total": rng.poisson(2 * months), "y": months + rng.normal(size=500)})
        data["grappe"] = np.arange(500) % 25
        data["seances"] = rng.poisson(2 * np.minimum(months, 6))
        fooled += (
            landmark_dose_response(data, **(ASKED | {"dose": "total", "landmark": 0}), cluster="grappe").trend.low > 0
        )
        one = landmark_dose_response(data, **ASKED, cluster="grappe").trend
        kept += one.low <= 0 <= one.high
    assert fooled == 40
    assert kept >= 34


def test_order_of_rows_changes_nothing() -> None:
    data = pairs(4)
    for shape in ("marches", "spline"):
        first = landmark_dose_response(data, **ASKED, shape=shape, covariates=["age"], cluster="grappe")
        second = landmark_dose_response(
            data.sample(frac=1, random_state=1), **ASKED, shape=shape, covariates=["age"], cluster="grappe"
        )
        np.testing.assert_allclose(first.levels.table["low"], second.levels.table["low"], rtol=1e-8)


def test_what_cannot_be_estimated_is_refused() -> None:
    data = pairs(5)
    for change, said in (
        ({"seances": 4}, "la même pour tous"),
        ({"y": 1.0}, "la même réponse"),
        ({"mois": 1.0}, "au repère"),
        ({"grappe": 1}, "seule grappe"),
    ):
        with pytest.raises(NotEstimable, match=said):
            landmark_dose_response(data.assign(**change), **ASKED, cluster="grappe")
    with pytest.raises(NotEstimable, match="tranche de dose"):
        landmark_dose_response(data, **ASKED, cuts=[1, 60])
