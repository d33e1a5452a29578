"""Parts that several reports share: the banner, the impact chain, the definitions."""

from collections.abc import Mapping
from typing import Any

from mentorat.contracts.catalogue import catalogue
from mentorat.typography import fr_number
from reports.model import Chain, ChainLink, Definitions, Paragraph, Section
from reports.reading import Indicators, Reading, label, territories

LINKS = {
    "ressources": "Ressources",
    "activites": "Activités",
    "realisations": "Réalisations",
    "resultats": "Résultats",
    "impact": "Impact",
}
HIDDEN_NOTE = (
    "« Secret statistique » : l'effectif est trop petit, ou permettrait d'en déduire un trop petit ; il "
    "est masqué. "
    "« Non reçu » : le territoire n'a rien transmis. « Non mesurable » : ce qui a été transmis ne permet "
    "pas le calcul. "
    "Aucun de ces mots ne veut dire zéro."
)


def mention(simulation: Mapping[str, Any] | None) -> tuple[str, str]:
    """The banner of a simulated dépôt and its explanation; both empty on real data."""
    if simulation is None:
        return "", ""
    young = simulation.get("jeunes")
    size = f"{fr_number(young)} jeunes fictifs ont été tirés" if young else "Des jeunes fictifs ont été tirés"
    detail = f"{size} à partir de totaux publiés : aucun chiffre de cette campagne ne décrit une situation réelle."
    return str(simulation["mention"]), detail


def hypotheses(simulation: Mapping[str, Any] | None) -> tuple[Paragraph, ...]:
    """What the simulation supposes, one sentence a paragraph; nothing on real data."""
    if simulation is None:
        return ()
    return tuple(Paragraph(str(text), "note") for text in simulation.get("hypotheses", ()))


def main_measure(indicators: Indicators, niveau: str, code: str, indicateur: str) -> list[tuple[str, Reading]]:
    """The cells that say an indicator in one line, each in words: its shares by base, else its count."""
    bases = indicators.ventilations(niveau, code, indicateur, "base", "part")
    shares = [
        (
            f"{_fraction(cell)} des {label('base', base)}{_territories_counted(cell, niveau)}"
            if cell.state == "chiffre"
            else f"{label('base', base)} : {cell.share()}",
            cell,
        )
        for base in bases
        for cell in [indicators.read(niveau, code, indicateur, "part", ventilation=f"base={base}")]
    ]
    if shares:
        return shares
    share = indicators.read(niveau, code, indicateur, "part")
    count = indicators.read(niveau, code, indicateur)
    if share.state == "chiffre" and count.state == "chiffre":
        return [(f"{_fraction(share)}{_territories_counted(share, niveau)}", share)]
    if share.state == "chiffre":
        return [(share.share(), share)]
    return [(count.count(), count)]


def _fraction(cell: Reading) -> str:
    """« 15 332 sur 33 141 (46,3 %) »: a share always comes with its base."""
    return f"{cell.part('numerator')} sur {cell.part('denominator')} ({cell.share()})"


def _territories_counted(cell: Reading, niveau: str) -> str:
    """In how many territories a national figure is counted; nothing at another level."""
    if niveau != "national" or cell.missing is None:
        return ""
    counted = sum(place.niveau == "departement" for place in territories().values()) - int(cell.missing)
    return f", {fr_number(counted)} territoires"


def chain(indicators: Indicators, niveau: str, code: str, results: tuple[str, ...], impact: tuple[str, ...]) -> Chain:
    """The impact chain filled with every indicator of the catalogue measured at this level."""
    filled: dict[str, list[str]] = {name: [] for name in LINKS}
    for indicator in catalogue().values():
        for words, cell in main_measure(indicators, niveau, code, indicator.id):
            if cell.state != "absent":
                filled[str(indicator.maillon)].append(f"{indicator.libelle} : {words}")
    filled["resultats"] += results
    filled["impact"] += impact
    nothing = "Aucun indicateur dans cette édition."
    return Chain(tuple(ChainLink(name, tuple(filled[code]) or (nothing,)) for code, name in LINKS.items()))


def definitions(names: tuple[str, ...]) -> Definitions:
    """Label and definition of each indicator named, from the catalogue."""
    known = catalogue()
    return Definitions(
        tuple((f"{known[name].libelle} ({name})", known[name].definition) for name in names if name in known)
    )


def method_section(names: tuple[str, ...], simulation: Mapping[str, Any] | None) -> Section:
    """How to read the report: what is hidden and why, definitions, the simulation's hypotheses."""
    return Section(
        "lecture",
        "Comment lire ce rapport",
        (Paragraph(HIDDEN_NOTE), definitions(names), *hypotheses(simulation)),
    )
