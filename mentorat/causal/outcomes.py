"""Effect of mentoring on one outcome: a design gives weights, an outcome model uses them, a variance is chosen.

The outcome model (least squares, logit or cumulative logit, weighted) predicts what each young person of the target
would answer with and without a mentor; the effect is the difference, or the ratio, of the two means (g-computation,
Robins 1986). For least squares without interactions that is the coefficient of the treatment.

Errors: the delta method on the coefficients, whose covariance is clustered (`cluster_robust`; a logit is taken at its
maximum as the least squares it solves, whitened by the variance of its answers, which is R's clubSandwich, and a scale
likewise, see `ordinal_outcome`), plus what the sample of the target owes to chance where the effect differs between
people. The wild cluster bootstrap serves differences of a linear model. Weights are taken as given: conservative as a
rule for the ATT; `cluster_bootstrap` does the weighting again.

No hidden confounder is assumed: see `sensitivity`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import log, nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import Codes, Contrast, Floats, Kind, RobustFit, cluster_robust
from mentorat.causal.clusters import ClusterDiagnostics, cluster_diagnostics, refuse_few_clusters
from mentorat.causal.covariates import RARE, encode_covariates
from mentorat.causal.design import FRAGILE_ESS, SMALLEST_ESS
from mentorat.causal.ordinal_outcome import ordinal_outcome
from mentorat.causal.wild_bootstrap import wild_cluster_bootstrap
from mentorat.survey.design import SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.survey.regression import logistic, logit_maximum
from mentorat.typography import fr_count, fr_number, fr_text

Model = Literal["linear", "logit", "ordinal"]
Measure = Literal["difference", "ratio"]
Target = Literal["treated", "weighted"]
Variance = Kind | Literal["wild"]

_ESTIMANDS: dict[Target, str] = {
    "treated": "chez les mentorés répondants",
    "weighted": "dans la population des poids",
}
_MODELS: dict[Model, str] = {
    "linear": "moindres carrés",
    "logit": "logit et g-computation",
    "ordinal": "logit cumulatif et g-computation",
}


@dataclass(frozen=True)
class Comparison:
    """The rows that serve, in the frame's order (m): outcome, arm, cluster, weight; and the rows that do not.

    `missing_*`: outcome unknown; `left_out`: weight of zero.
    """

    frame: pd.DataFrame
    y: Floats
    treated: NDArray[np.bool_]
    cluster: Codes
    weights: Floats
    missing_treated: int
    missing_control: int
    left_out: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class OutcomeEffect:
    """An effect in the outcome's own unit (or a ratio), with all that must travel with it.

    `standard_error`: of the logarithm for a ratio; `mean_treated`, `mean_untreated`: mean answer of the target with and
    without a mentor; `clusters_*`: clusters with somebody of the arm; `ess_*`: Kish's effective sizes; `diagnostics`:
    what the effect owes to each cluster (none for AIPW); `warnings`: French sentences.
    """

    estimand: str
    method: str
    measure: Measure
    estimate: float
    standard_error: float
    low: float
    high: float
    degrees_of_freedom: float
    p: float
    level: float
    mean_treated: float
    mean_untreated: float
    n_treated: int
    n_control: int
    missing_treated: int
    missing_control: int
    left_out: int
    clusters: int
    clusters_treated: int
    clusters_control: int
    ess_treated: float
    ess_control: float
    diagnostics: ClusterDiagnostics | None
    warnings: tuple[str, ...]


def outcome_effect(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    covariates: Sequence[str] = (),
    *,
    weights: ArrayLike | None = None,
    cluster: str | ArrayLike | None = None,
    model: Model = "linear",
    positive: Collection[float] | None = None,
    measure: Measure = "difference",
    interactions: bool = False,
    target: Target = "treated",
    fixed_target: bool = False,
    variance: Variance = "CR2",
    level: float = 0.95,
    draws: int = 9_999,
    seed: int = 0,
) -> OutcomeEffect:
    """Effect of the boolean column `treatment` on the numeric or boolean column `outcome` of `frame` (n rows).

    `weights` (n): those of a design, 0 for the rows it leaves out (none: 1). `cluster`: a column, or the pairs or
    strata of a design (n), whatever answers may be alike in; none: each row. `model`: least squares, `logit` (answers 0
    and 1) or `ordinal` (a scale whose answers move together: one odds ratio at every threshold); `positive`: with the
    latter, the answers whose probability is compared (none: the mean score). `covariates`: columns, encoded as
    `encode_covariates`; `interactions`: the model has a slope an arm. `target`: whose effect, the treated (ATT) or the
    population of the weights (ATO, ATE); `fixed_target`: those very people, so that only the coefficients vary (the
    convention of R's marginaleffects), else people like them. `variance`: errors and their degrees of freedom as
    `cluster_robust`, or `wild` (p and interval of the restricted wild cluster bootstrap, `draws`, `seed`; the error is
    CR1S).

    Raises NotEstimable (French) on fewer than 11 answers, 4 clusters or an effective size of 10 in an arm, an outcome
    without variation (or, for a logit, in one arm), more columns than the answers bear; SurveyError on a bad column or
    weight, a wild bootstrap of anything but a linear difference, a ratio of means that are not positive, a logit of
    other values than 0 and 1 or that separates, an answer that is not a scale, `positive` for another model.
    """
    if positive is not None and model != "ordinal":
        raise SurveyError("Les réponses positives ne se donnent qu'au modèle ordinal : codez la réponse en 0 et 1.")
    if variance == "wild" and (model, measure) != ("linear", "difference"):
        raise SurveyError(
            "Le bootstrap sauvage ne sert que l'écart d'un modèle linéaire. Choisissez ce modèle, ou la correction CR2."
        )
    data = comparison(frame, outcome, treatment, weights=weights, cluster=cluster)
    pull = data.weights * data.treated if target == "treated" else data.weights
    encoded = encode_covariates(data.frame, covariates, pd.Series(data.treated))
    columns = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64)
    design = _columns(data, columns, pull, interactions)
    if len(data.y) - design.base.shape[1] < 10:
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")
    kind: Kind = "CR1S" if variance == "wild" else variance
    fitted = _fitted(model, data, design, outcome, kind=kind, positive=positive)
    fit, predicted = fitted.fit, fitted.predicted
    found, means = _contrast(fit, predicted, data, pull=pull, measure=measure, level=level, fixed=fixed_target)
    told = [*data.warnings, *encoded.warnings]
    diagnostics = cluster_diagnostics(fit, fitted.arm)
    people = diagnostics.by_cluster.assign(n=diagnostics.by_cluster["n"] // fitted.rows)
    diagnostics = replace(diagnostics, by_cluster=people)
    low, high, p, freedom = found.low, found.high, found.p, found.degrees_of_freedom
    if variance == "wild":
        wild = wild_cluster_bootstrap(fit, 1, draws=draws, seed=seed, level=level)
        low, high, p = wild.low, wild.high, wild.p
        told += wild.warnings
    else:
        told += fit.cautions(freedom)
    told += diagnostics.warnings
    return typed_effect(
        data,
        estimand=(
            f"{'Différence' if measure == 'difference' else 'Rapport'} des "
            f"{'moyennes' if positive is None else 'parts de réponses positives'} {_ESTIMANDS[target]}"
        ),
        method=f"{_MODELS[model]}, {_errors_named(variance)}",
        measure=measure,
        estimate=found.estimate,
        standard_error=found.standard_error,
        low=low,
        high=high,
        degrees_of_freedom=freedom,
        p=p,
        level=level,
        means=means,
        diagnostics=diagnostics,
        told=told,
    )


def comparison(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    *,
    weights: ArrayLike | None = None,
    cluster: str | ArrayLike | None = None,
) -> Comparison:
    """The rows of `frame` that can carry the comparison, checked. Raises as `outcome_effect`."""
    y, arm = _numbers(frame, outcome), _numbers(frame, treatment)
    if np.isnan(arm).any() or not np.isin(arm, (0.0, 1.0)).all():
        raise SurveyError(
            f"La colonne « {treatment} » dit qui est mentoré : donnez vrai ou faux (1 ou 0) sur chaque ligne."
        )
    w = np.ones(len(frame)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(frame),) or not np.isfinite(w).all() or (w < 0).any():
        raise SurveyError(
            "Les poids de la comparaison doivent être des nombres, un par ligne, nuls pour les jeunes laissés de côté "
            "et jamais négatifs. Corrigez-les."
        )
    labels = _clusters(frame, cluster)
    weighing, known = w > 0, ~np.isnan(y)
    if (labels[weighing] < 0).any():
        raise SurveyError("La grappe est vide sur des lignes qui servent à la comparaison : complétez-la.")
    kept, treated = weighing & known, arm == 1
    lost = weighing & ~known
    data = Comparison(
        frame=frame.loc[kept].reset_index(drop=True),
        y=y[kept],
        treated=treated[kept],
        cluster=labels[kept],
        weights=w[kept],
        missing_treated=int((lost & treated).sum()),
        missing_control=int((lost & ~treated).sum()),
        left_out=int((~weighing).sum()),
        warnings=_told_of_rows(int(lost.sum()), weights is not None),
    )
    _refuse_too_thin(data)
    return data


def effect_warnings(data: Comparison) -> tuple[str, ...]:
    """What the effective sizes of the arms ask to be told."""
    told = []
    for mask, name in ((data.treated, "mentorés"), (~data.treated, "non mentorés")):
        size = kish_ess(data.weights[mask])
        if size < FRAGILE_ESS:
            told.append(
                f"Les jeunes {name} valent, une fois pondérés, {fr_number(size, 0)} jeunes : le résultat est fragile."
            )
        if np.ptp(data.y[mask]) == 0:
            told.append(
                f"Tous les jeunes {name} ont donné la même réponse : leur part de l'incertitude ne se mesure pas."
            )
    return tuple(told)


def typed_effect(
    data: Comparison,
    *,
    estimand: str,
    method: str,
    measure: Measure,
    estimate: float,
    standard_error: float,
    low: float,
    high: float,
    degrees_of_freedom: float,
    p: float,
    level: float,
    means: tuple[float, float],
    diagnostics: ClusterDiagnostics | None,
    told: Sequence[str],
) -> OutcomeEffect:
    """The typed result: the figures, the sample, what must be told."""
    mask = data.treated
    return OutcomeEffect(
        estimand=estimand,
        method=method,
        measure=measure,
        estimate=estimate,
        standard_error=standard_error,
        low=low,
        high=high,
        degrees_of_freedom=degrees_of_freedom,
        p=p,
        level=level,
        mean_treated=means[0],
        mean_untreated=means[1],
        n_treated=int(mask.sum()),
        n_control=int((~mask).sum()),
        missing_treated=data.missing_treated,
        missing_control=data.missing_control,
        left_out=data.left_out,
        clusters=len(np.unique(data.cluster)),
        clusters_treated=len(np.unique(data.cluster[mask])),
        clusters_control=len(np.unique(data.cluster[~mask])),
        ess_treated=kish_ess(data.weights[mask]),
        ess_control=kish_ess(data.weights[~mask]),
        diagnostics=diagnostics,
        warnings=tuple(dict.fromkeys(fr_text(one) for one in (*told, *effect_warnings(data)))),
    )


@dataclass(frozen=True)
class _Columns:
    """Columns of the model (m × K) before the arm: those that `arm` (K) flags are multiplied by it."""

    base: Floats
    arm: NDArray[np.bool_]

    def under(self, treated: NDArray[np.bool_] | float) -> Floats:
        """The columns when the arm of each row (m), or of all, is `treated`."""
        factor = np.where(self.arm, np.reshape(np.asarray(treated, dtype=np.float64), (-1, 1)), 1.0)
        found: Floats = self.base * factor
        return found


@dataclass(frozen=True)
class _Predicted:
    """Mean answers of each row (m) with and without a mentor, and their slopes in the coefficients (m × K)."""

    with_mentor: Floats
    without: Floats
    slope_with: Floats
    slope_without: Floats


@dataclass(frozen=True)
class _Fitted:
    """A fit and what it predicts; `arm`: rank of the treatment's coefficient, `rows`: rows of the fit a person."""

    fit: RobustFit
    predicted: _Predicted
    arm: int = 1
    rows: int = 1


def _columns(data: Comparison, covariates: Floats, pull: Floats, interactions: bool) -> _Columns:
    """Constant, treatment, covariates centred on the target, their products with the treatment; none that repeats."""
    spread = covariates.std(axis=0)
    centred = (covariates - pull @ covariates / pull.sum()) / np.where(spread > 0, spread, 1.0)
    ones, k = np.ones((len(data.y), 2)), centred.shape[1]
    base = np.hstack([ones, centred, centred] if interactions else [ones, centred])
    columns = _Columns(base, np.array([False, True] + [False] * k + [True] * (k if interactions else 0)))
    scaled = columns.under(data.treated) * np.sqrt(data.weights)[:, None]
    pivots = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    kept = pivots > 1e-8 * np.linalg.norm(scaled, axis=0)
    return _Columns(base[:, kept], columns.arm[kept])


def _fitted(
    model: Model,
    data: Comparison,
    columns: _Columns,
    outcome: str,
    *,
    kind: Kind,
    positive: Collection[float] | None,
) -> _Fitted:
    """The outcome model, its errors, and what it predicts."""
    design, worlds = columns.under(data.treated), (columns.under(1.0), columns.under(0.0))
    if model == "linear":
        fit = cluster_robust(data.y, design, data.cluster, data.weights, kind)
        means = [x @ fit.coefficients for x in worlds]
        return _Fitted(fit, _Predicted(means[0], means[1], *worlds))
    if model == "logit" and not np.isin(data.y, (0.0, 1.0)).all():
        raise SurveyError(
            f"La colonne « {outcome} » prend d'autres valeurs que 0 et 1 : choisissez le modèle linéaire ou ordinal."
        )
    for mask, name in ((data.treated, "mentorés"), (~data.treated, "non mentorés")):
        if np.ptp(data.y[mask]) == 0:
            raise NotEstimable(
                f"Tous les jeunes {name} ont donné la même réponse : un logit n'a pas de solution. Choisissez le "
                "modèle linéaire."
            )
    if model == "ordinal":
        # thresholds stand for the constant, which is the first column
        scale = ordinal_outcome(
            data.y, design[:, 1:], data.cluster, data.weights, kind, outcome=outcome, positive=positive
        )
        (with_mentor, slope1), (without, slope0) = (scale.predicted(x[:, 1:]) for x in worlds)
        predicted = _Predicted(with_mentor, without, slope1, slope0)
        return _Fitted(scale.fit, predicted, arm=scale.thresholds, rows=scale.thresholds)
    names = tuple(f"colonne {rank}" for rank in range(1, design.shape[1]))
    beta = logit_maximum(design, data.y, data.weights / data.weights.mean(), outcome, names)
    eta = design @ beta
    expected = logistic(eta)
    spread = np.sqrt(expected * (1 - expected))
    # The maximum solves this least squares: working answers and columns divided by the spread of each answer.
    working = eta * spread + (data.y - expected) / spread
    fit = cluster_robust(working, design * spread[:, None], data.cluster, data.weights, kind)
    found = [logistic(x @ beta) for x in worlds]
    slopes = [x * (m * (1 - m))[:, None] for x, m in zip(worlds, found, strict=True)]
    return _Fitted(fit, _Predicted(found[0], found[1], slopes[0], slopes[1]))


def _contrast(
    fit: RobustFit,
    predicted: _Predicted,
    data: Comparison,
    *,
    pull: Floats,
    measure: Measure,
    level: float,
    fixed: bool,
) -> tuple[Contrast, tuple[float, float]]:
    """The effect with its error and interval, and the two means of the target.

    The influence of row i is its score along the gradient plus share_i × (its own effect − the mean one): the clusters'
    totals of both are squared, so their covariance is there.
    """
    share = pull / pull.sum()
    mean1, mean0 = float(share @ predicted.with_mentor), float(share @ predicted.without)
    scale1, scale0 = 1.0, 1.0
    if measure == "ratio":
        # where nobody of an arm had it, the mean is made of rounding errors, or of the other arm's slopes
        if min(mean1, mean0) <= 0 or not all(data.y[arm].any() for arm in (data.treated, ~data.treated)):
            raise SurveyError(
                "Le rapport n'est pas défini : l'une des deux moyennes est nulle ou négative. Choisissez l'écart."
            )
        scale1, scale0 = 1 / mean1, 1 / mean0
    gradient = share @ predicted.slope_with * scale1 - share @ predicted.slope_without * scale0
    own = share * ((predicted.with_mentor - mean1) * scale1 - (predicted.without - mean0) * scale0)
    if fixed:
        own = np.zeros_like(own)
    base = fit.contrast(gradient, level)
    if fit.kind == "classical":
        error = sqrt(base.standard_error**2 + float(own @ own))
    else:
        codes = np.unique(data.cluster, return_inverse=True)[1].reshape(-1)
        totals = np.bincount(codes, weights=own)
        scores = fit.parts.sums(fit.parts.adjusted @ gradient * fit.parts.residuals)
        raw = float(np.linalg.norm(scores))
        correction = base.standard_error / raw if raw > 0 else 1.0
        error = float(np.linalg.norm(scores * correction + totals * sqrt(fit.clusters / (fit.clusters - 1))))
    effect = mean1 - mean0 if measure == "difference" else log(mean1 / mean0)
    half = float(stats.t.ppf(0.5 + level / 2, base.degrees_of_freedom)) * error
    low, high = effect - half, effect + half
    p = float(2 * stats.t.sf(abs(effect) / error, base.degrees_of_freedom)) if error > 0 else nan
    if measure == "ratio":
        with np.errstate(over="ignore"):  # an upper end without limit is infinite
            effect, low, high = (float(np.exp(end)) for end in (effect, low, high))
    return Contrast(effect, error, base.degrees_of_freedom, low, high, p, level), (mean1, mean0)


def _errors_named(variance: Variance) -> str:
    if variance == "wild":
        return "bootstrap sauvage restreint par grappe"
    if variance == "classical":
        return "erreurs types classiques"
    freedom = "Satterthwaite" if variance in ("CR2", "CR3") else "G − 1"
    return f"erreurs types {variance} par grappe ({freedom})"


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    """A column of numbers or booleans, nan where unknown."""
    if name not in frame.columns:
        raise SurveyError(f"La colonne « {name} » manque dans les données de la comparaison. Vérifiez son nom.")
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column):
        if not column.dropna().map(lambda value: isinstance(value, bool | np.bool_)).all():
            raise SurveyError(f"La colonne « {name} » contient du texte : donnez des nombres, ou vrai ou faux.")
        column = column.astype("boolean")
    values = np.asarray(column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    if np.isinf(values).any():
        raise SurveyError(f"La colonne « {name} » est infinie sur des lignes : corrigez-les.")
    return values


def _clusters(frame: pd.DataFrame, cluster: str | ArrayLike | None) -> Codes:
    """Code of each row's cluster (n), −1 where it is unknown."""
    if cluster is None:
        return np.arange(len(frame), dtype=np.intp)
    if isinstance(cluster, str):
        if cluster not in frame.columns:
            raise SurveyError(f"La colonne « {cluster} » (grappe) manque dans les données de la comparaison.")
        codes = pd.factorize(frame[cluster], sort=True)[0]
    else:
        if np.shape(cluster) != (len(frame),):
            raise SurveyError("Les grappes se donnent une par ligne de la comparaison.")
        codes = pd.factorize(pd.Series(np.asarray(cluster)), sort=True)[0]
    return codes.astype(np.intp)


def _told_of_rows(missing: int, weighted: bool) -> tuple[str, ...]:
    if not missing:
        return ()
    told = fr_count(missing, "réponse manque et est écartée", "réponses manquent et sont écartées")
    return (
        f"{told} du calcul"
        + (" : l'équilibre des deux groupes n'est plus exactement celui annoncé." if weighted else "."),
    )


def _refuse_too_thin(data: Comparison) -> None:
    for mask, name in ((data.treated, "mentorés"), (~data.treated, "non mentorés")):
        if mask.sum() < RARE:
            raise NotEstimable(f"Moins de {RARE} réponses chez les jeunes {name} : l'effet n'est pas estimé.")
        if (size := kish_ess(data.weights[mask])) < SMALLEST_ESS:
            raise NotEstimable(
                f"La pondération ramène les jeunes {name} à l'équivalent de {fr_number(size, 1)} jeunes : l'effet "
                "n'est pas estimé. Simplifiez les covariables, ou restreignez la comparaison."
            )
    refuse_few_clusters(data.treated, data.cluster)
    if np.ptp(data.y) == 0:
        raise NotEstimable("Tous les répondants ont donné la même réponse : il n'y a pas d'écart à estimer.")
    if np.ptp(data.y[data.treated]) == 0 and np.ptp(data.y[~data.treated]) == 0:
        raise NotEstimable(
            "Dans chaque groupe tous les jeunes ont donné la même réponse : l'incertitude ne se mesure pas, l'effet "
            "n'est pas estimé."
        )
