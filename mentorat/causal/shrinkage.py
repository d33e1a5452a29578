"""Effects of the départements brought towards the national mean: what each one's few young people can really say.

Model: the estimate of a département is normal around its own effect with its standard error (taken as known), and the
effects are normal around μ with standard deviation τ. τ and μ are told by restricted maximum likelihood (Viechtbauer
2005, Journal of Educational and Behavioral Statistics 30:261-293), the interval of τ by inverting Cochran's Q
(Viechtbauer 2007, Statistics in Medicine 26:37-52).

With τ put in as if it were known, intervals are too short: about 81 % of them hold the truth when τ is a fifth of the
errors. Morris (1983, Journal of the American Statistical Association 78:47-55) lets τ² be anything, all values alike
beforehand (a flat density on τ² ≥ 0); his formulas approach the mean and variance of the effects then, which one
integral over τ² gives exactly and is what is done here. Intervals are those means ± normal quantiles times the standard
deviations: they hold the truth at least as often as they say, and more when départements hardly differ.

The funnel's limits are what chance alone would leave around μ at each precision (Spiegelhalter 2005, Statistics in
Medicine 24:1185-1202). No département is ever ranked: rows are in the order of codes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import nan, sqrt

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mentorat.survey.design import SurveyError
from mentorat.typography import fr_count, fr_text

Floats = NDArray[np.float64]

FEWEST_AREAS = 5
"""Départements under which their differences cannot be told from chance, and nothing is brought nearer to anything."""
COLUMNS = [
    "departement",
    "estimation",
    "se",
    "retrecie",
    "ic_bas",
    "ic_haut",
    "moyenne",
    "tau",
    "limite_95_bas",
    "limite_95_haut",
    "limite_998_bas",
    "limite_998_haut",
    "avertissements",
]
_NODES = 200
"""Points of the integral over τ²."""


@dataclass(frozen=True)
class Shrinkage:
    """The départements and what their effects are drawn from.

    `table`: `COLUMNS`, one row a département, in the order of codes; `mean` with its standard error (τ being known) and
    `tau` with its interval, by restricted maximum likelihood; `q`, `p_q`: Cochran's test that départements do not
    differ; `predicted_*`: interval of the effect in a département not seen (Higgins, Thompson and Spiegelhalter 2009);
    `areas`: départements with an estimate. All missing when they are fewer than `FEWEST_AREAS`. `warnings`: French.
    """

    table: pd.DataFrame
    mean: float
    standard_error: float
    tau: float
    tau_low: float
    tau_high: float
    q: float
    p_q: float
    predicted_low: float
    predicted_high: float
    areas: int
    level: float
    warnings: tuple[str, ...]


def shrink(names: Sequence[str], estimates: ArrayLike, se: ArrayLike, *, level: float = 0.95) -> pd.DataFrame:
    """The table of `shrinkage`."""
    return shrinkage(names, estimates, se, level=level).table


def shrinkage(names: Sequence[str], estimates: ArrayLike, se: ArrayLike, *, level: float = 0.95) -> Shrinkage:
    """Bring the `estimates` (D) of the départements `names` (D), with their standard errors (D), towards their mean.

    A département without an estimate or an error, or whose error is zero (everybody answered alike), keeps its row with
    the reason. With fewer than `FEWEST_AREAS` others no figure is given at all, for one alone is not to be shown.
    Raises SurveyError (French) when a name is given twice, arrays are not of one length, or a figure is infinite or an
    error negative.
    """
    codes = [str(name) for name in names]
    y, s = np.asarray(estimates, dtype=np.float64), np.asarray(se, dtype=np.float64)
    _check(codes, y, s)
    order = np.argsort(np.asarray(codes, dtype=object), kind="stable")
    codes, y, s = [codes[rank] for rank in order], y[order], s[order]
    known = np.isfinite(y) & np.isfinite(s) & (s > 0)
    reasons = [_reason(one, error) for one, error in zip(y, s, strict=True)]
    areas = int(known.sum())
    if areas < FEWEST_AREAS:
        told = fr_text(
            f"{fr_count(areas, 'département a', 'départements ont')} une estimation, il en faut {FEWEST_AREAS} : rien "
            "n'est rapproché d'une moyenne, et aucun ne se lit seul."
        )
        table = _table(codes, {}, known, [reason or told for reason in reasons])
        return Shrinkage(table, nan, nan, nan, nan, nan, nan, nan, nan, nan, areas, level, (told,))
    y, s = y[known], s[known]
    v = s**2
    tau2 = restricted_likelihood(y, v)
    mean, variance = weighted_mean(y, v, tau2)
    shrunk, spread = _posterior(y, v, tau2)
    half = float(stats.norm.ppf(0.5 + level / 2)) * spread
    figures: dict[str, Floats | float] = {
        "estimation": y,
        "se": s,
        "retrecie": shrunk,
        "ic_bas": shrunk - half,
        "ic_haut": shrunk + half,
        "moyenne": mean,
        "tau": sqrt(tau2),
    }
    for name, share in (("95", 0.95), ("998", 0.998)):
        z = float(stats.norm.ppf(0.5 + share / 2))
        figures |= {f"limite_{name}_bas": mean - z * s, f"limite_{name}_haut": mean + z * s}
    low, high = _tau_interval(y, v, level)
    q = cochran_q(y, v, 0.0)
    beyond = float(stats.t.ppf(0.5 + level / 2, areas - 2)) * sqrt(tau2 + variance)
    return Shrinkage(
        table=_table(codes, figures, known, reasons),
        mean=mean,
        standard_error=sqrt(variance),
        tau=sqrt(tau2),
        tau_low=low,
        tau_high=high,
        q=q,
        p_q=float(stats.chi2.sf(q, areas - 1)),
        predicted_low=mean - beyond,
        predicted_high=mean + beyond,
        areas=areas,
        level=level,
        warnings=_warnings(tau2, int((~known).sum())),
    )


def weighted_mean(y: Floats, v: Floats, tau2: float) -> tuple[float, float]:
    """Mean of the effects and its variance, the weights being 1/(v + τ²)."""
    w = 1 / (v + tau2)
    return float(w @ y / w.sum()), float(1 / w.sum())


def cochran_q(y: Floats, v: Floats, tau2: float) -> float:
    """Σ (y − mean)²/(v + τ²): a χ² with D − 1 degrees of freedom when τ² is right."""
    mean, _ = weighted_mean(y, v, tau2)
    return float(((y - mean) ** 2 / (v + tau2)).sum())


def restricted_likelihood(y: Floats, v: Floats) -> float:
    """τ² where the restricted likelihood is largest, zero included.

    The likelihood may have several maxima: it is looked at over a grid before the best one is refined.
    """
    scale = float(v.min())
    top = float(np.ptp(y)) ** 2 + float(v.max())
    grid = np.concatenate([[0.0], np.geomspace(1e-4 * scale, max(top, scale), 160)])
    heights = _restricted_log_likelihood(y, v, grid)
    best = int(np.argmax(heights))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])

    def slope(tau2: float) -> float:
        """Derivative of the log-likelihood, twice."""
        w = 1 / (v + tau2)
        mean, _ = weighted_mean(y, v, tau2)
        return float((w**2) @ (y - mean) ** 2 - w.sum() + (w**2).sum() / w.sum())

    low, high = slope(around[0]), slope(around[1])
    if low <= 0 or high >= 0:  # at an end of the grid: zero, as a rule
        return float(grid[best])
    return float(optimize.brentq(slope, around[0], around[1], xtol=1e-14 * scale, rtol=1e-14))


def _restricted_log_likelihood(y: Floats, v: Floats, tau2: Floats) -> Floats:
    """At each τ² (T), up to a constant."""
    w = 1 / (v + tau2[:, None])
    total = w.sum(axis=1)
    mean = w @ y / total
    found: Floats = -0.5 * (-np.log(w).sum(axis=1) + np.log(total) + (w * (y - mean[:, None]) ** 2).sum(axis=1))
    return found


def effects_given(y: Floats, v: Floats, tau2: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of each effect (T × D) were τ² known, at each τ² (T); μ is estimated (its error is counted)."""
    w = 1 / (v + tau2[:, None])
    total = w.sum(axis=1)
    pull = v * w
    centre: Floats = y + pull * ((w @ y / total)[:, None] - y)
    spread: Floats = v * (1 - pull) + pull**2 / total[:, None]
    return centre, spread


