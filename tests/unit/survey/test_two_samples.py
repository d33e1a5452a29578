"""Two proportions: what each interval and test is by definition, its mirror images, and its edges."""

from math import exp, inf, isnan, log, nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.stats.contingency import odds_ratio as scipy_odds_ratio

from mentorat.survey.conditional import conditional_table
from mentorat.survey.proportions import normal_quantile, pearson_chi2, proportion, two_proportions
from mentorat.survey.score import restricted_shares, score_limits
from mentorat.survey.two_samples import (
    difference,
    independence_test,
    mantel_haenszel,
    number_needed,
    odds_ratio,
    risk_ratio,
)

Z = normal_quantile(0.95)
Counts = tuple[int, int, int, int]
Floats = NDArray[np.float64]
SCORES = {"difference": (difference, "mee"), "risk_ratio": (risk_ratio, "koopman"), "odds_ratio": (odds_ratio, "score")}


@st.composite
def two_groups(draw: st.DrawFn) -> Counts:
    n1, n2 = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def log_likelihood(counts: Counts, shares: tuple[float, float]) -> float:
    x1, n1, x2, n2 = counts
    return float(stats.binom.logpmf(x1, n1, shares[0]) + stats.binom.logpmf(x2, n2, shares[1]))


@pytest.mark.parametrize("counts", [(7, 20, 3, 31), (0, 12, 5, 9), (12, 12, 5, 9), (56, 70, 48, 80)])
@pytest.mark.parametrize(
    ("measure", "theta", "other"),
    [
        ("difference", 0.15, lambda q: q + 0.15),
        ("difference", -0.3, lambda q: q - 0.3),
        ("risk_ratio", 1.7, lambda q: 1.7 * q),
        ("risk_ratio", 0.4, lambda q: 0.4 * q),
        ("odds_ratio", 3.0, lambda q: 3 * q / (1 + 2 * q)),
        ("odds_ratio", 0.2, lambda q: 0.2 * q / (1 - 0.8 * q)),
    ],
)
def test_restricted_shares_are_the_most_likely_ones(counts: Counts, measure, theta, other) -> None:
    p, q = (float(share) for share in restricted_shares(measure, theta, counts))
    assert p == pytest.approx(other(q), abs=1e-12)
    best = minimize_scalar(
        lambda share: (
            -log_likelihood(counts, (other(share), share)) if 0 < other(share) < 1 else 1e9  # outside the square
        ),
        bounds=(1e-12, 1 - 1e-12),
        method="bounded",
        options={"xatol": 1e-10},
    )
    assert log_likelihood(counts, (p, q)) >= -best.fun - 1e-6


def every_table(n1: int, n2: int) -> tuple[Floats, ...]:
    x1, x2 = (side.ravel().astype(float) for side in np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1)))
    return x1, np.full(x1.shape, float(n1)), x2, np.full(x1.shape, float(n2))


def estimates(measure: str, counts: tuple[Floats, ...]) -> Floats:
    x1, n1, x2, n2 = counts
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / n1) / (x2 / n2) if measure == "risk_ratio" else x1 * (n2 - x2) / (x2 * (n1 - x1))
    return x1 / n1 - x2 / n2 if measure == "difference" else ratio


