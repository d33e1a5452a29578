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

from mentorat.causal.projections import orthonormal_basis
from mentorat.errors import MentoratError
from mentorat.survey.estimators import kish_ess

Floats = NDArray[np.float64]

TOLERANCE = 1e-10
"""Largest standardised difference of means left at convergence."""
MAX_ITERATIONS = 200
_BLOCK = 250_000
"""Weights of several draws held at once: more would not stay near the processor."""
_FEW_STEPS, _HALVINGS = 12, 12
"""Newton steps and halvings of one after which a draw is left to `entropy_balance`. A mean on the edge of the controls'
range, which it refuses, is only approached by a factor e a step: never within the tolerance in so few."""


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


@dataclass(frozen=True)
class ManyBalances:
    """`entropy_balance` under each of several treatments: `weights` (draws × n), 1 for the treated, the controls'
    summing to the number treated; `feasible` (draws): where no weighting exists, a row of weights means nothing."""

    weights: Floats
    feasible: NDArray[np.bool_]


effective_size = kish_ess
"""Kish's effective sample size, as surveys have it."""


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


def entropy_balance_many(x: pd.DataFrame, treatments: ArrayLike) -> ManyBalances:
    """`entropy_balance` of the columns of `x` (n × k) under each of `treatments` (draws × n), by one set of products.

    Both moments of every draw are products of its weights with columns common to all, so that a Newton step costs
    draws × n × k² without a loop. What does not converge at once is left to `entropy_balance`, and so are refusals.
    """
    drawn = np.asarray(treatments, dtype=bool)
    values = x.to_numpy(dtype=np.float64)
    spread = values.std(axis=0)
    # the same basis whatever the draw; sums of squares of its columns are 1 in the mean
    basis = orthonormal_basis((values - values.mean(axis=0))[:, spread > 0]) * np.sqrt(len(values))
    rank = basis.shape[1]
    if rank == 0:
        weights = np.where(drawn, 1.0, (drawn.sum(axis=1) / np.maximum(1, (~drawn).sum(axis=1)))[:, None])
        both = np.asarray(drawn.any(axis=1) & ~drawn.all(axis=1), dtype=np.bool_)
        return ManyBalances(weights, both)
    weights = np.ones(drawn.shape)
    solved = np.zeros(len(drawn), dtype=bool)
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    step = max(1, _BLOCK // len(basis))
    for start in range(0, len(drawn), step):
        block = slice(start, start + step)
        weights[block], solved[block] = _newton_many(basis, products, drawn[block])
    feasible = solved.copy()
    for draw in np.flatnonzero(~solved):
        mask = drawn[draw]
        try:
            weights[draw, ~mask] = entropy_balance(x.loc[mask], x.loc[~mask]).weights
        except NotEstimable:
            continue
        weights[draw, mask], feasible[draw] = 1.0, True
    return ManyBalances(weights, feasible)


def _newton_many(basis: Floats, products: Floats, drawn: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """Weights (draws × n) and which draws converged, from a `basis` (n × r) and its `products` (n × r²).

    Full Newton steps, halved for the draws whose dual would not go down.
    """
    draws, rank = len(drawn), basis.shape[1]
    counts = drawn.sum(axis=1)
    usable = (counts > 0) & (counts < drawn.shape[1])
    targets = drawn @ basis / np.maximum(1, counts)[:, None]
    multipliers = np.zeros((draws, rank))

    def at(rows: NDArray[np.intp], found: Floats) -> tuple[Floats, Floats]:
        """The dual of some draws at `found` (their multipliers), and their controls' weights, of sum 1."""
        with np.errstate(over="ignore", invalid="ignore"):  # a step far too long is not a number: it is halved
            exponent = np.where(drawn[rows], -np.inf, found @ basis.T)
            top = exponent.max(axis=1)
            unscaled = np.exp(exponent - top[:, None])
            total = unscaled.sum(axis=1)
            return top + np.log(total) - (found * targets[rows]).sum(axis=1), unscaled / total[:, None]

    going = np.flatnonzero(usable)
    q = np.zeros(drawn.shape)
    value = np.zeros(draws)
    value[going], q[going] = at(going, multipliers[going])
    solved = np.zeros(draws, dtype=bool)
    for iteration in range(_FEW_STEPS):
        gradient = q[going] @ basis - targets[going]
        done = np.abs(gradient).max(axis=1) < TOLERANCE
        solved[going[done]] = True
        going, gradient = going[~done], gradient[~done]
        if not len(going):
            break
        mean = gradient + targets[going]
        curve = (q[going] @ products).reshape(-1, rank, rank) - mean[:, :, None] * mean[:, None, :]
        if iteration == 0:
            # columns alike for all the controls of a draw: its equations are not those of the others
            regular = np.linalg.eigvalsh(curve)[:, 0] > 1e-6
            going, gradient, curve = going[regular], gradient[regular], curve[regular]
        try:
            move = -np.linalg.solve(curve, gradient[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        slope = (gradient * move).sum(axis=1)
        length, trying = np.ones(len(going)), np.arange(len(going))
        for _ in range(_HALVINGS):
            rows = going[trying]
            candidate, weights = at(rows, multipliers[rows] + length[trying, None] * move[trying])
            lower = candidate <= value[rows] + 1e-4 * length[trying] * slope[trying] + 1e-14
            kept = rows[lower]
            value[kept], q[kept] = candidate[lower], weights[lower]
            trying = trying[~lower]
            if not len(trying):
                break
            length[trying] /= 2
        moved = np.ones(len(going), dtype=bool)
        moved[trying] = False
        multipliers[going[moved]] += length[moved, None] * move[moved]
        going = going[moved]
    return np.where(drawn, 1.0, q * counts[:, None]), solved


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
        ess=effective_size(weights),
        max_weight=float(weights.max()),
        max_difference=left_over,
        iterations=iterations,
    )
