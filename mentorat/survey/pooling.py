"""One result from the analyses of several imputed data sets.

Rubin (1987): the estimate is the mean of the m estimates, its variance T = Ū + (1 + 1/m)B, Ū the mean of their
variances and B the variance between them. Degrees of freedom: Barnard and Rubin (1999), Biometrika 86:948-955, which
never exceed those of the complete data. Several coefficients at once: D1 of Li, Raghunathan and Rubin (1991), JASA
86:1065-1073, with the degrees of freedom of Reiter (2007), Biometrika 94:502-508, as in R's mice and mitml.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isinf, nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mentorat.survey.design import SurveyError
from mentorat.survey.results import ESTIMATES, Estimates
from mentorat.typography import fr_percent, fr_text

Floats = NDArray[np.float64]

MUCH_MISSING = 0.5
"""Share of the information missing above which a result rests on the imputation model more than on answers."""

TOO_FEW = "Une seule imputation ne dit rien de son incertitude : il en faut deux au moins, et mieux 20."
IMPOSSIBLE = ("Non calculable sur toutes les imputations.",)


@dataclass(frozen=True)
class Pooled:
    """Estimates (k, in the order of `names`) over `m` imputations; arrays have length k unless said.

    `se`, `low`, `high` at `level`, Student with `df` (Barnard-Rubin); `statistic`, `p`: two-sided test of zero;
    `within` (Ū) and `between` (B): k × k; `increase` (riv): (1 + 1/m)B/Ū; `share` (lambda): (1 + 1/m)B/T;
    `missing_information` (fmi): share of the information the missing answers took away; `complete_df`: degrees of
    freedom had nothing been missing. `warnings` are French sentences.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    statistic: Floats
    p: Floats
    within: Floats
    between: Floats
    increase: Floats
    share: Floats
    missing_information: Floats
    m: int
    complete_df: float
    level: float
    warnings: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row an estimate: terme, estimation, erreur_type, ic_bas, ic_haut, ddl, p, information_manquante."""
        return pd.DataFrame(
            {
                "terme": list(self.names),
                "estimation": self.estimate,
                "erreur_type": self.se,
                "ic_bas": self.low,
                "ic_haut": self.high,
                "ddl": self.df,
                "p": self.p,
                "information_manquante": self.missing_information,
            }
        )


@dataclass(frozen=True)
class JointTest:
    """F test that several coefficients are zero together (D1). `increase`: mean relative increase in variance."""

    statistic: float
    df1: int
    df2: float
    p: float
    increase: float
    names: tuple[str, ...]


def pool(
    estimates: ArrayLike,
    variances: ArrayLike,
    *,
    complete_df: float = inf,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> Pooled:
    """Pool m analyses.

    `estimates`: m, or m × k. `variances`: squared standard errors, of the same shape, or covariances m × k × k (which
    `joint_test` needs). `complete_df`: degrees of freedom of one complete analysis (clusters − strata for a survey,
    n − k for a regression), inf for a normal one.

    Raises SurveyError: fewer than two imputations, an estimate or a variance that is missing or negative, shapes that
    do not match, no degree of freedom.
    """
    q, u = _analyses(estimates, variances)
    m, k = q.shape
    if not complete_df > 0:
        raise SurveyError("L'analyse n'a aucun degré de liberté : il faut plus de grappes que de strates.")
    labels = tuple(names) if names is not None else tuple(f"x{rank}" for rank in range(1, k + 1))
    if len(labels) != k:
        raise SurveyError(f"Il y a {len(labels)} noms pour {k} estimations. Donnez-en un par estimation.")
    mean, within = q.mean(axis=0), u.mean(axis=0)
    between = np.atleast_2d(np.cov(q, rowvar=False))
    own, extra = np.diag(within), (1 + 1 / m) * np.diag(between)
    total = own + extra
    with np.errstate(invalid="ignore", divide="ignore"):
        increase = np.where(extra == 0, 0.0, extra / own)
        share = np.where(extra == 0, 0.0, extra / total)
        df = _barnard_rubin(share, m, complete_df)
        # An increase without bound (no variance within) is all the information missing.
        fmi = np.where(np.isinf(increase), 1.0, (increase + 2 / (df + 3)) / (increase + 1))
        se = np.sqrt(total)
        statistic = np.where(mean == 0, 0.0, mean / se)
    half = stats.t.ppf(0.5 + level / 2, df) * se
    return Pooled(
        names=labels,
        estimate=mean,
        se=se,
        low=mean - half,
        high=mean + half,
        df=df,
        statistic=statistic,
        p=np.asarray(2 * stats.t.sf(np.abs(statistic), df)),
        within=within,
        between=between,
        increase=increase,
        share=share,
        missing_information=fmi,
        m=m,
        complete_df=complete_df,
        level=level,
        warnings=_warnings(labels, fmi, share),
    )


def pool_over(
    completed: Sequence[pd.DataFrame],
    analysis: Callable[[pd.DataFrame], tuple[ArrayLike, ArrayLike]],
    *,
    complete_df: float = inf,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> Pooled:
    """`analysis` (estimates k, variances k or covariance k × k) on each completed data set, pooled."""
    found = [analysis(frame) for frame in completed]
    return pool(
        np.array([np.asarray(one[0], dtype=np.float64) for one in found]),
        np.array([np.asarray(one[1], dtype=np.float64) for one in found]),
        complete_df=complete_df,
        names=names,
        level=level,
    )


def pool_estimates(tables: Sequence[Estimates]) -> Estimates:
    """The same table of estimates on each imputed data set, as one.

    Columns that are not of `ESTIMATES` name the rows and must agree. Complete-data degrees of freedom are the `df` of
    the tables; n, n_missing and clusters those of the completed data; deff and ess are means. A column `fmi` is added.
    A row that cannot be estimated on every imputation is nan and says so.
    """
    if len(tables) < 2:
        raise SurveyError(TOO_FEW)
    first = tables[0]
    keys = [name for name in first.table.columns if name not in ESTIMATES]
    if any(not one.table[keys].equals(first.table[keys]) for one in tables[1:]):
        raise SurveyError("Les imputations ne donnent pas les mêmes lignes d'estimation. Vérifiez les domaines.")
    q, se, freedom = (
        np.stack([one.table[name].to_numpy(dtype=np.float64) for one in tables]) for name in ("estimate", "se", "df")
    )
    possible = np.isfinite(q).all(axis=0) & np.isfinite(se).all(axis=0) & (freedom > 0).all(axis=0)
    labels = first.table[keys].astype("str").agg(" · ".join, axis=1).tolist() if keys else [""] * q.shape[1]
    rows = {
        j: pool(
            q[:, j], se[:, j] ** 2, complete_df=float(freedom[:, j].min()), names=labels[j : j + 1], level=first.level
        )
        for j in np.flatnonzero(possible).tolist()
    }
    table = first.table.copy()
    for name in ("estimate", "se", "low", "high", "df"):
        table[name] = [float(getattr(rows[j], name)[0]) if j in rows else nan for j in range(q.shape[1])]
    for name in ("deff", "ess"):
        table[name] = np.mean([one.table[name].to_numpy(dtype=np.float64) for one in tables], axis=0)
    table["warnings"] = [
        _said([str(one.table["warnings"].iloc[j]) for one in tables], rows[j].warnings if j in rows else IMPOSSIBLE)
        for j in range(q.shape[1])
    ]
    table["fmi"] = [float(rows[j].missing_information[0]) if j in rows else nan for j in range(q.shape[1])]
    method = f"{first.method} ; imputation multiple (m = {len(tables)}), Barnard-Rubin".removeprefix(" ; ")
    shared = tuple(dict.fromkeys(text for one in tables for text in one.warnings))
    return Estimates(table=table, level=first.level, method=method, warnings=shared)


def _said(texts: Sequence[str], added: Sequence[str]) -> str:
    """Warnings of a row over the imputations, each once."""
    return " ".join(dict.fromkeys(text for text in (*texts, *added) if text))


def joint_test(pooled: Pooled, names: Sequence[str]) -> JointTest:
    """D1: are the coefficients `names` all zero? Needs `pooled` made from covariance matrices.

    With k coefficients, r = (1 + 1/m) tr(B Ū⁻¹)/k and F = q̄ᵀ Ū⁻¹ q̄ / (k(1 + r)). Raises SurveyError on an unknown name,
    or when k(m − 1) ≤ 4: the reference distribution then has no degrees of freedom.
    """
    unknown = [name for name in names if name not in pooled.names]
    if unknown or not names:
        told = f"« {unknown[0]} » n'est pas un terme du modèle" if unknown else "Aucun terme n'est donné"
        raise SurveyError(f"{told} : choisissez parmi {', '.join(pooled.names)}.")
    rank = [pooled.names.index(name) for name in names]
    k, m = len(rank), pooled.m
    if k * (m - 1) <= 4:
        raise SurveyError("Trop peu d'imputations pour ce test : il en faut au moins 6, et mieux 20.")
    q, u, b = pooled.estimate[rank], pooled.within[np.ix_(rank, rank)], pooled.between[np.ix_(rank, rank)]
    increase = float((1 + 1 / m) * np.trace(np.linalg.solve(u, b)) / k)
    statistic = float(q @ np.linalg.solve(u, q) / k / (1 + increase))
    df2 = _reiter(increase, k * (m - 1), pooled.complete_df)
    return JointTest(statistic, k, df2, float(stats.f.sf(statistic, k, df2)), increase, tuple(names))


def _analyses(estimates: ArrayLike, variances: ArrayLike) -> tuple[Floats, Floats]:
    """Estimates m × k and covariances m × k × k."""
    q, u = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if q.ndim == 1:
        q = q[:, None]
        u = u[:, None] if u.ndim == 1 else u
    if u.ndim == 2 and u.shape == q.shape:
        u = u[:, :, None] * np.eye(q.shape[1])
    if u.shape != (*q.shape, q.shape[1]):
        raise SurveyError(
            "Estimations et variances ne vont pas ensemble : il en faut autant, une série par imputation."
        )
    if len(q) < 2:
        raise SurveyError(TOO_FEW)
    if not (np.isfinite(q).all() and np.isfinite(u).all()):
        raise SurveyError(
            "Une estimation ou une variance manque dans une imputation : l'analyse n'a pas pu se faire sur toutes. "
            "Simplifiez-la, ou retirez l'item en cause."
        )
    if (np.einsum("mkk->mk", u) < 0).any():
        raise SurveyError("Une variance est négative : vérifiez que ce sont bien des carrés d'erreurs types.")
    return q, u


def _barnard_rubin(share: Floats, m: int, complete_df: float) -> Floats:
    """1/df = 1/df_imputation + 1/df_observed; inf when nothing is missing and the complete analysis is normal."""
    inverse = share**2 / (m - 1)
    if not isinf(complete_df):
        observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
        inverse = inverse + 1 / observed
    found: Floats = np.where(inverse > 0, 1 / inverse, np.inf)
    return found


def _reiter(r: float, t: float, complete_df: float) -> float:
    """Denominator degrees of freedom of D1; t = k(m − 1) > 4.

    Reiter (2007, equations 1-2) when the complete data have finite degrees of freedom, else Li et al. (1991).
    """
    if isinf(complete_df):
        return inf if r == 0 else 4 + (t - 4) * (1 + (1 - 2 / t) / r) ** 2
    a = r * t / (t - 2)
    observed = (complete_df + 1) / (complete_df + 3) * complete_df
    c0, c1, c2 = 1 / (t - 4), observed - 2 * (1 + a), observed - 4 * (1 + a)
    if c1 <= 0 or c2 <= 0:
        raise SurveyError(
            "Trop d'information manque, ou trop peu de grappes, pour tester ces coefficients ensemble : testez-les un "
            "à un."
        )
    z = (
        1 / c2
        + c0 * (a**2 * c1 / ((1 + a) ** 2 * c2))
        + c0 * (8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2))
        + c0 * (4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3)
        + c0 * (8 * a**2 / c2**2)
    )
    return 4 + 1 / z


def _warnings(names: tuple[str, ...], fmi: Floats, share: Floats) -> tuple[str, ...]:
    worst = int(np.argmax(np.where(share > 0, fmi, 0.0)))
    if share[worst] <= 0 or fmi[worst] <= MUCH_MISSING:
        return ()
    return (
        fr_text(
            f"« {names[worst]} » : {fr_percent(float(fmi[worst]), 0)} de l'information manque ; ce résultat tient au "
            "modèle d'imputation plus qu'aux réponses."
        ),
    )
