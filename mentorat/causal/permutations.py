"""Treatments that could have been: permutations of who is mentored, as the design allows.

Sources: Rosenbaum (2002), chapter 2, for permutations inside strata and of clusters; Berrett, Wang, Barber and Samworth
(2020), Journal of the Royal Statistical Society B 82:175-197, for permutations that keep what covariates say of who is
mentored. Plain permutations break the link between covariates and treatment: with selection, even observed, their
estimates vary less than the true one's, and the test rejects too often. Give `odds` then.
"""

from dataclasses import dataclass
from itertools import combinations
from math import exp, inf

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.inversion import MOST_ENUMERATED
from mentorat.typography import fr_number, fr_text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

STEPS = 20
"""Rounds of exchanges before and after the common start of permutations by odds (the test is valid for any number)."""
FEW = 200
"""Fewer distinct permutations than this make a coarse test."""


@dataclass(frozen=True)
class Permutations:
    """`treatments` (draws × n), each with as many mentored in each stratum; `possible`: distinct ones there are."""

    treatments: Bools
    possible: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Assignments:
    """Ways in which the treatment might have been shared out: `units` (n) is the unit of each row, from 0; `drawn`
    (B × U) whether each is treated. `enumerated`: every way is there, the actual one included."""

    units: Codes
    drawn: Bools
    enumerated: bool


def permutations(
    treated: ArrayLike,
    draws: int,
    *,
    seed: int,
    within: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    odds: ArrayLike | None = None,
) -> Permutations:
    """`draws` permutations of `treated` (n, boolean).

    `within` (n): strata, or clusters that hold both groups, inside which treatment is permuted. `clusters` (n): units
    permuted whole, when structures are mentored as a whole. `odds` (n, positive): e/(1 − e) of the propensity score e
    (of the cluster when `clusters`), so that a permutation is as likely as that score makes it. Draws hang on the order
    of rows: sort them by their key first. Raises NotEstimable when a cluster or nothing can be permuted.
    """
    if draws < 1:
        raise ValueError("one draw or more is needed")
    found = _exchangeable(treated, within, clusters)
    rng = np.random.default_rng(seed)
    if odds is None:
        drawn = _uniform(found.treated, found.stratum, draws, rng)
    else:
        likely = _checked_odds(odds, len(found.units))[found.first]
        drawn = _by_odds(found.treated, found.stratum, likely, draws, rng)
    few = found.possible < FEW
    told = (f"Il n'existe que {fr_number(found.possible)} permutations : le test est grossier.",) if few else ()
    return Permutations(drawn[:, found.units], found.possible, tuple(fr_text(one) for one in told))


