"""Intervals for two proportions by inverting the score test, on arrays: one comparison an entry.

The statistic at a value θ of the measure is Pearson's X² of the counts against the shares that are the most likely
among those whose difference, ratio or odds ratio is θ; the interval holds every θ that its test does not reject.
Restricted shares: for a difference the cubic of Miettinen and Nurminen (1985, Statistics in Medicine 4:213-226) in
the closed form of Farrington and Manning (1990); for a ratio Koopman (1984, Biometrics 40:513-517); for an odds ratio
Cornfield's score without continuity correction (Agresti 2013, Categorical Data Analysis, section 3.2.2). Miettinen and
Nurminen multiply the variance by N/(N − 1), N answers in all; Mee (1984) does not.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Measure = Literal["difference", "risk_ratio", "odds_ratio"]
Counts = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]
"""Positive answers and answers of group 1, then of group 2."""

_HALVINGS = 64
"""Bisection is by halves from at most 200 units wide: 64 reach the last bit of a double."""
_LOG_LIMIT = 100.0
"""Ratios are sought between exp(−100) and exp(100); a test that rejects nowhere between has no limit."""


def restricted_shares(measure: Measure, theta: ArrayLike, counts: Counts) -> tuple[Floats, Floats]:
    """The most likely shares of both groups among those whose measure (group 1 against group 2) is `theta`."""
    value, *broadcast = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (theta, *counts)))
    return _RESTRICTED[measure](value, *broadcast)


def score_limits(measure: Measure, counts: Counts, z: float, *, corrected: bool = False) -> tuple[Floats, Floats]:
    """Lower and upper limits, of the common shape of the counts; `z` the normal quantile, 1.96 for 95 %.

    Counts may be effective sizes. `corrected`: the variance is multiplied by N/(N − 1). A ratio without positive
    answer in group 1 has 0 for lower limit, without any in group 2 an infinite upper one.
    """
    x1, n1, x2, n2 = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in counts))
    total = n1 + n2
    scale = np.sqrt(np.maximum(0.0, total - 1) / total) if corrected else np.ones_like(total)

    def root(theta: Floats) -> Floats:
        return np.asarray(
            _signed_root((x1, n1, x2, n2), _RESTRICTED[measure](theta, x1, n1, x2, n2)) * scale, dtype=np.float64
        )

    if measure == "difference":
        low, high = _crossings(root, z, (-1.0, 1.0), total)
        return low, high
    low, high = _crossings(lambda log_theta: root(np.exp(log_theta)), z, (-_LOG_LIMIT, _LOG_LIMIT), total)
    return np.where(low <= -_LOG_LIMIT, 0.0, np.exp(low)), np.where(high >= _LOG_LIMIT, np.inf, np.exp(high))


def _signed_root(counts: tuple[Floats, ...], shares: tuple[Floats, Floats]) -> Floats:
    """Signed root of Pearson's X² of the counts against `shares`: positive when the estimate is above."""
    x1, n1, x2, n2 = counts
    gap = (x1 / n1 - shares[0]) - (x2 / n2 - shares[1])
    return np.asarray(np.sign(gap) * np.sqrt(_chi2(x1, n1, shares[0]) + _chi2(x2, n2, shares[1])), dtype=np.float64)


def _chi2(x: Floats, n: Floats, share: Floats) -> Floats:
    residual, variance = x - n * share, n * share * (1 - share)
    # A share of 0 or 1 with the counts it foretells tells nothing; with any other it is impossible.
    impossible = np.where(np.abs(residual) <= 1e-9 * n, 0.0, np.inf)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(variance > 0, residual**2 / variance, impossible)


def _crossings(function: Callable[[Floats], Floats], z: float, ends: tuple[float, float], like: Floats) -> Floats:
    """Where a decreasing function of each entry crosses `z`, then −z; the end of the range where it never does.

    Both at once: a row each of an array 2 × the shape of `like`.
    """
    level = np.array([z, -z]).reshape(2, *(1 for _ in like.shape))
    left, right = (np.full((2, *like.shape), end) for end in ends)
    for _ in range(_HALVINGS):
        middle = (left + right) / 2
        above = function(middle) > level
        left, right = np.where(above, middle, left), np.where(above, right, middle)
    # An end that never moved: the function stays on one side up to it.
    return np.where(left == ends[0], ends[0], np.where(right == ends[1], ends[1], (left + right) / 2))


def _restricted_difference(delta: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    total, positive = n1 + n2, x1 + x2
    cubic = (n1 + 2 * n2) * delta - total - positive
    linear = (n2 * delta - total - 2 * x2) * delta + positive
    constant = x2 * delta * (1 - delta)
    a, b, c = cubic / total, linear / total, constant / total
    q = a**3 / 27 - a * b / 6 + c / 2
    p = np.where(q < 0, -1.0, 1.0) * np.sqrt(np.maximum(0.0, a**2 / 9 - b / 3))
    cube = p**3
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(cube == 0, 0.0, np.clip(q / np.where(cube == 0, 1.0, cube), -1.0, 1.0))
    second = 2 * p * np.cos((np.pi + np.arccos(cosine)) / 3) - a / 3
    second = np.clip(second, np.maximum(0.0, -delta), np.minimum(1.0, 1 - delta))
    return np.clip(second + delta, 0.0, 1.0), second


def _restricted_ratio(ratio: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    quadratic = (n1 + n2) * ratio
    linear = n1 * ratio + x1 + n2 + x2 * ratio
    positive = x1 + x2
    root = np.sqrt(np.maximum(0.0, linear**2 - 4 * quadratic * positive))
    second = 2 * positive / (linear + root)
    return np.clip(second * ratio, 0.0, 1.0), np.clip(second, 0.0, 1.0)


def _restricted_odds(odds: Floats, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    positive = x1 + x2
    quadratic = n2 * (odds - 1)
    linear = n1 * odds + n2 - positive * (odds - 1)
    root = np.sqrt(np.maximum(0.0, linear**2 + 4 * quadratic * positive))
    with np.errstate(divide="ignore", invalid="ignore"):  # the branch not taken
        second = np.where(linear >= 0, 2 * positive / (linear + root), (root - linear) / (2 * quadratic))
    second = np.clip(second, 0.0, 1.0)
    # The restricted shares keep the total of positive answers; p₁ from ψ would lose its digits where p₂ rounds to 1.
    return np.clip((positive - n2 * second) / n1, 0.0, 1.0), second


_RESTRICTED: dict[Measure, Callable[[Floats, Floats, Floats, Floats, Floats], tuple[Floats, Floats]]] = {
    "difference": _restricted_difference,
    "risk_ratio": _restricted_ratio,
    "odds_ratio": _restricted_odds,
}
