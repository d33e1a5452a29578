"""Multiple imputation recovers a difference that complete answers miss: simulated, seeded and small.

The full count of draws is in `benchmarks/couverture_imputation.py`.
"""

import pandas as pd
import pytest

from benchmarks.couverture_imputation import coverage

DRAWS = 60


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return coverage(DRAWS, seed=11, m=10)


@pytest.mark.parametrize(("item", "tolerance"), [("oui", 0.025), ("echelle", 0.07)])
def test_imputation_is_unbiased_where_complete_answers_are_not(
    found: pd.DataFrame, item: str, tolerance: float
) -> None:
    # Three standard errors of a mean of 60 draws.
    assert abs(found.loc[("imputation", item), "erreur"]) < tolerance
    assert abs(found.loc[("reponses_completes", item), "erreur"]) > 4 * tolerance


@pytest.mark.parametrize("item", ["oui", "echelle"])
def test_the_pooled_interval_holds_the_truth_and_that_of_complete_answers_does_not(
    found: pd.DataFrame, item: str
) -> None:
    # 95 % less three standard errors over 60 draws.
    assert found.loc[("imputation", item), "couverture"] >= 0.86
    assert found.loc[("reponses_completes", item), "couverture"] < 0.6


@pytest.mark.parametrize("item", ["oui", "echelle"])
def test_missing_answers_widen_the_interval(found: pd.DataFrame, item: str) -> None:
    width = found["demi_largeur"]
    assert width["imputation", item] > width["sans_manque", item]
