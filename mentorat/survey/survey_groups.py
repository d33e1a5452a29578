"""Mentored and non-mentored respondents of one wave side by side: what scales, missing answers and models compare.

Nothing here is an effect: the groups are as they answered, weighted, not made alike (`mentorat.causal`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.survey.design import Floats, SurveyDesign
from mentorat.survey.missing import mean_differences
from mentorat.survey.questionnaire import Item, questionnaire
from mentorat.survey.scales import top_box
from mentorat.survey.survey_weights import UNWEIGHTED, Sample, respondents_design

COVARIATES = ("sexe", "tranche_age", "type_accueil")
"""What is known of each respondent before mentoring; « inconnu » is a level."""


@dataclass(frozen=True)
class TwoGroups:
    """Respondents of both groups at `wave`, one row each: `mentore`, `poids`, `strate`, `grappe`, answers as typed.

    `items`: those put to everyone of both groups and answered in each, in the order of their numbers. A structure
    drawn for both groups is one cluster of `design`. Weights are those of each group's results, with mean 1 in each:
    what the groups weigh beside one another is no matter of what they answer.
    """

    frame: pd.DataFrame
    wave: int
    items: tuple[Item, ...]
    design: SurveyDesign
    weighting: str
    warnings: tuple[str, ...]

    @property
    def arm(self) -> NDArray[np.bool_]:
        return self.frame["mentore"].to_numpy(dtype=bool)

    @property
    def sizes(self) -> dict[str, int]:
        """Respondents of each group."""
        return {"n_mentores": int(self.arm.sum()), "n_non_mentores": int((~self.arm).sum())}

    def counts(self, answered: NDArray[np.bool_]) -> dict[str, int]:
        """Rows of each group where `answered`."""
        return {
            "n_mentores": int((answered & self.arm).sum()),
            "n_non_mentores": int((answered & ~self.arm).sum()),
        }


def two_groups(found: Iterable[Sample]) -> TwoGroups | None:
    """The latest wave that both groups answered; None without one. Unweighted unless each group has weights."""
    samples = {(one.responses.group, one.wave): one for one in found}
    waves = {wave for group, wave in samples if group == "mentores"} & {
        wave for group, wave in samples if group == "non_mentores"
    }
    if not waves:
        return None
    wave = max(waves)
    pair = [samples["mentores", wave], samples["non_mentores", wave]]
    weighted = all(one.weighting != UNWEIGHTED for one in pair)
    asked = [{item.nom for item in one.responses.items if one.frame[item.nom].notna().any()} for one in pair]
    items = tuple(
        item
        for item in sorted(questionnaire().items.values(), key=lambda item: item.rank)
        if item.nom in asked[0] & asked[1] and item.si is None
    )
    names = ["id_repondant", "strate", "grappe", *[name for name in COVARIATES if all(name in s.frame for s in pair)]]
    parts = [
        one.frame[[*names, *(item.nom for item in items)]].assign(
            mentore=one.responses.group == "mentores",
            poids=one.design.weights / one.design.weights.mean() if weighted else 1.0,
        )
        for one in pair
    ]
    frame = pd.concat(parts, ignore_index=True)
    design, told = respondents_design(frame, weighted=weighted)
    if not weighted:
        told.append("Réponses non pondérées.")
    return TwoGroups(frame, wave, items, design, pair[1].weighting if weighted else UNWEIGHTED, tuple(told))


def positive(frame: pd.DataFrame, item: Item) -> pd.Series:
    """Answers to an item as 1 (positive), 0 or missing."""
    return top_box(frame[item.nom].astype("object"), item.scale.positif)


def difference(values: Floats, groups: TwoGroups) -> tuple[float, float, float]:
    """Mentored less others of a weighted mean (n, nan left out), with its interval at 95 % (Student, clusters)."""
    gap, variance = mean_differences(values[:, None], groups.arm, groups.design)
    return interval(float(gap[0]), float(variance[0]), groups.design.degrees_of_freedom)


def interval(estimate: float, variance: float, df: float) -> tuple[float, float, float]:
    """An estimate and its bounds at 95 %; nan bounds without a degree of freedom."""
    half = float(stats.t.ppf(0.975, df)) * variance**0.5 if df > 0 else nan
    return estimate, estimate - half, estimate + half


def typed_table(rows: Sequence[dict[str, object]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows with exactly these columns and types; numbers at ten decimals, so that two runs agree."""
    table = pd.DataFrame(list(rows), columns=list(columns))
    texts = [name for name, kind in columns.items() if kind == "str"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    table = table.astype(columns)
    decimals = [name for name, kind in columns.items() if kind == "float64"]
    table[decimals] = table[decimals].round(10) + 0.0
    return table
