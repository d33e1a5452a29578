"""Covariates as numbers, for weights, matching and regression alike: the same columns whatever the estimator.

Estimates themselves: `estimators`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balancing import NotEstimable

RARE = 11
"""A level held by fewer people than this in either group is pooled: too few to balance or to publish."""
UNKNOWN = "inconnu"
POOLED = "modalités rares"


@dataclass(frozen=True)
class Encoded:
    """Covariates as numbers: every level of every factor in `columns`, regression's own in `regressors`."""

    columns: pd.DataFrame
    regressors: tuple[str, ...]
    warnings: tuple[str, ...]


LEAST_SHARED = 0.05
"""Common part of the two groups' levels of a factor under which it separates them (1: alike, 0: no level in common).
Rare levels are pooled: without this rule a factor that separates the groups would be pooled away, and forgotten."""
POOLED_TOLD = "Modalités trop rares pour être équilibrées seules, regroupées : "
"""Begins the warning that names the levels pooled; which ones hangs on who answered the item."""


def encode_covariates(frame: pd.DataFrame, covariates: Sequence[str], treated: pd.Series) -> Encoded:
    """Encode `covariates` of `frame` (n rows): numbers as they are, anything else as 0/1 columns by level.

    A missing number takes the mean and an indicator column; a missing level is a level (« inconnu »).
    Levels held by fewer than `RARE` people of either group are pooled, then merged with the most frequent
    level if still rare. Columns that never vary are left out. The most frequent level of a factor is its
    reference.
    """
    mask = treated.to_numpy(dtype=bool)
    parts: list[pd.DataFrame] = []
    regressors: list[str] = []
    pooled: list[str] = []
    for name in covariates:
        values = frame[name]
        if _is_number(values):
            part = _encode_number(name, values, mask)
            kept = list(part.columns)
        else:
            levels, rare = _pool_rare(_levels(values), mask)
            pooled += [f"{name}={level}" for level in rare]
            part = pd.get_dummies(levels, prefix=name, prefix_sep="=", dtype="float64")
            reference = f"{name}={_most_frequent(levels)}"
            kept = [column for column in part.columns if column != reference]
        varying = [column for column in part.columns if np.ptp(part[column].to_numpy()) > 0]
        parts.append(part[varying])
        regressors += [column for column in kept if column in varying]
    columns = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=frame.index)
    told = (f"{POOLED_TOLD}{', '.join(pooled)}.",)
    return Encoded(columns, tuple(regressors), told if pooled else ())


def separating(frame: pd.DataFrame, covariates: Sequence[str], treated: NDArray[np.bool_]) -> tuple[str, ...]:
    """Covariates of `frame` (n rows) that separate the two groups: factors whose levels they hardly share (missing is
    one), numbers that are all lower in one group than in the other: a regression would only extrapolate."""
    return tuple(
        name
        for name in covariates
        if (_apart(frame[name], treated) if _is_number(frame[name]) else _shared(frame[name], treated) < LEAST_SHARED)
    )


def refuse_separation(names: Sequence[str]) -> None:
    """Raises NotEstimable (French) on covariates that separate the groups."""
    if names:
        listed = ", ".join(f"« {name} »" for name in names)
        raise NotEstimable(
            f"Mentorés et non-mentorés n'ont presque aucune valeur en commun pour {listed} : les deux groupes ne se "
            "recouvrent pas. Retirez cette covariable ou regroupez ses modalités."
        )


def _apart(values: pd.Series, treated: NDArray[np.bool_]) -> bool:
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    one, other = (numbers[arm & ~np.isnan(numbers)] for arm in (treated, ~treated))
    return bool(len(one) and len(other) and (one.max() < other.min() or other.max() < one.min()))


def _shared(values: pd.Series, treated: NDArray[np.bool_]) -> float:
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    shares = [np.bincount(codes[arm], minlength=len(levels)) / arm.sum() for arm in (treated, ~treated)]
    return float(np.minimum(*shares).sum())


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _encode_number(name: str, values: pd.Series, mask: NDArray[np.bool_]) -> pd.DataFrame:
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.all():
        return pd.DataFrame(index=values.index)
    part = pd.DataFrame({name: np.where(missing, numbers[~missing].mean(), numbers)}, index=values.index)
    if min(missing[mask].sum(), missing[~mask].sum()) >= RARE:
        part[f"{name}={UNKNOWN}"] = missing.astype(np.float64)
    return part


def _levels(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "oui", False: "non"}).astype("str").where(values.notna(), UNKNOWN)
    return values.astype("str").where(values.notna(), UNKNOWN)


def _pool_rare(levels: pd.Series, mask: NDArray[np.bool_]) -> tuple[pd.Series, list[str]]:
    """Pool levels with fewer than `RARE` people in an arm; also return their names, sorted."""
    rare = _rare_levels(levels, mask)
    if not rare:
        return levels, []
    pooled = levels.where(~levels.isin(rare), POOLED)
    if POOLED in _rare_levels(pooled, mask):
        pooled = pooled.where(pooled != POOLED, _most_frequent(pooled[pooled != POOLED], POOLED))
    return pooled, rare


def _rare_levels(levels: pd.Series, mask: NDArray[np.bool_]) -> list[str]:
    codes, found = pd.factorize(levels)
    counts = [np.bincount(codes[arm], minlength=len(found)) for arm in (mask, ~mask)]
    return sorted(str(level) for level in found[np.minimum(*counts) < RARE])


def _most_frequent(levels: pd.Series, default: str = UNKNOWN) -> str:
    counts = levels.value_counts()
    return min(counts.index, key=lambda level: (-counts[level], level)) if len(counts) else default
