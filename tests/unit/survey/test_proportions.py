from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.survey.multiplicity import benjamini_hochberg, holm
from mentorat.survey.proportions import admissible_counts, nearest_count, proportion, two_proportions


@st.composite
def two_groups(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(1, 400)), draw(st.integers(1, 400))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


@given(two_groups())
def test_the_interval_holds_the_difference_and_stays_between_minus_one_and_one(
    groups: tuple[int, int, int, int],
) -> None:
    found = two_proportions(*groups)
    assert -1 <= found.low <= found.difference <= found.high <= 1


@given(two_groups())
def test_swapping_the_groups_changes_the_sign_only(groups: tuple[int, int, int, int]) -> None:
    x1, n1, x2, n2 = groups
    one, other = two_proportions(x1, n1, x2, n2), two_proportions(x2, n2, x1, n1)
    assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))
    assert (one.chi2_p, one.fisher_p) == pytest.approx((other.chi2_p, other.fisher_p))
    assert one.cohen_h == pytest.approx(-other.cohen_h)


@given(two_groups(), st.floats(1, 5))
def test_a_design_effect_never_narrows_the_interval(groups: tuple[int, int, int, int], design_effect: float) -> None:
    plain, wider = two_proportions(*groups), two_proportions(*groups, design_effect=design_effect)
    assert wider.low <= plain.low + 1e-12
    assert wider.high >= plain.high - 1e-12
    assert wider.chi2_p >= plain.chi2_p - 1e-12


def test_a_design_effect_is_the_same_as_that_many_times_fewer_answers() -> None:
    halved, doubled = two_proportions(20, 100, 35, 100), two_proportions(40, 200, 70, 200, design_effect=2)
    assert (doubled.low, doubled.high) == pytest.approx((halved.low, halved.high), rel=1e-12)
    assert doubled.chi2_p == pytest.approx(halved.chi2_p, rel=1e-12)
    assert isnan(doubled.fisher_p)


def test_same_answer_everywhere_has_no_test_to_reject_and_no_ratio() -> None:
    found = two_proportions(0, 20, 0, 30)
    assert (found.difference, found.chi2_p, found.fisher_p) == (0, 1, 1)
    assert isnan(found.risk_ratio)


def test_an_empty_cell_gives_no_interval_to_a_ratio() -> None:
    found = two_proportions(0, 20, 5, 30)
    assert found.risk_ratio == 0
    assert isnan(found.rr_low)
    assert isnan(found.rr_high)


@pytest.mark.parametrize("counts", [(5, 4, 1, 2), (-1, 4, 1, 2), (1, 0, 1, 2)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="n > 0"):
        two_proportions(*counts)


def test_a_design_effect_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        two_proportions(1, 2, 1, 2, design_effect=0.9)


def test_the_wilson_interval_is_closed_at_the_ends() -> None:
    assert proportion(0, 10).low == 0
    assert proportion(10, 10).high == 1


@given(st.integers(1, 500), st.data())
@settings(max_examples=60)
def test_admissible_counts_are_all_those_that_round_to_the_percentage(n: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, 100))
    expected = [x for x in range(n + 1) if abs(100 * x - share * n) * 2 <= n]
    assert list(admissible_counts(share, n)) == expected


def test_a_percentage_no_count_gives_is_refused() -> None:
    assert len(admissible_counts(33, 2)) == 0
    with pytest.raises(ValueError, match="33"):
        nearest_count(33, 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusted_p_values_keep_their_order_and_never_shrink(p_values: list[float]) -> None:
    for rule in (holm, benjamini_hochberg):
        adjusted = rule(p_values)
        assert all(after >= before - 1e-15 for before, after in zip(p_values, adjusted, strict=True))
        ranked = [adjusted[rank] for rank in sorted(range(len(p_values)), key=lambda rank: p_values[rank])]
        assert ranked == sorted(ranked)
    assert all(holm(p_values) >= benjamini_hochberg(p_values) - 1e-12)
