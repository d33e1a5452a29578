"""Dimensions of the questionnaire as scales: reliability by group, index by group, scales compared answer by answer.

A dimension is made of the items of the codebook that go from less to more (`sens` favourable or not); an item asked of
a part of the group is left out, for complete answers would be that part's. A dimension that cannot be measured keeps
its row, without figures, with the reason.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from mentorat.survey.design import SurveyError
from mentorat.survey.multiplicity import holm
from mentorat.survey.ordinal import proportional_odds_tests, survey_ordinal
from mentorat.survey.questionnaire import Item, questionnaire
from mentorat.survey.scales import dimension_index, reliability
from mentorat.survey.survey_groups import TwoGroups, difference, interval, positive, typed_table
from mentorat.survey.survey_weights import Sample

RELIABILITY = {
    "dimension": "str",
    "libelle": "str",
    "groupe": "str",
    "vague": "Int64",
    "items": "str",
    "n_items": "Int64",
    "n": "Int64",
    "n_incomplets": "Int64",
    "alpha": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "omega": "float64",
    "avertissements": "str",
}
"""Columns of `reliability_table`; `items` joined by `|`, `n` respondents who answered all of them."""
INDEX = {
    "dimension": "str",
    "libelle": "str",
    "vague": "Int64",
    "items": "str",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "n_sans_indice": "Int64",
    "indice_mentores": "float64",
    "mentores_ic_bas": "float64",
    "mentores_ic_haut": "float64",
    "indice_non_mentores": "float64",
    "non_mentores_ic_bas": "float64",
    "non_mentores_ic_haut": "float64",
    "ecart": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "grappes": "Int64",
    "ponderation": "str",
    "avertissements": "str",
}
"""Columns of `index_table`: means of the index in standard deviations of the non-mentored, whose own mean is 0."""
ORDINAL = {
    "item": "str",
    "libelle": "str",
    "dimension": "str",
    "vague": "Int64",
    "sens": "str",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "rapport_cotes": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "p": "float64",
    "p_holm": "float64",
    "p_proportionnalite": "float64",
    "deff": "float64",
    "grappes": "Int64",
    "ponderation": "str",
    "avertissements": "str",
}
"""Columns of `ordinal_table`: odds of a higher answer, mentored over the others; `x_`: positive answers."""
UNEVEN = 0.05
"""Level of the test of proportional odds under which one ratio is said to sum up the scale badly."""


def reliability_table(found: Iterable[Sample]) -> pd.DataFrame:
    """Reliability of each dimension in each group at each wave (columns of `RELIABILITY`), items standardised."""
    rows = [row for one in found for row in _reliability_rows(one)]
    return typed_table(rows, RELIABILITY)


def _reliability_rows(sample: Sample) -> Iterator[dict[str, object]]:
    frame = sample.frame
    asked = [item for item in sample.responses.items if frame[item.nom].notna().any()]
    for dimension, items in _dimensions(asked):
        names = [item.nom for item in items]
        row: dict[str, object] = {
            "dimension": dimension,
            "libelle": questionnaire().dimensions[dimension],
            "groupe": sample.responses.group,
            "vague": sample.wave,
            "items": "|".join(names),
            "n_items": len(names),
            "n": int(frame[names].notna().all(axis=1).sum()),
        }
        try:
            told = reliability(
                frame,
                names,
                name=questionnaire().dimensions[dimension],
                reverse=_reversed(items),
                weights=sample.design.weights,
            )
        except SurveyError as reason:
            yield {**row, "n_incomplets": len(frame) - int(str(row["n"])), "avertissements": str(reason)}
            continue
        yield {
            **row,
            "n": told.n,
            "n_incomplets": told.n_incomplete,
            "alpha": told.alpha,
            "ic_bas": told.low,
            "ic_haut": told.high,
            "omega": told.omega,
            "avertissements": " ".join(told.warnings),
        }


def index_table(groups: TwoGroups | None) -> pd.DataFrame:
    """Index of each dimension whose items both groups were asked (columns of `INDEX`): aggregates only."""
    rows = [] if groups is None else [_index_row(groups, *found) for found in _dimensions(groups.items)]
    return typed_table(rows, INDEX)


def _index_row(groups: TwoGroups, dimension: str, items: Sequence[Item]) -> dict[str, object]:
    names = [item.nom for item in items]
    row: dict[str, object] = {
        "dimension": dimension,
        "libelle": questionnaire().dimensions[dimension],
        "vague": groups.wave,
        "items": "|".join(names),
        "grappes": groups.design.clusters,
        "ponderation": groups.weighting,
    }
    try:
        found = dimension_index(
            groups.frame,
            names,
            "mentore",
            name=str(row["libelle"]),
            reverse=_reversed(items),
            weights=groups.design.weights,
        )
    except SurveyError as reason:
        return {**row, "n_mentores": 0, "n_non_mentores": 0, "avertissements": str(reason)}
    values = np.asarray(found.values, dtype=np.float64)
    row |= {**groups.counts(~np.isnan(values)), "n_sans_indice": found.n_missing}
    for name, inside in (("mentores", groups.arm), ("non_mentores", ~groups.arm)):
        mean, low, high = _mean(np.where(inside, values, np.nan), groups)
        row |= {f"indice_{name}": mean, f"{name}_ic_bas": low, f"{name}_ic_haut": high}
    gap, low, high = difference(values, groups)
    told = " ".join([*groups.warnings, *found.warnings])
    return {**row, "ecart": gap, "ic_bas": low, "ic_haut": high, "avertissements": told}


def _mean(values: np.ndarray, groups: TwoGroups) -> tuple[float, float, float]:
    """Weighted mean of the values that are there, with its interval."""
    known, weights = ~np.isnan(values), groups.design.weights
    mass = float(weights[known].sum())
    mean = float((weights * np.nan_to_num(values)).sum() / mass)
    influence = np.where(known, np.nan_to_num(values) - mean, 0.0) / mass
    variance = float(groups.design.covariance(influence[:, None])[0, 0])
    return interval(mean, variance, groups.design.degrees_of_freedom)


def ordinal_table(groups: TwoGroups | None) -> pd.DataFrame:
    """Cumulative logit of each scale of three answers or more by group, under the design (columns of `ORDINAL`).

    One odds ratio sums up a whole scale: `p_proportionnalite` tests that it may (independent answers, so that clusters
    make it reject a little too often). Holm over the items. A description: the groups are not made alike.
    """
    if groups is None:
        return typed_table([], ORDINAL)
    scales = [item for item in groups.items if item.scale.type == "ordinale" and len(item.codes) > 2]
    table = typed_table([_ordinal_row(groups, item) for item in scales], ORDINAL)
    known = table["p"].notna()
    table.loc[known, "p_holm"] = holm(table.loc[known, "p"].to_numpy())
    return table


def _ordinal_row(groups: TwoGroups, item: Item) -> dict[str, object]:
    answered = groups.frame[item.nom].notna().to_numpy()
    yes = (positive(groups.frame, item) == 1).to_numpy(dtype=bool)
    counted = groups.counts(yes)
    row: dict[str, object] = {
        "item": item.nom,
        "libelle": item.libelle,
        "dimension": item.dimension,
        "vague": groups.wave,
        "sens": item.sens,
        **groups.counts(answered),
        "x_mentores": counted["n_mentores"],
        "x_non_mentores": counted["n_non_mentores"],
        "ponderation": groups.weighting,
    }
    try:
        model = survey_ordinal(groups.design, groups.frame, item.nom, ["mentore"])
        ratio = model.odds_ratios().table.iloc[0]
        even = proportional_odds_tests(groups.frame, item.nom, ["mentore"])["mentore"].p
    except SurveyError as reason:
        return {**row, "avertissements": str(reason)}
    told = [*groups.warnings, *(text for text in model.warnings if "incomplète" not in text)]
    if even < UNEVEN:
        told.append("Le rapport change d'un seuil à l'autre de l'échelle : lisez plutôt la distribution.")
    return {
        **row,
        "rapport_cotes": ratio["estimate"],
        "ic_bas": ratio["low"],
        "ic_haut": ratio["high"],
        "p": ratio["p"],
        "p_proportionnalite": even,
        "deff": ratio["deff"],
        "grappes": int(ratio["clusters"]),
        "avertissements": " ".join(told),
    }


def _dimensions(items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
    """Dimensions of two items or more that go from less to more, in the order of the codebook."""
    graded = [item for item in items if item.sens != "neutre" and item.si is None and (item.ordered or item.numeric)]
    for dimension in questionnaire().dimensions:
        own = [item for item in graded if item.dimension == dimension]
        if len(own) > 1:
            yield dimension, own


def _reversed(items: Sequence[Item]) -> list[str]:
    return [item.nom for item in items if item.sens == "defavorable"]
