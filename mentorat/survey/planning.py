"""Sample size, power and minimum detectable effect of a comparison of two groups, clusters first.

Every test here is two-sided. Its statistic is taken as Student's (normal without clusters, for shares) with
noncentrality effect/se, and rejects beyond the quantile times the ratio of its standard error under the null to that
under the alternative:

- `h`: Cohen's difference of arcsines, se = √(1/m₁ + 1/m₂) (Cohen 1988, chapter 6);
- `pooled`: the χ² without correction, se under the null from the pooled share (Fleiss 1981, formula 3.14; R's
  power.prop.test(strict = TRUE));
- `unpooled`: Wald's test, the same se on both sides;
- means: standardised difference d, se = √(1/m₁ + 1/m₂) (R's power.t.test(strict = TRUE)).

m₁, m₂ are effective sizes: answers ÷ design effect ÷ (1 − ρ²), ρ being the correlation of the answer with the same
question at a first wave (Borm, Fransen and Lemmens 2007; with clusters, ρ equal between and inside them, Teerenstra
et al. 2012). The design effect of clusters of mean size m and coefficient of variation c is 1 + ((1 + c²)m − 1) × ICC
(Eldridge, Ashby and Kerry 2006, an upper bound); it supposes that a cluster holds one group only, the least
favourable case. With clusters, degrees of freedom are the clusters of both groups less two. Several outcomes share
the level (Bonferroni), which is also what Holm asks of the first of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mentorat.survey.design import SurveyError
from mentorat.survey.proportions import cohen_h
from mentorat.survey.thresholds import FEW_CLUSTERS
from mentorat.typography import fr_count, fr_number, fr_percent, fr_text

Scale = Literal["h", "pooled", "unpooled"]
Direction = Literal["hausse", "baisse"]
DIRECTIONS: tuple[Direction, ...] = ("hausse", "baisse")

ENUMERABLE = 1_000_000
"""Pairs of counts under which the power of two independent samples is also given exactly."""


@dataclass(frozen=True)
class Assumptions:
    """What a plan supposes of the survey to come.

    `level`: two-sided risk of the whole family; `outcomes`: questions that share it; `attrition`: share of those
    asked who will not be there (0-1); `icc`, `cluster_size` (young people asked in a cluster, a group), `cluster_cv`
    (standard deviation of sizes over their mean); `design_effect`: given as such in place of the three (clusters are
    then unknown); `correlation`: of the answer with the same question at a first wave, 0 with one wave.

    Raises SurveyError (French, naming the quantity and the remedy) on a value outside its range.
    """

    level: float = 0.05
    outcomes: int = 1
    attrition: float = 0.0
    icc: float = 0.0
    cluster_size: float = 1.0
    cluster_cv: float = 0.0
    design_effect: float | None = None
    correlation: float = 0.0

    def __post_init__(self) -> None:
        _inside("Le risque", self.level, 0, 1, "5 % est l'usage", open_low=True)
        _inside("Le nombre d'issues", self.outcomes, 1, inf, "comptez les questions comparées, une au moins")
        _inside("L'attrition", self.attrition, 0, 1, "donnez une part entre 0 et 1, par exemple 0,2")
        _inside("La corrélation intra-grappe (ICC)", self.icc, 0, 1, "0,02 à 0,1 sont des valeurs courantes")
        _inside("La taille des grappes", self.cluster_size, 1, inf, "une grappe compte un jeune au moins")
        _inside("Le coefficient de variation des tailles", self.cluster_cv, 0, inf, "0 : tailles égales")
        _inside("La corrélation entre vagues", self.correlation, 0, 1, "0 avec une seule vague")
        if self.design_effect is not None:
            _inside("L'effet de plan", self.design_effect, 1, inf, "1 : réponses indépendantes")
            if self.icc or self.cluster_size > 1:
                raise SurveyError("Donnez l'effet de plan, ou l'ICC et la taille des grappes, pas les deux.")

    @property
    def level_each(self) -> float:
        """Level of one outcome (Bonferroni)."""
        return self.level / self.outcomes

    @property
    def clustered(self) -> bool:
        return self.design_effect is None and self.cluster_size > 1

    @property
    def variance_inflation(self) -> float:
        """Design effect of those who answer: a cluster gives `cluster_size` × (1 − attrition) answers."""
        if self.design_effect is not None:
            return self.design_effect
        answering = max(1.0, self.cluster_size * (1 - self.attrition))
        return design_effect(self.icc, answering, self.cluster_cv) if self.clustered else 1.0

    @property
    def worth(self) -> float:
        """Independent answers that one young person asked is worth."""
        return (1 - self.attrition) / self.variance_inflation / (1 - self.correlation**2)


@dataclass(frozen=True)
class Plan:
    """A comparison and its power. Group 1: mentored; group 2: the others, at `share2` (baseline).

    `effect`: difference of shares (0-1), or standard deviations between means (`share1`, `share2` then None);
    `n1`, `n2`: young people asked; `answers1`, `answers2`: expected of them; `clusters1`, `clusters2`: None when
    answers are independent or clusters unknown; `df`: degrees of freedom (inf: normal); `level`: of one outcome;
    `exact_power`: of the χ² without correction, by enumeration, for small independent samples; `warnings`: French.
    """

    effect: float
    share1: float | None
    share2: float | None
    n1: int
    n2: int
    answers1: float
    answers2: float
    clusters1: int | None
    clusters2: int | None
    df: float
    design_effect: float
    level: float
    power: float
    exact_power: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def cohen_h(self) -> float | None:
        return None if self.share1 is None or self.share2 is None else cohen_h(self.share1, self.share2)


def design_effect(icc: float, mean_size: float, cv: float = 0.0) -> float:
    """1 + ((1 + cv²)·m − 1)·ICC, never below 1 (Eldridge, Ashby and Kerry 2006)."""
    return max(1.0, 1 + ((1 + cv**2) * mean_size - 1) * icc)


def power_of_shares(
    share1: float,
    share2: float,
    n1: int,
    n2: int,
    *,
    assumptions: Assumptions | None = None,
    scale: Scale = "pooled",
) -> Plan:
    """Power of comparing `n1` young people asked at `share1` with `n2` at `share2` (shares 0-1).

    Raises SurveyError on a share outside 0-1, an empty group, fewer than two clusters a group.
    """
    given = assumptions or Assumptions()
    _inside("La part du premier groupe", share1, 0, 1, "donnez une part entre 0 et 1", closed_high=True)
    _inside("La part de référence", share2, 0, 1, "donnez une part entre 0 et 1", closed_high=True)
    sizes = _sizes(n1, n2, given)
    power = _share_power(share1, share2, sizes, given.level_each, scale)
    exact, warnings = None, list(_warnings(sizes, given))
    smallest = min(
        size * part
        for size, share in zip(sizes.effective, (share1, share2), strict=True)
        for part in (share, 1 - share)
    )
    if given.worth == 1 and (n1 + 1) * (n2 + 1) <= ENUMERABLE:
        exact = exact_power(share1, share2, n1, n2, level=given.level_each)
    if smallest < 5:
        warnings.append(
            "Moins de 5 réponses attendues d'une sorte dans un groupe : l'approximation normale est fragile"
            + (
                f" ; par énumération la puissance est de {fr_percent(exact, 1)}."
                if exact is not None
                else ". Comptez plus large."
            )
        )
    return _plan(share1 - share2, (share1, share2), sizes, given, power=power, exact=exact, warnings=warnings)


def power_of_means(d: float, n1: int, n2: int, *, assumptions: Assumptions | None = None) -> Plan:
    """Power of comparing two means `d` standard deviations apart, `n1` and `n2` young people asked."""
    given = assumptions or Assumptions()
    sizes = _sizes(n1, n2, given, student=True)
    power = _mean_power(d, sizes, given.level_each)
    return _plan(d, None, sizes, given, power=power, warnings=_warnings(sizes, given))


def detectable_h(n1: int, n2: int, *, power: float = 0.8, assumptions: Assumptions | None = None) -> float:
    """Cohen's h that `n1` and `n2` young people asked detect with that power."""
    given = assumptions or Assumptions()
    _target(power, given)
    sizes = _sizes(n1, n2, given)
    return _root(lambda h: _tails(abs(h), _information(sizes), 1.0, sizes.df, given.level_each) - power, 1e-9, np.pi)


