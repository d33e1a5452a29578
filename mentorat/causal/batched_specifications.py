"""One specification under many treatments at once: weighting, regression and clustered error for each, without a loop.

Weights are those of `balancing` (entropy) and of a propensity logit (ATT or overlap), found by Newton steps on all the
treatments side by side: the second derivatives of every treatment are one product of matrices, O(n k² D) with the
speed of a matrix product where one fit after the other spends most of its time elsewhere. The effect is the weighted
least squares coefficient of the treatment given the covariates; its error CR1 by cluster, Student with G − 1 degrees
of freedom: fit for FEW_CLUSTERS and more, and otherwise for placing one curve among permuted ones only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mentorat.causal.cluster_robust import Kind, RobustFit, cluster_robust
from mentorat.causal.clusters import FEWEST_CLUSTERS
from mentorat.causal.covariates import RARE
from mentorat.causal.design import SMALLEST_ESS
from mentorat.causal.projections import orthonormal_basis
from mentorat.survey.regression import logistic

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Weighted = Literal["naif", "regression", "entropie", "score_ipw", "recouvrement"]
"""Estimators that are a weighted regression, by the names of the plan."""
WEIGHTED: tuple[Weighted, ...] = get_args(Weighted)
TOLERANCE = 1e-9
"""Largest standardised gradient left at convergence."""
MAX_ITERATIONS = 60
FARTHEST = 50.0
"""Linear predictor beyond which the score is 0 or 1: no overlap."""
FLAT = 1e-10
"""Second derivatives below which (all of them, columns of unit variance) the minimum lies at infinity: no overlap."""
_BLOCK = 2_000_000
"""Cells of a rows × treatments table held at once."""


@dataclass(frozen=True)
class Fits:
    """One figure a treatment (D); nan where the data cannot carry it. `freedom`: degrees of freedom of all."""

    estimates: Floats
    errors: Floats
    ess: Floats
    freedom: float

    @property
    def p(self) -> Floats:
        """Two-sided p-values."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.where(
                np.isfinite(self.estimates), 2 * stats.t.sf(np.abs(self.estimates / self.errors), self.freedom), nan
            )
        return found

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        half = float(stats.t.ppf(0.5 + level / 2, self.freedom)) * self.errors
        return self.estimates - half, self.estimates + half


