"""Released survey results as readers are shown them: distributions for Likert charts, wide tables, French sentences.

A figure that was hidden stays hidden: a distribution that lacks one of its answers is not drawn.
"""

from dataclasses import dataclass

import pandas as pd

from mentorat.survey.questionnaire import Item, questionnaire
from mentorat.survey.responses import labels_of
from mentorat.survey.survey_results import POSITIVE
from mentorat.typography import fr_number, fr_percent


@dataclass(frozen=True)
class Distribution:
    """Shares (0-1) of the answers to an item, lowest first, or None when they are hidden; `n` answers, if told."""

    item: Item
    shares: tuple[float, ...] | None
    n: int | None


def distributions(results: pd.DataFrame, group: str, wave: int, scale: str, domain: str = "") -> list[Distribution]:
    """Distributions of the items of a scale that a group was asked, in the order of their numbers."""
    rows = results[
        (results["groupe"] == group)
        & (results["vague"] == wave)
        & (results["domaine"] == domain)
        & (results["mesure"] == "part")
    ]
    found = []
    for item in sorted(questionnaire().items.values(), key=lambda item: item.rank):
        own = rows[rows["item"] == item.nom].set_index("modalite")
        if item.echelle != scale or own.empty or not set(item.codes) <= set(own.index):
            continue
        shares = own.loc[list(item.codes), "estimation"]
        known = None if shares.isna().any() else tuple(float(share) for share in shares)
        answers = own["n"].iloc[0]
        found.append(Distribution(item, known, None if pd.isna(answers) else int(answers)))
    return found


def positive_answers(results: pd.DataFrame, wave: int, domain: str = "") -> pd.DataFrame:
    """Shares of positive answers and means, one row an item and group: `libelle`, `groupe` in words, figures.

    The label of a mean ends with what it is out of: « Moyenne générale (sur 20) ».
    """
    rows = results[
        (results["vague"] == wave) & (results["domaine"] == domain) & results["mesure"].isin([POSITIVE, "moyenne"])
    ].copy()
    codes = questionnaire()
    rows["reponse"] = [codes.items[item].scale.reponse for item in rows["item"]]
    rows["libelle"] = [
        f"{label} (sur {fr_number(bounds[1])})" if measure == "moyenne" and bounds else label
        for label, measure, bounds in zip(
            rows["libelle"], rows["mesure"], (codes.items[item].bornes for item in rows["item"]), strict=True
        )
    ]
    rows["dimension"] = rows["dimension"].map(dict(codes.dimensions))
    rows["qui"] = rows["groupe"].map(dict(codes.groupes))
    return rows.reset_index(drop=True)


def by_domain(results: pd.DataFrame, item: str, group: str, wave: int, dimension: str) -> pd.DataFrame:
    """Shares of positive answers to an item by the codes of a dimension, with `domaine` in words."""
    rows = results[
        (results["item"] == item)
        & (results["groupe"] == group)
        & (results["vague"] == wave)
        & (results["mesure"] == POSITIVE)
        & results["domaine"].str.startswith(f"{dimension}=")
    ].copy()
    words = labels_of(dimension)
    codes = rows["domaine"].str.split("=").str[1]
    rows["domaine"] = [words.get(code, code) for code in codes]
    return rows.reset_index(drop=True)


METHODS = {
    "cas_complets": "Réponses données seules",
    "imputation_multiple": "Réponses manquantes imputées",
    "bornes": "Bornes, quoi qu'ils auraient répondu",
}
"""Suppositions on missing answers (`mentorat.survey.survey_missing`), in words."""


def suppositions(sensitivity: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Differences under each supposition, `methode` in words, `vrai`: the simulated one (missing when nothing is)."""
    rows = sensitivity[sensitivity["methode"].isin(METHODS)].reset_index(drop=True)
    mentored, others = _true_shares(truth)
    gaps = mentored - others
    return rows.assign(methode=rows["methode"].map(METHODS), vrai=rows["item"].map(gaps).astype("float64"))


def tipping_sentences(sensitivity: pd.DataFrame) -> list[str]:
    """What would have to be true of the missing answers for each conclusion to change."""
    told = sensitivity.loc[sensitivity["methode"].str.startswith("bascule"), "phrase"]
    return [str(sentence) for sentence in told.dropna() if sentence]


def ratios(ordinal: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Ratios of odds of a higher answer; `vrai`: that of a positive answer, as simulated (missing when nothing is)."""
    mentored, others = _true_shares(truth)
    ratio = (mentored / (1 - mentored)) / (others / (1 - others))
    return ordinal.assign(vrai=ordinal["item"].map(ratio).astype("float64"))


def _true_shares(truth: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Simulated shares of positive answers of both groups, by item."""
    shares = truth.set_index("item")["part_vraie"]
    groups = truth["groupe"].to_numpy()
    return shares[groups == "mentores"], shares[groups == "non_mentores"]


def items_in_words(names: str) -> str:
    """Items joined by `|` as their labels."""
    return ", ".join(questionnaire().items[name].libelle for name in names.split("|") if name)


def distribution_in_words(found: list[Distribution]) -> str:
    """The text alternative of a Likert chart: positive answers of each question."""
    told = []
    for one in found:
        if one.shares is None:
            told.append(f"{one.item.libelle} : masqué")
            continue
        share = sum(s for code, s in zip(one.item.codes, one.shares, strict=True) if code in one.item.scale.positif)
        told.append(f"{one.item.libelle} : {fr_percent(share, 0)}")
    return "Part des réponses positives. " + " ; ".join(told) + "."


def item_sentence(row: pd.Series) -> str:
    """One released share in plain French, with its interval and the number of answers."""
    if pd.isna(row["estimation"]):
        return f"« {row['libelle']} » ({row['qui'].lower()}) : masqué, trop peu de réponses."
    low, high = fr_percent(row["ic_bas"]), fr_percent(row["ic_haut"])
    return (
        f"« {row['libelle']} » : {fr_percent(row['estimation'])} des répondants ({row['qui'].lower()}) "
        f"{row['reponse']} (intervalle de confiance à 95 % : de {low} à {high} ; {fr_number(row['n'])} réponses)."
    )
