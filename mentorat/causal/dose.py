"""More mentoring, more effect? The outcome by dose (months, sessions), among pairs that reached a landmark.

A pair that lasts receives more sessions: comparing doses at the end compares those who stayed with those who left.
At a landmark (Anderson, Cain and Gelber 1983, Journal of Clinical Oncology 1:710-719) every pair still running has
had the same time, and only the dose received before it counts. That removes the time guaranteed to long pairs, not
the reasons why some lasted or met more often: the curve describes, it proves nothing, and says so.

The outcome is regressed on the dose (bands, or a restricted cubic spline: Harrell 2015, section 2.4.5) and on what was
measured before; errors are CR2, clustered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import RobustFit, cluster_robust
from mentorat.causal.covariates import RARE, encode_covariates
from mentorat.causal.panel import cluster_codes, numbers_of
from mentorat.survey.design import SurveyError
from mentorat.survey.results import ESTIMATES, Estimate, Estimates
from mentorat.survey.terms import KNOTS, restricted_cubic
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shape = Literal["marches", "spline"]

READ_AT = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles of the dose at which the spline is read, the first being the reference."""
SURVIVORS = (
    "Ces chiffres ne portent que sur les binômes encore en cours au repère : ceux qui ont tenu diffèrent des autres, "
    "et une dose forte peut être la conséquence d'un binôme qui va bien. La courbe décrit, elle ne dit pas l'effet "
    "d'une séance de plus."
)


@dataclass(frozen=True)
class DoseResponse:
    """The outcome by dose among those still in a pair at `landmark`.

    `levels`: column `dose` (a band « [2 ; 5[ », or the dose at which the spline is read), `reference` (true on one
    row), then ESTIMATES of the adjusted difference with the reference. `trend`: change of the outcome for one unit of
    dose more, on a straight line. `n_ended`: pairs ended before the landmark; `n_missing`: rows left out for want of
    an answer. `warnings` always begins with the survivors'.
    """

    levels: Estimates
    trend: Estimate
    landmark: float
    n: int
    n_ended: int
    n_missing: int
    warnings: tuple[str, ...]


def landmark_dose_response(
    frame: pd.DataFrame,
    *,
    outcome: str,
    dose: str,
    duration: str,
    landmark: float,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    shape: Shape = "marches",
    cuts: Sequence[float] | None = None,
    level: float = 0.95,
) -> DoseResponse:
    """The outcome by the dose received before `landmark`, among rows whose `duration` reaches it.

    `dose`: months or sessions up to the landmark, never after; `covariates`: measured before the pair. `cuts`: bounds
    of the bands, or knots of the spline (by default the thirds, or three `KNOTS`).

    Raises SurveyError on a missing column or text for numbers; NotEstimable under `RARE` people in a band, a dose that
    does not vary, a single cluster, or an outcome that everybody shares.
    """
    y, x, lasted = (numbers_of(frame, name) for name in (outcome, dose, duration))
    reached = lasted >= landmark
    known = ~(np.isnan(y) | np.isnan(x) | np.isnan(lasted))
    kept = reached & known
    ended, missing = int((lasted < landmark).sum()), int((~known & ~(lasted < landmark)).sum())
    y, x, codes = y[kept], x[kept], cluster_codes(frame, cluster)[kept]
    _refuse(y, x, codes, dose)
    rows = frame.loc[kept].reset_index(drop=True)
    others, told = _covariates(rows, covariates, x)
    columns, labels, contrasts = _bands(x, cuts) if shape == "marches" else _spline(x, cuts)
    _refuse_too_many(len(y), columns.shape[1] + others.shape[1] + 1)
    levels = [_compared(y, columns, others, codes, contrast) for contrast in contrasts]
    line = cluster_robust(y, _stacked(x[:, None], others), codes)
    said = [SURVIVORS]
    if ended:
        counted = fr_count(ended, "binôme fini", "binômes finis")
        said.append(f"{counted} avant le repère de {fr_number(landmark)} ne sont pas dans la courbe.")
    if missing:
        said.append(f"{fr_count(missing, 'ligne', 'lignes')} sans réponse, dose ou durée connues sont à part.")
    warnings = tuple(dict.fromkeys(fr_text(one) for one in (*said, *told, *line.warnings)))
    table = pd.DataFrame(
        [
            {"dose": labels[0], "reference": True}
            | dict.fromkeys(("estimate", "se", "low", "high"), 0.0)
            | {"df": np.inf, "warnings": ""}
        ]
        + [_row(label, fit, level) for label, fit in zip(labels[1:], levels, strict=True)]
    ).assign(n=len(y), n_missing=missing, clusters=len(np.unique(codes)), deff=np.nan, ess=np.nan)
    return DoseResponse(
        levels=Estimates(
            table[["dose", "reference", *ESTIMATES]], level, f"repère, {shape}, erreurs types CR2", None, warnings
        ),
        trend=_trend(line, level, len(y), missing, warnings),
        landmark=landmark,
        n=len(y),
        n_ended=ended,
        n_missing=missing,
        warnings=warnings,
    )


