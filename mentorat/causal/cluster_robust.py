"""Least squares with errors that hold when answers are alike inside a structure.

CR1: G/(G−1) × (N−1)/(N−K), Student with G − 1 degrees of freedom (Stata's rule).
CR2: Bell and McCaffrey (2002) with the degrees of freedom of Satterthwaite as in Pustejovsky and Tipton
(2018), Journal of Business & Economic Statistics 36:672-683, working model of equal variances, weights
taken as given (not inverse variances). The adjustment of a cluster is computed in the span of its
regressors, so the cost is O(n·K² + G·K³): no n_g × n_g matrix is ever formed.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Kind = Literal["CR1", "CR2"]

FEW_CLUSTERS = 40
"""Below this number of clusters CR1 rejects too often (Cameron, Gelbach and Miller 2008)."""


@dataclass(frozen=True)
class RobustFit:
    """Coefficients (length K) with cluster-robust standard errors and their degrees of freedom.

    `warnings` are French sentences.
    """

    coefficients: Floats
    standard_errors: Floats
    degrees_of_freedom: Floats
    kind: Kind
    n: int
    clusters: int
    warnings: tuple[str, ...]

    def interval(self, k: int, level: float = 0.95) -> tuple[float, float]:
        """Student interval of coefficient `k`."""
        half = float(stats.t.ppf(0.5 + level / 2, self.degrees_of_freedom[k])) * self.standard_errors[k]
        return float(self.coefficients[k] - half), float(self.coefficients[k] + half)

    def p_value(self, k: int) -> float:
        """Two-sided Student p-value of coefficient `k` (1 when estimate and error are both zero)."""
        estimate, error = float(self.coefficients[k]), float(self.standard_errors[k])
        if error == 0:
            return 1.0 if estimate == 0 else 0.0
        return float(2 * stats.t.sf(abs(estimate / error), self.degrees_of_freedom[k]))


def cluster_robust(
    y: ArrayLike, x: ArrayLike, cluster: ArrayLike, weights: ArrayLike | None = None, kind: Kind = "CR2"
) -> RobustFit:
    """Weighted least squares of `y` (n) on `x` (n × K, with its constant), errors by `cluster` (n).

    Raises ValueError when there are fewer than two clusters or `x` is not of full column rank.
    """
    outcome, design = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    n, k = design.shape
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    order, bounds = _by_cluster(cluster)
    clusters = len(bounds) - 1
    if clusters < 2:
        raise ValueError("cluster-robust errors need two clusters or more")
    if np.linalg.matrix_rank(design * np.sqrt(w)[:, None]) < k:
        raise ValueError("the design is not of full column rank")
    outcome, design, w = outcome[order], design[order], w[order]
    weighted = design * w[:, None]
    bread = np.linalg.inv(design.T @ weighted).astype(np.float64)
    coefficients = bread @ (weighted.T @ outcome)
    residuals = outcome - design @ coefficients
    if kind == "CR1":
        errors = _cr1(weighted, residuals, bounds, bread)
        freedom = np.full(k, clusters - 1.0)
    else:
        errors, freedom = _cr2(design, weighted, residuals, bounds, bread)
    few = (
        f"Les erreurs types CR1 sont trop optimistes avec {clusters} grappes (moins de {FEW_CLUSTERS}) : "
        "préférez la correction CR2."
    )
    return RobustFit(
        coefficients=coefficients,
        standard_errors=errors,
        degrees_of_freedom=freedom,
        kind=kind,
        n=n,
        clusters=clusters,
        warnings=(few,) if kind == "CR1" and clusters < FEW_CLUSTERS else (),
    )


def _by_cluster(cluster: ArrayLike) -> tuple[NDArray[np.intp], list[int]]:
    """Row order that puts clusters side by side, and where each begins and ends."""
    labels, codes = np.unique(np.asarray(cluster), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes, minlength=len(labels))
    return order, [0, *np.cumsum(counts).tolist()]


def _cr1(weighted: Floats, residuals: Floats, bounds: list[int], bread: Floats) -> Floats:
    n, k = weighted.shape
    clusters = len(bounds) - 1
    scores = np.add.reduceat(weighted * residuals[:, None], bounds[:-1], axis=0) @ bread
    correction = clusters / (clusters - 1) * (n - 1) / (n - k)
    errors: Floats = np.sqrt(correction * (scores**2).sum(axis=0))
    return errors


def _cr2(
    design: Floats, weighted: Floats, residuals: Floats, bounds: list[int], bread: Floats
) -> tuple[Floats, Floats]:
    """Standard errors and Satterthwaite degrees of freedom of every coefficient.

    The residuals of cluster g have variance B_g = I + U C Uᵀ under the working model, U = [X_g, W_g X_g];
    in an orthonormal basis Q of U this is I + Q S Qᵀ with S small, so B_g^{-1/2} v = v + Q((I + S)^{-1/2} −
    I)Qᵀ v.
    """
    k = design.shape[1]
    spread = bread @ (weighted.T @ weighted) @ bread
    core = np.block([[spread, -bread], [-bread, np.zeros((k, k))]])
    groups = len(bounds) - 1
    scores, norms = np.empty((groups, k)), np.empty((groups, k))
    design_parts, weighted_parts = np.empty((groups, k, k)), np.empty((groups, k, k))
    for g, (start, end) in enumerate(pairwise(bounds)):
        x_g, wx_g = design[start:end], weighted[start:end]
        # A_g W_g X_g M, one column per coefficient.
        adjusted = _inverse_root_times(np.hstack([x_g, wx_g]), core, wx_g @ bread)
        scores[g] = adjusted.T @ residuals[start:end]
        norms[g] = (adjusted**2).sum(axis=0)
        design_parts[g], weighted_parts[g] = x_g.T @ adjusted, wx_g.T @ adjusted
    errors = np.sqrt((scores**2).sum(axis=0))
    meat = weighted.T @ weighted
    freedom = np.array(
        [_satterthwaite(norms[:, c], design_parts[:, :, c], weighted_parts[:, :, c], bread, meat) for c in range(k)]
    )
    return errors, freedom


def _inverse_root_times(basis: Floats, core: Floats, vectors: Floats) -> Floats:
    """(I + U C Uᵀ)^{-1/2} times `vectors`, pseudo-inverse where the matrix is singular."""
    left, singular, right = np.linalg.svd(basis, full_matrices=False)
    kept = singular > singular[0] * 1e-12 if singular[0] > 0 else np.zeros(len(singular), dtype=bool)
    q = left[:, kept]
    half = singular[kept, None] * right[kept]
    values, axes = np.linalg.eigh(np.eye(kept.sum()) + half @ core @ half.T)
    roots = np.zeros_like(values)
    roots[values > 1e-12] = values[values > 1e-12] ** -0.5
    inside = q.T @ vectors
    return vectors + q @ (axes @ (roots[:, None] * (axes.T @ inside)) - inside)


def _satterthwaite(norms: Floats, u: Floats, v: Floats, bread: Floats, meat: Floats) -> float:
    """Degrees of freedom (tr P)² / tr P² with P_gh = δ_gh‖a_g‖² − v_h'Mu_g − v_g'Mu_h + u_g'M(X'W²X)Mu_h.

    The part outside the diagonal is L = E Fᵀ with K-wide factors, so its norm costs O(G·K²).
    """
    mu, mv = u @ bread, v @ bread
    left = np.hstack([-u, -v, mu @ meat])
    right = np.hstack([mv, mu, mu])
    off = (left * right).sum(axis=1)
    square = (norms**2).sum() + 2 * (norms * off).sum() + np.sum((left.T @ left) * (right.T @ right))
    return float((norms + off).sum() ** 2 / square)
