"""Two groups compared on a sampling design: R's figures, what it is without clusters, invariances, refusals."""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.survey.clustered import GroupComparison, compare_groups
from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.proportions import two_proportions, wilson_limits
from tests.methods.figures import DATA

GROUPS = {"group": "comp.imp", "first": "Yes", "second": "No"}
# R survey 4.1.1: svyttest(hi ~ comp.imp), then svycontrast(svyby(~hi, ~comp.imp, svymean, covmat = TRUE), …) on the
# logarithms of the ratio and of the odds ratio; hi = api00 > 700.
R_FIGURES = {
    "apiclus1": {
        "design": {"weights": "pw", "clusters": "dnum", "population": "fpc"},
        "t_test": (1.50266727022952, 13, 0.156822611059794, -0.0354100516710568, 0.197214562949252),
        "log_ratio": (0.253817558499024, 0.192531337909025),
        "log_odds": (0.373011363258426, 0.263616696716558),
    },
    "apistrat": {
        "design": {"weights": "pw", "strata": "stype"},
        "t_test": (1.33822623679529, 196, 0.182373095361584, -0.0490350457572317, 0.256065913685298),
        "log_ratio": (0.268232706859784, 0.20946893703537),
        "log_odds": (0.437843949458944, 0.333557143973324),
    },
}


def schools(name: str) -> pd.DataFrame:
    frame = pd.read_csv(DATA / "survey_api" / f"{name}.csv")
    return frame.assign(hi=(frame["api00"] > 700).astype(int))


@pytest.mark.parametrize("name", R_FIGURES)
def test_the_difference_is_that_of_svyttest(name: str) -> None:
    frame, figures = schools(name), R_FIGURES[name]
    found = compare_groups(survey_design(frame, **figures["design"]), frame, "hi", **GROUPS, interval="student")
    one = found.estimate
    assert (found.t, one.df, found.p, one.low, one.high) == pytest.approx(figures["t_test"], rel=1e-10)


@pytest.mark.parametrize("name", R_FIGURES)
@pytest.mark.parametrize(("measure", "key"), [("risk_ratio", "log_ratio"), ("odds_ratio", "log_odds")])
def test_ratios_are_those_of_svycontrast(name: str, measure, key: str) -> None:
    frame, figures = schools(name), R_FIGURES[name]
    design = survey_design(frame, **figures["design"])
    one = compare_groups(design, frame, "hi", **GROUPS, measure=measure, interval="student").estimate
    assert (log(one.estimate), one.se) == pytest.approx(figures[key], rel=1e-10)
    half = stats.t.ppf(0.975, one.df) * one.se
    assert (one.low, one.high) == pytest.approx((one.estimate * exp(-half), one.estimate * exp(half)))


@pytest.fixture
def survey() -> pd.DataFrame:
    """Simulated: 24 structures of 8 young people, of which half mentored in each; answers alike inside structures."""
    rng = np.random.default_rng(20240901)
    structure = np.repeat(np.arange(24), 8)
    positive = rng.beta(4, 6, 24)[structure]
    mentored = np.tile([True, False], 96)
    return pd.DataFrame(
        {
            "structure": structure,
            "groupe": np.where(mentored, "mentores", "non_mentores"),
            "poids": rng.uniform(1, 3, 192),
            "oui": (rng.uniform(size=192) < positive).astype(float),
        }
    )


def compare(frame: pd.DataFrame, **options) -> GroupComparison:
    design = survey_design(
        frame, weights=options.pop("weights", "poids"), clusters=options.pop("clusters", "structure")
    )
    return compare_groups(design, frame, "oui", group="groupe", first="mentores", second="non_mentores", **options)


def test_without_clusters_or_weights_it_is_the_comparison_of_two_samples(survey: pd.DataFrame) -> None:
    found = compare(survey, weights=None, clusters=None, interval="student")
    n1, n2 = found.n1, found.n2
    independent = found.share1 * (1 - found.share1) / n1 + found.share2 * (1 - found.share2) / n2
    assert found.estimate.se == pytest.approx(sqrt(independent * 192 / 191), rel=1e-12)
    assert (found.estimate.df, found.estimate.clusters) == (190, 192)
    # Newcombe's with Student's quantile and 191 answers for 192: a hair wider than the published one.
    plain = two_proportions(round(found.share1 * n1), n1, round(found.share2 * n2), n2)
    hybrid = compare(survey, weights=None, clusters=None).estimate
    assert (hybrid.low, hybrid.high) == pytest.approx((plain.low, plain.high), abs=2e-3)
    assert hybrid.low < plain.low < plain.high < hybrid.high