def _bands(x: Floats, cuts: Sequence[float] | None) -> tuple[Floats, list[str], list[Floats]]:
    """Indicator of each band but the first, their names, and the coefficient each is read from."""
    inner = np.unique(np.quantile(x, [1 / 3, 2 / 3]) if cuts is None else np.asarray(cuts, dtype=np.float64))
    inner = inner[(inner > x.min()) & (inner <= x.max())]
    band = np.searchsorted(inner, x, side="right")
    counts = np.bincount(band, minlength=len(inner) + 1)
    if len(inner) == 0 or counts.min() < RARE:
        raise NotEstimable(
            f"Moins de {RARE} binômes dans une tranche de dose : la courbe n'est pas estimée. Élargissez les tranches."
        )
    ends = [fr_number(cut, 0 if float(cut).is_integer() else 1) for cut in inner]
    names = [f"< {ends[0]}", *(f"[{low} ; {high}[" for low, high in pairwise(ends)), f"≥ {ends[-1]}"]
    columns = (band[:, None] == np.arange(1, len(inner) + 1)).astype(np.float64)
    return columns, [fr_text(name) for name in names], list(np.eye(len(inner)))


def _spline(x: Floats, cuts: Sequence[float] | None) -> tuple[Floats, list[str], list[Floats]]:
    knots = np.unique(np.quantile(x, KNOTS[3]) if cuts is None else np.asarray(cuts, dtype=np.float64))
    if len(knots) < 3:
        raise NotEstimable("La dose prend trop peu de valeurs pour une courbe : choisissez des tranches (« marches »).")
    read = np.unique(np.quantile(x, READ_AT))
    basis = restricted_cubic(read, knots)
    labels = [fr_number(dose, 0 if float(dose).is_integer() else 1) for dose in read]
    return restricted_cubic(x, knots), labels, list(basis[1:] - basis[0])


def _compared(y: Floats, columns: Floats, others: Floats, codes: NDArray[np.intp], contrast: Floats) -> RobustFit:
    """The fit written so that its coefficient 1 is `contrast` of the dose's coefficients, with its own error."""
    lead = int(np.argmax(np.abs(contrast)))
    first = columns[:, lead] / contrast[lead]
    rest = [columns[:, j] - first * contrast[j] for j in range(columns.shape[1]) if j != lead]
    return cluster_robust(y, _stacked(np.column_stack([first, *rest]), others), codes)


def _stacked(columns: Floats, others: Floats) -> Floats:
    return np.column_stack([np.ones(len(columns)), columns, others])


def _covariates(rows: pd.DataFrame, covariates: Sequence[str], dose: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Covariates as centred columns; levels rare above or under the median dose are pooled."""
    encoded = encode_covariates(rows, covariates, pd.Series(dose > np.median(dose)))
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64).reshape(len(rows), -1)
    return (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0), encoded.warnings


def _row(label: str, fit: RobustFit, level: float) -> dict[str, object]:
    low, high = fit.interval(1, level)
    df = float(fit.degrees_of_freedom[1])
    told = "Moins de quatre degrés de liberté : trop peu de grappes pour s'y fier." if df < 4 else ""
    return {
        "dose": label,
        "reference": False,
        "estimate": float(fit.coefficients[1]),
        "se": float(fit.standard_errors[1]),
        "low": low,
        "high": high,
        "df": df,
        "warnings": fr_text(told),
    }


def _trend(fit: RobustFit, level: float, n: int, missing: int, warnings: tuple[str, ...]) -> Estimate:
    low, high = fit.interval(1, level)
    return Estimate(
        float(fit.coefficients[1]),
        float(fit.standard_errors[1]),
        low,
        high,
        float(fit.degrees_of_freedom[1]),
        n=n,
        clusters=fit.clusters,
        level=level,
        method="pente par unité de dose, erreurs types CR2",
        warnings=warnings,
        n_missing=missing,
    )


def _refuse(y: Floats, x: Floats, codes: NDArray[np.intp], dose: str) -> None:
    if len(y) < 2 * RARE:
        raise NotEstimable(f"Moins de {2 * RARE} binômes au repère : la courbe n'est pas estimée.")
    if (x < 0).any():
        raise SurveyError(f"La colonne « {dose} » (dose) est négative sur une ligne. Corrigez-la.")
    if np.ptp(x) == 0:
        raise NotEstimable(f"La dose « {dose} » est la même pour tous les binômes au repère : rien à comparer.")
    if np.ptp(y) == 0:
        raise NotEstimable("Tous les répondants ont donné la même réponse : il n'y a pas d'écart à estimer.")
    if len(np.unique(codes)) < 2:
        raise NotEstimable("Toutes les réponses viennent d'une seule grappe : l'incertitude n'est pas estimable.")


def _refuse_too_many(n: int, columns: int) -> None:
    if n - columns < 10:
        raise NotEstimable("Trop peu de binômes au regard du nombre de covariables : la courbe n'est pas estimée.")
