"""Linear and logistic regression, and the comparison of two means, under a sampling design.

Weighted least squares and weighted logit by Newton, with the linearised covariance of the design (Binder 1983;
Lumley 2010, Complex Surveys, chapter 5): R's svyglm and svyttest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from mentorat.survey.design import Floats, SurveyDesign, SurveyError
from mentorat.survey.models import CONVERGED, MAX_STEPS, STILL, SurveyModel, not_converged, survey_model
from mentorat.survey.results import Estimate
from mentorat.survey.terms import (
    CONSTANT,
    ModelMatrix,
    complete_rows,
    domain_rows,
    levels_and_codes,
    model_matrix,
    numbers,
    refuse_dependent_columns,
)


@dataclass(frozen=True)
class DifferenceTest:
    """Mean of the second group less mean of the first, with Student's `t` and its two-sided `p`."""

    groups: tuple[str, str]
    difference: Estimate
    t: float
    p: float


@dataclass(frozen=True)
class _Regressors:
    """The rows used: their matrix, weights (m), centred and scaled regressors with constant (m × p), and the matrix
    (p × p) that brings coefficients back to the raw columns."""

    matrix: ModelMatrix
    weights: Floats
    x: Floats
    to_raw: Floats


def survey_linear(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    domain: ArrayLike | None = None,
) -> SurveyModel:
    """Least squares of the column `outcome` (numbers) on `terms`, weighted, under `design`.

    `terms`: columns or interactions « a:b » of `frame`, whose rows are those of the design; `domain`: one boolean a
    row, where the model holds. Rows with a missing value are left out as a domain and counted.
    Raises SurveyError (French, naming the column) on a bad column, a constant or exactly explained outcome, terms that
    determine one another, or too few clusters.
    """
    used = _regressors(design, frame, outcome, terms, domain)
    y = numbers(frame.loc[used.matrix.rows, outcome], outcome)
    _refuse_constant(y, outcome)
    x, weights = used.x, used.weights
    information = (x * weights[:, None]).T @ x
    fit = np.linalg.solve(information, x.T @ (weights * y)).astype(np.float64)
    residuals = y - x @ fit
    if weights @ residuals**2 <= 1e-20 * (weights @ (y - np.average(y, weights=weights)) ** 2):
        raise SurveyError(
            f"La réponse « {outcome} » se déduit exactement des termes du modèle : il n'y a rien à estimer. Retirez le "
            "terme qui la répète."
        )
    return _model(design, used, outcome, "identity", fit=fit, information=information, residuals=residuals)


def survey_logistic(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    success: object = None,
    domain: ArrayLike | None = None,
) -> SurveyModel:
    """Logit of the column `outcome` on `terms`, weighted, under `design`; slopes are log odds ratios.

    `outcome`: booleans, 0 and 1, or two levels of which `success` is the one explained. `terms`, `domain`, missing
    rows: as `survey_linear`. Raises SurveyError as it does, and when a term separates the answers perfectly.
    """
    used = _regressors(design, frame, outcome, terms, domain)
    y = _binary(frame.loc[used.matrix.rows, outcome], outcome, success)
    _refuse_constant(y, outcome)
    fit = logit_maximum(used.x, y, used.weights / used.weights.mean(), outcome, used.matrix.names)
    expected = logistic(used.x @ fit)
    variance = expected * (1 - expected)
    information = (used.x * (used.weights * variance)[:, None]).T @ used.x
    return _model(
        design, used, outcome, "logit", fit=fit, information=information, residuals=y - expected, variance=variance
    )


def survey_t_test(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    group: str,
    *,
    domain: ArrayLike | None = None,
    level: float = 0.95,
) -> DifferenceTest:
    """Difference of the means of `outcome` between the two levels of `group`, the second less the first (svyttest).

    Student with clusters − strata − 1 degrees of freedom. Raises SurveyError as `survey_linear`, and unless `group`
    has two levels.
    """
    used = complete_rows(frame, [outcome, group], domain_rows(frame, domain))
    levels, codes = levels_and_codes(frame.loc[used, group], group)
    if len(levels) != 2:
        raise SurveyError(f"La colonne « {group} » a {len(levels)} niveaux : la comparaison en demande deux.")
    second = np.full(len(frame), np.nan)
    second[used] = codes
    model = survey_linear(design, frame.assign(**{group: second}), outcome, [group], domain=domain)
    found = model.estimates(level)
    t, p = found.table.loc[found.table["coefficient"] == group, ["t", "p"]].iloc[0]
    difference = replace(found.one(coefficient=group), method="design-based t")
    return DifferenceTest((str(levels[0]), str(levels[1])), difference, float(t), float(p))


