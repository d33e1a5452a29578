"""What all the admissible ways of estimating an effect say together: sets of covariates, joint test of the curve.

Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214, and their working paper of 2015 for
the shares of the dominant sign. The whole grid is run again on permuted treatments (`permutations`), and what was seen
is placed among what chance gives. The grid itself, run on a survey: `survey_curve`.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TIES = 1e-10
"""Two statistics nearer than this are equal: the order of additions does not decide a p-value."""


def covariate_sets(always: Sequence[str], optional: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Every set of covariates that holds `always` and some of the `optional` blocks, named by the blocks left out."""
    found: dict[str, tuple[str, ...]] = {}
    for kept in product([True, False], repeat=len(optional)):
        left = [name for name, keep in zip(optional, kept, strict=True) if not keep]
        columns = [one for (_, block), keep in zip(optional.items(), kept, strict=True) if keep for one in block]
        found["sans " + ", ".join(left) if left else "toutes"] = (*always, *columns)
    return found


def joint_p_values(estimates: Floats, p: Floats, alpha: float = 0.05) -> dict[str, float]:
    """How rare the whole curve would be if treatment did nothing: two-sided p-value of each of `joint_statistics`.

    `estimates`, `p` (1 + draws × specifications): the first row is what was seen, the others come from permuted
    treatments and by the same arithmetic; nan where not estimated. (1 + draws as far) / (1 + draws).
    """
    found = joint_statistics(estimates, p, alpha)
    return {name: float((values >= values[0] - TIES).mean()) for name, values in found.items()}


def joint_statistics(estimates: Floats, p: Floats, alpha: float = 0.05) -> dict[str, Floats]:
    """The statistics of each curve (draws × specifications); a nan specification does not count.

    `mediane` (absolute median of estimates), `part_meme_signe` (share of the dominant sign), `part_significative`
    (share of the more frequent sign among those with p < α), `z_moyen` (absolute mean of signed normal quantiles,
    Stouffer's).
    """
    known = np.isfinite(estimates)
    count = np.maximum(known.sum(axis=1), 1)
    sign = np.where(known, np.sign(estimates), 0.0)
    significant = known & (np.where(known, p, 1.0) < alpha)
    # A p-value of zero is a rounding: the quantile stops at the smallest number, about 37 standard deviations.
    z = stats.norm.isf(np.clip(np.where(known, p, 1.0), np.finfo(np.float64).tiny, 1.0) / 2)
    with np.errstate(all="ignore"):
        median = np.abs(_row_median(estimates, known))

    def dominant(flags: Bools) -> Floats:
        found: Floats = np.maximum((flags & (sign > 0)).sum(axis=1), (flags & (sign < 0)).sum(axis=1)) / count
        return found

    return {
        "mediane": median,
        "part_meme_signe": dominant(known),
        "part_significative": dominant(significant),
        "z_moyen": np.abs((sign * z).sum(axis=1) / count),
    }


def _row_median(estimates: Floats, known: Bools) -> Floats:
    """Median of the known values of each row, 0 where there is none."""
    ordered = np.sort(np.where(known, estimates, np.inf), axis=1)
    count, rank = known.sum(axis=1), np.arange(len(estimates))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, estimates.shape[1] - 1)
    found: Floats = np.where(count > 0, (ordered[rank, low] + ordered[rank, high]) / 2, 0.0)
    return found