@pytest.mark.parametrize("interval", ["student", "newcombe", "score"])
def test_order_labels_and_scale_of_weights_change_nothing(survey: pd.DataFrame, interval) -> None:
    found = compare(survey, interval=interval).estimate
    shuffled = survey.sample(frac=1, random_state=3)
    renamed = survey.assign(structure=survey["structure"].map(lambda code: f"S{97 * code % 101}"))
    scaled = survey.assign(poids=1000 * survey["poids"])
    for other in (shuffled, renamed, scaled):
        again = compare(other, interval=interval).estimate
        assert (again.estimate, again.low, again.high, again.deff) == pytest.approx(
            (found.estimate, found.low, found.high, found.deff), rel=1e-9
        )


def test_swapping_the_groups_turns_the_difference_over(survey: pd.DataFrame) -> None:
    names = {"mentores": "non_mentores", "non_mentores": "mentores"}
    one, other = compare(survey).estimate, compare(survey.assign(groupe=survey["groupe"].map(names))).estimate
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


def test_answers_that_repeat_inside_clusters_tell_nothing_more(survey: pd.DataFrame) -> None:
    twice = pd.concat([survey, survey])
    for interval in ("student", "newcombe"):
        one, other = compare(survey, interval=interval).estimate, compare(twice, interval=interval).estimate
        assert other.se == pytest.approx(one.se)
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=0.02)
        assert other.deff == pytest.approx(2 * one.deff)


def test_a_missing_answer_or_another_group_leaves_the_comparison_and_not_the_design(survey: pd.DataFrame) -> None:
    more = pd.concat([survey, survey.assign(oui=np.nan), survey.assign(groupe="professionnels")], ignore_index=True)
    assert (compare(survey).missing1, compare(more).missing1, compare(more).missing2) == (0, 96, 96)
    assert compare(more).estimate.n_missing == 192
    one, other = compare(survey, interval="student").estimate, compare(more, interval="student").estimate
    assert (other.n, other.clusters, other.df) == (one.n, one.clusters, one.df)
    assert (other.estimate, other.se) == pytest.approx((one.estimate, one.se))


