"""Sample size and power: closed forms, R's figures, announced power found again on simulated surveys, bad input."""

from math import ceil, sqrt

import numpy as np
import pytest
from scipy import stats

from mentorat.survey.design import SurveyError
from mentorat.survey.planning import (
    Assumptions,
    design_effect,
    detectable_curve,
    detectable_mean,
    detectable_share,
    exact_power,
    intraclass_correlation,
    power_of_means,
    power_of_shares,
    sample_for_means,
    sample_for_shares,
)

PUBLISHED = (39 / 163, 57 / 174)
# Four structures; R's `aov` of these values is told below.
Y = [3, 4, 5, 2, 1, 2, 6, 7, 5, 6, 3, 3]
G = ["a", "a", "a", "b", "b", "b", "c", "c", "c", "c", "d", "d"]


# R 4.2.2


def test_two_shares_as_power_prop_test_of_r() -> None:
    """power.prop.test(n=50, p1=.5, p2=.75, strict=TRUE); the same with power=.9 for n."""
    assert power_of_shares(0.5, 0.75, 50, 50).power == pytest.approx(0.740167193453611, rel=1e-10)
    assert sample_for_shares(0.5, 0.75, power=0.9, scale="pooled").n1 == ceil(76.7069161158174)


def test_two_means_as_power_t_test_of_r() -> None:
    """power.t.test(n=20, delta=1, sd=1.5, strict=TRUE); (power=.9, delta=.5); (power=.8, n=30)."""
    assert power_of_means(1 / 1.5, 20, 20).power == pytest.approx(0.537786846675991, rel=1e-8)
    assert sample_for_means(0.5, power=0.9).n1 == ceil(85.0312841373394)
    assert detectable_mean(30, 30).effect == pytest.approx(0.735621069597389, rel=1e-8)


def test_exact_power_as_the_sum_of_r_tests_over_every_table() -> None:
    """fisher.test and chisq.test(correct=FALSE) on each of the 13 × 16 tables of two binomials (12, .7), (15, .2)."""
    assert exact_power(0.7, 0.2, 12, 15, test="fisher") == pytest.approx(0.677507258236211, rel=1e-10)
    assert exact_power(0.7, 0.2, 12, 15) == pytest.approx(0.809759869644537, rel=1e-10)


def test_intraclass_correlation_from_the_mean_squares_of_aov() -> None:
    """summary(aov(y ~ g)): 11.41666…, 0.58333…; n0 and Searle's interval by hand in R."""
    found = intraclass_correlation(Y, G)
    assert (found.icc, found.low, found.high) == pytest.approx(
        (0.863150129103652, 0.470242737535921, 0.989723094254593), rel=1e-12
    )
    assert (found.clusters, found.n, found.mean_size) == (4, 12, 3)
    assert "4 grappes seulement" in found.warnings[0]


# The sentence of the brief the project was given


def test_groups_of_2022_detect_fifteen_points_at_one_half_and_eighteen_when_clustered() -> None:
    for effect, points in ((1.0, 15), (1.5, 18)):
        plan = detectable_share(0.5, 163, 174, assumptions=Assumptions(design_effect=effect))
        assert plan is not None
        assert round(100 * plan.effect) == points


def test_the_loneliness_gap_asks_for_407_young_people_a_group_and_610_when_clustered() -> None:
    assert sample_for_shares(*PUBLISHED).n1 == 407
    assert sample_for_shares(*PUBLISHED, assumptions=Assumptions(design_effect=1.5)).n1 == 610


# Closed forms


def test_design_effect_of_equal_and_unequal_clusters() -> None:
    assert design_effect(0.05, 11) == pytest.approx(1.5)
    assert design_effect(0.05, 11, cv=0.5) == pytest.approx(1 + (1.25 * 11 - 1) * 0.05)
    assert design_effect(0.0, 30) == 1


