"""Results of a survey: each item by group, wave and domain, with what each figure rests on."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError
from mentorat.survey.response_rates import response_rates
from mentorat.survey.survey_indicators import survey_indicators
from mentorat.survey.survey_results import RESULTS, against_truth, samples, survey_results, truth_table
from mentorat.survey.survey_weights import ANSWERED, UNWEIGHTED, weighting_table
from tests.unit.survey.survey_files import survey_files


@pytest.fixture(scope="module")
def files() -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    return survey_files()


@pytest.fixture(scope="module")
def results(files: tuple[dict[str, pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    return survey_results(samples(*files))


def figure(results: pd.DataFrame, item: str, mesure: str, domaine: str = "", modalite: str = "") -> pd.Series:
    rows = results[
        (results["item"] == item)
        & (results["groupe"] == "mentores")
        & (results["mesure"] == mesure)
        & (results["domaine"] == domaine)
        & (results["modalite"] == modalite)
    ]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_table_has_its_declared_columns(results: pd.DataFrame) -> None:
    assert list(results.columns) == list(RESULTS)


def test_a_share_is_weighted_by_the_draw_and_by_who_answered(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame], results: pd.DataFrame
) -> None:
    """By hand: the weight of a stratum over its response rate, that the respondents carry."""
    tables, sample = files
    drawn = sample[sample["groupe"] == "mentores"]
    rate = drawn["repondu"].astype("float64").groupby(drawn["strate"]).mean()
    drawn = drawn.set_index("id_repondant")
    own = tables["mentores"]
    strata = own["id_repondant"].map(drawn["strate"])
    weights = own["id_repondant"].map(drawn["poids"]).astype("float64") / strata.map(rate)
    expected = np.average(own["se_sent_seul"].astype("float64"), weights=weights)
    row = figure(results, "se_sent_seul", "part_positive")
    assert row["estimation"] == pytest.approx(expected, rel=1e-9)
    assert row["x"] == own["se_sent_seul"].sum()
    assert row["ponderation"] == ANSWERED


def test_a_distribution_adds_up_to_one_and_its_counts_to_the_answers(results: pd.DataFrame) -> None:
    keys = ["item", "groupe", "vague", "domaine"]
    parts = results[(results["mesure"] == "part") & (results["item"] != "personne_ressource")]
    sums = parts.groupby(keys).agg(estimation=("estimation", "sum"), x=("x", "sum"), n=("n", "first"))
    assert sums["estimation"].to_numpy() == pytest.approx(1, abs=1e-8)
    assert (sums["x"] == sums["n"]).all()


def test_positive_answers_are_the_sum_of_their_codes(results: pd.DataFrame) -> None:
    codes = [figure(results, "confiance_en_soi", "part", modalite=code)["estimation"] for code in ("4", "5")]
    assert figure(results, "confiance_en_soi", "part_positive")["estimation"] == pytest.approx(sum(codes))


def test_an_interval_is_never_narrower_than_independent_answers(results: pd.DataFrame) -> None:
    rows = results[(results["mesure"] != "moyenne") & results["estimation"].between(0.05, 0.95)]
    width = rows["ic_haut"] - rows["ic_bas"]
    n = rows["n"].astype("float64") + 1.96**2  # Wilson's own width is that of n + z² answers, or more
    floor = 2 * 1.95 * np.sqrt(rows["estimation"] * (1 - rows["estimation"]) / n) * n.div(n).to_numpy()
    assert (width >= 0.97 * floor).all()
    assert (rows["ess"] <= rows["n"]).all()


def test_neither_the_order_of_rows_nor_the_scale_of_weights_changes_a_figure(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame], results: pd.DataFrame
) -> None:
    tables, sample = files
    turned = {group: table[::-1] for group, table in tables.items()}
    other = survey_results(samples(turned, sample[::-1].assign(poids=lambda table: 10 * table["poids"])))
    pd.testing.assert_frame_equal(results, other, rtol=1e-7, atol=1e-8)


def test_without_a_sample_answers_are_unweighted_and_it_is_said(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, sample = files
    found = survey_results(samples(tables, sample[:0]))
    assert set(found["ponderation"]) == {UNWEIGHTED}
    assert found["avertissements"].str.contains("Sans échantillon").all()
    rates = response_rates(tables, sample[:0])
    assert set(rates["statut"]) == {"non_calculable"}
    assert rates["taux"].isna().all()


def test_an_item_answered_by_nobody_says_so(files: tuple[dict[str, pd.DataFrame], pd.DataFrame]) -> None:
    tables, sample = files
    empty = tables | {"mentores": tables["mentores"].assign(se_sent_seul=pd.NA)}
    found = survey_results(samples(empty, sample))
    rows = found[(found["item"] == "se_sent_seul") & (found["groupe"] == "mentores")]
    assert rows["avertissements"].tolist() == ["Personne n'a répondu à cette question."]
    assert rows["n"].tolist() == [0]
    assert rows["estimation"].isna().all()


def test_a_unanimous_item_keeps_an_interval_and_says_so(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, sample = files
    same = tables | {"mentores": tables["mentores"].assign(se_sent_seul=True)}
    row = figure(survey_results(samples(same, sample)), "se_sent_seul", "part_positive")
    assert row["estimation"] == 1
    assert row["ic_bas"] < 1
    assert "unanime" in row["avertissements"]


def test_few_answers_and_few_clusters_are_said(files: tuple[dict[str, pd.DataFrame], pd.DataFrame]) -> None:
    tables, sample = files
    few = {"mentores": tables["mentores"][:12]}
    row = figure(survey_results(samples(few, sample)), "se_sent_seul", "part_positive")
    assert "Moins de 30 réponses" in row["avertissements"]


def test_each_step_of_weighting_is_told(files: tuple[dict[str, pd.DataFrame], pd.DataFrame]) -> None:
    table = weighting_table(samples(*files))
    assert table.loc[table["groupe"] == "mentores", "etape"].tolist() == ["sondage", ANSWERED]
    drawn = files[1][files[1]["groupe"] == "mentores"]
    # the respondents carry the weight of everyone drawn
    assert table["somme"].iloc[1] == pytest.approx(float(drawn["poids"].sum()))


def test_why_there_is_no_calibration_is_told(files: tuple[dict[str, pd.DataFrame], pd.DataFrame]) -> None:
    table = weighting_table(samples(*files, SurveyError("Aucun territoire n'a transmis un stock complet.")))
    told = table[table["remarques"].str.contains("Calage non fait")]
    assert set(told["groupe"]) == {"non_mentores"}
    assert told["remarques"].str.contains("stock complet").all()


def test_the_two_files_are_compared_and_nothing_vanishes(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, sample = files
    stranger = tables["mentores"][:1].assign(id_repondant="inconnu-au-tirage")
    rates = response_rates({"mentores": pd.concat([tables["mentores"][1:], stranger])}, sample)
    whole = rates[(rates["niveau"] == "national") & (rates["groupe"] == "mentores")].iloc[0]
    assert (whole["annonces_sans_reponse"], whole["reponses_hors_echantillon"]) == (1, 1)
    assert whole["repondants"] + whole["non_repondants"] == whole["invites"]
    parts = rates[(rates["niveau"] == "association") & (rates["groupe"] == "mentores")]
    assert parts["invites"].sum() == whole["invites"]


def test_results_are_indicators_of_the_catalogue(results: pd.DataFrame) -> None:
    rows = survey_indicators(results, 2024)
    assert {"D9", "D10", "D4", "D20"} <= set(rows["indicateur"])
    assert set(rows.loc[rows["niveau"] == "association", "indicateur"]) == {"D20"}
    one = rows[(rows["indicateur"] == "D9") & (rows["ventilation"] == "groupe=mentores;vague=1")]
    national = one[one["niveau"] == "national"].iloc[0]
    assert national["valeur"] == figure(results, "se_sent_seul", "part_positive")["estimation"]


def test_the_truth_of_what_is_not_simulated_is_an_empty_table(results: pd.DataFrame) -> None:
    assert truth_table(None).empty
    drawn = {"items": {"se_sent_seul": {"att": -0.04, "part_sans_mentorat": 0.34, "part_non_mentores": 0.31}}}
    beside = against_truth(results, truth_table(drawn)).set_index("groupe")
    assert beside.loc["mentores", "part_vraie"] == pytest.approx(0.30)
    assert bool(beside.loc["mentores", "retrouve"]) == (
        beside.loc["mentores", "ic_bas"] <= 0.30 <= beside.loc["mentores", "ic_haut"]
    )


def test_a_mean_without_variance_has_no_interval_and_says_why(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, sample = files
    same = tables | {"mentores": tables["mentores"].assign(moyenne_generale=12.0)}
    row = figure(survey_results(samples(same, sample)), "moyenne_generale", "moyenne")
    assert row["estimation"] == 12
    assert np.isnan(row["ic_bas"])
    assert np.isnan(row["ic_haut"])
    assert "Intervalle de la moyenne non estimable" in row["avertissements"]
    assert "unanime" not in row["avertissements"]


def test_a_mean_from_one_cluster_has_no_interval_and_its_shares_say_they_count_as_independent(
    files: tuple[dict[str, pd.DataFrame], pd.DataFrame],
) -> None:
    tables, sample = files
    one = tables["mentores"].assign(sexe=np.where(tables["mentores"]["structure"] == "s01", "F", "G"))
    found = survey_results(samples(tables | {"mentores": one}, sample))
    mean = figure(found, "moyenne_generale", "moyenne", "sexe=F")
    assert np.isnan(mean["ic_bas"])
    assert "une seule grappe" in mean["avertissements"]
    share = figure(found, "confiance_en_soi", "part_positive", "sexe=F")
    assert "comme si les réponses étaient indépendantes" in share["avertissements"]
    assert share["ic_bas"] < share["estimation"] < share["ic_haut"]


def test_no_figure_lacks_an_interval_without_a_word(results: pd.DataFrame) -> None:
    without = results[results["ic_bas"].isna() | results["ic_haut"].isna()]
    assert (without["avertissements"] != "").all()