def detectable_mean(n1: int, n2: int, *, power: float = 0.8, assumptions: Assumptions | None = None) -> Plan:
    """Smallest difference of means, in standard deviations, detected with that power."""
    given = assumptions or Assumptions()
    _target(power, given)
    sizes = _sizes(n1, n2, given, student=True)
    far = 20 / _information(sizes)
    return power_of_means(
        _root(lambda d: _mean_power(d, sizes, given.level_each) - power, 1e-9, far), n1, n2, assumptions=given
    )


def detectable_from_error(se: float, df: float = inf, *, power: float = 0.8, level: float = 0.05) -> float:
    """Effect detected with that power by an estimate of standard error `se`: (t₁₋α/₂ + t_power) × se (Bloom 1995)."""
    law = stats.t(df) if isfinite(df) else stats.norm
    return float(law.ppf(1 - level / 2) + law.ppf(power)) * se


def detectable_share(
    baseline: float,
    n1: int,
    n2: int,
    *,
    power: float = 0.8,
    direction: Direction = "hausse",
    assumptions: Assumptions | None = None,
    scale: Scale = "pooled",
) -> Plan | None:
    """The smallest difference from `baseline` (share of group 2) detected with that power, above or below it.

    None when no difference, however large, reaches it: from 5 %, a fall of 5 points may still be too small to see.
    """
    given = assumptions or Assumptions()
    _target(power, given)
    _inside("La part de référence", baseline, 0, 1, "donnez une part entre 0 et 1, bornes exclues", open_low=True)
    sizes = _sizes(n1, n2, given)
    sign = 1 if direction == "hausse" else -1
    edge = 1 - baseline if sign > 0 else baseline

    def share(gap: float) -> float:
        return min(1.0, max(0.0, baseline + sign * gap))

    def excess(gap: float) -> float:
        return _share_power(share(gap), baseline, sizes, given.level_each, scale) - power

    if excess(edge) < 0:
        return None
    return power_of_shares(share(_root(excess, 1e-9, edge)), baseline, n1, n2, assumptions=given, scale=scale)


