"""One and two proportions, with the intervals used everywhere in the project.

Sources of the formulas: Wilson (1927) for one proportion; Newcombe (1998), Statistics in Medicine
17:873-890, method 10 (hybrid score) for a difference; Katz (1978) for the logarithm of a risk ratio; Woolf
(1955) for the logarithm of an odds ratio; Cohen (1988) for h. Shares are between 0 and 1; multiply by 100
for points.
"""

from dataclasses import dataclass
from math import asin, exp, isfinite, log, nan, sqrt

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Proportion:
    """A share and its Wilson interval (0-1), out of `n` answers of which `x` positive."""

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


def proportion(x: float, n: float, level: float = 0.95) -> Proportion:
    """Wilson's interval for `x` positive answers out of `n` (effective sizes, not whole, are welcome).

    Raises ValueError unless 0 <= x <= n and n > 0.
    """
    if not (isfinite(n) and n > 0 and 0 <= x <= n):
        raise ValueError(f"need 0 <= x <= n and n > 0, got x={x}, n={n}")
    z2 = normal_quantile(level) ** 2
    share = x / n
    centre = (x + z2 / 2) / (n + z2)
    half = sqrt(z2 * (x * (n - x) / n + z2 / 4)) / (n + z2)
    # At 0 % and 100 % the closed form meets the bound exactly; floating point may miss it by an ulp.
    low = 0.0 if x == 0 else max(0.0, centre - half)
    high = 1.0 if x == n else min(1.0, centre + half)
    return Proportion(x=x, n=n, share=share, low=low, high=high, level=level)


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
    chi2 = _chi2(x1, n1, x2, n2) / design_effect
    ratio, odds = _risk_ratio(x1, n1, x2, n2), _odds_ratio(x1, n1, x2, n2)
    z = normal_quantile(level) * sqrt(design_effect)
    return ProportionDifference(
        x1=x1,
        n1=n1,
        x2=x2,
        n2=n2,
        share1=share1,
        share2=share2,
        difference=difference,
        low=difference - sqrt((share1 - one.low) ** 2 + (two.high - share2) ** 2),
        high=difference + sqrt((one.high - share1) ** 2 + (share2 - two.low) ** 2),
        chi2=chi2,
        chi2_p=float(stats.chi2.sf(chi2, 1)),
        fisher_p=_fisher_p(x1, n1, x2, n2) if design_effect == 1 else nan,
        risk_ratio=ratio[0],
        rr_low=_log_limit(ratio, -z),
        rr_high=_log_limit(ratio, z),
        odds_ratio=odds[0],
        or_low=_log_limit(odds, -z),
        or_high=_log_limit(odds, z),
        cohen_h=2 * asin(sqrt(share1)) - 2 * asin(sqrt(share2)),
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


def _chi2(x1: int, n1: int, x2: int, n2: int) -> float:
    """Pearson's statistic without continuity correction; 0 when everybody gave the same answer."""
    positive, total = x1 + x2, n1 + n2
    if positive in (0, total):
        return 0.0
    return (x1 * n2 - x2 * n1) ** 2 * total / (n1 * n2 * positive * (total - positive))


def _fisher_p(x1: int, n1: int, x2: int, n2: int) -> float:
    return float(stats.fisher_exact(np.array([[x1, n1 - x1], [x2, n2 - x2]])).pvalue)


def _risk_ratio(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """Risk ratio and standard error of its logarithm; nan where a count is zero."""
    if x2 == 0:
        return nan, nan
    return (x1 / n1) / (x2 / n2), sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2) if x1 else nan


def _odds_ratio(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    """Odds ratio and standard error of its logarithm; nan where a cell is empty."""
    y1, y2 = n1 - x1, n2 - x2
    if y1 == 0 or x2 == 0:
        return nan, nan
    return (x1 * y2) / (x2 * y1), sqrt(1 / x1 + 1 / y1 + 1 / x2 + 1 / y2) if x1 and y2 else nan


def _log_limit(estimate: tuple[float, float], z: float) -> float:
    value, error = estimate
    return exp(log(value) + z * error) if value > 0 and isfinite(error) else nan
