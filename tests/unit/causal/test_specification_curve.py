"""Sets of covariates and the joint test of a curve; its size over 2 000 draws is in benchmarks/taille_courbe.py."""

import numpy as np
import pytest

from mentorat.causal.specification_curve import covariate_sets, joint_p_values, joint_statistics


def test_sets_of_covariates_say_what_they_leave_out() -> None:
    found = covariate_sets(["age"], {"lieu": ["lieu", "region"], "classe": ["classe"]})
    assert found == {
        "toutes": ("age", "lieu", "region", "classe"),
        "sans classe": ("age", "lieu", "region"),
        "sans lieu": ("age", "classe"),
        "sans lieu, classe": ("age",),
    }


def test_the_statistics_are_those_of_the_definition() -> None:
    estimates = np.array([[1.0, -2.0, 3.0, np.nan], [-1.0, -1.0, 0.5, -4.0]])
    p = np.array([[0.01, 0.5, 0.2, np.nan], [0.01, 0.04, 0.03, 0.6]])
    found = joint_statistics(estimates, p)
    assert found["mediane"].tolist() == [1.0, 1.0]
    assert found["part_meme_signe"] == pytest.approx([2 / 3, 3 / 4])
    assert found["part_significative"] == pytest.approx([1 / 3, 2 / 4])
    assert found["z_moyen"][0] == pytest.approx((2.5758293 - 0.6744898 + 1.2815516) / 3)


def test_the_joint_p_value_counts_ties_and_what_was_seen() -> None:
    # seen, then a tie but for a rounding, one farther on the other side, one nearer, one lost
    estimates = np.array([[2.0], [2.0 - 1e-13], [-3.0], [1.0], [np.nan]])
    p = np.array([[0.04], [0.04], [0.5], [0.5], [np.nan]])
    assert joint_p_values(estimates, p)["mediane"] == pytest.approx(3 / 5)
    assert joint_p_values(estimates, p)["part_significative"] == pytest.approx(2 / 5)
