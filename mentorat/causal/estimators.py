"""The estimators a plan may name, each the same way: a design gives weights, an outcome model uses them, a variance is
chosen, a typed result comes out with its diagnostics.

Every design but the naive one is followed by a regression on the covariates, which takes off what chance imbalance is
left (Ho, Imai, King and Stuart 2007, Political Analysis 15:199-236); with entropy balancing the estimate is consistent
when either form is right (Zhao and Percival 2017, Journal of Causal Inference 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.aipw import aipw_att
from mentorat.causal.balance import covariate_balance, largest_difference
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.clusters import refuse_few_clusters
from mentorat.causal.covariates import RARE, Encoded, encode_covariates, refuse_separation, separating
from mentorat.causal.design import Design
from mentorat.causal.matching import match_full, match_nearest
from mentorat.causal.outcomes import Measure, OutcomeEffect, outcome_effect
from mentorat.causal.outcomes import Variance as OutcomeVariance
from mentorat.causal.plan import Estimator, Variance
from mentorat.causal.propensity import Propensity, propensity_logit
from mentorat.causal.stratification import subclassify
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity

LABELS: dict[Estimator, str] = {
    "naif": "Différence brute",
    "regression": "Régression, le même effet étant supposé pour tous",
    "entropie": "Pondération par entropie, puis régression pondérée",
    "score_ipw": "Pondération par l'inverse du score, puis régression pondérée",
    "recouvrement": "Pondération de recouvrement, puis régression pondérée",
    "plus_proche_voisin": "Plus proche voisin sur le score, puis régression",
    "complet": "Appariement complet sur le score, puis régression pondérée",
    "strates": "Strates du score, puis régression pondérée",
    "aipw": "Estimation doublement robuste (AIPW)",
}
CALIPER = 0.2
"""Largest difference of scores in a pair, in standard deviations (Austin 2011, Pharmaceut. Statist. 10:150-161)."""
VARIANCES: dict[Variance, OutcomeVariance] = {"CR2": "CR2", "CR3": "CR3", "sauvage": "wild"}


@dataclass(frozen=True)
class Sample:
    """Rows whose outcome is known, in an order that does not hang on the file, and what estimators share of them.

    `frame` (n rows): columns `outcome`, `treatment` and `cluster`, and the `covariates`.
    """

    frame: pd.DataFrame
    outcome: str
    treatment: str
    covariates: tuple[str, ...]
    cluster: str

    @classmethod
    def of(cls, frame: pd.DataFrame, outcome: str, treatment: str, covariates: Sequence[str], cluster: str) -> "Sample":
        """The rows of `frame` that answered."""
        known = frame.loc[frame[outcome].notna()].reset_index(drop=True)
        return cls(known, outcome, treatment, tuple(covariates), cluster)

    @cached_property
    def treated(self) -> NDArray[np.bool_]:
        return self.frame[self.treatment].to_numpy(dtype=bool)

    @cached_property
    def y(self) -> NDArray[np.float64]:
        return self.frame[self.outcome].to_numpy(dtype=np.float64)

    @cached_property
    def encoded(self) -> Encoded:
        return encode_covariates(self.frame, self.covariates, self.frame[self.treatment].astype(bool))

    @cached_property
    def propensity(self) -> Propensity:
        self.refuse_separation()
        return propensity_logit(self.encoded.columns, self.treated)

    @cached_property
    def separating(self) -> tuple[str, ...]:
        """Covariates that separate the two groups."""
        return separating(self.frame, self.covariates, self.treated)

    def refuse_separation(self) -> None:
        """Raises NotEstimable (French) on a covariate that separates the groups."""
        refuse_separation(self.separating)

    def refuse_thin(self) -> None:
        """Raises NotEstimable (French) when an arm has too few answers or comes from too few clusters: the reason to
        tell first, before what a design makes of it."""
        if min(self.treated.sum(), (~self.treated).sum()) < RARE:
            raise NotEstimable(f"Moins de {RARE} réponses dans l'un des deux groupes : l'effet n'est pas estimé.")
        refuse_few_clusters(self.treated, self.frame[self.cluster])


@dataclass(frozen=True)
class Estimated:
    """An effect by one estimator. `design`: None where nobody is weighted; `smd_*`: largest absolute standardised
    differences, `smd_after` missing without a design; `ess`: effective number of the non-mentored."""

    estimator: Estimator
    effect: OutcomeEffect
    design: Design | None
    smd_before: float
    smd_after: float
    warnings: tuple[str, ...]

    @property
    def ess(self) -> float:
        """Missing for the doubly robust estimator, whose weights are inside it."""
        return self.effect.ess_control if self.estimator != "aipw" else float("nan")

    # what `finding` reads of any estimate
    @property
    def estimate(self) -> float:
        return self.effect.estimate

    @property
    def low(self) -> float:
        return self.effect.low

    @property
    def high(self) -> float:
        return self.effect.high

    @property
    def p(self) -> float:
        return self.effect.p

    @property
    def n(self) -> int:
        return self.effect.n_treated + self.effect.n_control

    @property
    def clusters(self) -> int:
        return self.effect.clusters

    @property
    def se(self) -> float:
        return self.effect.standard_error


def estimate(
    sample: Sample,
    estimator: Estimator,
    variance: Variance = "CR2",
    *,
    measure: Measure = "difference",
    draws: int = 9_999,
    seed: int = 0,
) -> Estimated:
    """The effect on the outcome of `sample` by `estimator`; `draws`, `seed`: of the wild bootstrap.

    Raises NotEstimable or SurveyError (both French) where the data cannot carry it.
    """
    sample.refuse_thin()
    if estimator != "naif":
        sample.refuse_separation()
    if estimator == "aipw":
        if measure != "difference":
            raise NotEstimable("L'estimation doublement robuste ne donne que la différence.")
        effect = aipw_att(sample.frame, sample.outcome, sample.treatment, sample.covariates, cluster=sample.cluster)
        return _estimated(sample, estimator, effect, None)
    design = design_of(sample, estimator)
    kind = VARIANCES[variance] if measure == "difference" or variance != "sauvage" else "CR2"
    effect = outcome_effect(
        sample.frame,
        sample.outcome,
        sample.treatment,
        () if estimator == "naif" else sample.covariates,
        weights=None if design is None else design.weights,
        cluster=sample.cluster,
        target="weighted" if design is not None and design.estimand != "ATT" else "treated",
        measure=measure,
        variance=kind,
        draws=draws,
        seed=seed,
    )
    return _estimated(sample, estimator, effect, design)


def design_of(sample: Sample, estimator: Estimator) -> Design | None:
    """Who the estimator compares with whom; None when everybody weighs the same. Raises NotEstimable (French)."""
    if estimator in ("naif", "regression", "aipw"):
        return None
    sample.refuse_separation()
    columns, mask = sample.encoded.columns, sample.treated
    match estimator:
        case "entropie":
            found = weight_by_entropy(columns, mask)
        case "score_ipw":
            found = weight_by_propensity(columns, mask, sample.propensity)
        case "recouvrement":
            found = weight_by_propensity(columns, mask, sample.propensity, "ATO")
        case "plus_proche_voisin":
            found = match_nearest(columns, mask, sample.propensity.scores, caliper=CALIPER)
        case "complet":
            found = match_full(columns, mask, sample.propensity.scores)
        case _:
            found = subclassify(columns, mask, sample.propensity.scores)
    return found


def _estimated(sample: Sample, estimator: Estimator, effect: OutcomeEffect, design: Design | None) -> Estimated:
    balance = covariate_balance(sample.encoded.columns, sample.treated) if design is None else design.balance
    told = (*(() if design is None else design.warnings), *effect.warnings)
    return Estimated(
        estimator=estimator,
        effect=effect,
        design=design,
        smd_before=largest_difference(balance, "avant"),
        smd_after=float("nan") if design is None else largest_difference(balance),
        warnings=tuple(dict.fromkeys((*sample.encoded.warnings, *told))),
    )