def _posterior(y: Floats, v: Floats, tau2: float) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each effect (D), τ² flat beforehand: Gauss-Legendre over u = τ²/(τ² + c)."""
    u, shares = _nodes()
    c = float(np.median(v)) + tau2
    grid = c * u / (1 - u)
    heights = _restricted_log_likelihood(y, v, grid) - 2 * np.log1p(-u)
    p = shares * np.exp(heights - heights.max())
    p /= p.sum()
    centre, spread = effects_given(y, v, grid)
    mean: Floats = p @ centre
    deviation: Floats = np.sqrt(p @ spread + p @ (centre - mean) ** 2)
    return mean, deviation


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Points between 0 and 1 and their weights, up to a constant."""
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    return (nodes + 1) / 2, shares


def _tau_interval(y: Floats, v: Floats, level: float) -> tuple[float, float]:
    """Values of τ that Cochran's Q does not reject; both ends are zero when it is too small for any."""
    degrees = len(y) - 1

    def root(share: float) -> float:
        target = float(stats.chi2.ppf(share, degrees))
        if cochran_q(y, v, 0.0) <= target:
            return 0.0
        top = float(v.max()) + float(np.ptp(y)) ** 2
        while cochran_q(y, v, top) > target:
            top *= 4
        return sqrt(float(optimize.brentq(lambda tau2: cochran_q(y, v, tau2) - target, 0.0, top, rtol=1e-14)))

    return root(0.5 + level / 2), root(0.5 - level / 2)


