"""The specification curve of a survey: every way the plan says the effect could be estimated, and the joint test.

Grid: covariates in or out by block, estimator, population, coding of the answer (share of positive answers, or place on
the scale from 0 to 1). A yes or no has one coding. Errors are CR1 by cluster with FEW_CLUSTERS clusters and more, where
they say what CR2 says, and the plan's below. The joint test (`specification_curve.joint_p_values`) runs the grid again
on treatments permuted inside the clusters that hold both groups, as often as the propensity score makes them
(`permutations`); it looks at the weighted regressions on positive answers, so that its median has one unit, and takes
CR1 for what was seen as for what is permuted: like is placed among like.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.batched_specifications import (
    WEIGHTED,
    Specification,
    Weighted,
    robust_fit,
    weighted_fits,
)
from mentorat.causal.cluster_robust import FEW_CLUSTERS
from mentorat.causal.estimators import LABELS, Sample, estimate
from mentorat.causal.permutations import permutations
from mentorat.causal.plan import CurveGrid, Estimator, Variance
from mentorat.causal.plan_checks import EVERYONE, WITHOUT
from mentorat.causal.specification_curve import covariate_sets, joint_p_values
from mentorat.causal.survey_respondents import in_words
from mentorat.survey.design import SurveyError
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

POSITIVE, SCORE = "positif", "score"


@dataclass(frozen=True)
class SurveyCurve:
    """The curve of one outcome. `rows`: columns of COURBE from `rang` on; the others as COURBE_TEST says."""

    rows: list[dict[str, object]]
    specifications: int
    estimated: int
    n: int
    median: float
    share_same_sign: float
    share_excluding_zero: float
    p_median: float
    p_share: float
    draws: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class JointTest:
    """How rare the whole curve would be without any effect: two-sided p-values of its median and of its share of
    significant specifications; `lost`: estimates under permuted treatments that are not there."""

    p_median: float = nan
    p_share: float = nan
    draws: int = 0
    lost: int = 0


@dataclass(frozen=True)
class _One:
    """A specification and what it gave."""

    labels: dict[str, str]
    estimate: float
    low: float
    high: float
    p: float
    n: int
    reason: str


def survey_curve(
    sample: Sample,
    codings: dict[str, Floats],
    grid: CurveGrid,
    variance: Variance,
    *,
    sign: float,
    seed: int,
    draws: int,
    odds: ArrayLike | None = None,
) -> SurveyCurve:
    """Run `grid` on `sample`, whose covariates hold all those of the grid.

    `codings`: coding → answers (n); `sign`: of the primary estimate (0: that of the median is taken); `draws`:
    permutations of the joint test, 0 for the curve alone; `odds` (n): of being mentored, where they are known and need
    no propensity score. Results hang on `seed` alone.
    """
    told: list[str] = []
    joint = JointTest()
    if draws:
        try:
            joint = joint_test(sample, codings.get(POSITIVE, sample.y), grid, seed=seed, draws=draws, odds=odds)
        except (NotEstimable, SurveyError) as reason:
            told.append(f"Test conjoint non fait. {reason}")
    found = list(_runs(sample, codings, grid, variance))
    known = [one for one in found if not one.reason]
    estimates = np.array([one.estimate for one in known])
    single = [one for one in known if one.labels["codage"] == POSITIVE] or known
    median = float(np.median([one.estimate for one in single])) if single else nan
    side = float(np.sign(sign)) or float(np.sign(median))
    beyond = np.array([one.low > 0 if side > 0 else one.high < 0 for one in known])
    if len(known) < len(found):
        lost = fr_count(len(found) - len(known), "spécification non estimée", "spécifications non estimées")
        told.append(f"{lost}, avec {'son' if len(found) - len(known) == 1 else 'leur'} motif.")
    if joint.lost:
        lost = fr_count(joint.lost, "estimation", "estimations")
        told.append(f"{lost} sur traitements permutés sans résultat.")
    if 0 < joint.draws < 199:
        told.append(f"Test conjoint sur {fr_number(joint.draws)} permutations seulement : ses p sont grossiers.")
    ordered = sorted(known, key=lambda one: (round(one.estimate, 10), *one.labels.values()))
    lost_ones = [one for one in found if one.reason]
    return SurveyCurve(
        rows=[_row(one, rank) for rank, one in enumerate(ordered, start=1)] + [_row(one, None) for one in lost_ones],
        specifications=len(found),
        estimated=len(known),
        n=len(sample.frame),
        median=median,
        share_same_sign=float((np.sign(estimates) == side).mean()) if known else nan,
        share_excluding_zero=float(beyond.mean()) if known else nan,
        p_median=joint.p_median,
        p_share=joint.p_share,
        draws=joint.draws,
        warnings=tuple(fr_text(one) for one in told),
    )


def joint_test(
    sample: Sample, y: Floats, grid: CurveGrid, *, seed: int, draws: int, odds: ArrayLike | None = None
) -> JointTest:
    """The grid on `y` (n) under `draws` permutations of who is mentored, by odds of the propensity score or `odds` (n).

    Specifications that the actual data cannot carry are left out. Raises NotEstimable or SurveyError (French) where
    nothing can be permuted.
    """
    treatments = np.vstack([sample.treated, _permuted(sample, draws, seed, odds)])
    weighted = [name for name in WEIGHTED if name in grid.estimateurs]
    fits = [
        weighted_fits(part.specification, y[part.kept], treatments[:, part.kept], name)
        for part in _parts(sample, grid)
        if part.specification is not None
        for name in weighted
    ]
    fits = [one for one in fits if np.isfinite(one.estimates[0])]
    if not fits:
        return JointTest(draws=draws)
    estimates = np.column_stack([one.estimates for one in fits])
    p = joint_p_values(estimates, np.column_stack([one.p for one in fits]))
    return JointTest(p["mediane"], p["part_significative"], draws, int((~np.isfinite(estimates)).sum()))


def _row(one: _One, rank: int | None) -> dict[str, object]:
    return {
        "rang": pd.NA if rank is None else rank,
        **one.labels,
        "estimation": one.estimate,
        "ic_bas": one.low,
        "ic_haut": one.high,
        "p": one.p,
        "n": one.n,
        "statut": "non_estime" if one.reason else "estime",
        "motif": fr_text(one.reason),
    }


def _permuted(sample: Sample, draws: int, seed: int, odds: ArrayLike | None) -> Bools:
    """Treatments that could have been: inside clusters that hold both groups, whole clusters when none does."""
    clusters = pd.factorize(sample.frame[sample.cluster], sort=True)[0]
    mixed = pd.Series(sample.treated).groupby(clusters).nunique().gt(1).any()
    if not mixed:
        return permutations(sample.treated, draws, seed=seed, clusters=clusters).treatments
    if odds is None:
        scores = sample.propensity.scores
        odds = scores / (1 - scores)
    return permutations(sample.treated, draws, seed=seed, within=clusters, odds=odds).treatments


@dataclass(frozen=True)
class _Part:
    """The rows and covariates of some specifications; `few`: too few clusters for CR1; no `specification` where a
    covariate separates the groups: it would be pooled away if it were run, the estimator tells why not."""

    covariates: str
    population: str
    kept: Bools
    sample: Sample
    specification: Specification | None
    few: bool


def _parts(sample: Sample, grid: CurveGrid) -> Iterator[_Part]:
    """Each set of covariates on each population, whose own rare levels are pooled."""
    people = {population: population_rows(sample.frame, population) for population in grid.populations}
    samples = {
        population: replace(sample, frame=sample.frame.loc[kept].reset_index(drop=True))
        for population, kept in people.items()
    }
    for covariates, names in covariate_sets(grid.toujours, grid.au_choix).items():
        separated = bool(set(names) & set(sample.separating))
        for population, kept in people.items():
            whole = samples[population]
            clusters = pd.factorize(whole.frame[sample.cluster], sort=True)[0].astype(np.intp)
            chosen = whole.encoded.columns[whole.encoded.columns_of(names)]
            yield _Part(
                covariates=covariates,
                population=population,
                kept=kept,
                sample=replace(whole, covariates=names),
                specification=None if separated else Specification.of(chosen.to_numpy(dtype=np.float64), clusters),
                few=len(np.unique(clusters)) < FEW_CLUSTERS,
            )


def _runs(sample: Sample, codings: dict[str, Floats], grid: CurveGrid, variance: Variance) -> Iterator[_One]:
    for part in _parts(sample, grid):
        for estimator in grid.estimateurs:
            for coding, y in codings.items():
                labels = {
                    "covariables": part.covariates,
                    "estimateur": fr_text(LABELS[estimator]),
                    "population": part.population,
                    "codage": coding,
                }
                yield _one(part, labels, y[part.kept], estimator, variance)


def _one(part: _Part, labels: dict[str, str], y: Floats, estimator: Estimator, variance: Variance) -> _One:
    """One specification: at once where it is a weighted regression, else by its estimator, which tells why not."""
    n = len(y)
    weighted = next((name for name in WEIGHTED if name == estimator), None)
    if part.specification is not None and weighted is not None:
        found = _regressed(part.specification, y, part.sample.treated, weighted, variance if part.few else "CR1")
        if found is not None:
            return _One(labels, *found, n, "")
    sample = replace(part.sample, frame=part.sample.frame.assign(**{part.sample.outcome: y}))
    try:
        alone = estimate(sample, estimator, variance, draws=999)
    except (NotEstimable, SurveyError) as reason:
        return _One(labels, nan, nan, nan, nan, n, in_words(str(reason)))
    return _One(labels, alone.estimate, alone.low, alone.high, alone.p, alone.n, "")


def _regressed(
    given: Specification, y: Floats, treated: Bools, estimator: Weighted, variance: Variance | Literal["CR1"]
) -> tuple[float, float, float, float] | None:
    """Estimate, interval and p of a weighted regression; None where it has none, or asks for the wild bootstrap."""
    if variance == "CR1":
        fits = weighted_fits(given, y, treated[None, :], estimator)
        (low,), (high,) = fits.interval()
        found = (float(fits.estimates[0]), float(low), float(high), float(fits.p[0]))
        return found if np.isfinite(fits.estimates[0]) else None
    fit = None if variance == "sauvage" else robust_fit(given, y, treated, estimator, variance)
    return None if fit is None else (float(fit.coefficients[0]), *fit.interval(0), fit.p_value(0))


def population_rows(frame: pd.DataFrame, population: str) -> Bools:
    """Rows (n) of a population of the grid. Raises SurveyError (French) on one that no covariate tells."""
    if population == EVERYONE:
        return np.ones(len(frame), dtype=np.bool_)
    name = population.removeprefix(WITHOUT)
    if not population.startswith(WITHOUT) or name not in frame or not pd.api.types.is_bool_dtype(frame[name]):
        raise SurveyError(
            f"La population « {population} » de la grille n'est pas connue : écrivez « {EVERYONE} », ou « {WITHOUT} » "
            "suivi d'une covariable à deux réponses, comme « sans_mna »."
        )
    return ~frame[name].fillna(False).to_numpy(dtype=bool)
