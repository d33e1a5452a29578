"""Propensity score: the probability of being mentored given the covariates, and where the two groups overlap.

A logit fitted by Newton (Rosenbaum and Rubin 1983, Biometrika 70:41-55), on covariates, or on interactions and splines
of them, weighted when survey weights are given, so that it is that of the population. Perfect separation is refused:
scores of 0 and 1 leave nobody to compare with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from mentorat.causal.balancing import NotEstimable
from mentorat.survey.design import SurveyError
from mentorat.survey.regression import logistic, logit_maximum
from mentorat.survey.terms import CONSTANT, columns_of_terms, complete_rows, term_columns
from mentorat.typography import fr_number, fr_percent

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

DECIMALS = 12
"""Of a score: the same covariates have the same score whatever the row, and the order of rows breaks no tie."""
OUTSIDE = 0.05
"""Share of the treated beyond the controls' scores above which the comparison is told to be an extrapolation."""
EXTREME = 0.98
"""A control's score beyond this counts as almost certain: his odds of being treated are about fifty."""


@dataclass(frozen=True)
class Overlap:
    """Where the scores of the two groups lie.

    `treated_range`, `control_range`: smallest and largest score; `treated_outside`: share of the treated whose score
    is outside the controls' range, `control_outside`: the reverse; `coefficient`: share of the two binned distributions
    that is common (1 when alike); `concordance`: probability that a treated person has the higher score (0.5 when
    alike, 1 under separation; AUC). All weighted. `curves`: borne_basse, borne_haute, n_mentores, n_non_mentores,
    part_mentores, part_non_mentores (weighted shares), one row a bin of the score: counts of people, to be released
    like any other.
    """

    treated_range: tuple[float, float]
    control_range: tuple[float, float]
    treated_outside: float
    control_outside: float
    coefficient: float
    concordance: float
    curves: pd.DataFrame = field(repr=False)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Propensity:
    """A propensity logit: `coefficients` and `standard_errors` by `names` (the constant first), `scores` (n).

    `linear` (n): log odds; `dropped`: columns that the others determine, left out; `deviance`: −2 log-likelihood;
    `warnings`: French sentences, those of the overlap included.
    """

    names: tuple[str, ...]
    coefficients: Floats
    standard_errors: Floats
    scores: Floats = field(repr=False)
    linear: Floats = field(repr=False)
    deviance: float
    dropped: tuple[str, ...]
    overlap: Overlap
    warnings: tuple[str, ...]


def propensity_logit(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    survey_weights: ArrayLike | None = None,
    *,
    terms: Sequence[str] | None = None,
) -> Propensity:
    """Logit of `treated` (boolean, n) on the columns of `covariates` (n × k numbers, none missing) and a constant.

    `terms`: what of them the logit takes, as `survey.terms` writes it (« age », « rcs(age, 4) », « sexe:age »), texts
    and categories being then columns of levels; none: every column as it is.
    Columns that those before them determine (the last level of a factor) are left out. Standard errors are those of
    the likelihood; weights are scaled to a mean of 1, and the errors of a weighted fit are then indicative only.

    Raises NotEstimable (French) when a group is empty, a covariate separates the groups perfectly, or no score of one
    group lies among those of the other; SurveyError on terms as `model_matrix`; ValueError on missing covariates or
    weights that are not positive.
    """
    if terms is not None:
        covariates = _of_terms(covariates, terms)
    mask, x, weights = _checked(covariates, treated, survey_weights)
    names = [str(name) for name in covariates.columns]
    kept, centre, scale, regressors = _standardised(x)
    y = mask.astype(np.float64)
    try:
        fit = logit_maximum(regressors, y, weights, "mentore", tuple(names[column] for column in kept))
    except SurveyError:
        raise NotEstimable(_separation(x, names, mask)) from None
    # rounded in the linear predictor: it tells apart scores that are both close to 1
    linear = (regressors @ fit).round(DECIMALS)
    expected = logistic(linear)
    information = (regressors * (weights * expected * (1 - expected))[:, None]).T @ regressors
    to_raw = np.diag(np.concatenate([[1.0], 1 / scale]))
    to_raw[0, 1:] = -centre / scale
    covariance = to_raw @ np.linalg.inv(information) @ to_raw.T
    scores = expected.round(DECIMALS)
    overlap = overlap_of(scores, mask, weights)
    dropped = tuple(names[column] for column in range(len(names)) if column not in set(kept))
    return Propensity(
        names=(CONSTANT, *(names[column] for column in kept)),
        coefficients=to_raw @ fit,
        standard_errors=np.sqrt(np.diagonal(covariance)),
        scores=scores,
        linear=linear,
        deviance=float(-2 * weights @ np.log(np.where(mask, expected, 1 - expected))),
        dropped=dropped,
        overlap=overlap,
        warnings=overlap.warnings,
    )


