"""Adjusted p-values for a family of tests declared beforehand.

Bonferroni, Holm (1979), Hochberg (1988), Hommel (1988) control the chance of one false alarm or more, Hochberg's and
Hommel's when the tests are independent or positively dependent; Benjamini and Hochberg (1995) and, under any
dependence, Benjamini and Yekutieli (2001) control the share of false alarms. Romano and Wolf (2005, Econometrica
73:1237-1282; 2016, Statistics and Probability Letters 113:38-40) learn the dependence from resampled statistics. A
missing p-value stays missing and does not count in the family, as in R's `p.adjust`.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.survey.design import SurveyError

Floats = NDArray[np.float64]
Adjustment = Literal["bonferroni", "holm", "hochberg", "hommel", "benjamini_hochberg", "benjamini_yekutieli"]

TIE = 1e-10
"""Statistics closer than this are equal: a resample that gives the data back must count, whatever the last bit."""


def bonferroni(p_values: Sequence[float] | Floats) -> Floats:
    """Bonferroni's p-values, in the order given (length m, between 0 and 1), as all the rules below."""
    return _adjusted(p_values, _bonferroni_sorted)


def holm(p_values: Sequence[float] | Floats) -> Floats:
    """Holm's step-down p-values."""
    return _adjusted(p_values, _holm_sorted)


def hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Hochberg's step-up p-values."""
    return _adjusted(p_values, _hochberg_sorted)


def hommel(p_values: Sequence[float] | Floats) -> Floats:
    """Hommel's p-values (the closure of Simes's test), O(m²)."""
    return _adjusted(p_values, _hommel_sorted)


def benjamini_hochberg(p_values: Sequence[float] | Floats) -> Floats:
    """Benjamini-Hochberg's step-up p-values."""
    return _adjusted(p_values, _benjamini_hochberg_sorted)


def benjamini_yekutieli(p_values: Sequence[float] | Floats) -> Floats:
    """Benjamini-Yekutieli's step-up p-values."""
    return _adjusted(p_values, _benjamini_yekutieli_sorted)


def adjust_by_family(frame: pd.DataFrame, *, family: str, p: str, method: Adjustment = "holm") -> pd.Series:
    """Adjusted p-values of the rows of `frame`, each family (a column) apart, on the index of `frame`.

    Raises SurveyError when a column is missing, `p` is not a number between 0 and 1, or a row that has a p-value
    belongs to no family: a test outside any family would escape the correction.
    """
    for name in (family, p):
        if name not in frame.columns:
            raise SurveyError(
                f"La colonne « {name} » manque dans la table des tests. Ajoutez-la, ou nommez-en une autre."
            )
    values = frame[p]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise SurveyError(f"La colonne « {p} » doit contenir des probabilités, entre 0 et 1, et non du texte.")
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    outside = (numbers < 0) | (numbers > 1)
    if outside.any():
        raise SurveyError(
            f"La colonne « {p} » sort de l'intervalle de 0 à 1 sur {int(outside.sum())} ligne(s). "
            "Une probabilité critique est entre 0 et 1 : corrigez-la, ou laissez-la vide."
        )
    stray = frame[family].isna().to_numpy() & ~np.isnan(numbers)
    if stray.any():
        raise SurveyError(
            f"La colonne « {family} » est vide sur {int(stray.sum())} ligne(s) qui ont un test. Déclarez la famille "
            "de chaque test avant de le lire : hors famille, il échapperait à la correction."
        )
    codes = pd.factorize(frame[family])[0]
    adjusted = np.full(len(frame), np.nan)
    for code in range(int(codes.max()) + 1 if len(codes) else 0):
        adjusted[codes == code] = _adjusted(numbers[codes == code], _RULES[method])
    return pd.Series(adjusted, index=frame.index, name=p)


def romano_wolf(observed: Sequence[float] | Floats, resampled: Floats) -> Floats:
    """Step-down adjusted p-values from resampled statistics, in the order given.

    `observed` (m): statistics, of which a large absolute value speaks against the null; missing stays missing.
    `resampled` (B × m): the same statistics under the null, all m from the same draw in a row (a permutation, or a
    bootstrap centred on the estimate), which is what carries their dependence. At each step the largest statistic left
    is compared with the maximum over those left; (1 + draws at least as large)/(1 + B), never below the step before.

    Raises ValueError on shapes that do not match or a missing resampled statistic.
    """
    seen, draws = np.abs(np.asarray(observed, dtype=np.float64)), np.abs(np.asarray(resampled, dtype=np.float64))
    if draws.ndim != 2 or seen.shape != draws.shape[1:] or len(draws) == 0:
        raise ValueError(f"need B × m resampled statistics for m observed, got {draws.shape} for {seen.shape}")
    known = np.flatnonzero(~np.isnan(seen))
    if np.isnan(draws[:, known]).any():
        raise ValueError("a resampled statistic is missing: every draw needs all statistics")
    order = known[np.argsort(-seen[known], kind="stable")]
    adjusted = np.full(seen.shape, np.nan)
    if len(order):
        # Column k: the maximum over the statistics no larger than the k-th.
        maxima = np.maximum.accumulate(draws[:, order[::-1]], axis=1)[:, ::-1]
        beyond = (maxima >= seen[order] - TIE).sum(axis=0)
        adjusted[order] = np.maximum.accumulate((1 + beyond) / (1 + len(draws)))
    return adjusted


def _bonferroni_sorted(p: Floats) -> Floats:
    return p * len(p)


def _holm_sorted(p: Floats) -> Floats:
    return np.asarray(np.maximum.accumulate(p * np.arange(len(p), 0, -1)), dtype=np.float64)


def _hochberg_sorted(p: Floats) -> Floats:
    return _step_up(p * np.arange(len(p), 0, -1))


def _hommel_sorted(p: Floats) -> Floats:
    m = len(p)
    if m == 0:
        return p
    rank = np.arange(1, m + 1)
    adjusted = np.full(m, (m * p / rank).min())
    for size in range(m - 1, 1, -1):
        # Simes's p of the `size` largest bounds every subset of that size that holds one of the others.
        tail = float((size * p[m - size + 1 :] / np.arange(2, size + 1)).min())
        bound = np.minimum(size * p, tail)
        bound[m - size + 1 :] = bound[m - size]
        adjusted = np.maximum(adjusted, bound)
    return np.asarray(np.maximum(adjusted, p), dtype=np.float64)


def _benjamini_hochberg_sorted(p: Floats) -> Floats:
    return _step_up(p * len(p) / np.arange(1, len(p) + 1))


def _benjamini_yekutieli_sorted(p: Floats) -> Floats:
    rank = np.arange(1, len(p) + 1)
    return _step_up(p * len(p) / rank * (1 / rank).sum())


def _step_up(bounds: Floats) -> Floats:
    return np.asarray(np.minimum.accumulate(bounds[::-1])[::-1], dtype=np.float64)


_RULES: dict[Adjustment, Callable[[Floats], Floats]] = {
    "bonferroni": _bonferroni_sorted,
    "holm": _holm_sorted,
    "hochberg": _hochberg_sorted,
    "hommel": _hommel_sorted,
    "benjamini_hochberg": _benjamini_hochberg_sorted,
    "benjamini_yekutieli": _benjamini_yekutieli_sorted,
}


def _adjusted(p_values: Sequence[float] | Floats, rule: Callable[[Floats], Floats]) -> Floats:
    p = np.asarray(p_values, dtype=np.float64)
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p-values lie between 0 and 1")
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(rule(p[order]), 1.0)
    return adjusted
