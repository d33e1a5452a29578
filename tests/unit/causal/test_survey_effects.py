import numpy as np
import pandas as pd
import pytest

from mentorat.causal.evidence import rules
from mentorat.causal.survey_effects import (
    BALANCE,
    DIFFERENCES,
    EFFECTS,
    SurveyEstimates,
    class_level,
    compare_survey,
    design_effect,
    effect_sentence,
)
from mentorat.survey.proportions import two_proportions
from mentorat.typography import fr_points
from tests.unit.causal.survey_tables import survey_tables

PRIMARY = "projection_direction"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return survey_tables(seed=7, n=900, effect=0.6)[0]


@pytest.fixture(scope="module")
def estimates(tables: dict[str, pd.DataFrame]) -> SurveyEstimates:
    return compare_survey(**tables)


def row_of(table: pd.DataFrame, item: str) -> pd.Series:
    return table.set_index("item", drop=False).loc[item]


def test_the_three_tables_have_their_declared_columns(estimates: SurveyEstimates) -> None:
    for table, columns in (
        (estimates.differences, DIFFERENCES),
        (estimates.effets, EFFECTS),
        (estimates.equilibre, BALANCE),
    ):
        assert list(table.columns) == list(columns)
        assert len(table) > 0


def test_unanswered_is_missing_and_counted_never_zero(
    tables: dict[str, pd.DataFrame], estimates: SurveyEstimates
) -> None:
    answers = tables["mentores"][PRIMARY]
    row = row_of(estimates.differences, PRIMARY)
    assert row["n_mentores"] == answers.notna().sum()
    assert row["x_mentores"] == answers.sum()
    assert row["n_manquants_mentores"] == answers.isna().sum()


def test_agreement_counts_the_two_highest_answers(tables: dict[str, pd.DataFrame], estimates: SurveyEstimates) -> None:
    row = row_of(estimates.differences, "confiance_en_soi")
    assert row["x_non_mentores"] == (tables["non_mentores"]["confiance_en_soi"] >= 4).sum()


def test_the_raw_interval_is_newcombe_under_the_design_effect(estimates: SurveyEstimates) -> None:
    row = row_of(estimates.differences, PRIMARY)
    found = two_proportions(
        int(row["x_mentores"]),
        int(row["n_mentores"]),
        int(row["x_non_mentores"]),
        int(row["n_non_mentores"]),
        design_effect=row["deff"],
    )
    assert (row["ecart"], row["ic_bas"], row["ic_haut"], row["p"]) == pytest.approx(
        (found.difference, found.low, found.high, found.chi2_p), abs=1e-9
    )


def test_an_item_asked_of_the_mentored_only_is_described_and_never_compared(
    estimates: SurveyEstimates,
) -> None:
    row = row_of(estimates.differences, "envie_reussir")
    assert pd.isna(row["n_non_mentores"])
    assert pd.isna(row["ecart"])
    assert row["preuve"] == "descriptif"
    assert "satisfaction, pas un effet" in row["phrase"]
    assert "envie_reussir" not in set(estimates.effets["item"])


def test_covariates_read_in_french(estimates: SurveyEstimates) -> None:
    labels = estimates.equilibre.set_index("covariable")["libelle"]
    assert labels["age"] == "âge"
    assert labels["type_accueil=assistant_familial"] == "type d’accueil (famille d’accueil)"
    assert not labels.str.contains("_").any()


def test_weighting_removes_the_observed_differences(estimates: SurveyEstimates) -> None:
    assert estimates.equilibre["smd_avant"].abs().max() > 0.3
    assert estimates.equilibre["smd_apres"].abs().max() < 1e-6
    assert (estimates.effets["smd_max_apres"] < 1e-6).all()


def test_selection_inflates_the_raw_gap_and_adjustment_takes_it_back(estimates: SurveyEstimates) -> None:
    row = row_of(estimates.effets, PRIMARY)
    assert row["att"] < row["ecart_naif"]


def test_a_one_wave_survey_is_never_established(estimates: SurveyEstimates) -> None:
    assert set(estimates.effets["preuve"]) == {"non concluant"}


def test_sentences_hold_the_figures_of_their_row(estimates: SurveyEstimates) -> None:
    for _, row in estimates.effets.iterrows():
        for name in ("att", "ic_bas", "ic_haut", "ecart_naif"):
            assert fr_points(100 * row[name]) in row["phrase"]
        crossed = row["ic_bas"] <= 0 <= row["ic_haut"]
        assert ("compatible avec une absence d’effet" in row["phrase"]) == crossed