def test_intervals_hold_the_true_difference_and_ignoring_clusters_does_not() -> None:
    """Simulated: 15 structures of 10 a group, true shares 0.5 and 0.3, intraclass correlation 0.2 (seeded)."""
    rng = np.random.default_rng(7)
    codes = np.arange(300)
    frame = pd.DataFrame({"groupe": np.where(codes < 150, "mentores", "non_mentores"), "structure": codes // 10})
    held = {"student": 0, "newcombe": 0, "ignored": 0}
    design, options = survey_design(frame, clusters="structure"), {"first": "mentores", "second": "non_mentores"}
    for _ in range(200):
        chance = np.concatenate([rng.beta(2, 2, 15), rng.beta(1.2, 2.8, 15)])
        sample = frame.assign(oui=(rng.uniform(size=300) < np.repeat(chance, 10)).astype(int))
        counts = sample.groupby("groupe")["oui"].sum()
        found = {
            name: compare_groups(design, sample, "oui", group="groupe", **options, interval=name).estimate
            for name in ("student", "newcombe")
        }
        found["ignored"] = two_proportions(int(counts["mentores"]), 150, int(counts["non_mentores"]), 150)
        for name, one in found.items():
            held[name] += one.low <= 0.2 <= one.high
    # 0.95 less or plus four standard errors of 200 draws; the benchmark has thousands.
    assert held["student"] / 200 > 0.89
    assert held["newcombe"] / 200 > 0.89
    assert held["ignored"] / 200 < 0.85


def test_structures_that_answer_in_both_groups_make_the_difference_surer(survey: pd.DataFrame) -> None:
    apart = survey.assign(structure=survey["structure"].astype(str) + survey["groupe"])
    together = compare(survey).estimate
    assert together.se < compare(apart).estimate.se
    assert together.high - together.low < compare(apart).estimate.high - compare(apart).estimate.low


def test_a_group_of_one_answer_keeps_an_interval_and_says_what_is_lost(survey: pd.DataFrame) -> None:
    unanimous = survey.assign(oui=survey["oui"].where(survey["groupe"] == "non_mentores", 1.0))
    for interval in ("newcombe", "score"):
        found = compare(unanimous, interval=interval)
        assert found.share1 == 1
        assert -1 <= found.estimate.low < found.estimate.estimate < found.estimate.high <= 1
        assert any("même réponse" in sentence for sentence in found.estimate.warnings)
    alone = compare(unanimous).estimate
    # The unanimous group has the design effect of both groups together: its lower limit is Wilson's on fewer answers.
    assert wilson_limits(96, 96, 1.96)[0] - found.share2 > alone.low


def test_everybody_of_one_mind_leaves_nothing_to_test(survey: pd.DataFrame) -> None:
    found = compare(survey.assign(oui=1.0))
    assert (found.estimate.estimate, found.t, found.p) == (0, 0, 1)
    assert found.estimate.low < 0 < found.estimate.high


def test_a_young_person_of_unknown_group_is_in_neither(survey: pd.DataFrame) -> None:
    unknown = survey.assign(groupe=survey["groupe"].astype("string").mask(survey["structure"] == 0, pd.NA))
    assert compare(unknown).estimate.n == 184


@pytest.mark.parametrize("seed", range(20))
def test_one_mind_is_a_hundred_per_cent_whatever_the_weights(survey: pd.DataFrame, seed: int) -> None:
    weights = np.random.default_rng(seed).uniform(0.1, 9, len(survey))
    unanimous = survey.assign(poids=weights, oui=survey["oui"].where(survey["groupe"] == "non_mentores", 1.0))
    assert compare(unanimous).share1 == 1


def test_few_clusters_are_said(survey: pd.DataFrame) -> None:
    found = compare(survey[survey["structure"] < 6])
    assert "6 grappes" in found.estimate.warnings[0].replace("\u00a0", " ")
    assert not compare(survey).estimate.warnings


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.drop(columns="oui"), "« oui » manque"),
        (lambda f: f.drop(columns="groupe"), "« groupe » manque"),
        (lambda f: f.assign(oui="oui"), "« oui » contient du texte"),
        (lambda f: f.assign(oui=2.0), "« oui » a d'autres valeurs"),
        (lambda f: f.assign(oui=np.nan), "« mentores » .* aucune réponse"),
        (lambda f: f.assign(groupe="mentores"), "« non_mentores » .* aucune réponse"),
        (lambda f: f.assign(structure=0), "ne vient que d'une grappe"),
        (
            lambda f: f[(f["structure"] == 0) | (f["groupe"] == "mentores")],
            "« non_mentores » .* que d'une grappe",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_column(survey: pd.DataFrame, change, told: str) -> None:
    with pytest.raises(SurveyError, match=told):
        compare(change(survey))


def test_two_clusters_leave_no_degree_of_freedom(survey: pd.DataFrame) -> None:
    with pytest.raises(SurveyError, match="aucun intervalle"):
        compare(survey[survey["structure"] < 2])


def test_a_ratio_to_nobody_is_refused(survey: pd.DataFrame) -> None:
    nobody = survey.assign(oui=survey["oui"].where(survey["groupe"] == "mentores", 0.0))
    with pytest.raises(SurveyError, match="0 %"):
        compare(nobody, measure="risk_ratio", interval="student")


def test_a_table_that_is_not_the_design_s_is_refused(survey: pd.DataFrame) -> None:
    design = survey_design(survey, clusters="structure")
    with pytest.raises(SurveyError, match="plan de sondage 192"):
        compare_groups(design, survey.head(9), "oui", group="groupe", first="mentores", second="non_mentores")


def test_newcombe_s_interval_is_that_of_a_difference(survey: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="difference"):
        compare(survey, measure="odds_ratio")
