"""Two groups of a survey compared on a yes-or-no answer, with the design that brought them.

The two shares are domain means; their covariance comes from their influence functions on the design (Taylor
linearisation), so that answers alike inside a structure, and structures that answer in both groups, are accounted
for. Degrees of freedom: primary clusters that the answers touch, less their strata, less one for the comparison (R's
svyttest). The other road, when only a design effect is known, is `two_samples`.
"""

from dataclasses import dataclass
from math import exp, log, nan, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import SurveyDesign, SurveyError
from mentorat.survey.linearisation import answers, column_of
from mentorat.survey.proportions import Proportion, newcombe_limits, wilson_limits
from mentorat.survey.results import Estimate
from mentorat.survey.score import Measure, score_limits
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_text

Floats = NDArray[np.float64]
Interval = Literal["student", "newcombe", "score"]
"""The estimate (its logarithm, for a ratio) ± Student × error; Newcombe's hybrid of the Wilson interval of each share
on its effective size; the score test inverted on sizes divided by the design effect of the comparison."""


@dataclass(frozen=True)
class GroupComparison:
    """Group `first` against group `second`: the shares of each (0-1), the measure with its interval, and a t-test.

    `n1`, `n2`: answers used; `missing1`, `missing2`: members of the group who did not answer. `t`, `p`: Wald's test
    that the two shares are equal, Student with `estimate.df`, nan with a warning when nobody varies. `estimate.deff`:
    variance of the difference over that of as many independent answers.
    """

    first: str
    second: str
    measure: Measure
    share1: float
    share2: float
    n1: int
    n2: int
    missing1: int
    missing2: int
    estimate: Estimate
    t: float
    p: float