@pytest.mark.parametrize("sizes", [(1, 1), (7, 11), (30, 4), (40, 40)])
@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("measure", SCORES)
def test_score_intervals_of_every_table_hold_their_estimate_and_turn_over_with_the_groups(
    measure: str, corrected: bool, sizes: tuple[int, int]
) -> None:
    counts = every_table(*sizes)
    low, high = score_limits(measure, counts, Z, corrected=corrected)
    assert not np.isnan(low + high).any()
    estimate = estimates(measure, counts)
    known = ~np.isnan(estimate)
    assert (low <= estimate + 1e-12)[known].all()
    assert (estimate - 1e-12 <= high)[known].all()
    mirrored = score_limits(measure, (counts[2], counts[3], counts[0], counts[1]), Z, corrected=corrected)
    with np.errstate(divide="ignore"):
        turned = (-mirrored[1], -mirrored[0]) if measure == "difference" else (1 / mirrored[1], 1 / mirrored[0])
    np.testing.assert_allclose((low, high), turned, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("sizes", [(7, 11), (30, 4), (40, 40)])
@pytest.mark.parametrize("measure", SCORES)
def test_score_intervals_of_every_table_leave_out_equality_when_pearson_s_test_rejects_it(
    measure: str, sizes: tuple[int, int]
) -> None:
    counts = every_table(*sizes)
    low, high = score_limits(measure, counts, Z)
    equal = 0 if measure == "difference" else 1
    chi2 = np.array([pearson_chi2(*row) for row in np.array(counts).T])
    clear = np.abs(chi2 - Z**2) > 1e-6
    assert (((equal < low) | (equal > high)) == (chi2 > Z**2))[clear].all()


@given(two_groups())
@settings(max_examples=40, deadline=None)
def test_other_intervals_hold_their_estimate_and_turn_over_with_the_groups(counts: Counts) -> None:
    x1, n1, x2, n2 = counts
    for method in ("newcombe", "newcombe_cc", "agresti_caffo", "wald", "wald_cc"):
        one, other = difference(*counts, method=method), difference(x2, n2, x1, n1, method=method)
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9), method
        assert one.low >= -1
        assert one.high <= 1
        if method != "agresti_caffo":  # centred on another estimate
            assert one.low - 1e-12 <= one.estimate <= one.high + 1e-12, method
    for method in ("fisher", "midp"):
        found = odds_ratio(*counts, method=method)
        assert 0 <= found.low <= found.high
        assert isnan(found.estimate) or found.low * (1 - 1e-9) <= found.estimate <= found.high * (1 + 1e-9)
        assert not isnan(found.estimate) or found.warnings


@given(two_groups())
@settings(max_examples=30, deadline=None)
def test_corrections_only_widen(counts: Counts) -> None:
    for wide, narrow in (("miettinen_nurminen", "mee"), ("newcombe_cc", "newcombe"), ("wald_cc", "wald")):
        outer, inner = difference(*counts, method=wide), difference(*counts, method=narrow)
        assert outer.low <= inner.low + 1e-12
        assert outer.high >= inner.high - 1e-12
    assert independence_test(*counts, method="yates").p >= independence_test(*counts).p - 1e-12


@pytest.mark.parametrize("method", ["newcombe", "mee", "agresti_caffo", "wald"])
def test_a_design_effect_is_that_many_times_fewer_answers(method: str) -> None:
    found, halved = difference(40, 200, 70, 200, method=method, design_effect=2), difference(20, 100, 35, 100)
    if method == "newcombe":
        assert (found.low, found.high) == pytest.approx((halved.low, halved.high), rel=1e-12)
    halved = difference(20, 100, 35, 100, method=method)
    assert (found.low, found.high) == pytest.approx((halved.low, halved.high), rel=1e-10)
    assert (found.n1, found.n2, found.design_effect) == (200, 200, 2)


@pytest.mark.parametrize("method", ["fisher", "midp", "boschloo"])
def test_an_exact_method_refuses_a_design_effect(method: str) -> None:
    with pytest.raises(ValueError, match="independent answers"):
        independence_test(1, 10, 5, 10, method=method, design_effect=1.5)


def test_the_default_methods_are_those_the_project_publishes() -> None:
    published = two_proportions(39, 163, 57, 174)
    assert (difference(39, 163, 57, 174).low, difference(39, 163, 57, 174).high) == (published.low, published.high)
    assert risk_ratio(39, 163, 57, 174, method="katz").low == published.rr_low
    assert odds_ratio(39, 163, 57, 174, method="woolf").high == published.or_high


def test_limits_of_many_comparisons_are_those_of_each() -> None:
    counts = np.array([[7, 20, 3, 31], [0, 12, 5, 9], [12, 12, 0, 9], [0, 4, 0, 5]], dtype=float)
    for measure, (function, method) in SCORES.items():
        low, high = score_limits(measure, tuple(counts.T), Z)
        for row, *limits in zip(counts.astype(int).tolist(), low, high, strict=True):
            one = function(*row, method=method)
            assert (one.low, one.high) == tuple(limits), measure


