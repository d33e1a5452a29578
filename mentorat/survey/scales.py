"""Scales: positive answers, direction, reliability of a dimension made of several items, an index of it.

Nothing here knows the questionnaire: positive codes, reversed items and dimensions are arguments. An answer that is
missing is never a zero. Indices are values of single respondents: estimates of them travel, they do not.

Sources: Cronbach (1951); Feldt (1965), Psychometrika 30:357-370 (interval of alpha); McDonald (1999), Test Theory
(omega of one factor); Lawley and Maxwell (1971) (one factor by maximum likelihood); Kling, Liebman and Katz (2007),
Econometrica 75:83-119, and Anderson (2008), JASA 103:1481-1495 (indices standardised on the comparison group).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mentorat.survey.answers import arm_of, numbers, refuse_flat, weights_of
from mentorat.survey.design import SurveyError
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Weighting = Literal["egal", "covariance"]
"""Weights of the items in an index: all alike (Kling), or the less the more an item repeats the others (Anderson)."""

FEW_ITEMS = 3
"""Below it one factor cannot be told from the data, and alpha says little."""
FEW_ANSWERS = 50
"""Below it a reliability is too uncertain to choose items by."""
LOW_RELIABILITY = 0.6
"""Below it a mean of items hides more than it tells."""
LEAST_ANSWERED = 0.5
"""Share of the items of a dimension a respondent must have answered to have an index."""


@dataclass(frozen=True)
class Reliability:
    """Internal consistency of a dimension, on the `n` respondents who answered all its items.

    `alpha` with its Feldt interval at `level`; `omega`: share of the variance of the sum that one common factor
    explains, nan where a factor cannot be estimated (see `warnings`, French); `n_incomplete`: respondents left out;
    `ess`: effective number under the weights; `items`: item, n, charge (loading, correlation metric), correlation_reste
    (item-rest correlation), alpha_sans (alpha without the item).
    """

    alpha: float
    low: float
    high: float
    omega: float
    n: int
    n_incomplete: int
    ess: float
    items: pd.DataFrame
    level: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class DimensionIndex:
    """An index whose mean is 0 and standard deviation 1 in the comparison group, high = good.

    `values`: one a respondent, nan under the rule of partial answers; `n`: respondents with an index; `n_missing`:
    without; `n_partial`: with an index on part of the items; `items`: item, sens, moyenne_reference,
    ecart_type_reference, poids, n.
    """

    values: pd.Series
    n: int
    n_missing: int
    n_partial: int
    items: pd.DataFrame
    warnings: tuple[str, ...]


def top_box(answers: pd.Series, positive: Collection[str]) -> pd.Series:
    """Answers as 1.0 (one of the `positive` codes), 0.0 or nan (unanswered); true and false read « oui » and « non ».

    Top-2-box is `positive=("4", "5")`. Raises SurveyError without a positive code.
    """
    if not positive:
        raise SurveyError(f"L'item « {answers.name} » n'a aucun code positif : dites lesquels comptent.")
    return codes_of(answers).isin(set(positive)).astype("float64").where(answers.notna())


def codes_of(answers: pd.Series) -> pd.Series:
    """Answers as the codes of their scale; true and false read « oui » and « non »."""
    if pd.api.types.is_bool_dtype(answers.dropna().infer_objects()):
        return answers.map({True: "oui", False: "non"})
    if pd.api.types.is_numeric_dtype(answers):
        return answers.map(lambda value: f"{value:g}", na_action="ignore")
    return answers.astype("str")


def oriented(
    frame: pd.DataFrame,
    items: Sequence[str],
    reverse: Collection[str] = (),
    ranges: dict[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """The items as numbers, high = good: a reversed item x becomes low + high − x.

    `ranges`: lowest and highest code of an item's scale; without it the item is mirrored (−x), which standardised
    figures do not see. Raises SurveyError when an item is missing, is not made of numbers, or leaves its range.
    """
    unknown = [name for name in reverse if name not in items]
    if unknown:
        raise SurveyError(f"L'item inversé « {unknown[0]} » ne fait pas partie de la dimension. Corrigez la liste.")
    values = pd.DataFrame({name: numbers(frame, name) for name in items}, index=frame.index)
    for name, (low, high) in (ranges or {}).items():
        if name in values.columns and ((values[name] < low) | (values[name] > high)).any():
            raise SurveyError(
                f"L'item « {name} » prend des valeurs hors de son échelle ({fr_number(low)} à {fr_number(high)}). "
                "Écartez les codes de non-réponse avant de calculer."
            )
    for name in reverse:
        low, high = (ranges or {}).get(name, (0.0, 0.0))
        values[name] = low + high - values[name]
    return values


def reliability(
    frame: pd.DataFrame,
    items: Sequence[str],
    *,
    name: str = "dimension",
    reverse: Collection[str] = (),
    weights: ArrayLike | None = None,
    standardise: bool = True,
    level: float = 0.95,
) -> Reliability:
    """Reliability of the sum of `items` (numbers, at least two), on complete answers.

    alpha = k/(k−1) × (1 − Σ variances / variance of the sum). Feldt's interval: 1 − (1 − alpha) × F(n − 1,
    (n − 1)(k − 1)), n being the effective size under `weights`; it takes respondents as independent.
    omega = (Σ λ)² / ((Σ λ)² + Σ ψ), one factor by maximum likelihood. `standardise`: items in units of their standard
    deviation, as in the index (items of different scales); False: as coded.

    Raises SurveyError: fewer than two items, an item answered by nobody or constant, fewer than three complete answers.
    """
    if len(items) < 2:
        raise SurveyError(f"La dimension « {name} » n'a qu'un item : une fiabilité en demande deux, et mieux trois.")
    values = oriented(frame, items, reverse)
    for item in items:
        refuse_flat(values[item])
    complete = values.notna().all(axis=1).to_numpy()
    n = int(complete.sum())
    if n < 3:
        raise SurveyError(
            f"La dimension « {name} » n'a que {fr_count(n, 'réponse complète', 'réponses complètes')} : retirez un "
            "item peu rempli."
        )
    x, w = values.to_numpy(dtype=np.float64)[complete], weights_of(weights, len(frame))[complete]
    ess = float(w.sum() ** 2 / (w**2).sum())
    covariance = _covariance(x, w)
    spread = np.sqrt(np.diag(covariance))
    if (spread == 0).any():
        raise SurveyError(
            f"L'item « {items[int(np.argmin(spread))]} » est constant parmi les réponses complètes à « {name} » : "
            "retirez-le."
        )
    correlation = covariance / np.outer(spread, spread)
    used = correlation if standardise else covariance
    alpha = _alpha(used)
    loadings, proper = _one_factor(correlation)
    omega = _omega(loadings, spread=np.ones(len(items)) if standardise else spread) if proper else nan
    freedom = (ess - 1, (ess - 1) * (len(items) - 1))
    low, high = (1 - (1 - alpha) * float(stats.f.ppf(q, *freedom)) for q in (0.5 + level / 2, 0.5 - level / 2))
    return Reliability(
        alpha=alpha,
        low=low,
        high=high,
        omega=omega,
        n=n,
        n_incomplete=len(frame) - n,
        ess=ess,
        items=_item_table(values, used, loadings if proper else np.full(len(items), nan)),
        level=level,
        warnings=_reliability_warnings(name, items, n=n, alpha=alpha, used=used, proper=proper),
    )


def dimension_index(
    frame: pd.DataFrame,
    items: Sequence[str],
    treatment: str,
    *,
    name: str = "dimension",
    reverse: Collection[str] = (),
    weights: ArrayLike | None = None,
    weighting: Weighting = "egal",
    least_answered: float = LEAST_ANSWERED,
) -> DimensionIndex:
    """Mean of the items, oriented and standardised on the rows where `treatment` is false, then standardised again.

    A respondent who answered at least `least_answered` of the items has the (weighted) mean of those answered; the
    others have none. `weighting="covariance"`: row sums of the inverse covariance of the comparison group's items.

    Raises SurveyError: no item, an item answered by nobody in the comparison group or constant there, a treatment that
    is missing or not true/false, weights not positive.
    """
    if not items:
        raise SurveyError(f"La dimension « {name} » n'a aucun item : donnez-en au moins un.")
    reference = ~arm_of(frame, treatment)
    values, w = oriented(frame, items, reverse), weights_of(weights, len(frame))
    x = values.to_numpy(dtype=np.float64)
    means, spreads = _reference_moments(x, w, reference, items)
    z = (x - means) / spreads
    share = _item_weights(z[reference], w[reference], weighting, name)
    answered = ~np.isnan(z)
    total = (answered * share).sum(axis=1)
    kept = (answered.mean(axis=1) >= least_answered) & (total > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(kept, np.nansum(z * share, axis=1) / total, np.nan)
    centre, unit = _reference_moments(raw[:, None], w, reference, [name])
    values_of = pd.Series((raw - centre[0]) / unit[0], index=frame.index, name=name)
    partial = int((kept & ~answered.all(axis=1)).sum())
    table = pd.DataFrame(
        {
            "item": list(items),
            "sens": [-1 if item in set(reverse) else 1 for item in items],
            "moyenne_reference": means,
            "ecart_type_reference": spreads,
            "poids": share,
            "n": answered.sum(axis=0),
        }
    )
    without = int((~kept).sum())
    return DimensionIndex(
        values=values_of,
        n=int(kept.sum()),
        n_missing=without,
        n_partial=partial,
        items=table,
        warnings=_index_warnings(name, share, items, without, len(frame)),
    )


def _index_warnings(name: str, share: Floats, items: Sequence[str], without: int, n: int) -> tuple[str, ...]:
    found = []
    if (share < 0).any():
        against = items[int(np.argmin(share))]
        found.append(
            f"Dans l'indice « {name} », l'item « {against} » reçoit un poids négatif, tant il répète les autres : "
            "préférez des poids égaux."
        )
    if len(items) < FEW_ITEMS:
        count = fr_count(len(items), "item", "items")
        found.append(f"L'indice « {name} » repose sur {count} : lisez plutôt les items un à un.")
    if without > n / 5:
        found.append(
            f"{fr_number(without)} répondants sur {fr_number(n)} n'ont pas d'indice « {name} », faute d'avoir "
            "répondu à assez d'items."
        )
    return tuple(fr_text(one) for one in found)


def _reliability_warnings(
    name: str, items: Sequence[str], *, n: int, alpha: float, used: Floats, proper: bool
) -> tuple[str, ...]:
    found = []
    if len(items) < FEW_ITEMS:
        count = fr_count(len(items), "item", "items")
        found.append(f"La dimension « {name} » n'a que {count} : l'oméga n'est pas calculable et l'alpha est peu sûr.")
    elif not proper:
        found.append(
            f"Les items de « {name} » ne tiennent pas sur un seul facteur : l'oméga n'est pas donné. La dimension "
            "mesure peut-être plusieurs choses."
        )
    if n < FEW_ANSWERS:
        found.append(
            f"La fiabilité de « {name} » repose sur {fr_number(n)} réponses complètes, moins de {FEW_ANSWERS} : elle "
            "est indicative."
        )
    if alpha < LOW_RELIABILITY:
        found.append(
            f"L'alpha de « {name} » vaut {fr_number(alpha, 2)} : ses items ne disent pas la même chose, lisez-les un à "
            "un."
        )
    rest = _item_rest(used)
    if len(items) >= FEW_ITEMS and (rest < 0).any():
        found.append(
            f"L'item « {items[int(np.argmin(rest))]} » va à l'inverse du reste de « {name} » : vérifiez son sens."
        )
    return tuple(fr_text(one) for one in found)


def _covariance(x: Floats, w: Floats) -> Floats:
    """Weighted covariance of the columns, with n − 1 where weights are equal."""
    share = w / w.sum()
    centred = x - share @ x
    found: Floats = (centred * share[:, None]).T @ centred / (1 - (share**2).sum())
    return found


def _alpha(covariance: Floats) -> float:
    k = len(covariance)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def _item_rest(covariance: Floats) -> Floats:
    """Correlation of each item with the sum of the others."""
    own, joint, total = np.diag(covariance), covariance.sum(axis=0), covariance.sum()
    rest = np.sqrt(np.maximum(total - 2 * joint + own, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(rest > 0, (joint - own) / (np.sqrt(own) * rest), np.nan)
    return found


def _item_table(values: pd.DataFrame, covariance: Floats, loadings: Floats) -> pd.DataFrame:
    k = len(covariance)
    without = [_alpha(np.delete(np.delete(covariance, j, 0), j, 1)) if k > 2 else nan for j in range(k)]
    return pd.DataFrame(
        {
            "item": list(values.columns),
            "n": values.notna().sum().to_numpy(),
            "charge": loadings,
            "correlation_reste": _item_rest(covariance),
            "alpha_sans": without,
        }
    )


def _one_factor(correlation: Floats) -> tuple[Floats, bool]:
    """Loadings of one factor by maximum likelihood, and whether the solution is proper (no negative variance).

    Minimises log|ΛΛᵀ + Ψ| + tr(R (ΛΛᵀ + Ψ)⁻¹) over Ψ alone: given Ψ, Λ comes from the first eigenvector of
    Ψ^{-1/2} R Ψ^{-1/2} (Jöreskog 1967).
    """
    k = len(correlation)
    if k < FEW_ITEMS:
        return np.full(k, nan), False
    floor = 0.005

    def reduced(psi: Floats) -> tuple[Floats, Floats]:
        root = np.sqrt(psi)
        values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
        return values, vectors

    def loadings_of(psi: Floats) -> Floats:
        values, vectors = reduced(psi)
        found: Floats = np.sqrt(psi) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0))
        return found

    def objective(psi: Floats) -> tuple[float, Floats]:
        others = reduced(psi)[0][:-1]
        lam = loadings_of(psi)
        gradient = (lam**2 + psi - np.diag(correlation)) / psi**2
        return float((others - np.log(np.maximum(others, 1e-12)) - 1).sum()), gradient

    inverse = np.linalg.pinv(correlation)
    start = np.clip((1 - 0.5 / k) / np.diag(inverse), floor, 1.0)
    found = optimize.minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(floor, 1.0)] * k,
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000},
    )
    psi = np.asarray(found.x, dtype=np.float64)
    loadings = loadings_of(psi)
    loadings = loadings * (1.0 if loadings.sum() >= 0 else -1.0)
    return loadings, bool((psi > floor * 1.01).all() and np.abs(loadings).max() > 0)


def _omega(loadings: Floats, spread: Floats) -> float:
    common = float((loadings * spread).sum() ** 2)
    return common / (common + float(((1 - loadings**2) * spread**2).sum()))


def _reference_moments(
    x: Floats, w: Floats, reference: NDArray[np.bool_], items: Sequence[str]
) -> tuple[Floats, Floats]:
    """Weighted mean and standard deviation of each column in the comparison group, on its answers."""
    inside, share = x[reference], w[reference][:, None]
    known = ~np.isnan(inside)
    mass = (known * share).sum(axis=0)
    count = known.sum(axis=0)
    for item, answered in zip(items, count, strict=True):
        if answered < 2:
            raise SurveyError(
                f"« {item} » n'a pas deux réponses dans le groupe de comparaison : il n'y a pas d'unité pour le "
                "mesurer. Retirez-le."
            )
    filled = np.where(known, inside, 0.0)
    mean = (filled * share).sum(axis=0) / mass
    ratio = (known * share**2).sum(axis=0) / mass**2
    variance = (np.where(known, inside - mean, 0.0) ** 2 * share).sum(axis=0) / mass / (1 - ratio)
    flat = variance <= 1e-12 * (mean**2 + 1e-12)
    if flat.any():
        raise SurveyError(
            f"« {items[int(np.argmax(flat))]} » est constant dans le groupe de comparaison : il n'y a pas d'unité pour "
            "le mesurer. Retirez-le."
        )
    return mean, np.sqrt(variance)


def _item_weights(z: Floats, w: Floats, weighting: Weighting, name: str) -> Floats:
    k = z.shape[1]
    if weighting == "egal" or k == 1:
        return np.full(k, 1 / k)
    known = ~np.isnan(z)
    filled = np.where(known, z, 0.0)
    pairs = known.T @ (known * w[:, None])
    if (pairs <= 0).any():
        raise SurveyError(f"Deux items de « {name} » n'ont aucune réponse commune : prenez des poids égaux.")
    covariance = filled.T @ (filled * w[:, None]) / pairs
    try:
        raw = np.linalg.solve(covariance, np.ones(k))
    except np.linalg.LinAlgError:
        raise SurveyError(f"Deux items de « {name} » disent exactement la même chose : retirez-en un.") from None
    found: Floats = raw / raw.sum()
    return found
