"""The steering workbook of a sender, `retours/<campagne>/<emetteur>/pilotage.xlsx`: what waits for someone, in the
sender's own references.

It reads rows that dbt wrote for that sender alone (models/retours). No pseudonym, no other sender's reference. Same
inputs, same bytes.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mentorat import reference
from mentorat.contracts.sources import contract
from mentorat.french import counted
from mentorat.intake.answers import new_workbook, put, typeset
from mentorat.lake import written_aside

NAME = "pilotage.xlsx"
LINE_POINTS = 15
TOLD_WIDTH = 100
ACTORS = {
    "departement": "Le département",
    "jeune": "Le jeune",
    "titulaires": "Les titulaires de l'autorité parentale",
    "association": "L'association",
}
CHECKS = {
    "en_retard": "En retard",
    "a_echeance": "À refaire dans les 60 jours",
    "aucun_controle": "Aucun contrôle transmis",
}
STEPS = {
    "evaluation_proposition": "De l'évaluation à la proposition",
    "proposition_reponse": "De la proposition à l'accord du jeune",
    "demande_accord": "De la demande à l'accord des titulaires",
    "accord_transmission": "De l'accord à la transmission à l'association",
    "transmission_validation": "De la transmission à la validation par l'association",
    "validation_lancement": "De la validation au lancement du binôme",
    "proposition_lancement": "De la proposition au lancement (chemin entier)",
}


@dataclass(frozen=True)
class Column:
    """One column of a sheet: the column read, its heading, its width, and how its values are told."""

    nom: str
    titre: str
    largeur: int
    told: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True)
class Sheet:
    """One sheet: the table it reads, what it says, in which order its rows come."""

    table: str
    titre: str
    definition: str
    vide: str
    colonnes: tuple[Column, ...]
    tri: tuple[tuple[str, bool], ...]


def _labels(labels: Mapping[str, str]) -> Callable[[Any], Any]:
    return lambda code: labels.get(code, code)


def _statut(code: str) -> str:
    return contract("dossiers_mentorat").colonne("statut").codes.get(code, code)


@cache
def _associations() -> dict[str, str]:
    senders = reference.load("emetteurs")
    own = senders[senders["type"] == "association"]
    return dict(zip(own["code"], own["libelle"], strict=True))


def _association(code: str) -> str:
    return _associations().get(code, code)


BLOCKED = Sheet(
    "retours_dossiers_bloques",
    "Dossiers bloqués",
    "Dossiers en attente où aucune date n'a bougé depuis au moins 30 jours, à la date d'extraction que vous avez "
    "déclarée (à défaut au 31 décembre), avec qui doit agir et que faire. Un dossier sans aucune date est montré à la "
    "fin : on ne sait pas depuis quand il attend.",
    "Aucun dossier bloqué.",
    (
        Column("departement", "Département", 13),
        Column("id_dossier", "Votre référence", 20),
        Column("statut", "Statut", 32, _statut),
        Column("depuis_jours", "Jours sans mouvement", 13),
        Column("seuil_jours", "Seuil dépassé (jours)", 13),
        Column("acteur", "Qui doit agir", 36, _labels(ACTORS)),
        Column("prochaine_action", "Prochaine action", 62, typeset),
        Column("association", "Association", 26, _association),
    ),
    (("depuis_jours", False), ("departement", True), ("id_dossier", True)),
)
CHECKED = Sheet(
    "retours_controles_a_echeance",
    "Contrôles à échéance",
    "Binômes en cours au 31 décembre dont le contrôle d'honorabilité du mentor est en retard, est à refaire dans les "
    "60 jours, ou n'a pas été transmis (article D.221-39 : au moins un contrôle par an). Seules les dates sont "
    "connues, jamais le résultat. Une ligne sans référence compte les binômes que l'association n'a pas rattachés "
    "à un de vos dossiers.",
    "Aucun contrôle en retard, ni à refaire dans les 60 jours.",
    (
        Column("departement", "Département", 13),
        Column("reference", "Votre référence", 20),
        Column("association", "Association", 26, _association),
        Column("situation", "Situation", 30, _labels(CHECKS)),
        Column("echeance", "À refaire le", 14),
        Column("dernier_controle", "Dernier contrôle", 16),
        Column("date_debut", "Début du binôme", 16),
        Column("binomes_nb", "Binômes", 10),
    ),
    (("echeance", True), ("departement", True), ("association", True), ("reference", True)),
)
DELAYS = Sheet(
    "retours_delais",
    "Délais",
    "Durée de chaque étape dans vos dossiers de mentorat. La médiane (la moitié des dossiers vont plus vite) porte sur "
    "les étapes franchies : elle paraît courte quand beaucoup de dossiers attendent encore, et ceux-ci sont comptés à "
    "côté, au 31 décembre.",
    "Aucune étape datée dans vos dossiers.",
    (
        Column("etape", "Étape", 52, _labels(STEPS)),
        Column("franchies_nb", "Dossiers : étape franchie", 14),
        Column("q1_jours", "Un quart en moins de (jours)", 15),
        Column("mediane_jours", "Médiane (jours)", 12),
        Column("q3_jours", "Trois quarts en moins de (jours)", 16),
        Column("en_cours_nb", "Dossiers en attente", 12),
        Column("plus_ancienne_jours", "Plus longue attente (jours)", 14),
        Column("autres_issues_nb", "Refus ou arrêts", 11),
        Column("sans_date_nb", "Franchie, date inconnue", 14),
    ),
    (("rang_etape", True),),
)
SILENT = Sheet(
    "retours_binomes_sans_seance",
    "Binômes sans séance",
    "Binômes en cours au 31 décembre sans séance tenue depuis au moins 60 jours, d'après les séances que vous avez "
    "transmises.",
    "Aucun binôme sans séance depuis 60 jours.",
    (
        Column("departement", "Département", 13),
        Column("id_binome", "Votre référence", 20),
        Column("date_debut", "Début du binôme", 16),
        Column("derniere_seance", "Dernière séance", 16),
        Column("depuis_jours", "Jours sans séance", 12),
    ),
    (("depuis_jours", False), ("id_binome", True)),
)
SHEETS = {"collectivite": (BLOCKED, CHECKED, DELAYS), "association": (CHECKED, SILENT)}
"""Sheets of each kind of sender."""
TABLES = tuple(sorted({sheet.table for sheets in SHEETS.values() for sheet in sheets}))
"""Tables read, one Parquet file each."""


def own_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, pd.DataFrame]]:
    """Each known sender's own rows of every table: sender → table → rows. A sender without any row is not there."""
    kinds = reference.load("emetteurs").set_index("emetteur")["type"]
    senders = sorted({sender for table in tables.values() for sender in table["emetteur"]} & set(kinds.index))
    return {
        sender: {
            sheet.table: tables[sheet.table][tables[sheet.table]["emetteur"] == sender]
            for sheet in SHEETS.get(kinds[sender], SHEETS["association"])
        }
        for sender in senders
    }


