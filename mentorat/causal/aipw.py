"""Augmented inverse probability weighting: the effect on the treated, right when either of two models is.

τ = mean over the treated of Y − m(X), less the mean over the controls, weighted by the odds e/(1 − e), of the same
(Robins, Rotnitzky and Zhao 1994; for the treated, Mercatanti and Li 2014; odds weights made to add up to 1). e is a
logit of the treatment, m a model of the answers of the controls.

The error sums by cluster the influence of each row on τ, what it weighs through both models included (stacked
estimating equations), or is the jackknife of clusters. With cross-fitting (Chernozhukov et al. 2018, Econometrics
Journal 21:C1-C68) each cluster is predicted by models fitted on the other folds, whose own error is then of second
order. Student with two degrees of freedom less than clusters.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import FEW_CLUSTERS, Codes, Floats, by_cluster
from mentorat.causal.covariates import encode_covariates
from mentorat.causal.design import FRAGILE_ESS, SMALLEST_ESS
from mentorat.causal.outcomes import (
    Comparison,
    OutcomeEffect,
    comparison,
    typed_effect,
)
from mentorat.survey.design import SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.survey.regression import logistic, logit_maximum
from mentorat.typography import fr_number

AipwModel = Literal["linear", "logit"]
AipwVariance = Literal["influence", "jackknife"]


@dataclass(frozen=True)
class _Problem:
    """Rows in the order of their clusters: `x` (m × K, with constant), outcome, arm (0/1), design weight, cluster."""

    x: Floats
    y: Floats
    arm: Floats
    weights: Floats
    cluster: Codes
    model: AipwModel
    outcome: str

    def of(self, rows: Codes) -> "_Problem":
        """The same on some of the rows."""
        return replace(
            self,
            x=self.x[rows],
            y=self.y[rows],
            arm=self.arm[rows],
            weights=self.weights[rows],
            cluster=self.cluster[rows],
        )


def aipw_att(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    *,
    cluster: str | ArrayLike | None = None,
    weights: ArrayLike | None = None,
    model: AipwModel = "linear",
    folds: int = 0,
    seed: int = 0,
    variance: AipwVariance = "influence",
    level: float = 0.95,
) -> OutcomeEffect:
    """ATT of the boolean column `treatment` on the numeric or boolean column `outcome` of `frame` (n rows).

    `weights` (n): survey weights, not balancing ones (0: left out); `model`: of the answers of the controls; `folds`:
    0 without cross-fitting, else 2 or more, made of whole clusters drawn from `seed`. Raises as
    `outcomes.outcome_effect`, and NotEstimable when a covariate separates the arms, or the models cannot be fitted on
    a fold or without a cluster.
    """
    if folds == 1 or folds < 0:
        raise ValueError(f"0 folds, or 2 and more, not {folds}")
    if model not in get_args(AipwModel):
        raise ValueError(f"a model of {', '.join(get_args(AipwModel))}, not {model}")
    data = comparison(frame, outcome, treatment, weights=weights, cluster=cluster)
    encoded = encode_covariates(data.frame, covariates, pd.Series(data.treated))
    problem = _problem(data, encoded.columns[list(encoded.regressors)].to_numpy(np.float64), model, outcome)
    if len(data.y) - 2 * problem.x.shape[1] < 10:
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")
    labels, order, starts = by_cluster(problem.cluster)
    problem = problem.of(order)
    fold = _folds(problem, folds, seed) if folds else None
    estimate, influence, mean, size = _estimated(problem, fold)
    clusters = len(labels)
    if size < SMALLEST_ESS:
        raise NotEstimable(
            f"La pondération ramène les jeunes non mentorés à l'équivalent de {fr_number(size, 1)} jeunes : les deux "
            "groupes se recouvrent trop peu, l'effet n'est pas estimé."
        )
    if variance == "influence":
        totals = np.add.reduceat(influence, starts)
        error = float(np.sqrt(clusters / (clusters - 1) * (totals @ totals)))
    else:
        error = _jackknife(problem, fold, estimate, starts)
    freedom = float(clusters - 2)
    half = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    told = [*data.warnings, *encoded.warnings]
    if size < FRAGILE_ESS:
        told.append(
            f"La pondération repose sur l'équivalent de {fr_number(size, 0)} jeunes non mentorés : le résultat est "
            "fragile."
        )
    if clusters < FEW_CLUSTERS:
        told.append(
            f"Les erreurs types de l'estimation doublement robuste sont mesurées pour {FEW_CLUSTERS} grappes et plus, "
            f"et il y en a {clusters} : comparez-les à la correction CR2."
        )
    return typed_effect(
        data,
        estimand="Différence des moyennes chez les mentorés répondants",
        method="AIPW (doublement robuste)"
        + (f", {folds} plis par grappe" if folds else "")
        + (", jackknife par grappe" if variance == "jackknife" else ", influences par grappe"),
        measure="difference",
        estimate=estimate,
        standard_error=error,
        low=estimate - half,
        high=estimate + half,
        degrees_of_freedom=freedom,
        p=float(2 * stats.t.sf(abs(estimate) / error, freedom)) if error > 0 else float("nan"),
        level=level,
        means=(mean, mean - estimate),
        diagnostics=None,
        told=told,
    )


def _problem(data: Comparison, covariates: Floats, model: AipwModel, outcome: str) -> _Problem:
    """Covariates centred and scaled, a constant first, without the columns that repeat others in either arm's model."""
    spread = covariates.std(axis=0)
    kept = spread > 0
    x = np.column_stack([np.ones(len(data.y)), (covariates[:, kept] - covariates[:, kept].mean(0)) / spread[kept]])
    control = ~data.treated
    pivots = np.abs(np.diag(np.linalg.qr(x[control] * np.sqrt(data.weights[control])[:, None], mode="r")))
    x = x[:, : len(pivots)][:, pivots > 1e-8 * np.sqrt(data.weights[control].sum())]
    if model == "logit" and not np.isin(data.y, (0.0, 1.0)).all():
        raise SurveyError(
            f"La colonne « {outcome} » prend d'autres valeurs que 0 et 1 : choisissez le modèle linéaire."
        )
    weights = data.weights / data.weights.mean()
    return _Problem(x, data.y, data.treated.astype(np.float64), weights, data.cluster, model, outcome)


