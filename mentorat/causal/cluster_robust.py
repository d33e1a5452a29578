"""Least squares with errors that hold when answers are alike inside a structure.

Errors, with the names of R's clubSandwich (G clusters, N rows, K columns; each row its own cluster: HC0 to HC3):
CR0: the sandwich of scores summed by cluster. CR1: CR0 × G/(G−1). CR1S: CR0 × G/(G−1) × (N−1)/(N−K), Stata's rule
(HC1 for single rows). CR2: Bell and McCaffrey (2002), residuals multiplied by (I − H_g)^{-1/2}, unbiased under the
working model. CR3: by (I − H_g)^{-1}, which is the jackknife that drops clusters one at a time. `classical`: as if
rows were independent and of equal variance.

Degrees of freedom: Satterthwaite's as in Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics
36:672-683, or G − 1. Working model of equal variances, weights taken as given (not inverse variances). The adjustment
of a cluster is computed in the span of its regressors, clusters of one size at a time, so the cost is O(n·K²): no
n_g × n_g matrix is ever formed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mentorat.typography import fr_count, fr_text

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = Literal["classical", "CR0", "CR1", "CR1S", "CR2", "CR3"]
Freedom = Literal["satterthwaite", "clusters"]

FEW_CLUSTERS = 40
"""Below this number of clusters CR1 rejects too often (Cameron, Gelbach and Miller 2008)."""
FEW_FREEDOM = 4
"""Below this many degrees of freedom Satterthwaite's approximation fails (Pustejovsky and Tipton 2018)."""
_WHOLE = 1e-10
"""How near 1 the leverage of a cluster must be for it to determine a direction alone."""


@dataclass(frozen=True)
class ClusterParts:
    """Rows put cluster after cluster: what the errors and the bootstraps of a fit are made of.

    `design`, `weighted` (n × K): X and WX; `root` (n): √W; `residuals` (n); `bread` (K × K): (X'WX)⁻¹; `labels` (G):
    the clusters, in order; `starts` (G): first row of each; `adjusted` (n × K): A_g W_g X_g M, whose products with the
    residuals summed by cluster are the scores of the variance.
    """

    design: Floats
    weighted: Floats
    root: Floats
    residuals: Floats
    bread: Floats
    labels: NDArray[np.generic]
    starts: Codes
    adjusted: Floats

    @property
    def sizes(self) -> Codes:
        """Rows of each cluster (G)."""
        return np.diff(np.append(self.starts, len(self.residuals)))

    def sums(self, values: Floats) -> Floats:
        """`values` (n or n × k) summed by cluster."""
        found: Floats = np.add.reduceat(values, self.starts, axis=0)
        return found


@dataclass(frozen=True)
class Contrast:
    """A linear combination of coefficients with its error, interval at `level` and two-sided Student p-value."""

    estimate: float
    standard_error: float
    degrees_of_freedom: float
    low: float
    high: float
    p: float
    level: float


@dataclass(frozen=True)
class RobustFit:
    """Coefficients (length K) with their errors, degrees of freedom and covariance (K × K).

    `clusters`: G; `warnings`: French sentences on the fit as a whole, `cautions` those on one coefficient.
    """

    coefficients: Floats
    standard_errors: Floats
    degrees_of_freedom: Floats
    covariance: Floats
    kind: Kind
    freedom: Freedom
    n: int
    clusters: int
    warnings: tuple[str, ...]
    parts: ClusterParts = field(repr=False, compare=False)

    def interval(self, k: int, level: float = 0.95) -> tuple[float, float]:
        """Student interval of coefficient `k`."""
        return _limits(self.coefficients[k], self.standard_errors[k], self.degrees_of_freedom[k], level)

    def p_value(self, k: int) -> float:
        """Two-sided Student p-value of coefficient `k` (1 when estimate and error are both zero)."""
        return _p_value(self.coefficients[k], self.standard_errors[k], self.degrees_of_freedom[k])

    def contrast(self, weights: ArrayLike, level: float = 0.95) -> Contrast:
        """The combination of coefficients with these `weights` (K), its own degrees of freedom included."""
        c = np.asarray(weights, dtype=np.float64)
        estimate, error = float(c @ self.coefficients), sqrt(max(0.0, float(c @ self.covariance @ c)))
        freedom = _freedom_of(self.parts, c, self.kind, self.freedom)
        low, high = _limits(estimate, error, freedom, level)
        return Contrast(estimate, error, freedom, low, high, _p_value(estimate, error, freedom), level)

    def cautions(self, freedom: float) -> tuple[str, ...]:
        """Why an error with so many degrees of `freedom` is not fit for the clusters: French, none when it is."""
        return self.warnings + freedom_cautions(self.kind, freedom)


