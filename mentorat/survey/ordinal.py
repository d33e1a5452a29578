"""Ordinal regression of answers on a scale: cumulative logit or probit, alone or under a sampling design.

McCullagh (1980, JRSS B 42:109-142): P(Y ≤ k) = F(θ_k − xβ), so that exp(β) multiplies the odds of a higher answer.
Maximum likelihood by Newton on thresholds and slopes with analytical derivatives (R's ordinal::clm). Under a design the
same scores are weighted and their linearised covariance taken (R's survey::svyolr). Partial proportional odds
(Peterson and Harrell 1990): a « nominal » term has one effect a threshold, whence the test of proportional odds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from mentorat.survey.design import Floats, SurveyDesign, SurveyError
from mentorat.survey.models import (
    CONVERGED,
    MAX_STEPS,
    STILL,
    SurveyModel,
    coefficient_table,
    not_converged,
    odds_ratio_table,
    survey_model,
)
from mentorat.survey.results import Estimates
from mentorat.survey.terms import ModelMatrix, levels_and_codes, model_matrix, refuse_dependent_columns

Link = Literal["logit", "probit"]
MAX_LEVELS = 20
"""Answers of more levels than this are a measure, not a scale."""
THRESHOLD = "(seuil)"
"""The term that thresholds belong to."""


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood of the larger model, compared to χ²(`df`)."""

    statistic: float
    df: int
    p: float


@dataclass(frozen=True)
class RankSum:
    """Wilcoxon's rank sum of the first group (as Mann and Whitney's U) and its two-sided p, without continuity
    correction, ties accounted for."""

    statistic: float
    p: float


@dataclass(frozen=True)
class OrdinalFit:
    """Thresholds then slopes (`coefficients`, P), their names, the term each belongs to and their covariance (P × P:
    inverse of the observed information), on `n` independent rows; `n_missing` rows left out.

    Its standard errors are those of independent answers: with clusters or weights use `survey_ordinal`.
    """

    outcome: str
    levels: tuple[str, ...]
    names: tuple[str, ...]
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    log_likelihood: float
    n: int
    n_missing: int
    link: Link
    problem: "_Problem" = field(repr=False)

    @property
    def aic(self) -> float:
        return 2 * (len(self.coefficients) - self.log_likelihood)

    def estimates(self, level: float = 0.95) -> Estimates:
        """One row a coefficient: `term`, `coefficient`, the columns ESTIMATES (Wald), `t` (normal) and its `p`."""
        names = pd.DataFrame({"term": self.terms, "coefficient": self.names})
        errors = np.sqrt(np.diagonal(self.covariance))
        table = coefficient_table(
            names, self.coefficients, errors, level, df=np.inf, n=self.n, n_missing=self.n_missing
        )
        return Estimates(table, level, f"ordinal {self.link}", self.covariance)

    def profile_interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """The values of slope `name` that a likelihood ratio test at 1 − `level` does not reject.

        Raises SurveyError on a name that is not a slope's.
        """
        if name not in self.names or self.terms[self.names.index(name)] == THRESHOLD:
            raise SurveyError(f"Le modèle de « {self.outcome} » n'a pas de pente « {name} ».")
        at = self.names.index(name)
        centre, error = float(self.coefficients[at]), float(np.sqrt(self.covariance[at, at]))
        drop = float(stats.chi2.ppf(level, 1)) / 2
        others = np.delete(self.coefficients, at)

        def excess(value: float) -> float:
            rest = self.problem.holding(at, value)
            return self.log_likelihood - drop - _maximum(rest, others, self.outcome)[1]

        return _crossing(excess, centre, -error), _crossing(excess, centre, error)

    def odds_ratios(self, level: float = 0.95, interval: Literal["wald", "profile"] = "wald") -> Estimates:
        """Exponentials of the slopes and of their limits, of Wald or of the profile likelihood (logit only)."""
        table = self.estimates(level).table[list(self.problem.slopes)]
        if interval == "profile":
            limits = [self.profile_interval(name, level) for name in table["coefficient"]]
            table[["low", "high"]] = np.array(limits).reshape(-1, 2)
        return Estimates(odds_ratio_table(table, self.outcome, self.link), level, f"odds ratio, {interval}")


