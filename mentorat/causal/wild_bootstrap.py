"""Restricted wild cluster bootstrap of a linear model: a test that holds with few clusters, and its interval.

Cameron, Gelbach and Miller (2008): residuals under the null hypothesis, the sign of a whole cluster drawn at a time,
the t statistic computed again with cluster-robust errors (CR1S in the original and in each draw). Computed from K
figures a cluster, never from rows (Roodman, MacKinnon, Nielsen and Webb 2019, Stata Journal 19:4-60): O(B·G·K). As
the residuals are linear in the value tested, five figures a draw give its t for every value, so that the interval
costs no further draw.
"""

from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from mentorat.causal.cluster_robust import Floats, RobustFit
from mentorat.causal.inversion import MOST_ENUMERATED, TIE, farthest_kept, monte_carlo_p
from mentorat.survey.design import SurveyError
from mentorat.typography import fr_number, fr_text

WildWeights = Literal["rademacher", "webb"]
WEBB_BELOW = 12
"""Number of clusters below which Rademacher's signs give few distinct draws (Webb 2023): six weights give more."""
_POINTS: dict[WildWeights, tuple[float, ...]] = {
    "rademacher": (-1.0, 1.0),
    "webb": (-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5),
}
_BLOCK = 4_000_000
"""Cells of a clusters × draws table held at once."""


@dataclass(frozen=True)
class WildBootstrap:
    """Test of one combination of coefficients against `null`, and the values that the test does not reject.

    `p`: two-sided, share of draws whose |t| is at least the original's (ties counted; when drawn at random, the
    original is one of them); `p_equal_tailed`: twice the smaller share beyond on one side, ties counted;
    `low`, `high`: values with p above 1 − `level`, infinite where none is rejected; `enumerated`: every draw was taken;
    `smallest_p`: what no p can be under; `warnings`: French sentences.
    """

    estimate: float
    t: float
    p: float
    p_equal_tailed: float
    low: float
    high: float
    null: float
    level: float
    draws: int
    enumerated: bool
    clusters: int
    weights: WildWeights
    smallest_p: float
    warnings: tuple[str, ...]
    statistics: Floats = field(repr=False, compare=False)


@dataclass(frozen=True)
class _Draws:
    """For each draw (B): t at a distance d of the estimate is (n0 + d·n1)/√(v0 + 2d·v1 + d²·v2); `scale`: √(a'a) such
    that the original is d/scale. All errors are CR0: what CR1S multiplies them by is on both sides."""

    n0: Floats
    n1: Floats
    v0: Floats
    v1: Floats
    v2: Floats
    scale: float
    enumerated: bool

    def at(self, distance: float) -> tuple[float, Floats]:
        """The original t and those of the draws (B) when the value tested is `distance` under the estimate."""
        top = self.n0 + distance * self.n1
        size = self.v0 + distance**2 * self.v2
        variance = size + 2 * distance * self.v1
        flat = variance <= 1e-14 * size
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(flat, np.sign(top) * np.inf, top / np.sqrt(np.where(flat, 1.0, variance)))
        t[flat & (np.abs(top) <= 1e-14 * (np.abs(self.n0) + abs(distance) * np.abs(self.n1)))] = 0.0
        return distance / self.scale, t

    def p(self, distance: float) -> float:
        original, t = self.at(distance)
        beyond = int((np.abs(t) >= abs(original) - TIE * max(1.0, abs(original))).sum())
        return self.share(beyond)

    def share(self, beyond: int) -> float:
        return monte_carlo_p(beyond, len(self.n0), self.enumerated)


def wild_cluster_bootstrap(
    fit: RobustFit,
    contrast: int | ArrayLike,
    *,
    null: float = 0.0,
    weights: WildWeights = "rademacher",
    draws: int = 9_999,
    seed: int = 0,
    level: float = 0.95,
) -> WildBootstrap:
    """Test that coefficient `contrast` (or combination, K weights) of the linear model `fit` is `null`.

    Every draw is taken when there are at most `MOST_ENUMERATED` (2^G signs, or 6^G Webb weights), else `draws` at
    random from `seed`. Rows are those of the fit, weights included, whatever its kind of errors. Raises SurveyError
    (French) when the clusters leave the combination without variance, ValueError on draws under 99 or a level outside
    (0, 1).
    """
    if draws < 99 or not 0 < level < 1:
        raise ValueError(f"99 draws or more and a level within (0, 1), not {draws} and {level}")
    size = len(fit.coefficients)
    c = np.eye(size)[int(contrast)] if isinstance(contrast, int | np.integer) else np.asarray(contrast, np.float64)
    estimate = float(c @ fit.coefficients)
    found = _drawn(fit, c, _multipliers(fit.clusters, weights, draws, seed))
    original, statistics = found.at(estimate - null)
    correction = fit.clusters / (fit.clusters - 1) * (fit.n - 1) / (fit.n - size)
    tie = TIE * max(1.0, abs(original))
    tails = min(int((statistics >= original - tie).sum()), int((statistics <= original + tie).sum()))
    alpha = 1 - level
    smallest = _smallest_p(fit.clusters, weights, len(statistics), found.enumerated)
    low, high = (
        farthest_kept(lambda value: found.p(estimate - value), estimate, side * found.scale, alpha)
        for side in (-1.0, 1.0)
    )
    return WildBootstrap(
        estimate=estimate,
        t=original / correction**0.5,
        p=found.p(estimate - null),
        p_equal_tailed=min(1.0, 2 * found.share(tails)),
        low=low,
        high=high,
        null=null,
        level=level,
        draws=len(statistics),
        enumerated=found.enumerated,
        clusters=fit.clusters,
        weights=weights,
        smallest_p=smallest,
        warnings=_warnings(fit.clusters, weights, smallest, alpha),
        statistics=statistics / correction**0.5,
    )


