import numpy as np
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.permutations import permutations

RNG = np.random.default_rng(6)
CLUSTER = np.repeat(np.arange(25), 6)
TREATED = RNG.random(150) < 0.4


@pytest.mark.parametrize("odds", [None, RNG.lognormal(size=150)])
def test_every_stratum_keeps_its_number_of_mentored(odds: np.ndarray | None) -> None:
    found = permutations(TREATED, 40, seed=1, within=CLUSTER, odds=odds).treatments
    counts = np.array([np.bincount(CLUSTER, weights=one) for one in found])
    assert (counts == np.bincount(CLUSTER, weights=TREATED)).all()
    assert len(np.unique(found, axis=0)) == 40


def test_whole_clusters_move_together() -> None:
    cluster = RNG.permutation(CLUSTER)
    treated = cluster % 3 == 0
    found = permutations(treated, 30, seed=1, clusters=cluster).treatments
    for one in found:
        assert all(len(set(one[cluster == label])) == 1 for label in range(25))
        assert len(set(cluster[one])) == len(set(cluster[treated]))


def test_plain_permutations_are_equally_likely() -> None:
    treated = np.array([True, True, False, False])
    found = permutations(treated, 12_000, seed=3)
    assert found.possible == 6
    assert "6 permutations" in found.warnings[0]
    seen, counts = np.unique(found.treatments, axis=0, return_counts=True)
    assert len(seen) == 6
    assert np.abs(counts / 12_000 - 1 / 6).max() < 0.012


def test_permutations_by_odds_are_as_likely_as_the_odds_make_them() -> None:
    treated, odds = np.array([True, False, False]), np.array([1.0, 2.0, 5.0])
    found = permutations(treated, 8_000, seed=5, odds=odds).treatments
    assert found.mean(axis=0) == pytest.approx(odds / 8, abs=0.02)


def test_equal_odds_are_plain_permutations() -> None:
    treated = np.array([True, True, False, False])
    found = permutations(treated, 8_000, seed=7, odds=np.ones(4)).treatments
    assert np.unique(found, axis=0, return_counts=True)[1] / 8_000 == pytest.approx(np.full(6, 1 / 6), abs=0.02)


def test_the_seed_decides() -> None:
    one, same, other = (permutations(TREATED, 5, seed=seed, within=CLUSTER).treatments for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_what_cannot_be_permuted_is_refused() -> None:
    with pytest.raises(NotEstimable, match="permutée entière"):
        permutations(TREATED, 5, seed=1, clusters=CLUSTER)
    with pytest.raises(NotEstimable, match="aucune permutation"):
        permutations(CLUSTER < 10, 5, seed=1, within=CLUSTER)
    with pytest.raises(NotEstimable, match="à cheval"):
        permutations(CLUSTER < 10, 5, seed=1, clusters=CLUSTER, within=np.arange(150) % 2)
    with pytest.raises(NotEstimable, match="certaine"):
        permutations(TREATED, 5, seed=1, odds=np.where(TREATED, np.inf, 1.0))
    with pytest.raises(NotEstimable, match="manque"):
        permutations(TREATED, 5, seed=1, within=np.where(CLUSTER == 3, None, CLUSTER.astype(object)))
