"""Designs on data of ours: closed forms, invariances, known effects, and what is refused or told."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.design import Design
from mentorat.causal.matched_effect import abadie_imbens
from mentorat.causal.matching import _cheapest_cover, match_full, match_nearest, match_optimal, nearest_matches
from mentorat.causal.propensity import common_support, overlap_of, propensity_logit
from mentorat.causal.stratification import coarsened_exact, subclassify
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity
from mentorat.survey.design import SurveyError

EFFECT = 2.0


@dataclass(frozen=True)
class Draw:
    """Simulated people: covariates, treatment that follows them, outcome with a known effect, survey weights."""

    x: pd.DataFrame
    treated: np.ndarray
    y: np.ndarray
    survey: np.ndarray

    def take(self, rows: np.ndarray) -> "Draw":
        return Draw(self.x.iloc[rows].reset_index(drop=True), self.treated[rows], self.y[rows], self.survey[rows])


def draw(n: int, seed: int) -> Draw:
    rng = np.random.default_rng(seed)
    age, girl, years = rng.normal(15, 1.5, n), (rng.random(n) < 0.5) * 1.0, rng.integers(0, 8, n) * 1.0
    treated = rng.random(n) < 1 / (1 + np.exp(1.6 - 0.5 * (age - 15) - 0.4 * girl + 0.15 * (years - 3)))
    y = 10 + 1.5 * (age - 15) + girl - 0.5 * years + EFFECT * treated + rng.normal(size=n)
    return Draw(pd.DataFrame({"age": age, "fille": girl, "annees": years}), treated, y, rng.uniform(0.5, 3, n))


def effect(design: Design, y: np.ndarray) -> float:
    one, other = design.treated, ~design.treated
    return float(np.average(y[one], weights=design.weights[one]) - np.average(y[other], weights=design.weights[other]))


def scores(data: Draw) -> np.ndarray:
    return propensity_logit(data.x, data.treated).scores


DESIGNS: dict[str, Callable[[Draw, np.ndarray | None], Design]] = {
    "plus proche": lambda d, s: match_nearest(d.x, d.treated, scores(d), replacement=True, survey_weights=s),
    "calibre": lambda d, s: match_nearest(d.x, d.treated, scores(d), caliper=0.1, survey_weights=s),
    "mahalanobis": lambda d, s: match_nearest(
        d.x, d.treated, mahalanobis=list(d.x), replacement=True, ratio=2, survey_weights=s
    ),
    "complet": lambda d, s: match_full(d.x, d.treated, scores(d), survey_weights=s),
    "strates": lambda d, s: subclassify(d.x, d.treated, scores(d), 20, survey_weights=s),
    "regroupées": lambda d, s: coarsened_exact(d.x, d.x, d.treated, survey_weights=s),
    "entropie": lambda d, s: weight_by_entropy(d.x, d.treated, s),
    "inverse": lambda d, s: weight_by_propensity(d.x, d.treated, propensity_logit(d.x, d.treated, s), "ATT", s),
    "recouvrement": lambda d, s: weight_by_propensity(d.x, d.treated, propensity_logit(d.x, d.treated, s), "ATO", s),
    "tous": lambda d, s: weight_by_propensity(d.x, d.treated, propensity_logit(d.x, d.treated, s), "ATE", s),
}


@pytest.fixture(scope="module")
def people() -> Draw:
    return draw(4_000, 11)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("surveyed", [False, True])
def test_a_known_effect_is_found_where_the_naive_difference_misses_it(people: Draw, name: str, surveyed: bool) -> None:
    design = DESIGNS[name](people, people.survey if surveyed else None)
    naive = people.y[people.treated].mean() - people.y[~people.treated].mean()
    assert abs(naive - EFFECT) > 0.8
    assert effect(design, people.y) == pytest.approx(EFFECT, abs=0.2)
    assert design.max_smd_after < 0.15 < design.max_smd_before


@pytest.mark.parametrize("name", DESIGNS)
def test_equal_survey_weights_change_nothing_but_the_scale(people: Draw, name: str) -> None:
    plain, scaled = DESIGNS[name](people, None), DESIGNS[name](people, np.full(len(people.y), 3.0))
    assert scaled.weights == pytest.approx(3 * plain.weights, rel=1e-7)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_order_of_rows_changes_nothing(people: Draw, name: str) -> None:
    # no two people share a score here: at a tie the first row chooses first
    order = np.random.default_rng(2).permutation(len(people.y))
    plain, shuffled = DESIGNS[name](people, people.survey), DESIGNS[name](people.take(order), people.survey[order])
    assert shuffled.weights == pytest.approx(plain.weights[order], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in DESIGNS if name not in ("recouvrement", "tous", "inverse")])
def test_under_the_att_the_treated_keep_their_survey_weight_and_controls_share_its_total(
    people: Draw, name: str
) -> None:
    design = DESIGNS[name](people, people.survey)
    kept = design.treated & design.kept
    assert design.weights[kept] == pytest.approx(people.survey[kept])
    assert design.weights[~design.treated].sum() == pytest.approx(design.weights[design.treated].sum(), rel=1e-9)


def test_overlap_weights_balance_means_exactly(people: Draw) -> None:
    assert DESIGNS["recouvrement"](people, None).balance.set_index("covariable")["smd_apres"][
        list(people.x)
    ].abs().max() == pytest.approx(0, abs=1e-9)


def test_a_binary_covariate_has_closed_forms() -> None:
    # 30 of 40 treated and 20 of 100 controls have the trait: a control weighs treated over controls of his level
    trait = np.r_[np.ones(30), np.zeros(10), np.ones(20), np.zeros(80)]
    treated = np.r_[np.ones(40, bool), np.zeros(100, bool)]
    x = pd.DataFrame({"trait": trait})
    expected = np.where(treated, 1.0, np.where(trait == 1, 30 / 20, 10 / 80))
    fit = propensity_logit(x, treated)
    assert fit.scores == pytest.approx(np.where(trait == 1, 30 / 50, 10 / 90), rel=1e-10)
    assert fit.coefficients[1] == pytest.approx(np.log(30 * 80 / (20 * 10)), rel=1e-10)
    assert fit.standard_errors[1] == pytest.approx(np.sqrt(1 / 30 + 1 / 10 + 1 / 20 + 1 / 80), rel=1e-8)
    for design in (
        weight_by_propensity(x, treated, fit),
        weight_by_entropy(x, treated),
        subclassify(x, treated, fit.scores, 4),  # cuts at the two scores, and between them
        coarsened_exact(x, x, treated),
    ):
        assert design.weights == pytest.approx(expected, rel=1e-8)


def greedy(score: np.ndarray, treated: np.ndarray, turns: list[int], strata: np.ndarray, caliper: float) -> list[int]:
    """Nearest free control by looking at all of them."""
    free, found = set(np.flatnonzero(~treated)), [-1] * int(treated.sum())
    ones = np.flatnonzero(treated)
    for rank in turns:
        near = [c for c in free if strata[c] == strata[ones[rank]] and abs(score[c] - score[ones[rank]]) <= caliper]
        if near:
            found[rank] = min(near, key=lambda c: abs(score[c] - score[ones[rank]]))
            free.remove(found[rank])
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("caliper", [np.inf, 0.02])
def test_leaping_over_taken_controls_gives_the_pairs_of_a_full_search(seed: int, caliper: float) -> None:
    rng = np.random.default_rng(seed)
    treated, score, strata = rng.random(300) < 0.4, rng.random(300), rng.integers(0, 3, 300)
    for order, turns in (
        ("data", np.arange(treated.sum())),
        ("largest", np.argsort(-score[treated])),
        ("smallest", np.argsort(score[treated])),
    ):
        found = nearest_matches(score, treated, order=order, caliper=caliper, strata=strata)
        assert found[:, 0].tolist() == greedy(score, treated, turns.tolist(), strata, caliper)


def test_two_matches_without_replacement_are_taken_in_two_rounds() -> None:
    score = np.array([0.5, 0.6, 0.5, 0.55, 0.61, 0.9])
    treated = np.array([True, True, False, False, False, False])
    assert nearest_matches(score, treated, ratio=2, order="data").tolist() == [[2, 3], [4, 5]]


@pytest.mark.parametrize("seed", range(4))
def test_optimal_pairs_are_the_cheapest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    treated = np.r_[np.ones(12, bool), np.zeros(13, bool)]
    x = pd.DataFrame({"age": rng.normal(size=25)})
    score = rng.random(25)
    found = match_optimal(x, treated, score).pairs["distance"].sum()
    ordered_one, ordered_other = np.sort(score[treated]), np.sort(score[~treated])
    # on a line the best pairs keep the order: leave each control out in turn
    best = min(np.abs(ordered_one - np.delete(ordered_other, out)).sum() for out in range(13))
    assert found == pytest.approx(best, rel=1e-12)


def cheapest_sets(cost: np.ndarray) -> float:
    """The least cost of edges that leave nobody alone, by trying every set of edges."""
    edges = list(np.ndindex(cost.shape))
    best = np.inf
    for size in range(max(cost.shape), len(edges) + 1):
        for chosen in itertools.combinations(edges, size):
            if {a for a, _ in chosen} == set(range(cost.shape[0])) and {b for _, b in chosen} == set(
                range(cost.shape[1])
            ):
                best = min(best, sum(cost[edge] for edge in chosen))
        if size > sum(cost.shape):
            break
    return best


@pytest.mark.parametrize("seed", range(4))
def test_full_sets_are_stars_and_the_cheapest(seed: int) -> None:
    cost = np.random.default_rng(seed).integers(0, 5, (3, 4)).astype(float)  # with ties and zeros
    labels = _cheapest_cover(cost)
    ones, others = labels[:3], labels[3:]
    for label in set(labels):
        assert min((ones == label).sum(), (others == label).sum()) == 1
    spent = sum(cost[a, b] for a in range(3) for b in range(4) if ones[a] == others[b])
    assert spent == cheapest_sets(cost)


def test_mahalanobis_hangs_on_no_unit_and_no_repeated_column(people: Draw) -> None:
    few = people.take(np.arange(400))
    plain = match_nearest(few.x, few.treated, mahalanobis=list(few.x))
    other = few.x.assign(age=few.x["age"] * 12 - 3, garcon=1 - few.x["fille"])
    again = match_nearest(other, few.treated, mahalanobis=list(other))
    assert again.pairs["non_mentore"].tolist() == plain.pairs["non_mentore"].tolist()


def test_mahalanobis_pairs_without_replacement_are_those_of_a_full_search(people: Draw) -> None:
    few = people.take(np.arange(400))
    x = few.x.to_numpy()
    within = x.copy()
    for arm in (few.treated, ~few.treated):
        within[arm] -= within[arm].mean(axis=0)
    inverse = np.linalg.inv(within.T @ within)
    free, expected = set(np.flatnonzero(~few.treated)), []
    for one in np.flatnonzero(few.treated):
        expected.append(min(free, key=lambda c: (x[c] - x[one]) @ inverse @ (x[c] - x[one])))
        free.remove(expected[-1])
    found = match_nearest(few.x, few.treated, mahalanobis=list(few.x))
    assert found.pairs["non_mentore"].tolist() == expected


def test_a_caliper_holds_under_mahalanobis_and_strata_are_kept(people: Draw) -> None:
    few = people.take(np.arange(800))
    score = scores(few)
    found = match_nearest(few.x, few.treated, score, mahalanobis=["age", "annees"], caliper=0.1, exact=few.x["fille"])
    one, other = found.pairs["mentore"], found.pairs["non_mentore"]
    assert np.abs(score[one] - score[other]).max() <= 0.1 * score.std(ddof=1)
    assert (few.x["fille"].to_numpy()[one] == few.x["fille"].to_numpy()[other]).all()
    assert found.treated_left_out > 0
    assert "sans jeune comparable" in " ".join(found.warnings)


def test_pairs_without_replacement_say_which_rows_go_together(people: Draw) -> None:
    found = match_nearest(people.x, people.treated, scores(people))
    one, other = found.pairs["mentore"].to_numpy(), found.pairs["non_mentore"].to_numpy()
    assert (found.strata[one] == found.strata[other]).all()
    assert len(set(other)) == len(other) == found.n_treated
    assert (found.strata[~found.kept] == -1).all()


def test_abadie_and_imbens_of_pairs_without_repeats_is_the_error_of_a_mean() -> None:
    rng = np.random.default_rng(4)
    x, y = np.arange(60) * 10.0, rng.normal(size=120)
    frame = pd.DataFrame({"x": np.r_[x, x + 1]})
    treated = np.r_[np.ones(60, bool), np.zeros(60, bool)]
    found = abadie_imbens(match_nearest(frame, treated, frame["x"], replacement=True), y)
    gaps = y[:60] - y[60:]
    assert found.estimate == pytest.approx(gaps.mean())
    assert found.standard_error == pytest.approx(gaps.std() / np.sqrt(60))


def test_ties_share_a_match() -> None:
    score = np.r_[np.linspace(0.1, 0.9, 20), np.repeat(np.linspace(0.1, 0.9, 20), 3)]
    treated = np.r_[np.ones(20, bool), np.zeros(60, bool)]
    found = match_nearest(pd.DataFrame({"x": score}), treated, score, replacement=True, ties=True)
    assert found.weights[20:] == pytest.approx(np.full(60, 1 / 3))


def test_perfect_separation_is_refused_and_named(people: Draw) -> None:
    x = people.x.assign(accord=people.treated * 1.0)
    with pytest.raises(NotEstimable, match=r"séparent parfaitement.*« accord »"):
        propensity_logit(x, people.treated)
    with pytest.raises(NotEstimable, match="« accord »"):
        weight_by_entropy(x, people.treated)


def test_a_level_held_by_the_treated_alone_is_refused_and_named(people: Draw) -> None:
    rare = np.zeros(len(people.y))
    rare[np.flatnonzero(people.treated)[:5]] = 1
    with pytest.raises(NotEstimable, match="« rare »"):
        propensity_logit(people.x.assign(rare=rare), people.treated)


def test_scores_that_do_not_overlap_are_refused() -> None:
    with pytest.raises(NotEstimable, match="ne se recouvrent pas"):
        overlap_of([0.8, 0.9, 0.1, 0.2], [True, True, False, False])


def test_overlap_says_what_is_alike() -> None:
    score, treated = np.r_[np.linspace(0.2, 0.6, 50), np.linspace(0.2, 0.6, 50)], np.repeat([True, False], 50)
    found = overlap_of(score, treated)
    assert (found.coefficient, found.concordance, found.treated_outside) == pytest.approx((1, 0.5, 0))
    assert found.curves[["n_mentores", "n_non_mentores"]].sum().tolist() == [50, 50]
    assert not found.warnings
    beyond = overlap_of(np.r_[score[:50] + 0.2, score[50:]], treated)
    assert beyond.treated_outside == pytest.approx(0.5, abs=0.02)
    assert "extrapole" in beyond.warnings[0]
    kept = common_support(np.r_[score[:50] + 0.2, score[50:]], treated)
    assert kept.sum() == pytest.approx(50, abs=2)


def test_a_treated_stratum_without_controls_is_told_and_left_out(people: Draw) -> None:
    departement = np.where(np.arange(len(people.y)) % 2, "01", "02")
    departement[np.flatnonzero(people.treated)[:7]] = "2A"
    found = match_nearest(people.x, people.treated, scores(people), exact=pd.Series(departement))
    assert found.treated_left_out >= 7
    assert any("« 2A »" in told for told in found.warnings)


def test_a_subclass_without_controls_is_refused() -> None:
    score = np.r_[np.linspace(0.1, 0.9, 40), np.linspace(0.05, 0.5, 60)]
    treated = np.r_[np.ones(40, bool), np.zeros(60, bool)]
    with pytest.raises(NotEstimable, match="aucun non-mentoré"):
        subclassify(pd.DataFrame({"x": score}), treated, score, 6)


def test_too_small_an_effective_size_is_refused() -> None:
    score = np.r_[np.full(50, 0.5), np.full(4, 0.5), np.full(200, 0.1)]
    treated = np.r_[np.ones(50, bool), np.zeros(204, bool)]
    with pytest.raises(NotEstimable, match=r"4,0.jeunes non mentorés, moins de 10"):
        match_nearest(pd.DataFrame({"x": score}), treated, score, replacement=True, ties=True)


def test_nobody_within_the_caliper_is_refused() -> None:
    score = np.r_[np.linspace(0.8, 0.9, 20), np.linspace(0.1, 0.2, 20)]
    treated = np.repeat([True, False], 20)
    with pytest.raises(NotEstimable, match="calibre"):
        match_nearest(pd.DataFrame({"x": score}), treated, score, caliper=0.1)


def test_one_control_that_dominates_is_told() -> None:
    score = np.r_[np.full(20, 0.5), np.linspace(0.30, 0.49, 40), np.linspace(0.2, 0.21, 30)]
    treated = np.r_[np.ones(20, bool), np.zeros(70, bool)]
    design = coarsened_exact(
        pd.DataFrame(
            {
                "x": np.r_[
                    np.zeros(4),
                    np.arange(1, 17),
                    np.zeros(1),
                    np.repeat(np.arange(1, 17), 4),
                    np.zeros(0),
                    np.full(5, 99),
                ]
            }
        ),
        pd.DataFrame({"x": score}),
        treated,
        cuts={"x": list(np.arange(0.5, 17))},
    )
    assert any("Un seul jeune non mentoré" in told for told in design.warnings)


def test_one_group_alone_is_refused(people: Draw) -> None:
    with pytest.raises(NotEstimable, match="au moins un jeune"):
        weight_by_entropy(people.x, np.ones(len(people.y), bool))


def test_missing_covariates_and_bad_weights_are_errors_of_the_caller(people: Draw) -> None:
    with pytest.raises(ValueError, match="code what is missing"):
        propensity_logit(people.x.where(people.x["age"] > 14), people.treated)
    with pytest.raises(ValueError, match="survey weights"):
        weight_by_entropy(people.x, people.treated, np.zeros(len(people.y)))


def test_too_many_pairs_for_optimal_matching_are_refused(people: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mentorat.causal.matching.MOST_PAIRS", 1_000)
    with pytest.raises(NotEstimable, match="plus proche voisin"):
        match_optimal(people.x, people.treated, scores(people))


def test_terms_of_a_propensity_are_the_columns_they_stand_for(people: Draw) -> None:
    frame = people.x.assign(sexe=np.where(people.x["fille"] == 1, "f", "g"))
    product = people.x.assign(produit=people.x["age"] * people.x["fille"])
    by_formula = propensity_logit(frame, people.treated, terms=["age", "sexe", "annees", "sexe:age"])
    assert by_formula.names[1:] == ("age", "sexe[g]", "annees", "sexe[g]:age")
    assert by_formula.scores == pytest.approx(propensity_logit(product, people.treated).scores, abs=1e-9)
    plain = propensity_logit(people.x, people.treated, people.survey)
    same = propensity_logit(people.x, people.treated, people.survey, terms=list(people.x.columns))
    assert same.coefficients == pytest.approx(plain.coefficients)


def test_a_spline_finds_a_score_that_bends_and_is_straight_where_it_does_not() -> None:
    rng = np.random.default_rng(4)
    age = rng.uniform(11, 18, 20_000)
    truth = 1 / (1 + np.exp(2 - 1.2 * np.abs(age - 14.5)))
    bent = rng.random(len(age)) < truth
    x = pd.DataFrame({"age": age})
    straight, curve = (propensity_logit(x, bent, terms=[term]).scores for term in ("age", "rcs(age, 5)"))
    assert np.abs(curve - truth).mean() < 0.03 < 0.2 < np.abs(straight - truth).mean()
    line = rng.random(len(age)) < 1 / (1 + np.exp(-0.5 * (age - 14.5)))
    one, other = (propensity_logit(x, line, terms=[term]).scores for term in ("age", "rcs(age)"))
    assert np.abs(one - other).max() < 0.03
    moved = propensity_logit(10 * x - 3, bent, terms=["rcs(age, 5)"])
    assert moved.scores == pytest.approx(curve, abs=1e-8)


def test_a_formula_that_cannot_be_read_is_refused(people: Draw) -> None:
    for terms, reason in (
        (["rcs(age, 7)"], "3, 4 ou 5"),
        (["rcs(fille, 3)"], "trop peu de valeurs"),
        (["rcs(rien)"], "« rien » manque"),
        (["age:fille"], "termes simples"),
    ):
        with pytest.raises(SurveyError, match=reason):
            propensity_logit(people.x, people.treated, terms=terms)
    with pytest.raises(ValueError, match="must be known"):
        propensity_logit(people.x.where(people.x["age"] > 14), people.treated, terms=["age"])
