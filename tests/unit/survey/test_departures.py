"""Delta adjustment: the conclusion under departures from « missing at random »."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.departures import DeltaGrid, delta_grid
from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.imputation import Kind, impute
from mentorat.survey.missing import mean_differences
from mentorat.survey.pooling import pool

ITEMS: dict[str, Kind] = {"oui": "binaire"}


def answers(seed: int = 3, n: int = 300) -> pd.DataFrame:
    """Simulated: 60 % of yes among the mentored, 42 % among the others, a quarter unanswered among the mentored."""
    rng = np.random.default_rng(seed)
    mentored = np.arange(n) % 2 == 0
    yes = pd.Series((rng.random(n) < np.where(mentored, 0.6, 0.42)).astype(float))
    return pd.DataFrame({"oui": yes.where(~mentored | (rng.random(n) >= 0.25)), "mentore": mentored})


@pytest.fixture(scope="module")
def found() -> DeltaGrid:
    return delta_grid(answers(), "oui", ITEMS, "mentore", seed=1, deltas=(-3, -1, 1, 3), label="Oser demander")


def test_no_departure_is_plain_multiple_imputation(found: DeltaGrid) -> None:
    frame = answers()
    copies = impute(frame, ITEMS, "mentore", seed=1)
    design = survey_design(frame)
    estimates, variances = mean_differences(copies.numbers("oui").T, frame["mentore"].to_numpy(), design)
    one = pool(estimates, variances, complete_df=design.degrees_of_freedom)
    row = found.table.set_index("delta").loc[0.0]
    assert (row["ecart"], row["ic_bas"], row["ddl"]) == pytest.approx((one.estimate[0], one.low[0], one.df[0]))


def test_the_difference_moves_with_what_is_supposed(found: DeltaGrid) -> None:
    assert found.table["ecart"].is_monotonic_increasing
    assert found.table["moyenne_imputee"].is_monotonic_increasing
    assert found.table["moyenne_imputee"].iloc[[0, -1]].tolist() == pytest.approx([0.07, 0.97], abs=0.05)


def test_the_departure_at_which_the_conclusion_changes_is_said(found: DeltaGrid) -> None:
    table = found.table.set_index("delta")["conclusion"]
    assert found.conclusion == "plus"
    assert table[found.lower] == "non concluant"
    assert np.isnan(found.upper)
    text = found.sentence.replace("\u00a0", " ")
    assert "« Oser demander » : la conclusion (réponse positive plus fréquente chez les mentorés) changerait si" in text
    assert "au plus 0," in text


def test_a_conclusion_that_holds_over_the_grid_says_over_what() -> None:
    kept = delta_grid(answers(), "oui", ITEMS, "mentore", seed=1, deltas=(0.5, 1.0))
    assert "reste la même" in kept.sentence


def test_an_outcome_out_of_the_items_or_fully_answered_is_refused() -> None:
    with pytest.raises(SurveyError, match="« autre » n'est pas parmi"):
        delta_grid(answers(), "autre", ITEMS, "mentore", seed=1)
    with pytest.raises(SurveyError, match="Personne ne manque"):
        delta_grid(answers(), "oui", ITEMS, "mentore", seed=1, arm=False)
