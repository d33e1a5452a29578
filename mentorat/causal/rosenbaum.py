"""Matched pairs under hidden bias: how far from a coin toss treatment inside a pair would have to be.

Source: Rosenbaum (2002), Observational Studies, chapter 4. Γ bounds the odds that either young person of a pair is the
mentored one: 1 is a drawing of lots, 2 means that a trait not measured may double the odds. The test then has a range
of p-values rather than one. Exact binomial for a yes-or-no outcome (McNemar, sign test); Wilcoxon's signed rank
otherwise, its distribution exact for few pairs and normal without correction beyond, as R's rbounds.

Pairs are taken as independent of each other: where whole structures choose mentoring, the bounds are too narrow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, sqrt
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mentorat.causal.balancing import NotEstimable
from mentorat.typography import fr_number, fr_text

Floats = NDArray[np.float64]
Side = Literal["greater", "less"]

EXACT_PAIRS = 50
"""Up to so many pairs that differ, the signed rank's distribution is exact."""
GAMMAS = (1.0, 1.25, 1.5, 2.0, 3.0)
BOUNDS = ["gamma", "p_bas", "p_haut"]
INTERVALS = ["gamma", "estimation_bas", "estimation_haut", "ic_bas", "ic_haut"]
INDEPENDENT = (
    "Bornes calculées comme si les paires étaient indépendantes : si des structures entières choisissent le mentorat, "
    "elles sont trop étroites."
)


