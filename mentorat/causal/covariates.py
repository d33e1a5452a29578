"""Covariates as numbers, for weights, matching and regression alike: the same columns whatever the estimator.

Estimates themselves: `estimators`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balancing import NotEstimable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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

    def columns_of(self, covariates: Collection[str]) -> list[str]:
        """Columns made of `covariates`."""
        return [column for column in map(str, self.columns) if column.partition("=")[0] in covariates]

    def regressors_by(self, covariates: Collection[str]) -> dict[str, list[str]]:
        """Covariate → its regressors, for those that have any."""
        kept = set(self.regressors)
        found = {name: [column for column in self.columns_of([name]) if column in kept] for name in covariates}
        return {name: columns for name, columns in found.items() if columns}


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
    columns: dict[str, Floats] = {}
    regressors: list[str] = []
    pooled: list[str] = []
    for name in covariates:
        if _is_number(frame[name]):
            found, reference = _encode_number(name, frame[name], mask), ""
        else:
            levels, rare = _pool_rare(_levels(frame[name]), mask)
            pooled += [f"{name}={level}" for level in rare]
            found = {f"{name}={level}": levels.held_by(level).astype(np.float64) for level in levels.names}
            reference = f"{name}={levels.most_frequent()}"
        varying = {column: values for column, values in found.items() if np.ptp(values) > 0}
        columns |= varying
        regressors += [column for column in varying if column != reference]
    told = (f"{POOLED_TOLD}{', '.join(pooled)}.",)
    return Encoded(pd.DataFrame(columns, index=frame.index), tuple(regressors), told if pooled else ())


def separating(frame: pd.DataFrame, covariates: Sequence[str], treated: Bools) -> tuple[str, ...]:
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


def _apart(values: pd.Series, treated: Bools) -> bool:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    one, other = (numbers[arm & ~np.isnan(numbers)] for arm in (treated, ~treated))
    return bool(len(one) and len(other) and (one.max() < other.min() or other.max() < one.min()))


def _shared(values: pd.Series, treated: Bools) -> float:
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    shares = [np.bincount(codes[arm], minlength=len(levels)) / arm.sum() for arm in (treated, ~treated)]
    return float(np.minimum(*shares).sum())


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _encode_number(name: str, values: pd.Series, mask: Bools) -> dict[str, Floats]:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.all():
        return {}
    found = {name: np.where(missing, numbers[~missing].mean(), numbers)}
    if min(missing[mask].sum(), missing[~mask].sum()) >= RARE:
        found[f"{name}={UNKNOWN}"] = missing.astype(np.float64)
    return found


@dataclass(frozen=True)
class _Levels:
    """A factor: `codes` (n), ranks in `names`, which are sorted. Pandas' own strings cost ten times as much here."""

    codes: NDArray[np.intp]
    names: list[str]

    @classmethod
    def of(cls, codes: NDArray[np.intp], names: Sequence[str]) -> "_Levels":
        """Levels of the same name are one."""
        found = sorted(set(names))
        ranks = np.array([found.index(name) for name in names], dtype=np.intp)
        return cls(ranks[codes], found)

    def held_by(self, level: str) -> Bools:
        found: Bools = self.codes == self.names.index(level)
        return found

    def counts(self, rows: Bools | slice = slice(None)) -> NDArray[np.intp]:
        return np.bincount(self.codes[rows], minlength=len(self.names))

    def most_frequent(self, but: str = "") -> str:
        """The level of most people (of two, the first by name), `but` apart; « inconnu » without any."""
        ranked = sorted((-count, name) for count, name in zip(self.counts(), self.names, strict=True) if name != but)
        return ranked[0][1] if ranked else UNKNOWN

    def rare(self, mask: Bools) -> list[str]:
        least = np.minimum(self.counts(mask), self.counts(~mask))
        return [name for name, count in zip(self.names, least, strict=True) if count < RARE]

    def renamed(self, names: Collection[str], to: str) -> "_Levels":
        return _Levels.of(self.codes, [to if name in names else name for name in self.names])


def _levels(values: pd.Series) -> _Levels:
    codes, found = pd.factorize(values)
    if pd.api.types.is_bool_dtype(values):
        names = ["oui" if value else "non" for value in found]
    else:
        names = pd.Series(found).astype("str").to_list()
    # the last of the names, as missing is the last of the codes: −1
    return _Levels.of(codes, [*names, UNKNOWN] if (codes < 0).any() else names)


def _pool_rare(levels: _Levels, mask: Bools) -> tuple[_Levels, list[str]]:
    """Pool levels with fewer than `RARE` people in an arm; also return their names, sorted."""
    rare = levels.rare(mask)
    if not rare:
        return levels, []
    pooled = levels.renamed(rare, POOLED)
    if POOLED in pooled.rare(mask) and len(pooled.names) > 1:
        pooled = pooled.renamed([POOLED], pooled.most_frequent(but=POOLED))
    return pooled, rare
