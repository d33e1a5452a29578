"""The effect on primary outcomes by level of what was known of the young people before, and the tests of interaction.

Numbers are cut into bands. Holm's correction runs over every test of interaction of the evaluation, outcomes and
factors together: a difference between subgroups that one test in twenty would show by chance is not a finding.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.estimators import Estimated, Sample
from mentorat.causal.heterogeneity import level_effects
from mentorat.causal.survey_respondents import covariate_label, in_words, level_label
from mentorat.survey.design import SurveyError
from mentorat.survey.multiplicity import holm
from mentorat.typography import fr_number, fr_text

AGES = (11, 14, 16, 18)
"""Bands of age: 11 to 13, 14 and 15, 16 and 17."""
BANDS = 3
"""Bands of any other number, at its quantiles."""
Row = dict[str, object]


def heterogeneity_rows(found: Sequence[tuple[Row, Sample, Estimated]], factors: Sequence[str]) -> list[Row]:
    """Rows of `effets_heterogeneite`: every outcome (its key, its sample, its primary estimate) by every factor."""
    tables = [(key, factor, _by_level(sample, primary, factor)) for key, sample, primary in found for factor in factors]
    corrected = holm([float(table["p_interaction"].iloc[0]) for *_, table in tables])
    return [
        row for (key, factor, table), p in zip(tables, corrected, strict=True) for row in _rows(key, factor, table, p)
    ]


def banded(values: pd.Series, name: str) -> pd.Series:
    """A factor as levels to compare: numbers in bands, anything else as it is; missing kept."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return values
    numbers = values.astype("Float64")
    edges = list(AGES) if name == "age" else _quantiles(numbers)
    labels = [_band(low, high, name) for low, high in pairwise(edges)]
    place = np.searchsorted(edges[1:-1], numbers.fillna(edges[0]).to_numpy(dtype=np.float64), side="right")
    return pd.Series(np.array(labels, dtype=object)[place], index=values.index, dtype="object").where(numbers.notna())


def _quantiles(numbers: pd.Series) -> list[float]:
    return sorted(set(np.quantile(numbers.dropna().to_numpy(dtype=np.float64), np.linspace(0, 1, BANDS + 1))))


def _band(low: float, high: float, name: str) -> str:
    if name == "age":
        return f"{low}-{high - 1} ans"
    return f"de {fr_number(low, 1)} à {fr_number(high, 1)}"


def _by_level(sample: Sample, primary: Estimated, factor: str) -> pd.DataFrame:
    levels = banded(sample.frame[factor], factor).map(lambda level: level_label(factor, level), na_action="ignore")
    name = f"{factor}_niveau"
    try:
        return level_effects(
            sample.frame.assign(**{name: levels}),
            sample.outcome,
            sample.treatment,
            name,
            [one for one in sample.covariates if one != factor or not _is_factor(sample.frame[factor])],
            weights=None if primary.design is None else primary.design.weights,
            cluster=sample.cluster,
        ).table
    except (NotEstimable, SurveyError) as reason:
        return pd.DataFrame([{"modalite": "", "p_interaction": np.nan, "avertissements": str(reason)}])


def _is_factor(values: pd.Series) -> bool:
    """Whether the levels of the factor are those of the covariate itself: it is then in the model already."""
    return not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)


def _rows(key: Row, factor: str, table: pd.DataFrame, corrected: float) -> Iterator[Row]:
    for row in table.to_dict("records"):
        yield {
            **key,
            "facteur": factor,
            "libelle_facteur": covariate_label(factor),
            **{str(name): value for name, value in row.items()},
            "p_interaction_holm": corrected,
            "avertissements": fr_text(in_words(str(row["avertissements"] or ""))),
        }
