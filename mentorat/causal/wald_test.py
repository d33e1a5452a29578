"""One test of several combinations of coefficients at once, with errors by cluster.

HTZ of Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36:672-683 (clubSandwich's default): the
Wald statistic Q of q combinations is taken as Hotelling's T² with ν degrees of freedom, so F = (ν − q + 1)/(νq) · Q has
q and ν − q + 1; ν matches the total variance of the covariance under the working model. For one combination it is
Satterthwaite's t, squared.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from mentorat.causal.cluster_robust import ClusterParts, Floats, RobustFit
from mentorat.typography import fr_text


@dataclass(frozen=True)
class WaldTest:
    """F with its degrees of freedom and p-value, missing when the clusters cannot carry so many combinations at once.

    `warnings`: French sentences.
    """

    f: float
    df_between: int
    df_within: float
    p: float
    warnings: tuple[str, ...]


def wald_test(fit: RobustFit, contrasts: ArrayLike) -> WaldTest:
    """Test that every row of `contrasts` (q × K) times the coefficients is zero.

    Raises ValueError when the fit is not CR2 or CR3, or when rows repeat one another.
    """
    if fit.kind not in ("CR2", "CR3"):
        raise ValueError("the test needs CR2 or CR3")
    c = np.atleast_2d(np.asarray(contrasts, dtype=np.float64))
    q = len(c)
    if np.linalg.matrix_rank(c) < q:
        raise ValueError("contrasts repeat one another")
    freedom = _hotelling_freedom(fit.parts, c)
    covariance, found = c @ fit.covariance @ c.T, c @ fit.coefficients
    within = freedom - q + 1
    if within <= 0 or np.linalg.matrix_rank(covariance) < q:
        told = "Trop peu de grappes pour comparer autant de modalités d'un coup : le test n'est pas fait."
        return WaldTest(nan, q, nan, nan, (fr_text(told),))
    f = within / (freedom * q) * float(found @ np.linalg.solve(covariance, found))
    return WaldTest(f, q, within, float(stats.f.sf(f, q, within)), ())


def _hotelling_freedom(parts: ClusterParts, contrasts: Floats) -> float:
    """ν = q(q + 1) / Σ_st [tr(P_st P_st) + tr(P_ss P_tt)], the P whitened so that their traces make the identity.

    P_st (G × G) = ⟨p_sg, p_th⟩ with p_sg = (I − H)_g'a_sg is a diagonal plus K-wide factors (`cluster_robust`), so the
    traces cost O(G·K²) and no G × G matrix is formed.
    """
    q = len(contrasts)
    omega = _traces(_Products(parts, parts.adjusted @ contrasts.T))
    values, axes = np.linalg.eigh(omega)
    if values[0] <= 1e-12 * values[-1]:
        return 0.0
    white = (axes / np.sqrt(values)) @ axes.T
    products = _Products(parts, parts.adjusted @ (white @ contrasts).T)
    total = sum(products.trace((s, t), (s, t)) + products.trace((s, s), (t, t)) for s in range(q) for t in range(q))
    return q * (q + 1) / total


class _Products:
    """The matrices P_st of q combinations: diagonals (q × q × G) and factors (q × G × 3K each)."""

    def __init__(self, parts: ClusterParts, rows: Floats) -> None:
        q = rows.shape[1]
        meat = parts.weighted.T @ parts.weighted
        self.diagonal = np.stack([parts.sums(rows * rows[:, [s]]).T for s in range(q)])
        u = np.stack([parts.sums(parts.design * rows[:, [s]]) for s in range(q)])
        v = np.stack([parts.sums(parts.weighted * rows[:, [s]]) for s in range(q)])
        mu, mv = u @ parts.bread, v @ parts.bread
        self.left = np.concatenate([-u, -v, mu @ meat], axis=2)
        self.right = np.concatenate([mv, mu, mu], axis=2)

    def trace(self, first: tuple[int, int], second: tuple[int, int]) -> float:
        """tr(P_first P_second)."""
        one, other = self.diagonal[first], self.diagonal[second]
        left1, right1 = self.left[first[0]], self.right[first[1]]
        left2, right2 = self.left[second[0]], self.right[second[1]]
        off1, off2 = (left1 * right1).sum(axis=1), (left2 * right2).sum(axis=1)
        crossed = np.sum((right1.T @ left2) * (right2.T @ left1).T)
        return float(one @ other + one @ off2 + other @ off1 + crossed)


def _traces(products: _Products) -> Floats:
    """Ω (q × q), the traces of P_st."""
    off = np.einsum("sgk,tgk->st", products.left, products.right)
    found: Floats = products.diagonal.sum(axis=2) + off
    return (found + found.T) / 2