def overlap_of(scores: ArrayLike, treated: ArrayLike, weights: ArrayLike | None = None, bins: int = 20) -> Overlap:
    """How far the scores (n, between 0 and 1) of the two groups overlap. See `Overlap`.

    Raises NotEstimable when every score of one group is beyond every score of the other.
    """
    score, mask = np.asarray(scores, dtype=np.float64), np.asarray(treated, dtype=np.bool_)
    w = np.ones(len(mask)) if weights is None else np.asarray(weights, dtype=np.float64)
    ranges = [(float(score[arm].min()), float(score[arm].max())) for arm in (mask, ~mask)]
    (low1, high1), (low0, high0) = ranges
    if low1 > high0 or high1 < low0:
        raise NotEstimable(
            "Aucun jeune non mentoré ne ressemble à un jeune mentoré : les deux groupes ne se recouvrent pas. Retirez "
            "la covariable qui décide du mentorat, ou restreignez la comparaison."
        )
    outside1 = float(np.average((score[mask] < low0) | (score[mask] > high0), weights=w[mask]))
    outside0 = float(np.average((score[~mask] < low1) | (score[~mask] > high1), weights=w[~mask]))
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, bins - 1)
    shares = [np.bincount(place[arm], weights=w[arm], minlength=bins) / w[arm].sum() for arm in (mask, ~mask)]
    curves = pd.DataFrame(
        {
            "borne_basse": edges[:-1],
            "borne_haute": edges[1:],
            "n_mentores": np.bincount(place[mask], minlength=bins),
            "n_non_mentores": np.bincount(place[~mask], minlength=bins),
            "part_mentores": shares[0],
            "part_non_mentores": shares[1],
        }
    )
    told = []
    if outside1 > OUTSIDE:
        told.append(
            f"{fr_percent(outside1)} des mentorés ont un score de propension hors de l'étendue des non-mentorés : pour "
            "eux la comparaison extrapole."
        )
    if (score[~mask] > EXTREME).any():
        told.append(
            f"Des non-mentorés ont un score de propension supérieur à {fr_number(EXTREME, 2)} : leur poids peut "
            "dominer la comparaison."
        )
    return Overlap(
        treated_range=ranges[0],
        control_range=ranges[1],
        treated_outside=outside1,
        control_outside=outside0,
        coefficient=float(np.minimum(*shares).sum()),
        concordance=_concordance(score, mask, w),
        curves=curves,
        warnings=tuple(told),
    )


def common_support(scores: ArrayLike, treated: ArrayLike) -> Rows:
    """Rows (n) whose score lies within the range of both groups: what trimming to the common support keeps."""
    score, mask = np.asarray(scores, dtype=np.float64), np.asarray(treated, dtype=np.bool_)
    low = max(score[mask].min(), score[~mask].min())
    high = min(score[mask].max(), score[~mask].max())
    kept: Rows = (score >= low) & (score <= high)
    return kept


