"""Mentored and non-mentored respondents compared item by item: raw differences, adjusted effects, balance.

Reads the survey tables of the `etude` store (source S8). One wave is used: the latest one answered by both
groups. Shares and differences are between 0 and 1. A missing answer is never a zero: it is left out and
counted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict

from mentorat.causal.adjusted import ESTIMAND, METHOD, Effect, adjusted_att, balance_of
from mentorat.causal.balancing import NotEstimable
from mentorat.causal.evidence import Facts, Rule, grade
from mentorat.contracts.sources import contract
from mentorat.reference import load
from mentorat.survey.multiplicity import holm
from mentorat.survey.proportions import proportion, two_proportions
from mentorat.survey.questionnaire import Item, Scale, questionnaire
from mentorat.survey.scales import top_box
from mentorat.typography import fr_percent, fr_points, fr_text

CATALOGUE = Path(__file__).with_name("enquete.yml")
KEY = ["vague", "id_repondant"]
GROUPS = ("mentores", "non_mentores")

DIFFERENCES = {
    "item": "str",
    "libelle": "str",
    "dimension": "str",
    "famille": "str",
    "vague": "Int64",
    "n_mentores": "Int64",
    "x_mentores": "Int64",
    "part_mentores": "float64",
    "ic_bas_mentores": "float64",
    "ic_haut_mentores": "float64",
    "n_manquants_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_non_mentores": "Int64",
    "part_non_mentores": "float64",
    "ic_bas_non_mentores": "float64",
    "ic_haut_non_mentores": "float64",
    "n_manquants_non_mentores": "Int64",
    "ecart": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "p": "float64",
    "p_holm": "float64",
    "deff": "float64",
    "grappes": "Int64",
    "preuve": "str",
    "phrase": "str",
}
"""Columns of `SurveyEstimates.differences` and their types."""
EFFECTS = {
    "item": "str",
    "libelle": "str",
    "dimension": "str",
    "famille": "str",
    "vague": "Int64",
    "estimand": "str",
    "ecart_naif": "float64",
    "naif_ic_bas": "float64",
    "naif_ic_haut": "float64",
    "att": "float64",
    "se": "float64",
    "ic_bas": "float64",
    "ic_haut": "float64",
    "df": "float64",
    "p": "float64",
    "p_holm": "float64",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "x_mentores": "Int64",
    "x_non_mentores": "Int64",
    "n_manquants": "Int64",
    "grappes": "Int64",
    "grappes_mentores": "Int64",
    "grappes_non_mentores": "Int64",
    "ess": "float64",
    "smd_max_avant": "float64",
    "smd_max_apres": "float64",
    "methode": "str",
    "avertissements": "str",
    "preuve": "str",
    "phrase": "str",
}
"""Columns of `SurveyEstimates.effets` and their types."""
BALANCE = {
    "vague": "Int64",
    "covariable": "str",
    "libelle": "str",
    "n_mentores": "Int64",
    "n_non_mentores": "Int64",
    "moyenne_mentores": "float64",
    "moyenne_non_mentores_avant": "float64",
    "moyenne_non_mentores_apres": "float64",
    "smd_avant": "float64",
    "smd_apres": "float64",
    "rapport_variances_avant": "float64",
    "rapport_variances_apres": "float64",
}
"""Columns of `SurveyEstimates.equilibre` and their types."""


class Catalogue(BaseModel):
    """Content of `enquete.yml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    covariables: dict[str, str]
    niveaux_classe: dict[str, str]
    modalites: dict[str, dict[str, str]]


@dataclass(frozen=True)
class SurveyEstimates:
    """Aggregates of one survey, with the columns of `DIFFERENCES`, `EFFECTS` and `BALANCE`."""

    differences: pd.DataFrame
    effets: pd.DataFrame
    equilibre: pd.DataFrame


@cache
def catalogue() -> Catalogue:
    """Covariates of the survey, and how their levels read.

    Raises pydantic's ValidationError when the file is malformed, ValueError when a covariate may have been
    changed by mentoring: adjusting for it would hide part of the effect.
    """
    found = Catalogue.model_validate(yaml.safe_load(CATALOGUE.read_text(encoding="utf-8")))
    for name in found.covariables:
        for group in GROUPS:
            if contract(f"enquete_{group}").colonne(name).temporalite not in {"fixe", "avant"}:
                raise ValueError(f"{name} is not known before mentoring: it may not adjust an effect")
    return found


def items_of_families() -> dict[str, Item]:
    """Items of the codebook that are read as a share of positive answers and belong to a family of tests."""
    return {name: item for name, item in questionnaire().items.items() if item.famille is not None}


def _asked_of(item: str) -> tuple[str, ...]:
    """The groups whose questionnaire holds the item."""
    return tuple(group for group in GROUPS if group in items_of_families()[item].groupes)


def _description(item: str) -> dict[str, object]:
    """What says which item a row is about."""
    entry = items_of_families()[item]
    return {
        "item": item,
        "libelle": entry.libelle,
        "dimension": entry.dimension,
        "famille": entry.famille,
    }


def compare_survey(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> SurveyEstimates:
    """Compare the respondents of the latest wave that both groups answered; empty tables when there is none.

    Inputs: raw tables `enquete_mentores`, `enquete_non_mentores`, `enquete_echantillon`, joined on
    (vague, id_repondant). Primary items first, then the others, in the order of the catalogue.
    """
    respondents = _respondents(mentores, non_mentores, echantillon)
    if respondents.empty:
        return SurveyEstimates(_typed([], DIFFERENCES), _typed([], EFFECTS), _typed([], BALANCE))
    wave = int(respondents["vague"].iloc[0])
    answered = [name for name in items_of_families() if name in respondents.columns and respondents[name].notna().any()]
    differences = _typed([_difference(respondents, name, wave) for name in answered], DIFFERENCES)
    differences["p_holm"] = _holm_by_family(differences)
    raw = {str(row["item"]): row for row in _records(differences)}
    compared = [name for name in answered if len(_asked_of(name)) == len(GROUPS)]
    effets = _typed([_effect(respondents, name, raw[name]) for name in compared], EFFECTS)
    effets["p_holm"] = _holm_by_family(effets)
    effets["phrase"] = [fr_text(effect_sentence(row, _rule_of_effect(row))) for row in _records(effets)]
    return SurveyEstimates(differences, effets, _balance(respondents, wave))


def compared_answers(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> pd.DataFrame:
    """The respondents `compare_survey` compares: `mentore`, `grappe`, and each item put to both groups as 1, 0 or
    missing; empty when no wave was answered by both."""
    respondents = _respondents(mentores, non_mentores, echantillon)
    if respondents.empty:
        return respondents
    both = [name for name in items_of_families() if name in respondents.columns and len(_asked_of(name)) == len(GROUPS)]
    return respondents[["mentore", "grappe"]].assign(
        **{name: positive_answers(respondents[name], _scale(name)) for name in both}
    )


def positive_answers(answers: pd.Series, scale: Scale) -> pd.Series:
    """Answers of an item as 1.0 (positive), 0.0 or missing (unanswered)."""
    return top_box(answers, scale.positif)


def design_effect(answers: pd.Series, treated: pd.Series, cluster: pd.Series) -> float:
    """Variance of a difference of two shares under clustering, over that of independent answers.

    Linearised: z_i = ±(y_i − p_group)/n_group summed by cluster over both groups, squared, × G/(G−1);
    divided by p₁q₁/n₁ + p₂q₂/n₂. Never below 1, so that clustering is not read as a gain. `answers` has no
    missing value.
    """
    y, mask = answers.to_numpy(dtype=np.float64), treated.to_numpy(dtype=bool)
    n1, n2 = mask.sum(), (~mask).sum()
    share1, share2 = y[mask].mean(), y[~mask].mean()
    independent = share1 * (1 - share1) / n1 + share2 * (1 - share2) / n2
    codes, labels = pd.factorize(cluster)
    if independent == 0 or len(labels) < 2:
        return 1.0
    z = np.where(mask, (y - share1) / n1, -(y - share2) / n2)
    totals = np.bincount(codes, weights=z)
    return max(1.0, float(len(labels) / (len(labels) - 1) * (totals**2).sum() / independent))


def _respondents(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> pd.DataFrame:
    """One row per respondent of the wave: `mentore`, `grappe`, covariates ready to use, items as answered."""
    both = {"mentores": mentores, "non_mentores": non_mentores}
    waves = set(mentores["vague"].dropna()) & set(non_mentores["vague"].dropna())
    if not waves:
        return pd.DataFrame()
    wave = max(waves)
    rows = pd.concat(
        [
            _with_sample(table[table["vague"] == wave], echantillon[echantillon["groupe"] == group]).assign(
                mentore=group == "mentores"
            )
            for group, table in both.items()
        ],
        ignore_index=True,
    )
    rows = rows.sort_values([*KEY, "mentore"], kind="stable", ignore_index=True)
    place = dict(zip(*(load("types_accueil")[name] for name in ("type_accueil", "type_accueil_regroupe")), strict=True))
    return rows.assign(
        grappe=_cluster(rows),
        type_accueil=rows["type_accueil"].map(place).astype("str").where(rows["type_accueil"].notna()),
        classe=rows["classe"].map(class_level, na_action="ignore"),
    )


def class_level(label: str) -> str:
    """Level of a class as written (« 4e », « Terminale »): primaire, college, lycee or autre."""
    for level, beginning in catalogue().niveaux_classe.items():
        if re.match(beginning, label.strip().lower()):
            return level
    return "autre"


def _with_sample(answers: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """Respondents with the sampling columns: structure and département where the answer has none."""
    drawn = sample[[*KEY, "structure", "departement", "grappe"]].drop_duplicates(KEY)
    rows = answers.drop(columns="grappe", errors="ignore").merge(
        drawn, on=KEY, how="left", suffixes=("", "_tirage"), validate="one_to_one"
    )
    for name in ("structure", "departement"):
        rows[name] = rows[name].where(rows[name].notna(), rows[f"{name}_tirage"])
    return rows.drop(columns=["structure_tirage", "departement_tirage"])


def _cluster(rows: pd.DataFrame) -> pd.Series:
    """Cluster of each respondent: grappe, else structure, else département, else the respondent alone."""
    cluster = pd.Series(pd.NA, index=rows.index, dtype="str")
    for name in ("grappe", "structure", "departement", "id_repondant"):
        cluster = cluster.where(cluster.notna(), name + ":" + rows[name].astype("str").where(rows[name].notna()))
    return cluster


def _difference(rows: pd.DataFrame, name: str, wave: int) -> dict[str, object]:
    scale = _scale(name)
    answers = positive_answers(rows[name], scale)
    answered, mentored = answers.notna(), rows["mentore"].astype(bool)
    found = {**_description(name), "vague": wave}
    asked = _asked_of(name)
    counts: list[int] = []
    deff = 1.0
    if len(asked) == 2 and (answered & mentored).any() and (answered & ~mentored).any():
        deff = design_effect(answers[answered], mentored[answered], rows.loc[answered, "grappe"])
    for group, mask in (("mentores", mentored), ("non_mentores", ~mentored)):
        if group not in asked:
            continue
        n, x = int((answered & mask).sum()), int(answers[mask].sum())
        counts += [x, n]
        found |= {f"n_{group}": n, f"x_{group}": x, f"n_manquants_{group}": int((~answered & mask).sum())}
        if n:
            share = proportion(x / deff, n / deff)
            found |= {
                f"part_{group}": share.share,
                f"ic_bas_{group}": share.low,
                f"ic_haut_{group}": share.high,
            }
    found |= {"grappes": rows.loc[answered, "grappe"].nunique(), "preuve": "descriptif"}
    if len(counts) == 4 and min(counts[1], counts[3]) > 0:
        x1, n1, x2, n2 = counts
        gap = two_proportions(x1, n1, x2, n2, design_effect=deff)
        found |= {
            "ecart": gap.difference,
            "ic_bas": gap.low,
            "ic_haut": gap.high,
            "p": gap.chi2_p,
            "deff": deff,
        }
    found["phrase"] = fr_text(_raw_sentence(found, scale))
    return found


def _scale(item: str) -> Scale:
    return items_of_families()[item].scale


def _effect(rows: pd.DataFrame, name: str, raw: Mapping[str, object]) -> dict[str, object]:
    answers = positive_answers(rows[name], _scale(name))
    shared = (
        "item",
        "vague",
        "libelle",
        "dimension",
        "famille",
        "n_mentores",
        "n_non_mentores",
        "x_mentores",
        "x_non_mentores",
        "grappes",
    )
    found: dict[str, object] = {key: raw[key] for key in shared}
    found |= {
        "estimand": ESTIMAND,
        "methode": METHOD,
        "n_manquants": int(answers.isna().sum()),
        "ecart_naif": raw["ecart"],
        "naif_ic_bas": raw["ic_bas"],
        "naif_ic_haut": raw["ic_haut"],
    }
    covariates = list(catalogue().covariables)
    try:
        effect = adjusted_att(rows.assign(**{name: answers}), name, "mentore", covariates, "grappe")
    except NotEstimable as reason:
        found["avertissements"] = fr_text(_in_words(str(reason)))
    else:
        found |= _effect_columns(effect)
    found["preuve"] = _rule_of_effect(found).preuve
    return found


def _effect_columns(effect: Effect) -> dict[str, object]:
    return {
        "att": effect.estimate,
        "se": effect.standard_error,
        "ic_bas": effect.low,
        "ic_haut": effect.high,
        "df": effect.degrees_of_freedom,
        "p": effect.p,
        "grappes_mentores": effect.clusters_treated,
        "grappes_non_mentores": effect.clusters_control,
        "ess": effect.ess,
        "smd_max_avant": effect.max_smd_before,
        "smd_max_apres": effect.max_smd_after,
        "avertissements": fr_text(_in_words(" ".join(effect.warnings))),
    }


def _rule_of_effect(row: Mapping[str, object]) -> Rule:
    """Grade of an effect row: one wave, no drawing of lots, whatever its figures."""
    smd = row.get("smd_max_apres")
    return grade(
        Facts(
            comparaison=_known(row.get("ecart_naif")),
            ajuste=_known(row.get("att")),
            smd_maximal_apres=float(str(smd)) if _known(smd) else None,
            vagues=1,
            tirage_au_sort=False,
        )
    )


def _raw_sentence(row: Mapping[str, object], scale: Scale) -> str:
    libelle, asked = row["libelle"], {group: row.get(f"part_{group}") for group in GROUPS}
    told = [
        f"{fr_percent(_number(share))} des {who}"
        for who, share in zip(("mentorés", "non-mentorés"), asked.values(), strict=True)
        if _known(share)
    ]
    if not told:
        return f"« {libelle} » : aucune réponse."
    sentence = f"« {libelle} » : {' et '.join(told)} {scale.reponse}."
    if not _known(row.get("ecart")):
        return f"{sentence} Sans groupe de comparaison, ce chiffre dit une satisfaction, pas un effet."
    interval = _interval(row["ic_bas"], row["ic_haut"])
    return f"{sentence} L'écart brut est de {_points(row['ecart'])} ({interval})."


def effect_sentence(row: Mapping[str, object], rule: Rule) -> str:
    """A plain French sentence for one row of `effets`: one template, whatever the effect's sign or size."""
    libelle = row["libelle"]
    if not _known(row.get("att")):
        return f"« {libelle} » : l'écart ajusté n'est pas estimé. {rule.motif}"
    low, high = _number(row["ic_bas"]), _number(row["ic_haut"])
    if low <= 0 <= high:
        reading = "L'écart observé est compatible avec une absence d'effet."
    elif _known(row["p_holm"]) and _number(row["p_holm"]) >= 0.05:
        reading = (
            "L'intervalle ne contient pas zéro, mais l'écart n'est plus probant une fois compté le nombre de "
            "questions posées."
        )
    else:
        reading = (
            f"Cette réponse est {'plus' if low > 0 else 'moins'} fréquente chez les mentorés, "
            "au-delà de ce que le hasard explique d'ordinaire."
        )
    return (
        f"« {libelle} » : à caractéristiques observées comparables, l'écart entre mentorés et non-mentorés "
        f"est de {_points(row['att'])} ({_interval(low, high)}), pour un écart brut de "
        f"{_points(row['ecart_naif'])}. {reading} {rule.motif}"
    )


def _interval(low: object, high: object) -> str:
    return f"intervalle de confiance à 95 % : de {_points(low)} à {_points(high)}"


def _points(share: object) -> str:
    return fr_points(100 * _number(share))


def _number(value: object) -> float:
    return float(str(value))


def _known(value: object) -> bool:
    return value is not None and value is not pd.NA and not np.isnan(_number(value))


def _holm_by_family(table: pd.DataFrame) -> pd.Series:
    """Holm inside each family of compared items; missing where there is no test."""
    return table.groupby("famille")["p"].transform(lambda p: holm(p.to_numpy(dtype=np.float64)))


def _covariate_label(name: str, level: str = "") -> str:
    """« type d'accueil (famille d'accueil) » for `type_accueil=assistant_familial`."""
    spoken = catalogue()
    written = spoken.modalites.get(name, {}).get(level, level)
    return fr_text(f"{spoken.covariables[name]} ({written})" if level else spoken.covariables[name])


def _in_words(message: str) -> str:
    """A message of the estimators with the covariates' French labels in place of their column names."""
    names = "|".join(catalogue().covariables)
    message = re.sub(rf"\b({names})=([\w ]+)", lambda found: f"{_covariate_label(found[1], found[2])}", message)
    return re.sub(rf"« ({names}) »", lambda found: f"« {_covariate_label(found[1])} »", message)


def _balance(rows: pd.DataFrame, wave: int) -> pd.DataFrame:
    covariates = catalogue().covariables
    table = balance_of(rows, "mentore", list(covariates))
    mentored = int(rows["mentore"].sum())
    table["libelle"] = [_covariate_label(*name.split("=", 1)) for name in table["covariable"]]
    return _typed(
        _records(table.assign(vague=wave, n_mentores=mentored, n_non_mentores=len(rows) - mentored)),
        BALANCE,
    )


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _typed(rows: list[dict[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a table of exactly `columns`: text never missing, numbers at 10 decimals, p-values at 6 figures.

    What lies beyond hangs on the order in which threads add, and two runs must give the same bytes.
    """
    table = pd.DataFrame(rows, columns=list(columns))
    texts = [name for name, dtype in columns.items() if dtype == "str"]
    table[texts] = table[texts].astype("object").where(table[texts].notna(), "")
    table = table.astype(dict(columns))
    decimals = [name for name, dtype in columns.items() if dtype == "float64"]
    tests = [name for name in decimals if name in {"p", "p_holm"}]
    small = table[tests].map(lambda p: float(f"{p:.6g}"))  # a p-value is never rounded to zero
    table[decimals] = table[decimals].round(10) + 0.0  # never a negative zero
    table[tests] = small
    return table