def cluster_robust(
    y: ArrayLike,
    x: ArrayLike,
    cluster: ArrayLike | None,
    weights: ArrayLike | None = None,
    kind: Kind = "CR2",
    *,
    freedom: Freedom | None = None,
) -> RobustFit:
    """Weighted least squares of `y` (n) on `x` (n × K, with its constant), errors by `cluster` (n, none: each row).

    `freedom`: Satterthwaite's for CR2 and CR3 by default, G − 1 for the others (N − K for `classical`, always).
    Rows of zero weight are left out. Raises ValueError when there are fewer than two clusters, `x` is not of full
    column rank, or a weight is negative or not a number.
    """
    outcome, design = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    n, k = design.shape
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("weights must be finite and not negative")
    names = np.arange(n) if cluster is None else np.asarray(cluster)
    if not w.all():
        kept = w > 0
        outcome, design, w, names, n = outcome[kept], design[kept], w[kept], names[kept], int(kept.sum())
    labels, order, starts = by_cluster(names)
    clusters = len(labels)
    if clusters < 2:
        raise ValueError("cluster-robust errors need two clusters or more")
    if np.linalg.matrix_rank(design * np.sqrt(w)[:, None]) < k:
        raise ValueError("the design is not of full column rank")
    outcome, design, w = outcome[order], design[order], w[order]
    weighted = design * w[:, None]
    bread = np.linalg.inv(design.T @ weighted).astype(np.float64)
    coefficients = bread @ (weighted.T @ outcome)
    residuals = outcome - design @ coefficients
    parts = ClusterParts(design, weighted, np.sqrt(w), residuals, bread, labels, starts, weighted @ bread)
    whole = 0
    if kind == "CR2":
        parts = replace(parts, adjusted=_bell_mccaffrey(parts))
    elif kind == "CR3":
        adjusted, lost = jackknifed(parts)
        parts, whole = replace(parts, adjusted=adjusted), int(lost.any(axis=1).sum())
    if kind == "classical":
        covariance = bread * float(w @ residuals**2) / (n - k)
    else:
        scores = parts.sums(parts.adjusted * residuals[:, None])
        covariance = _correction(kind, n, k, clusters) * (scores.T @ scores)
    chosen: Freedom = freedom or ("satterthwaite" if kind in ("CR2", "CR3") else "clusters")
    return RobustFit(
        coefficients=coefficients,
        standard_errors=np.sqrt(np.diagonal(covariance)),
        degrees_of_freedom=np.array([_freedom_of(parts, unit, kind, chosen) for unit in np.eye(k)]),
        covariance=covariance,
        kind=kind,
        freedom=chosen,
        n=n,
        clusters=clusters,
        warnings=_kind_warnings(kind, n, clusters, whole),
        parts=parts,
    )


@dataclass(frozen=True)
class TwoWayFit:
    """Coefficients with errors that hold when answers are alike inside either of two groupings.

    `degrees_of_freedom`: the smaller number of clusters less one; `warnings`: French sentences.
    """

    coefficients: Floats
    standard_errors: Floats
    covariance: Floats
    degrees_of_freedom: int
    clusters: tuple[int, int]
    warnings: tuple[str, ...]


