"""Adjusted difference between mentored and non-mentored young people, one outcome at a time.

Estimand: the average effect on the treated (ATT) among respondents. Entropy balancing gives the controls
the treated group's covariate means, then a weighted regression on treatment and centred covariates removes
what chance imbalance is left in the outcome: consistent when either the weights' or the regression's form
is right (Zhao and Percival 2017, Journal of Causal Inference 5). Errors: CR2 with Satterthwaite's degrees
of freedom, the weights taken as given, which is conservative as a rule for the ATT. No hidden confounder is
assumed: see `sensitivity`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balance import balance_table
from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.projections import independent_columns

Floats = NDArray[np.float64]

RARE = 11
"""A level held by fewer people than this in either group is pooled: too few to balance or to publish."""
UNKNOWN = "inconnu"
POOLED = "modalités rares"
ESTIMAND = "ATT : différence moyenne chez les mentorés répondants"
METHOD = "Pondération par entropie, régression pondérée, erreurs types CR2 par grappe (Satterthwaite)"


@dataclass(frozen=True)
class Effect:
    """An adjusted effect in the outcome's own unit, with all that must travel with it.

    `missing_*`: rows dropped because the outcome is missing; `ess`: effective number of controls;
    `max_smd_*`: largest absolute standardised difference over the covariates before and after weighting;
    `balance`: see `balance_before_after`; `warnings`: French sentences.
    """

    estimand: str
    method: str
    estimate: float
    standard_error: float
    low: float
    high: float
    degrees_of_freedom: float
    p: float
    level: float
    n_treated: int
    n_control: int
    missing_treated: int
    missing_control: int
    clusters_treated: int
    clusters_control: int
    clusters: int
    ess: float
    max_smd_before: float
    max_smd_after: float
    balance: pd.DataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Encoded:
    """Covariates as numbers: every level of every factor in `columns`, regression's own in `regressors`."""

    columns: pd.DataFrame
    regressors: tuple[str, ...]
    warnings: tuple[str, ...]


POOLED_TOLD = "Modalités trop rares pour être équilibrées seules, regroupées : "
"""Begins the warning that names the levels pooled; which ones hangs on who answered the item."""


def encode_covariates(frame: pd.DataFrame, covariates: Sequence[str], treated: pd.Series) -> Encoded:
    """Encode `covariates` of `frame` (n rows): numbers as they are, anything else as 0/1 columns by level.

    A missing number takes the mean and an indicator column; a missing level is a level (« inconnu »).
    Levels held by fewer than `RARE` people of either group are pooled, then merged with the most frequent
    level if still rare. Columns that never vary are left out. The most frequent level of a factor is its
    reference.
    """
    mask = treated.to_numpy(dtype=bool)
    parts: list[pd.DataFrame] = []
    regressors: list[str] = []
    pooled: list[str] = []
    for name in covariates:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            part = _encode_number(name, values, mask)
            kept = list(part.columns)
        else:
            levels, rare = _pool_rare(_levels(values), mask)
            pooled += [f"{name}={level}" for level in rare]
            part = pd.get_dummies(levels, prefix=name, prefix_sep="=", dtype="float64")
            reference = f"{name}={_most_frequent(levels)}"
            kept = [column for column in part.columns if column != reference]
        varying = [column for column in part.columns if np.ptp(part[column].to_numpy()) > 0]
        parts.append(part[varying])
        regressors += [column for column in kept if column in varying]
    columns = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=frame.index)
    told = (f"{POOLED_TOLD}{', '.join(pooled)}.",)
    return Encoded(columns, tuple(regressors), told if pooled else ())


def adjusted_att(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    cluster: str,
    *,
    level: float = 0.95,
) -> Effect:
    """ATT of the boolean column `treatment` on the numeric or boolean column `outcome`, over `frame`'s rows.

    Rows whose outcome is missing are dropped and counted. Raises NotEstimable (French message) when the
    groups do not overlap, an arm or the clusters are too few, or everybody has the same outcome.
    """
    observed = frame[outcome].notna()
    data = frame.loc[observed].reset_index(drop=True)
    treated = data[treatment].astype(bool)
    y = data[outcome].to_numpy(dtype=np.float64)
    _refuse_too_thin(y, treated, data[cluster])
    encoded = encode_covariates(data, covariates, treated)
    mask = treated.to_numpy()
    weights, ess = _att_weights(encoded.columns, mask)
    balance = balance_before_after(encoded.columns, mask, weights)
    design = _design(encoded, mask, weights)
    if len(data) - design.shape[1] < 10:
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")
    fit = cluster_robust(y, design, data[cluster], weights)
    low, high = fit.interval(1, level)
    clusters = data.groupby(treatment)[cluster].nunique()
    left_out = frame.loc[~observed, treatment].astype(bool)
    return Effect(
        estimand=ESTIMAND,
        method=METHOD,
        estimate=float(fit.coefficients[1]),
        standard_error=float(fit.standard_errors[1]),
        low=low,
        high=high,
        degrees_of_freedom=float(fit.degrees_of_freedom[1]),
        p=fit.p_value(1),
        level=level,
        n_treated=int(mask.sum()),
        n_control=int((~mask).sum()),
        missing_treated=int(left_out.sum()),
        missing_control=int((~left_out).sum()),
        clusters_treated=int(clusters[True]),
        clusters_control=int(clusters[False]),
        clusters=fit.clusters,
        ess=ess,
        max_smd_before=float(balance["smd_avant"].abs().max()) if len(balance) else 0.0,
        max_smd_after=float(balance["smd_apres"].abs().max()) if len(balance) else 0.0,
        balance=balance,
        warnings=(*encoded.warnings, *_cautions(fit.degrees_of_freedom[1], ess), *fit.warnings),
    )


