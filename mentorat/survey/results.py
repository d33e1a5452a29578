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
    "clusters",
    "deff",
    "ess",
]
"""Columns of `Estimates.table` after those that name the rows."""


@dataclass(frozen=True)
class Estimate:
    """One figure in its own unit, with its standard error and interval at `level`.

    `df`: degrees of freedom of the Student quantile used (inf: normal); `n`: answers used; `clusters`: primary
    clusters they come from; `deff`: design effect; `ess`: effective sample size; `warnings`: French sentences.
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
