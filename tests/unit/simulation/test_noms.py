"""Synthetic identities and the errors made when they are typed again."""

import numpy as np
import pandas as pd
import pytest

from mentorat.simulation.noms import (
    ERROR_RATES,
    NEUTRAL,
    NEUTRAL_RULES,
    SWAPPED,
    draw_identities,
    misspell,
    respell,
    without_accents,
)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return draw_identities(20_000, np.random.default_rng(1))


def typed_again(people: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows really changed by `kind`, with the true columns beside (`vrai_…`)."""
    typed = misspell(people, np.random.default_rng(2), {kind: 1.0})
    return typed.join(people[["prenom", "nom", "naissance"]].add_prefix("vrai_")).query("erreur == @kind")


def plain(names: pd.Series) -> pd.Series:
    return names.map(without_accents).str.upper()


def test_the_same_seed_names_the_same_people(people: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(people, draw_identities(20_000, np.random.default_rng(1)))
    assert not people.equals(draw_identities(20_000, np.random.default_rng(2)))


def test_frequent_names_are_frequent_and_most_names_are_rare(people: pd.DataFrame) -> None:
    counts = people.loc[~people["mna"], "nom"].value_counts(normalize=True)
    assert 0.001 < counts.iloc[0] < 0.02
    assert len(counts) > 4_000
    assert not people[["prenom", "nom"]].eq("").any(axis=None)


def test_brothers_and_sisters_share_their_name_and_twins_their_birth_date(people: pd.DataFrame) -> None:
    assert people.groupby("famille")["nom"].nunique().max() == 1
    assert 0.5 < people.duplicated("famille", keep=False).mean() < 0.7
    twins = people.index[people["jumeau"]]
    assert 0.01 < len(twins) / len(people) < 0.03
    for column, same in (("famille", True), ("naissance", True), ("prenom", False)):
        equal = people.loc[twins, column].to_numpy() == people.loc[twins - 1, column].to_numpy()
        assert (equal == same).all()


def test_unaccompanied_minors_are_alone_and_often_born_on_new_year_s_day(people: pd.DataFrame) -> None:
    mna = people[people["mna"]]
    assert len(mna) / len(people) == pytest.approx(0.12, abs=0.02)
    assert not people.duplicated("famille", keep=False)[mna.index].any()
    new_year = (mna["naissance"].dt.month == 1) & (mna["naissance"].dt.day == 1)
    assert new_year.mean() == pytest.approx(0.40, abs=0.03)


def test_homonyms_born_on_the_same_day_occur_mostly_among_unaccompanied_minors() -> None:
    many = draw_identities(200_000, np.random.default_rng(3))
    twice = many.duplicated(["prenom", "nom", "naissance"], keep=False)
    assert twice[many["mna"]].mean() > 20 * twice[~many["mna"]].mean() > 0


def test_a_neutral_spelling_changes_a_name_and_never_the_date(people: pd.DataFrame) -> None:
    changed = typed_again(people, NEUTRAL)
    assert len(changed) > 0.95 * len(people)
    assert set(changed["variante"]) == set(NEUTRAL_RULES)
    assert (changed["naissance"] == changed["vrai_naissance"]).all()
    names = [plain(changed[name]) != plain(changed[f"vrai_{name}"]) for name in ("prenom", "nom")]
    assert (names[0] ^ names[1]).all()


@pytest.mark.parametrize(
    ("rule", "name", "expected"),
    [
        ("ph_f", "Sophie", "Sofie"),
        ("y_i", "Mathys", "Mathis"),
        ("lettre_doublee", "Johanna", "Johana"),
        ("lettre_doublee", "Millie", None),
        ("finale_muette", "Thibault", "Thibot"),
        ("finale_muette", "Vincent", None),
        ("au_o", "Aurélie", "Orélie"),
        ("c_k", "Chloé", None),
        ("h_muet", "Théo", "Téo"),
        ("s_z", "Lisa", "Liza"),
        ("nasale", "Germain", "Germin"),
        ("c_s", "Cécile", "Sécile"),
        ("g_j", "Gérard", "Jérard"),
        ("ch_sh", "Michaël", None),
        ("espace", "Jean-Luc", "Jeanluc"),
        ("ai_e", "El Claire", "El Clère"),
    ],
)
def test_neutral_rules_write_what_a_french_reader_says_alike(rule: str, name: str, expected: str | None) -> None:
    assert respell(name, rule) == expected


def test_a_swapped_date_is_another_date_of_the_same_year(people: pd.DataFrame) -> None:
    changed = typed_again(people, SWAPPED)
    given, true = changed["naissance"].dt, changed["vrai_naissance"].dt
    assert (given.day == true.month).all() and (given.month == true.day).all() and (given.year == true.year).all()
    assert (changed["naissance"] != changed["vrai_naissance"]).all()


@pytest.mark.parametrize("kind", [kind for kind in ERROR_RATES if kind not in (NEUTRAL, SWAPPED)])
def test_every_other_error_really_changes_something(people: pd.DataFrame, kind: str) -> None:
    changed = typed_again(people, kind)
    assert len(changed) > 100
    differ = [changed[name] != changed[f"vrai_{name}"] for name in ("prenom", "nom", "naissance")]
    assert (differ[0] | differ[1] | differ[2]).all()


def test_an_error_free_sender_only_changes_case_and_accents(people: pd.DataFrame) -> None:
    typed = misspell(people, np.random.default_rng(2), {NEUTRAL: 0.0})
    assert (typed["erreur"] == "").all() and (typed["naissance"] == people["naissance"]).all()
    for name in ("prenom", "nom"):
        assert (plain(typed[name]) == plain(people[name])).all()
        assert 0.4 < (typed[name] == people[name]).mean() < 0.6


def test_errors_come_at_their_rates(people: pd.DataFrame) -> None:
    shares = misspell(people, np.random.default_rng(2))["erreur"].value_counts(normalize=True)
    assert shares[""] == pytest.approx(0.89, abs=0.02)
    for kind in (NEUTRAL, "faute_de_frappe", "jour_faux", "prenom_nom_inverses"):
        assert shares[kind] == pytest.approx(ERROR_RATES[kind], rel=0.25)
