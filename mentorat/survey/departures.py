"""What the conclusion becomes when the missing answers of one group depart from « missing at random ».

Delta adjustment (van Buuren, Boshuizen and Knook 1999, Statistics in Medicine 18:681-694): the missing answers of a
group are imputed with their linear predictor moved by δ, for a grid of δ. Unlike `missing.tipping_point`, which lists
every answer the unanswered could give, it keeps what the other items and the structure tell about each of them. The
same seed serves every δ, so that the curve shows the departure and not the draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from mentorat.survey.answers import arm_of, column
from mentorat.survey.design import SurveyDesign, SurveyError, survey_design
from mentorat.survey.imputation import IMPUTATIONS, Imputations, Kind, Shift, impute
from mentorat.survey.missing import Conclusion, in_words, mean_differences
from mentorat.survey.pooling import pool
from mentorat.typography import fr_number, fr_text

DELTAS = (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Grid in log-odds: at ±3, the unanswered are almost all of one answer."""


@dataclass(frozen=True)
class DeltaGrid:
    """One row a departure: delta, moyenne_imputee (among the missing of the group), ecart, ic_bas, ic_haut, ddl, p,
    information_manquante, conclusion.

    `conclusion`: at delta 0 (missing at random). `lower`, `upper`: nearest departures at which it changes (nan: none
    in the grid). `sentence` and `warnings` are French.
    """

    table: pd.DataFrame
    conclusion: Conclusion
    lower: float
    upper: float
    sentence: str
    warnings: tuple[str, ...]


def delta_grid(
    frame: pd.DataFrame,
    outcome: str,
    items: Mapping[str, Kind],
    treatment: str,
    *,
    seed: int,
    arm: bool = True,
    deltas: Sequence[float] = DELTAS,
    design: SurveyDesign | None = None,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    m: int = IMPUTATIONS,
    label: str | None = None,
    level: float = 0.95,
) -> DeltaGrid:
    """Difference of means of `outcome` (one of `items`, a number or 0/1), mentored less others, at each departure.

    `design` gives weights and clusters of the analysis (by default independent respondents, or `cluster`); `deltas` are
    in log-odds when the outcome has two answers, else in its own units; 0 is added. Raises SurveyError as `impute`, on
    an outcome that is not among the items, and when nobody in the group misses it.
    """
    if outcome not in items:
        raise SurveyError(f"« {outcome} » n'est pas parmi les items à compléter. Ajoutez-le.")
    mentored = arm_of(frame, treatment)
    hidden = column(frame, outcome).isna().to_numpy() & (mentored == arm)
    if not hidden.any():
        raise SurveyError(f"Personne ne manque à « {outcome} » dans ce groupe : il n'y a rien à supposer.")
    plan = survey_design(frame, clusters=cluster) if design is None else design
    rows, told = [], []
    for delta in sorted({0.0, *deltas}):
        copies: Imputations = impute(
            frame,
            items,
            treatment,
            seed=seed,
            cluster=cluster,
            covariates=covariates,
            m=m,
            shifts={outcome: Shift(delta, arm)} if delta else None,
        )
        answers = copies.numbers(outcome)
        found, variance = mean_differences(answers.T, mentored, plan)
        one = pool(found, variance, complete_df=plan.degrees_of_freedom, names=[label or outcome], level=level)
        low, high = float(one.low[0]), float(one.high[0])
        conclusion: Conclusion = "plus" if low > 0 else "moins" if high < 0 else "non concluant"
        figures = (float(one.estimate[0]), low, high, float(one.df[0]), float(one.p[0]))
        rows.append((delta, answers[:, hidden].mean(), *figures, float(one.missing_information[0]), conclusion))
        told += [*copies.warnings, *one.warnings]
    names = [
        "delta",
        "moyenne_imputee",
        "ecart",
        "ic_bas",
        "ic_haut",
        "ddl",
        "p",
        "information_manquante",
        "conclusion",
    ]
    table = pd.DataFrame(rows, columns=names)
    base: Conclusion = table.loc[table["delta"] == 0, "conclusion"].iloc[0]
    changed = table.loc[table["conclusion"] != base, "delta"].to_numpy(dtype=np.float64)
    under, above = changed[changed < 0], changed[changed > 0]
    lower, upper = float(under.max()) if len(under) else nan, float(above.min()) if len(above) else nan
    sentence = _sentence(table, base, [limit for limit in (lower, upper) if not np.isnan(limit)], label or outcome)
    return DeltaGrid(table, base, lower, upper, sentence, tuple(dict.fromkeys(told)))


def _sentence(table: pd.DataFrame, base: Conclusion, limits: Sequence[float], label: str) -> str:
    pairs = table[["delta", "moyenne_imputee"]].to_numpy(dtype=np.float64).tolist()
    means = {delta: fr_number(mean, 2) for delta, mean in pairs}
    if not limits:
        return fr_text(
            f"« {label} » : de {means[min(means)]} à {means[max(means)]} en moyenne parmi ceux qui n'ont pas "
            f"répondu, la conclusion ({in_words(base)}) reste la même."
        )
    nearest = min(limits, key=lambda limit: (abs(limit), limit))
    most = "au plus" if nearest < 0 else "au moins"
    return fr_text(
        f"« {label} » : la conclusion ({in_words(base)}) changerait si ceux qui n'ont pas répondu étaient en moyenne à "
        f"{most} {means[nearest]}, au lieu de {means[0.0]} selon leurs autres réponses."
    )