def test_clusters_make_whole_clusters_and_students_law() -> None:
    plan = sample_for_shares(0.4, 0.5, assumptions=Assumptions(icc=0.05, cluster_size=10))
    assert plan.n1 == plan.n2 == 10 * plan.clusters1
    assert plan.df == plan.clusters1 + plan.clusters2 - 2
    assert plan.power >= 0.8
    fewer = Assumptions(icc=0.05, cluster_size=10)
    assert power_of_shares(0.4, 0.5, plan.n1 - 10, plan.n2 - 10, assumptions=fewer, scale="h").power < 0.8


def test_attrition_divides_and_a_first_wave_multiplies() -> None:
    alone = sample_for_shares(*PUBLISHED).n1
    lost = sample_for_shares(*PUBLISHED, assumptions=Assumptions(attrition=0.2))
    assert lost.n1 == pytest.approx(alone / 0.8, abs=1)
    assert lost.answers1 == pytest.approx(0.8 * lost.n1)
    twice = sample_for_shares(*PUBLISHED, assumptions=Assumptions(correlation=0.6))
    assert twice.n1 == pytest.approx(alone * (1 - 0.36), abs=1)


def test_several_outcomes_share_the_level() -> None:
    assert power_of_shares(*PUBLISHED, 400, 400, assumptions=Assumptions(outcomes=5)).level == pytest.approx(0.01)
    assert sample_for_shares(*PUBLISHED, assumptions=Assumptions(outcomes=5)).n1 > 600


def test_a_fall_too_small_to_be_seen_is_told_as_none() -> None:
    assert detectable_share(0.05, 163, 174, direction="baisse", assumptions=Assumptions(design_effect=1.5)) is None


@pytest.mark.parametrize("scale", ["h", "pooled", "unpooled"])
@pytest.mark.parametrize("assumptions", [Assumptions(), Assumptions(icc=0.04, cluster_size=8, attrition=0.1)])
def test_the_detectable_difference_has_the_power_it_was_asked(scale: str, assumptions: Assumptions) -> None:
    plan = detectable_share(0.3, 240, 320, power=0.9, assumptions=assumptions, scale=scale)
    assert plan is not None
    assert plan.power == pytest.approx(0.9, abs=1e-9)


def test_the_curve_falls_with_the_size_and_rises_with_the_clustering() -> None:
    curve = detectable_curve(0.5, [100, 200, 400], assumptions=[Assumptions(), Assumptions(design_effect=2.0)])
    by = curve.pivot_table(index="n_par_groupe", columns="effet_plan", values="ecart_hausse_points")
    assert (by.diff().dropna() < 0).all(None)
    assert (by[2.0] > by[1.0]).all()


# Invariance


def test_groups_and_answers_may_be_exchanged() -> None:
    straight = power_of_shares(0.3, 0.45, 150, 210)
    assert power_of_shares(0.45, 0.3, 210, 150).power == pytest.approx(straight.power, rel=1e-12)
    assert power_of_shares(0.7, 0.55, 150, 210).power == pytest.approx(straight.power, rel=1e-12)


def test_intraclass_correlation_hangs_neither_on_order_nor_on_names_nor_on_scale() -> None:
    shuffled = np.random.default_rng(3).permutation(len(Y))
    found = intraclass_correlation(np.array(Y)[shuffled] * 10.0 - 4, np.array([f"z{g}" for g in G])[shuffled])
    assert found.icc == pytest.approx(intraclass_correlation(Y, G).icc, rel=1e-12)


# Recovery on simulated surveys (`benchmarks/puissance_planifiee.py` draws thousands)


def beta_clusters(rng: np.random.Generator, share: float, icc: float, draws: int, clusters: int, size: int):
    """Positive answers of each cluster when shares follow a beta law of that intraclass correlation."""
    spread = (1 - icc) / icc
    return rng.binomial(size, rng.beta(share * spread, (1 - share) * spread, (draws, clusters)))


