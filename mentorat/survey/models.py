"""What a model fitted on a survey is: coefficients with the covariance the sampling design gives them.

Pseudo-likelihood (Binder 1983, International Statistical Review 51:279-292): the coefficients solve the weighted
score equations; the influence of row i on them is A⁻¹u_i, A being the weighted information and u_i its score, and
their covariance is the linearised one of the design. Tests use Student and Fisher with the design's degrees of freedom
less the slopes (clusters − strata + 1 − p, as R's svyglm).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from mentorat.survey.design import Floats, SurveyDesign, SurveyError
from mentorat.survey.results import ESTIMATES, Estimate, Estimates
from mentorat.survey.terms import ModelMatrix, Rows
from mentorat.survey.thresholds import FEW_CLUSTERS_FOR_TESTS
from mentorat.typography import fr_count

MAX_STEPS = 25
"""Newton's steps before a fit is said not to converge. A slope without a finite maximum shrinks the score by e a step,
so that it cannot pass for converged in so few."""
CONVERGED = 1e-14
"""Newton's decrement (squared distance to the maximum, in standard errors) at which the last step is taken."""
STILL = 1e-3
"""What the last step may change in a linear predictor: a slope that runs away on a row of small weight moves by one."""


@dataclass(frozen=True)
class WaldTest:
    """That every coefficient of `terms` is zero: F with `df1`, `df2` degrees of freedom."""

    terms: tuple[str, ...]
    statistic: float
    df1: int
    df2: float
    p: float