def sample_for_shares(
    share1: float,
    share2: float,
    *,
    power: float = 0.8,
    ratio: float = 1.0,
    assumptions: Assumptions | None = None,
    scale: Scale = "h",
) -> Plan:
    """The fewest young people to ask for that power: whole clusters when there are some, else young people.

    `ratio`: young people of group 2 for one of group 1. Raises SurveyError when the two shares are equal.
    """
    if share1 == share2:
        raise SurveyError("Les deux parts sont égales : aucun effectif ne détecte un écart nul. Donnez un écart.")
    return _fewest(
        lambda n1, n2, given: power_of_shares(share1, share2, n1, n2, assumptions=given, scale=scale),
        power,
        ratio,
        assumptions,
    )


def sample_for_means(
    d: float, *, power: float = 0.8, ratio: float = 1.0, assumptions: Assumptions | None = None
) -> Plan:
    """The fewest young people to ask to detect `d` standard deviations with that power."""
    if d == 0:
        raise SurveyError("L'écart est nul : aucun effectif ne le détecte. Donnez un écart.")
    return _fewest(lambda n1, n2, given: power_of_means(d, n1, n2, assumptions=given), power, ratio, assumptions)


CURVE = ["n_par_groupe", "effet_plan", "part_reference", "ecart_hausse_points", "ecart_baisse_points"]
"""Columns of `detectable_curve`; the sizes are those asked, the differences percentage points (empty: none)."""


def detectable_curve(
    baseline: float,
    sizes: Sequence[int],
    *,
    power: float = 0.8,
    ratio: float = 1.0,
    assumptions: Sequence[Assumptions] | None = None,
    scale: Scale = "pooled",
) -> pd.DataFrame:
    """Detectable difference, above and below `baseline`, by size asked of group 1 and assumption."""
    rows = []
    for given in assumptions or [Assumptions()]:
        for n in sizes:
            found = [
                detectable_share(
                    baseline,
                    n,
                    ceil(n * ratio),
                    power=power,
                    direction=direction,
                    assumptions=given,
                    scale=scale,
                )
                for direction in DIRECTIONS
            ]
            gaps = [np.nan if plan is None else 100 * plan.effect for plan in found]
            rows.append([n, given.variance_inflation, baseline, *gaps])
    return pd.DataFrame(rows, columns=CURVE)


