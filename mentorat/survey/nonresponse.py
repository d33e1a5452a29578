"""Weights corrected for those who were drawn and did not answer.

A respondent also speaks for the non-respondents like him: his weight is divided by a response rate, that of a group
within which answering is held to be unrelated to the answers (response-homogeneity groups: Särndal, Swensson and
Wretman 1992, section 15.6; Haziza and Beaumont 2017), or the probability of a logit. The groups cross variables known
for everyone drawn, or cut the logit's probability by quantiles, which a misspecified logit harms less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.survey.design import Codes, Floats, SurveyError
from mentorat.survey.margins import starting_weights
from mentorat.survey.weighting import Weighting, no_margin
from mentorat.typography import fr_count, fr_number, fr_percent

KNOWN = (
    "Les taux de réponse sont tenus pour connus : l'intervalle ne compte pas leur propre incertitude, sauf à "
    "recommencer la correction sur des répliques du plan."
)
UNKNOWN = "inconnu"
"""Level of a variable that is missing for someone drawn."""
LOW_RATE = 0.1
"""A response rate under this is told: each answer then stands for more than ten young people drawn."""


@dataclass(frozen=True)
class NonResponse:
    """A correction for non-response on all the rows drawn (n), respondents or not.

    `weights` (n): 0 for those who did not answer; `respondents` (n); `rates` (n): the rate each weight was divided by;
    `groups`: groupe, n, repondants, taux (weighted), facteur (one row a group; for the logit, a tenth of the score);
    `step`: the same as a `Weighting` of the respondents' rows alone, in their order.
    """

    weights: Floats
    respondents: np.ndarray
    rates: Floats
    groups: pd.DataFrame
    step: Weighting


def response_groups(
    sample: pd.DataFrame,
    answered: str,
    variables: Sequence[str],
    *,
    weights: str | ArrayLike | None = None,
    minimum: int = 20,
    lowest_rate: float = LOW_RATE,
) -> NonResponse:
    """Groups that cross `variables`; one with fewer than `minimum` respondents, or a rate under `lowest_rate`, joins
    the group whose rate is the nearest.

    `sample`: everyone drawn; `answered`: boolean column. A missing value of a variable is a level of its own. The
    factor of a group is Σ d over those drawn / Σ d over the respondents, so that each group keeps its total weight.

    Raises SurveyError on a column that is missing or not boolean, nobody who answered, or weights not positive.
    """
    start, mask = _start(sample, answered, weights)
    crossed = _crossed(sample, variables)
    codes, labels = pd.factorize(crossed, sort=True)
    return _by_group(start, mask, codes.astype(np.intp), [str(label) for label in labels], (minimum, lowest_rate))


def response_score_groups(
    sample: pd.DataFrame,
    answered: str,
    variables: Sequence[str],
    *,
    weights: str | ArrayLike | None = None,
    groups: int = 5,
    minimum: int = 20,
    lowest_rate: float = LOW_RATE,
) -> NonResponse:
    """Groups cut at the quantiles of the response score, a logit of `answered` on `variables` (as `response_logit`)."""
    start, mask = _start(sample, answered, weights)
    score = _logit_scores(_regressors(sample, variables), mask)
    cuts = np.unique(np.quantile(score, np.linspace(0, 1, groups + 1)[1:-1]))
    codes = np.searchsorted(cuts, score, side="right").astype(np.intp)
    labels = [f"score {rank + 1}" for rank in range(len(cuts) + 1)]
    return _by_group(start, mask, codes, labels, (minimum, lowest_rate))


def response_logit(
    sample: pd.DataFrame, answered: str, variables: Sequence[str], *, weights: str | ArrayLike | None = None
) -> NonResponse:
    """Each respondent's weight divided by his probability of answering, an unweighted logit on `variables`.

    Numeric variables enter as they are, the others by level. Raises SurveyError as `response_groups`, and when a level
    has no respondent: nobody then speaks for those young people.
    """
    start, mask = _start(sample, answered, weights)
    _refuse_silent_level(sample, variables, mask)
    score = _logit_scores(_regressors(sample, variables), mask)
    cuts = np.unique(np.quantile(score, np.linspace(0, 1, 11)[1:-1]))
    tenth = np.searchsorted(cuts, score, side="right").astype(np.intp)
    table = _table(start, mask, tenth, [f"score {rank + 1}" for rank in range(len(cuts) + 1)])
    return _result(start, mask, score, table, "non-réponse (logit)")


def _start(sample: pd.DataFrame, answered: str, weights: str | ArrayLike | None) -> tuple[Floats, np.ndarray]:
    start = starting_weights(sample, weights)
    column = _column(sample, answered)
    if column.isna().any() or not column.isin([True, False]).all():
        raise SurveyError(
            f"La colonne « {answered} » dit qui a répondu, par oui ou non, pour chaque jeune tiré : complétez-la."
        )
    mask = column.to_numpy(dtype=bool)
    if not mask.any():
        raise SurveyError(f"Personne n'a répondu (colonne « {answered} ») : aucun poids ne peut être corrigé.")
    return start, mask


def _column(sample: pd.DataFrame, name: str) -> pd.Series:
    if name not in sample.columns:
        raise SurveyError(
            f"La colonne « {name} » manque dans l'échantillon tiré : ajoutez-la, ou retirez-la de la correction."
        )
    return sample[name]


def _text(sample: pd.DataFrame, name: str) -> pd.Series:
    column = _column(sample, name)
    return column.astype("object").where(column.notna(), UNKNOWN).astype("str")


def _crossed(sample: pd.DataFrame, variables: Sequence[str]) -> pd.Series:
    if not variables:
        raise SurveyError("Donnez au moins une variable connue de tous les jeunes tirés pour former les groupes.")
    parts = [_text(sample, name) for name in variables]
    crossed = parts[0]
    for part in parts[1:]:
        crossed = crossed + " × " + part
    return crossed


def _regressors(sample: pd.DataFrame, variables: Sequence[str]) -> Floats:
    """n × p: a constant, numeric variables standardised, an indicator for every level of the others."""
    if not variables:
        raise SurveyError("Donnez au moins une variable connue de tous les jeunes tirés pour expliquer la réponse.")
    blocks = [np.ones((len(sample), 1))]
    for name in variables:
        column = _column(sample, name)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and column.notna().all():
            values = column.to_numpy(dtype=np.float64)
            spread = values.std()
            blocks.append(((values - values.mean()) / (spread if spread > 0 else 1.0))[:, None])
        else:
            blocks.append(pd.get_dummies(_text(sample, name)).to_numpy(dtype=np.float64))
    return np.concatenate(blocks, axis=1)


def _logit_scores(x: Floats, mask: np.ndarray) -> Floats:
    """Probabilities (n) of an unweighted logit, by Newton steps; redundant columns are harmless.

    Where a level answers as one, its probability goes to 0 or 1: the steps stop when no probability moves any more.
    """
    y = mask.astype(np.float64)
    beta = np.zeros(x.shape[1])
    share = np.full(len(y), 0.5)
    for _ in range(50):
        curvature = (x * (share * (1 - share))[:, None]).T @ x
        move = np.linalg.lstsq(curvature, x.T @ (y - share), rcond=1e-10)[0]
        beta = beta + move
        last, share = share, 0.5 * (1 + np.tanh(np.clip(x @ beta, -30, 30) / 2))
        if np.abs(share - last).max() < 1e-12:
            break
    found: Floats = np.clip(share, 1e-9, 1.0).round(12)  # the same levels have the same score, whatever the row
    return found


def _refuse_silent_level(sample: pd.DataFrame, variables: Sequence[str], mask: np.ndarray) -> None:
    for name in variables:
        column = _column(sample, name)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            continue
        answers = pd.Series(mask).groupby(_text(sample, name).to_numpy()).sum()
        silent = answers.index[answers == 0]
        if len(silent):
            raise SurveyError(
                f"La modalité « {name} = {silent[0]} » n'a aucun répondant : personne ne peut parler pour ces jeunes. "
                "Regroupez-la avec une modalité voisine, ou corrigez par groupes."
            )


def _by_group(start: Floats, mask: np.ndarray, codes: Codes, labels: list[str], rule: tuple[int, float]) -> NonResponse:
    merged, names = _collapsed(start, mask, codes, labels, rule)
    table = _table(start, mask, merged, names)
    rates = table["taux"].to_numpy()[merged]
    found = _result(start, mask, rates, table, "non-réponse (groupes)")
    joined = len(labels) - len(names)
    if not joined:
        return found
    told = f"{fr_count(joined, 'groupe trop petit réuni', 'groupes trop petits réunis')} au groupe de taux voisin."
    return replace(found, step=replace(found.step, warnings=(told, *found.step.warnings)))


def _collapsed(
    start: Floats, mask: np.ndarray, codes: Codes, labels: list[str], rule: tuple[int, float]
) -> tuple[Codes, list[str]]:
    """Codes and names of the groups once the small ones have joined, the smallest first.

    In order of their rates, the group joins whichever neighbour's is the nearest; ties go to the name.
    """
    count = len(labels)
    drawn = np.bincount(codes, weights=start, minlength=count)
    kept = np.bincount(codes, weights=start * mask, minlength=count)
    answers = np.bincount(codes, weights=mask.astype(np.float64), minlength=count)
    members = [[rank] for rank in range(count)]
    alive = [rank for rank in range(count) if drawn[rank] > 0]
    minimum, lowest = rule
    while len(alive) > 1:
        small = [r for r in alive if answers[r] < max(1, minimum) or kept[r] < lowest * drawn[r]]
        if not small:
            break
        one = min(small, key=lambda r: (answers[r], labels[r]))
        rate = kept[one] / drawn[one]
        other = min((r for r in alive if r != one), key=lambda r: (abs(kept[r] / drawn[r] - rate), labels[r]))
        for sums in (drawn, kept, answers):
            sums[other] += sums[one]
        members[other] += members[one]
        alive.remove(one)
    place = np.zeros(count, dtype=np.intp)
    for rank, group in enumerate(alive):
        place[members[group]] = rank
    return place[codes], [" + ".join(labels[member] for member in sorted(members[group])) for group in alive]


def _table(start: Floats, mask: np.ndarray, codes: Codes, labels: list[str]) -> pd.DataFrame:
    count = len(labels)
    drawn = np.bincount(codes, weights=start, minlength=count)
    kept = np.bincount(codes, weights=start * mask, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(drawn > 0, kept / drawn, np.nan)
        factor = np.where(kept > 0, drawn / kept, np.nan)
    return pd.DataFrame(
        {
            "groupe": pd.Series(labels, dtype="str"),
            "n": np.bincount(codes, minlength=count),
            "repondants": np.bincount(codes, weights=mask, minlength=count).astype(np.int64),
            "taux": rate,
            "facteur": factor,
        }
    )


def _result(start: Floats, mask: np.ndarray, rates: Floats, table: pd.DataFrame, method: str) -> NonResponse:
    weights = np.where(mask, start / rates, 0.0)
    told = [KNOWN]
    lowest = float(rates[mask].min())
    if lowest < LOW_RATE:
        told.append(
            f"Le plus faible taux de réponse est de {fr_percent(lowest)} : un répondant y parle pour "
            f"{fr_number(1 / lowest, 1)} jeunes tirés."
        )
    step = Weighting(weights[mask], start[mask], method, no_margin(), warnings=tuple(told))
    return NonResponse(weights, mask, np.asarray(rates), table, step)
