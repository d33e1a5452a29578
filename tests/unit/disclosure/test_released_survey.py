"""Survey results under disclosure: an attacker who adds and subtracts what he reads learns no small count."""

import pandas as pd
import pytest

from mentorat.disclosure.rules import rules
from mentorat.disclosure.survey import release_response_rates, release_survey
from mentorat.survey.response_rates import response_rates
from mentorat.survey.survey_results import RESULTS, samples, survey_results
from tests.unit.survey.survey_files import survey_files

ITEM = {"numero": "D9", "item": "se_sent_seul", "libelle": "Se sentir seul", "groupe": "mentores", "vague": 1}


def figures(domain: str, no: int, yes: int, clusters: int = 30) -> list[dict[str, object]]:
    """The three rows of a yes-or-no item in a domain."""
    n = no + yes
    common = {**ITEM, "domaine": domain, "n": n, "n_manquants": 2, "grappes": clusters, "deff": 1.0, "ess": float(n)}
    counts = [("part", "non", no), ("part", "oui", yes), ("part_positive", "", yes)]
    return [
        {**common, "mesure": mesure, "modalite": code, "x": x, "estimation": x / n, "ic_bas": 0.0, "ic_haut": 1.0}
        for mesure, code, x in counts
    ]


def results(*domains: list[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame([row for rows in domains for row in rows], columns=list(RESULTS))
    texts = [name for name, kind in RESULTS.items() if kind == "str"]
    return table.assign(**{name: table[name].fillna("") for name in texts}).astype(RESULTS)


def read(table: pd.DataFrame, domain: str, mesure: str, modalite: str = "") -> pd.Series:
    rows = table[(table["domaine"] == domain) & (table["mesure"] == mesure) & (table["modalite"] == modalite)]
    return rows.iloc[0]


def test_a_large_survey_passes_whole() -> None:
    table = results(figures("", 120, 80), figures("sexe=F", 60, 40), figures("sexe=G", 60, 40))
    for released in release_survey(table).values():
        assert (released.frame["diffusion"] == "publie").all()


def test_a_small_answer_of_a_small_domain_is_not_given_back_by_the_others() -> None:
    """Three girls say yes: neither the girls' « no », nor the boys' figures beside everyone's, may tell it."""
    table = results(figures("", 150, 83), figures("sexe=F", 50, 3), figures("sexe=G", 100, 80))
    for audience, released in release_survey(table).items():
        shown = released.frame
        girls, boys = read(shown, "sexe=F", "part", "oui"), read(shown, "sexe=G", "part", "oui")
        whole = read(shown, "", "part", "oui")
        assert pd.isna(girls["estimation"]), audience
        assert pd.isna(boys["x"]) or pd.isna(whole["x"])
        base, no = read(shown, "sexe=F", "part", "oui")["n"], read(shown, "sexe=F", "part", "non")["x"]
        assert pd.isna(base) or pd.isna(no)
        assert pd.isna(read(shown, "sexe=F", "part_positive")["estimation"])
        for column in ("ic_bas", "ic_haut", "deff", "ess"):
            assert pd.isna(girls[column])


def test_a_domain_left_out_is_not_what_the_shown_ones_lack() -> None:
    """Four young people of unknown sex: everyone less girls and boys would be theirs."""
    table = results(
        figures("", 104, 80), figures("sexe=F", 50, 40), figures("sexe=G", 51, 39), figures("sexe=inconnu", 3, 1)
    )
    for released in release_survey(table).values():
        shown = released.frame
        assert "sexe=inconnu" not in set(shown["domaine"])
        n = [read(shown, domain, "part", "oui")["x"] for domain in ("", "sexe=F", "sexe=G")]
        assert any(pd.isna(count) for count in n)


def test_nobody_and_everybody_are_hidden_in_a_domain() -> None:
    table = results(figures("", 130, 70), figures("sexe=F", 30, 70), figures("sexe=G", 100, 0))
    for released in release_survey(table).values():
        assert pd.isna(read(released.frame, "sexe=G", "part_positive")["estimation"])


def test_a_domain_of_two_clusters_is_left_out() -> None:
    table = results(figures("", 150, 150), figures("association=a", 50, 50, clusters=2))
    assert set(release_survey(table)["partenaire"].frame["domaine"]) == {""}


def test_places_go_to_the_partner_alone_and_without_distributions() -> None:
    table = results(figures("", 150, 150), figures("departement=59", 50, 50))
    released = release_survey(table)
    assert set(released["public"].frame["domaine"]) == {""}
    local = released["partenaire"].frame.query("domaine == 'departement=59'")
    assert local["mesure"].tolist() == ["part_positive"]


def test_the_public_is_told_nothing_that_the_partner_is_not() -> None:
    tables, sample = survey_files()
    tables = {"mentores": tables["mentores"].drop(columns=["insertion", "personne_ressource"])}
    released = release_survey(survey_results(samples(tables, sample)))
    keys = ["item", "groupe", "vague", "domaine", "mesure", "modalite"]
    public, partner = (released[audience].frame for audience in ("public", "partenaire"))
    both = public.merge(partner, on=keys, suffixes=("", "_partenaire"), how="left")
    assert not (both["estimation"].notna() & both["estimation_partenaire"].isna()).any()
    for audience in ("partenaire", "public"):
        frame = released[audience].frame
        assert not frame["x"].between(1, rules().threshold(audience) - 1).fillna(False).any()


def test_a_figure_given_twice_is_refused() -> None:
    table = results(figures("", 50, 50), figures("", 50, 50))
    with pytest.raises(ValueError, match="twice"):
        release_survey(table)


def test_rates_of_structures_never_pass_and_small_counts_are_hidden() -> None:
    tables, sample = survey_files()
    rates = response_rates(tables, sample)
    assert (rates["niveau"] == "structure").any()
    partner = release_response_rates(rates, "partenaire").frame
    assert not set(partner["association"]) & set(sample["structure"].dropna())
    public = release_response_rates(rates, "public").frame
    assert set(public["association"]) == set(public["departement"]) == {"ensemble"}
