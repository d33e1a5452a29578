"""One and two proportions, with the intervals used everywhere in the project.

Sources of the formulas: Wilson (1927), Clopper and Pearson (1934) for one proportion; Newcombe (1998), Statistics
in Medicine 17:857-872 (one proportion, continuity correction) and 17:873-890, method 10 (hybrid score) for a
difference; Katz (1978) for the logarithm of a risk ratio; Woolf (1955) for the logarithm of an odds ratio; Cohen
(1988) for h. Shares are between 0 and 1; multiply by 100 for points. Other methods for two proportions:
`two_samples`; with a sampling design: `clustered`.
"""

from dataclasses import dataclass
from math import asin, exp, isfinite, log, nan, sqrt
from typing import Literal

import numpy as np
from scipy import stats

ProportionMethod = Literal["wilson", "wilson_cc", "clopper_pearson", "wald"]
"""Score interval, the same with continuity correction, exact interval (never below its level), and the normal
approximation, kept for comparison only: it has no width at 0 % and 100 %."""


@dataclass(frozen=True)
class Proportion:
    """A share and its interval (0-1), out of `n` answers of which `x` positive."""

    x: float
    n: float
    share: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class ProportionDifference:
    """Group 1 minus group 2, shares between 0 and 1.

    `low`, `high`: Newcombe's interval; `chi2_p`: Pearson without continuity correction; `fisher_p`:
    two-sided exact. Under a design effect both sample sizes are divided by `design_effect` in every
    interval and in the chi-square; Fisher's test has no such version and is then nan. Ratios are nan where
    they are not defined (an empty cell).
    """

    x1: int
    n1: int
    x2: int
    n2: int
    share1: float
    share2: float
    difference: float
    low: float
    high: float
    chi2: float
    chi2_p: float
    fisher_p: float
    risk_ratio: float
    rr_low: float
    rr_high: float
    odds_ratio: float
    or_low: float
    or_high: float
    cohen_h: float
    design_effect: float
    level: float


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile: 1.96 for a level of 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, not {level}")
    return float(stats.norm.ppf(0.5 + level / 2))


def proportion(x: float, n: float, level: float = 0.95, method: ProportionMethod = "wilson") -> Proportion:
    """Interval for `x` positive answers out of `n` (effective sizes, not whole, are welcome).

    Raises ValueError unless 0 <= x <= n and n > 0.
    """
    if not (isfinite(n) and n > 0 and 0 <= x <= n):
        raise ValueError(f"need 0 <= x <= n and n > 0, got x={x}, n={n}")
    z = normal_quantile(level)
    if method == "clopper_pearson":
        low, high = _clopper_pearson(x, n, level)
    elif method == "wald":
        half = z * sqrt(x * (n - x) / n) / n
        low, high = x / n - half, x / n + half
    else:
        low, high = wilson_limits(x, n, z) if method == "wilson" else _wilson_corrected(x, n, z)
    return Proportion(x=x, n=n, share=x / n, low=low, high=high, level=level)