def write_steering(
    folder: Path, campagne: int, emetteur: str, tables: Mapping[str, pd.DataFrame], simulated: bool
) -> Path:
    """Write the steering workbook of `emetteur` in `folder` from its own rows, and return its path.

    Raises ValueError when a row is another sender's.
    """
    for name, table in tables.items():
        if not table["emetteur"].eq(emetteur).all():
            raise ValueError(f"{name}: rows of another sender than {emetteur}")
    sheets = [sheet for sheet in (BLOCKED, CHECKED, DELAYS, SILENT) if sheet.table in tables]
    path = folder / NAME
    with written_aside(path) as aside:
        workbook = new_workbook(aside, f"Pilotage du mentorat, {campagne}")
        title = f"Pilotage du mentorat, campagne {campagne}"
        _write_notice(workbook, (title, emetteur), tables, sheets, simulated)
        for sheet in sheets:
            _write_sheet(workbook, sheet, tables[sheet.table], simulated)
        workbook.close()
    return path


def remove_stale(retours: Path, senders: set[str]) -> None:
    """Remove the steering workbook of senders that have none any more; whatever else is there is left alone."""
    for path in sorted(retours.glob(f"*/{NAME}")):
        if path.parent.name not in senders:
            path.unlink()


def _write_notice(
    workbook: Any,
    head: tuple[str, str],
    tables: Mapping[str, pd.DataFrame],
    sheets: list[Sheet],
    simulated: bool,
) -> None:
    about, emetteur = head
    sheet = workbook.add_worksheet("À lire")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, TOLD_WIDTH)
    title = workbook.add_format({"bold": True, "font_size": 14})
    strong = workbook.add_format({"bold": True, "valign": "top"})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    warning = workbook.add_format({"bold": True, "font_color": "#9C2A00"})
    senders = reference.load("emetteurs").set_index("emetteur")["libelle"]
    put(sheet, 0, 0, about, title)
    at = 1
    if simulated:
        put(sheet, at, 0, typeset("Données simulées : aucun jeune réel."), warning)
        at += 1
    facts: list[tuple[str, str]] = [
        ("Pour", senders.get(emetteur, emetteur)),
        ("Date de référence", "31 décembre de la campagne, sauf mention contraire"),
        (
            "Ce que c'est",
            "Vos propres lignes, avec vos références, pour relancer ce qui attend. Aucun autre émetteur ne les reçoit. "
            "Elles portent sur des mineurs protégés : ne les diffusez pas, et supprimez ce classeur après usage.",
        ),
    ]
    at += 1
    for name, text in facts:
        put(sheet, at, 0, name, strong)
        put(sheet, at, 1, typeset(text), wrapped)
        sheet.set_row(at, _height(text, TOLD_WIDTH))
        at += 1
    at += 1
    put(sheet, at, 0, "Feuille", strong)
    put(sheet, at, 1, "Ce qu'elle montre", strong)
    for one in sheets:
        at += 1
        n = len(tables[one.table])
        put(sheet, at, 0, typeset(f"{one.titre} : {counted(n, 'ligne')}"), strong)
        put(sheet, at, 1, typeset(one.definition), wrapped)
        sheet.set_row(at, _height(one.definition, TOLD_WIDTH))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_sheet(workbook: Any, spoken: Sheet, table: pd.DataFrame, simulated: bool) -> None:
    sheet = workbook.add_worksheet(spoken.titre)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EDEDED"})
    plain = workbook.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    # away from the words of the next column
    number = workbook.add_format({"valign": "top", "align": "right", "indent": 1, "num_format": "0"})
    day = workbook.add_format({"valign": "top", "align": "left", "num_format": "dd/mm/yyyy"})
    names = [name for name, _ in spoken.tri]
    rows = table.sort_values(names, ascending=[up for _, up in spoken.tri], na_position="last", kind="stable")
    for at, column in enumerate(spoken.colonnes):
        sheet.set_column(at, at, column.largeur, plain)
        put(sheet, 0, at, typeset(column.titre), head)
        for line, value in enumerate(rows[column.nom].tolist(), start=1):
            _put_value(sheet, (line, at), value if pd.isna(value) else column.told(value), (plain, number, day))
    sheet.set_row(0, max(_height(column.titre, column.largeur) for column in spoken.colonnes))
    if rows.empty:
        put(sheet, 1, 0, typeset(spoken.vide))
    else:
        sheet.autofilter(0, 0, len(rows), len(spoken.colonnes) - 1)
    sheet.freeze_panes(1, 2)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    sheet.set_header(f"&L{spoken.titre}&R{'Données simulées' if simulated else ''}")


def _height(text: str, width: int) -> float:
    """Points a wrapped text takes in a column: not every program grows a row by itself. Bold and other fonts are wider
    than the one the width counts in.
    """
    return LINE_POINTS * len(textwrap.wrap(text, int(width * 0.85)))


def _put_value(sheet: Any, place: tuple[int, int], value: Any, formats: tuple[Any, Any, Any]) -> None:
    plain, number, day = formats
    if pd.isna(value):
        sheet.write_blank(*place, None, plain)
    elif isinstance(value, date | pd.Timestamp):
        sheet.write_datetime(*place, pd.Timestamp(value).to_pydatetime(), day)
    elif isinstance(value, str):
        put(sheet, *place, value, plain)
    else:
        put(sheet, *place, round(float(value)), number)
