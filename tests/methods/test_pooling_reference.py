"""Rubin's pooling against R's mice 3.15.0 (data nhanes, Schafer 1997), on its ten fixed imputations."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.pooling import Pooled, joint_test, pool, pool_over
from tests.methods.figures import DATA, assert_complete, cases, reference

CASE = "mice_rubin"
COVERED = ("lm.*", "imp*", "glm.age.pool_scalar", "D1")
NOT_APPLICABLE: dict[str, str] = {}
TERMS = ("(Intercept)", "age", "bmi")
IMPUTED = pd.read_csv(DATA / CASE / "nhanes_imputed_long.csv")
SETS = [group for _, group in IMPUTED.groupby(".imp")]


def least_squares(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """chl ~ age + bmi: coefficients and covariance."""
    x = np.column_stack([np.ones(len(frame)), frame["age"], frame["bmi"]])
    y = frame["chl"].to_numpy(dtype=float)
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ x.T @ y
    return coefficients, inverse * ((y - x @ coefficients) ** 2).sum() / (len(y) - 3)


def logistic_age(frame: pd.DataFrame) -> tuple[float, float]:
    """hyp == 2 ~ age: the slope and its variance as R's glm gives them.

    glm stops once the deviance moves by less than 1e-8, and keeps the information of the step before: 1e-4 off.
    """
    x = np.column_stack([np.ones(len(frame)), frame["age"]])
    y = (frame["hyp"] == 2).to_numpy(dtype=float)
    mu, before = (y + 0.5) / 2, np.inf
    while True:
        w = mu * (1 - mu)
        information = x.T @ (x * w[:, None])
        beta = np.linalg.solve(information, x.T @ (w * np.log(mu / (1 - mu)) + y - mu))
        mu = 1 / (1 + np.exp(-x @ beta))
        deviance = -2 * np.log(np.where(y == 1, mu, 1 - mu)).sum()
        if abs(deviance - before) / (deviance + 0.1) < 1e-8:
            return beta[1], np.linalg.inv(information)[1, 1]
        before = deviance


@pytest.fixture(scope="module")
def pooled() -> Pooled:
    return pool_over(SETS, least_squares, complete_df=22, names=TERMS)


@pytest.mark.parametrize("name", cases(CASE, "imp*"))
def test_each_imputed_set_gives_the_regression_of_lm(name: str) -> None:
    coefficients, covariance = least_squares(SETS[int(name.removeprefix("imp")) - 1])
    expected = reference(CASE)[name]
    assert coefficients == pytest.approx(list(expected["coef"].values()), rel=1e-8)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(list(expected["se"].values()), rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "lm.*"))
def test_pooled_coefficients_are_those_of_pool(name: str, pooled: Pooled) -> None:
    k = TERMS.index(name.removeprefix("lm."))
    found = {
        "est": pooled.estimate[k],
        "ubar": pooled.within[k, k],
        "b": pooled.between[k, k],
        "t": pooled.se[k] ** 2,
        "se": pooled.se[k],
        "dfcom": pooled.complete_df,
        "df": pooled.df[k],
        "riv": pooled.increase[k],
        "lambda": pooled.share[k],
        "fmi": pooled.missing_information[k],
        "statistic": pooled.statistic[k],
        "p": pooled.p[k],
        "lo": pooled.low[k],
        "hi": pooled.high[k],
    }
    assert found == pytest.approx(reference(CASE)[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "glm.age.pool_scalar"))
def test_a_single_figure_is_pooled_as_pool_scalar_does(name: str) -> None:
    found = [logistic_age(frame) for frame in SETS]
    one = pool([q for q, _ in found], [u for _, u in found], complete_df=25 - 2)
    got = {
        "qbar": one.estimate[0],
        "ubar": one.within[0, 0],
        "b": one.between[0, 0],
        "t": one.se[0] ** 2,
        "df": one.df[0],
        "r": one.increase[0],
        "fmi": one.missing_information[0],
    }
    assert got == pytest.approx(reference(CASE)[name], rel=1e-8)


@pytest.mark.parametrize("name", cases(CASE, "D1"))
def test_several_coefficients_are_tested_as_d1_does(name: str, pooled: Pooled) -> None:
    found = joint_test(pooled, ["bmi"])
    got = {
        "F.value": found.statistic,
        "df1": found.df1,
        "df2": found.df2,
        "P(>F)": found.p,
        "RIV": found.increase,
    }
    assert got == pytest.approx(reference(CASE)[name], rel=1e-8)


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete(CASE, COVERED, NOT_APPLICABLE)
