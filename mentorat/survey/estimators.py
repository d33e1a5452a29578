"""Means, totals, ratios and shares of a survey, by domains, with the variance of its design.

Every estimate is a function of weighted sums; its variance is that of the total of its influence function (Taylor
linearisation, Binder 1983; Särndal, Swensson and Wretman 1992, section 5.5), taken for all domains in one pass over
the rows. A missing answer leaves the domain: it is counted, never set to zero. Figures are those of R's survey:
svymean, svytotal, svyratio, svyby.

Degrees of freedom of a domain are the primary clusters its answers touch less the strata they touch (Korn and
Graubard 1999, section 5.2; R's degf of a subset): a département with three clusters is not known with the precision
of the country's two thousand. `df` asks for others.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import inf, nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.survey.design import Domains, Floats, SurveyDesign, SurveyError
from mentorat.survey.intervals import ShareInterval
from mentorat.survey.linearisation import (
    DesignEffect,
    Flags,
    Linearised,
    Names,
    Request,
    Statistic,
    answers,
    coded,
    column_of,
    covariance_of,
    domain_table,
    linearised,
    listed,
    mean_of,
    partition,
    ratio_of,
    stacked,
    total_of,
)
from mentorat.survey.results import Estimates


def survey_mean(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: Names,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Weighted mean Σwy/Σw of each numeric column, over the answered rows of each domain of `by`.

    Influence of a row: (y − ȳ)/Σw. Table: the columns of `by`, `variable`, then ESTIMATES; the interval is
    ȳ ± t(df)·se. Booleans count as 0 and 1; for the share of an answer, `survey_share` has better intervals.

    Raises SurveyError on a missing column, a column of text, one nobody answered, a frame that is not the design's.
    """
    return _estimates(
        mean_of,
        design,
        frame,
        listed(variables),
        by=by,
        request=Request(level, df, design_effect),
        covariance=covariance,
    )


def survey_total(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: Names,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Total Σwy of each numeric column over the answered rows of each domain; influence of a row: y.

    A missing answer adds nothing, so the total is of those who answered: `n_missing` counts the others. Same table
    and errors as `survey_mean`.
    """
    return _estimates(
        total_of,
        design,
        frame,
        listed(variables),
        by=by,
        request=Request(level, df, design_effect),
        covariance=covariance,
    )


def survey_ratio(
    design: SurveyDesign,
    frame: pd.DataFrame,
    numerator: str,
    denominator: str,
    *,
    by: Names | None = None,
    level: float = 0.95,
    df: float | None = None,
    covariance: bool = False,
) -> Estimates:
    """Ratio Σwy/Σwx over the rows of each domain where both are known; influence of a row: (y − R x)/Σwx.

    Same table (`variable` reads « numerator/denominator ») and errors as `survey_mean`; a denominator that sums to
    zero gives no ratio, with a warning. The design effect is that of the total of y − R x.
    """
    below = answers(design, frame, denominator)

    def ratio(design: SurveyDesign, y: Floats, domains: Domains) -> Linearised:
        missing = np.isnan(below)
        return ratio_of(design, np.where(missing, 0.0, y), np.where(missing, 0.0, below), domains.without(missing))

    found = _estimates(ratio, design, frame, [numerator], by=by, request=Request(level, df), covariance=covariance)
    return replace(found, table=found.table.assign(variable=f"{numerator}/{denominator}"))


def survey_share(
    design: SurveyDesign,
    frame: pd.DataFrame,
    variable: str,
    *,
    by: Names | None = None,
    level: float = 0.95,
    interval: ShareInterval = "logit",
    df: float | None = None,
    design_effect: DesignEffect = "avec_remise",
    covariance: bool = False,
) -> Estimates:
    """Weighted share (0-1) of each answer of a column, over the answered rows of each domain of `by`.

    A column of booleans, or of 0 and 1, gives the share of true; any other gives one row for each of its values
    (column `modalite`; categories nobody chose are kept). `interval`: see `mentorat.survey.intervals`. Table: the
    columns of `by`, `variable`, `modalite`, then ESTIMATES.

    When everybody or nobody gave an answer the design says nothing of its variance: the interval is then
    Clopper-Pearson's on Kish's effective size, with a warning. Same errors as `survey_mean`.
    """
    levels = list(_levels(design, frame, variable))
    missing = column_of(design, frame, variable).isna().to_numpy()
    cut = partition(design, frame, by)
    request = Request(level, df, design_effect, interval)
    found = [linearised(mean_of, design, np.where(missing, nan, chosen), cut) for _, chosen in levels]
    tables = [
        domain_table(design, one, cut, {"variable": variable, "modalite": label}, request)
        for (label, _), one in zip(levels, found, strict=True)
    ]
    order = np.arange(len(levels) * cut.domains.count).reshape(len(levels), -1).T.ravel()
    return Estimates(
        stacked(tables).loc[order].reset_index(drop=True),  # the answers of a domain side by side
        level,
        f"part, intervalle {interval}",
        covariance_of(design, found)[np.ix_(order, order)] if covariance else None,
        cut.warnings,
    )


def kish_ess(weights: ArrayLike) -> float:
    """Kish's effective sample size (Σw)²/Σw²: what unequal weights alone leave of n (Kish 1965).

    Scaled by the largest, so that no square overflows or vanishes. Raises SurveyError when all weights are zero, or one
    is not a finite number.
    """
    given = np.asarray(weights, dtype=np.float64)
    largest = float(np.abs(given).max(initial=0.0))
    if not 0 < largest < inf:
        raise SurveyError("La taille efficace demande des poids finis, dont un au moins n'est pas nul. Corrigez-les.")
    scaled = given / largest
    return float(scaled.sum() ** 2 / np.square(scaled).sum())


def _estimates(
    statistic: Statistic,
    design: SurveyDesign,
    frame: pd.DataFrame,
    variables: list[str],
    *,
    by: Names | None,
    request: Request,
    covariance: bool,
) -> Estimates:
    cut = partition(design, frame, by)
    found = [linearised(statistic, design, answers(design, frame, name), cut) for name in variables]
    tables = [
        domain_table(design, one, cut, {"variable": name}, request) for name, one in zip(variables, found, strict=True)
    ]
    matrix = covariance_of(design, found) if covariance else None
    return Estimates(stacked(tables), request.level, "linéarisation de Taylor", matrix, cut.warnings)


def _levels(design: SurveyDesign, frame: pd.DataFrame, variable: str) -> Iterator[tuple[object, Flags]]:
    column = column_of(design, frame, variable)
    if column.isna().all():
        raise SurveyError(f"Personne n'a répondu à « {variable} ». Retirez cette colonne, ou vérifiez sa lecture.")
    numeric = pd.api.types.is_numeric_dtype(column)
    if numeric and set(column.dropna().unique()) <= {0, 1}:
        yield True, column.fillna(0).to_numpy(dtype=np.float64) == 1
        return
    codes, labels = coded(column)
    for rank, label in enumerate(labels):
        yield label, codes == rank
