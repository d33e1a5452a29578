"""Pooling: what it gives when nothing is missing, when all is, and what it refuses."""

from math import inf

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError
from mentorat.survey.pooling import joint_test, pool, pool_estimates
from mentorat.survey.results import ESTIMATES, Estimates

RNG = np.random.default_rng(4)
Q = RNG.normal(size=(20, 3))
U = np.stack([np.cov(RNG.normal(size=(30, 3)), rowvar=False) for _ in range(20)])


def table(estimate: list[float], se: list[float], df: float = 40.0) -> Estimates:
    rows = pd.DataFrame({"domaine": ["nord", "sud"], "estimate": estimate, "se": se, "df": df})
    return Estimates(
        rows.assign(low=0.0, high=0.0, n=100, n_missing=0, clusters=41, deff=1.2, ess=80.0, warnings="")[
            ["domaine", *ESTIMATES]
        ]
    )


def test_identical_imputations_give_back_the_complete_analysis() -> None:
    one = pool([2.0] * 20, [0.25] * 20, complete_df=inf)
    assert (one.estimate[0], one.se[0], one.df[0], one.missing_information[0]) == (2.0, 0.5, inf, 0.0)
    # Barnard and Rubin's observed degrees of freedom, as in mice: (ν + 1)/(ν + 3) × ν.
    assert pool([2.0] * 20, [0.25] * 20, complete_df=30).df[0] == pytest.approx(31 / 33 * 30)


def test_total_variance_is_rubins() -> None:
    one = pool([1.0, 3.0], [4.0, 6.0])
    assert one.se[0] ** 2 == pytest.approx(5 + 1.5 * 2)
    assert one.df[0] == pytest.approx((1 / 0.375) ** 2)  # (m − 1)/lambda²


def test_degrees_of_freedom_never_exceed_those_of_the_complete_data() -> None:
    assert (pool(Q, U, complete_df=12).df < 12).all()


def test_order_of_imputations_and_units_change_nothing() -> None:
    first, names = pool(Q, U, complete_df=25), ["x1", "x3"]
    order = RNG.permutation(20)
    second = pool(1000 * Q[order], 1e6 * U[order], complete_df=25)
    assert second.df == pytest.approx(first.df)
    assert second.p == pytest.approx(first.p)
    tests = joint_test(first, names), joint_test(second, names[::-1])
    assert tests[1].p == pytest.approx(tests[0].p)


def test_a_joint_test_of_one_coefficient_has_the_square_of_its_student_statistic() -> None:
    one = pool(Q, U, complete_df=25)
    assert joint_test(one, ["x2"]).statistic == pytest.approx(one.statistic[1] ** 2)


def test_a_joint_test_without_missing_answers_is_the_complete_one() -> None:
    same = pool(np.tile(Q[0], (20, 1)), np.tile(U[0], (20, 1, 1)), complete_df=25)
    found = joint_test(same, ["x1", "x2", "x3"])
    assert found.statistic == pytest.approx(Q[0] @ np.linalg.solve(U[0], Q[0]) / 3)
    assert (found.df1, found.df2, found.increase) == (3, pytest.approx(26 / 28 * 25), pytest.approx(0, abs=1e-12))


def test_a_result_that_rests_on_the_imputation_says_so() -> None:
    rested = pool([0.0, 4.0, -4.0, 1.0], [0.1] * 4, names=["se sentir seul"])
    assert "« se sentir seul »" in rested.warnings[0].replace("\u00a0", " ")
    assert pool([1.0, 1.01, 0.99], [0.1] * 3).warnings == ()


def test_tables_of_estimates_are_pooled_row_by_row() -> None:
    tables = [table([0.30, 0.50], [0.04, 0.05]), table([0.34, 0.50], [0.04, 0.05])]
    found = pool_estimates(tables)
    alone = pool([0.30, 0.34], [0.04**2] * 2, complete_df=40)
    row = found.table.iloc[0]
    assert (row["estimate"], row["se"], row["df"]) == pytest.approx((0.32, alone.se[0], alone.df[0]))
    assert (row["low"], row["high"]) == pytest.approx((alone.low[0], alone.high[0]))
    assert found.table["fmi"].tolist() == pytest.approx([alone.missing_information[0], 0 + 2 / (41 / 43 * 40 + 3)])
    assert "m = 2" in found.method


def test_a_row_that_cannot_be_estimated_stays_and_says_so() -> None:
    tables = [table([0.30, 0.50], [0.04, np.nan]), table([0.34, np.nan], [0.04, 0.05])]
    found = pool_estimates(tables).one(domaine="sud")
    assert np.isnan([found.estimate, found.low, found.high]).all()
    assert found.warnings == ("Non calculable sur toutes les imputations.",)
    assert pool_estimates(tables).one(domaine="nord").estimate == pytest.approx(0.32)


def test_tables_of_other_domains_are_refused() -> None:
    other = table([0.3, 0.5], [0.1, 0.1])
    moved = Estimates(other.table.assign(domaine=["nord", "est"]))
    with pytest.raises(SurveyError, match="mêmes lignes"):
        pool_estimates([other, moved])


@pytest.mark.parametrize(
    ("estimates", "variances", "message"),
    [
        ([1.0], [1.0], "Une seule imputation"),
        ([1.0, np.nan], [1.0, 1.0], "manque dans une imputation"),
        ([1.0, 2.0], [1.0, -1.0], "négative"),
        ([1.0, 2.0], [1.0, 1.0, 1.0], "ne vont pas ensemble"),
    ],
)
def test_analyses_that_cannot_be_pooled_say_why(estimates: list, variances: list, message: str) -> None:
    with pytest.raises(SurveyError, match=message):
        pool(estimates, variances)


def test_no_degree_of_freedom_an_unknown_term_and_too_few_imputations_are_refused() -> None:
    with pytest.raises(SurveyError, match="degré de liberté"):
        pool([1.0, 2.0], [1.0, 1.0], complete_df=0)
    with pytest.raises(SurveyError, match="« bmi » n'est pas un terme"):
        joint_test(pool(Q, U), ["bmi"])
    with pytest.raises(SurveyError, match="Trop peu d'imputations"):
        joint_test(pool(Q[:3], U[:3]), ["x1"])
