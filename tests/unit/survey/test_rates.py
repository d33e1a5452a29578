"""Rates: exact tails, what standardising changes and what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mentorat.survey.rates import rate, standardised_rate


@pytest.mark.parametrize("events", [1, 15, 120])
def test_limits_of_a_rate_put_a_fortieth_in_each_tail(events: int) -> None:
    found = rate(events, 1000)
    assert stats.poisson.sf(events - 1, 1000 * found.low) == pytest.approx(0.025, rel=1e-8)
    assert stats.poisson.cdf(events, 1000 * found.high) == pytest.approx(0.025, rel=1e-8)


def test_no_event_leaves_an_upper_limit() -> None:
    found = rate(0, 50)
    assert (found.rate, found.low) == (0, 0)
    assert found.high == pytest.approx(3.688879 / 50, rel=1e-6)


@given(st.floats(0.01, 100))
def test_the_size_of_the_standard_population_does_not_matter(scale: float) -> None:
    one = standardised_rate([15, 25], [1000, 1500], [2000, 3000])
    other = standardised_rate([15, 25], [1000, 1500], [2000 * scale, 3000 * scale])
    assert (one.rate, one.low, one.high) == pytest.approx((other.rate, other.low, other.high))


def test_standardising_on_the_exposure_gives_the_crude_rate() -> None:
    found = standardised_rate([15, 25, 3], [1000, 1500, 400], [1000, 1500, 400])
    assert found.rate == pytest.approx(found.crude)


@pytest.mark.parametrize(
    "columns", [([-1], [10], [1]), ([1], [0], [1]), ([1], [10], [0]), ([1, 2], [10], [1]), ([float("nan")], [1], [1])]
)
def test_what_cannot_be_a_rate_is_refused(columns: tuple[list[float], ...]) -> None:
    with pytest.raises(ValueError, match="events >= 0"):
        standardised_rate(*columns)
