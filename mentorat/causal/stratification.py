"""Comparison within strata: of the propensity score, or of covariates made coarse.

Subclasses of the score at the quantiles of the treated (Rosenbaum and Rubin 1984, JASA 79:516-524). Coarsened exact
matching (Iacus, King and Porro 2012, Political Analysis 20:1-24): strata that cross every covariate, cut into as many
equal bins as Sturges' rule says; those without both groups are left out. Conventions of MatchIt.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.design import Design, Floats, build_design, strata_weights
from mentorat.causal.propensity import checked_groups


def subclassify(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    scores: ArrayLike,
    subclasses: int = 6,
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Strata of `scores` (n) that hold as many treated each; the first and last are open.

    Raises NotEstimable (French) when a stratum has treated people and no control, naming its scores.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    score = np.asarray(scores, dtype=np.float64)
    cuts = np.unique(np.quantile(score[mask], np.linspace(0, 1, subclasses + 1)))
    strata = np.clip(np.searchsorted(cuts, score, side="right") - 1, 0, max(len(cuts) - 2, 0)).astype(np.intp)
    counts = [np.bincount(strata[arm], minlength=subclasses) for arm in (mask, ~mask)]
    lonely = np.flatnonzero((counts[0] > 0) & (counts[1] == 0))
    if len(lonely):
        raise NotEstimable(
            f"Les mentorés de la strate {int(lonely[0]) + 1} du score de propension n'ont aucun non-mentoré à qui être "
            "comparés. Demandez moins de strates, ou restreignez la comparaison au support commun."
        )
    empty = counts[0][strata] == 0
    strata = np.where(empty, -1, strata)
    return build_design(
        covariates,
        mask,
        strata_weights(mask, strata, base),
        base,
        method=f"Stratification sur le score de propension ({subclasses} strates)",
        strata=strata,
        propensity=score,
    )


def coarsened_exact(
    frame: pd.DataFrame,
    covariates: pd.DataFrame,
    treated: ArrayLike,
    *,
    cuts: Mapping[str, int | Sequence[float]] | None = None,
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Strata that cross all columns of `frame` (n): numbers cut into bins, anything else by level.

    `covariates` (n × k numbers): those whose balance is shown. `cuts`: by column, a number of equal bins or the inner
    cut points (a value on a cut goes above); Sturges' rule without. A missing level is a level; a missing number is
    refused (ValueError): code it first. Treated people alone in their stratum are left out and told.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    asked = cuts or {}
    codes = np.zeros(len(mask), dtype=np.int64)
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            part = _bins(column.to_numpy(dtype=np.float64, na_value=np.nan), asked.get(name))
        else:
            part = pd.factorize(column.astype("object"), sort=False, use_na_sentinel=False)[0]
        # crossed two by two and renumbered: the product of all levels may not fit an integer
        codes = np.unique(codes * (int(part.max()) + 1) + part, return_inverse=True)[1]
    counts = [np.bincount(codes[arm], minlength=int(codes.max()) + 1) for arm in (mask, ~mask)]
    both = (counts[0] > 0) & (counts[1] > 0)
    numbers = np.where(both, np.cumsum(both) - 1, -1)
    strata = numbers[codes].astype(np.intp)
    return build_design(
        covariates,
        mask,
        strata_weights(mask, strata, base),
        base,
        method="Appariement exact sur covariables regroupées",
        strata=strata,
    )


def _bins(values: Floats, cuts: int | Sequence[float] | None) -> np.ndarray:
    """Bin of each value: equal widths (Sturges' number by default) or between inner cut points."""
    if not np.isfinite(values).all():
        raise ValueError("covariates must be known and finite: code what is missing first")
    if cuts is None:
        cuts = int(np.ceil(np.log2(len(values)) + 1))
    if isinstance(cuts, int):
        low, high = float(values.min()), float(values.max())
        inner = low + np.arange(1, cuts) * ((high - low) / cuts)
    else:
        inner = np.sort(np.asarray(cuts, dtype=np.float64))
    return np.searchsorted(inner, values, side="right")
