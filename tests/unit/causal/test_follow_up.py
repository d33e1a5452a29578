"""Outcomes after the index date, worked out by hand, and the weights of what is not observed."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.follow_up import (
    Facts,
    censored_weights,
    follow,
    observation_weights,
    usable_sets,
)
from mentorat.causal.plan import CohortOutcome
from mentorat.errors import MentoratError
from tests.unit.causal.cohort_marts import facts

SCHOOL = CohortOutcome(famille="principale", de_jours=183, a_jours=548)
MOVES = CohortOutcome(famille="secondaire", de_jours=1, a_jours=183)
ADULT = CohortOutcome(famille="secondaire", apres_18_ans_jours=183)
BEFORE = CohortOutcome(famille="temoin", de_jours=-183, a_jours=-1)


def people(*names: str, **told: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id_population": names,
            "jour_index": pd.Timestamp("2024-03-01"),
            "annee_naissance": 2006,
            "mois_naissance": 9,
            "debut_observation": "2023-01-01",
            "fin_observation": "2026-12-31",
        }
        | told
    )


def values(rows: pd.DataFrame, told: pd.DataFrame, name: str, outcome: CohortOutcome) -> list[float]:
    return follow(rows, Facts(told), name, outcome).value.tolist()


def test_the_first_event_that_tells_of_schooling_decides() -> None:
    told = facts(
        ("drops", "freqsco", "2024-12-01", "8"),
        ("drops", "freqsco", "2025-02-01", "6"),
        ("attends", "freqsco", "2024-12-01", "6"),
        ("attends", "freqsco", "2025-02-01", "8"),
        ("silent", "freqsco", "2024-12-01", "9"),
        ("late", "freqsco", "2025-09-02", "8"),
        ("early", "freqsco", "2024-08-30", "7"),
        ("first day", "freqsco", "2024-08-31", "7"),
        ("last day", "freqsco", "2025-08-31", "8"),
        ("silent then out", "freqsco", "2024-10-01", "9"),
        ("silent then out", "freqsco", "2024-11-01", "7"),
    )
    names = ("drops", "attends", "silent", "late", "early", "first day", "last day", "silent then out", "nothing")
    found = dict(zip(names, values(people(*names), told, "freqsco", SCHOOL), strict=True))
    ones = {name for name, value in found.items() if value == 1}
    unknown = {name for name, value in found.items() if np.isnan(value)}
    assert ones == {"drops", "first day", "last day", "silent then out"}
    assert found["attends"] == 0
    assert unknown == {"silent", "late", "early", "nothing"}


def test_a_move_counts_within_the_window_and_a_departure_before_it_is_kept_apart() -> None:
    told = facts(
        ("moves", "deplacement", "2024-06-01", ""),
        ("index day", "deplacement", "2024-03-01", ""),
        ("last day", "deplacement", "2024-08-31", ""),
        ("leaves", "sortie", "2024-04-01", ""),
        ("moves then leaves", "deplacement", "2024-04-01", ""),
        ("moves then leaves", "sortie", "2024-05-01", ""),
    )
    rows = people("moves", "index day", "last day", "leaves", "moves then leaves")
    found = follow(rows, Facts(told), "deplacements", MOVES)
    assert found.value.tolist() == [1, 0, 1, 0, 1]
    assert (~np.isnan(found.exit)).tolist() == [False, False, False, True, False]


def test_the_placebo_window_ends_the_day_before() -> None:
    told = facts(("before", "deplacement", "2024-02-29", ""), ("that day", "deplacement", "2024-03-01", ""))
    assert values(people("before", "that day"), told, "deplacements_avant", BEFORE) == [1, 0]


def test_young_adult_care_counts_from_the_month_of_the_birthday() -> None:
    told = facts(
        ("soon", "jeune_majeur", "2024-10-01", ""),
        ("earlier that month", "jeune_majeur", "2024-09-03", ""),
        ("too late", "jeune_majeur", "2025-03-20", ""),
    )
    rows = people("soon", "earlier that month", "too late", "never")
    assert values(rows, told, "jeune_majeur", ADULT) == [1, 1, 0, 0]
    adult = follow(people("adult", annee_naissance=2005), Facts(told), "jeune_majeur", ADULT)
    unknown = follow(
        people("unknown", mois_naissance=pd.array([None], dtype="Int64")), Facts(told), "jeune_majeur", ADULT
    )
    assert not adult.usable.any() and not unknown.usable.any()


@pytest.mark.parametrize(
    ("name", "outcome", "last", "usable"),
    [
        ("freqsco", SCHOOL, "2025-08-31", True),
        ("freqsco", SCHOOL, "2025-08-30", False),
        ("deplacements", MOVES, "2024-08-31", True),
        ("deplacements", MOVES, "2024-08-30", False),
        ("jeune_majeur", ADULT, "2025-03-17", True),
        ("jeune_majeur", ADULT, "2025-03-16", False),
    ],
)
def test_a_window_counts_when_the_files_cover_its_last_day(
    name: str, outcome: CohortOutcome, last: str, usable: bool
) -> None:
    found = follow(people("a", fin_observation=last), Facts(facts(("b", "sortie", "2024-01-01", ""))), name, outcome)
    assert found.usable.tolist() == [usable]
    assert np.isnan(found.value).all() or usable


def test_a_placebo_window_before_the_files_begin_is_not_used() -> None:
    rows = people("a", debut_observation="2023-08-31")
    assert follow(rows, Facts(facts()), "deplacements_avant", BEFORE).usable.tolist() == [True]
    rows = people("a", debut_observation="2023-09-01")
    assert follow(rows, Facts(facts()), "deplacements_avant", BEFORE).usable.tolist() == [False]


def test_a_set_serves_with_its_mentored_and_a_comparator() -> None:
    sets = pd.Series([0, 0, 0, 1, 1, 2, 2])
    mentored = np.array([True, False, False, True, False, True, False])
    usable = np.array([True, True, False, True, False, False, True])
    assert usable_sets(sets, mentored, usable).tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert usable_sets(sets, mentored, np.ones(7, dtype=bool)).tolist() == [1, 0.5, 0.5, 1, 1, 1, 1]


def test_the_observed_stand_for_those_like_them() -> None:
    """With one binary trait the logit is saturated: each observed weighs share of the arm over share of his level."""
    rng = np.random.default_rng(3)
    trait, mentored = np.repeat([0.0, 1.0], 400), np.tile([True, False], 400)
    observed = rng.random(800) < np.where(trait == 1, 0.5, 0.9)
    rows = pd.DataFrame({"trait": trait})
    found = observation_weights(rows, mentored, observed, np.ones(800), ["trait"])
    for arm in (mentored, ~mentored):
        for level in (0, 1):
            cell = arm & (trait == level)
            expected = observed[arm].mean() / observed[cell].mean()
            assert found.weights[cell & observed] == pytest.approx(expected)
    assert (found.weights[~observed] == 0).all()
    assert f"connue de {100 * observed[mentored].mean():.0f}" in found.warnings[0]


def test_an_arm_nobody_of_which_is_observed_is_refused() -> None:
    mentored = np.tile([True, False], 50)
    with pytest.raises(NotEstimable, match="aucun des jeunes mentorés"):
        observation_weights(pd.DataFrame({"x": np.arange(100.0)}), mentored, ~mentored, np.ones(100), ["x"])


def test_censoring_weights_bring_back_the_share_there_would_have_been() -> None:
    """Comparators start mentoring in proportion to a trait that also makes them move: without weights the movers are
    lost. The truth is drawn: nobody's own moves depend on censoring."""
    rng = np.random.default_rng(8)
    n = 6_000
    trait = rng.random(n) < 0.5
    mentored = np.arange(n) % 2 == 0
    index = np.datetime64("2024-03-01", "D")
    moves = rng.exponential(np.where(trait, 200, 600))
    starts = np.where(rng.random(n) < 0.9, np.floor(rng.exponential(np.where(trait, 150, 700))) + 1, np.nan)
    rows = people(*[f"P{rank:05d}" for rank in range(n)]).assign(trait=trait * 1.0)
    seen = moves < 183
    told = pd.DataFrame(
        {
            "id_population": rows["id_population"][seen],
            "fait": "deplacement",
            "date_fait": index + np.ceil(moves[seen]).astype(int),
            "valeur": "",
        }
    )
    followed = follow(rows, Facts(told), "deplacements", MOVES)
    own = index.astype(int) + starts
    found = censored_weights(rows, mentored, followed, starts=own, base=np.ones(n), covariates=["trait"])
    truth = followed.value[~mentored].mean()
    kept = ~mentored & (found.weights > 0)
    assert (found.weights[mentored] == 1).all()
    unweighted = followed.value[kept].mean()
    weighted = np.average(followed.value[kept], weights=found.weights[kept])
    assert abs(weighted - truth) < 0.015 < 0.03 < abs(unweighted - truth)
    assert any("Censure" in one for one in found.warnings)


def test_an_outcome_or_a_window_that_the_files_do_not_hold_is_named() -> None:
    rows, told = people("a"), Facts(facts())
    with pytest.raises(MentoratError, match="diplome"):
        follow(rows, told, "diplome", MOVES)
    with pytest.raises(MentoratError, match="de_jours"):
        follow(rows, told, "deplacements", ADULT)
    with pytest.raises(MentoratError, match="apres_18_ans_jours"):
        follow(rows, told, "jeune_majeur", MOVES)
    with pytest.raises(MentoratError, match="valeur"):
        Facts(facts().drop(columns="valeur"))
