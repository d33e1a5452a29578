from itertools import product

import numpy as np
import pytest

from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.wild_bootstrap import wild_cluster_bootstrap
from mentorat.survey.design import SurveyError
from tests.unit.causal.few_clusters import design, fitted, rows


def by_hand(null: float) -> tuple[float, np.ndarray]:
    """t of the sample and of every draw, by fitting the model again on answers made under the null."""
    frame = rows(6)
    x, w, labels = design(frame), frame["poids"].to_numpy(), frame["grappe"].to_numpy()
    others = x[:, [0, 2]]
    y = frame["y"].to_numpy() - null * x[:, 1]
    restricted = np.linalg.lstsq(others * np.sqrt(w)[:, None], y * np.sqrt(w), rcond=None)[0]
    expected, left = others @ restricted + null * x[:, 1], y - others @ restricted

    def t(values: np.ndarray) -> float:
        fit = cluster_robust(values, x, labels, w, "CR1S")
        return float((fit.coefficients[1] - null) / fit.standard_errors[1])

    signs = np.array(list(product((-1.0, 1.0), repeat=6)))
    return t(frame["y"].to_numpy()), np.array([t(expected + left * sign[labels]) for sign in signs])


@pytest.mark.parametrize("null", [0.0, 0.7])
def test_figures_by_cluster_give_what_fitting_every_draw_again_gives(null: float) -> None:
    original, drawn = by_hand(null)
    found = wild_cluster_bootstrap(fitted(rows(6)), 1, null=null)
    assert found.t == pytest.approx(original, rel=1e-9)
    assert np.sort(found.statistics) == pytest.approx(np.sort(drawn), rel=1e-8, abs=1e-9)
    assert found.p == (np.abs(drawn) >= abs(original) - 1e-10).mean()


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
def test_the_interval_is_what_the_test_does_not_reject(weights: str) -> None:
    fit = fitted(rows(13))
    found = wild_cluster_bootstrap(fit, 1, weights=weights, draws=999)  # type: ignore[arg-type]
    assert found.low < found.estimate < found.high
    for limit, outward in ((found.low, -1e-6), (found.high, 1e-6)):
        inside, outside = (
            wild_cluster_bootstrap(fit, 1, null=limit + step, weights=weights, draws=999).p  # type: ignore[arg-type]
            for step in (-outward, outward)
        )
        assert outside <= 0.05 < inside


def test_any_kind_of_errors_and_any_combination_may_be_tested() -> None:
    frame = rows()
    plain = wild_cluster_bootstrap(fitted(frame), 1)
    assert wild_cluster_bootstrap(fitted(frame, "CR0"), [0, 1, 0]).p == plain.p
    half = wild_cluster_bootstrap(fitted(frame), [0, 0.5, 0])
    assert (half.p, half.low, half.high) == pytest.approx((plain.p, plain.low / 2, plain.high / 2))


def test_row_order_scale_and_names_do_not_matter() -> None:
    frame = rows(20)
    plain = wild_cluster_bootstrap(fitted(frame), 1, draws=499)
    assert not plain.enumerated
    other = frame.sample(frac=1, random_state=1).assign(
        grappe=lambda d: "g" + (d["grappe"] + 10).astype(str), poids=lambda d: 7 * d["poids"], y=lambda d: 3 * d["y"]
    )
    found = wild_cluster_bootstrap(fitted(other), 1, draws=499)
    assert (found.p, found.low, found.high) == pytest.approx((plain.p, 3 * plain.low, 3 * plain.high))
    assert wild_cluster_bootstrap(fitted(frame), 1, draws=499, seed=1).p != plain.p


def test_five_clusters_cannot_reject_and_say_so() -> None:
    found = wild_cluster_bootstrap(fitted(rows(5, effect=9.0)), 1)
    assert found.smallest_p == found.p == 2 / 32
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert "ne rejette jamais" in found.warnings[0]
    eight = wild_cluster_bootstrap(fitted(rows(8)), 1)
    assert "256 tirages" in eight.warnings[0]
    assert wild_cluster_bootstrap(fitted(rows(8)), 1, weights="webb").warnings == ()


def test_answers_that_do_not_vary_between_clusters_are_refused() -> None:
    frame = rows(6).assign(y=lambda d: 2.0 * d["mentore"])
    with pytest.raises(SurveyError, match="aucune variance"):
        wild_cluster_bootstrap(fitted(frame), 1)
    with pytest.raises(ValueError, match="99 draws"):
        wild_cluster_bootstrap(fitted(rows(6)), 1, draws=10)
