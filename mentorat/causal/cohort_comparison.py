"""One comparison of the administrative cohort: an outcome, its matched effect and what is set beside it.

The effect is the difference of shares between those who start and their matched comparators, by least squares on the
covariates (`outcome_effect`), each set weighing one. Errors are clustered on the plan's cluster and on the young
person, who may serve several sets: CR2 on the cluster, to which what people bring across clusters is added (V(person) −
V(person and cluster): Cameron, Gelbach and Miller 2011); nothing when each lives in a single one, and it never makes
the error smaller. Degrees of freedom are Satterthwaite's, on the cluster. Matching is taken as given (Abadie and Spiess
2022, JASA 117:983-995).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.sparse.csgraph import connected_components

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.covariates import RARE, encode_covariates, refuse_separation, separating
from mentorat.causal.design import SMALLEST_ESS
from mentorat.causal.follow_up import (
    Facts,
    Followed,
    censored_weights,
    follow,
    observation_weights,
    usable_sets,
)
from mentorat.causal.outcomes import OutcomeEffect, comparison, outcome_effect
from mentorat.causal.plan import CohortOutcome
from mentorat.causal.projections import independent_columns
from mentorat.causal.risk_sets import RiskSetMatches
from mentorat.survey.design import SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.typography import fr_number, fr_text

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

VALUE, ARM = "_issue", "mentore"
"""Columns of the outcome and of the arm in the rows compared."""


@dataclass(frozen=True)
class Estimated:
    """An effect, or why there is none (French). `people`: young people of each arm it rests on, each counted once."""

    effect: OutcomeEffect | None
    refused: str = ""
    people: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class CohortComparison:
    """One outcome and one kind of comparators.

    `rows`: those of the matching that serve, with VALUE; `weights` (their order): sets, times observation;
    `covered`: young people of each arm whose window the files cover; `matched`, `naive`, `censored`: the effects;
    `missing`: those covered whose outcome is unknown; `departed`: share of each arm that left care before its outcome
    was decided (weighted); `earliest`: the first day on which a window closes (days), nan when nobody has one.
    """

    rows: pd.DataFrame = field(repr=False)
    weights: Floats = field(repr=False)
    matched: Estimated
    naive: Estimated
    censored: Estimated
    covered: tuple[int, int]
    missing: int
    departed: tuple[float, float]
    earliest: float
    warnings: tuple[str, ...]


def compare_outcome(
    matches: RiskSetMatches,
    facts: Facts,
    name: str,
    outcome: CohortOutcome,
    *,
    covariates: Sequence[str],
    cluster: str,
    starts: pd.Series | None = None,
    naive: bool = True,
    level: float = 0.95,
) -> CohortComparison:
    """The effect of starting now on the outcome `name`, and the naive and censored ones (`starts`: see
    `RiskIntervals.own_starts`; none: no censored effect). What cannot be estimated says why; it is never an error."""
    rows = matches.rows
    mentored = rows[ARM].to_numpy(dtype=np.bool_)
    followed = follow(rows, facts, name, outcome)
    base = usable_sets(rows["ensemble"], mentored, followed.usable)
    frame = rows.assign(**{VALUE: followed.value})
    ends = followed.end[mentored & (followed.end > followed.start)]
    earliest = float(np.nanmin(ends)) if np.isfinite(ends).any() else float("nan")
    if not base.any():
        nothing = Estimated(None)
        return CohortComparison(
            rows=frame.iloc[:0],
            weights=base[:0],
            matched=nothing,
            naive=nothing,
            censored=nothing,
            covered=(0, 0),
            missing=0,
            departed=(0.0, 0.0),
            earliest=earliest,
            warnings=(),
        )
    observed = followed.observed & (base > 0)
    missing = sum(young_people(frame.loc[(base > 0) & ~observed]))
    weights, told = np.where(observed, base, 0.0), tuple[str, ...]()
    try:
        if missing:
            seen = observation_weights(frame, mentored, observed, base, covariates)
            weights, told = seen.weights, seen.warnings
        effect = compare_rows(frame, weights, covariates=covariates, cluster=cluster, level=level)
        matched = Estimated(effect, people=young_people(frame.loc[weights > 0]))
    except (NotEstimable, SurveyError) as refusal:
        matched = Estimated(None, str(refusal))
    censored = Estimated(None, "")
    if starts is not None:
        own = rows["id_population"].map(starts).to_numpy(dtype=np.float64, na_value=np.nan)
        censored = _censored(frame, followed, own, base, covariates=covariates, cluster=cluster, level=level)
    kept = weights > 0
    return CohortComparison(
        rows=frame.loc[kept].reset_index(drop=True),
        weights=weights[kept],
        matched=matched,
        naive=_naive(matches, facts, name, outcome, cluster=cluster, level=level) if naive else Estimated(None, ""),
        censored=censored,
        covered=young_people(frame.loc[base > 0]),
        missing=missing,
        departed=_departed(followed, mentored, base),
        earliest=earliest,
        warnings=told,
    )


def compare_rows(
    frame: pd.DataFrame, weights: Floats, *, covariates: Sequence[str], cluster: str, level: float = 0.95
) -> OutcomeEffect:
    """The effect on VALUE over the rows of a matching, errors by `cluster` and by young person; effective sizes are of
    young people, each with all his or her weight. Raises as `outcome_effect`, and NotEstimable on a covariate that
    separates the two groups."""
    served = weights > 0
    arm = frame.loc[served, ARM].to_numpy(dtype=np.bool_)
    if arm.any() and not arm.all():
        refuse_separation(separating(frame.loc[served], covariates, arm))
    found = outcome_effect(frame, VALUE, ARM, covariates, weights=weights, cluster=cluster, level=level)
    sizes = _people_sizes(frame, weights)
    if min(sizes) < SMALLEST_ESS:
        raise NotEstimable(
            f"La comparaison repose sur l'équivalent de {fr_number(min(sizes), 1)} jeunes dans l'un des deux groupes, "
            f"moins de {SMALLEST_ESS} : elle n'est pas faite."
        )
    found = replace(found, ess_treated=sizes[0], ess_control=sizes[1])
    more = _people_across(frame, weights, covariates, cluster)
    if more <= 0:
        return found
    error = float(np.sqrt(found.standard_error**2 + more))
    half = float(stats.t.ppf(0.5 + level / 2, found.degrees_of_freedom)) * error
    return replace(
        found,
        standard_error=error,
        low=found.estimate - half,
        high=found.estimate + half,
        p=float(2 * stats.t.sf(abs(found.estimate) / error, found.degrees_of_freedom)),
    )


def young_people(rows: pd.DataFrame) -> tuple[int, int]:
    """How many young people those rows are: mentored, comparators."""
    arm = rows[ARM].to_numpy(dtype=np.bool_)
    return rows.loc[arm, "id_population"].nunique(), rows.loc[~arm, "id_population"].nunique()


def by_departement(found: CohortComparison, departement: pd.Series, covariates: Sequence[str]) -> pd.DataFrame:
    """The effect in each département: departement, n_mentores, n_non_mentores, x_mentores, x_non_mentores (with the
    outcome), estimation, se, avertissements.

    `departement`: code of each territoire. The outcome is freed of what the covariates explain at the national level
    (slopes within sets), then compared within the département; errors by sets that share somebody (CR1). Missing
    under `RARE` young people an arm, or where everybody had the same outcome.
    """
    rows, w = found.rows, found.weights
    mentored = rows[ARM].to_numpy(dtype=np.bool_)
    y = rows[VALUE].to_numpy(dtype=np.float64)
    code, names = pd.factorize(rows["territoire"].map(departement), sort=True)
    size = len(names)
    encoded = encode_covariates(rows, covariates, rows[ARM])
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64)
    left = y - _explained(y, mentored, x, w, code)
    totals = [np.bincount(code, weights=w * arm, minlength=size) for arm in (mentored, ~mentored)]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = [
            np.bincount(code, weights=w * left * arm, minlength=size) / total
            for arm, total in zip((mentored, ~mentored), totals, strict=True)
        ]
        influence = np.where(
            mentored, w * (left - means[0][code]) / totals[0][code], -w * (left - means[1][code]) / totals[1][code]
        )
    linked = _linked_sets(rows)
    cell = code * (int(linked.max(initial=0)) + 1) + linked
    cells, where = np.unique(cell, return_inverse=True)
    groups = np.bincount(where.reshape(-1), weights=np.nan_to_num(influence), minlength=len(cells))
    home = cells // (int(linked.max(initial=0)) + 1)
    count = np.bincount(home, minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        se = np.sqrt(np.bincount(home, weights=groups**2, minlength=size) * count / (count - 1))
    people, positive = (
        [
            rows.loc[kept].groupby(code[kept])["id_population"].nunique().reindex(range(size), fill_value=0).to_numpy()
            for kept in (mentored & told, ~mentored & told)
        ]
        for told in (np.ones(len(rows), dtype=np.bool_), y == 1)
    )
    spread = pd.Series(y).groupby(code).agg(lambda one: float(np.ptp(one))).reindex(range(size)).to_numpy()
    thin, flat = np.minimum(*people) < RARE, spread == 0
    told = np.where(
        thin,
        f"Moins de {RARE} jeunes dans l'un des deux groupes : le département n'a pas d'estimation propre.",
        np.where(flat, "Tous les jeunes ont eu la même issue : le département n'a pas d'estimation propre.", ""),
    )
    return pd.DataFrame(
        {
            "departement": [str(name) for name in names],
            "n_mentores": people[0],
            "n_non_mentores": people[1],
            "x_mentores": positive[0],
            "x_non_mentores": positive[1],
            "estimation": np.where(thin | flat, np.nan, means[0] - means[1]),
            "se": np.where(thin | flat, np.nan, se),
            "avertissements": [fr_text(one) for one in told],
        }
    )


def _departed(followed: Followed, mentored: Rows, base: Floats) -> tuple[float, float]:
    """Shares (weighted) of the mentored and of the others that left care before their outcome was decided."""
    gone = base * ~np.isnan(followed.exit)
    one, other = (float(gone[arm].sum() / base[arm].sum()) for arm in (mentored, ~mentored))
    return one, other


def _naive(
    matches: RiskSetMatches, facts: Facts, name: str, outcome: CohortOutcome, *, cluster: str, level: float
) -> Estimated:
    """Everyone at risk the same month, as they are."""
    followed = follow(matches.unmatched, facts, name, outcome)
    frame = matches.unmatched.assign(**{VALUE: followed.value})
    weights = np.where(followed.observed, frame["poids"].to_numpy(dtype=np.float64), 0.0)
    try:
        found = outcome_effect(frame, VALUE, ARM, weights=weights, cluster=cluster, level=level)
        sizes = _people_sizes(frame, weights)
        return Estimated(
            replace(found, ess_treated=sizes[0], ess_control=sizes[1]), people=young_people(frame.loc[weights > 0])
        )
    except (NotEstimable, SurveyError) as refusal:
        return Estimated(None, str(refusal))


def _censored(
    frame: pd.DataFrame,
    followed: Followed,
    starts: Floats,
    base: Floats,
    *,
    covariates: Sequence[str],
    cluster: str,
    level: float,
) -> Estimated:
    try:
        mentored = frame[ARM].to_numpy(dtype=np.bool_)
        found = censored_weights(frame, mentored, followed, starts=starts, base=base, covariates=covariates)
        weights, told = found.weights, found.warnings
        known = followed.observed & (weights > 0)
        if (~known & (weights > 0)).any():
            seen = observation_weights(frame, mentored, known, weights, covariates)
            weights, told = seen.weights, (*told, *seen.warnings)
        effect = compare_rows(frame, weights, covariates=covariates, cluster=cluster, level=level)
    except (NotEstimable, SurveyError) as refusal:
        return Estimated(None, str(refusal))
    return Estimated(
        replace(effect, warnings=tuple(dict.fromkeys((*told, *effect.warnings)))),
        people=young_people(frame.loc[weights > 0]),
    )


def _people_across(frame: pd.DataFrame, weights: Floats, covariates: Sequence[str], cluster: str) -> float:
    """What young people found in several clusters add to the variance of the effect; 0 when there are none."""
    frame = frame.loc[weights > 0]
    person = pd.factorize(frame["id_population"], sort=True)[0]
    home = pd.factorize(frame[cluster], sort=True)[0]
    both = person * (int(home.max(initial=0)) + 1) + home
    if len(np.unique(both)) == len(np.unique(person)):
        return 0.0
    data = comparison(frame, VALUE, ARM, weights=weights[weights > 0], cluster=cluster)
    encoded = encode_covariates(data.frame, covariates, pd.Series(data.treated))
    x = encoded.columns[list(encoded.regressors)].to_numpy(dtype=np.float64)
    design = np.column_stack([np.ones(len(data.y)), data.treated, (x - x.mean(axis=0)) / x.std(axis=0)])
    design = design[:, independent_columns(design, data.weights)]
    known = frame[VALUE].notna().to_numpy()
    variances = [
        cluster_robust(data.y, design, labels[known], data.weights, "CR1S").covariance[1, 1]
        for labels in (person, both)
    ]
    return float(variances[0] - variances[1])


def _people_sizes(frame: pd.DataFrame, weights: Floats) -> tuple[float, float]:
    """Effective number of young people of each arm whose outcome is known, each with all his or her weight."""
    mentored = frame[ARM].to_numpy(dtype=np.bool_)
    known = weights * frame[VALUE].notna().to_numpy()
    people = frame["id_population"].to_numpy()
    one, other = (
        kish_ess(pd.Series(known[arm]).groupby(people[arm]).sum().to_numpy(dtype=np.float64))
        for arm in (mentored, ~mentored)
    )
    return one, other


def _explained(y: Floats, mentored: Rows, x: Floats, w: Floats, home: NDArray[np.intp]) -> Floats:
    """What covariates `x` (n × k) explain of `y` within arms of a département, centred there."""
    cell = home * 2 + mentored
    total = np.maximum(np.bincount(cell, weights=w), np.finfo(np.float64).tiny)

    def inside(values: Floats) -> Floats:
        found: Floats = values - (np.bincount(cell, weights=w * values) / total)[cell]
        return found

    centred = np.column_stack([inside(column) for column in x.T]) if x.shape[1] else np.zeros((len(y), 0))
    root = np.sqrt(w)
    slopes = np.linalg.lstsq(centred * root[:, None], inside(y) * root, rcond=1e-10)[0]
    return np.asarray(x @ slopes, dtype=np.float64)


def _linked_sets(rows: pd.DataFrame) -> NDArray[np.intp]:
    """Group of each row: sets joined by the people they share."""
    person = pd.factorize(rows["id_population"], sort=True)[0]
    sets = pd.factorize(rows["ensemble"], sort=True)[0]
    n, offset = len(rows), int(sets.max(initial=-1)) + 1
    size = offset + int(person.max(initial=-1)) + 1
    graph = sparse.coo_array((np.ones(n), (sets, offset + person)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return np.asarray(labels[sets], dtype=np.intp)
