"""Who answered a survey, and what is known of them: the rows that every comparison of a survey starts from.

Reads the survey tables of the `etude` store (source S8). One wave is used: the latest one answered by both groups.
A missing answer is never a zero.
"""

import re

import numpy as np
import pandas as pd

from mentorat.causal.catalogues import GROUPS, survey_catalogue
from mentorat.errors import MentoratError
from mentorat.reference import load
from mentorat.survey.questionnaire import Item, Scale, questionnaire
from mentorat.survey.scales import codes_of, top_box
from mentorat.typography import fr_text

KEY = ["vague", "id_repondant"]


def items_of_families() -> dict[str, Item]:
    """Items of the codebook that are read as a share of positive answers and belong to a family of tests."""
    return {name: item for name, item in questionnaire().items.items() if item.famille is not None}


def asked_of(item: str) -> tuple[str, ...]:
    """The groups whose questionnaire holds the item."""
    return tuple(group for group in GROUPS if group in items_of_families()[item].groupes)


def compared_items(rows: pd.DataFrame) -> list[str]:
    """Items put to both groups and answered by somebody of `rows`, in the order of the codebook."""
    return [
        name
        for name in items_of_families()
        if len(asked_of(name)) == len(GROUPS) and name in rows.columns and rows[name].notna().any()
    ]


def scored_answers(answers: pd.Series, item: Item) -> pd.Series:
    """Answers of an item as their place on its scale, from 0.0 (the first code) to 1.0 (the last); missing kept."""
    places = {code: rank / (len(item.codes) - 1) for rank, code in enumerate(item.codes)}
    return codes_of(answers).map(places, na_action="ignore").astype("float64")


def positive_answers(answers: pd.Series, scale: Scale) -> pd.Series:
    """Answers of an item as 1.0 (positive), 0.0 or missing (unanswered)."""
    return top_box(answers, scale.positif)


def respondents(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> pd.DataFrame:
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
    # sorted, so that draws and ties do not hang on the order of the files
    rows = rows.sort_values([*KEY, "mentore"], kind="stable", ignore_index=True)
    place = dict(zip(*(load("types_accueil")[name] for name in ("type_accueil", "type_accueil_regroupe")), strict=True))
    return rows.assign(
        grappe=clusters_of(rows),
        type_accueil=rows["type_accueil"].map(place).astype("str").where(rows["type_accueil"].notna()),
        classe=rows["classe"].map(class_level, na_action="ignore"),
    )


def compared_answers(mentores: pd.DataFrame, non_mentores: pd.DataFrame, echantillon: pd.DataFrame) -> pd.DataFrame:
    """The respondents compared: `mentore`, `grappe`, and each item put to both groups as 1, 0 or missing; empty when no
    wave was answered by both."""
    rows = respondents(mentores, non_mentores, echantillon)
    if rows.empty:
        return rows
    families = items_of_families()
    both = [name for name in families if name in rows.columns and len(asked_of(name)) == len(GROUPS)]
    return rows[["mentore", "grappe"]].assign(
        **{name: positive_answers(rows[name], families[name].scale) for name in both}
    )


def class_level(label: str) -> str:
    """Level of a class as written (« 4e », « Terminale »): primaire, college, lycee or autre."""
    for level, beginning in survey_catalogue().niveaux_classe.items():
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


def clusters_of(rows: pd.DataFrame, first: str = "grappe") -> pd.Series:
    """Cluster of each respondent: `first` (a column), else structure, else département, else the respondent alone.

    Raises MentoratError (French) when the column is not there.
    """
    if first not in rows:
        raise MentoratError(f"La colonne « {first} » (grappe) manque dans l'enquête. Corrigez le plan.")
    cluster = pd.Series(pd.NA, index=rows.index, dtype="str")
    for name in dict.fromkeys((first, "structure", "departement", "id_repondant")):
        cluster = cluster.where(cluster.notna(), name + ":" + rows[name].astype("str").where(rows[name].notna()))
    return cluster


def covariate_label(name: str, level: str = "") -> str:
    """« type d'accueil (famille d'accueil) » for `type_accueil=assistant_familial`."""
    said = survey_catalogue().covariables[name]
    return fr_text(f"{said} ({level_label(name, level)})" if level else said)


def level_label(name: str, level: object) -> str:
    """How a level of a covariate reads: « fille » for F, « oui » for true; any other as its code."""
    if isinstance(level, bool | np.bool_):
        return "oui" if level else "non"
    return fr_text(survey_catalogue().modalites.get(name, {}).get(str(level), str(level)))


def in_words(message: str) -> str:
    """A message of the estimators with the covariates' French labels in place of their column names."""
    names = "|".join(survey_catalogue().covariables)
    message = re.sub(rf"\b({names})=([\w ]*\w)", lambda found: f"{covariate_label(found[1], found[2])}", message)
    return re.sub(rf"« ({names}) »", lambda found: f"« {covariate_label(found[1])} »", message)
