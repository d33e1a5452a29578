"""Risk sets on simulated cohorts: a known effect is found, none is invented by time windows.

A small seeded draw; `benchmarks/couverture_risques.py` draws 2 000.
"""

import numpy as np

from benchmarks.couverture_risques import EFFECT, MOVES, estimated, from_first_day, simulate, simulate_moves

DRAWS = 24


def test_a_known_effect_is_covered_and_the_naive_difference_misses_it() -> None:
    rng = np.random.default_rng(101)
    errors, covered, missed = [], 0, 0
    for _ in range(DRAWS):
        data = simulate(rng, EFFECT, people=2_000, territories=30)
        found = estimated(data)
        matched, naive = found.matched.effect, found.naive.effect
        assert matched is not None and naive is not None
        errors.append((matched.estimate - data.truth) / matched.standard_error)
        covered += matched.low <= data.truth <= matched.high
        missed += not naive.low <= data.truth <= naive.high
    assert covered >= DRAWS - 4
    assert missed >= 0.7 * DRAWS
    assert abs(np.mean(errors)) < 3 / np.sqrt(DRAWS)


def test_with_no_effect_the_test_rejects_as_often_as_it_says() -> None:
    """Departures from care make windows: whoever stays has time for a pair and for a move. Counted from the first day
    at risk the same cohorts show an effect."""
    rng = np.random.default_rng(102)
    rejected = immortal = 0
    for _ in range(DRAWS):
        data = simulate_moves(rng, people=2_000, territories=30)
        effect = estimated(data, "deplacements", MOVES, naive=False).matched.effect
        assert effect is not None
        rejected += effect.p < 0.05
        immortal += from_first_day(data)
    assert rejected <= 4
    assert immortal >= 6
