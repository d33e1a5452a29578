"""From the raw tables of the surveys (S8) to typed answers: what is not an answer is missing, and counted.

An answer becomes a code of its scale (ordered where the scale is), a number, or a set of codes. « Ne sait pas » and
« ne souhaite pas répondre » are missing and counted apart from an answer out of scale; neither is ever a zero. An
item that a respondent was not asked (« jeunes de 16 ans et plus ») is not missing: it is out of the item's field.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.reference import load
from mentorat.survey.design import SurveyError
from mentorat.survey.questionnaire import Group, Item, as_code, questionnaire

KEY = ["vague", "id_repondant"]
AGE_BANDS = {"moins_de_11": 11, "11-13": 14, "14-15": 16, "16-17": 18, "18_et_plus": 200}
"""Age band → first age above it, as the warehouse cuts them."""
DOMAINS = ("sexe", "tranche_age", "type_accueil", "modalite", "association", "departement")
"""Columns of `Responses.frame` by which results are cut, « inconnu » where the answer does not tell."""
COVARIATES = ("sexe", "age", "type_accueil", "departement")
DESIGN = ("strate", "grappe", "poids")


@dataclass(frozen=True)
class Responses:
    """Answers to one questionnaire, all waves.

    `frame`: one row a respondent, sorted by `KEY`: `KEY`, `DOMAINS`, `DESIGN` (`poids` missing where no sample gives
    it), then one column an item: category of its codes (ordered for an ordered scale), Float64 for a number, codes
    joined by `|` for a set. `asked`: same rows, one boolean column an item. `unread`: item, vague, `n_non_reponses`,
    `n_hors_echelle` (answers that were there and were not read), for items that have some. `covariates`: same rows, the
    raw columns that a calibration reads.
    """

    group: Group
    frame: pd.DataFrame
    asked: pd.DataFrame
    unread: pd.DataFrame
    covariates: pd.DataFrame
    sampled: bool

    @property
    def items(self) -> list[Item]:
        """Items whose column the file held, in the order of their numbers."""
        return [item for item in questionnaire().asked_of(self.group) if item.nom in self.frame]


def read_responses(group: Group, answers: pd.DataFrame, sample: pd.DataFrame) -> Responses:
    """Typed answers of a group.

    answers: raw table `enquete_<group>`; sample: raw table `enquete_echantillon`, that gives strata, clusters and
    weights (perhaps empty, or without this group: everyone is then a draw of their own, without weight).
    Raises SurveyError on a respondent given twice in a wave, or weights that are not positive numbers.
    """
    if answers.duplicated(KEY).any():
        raise SurveyError(
            f"Enquête « {questionnaire().groupes[group]} » : {int(answers.duplicated(KEY).sum())} numéro(s) de "
            "répondant reviennent dans une même vague (colonne « id_repondant »). Donnez un numéro par répondant."
        )
    drawn = sample[sample["groupe"] == group]
    rows = _with_sample(answers, drawn).sort_values(KEY, kind="stable", ignore_index=True)
    frame = pd.DataFrame({"vague": rows["vague"].astype("int64"), "id_repondant": rows["id_repondant"].astype("str")})
    frame = frame.assign(**_domains(rows), **_design(rows, group))
    asked, unread = {}, []
    for item in questionnaire().asked_of(group):
        if item.nom not in rows:
            continue
        values, silent, out = type_answers(rows[item.nom], item)
        frame[item.nom] = values
        asked[item.nom] = _asked(rows, item) | values.notna().to_numpy()
        counts = pd.DataFrame({"vague": frame["vague"], "n_non_reponses": silent, "n_hors_echelle": out})
        unread.append(counts.groupby("vague", as_index=False).sum().assign(item=item.nom))
    columns = ["item", "vague", "n_non_reponses", "n_hors_echelle"]
    told = pd.concat(unread, ignore_index=True)[columns] if unread else pd.DataFrame(columns=columns)
    told = told[(told["n_non_reponses"] > 0) | (told["n_hors_echelle"] > 0)].reset_index(drop=True)
    covariates = rows[[name for name in COVARIATES if name in rows]]
    return Responses(group, frame, pd.DataFrame(asked, index=frame.index), told, covariates, not drawn.empty)


def type_answers(answers: pd.Series, item: Item) -> tuple[pd.Series, NDArray[np.bool_], NDArray[np.bool_]]:
    """Answers of one item as its type, and where (n) there was a mark of no answer, or something out of scale."""
    codes = _as_codes(answers)
    marked = codes.str.lower().isin(set(questionnaire().non_reponses)).fillna(False).astype(bool)
    given = codes.mask(marked)
    if item.scale.type == "nombre":
        numbers = pd.to_numeric(given.astype("object"), errors="coerce").astype("Float64")
        if item.bornes is not None:
            numbers = numbers.where(numbers.between(*item.bornes).fillna(False))
        return numbers, marked.to_numpy(), (given.notna() & numbers.isna()).to_numpy()
    if item.scale.type == "multiple":
        return _lists(given, item, marked)
    typed = pd.Series(
        pd.Categorical(given, categories=list(item.codes), ordered=item.ordered), index=answers.index, name=item.nom
    )
    return typed, marked.to_numpy(), (given.notna() & typed.isna()).to_numpy()


def _as_codes(answers: pd.Series) -> pd.Series:
    """Answers as text codes, missing where the cell is empty. Distinct values are read once: few, whatever the rows."""
    met = {value: as_code(value) for value in answers.dropna().unique()}
    codes = answers.map(met).astype("str")
    return codes.mask(codes.str.len() == 0)


def _lists(given: pd.Series, item: Item, marked: pd.Series) -> tuple[pd.Series, NDArray[np.bool_], NDArray[np.bool_]]:
    """Sets of codes in the order of the scale, unknown ones left out."""
    read, wrong = {}, set()
    for written in given.dropna().unique():
        parts = {part.strip() for part in str(written).split("|")} - {""}
        read[written] = "|".join(code for code in item.codes if code in parts)
        if parts - set(item.codes):
            wrong.add(written)
    typed = given.map(read).astype("str")
    return typed.mask(typed.str.len() == 0), marked.to_numpy(), given.isin(wrong).to_numpy()


def _asked(rows: pd.DataFrame, item: Item) -> NDArray[np.bool_]:
    """Who the item is for; everyone where the condition cannot be told."""
    everyone = np.ones(len(rows), dtype=bool)
    if item.si is None or item.si.colonne not in rows:
        return everyone
    column = rows[item.si.colonne]
    if item.si.au_moins is not None:
        numbers = pd.to_numeric(column, errors="coerce").astype("Float64")
        return (numbers >= item.si.au_moins).fillna(True).to_numpy(dtype=bool)
    begun, replied = (pd.to_datetime(rows[name], errors="coerce") for name in (item.si.colonne, "date_reponse"))
    due = begun + pd.DateOffset(months=int(item.si.mois_revolus or 0))
    return ((due <= replied) | due.isna() | replied.isna()).to_numpy(dtype=bool)


def _with_sample(answers: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """Answers with the sample's columns, and the sample's place where the answer gives none."""
    columns = [name for name in ("structure", "departement", "association", *DESIGN) if name in drawn]
    rows = answers.drop(columns=[name for name in DESIGN if name in answers]).merge(
        drawn[[*KEY, *columns]].drop_duplicates(KEY), on=KEY, how="left", suffixes=("", "_tirage")
    )
    for name in ("structure", "departement", "association"):
        other = f"{name}_tirage"
        if other in rows:
            rows[name] = rows[name].where(rows[name].notna(), rows[other])
    return rows


def _domains(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns results are cut by; a questionnaire that has none of a column leaves it out."""
    found: dict[str, pd.Series] = {}
    for name in ("sexe", "modalite", "association", "departement"):
        if name in rows:
            found[name] = rows[name].astype("str")
    if "age" in rows:
        age = pd.to_numeric(rows["age"], errors="coerce").astype("float64")
        bands = pd.cut(age, [-1, *(top - 1 for top in AGE_BANDS.values())], labels=list(AGE_BANDS))
        found["tranche_age"] = bands.astype("str")
    if "type_accueil" in rows:
        kinds = load("types_accueil")
        found["type_accueil"] = rows["type_accueil"].map(
            dict(zip(kinds["type_accueil"], kinds["type_accueil_regroupe"], strict=True))
        )
    return {
        name: values.astype("object").where(values.notna() & (values.astype("str") != "nan"), "inconnu").astype("str")
        for name, values in found.items()
    }


