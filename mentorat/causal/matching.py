"""Matching each mentored young person with non-mentored ones: nearest, optimal and full.

Nearest neighbours, greedy, on a score (Rosenbaum and Rubin 1985, The American Statistician 39:33-38) or on Mahalanobis'
distance with the pooled covariance within groups (Rubin 1980, Biometrics 36:293-298): the pairs of MatchIt 4.7.2, ties
included. On a score the controls are sorted once and those already taken are leapt over (union-find), O(n log n).
Optimal pairs minimise the total distance (Rosenbaum 1989, JASA 84:1024-1032). Full matching (Hansen 2004, JASA
99:609-618) puts everybody in sets of one treated or one control at the least total distance: a minimum-cost edge cover,
reduced to an assignment; both for small samples, and exact where R's optmatch stops within a tolerance.

Ties go by the order of rows: sort them by their identifier first for a result that does not hang on the file.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.design import (
    PAIRS,
    Design,
    Floats,
    Integers,
    Rows,
    build_design,
    exact_codes,
    lonely_strata_warning,
    strata_weights,
    strata_without_controls,
)
from mentorat.causal.propensity import checked_groups
from mentorat.typography import fr_number

Order = Literal["largest", "smallest", "data"]
"""Which treated choose first: the largest scores (the hardest to match), the smallest, or the first rows."""

MOST_PAIRS = 20_000_000
"""Pairs beyond which optimal and full matching are refused: a matrix of that many distances is 160 MB."""
TIED = 1e-5
"""Squared difference of scores, in variances, under which two controls are as near (that of R's Matching)."""
NONE = -1
"""In a matrix of matches: no control."""
_NEIGHBOURS = 8
_DECIMALS = 10
"""Of whitened covariates: the same covariates are at distance zero whatever the row."""


def match_nearest(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    scores: ArrayLike | None = None,
    *,
    mahalanobis: Sequence[str] | None = None,
    order: Order | None = None,
    ratio: int = 1,
    replacement: bool = False,
    caliper: float | None = None,
    exact: pd.Series | pd.DataFrame | None = None,
    ties: bool = False,
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Each treated person with the `ratio` nearest controls, by `scores` (n), or by the columns `mahalanobis`.

    `covariates` (n × k numbers): those whose balance is shown; `order`: by default the largest scores first, rows in
    order for Mahalanobis; `replacement`: a control may serve several; `caliper`: largest difference of scores, in
    standard deviations of the scores over everyone; `exact`: columns whose strata matches must share; `ties`: all the
    controls as near as the nearest share the match, whatever the order of rows (as R's Matching; one match with
    replacement only).
    Rows left without a match weigh nothing and are told. Raises NotEstimable as `build_design`, ValueError when neither
    scores nor columns are given.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    score = None if scores is None else np.asarray(scores, dtype=np.float64)
    if score is None and (mahalanobis is None or caliper is not None):
        raise ValueError("matching needs scores, or columns for Mahalanobis' distance (a caliper is on scores)")
    codes, names = exact_codes(exact, len(mask))
    width = np.inf if caliper is None or score is None else caliper * float(score.std(ddof=1))
    between, _ = _distance_function(covariates, mask, score, mahalanobis)
    if ties:
        if score is None or not replacement or ratio > 1 or mahalanobis or caliper is not None or exact is not None:
            raise ValueError("ties are for one match on scores with replacement, without caliper or strata")
        pairs = _tied_pairs(score, mask)
    elif mahalanobis is not None:
        points, axis = whitened(covariates[list(mahalanobis)].to_numpy(dtype=np.float64), mask)
        chosen = _mahalanobis_matches(
            points,
            axis,
            mask,
            _treated_order(order or "data", score, mask),
            ratio=ratio,
            replacement=replacement,
            codes=codes,
            score=score,
            caliper=width,
        )
        pairs = _pairs(mask, chosen, between)
    else:
        chosen = nearest_matches(
            np.asarray(scores, dtype=np.float64),
            mask,
            order=order or "largest",
            ratio=ratio,
            replacement=replacement,
            caliper=width,
            strata=None if exact is None else codes,
        )
        pairs = _pairs(mask, chosen, between)
    label = "score de propension" if mahalanobis is None else "distance de Mahalanobis"
    return _matched_design(
        covariates,
        mask,
        base,
        pairs,
        replacement=replacement,
        method=f"Plus proche voisin ({label}, {ratio} pour 1, {'avec' if replacement else 'sans'} remise)",
        score=score,
        told=lonely_strata_warning(strata_without_controls(mask, codes, names)),
    )


def nearest_matches(
    scores: ArrayLike,
    treated: ArrayLike,
    *,
    order: Order = "largest",
    ratio: int = 1,
    replacement: bool = False,
    caliper: float = np.inf,
    strata: ArrayLike | None = None,
) -> Integers:
    """Rows of the controls matched to each treated (n1 × ratio, the treated in the order of rows), NONE where none.

    `caliper` in the unit of the scores (n), `strata` (n): codes that a match must share. At equal distances the lower
    score wins, then the row nearest in the order of scores and rows.
    """
    score, mask = np.asarray(scores, dtype=np.float64), np.asarray(treated, dtype=np.bool_)
    codes = np.zeros(len(mask), dtype=np.intp) if strata is None else np.asarray(strata, dtype=np.intp)
    sorted_rows = np.argsort(score, kind="stable") if strata is None else np.lexsort((score, codes))
    is_control = ~mask[sorted_rows]
    controls = sorted_rows[is_control]
    before = np.empty(len(mask), dtype=np.intp)
    before[sorted_rows] = np.cumsum(is_control) - is_control  # controls that come before each row
    place = before[mask]
    low = np.searchsorted(codes[controls], codes[mask], side="left")
    high = np.searchsorted(codes[controls], codes[mask], side="right")
    if replacement:
        found = _with_replacement(score[mask], score[controls], place, (low, high), ratio=ratio, caliper=caliper)
    else:
        turns = _treated_order(order, score, mask)
        found = _without_replacement(
            score[mask], score[controls], place, (low, high), turns, ratio=ratio, caliper=caliper
        )
    return np.where(found >= 0, controls[found], NONE)


def match_optimal(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    scores: ArrayLike | None = None,
    *,
    mahalanobis: Sequence[str] | None = None,
    exact: pd.Series | pd.DataFrame | None = None,
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Pairs without replacement whose total distance is the least possible; arguments as `match_nearest`.

    In a stratum with fewer controls than treated, the treated who cost most are left out. Raises NotEstimable as
    `build_design`, and beyond MOST_PAIRS pairs.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    score = None if scores is None else np.asarray(scores, dtype=np.float64)
    codes, names = exact_codes(exact, len(mask))
    between, key = _distance_function(covariates, mask, score, mahalanobis)
    chosen = np.full((int(mask.sum()), 1), NONE, dtype=np.intp)
    rank = np.cumsum(mask) - 1
    for ones, others in _small_strata(mask, codes, key):
        first, second = linear_sum_assignment(between(ones[:, None], others[None, :]))
        chosen[rank[ones[first]], 0] = others[second]
    return _matched_design(
        covariates,
        mask,
        base,
        _pairs(mask, chosen, between),
        replacement=False,
        method="Appariement optimal",
        score=score,
        told=lonely_strata_warning(strata_without_controls(mask, codes, names)),
    )


def match_full(
    covariates: pd.DataFrame,
    treated: ArrayLike,
    scores: ArrayLike | None = None,
    *,
    mahalanobis: Sequence[str] | None = None,
    exact: pd.Series | pd.DataFrame | None = None,
    survey_weights: ArrayLike | None = None,
) -> Design:
    """Everybody in sets of one treated with controls, or one control with treated, at the least total distance.

    Arguments as `match_nearest`. Strata of `exact` without one of the groups are left out and told. Raises NotEstimable
    as `build_design`, and beyond MOST_PAIRS pairs.
    """
    mask, _, base = checked_groups(covariates, treated, survey_weights)
    score = None if scores is None else np.asarray(scores, dtype=np.float64)
    codes, names = exact_codes(exact, len(mask))
    between, key = _distance_function(covariates, mask, score, mahalanobis)
    strata = np.full(len(mask), NONE, dtype=np.intp)
    sets = 0
    for ones, others in _small_strata(mask, codes, key):
        labels = _cheapest_cover(between(ones[:, None], others[None, :]))
        strata[np.concatenate([ones, others])] = sets + labels
        sets += int(labels.max()) + 1
    return build_design(
        covariates,
        mask,
        strata_weights(mask, strata, base),
        base,
        method="Appariement complet",
        strata=strata,
        propensity=score,
        warnings=lonely_strata_warning(strata_without_controls(mask, codes, names)),
    )


def whitened(x: Floats, treated: Rows) -> tuple[Floats, Floats]:
    """Points (n × r) whose Euclidean distance is Mahalanobis' distance between rows of `x`, and an axis (n).

    The covariance is pooled within groups; columns that others determine are harmless (generalised inverse). The axis
    is MatchIt's first: identical controls are told apart along it.
    """
    moving = np.ptp(x, axis=0) > 0
    if not moving.any():
        return np.zeros((len(x), 1)), np.zeros(len(x))
    z = (x[:, moving] - x[:, moving].mean(axis=0)) / x[:, moving].std(axis=0, ddof=1)
    within = z.copy()
    for arm in (treated, ~treated):
        within[arm] -= within[arm].mean(axis=0)
    values, vectors = np.linalg.eigh(within.T @ within / (len(z) - 2))
    kept = values > values[-1] * 1e-10
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    first = int(np.argmax(np.diagonal(inverse).round(_DECIMALS)))
    points = z @ (vectors[:, kept] / np.sqrt(values[kept]))
    return points.round(_DECIMALS), (z @ inverse[:, first]).round(_DECIMALS)


def _treated_order(order: Order, score: Floats | None, mask: Rows) -> Integers:
    """Ranks of the treated (n1) in the order they choose."""
    if order == "data":
        return np.arange(int(mask.sum()))
    if score is None:
        raise ValueError("an order by scores needs scores")
    return np.argsort(-score[mask] if order == "largest" else score[mask], kind="stable")


def _without_replacement(
    own: Floats,
    theirs: Floats,
    place: Integers,
    bounds: tuple[Integers, Integers],
    turns: Integers,
    *,
    ratio: int,
    caliper: float,
) -> Integers:
    """Ranks (n1 × ratio) of the sorted controls taken by each treated, one round of all treated a match.

    The choice of each hangs on those before him, whence a loop over the treated; `after[c]` and `until[c + 1]` lead to
    the first control still free at or after c, and at or before it, shortened as they are walked.
    """
    found = np.full((len(own), ratio), NONE, dtype=np.intp)
    after, until = list(range(len(theirs) + 1)), list(range(len(theirs) + 1))
    points, line = own.tolist(), theirs.tolist()
    starts, lows, highs = place.tolist(), bounds[0].tolist(), bounds[1].tolist()
    ranks = turns.tolist()
    for turn in range(ratio):
        taken = [NONE] * len(points)
        for rank in ranks:
            point, right = points[rank], starts[rank]
            left = right
            while after[right] != right:
                after[right] = after[after[right]]
                right = after[right]
            while until[left] != left:
                until[left] = until[until[left]]
                left = until[left]
            left -= 1
            below = point - line[left] if left >= lows[rank] else np.inf
            above = line[right] - point if right < highs[rank] else np.inf
            gap, choice = (below, left) if below <= above else (above, right)
            if gap > caliper or gap == np.inf:
                continue
            taken[rank] = choice
            after[choice], until[choice + 1] = choice + 1, choice
        found[:, turn] = taken
    return found


def _with_replacement(
    own: Floats, theirs: Floats, place: Integers, bounds: tuple[Integers, Integers], *, ratio: int, caliper: float
) -> Integers:
    """Ranks (n1 × ratio) of the sorted controls nearest to each treated: among `ratio` below and `ratio` above."""
    steps = np.arange(ratio)
    window = np.empty((len(own), 2 * ratio), dtype=np.intp)
    window[:, 0::2] = place[:, None] - 1 - steps  # below and above in turn: at equal distances below wins
    window[:, 1::2] = place[:, None] + steps
    inside = (window >= bounds[0][:, None]) & (window < bounds[1][:, None])
    gaps = np.abs(theirs[np.clip(window, 0, len(theirs) - 1)] - own[:, None])
    gaps = np.where(inside & (gaps <= caliper), gaps, np.inf)
    nearest = np.argsort(gaps, axis=1, kind="stable")[:, :ratio]
    found = np.take_along_axis(window, nearest, axis=1)
    return np.where(np.isfinite(np.take_along_axis(gaps, nearest, axis=1)), found, NONE)


def _mahalanobis_matches(
    points: Floats,
    axis: Floats,
    mask: Rows,
    turns: Integers,
    *,
    ratio: int,
    replacement: bool,
    codes: Integers,
    score: Floats | None,
    caliper: float,
) -> Integers:
    """Rows (n1 × ratio) of the controls nearest to each treated, by a tree of the controls of each stratum.

    At equal distances, the control farthest along the order of the axis (then of rows) wins, as in MatchIt.
    """
    ones = np.flatnonzero(mask)
    found = np.full((len(ones), ratio), NONE, dtype=np.intp)
    along = np.empty(len(mask), dtype=np.intp)
    along[np.argsort(axis, kind="stable")] = np.arange(len(mask))
    trees = {
        code: (rows, KDTree(points[rows]))
        for code in np.unique(codes[mask])
        if len(rows := np.flatnonzero(~mask & (codes == code)))
    }
    free = np.ones(len(mask), dtype=np.bool_)
    for turn in range(ratio):
        for rank in turns:
            one = int(ones[rank])
            if int(codes[one]) not in trees:
                continue
            rows, tree = trees[int(codes[one])]
            taken = found[rank, :turn][found[rank, :turn] >= 0] if replacement else found[rank, :0]
            free[taken] = False
            near = np.inf if score is None else caliper
            usable = _usable(free, near, score, one)
            choice = _nearest_usable(points[one], rows, tree, usable=usable, along=along, start=int(along[one]))
            free[taken] = True
            found[rank, turn] = choice
            if choice >= 0 and not replacement:
                free[choice] = False
    return found


def _usable(free: Rows, caliper: float, score: Floats | None, one: int) -> Callable[[Integers], Rows]:
    """Which of some rows are free and within the caliper of the row `one`."""
    if score is None or not np.isfinite(caliper):
        return lambda rows: free[rows]
    line = score
    return lambda rows: free[rows] & (np.abs(line[rows] - line[one]) <= caliper)


def _nearest_usable(
    point: Floats, rows: Integers, tree: KDTree, *, usable: Callable[[Integers], Rows], along: Integers, start: int
) -> int:
    """The usable control nearest to `point`, the farthest from `start` along the axis when several are; else NONE.

    More neighbours are asked for until one is usable and the next is farther.
    """
    asked = min(_NEIGHBOURS, len(rows))
    while True:
        gaps, near = (np.asarray(found) for found in tree.query(point, k=np.arange(1, asked + 1)))
        candidates = usable(rows[near])
        if candidates.any():
            limit = gaps[candidates][0] * (1 + 1e-9) + 1e-9
            if asked == len(rows) or gaps[-1] > limit:
                tied = rows[near[candidates & (gaps <= limit)]]
                return int(tied[np.argmax(np.abs(along[tied] - start))])
        elif asked == len(rows):
            return NONE
        asked = min(4 * asked, len(rows))


def _distance_function(
    covariates: pd.DataFrame, mask: Rows, score: Floats | None, mahalanobis: Sequence[str] | None
) -> tuple[Callable[[Integers, Integers], Floats], Floats]:
    """Distance between rows, by position (arrays that broadcast), and a number a row that puts them in an order."""
    if mahalanobis is not None:
        points, axis = whitened(covariates[list(mahalanobis)].to_numpy(dtype=np.float64), mask)

        def apart(one: Integers, other: Integers) -> Floats:
            shape = np.broadcast_shapes(one.shape, other.shape)
            total = np.zeros(shape)
            for column in points.T:  # a column at a time: never rows × rows × columns
                total += (column[one] - column[other]) ** 2
            return np.sqrt(total)

        return apart, axis
    if score is None:
        raise ValueError("matching needs scores, or columns for Mahalanobis' distance")
    line = score
    return lambda one, other: np.abs(line[one] - line[other]), line


def _small_strata(mask: Rows, codes: Integers, key: Floats) -> list[tuple[Integers, Integers]]:
    """Rows of the treated and of the controls of each stratum that has both. Refuses more than MOST_PAIRS pairs.

    In the order of `key`: several solutions cost the same on a line, and the order of rows must not choose.
    """
    strata = []
    for code in np.unique(codes[mask]):
        inside = codes == code
        ones, others = (
            rows[np.argsort(key[rows], kind="stable")] for rows in map(np.flatnonzero, (inside & mask, inside & ~mask))
        )
        if len(ones) * len(others) > MOST_PAIRS:
            raise NotEstimable(
                f"{fr_number(len(ones))} mentorés et {fr_number(len(others))} non-mentorés : c'est trop pour cet "
                "appariement, qui compare chaque paire. Employez le plus proche voisin, ou appariez par strates."
            )
        if len(others):
            strata.append((ones, others))
    return strata


def _cheapest_cover(cost: Floats) -> Integers:
    """Sets (labels of the n1 rows, then of the n0 columns) of the stars that cover everyone at the least total cost.

    A pair gains what its two ends would pay for their nearest, less its own cost: the best pairs are an assignment, and
    whoever is in none joins his nearest (edge cover by matching: Schrijver 2003, Combinatorial Optimization, 19.3).
    """
    n1, n0 = cost.shape
    nearest, nearest_back = cost.argmin(axis=1), cost.argmin(axis=0)
    floor = cost.min(axis=1)[:, None] + cost.min(axis=0)[None, :]
    gain = np.minimum(cost - floor, 0.0)
    first, second = linear_sum_assignment(gain)
    worth = gain[first, second] < 0
    first, second = first[worth], second[worth]
    alone, alone_back = np.setdiff1d(np.arange(n1), first), np.setdiff1d(np.arange(n0), second)
    edges = np.unique(
        np.concatenate(
            [
                np.column_stack([first, second]),
                np.column_stack([alone, nearest[alone]]),
                np.column_stack([nearest_back[alone_back], alone_back]),
            ]
        ),
        axis=0,
    )
    degrees = [np.bincount(edges[:, side], minlength=size) for side, size in enumerate((n1, n0))]
    kept = np.ones(len(edges), dtype=np.bool_)
    # at zero distance two stars may be tied by an edge that neither needs
    for edge in np.flatnonzero((degrees[0][edges[:, 0]] > 1) & (degrees[1][edges[:, 1]] > 1)):
        one, other = edges[edge]
        if degrees[0][one] > 1 and degrees[1][other] > 1:
            kept[edge] = False
            degrees[0][one] -= 1
            degrees[1][other] -= 1
    ends = edges[kept]
    graph = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], n1 + ends[:, 1])), shape=(n1 + n0, n1 + n0))
    labels: Integers = connected_components(graph, directed=False)[1].astype(np.intp)
    return labels