def ordinal_fit(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    link: Link = "logit",
    domain: ArrayLike | None = None,
) -> OrdinalFit:
    """Maximum likelihood of the ordered column `outcome` on `terms`, rows taken as independent and of equal weight.

    `outcome`: an ordered category, or numbers whose order is theirs; two levels at least. `terms`: columns or
    interactions « a:b ». Rows with a missing value are left out and counted. Raises SurveyError (French, naming the
    column) on text without an order, a constant answer, terms that determine one another or separate the answers.
    """
    answers = _answers(frame, outcome, terms, domain)
    problem = _problem(answers, np.ones(len(answers.codes)), link)
    fit, height = _maximum(problem, problem.start(answers), outcome)
    return OrdinalFit(
        outcome=outcome,
        levels=answers.levels,
        names=problem.names,
        terms=problem.terms,
        coefficients=fit,
        covariance=problem.covariance(fit),
        log_likelihood=height,
        n=len(answers.codes),
        n_missing=answers.matrix.n_missing,
        link=link,
        problem=problem,
    )


def ordinal_maximum(columns: Floats, codes: NDArray[np.intp], weights: Floats, outcome: str) -> Floats:
    """The weighted maximum likelihood of a cumulative logit: thresholds, then one slope a column.

    `columns` (m × K, no constant), `codes` (m): ranks of the answers, from 0, all of them present; `weights` (m).
    Raises SurveyError when columns determine one another or separate the answers.
    """
    names = tuple(f"colonne {rank}" for rank in range(1, 1 + columns.shape[1]))
    matrix = ModelMatrix(columns, names, names, np.ones(len(codes), dtype=np.bool_), 0)
    levels = tuple(str(rank) for rank in range(int(codes.max()) + 1))
    answers = _Answers(outcome, matrix, levels, codes)
    problem = _problem(answers, weights / weights.mean(), "logit")
    return _maximum(problem, problem.start(answers), outcome)[0]


def likelihood_ratio(smaller: OrdinalFit, larger: OrdinalFit) -> LikelihoodRatio:
    """Test of the terms `larger` adds to `smaller`, both fitted on the same rows.

    Raises SurveyError when they are not of the same answers and rows, or the larger adds nothing.
    """
    added = len(larger.coefficients) - len(smaller.coefficients)
    if (smaller.outcome, smaller.n, smaller.link) != (larger.outcome, larger.n, larger.link) or added < 1:
        raise SurveyError(
            f"Les deux modèles de « {larger.outcome} » ne s'emboîtent pas : le second ajoute des termes au premier "
            f"sur les mêmes lignes (ici {smaller.n} et {larger.n})."
        )
    return _chi2_test(larger.log_likelihood - smaller.log_likelihood, added)


def proportional_odds_tests(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    link: Link = "logit",
    domain: ArrayLike | None = None,
) -> dict[str, LikelihoodRatio]:
    """For each term, the test that its effect is the same at every threshold (R's nominal_test).

    A small p says that one slope a term is too simple. Raises SurveyError as `ordinal_fit`.
    """
    base = ordinal_fit(frame, outcome, terms, link=link, domain=domain)
    answers = _answers(frame, outcome, terms, domain)
    tests = {}
    for term in terms:
        freed = _problem(answers, np.ones(len(answers.codes)), link, term)
        # an effect may be infinite at one threshold (nobody of a group on that side): the likelihood still has a limit
        _, height = _maximum(freed, freed.start(answers), outcome, finite=False)
        tests[term] = _chi2_test(height - base.log_likelihood, len(freed.names) - len(base.names))
    return tests


def survey_ordinal(
    design: SurveyDesign,
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    link: Link = "logit",
    domain: ArrayLike | None = None,
) -> SurveyModel:
    """The same model weighted, with the design's covariance and degrees of freedom (R's svyolr).

    `frame` has the rows of the design. Thresholds then slopes; `odds_ratios` and `test` are about slopes.
    Raises SurveyError as `ordinal_fit`, and when clusters are too few.
    """
    if len(frame) != design.n:
        raise SurveyError(f"L'échantillon a {len(frame)} lignes et le plan de sondage {design.n} : donnez les mêmes.")
    answers = _answers(frame, outcome, terms, domain)
    weights = design.weights[answers.matrix.rows]
    scale = weights.mean()
    problem = _problem(answers, weights / scale, link)
    fit, _ = _maximum(problem, problem.start(answers), outcome)
    inverse = problem.covariance(fit)
    return survey_model(
        design,
        answers.matrix,
        outcome=outcome,
        names=problem.names,
        terms=problem.terms,
        slopes=problem.slopes,
        coefficients=fit,
        influence=problem.scores(fit) @ inverse / scale,
        naive=np.diagonal(inverse).copy(),
        link=link,
    )


