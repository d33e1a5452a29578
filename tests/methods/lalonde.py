"""The LaLonde data of MatchIt (185 treated, 429 controls), and least squares as R's lm, for the tests of two cases."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from mentorat.causal.design import Design
from tests.methods.figures import DATA

FOLDER = DATA / "lalonde_matchit"
RACES = ("black", "hispan", "white")


@dataclass(frozen=True)
class LaLonde:
    """Rows as read, every level of every covariate as a number, the same without the level of reference."""

    frame: pd.DataFrame
    covariates: pd.DataFrame
    treated: np.ndarray
    outcome: np.ndarray
    given: pd.DataFrame

    @property
    def regressors(self) -> np.ndarray:
        return self.covariates.drop(columns="raceblack").to_numpy()


@cache
def lalonde() -> LaLonde:
    frame = pd.read_csv(FOLDER / "data.csv")
    levels = {f"race{race}": (frame["race"] == race) for race in RACES}
    numbers = frame[["age", "educ", "married", "nodegree", "re74", "re75"]].assign(**levels)
    given = pd.read_csv(FOLDER / "weights.csv").set_index("unit").loc[frame["unit"]].reset_index()
    return LaLonde(
        frame, numbers.astype(float), (frame["treat"] == 1).to_numpy(), frame["re78"].to_numpy(dtype=float), given
    )


def least_squares(y: np.ndarray, x: np.ndarray, weights: np.ndarray | None = None) -> dict[str, Any]:
    """Coefficients and standard errors: lm, White (HC0), MacKinnon and White (HC3). Rows that weigh 0 are left out."""
    w = np.ones(len(y)) if weights is None else weights
    kept = w > 0
    y, x, w = y[kept], x[kept], w[kept]
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    coefficients = bread @ (x.T @ (w * y))
    residuals = y - x @ coefficients
    leverage = ((x @ bread) * x).sum(axis=1) * w
    influence = (x * w[:, None]) @ bread
    freedom = len(y) - x.shape[1]
    return {
        "coefficients": coefficients,
        "lm": np.sqrt(np.diagonal(bread) * (w @ residuals**2) / freedom),
        "HC0": np.sqrt(((influence * residuals[:, None]) ** 2).sum(axis=0)),
        "HC3": np.sqrt(((influence * (residuals / (1 - leverage))[:, None]) ** 2).sum(axis=0)),
        "df": freedom,
    }


def student(estimate: float, error: float, freedom: float) -> tuple[float, float]:
    t = estimate / error
    return t, float(2 * stats.t.sf(abs(t), freedom))


def as_matchit_scales(design: Design) -> np.ndarray:
    """Weights whose controls sum to the number of controls kept: a regression on covariates hangs on that scale."""
    weights, controls = design.weights.copy(), ~design.treated
    weights[controls] *= design.n_control / weights[controls].sum()
    return weights
