"""Effect of mentoring by level of a factor known before it, in one regression, and whether levels differ.

Least squares of the outcome on the levels, the treatment inside each level and the covariates (one slope for all); the
effect of a level is its own coefficient, with CR2 errors and Satterthwaite's degrees of freedom; that all levels have
the same effect is tested at once (`wald_test`, HTZ). An interval that leaves zero out for one level and holds it for
another says nothing of their difference: only the test does (Gelman and Stern 2006, The American Statistician 60:328).

Weights of a design make arms alike on the whole, not inside levels: `balance_by_subgroup` shows what is left there,
which the regression takes off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import Floats, RobustFit, cluster_robust
from mentorat.causal.clusters import FEWEST_CLUSTERS
from mentorat.causal.covariates import RARE, UNKNOWN, encode_covariates
from mentorat.causal.design import FRAGILE_ESS, SMALLEST_ESS
from mentorat.causal.outcomes import Comparison, comparison
from mentorat.causal.projections import independent_columns
from mentorat.causal.wald_test import WaldTest, wald_test
from mentorat.survey.design import SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.typography import fr_number, fr_text

MOST_LEVELS = 12
"""Levels beyond which a factor is one to be grouped, or cut in bands, by the caller."""
COLUMNS = {
    "modalite": "str",
    "estimation": "float64",
    "se": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "p_interaction": "float64",
    "avertissements": "str",
}


@dataclass(frozen=True)
class LevelEffects:
    """Effects by level: `table` in the columns `COLUMNS` (`x_`: those whose outcome is 1, missing where it is no yes or
    no), one row a level, in their order; `interaction`: the test that
    the estimated levels have the same effect, None when fewer than two are estimated; `warnings`: French sentences.
    """

    table: pd.DataFrame
    interaction: WaldTest | None
    warnings: tuple[str, ...]


def level_effects(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    factor: str,
    covariates: Sequence[str] = (),
    *,
    weights: ArrayLike | None = None,
    cluster: str | ArrayLike | None = None,
    person: str | None = None,
    level: float = 0.95,
) -> LevelEffects:
    """Effect of the boolean column `treatment` on `outcome` at each level of the column `factor` (n rows).

    `weights`, `cluster`, `covariates`: as `outcome_effect`; `factor` itself is left out of the covariates. Categories
    keep their order, other levels are sorted. `person`: column of who each row is of, where one may have several: sizes
    are then of people (none: each row). A level keeps its row when it cannot be estimated (fewer than 11 answers,
    4 clusters or an effective size of 10 in an arm), with the reason; so do rows whose level is unknown.

    Raises SurveyError (French) on a bad column or more than `MOST_LEVELS` levels; NotEstimable when the comparison as a
    whole cannot be made, or has too many covariates.
    """
    if factor not in frame.columns:
        raise SurveyError(f"La colonne « {factor} » manque dans les données de la comparaison. Vérifiez son nom.")
    data = comparison(frame, outcome, treatment, weights=weights, cluster=cluster)
    names, codes = _levels(data.frame[factor], factor)
    people = np.arange(len(data.y)) if person is None else pd.factorize(data.frame[person])[0]
    reasons = [_too_thin(data, codes == rank, name, people) for rank, name in enumerate(names)]
    kept = [rank for rank, reason in enumerate(reasons) if not reason]
    effects: dict[int, tuple[float, float, float, float, tuple[str, ...]]] = {}
    test: WaldTest | None = None
    told: list[str] = [*data.warnings]
    if kept:
        fit, warnings = _fitted(data, codes, kept, [name for name in covariates if name != factor])
        told += warnings
        for place, rank in enumerate(kept):
            contrast = fit.contrast(np.eye(len(fit.coefficients))[len(kept) + place], level)
            cautions = fit.cautions(contrast.degrees_of_freedom)
            effects[rank] = (contrast.estimate, contrast.standard_error, contrast.low, contrast.high, cautions)
        if len(kept) > 1:
            # Each level against the first: any other choice of differences gives the same test.
            differences = np.zeros((len(kept) - 1, len(fit.coefficients)))
            differences[:, len(kept)] = -1.0
            differences[:, len(kept) + 1 : 2 * len(kept)] += np.eye(len(kept) - 1)
            test = wald_test(fit, differences)
            told += test.warnings
    if len(kept) < 2:
        told.append("Moins de deux modalités estimées : rien ne dit si l'effet diffère de l'une à l'autre.")
    rows = []
    shares = bool(np.isin(data.y, (0.0, 1.0)).all())
    for rank, name in enumerate(names):
        inside = codes == rank
        estimate, error, low, high, cautions = effects.get(rank, (np.nan, np.nan, np.nan, np.nan, ()))
        said = [reasons[rank]] if reasons[rank] else [*_fragile(data, inside, people), *cautions, *told]
        rows.append(
            {
                "modalite": name,
                "estimation": estimate,
                "se": error,
                "ic_bas": low,
                "ic_haut": high,
                "n_mentores": len(np.unique(people[inside & data.treated])),
                "n_non_mentores": len(np.unique(people[inside & ~data.treated])),
                "x_mentores": len(np.unique(people[inside & data.treated & (data.y == 1)])) if shares else pd.NA,
                "x_non_mentores": len(np.unique(people[inside & ~data.treated & (data.y == 1)])) if shares else pd.NA,
                "p_interaction": test.p if test else np.nan,
                "avertissements": " ".join(dict.fromkeys(fr_text(one) for one in said)),
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    return LevelEffects(table, test, tuple(dict.fromkeys(fr_text(one) for one in told)))


def _levels(values: pd.Series, factor: str) -> tuple[list[str], NDArray[np.intp]]:
    """Names of the levels, those unknown last, and the level of each row."""
    if pd.api.types.is_bool_dtype(values):
        values = values.map({True: "oui", False: "non"})
    if isinstance(values.dtype, pd.CategoricalDtype):
        present = set(values.dropna())
        order = [one for one in values.cat.categories if one in present]
    else:
        order = sorted(values.dropna().unique())
    if len(order) > MOST_LEVELS:
        raise SurveyError(
            f"La colonne « {factor} » a {fr_number(len(order))} valeurs : découpez-la en classes ou regroupez ses "
            f"modalités ({MOST_LEVELS} au plus) avant de comparer l'effet de l'une à l'autre."
        )
    found = pd.Categorical(values, categories=order).codes
    codes = np.where(found < 0, len(order), found).astype(np.intp)
    names = [str(one) for one in order]
    return ([*names, UNKNOWN] if (codes == len(order)).any() else names), codes


def _too_thin(data: Comparison, inside: NDArray[np.bool_], name: str, people: NDArray[np.intp]) -> str:
    """Why a level cannot be estimated: French; empty when it can."""
    if name == UNKNOWN:
        return "Modalité inconnue : ces jeunes sont comptés, leur effet n'est pas estimé."
    for arm, who, nobody in ((data.treated, "mentorés", "mentoré"), (~data.treated, "non mentorés", "non mentoré")):
        mask = inside & arm
        told = ""
        if not mask.any():
            told = f"Aucun jeune {nobody} dans cette modalité"
        elif len(np.unique(people[mask])) < RARE:
            told = f"Moins de {RARE} réponses chez les jeunes {who} de cette modalité"
        elif _people_size(data.weights[mask], people[mask]) < SMALLEST_ESS:
            told = f"Les jeunes {who} de cette modalité valent, une fois pondérés, moins de {SMALLEST_ESS} jeunes"
        elif len(np.unique(data.cluster[mask])) < FEWEST_CLUSTERS:
            told = f"Les jeunes {who} de cette modalité viennent de moins de {FEWEST_CLUSTERS} grappes"
        if told:
            return f"{told} : l'effet n'est pas estimé."
    if np.ptp(data.y[inside]) == 0:
        return "Tous les jeunes de cette modalité ont donné la même réponse : il n'y a pas d'écart à estimer."
    return ""


def _people_size(weights: Floats, people: NDArray[np.intp]) -> float:
    """Effective number of people, each with all his or her weight."""
    return kish_ess(np.bincount(np.unique(people, return_inverse=True)[1].reshape(-1), weights=weights))


def _fragile(data: Comparison, inside: NDArray[np.bool_], people: NDArray[np.intp]) -> list[str]:
    told = []
    for arm, who in ((data.treated, "mentorés"), (~data.treated, "non mentorés")):
        mask = inside & arm
        if _people_size(data.weights[mask], people[mask]) < FRAGILE_ESS:
            told.append(f"Les jeunes {who} de cette modalité sont peu nombreux : le résultat est fragile.")
        if np.ptp(data.y[mask]) == 0:
            told.append(
                f"Tous les jeunes {who} de cette modalité ont donné la même réponse : leur part de l'incertitude ne se "
                "mesure pas."
            )
    return told


def _fitted(
    data: Comparison, codes: NDArray[np.intp], kept: Sequence[int], covariates: Sequence[str]
) -> tuple[RobustFit, tuple[str, ...]]:
    """The regression on the rows of the levels `kept`: their constants, their effects, then the covariates."""
    rows = np.isin(codes, kept)
    treated, weights = data.treated[rows], data.weights[rows]
    encoded = encode_covariates(data.frame.loc[rows], covariates, pd.Series(treated))
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64)
    spread = x.std(axis=0)
    centred = (x - weights @ x / weights.sum()) / np.where(spread > 0, spread, 1.0)
    levels: Floats = (codes[rows][:, None] == np.asarray(kept)).astype(np.float64)
    design = np.hstack([levels, levels * treated[:, None], centred])
    independent = independent_columns(design, weights)
    if len(design) - independent.sum() < 10:
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")
    fit = cluster_robust(data.y[rows], design[:, independent], data.cluster[rows], weights)
    return fit, encoded.warnings