def two_way_cluster_robust(
    y: ArrayLike, x: ArrayLike, first: ArrayLike, second: ArrayLike, weights: ArrayLike | None = None
) -> TwoWayFit:
    """CR1S errors clustered on two crossed groupings: V(first) + V(second) − V(both) (Cameron, Gelbach, Miller 2011).

    When the sum is not a covariance (few clusters), its negative eigenvalues are set to zero and the result says so.
    """
    one, two = np.asarray(first), np.asarray(second)
    codes = [np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.intp) for labels in (one, two)]
    both = codes[0] * (int(codes[1].max()) + 1) + codes[1]
    fits = [cluster_robust(y, x, labels, weights, "CR1S") for labels in (*codes, both)]
    covariance = fits[0].covariance + fits[1].covariance - fits[2].covariance
    values, axes = np.linalg.eigh(covariance)
    told: tuple[str, ...] = ()
    if values[0] < -1e-12 * values[-1]:
        covariance = (axes * np.maximum(values, 0.0)) @ axes.T
        told = ("La variance à deux groupements n'était pas positive : elle a été corrigée et se lit avec prudence.",)
    clusters = (fits[0].clusters, fits[1].clusters)
    return TwoWayFit(
        coefficients=fits[0].coefficients,
        standard_errors=np.sqrt(np.diagonal(covariance)),
        covariance=covariance,
        degrees_of_freedom=min(clusters) - 1,
        clusters=clusters,
        warnings=tuple(
            dict.fromkeys(fr_text(one) for one in (*_kind_warnings("CR1S", fits[0].n, min(clusters), 0), *told))
        ),
    )


def by_cluster(cluster: ArrayLike) -> tuple[NDArray[np.generic], Codes, Codes]:
    """The clusters in order (G), the row order that puts them side by side (n), and where each begins (G)."""
    labels, codes = np.unique(np.asarray(cluster), return_inverse=True)
    order = np.argsort(codes.reshape(-1), kind="stable")
    counts = np.bincount(codes.reshape(-1), minlength=len(labels))
    return labels, order, np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.intp)


def freedom_cautions(kind: Kind, freedom: float) -> tuple[str, ...]:
    """What a reader is told of an error with so few degrees of freedom."""
    if kind == "classical" or freedom >= FEW_FREEDOM:
        return ()
    return (
        fr_text(
            "Moins de quatre degrés de liberté : trop peu de grappes portent la comparaison pour se fier à cet "
            "intervalle."
        ),
    )


def _kind_warnings(kind: Kind, n: int, clusters: int, whole: int) -> tuple[str, ...]:
    if kind == "classical" and clusters < n:
        return (
            f"Les erreurs types classiques ignorent que les réponses viennent de {clusters} grappes : elles sont "
            "trop petites. Préférez la correction CR2.",
        )
    told = []
    if kind in ("CR0", "CR1", "CR1S") and clusters < FEW_CLUSTERS:
        told.append(
            f"Les erreurs types {kind} sont trop optimistes avec {clusters} grappes (moins de {FEW_CLUSTERS}) : "
            "préférez la correction CR2."
        )
    if whole:
        told.append(
            fr_count(whole, "grappe détermine", "grappes déterminent")
            + " à elle seule un coefficient : l'erreur CR3 ne tient pas compte de ce qu'il deviendrait sans elle."
        )
    return tuple(told)


def _correction(kind: Kind, n: int, k: int, clusters: int) -> float:
    if kind == "CR1":
        return clusters / (clusters - 1)
    if kind == "CR1S":
        return clusters / (clusters - 1) * (n - 1) / (n - k)
    return 1.0


def _limits(estimate: float, error: float, freedom: float, level: float) -> tuple[float, float]:
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return float(estimate - half), float(estimate + half)


def _p_value(estimate: float, error: float, freedom: float) -> float:
    if error == 0:
        return 1.0 if estimate == 0 else 0.0
    return float(2 * stats.t.sf(abs(estimate / error), freedom))


def _by_size(parts: ClusterParts, adjust: Callable[[Floats, Codes], Floats]) -> Floats:
    """What `adjust` makes of the clusters of one size (c × size × K rows, their indices), put back in the rows' order.

    Clusters of one size go together, so that a thousand clusters cost a few calls.
    """
    found = np.empty_like(parts.design)
    sizes = parts.sizes
    for size in np.unique(sizes):
        rows = parts.starts[sizes == size][:, None] + np.arange(size)
        found[rows] = adjust(parts.design[rows], rows)
    return found


