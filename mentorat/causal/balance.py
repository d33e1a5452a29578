"""How alike two groups are, covariate by covariate, before and after a weighting.

Standardised differences divide by the treated group's own, unweighted standard deviation, so that before and after
share a unit (Stuart 2010, Statistical Science 25:1-21); Kolmogorov-Smirnov is the largest gap between the weighted
distribution functions (Austin and Stuart 2015, Statistics in Medicine 34:3661-3679). The conventions are those of
MatchIt and cobalt. One pass for the moments of all columns, one sort a column that is neither 0/1 nor small integers.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.typography import fr_number

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

TARGET = 0.1
"""Largest absolute standardised difference under which a covariate is said to be balanced."""
COUNTED = 10_000
"""Whole numbers spread over fewer values than this are counted rather than sorted."""
SUFFIXES = ("avant", "apres")
MEASURES = (
    "moyenne_mentores",
    "moyenne_non_mentores",
    "smd",
    "rapport_variances",
    "ks",
    "ecart_moyen_repartitions",
)
BALANCE_COLUMNS = ("covariable", *(f"{measure}_{when}" for measure in MEASURES for when in SUFFIXES), "avertissement")


def balance_table(
    frame: pd.DataFrame, treated: ArrayLike, covariates: Sequence[str], weights: ArrayLike | None = None
) -> pd.DataFrame:
    """One row per covariate: means of both groups, standardised difference and variance ratio.

    `treated`: boolean, one per row of `frame`; `weights`: one per row (1 for the treated under the ATT),
    none = 1. Columns: covariable, moyenne_mentores, moyenne_non_mentores, smd, rapport_variances. The
    difference is divided by the treated group's standard deviation, always unweighted, so that before and
    after share a unit; for 0/1 columns it is √(p(1−p)) and the variance ratio is missing (MatchIt's and
    cobalt's conventions). Where that deviation is zero the difference is 0 if the means agree, else
    infinite.
    """
    mask = np.asarray(treated, dtype=np.bool_)
    w = np.ones(len(frame)) if weights is None else np.asarray(weights, dtype=np.float64)
    x = frame[list(covariates)].to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.DataFrame({"covariable": pd.Series(list(covariates), dtype="str"), **_moments(x, mask, [w])[0]})


def covariate_balance(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    base_weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Balance of every column of `covariates` (n × k numbers, none missing) before and after `weights` (n).

    `treated`: boolean (n); `base_weights` (n): what « before » weighs (1 by default; survey weights for a population).
    Columns BALANCE_COLUMNS: means of both groups, standardised difference (`smd`), ratio of variances, `ks` and the
    mean gap between the distribution functions over the values taken, each `_avant` and `_apres` (missing when
    `weights` is None). For 0/1 columns the ratio is missing and `ks` is the absolute difference of shares.
    `avertissement`: a French sentence where a difference cannot be standardised, else empty.

    Raises ValueError on a missing or infinite covariate, a weight that is negative or not finite, or a group that
    weighs nothing.
    """
    mask = np.asarray(treated, dtype=np.bool_)
    x = covariates.to_numpy(dtype=np.float64, na_value=np.nan)
    weightings = [_weights(base_weights, mask)] + ([] if weights is None else [_weights(weights, mask)])
    if not np.isfinite(x).all():
        raise ValueError("covariates must be known and finite: code what is missing first")
    found = _moments(x, mask, weightings)
    binary = np.isnan(found[0]["rapport_variances"])
    for measures in found:
        gap = np.abs(measures["moyenne_mentores"] - measures["moyenne_non_mentores"])
        measures["ks"], measures["ecart_moyen_repartitions"] = gap.copy(), gap.copy()
    shares = [np.where(mask, w / w[mask].sum(), -w / w[~mask].sum()) for w in weightings]
    for column in np.flatnonzero(~binary):
        for measures, gaps in zip(found, _distribution_gaps(x[:, column], shares), strict=True):
            measures["ks"][column], measures["ecart_moyen_repartitions"][column] = gaps
    table = pd.DataFrame({"covariable": pd.Series([str(name) for name in covariates.columns], dtype="str")})
    missing = np.full(len(table), np.nan)
    for measure in MEASURES:
        for rank, when in enumerate(SUFFIXES):
            table[f"{measure}_{when}"] = found[rank][measure] if rank < len(found) else missing
    infinite = np.isinf(table[["smd_avant", "smd_apres"]].to_numpy()).any(axis=1)
    table["avertissement"] = pd.Series(
        np.where(
            infinite, "Les mentorés y sont tous pareils : l'écart ne peut pas être rapporté à leur écart-type.", ""
        ),
        dtype="str",
    )
    return table


def balance_by_subgroup(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    subgroup: pd.Series,
    weights: ArrayLike | None = None,
    *,
    base_weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """`covariate_balance` within each level of `subgroup` (n), the levels in order, a missing one being « inconnu ».

    Columns: sous_groupe, n_mentores, n_non_mentores, then BALANCE_COLUMNS. A level where a group has fewer than two
    people, or weighs nothing, has one row that says so in `avertissement` and no figure.
    """
    mask = np.asarray(treated, dtype=np.bool_)
    levels = subgroup.astype("object").where(subgroup.notna(), "inconnu").astype("str").to_numpy()
    base = _weights(base_weights, mask)
    after = None if weights is None else _weights(weights, mask)
    parts = []
    for level in sorted(set(levels)):
        rows = levels == level
        n1, n0 = int((rows & mask).sum()), int((rows & ~mask).sum())
        weighed = all(w[rows & arm].sum() > 0 for w in (base, after) if w is not None for arm in (mask, ~mask))
        if min(n1, n0) < 2 or not weighed:
            told = "Trop peu de jeunes dans l'un des deux groupes : l'équilibre n'y est pas mesuré."
            part = pd.DataFrame([{"covariable": "", "avertissement": told}], columns=list(BALANCE_COLUMNS))
        else:
            part = covariate_balance(
                covariates.loc[rows], mask[rows], None if after is None else after[rows], base_weights=base[rows]
            )
        parts.append(part.assign(sous_groupe=level, n_mentores=n1, n_non_mentores=n0))
    table = pd.concat(parts, ignore_index=True)
    figures = [name for name in BALANCE_COLUMNS if name.endswith(SUFFIXES)]
    return table[["sous_groupe", "n_mentores", "n_non_mentores", *BALANCE_COLUMNS]].astype(
        dict.fromkeys(figures, "float64")
    )


def balance_over_imputations(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What `covariate_balance` finds over imputations: the mean and the worst absolute difference of each covariate.

    Columns: covariable, imputations (tables that hold it), smd_moyen_avant, smd_max_avant, smd_moyen_apres,
    smd_max_apres (absolute values). In the order of the first table that names a covariate.
    """
    if not tables:
        raise ValueError("at least one table of balance")
    stacked = pd.concat(tables, ignore_index=True)
    grouped = stacked.assign(**{f"smd_{when}": stacked[f"smd_{when}"].abs() for when in SUFFIXES}).groupby(
        "covariable", sort=False
    )
    table = pd.DataFrame({"imputations": grouped.size()})
    for when in SUFFIXES:
        table[f"smd_moyen_{when}"] = grouped[f"smd_{when}"].mean()
        table[f"smd_max_{when}"] = grouped[f"smd_{when}"].max()
    return table.reset_index()


def largest_difference(table: pd.DataFrame, when: str = "apres") -> float:
    """Largest absolute standardised difference of a table of `covariate_balance`; 0 without covariates."""
    values = table[f"smd_{when}"].abs().to_numpy(dtype=np.float64)
    return float(values.max(initial=0.0))


def balance_warnings(table: pd.DataFrame, labels: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A French sentence naming the covariates that are still apart after weighting, most apart first; else nothing."""
    apart = table.loc[table["smd_apres"].abs() > TARGET, ["covariable", "smd_apres"]]
    if apart.empty:
        return ()
    ordered = apart.assign(size=apart["smd_apres"].abs()).sort_values(
        ["size", "covariable"], ascending=[False, True], kind="stable"
    )
    spoken = labels or {}
    listed = ", ".join(
        f"« {spoken.get(name, name)} » ({'infini' if np.isinf(smd) else fr_number(smd, 2)})"
        for name, smd in zip(ordered["covariable"], ordered["smd_apres"], strict=True)
    )
    return (
        f"Les deux groupes restent différents (écart standardisé au-delà de {fr_number(TARGET, 1)}) pour : {listed}.",
    )


def _weights(weights: ArrayLike | None, mask: Rows) -> Floats:
    w = np.ones(len(mask)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != mask.shape or not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("weights: one finite number a row, none negative")
    return w


def _moments(x: Floats, mask: Rows, weightings: Sequence[Floats]) -> list[dict[str, Floats]]:
    """Means, standardised difference and variance ratio of the columns of `x` (n × k) under each weighting (n).

    Variances are unbiased for equal weights. Raises ValueError when a group weighs nothing.
    """
    arms = (mask, ~mask)
    totals = [[float(w[arm].sum()) for arm in arms] for w in weightings]
    if not all(total > 0 for pair in totals for total in pair):
        raise ValueError("one of the two groups weighs nothing")
    n_treated = float(mask.sum())
    shares = [np.where(mask, 1 / n_treated, 0.0)]
    for w, pair in zip(weightings, totals, strict=True):
        shares += [np.where(arm, w / total, 0.0) for arm, total in zip(arms, pair, strict=True)]
    stacked = np.stack(shares)
    centre = x.mean(axis=0)
    centred = x - centre
    means = stacked @ centred
    np.square(centred, out=centred)
    spreads = stacked @ centred - means**2
    binary = ((x == 0) | (x == 1)).all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.sqrt(np.maximum(spreads[0], 0.0) * np.where(binary, 1.0, n_treated / max(n_treated - 1, 1.0)))
        # rounding must not pass for a spread: a constant column has none
        scale = np.where(np.ptp(x[mask], axis=0) == 0, 0.0, scale)
        found = []
        for rank in range(len(weightings)):
            treated, control = 1 + 2 * rank, 2 + 2 * rank
            gap = means[treated] - means[control]
            smd = np.where(np.abs(gap) < 1e-12, 0.0, gap / scale)
            unbiased = [spreads[row] / (1 - (stacked[row] ** 2).sum()) for row in (treated, control)]
            found.append(
                {
                    "moyenne_mentores": centre + means[treated],
                    "moyenne_non_mentores": centre + means[control],
                    "smd": smd,
                    "rapport_variances": np.where(binary, np.nan, unbiased[0] / unbiased[1]),
                }
            )
    return found


def _distribution_gaps(values: Floats, shares: Sequence[Floats]) -> list[tuple[float, float]]:
    """Largest and mean gap between the two distribution functions over the values taken, for each signed weighting.

    `shares` (n): weight over its group's total, negative for the controls. Values that weigh nothing count too, so that
    before and after average over the same values.
    """
    low, high = float(values.min()), float(values.max())
    if high - low < COUNTED and (values == np.rint(values)).all():
        codes = (values - low).astype(np.intp)
        size = int(high - low) + 1
        steps = [np.bincount(codes, weights=share, minlength=size) for share in shares]
        taken = np.bincount(codes, minlength=size) > 0
    else:
        order = np.argsort(values)
        ordered = values[order]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
        steps = [np.add.reduceat(share[order], starts) for share in shares]
        taken = np.ones(len(starts), dtype=np.bool_)
    found = []
    for step in steps:
        gaps = np.abs(np.cumsum(step))[taken]
        found.append((float(gaps.max()), float(gaps.mean())))
    return found
