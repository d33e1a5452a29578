"""Randomisation inference: the treatment drawn again as it was, or might have been, and the estimate computed again.

Fisher (1935); for clusters and covariates Young (2019), Quarterly Journal of Economics 134:557-598. The sharp null is
an effect equal to `null` for everybody. What is drawn again says what is tested: whole clusters, or people, inside
strata when there are any. The statistic is the weighted least squares coefficient of the treatment; with the other
columns taken off once (Frisch and Waugh 1933), a draw costs K + 2 figures a unit.

Without a drawing of lots p reads as: how far would the estimate be seen if the treatment had been shared out by chance.
"""

from dataclasses import dataclass, field
from itertools import combinations
from math import comb, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import Codes, Floats
from mentorat.causal.inversion import MOST_ENUMERATED, TIE, farthest_kept, monte_carlo_p
from mentorat.typography import fr_number, fr_text

_BLOCK = 4_000_000


@dataclass(frozen=True)
class Assignments:
    """Ways in which the treatment might have been shared out: `units` (n) is the unit of each row, from 0; `drawn`
    (B × U) whether each is treated. `enumerated`: every way is there, the actual one included."""

    units: Codes
    drawn: NDArray[np.bool_]
    enumerated: bool


@dataclass(frozen=True)
class RandomisationTest:
    """Estimate, two-sided `p` against `null`, and the constant effects that the test does not reject at `level`.

    `units`: clusters or people drawn; `warnings`: French sentences; `statistics` (B): the coefficients drawn.
    """

    estimate: float
    p: float
    low: float
    high: float
    null: float
    level: float
    draws: int
    enumerated: bool
    units: int
    units_treated: int
    smallest_p: float
    warnings: tuple[str, ...]
    statistics: Floats = field(repr=False, compare=False)


def assignments(
    treated: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    draws: int = 9_999,
    seed: int = 0,
) -> Assignments:
    """The treatment (n) shared out again among clusters (none: rows), as many of them treated in each of `strata`.

    All ways when there are at most 65 536, else `draws` at random from `seed`. Raises NotEstimable (French) when a
    cluster holds both arms or lies in several strata, or when there is only one way.
    """
    mask = np.asarray(treated, dtype=bool)
    if cluster is None:
        units = np.arange(len(mask), dtype=np.intp)
    else:
        units = np.unique(np.asarray(cluster), return_inverse=True)[1].reshape(-1).astype(np.intp)
    stratum = np.zeros(len(mask), dtype=np.intp)
    if strata is not None:
        stratum = np.unique(np.asarray(strata), return_inverse=True)[1].reshape(-1).astype(np.intp)
    actual, home = _of_units(units, mask.astype(np.intp), "treatment"), _of_units(units, stratum, "stratum")
    groups = [np.flatnonzero(home == one) for one in np.unique(home)]
    counts = [int(actual[group].sum()) for group in groups]
    ways = prod(comb(len(group), count) for group, count in zip(groups, counts, strict=True))
    if ways < 2:
        raise NotEstimable(
            "Il n'y a qu'une façon de répartir le traitement entre ces unités : le test par tirage au sort n'a rien à "
            "comparer. Regroupez des strates."
        )
    if ways <= MOST_ENUMERATED:
        return Assignments(units, _every_way(groups, counts, len(actual)), True)
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, len(actual)), dtype=np.bool_)
    for group, count in zip(groups, counts, strict=True):
        ranks = rng.random((draws, len(group))).argsort(axis=1).argsort(axis=1)
        drawn[:, group] = ranks < count
    return Assignments(units, drawn, False)


