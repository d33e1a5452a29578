"""Survey results under disclosure: an attacker who adds and subtracts what he reads learns no small count."""

import pandas as pd
import pytest

from mentorat.disclosure.rules import AUDIENCES, rules
from mentorat.disclosure.survey import (
    MEAN_STEPS,
    release_response_rates,
    release_scales,
    release_survey,
    release_weighting,
)
from mentorat.survey.ordinal import proportional_odds_tests
from mentorat.survey.response_rates import RATES, response_rates
from mentorat.survey.survey_groups import typed_table
from mentorat.survey.survey_results import RESULTS, samples, survey_results
from mentorat.survey.survey_scales import INDEX, ORDINAL
from mentorat.survey.survey_weights import CALIBRATED, WEIGHTING
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


def scale(domain: str, counts: list[int]) -> list[dict[str, object]]:
    """The rows of an item of five codes, the last two positive, that one respondent left out."""
    n, yes = sum(counts), sum(counts[3:])
    common = {**ITEM, "domaine": domain, "n": n, "n_manquants": 1, "grappes": 30, "deff": 1.0, "ess": float(n)}
    told = [*(("part", str(code), x) for code, x in enumerate(counts, 1)), ("part_positive", "", yes)]
    return [
        {**common, "mesure": mesure, "modalite": code, "x": x, "estimation": x / n, "ic_bas": 0.0, "ic_haut": 1.0}
        for mesure, code, x in told
    ]


@pytest.mark.parametrize(
    ("girls", "boys"), [([2, 0, 1, 12, 10], [4, 4, 3, 17, 5]), ([4, 2, 2, 26, 20], [7, 5, 5, 15, 14])]
)
def test_what_other_tables_and_items_tell_is_not_hidden_in_vain(girls: list[int], boys: list[int]) -> None:
    """Respondents less missing answers give the size of a domain, the differences everybody's positive answers."""
    whole = [one + other for one, other in zip(girls, boys, strict=True)]
    table = results(scale("", whole), scale("sexe=F", girls), scale("sexe=G", boys))
    for audience, released in release_survey(table).items():
        assert released.frame["n"].notna().all(), audience
        assert read(released.frame, "", "part_positive")["x"] == sum(whole[3:]), audience


def test_the_ratio_of_a_scale_does_not_tell_the_answers_that_are_hidden() -> None:
    """Of ten splits of nine hidden answers, one gives the p of proportional odds that was computed: 3 and 6."""

    def p_of(low: int) -> float:
        counts = {1: [low, 9, 9 - low, 18, 16], 0: [10, 12, 9, 8, 11]}
        rows = [(arm, code) for arm, xs in counts.items() for code, x in enumerate(xs) for _ in range(x)]
        frame = pd.DataFrame(rows, columns=["mentore", "reponse"])
        frame["reponse"] = pd.Categorical(frame["reponse"], categories=range(5), ordered=True)
        return proportional_odds_tests(frame, "reponse", ["mentore"])["mentore"].p

    seen = p_of(3)
    assert [low for low in range(10) if abs(p_of(low) - seen) < 1e-9] == [3]
    row = {"item": ITEM["item"], "vague": 1, "n_mentores": 52, "n_non_mentores": 50, "x_mentores": 34}
    ordinal = typed_table([row | {"x_non_mentores": 19, "rapport_cotes": 2.46, "p_proportionnalite": seen}], ORDINAL)
    for counts, secret in (([3, 9, 6, 18, 16], True), ([30, 90, 60, 180, 160], False)):
        for audience, released in release_survey(results(scale("", counts))).items():
            shown = release_scales(ordinal, "enquete_ordinal", audience, released.frame).frame
            assert shown["p_proportionnalite"].isna().all() == secret
            assert shown["rapport_cotes"].isna().all() == secret


@pytest.mark.parametrize("calibrated", [False, True])
def test_a_weighted_share_does_not_say_how_many_answers_have_each_weight(calibrated: bool) -> None:
    """Of 20 answers « yes » among 50, four only are of the group of low weight: exact, the share says so."""
    light, heavy, low, yes, n = 13.0, 16.0, 26, 20, 50
    label = CALIBRATED if calibrated else "sondage + non-réponse"

    def share(of_low: int) -> float:
        return (light * of_low + heavy * (yes - of_low)) / (light * low + heavy * (n - low))

    table = results(figures("", n - yes, yes)).assign(ponderation=label, ess=40.0, deff=1.23)
    told_ = {"oui": share(4), "": share(4), "non": 1 - share(4)}
    table["estimation"] = table["modalite"].map(told_)
    row = {"groupe": "mentores", "vague": 1, "etape": label, "n": n, "somme": light * low + heavy * (n - low)}
    weighting = pd.DataFrame([row | {"poids_min": light, "poids_max": heavy, "ess": 49.0}], columns=list(WEIGHTING))
    for audience, released in release_survey(table, weighting=weighting).items():
        shown = read(released.frame, "", "part", "oui")["estimation"]
        step = 0.001 if calibrated else {"partenaire": 0.025, "public": 0.05}[audience]
        assert shown == pytest.approx(step * round(share(4) / step))
        alike = [k for k in range(yes + 1) if abs(share(k) - shown) <= step / 2]
        assert calibrated or max(alike) - min(alike) >= rules().protection("partenaire")
        assert released.frame["ess"].isna().all()
    exact = release_survey(table, weighting=weighting.assign(poids_max=light))["public"].frame
    assert read(exact, "", "part", "oui")["estimation"] == share(4)


