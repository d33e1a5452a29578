"""Comparison by weights: inverse probability, overlap, entropy balancing.

Weights of the propensity score e: odds e/(1−e) on the controls give the treated's covariates (ATT; Hirano, Imbens and
Ridder 2003, Econometrica 71:1161-1189), 1/e and 1/(1−e) everybody's (ATE), 1−e and e those of the people whose
treatment was most open (ATO; Li, Morgan and Zaslavsky 2018, JASA 113:390-400), whose means balance exactly. Entropy
balancing reaches the treated's means without a score. Survey weights multiply (see `design`).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.design import Design, Estimand, build_design
from mentorat.causal.propensity import Propensity, checked_groups

LABELS: dict[Estimand, str] = {
    "ATT": "Pondération par l'inverse de la probabilité (effet sur les mentorés)",
    "ATE": "Pondération par l'inverse de la probabilité (effet sur tous)",
    "ATO": "Pondération de recouvrement",
}


def weight_by_propensity(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    propensity: Propensity,
    estimand: Estimand = "ATT",
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Weights of the score for the estimand asked; with survey weights, `propensity` must have been fitted with them.

    Raises NotEstimable when a score is so near 0 or 1 that its weight is infinite, and as `build_design`.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    score = propensity.scores
    if estimand == "ATO":
        weights = np.where(mask, 1 - score, score)
    else:
        own = np.where(mask, score, 1 - score)
        if (own[~mask] <= 0).any() or (estimand == "ATE" and (own <= 0).any()):
            raise NotEstimable(
                "Un score de propension vaut 0 ou 1 : son poids serait infini. Restreignez la comparaison au support "
                "commun, ou employez les poids de recouvrement."
            )
        weights = np.where(mask, 1.0, score) / np.where(mask, 1.0, own) if estimand == "ATT" else 1 / own
    return build_design(
        covariates,
        mask,
        weights * base,
        base,
        method=LABELS[estimand],
        estimand=estimand,
        propensity=score,
        warnings=propensity.warnings,
    )


def weight_by_entropy(covariates: pd.DataFrame, treated: ArrayLike, survey_weights: ArrayLike | None = None) -> Design:
    """Entropy balancing of the means of `covariates` (ATT). Raises NotEstimable as `entropy_balance`."""
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    found = entropy_balance(covariates.loc[mask], covariates.loc[~mask], base[~mask], base[mask])
    weights = base.copy()
    weights[~mask] = found.weights
    return build_design(covariates, mask, weights, base, method="Pondération par entropie")
