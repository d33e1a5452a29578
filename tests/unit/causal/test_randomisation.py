import numpy as np
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.permutations import assignments
from mentorat.causal.randomisation import randomisation_test
from tests.unit.causal.few_clusters import rows


def test_all_ways_to_treat_are_listed_once_with_as_many_treated_in_each_stratum() -> None:
    treated = np.array([1, 0, 0, 1, 1, 0, 0]) == 1
    strata = np.array(["a", "a", "a", "b", "b", "b", "b"])
    found = assignments(treated, strata=strata)
    assert found.enumerated
    assert len(found.drawn) == 3 * 6 == len(np.unique(found.drawn, axis=0))
    assert (found.drawn[:, :3].sum(axis=1) == 1).all()
    assert (found.drawn[:, 3:].sum(axis=1) == 2).all()


def test_draws_at_random_keep_the_strata_and_the_seed() -> None:
    rng = np.random.default_rng(0)
    treated, strata = rng.random(60) < 0.4, np.arange(60) % 3
    found = assignments(treated, strata=strata, draws=200, seed=4)
    assert not found.enumerated
    for one in range(3):
        assert (found.drawn[:, strata == one].sum(axis=1) == treated[strata == one].sum()).all()
    assert (found.drawn == assignments(treated, strata=strata, draws=200, seed=4).drawn).all()


def test_without_covariates_the_statistic_is_the_difference_of_means() -> None:
    y, treated = np.array([3.0, 1, 4, 1, 5, 9]), np.array([1, 0, 1, 0, 0, 1]) == 1
    found = randomisation_test(y, treated)
    gaps = [y[way].mean() - y[~way].mean() for way in assignments(treated).drawn]
    assert found.estimate == pytest.approx(y[treated].mean() - y[~treated].mean())
    assert found.statistics == pytest.approx(gaps)
    assert found.p == np.mean(np.abs(gaps) >= abs(found.estimate) - 1e-10)


def test_the_interval_holds_the_constant_effects_not_rejected() -> None:
    frame = rows(10)
    given = (frame["y"], frame["mentore"], frame["x"])
    found = randomisation_test(*given, cluster=frame["grappe"])
    assert found.low < found.estimate < found.high
    for limit, outward in ((found.low, -1e-6), (found.high, 1e-6)):
        inside, outside = (
            randomisation_test(*given, cluster=frame["grappe"], null=limit + step).p for step in (-outward, outward)
        )
        assert outside <= 0.05 < inside


def test_names_and_order_do_not_matter_for_clusters() -> None:
    frame = rows(24)
    plain = randomisation_test(frame["y"], frame["mentore"], cluster=frame["grappe"], draws=499)
    other = frame.sample(frac=1, random_state=2)
    again = randomisation_test(other["y"], other["mentore"], cluster=other["grappe"] + 100, draws=499)
    assert (again.p, again.low, again.high) == pytest.approx((plain.p, plain.low, plain.high))
    assert (plain.units, plain.units_treated) == (24, 12)


def test_what_cannot_be_drawn_is_refused_and_six_clusters_are_warned_about() -> None:
    frame = rows(6)
    with pytest.raises(NotEstimable, match="permutée entière"):
        randomisation_test(frame["y"], frame["x"] > 0, cluster=frame["grappe"])
    with pytest.raises(NotEstimable, match="à cheval"):
        randomisation_test(frame["y"], frame["mentore"], cluster=frame["grappe"], strata=frame["x"] > 0)
    with pytest.raises(NotEstimable, match="aucune permutation"):
        randomisation_test(frame["y"], frame["mentore"], strata=frame["mentore"])
    four = frame[frame["grappe"] < 4]
    assert "6 répartitions" in randomisation_test(four["y"], four["mentore"], cluster=four["grappe"]).warnings[0]


def test_the_null_is_rejected_at_its_level() -> None:
    rng = np.random.default_rng(1)
    treated = np.arange(12) % 2 == 0
    p = [randomisation_test(rng.exponential(size=12), treated).p for _ in range(200)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.10
