"""Entropy balancing: weights on the controls that give them the treated group's means.

Source: Hainmueller (2012), Political Analysis 20:25-46. Among all weights that reproduce the treated means,
these are the nearest to the base weights in Kullback-Leibler divergence; the convex dual is solved by
damped Newton steps, in O(iterations × n × k²).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.errors import MentoratError
from mentorat.survey.estimators import kish_ess

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""Largest standardised difference of means left at convergence."""
MAX_ITERATIONS = 200


class NotEstimable(MentoratError):
    """The data cannot carry the comparison asked for: no overlap, too few clusters, everybody alike."""


@dataclass(frozen=True)
class BalancingWeights:
    """Weights of the controls (length n_control, summing to the number treated, or to their weights when given).

    `ess`: Kish's effective sample size; `max_weight`: the largest weight, where 1 is one treated person;
    `max_difference`: largest standardised difference of means left (controls' standard deviation).
    """

    weights: Floats
    ess: float
    max_weight: float
    max_difference: float
    iterations: int


def entropy_balance(
    x_treated: pd.DataFrame,
    x_control: pd.DataFrame,
    base_weights: ArrayLike | None = None,
    treated_weights: ArrayLike | None = None,
) -> BalancingWeights:
    """Balance the means of every column of `x_treated` (n1 × k) with weights on `x_control` (n0 × k).

    `base_weights` (n0): the weights to stay near; `treated_weights` (n1): those of the means to reach, and whose total
    is that of the weights found (survey weights both, for the treated of a population). Redundant columns are harmless.
    Raises NotEstimable (French message, naming the covariates) when no
    weighting can reach the means, and ValueError on missing or infinite values, other columns or base
    weights not positive.
    """
    treated, control, base = _checked(x_treated, x_control, base_weights)
    stands_for = _positive(treated_weights, len(treated))
    if treated.shape[1] == 0:
        return _result(base / base.sum(), float(stands_for.sum()), 0.0, 0)
    target = treated.mean(axis=0) if treated_weights is None else stands_for @ treated / stands_for.sum()
    _refuse_unreachable(target, control, list(x_control.columns))
    centre, scale = control.mean(axis=0), control.std(axis=0)
    varying = scale > 0
    z = (control[:, varying] - centre[varying]) / scale[varying]
    gap = (target[varying] - centre[varying]) / scale[varying]
    # An orthonormal basis of the columns' span: redundant columns (all the levels of a factor) drop out.
    left, singular, _ = np.linalg.svd(z - gap, full_matrices=False)
    kept = singular > singular[:1] * 1e-10
    basis = left[:, kept] * np.sqrt(len(z))
    q, iterations = _solve_dual(basis, base / base.sum())
    left_over = float(np.abs(q @ (z - gap)).max(initial=0.0))
    if iterations == MAX_ITERATIONS or left_over > 1e-6:
        raise NotEstimable(
            "Aucune pondération des jeunes non mentorés ne reproduit à la fois toutes les caractéristiques "
            "moyennes des jeunes mentorés : les deux groupes sont trop différents. Retirez une covariable ou "
            "regroupez ses modalités."
        )
    return _result(q, float(stands_for.sum()), left_over, iterations)


def _solve_dual(z: Floats, base: Floats) -> tuple[Floats, int]:
    """Minimise log Σ base·exp(z·λ): its gradient is the weighted mean of `z`, zero at balance."""

    def at(multipliers: Floats) -> tuple[float, Floats]:
        exponent = z @ multipliers
        top = exponent.max()
        unscaled = base * np.exp(exponent - top)
        total = unscaled.sum()
        return float(top + np.log(total)), unscaled / total

    multipliers = np.zeros(z.shape[1])
    value, q = at(multipliers)
    for iteration in range(MAX_ITERATIONS):
        gradient = q @ z
        if np.abs(gradient).max(initial=0.0) < TOLERANCE:
            return q, iteration
        hessian = (z * q[:, None]).T @ z - np.outer(gradient, gradient)
        if not np.isfinite(hessian).all():  # the multipliers run to infinity: the means are out of reach
            return q, MAX_ITERATIONS
        step = np.linalg.lstsq(hessian, -gradient, rcond=1e-13)[0]
        slope, length = float(gradient @ step), 1.0
        while True:
            candidate, candidate_q = at(multipliers + length * step)
            if candidate <= value + 1e-4 * length * slope + 1e-14 or length < 1e-8:
                break
            length /= 2
        multipliers, value, q = multipliers + length * step, candidate, candidate_q
    return q, MAX_ITERATIONS


def _checked(
    x_treated: pd.DataFrame, x_control: pd.DataFrame, base_weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats]:
    if list(x_treated.columns) != list(x_control.columns):
        raise ValueError("treated and controls must have the same columns, in the same order")
    if len(x_treated) == 0 or len(x_control) == 0:
        raise NotEstimable("Il faut au moins un jeune mentoré et un jeune non mentoré pour comparer les deux groupes.")
    treated = x_treated.to_numpy(dtype=np.float64, na_value=np.nan)
    control = x_control.to_numpy(dtype=np.float64, na_value=np.nan)
    if not (np.isfinite(treated).all() and np.isfinite(control).all()):
        raise ValueError("covariates must be known and finite: code what is missing first")
    return treated, control, _positive(base_weights, len(control))


def _positive(weights: ArrayLike | None, n: int) -> Floats:
    found = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if found.shape != (n,) or not (np.isfinite(found).all() and (found > 0).all()):
        raise ValueError("base weights: one positive number per person of the group")
    return found


def _refuse_unreachable(mean: Floats, control: Floats, names: Sequence[str]) -> None:
    """A mean outside the controls' range is out of reach whatever the weights: say which."""
    low, high = control.min(axis=0), control.max(axis=0)
    slack = 1e-9 * np.maximum(1.0, np.abs(mean))
    fixed = low == high  # then the same constant on both sides is balanced already
    outside = np.where(fixed, np.abs(mean - low) > slack, (mean <= low + slack) | (mean >= high - slack))
    if outside.any():
        listed = ", ".join(f"« {name} »" for name, out in zip(names, outside, strict=True) if out)
        raise NotEstimable(
            f"La moyenne des jeunes mentorés sort de l'étendue des jeunes non mentorés pour {listed} : "
            "les deux groupes ne se recouvrent pas. Retirez cette covariable ou regroupez ses modalités."
        )


def _result(q: Floats, total: float, left_over: float, iterations: int) -> BalancingWeights:
    weights = q * total
    return BalancingWeights(
        weights=weights,
        ess=kish_ess(weights),
        max_weight=float(weights.max()),
        max_difference=left_over,
        iterations=iterations,
    )