def exact_power(
    share1: float, share2: float, n1: int, n2: int, *, level: float = 0.05, test: Literal["chi2", "fisher"] = "chi2"
) -> float:
    """Chance that the test rejects, summed over every pair of counts (independent answers).

    `chi2`: Pearson without correction; `fisher`: two-sided, summing the tables no more likely than the one observed.
    """
    one = stats.binom.pmf(np.arange(n1 + 1), n1, share1)
    two = stats.binom.pmf(np.arange(n2 + 1), n2, share2)
    rejects = _chi2_rejects(n1, n2, level) if test == "chi2" else _fisher_rejects(n1, n2, level)
    return float(one @ rejects @ two)


@dataclass(frozen=True)
class IntraclassCorrelation:
    """How alike answers of one cluster are: ANOVA estimate (0 when negative) and interval at `level`.

    `raw`: the estimate before it is cut at 0; `mean_size`, `cv`: of the clusters' sizes.
    """

    icc: float
    low: float
    high: float
    raw: float
    clusters: int
    n: int
    mean_size: float
    cv: float
    level: float = 0.95
    warnings: tuple[str, ...] = ()


def intraclass_correlation(values: ArrayLike, clusters: ArrayLike, level: float = 0.95) -> IntraclassCorrelation:
    """ICC of a continuous or 0/1 item from its one-way analysis of variance; missing values are left out.

    ICC = (MSB − MSW)/(MSB + (n₀ − 1)·MSW), n₀ = (n − Σnᵢ²/n)/(k − 1) (Donner and Koval 1980; for 0/1 items, Ridout,
    Demétrio and Firth 1999). Interval: from the F of the analysis of variance (Searle 1971, exact with equal sizes and
    normal values, approximate otherwise). Raises SurveyError on an item answered by nobody, constant, or in clusters
    that hold one answer each.
    """
    frame = pd.DataFrame({"valeur": np.asarray(values), "grappe": np.asarray(clusters)}).dropna()
    if frame.empty:
        raise SurveyError(
            "L'item n'a aucune réponse : sa corrélation intra-grappe ne peut pas être estimée. Retirez-le."
        )
    y = frame["valeur"].to_numpy(dtype=np.float64)
    codes = pd.factorize(frame["grappe"], sort=True)[0]
    size = np.bincount(codes).astype(np.float64)
    n, k = len(y), len(size)
    if np.ptp(y) == 0:
        raise SurveyError("L'item est constant : sa corrélation intra-grappe n'est pas définie. Retirez-le du calcul.")
    if k < 2 or n == k:
        raise SurveyError(
            f"{fr_count(n, 'réponse', 'réponses')} dans {fr_count(k, 'grappe', 'grappes')} : il faut deux "
            "grappes au moins, et plusieurs réponses dans l'une. Vérifiez la colonne des grappes."
        )
    mean = np.bincount(codes, weights=y) / size
    between = float((size * (mean - y.mean()) ** 2).sum()) / (k - 1)
    within = float(((y - mean[codes]) ** 2).sum()) / (n - k)
    n0 = (n - float((size**2).sum()) / n) / (k - 1)
    raw = (between - within) / (between + (n0 - 1) * within)
    tails = [float(stats.f.ppf(tail, k - 1, n - k)) for tail in (0.5 + level / 2, 0.5 - level / 2)]
    # within = 0: every cluster is of one mind, and F is infinite
    low, high = (
        (1.0, 1.0)
        if within == 0
        else ((between / within / tail - 1) / (between / within / tail + n0 - 1) for tail in tails)
    )
    warnings = (f"{k} grappes seulement : la corrélation intra-grappe est mal connue.",) if k < 2 * FEW_CLUSTERS else ()
    return IntraclassCorrelation(
        icc=max(0.0, raw),
        low=max(0.0, low),
        high=max(0.0, high),
        raw=raw,
        clusters=k,
        n=n,
        mean_size=n / k,
        cv=float(size.std() / size.mean()),
        level=level,
        warnings=warnings,
    )


