import numpy as np
import pandas as pd
import pytest

from mentorat.causal.survey_effects import DIFFERENCES, design_effect, survey_differences
from mentorat.causal.survey_respondents import class_level
from mentorat.survey.proportions import two_proportions
from tests.unit.causal.survey_tables import survey_tables

PRIMARY = "projection_direction"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return survey_tables(seed=7, n=900, effect=0.6)[0]


@pytest.fixture(scope="module")
def differences(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return survey_differences(**tables)


def row_of(table: pd.DataFrame, item: str) -> pd.Series:
    return table.set_index("item", drop=False).loc[item]


def test_the_table_has_its_declared_columns(differences: pd.DataFrame) -> None:
    assert list(differences.columns) == list(DIFFERENCES)
    assert len(differences) > 0


def test_unanswered_is_missing_and_counted_never_zero(
    tables: dict[str, pd.DataFrame], differences: pd.DataFrame
) -> None:
    answers = tables["mentores"][PRIMARY]
    row = row_of(differences, PRIMARY)
    assert row["n_mentores"] == answers.notna().sum()
    assert row["x_mentores"] == answers.sum()
    assert row["n_manquants_mentores"] == answers.isna().sum()


def test_agreement_counts_the_two_highest_answers(tables: dict[str, pd.DataFrame], differences: pd.DataFrame) -> None:
    row = row_of(differences, "confiance_en_soi")
    assert row["x_non_mentores"] == (tables["non_mentores"]["confiance_en_soi"] >= 4).sum()


def test_the_raw_interval_is_newcombe_under_the_design_effect(differences: pd.DataFrame) -> None:
    row = row_of(differences, PRIMARY)
    found = two_proportions(
        int(row["x_mentores"]),
        int(row["n_mentores"]),
        int(row["x_non_mentores"]),
        int(row["n_non_mentores"]),
        design_effect=row["deff"],
    )
    assert (row["ecart"], row["ic_bas"], row["ic_haut"], row["p"]) == pytest.approx(
        (found.difference, found.low, found.high, found.chi2_p), abs=1e-6
    )


def test_an_item_asked_of_the_mentored_only_is_described_and_never_compared(differences: pd.DataFrame) -> None:
    row = row_of(differences, "envie_reussir")
    assert pd.isna(row["n_non_mentores"])
    assert pd.isna(row["ecart"])
    assert row["preuve"] == "descriptif"
    assert "satisfaction, pas un effet" in row["phrase"]


def test_row_order_does_not_matter(tables: dict[str, pd.DataFrame], differences: pd.DataFrame) -> None:
    shuffled = survey_differences(**{name: table.sample(frac=1, random_state=4) for name, table in tables.items()})
    pd.testing.assert_frame_equal(shuffled, differences)


def test_no_survey_gives_an_empty_table_of_the_same_shape(tables: dict[str, pd.DataFrame]) -> None:
    empty = survey_differences(tables["mentores"], tables["non_mentores"].iloc[:0], tables["echantillon"])
    assert list(empty.columns) == list(DIFFERENCES)
    assert empty.empty


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