def test_harmful_null_and_helpful_results_share_one_template() -> None:
    rule = rules().regles[-1]
    row = {"libelle": "Se sentir seul", "ecart_naif": 0.1, "p_holm": 0.001}
    helpful = effect_sentence(row | {"att": -0.1, "ic_bas": -0.15, "ic_haut": -0.05}, rule)
    harmful = effect_sentence(row | {"att": 0.1, "ic_bas": 0.05, "ic_haut": 0.15}, rule)
    null = effect_sentence(row | {"att": 0.0, "ic_bas": -0.05, "ic_haut": 0.05, "p_holm": 1.0}, rule)
    many = effect_sentence(row | {"att": 0.1, "ic_bas": 0.01, "ic_haut": 0.19, "p_holm": 0.2}, rule)
    assert "moins fréquente" in helpful
    assert "plus fréquente" in harmful
    assert "absence d'effet" in null
    assert "nombre de questions" in many
    for sentence in (helpful, harmful, null, many):
        assert sentence.startswith("« Se sentir seul » : à caractéristiques observées comparables")
        assert sentence.endswith(rule.motif)


def test_holm_runs_inside_each_family(estimates: SurveyEstimates) -> None:
    alone = estimates.effets.groupby("famille").filter(lambda rows: len(rows) == 1)
    assert len(alone) == 2
    assert alone["p_holm"].to_numpy() == pytest.approx(alone["p"].to_numpy())


def test_row_order_does_not_matter(tables: dict[str, pd.DataFrame], estimates: SurveyEstimates) -> None:
    shuffled = compare_survey(**{name: table.sample(frac=1, random_state=4) for name, table in tables.items()})
    pd.testing.assert_frame_equal(shuffled.effets, estimates.effets)
    pd.testing.assert_frame_equal(shuffled.equilibre, estimates.equilibre)


def test_the_latest_wave_that_both_groups_answered_is_used(tables: dict[str, pd.DataFrame]) -> None:
    later = tables["mentores"].assign(vague=2)
    both = tables | {"mentores": pd.concat([tables["mentores"], later], ignore_index=True)}
    assert set(compare_survey(**both).effets["vague"]) == {1}


def test_no_survey_gives_empty_tables_of_the_same_shape(tables: dict[str, pd.DataFrame]) -> None:
    empty = compare_survey(tables["mentores"], tables["non_mentores"].iloc[:0], tables["echantillon"])
    assert list(empty.effets.columns) == list(EFFECTS)
    assert len(empty.differences) == len(empty.effets) == len(empty.equilibre) == 0


def test_groups_without_overlap_give_a_described_row_not_a_crash(tables: dict[str, pd.DataFrame]) -> None:
    apart = {name: table.copy() for name, table in tables.items()}
    apart["mentores"]["age"] += 10
    found = compare_survey(**apart)
    row = row_of(found.effets, PRIMARY)
    assert np.isnan(row["att"])
    assert row["preuve"] == "descriptif"
    assert "ne se recouvrent pas" in row["avertissements"]
    assert "« âge »" in row["avertissements"].replace("\u00a0", " ")
    assert "n’est pas estimé" in row["phrase"]
    assert found.equilibre["smd_apres"].isna().all()


def test_answers_alike_inside_structures_widen_and_independent_ones_do_not() -> None:
    rng = np.random.default_rng(2)
    cluster = pd.Series(np.repeat(np.arange(50), 20))
    treated = pd.Series(np.repeat(np.arange(50) % 2 == 0, 20))
    alike = pd.Series(np.repeat((rng.random(50) < 0.4) * 1.0, 20))
    assert design_effect(alike, treated, cluster) == pytest.approx(20 * 50 / 49, rel=0.05)
    apart = pd.Series((rng.random(1000) < 0.4) * 1.0)
    assert design_effect(apart, treated, pd.Series(np.arange(1000))) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("label", "level"),
    [("CM2", "primaire"), ("6e", "college"), ("3ème", "college"), ("Seconde", "lycee"), ("2de", "lycee"),
     ("Terminale", "lycee"), ("CAP 1re année", "lycee"), ("ULIS", "autre")],
)  # fmt: skip
def test_a_class_as_written_has_a_level(label: str, level: str) -> None:
    assert class_level(label) == level
