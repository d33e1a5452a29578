"""Adjusted p-values for a family of tests declared beforehand.

Holm (1979) controls the chance of one false alarm or more; Benjamini and Hochberg (1995) the share of false
alarms. A missing p-value stays missing and does not count in the family, as in R's `p.adjust`.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's step-down p-values, in the order given (length m, between 0 and 1)."""
    return _adjusted(p_values, _holm_sorted)


def benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Benjamini-Hochberg's step-up p-values, in the order given (length m, between 0 and 1)."""
    return _adjusted(p_values, _benjamini_hochberg_sorted)


def _holm_sorted(p: Floats) -> Floats:
    return np.maximum.accumulate(p * np.arange(len(p), 0, -1))


def _benjamini_hochberg_sorted(p: Floats) -> Floats:
    return np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]


def _adjusted(p_values: Sequence[float] | Floats, rule: Callable[[Floats], Floats]) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p-values lie between 0 and 1")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(rule(p[order]), 1.0)
    return adjusted
