"""The dictionary of indicators: docs/indicateurs.md, made from the catalogue by `python -m mentorat.contracts`."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from mentorat.contracts.catalogue import FREE, Indicator, catalogue
from mentorat.contracts.sources import contracts
from mentorat.settings import CHECKOUT

PAGE = CHECKOUT / "docs" / "indicateurs.md"
INTRODUCTION = """# Dictionnaire des indicateurs

Page produite depuis le catalogue (`mentorat/contracts/indicateurs/`) : ne la corrigez pas à la main.

Un chiffre n'est donné que dans son périmètre. Ailleurs, la table dit `non_recu` (rien n'a été envoyé) ou
`non_mesurable` (ce qui a été envoyé ne permet pas de le calculer), jamais zéro. Un total national additionne les
territoires calculés et dit combien manquent. « Il faut avoir reçu » nomme ce sans quoi le chiffre n'est pas calculé ;
les sources (S0 à S16) sont décrites dans le [dictionnaire](dictionnaire.md).
"""
LINKS = {
    "ressources": "Ressources",
    "activites": "Activités",
    "realisations": "Réalisations",
    "resultats": "Résultats",
    "impact": "Impact",
}
LEVELS = {
    "national": "France",
    "departement": "département",
    "collectivite": "collectivité de plusieurs départements",
    "association": "association",
}
PERIODS = {"civile": "année civile", "scolaire": "année scolaire"}
FACTS = {
    "attendu": "rien (compté pour tout émetteur attendu)",
    "recu": "un fichier au moins",
    "stock": "les mesures en cours (S1), couvrant confiés, AED et AEMO",
    "confies": "les mesures en cours (S1), couvrant les jeunes confiés",
    "jeunes_majeurs": "les mesures en cours (S1), couvrant les jeunes majeurs",
    "passage": "la table de passage (S0)",
    "dossiers": "les dossiers de mentorat (S2)",
    "evaluations": "les dossiers de mentorat (S2), exhaustifs dès l'évaluation",
    "propositions": "les dossiers de mentorat (S2), exhaustifs dès la proposition ou avant",
    "binomes": "les binômes (S3) ou les dossiers de mentorat (S2)",
    "s3": "les binômes de l'association (S3)",
    "seances": "les séances, datées ou par mois (S4)",
}
"""Facts of a territory that are not the name of a source, as the catalogue names them."""


def fact_in_words(fact: str) -> str:
    """What must have been sent, in French. Raises KeyError when it names neither a fact, a source nor a column."""
    if fact in FACTS:
        return FACTS[fact]
    source, _, column = fact.partition(".")
    contract = contracts()[source]
    number = "" if contract.numero == "—" else f" ({contract.numero})"
    if not column:
        return f"« {contract.titre} »{number}"
    return f"la colonne « {contract.colonne(column).libelle} »{number}"


def _needed(indicator: Indicator) -> list[str]:
    """Lines of what must have been sent: for every figure, or by breakdown; then for an association."""
    by_breakdown = indicator.exige if isinstance(indicator.exige, dict) else {"": indicator.exige}
    said = [
        f"Il faut avoir reçu{f' (`{breakdown}`)' if breakdown else ''} : {_facts_in_words(facts)}"
        for breakdown, facts in by_breakdown.items()
        if facts
    ]
    if indicator.exige_association:
        said.append(f"Il faut avoir reçu de l'association : {_facts_in_words(indicator.exige_association)}")
    return said


def _facts_in_words(facts: Sequence[str]) -> str:
    # who is expected asks for nothing by itself
    return " ; ".join(fact_in_words(fact) for fact in facts if fact != "attendu" or len(facts) == 1)


def _breakdowns(indicator: Indicator) -> str:
    codes = {
        name: "codes des données" if values == FREE else ", ".join(f"`{value}`" for value in values)
        for name, values in indicator.ventilations.items()
    }
    joined = " × " if indicator.croisees else " ; "
    return joined.join(f"{name} ({values})" for name, values in codes.items())


def _anchor(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _title(indicator: Indicator) -> str:
    return f"{indicator.id} · {indicator.libelle}"


def _index(indicators: Sequence[Indicator]) -> str:
    return "\n".join(f"- [{_title(one)}](#{_anchor(_title(one))})" for one in indicators)


def _planned(rule: str) -> str:
    return f"pas encore publié ; règle prévue : {rule[0].lower()}{rule[1:]}"


def _section(indicator: Indicator) -> str:
    measures = ", ".join(sorted(indicator.every_measure()))
    lines = [
        ("Numérateur", indicator.numerateur),
        ("Dénominateur", indicator.denominateur),
        ("Mesures", f"{measures} ; unité : {indicator.unite}"),
        ("Ventilations", _breakdowns(indicator)),
        ("Niveaux", ", ".join(LEVELS[level] for level in indicator.niveaux)),
        ("Périodes", ", ".join(PERIODS[period] for period in indicator.periodes)),
        ("Base légale", indicator.base_legale),
        ("Périmètre", indicator.perimetre),
        ("Diffusion", indicator.diffusion if indicator.diffuse else _planned(indicator.diffusion)),
        ("Sources", indicator.source),
    ]
    told = [f"- {name} : {text.strip().rstrip('.')}." for name, text in lines if text]
    told[-3:-3] = [f"- {text}." for text in _needed(indicator)]
    return "\n".join([f"### {_title(indicator)}", "", indicator.definition.strip(), "", *told])


def indicators_markdown() -> str:
    """The catalogue as a page in French, one section an indicator, by link of the impact chain."""
    parts = [INTRODUCTION.strip()]
    for link, group in groupby(catalogue().values(), key=lambda indicator: indicator.maillon):
        indicators = list(group)
        parts += [f"## {LINKS[link]}", _index(indicators), *map(_section, indicators)]
    return "\n\n".join(parts) + "\n"


def files() -> dict[Path, str]:
    """Content of the page, by path."""
    return {PAGE: indicators_markdown()}