def _regressors(
    design: SurveyDesign, frame: pd.DataFrame, outcome: str, terms: Sequence[str], domain: ArrayLike | None
) -> _Regressors:
    if len(frame) != design.n:
        raise SurveyError(f"L'échantillon a {len(frame)} lignes et le plan de sondage {design.n} : donnez les mêmes.")
    matrix = model_matrix(frame, outcome, terms, domain)
    weights = design.weights[matrix.rows]
    refuse_dependent_columns(matrix.columns, weights, matrix.names, outcome)
    centre, scale = matrix.columns.mean(axis=0), matrix.columns.std(axis=0)
    to_raw = np.diag(np.concatenate([[1.0], 1 / scale]))
    to_raw[0, 1:] = -centre / scale
    x = np.ones((1 + len(scale), len(weights))).T
    x[:, 1:] = (matrix.columns - centre) / scale
    return _Regressors(matrix, weights, x, to_raw)


def _model(
    design: SurveyDesign,
    used: _Regressors,
    outcome: str,
    link: str,
    *,
    fit: Floats,
    information: Floats,
    residuals: Floats,
    variance: Floats | None = None,
) -> SurveyModel:
    """The fit in the raw columns. `variance` (m): of each answer under the model, up to a factor (1 by default)."""
    m, p = used.x.shape
    pearson = residuals**2 if variance is None else residuals**2 / variance
    dispersion = float(used.weights @ pearson) / (m - p) if m > p else np.nan
    back = np.linalg.solve(information, used.to_raw.T)
    return survey_model(
        design,
        used.matrix,
        outcome=outcome,
        names=(CONSTANT, *used.matrix.names),
        terms=(CONSTANT, *used.matrix.terms),
        slopes=(False, *[True] * len(used.matrix.names)),
        coefficients=used.to_raw @ fit,
        influence=(back.T @ (used.x * residuals[:, None]).T).T,
        naive=dispersion * np.diagonal(used.to_raw @ back),
        link=link,
    )


def logit_maximum(x: Floats, y: Floats, weights: Floats, outcome: str, names: tuple[str, ...]) -> Floats:
    """The weighted maximum likelihood of a logit by Newton, halving a step that would go down.

    `x` (m × p): a constant, then regressors centred and scaled; `y` (m): 0 and 1, both present; `weights` (m): of mean
    one; `outcome`, `names`: what the error speaks of. Raises SurveyError when the maximum is not finite.
    """
    fit: Floats = np.zeros(x.shape[1])
    fit[0] = special.logit(np.average(y, weights=weights))
    expected, height = _expected(x, y, weights, fit)
    step = fit
    for _ in range(MAX_STEPS):
        information = (x * (weights * expected * (1 - expected))[:, None]).T @ x
        score = x.T @ (weights * (y - expected))
        try:
            step = np.linalg.solve(information, score).astype(np.float64)
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all():
            break
        before = height
        expected, height = _expected(x, y, weights, fit + step)
        while height < before - 1e-9 * abs(before):
            step = step / 2
            expected, height = _expected(x, y, weights, fit + step)
        fit = fit + step
        if score @ step <= CONVERGED and np.abs(x @ step).max() <= STILL:
            return fit
    raise not_converged(outcome, names, step[1:])


def _expected(x: Floats, y: Floats, weights: Floats, fit: Floats) -> tuple[Floats, float]:
    """Expected answers, and the log-likelihood (−inf where an answer is held impossible)."""
    expected = logistic(x @ fit)
    with np.errstate(divide="ignore"):
        return expected, float(weights @ np.log(1 - np.abs(y - expected)))


def logistic(linear: Floats) -> Floats:
    """1 / (1 + exp(−linear)), without a warning where it is 0."""
    with np.errstate(over="ignore"):  # exp(710) is inf and its share 0, as it should
        found: Floats = 1 / (1 + np.exp(-linear))
    return found


def _binary(column: pd.Series, name: str, success: object) -> Floats:
    if success is not None:
        if not (column == success).any():
            raise SurveyError(f"La colonne « {name} » ne prend jamais la valeur « {success} » sur les lignes retenues.")
        levels, _ = levels_and_codes(column, name)
        if len(levels) > 2:
            raise SurveyError(f"La colonne « {name} » a {len(levels)} niveaux : un modèle logistique en demande deux.")
        return (column == success).to_numpy().astype(np.float64)
    if not pd.api.types.is_numeric_dtype(column):
        raise SurveyError(f"La colonne « {name} » contient du texte : dites lequel de ses deux niveaux est expliqué.")
    values = numbers(column, name)
    if not np.isin(values, (0.0, 1.0)).all():
        raise SurveyError(
            f"La colonne « {name} » prend d'autres valeurs que 0 et 1 : un modèle logistique n'en veut que deux."
        )
    return values


def _refuse_constant(y: Floats, name: str) -> None:
    if y.min() == y.max():
        raise SurveyError(
            f"La colonne « {name} » ne prend qu'une valeur sur les lignes retenues : il n'y a rien à expliquer."
        )