def _table(
    codes: Sequence[str], figures: Mapping[str, Floats | float], known: NDArray[np.bool_], reasons: Sequence[str]
) -> pd.DataFrame:
    """The rows, in order; figures (of the `known`) are missing elsewhere."""
    columns: dict[str, object] = {"departement": codes}
    for name in COLUMNS[1:-1]:
        values = np.full(len(codes), nan)
        values[known] = figures.get(name, nan)
        columns[name] = values
    return pd.DataFrame({**columns, "avertissements": list(reasons)}).astype(
        {"departement": "str", "avertissements": "str"}
    )


def _check(codes: Sequence[str], y: Floats, s: Floats) -> None:
    if y.shape != (len(codes),) or s.shape != y.shape:
        raise SurveyError(
            "Il faut une estimation et une erreur type par département. Complétez-les (vide si inconnue)."
        )
    repeated = sorted(name for name, count in Counter(codes).items() if count > 1)
    if repeated:
        raise SurveyError(f"Le département {repeated[0]} est donné plusieurs fois : gardez une ligne par département.")
    if np.isinf(y).any() or np.isinf(s).any() or (s < 0).any():
        raise SurveyError("Une estimation est infinie, ou une erreur type négative : corrigez-la avant le calcul.")


def _reason(estimate: float, error: float) -> str:
    """Why a département is not estimated; empty when it is."""
    if np.isnan(estimate) or np.isnan(error):
        return fr_text("Trop peu de jeunes dans ce département : l'effet n'y est pas estimé.")
    if error == 0:
        return fr_text("Réponses toutes pareilles dans ce département : l'incertitude n'y est pas mesurable.")
    return ""


def _warnings(tau2: float, lost: int) -> tuple[str, ...]:
    told = []
    if tau2 == 0:
        told.append(
            "Rien ne distingue les départements les uns des autres : leurs écarts ne dépassent pas ce que laisse le "
            "hasard."
        )
    if lost:
        told.append(f"{fr_count(lost, 'département', 'départements')} sans estimation : leur motif est sur leur ligne.")
    return tuple(fr_text(one) for one in told)
