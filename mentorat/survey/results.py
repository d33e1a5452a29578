"""What an estimate is: a figure never travels without its interval, its sample and its warnings."""

from dataclasses import dataclass, field
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

ESTIMATES = [
    "estimate",
    "se",
    "low",
    "high",
    "df",
    "n",
    "n_missing",
    "clusters",
    "deff",
    "ess",
    "warnings",
]
"""Columns of `Estimates.table` after those that name the rows; `warnings` is French text, empty when all is well."""


@dataclass(frozen=True)
class Estimate:
    """One figure in its own unit, with its standard error and interval at `level`.

    `df`: degrees of freedom of the Student quantile used (inf: normal); `n`: answers used; `n_missing`: answers left
    out; `clusters`: primary clusters they come from; `deff`: design effect; `ess`: effective sample size; `warnings`:
    French sentences.
    """

    estimate: float
    se: float
    low: float
    high: float
    df: float
    n: int
    clusters: int
    deff: float = nan
    ess: float = nan
    level: float = 0.95
    method: str = ""
    warnings: tuple[str, ...] = ()
    n_missing: int = 0


@dataclass(frozen=True)
class Estimates:
    """Several estimates on one sample: one row each in `table`, named by its first columns, then `ESTIMATES`.

    `covariance` (rows × rows) where it was asked for.
    """

    table: pd.DataFrame
    level: float = 0.95
    method: str = ""
    covariance: NDArray[np.float64] | None = None
    warnings: tuple[str, ...] = field(default=())

    def one(self, **labels: object) -> Estimate:
        """The estimate of the only row whose naming columns hold `labels`; KeyError when none or several do."""
        kept = self.table
        for name, label in labels.items():
            kept = kept[kept[name] == label]
        if len(kept) != 1:
            raise KeyError(f"{len(kept)} rows for {labels}")
        row = kept.iloc[0]
        said = (str(row["warnings"]),) if row["warnings"] else ()
        estimate, se, low, high, df, deff, ess = (
            float(row[name]) for name in ("estimate", "se", "low", "high", "df", "deff", "ess")
        )
        return Estimate(
            estimate,
            se,
            low,
            high,
            df,
            n=int(row["n"]),
            clusters=int(row["clusters"]),
            deff=deff,
            ess=ess,
            level=self.level,
            method=self.method,
            warnings=said + self.warnings,
            n_missing=int(row["n_missing"]),
        )
