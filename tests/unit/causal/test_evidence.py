"""The evidence grade: each threshold from both sides, and what never raises a grade."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mentorat.causal.evidence import GRADES, Facts, Rules, finding, grade, overstated, rules

COHORT = Facts(
    comparaison=True,
    ajuste=True,
    smd_maximal_apres=0.02,
    vagues=None,
    tirage_au_sort=False,
    ensembles_a_risque=True,
    confirmatoire=True,
    finding="ecart",
    ess=400.0,
    clusters_smaller=60,
    df=40.0,
    missing_share=0.05,
    e_value_limit=1.6,
    control_passed=True,
    both_arms_vary=True,
)
"""A comparison by risk sets that fulfils every condition of « probable »."""
SURVEY = COHORT.model_copy(update={"vagues": 1, "ensembles_a_risque": False, "same_sign": 1.0, "excluding_zero": 0.9})
PANEL = SURVEY.model_copy(update={"vagues": 2})
TRIAL = SURVEY.model_copy(update={"tirage_au_sort": True, "simule": False})


OPTIONAL = ("control_passed", "both_arms_vary")
"""Facts that are true, false or not known."""


def graded(facts: Facts, **changes: Any) -> str:
    return grade(facts.model_copy(update=changes)).preuve


def rank(name: str) -> int:
    return [str(one) for one in GRADES].index(name)


# --- what each design may reach at most ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reached"), [(SURVEY, "non concluant"), (COHORT, "probable"), (PANEL, "probable"), (TRIAL, "établi")]
)
@pytest.mark.parametrize("found", ["ecart", "absence"])
def test_the_best_a_design_may_reach(facts: Facts, reached: str, found: str) -> None:
    assert graded(facts, finding=found) == reached


def test_a_simulated_trial_establishes_nothing() -> None:
    assert graded(TRIAL, simule=True) == "non concluant"


@settings(deadline=None)
@given(
    st.builds(
        Facts,
        comparaison=st.booleans(),
        ajuste=st.booleans(),
        temoin=st.booleans(),
        smd_maximal_apres=st.none() | st.floats(0, 1),
        vagues=st.none() | st.integers(1, 3),
        tirage_au_sort=st.booleans(),
        ensembles_a_risque=st.booleans(),
        confirmatoire=st.booleans(),
        finding=st.none() | st.sampled_from(["ecart", "absence", "incertain"]),
        ess=st.none() | st.floats(1, 1000),
        clusters_smaller=st.none() | st.integers(1, 100),
        df=st.none() | st.floats(1, 100),
        missing_share=st.none() | st.floats(0, 1),
        e_value_limit=st.none() | st.floats(1, 3),
        same_sign=st.none() | st.floats(0, 1),
        excluding_zero=st.none() | st.floats(0, 1),
        control_passed=st.none() | st.booleans(),
        both_arms_vary=st.none() | st.booleans(),
        simule=st.booleans(),
    )
)
def test_whatever_the_facts_a_grade_never_goes_beyond_the_design(facts: Facts) -> None:
    found = grade(facts).preuve
    if not facts.tirage_au_sort:
        assert found != "établi"
        if facts.vagues == 1 and not facts.ensembles_a_risque:
            assert found in {"descriptif", "non concluant"}
    if found in {"probable", "établi"}:
        assert facts.comparaison
        assert facts.ajuste
        assert facts.confirmatoire
        assert facts.finding in {"ecart", "absence"}
        assert not facts.temoin
        assert facts.missing_share is not None
    if not facts.comparaison or not facts.ajuste:
        assert found == "descriptif"
    # whatever could not be checked never raises a grade
    for name in Facts.model_fields:
        if getattr(facts, name) is None or name in {"comparaison", "ajuste", "temoin", "simule", "vagues"}:
            continue
        unknown = False if isinstance(getattr(facts, name), bool) and name not in OPTIONAL else None
        weaker = grade(facts.model_copy(update={name: unknown})).preuve
        if name not in {"ess", "clusters_smaller"}:  # unknown, these are no longer known to be too small
            assert rank(weaker) <= max(rank(found), rank("non concluant"))


# --- each threshold, from both sides ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        ({"smd_maximal_apres": 0.1}, "probable"),
        ({"smd_maximal_apres": 0.1001}, "descriptif"),
        ({"smd_maximal_apres": None}, "descriptif"),
        ({"ess": 30.0}, "probable"),
        ({"ess": 29.9}, "non concluant"),
        ({"ess": 10.0}, "non concluant"),
        ({"ess": 9.9}, "descriptif"),
        ({"ess": None}, "non concluant"),
        ({"clusters_smaller": 10}, "probable"),
        ({"clusters_smaller": 9}, "non concluant"),
        ({"clusters_smaller": 4}, "non concluant"),
        ({"clusters_smaller": 3}, "descriptif"),
        ({"clusters_smaller": None}, "non concluant"),
        ({"df": 4.0}, "probable"),
        ({"df": 3.99}, "non concluant"),
        ({"df": None}, "non concluant"),
        ({"missing_share": 0.2}, "probable"),
        ({"missing_share": 0.2001}, "non concluant"),
        ({"missing_share": None}, "non concluant"),
        ({"e_value_limit": 1.25}, "probable"),
        ({"e_value_limit": 1.2499}, "non concluant"),
        ({"e_value_limit": None}, "non concluant"),
        ({"e_value_limit": None, "finding": "absence"}, "probable"),  # nothing to explain away
        ({"control_passed": False}, "non concluant"),
        ({"control_passed": None}, "non concluant"),
        ({"both_arms_vary": False}, "non concluant"),
        ({"both_arms_vary": None}, "non concluant"),
        ({"same_sign": 0.9, "excluding_zero": 0.5}, "probable"),
        ({"same_sign": 0.89, "excluding_zero": 1.0}, "non concluant"),
        ({"same_sign": 1.0, "excluding_zero": 0.49}, "non concluant"),
        ({"same_sign": None, "excluding_zero": None}, "probable"),  # the cohort has no grid
        ({"confirmatoire": False}, "non concluant"),
        ({"finding": "incertain"}, "non concluant"),
        ({"temoin": True}, "descriptif"),
        ({"comparaison": False}, "descriptif"),
        ({"ajuste": False}, "descriptif"),
    ],
)
def test_each_condition_from_both_sides(changes: dict[str, Any], reached: str) -> None:
    assert graded(COHORT, **changes) == reached


@pytest.mark.parametrize(
    ("same_sign", "reached"), [(0.9, "probable"), (0.89, "non concluant"), (None, "non concluant")]
)
def test_a_panel_needs_its_curve(same_sign: float | None, reached: str) -> None:
    assert graded(PANEL, same_sign=same_sign) == reached


@pytest.mark.parametrize(
    ("interval", "p_holm", "found"),
    [
        ((0.001, 0.09), 0.0499, "ecart"),
        ((0.001, 0.09), 0.05, "incertain"),
        ((0.001, 0.09), None, "incertain"),
        ((-0.09, -0.001), 0.01, "ecart"),
        ((0.0, 0.05), 0.06, "absence"),
        ((-0.05, 0.05), 1.0, "absence"),
        ((-0.05, 0.0501), 1.0, "incertain"),
        ((-0.0501, 0.05), 1.0, "incertain"),
        ((0.0, 0.05), 0.01, "absence"),  # the interval speaks first
    ],
)
def test_what_an_interval_says(interval: tuple[float, float], p_holm: float | None, found: str) -> None:
    assert finding(sum(interval) / 2, *interval, p_holm) == found


def test_nothing_is_found_where_nothing_is_estimated() -> None:
    assert finding(None, float("nan"), float("nan"), None) is None


# --- the file of rules --------------------------------------------------------------------------------


def test_rules_and_thresholds_are_dated_and_give_their_reason() -> None:
    found = rules()
    assert found.valable_du.year >= 2024
    assert found.raison
    assert all(rule.motif for rule in found.regles)
    dated = [getattr(found.seuils, name) for name in type(found.seuils).model_fields]
    assert max(one.depuis for one in dated) <= found.valable_du
    assert {rule.preuve for rule in found.regles} == set(GRADES)


def test_only_a_drawing_of_lots_is_ever_established() -> None:
    assert all(rule.si.tirage_au_sort for rule in rules().regles if rule.preuve == "établi")


@pytest.mark.parametrize("part", ["mots", "regles"])
def test_a_file_whose_words_say_more_than_their_grade_is_refused(part: str) -> None:
    content = rules().model_dump()
    if part == "mots":
        content["mots"]["non concluant"]["ecart"] = "Le mentorat rend {nom} plus fréquente."
    else:
        content["regles"][6]["motif"] = "Grâce au mentorat, cet écart est réel."
    with pytest.raises(ValidationError, match="says more than « non concluant »"):
        Rules.model_validate(content)


@pytest.mark.parametrize("grade", ["descriptif", "non concluant"])
@pytest.mark.parametrize(
    "said",
    [
        "Le mentorat rend cette réponse plus fréquente.",
        "C’est probablement un effet du mentorat.",
        "Cet écart est dû au mentorat.",
        "Il est prouvé que le mentorat améliore cette réponse.",
    ],
)
def test_words_a_weak_grade_may_not_use_are_seen(grade: Any, said: str) -> None:
    assert overstated(said, rules().interdits[grade])


def test_the_label_of_an_outcome_may_say_what_it_likes() -> None:
    assert overstated("« Avoir probablement réussi grâce au mentorat » : rien.", rules().interdits["descriptif"]) == ""