@dataclass(frozen=True)
class SurveyModel:
    """Coefficients (p) of a model of `outcome`, their names, the term each belongs to, and their covariance (p × p).

    `naive`: variance of each (p) had the rows been drawn one by one with equal weights, whence the design effect;
    `influence` (n × p): what each row of the sample weighs on each coefficient, zero for rows that do not serve;
    `df`: degrees of freedom of every test; `n` rows used, `n_missing` rows left out; `warnings`: French sentences.
    """

    outcome: str
    names: tuple[str, ...]
    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    naive: Floats
    df: int
    n: int
    n_missing: int
    clusters: int
    link: str
    slopes: tuple[bool, ...]
    influence: Floats = field(repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def standard_errors(self) -> Floats:
        errors: Floats = np.sqrt(np.diagonal(self.covariance))
        return errors

    def estimates(self, level: float = 0.95) -> Estimates:
        """One row a coefficient: `term`, `coefficient`, the columns ESTIMATES, then `t` and its two-sided `p`."""
        return Estimates(self._table(level), level, self.link, self.covariance, self.warnings)

    def odds_ratios(self, level: float = 0.95) -> Estimates:
        """Exponentials of the slopes with the exponentials of their limits (`se` by the delta method).

        Raises SurveyError when the model is not a logit.
        """
        table = odds_ratio_table(self._table(level)[list(self.slopes)], self.outcome, self.link)
        return Estimates(table, level, "odds ratio", None, self.warnings)

    def test(self, *terms: str) -> WaldTest:
        """Joint Wald test of terms: F = bᵀV⁻¹b/q with q and `df` degrees of freedom (R's regTermTest).

        Raises SurveyError on a term the model does not have, or when too few clusters leave V singular.
        """
        asked = {_canonical(term) for term in terms}
        known = [_canonical(term) for term in self.terms]
        absent = asked - {term for term, slope in zip(known, self.slopes, strict=True) if slope}
        if absent or not asked:
            named = ", ".join(sorted(absent)) or "(aucun)"
            raise SurveyError(
                f"Le modèle de « {self.outcome} » n'a pas de terme « {named} » à tester. "
                f"Ses termes : {', '.join(dict.fromkeys(self.terms))}."
            )
        index = np.flatnonzero([term in asked for term in known])
        statistic = wald(self.coefficients[index], self.covariance[np.ix_(index, index)], ", ".join(terms)) / len(index)
        p = float(stats.f.sf(statistic, len(index), self.df))
        return WaldTest(tuple(terms), statistic, len(index), self.df, p)

    def combination(self, weights: Mapping[str, float], level: float = 0.95) -> Estimate:
        """The linear combination of coefficients with these weights by name, and its interval."""
        unknown = [name for name in weights if name not in self.names]
        if unknown:
            raise SurveyError(f"Le modèle de « {self.outcome} » n'a pas de coefficient « {', '.join(unknown)} ».")
        contrast = np.array([weights.get(name, 0.0) for name in self.names])
        value, se = float(contrast @ self.coefficients), float(np.sqrt(contrast @ self.covariance @ contrast))
        half = float(stats.t.ppf(0.5 + level / 2, self.df)) * se
        return Estimate(
            value,
            se,
            value - half,
            value + half,
            self.df,
            self.n,
            self.clusters,
            level=level,
            warnings=self.warnings,
            n_missing=self.n_missing,
        )

    def _table(self, level: float) -> pd.DataFrame:
        names = pd.DataFrame({"term": self.terms, "coefficient": self.names})
        table = coefficient_table(
            names,
            self.coefficients,
            self.standard_errors,
            level,
            df=self.df,
            n=self.n,
            n_missing=self.n_missing,
        )
        table["clusters"] = self.clusters
        table["deff"] = self.standard_errors**2 / self.naive
        table["ess"] = self.n / table["deff"]
        return table


def coefficient_table(
    names: pd.DataFrame, coefficients: Floats, errors: Floats, level: float, *, df: float, n: int, n_missing: int
) -> pd.DataFrame:
    """`names` (one row a coefficient), the columns ESTIMATES as of independent rows, then `t` and its two-sided `p`."""
    half, t = float(stats.t.ppf(0.5 + level / 2, df)) * errors, coefficients / errors
    table = names.assign(
        estimate=coefficients,
        se=errors,
        low=coefficients - half,
        high=coefficients + half,
        df=df,
        n=n,
        n_missing=n_missing,
        clusters=n,
        deff=1.0,
        ess=float(n),
        warnings="",
        t=t,
        p=2 * stats.t.sf(np.abs(t), df),
    )
    return table[[*names.columns, *ESTIMATES, "t", "p"]]


def odds_ratio_table(slopes: pd.DataFrame, outcome: str, link: str) -> pd.DataFrame:
    """Exponentials of a table's slopes and of their limits. Raises SurveyError unless they are a logit's."""
    if link != "logit":
        raise SurveyError(f"Le modèle de « {outcome} » n'est pas un logit : il n'a pas de rapports de cotes.")
    table = slopes.reset_index(drop=True)
    table["se"] = table["se"] * np.exp(table["estimate"])
    table[["estimate", "low", "high"]] = np.exp(table[["estimate", "low", "high"]])
    return table


def wald(estimate: Floats, covariance: Floats, what: str) -> float:
    """bᵀV⁻¹b. Raises SurveyError when V is singular (fewer clusters than figures, or a figure without variance)."""
    spread = np.sqrt(np.diagonal(covariance))
    if (spread <= 0).any() or np.linalg.cond(covariance / np.outer(spread, spread)) > 1e12:
        raise SurveyError(
            f"Le test joint de {what} demande plus de grappes que le plan n'en a, ou l'une des valeurs ne varie pas. "
            "Regroupez des niveaux, ou testez moins de termes à la fois."
        )
    scaled = estimate / spread
    return float(scaled @ np.linalg.solve(covariance / np.outer(spread, spread), scaled))


def used_clusters(design: SurveyDesign, rows: Rows) -> tuple[int, int]:
    """Primary clusters, and strata, that hold a row of `rows` (n)."""
    units, strata = (np.bincount(codes[rows]) for codes in (design.stages[0].units, design.stages[0].strata))
    return int(np.count_nonzero(units)), int(np.count_nonzero(strata))


def common_warnings(n_missing: int, clusters: int) -> tuple[str, ...]:
    """What a reader is told of every test: rows left out, few clusters."""
    told = []
    if n_missing:
        lines = fr_count(n_missing, "ligne incomplète est écartée", "lignes incomplètes sont écartées")
        told.append(f"{lines} du calcul.")
    if clusters < FEW_CLUSTERS_FOR_TESTS:
        told.append(f"{clusters} grappes seulement : erreurs types et tests sont probablement trop optimistes.")
    return tuple(told)


def survey_model(
    design: SurveyDesign,
    matrix: ModelMatrix,
    *,
    outcome: str,
    names: tuple[str, ...],
    terms: tuple[str, ...],
    slopes: tuple[bool, ...],
    coefficients: Floats,
    influence: Floats,
    naive: Floats,
    link: str,
) -> SurveyModel:
    """A fit under its design, from the influence (m × p, before weights) of the rows used on its coefficients.

    Raises SurveyError when the clusters are too few for so many slopes, or the design leaves one without variance.
    """
    clusters, strata = used_clusters(design, matrix.rows)
    df = clusters - strata - sum(slopes)
    if df < 1:
        raise SurveyError(
            f"Le modèle de « {outcome} » a {fr_count(sum(slopes), 'terme', 'termes')} pour "
            f"{fr_count(clusters, 'grappe', 'grappes')} en {fr_count(strata, 'strate', 'strates')} : il "
            "ne reste aucun degré de liberté. Retirez des termes, ou regroupez des niveaux."
        )
    everywhere = np.zeros((len(names), design.n)).T
    everywhere[matrix.rows] = influence
    covariance = design.covariance(everywhere)
    fixed = np.diagonal(covariance) <= 1e-20 * naive
    if fixed.any():
        raise SurveyError(
            f"Le plan de sondage ne laisse aucune variance à « {names[fixed.argmax()]} », modèle de « {outcome} » "
            "(strates d'une seule grappe ignorées, ou population observée en entier) : rien ne peut être testé. "
            "Changez la règle des strates d'une grappe."
        )
    return SurveyModel(
        outcome=outcome,
        names=names,
        terms=terms,
        coefficients=coefficients,
        covariance=covariance,
        naive=naive,
        df=df,
        n=len(influence),
        n_missing=matrix.n_missing,
        clusters=clusters,
        link=link,
        slopes=slopes,
        influence=everywhere,
        warnings=common_warnings(matrix.n_missing, clusters),
    )


def not_converged(outcome: str, names: tuple[str, ...], step: Floats) -> SurveyError:
    """The error of a fit that does not settle, naming the slope that still moves most (`step`, in its own spreads)."""
    culprit = names[int(np.argmax(np.abs(step)))] if names else outcome
    return SurveyError(
        f"Le modèle de « {outcome} » n'a pas de solution finie après {MAX_STEPS} pas : l'effet de « {culprit} » croît "
        "sans s'arrêter, comme lorsqu'un terme sépare parfaitement les réponses (un niveau où toutes sont les mêmes). "
        "Regroupez ses niveaux, ou retirez ce terme."
    )


def _canonical(term: str) -> str:
    return ":".join(sorted(term.split(":")))