def test_an_index_beside_hidden_answers_is_told_to_the_tenth() -> None:
    row = {"dimension": "d", "items": f"autre|{ITEM['item']}", "vague": 1, "n_mentores": 52, "n_non_mentores": 50}
    figures_ = {"indice_mentores": 0.5011, "mentores_ic_bas": 0.2207, "mentores_ic_haut": 0.7815, "ecart": -0.04}
    index = typed_table([row | figures_], INDEX)
    for counts, told in (([3, 9, 6, 18, 16], [0.5, 0.2, 0.8, 0.0]), ([30, 90, 60, 180, 160], list(figures_.values()))):
        for audience, released in release_survey(results(scale("", counts))).items():
            shown = release_scales(index, "enquete_indices", audience, released.frame).frame
            assert shown[list(figures_)].iloc[0].tolist() == pytest.approx(told)
            assert list(shown)[:-1] == list(INDEX)


def test_a_few_answers_besides_the_domains_shown_withhold_one_of_them() -> None:
    """Twelve people of another age, three of whom answered: everyone less the two bands would be those three."""
    rows = [figures("", 60, 63), figures("tranche_age=11-13", 30, 30), figures("tranche_age=14-15", 30, 30)]
    rows[0] = [{**row, "n_manquants": 13} for row in rows[0]]
    for released in release_survey(results(*rows)).values():
        shown = released.frame[released.frame["domaine"] != ""]
        assert shown.groupby("domaine")["n"].first().isna().sum() == 1


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


def item(name: str, domain: str, no: int, yes: int, missing: int, group: str = "mentores") -> list[dict[str, object]]:
    rows = figures(domain, no, yes)
    return [{**row, "item": name, "groupe": group, "n_manquants": missing} for row in rows]


def respondents(table: pd.DataFrame, domain: str) -> set[int]:
    """What an attacker adds up: answers and missing ones of a domain, the same for all items."""
    rows = table[(table["domaine"] == domain) & table["n"].notna() & table["n_manquants"].notna()]
    return {int(n) + int(missing) for n, missing in zip(rows["n"], rows["n_manquants"], strict=True)}


def test_one_respondent_of_another_age_is_not_what_the_bands_shown_lack() -> None:
    """Two items: the one hides the band that the other tells, so each band's respondents would be known."""
    table = results(
        item("se_sent_seul", "", 400, 300, 10),
        item("se_sent_seul", "tranche_age=11-13", 200, 100, 4),
        item("se_sent_seul", "tranche_age=14-15", 199, 200, 6),
        item("projection_direction", "", 404, 300, 6),
        item("projection_direction", "tranche_age=11-13", 200, 102, 2),
        item("projection_direction", "tranche_age=14-15", 203, 198, 4),
    )
    for released in release_survey(table).values():
        frame = released.frame
        bands = [respondents(frame, f"tranche_age={band}") for band in ("11-13", "14-15")]
        assert respondents(frame, "") == {710}
        assert not all(bands)
        smallest = frame[frame["domaine"] == "tranche_age=11-13"]
        assert (smallest["diffusion"] == "secret").all() and smallest[["n", "x", "estimation"]].isna().all(axis=None)


def test_results_do_not_tell_the_respondents_that_the_rates_hide() -> None:
    """Of 53 young people invited, 50 answered: the three others are hidden, whatever is added up."""
    results_ = results(figures("", 300, 200), figures("departement=59", 28, 20))
    rates = pd.DataFrame(
        [rate("national", "FR", 700, 502), rate("departement", "59", 53, 50), rate("departement", "62", 647, 452)]
    )
    released = {audience: release_response_rates(rates, audience).frame for audience in AUDIENCES}
    nord = released["partenaire"].query("departement == '59'")
    assert nord["repondants"].isna().all()
    frame = release_survey(results_, released)["partenaire"].frame
    assert respondents(frame, "departement=59") == set()
    assert respondents(release_survey(results_)["partenaire"].frame, "departement=59") == {50}