def compare_groups(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    *,
    group: str,
    first: str,
    second: str,
    measure: Measure = "difference",
    interval: Interval = "newcombe",
    level: float = 0.95,
) -> GroupComparison:
    """Compare the share of positive answers in two groups of the sample of `design` (the same rows as `frame`).

    `outcome`: a column of 0 and 1, or booleans; a missing answer leaves the group, and the design stays whole.
    `interval`: `newcombe` (difference only, within −1 and 1, with the correlation of the two shares), `score`
    (Miettinen-Nurminen, Koopman or the odds' score; the design effect is never taken below 1) or `student`. The error
    of a ratio is that of its logarithm.

    Raises SurveyError (French) on a missing column, an outcome of other values, a group without answer or that comes
    from one cluster, a ratio that a share of 0 % or 100 % leaves undefined; ValueError on `newcombe` for a ratio.
    """
    if interval == "newcombe" and measure != "difference":
        raise ValueError("Newcombe's interval is that of a difference")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    y, labels = _answers(design, frame, outcome), column_of(design, frame, group)
    members = [labels.eq(name).fillna(False).to_numpy(dtype=np.bool_) for name in (first, second)]
    masks = [~np.isnan(y) & member for member in members]
    for name, mask in zip((first, second), masks, strict=True):
        _several_clusters(design, mask, group, name, outcome)
    values = np.nan_to_num(y)
    shares, influence = _shares(design, values, masks)
    covariance = design.covariance(influence)
    sizes = [int(mask.sum()) for mask in masks]
    missing = [int(member.sum()) - size for member, size in zip(members, sizes, strict=True)]
    rows = masks[0] | masks[1]
    clusters = len(np.unique(design.stages[0].units[rows]))
    df = clusters - len(np.unique(design.stages[0].strata[rows])) - 1
    if df < 1:
        raise SurveyError(
            f"Les groupes « {first} » et « {second} » ne comptent que {clusters} grappes pour leurs strates : aucun "
            "intervalle n'est possible. Regroupez des strates, ou publiez les parts sans les comparer."
        )
    student = float(stats.t.ppf(0.5 + level / 2, df))
    pooled = _pooled_design_effect(design, values, rows)
    found = [
        _share(*one, pooled=pooled, student=student, level=level)
        for one in zip(shares, np.diag(covariance), sizes, strict=True)
    ]
    variance = max(0.0, float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    independent = sum(p * (1 - p) / n for p, n in zip(shares, sizes, strict=True))
    effect = variance / independent if independent > 0 else nan
    gap = shares[0] - shares[1]
    error = sqrt(variance)
    estimate, se = (gap, error) if measure == "difference" else _ratio(measure, shares, covariance, outcome)
    if interval == "newcombe":
        low, high = newcombe_limits(found[0], found[1], _correlation(covariance))
    elif interval == "score":
        # A group of one mind adds no variance between its clusters: both groups together say how alike answers are.
        alike = [pooled] if {0.0, 1.0} & set(shares) else []
        scale = max([1.0, *alike, *([effect] if independent > 0 else [])])
        low, high = _score(measure, shares, sizes, scale, student)
    elif measure == "difference":
        low, high = max(-1.0, gap - student * error), min(1.0, gap + student * error)
    else:
        low, high = exp(log(estimate) - student * se), exp(log(estimate) + student * se)
    t = gap / error if error > 0 else (0.0 if gap == 0 else nan)
    return GroupComparison(
        first=first,
        second=second,
        measure=measure,
        share1=shares[0],
        share2=shares[1],
        n1=sizes[0],
        n2=sizes[1],
        missing1=missing[0],
        missing2=missing[1],
        estimate=Estimate(
            estimate=estimate,
            se=se,
            low=low,
            high=high,
            df=df,
            n=sum(sizes),
            clusters=clusters,
            deff=effect,
            ess=sum(sizes) / effect if effect > 0 else nan,
            level=level,
            method=interval,
            warnings=_warnings(design, masks, (first, second), shares, error),
            n_missing=sum(missing),
        ),
        t=t,
        p=float(2 * stats.t.sf(abs(t), df)),
    )


def _answers(design: SurveyDesign, frame: pd.DataFrame, name: str) -> Floats:
    values = answers(design, frame, name)
    if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
        raise SurveyError(
            f"La colonne « {name} » a d'autres valeurs que 0 et 1. Donnez 1 pour oui, 0 pour non, vide sans réponse."
        )
    return values


def _several_clusters(design: SurveyDesign, mask: NDArray[np.bool_], group: str, name: str, outcome: str) -> None:
    clusters = len(np.unique(design.stages[0].units[mask]))
    if clusters == 0:
        raise SurveyError(
            f"Le groupe « {name} » de la colonne « {group} » n'a aucune réponse à « {outcome} ». Vérifiez le nom du "
            "groupe, ou retirez cette comparaison."
        )
    if clusters == 1:
        raise SurveyError(
            f"Le groupe « {name} » de la colonne « {group} » ne vient que d'une grappe : son écart ne se distingue pas "
            "de ce qui est propre à cette grappe. Ajoutez des grappes, ou retirez cette comparaison."
        )


def _shares(design: SurveyDesign, y: Floats, masks: list[NDArray[np.bool_]]) -> tuple[list[float], Floats]:
    """Weighted share of each group and its influence (n × 2): (y − p)/Σw in the group, zero elsewhere."""
    shares, influence = [], np.zeros((design.n, len(masks)))
    for rank, mask in enumerate(masks):
        weights, given = design.weights[mask], y[mask]
        total = float(weights.sum())
        # One answer given by all is 0 % or 100 % exactly, whatever the rounding of the weights' sum.
        share = float(given[0]) if (given == given[0]).all() else float(weights @ given) / total
        influence[mask, rank] = (given - share) / total
        shares.append(share)
    return shares, influence


def _pooled_design_effect(design: SurveyDesign, y: Floats, rows: NDArray[np.bool_]) -> float:
    """Design effect of the share of both groups together; that of the weights alone when everybody answers alike."""
    weights = design.weights[rows]
    unequal = float(len(weights) * (weights @ weights) / weights.sum() ** 2)
    (share,), influence = _shares(design, y, [rows])
    if share in (0.0, 1.0):
        return max(1.0, unequal)
    variance = float(design.covariance(influence)[0, 0])
    return max(1.0, variance / (share * (1 - share) / len(weights)))


def _share(share: float, variance: float, n: int, *, pooled: float, student: float, level: float) -> Proportion:
    """Wilson's interval on the effective size, never more than the answers (Korn and Graubard 1998).

    A share whose variance is zero takes the design effect of both groups together.
    """
    size = min(float(n), share * (1 - share) / variance) if variance > 0 else n / pooled
    low, high = wilson_limits(share * size, size, student)
    return Proportion(share * size, size, share, min(low, share), max(high, share), level)


def _correlation(covariance: Floats) -> float:
    scale = sqrt(max(0.0, float(covariance[0, 0] * covariance[1, 1])))
    return float(np.clip(covariance[0, 1] / scale, -1.0, 1.0)) if scale > 0 else 0.0


def _ratio(measure: Measure, shares: list[float], covariance: Floats, outcome: str) -> tuple[float, float]:
    """A ratio and the standard error of its logarithm (delta method)."""
    odds = measure == "odds_ratio"
    if 0.0 in shares or (odds and 1.0 in shares):
        raise SurveyError(
            f"Le rapport sur « {outcome} » n'est pas défini : une des parts est de 0 %"
            f"{' ou de 100 %' if odds else ''}. Comparez par la différence des parts."
        )
    p, q = shares
    slopes = np.array([1 / (p * (1 - p)), -1 / (q * (1 - q))]) if odds else np.array([1 / p, -1 / q])
    value = p * (1 - q) / (q * (1 - p)) if odds else p / q
    return value, sqrt(max(0.0, float(slopes @ covariance @ slopes)))


def _score(
    measure: Measure, shares: list[float], sizes: list[int], effect: float, student: float
) -> tuple[float, float]:
    n1, n2 = (n / effect for n in sizes)
    p, q = shares
    low, high = score_limits(measure, (p * n1, n1, q * n2, n2), student, corrected=measure == "difference")
    return float(low), float(high)


def _warnings(
    design: SurveyDesign, masks: list[NDArray[np.bool_]], names: tuple[str, str], shares: list[float], error: float
) -> tuple[str, ...]:
    found = []
    for name, mask, share in zip(names, masks, shares, strict=True):
        clusters = len(np.unique(design.stages[0].units[mask]))
        if clusters < FEW_CLUSTERS:
            found.append(f"Le groupe « {name} » ne compte que {clusters} grappes : l'intervalle est fragile.")
        if share in (0.0, 1.0):
            found.append(
                f"Tout le groupe « {name} » a donné la même réponse : sa variance ne se mesure pas, ne lisez ni "
                "l'erreur type, ni le test, ni un intervalle de Student."
            )
    if error == 0:
        found.append("L'erreur type est nulle : les grappes ne diffèrent pas, le test n'a pas de sens.")
    return tuple(fr_text(sentence) for sentence in found)
