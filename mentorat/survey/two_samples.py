"""Two proportions compared: a choice of intervals, tests, strata, and the number of young people for one more.

`two_proportions` holds what the project publishes by default; here is the rest, one function a measure. Group 1 is
compared with group 2; shares are between 0 and 1. A design effect divides both sizes, except in the exact methods,
which suppose independent answers and refuse it. What cannot be computed comes with a French sentence in `warnings`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, isnan, log, nan, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.conditional import conditional_table
from mentorat.survey.proportions import (
    fisher_p,
    log_limit,
    log_odds_ratio,
    log_risk_ratio,
    newcombe_limits,
    normal_quantile,
    pearson_chi2,
    proportion,
)
from mentorat.survey.score import Measure, score_limits
from mentorat.typography import fr_number, fr_percent, fr_points, fr_text

Floats = NDArray[np.float64]
FourCounts = tuple[float, float, float, float]
DifferenceMethod = Literal["newcombe", "newcombe_cc", "miettinen_nurminen", "mee", "agresti_caffo", "wald", "wald_cc"]
RatioMethod = Literal["koopman", "miettinen_nurminen", "katz", "small"]
OddsMethod = Literal["score", "miettinen_nurminen", "woolf", "small", "fisher", "midp"]
TestMethod = Literal["pearson", "yates", "fisher", "midp", "boschloo"]

EXACT = ("small", "fisher", "midp", "boschloo")
"""Methods without a version for answers that are alike inside clusters."""
FEW_EXPECTED = 5
"""Below this expected count in a cell the χ² approximation is not to be trusted (Cochran 1954)."""


@dataclass(frozen=True)
class Contrast:
    """Group 1 against group 2 on one measure, with its interval; 0 and inf are limits where the data set none."""

    measure: Measure
    method: str
    estimate: float
    low: float
    high: float
    n1: float
    n2: float
    level: float
    design_effect: float = 1.0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class IndependenceTest:
    """A test that both groups answer alike: two-sided p, and the χ² with 1 degree of freedom where there is one."""

    method: str
    p: float
    chi2: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class StratifiedOdds:
    """Common odds ratio over strata, and the test that it is 1 (χ² with 1 degree of freedom)."""

    odds_ratio: float
    low: float
    high: float
    chi2: float
    p: float
    strata: int
    level: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class NumberNeeded:
    """Young people for one positive answer more (positive) or fewer (negative): the inverse of a difference.

    When the interval of the difference holds zero that of the number is two half-lines, `at most low` and `at least
    high` (`disjoint`); else it goes from `low` to `high`. `sentence` says it in French.
    """

    estimate: float
    low: float
    high: float
    disjoint: bool
    sentence: str


def difference(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    *,
    method: DifferenceMethod = "newcombe",
    level: float = 0.95,
    design_effect: float = 1.0,
) -> Contrast:
    """Difference of two shares.

    `newcombe`, `newcombe_cc`: hybrid score (Newcombe 1998, 17:873-890, methods 10 and 11); `miettinen_nurminen`,
    `mee`: score test inverted (methods 6 and 5); `agresti_caffo`: one success and one failure added to each group
    (2000, The American Statistician 54:280-288); `wald`, `wald_cc`: normal approximation, for comparison only.
    Raises ValueError on impossible counts, level or design effect.
    """
    x1, n1, x2, n2 = _effective((x1, n1, x2, n2), design_effect, method)
    z, gap = normal_quantile(level), x1 / n1 - x2 / n2
    warnings: tuple[str, ...] = ()
    if method in ("newcombe", "newcombe_cc"):
        one_sample: Literal["wilson", "wilson_cc"] = "wilson" if method == "newcombe" else "wilson_cc"
        low, high = newcombe_limits(proportion(x1, n1, level, one_sample), proportion(x2, n2, level, one_sample))
    elif method in ("miettinen_nurminen", "mee"):
        low, high = _score("difference", (x1, n1, x2, n2), z, corrected=method == "miettinen_nurminen")
    elif method == "agresti_caffo":
        low, high = _wald(x1 + 1, n1 + 2, x2 + 1, n2 + 2, z)
    else:
        low, high = _wald(x1, n1, x2, n2, z)
        if method == "wald_cc":
            pull = _yates(x1, n1, x2, n2) * (1 / n1 + 1 / n2)
            low, high = low - pull, high + pull
        if {x1 / n1, x2 / n2} & {0.0, 1.0}:
            warnings = (fr_text("L'approximation normale ne vaut pas à 0 % ou à 100 % : l'intervalle est faux."),)
    sizes = n1 * design_effect, n2 * design_effect
    return Contrast("difference", method, gap, max(-1.0, low), min(1.0, high), *sizes, level, design_effect, warnings)


def risk_ratio(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    *,
    method: RatioMethod = "koopman",
    level: float = 0.95,
    design_effect: float = 1.0,
) -> Contrast:
    """Ratio of two shares.

    `koopman`, `miettinen_nurminen`: score test inverted, without and with N/(N − 1); `katz`: normal approximation of
    the logarithm (1978); `small`: the same about an estimate corrected for small samples (Jewell 2004, section 7.2.2,
    as in R's epitools). Raises ValueError as `difference`.
    """
    x1, n1, x2, n2 = _effective((x1, n1, x2, n2), design_effect, method)
    z, estimate = normal_quantile(level), _ratio(x1 / n1, x2 / n2)
    warnings = () if method == "small" else _undefined(x1, x2)
    if method == "small":
        estimate = (x1 / n1) / ((x2 + 1) / (n2 + 1))
        error = sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2) if x1 and x2 else inf
        low, high = _about(estimate, error, z)
    elif method == "katz":
        ratio = log_risk_ratio(x1, n1, x2, n2)
        low, high = log_limit(ratio, -z), log_limit(ratio, z)
        warnings += _without_interval(low)
    else:
        low, high = _score("risk_ratio", (x1, n1, x2, n2), z, corrected=method == "miettinen_nurminen")
    sizes = n1 * design_effect, n2 * design_effect
    return Contrast("risk_ratio", method, estimate, low, high, *sizes, level, design_effect, warnings)


def odds_ratio(
    x1: float,
    n1: float,
    x2: float,
    n2: float,
    *,
    method: OddsMethod = "score",
    level: float = 0.95,
    design_effect: float = 1.0,
) -> Contrast:
    """Ratio of two odds.

    `score`, `miettinen_nurminen`: score test inverted, without and with N/(N − 1); the first excludes 1 when Pearson's
    χ² rejects. `woolf`: normal approximation of the logarithm; `small`: half an answer added to each cell (Jewell
    2004, section 7.1.2, as in R's epitools); `fisher`, `midp`: exact and mid-p given the margins, whose estimates are
    the conditional maximum likelihood and the median unbiased one. Raises ValueError as `difference`.
    """
    x1, n1, x2, n2 = _effective((x1, n1, x2, n2), design_effect, method)
    z, estimate = normal_quantile(level), _ratio(x1 * (n2 - x2), x2 * (n1 - x1))
    warnings = () if method == "small" else _undefined(x1 * (n2 - x2), x2 * (n1 - x1))
    if method in ("fisher", "midp"):
        table = conditional_table(*_whole(x1, n1, x2, n2))
        low, high = table.limits(level, 1.0 if method == "fisher" else 0.5)
        if not isnan(estimate):
            estimate = table.estimate() if method == "fisher" else table.median_unbiased()
    elif method == "small":
        y1, y2 = n1 - x1, n2 - x2
        estimate = x1 * y2 / ((x2 + 1) * (y1 + 1))
        low, high = _about(
            (x1 + 0.5) * (y2 + 0.5) / ((x2 + 0.5) * (y1 + 0.5)),
            sqrt(sum(1 / (cell + 0.5) for cell in (x1, y1, x2, y2))),
            z,
        )
    elif method == "woolf":
        odds = log_odds_ratio(x1, n1, x2, n2)
        low, high = log_limit(odds, -z), log_limit(odds, z)
        warnings += _without_interval(low)
    else:
        low, high = _score("odds_ratio", (x1, n1, x2, n2), z, corrected=method == "miettinen_nurminen")
    sizes = n1 * design_effect, n2 * design_effect
    return Contrast("odds_ratio", method, estimate, low, high, *sizes, level, design_effect, warnings)


def independence_test(
    x1: int, n1: int, x2: int, n2: int, *, method: TestMethod = "pearson", design_effect: float = 1.0
) -> IndependenceTest:
    """Test that both groups give positive answers alike.

    `pearson`, `yates`: χ² without and with continuity correction (divided by the design effect); `fisher`; `midp`:
    twice the smaller mid-p tail; `boschloo` (1970): Fisher's p as the statistic of an unconditional exact test, twice
    the smaller side, more powerful than Fisher's. Raises ValueError as `difference`.
    """
    e1, m1, e2, m2 = _effective((x1, n1, x2, n2), design_effect, method)
    if method in ("pearson", "yates"):
        chi2 = pearson_chi2(e1, m1, e2, m2, corrected=method == "yates")
        positive = (x1 + x2) / (n1 + n2)
        least = min(m1, m2) * min(positive, 1 - positive)
        few = (
            ()
            if least >= FEW_EXPECTED
            else (fr_text("Moins de 5 réponses attendues dans une case : préférez un test exact (boschloo)."),)
        )
        return IndependenceTest(method, float(stats.chi2.sf(chi2, 1)), chi2, few)
    counts = _whole(x1, n1, x2, n2)
    if counts[0] + counts[2] in (0, counts[1] + counts[3]):
        return IndependenceTest(method, 1.0)  # everybody gave the same answer: no table is more extreme
    if method == "fisher":
        return IndependenceTest(method, fisher_p(*counts))
    if method == "midp":
        return IndependenceTest(method, conditional_table(*counts).mid_p())
    # scipy takes the groups as columns; with groups as rows it fixes the answers instead of the groups' sizes.
    groups_as_columns = np.array([[counts[0], counts[2]], [counts[1] - counts[0], counts[3] - counts[2]]])
    return IndependenceTest(method, min(1.0, float(stats.boschloo_exact(groups_as_columns).pvalue)))


def mantel_haenszel(
    x1: Sequence[float] | Floats,
    n1: Sequence[float] | Floats,
    x2: Sequence[float] | Floats,
    n2: Sequence[float] | Floats,
    *,
    level: float = 0.95,
    corrected: bool = False,
) -> StratifiedOdds:
    """Odds ratio common to strata, one entry a stratum (Mantel and Haenszel 1959).

    Interval: variance of the logarithm of Robins, Breslow and Greenland (1986, Biometrics 42:311-323). Test: Cochran,
    Mantel and Haenszel's, `corrected` for continuity on demand. A stratum with an empty group, or where everybody
    gives the same answer, tells nothing: it is left out, and `warnings` says how many are. Raises ValueError on
    impossible counts or when no stratum tells anything.
    """
    z = normal_quantile(level)
    a, m, c, k = (np.asarray(value, dtype=np.float64) for value in (x1, n1, x2, n2))
    if not (a.shape == m.shape == c.shape == k.shape) or not np.all((a >= 0) & (c >= 0) & (a <= m) & (c <= k)):
        raise ValueError("need 0 <= x <= n in both groups of every stratum")
    telling = (m > 0) & (k > 0) & (a + c > 0) & (a + c < m + k)
    if not telling.any():
        raise ValueError("no stratum holds both groups and both answers")
    a, m, c, k = a[telling], m[telling], c[telling], k[telling]
    b, d, total = m - a, k - c, m + k
    positive = a + c
    excess = abs(float((a - m * positive / total).sum()))
    if corrected:
        excess = max(0.0, excess - 0.5)
    chi2 = excess**2 / float((m * k * positive * (total - positive) / (total**2 * (total - 1))).sum())
    r, s = a * d / total, b * c / total
    p, q = (a + d) / total, (b + c) / total
    top, bottom = float(r.sum()), float(s.sum())
    warnings = _undefined(top, bottom)
    if not telling.all():
        left_out = int((~telling).sum())
        warnings += (fr_text(f"Strates sans information, laissées de côté : {left_out} sur {len(telling)}."),)
    low = high = nan
    if top > 0 and bottom > 0:
        variance = (
            float((p * r).sum()) / (2 * top**2)
            + float((p * s + q * r).sum()) / (2 * top * bottom)
            + float((q * s).sum()) / (2 * bottom**2)
        )
        low, high = _about(top / bottom, sqrt(variance), z)
    return StratifiedOdds(
        _ratio(top, bottom),
        low,
        high,
        chi2,
        float(stats.chi2.sf(chi2, 1)),
        int(telling.sum()),
        level,
        warnings + _without_interval(low),
    )


def number_needed(gap: float, low: float, high: float, level: float = 0.95) -> NumberNeeded:
    """The number of young people for one positive answer more, from a difference of shares (`gap`) and its limits.

    Altman (1998), BMJ 317:1309-1312: through zero the number goes through infinity. Raises ValueError unless
    low <= gap <= high.
    """
    if not low <= gap <= high:
        raise ValueError(f"need low <= gap <= high, got {low}, {gap}, {high}")
    disjoint = low <= 0 <= high
    ends = (_inverse(low, -inf), _inverse(high, inf)) if disjoint else (1 / high, 1 / low)
    share = fr_percent(level, 0)
    if disjoint:
        fewer = "d'aucune différence" if low == 0 else f"d'un jeune de moins pour {_young(ends[0])}"
        more = "aucune différence" if high == 0 else f"un jeune de plus pour {_young(ends[1])}"
        sentence = (
            f"L'intervalle de l'écart à {share} contient zéro : il va {fewer} à {more}. "
            "Aucun nombre de jeunes n'est donc à retenir."
        )
    else:
        near, far = sorted(abs(end) for end in ends)
        sentence = (
            f"Un écart de {fr_points(100 * gap)} revient à un jeune de {'plus' if gap > 0 else 'moins'} "
            f"pour {_young(1 / gap)} (intervalle à {share} : de {_count(near)} à {_count(far)}). "
            "C'est une autre écriture de l'écart, pas la preuve d'un effet."
        )
    return NumberNeeded(_inverse(gap, inf), ends[0], ends[1], disjoint, fr_text(sentence))


def _effective(counts: FourCounts, design_effect: float, method: str) -> FourCounts:
    """The counts checked and divided by the design effect."""
    if not (isfinite(design_effect) and design_effect >= 1):
        raise ValueError(f"a design effect is at least 1, not {design_effect}")
    if method in EXACT and design_effect != 1:
        raise ValueError(f"{method} supposes independent answers: it has no version under a design effect")
    x1, n1, x2, n2 = counts
    for x, n in ((x1, n1), (x2, n2)):
        if not (isfinite(n) and n > 0 and 0 <= x <= n):
            raise ValueError(f"need 0 <= x <= n and n > 0, got x={x}, n={n}")
    return x1 / design_effect, n1 / design_effect, x2 / design_effect, n2 / design_effect


def _whole(*counts: float) -> tuple[int, int, int, int]:
    if any(count != int(count) for count in counts):
        raise ValueError(f"an exact method needs whole counts, got {counts}")
    x1, n1, x2, n2 = (int(count) for count in counts)
    return x1, n1, x2, n2


def _score(measure: Measure, counts: FourCounts, z: float, *, corrected: bool) -> tuple[float, float]:
    low, high = score_limits(measure, counts, z, corrected=corrected)
    return float(low), float(high)


def _wald(x1: float, n1: float, x2: float, n2: float, z: float) -> tuple[float, float]:
    p, q = x1 / n1, x2 / n2
    half = z * sqrt(p * (1 - p) / n1 + q * (1 - q) / n2)
    return p - q - half, p - q + half


def _yates(x1: float, n1: float, x2: float, n2: float) -> float:
    """The continuity correction of a difference, never more than the difference itself (as in R's prop.test)."""
    return min(0.5, abs(x1 / n1 - x2 / n2) / (1 / n1 + 1 / n2))


def _about(estimate: float, error: float, z: float) -> tuple[float, float]:
    """Limits on the log scale, 0 and inf when the error is infinite."""
    if estimate == 0:
        return 0.0, inf
    return exp(log(estimate) - z * error), exp(log(estimate) + z * error) if isfinite(error) else inf


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else (inf if top else nan)


def _inverse(value: float, at_zero: float) -> float:
    return 1 / value if value else at_zero


def _undefined(top: float, bottom: float) -> tuple[str, ...]:
    """What to say of a ratio whose denominator is zero."""
    if bottom:
        return ()
    if top:
        return (fr_text("Le rapport est infini : une case du tableau est vide."),)
    return (fr_text("Le rapport n'est pas défini : aucune réponse ne distingue les deux groupes."),)


def _without_interval(low: float) -> tuple[str, ...]:
    if isfinite(low):
        return ()
    return (fr_text("Une case du tableau est vide : cette méthode ne donne pas d'intervalle, un score en donne un."),)


def _count(value: float) -> str:
    return fr_number(abs(value), 0 if abs(value) >= 10 else 1)


def _young(value: float) -> str:
    return f"{_count(value)} {'jeunes' if abs(value) >= 2 else 'jeune'}"
