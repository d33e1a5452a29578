"""Linkage recovers who is who from misspelt identities: homonyms, siblings and twins included, fixed seeds.

The identities and their errors are those of `mentorat/simulation/noms.py`; `make bench` prints the national size.
"""

from functools import cache

import pandas as pd
import pytest

from benchmarks.rapprochement import PRECISION, RECALL, Case, draw_case, pairs_of, precision, recall
from mentorat.identity.linkage import Linkage, link
from mentorat.simulation.noms import ERROR_RATES, NEUTRAL, NEUTRAL_RULES, SWAPPED

PEOPLE, PAIRS, DEPARTEMENTS = 20_000, 14_000, 6


@cache
def linked(dossiers: bool) -> tuple[Case, Linkage, pd.DataFrame]:
    case = draw_case(PEOPLE, PAIRS, DEPARTEMENTS, dossiers, seed=7)
    linkage = link(case.records)
    return case, linkage, pairs_of(linkage, case)


def group(dossiers: bool, mna: bool) -> pd.DataFrame:
    found = linked(dossiers)[2]
    return found[found["mna"] == mna]


@pytest.mark.parametrize("dossiers", [False, True])
def test_links_are_right(dossiers: bool) -> None:
    assert precision(group(dossiers, mna=False)) >= PRECISION


@pytest.mark.parametrize("kind", [NEUTRAL, SWAPPED])
@pytest.mark.parametrize("dossiers", [False, True])
def test_neutral_spellings_and_swapped_dates_are_found(kind: str, dossiers: bool) -> None:
    found = recall(group(dossiers, mna=False), "erreur").loc[kind]
    assert found["paires"] >= 100
    assert found["rappel"] >= RECALL


def test_every_rule_of_neutral_spelling_is_tried_and_mostly_found() -> None:
    changed = linked(dossiers=False)[2].query("erreur == @NEUTRAL")
    assert set(changed["variante"]) == set(NEUTRAL_RULES)
    by_rule = recall(changed, "variante")
    # « espace » changes no pseudonym: names are glued before they are hashed.
    assert set(by_rule.index) == set(NEUTRAL_RULES) - {"espace"}
    assert by_rule["rappel"].min() >= 0.8


def test_a_typed_identity_without_error_is_always_found() -> None:
    found = linked(dossiers=False)[2]
    untouched = found[found["erreur"] == ""]
    assert not untouched["change"].any()
    assert (untouched["justes"] == 1).all()


def test_other_errors_are_measured_and_a_dossier_helps_them() -> None:
    alone, helped = (recall(linked(dossiers)[2], "erreur")["rappel"] for dossiers in (False, True))
    assert set(alone.index) == set(helped.index) == set(ERROR_RATES)
    others = [kind for kind in ERROR_RATES if kind not in (NEUTRAL, SWAPPED)]
    assert alone[others].between(0, 1).all()
    # Nothing but a reference can tell a changed name or a wrong day, and another year says it was mistyped.
    assert (alone[["nom_change", "jour_faux", "annee_fausse", "prenom_nom_inverses"]] == 0).all()
    assert helped["annee_fausse"] == 0
    assert (helped[others] > alone[others]).drop("annee_fausse").all()


def test_unaccompanied_minors_are_measured_apart() -> None:
    found = group(dossiers=False, mna=True)
    assert len(found) > 1_000
    assert 0.9 < precision(found) <= 1
    assert precision(found, near=True) >= precision(found)
    assert recall(found, "erreur").loc[[NEUTRAL, "translitteration"], "rappel"].between(0.5, 1).all()


@pytest.mark.parametrize("dossiers", [False, True])
def test_twins_are_never_taken_for_one_another(dossiers: bool) -> None:
    case, linkage, _ = linked(dossiers)
    person = case.records["id_jeune_etude"].map(linkage.identites.set_index("id_jeune")["id_personne"])
    known = case.truth.assign(id_personne=person).query("source == 'passage'")
    twins = case.identities.index[case.identities["jumeau"]]
    assert len(twins) > 300
    by_child = known.set_index("personne")["id_personne"]
    assert (by_child[twins].to_numpy() != by_child[twins - 1].to_numpy()).all()


def test_the_same_seed_gives_the_same_case() -> None:
    first, second = (draw_case(500, 200, 2, True, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.records, second.records)