def balance_before_after(columns: pd.DataFrame, treated: NDArray[np.bool_], weights: Floats | None) -> pd.DataFrame:
    """Balance of each encoded covariate before and after weighting (missing after when `weights` is None).

    Columns: covariable, moyenne_mentores, moyenne_non_mentores_avant, moyenne_non_mentores_apres,
    smd_avant, smd_apres, rapport_variances_avant, rapport_variances_apres.
    """
    names = [str(column) for column in columns.columns]
    before = balance_table(columns, treated, names)
    after = balance_table(columns, treated, names, weights)
    table = pd.DataFrame(
        {
            "covariable": before["covariable"],
            "moyenne_mentores": before["moyenne_mentores"],
            "moyenne_non_mentores_avant": before["moyenne_non_mentores"],
            "moyenne_non_mentores_apres": after["moyenne_non_mentores"],
            "smd_avant": before["smd"],
            "smd_apres": after["smd"],
            "rapport_variances_avant": before["rapport_variances"],
            "rapport_variances_apres": after["rapport_variances"],
        }
    )
    if weights is None:
        table[[column for column in table.columns if column.endswith("_apres")]] = np.nan
    return table


def balance_of(frame: pd.DataFrame, treatment: str, covariates: Sequence[str]) -> pd.DataFrame:
    """`balance_before_after` on every row of `frame`; « after » is missing when no weighting exists."""
    treated = frame[treatment].astype(bool)
    encoded = encode_covariates(frame, covariates, treated)
    mask = treated.to_numpy()
    try:
        weights: Floats | None = _att_weights(encoded.columns, mask)[0]
    except NotEstimable:
        weights = None
    return balance_before_after(encoded.columns, mask, weights)


def _att_weights(columns: pd.DataFrame, mask: NDArray[np.bool_]) -> tuple[Floats, float]:
    """One weight per row (1 for the treated) and the controls' effective sample size."""
    balanced = entropy_balance(columns.loc[mask], columns.loc[~mask])
    weights = np.ones(len(mask))
    weights[~mask] = balanced.weights
    return weights, balanced.ess


def _design(encoded: Encoded, mask: NDArray[np.bool_], weights: Floats) -> Floats:
    """Constant, treatment, covariates centred on the treated; columns that repeat others are left out."""
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64)
    centred = (x - x[mask].mean(axis=0)) / x.std(axis=0)
    design = np.column_stack([np.ones(len(mask)), mask.astype(np.float64), centred])
    return design[:, independent_columns(design, weights)]


def _refuse_too_thin(y: Floats, treated: pd.Series, cluster: pd.Series) -> None:
    counts = treated.value_counts()
    if min(counts.get(True, 0), counts.get(False, 0)) < RARE:
        raise NotEstimable(f"Moins de {RARE} réponses dans l'un des deux groupes : l'effet n'est pas estimé.")
    if cluster.nunique() < 2:
        raise NotEstimable("Toutes les réponses viennent d'une seule grappe : l'incertitude ne peut pas être estimée.")
    if np.ptp(y) == 0:
        raise NotEstimable("Tous les répondants ont donné la même réponse : il n'y a pas d'écart à estimer.")


def _cautions(degrees_of_freedom: float, ess: float) -> tuple[str, ...]:
    cautions = []
    if degrees_of_freedom < 4:
        cautions.append("Moins de quatre degrés de liberté : trop peu de grappes portent la comparaison pour s'y fier.")
    if ess < 30:
        cautions.append(
            "La pondération repose sur l'équivalent de moins de trente jeunes non mentorés : le résultat est fragile."
        )
    return tuple(cautions)


def _encode_number(name: str, values: pd.Series, mask: NDArray[np.bool_]) -> pd.DataFrame:
    numbers = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    missing = np.isnan(numbers)
    if missing.all():
        return pd.DataFrame(index=values.index)
    part = pd.DataFrame({name: np.where(missing, numbers[~missing].mean(), numbers)}, index=values.index)
    if min(missing[mask].sum(), missing[~mask].sum()) >= RARE:
        part[f"{name}={UNKNOWN}"] = missing.astype(np.float64)
    return part


def _levels(values: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return values.map({True: "oui", False: "non"}).astype("str").where(values.notna(), UNKNOWN)
    return values.astype("str").where(values.notna(), UNKNOWN)


def _pool_rare(levels: pd.Series, mask: NDArray[np.bool_]) -> tuple[pd.Series, list[str]]:
    """Pool levels with fewer than `RARE` people in an arm; also return their names, sorted."""
    rare = _rare_levels(levels, mask)
    if not rare:
        return levels, []
    pooled = levels.where(~levels.isin(rare), POOLED)
    if POOLED in _rare_levels(pooled, mask):
        pooled = pooled.where(pooled != POOLED, _most_frequent(pooled[pooled != POOLED], POOLED))
    return pooled, rare


def _rare_levels(levels: pd.Series, mask: NDArray[np.bool_]) -> list[str]:
    codes, found = pd.factorize(levels)
    counts = [np.bincount(codes[arm], minlength=len(found)) for arm in (mask, ~mask)]
    return sorted(str(level) for level in found[np.minimum(*counts) < RARE])


def _most_frequent(levels: pd.Series, default: str = UNKNOWN) -> str:
    counts = levels.value_counts()
    return min(counts.index, key=lambda level: (-counts[level], level)) if len(counts) else default
