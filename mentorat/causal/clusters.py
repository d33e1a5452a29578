"""How many clusters a comparison really rests on, and which of them carry it.

Effective number of clusters: G* = G/(1 + Γ), Γ the squared coefficient of variation of γ_g = c'M X_g'W_g Ω W_g X_g M c
(Carter, Schnepel and Steigerwald 2017, Review of Economics and Statistics 99:698-709), Ω with correlation ρ inside a
cluster. Leverage of a cluster: tr(X_g'W_gX_g M), K over all clusters; partial leverage: its share of what is left of
the treatment once the other columns are taken off; estimate without it: the exact jackknife (MacKinnon, Nielsen and
Webb 2023, Stata Journal 23:942-982).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import Floats, RobustFit, jackknifed
from mentorat.typography import fr_count, fr_number, fr_percent, fr_text

FEWEST_CLUSTERS = 4
"""Clusters an arm below which no error is to be trusted: the effect is refused."""
TYPICAL_ICC = 0.10
"""Correlation inside a structure at which clusters are counted: at 1 a treatment that varies inside clusters makes a
few of them seem to carry everything."""
HEAVY = 0.25
"""Partial leverage of one cluster above which the reader is told that it carries the result."""
ENOUGH = 40
"""Effective clusters from which their number hardly changes an interval whose degrees of freedom are Satterthwaite's:
their unevenness goes without saying."""


@dataclass(frozen=True)
class ClusterDiagnostics:
    """What one coefficient owes to each cluster.

    `effective`: G* at the correlation asked for; `effective_independent`, `effective_alike`: at ρ = 0 and 1, between
    which it lies (missing at 1 when the treatment is shared out evenly inside every cluster);
    `by_cluster`: one row a cluster, in their order: grappe, n, levier, levier_partiel, estimation_sans (missing where
    the estimate does not exist without it); `warnings`: French sentences.
    """

    clusters: int
    effective: float
    effective_independent: float
    effective_alike: float
    max_partial_leverage: float
    by_cluster: pd.DataFrame
    warnings: tuple[str, ...]


def cluster_diagnostics(fit: RobustFit, k: int, *, icc: float = TYPICAL_ICC) -> ClusterDiagnostics:
    """What coefficient `k` of a fit owes to each of its clusters, `icc` (ρ) being how alike answers are inside one."""
    parts = fit.parts
    rows = (parts.weighted @ parts.bread)[:, k]
    squares, totals = parts.sums(rows**2), parts.sums(rows)
    # A treatment shared out evenly inside every cluster leaves totals of rounding errors: nothing to tell.
    alike = _effective(totals**2) if totals @ totals > 1e-20 * fit.n * (rows @ rows) else float("nan")
    lower = np.linalg.cholesky(parts.bread)
    leverage = parts.sums(((parts.design @ lower) * (parts.weighted @ lower)).sum(axis=1))
    # What is left of column k after the others is rows / (w·M_kk): its weighted square is rows²/w up to a constant.
    left = parts.design @ parts.bread[:, k]
    partial = parts.sums(left * rows) / parts.bread[k, k]
    without = _without_each(fit, k)
    largest = int(np.argmax(partial))
    warnings = []
    if partial[largest] > HEAVY:
        warnings.append(
            f"Une seule grappe apporte {fr_percent(float(partial[largest]), 0)} de ce qui porte l'estimation : "
            "regardez ce que devient l'effet sans elle."
        )
    effective = _effective((1 - icc) * squares + icc * totals**2)
    if effective < min(fit.clusters / 2, ENOUGH):
        warnings.append(
            f"Les {fit.clusters} grappes, de tailles ou de répartitions très inégales, en valent "
            f"{fr_number(effective, 1)} : lisez l'intervalle comme s'il n'y en avait pas plus."
        )
    table = pd.DataFrame(
        {
            "grappe": parts.labels,
            "n": parts.sizes,
            "levier": leverage,
            "levier_partiel": partial,
            "estimation_sans": without,
        }
    )
    return ClusterDiagnostics(
        clusters=fit.clusters,
        effective=effective,
        effective_independent=_effective(squares),
        effective_alike=alike,
        max_partial_leverage=float(partial[largest]),
        by_cluster=table,
        warnings=tuple(fr_text(one) for one in warnings),
    )


def refuse_few_clusters(treated: ArrayLike, cluster: ArrayLike) -> None:
    """Raises NotEstimable (French) when an arm comes from fewer than `FEWEST_CLUSTERS` clusters."""
    mask = np.asarray(treated, dtype=bool)
    for arm, name in ((mask, "mentorés"), (~mask, "non mentorés")):
        count = pd.Series(np.asarray(cluster)[arm]).nunique()
        if count < FEWEST_CLUSTERS:
            raise NotEstimable(
                f"Les jeunes {name} ne viennent que de {fr_count(count, 'grappe', 'grappes')} ; il en faut au "
                f"moins {FEWEST_CLUSTERS} par groupe pour mesurer l'incertitude : l'effet n'est pas estimé."
            )


def _effective(weights: Floats) -> float:
    """G/(1 + Γ) from the γ_g (G)."""
    return float(weights.sum() ** 2 / (weights @ weights))


def _without_each(fit: RobustFit, k: int) -> Floats:
    """Coefficient `k` without each cluster (G); missing where it is lost with the cluster."""
    adjusted, lost = jackknifed(fit.parts)
    moved = fit.parts.sums(adjusted[:, k] * fit.parts.residuals)
    return np.where(lost[:, k], np.nan, fit.coefficients[k] - moved)
