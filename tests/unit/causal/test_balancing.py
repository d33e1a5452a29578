import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balance import balance_table
from mentorat.causal.balancing import NotEstimable, entropy_balance


@pytest.fixture
def groups() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(5)

    def draw(n: int, shift: float) -> pd.DataFrame:
        age = rng.normal(14 + shift, 1.5, n)
        return pd.DataFrame({"age": age, "fille": (rng.random(n) < 0.5 + shift / 5) * 1.0, "carre": age**2})

    return draw(80, 0.6), draw(300, 0.0)


def test_one_binary_covariate_has_a_closed_form() -> None:
    treated, control = pd.DataFrame({"x": [1.0, 1, 1, 0]}), pd.DataFrame({"x": [1.0, 0, 0, 0, 0]})
    weights = entropy_balance(treated, control).weights
    assert weights == pytest.approx([3, 0.25, 0.25, 0.25, 0.25], rel=1e-9)


def test_means_are_equal_after_weighting(groups: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    treated, control = groups
    found = entropy_balance(treated, control)
    assert np.average(control, axis=0, weights=found.weights) == pytest.approx(treated.mean(), rel=1e-9)
    assert (found.weights > 0).all()
    assert found.weights.sum() == pytest.approx(len(treated))
    assert 0 < found.ess < len(control)


def test_equal_groups_keep_equal_weights(groups: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = entropy_balance(groups[1], groups[1])
    assert found.weights == pytest.approx(np.ones(300))
    assert found.ess == pytest.approx(300)


def test_base_weights_are_kept_when_nothing_needs_balancing(
    groups: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    base = np.linspace(1, 3, 300)
    target = pd.DataFrame([np.average(groups[1], axis=0, weights=base)], columns=groups[1].columns)
    found = entropy_balance(target, groups[1], base)
    assert found.weights == pytest.approx(base / base.sum(), rel=1e-6)


def test_row_order_scale_and_repeated_columns_do_not_matter(
    groups: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    treated, control = groups
    plain = entropy_balance(treated, control).weights
    order = np.random.default_rng(1).permutation(len(control))
    assert entropy_balance(treated, control.iloc[order]).weights == pytest.approx(plain[order], rel=1e-6)
    scaled = [
        frame.assign(age=1000 * frame["age"] - 7, encore=frame["fille"], non=1 - frame["fille"]) for frame in groups
    ]
    assert entropy_balance(*scaled).weights == pytest.approx(plain, rel=1e-6)


def test_a_mean_out_of_reach_is_refused_with_the_covariate_named() -> None:
    treated, control = pd.DataFrame({"âge": [17.0, 18]}), pd.DataFrame({"âge": [11.0, 12, 13]})
    with pytest.raises(NotEstimable, match="« âge »"):
        entropy_balance(treated, control)


def test_means_that_cannot_be_met_together_are_refused() -> None:
    # Each mean is within range, but nobody among the controls has both traits.
    control = pd.DataFrame({"a": [1.0, 0, 0] * 5, "b": [0.0, 1, 0] * 5})
    treated = pd.DataFrame({"a": [1.0, 1, 1, 0], "b": [1.0, 1, 0, 1]})
    with pytest.raises(NotEstimable, match="trop différents"):
        entropy_balance(treated, control)


def test_missing_covariates_are_refused() -> None:
    with pytest.raises(ValueError, match="known and finite"):
        entropy_balance(pd.DataFrame({"x": [1.0, np.nan]}), pd.DataFrame({"x": [1.0, 0]}))


def test_standardised_differences_keep_the_unweighted_treated_deviation(
    groups: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    treated, control = groups
    frame = pd.concat([treated, control], ignore_index=True)
    mask = np.arange(len(frame)) < len(treated)
    weights = np.where(mask, 1.0, np.tile([1.0, 3.0], len(frame))[: len(frame)])
    table = balance_table(frame, mask, ["age", "fille"], weights).set_index("covariable")
    gap = treated["age"].mean() - np.average(control["age"], weights=weights[~mask])
    assert table.loc["age", "smd"] == pytest.approx(gap / treated["age"].std(ddof=1))
    assert np.isnan(table.loc["fille", "rapport_variances"])


def test_means_that_only_a_limit_would_reach_are_refused_never_a_failure_of_the_solver() -> None:
    """Each mean lies in the range of the controls, but no weighting has both: the multipliers run to infinity."""
    rng = np.random.default_rng(4)
    names = [f"note_{rank}" for rank in range(5)]
    treated = pd.DataFrame(rng.normal(0, 1, (300, 5)), columns=names).assign(age=17.0)
    control = pd.DataFrame(rng.normal(0, 1, (406, 5)), columns=names).assign(
        age=np.r_[np.full(6, 18.0), np.full(400, 12)]
    )
    with pytest.raises(NotEstimable, match="trop différents"):
        entropy_balance(treated, control)