def wilson_limits(x: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's limits for a quantile `z`, normal or Student's."""
    z2 = z**2
    centre = (x + z2 / 2) / (n + z2)
    half = sqrt(z2 * (x * (n - x) / n + z2 / 4)) / (n + z2)
    # At 0 % and 100 % the closed form meets the bound exactly; floating point may miss it by an ulp.
    return 0.0 if x == 0 else max(0.0, centre - half), 1.0 if x == n else min(1.0, centre + half)


def newcombe_limits(one: Proportion, two: Proportion, correlation: float = 0.0) -> tuple[float, float]:
    """Limits of the difference of two shares from the limits of each (Newcombe's hybrid, method of variance recovery).

    `correlation` of the two shares, not zero when the same clusters answer in both groups (Zou and Donner 2008,
    Statistics in Medicine 27:1693-1702).
    """
    difference = one.share - two.share
    down, up = one.share - one.low, one.high - one.share
    other_down, other_up = two.share - two.low, two.high - two.share
    low = down**2 + other_up**2 - 2 * correlation * down * other_up
    high = up**2 + other_down**2 - 2 * correlation * up * other_down
    return difference - sqrt(max(0.0, low)), difference + sqrt(max(0.0, high))


def two_proportions(
    x1: int, n1: int, x2: int, n2: int, *, level: float = 0.95, design_effect: float = 1.0
) -> ProportionDifference:
    """Compare `x1` out of `n1` with `x2` out of `n2` (group 1 minus group 2).

    `design_effect` (>= 1): variance under the design over variance under simple random sampling.
    Raises ValueError on impossible counts, level or design effect.
    """
    if not design_effect >= 1:
        raise ValueError(f"a design effect is at least 1, not {design_effect}")
    one = proportion(x1 / design_effect, n1 / design_effect, level)
    two = proportion(x2 / design_effect, n2 / design_effect, level)
    share1, share2 = x1 / n1, x2 / n2
    difference = share1 - share2
    chi2 = pearson_chi2(x1, n1, x2, n2) / design_effect
    ratio, odds = log_risk_ratio(x1, n1, x2, n2), log_odds_ratio(x1, n1, x2, n2)
    z = normal_quantile(level) * sqrt(design_effect)
    low, high = newcombe_limits(one, two)
    return ProportionDifference(
        x1=x1,
        n1=n1,
        x2=x2,
        n2=n2,
        share1=share1,
        share2=share2,
        difference=difference,
        low=low,
        high=high,
        chi2=chi2,
        chi2_p=float(stats.chi2.sf(chi2, 1)),
        fisher_p=fisher_p(x1, n1, x2, n2) if design_effect == 1 else nan,
        risk_ratio=ratio[0],
        rr_low=log_limit(ratio, -z),
        rr_high=log_limit(ratio, z),
        odds_ratio=odds[0],
        or_low=log_limit(odds, -z),
        or_high=log_limit(odds, z),
        cohen_h=cohen_h(share1, share2),
        design_effect=design_effect,
        level=level,
    )


def admissible_counts(share_pct: int, n: int) -> range:
    """Counts out of `n` whose share rounds to the published whole percentage.

    A half may have been rounded either way. May be empty: no count out of 2 gives 33 %. Whole-number
    arithmetic, so that nothing hangs on floating point.
    """
    if n <= 0 or not 0 <= share_pct <= 100:
        raise ValueError(f"need n > 0 and a percentage, got n={n}, share_pct={share_pct}")
    lowest = max(0, -(-(2 * share_pct - 1) * n // 200))
    highest = min(n, (2 * share_pct + 1) * n // 200)
    return range(lowest, highest + 1)


def nearest_count(share_pct: int, n: int) -> int:
    """The admissible count nearest to share × base (the smaller on a tie).

    Raises ValueError when no whole count out of `n` rounds to the percentage.
    """
    counts = admissible_counts(share_pct, n)
    if not counts:
        raise ValueError(f"no count out of {n} rounds to {share_pct} %")
    return min(counts, key=lambda count: (abs(100 * count - share_pct * n), count))


def cohen_h(share1: float, share2: float) -> float:
    """Cohen's h: the difference of the arcsine-transformed shares, in radians (Cohen 1988)."""
    return 2 * asin(sqrt(share1)) - 2 * asin(sqrt(share2))


def pearson_chi2(x1: float, n1: float, x2: float, n2: float, *, corrected: bool = False) -> float:
    """Pearson's statistic, 0 when everybody gave the same answer; `corrected`: Yates's continuity correction."""
    positive, total = x1 + x2, n1 + n2
    if positive in (0, total):
        return 0.0
    gap = abs(x1 * n2 - x2 * n1)
    if corrected:
        gap = max(0.0, gap - total / 2)
    return gap**2 * total / (n1 * n2 * positive * (total - positive))


def fisher_p(x1: int, n1: int, x2: int, n2: int) -> float:
    """Fisher's exact test, two-sided."""
    return float(stats.fisher_exact(np.array([[x1, n1 - x1], [x2, n2 - x2]])).pvalue)


def log_risk_ratio(x1: float, n1: float, x2: float, n2: float) -> tuple[float, float]:
    """Risk ratio and standard error of its logarithm; nan where a count is zero."""
    if x2 == 0:
        return nan, nan
    return (x1 / n1) / (x2 / n2), sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2) if x1 else nan


def log_odds_ratio(x1: float, n1: float, x2: float, n2: float) -> tuple[float, float]:
    """Odds ratio and standard error of its logarithm; nan where a cell is empty."""
    y1, y2 = n1 - x1, n2 - x2
    if y1 == 0 or x2 == 0:
        return nan, nan
    return (x1 * y2) / (x2 * y1), sqrt(1 / x1 + 1 / y1 + 1 / x2 + 1 / y2) if x1 and y2 else nan


def log_limit(estimate: tuple[float, float], z: float) -> float:
    """Limit of a ratio `z` standard errors from it, from (ratio, standard error of its logarithm)."""
    value, error = estimate
    return exp(log(value) + z * error) if value > 0 and isfinite(error) else nan


def _clopper_pearson(x: float, n: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(stats.beta.ppf(tail, x, n - x + 1))
    high = 1.0 if x == n else float(stats.beta.isf(tail, x + 1, n - x))
    return low, high


def _wilson_corrected(x: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's limits with continuity correction (Newcombe 1998, 17:857-872, method 4)."""
    p, z2 = x / n, z**2
    under = z2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)
    over = z2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)
    low = 0.0 if x == 0 else max(0.0, (2 * x + z2 - 1 - z * sqrt(max(0.0, under))) / (2 * (n + z2)))
    high = 1.0 if x == n else min(1.0, (2 * x + z2 + 1 + z * sqrt(max(0.0, over))) / (2 * (n + z2)))
    return low, high
