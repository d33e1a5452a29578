"""Rates of events by time or people exposed: exact interval, and direct standardisation.

Sources: Garwood (1936) for the exact interval of a Poisson rate; Fay and Feuer (1997), Statistics in Medicine
16:791-801, for the interval of a standardised rate, exact when there is one stratum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """Events per unit of exposure, with its interval; `crude` is the rate before standardisation."""

    events: float
    exposure: float
    rate: float
    low: float
    high: float
    level: float
    crude: float


def rate(events: float, exposure: float, level: float = 0.95) -> Rate:
    """Exact interval of `events` over `exposure`. Raises ValueError on a negative count or no exposure."""
    return standardised_rate([events], [exposure], [1.0], level)


def standardised_rate(
    events: Sequence[float] | Floats,
    exposure: Sequence[float] | Floats,
    standard: Sequence[float] | Floats,
    level: float = 0.95,
) -> Rate:
    """Directly standardised rate: Σ w_i d_i/e_i, w_i the share of stratum i in the `standard` population.

    One entry a stratum (an age, say). The interval is that of a gamma of the same mean and variance, with the largest
    weight added for the upper limit. Raises ValueError on a negative count, no exposure or a standard without weight.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    d, e, s = (np.asarray(value, dtype=np.float64) for value in (events, exposure, standard))
    if not (d.shape == e.shape == s.shape) or np.any(~np.isfinite(d) | (d < 0) | ~(e > 0) | ~(s >= 0)) or s.sum() <= 0:
        raise ValueError("need events >= 0, exposure > 0 and a standard with some weight in every stratum")
    weight = s / s.sum() / e
    found, variance, largest = float(weight @ d), float(weight**2 @ d), float(weight.max())
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else float(stats.gamma.ppf(tail, found**2 / variance, scale=variance / found))
    above, spread = found + largest, variance + largest**2
    high = float(stats.gamma.isf(tail, above**2 / spread, scale=spread / above))
    return Rate(float(d.sum()), float(e.sum()), found, low, high, level, float(d.sum() / e.sum()))