def assignments(
    treated: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> Assignments:
    """The treatment (n) shared out again among clusters (none: rows), as many of them treated in each of `strata`.

    All ways when there are at most 65 536, else `draws` at random from `seed`. Raises NotEstimable as `permutations`.
    """
    found = _exchangeable(treated, strata, cluster)
    if found.possible <= MOST_ENUMERATED:
        return Assignments(found.units, _every_way(found.treated, found.stratum), True)
    drawn = _uniform(found.treated, found.stratum, draws, np.random.default_rng(seed))
    return Assignments(found.units, drawn, False)


@dataclass(frozen=True)
class _Exchangeable:
    """What is permuted: the unit of each row (`units`, n), the first row of each unit (`first`, U), whether it is
    treated and its stratum (U), and the distinct ways to share the treatment out."""

    units: Codes
    first: Codes
    treated: Bools
    stratum: Codes
    possible: float


def _exchangeable(treated: ArrayLike, within: ArrayLike | None, clusters: ArrayLike | None) -> _Exchangeable:
    flags = np.asarray(treated, dtype=bool)
    if flags.ndim != 1:
        raise ValueError("one treatment a row is needed")
    units = np.arange(len(flags), dtype=np.intp) if clusters is None else _codes(clusters, len(flags))
    first = np.unique(units, return_index=True)[1]
    if (flags[first][units] != flags).any():
        raise NotEstimable(
            "Une grappe contient des jeunes mentorés et d'autres non : elle ne peut pas être permutée entière. "
            "Permutez le mentorat à l'intérieur des grappes."
        )
    strata = np.zeros(len(flags), dtype=np.intp) if within is None else _codes(within, len(flags))
    if (strata[first][units] != strata).any():
        raise NotEstimable("Une grappe est à cheval sur plusieurs strates : elle ne peut pas être permutée entière.")
    possible = _possible(flags[first], strata[first])
    if possible < 1.5:
        raise NotEstimable(
            "Chaque strate ne contient que des jeunes mentorés, ou que des non-mentorés : aucune permutation n'est "
            "possible. Choisissez des strates plus larges."
        )
    return _Exchangeable(units, first, flags[first], strata[first], possible)


def _codes(labels: ArrayLike, size: int) -> Codes:
    codes = pd.factorize(np.asarray(labels), sort=True)[0].astype(np.intp)
    if len(codes) != size or (codes < 0).any():
        raise NotEstimable("Une strate ou une grappe manque : chaque jeune en a une pour permuter le mentorat.")
    return codes


def _checked_odds(odds: ArrayLike, size: int) -> Floats:
    found = np.asarray(odds, dtype=np.float64)
    if found.shape != (size,) or not (np.isfinite(found).all() and (found > 0).all()):
        raise NotEstimable(
            "Une chance d'être mentoré est nulle, certaine ou inconnue : retirez ces jeunes, sans équivalent dans "
            "l'autre groupe, avant de permuter."
        )
    return found


def _possible(treated: Bools, group: Codes) -> float:
    """Product over strata of the binomial coefficients; inf beyond what a float holds."""
    size = np.bincount(group).astype(np.float64)
    mentored = np.bincount(group, weights=treated)
    logarithm = float((gammaln(size + 1) - gammaln(mentored + 1) - gammaln(size - mentored + 1)).sum())
    return round(exp(logarithm)) if logarithm < 40 else exp(logarithm) if logarithm < 700 else inf


def _shuffled(group: Codes, draws: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Units in a random order inside each stratum, strata one after the other (draws × units)."""
    return np.argsort(group + rng.random((draws, len(group))), axis=1, kind="stable")


def _uniform(treated: Bools, group: Codes, draws: int, rng: np.random.Generator) -> Bools:
    found = np.empty((draws, len(treated)), dtype=bool)
    slots = treated[np.argsort(group, kind="stable")]
    np.put_along_axis(found, _shuffled(group, draws, rng), np.broadcast_to(slots, found.shape), axis=1)
    return found


def _every_way(treated: Bools, group: Codes) -> Bools:
    """Every choice of as many units in each stratum (B × U)."""
    members = [np.flatnonzero(group == one) for one in np.unique(group)]
    choices = [
        each[np.array(list(combinations(range(len(each)), int(treated[each].sum()))), dtype=np.intp)]
        for each in members
    ]
    ranks = np.indices([len(one) for one in choices]).reshape(len(choices), -1)
    chosen = np.hstack([one[rank] for one, rank in zip(choices, ranks, strict=True)])
    drawn = np.zeros((len(chosen), len(treated)), dtype=np.bool_)
    np.put_along_axis(drawn, chosen, values=True, axis=1)
    return drawn


def _by_odds(treated: Bools, group: Codes, odds: Floats, draws: int, rng: np.random.Generator) -> Bools:
    """Exchanges inside random pairs, from the observed treatment to one start common to every draw, then on.

    With a common start, what was seen is exchangeable with the draws whatever the number of exchanges.
    """
    ordered = np.sort(group)
    rank = np.arange(len(group)) - np.searchsorted(ordered, ordered)
    even = np.flatnonzero((rank[:-1] % 2 == 0) & (ordered[:-1] == ordered[1:]))
    start = _exchanged(treated[None, :], group, even, odds, rng)
    return _exchanged(np.repeat(start, draws, axis=0), group, even, odds, rng)


def _exchanged(
    treatments: Bools, group: Codes, even: NDArray[np.intp], odds: Floats, rng: np.random.Generator
) -> Bools:
    found = treatments.copy()
    rows = np.arange(len(found))[:, None]
    for _ in range(STEPS):
        order = _shuffled(group, len(found), rng)
        one, other = order[:, even], order[:, even + 1]
        first, second = found[rows, one], found[rows, other]
        chosen = rng.random(one.shape) < odds[one] / (odds[one] + odds[other])
        differ = first != second
        found[rows, one] = np.where(differ, chosen, first)
        found[rows, other] = np.where(differ, ~chosen, second)
    return found