def _bell_mccaffrey(parts: ClusterParts) -> Floats:
    """A_g W_g X_g M with A_g the inverse root of the variance of the residuals of cluster g.

    Under the working model that variance is I + U C Uᵀ, U = [X_g, W_g X_g]; in an orthonormal basis Q of U this is
    I + Q S Qᵀ with S small, so its inverse root times v is v + Q((I + S)^{-1/2} − I)Qᵀ v.
    """
    k, bread = parts.design.shape[1], parts.bread
    spread = bread @ (parts.weighted.T @ parts.weighted) @ bread
    core = np.block([[spread, -bread], [-bread, np.zeros((k, k))]])

    def adjust(x: Floats, rows: Codes) -> Floats:
        wx = parts.weighted[rows]
        vectors = wx @ bread
        left, singular, right = np.linalg.svd(np.concatenate([x, wx], axis=2), full_matrices=False)
        kept = singular > singular[:, :1] * 1e-12
        q = left * kept[:, None, :]
        half = (singular * kept)[:, :, None] * right
        values, axes = np.linalg.eigh(np.eye(singular.shape[1]) + half @ core @ half.transpose(0, 2, 1))
        roots = np.where(values > 1e-12, np.maximum(values, 1e-12) ** -0.5, 0.0)
        inside = q.transpose(0, 2, 1) @ vectors
        found: Floats = vectors + q @ (axes @ (roots[:, :, None] * (axes.transpose(0, 2, 1) @ inside)) - inside)
        return found

    return _by_size(parts, adjust)


def jackknifed(parts: ClusterParts) -> tuple[Floats, NDArray[np.bool_]]:
    """W_g (I − X_g M X_gᵀ W_g)⁻¹ X_g M (n × K), and the coefficients that each cluster alone determines (G × K).

    Times the residuals and summed by cluster, this is what dropping the cluster takes off the coefficients; where it
    alone determines a direction the inverse is a pseudo-inverse. With Z_g = √W_g X_g L, M = L Lᵀ and Z_g = U s Vᵀ it is
    √W_g U s/(1 − s²) Vᵀ Lᵀ.
    """
    lower = np.linalg.cholesky(parts.bread)
    lost = np.zeros((len(parts.starts), len(lower)), dtype=np.bool_)
    reach = 1e-8 * np.linalg.norm(lower, axis=1)

    def adjust(x: Floats, rows: Codes) -> Floats:
        root = parts.root[rows][:, :, None]
        left, singular, right = np.linalg.svd((x * root) @ lower, full_matrices=False)
        alone = singular**2 > 1 - _WHOLE
        stretch = np.where(alone, 0.0, singular / np.where(alone, 1.0, 1 - singular**2))
        turned = right @ lower.T
        lost[np.searchsorted(parts.starts, rows[:, 0])] = (np.abs(turned * alone[:, :, None]) > reach).any(axis=1)
        found: Floats = root * ((left * stretch[:, None, :]) @ turned)
        return found

    return _by_size(parts, adjust), lost


def _freedom_of(parts: ClusterParts, contrast: Floats, kind: Kind, freedom: Freedom) -> float:
    """Degrees of freedom of a combination of coefficients (K)."""
    n, k = parts.design.shape
    if kind == "classical":
        return float(n - k)
    if freedom == "clusters":
        return float(len(parts.starts) - 1)
    rows = parts.adjusted @ contrast
    norms = parts.sums(rows**2)
    u, v = parts.sums(parts.design * rows[:, None]), parts.sums(parts.weighted * rows[:, None])
    return _satterthwaite(norms, u, v, parts.bread, parts.weighted.T @ parts.weighted)


def _satterthwaite(norms: Floats, u: Floats, v: Floats, bread: Floats, meat: Floats) -> float:
    """Degrees of freedom (tr P)² / tr P² with P_gh = δ_gh‖a_g‖² − v_h'Mu_g − v_g'Mu_h + u_g'M(X'W²X)Mu_h.

    The part outside the diagonal is L = E Fᵀ with K-wide factors, so its norm costs O(G·K²).
    """
    mu, mv = u @ bread, v @ bread
    left = np.hstack([-u, -v, mu @ meat])
    right = np.hstack([mv, mu, mu])
    off = (left * right).sum(axis=1)
    square = (norms**2).sum() + 2 * (norms * off).sum() + np.sum((left.T @ left) * (right.T @ right))
    if square <= 0:
        return 0.0
    return float((norms + off).sum() ** 2 / square)
