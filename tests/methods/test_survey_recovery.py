"""Intervals on a stratified, clustered sample hold the truth of the population drawn from: seeded and small.

Coverage over 2 000 draws, held to 93.5-96.5 %, is `benchmarks/couverture_sondage.py`.
"""

import numpy as np
import pytest

from benchmarks.couverture_sondage import SHARES, coverage, draw_population, intervals

DRAWS = 40


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], float]:
    return coverage(DRAWS, seed=11)


@pytest.mark.parametrize("figure", ["mean", "total", "ratio", "median"])
def test_intervals_hold_the_true_figure(found: dict[tuple[str, str], float], figure: str) -> None:
    # Nominal 95 %; 34 of 40 lies three standard errors below.
    assert found[figure, ""] >= 34 / DRAWS


@pytest.mark.parametrize("kind", ["logit", "wilson", "beta", "likelihood"])
def test_intervals_of_shares_hold_on_average_over_true_shares(found: dict[tuple[str, str], float], kind: str) -> None:
    # Shares of one sample go together: the bar of one figure serves their average.
    assert np.mean([found[f"part_{share}", kind] for share in SHARES]) >= 34 / DRAWS


def test_forgetting_the_clusters_would_claim_more_than_the_sample_knows() -> None:
    sample = draw_population().draw(np.random.default_rng(3))
    alone = sample.assign(grappe=np.arange(len(sample)), base=sample.groupby("strate")["base"].transform("size") * 50.0)
    with_clusters, without = intervals(sample)["mean", ""], intervals(alone)["mean", ""]
    assert with_clusters[1] - with_clusters[0] > 1.5 * (without[1] - without[0])