def randomisation_test(
    y: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike | None = None,
    *,
    cluster: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    null: float = 0.0,
    draws: int = 9_999,
    seed: int = 0,
    level: float = 0.95,
) -> RandomisationTest:
    """Test on the coefficient of `treated` (n) in the regression of `y` on it, a constant and `covariates` (n × K).

    `cluster`, `strata`, `draws`, `seed`: as `assignments`. `weights` (n) stay with their rows, so they must not come
    from the treatment itself (design weights, not balancing ones). p counts ties; with draws at random the actual
    sharing out is one of them. Raises NotEstimable as `assignments`, and when the covariates determine the treatment.
    """
    mask = np.asarray(treated, dtype=bool)
    ways = assignments(mask, cluster=cluster, strata=strata, draws=draws, seed=seed)
    outcome = np.asarray(y, dtype=np.float64)
    w = np.ones(len(outcome)) if weights is None else np.asarray(weights, dtype=np.float64)
    others = np.ones((len(outcome), 1))
    if covariates is not None:
        others = np.column_stack([others, np.asarray(covariates, dtype=np.float64)])
    root = np.sqrt(w)[:, None]
    basis, sizes, _ = np.linalg.svd(others * root, full_matrices=False)
    basis = basis[:, sizes > sizes[0] * 1e-10]
    columns = np.column_stack([outcome, mask.astype(np.float64)]) * root
    # Column: what is left of the outcome, and of the actual treatment, once the others are taken off.
    left = (columns - basis @ (basis.T @ columns)) * root
    size = ways.drawn.shape[1]
    tops, carried, mass = (_totals(ways.units, values, size) for values in (left, basis * root, w[:, None]))
    actual = np.zeros(size, dtype=np.bool_)
    actual[ways.units] = mask
    observed, drawn = (_coefficients(z, tops, carried, mass[:, 0]) for z in (actual[None, :], ways.drawn))
    estimate = float(observed[0, 0])
    usable = np.isfinite(drawn).all(axis=1)
    drawn = drawn[usable]

    def p_of(value: float) -> float:
        found = np.abs(drawn[:, 0] - value * drawn[:, 1])
        beyond = int((found >= abs(estimate - value) - TIE * max(1.0, abs(estimate - value))).sum())
        return monte_carlo_p(beyond, len(drawn), ways.enumerated)

    alpha = 1 - level
    spread = float(np.std(drawn[:, 0] - estimate * drawn[:, 1]))
    low, high = (farthest_kept(p_of, estimate, side * spread, alpha) for side in (-1.0, 1.0))
    smallest = monte_carlo_p(1 if ways.enumerated else 0, len(drawn), ways.enumerated)
    told = []
    if smallest > alpha:
        told.append(
            f"Il n'y a que {len(drawn)} répartitions possibles : p ne peut pas descendre sous "
            f"{fr_number(smallest, 3)}, le test ne rejette jamais à ce niveau."
        )
    if not usable.all():
        told.append(
            f"{int((~usable).sum())} répartitions où les covariables déterminent le traitement sont laissées de côté."
        )
    return RandomisationTest(
        estimate=estimate,
        p=p_of(null),
        low=low,
        high=high,
        null=null,
        level=level,
        draws=len(drawn),
        enumerated=ways.enumerated,
        units=size,
        units_treated=int(actual.sum()),
        smallest_p=smallest,
        warnings=tuple(fr_text(one) for one in told),
        statistics=drawn[:, 0],
    )


def _of_units(units: Codes, values: Codes, what: str) -> Codes:
    """The value (n) of each unit (U), which must be one."""
    found = np.zeros(int(units.max()) + 1, dtype=np.intp)
    found[units] = values
    if (found[units] != values).any():
        raise NotEstimable(
            "Une grappe compte à la fois des jeunes mentorés et non mentorés : le traitement n'a pas pu être tiré par "
            "grappe. Donnez les grappes comme strates."
            if what == "treatment"
            else "Une unité tirée au sort se trouve dans plusieurs strates : donnez à chacune une seule strate."
        )
    return found


def _totals(units: Codes, values: Floats, size: int) -> Floats:
    """`values` (n × k) summed by unit (U × k)."""
    columns = [np.bincount(units, weights=one, minlength=size).astype(np.float64) for one in values.T]
    return np.stack(columns, axis=1)


def _every_way(groups: list[Codes], counts: list[int], size: int) -> NDArray[np.bool_]:
    """Every choice of `counts` units in each of `groups` (B × U)."""
    choices = [
        group[np.array(list(combinations(range(len(group)), count)), dtype=np.intp).reshape(-1, count)]
        for group, count in zip(groups, counts, strict=True)
    ]
    ranks = np.indices([len(one) for one in choices]).reshape(len(choices), -1)
    treated = np.hstack([one[rank] for one, rank in zip(choices, ranks, strict=True)])
    drawn = np.zeros((len(treated), size), dtype=np.bool_)
    np.put_along_axis(drawn, treated, values=True, axis=1)
    return drawn


def _coefficients(drawn: NDArray[np.bool_], tops: Floats, carried: Floats, mass: Floats) -> Floats:
    """Coefficients (B × 2) of each treatment drawn on the outcome and on the actual treatment; nan when determined."""
    found = np.empty((len(drawn), tops.shape[1]))
    step = max(1, _BLOCK // len(mass))
    for start in range(0, len(drawn), step):
        z = drawn[start : start + step].astype(np.float64)
        whole = z @ mass
        below = whole - ((z @ carried) ** 2).sum(axis=1)
        below[below <= 1e-10 * whole] = np.nan
        found[start : start + step] = z @ tops / below[:, None]
    return found
