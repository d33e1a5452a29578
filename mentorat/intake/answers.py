"""The answer to each sender: one workbook, its files and what is wrong with their rows, by line number. No
value of a row.
"""

from datetime import datetime
from pathlib import Path

import pandas as pd
import xlsxwriter

from mentorat.contracts.sources import contracts
from mentorat.lake import written_aside

STATUTS = {
    "acceptee": "Accepté",
    "refusee": "Refusé",
    "comptee": "Compté seulement",
    "retiree": "Retiré du dépôt",
}
FILES = [
    ("chemin", "Fichier", 44),
    ("source", "Source reconnue", 34),
    ("statut", "Statut", 18),
    ("lignes_recues", "Lignes reçues", 14),
    ("lignes_ignorees", "Lignes ignorées (titres, vides, total)", 18),
    ("lignes_acceptees", "Lignes acceptées", 14),
    ("lignes_ecartees", "Lignes écartées", 14),
    ("doublons_exacts", "Doublons exacts", 14),
    ("lignes_remplacees", "Lignes qui en remplacent d'anciennes", 18),
    ("motif", "Observations", 90),
]
ANOMALIES = [
    ("chemin", "Fichier", 44),
    ("ligne", "Ligne du fichier (rang de l'enregistrement en XML)", 18),
    ("colonne", "Colonne", 28),
    ("motif", "Ce qui ne va pas", 70),
    ("remede", "Comment le corriger", 80),
]
CREATED = datetime(2024, 1, 1)  # fixed, so that the same answer is the same file
MOST = 100_000  # anomalies listed: beyond, the first ones say it all


def _text(value: object) -> str:
    """Text that a spreadsheet takes as text: a leading = + - @ comes from a sender's file name and is no
    formula.
    """
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _typeset(sentences: pd.Series) -> pd.Series:
    """No-break spaces where French wants them. Plain rules: the sender's light tool goes without babel."""
    return sentences.str.replace(r"(?<=«) | (?=[»:;!?])", "\u00a0", regex=True)


def _sheet(
    workbook: xlsxwriter.Workbook,
    name: str,
    columns: list[tuple[str, str, int]],
    rows: pd.DataFrame,
    note: str = "",
) -> None:
    sheet = workbook.add_worksheet(name)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EDEDED"})
    body = workbook.add_format({"text_wrap": True, "valign": "top"})
    for position, (key, title, width) in enumerate(columns):
        sheet.set_column(position, position, width, body)
        sheet.write_string(0, position, title, head)
        for line, value in enumerate(rows[key].tolist(), start=1):
            if pd.isna(value):
                continue
            if isinstance(value, int):
                sheet.write_number(line, position, value)
            else:
                sheet.write_string(line, position, _text(value))
    if note:
        sheet.write_string(len(rows) + 1, 0, note)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    if len(rows):
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)


def write_answer(journal: pd.DataFrame, anomalies: pd.DataFrame, path: Path) -> None:
    """Write one sender's workbook from its own rows of the journal and anomalies."""
    titles = {name: contract.titre for name, contract in contracts().items()}
    files = journal.assign(
        source=journal["source"].map(titles),
        motif=_typeset(journal["motif"]),
        statut=journal["statut"].map(STATUTS).fillna(journal["statut"]),
    )
    note = f"Seules les {MOST} premières anomalies sont listées, sur {len(anomalies)}." if len(anomalies) > MOST else ""
    with written_aside(path) as aside:
        workbook = xlsxwriter.Workbook(
            str(aside), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        workbook.set_properties({"title": "Réception de vos fichiers", "created": CREATED})
        _sheet(workbook, "Fichiers", FILES, files)
        told = anomalies.head(MOST).assign(
            motif=lambda faults: _typeset(faults["motif"]), remede=lambda faults: _typeset(faults["remede"])
        )
        _sheet(workbook, "Anomalies", ANOMALIES, told, note)
        workbook.close()


def write_answers(journal: pd.DataFrame, anomalies: pd.DataFrame, folder: Path) -> None:
    """Write `<folder>/<emetteur>/reception.xlsx` for every sender of the journal."""
    for emetteur, mine in journal.groupby("emetteur", sort=True):
        if emetteur:
            theirs = anomalies.loc[anomalies["emetteur"] == emetteur]
            write_answer(mine, theirs, folder / str(emetteur) / "reception.xlsx")