def rate(level: str, code: str, invited: int, answered: int) -> dict[str, object]:
    row = dict.fromkeys(RATES, pd.NA) | {"groupe": "mentores", "vague": 1, "niveau": level, "code": code}
    row |= {"invites": invited, "repondants": answered, "non_repondants": invited - answered, "avertissements": ""}
    if level == "national":
        row |= {"reponses_recues": answered + 3, "annonces_sans_reponse": 0, "reponses_hors_echantillon": 3}
    return row | {"statut": "calcule"}


def test_a_survey_that_almost_everyone_answered_has_no_rate() -> None:
    """Its results tell how many answered; beside the invitations, those who did not would be few."""
    rates = pd.DataFrame([rate("national", "FR", 203, 200), rate("association", "demo", 203, 200)])
    for audience in AUDIENCES:
        frame = release_response_rates(rates, audience).frame
        assert frame[["invites", "repondants", "non_repondants", "reponses_recues"]].isna().all(axis=None)
        assert frame["avertissements"].str.contains("trop peu").all()


def satisfaction(domain: str, counts: dict[int, int]) -> list[dict[str, object]]:
    """Marks out of ten in an unweighted survey: the mean is exact."""
    n = sum(counts.values())
    mean = sum(code * count for code, count in counts.items()) / n
    common = {**ITEM, "item": "satisfaction", "numero": "D24", "libelle": "Satisfaction", "domaine": domain, "n": n}
    common |= {"n_manquants": 0, "grappes": 30, "deff": 1.0, "ess": float(n)}
    rows = [("part", str(code), count, count / n) for code, count in counts.items()]
    rows += [("part_positive", "", counts[9] + counts[10], 0.3), ("moyenne", "", None, mean)]
    return [
        {**common, "mesure": kind, "modalite": code, "x": x, "estimation": value, "ic_bas": value, "ic_haut": value}
        for kind, code, x, value in rows
    ]


MARKS = {0: 2, 1: 7, 2: 40, 3: 40, 4: 60, 5: 80, 6: 90, 7: 120, 8: 140, 9: 90, 10: 60}


@pytest.mark.parametrize("scale", [1, 8])
def test_a_mean_does_not_tell_two_hidden_marks_apart(scale: int) -> None:
    """Two marks hidden, their sum known: a mean would be a second equation, and give back each of them."""
    counts = {code: count * (scale if code > 1 else 1) for code, count in MARKS.items()}
    for released in release_survey(results(satisfaction("", counts))).values():
        frame = released.frame
        hidden = frame[(frame["mesure"] == "part") & frame["x"].isna()]
        assert {"0", "1"} <= set(hidden["modalite"])
        mean = frame[frame["mesure"] == "moyenne"].iloc[0]
        if pd.isna(mean["estimation"]):
            continue
        n, lost = sum(counts.values()), [int(code) for code in hidden["modalite"]]
        rest = sum(code * count for code, count in counts.items() if code not in lost)
        total = sum(counts[code] for code in lost)
        step = max(step for step in MEAN_STEPS if round(mean["estimation"] / step, 6) % 1 == 0)
        least, most = (mean["estimation"] + side * step / 2 for side in (-1, 1))
        assert n * least - rest <= min(lost) * total + 1e-6 and max(lost) * total - 1e-6 <= n * most - rest
        assert mean["ic_bas"] <= mean["estimation"] <= mean["ic_haut"] and pd.isna(mean["deff"])


def test_a_mean_beside_nothing_hidden_is_whole() -> None:
    counts = dict.fromkeys(range(11), 41) | {3: 50}
    mean = sum(code * count for code, count in counts.items()) / sum(counts.values())
    for released in release_survey(results(satisfaction("", counts))).values():
        assert read(released.frame, "", "moyenne")["estimation"] == pytest.approx(mean, abs=1e-12)


def test_weights_do_not_tell_how_many_were_drawn_from() -> None:
    """7 456 young people drawn from, and 43 answers of 65 in the stratum of the greatest weight."""
    weighting = pd.DataFrame(
        [("mentores", 1, "sondage + non-réponse", 1500, 7456.3542, 4.679193, 5.259558, 1498.605, 1.000931, "")],
        columns=list(WEIGHTING),
    )
    for audience in AUDIENCES:
        row = release_weighting(weighting, audience).frame.iloc[0]
        assert (row["somme"], row["poids_min"], row["poids_max"]) == (7500.0, 4.68, 5.26)
        assert (row["ess"], row["deff"]) == (1499.0, 1.0)