def plan_sentence(plan: Plan) -> str:
    """What a plan of shares allows to say, in plain French."""
    if plan.share1 is None or plan.share2 is None:
        what = f"Un écart de {fr_number(plan.effect, 2)} écart-type"
    else:
        what = (
            f"Un écart de {fr_number(100 * abs(plan.effect), 1)} points "
            f"({fr_percent(plan.share1)} contre {fr_percent(plan.share2)})"
        )
    grappes = "" if plan.clusters1 is None else f", en {plan.clusters1} et {plan.clusters2} grappes"
    return fr_text(
        f"{what}, s'il est réel, serait détecté {fr_number(100 * plan.power)} fois sur 100 en interrogeant "
        f"{fr_number(plan.n1)} jeunes mentorés et {fr_number(plan.n2)} jeunes non mentorés{grappes}."
    )


@dataclass(frozen=True)
class _Sizes:
    """Young people asked, answers expected, what they are worth, clusters and degrees of freedom."""

    asked: tuple[int, int]
    answers: tuple[float, float]
    effective: tuple[float, float]
    clusters: tuple[int, int] | None
    df: float


def _sizes(n1: int, n2: int, given: Assumptions, *, student: bool = False) -> _Sizes:
    if min(n1, n2) < 2:
        raise SurveyError(f"Il faut deux jeunes au moins par groupe, et non {n1} et {n2}. Vérifiez --n1 et --n2.")
    clusters, df = None, inf
    answers = (n1 * (1 - given.attrition), n2 * (1 - given.attrition))
    if given.clustered:
        clusters = (max(1, round(n1 / given.cluster_size)), max(1, round(n2 / given.cluster_size)))
        if min(clusters) < 2:
            raise SurveyError(
                f"{clusters[0]} et {fr_count(clusters[1], 'grappe', 'grappes')} : il en faut deux au moins par "
                "groupe pour connaître l'incertitude. Interrogez moins de jeunes dans plus de structures."
            )
        df = sum(clusters) - 2
    elif student:
        df = max(1.0, floor(sum(answers)) - 2)
    return _Sizes((n1, n2), answers, (n1 * given.worth, n2 * given.worth), clusters, df)


def _information(sizes: _Sizes) -> float:
    """1/√(1/m₁ + 1/m₂)."""
    one, two = sizes.effective
    return sqrt(one * two / (one + two))


def _tails(effect_over_se: float, factor: float, null_ratio: float, df: float, level: float) -> float:
    """Chance of either tail; `null_ratio`: standard error under the null over that under the alternative."""
    nc = effect_over_se * factor
    if isfinite(df):
        cut = float(stats.t.ppf(1 - level / 2, df)) * null_ratio
        # the tail against the effect is below what nct computes well when the noncentrality is large
        against = float(stats.nct.cdf(-cut, df, nc)) if nc < 10 else 0.0
        return float(stats.nct.sf(cut, df, nc)) + (against if isfinite(against) else 0.0)
    cut = float(stats.norm.ppf(1 - level / 2)) * null_ratio
    return float(stats.norm.sf(cut - nc) + stats.norm.cdf(-cut - nc))


def _share_power(share1: float, share2: float, sizes: _Sizes, level: float, scale: Scale) -> float:
    if scale == "h":
        return _tails(abs(cohen_h(share1, share2)), _information(sizes), 1.0, sizes.df, level)
    one, two = sizes.effective
    alternative = sqrt(share1 * (1 - share1) / one + share2 * (1 - share2) / two)
    if alternative == 0:
        return 1.0 if share1 != share2 else 0.0
    pooled = (one * share1 + two * share2) / (one + two)
    null = sqrt(pooled * (1 - pooled) * (1 / one + 1 / two)) if scale == "pooled" else alternative
    return _tails(abs(share1 - share2) / alternative, 1.0, null / alternative, sizes.df, level)


def _mean_power(d: float, sizes: _Sizes, level: float) -> float:
    return _tails(abs(d), _information(sizes), 1.0, sizes.df, level)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(optimize.brentq(function, low, high, xtol=1e-14, rtol=1e-13))


