"""« Ce qu'on saura, quand »: what is forecast from a campagne, and what is left missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mentorat.causal.effect_tables import EFFETS
from mentorat.causal.plan import load_plan
from mentorat.causal.survey_respondents import compared_answers
from mentorat.disclosure import counts
from mentorat.survey.calendar import CALENDAR, Outcome, assumed, calendar, item_correlation
from mentorat.survey.planning import detectable_from_error

ROOT = Path(__file__).parents[3]
EFFECT = {
    "issue": "se_sent_seul",
    "libelle": "Se sentir seul",
    "famille": "principale",
    "n_mentores": 400,
    "n_non_mentores": 400,
    "x_mentores": 100,
    "x_non_mentores": 140,
    "se": 0.04,
    "df": 60.0,
}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "mentore": np.repeat([True, False], 400),
            "grappe": rng.integers(0, 40, 800).astype(str),
            "se_sent_seul": (rng.random(800) < 0.3).astype(float),
        }
    )


@pytest.fixture(scope="module")
def effects() -> pd.DataFrame:
    return pd.DataFrame([EFFECT, EFFECT | {"issue": "projection_direction", "libelle": "Direction"}])


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "bras": np.repeat(["mentores", "comparateurs"], [1000, 3000]),
            "territoire": rng.integers(1, 51, 4000).astype(str),
            "age_index": rng.integers(11, 18, 4000),
        }
    )


@pytest.fixture(scope="module")
def table(effects: pd.DataFrame, answers: pd.DataFrame, cohort: pd.DataFrame) -> pd.DataFrame:
    return calendar(2024, effects, answers, cohort)


def test_an_outcome_is_known_when_its_window_has_closed_for_the_last_of_december(table: pd.DataFrame) -> None:
    first = table[table["comparaison"] == "cohorte"].set_index("issue")["premiere_campagne"]
    assert first.to_dict() == {"freqsco": 2026, "deplacements": 2025, "jeune_majeur": 2026}


def test_the_survey_detects_what_its_adjusted_standard_error_allows(table: pd.DataFrame) -> None:
    row = table[(table["issue"] == "se_sent_seul") & (table["comparaison"] == "une vague")].iloc[0]
    assert row["ecart_detectable_points"] == pytest.approx(100 * detectable_from_error(0.04, 60))
    assert row["ecart_detectable_famille_points"] > row["ecart_detectable_points"]
    assert row["part_reference"] == pytest.approx(0.35)
    assert (row["premiere_campagne"], row["questions_nb"]) == (2024, 2)


def test_a_second_wave_loses_young_people_and_gains_precision(table: pd.DataFrame) -> None:
    later = assumed().enquete.deuxieme_vague
    one, two = (
        table[(table["issue"] == "se_sent_seul") & (table["comparaison"] == wave)].iloc[0]
        for wave in ("une vague", "deux vagues")
    )
    assert two["n_mentores"] == round(400 * (1 - later.attrition))
    ratio = two["ecart_detectable_points"] / one["ecart_detectable_points"]
    assert ratio == pytest.approx(np.sqrt((1 - later.correlation**2) / (1 - later.attrition)))


def test_expected_sizes_of_the_cohort_are_rounded_to_ten_and_matched(table: pd.DataFrame) -> None:
    cohorts = table[table["source"] == "mesures_ase"]
    assert (cohorts["n_mentores"] % 10 == 0).all()
    assert cohorts.set_index("issue").loc["freqsco", ["n_mentores", "n_non_mentores"]].tolist() == [800, 800]


def test_the_diploma_is_described_never_compared(table: pd.DataFrame) -> None:
    row = table.set_index("issue").loc["diplome"]
    assert row["comparaison"] == "descriptif"
    assert pd.isna(row["ecart_detectable_points"])
    assert "jamais comparé" in row["hypotheses"]


def test_every_forecast_says_its_assumptions_and_their_date(table: pd.DataFrame) -> None:
    assert (table["hypotheses"].str.len() > 40).all()
    assert set(table["date_hypotheses"]) == {assumed().date.isoformat()}
    assert list(table.columns) == list(CALENDAR)


def test_order_of_rows_changes_nothing(
    table: pd.DataFrame, effects: pd.DataFrame, answers: pd.DataFrame, cohort: pd.DataFrame
) -> None:
    shuffled = calendar(2024, effects, answers.sample(frac=1, random_state=1), cohort.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, table, rtol=1e-12)


def test_without_survey_or_cohort_nothing_is_invented() -> None:
    none = pd.DataFrame(columns=list(EFFETS)).astype(EFFETS)
    empty = pd.DataFrame(columns=["bras", "territoire", "age_index"])
    table = calendar(2024, none, pd.DataFrame(), empty)
    assert set(table["issue"]) == set(assumed().issues)
    assert table["ecart_detectable_points"].isna().all()
    compared = table["comparaison"] == "cohorte"
    assert table.loc[compared, "hypotheses"].str.contains("non calculable").all()
    released = counts.release_estimates(
        table,
        ["n_mentores", "n_non_mentores"],
        "public",
        events={"x_mentores": "n_mentores", "x_non_mentores": "n_non_mentores"},
        keys=("issue", "libelle"),
    )
    assert set(released.frame["diffusion"]) == {"secret"}


def test_a_share_hidden_in_one_wave_is_hidden_in_two(answers: pd.DataFrame, cohort: pd.DataFrame) -> None:
    rare = pd.DataFrame([EFFECT | {"x_mentores": 4}])
    released = counts.release_estimates(
        calendar(2024, rare, answers, cohort),
        ["n_mentores", "n_non_mentores"],
        "public",
        events={"x_mentores": "n_mentores", "x_non_mentores": "n_non_mentores"},
        keys=("issue", "comparaison"),
    ).frame.set_index(["issue", "comparaison"])
    assert (released.loc["se_sent_seul", "diffusion"] == "secret").all()
    assert (released.loc["freqsco", "diffusion"] == "publie").all()


@pytest.mark.parametrize("missing", [np.nan, None])  # as it is estimated, and as Parquet gives it back
def test_an_effect_that_could_not_be_estimated_says_so(
    missing: float | None, answers: pd.DataFrame, cohort: pd.DataFrame
) -> None:
    table = calendar(2024, pd.DataFrame([EFFECT | {"se": missing, "df": missing}]), answers, cohort)
    rows = table[table["source"] == "enquete"]
    assert rows["ecart_detectable_points"].isna().all()
    assert rows["hypotheses"].str.contains("non calculable").all()


def test_a_correlation_that_is_not_defined_is_missing(answers: pd.DataFrame) -> None:
    constant = pd.Series(1.0, index=answers.index)
    assert np.isnan(item_correlation(constant, answers["mentore"], answers["grappe"]))


def test_answers_compared_are_those_of_a_wave_that_both_groups_gave() -> None:
    empty = pd.DataFrame(columns=["vague", "id_repondant"])
    assert compared_answers(empty, empty, empty).empty


def test_an_outcome_is_followed_or_described_not_both() -> None:
    with pytest.raises(ValidationError):
        Outcome(libelle="x", source="mesures_ase", fin_mois=6, descriptif="y")


def test_the_windows_are_those_of_the_demonstration_plan() -> None:
    """The plan decides; what is forecast of each outcome must be of the same window."""
    plan = load_plan(ROOT / "notebooks" / "plans" / "demonstration.yml").administratif.issues
    for name, outcome in assumed().issues.items():
        if outcome.fin_mois is not None and name != "jeune_majeur":
            assert plan[name].a_jours == pytest.approx(outcome.fin_mois * 30.5, abs=1)
    assert plan["jeune_majeur"].apres_18_ans_jours == 183, "known six months after 18, for those of 17 at the index"