def _multipliers(clusters: int, weights: WildWeights, draws: int, seed: int) -> tuple[Floats, bool]:
    """What each draw multiplies the residuals of each cluster by (G × B), and whether every draw is there."""
    points = np.array(_POINTS[weights])
    if len(points) ** min(clusters, 64) <= MOST_ENUMERATED:
        return np.array(list(product(points, repeat=clusters))).T, True
    return np.random.default_rng(seed).choice(points, size=(clusters, draws)), False


def _drawn(fit: RobustFit, c: Floats, multipliers: tuple[Floats, bool]) -> _Draws:
    """The five figures of each draw.

    Restricted residuals are u + d·X M c/(c'Mc), u those of the fit and d the distance of the estimate to the value
    tested. With s_g = c'M X_g'W_g ũ_g, D_g = c'M S_g and q_h = M X_h'W_h ũ_h, the draw v moves the combination by
    Σ v_g s_g, and cluster g scores v_g s_g − D_g Σ v_h q_h in its variance.
    """
    parts = fit.parts
    toward = parts.bread @ c
    length = float(c @ toward)
    shifted = parts.design @ (toward / length)
    d_g = parts.sums(parts.weighted * (parts.design @ toward)[:, None])
    both = [parts.sums(parts.weighted * one[:, None]) @ parts.bread for one in (parts.residuals, shifted)]
    s0, s1 = (q @ c for q in both)
    scale = float(np.sqrt(s0 @ s0))
    answers = np.abs(parts.design @ fit.coefficients).max(initial=0.0) + np.abs(parts.residuals).max(initial=0.0)
    if scale <= 1e-12 * float(answers) * float(np.sqrt(length)):
        raise SurveyError(
            "Les grappes ne laissent aucune variance à l'écart testé : le bootstrap par grappes n'a rien à tirer. "
            "Vérifiez la réponse et les grappes."
        )
    v, enumerated = multipliers
    count = v.shape[1]
    n0, n1, v0, v1, v2 = (np.empty(count) for _ in range(5))
    step = max(1, _BLOCK // len(s0))
    for start in range(0, count, step):
        block = slice(start, min(start + step, count))
        drawn = v[:, block]
        first = s0[:, None] * drawn - d_g @ (both[0].T @ drawn)
        second = s1[:, None] * drawn - d_g @ (both[1].T @ drawn)
        n0[block], n1[block] = s0 @ drawn, s1 @ drawn
        v0[block], v1[block], v2[block] = (first**2).sum(0), (first * second).sum(0), (second**2).sum(0)
    return _Draws(n0, n1, v0, v1, v2, scale, enumerated)


def _smallest_p(clusters: int, weights: WildWeights, draws: int, enumerated: bool) -> float:
    """The original and its opposite are always among the draws taken whole."""
    return 2 / draws if enumerated else max(1 / (1 + draws), 2.0 / len(_POINTS[weights]) ** min(clusters, 64))


def _warnings(clusters: int, weights: WildWeights, smallest: float, alpha: float) -> tuple[str, ...]:
    told = []
    if smallest > alpha:
        told.append(
            f"Avec {clusters} grappes, le bootstrap par grappes ne peut pas donner de p inférieur à "
            f"{fr_number(smallest, 3)} : il ne rejette jamais à ce niveau, et l'intervalle est infini."
        )
    elif clusters < WEBB_BELOW and weights == "rademacher":
        told.append(
            f"Avec {clusters} grappes, le bootstrap par grappes ne connaît que {2**clusters} tirages : p est grossier, "
            f"par pas de {fr_number(smallest, 4)}. Les poids de Webb en donnent davantage."
        )
    return tuple(fr_text(one) for one in told)