def checked_groups(
    covariates: pd.DataFrame, treated: ArrayLike, weights: ArrayLike | None
) -> tuple[Rows, Floats, Floats]:
    """Treatment (n), covariates (n × k) and weights (n, 1 by default), or the error that says what is wrong.

    Raises NotEstimable when a group is empty; ValueError on other lengths, missing or infinite covariates, or weights
    that are not positive.
    """
    mask = np.asarray(treated, dtype=np.bool_)
    x = covariates.to_numpy(dtype=np.float64, na_value=np.nan)
    w = np.ones(len(mask)) if weights is None else np.asarray(weights, dtype=np.float64)
    if mask.shape != (len(x),) or w.shape != (len(x),):
        raise ValueError("one treatment and one weight a row")
    if not np.isfinite(x).all():
        raise ValueError("covariates must be known and finite: code what is missing first")
    if not np.isfinite(w).all() or not (w > 0).all():
        raise ValueError("survey weights: one positive number a row")
    if mask.all() or not mask.any():
        raise NotEstimable("Il faut au moins un jeune mentoré et un jeune non mentoré pour comparer les deux groupes.")
    return mask, x, w


def _of_terms(covariates: pd.DataFrame, terms: Sequence[str]) -> pd.DataFrame:
    """The columns that `terms` make of `covariates`."""
    needed = columns_of_terms(terms)
    complete_rows(covariates, needed, np.ones(len(covariates), dtype=np.bool_))
    if covariates[list(needed)].isna().to_numpy().any():
        raise ValueError("covariates must be known and finite: code what is missing first")
    columns, names, _ = term_columns(covariates, terms)
    return pd.DataFrame(columns, columns=list(names), index=covariates.index)


def _checked(covariates: pd.DataFrame, treated: ArrayLike, weights: ArrayLike | None) -> tuple[Rows, Floats, Floats]:
    mask, x, w = checked_groups(covariates, treated, weights)
    return mask, x, w / w.mean()


def _standardised(x: Floats) -> tuple[list[int], Floats, Floats, Floats]:
    """Columns of `x` (n × k) that neither a constant nor those before them determine, their means and deviations.

    Last, the regressors (n × 1 + kept): a constant, then those columns standardised, one after another in memory.
    """
    rows = np.ones((1 + x.shape[1], len(x)))
    rows[1:] = x.T
    moving = [column for column in range(x.shape[1]) if np.ptp(rows[1 + column]) > 0]
    centre, scale = np.zeros(x.shape[1]), np.ones(x.shape[1])
    for column in moving:
        row = rows[1 + column]
        centre[column] = row.mean()
        row -= centre[column]
        scale[column] = np.sqrt(row @ row / len(row))
        row /= scale[column]
    gram = (rows @ rows.T / len(x))[1:, 1:][np.ix_(moving, moving)]
    # without pivoting, a diagonal that vanishes is a column that those before it determine
    pivots = np.abs(np.diagonal(linalg.qr(gram, mode="r")[0])) if moving else np.empty(0)
    kept = [column for column, pivot in zip(moving, pivots, strict=True) if pivot > 1e-9]
    used = rows if len(kept) == x.shape[1] else rows[[0, *(1 + column for column in kept)]]
    return kept, centre[kept], scale[kept], used.T


def _separation(x: Floats, names: list[str], mask: Rows) -> str:
    """The sentence that names what separates the groups: a covariate without overlap, or a level held by one group."""
    low1, high1, low0, high0 = x[mask].min(axis=0), x[mask].max(axis=0), x[~mask].min(axis=0), x[~mask].max(axis=0)
    apart = (low1 > high0) | (high1 < low0)
    binary = ((x == 0) | (x == 1)).all(axis=0)
    one_sided = binary & ((low1 == high1) != (low0 == high0))
    guilty = [name for name, wrong in zip(names, apart | one_sided, strict=True) if wrong]
    named = f" ({', '.join(f'« {name} »' for name in guilty)})" if guilty else ""
    return (
        f"Les caractéristiques séparent parfaitement mentorés et non-mentorés{named} : certains n'ont personne à qui "
        "être comparés. Regroupez les modalités, retirez la covariable, ou restreignez la comparaison."
    )


def _concordance(score: Floats, mask: Rows, w: Floats) -> float:
    """Weighted probability that a treated score exceeds a control's, ties counting half."""
    _, codes = np.unique(score, return_inverse=True)
    treated, control = np.bincount(codes, weights=w * mask), np.bincount(codes, weights=w * ~mask)
    below = np.cumsum(control) - control
    return float(treated @ (below + control / 2) / (treated.sum() * control.sum()))