@pytest.mark.parametrize("counts", [(15, 50, 5, 48), (1, 12, 9, 14), (5, 14, 0, 12), (64, 99, 29, 31)])
def test_exact_limits_of_an_odds_ratio_put_a_fortieth_in_each_tail(counts: Counts) -> None:
    x1, n1, x2, n2 = counts
    drawn = (n1 + n2, n1, x1 + x2)
    for method, weight in (("fisher", 1.0), ("midp", 0.5)):
        found = odds_ratio(*counts, method=method)
        law = stats.nchypergeom_fisher(*drawn, found.low)
        assert law.sf(x1) + weight * law.pmf(x1) == pytest.approx(0.025, rel=1e-8)
        if found.high < inf:
            law = stats.nchypergeom_fisher(*drawn, found.high)
            assert law.cdf(x1 - 1) + weight * law.pmf(x1) == pytest.approx(0.025, rel=1e-8)
    exact = odds_ratio(*counts, method="fisher")
    peer = scipy_odds_ratio(np.array([[x1, n1 - x1], [x2, n2 - x2]]))
    assert exact.estimate == pytest.approx(peer.statistic, rel=1e-6)
    assert exact.low == pytest.approx(peer.confidence_interval().low, rel=1e-6)


def test_the_median_unbiased_odds_ratio_halves_the_mid_p() -> None:
    found = odds_ratio(7, 20, 3, 31, method="midp")
    law = stats.nchypergeom_fisher(51, 20, 10, found.estimate)
    assert law.sf(7) + law.pmf(7) / 2 == pytest.approx(0.5, rel=1e-9)


def test_a_table_its_margins_decide_says_nothing() -> None:
    found = odds_ratio(0, 10, 0, 12, method="fisher")
    assert isnan(found.estimate)
    assert (found.low, found.high) == (0, inf)
    assert found.warnings
    assert conditional_table(0, 10, 0, 12).mid_p() == 1
    for method in ("pearson", "yates", "fisher", "midp", "boschloo"):
        assert independence_test(0, 10, 0, 12, method=method).p == 1


def test_a_ratio_to_nobody_has_a_lower_limit_and_says_so() -> None:
    found = risk_ratio(5, 14, 0, 12)
    assert found.estimate == inf
    assert found.high == inf
    assert found.low > 1
    assert "infini" in found.warnings[0]
    empty = risk_ratio(5, 14, 0, 12, method="katz")
    assert isnan(empty.low)
    assert len(empty.warnings) == 2


def test_the_normal_interval_is_said_false_at_the_ends() -> None:
    assert difference(0, 10, 0, 20, method="wald").warnings
    assert not difference(3, 10, 5, 20, method="wald").warnings


def test_few_expected_answers_are_said() -> None:
    assert independence_test(1, 8, 4, 9).warnings
    assert not independence_test(39, 163, 57, 174).warnings


@pytest.mark.parametrize("counts", [(5, 4, 1, 2), (-1, 4, 1, 2), (1, 0, 1, 2), (nan, 4, 1, 2)])
def test_impossible_counts_are_refused(counts: tuple[float, ...]) -> None:
    for function in (difference, risk_ratio, odds_ratio, independence_test):
        with pytest.raises(ValueError, match="n > 0"):
            function(*counts)


def test_an_exact_method_wants_whole_counts() -> None:
    with pytest.raises(ValueError, match="whole"):
        odds_ratio(1.5, 4, 1, 4, method="fisher")


@pytest.mark.parametrize("method", ["wilson", "wilson_cc", "clopper_pearson", "wald"])
@given(x=st.integers(0, 60), more=st.integers(0, 60))
@settings(max_examples=30)
def test_the_interval_of_a_share_mirrors_that_of_its_complement(method: str, x: int, more: int) -> None:
    n = x + more
    assume(n > 0)
    one, other = proportion(x, n, method=method), proportion(n - x, n, method=method)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-10)
    assert one.low <= one.share <= one.high


def test_clopper_pearson_limits_are_those_whose_exact_tests_stop_rejecting() -> None:
    found = proportion(7, 31, method="clopper_pearson")
    assert stats.binom.sf(6, 31, found.low) == pytest.approx(0.025, rel=1e-9)
    assert stats.binom.cdf(7, 31, found.high) == pytest.approx(0.025, rel=1e-9)