def _fewest(
    planned: Callable[[int, int, Assumptions], Plan], power: float, ratio: float, assumptions: Assumptions | None
) -> Plan:
    """Smallest size of group 1 (whole clusters when clustered) that reaches the power; it grows with the size."""
    given = assumptions or Assumptions()
    _target(power, given)
    _inside("Le rapport des effectifs", ratio, 0, inf, "2 : deux non-mentorés pour un mentoré", open_low=True)

    def at(units: int) -> Plan:
        if not given.clustered:
            return planned(units, max(2, ceil(units * ratio)), given)
        others = max(2, ceil(units * ratio))
        return planned(ceil(units * given.cluster_size), ceil(others * given.cluster_size), given)

    low, high = 1, 2
    while at(high).power < power:
        low, high = high, 2 * high
        if high > 1 << 26:
            raise SurveyError(
                "Il faudrait plus de 60 millions de jeunes : l'écart demandé est trop petit pour être détecté. "
                "Donnez un écart plus grand."
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle).power >= power else (middle, high)
    return at(high)


def _target(power: float, given: Assumptions) -> None:
    _inside("La puissance", power, given.level_each, 1, "80 % est l'usage", open_low=True)


def _inside(
    what: str,
    value: float,
    low: float,
    high: float,
    remedy: str,
    *,
    open_low: bool = False,
    closed_high: bool = False,
) -> None:
    below = value <= low if open_low else value < low
    above = value > high if closed_high else value >= high
    if not isfinite(value) or below or above:
        told = fr_number(value, 0 if value == int(value) else 3) if isfinite(value) else "une valeur absente"
        raise SurveyError(fr_text(f"{what} ne peut pas valoir {told} : {remedy}."))


def _warnings(sizes: _Sizes, given: Assumptions) -> tuple[str, ...]:
    if given.design_effect is not None and given.design_effect > 1:
        return (
            "Effet de plan donné sans nombre de grappes : la puissance suppose qu'elles sont nombreuses "
            "(quarante ou plus).",
        )
    if sizes.clusters is not None and min(sizes.clusters) < FEW_CLUSTERS:
        return (
            f"Moins de {FEW_CLUSTERS} grappes dans un groupe : la puissance annoncée est fragile, quel que soit le "
            "nombre de jeunes.",
        )
    return ()


def _plan(
    effect: float,
    shares: tuple[float, float] | None,
    sizes: _Sizes,
    given: Assumptions,
    *,
    power: float,
    exact: float | None = None,
    warnings: Sequence[str] = (),
) -> Plan:
    clusters = sizes.clusters or (None, None)
    return Plan(
        effect=effect,
        share1=None if shares is None else shares[0],
        share2=None if shares is None else shares[1],
        n1=sizes.asked[0],
        n2=sizes.asked[1],
        answers1=sizes.answers[0],
        answers2=sizes.answers[1],
        clusters1=clusters[0],
        clusters2=clusters[1],
        df=sizes.df,
        design_effect=given.variance_inflation,
        level=given.level_each,
        power=power,
        exact_power=exact,
        warnings=tuple(warnings),
    )


def _chi2_rejects(n1: int, n2: int, level: float) -> NDArray[np.bool_]:
    """For each pair of counts (n1 + 1 × n2 + 1), whether Pearson's χ² rejects."""
    x1, x2 = np.arange(n1 + 1)[:, None].astype(float), np.arange(n2 + 1)[None, :].astype(float)
    positive = x1 + x2
    spread = n1 * n2 * positive * (n1 + n2 - positive)
    with np.errstate(invalid="ignore", divide="ignore"):
        chi2 = (x1 * n2 - x2 * n1) ** 2 * (n1 + n2) / spread
    rejects: NDArray[np.bool_] = np.nan_to_num(chi2) >= float(stats.chi2.isf(level, 1))
    return rejects


def _fisher_rejects(n1: int, n2: int, level: float) -> NDArray[np.bool_]:
    """The same for Fisher's exact test, one hypergeometric law for each number of positive answers."""
    rejects = np.zeros((n1 + 1, n2 + 1), dtype=bool)
    for positive in range(n1 + n2 + 1):
        x1 = np.arange(max(0, positive - n2), min(n1, positive) + 1)
        likely = stats.hypergeom.pmf(x1, n1 + n2, positive, n1)
        order = np.sort(likely)
        # as likely counts as no more likely; floating point may part two equal tables
        upto = np.searchsorted(order, likely * (1 + 1e-7), side="right")
        rejects[x1, positive - x1] = np.cumsum(order)[upto - 1] <= level
    return rejects