def _matched_design(
    covariates: pd.DataFrame,
    mask: Rows,
    base: Floats,
    pairs: pd.DataFrame,
    *,
    replacement: bool,
    method: str,
    score: Floats | None,
    told: Sequence[str],
) -> Design:
    """The design of pairs (columns PAIRS): each treated shares his weight among his controls."""
    ones, controls = pairs["mentore"].to_numpy(), pairs["non_mentore"].to_numpy()
    number = np.bincount(ones, minlength=len(mask))
    weights = np.where(number > 0, base, 0.0)
    weights += np.bincount(controls, weights=base[ones] / number[ones], minlength=len(mask))
    strata = None
    if not replacement:
        strata = np.where(number > 0, np.cumsum(number > 0) - 1, NONE).astype(np.intp)
        strata[controls] = strata[ones]
    return build_design(
        covariates, mask, weights, base, method=method, strata=strata, pairs=pairs, propensity=score, warnings=told
    )


def _pairs(mask: Rows, chosen: Integers, between: Callable[[Integers, Integers], Floats]) -> pd.DataFrame:
    """Columns PAIRS of a matrix of matches (n1 × ratio)."""
    rank, column = np.nonzero(chosen >= 0)
    ones, controls = np.flatnonzero(mask)[rank], chosen[rank, column]
    return _pairs_table(ones, controls, column + 1, between)


def _pairs_table(
    ones: Integers, controls: Integers, rank: Integers, between: Callable[[Integers, Integers], Floats]
) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(PAIRS, (ones, controls, rank, between(ones, controls)), strict=True)))


def _tied_pairs(score: Floats, mask: Rows) -> pd.DataFrame:
    """Columns PAIRS of every treated with all the controls as near as his nearest, within TIED."""
    ones, controls = np.flatnonzero(mask), np.flatnonzero(~mask)
    controls = controls[np.argsort(score[controls], kind="stable")]
    line, spread = score[controls], float(score.std(ddof=1))
    nearest = nearest_matches(score, mask, replacement=True)[:, 0]
    reach = np.sqrt((score[ones] - score[nearest]) ** 2 + TIED * spread**2)
    low = np.searchsorted(line, score[ones] - reach, side="left")
    number = np.searchsorted(line, score[ones] + reach, side="right") - low
    rank = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    found = controls[np.repeat(low, number) + rank]
    return _pairs_table(np.repeat(ones, number), found, rank + 1, lambda one, other: np.abs(score[one] - score[other]))
