"""Randomisation inference: the treatment drawn again as it was, or might have been, and the estimate computed again.

Fisher (1935); for clusters and covariates Young (2019), Quarterly Journal of Economics 134:557-598. The sharp null is
an effect equal to `null` for everybody. What is drawn again says what is tested: whole clusters, or people, inside
strata when there are any. The statistic is the weighted least squares coefficient of the treatment; with the other
columns taken off once (Frisch and Waugh 1933), a draw costs K + 2 figures a unit.

Without a drawing of lots p reads as: how far would the estimate be seen if the treatment had been shared out by chance.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mentorat.causal.cluster_robust import Codes, Floats
from mentorat.causal.inversion import TIE, farthest_kept, monte_carlo_p
from mentorat.causal.permutations import assignments
from mentorat.typography import fr_number, fr_text

_BLOCK = 4_000_000


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


def _totals(units: Codes, values: Floats, size: int) -> Floats:
    """`values` (n × k) summed by unit (U × k)."""
    columns = [np.bincount(units, weights=one, minlength=size).astype(np.float64) for one in values.T]
    return np.stack(columns, axis=1)


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
