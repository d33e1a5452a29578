"""Quantiles of a survey, by domains, with Woodruff's interval (R's svyquantile, qrule « math »).

The quantile at p is the smallest answer whose weighted share of answers at or below it reaches p. Its interval is that
of this share, read back through the same function (Woodruff 1952); its standard error, the interval's length over
twice Student's quantile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import Codes, Domains, Floats, SurveyDesign, SurveyError
from mentorat.survey.intervals import ShareInterval
from mentorat.survey.linearisation import (
    Names,
    Request,
    answers,
    domain_table,
    linearised,
    listed,
    mean_of,
    partition,
    stacked,
)
from mentorat.survey.results import Estimates
from mentorat.typography import fr_text

TIE = 1e-10
"""Shares closer than this are equal: sums of weights are rounded, and scaling them must not move a quantile."""


def survey_quantile(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: Names,
    probabilities: float | Sequence[float] = 0.5,
    *,
    by: Names | None = None,
    level: float = 0.95,
    interval: ShareInterval | None = None,
    df: float | None = None,
) -> Estimates:
    """Quantiles of numeric columns at `probabilities` (between 0 and 1), over the answered rows of each domain.

    Table: the columns of `by`, `variable`, `quantile` (the probability), then ESTIMATES; `deff` and `ess` are those of
    the share at or below the quantile. `interval`: the one put on that share, p ± t·se by default as in R. A bound
    that falls beyond the answers is missing, with a warning. Raises SurveyError as `survey_mean` does, and on a
    probability outside 0-1.
    """
    asked = [float(p) for p in np.atleast_1d(np.asarray(probabilities, dtype=np.float64))]
    if any(not 0 < p < 1 for p in asked):
        raise SurveyError("Un quantile se demande entre 0 et 1 : 0,5 pour la médiane. Corrigez les probabilités.")
    cut = partition(design, frame, by)
    tables = []
    for name in listed(variables):
        y = answers(design, frame, name)
        read = _distribution(y, design.weights, cut.domains.without(np.isnan(y)))
        for p in asked:
            found = read.at(np.full(cut.domains.count, p))
            below = np.where(np.isnan(y), np.nan, y <= cut.domains.at_rows(found))
            shares = linearised(mean_of, design, below, cut)
            names = {"variable": name, "quantile": p}
            table = domain_table(design, shares, cut, names, Request(level, df, interval=interval))
            tables.append(_read_back(table, found, read, level))
    return Estimates(stacked(tables), level, "quantile, intervalle de Woodruff", None, cut.warnings)


@dataclass(frozen=True)
class _Distribution:
    """Answers sorted inside each domain, and the weight at or below each of them since the first domain."""

    answers: Floats
    running: NDArray[np.longdouble]
    start: Codes
    weight: Floats

    def at(self, shares: Floats) -> Floats:
        """The smallest answer of each domain whose share at or below reaches `shares`; nan outside 0-1."""
        before = np.append(0.0, self.running)[self.start[:-1]]
        target = before + (shares - TIE) * self.weight
        with np.errstate(invalid="ignore"):
            valid = (shares >= 0) & (shares <= 1) & (self.weight > 0)
        place = np.searchsorted(self.running, np.where(valid, target, 0.0).astype(self.running.dtype))
        place = np.clip(place, self.start[:-1], np.maximum(self.start[1:] - 1, self.start[:-1]))
        place = np.minimum(place, len(self.answers) - 1)
        found: Floats = np.where(valid, self.answers[place], np.nan)
        return found


def _distribution(y: Floats, weights: Floats, domains: Domains) -> _Distribution:
    inside = np.flatnonzero((domains.codes < domains.count) & ~np.isnan(y))
    order = inside[np.lexsort((y[inside], domains.codes[inside]))]
    counts = np.bincount(domains.codes[inside], minlength=domains.count)
    # Extended precision: the running sum crosses all domains, and each is compared with its own weight.
    running = np.cumsum(weights[order], dtype=np.longdouble)
    start = np.append(0, np.cumsum(counts))
    padded = np.append(np.longdouble(0), running)
    weight = (padded[start[1:]] - padded[start[:-1]]).astype(np.float64)
    return _Distribution(y[order], running, start, weight)


def _read_back(table: pd.DataFrame, found: Floats, read: _Distribution, level: float) -> pd.DataFrame:
    """The table of shares turned into that of quantiles."""
    bounds = {name: table[name].to_numpy(dtype=np.float64) for name in ("low", "high")}
    low, high = (read.at(bound) for bound in bounds.values())
    t = stats.t.ppf(0.5 + level / 2, table["df"].to_numpy(dtype=np.float64))
    lost = np.isnan(low + high) & ~np.isnan(bounds["low"] + bounds["high"])
    said = [
        fr_text(f"{words} Trop peu de réponses d'un côté du quantile : une borne manque.".strip()) if miss else words
        for words, miss in zip(table["warnings"], lost, strict=True)
    ]
    return table.assign(estimate=found, se=(high - low) / (2 * t), low=low, high=high, warnings=said)