def _nuisances(fitted: _Problem) -> tuple[Floats, Floats]:
    """Coefficients of the treatment's logit and of the controls' answers."""
    names = tuple(f"covariable {rank}" for rank in range(1, fitted.x.shape[1]))
    control = fitted.arm == 0
    try:
        alpha = logit_maximum(fitted.x, fitted.arm, fitted.weights, "mentoré", names)
    except SurveyError:
        raise NotEstimable(
            "Une covariable sépare les jeunes mentorés des autres : les deux groupes ne se recouvrent pas. Retirez-la "
            "ou regroupez ses modalités."
        ) from None
    x, y, w = fitted.x[control], fitted.y[control], fitted.weights[control]
    if fitted.model == "logit":
        try:
            return alpha, logit_maximum(x, y, w, fitted.outcome, names)
        except SurveyError:
            raise NotEstimable(
                f"Une covariable sépare les réponses des non-mentorés à « {fitted.outcome} » : choisissez le modèle "
                "linéaire, ou regroupez ses modalités."
            ) from None
    gram = (x * w[:, None]).T @ x
    if np.linalg.matrix_rank(x * np.sqrt(w)[:, None]) < x.shape[1]:
        raise NotEstimable(
            "Une modalité n'est portée que par quelques grappes : les modèles ne s'ajustent pas sans elles. "
            "Regroupez-la, ou renoncez aux plis."
        )
    return alpha, np.linalg.solve(gram, x.T @ (w * y)).astype(np.float64)


def _estimated(problem: _Problem, fold: Codes | None) -> tuple[float, Floats, float, float]:
    """Effect, influence of each row (m), mean answer of the treated, effective size of the weighted controls."""
    x, arm, w = problem.x, problem.arm, problem.weights
    linear, expected = np.empty(len(arm)), np.empty(len(arm))
    everyone = np.zeros(len(arm), dtype=np.intp) if fold is None else fold
    for one in np.unique(everyone):
        inside = everyone == one
        alpha, beta = _nuisances(problem if fold is None else problem.of(np.flatnonzero(~inside)))
        linear[inside] = x[inside] @ alpha
        along = x[inside] @ beta
        expected[inside] = logistic(along) if problem.model == "logit" else along
    left = problem.y - expected
    treated, odds = w * arm, w * (1 - arm) * np.exp(np.minimum(linear, 500.0))
    n1, n0 = treated.sum(), odds.sum()
    above, below = float(treated @ left / n1), float(odds @ left / n0)
    influence = treated * (left - above) / n1 - odds * (left - below) / n0
    if fold is None:
        score = logistic(linear)
        slope = expected * (1 - expected) if problem.model == "logit" else np.ones(len(arm))
        control = w * (1 - arm)
        toward_alpha = -((odds * (left - below)) @ x) / n0
        toward_beta = -((treated * slope) @ x) / n1 + ((odds * slope) @ x) / n0
        by_alpha = np.linalg.solve((x * (w * score * (1 - score))[:, None]).T @ x, toward_alpha)
        by_beta = np.linalg.solve((x * (control * slope)[:, None]).T @ x, toward_beta)
        influence = influence + w * (arm - score) * (x @ by_alpha) + control * left * (x @ by_beta)
    mean = float(treated @ problem.y / n1)
    return above - below, influence, mean, kish_ess(odds[arm == 0])


def _folds(problem: _Problem, folds: int, seed: int) -> Codes:
    """Fold of each row: clusters dealt out in a random order, those that hold treated people first."""
    codes = np.unique(problem.cluster, return_inverse=True)[1].reshape(-1)
    clusters = int(codes.max()) + 1
    if clusters < 2 * folds:
        raise NotEstimable(
            f"{clusters} grappes ne se partagent pas en {folds} plis : il en faut au moins deux par pli."
        )
    holds = np.bincount(codes, weights=problem.arm) > 0
    order = np.random.default_rng(seed).permutation(clusters)
    order = order[np.argsort(~holds[order], kind="stable")]
    fold = np.empty(clusters, dtype=np.intp)
    fold[order] = np.arange(clusters) % folds
    found: Codes = fold[codes]
    return found


def _jackknife(problem: _Problem, fold: Codes | None, estimate: float, starts: Codes) -> float:
    """√((G − 1)/G Σ (τ without g − τ)²), all models fitted again."""
    ends = np.append(starts, len(problem.y))
    rows = np.arange(len(problem.y))
    found = []
    for start, end in pairwise(ends):
        kept = np.concatenate([rows[:start], rows[end:]])
        found.append(_estimated(problem.of(kept), None if fold is None else fold[kept])[0])
    gaps = np.array(found) - estimate
    return float(np.sqrt((len(gaps) - 1) / len(gaps) * (gaps @ gaps)))
