"""Association of two categories under a sampling design: Pearson's statistic corrected for the design, or Wald's.

Rao and Scott (1981, JASA 76:221-230; 1984, Annals of Statistics 12:46-60): Pearson's X² of the weighted table is
distributed as Σ δ_k χ²₁, the δ_k being the eigenvalues of the generalised design effects matrix. « F » (second order)
divides by Σδ and takes Satterthwaite's degrees of freedom (Thomas and Rao 1987); « Chisq » (first order) divides by
their mean; « Wald » and « adjWald » (Koch, Freeman and Freeman 1975; Thomas and Rao) test the departures from
independence with their own covariance. As R's svychisq.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from mentorat.survey.design import Floats, SurveyDesign, SurveyError
from mentorat.survey.models import common_warnings, used_clusters, wald
from mentorat.survey.terms import complete_rows, domain_rows, levels_and_codes
from mentorat.typography import fr_count

Statistic = Literal["F", "Chisq", "Wald", "adjWald"]
SMALL_CELL = 5
MAX_LEVELS = 50
"""A column of more levels than this is a measure, not a category."""


@dataclass(frozen=True)
class AssociationTest:
    """A test that two categories are independent.

    `statistic` is compared to F(`df1`, `df2`), or to χ²(`df1`) when `df2` is inf; `pearson`: X² of the weighted table
    scaled to `n` rows; `design_effect`: mean of Rao and Scott's δ (1: as a simple random sample); `table`: weighted
    shares (sum 1) by level; `warnings`: French sentences.
    """

    rows: str
    columns: str
    method: Statistic
    statistic: float
    df1: float
    df2: float
    p: float
    pearson: float
    design_effect: float
    n: int
    n_missing: int
    clusters: int
    table: pd.DataFrame
    warnings: tuple[str, ...] = ()


def survey_association(
    design: SurveyDesign,
    frame: pd.DataFrame,
    rows: str,
    columns: str,
    *,
    statistic: Statistic = "F",
    domain: ArrayLike | None = None,
) -> AssociationTest:
    """Test that the columns `rows` and `columns` of `frame` (R and C levels) are independent, under `design`.

    `domain`: one boolean a row. Rows with a missing value are left out as a domain and counted; the degrees of freedom
    are those of the clusters that hold a complete row. Raises SurveyError (French) on an absent or empty column, one
    with a single level or more than 50, or too few clusters for the test asked.
    """
    if len(frame) != design.n:
        raise SurveyError(f"L'échantillon a {len(frame)} lignes et le plan de sondage {design.n} : donnez les mêmes.")
    inside = domain_rows(frame, domain)
    used = complete_rows(frame, [rows, columns], inside)
    first, first_codes = _levels(frame, used, rows)
    second, second_codes = _levels(frame, used, columns)
    shape = (len(first), len(second))
    n, nu = int(used.sum()), _degrees(design, used, rows, columns)
    cell = first_codes * shape[1] + second_codes
    weights = design.weights[used]
    total = weights.sum()
    shares = np.bincount(cell, weights=weights, minlength=shape[0] * shape[1]) / total
    members = np.zeros((design.n, len(shares)))
    members[np.flatnonzero(used), cell] = 1.0
    covariance = design.covariance((members - used[:, None] * shares) / total)
    independent = np.outer(*(shares.reshape(shape).sum(axis=side) for side in (1, 0))).ravel()
    pearson = float(n * ((shares - independent) ** 2 / independent).sum())
    effects = _design_effects(shares, covariance, shape, n)
    size = (shape[0] - 1) * (shape[1] - 1)
    trace = float(np.trace(effects))
    if statistic == "F":
        df1 = trace**2 / float(np.trace(effects @ effects))
        value, df2 = pearson / trace, df1 * nu
    elif statistic == "Chisq":
        value, df1, df2 = pearson * size / trace, float(size), np.inf
    else:
        value, df1, df2 = (
            _wald(shares, design.covariance(members / total), shape, f"{rows} et {columns}") / size,
            float(size),
            float(nu),
        )
        if statistic == "adjWald":
            df2 = nu - df1 + 1
            if df2 < 1:
                raise SurveyError(
                    f"Le test de Wald ajusté de « {rows} » et « {columns} » demande plus de {size} grappes en sus des "
                    "strates. Choisissez la statistique F, ou regroupez des niveaux."
                )
            value *= df2 / nu
    p = float(stats.chi2.sf(value, df1) if np.isinf(df2) else stats.f.sf(value, df1, df2))
    clusters = used_clusters(design, used)[0]
    counts = np.bincount(cell, minlength=len(shares))
    return AssociationTest(
        rows=rows,
        columns=columns,
        method=statistic,
        statistic=float(value),
        df1=df1,
        df2=float(df2),
        p=p,
        pearson=pearson,
        design_effect=trace / size,
        n=n,
        n_missing=int(inside.sum()) - n,
        clusters=clusters,
        table=pd.DataFrame(
            shares.reshape(shape), index=pd.Index(first, name=rows), columns=pd.Index(second, name=columns)
        ),
        warnings=common_warnings(int(inside.sum()) - n, clusters) + _small_cells(counts),
    )


def _levels(frame: pd.DataFrame, used: np.ndarray, name: str) -> tuple[list[object], np.ndarray]:
    levels, codes = levels_and_codes(frame.loc[used, name], name)
    if len(levels) > MAX_LEVELS:
        raise SurveyError(
            f"La colonne « {name} » prend {len(levels)} valeurs : ce n'est pas une catégorie. Regroupez-les en classes."
        )
    return levels, codes


def _degrees(design: SurveyDesign, used: np.ndarray, rows: str, columns: str) -> int:
    clusters, strata = used_clusters(design, used)
    if clusters <= strata:
        raise SurveyError(
            f"Le croisement de « {rows} » et « {columns} » n'a que {fr_count(clusters, 'grappe', 'grappes')} en "
            f"{fr_count(strata, 'strate', 'strates')} : il ne reste aucun degré de liberté pour le test."
        )
    return clusters - strata


def _design_effects(shares: Floats, covariance: Floats, shape: tuple[int, int], n: int) -> Floats:
    """Rao and Scott's matrix (CᵀD⁻¹C/n)⁻¹ (CᵀD⁻¹VD⁻¹C), C spanning the interactions orthogonal to the margins."""
    first, second = (np.eye(size)[:, 1:] for size in shape)
    margins = np.column_stack(
        [np.ones(len(shares)), np.kron(first, np.ones((shape[1], 1))), np.kron(np.ones((shape[0], 1)), second)]
    )
    interactions = np.kron(first, second)
    contrasts = interactions - margins @ np.linalg.lstsq(margins, interactions, rcond=None)[0]
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    scaled = contrasts * inverse[:, None]
    effects: Floats = np.linalg.solve(contrasts.T @ scaled / n, scaled.T @ covariance @ scaled)
    return effects