def test_one_stratum_has_the_crude_odds_ratio() -> None:
    found = mantel_haenszel([15], [50], [5], [48])
    crude = odds_ratio(15, 50, 5, 48, method="woolf")
    assert (found.odds_ratio, found.low, found.high) == pytest.approx((crude.estimate, crude.low, crude.high))
    # With N − 1 in place of N, the statistic of Cochran, Mantel and Haenszel is Pearson's.
    assert found.chi2 == pytest.approx(independence_test(15, 50, 5, 48).chi2 * 97 / 98)


def test_strata_undo_a_reversal_that_pooling_makes() -> None:
    # Charig et al. (1986), kidney stones: open surgery does better on small and on large stones, worse in all.
    x1, n1, x2, n2 = [81, 192], [87, 263], [234, 55], [270, 80]
    assert odds_ratio(sum(x1), sum(n1), sum(x2), sum(n2)).estimate < 1
    assert mantel_haenszel(x1, n1, x2, n2).odds_ratio > 1


def test_a_stratum_that_tells_nothing_is_left_out_and_counted() -> None:
    found = mantel_haenszel([15, 4, 0], [50, 4, 0], [5, 3, 2], [48, 3, 6])
    alone = mantel_haenszel([15], [50], [5], [48])
    assert (found.odds_ratio, found.low, found.chi2) == (alone.odds_ratio, alone.low, alone.chi2)
    assert found.strata == 1
    assert "2 sur 3" in found.warnings[0].replace("\u00a0", " ").replace("\u202f", " ")
    with pytest.raises(ValueError, match="no stratum"):
        mantel_haenszel([0], [3], [0], [4])


@given(st.permutations(range(3)))
def test_strata_have_no_order(order: list[int]) -> None:
    columns = np.array([[15, 50, 5, 48], [3, 20, 6, 22], [9, 31, 2, 17]])
    one, other = mantel_haenszel(*columns.T), mantel_haenszel(*columns[order].T)
    assert (one.odds_ratio, one.low, one.chi2) == pytest.approx((other.odds_ratio, other.low, other.chi2))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2212", "-").replace("’", "'")


def test_the_number_of_young_people_for_one_more_is_the_inverse_of_the_difference() -> None:
    gap = difference(49, 163, 30, 174)
    found = number_needed(gap.estimate, gap.low, gap.high)
    assert (found.estimate, found.low, found.high) == (1 / gap.estimate, 1 / gap.high, 1 / gap.low)
    assert not found.disjoint
    assert "un jeune de plus pour 7,8 jeunes (intervalle à 95 % : de 4,6 à 27)" in plain(found.sentence)
    assert "pas la preuve d'un effet" in plain(found.sentence)


def test_a_difference_that_may_be_zero_gives_no_number_to_keep() -> None:
    gap = difference(39, 163, 57, 174)
    found = number_needed(gap.estimate, gap.low, gap.high)
    assert found.disjoint
    assert found.estimate < found.low < 0 < found.high
    assert "d'un jeune de moins pour 5,5 jeunes à un jeune de plus pour 122 jeunes" in plain(found.sentence)
    assert "Aucun nombre" in found.sentence


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.2), (-0.2, 0.0), (0.0, 0.0)])
def test_an_interval_that_ends_at_zero_reaches_infinity(low: float, high: float) -> None:
    found = number_needed((low + high) / 2, low, high)
    assert found.disjoint
    assert inf in (found.high, -found.low)
    assert "aucune différence" in found.sentence


def test_a_difference_outside_its_interval_is_refused() -> None:
    with pytest.raises(ValueError, match="low <= gap"):
        number_needed(0.3, 0.0, 0.2)


def test_fewer_young_people_is_said_fewer() -> None:
    assert "un jeune de moins pour 5,0 jeunes" in plain(number_needed(-0.2, -0.3, -0.1).sentence)


def test_score_limits_of_a_ratio_are_where_the_statistic_reaches_the_quantile() -> None:
    counts = (56, 70, 48, 80)
    found = risk_ratio(*counts)
    for limit in (found.low, found.high):
        p, q = (float(share) for share in restricted_shares("risk_ratio", limit, counts))
        chi2 = (56 - 70 * p) ** 2 / (70 * p * (1 - p)) + (48 - 80 * q) ** 2 / (80 * q * (1 - q))
        assert chi2 == pytest.approx(Z**2, rel=1e-9)
    assert exp(log(found.low)) < found.estimate < found.high