def rank_sum(first: ArrayLike, second: ArrayLike) -> RankSum:
    """Wilcoxon's test that the answers of two independent groups have the same distribution (numbers, no clusters).

    Raises SurveyError when a group is empty or a value missing.
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not len(one) or not len(other) or not np.isfinite(one).all() or not np.isfinite(other).all():
        raise SurveyError("Le test des rangs demande deux groupes de réponses, toutes connues.")
    found = stats.mannwhitneyu(one, other, alternative="two-sided", method="asymptotic", use_continuity=False)
    return RankSum(float(found.statistic), float(found.pvalue))


@dataclass(frozen=True)
class _Answers:
    """The rows used: their regressors, the levels of the answers from lowest to highest, and the code of each."""

    outcome: str
    matrix: ModelMatrix
    levels: tuple[str, ...]
    codes: NDArray[np.intp]


@dataclass(frozen=True)
class _Problem:
    """The likelihood Σ w log(F(a) − F(b)), a = A φ + offset and b = B φ + offset being the thresholds above and below
    each answer (±inf at the ends) less its linear predictor; φ the P parameters, thresholds first, with their `names`
    and `terms`. `top`, `bottom`: rows at the ends."""

    names: tuple[str, ...]
    terms: tuple[str, ...]
    above: Floats
    below: Floats
    offset: Floats
    top: NDArray[np.bool_]
    bottom: NDArray[np.bool_]
    weights: Floats
    link: Link

    @property
    def slopes(self) -> tuple[bool, ...]:
        return tuple(term != THRESHOLD for term in self.terms)

    def start(self, answers: _Answers) -> Floats:
        """Thresholds that give the observed shares, and slopes of zero."""
        shares = np.cumsum(np.bincount(answers.codes, weights=self.weights))[:-1] / self.weights.sum()
        found = np.zeros(len(self.names))
        found[: len(shares)] = special.logit(shares) if self.link == "logit" else special.ndtri(shares)
        return found

    def holding(self, at: int, value: float) -> "_Problem":
        """The same likelihood with parameter `at` (a slope) held at `value`."""
        return replace(
            self,
            names=self.names[:at] + self.names[at + 1 :],
            terms=self.terms[:at] + self.terms[at + 1 :],
            above=np.delete(self.above, at, axis=1),
            below=np.delete(self.below, at, axis=1),
            offset=self.offset + self.above[:, at] * value,
        )

    def bounds(self, parameters: Floats) -> tuple[Floats, Floats]:
        upper = np.where(self.top, np.inf, self.above @ parameters + self.offset)
        lower = np.where(self.bottom, -np.inf, self.below @ parameters + self.offset)
        return upper, lower

    def height(self, parameters: Floats) -> float:
        """Log-likelihood, −inf where thresholds cross."""
        chance = _between(*self.bounds(parameters), self.link)
        return float(self.weights @ np.log(chance)) if (chance > 0).all() else -np.inf

    def scores(self, parameters: Floats) -> Floats:
        """Derivative of each row's log-likelihood (m × P), before its weight."""
        first, second, _, _ = self._derivatives(parameters)
        found: Floats = self.above * first[:, None] + self.below * second[:, None]
        return found

    def score_and_information(self, parameters: Floats) -> tuple[Floats, Floats]:
        """First derivative of the log-likelihood (P), and the second with its sign changed (P × P)."""
        first, second, curve_above, curve_below = self._derivatives(parameters)
        score: Floats = self.above.T @ (self.weights * first) + self.below.T @ (self.weights * second)
        both = (self.above * (self.weights * first * second)[:, None]).T @ self.below
        information: Floats = (
            (self.above * (self.weights * curve_above)[:, None]).T @ self.above
            + (self.below * (self.weights * curve_below)[:, None]).T @ self.below
            + both
            + both.T
        )
        return score, information

    def covariance(self, parameters: Floats) -> Floats:
        """Inverse of the information (P × P)."""
        return np.linalg.inv(self.score_and_information(parameters)[1]).astype(np.float64)

    def _derivatives(self, parameters: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Of log(F(a) − F(b)) by a and by b (m each), then its two second derivatives with their sign changed."""
        upper, lower = self.bounds(parameters)
        chance = _between(upper, lower, self.link)
        (density_above, slope_above), (density_below, slope_below) = (
            _density_and_slope(bound, self.link) for bound in (upper, lower)
        )
        first, second = density_above / chance, -density_below / chance
        return first, second, first**2 - slope_above / chance, second**2 + slope_below / chance


def _chi2_test(gain: float, df: int) -> LikelihoodRatio:
    return LikelihoodRatio(2 * gain, df, float(stats.chi2.sf(2 * gain, df)))


def _answers(frame: pd.DataFrame, outcome: str, terms: Sequence[str], domain: ArrayLike | None) -> _Answers:
    matrix = model_matrix(frame, outcome, terms, domain)
    found = frame.loc[matrix.rows, outcome]
    declared = isinstance(found.dtype, pd.CategoricalDtype) and bool(found.cat.ordered)
    if not declared and not pd.api.types.is_numeric_dtype(found):
        raise SurveyError(
            f"La colonne « {outcome} » contient du texte sans ordre. Déclarez-la catégorie ordonnée, de la réponse la "
            "plus basse à la plus haute."
        )
    levels, codes = levels_and_codes(found, outcome)
    if len(levels) > MAX_LEVELS:
        raise SurveyError(
            f"La colonne « {outcome} » prend {len(levels)} valeurs : ce n'est pas une échelle. Regroupez-les."
        )
    # a scale kept as numbers with a decimal part still reads 1|2
    named = (f"{level:g}" if isinstance(level, float) else str(level) for level in levels)
    return _Answers(outcome, matrix, tuple(named), codes)


def _problem(answers: _Answers, weights: Floats, link: Link, free_term: str | None = None) -> _Problem:
    """The likelihood of the answers; `free_term` has one effect a threshold instead of one slope."""
    matrix, levels = answers.matrix, answers.levels
    refuse_dependent_columns(matrix.columns, weights, matrix.names, answers.outcome)
    ends = np.eye(len(levels))[answers.codes]
    above, below = ends[:, :-1], ends[:, 1:]
    free = [rank for rank, term in enumerate(matrix.terms) if term == free_term]
    held = [rank for rank, term in enumerate(matrix.terms) if term != free_term]
    thresholds = tuple(f"{low}|{high}" for low, high in pairwise(levels))
    columns = -matrix.columns
    return _Problem(
        names=(
            *thresholds,
            *(f"{cut}:{matrix.names[rank]}" for rank in free for cut in thresholds),
            *(matrix.names[rank] for rank in held),
        ),
        terms=(
            *[THRESHOLD] * len(thresholds),
            *(matrix.terms[rank] for rank in free for _ in thresholds),
            *(matrix.terms[rank] for rank in held),
        ),
        above=_beside(above, *(above * columns[:, [rank]] for rank in free), columns[:, held]),
        below=_beside(below, *(below * columns[:, [rank]] for rank in free), columns[:, held]),
        offset=np.zeros(len(answers.codes)),
        top=answers.codes == len(thresholds),
        bottom=answers.codes == 0,
        weights=weights,
        link=link,
    )


def _beside(*tables: Floats) -> Floats:
    """Tables side by side, one column after another in memory."""
    return np.asfortranarray(np.hstack(tables))


def _maximum(problem: _Problem, start: Floats, outcome: str, *, finite: bool = True) -> tuple[Floats, float]:
    """Where the likelihood is highest and its value, by Newton, halving a step that would go down or cross thresholds.

    Unless `finite`, a maximum at infinity is approached for as many steps as a fit may take.
    """
    fit, height = start, problem.height(start)
    step: Floats = np.zeros_like(start)
    for _ in range(MAX_STEPS):
        score, information = problem.score_and_information(fit)
        try:
            step = np.linalg.solve(information, score).astype(np.float64)
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all() or score @ step < 0:
            break
        before = height
        while (height := problem.height(fit + step)) < before - 1e-9 * abs(before):
            step = step / 2
        fit = fit + step
        if score @ step <= CONVERGED and np.abs(problem.above @ step).max() <= STILL:
            return fit, height
    if finite:
        slopes = np.array(problem.slopes)
        names = tuple(name for name, slope in zip(problem.names, slopes, strict=True) if slope)
        raise not_converged(outcome, names, (step * problem.above.std(axis=0))[slopes])
    return fit, height


def _crossing(excess: Callable[[float], float], centre: float, stride: float) -> float:
    """Where `excess` changes sign, walking away from `centre` by strides."""
    inner, outer = centre, centre + 2 * stride
    while excess(outer) < 0:
        inner, outer = outer, outer + stride
    return float(optimize.brentq(excess, inner, outer, xtol=1e-12))


def _between(upper: Floats, lower: Floats, link: Link) -> Floats:
    """F(upper) − F(lower), taken on the side where both are small so that it keeps its digits."""
    flip = lower > 0
    low, high = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    distribution = special.expit if link == "logit" else special.ndtr
    found: Floats = distribution(high) - distribution(low)
    return found


def _density_and_slope(bound: Floats, link: Link) -> tuple[Floats, Floats]:
    """f and its derivative, both zero at ±inf."""
    if link == "probit":
        density: Floats = np.exp(-(bound**2) / 2) / np.sqrt(2 * np.pi)
        return density, -np.where(np.isinf(bound), 0.0, bound) * density
    tail = special.expit(-np.abs(bound))  # f is even, and this side keeps its digits
    density = tail * (1 - tail)
    return density, -np.sign(bound) * density * (1 - 2 * tail)