def _design(rows: pd.DataFrame, group: Group) -> dict[str, pd.Series]:
    """Stratum, cluster (cluster drawn, else place, else association, else the respondent) and weight of each row."""
    cluster = pd.Series(pd.NA, index=rows.index, dtype="str")
    for name in ("grappe", "structure", "association", "id_repondant"):
        if name in rows:
            cluster = cluster.where(cluster.notna(), f"{name}:" + rows[name].astype("str").where(rows[name].notna()))
    empty = pd.Series(pd.NA, index=rows.index)
    strata = rows.get("strate", empty).astype("str")
    return {
        "strate": strata.where(strata.notna(), "sans_strate"),
        "grappe": cluster,
        "poids": _weights(rows.get("poids", empty), group),
    }


def _weights(weights: pd.Series, group: Group) -> pd.Series:
    who = f"La colonne « poids » de enquete_echantillon (groupe « {questionnaire().groupes[group]} »)"
    if weights.notna().any() and (not pd.api.types.is_numeric_dtype(weights) or pd.api.types.is_bool_dtype(weights)):
        raise SurveyError(f"{who} contient du texte. Donnez des nombres, à virgule ou à point.")
    numbers = weights.astype("Float64")
    if wrong := int((numbers <= 0).fillna(False).sum()):
        raise SurveyError(
            f"{who} est nulle ou négative sur {wrong} ligne(s). Un poids dit combien de personnes représente un "
            "répondant : corrigez-le, ou retirez ces lignes."
        )
    return numbers.astype("float64")


def labels_of(dimension: str) -> Mapping[str, str]:
    """French labels of the codes of a domain; empty where a code is its own label."""
    from mentorat.contracts.sources import contract

    if dimension == "tranche_age":
        return {
            "moins_de_11": "moins de 11 ans",
            "11-13": "11 à 13 ans",
            "14-15": "14 et 15 ans",
            "16-17": "16 et 17 ans",
            "18_et_plus": "18 ans et plus",
            "inconnu": "âge inconnu",
        }
    if dimension == "type_accueil":
        kinds = load("types_accueil").drop_duplicates("type_accueil_regroupe")
        return dict(zip(kinds["type_accueil_regroupe"], kinds["libelle"], strict=True)) | {"inconnu": "inconnu"}
    codes = {**contract("enquete_mentores").colonne(dimension).codes} if dimension in ("sexe", "modalite") else {}
    return codes | {"inconnu": "inconnu"}