@dataclass(frozen=True)
class RosenbaumBounds:
    """Range of the one-sided p-value for each Γ (`table`, columns `BOUNDS`).

    `critical_gamma`: the largest Γ at which the test still rejects at `alpha` whatever the bias (1 when it does not
    reject at Γ = 1); `pairs`: pairs given, `informative`: those that differ; `exact`: the distribution is not
    approximated; `warnings`: French sentences.
    """

    table: pd.DataFrame
    critical_gamma: float
    pairs: int
    informative: int
    alternative: Side
    alpha: float
    exact: bool
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What a hidden bias would have to be, in plain French."""
        if self.critical_gamma == 1:
            return fr_text(
                "Même si le mentorat avait été tiré au sort dans chaque paire, l'écart serait compatible avec une "
                "absence d'effet : il n'y a pas de résultat à fragiliser."
            )
        return fr_text(
            f"Le résultat tient tant qu'une caractéristique non mesurée ne multiplie pas par plus de "
            f"{fr_number(floor(100 * self.critical_gamma) / 100, 2)} la chance relative d'être le jeune mentoré de la "
            "paire. Cela ne dit pas si une telle caractéristique existe."
        )


@dataclass(frozen=True)
class HodgesLehmann:
    """The shift between members of a pair under each Γ (`table`, columns `INTERVALS`), in the outcome's unit.

    `estimation_*`: range of Hodges-Lehmann estimates; `ic_*`: interval at `level` that holds whatever the bias,
    infinite when the pairs are too few to bound it (a warning says so).
    """

    table: pd.DataFrame
    level: float
    pairs: int
    warnings: tuple[str, ...]


def rosenbaum_binary(
    treated_only: int,
    control_only: int,
    *,
    gammas: Sequence[float] = GAMMAS,
    alternative: Side = "greater",
    alpha: float = 0.025,
    pairs: int | None = None,
) -> RosenbaumBounds:
    """McNemar's exact test under hidden bias, from the pairs where one young person only has the outcome.

    `treated_only`: pairs where it is the mentored one. p = P(X ≥ treated_only), X binomial of the discordant pairs with
    chance Γ/(1 + Γ) at most and 1/(1 + Γ) at least. (rbounds 2.2 leaves the observed count out of the tail: its bounds
    are those of one pair more.) `pairs`: all pairs, when known. Raises NotEstimable when no pair is discordant.
    """
    discordant = treated_only + control_only
    if min(treated_only, control_only) < 0 or discordant == 0:
        raise NotEstimable(
            "Dans aucune paire un seul des deux jeunes n'a le résultat : les paires ne disent rien de l'effet."
        )
    seen = treated_only if alternative == "greater" else control_only

    def tail(chance: float) -> float:
        return float(stats.binom.sf(seen - 1, discordant, chance))

    return _bounds(tail, gammas, alternative, alpha, (pairs or discordant, discordant), exact=True)


def rosenbaum_wilcoxon(
    treated: ArrayLike,
    control: ArrayLike,
    *,
    gammas: Sequence[float] = GAMMAS,
    alternative: Side = "greater",
    alpha: float = 0.025,
    exact: bool | None = None,
) -> RosenbaumBounds:
    """Wilcoxon's signed rank test of `treated` − `control` (one value a pair) under hidden bias.

    Pairs that do not differ are left out and counted; ties share their mean rank. `exact`: None chooses by the number
    of pairs. Raises NotEstimable when a value is missing or no pair differs.
    """
    gaps = _gaps(treated, control)
    kept = gaps[gaps != 0]
    if len(kept) == 0:
        raise NotEstimable("Les deux jeunes de chaque paire ont le même résultat : il n'y a pas d'écart à étudier.")
    ranks = stats.rankdata(np.abs(kept)).astype(np.float64)
    positive = kept > 0 if alternative == "greater" else kept < 0
    seen = float(ranks[positive].sum())
    chosen = len(kept) <= EXACT_PAIRS if exact is None else exact
    tail = _exact_tail(ranks, seen) if chosen else _normal_tail(ranks, seen)
    return _bounds(tail, gammas, alternative, alpha, (len(gaps), len(kept)), exact=chosen)


def hodges_lehmann(
    treated: ArrayLike, control: ArrayLike, *, gammas: Sequence[float] = GAMMAS, level: float = 0.95
) -> HodgesLehmann:
    """Hodges-Lehmann estimates of the shift within pairs, and intervals, under hidden bias.

    The signed rank statistic of the gaps less τ is the number of Walsh averages (g_i + g_j)/2 above τ: estimates and
    limits are order statistics of these averages, found without listing them (O(n log n) a step). At Γ = 1 they are
    R's wilcox.test(paired, conf.int, exact = FALSE, correct = FALSE).
    """
    gaps = np.sort(_gaps(treated, control))
    n = len(gaps)
    averages = n * (n + 1) / 2
    z = float(stats.norm.ppf(0.5 + level / 2))
    rows = []
    for gamma in _checked_gammas(gammas):
        spread = z * sqrt(n * (n + 1) * (2 * n + 1) / 6 * gamma) / (1 + gamma)
        below, above = averages / (1 + gamma), averages * gamma / (1 + gamma)
        rows.append(
            (
                gamma,
                _walsh_quantile(gaps, below),
                _walsh_quantile(gaps, above),
                _walsh(gaps, ceil(_whole(below - spread))),
                _walsh(gaps, floor(_whole(above + spread)) + 1),
            )
        )
    table = pd.DataFrame(rows, columns=INTERVALS)
    unbounded = np.isinf(table[["ic_bas", "ic_haut"]].to_numpy()).any()
    told = ("Trop peu de paires pour borner l'effet à tous les degrés de biais demandés.",) if unbounded else ()
    return HodgesLehmann(table, level, n, tuple(fr_text(one) for one in (*told, INDEPENDENT)))


def _gaps(treated: ArrayLike, control: ArrayLike) -> Floats:
    one, other = np.asarray(treated, dtype=np.float64), np.asarray(control, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError("one value for each member of each pair")
    if len(one) == 0 or not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise NotEstimable(
            "Un résultat manque dans une paire, ou il n'y a aucune paire : comptez et retirez les incomplètes."
        )
    found: Floats = one - other
    return found


def _checked_gammas(gammas: Sequence[float]) -> list[float]:
    found = [float(one) for one in gammas]
    if not found or min(found) < 1:
        raise ValueError("Γ is 1 or more")
    return found


def _bounds(
    tail: Callable[[float], float],
    gammas: Sequence[float],
    alternative: Side,
    alpha: float,
    pairs: tuple[int, int],
    *,
    exact: bool,
) -> RosenbaumBounds:
    """`tail`: p-value when each pair goes the tested way with a given chance; `pairs`: all, then those that differ."""
    wanted = _checked_gammas(gammas)
    rows = [(gamma, tail(1 / (1 + gamma)), tail(gamma / (1 + gamma))) for gamma in wanted]
    critical = 1.0
    if tail(0.5) <= alpha:
        # The p-value grows with the chance and reaches 1: one crossing, looked for on the chance itself.
        chance = float(optimize.brentq(lambda p: tail(p) - alpha, 0.5, 1 - 1e-12, xtol=1e-14))
        critical = chance / (1 - chance)
    told = [INDEPENDENT]
    if not exact and pairs[1] < EXACT_PAIRS:
        told.append(f"Approximation normale sur {fr_number(pairs[1])} paires seulement.")
    return RosenbaumBounds(
        pd.DataFrame(rows, columns=BOUNDS),
        critical,
        pairs[0],
        pairs[1],
        alternative,
        alpha,
        exact,
        tuple(fr_text(one) for one in told),
    )


def _normal_tail(ranks: Floats, seen: float) -> Callable[[float], float]:
    total, squares = float(ranks.sum()), float((ranks**2).sum())
    return lambda p: float(stats.norm.sf((seen - total * p) / sqrt(squares * p * (1 - p))))


def _exact_tail(ranks: Floats, seen: float) -> Callable[[float], float]:
    """Distribution of the sum of ranks by adding pairs one at a time, on doubled ranks (ties make halves)."""
    steps = np.rint(2 * ranks).astype(int)
    least = round(2 * seen)

    def tail(p: float) -> float:
        mass = np.zeros(int(steps.sum()) + 1)
        mass[0] = 1.0
        for step in steps:
            moved = (1 - p) * mass
            moved[step:] += p * mass[: len(mass) - step]
            mass = moved
        return float(min(1.0, mass[least:].sum()))

    return tail


def _whole(rank: float) -> float:
    """A rank freed from the rounding of its formula."""
    return round(rank) if abs(rank - round(rank)) < 1e-9 * max(1.0, rank) else rank


def _walsh_quantile(gaps: Floats, rank: float) -> float:
    """The value that leaves `rank` Walsh averages below it: midway between two when the rank is whole."""
    exact = _whole(rank)
    if exact != floor(exact):
        return _walsh(gaps, ceil(exact))
    return (_walsh(gaps, int(exact)) + _walsh(gaps, int(exact) + 1)) / 2


def _walsh(gaps: Floats, rank: int) -> float:
    """The Walsh average of this rank (from 1) of sorted gaps: −inf before the first, inf past the last."""
    n = len(gaps)
    if rank < 1:
        return -inf
    if rank > n * (n + 1) // 2:
        return inf
    low, high = float(gaps[0]), float(gaps[-1])
    if _at_most(gaps, low) >= rank:
        return low
    while True:  # halved until no number lies between
        middle = low + (high - low) / 2
        if not low < middle < high:
            return high
        if _at_most(gaps, middle) >= rank:
            high = middle
        else:
            low = middle


def _at_most(gaps: Floats, value: float) -> int:
    """Number of Walsh averages, each gap with itself included, that are at most `value`."""
    ordered = np.searchsorted(gaps, 2 * value - gaps, side="right").sum()
    alone = np.searchsorted(gaps, value, side="right")
    return int(ordered + alone) // 2
