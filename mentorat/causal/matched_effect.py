"""Difference of means after matching with replacement, with the standard error of Abadie and Imbens.

Abadie and Imbens (2006, Econometrica 74:235-267): a control who serves K treated weighs on the variance by K² − Σ of
the squared shares, beyond the variance of the treated's own differences; the outcome's variance is taken as constant,
from the differences within pairs (the default of R's Matching). The bootstrap does not hold here (2008, Econometrica
76:1537-1557). The scores are taken as known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.design import Design


@dataclass(frozen=True)
class MatchedEffect:
    """Effect on the treated who are matched, with its standard error, in the outcome's unit; `warnings` in French."""

    estimate: float
    standard_error: float
    n_treated: int
    n_control: int
    warnings: tuple[str, ...]


def abadie_imbens(design: Design, outcome: ArrayLike) -> MatchedEffect:
    """Mean of the treated's outcomes (n) less their matches', over the pairs of `design`.

    Raises ValueError when the design has no pairs or unequal survey weights, or an outcome is missing; NotEstimable
    when all outcomes are the same.
    """
    y = np.asarray(outcome, dtype=np.float64)
    if design.pairs is None or np.ptp(design.base_weights) > 0:
        raise ValueError("these errors are for matched pairs without survey weights")
    if y.shape != design.weights.shape or not np.isfinite(y[design.kept]).all():
        raise ValueError("one known outcome a row kept")
    if np.ptp(y[design.kept]) == 0:
        raise NotEstimable("Tous les jeunes appariés ont le même résultat : il n'y a pas d'écart à estimer.")
    ones, controls = (design.pairs[name].to_numpy() for name in ("mentore", "non_mentore"))
    n, total = len(y), design.n_treated
    share = 1 / np.bincount(ones, minlength=n)[ones]
    difference = y[ones] - y[controls]
    own = np.bincount(ones, weights=share * difference, minlength=n)[design.treated & design.kept]
    estimate = float(own.mean())
    noise = 0.5 * float(share @ (difference - estimate) ** 2) / total
    used = np.bincount(controls, weights=share, minlength=n)
    squared = np.bincount(controls, weights=share**2, minlength=n)
    variance = (((own - estimate) ** 2).sum() + noise * (used**2 - squared).sum()) / total**2
    return MatchedEffect(estimate, float(np.sqrt(variance)), total, design.n_control, design.warnings)
