"""Confidence intervals of a share estimated on a design, for many domains at once.

With p the share, v its variance, t the Student quantile at the design's degrees of freedom, and n* = p(1 − p)/v the
effective sample size:

- `logit`, `xlogit`: logit p ± t·√v/(p(1 − p)) brought back to shares (R's svyciprop, the same interval by a model and
  by the delta method; one closed form here);
- `wilson`: Wilson's score interval on n*, with t for the normal quantile (Franco, Little, Louis and Slud 2019);
- `beta`: Clopper-Pearson on n* × (t(n − 1)/t(df))² (Korn and Graubard 1998); conservative;
- `likelihood`: shares whose deviance on n*(n − 1)/n answers is under t² (Rao and Scott 1984; R's profile likelihood);
- `mean`: p ± t·√v, kept within 0 and 1; poor near the ends.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy import special, stats

from mentorat.survey.design import Floats, SurveyError

ShareInterval = Literal["logit", "xlogit", "wilson", "beta", "likelihood", "mean"]
Bounds = tuple[Floats, Floats]
STEPS = 60
"""Halvings of the likelihood interval: beyond double precision."""


def share_interval(
    kind: ShareInterval, share: Floats, variance: Floats, *, n: Floats, df: Floats, level: float, kish: Floats
) -> Bounds:
    """Lower and upper bounds of each share (arrays of one length); nan where the variance is.

    `n`: answers; `kish`: Kish's effective size, on which Clopper-Pearson stands where the share is 0 or 1 (the design
    then says nothing of the variance). Raises SurveyError on a kind that does not exist.
    """
    if kind not in _KINDS:
        raise SurveyError(f"L'intervalle « {kind} » n'existe pas. Choisissez parmi : {', '.join(_KINDS)}.")
    inside = (share > 0) & (share < 1) & (variance > 0)
    p = np.where(inside, share, 0.5)
    v = np.where(inside, variance, 0.25)
    t: Floats = np.asarray(stats.t.ppf(0.5 + level / 2, df), dtype=np.float64)
    low, high = _KINDS[kind](p, v, t, np.maximum(n, 2.0), level)
    exact_low, exact_high = _clopper_pearson(share, kish, level)
    unanimous = np.isfinite(variance) & ((share <= 0) | (share >= 1))
    # A share fixed by the weights (a calibration margin) has no variance: its interval is itself.
    fixed = ~unanimous & (variance == 0)
    nowhere = np.full(share.shape, np.nan)
    return (
        np.select([inside, unanimous, fixed], [low, exact_low, share], nowhere),
        np.select([inside, unanimous, fixed], [high, exact_high, share], nowhere),
    )


def _logit(p: Floats, v: Floats, t: Floats, n: Floats, level: float) -> Bounds:
    half = t * np.sqrt(v) / (p * (1 - p))
    centre = special.logit(p)
    return special.expit(centre - half), special.expit(centre + half)


def _wilson(p: Floats, v: Floats, t: Floats, n: Floats, level: float) -> Bounds:
    ratio = np.square(t) * v / (p * (1 - p))  # t²/n*
    centre = (p + ratio / 2) / (1 + ratio)
    half = np.sqrt(ratio * (p * (1 - p) + ratio / 4)) / (1 + ratio)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _beta(p: Floats, v: Floats, t: Floats, n: Floats, level: float) -> Bounds:
    size = p * (1 - p) / v * np.square(stats.t.ppf(0.5 + level / 2, n - 1) / t)
    return _clopper_pearson(p, size, level)


def _likelihood(p: Floats, v: Floats, t: Floats, n: Floats, level: float) -> Bounds:
    size = p * (1 - p) / v * (n - 1) / n

    def bound(end: float) -> Floats:
        inner, outer = p.copy(), np.full(p.shape, end)
        for _ in range(STEPS):
            middle = (inner + outer) / 2
            beyond = 2 * size * (special.rel_entr(p, middle) + special.rel_entr(1 - p, 1 - middle)) > np.square(t)
            inner, outer = np.where(beyond, inner, middle), np.where(beyond, middle, outer)
        found: Floats = (inner + outer) / 2
        return found

    return bound(0.0), bound(1.0)


def _mean(p: Floats, v: Floats, t: Floats, n: Floats, level: float) -> Bounds:
    half = t * np.sqrt(v)
    return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)


def _clopper_pearson(share: Floats, size: Floats, level: float) -> Bounds:
    """Exact interval on `size` answers, not necessarily whole."""
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        x = np.clip(share, 0, 1) * size
        low = np.where(share <= 0, 0.0, stats.beta.ppf(tail, x, size - x + 1))
        high = np.where(share >= 1, 1.0, stats.beta.ppf(1 - tail, x + 1, size - x))
    return low, high


_KINDS: dict[str, Callable[[Floats, Floats, Floats, Floats, float], Bounds]] = {
    "logit": _logit,
    "xlogit": _logit,
    "wilson": _wilson,
    "beta": _beta,
    "likelihood": _likelihood,
    "mean": _mean,
}
