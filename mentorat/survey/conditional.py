"""Exact inference on an odds ratio, given the margins of a two by two table.

Given its margins, the count of positive answers in group 1 follows Fisher's noncentral hypergeometric law of the odds
ratio ψ: P(k) proportional to C(n1, k) C(n2, m − k) ψ^k (Fisher 1935; Agresti 2013, section 16.6.4). « Mid-p » counts
half the probability of the table seen (Lancaster 1961): less conservative, and no longer exact.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betaln, logsumexp

Floats = NDArray[np.float64]

_LOG_LIMIT = 100.0


@dataclass(frozen=True)
class ConditionalTable:
    """The counts of group 1 that the margins allow, their weights at ψ = 1, and the one seen."""

    support: Floats
    log_weights: Floats
    seen: int

    def estimate(self) -> float:
        """Conditional maximum likelihood: the ψ whose expected count is the one seen (0 or infinite at the ends)."""
        return self._odds(lambda p: float(p @ self.support) - self.seen)

    def median_unbiased(self) -> float:
        """The ψ that puts half of the mid-p probability on each side of the table seen."""
        return self._odds(lambda p: self._above(p, 0.5) - 0.5)

    def limits(self, level: float, weight: float = 1.0) -> tuple[float, float]:
        """The ψ at which each tail weighs (1 − level)/2; `weight` of the table seen: 1 exact, 0.5 mid-p."""
        tail = (1 - level) / 2
        low = 0.0 if self.seen == self.support[0] else self._root(lambda p: self._above(p, weight) - tail)
        high = inf if self.seen == self.support[-1] else self._root(lambda p: tail - self._below(p, weight))
        return low, high

    def mid_p(self) -> float:
        """Twice the smaller mid-p tail at ψ = 1."""
        probabilities = self._probabilities(0.0)
        return min(1.0, 2 * min(self._above(probabilities, 0.5), self._below(probabilities, 0.5)))

    def _probabilities(self, log_odds: float) -> Floats:
        logs = self.log_weights + log_odds * self.support
        return np.asarray(np.exp(logs - logsumexp(logs)), dtype=np.float64)

    def _above(self, p: Floats, weight: float) -> float:
        return float(p[self.support > self.seen].sum() + weight * p[self.support == self.seen].sum())

    def _below(self, p: Floats, weight: float) -> float:
        return float(p[self.support < self.seen].sum() + weight * p[self.support == self.seen].sum())

    def _odds(self, rule: Callable[[Floats], float]) -> float:
        if self.seen == self.support[0]:
            return 0.0
        return inf if self.seen == self.support[-1] else self._root(rule)

    def _root(self, rule: Callable[[Floats], float]) -> float:
        """The ψ where an increasing function of the law crosses zero."""
        found = brentq(lambda s: rule(self._probabilities(s)), -_LOG_LIMIT, _LOG_LIMIT, xtol=1e-14, rtol=1e-14)
        return exp(float(found))


def conditional_table(x1: int, n1: int, x2: int, n2: int) -> ConditionalTable:
    """The law of the count of group 1 given the margins of `x1` out of `n1` and `x2` out of `n2`."""
    positive = x1 + x2
    support = np.arange(max(0, positive - n2), min(n1, positive) + 1, dtype=np.float64)
    weights = _log_binomial(n1, support) + _log_binomial(n2, positive - support)
    return ConditionalTable(support, weights, x1)


def _log_binomial(n: int, k: Floats) -> Floats:
    return np.asarray(-betaln(n - k + 1, k + 1) - np.log(n + 1), dtype=np.float64)