def test_planned_clusters_reach_the_announced_power() -> None:
    rng, icc, size, draws = np.random.default_rng(5), 0.05, 12, 1500
    plan = sample_for_shares(0.35, 0.5, assumptions=Assumptions(icc=icc, cluster_size=size))
    means = [beta_clusters(rng, share, icc, draws, plan.clusters1, size) / size for share in (plan.share1, plan.share2)]
    gap = means[0].mean(1) - means[1].mean(1)
    se = np.sqrt(sum(m.var(1, ddof=1) / plan.clusters1 for m in means))
    rejected = np.abs(gap / se) > stats.t.ppf(0.975, plan.df)
    assert rejected.mean() == pytest.approx(plan.power, abs=3.5 * sqrt(0.16 / draws))


def test_intraclass_correlation_of_simulated_answers_is_found_again() -> None:
    rng, icc = np.random.default_rng(11), 0.08
    sizes = rng.integers(4, 20, 300)
    spread = (1 - icc) / icc
    shares = np.repeat(rng.beta(0.4 * spread, 0.6 * spread, 300), sizes)
    found = intraclass_correlation(rng.random(len(shares)) < shares, np.repeat(np.arange(300), sizes))
    assert found.low < icc < found.high
    assert found.icc == pytest.approx(icc, abs=0.03)


# Bad input


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"level": 0.0}, "Le risque ne peut pas valoir 0"),
        ({"icc": 1.2}, "ICC.*1,200"),
        ({"attrition": 1.0}, "L’attrition ne peut pas valoir 1"),
        ({"cluster_size": 0.5}, "taille des grappes"),
        ({"outcomes": 0}, "nombre d’issues"),
        ({"correlation": float("nan")}, "une valeur absente"),
        ({"design_effect": 0.8}, "effet de plan"),
        ({"design_effect": 1.5, "icc": 0.1}, "pas les deux"),
    ],
)
def test_an_impossible_assumption_is_refused_with_its_remedy(given: dict[str, float], told: str) -> None:
    with pytest.raises(SurveyError, match=told):
        Assumptions(**given)


def test_an_impossible_plan_is_refused_with_its_remedy() -> None:
    with pytest.raises(SurveyError, match="Les deux parts sont égales"):
        sample_for_shares(0.5, 0.5)
    with pytest.raises(SurveyError, match="deux au moins par groupe"):
        power_of_shares(0.4, 0.5, 10, 10, assumptions=Assumptions(icc=0.1, cluster_size=10))
    with pytest.raises(SurveyError, match="deux jeunes au moins"):
        power_of_shares(0.4, 0.5, 1, 100)
    with pytest.raises(SurveyError, match="La part de référence"):
        detectable_share(0.0, 100, 100)
    with pytest.raises(SurveyError, match="60 millions"):
        sample_for_shares(0.5, 0.500001)


def test_fragile_plans_say_so() -> None:
    few = power_of_shares(0.4, 0.5, 60, 60, assumptions=Assumptions(icc=0.05, cluster_size=12))
    assert "Moins de 10 grappes" in few.warnings[0]
    rare = power_of_shares(0.02, 0.10, 100, 100)
    assert "par énumération" in rare.warnings[-1]
    assert rare.exact_power == pytest.approx(rare.power, abs=0.1)


@pytest.mark.parametrize(
    ("values", "clusters", "told"),
    [
        ([np.nan, np.nan], ["a", "b"], "aucune réponse"),
        ([1, 1, 1], ["a", "a", "b"], "constant"),
        ([1, 0, 1], ["a", "b", "c"], "plusieurs réponses"),
        ([1, 0, 1], ["a", "a", "a"], "deux grappes"),
    ],
)
def test_an_intraclass_correlation_that_cannot_be_is_refused(values: list, clusters: list, told: str) -> None:
    with pytest.raises(SurveyError, match=told):
        intraclass_correlation(values, clusters)