@dataclass(frozen=True)
class Specification:
    """Rows ready for one choice of covariates and sample: `basis` (n × r) orthonormal up to √n, a constant first."""

    basis: Floats
    pairs: Floats
    cluster: NDArray[np.intp]

    @classmethod
    def of(cls, columns: Floats, cluster: NDArray[np.intp]) -> "Specification":
        """From the covariates as numbers (n × k, redundant columns harmless) and the cluster of each row."""
        n = len(columns)
        moving = columns[:, np.ptp(columns, axis=0) > 0] if n else columns
        basis = np.ones((n, 1))
        if moving.shape[1]:
            basis = np.column_stack([basis, orthonormal_basis(moving - moving.mean(axis=0)) * np.sqrt(n)])
        rows, cols = np.triu_indices(basis.shape[1])
        codes = np.unique(cluster, return_inverse=True)[1].astype(np.intp)
        return cls(basis, basis[:, rows] * basis[:, cols], codes)

    @property
    def clusters(self) -> int:
        return int(self.cluster.max(initial=0)) + 1

    @cached_property
    def _together(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The row order that puts clusters side by side (n), and where each begins."""
        order = np.argsort(self.cluster, kind="stable")
        return order, np.searchsorted(self.cluster[order], np.arange(self.clusters))

    def by_cluster(self, values: Floats) -> Floats:
        """`values` (n × D) summed by cluster."""
        order, starts = self._together
        found: Floats = np.add.reduceat(values[order], starts, axis=0)
        return found

    def squares(self, weights: Floats) -> Floats:
        """Σ_i w_i b_i b_i' of each column of `weights` (n × D): D × r × r."""
        r = self.basis.shape[1]
        rows, cols = np.triu_indices(r)
        found = np.empty((weights.shape[1], r, r))
        found[:, rows, cols] = found[:, cols, rows] = (self.pairs.T @ weights).T
        return found


def weighted_fits(given: Specification, y: Floats, treatments: Bools, estimator: Weighted) -> Fits:
    """The effect of each of `treatments` (D × n) on `y` (n) by `estimator`.

    Not estimated (nan): fewer than RARE people or FEWEST_CLUSTERS clusters in an arm, an outcome without variation, no
    overlap, an effective size of the controls under SMALLEST_ESS, covariates that determine the treatment.
    """
    step = max(1, _BLOCK // max(1, len(y)))
    parts = [_fits(given, y, treatments[at : at + step].T, estimator) for at in range(0, len(treatments), step)]
    joined = [np.concatenate([part[rank] for part in parts]) for rank in range(3)]
    return Fits(joined[0], joined[1], joined[2], float(max(1, given.clusters - 1)))


def robust_fit(given: Specification, y: Floats, treated: Bools, estimator: Weighted, kind: Kind) -> RobustFit | None:
    """The same effect of one treatment (n), the first coefficient, its error by `kind`: for a handful of clusters.

    None where the data cannot carry it, as `weighted_fits`.
    """
    arm = treated.astype(np.float64)
    weights, possible, _ = _weighted(given, y, arm[:, None], estimator)
    columns = np.column_stack([arm, _adjusted_for(given, estimator)])
    if not possible[0] or np.linalg.matrix_rank(columns * np.sqrt(weights)) < columns.shape[1]:
        return None
    fit = cluster_robust(y, columns, given.cluster, weights[:, 0], kind)
    return fit if fit.standard_errors[0] > 0 else None


def _fits(given: Specification, y: Floats, treated: Bools, estimator: Weighted) -> tuple[Floats, Floats, Floats]:
    """Estimates, errors and effective sizes of the controls for the columns of `treated` (n × D)."""
    arm = treated.astype(np.float64)
    weights, possible, ess = _weighted(given, y, arm, estimator)
    basis = _adjusted_for(given, estimator)
    squares = given.squares(weights)[:, : basis.shape[1], : basis.shape[1]]
    # What the covariates say is taken off treatment and outcome, under the weights of each treatment.
    toward = np.stack([basis.T @ (weights * arm), basis.T @ (weights * y[:, None])], axis=-1).transpose(1, 0, 2)
    squares[~possible] = np.eye(basis.shape[1])
    solved = np.linalg.solve(squares, toward)
    d_left, y_left = arm - basis @ solved[:, :, 0].T, y[:, None] - basis @ solved[:, :, 1].T
    spread = (weights * d_left**2).sum(axis=0)
    possible &= spread > 1e-8 * weights.sum(axis=0)
    scale = np.where(possible, spread, 1.0)
    estimates = (weights * d_left * y_left).sum(axis=0) / scale
    scores = weights * d_left * (y_left - d_left * estimates)
    totals, groups = given.by_cluster(scores), given.clusters
    errors = np.sqrt(groups / (groups - 1) * (totals**2).sum(axis=0)) / scale if groups > 1 else np.zeros(len(scale))
    possible &= errors > 0
    return tuple(np.where(possible, one, nan) for one in (estimates, errors, ess))  # type: ignore[return-value]


def _weighted(given: Specification, y: Floats, arm: Floats, estimator: Weighted) -> tuple[Floats, Bools, Floats]:
    """Weights (n × D), whether they can carry a comparison, effective sizes of the controls."""
    possible = _possible(given, y, arm)
    weights, found = _weights(given, arm, estimator, possible)
    control = weights * (1 - arm)
    with np.errstate(divide="ignore", invalid="ignore"):
        ess = control.sum(axis=0) ** 2 / (control**2).sum(axis=0)
    return weights, possible & found & (ess >= SMALLEST_ESS), ess


def _adjusted_for(given: Specification, estimator: Weighted) -> Floats:
    return given.basis[:, :1] if estimator == "naif" else given.basis


def _possible(given: Specification, y: Floats, arm: Floats) -> Bools:
    n, d = arm.shape
    mentored = arm.sum(axis=0)
    enough = (np.minimum(mentored, n - mentored) >= RARE) & (n - given.basis.shape[1] - 1 >= 10)
    if not n or np.ptp(y) == 0:
        return np.zeros(d, dtype=np.bool_)
    for side in (arm, 1 - arm):
        enough &= (given.by_cluster(side) > 0).sum(axis=0) >= FEWEST_CLUSTERS
    found: Bools = enough
    return found


def _weights(given: Specification, arm: Floats, estimator: Weighted, possible: Bools) -> tuple[Floats, Bools]:
    """Weights (n × D) and whether each was found."""
    ones = np.ones_like(arm)
    everyone = np.ones(arm.shape[1], dtype=np.bool_)
    if estimator in ("naif", "regression") or given.basis.shape[1] == 1:
        return ones, everyone
    if estimator == "entropie":
        shares, found = _entropy(given, arm, possible)
        return np.where(arm == 1, 1.0, shares * arm.sum(axis=0)), found
    linear, found = _logit(given, arm, possible)
    if estimator == "recouvrement":
        return np.where(arm == 1, logistic(-linear), logistic(linear)), found
    return np.where(arm == 1, 1.0, np.exp(linear)), found


def _entropy(given: Specification, arm: Floats, possible: Bools) -> tuple[Floats, Bools]:
    """Shares of the controls (n × D, adding up to 1) nearest to equal that have the treated's means."""
    z, control = given.basis[:, 1:], arm == 0
    with np.errstate(invalid="ignore"):
        target = (z.T @ arm / arm.sum(axis=0)).T

    def at(columns: NDArray[np.intp], multipliers: Floats) -> tuple[Floats, Floats]:
        exponent = np.where(control[:, columns], z @ multipliers.T, -np.inf)
        top = exponent.max(axis=0)
        shares = np.exp(exponent - top)
        total = shares.sum(axis=0)
        value = top + np.log(total) - (multipliers * target[columns]).sum(axis=1)
        return value, shares / total

    def slopes(columns: NDArray[np.intp], shares: Floats) -> tuple[Floats, Floats]:
        mean = (z.T @ shares).T
        curve = given.squares(shares)[:, 1:, 1:] - mean[:, :, None] * mean[:, None, :]
        return mean - target[columns], curve

    return _newton(arm.shape, z.shape[1], possible, at, slopes)


def _logit(given: Specification, arm: Floats, possible: Bools) -> tuple[Floats, Bools]:
    """Linear predictors (n × D) of the treatment."""
    n = len(arm)

    def at(columns: NDArray[np.intp], coefficients: Floats) -> tuple[Floats, Floats]:
        linear = given.basis @ coefficients.T
        value = (np.logaddexp(0, linear) - arm[:, columns] * linear).sum(axis=0) / n
        return value, linear

    def slopes(columns: NDArray[np.intp], linear: Floats) -> tuple[Floats, Floats]:
        expected = logistic(linear)
        return (given.basis.T @ (expected - arm[:, columns])).T / n, given.squares(expected * (1 - expected)) / n

    linear, found = _newton(arm.shape, given.basis.shape[1], possible, at, slopes)
    # scores that tell the two groups apart: a gradient under TOLERANCE is then a limit that is only approached
    crossing = np.where(arm == 0, linear, -np.inf).max(axis=0) >= np.where(arm == 1, linear, np.inf).min(axis=0)
    return linear, found & crossing & (np.abs(linear).max(axis=0) < FARTHEST)


def _solved(curve: Floats, gradient: Floats) -> Floats:
    """Solutions (D × k) of D systems; the shortest ones where a treatment leaves one of them without any other."""
    try:
        found: Floats = np.asarray(np.linalg.solve(curve, gradient[:, :, None]), dtype=np.float64)[:, :, 0]
    except np.linalg.LinAlgError:
        # a few controls hold all the weight: their second derivatives are nought, ridge included
        known = np.isfinite(curve).all(axis=(1, 2))
        inverse = np.asarray(np.linalg.pinv(curve[known], hermitian=True), dtype=np.float64)
        found = np.full(gradient.shape, np.nan)
        found[known] = np.einsum("dij,dj->di", inverse, gradient[known])
    return found


def _newton(
    shape: tuple[int, int],
    size: int,
    possible: Bools,
    at: Callable[[NDArray[np.intp], Floats], tuple[Floats, Floats]],
    slopes: Callable[[NDArray[np.intp], Floats], tuple[Floats, Floats]],
) -> tuple[Floats, Bools]:
    """Damped Newton on each column by itself: what `at` gives (n × D) at the minimum, and whether it was reached.

    `at` (columns, parameters) → values, state; `slopes` (columns, state) → gradients, second derivatives.
    """
    states = np.zeros(shape)
    found = np.zeros(shape[1], dtype=np.bool_)
    live = np.flatnonzero(possible)
    parameters = np.zeros((shape[1], size))
    values = np.full(shape[1], np.inf)
    if len(live):
        values[live], states[:, live] = at(live, parameters[live])
    for _ in range(MAX_ITERATIONS):
        if not len(live):
            break
        gradient, curve = slopes(live, states[:, live])
        settled = np.abs(gradient).max(axis=1) < TOLERANCE
        found[live[settled]] = True
        bend = np.trace(curve, axis1=1, axis2=2)
        going = ~settled & (bend > FLAT * size)
        live, gradient, curve = live[going], gradient[going], curve[going]
        if not len(live):
            break
        # a ridge far below what moves an estimate: a flat direction must not stop the other treatments
        ridge = 1e-12 * bend[going, None, None] * np.eye(size)
        step = -_solved(curve + ridge, gradient)
        slope = (gradient * step).sum(axis=1)
        length = np.ones(len(live))
        waiting = np.arange(len(live))
        while len(waiting):
            columns = live[waiting]
            value, state = at(columns, parameters[columns] + length[waiting, None] * step[waiting])
            bound = values[columns] + 1e-4 * length[waiting] * slope[waiting] + 1e-13
            good = (value <= bound) | (length[waiting] < 1e-6)
            values[columns[good]], states[:, columns[good]] = value[good], state[:, good]
            waiting = waiting[~good]
            length[waiting] /= 2
        parameters[live] += length[:, None] * step
        live = live[np.isfinite(values[live])]
    return states, found
