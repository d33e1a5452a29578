"""What missing answers could change: rates by group, and the primary items under four suppositions.

For each primary item the difference of the weighted shares of positive answers (mentored less others, as they answered:
not an effect) is given on complete cases; by multiple imputation, which supposes that those who left the item out
answer as others alike in all that is known of them; and between its worst-case bounds, that suppose nothing. The
tipping point says what those who left it out would have to have answered for the conclusion to change.
"""

from collections.abc import Iterator
from math import nan

import numpy as np
import pandas as pd

from mentorat.survey.design import SurveyError
from mentorat.survey.imputation import Imputations, imputation_seed, impute
from mentorat.survey.missing import (
    RATES,
    mean_differences,
    missing_rates,
    tipping_point,
    worst_case_bounds,
)
from mentorat.survey.pooling import pool
from mentorat.survey.questionnaire import Item
from mentorat.survey.survey_groups import COVARIATES, TwoGroups, difference, positive, typed_table

MISSING = {
    "item": "str",
    "libelle": "str",
    "famille": "str",
    "vague": "Int64",
    **{name: "Int64" if kind == "int64" else kind for name, kind in RATES.items() if name != "item"},
}
"""Columns of `missing_table`: `RATES` with what says which item; `n_`: respondents asked, answered or not."""
SENSITIVITY = {
    "item": "str",
    "libelle": "str",
    "vague": "Int64",
    "methode": "str",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "n_manquants": "Int64",
    "ecart": "float64",
    "ecart_bas": "float64",
    "ecart_haut": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "information_manquante": "float64",
    "imputations": "Int64",
    "phrase": "str",
    "ponderation": "str",
    "avertissements": "str",
}
"""Columns of `sensitivity_table`. `methode`: cas_complets, imputation_multiple, bornes (`ecart_bas` to `ecart_haut`),
bascule_mentores and bascule_non_mentores (`phrase` alone). `n_`: answers given; `x_`: the positive ones."""
COMPLETE, IMPUTED, BOUNDS = "cas_complets", "imputation_multiple", "bornes"
TIPPING = {"bascule_mentores": True, "bascule_non_mentores": False}


def missing_table(groups: TwoGroups | None) -> pd.DataFrame:
    """Missing answers of each item by group, with the interval and test of their difference (columns of `MISSING`)."""
    if groups is None or not groups.items:
        return typed_table([], MISSING)
    found = missing_rates(groups.frame, [item.nom for item in groups.items], "mentore", cluster="grappe").table
    told = [
        {**row, "libelle": item.libelle, "famille": item.famille or "", "vague": groups.wave}
        for item, row in zip(groups.items, found.to_dict("records"), strict=True)
    ]
    return typed_table([{str(name): value for name, value in row.items()} for row in told], MISSING)


def sensitivity_table(groups: TwoGroups | None, campagne: int) -> pd.DataFrame:
    """The difference on each primary item under each supposition (columns of `SENSITIVITY`).

    What cannot be computed keeps its row, with the reason. The seed comes from the campagne and the items.
    """
    if groups is None:
        return typed_table([], SENSITIVITY)
    primary = [item for item in groups.items if item.famille == "principale"]
    if not primary:
        return typed_table([], SENSITIVITY)
    copies = _imputed(groups, campagne)
    return typed_table([row for item in primary for row in _rows(groups, item, copies)], SENSITIVITY)


def _imputed(groups: TwoGroups, campagne: int) -> Imputations | str:
    """Completed answers to all that can be predicted, or why there are none."""
    known = groups.frame
    names = [
        item.nom
        for item in groups.items
        if item.scale.type != "multiple"
        and _varies(known[item.nom])
        and all(known.loc[inside, item.nom].notna().any() for inside in (groups.arm, ~groups.arm))
    ]
    frame = known.assign(poids_log=np.log(groups.design.weights))
    covariates = [name for name in COVARIATES if name in frame and _varies(frame[name])]
    if _varies(frame["poids_log"]):
        covariates.append("poids_log")
    for name in names:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            frame[name] = frame[name].cat.remove_unused_categories()
    try:
        return impute(
            frame,
            names,
            "mentore",
            seed=imputation_seed(campagne, names),
            cluster="grappe",
            covariates=covariates,
        )
    except SurveyError as reason:
        return str(reason)


def _rows(groups: TwoGroups, item: Item, copies: Imputations | str) -> Iterator[dict[str, object]]:
    frame = groups.frame[["mentore"]].assign(**{item.nom: positive(groups.frame, item)})
    answers = frame[item.nom].to_numpy(dtype=np.float64)
    known = ~np.isnan(answers)
    yes = groups.counts(np.nan_to_num(answers) == 1)
    common: dict[str, object] = {
        "item": item.nom,
        "libelle": item.libelle,
        "vague": groups.wave,
        **groups.counts(known),
        "x_mentores": yes["n_mentores"],
        "x_non_mentores": yes["n_non_mentores"],
        "n_manquants": int((~known).sum()),
        "ponderation": groups.weighting,
    }
    gap, low, high = difference(answers, groups)
    told = " ".join(groups.warnings)
    yield {**common, "methode": COMPLETE, "ecart": gap, "ic_bas": low, "ic_haut": high, "avertissements": told}
    yield {**common, "methode": IMPUTED, **_pooled(groups, item, copies)}
    bounds = worst_case_bounds(frame, item.nom, "mentore", design=groups.design)
    yield {
        **common,
        "methode": BOUNDS,
        "ecart": nan,
        "ecart_bas": bounds.low,
        "ecart_haut": bounds.high,
        "ic_bas": bounds.ci_low,
        "ic_haut": bounds.ci_high,
    }
    for name, arm in TIPPING.items():
        tipping = tipping_point(frame, item.nom, "mentore", arm=arm, design=groups.design, label=item.libelle)
        yield {**common, "methode": name, "phrase": tipping.sentence}


def _pooled(groups: TwoGroups, item: Item, copies: Imputations | str) -> dict[str, object]:
    if isinstance(copies, str):
        return {"avertissements": f"Imputation non faite : {copies}"}
    if item.nom not in copies.frame or not _varies(groups.frame[item.nom]):
        return {"avertissements": "Réponse unanime : rien à imputer."}
    levels = [str(code) for code in copies.frame[item.nom].cat.categories]
    codes = copies.numbers(item.nom)  # m × n, ranks of the levels
    yes = np.isin(codes, [rank for rank, code in enumerate(levels) if code in item.scale.positif])
    gaps, variances = mean_differences(yes.T.astype(np.float64), groups.arm, groups.design)
    try:
        found = pool(gaps, variances, complete_df=float(groups.design.degrees_of_freedom), names=[item.libelle])
    except SurveyError as reason:
        return {"avertissements": f"Imputation non faite : {reason}"}
    return {
        "ecart": float(found.estimate[0]),
        "ic_bas": float(found.low[0]),
        "ic_haut": float(found.high[0]),
        "information_manquante": float(found.missing_information[0]),
        "imputations": found.m,
        "avertissements": " ".join([*groups.warnings, *found.warnings]),
    }


def _varies(values: pd.Series) -> bool:
    """Whether the known values are not all alike."""
    return len(values.dropna().unique()) > 1
