from itertools import product

import numpy as np
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.rosenbaum import hodges_lehmann, rosenbaum_binary, rosenbaum_wilcoxon

RNG = np.random.default_rng(4)
TREATED, CONTROL = RNG.normal(0.8, 1, 40), RNG.normal(0, 1, 40)


def test_without_hidden_bias_both_bounds_are_the_test() -> None:
    for found in (rosenbaum_binary(14, 5, gammas=[1]), rosenbaum_wilcoxon(TREATED, CONTROL, gammas=[1])):
        assert found.table["p_bas"].item() == found.table["p_haut"].item()
    assert rosenbaum_binary(3, 0, gammas=[1]).table["p_haut"].item() == pytest.approx(1 / 8)


def test_bounds_widen_with_bias() -> None:
    table = rosenbaum_wilcoxon(TREATED, CONTROL, gammas=np.linspace(1, 8, 15)).table
    assert (np.diff(table["p_haut"]) > 0).all()
    assert (np.diff(table["p_bas"]) < 0).all()


def test_the_exact_distribution_is_that_of_all_signs_weighted_by_the_bias() -> None:
    gaps = np.array([2.0, -1.0, 1.0, 3.0, 0.5, 4.0])  # a tie among the absolute values
    ranks, gamma = np.array([4, 2.5, 2.5, 5, 1, 6]), 2.0
    seen = ranks[gaps > 0].sum()
    expected = sum(
        np.prod(np.where(signs, gamma, 1.0)) / (1 + gamma) ** 6
        for signs in product([True, False], repeat=6)
        if ranks[list(signs)].sum() >= seen
    )
    found = rosenbaum_wilcoxon(gaps, np.zeros(6), gammas=[gamma]).table
    assert found["p_haut"].item() == pytest.approx(expected, rel=1e-12)


def test_the_critical_gamma_is_where_the_test_stops_rejecting() -> None:
    for found in (
        rosenbaum_binary(40, 10),
        rosenbaum_wilcoxon(TREATED, CONTROL),
        rosenbaum_wilcoxon(TREATED, CONTROL, exact=False),
    ):
        assert found.critical_gamma > 1
    again = rosenbaum_wilcoxon(TREATED, CONTROL, gammas=[rosenbaum_wilcoxon(TREATED, CONTROL).critical_gamma])
    assert again.table["p_haut"].item() == pytest.approx(0.025, rel=1e-6)
    none = rosenbaum_binary(10, 10)
    assert none.critical_gamma == 1
    assert "compatible avec une absence" in none.sentence


def test_the_other_side_is_the_other_member_of_the_pair() -> None:
    one = rosenbaum_wilcoxon(TREATED, CONTROL).table
    other = rosenbaum_wilcoxon(CONTROL, TREATED, alternative="less").table
    assert other.to_numpy() == pytest.approx(one.to_numpy())
    assert rosenbaum_binary(3, 9, alternative="less").table.equals(rosenbaum_binary(9, 3).table)


def test_hodges_lehmann_is_the_median_of_walsh_averages() -> None:
    gaps = TREATED - CONTROL
    walsh = np.sort([(gaps[i] + gaps[j]) / 2 for i in range(40) for j in range(i, 40)])
    row = hodges_lehmann(TREATED, CONTROL, gammas=[1]).table.iloc[0]
    assert row["estimation_bas"] == row["estimation_haut"] == pytest.approx(np.median(walsh))
    assert np.isclose(walsh, row["ic_bas"]).any()


def test_intervals_widen_with_bias_follow_a_shift_and_do_not_see_the_order_of_pairs() -> None:
    table = hodges_lehmann(TREATED, CONTROL, gammas=[1, 1.5, 2, 4]).table
    assert (np.diff(table["ic_bas"]) <= 0).all()
    assert (np.diff(table["estimation_haut"]) >= 0).all()
    moved = hodges_lehmann((TREATED + 3)[::-1], CONTROL[::-1], gammas=[1, 1.5, 2, 4]).table
    assert moved.drop(columns="gamma").to_numpy() == pytest.approx(table.drop(columns="gamma").to_numpy() + 3)


def test_the_interval_covers_the_shift_when_treatment_is_drawn_by_lot() -> None:
    rng = np.random.default_rng(12)
    covered = 0
    for _ in range(300):
        row = hodges_lehmann(rng.normal(1, 1, 30), rng.normal(0, 1, 30), gammas=[1]).table.iloc[0]
        covered += row["ic_bas"] <= 1 <= row["ic_haut"]
    assert 275 <= covered <= 297  # 285 expected, three standard errors


def test_too_few_pairs_have_no_interval_and_say_so() -> None:
    found = hodges_lehmann([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], gammas=[1, 6])
    assert np.isinf(found.table["ic_bas"]).any()
    assert "Trop peu de paires" in found.warnings[0]


def test_pairs_that_say_nothing_are_refused() -> None:
    with pytest.raises(NotEstimable, match="aucune paire"):
        rosenbaum_binary(0, 0)
    with pytest.raises(NotEstimable, match="même résultat"):
        rosenbaum_wilcoxon([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(NotEstimable, match="manque"):
        hodges_lehmann([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(ValueError, match="Γ"):
        rosenbaum_binary(3, 1, gammas=[0.5])


def test_every_bound_says_that_pairs_are_taken_as_independent() -> None:
    assert "indépendantes" in rosenbaum_binary(9, 3).warnings[0]
    assert rosenbaum_wilcoxon(TREATED, CONTROL).informative == 40
