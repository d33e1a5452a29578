"""The dictionary of what senders send: one line a column of every source, and the page published from it."""

from typing import TYPE_CHECKING

from mentorat.contracts.sources import Contract, contracts
from mentorat.contracts.spoken import TIMINGS, belonging, codes_in_words, expected, keeping, presence, senders

if TYPE_CHECKING:
    import pandas as pd

INTRODUCTION = """# Dictionnaire des sources

Page produite depuis les contrats (`mentorat/contracts/sources/`) : ne la corrigez pas à la main.
`mentorat modeles DOSSIER` écrit la même page, un classeur à remplir et un schéma par source.

Quand une colonne « indispensable » manque, le fichier est refusé ; quand une de ses cellules est vide, la ligne est
écartée. Une colonne « attendue » qui manque est signalée, et rien n'est écarté. Une colonne « facultative » peut
toujours manquer.
Les codes s'écrivent aussi en toutes lettres (« Présentiel », « Famille d'accueil »), les dates aussi JJ/MM/AAAA.
Les colonnes « recodées » ne sont jamais conservées telles qu'elles ont été envoyées, sauf, dans
le seul espace de pilotage, les références propres à l'émetteur, qui lui permettent de retrouver sa ligne.
"""
PRINTED = ["Colonne", "Libellé", "Présence", "Contenu", "Codes", "Moment", "Article", "À la réception"]


def dictionary() -> "pd.DataFrame":
    """One row a stored column of every source, in the contracts' order: source, numero, titre, rang (from 1), colonne,
    libelle, type, presence, attendu, unite, codes, alias, sensibilite, conservation, temporalite, dimension, article.
    Missing is the empty string.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "source": source,
                "numero": contract.numero,
                "titre": contract.titre,
                "rang": rank,
                "colonne": column.nom,
                "libelle": column.libelle,
                "type": column.type,
                "presence": presence(column, contract),
                "attendu": expected(column),
                "unite": column.unite or "",
                "codes": codes_in_words(column),
                "alias": ", ".join(column.alias),
                "sensibilite": column.sensibilite,
                "conservation": keeping(column),
                "temporalite": TIMINGS.get(column.temporalite or "", ""),
                "dimension": column.dimension or "",
                "article": column.article or "",
            }
            for source, contract in _in_order().items()
            for rank, column in enumerate(contract.colonnes, start=1)
        ]
    )


def _in_order() -> dict[str, Contract]:
    """Contracts by number: P, S0 … S16, then those without one."""

    def rank(item: tuple[str, Contract]) -> tuple[int, str, str]:
        number = item[1].numero
        digits = "".join(character for character in number if character.isdigit())
        return (int(digits) if digits else -1 if number == "P" else 99), number, item[0]

    return dict(sorted(contracts().items(), key=rank))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _section(source: str, contract: Contract, lines: "pd.DataFrame") -> str:
    number = "" if contract.numero == "—" else f"{contract.numero} · "
    key = ", ".join(f"`{name}`" for name in contract.cle)
    said = [
        f"## {number}{contract.titre}",
        "",
        f"Source `{source}`, envoyée par {senders(contract)}. Clé : {key}.",
        "",
        f"Lignes d'une campagne : {belonging(contract)}.",
        "",
        f"| {' | '.join(PRINTED)} |",
        f"|{'---|' * len(PRINTED)}",
    ]
    for line in lines.to_dict("records"):
        cells = [
            f"`{line['colonne']}`",
            line["libelle"],
            line["presence"],
            f"{line['attendu']} ({line['unite']})" if line["unite"] else line["attendu"],
            line["codes"],
            line["temporalite"],
            line["article"],
            line["conservation"],
        ]
        said.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    if contract.ignorees:
        said += ["", f"Lues, contrôlées et comptées, jamais conservées : {', '.join(contract.ignorees)}."]
    return "\n".join(said)


def dictionary_markdown() -> str:
    """The dictionary as a page in French, one section a source."""
    table = dictionary()
    sections = [_section(source, found, table[table["source"] == source]) for source, found in _in_order().items()]
    return "\n\n".join([INTRODUCTION.strip(), *sections]) + "\n"