def _wald(shares: Floats, covariance: Floats, shape: tuple[int, int], what: str) -> float:
    """Wald's statistic of the departures from independence T_ij − T_i·T_·j/T, i and j past the first level.

    `covariance`: that of the totals T_ij, in units of their sum.
    """
    table = shares.reshape(shape)
    row, column = table.sum(axis=1), table.sum(axis=0)
    independent = np.outer(row, column).ravel()
    # derivative of departure (i, j) by total (k, l): 1[k=i, l=j] − 1[k=i] p_·j − 1[l=j] p_i· + p_i·p_·j
    jacobian = (
        np.eye(len(shares))
        - np.kron(np.eye(shape[0]), np.outer(column, np.ones(shape[1])))
        - np.kron(np.outer(row, np.ones(shape[0])), np.eye(shape[1]))
        + independent[:, None]
    )
    kept = np.arange(len(shares)).reshape(shape)[1:, 1:].ravel()
    departures = (shares - independent)[kept]
    return wald(departures, (jacobian @ covariance @ jacobian.T)[np.ix_(kept, kept)], what)


def _small_cells(counts: np.ndarray) -> tuple[str, ...]:
    small = int((counts < SMALL_CELL).sum())
    if not small:
        return ()
    told = fr_count(small, "case compte", "cases comptent")
    return (f"{told} moins de {SMALL_CELL} réponses : le test est approché.",)
