"""The answer to each sender, under `retours/<campagne>/<emetteur>/`: what became of each file, and its rows to mend.

`accuse.json` for programs, `reception.xlsx` for people, and one `anomalies_<file>.xlsx` a file with rows set aside
or refused. A refused file's answer holds no content of it, an accepted file's only the rows to mend, without their
pseudonyms. Same inputs, same bytes.
"""

import csv
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mentorat import reference
from mentorat.contracts.sources import contracts
from mentorat.intake.journal import MASKED_SENDER, NO_SENDER, Deposited, FileFault
from mentorat.lake import written_aside

if TYPE_CHECKING:
    import xlsxwriter

    from mentorat.intake.screening import FaultyRows

CREATED = datetime(2024, 1, 1)  # fixed, so that the same answer is the same file
MOST_ROWS = 5_000
"""Rows of a workbook (XlsxWriter writes some 5 000 a second); beyond, all of them are in a CSV beside it."""
MOST_CHARACTERS = 1_000
OWN_NAMES = re.compile(r"accuse\.json|reception\.xlsx|anomalies_.*\.(xlsx|csv)")

FORMULA = re.compile(r"[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")

Cell = str | int | None


# --- names ----------------------------------------------------------------------------------------


@cache
def _known() -> frozenset[str]:
    return frozenset(reference.load("emetteurs")["emetteur"])


def answer_folder(emetteur: str) -> str:
    """The folder of a sender's answers: its slug; a safe name of its own for a folder that is no known sender."""
    if not emetteur:
        return NO_SENDER
    if emetteur in _known() or emetteur == MASKED_SENDER:
        return emetteur
    safe = re.sub(r"[^A-Za-z0-9.-]+", "-", emetteur).strip("-.")
    if safe == emetteur:
        return safe
    # two folders must not share an answer, least of all an unknown one with a known sender
    return f"{safe[:60]}-{hashlib.sha256(emetteur.encode()).hexdigest()[:8]}".lstrip("-")


def workbook_stems(files: Sequence[Deposited]) -> dict[str, str]:
    """`chemin` → stem of the workbook of each file: the file's own, told apart by hash where two are alike."""
    stems = {file.chemin: re.sub(r"[^\w .()-]+", "_", _stem(file)) for file in files}
    wanted: dict[tuple[str, str], list[Deposited]] = {}
    for file in files:
        wanted.setdefault((file.emetteur, stems[file.chemin].casefold()), []).append(file)
    for alike in wanted.values():
        for number, file in enumerate(sorted(alike, key=lambda one: one.chemin) if len(alike) > 1 else [], start=1):
            stems[file.chemin] += f"_{file.sha256[:8]}_{number}"
    return stems


def _stem(file: Deposited) -> str:
    return f"fichier_masque_{file.sha256[:12]}" if file.identifiant else PurePosixPath(file.fichier).stem[:120]


# --- cells ----------------------------------------------------------------------------------------


def neutral(text: str) -> str:
    """Text that a spreadsheet takes as text: a leading = + - @, of any width or behind something invisible, comes
    from a sender and is no formula.
    """
    return f"'{text}" if FORMULA.match(text) else text


def typeset(sentence: str) -> str:
    """No-break spaces where French wants them. Plain rules: the sender's light tool goes without babel."""
    return re.sub(r"(?<=«) | (?=[»:;!?])", "\u00a0", sentence)


# --- the workbook of one file ---------------------------------------------------------------------


def write_anomalies(
    folder: Path, stem: str, entry: dict[str, Any], faults: Sequence[FileFault], rows: "FaultyRows | None"
) -> list[Path]:
    """Write `anomalies_<stem>.xlsx` (and `.csv` where the workbook can't hold every row) in `folder`; nothing where
    the file has neither a row set aside nor a reason to be refused. Returns what was written.
    """
    if rows is None and not faults:
        return []
    title, headings, body = _table(faults, rows)
    path = folder / f"anomalies_{stem}.xlsx"
    written = [path]
    more = len(body) > MOST_ROWS
    with written_aside(path) as aside:
        workbook = new_workbook(aside, "Anomalies")
        _write_notice(workbook, entry, faults, rows, f"anomalies_{stem}.csv" if more else "")
        _write_rows(workbook, title, headings, body[:MOST_ROWS], rows)
        workbook.close()
    if more:
        written.append(folder / f"anomalies_{stem}.csv")
        with (
            written_aside(written[-1]) as aside,
            aside.open("w", encoding="utf-8-sig", newline="") as stream,
        ):
            out = csv.writer(stream, delimiter=";")
            out.writerow([neutral(name) for name, _ in headings])
            out.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in row] for row in body)
    return written


Headings = list[tuple[str, int]]


def _table(faults: Sequence[FileFault], rows: "FaultyRows | None") -> tuple[str, Headings, list[list[Cell]]]:
    """(name of the sheet, headings with their widths, cells) of what is to be mended."""
    if rows is None:
        told: list[list[Cell]] = [[f.colonne, typeset(f.motif), typeset(f.remede)] for f in faults]
        return "Ce qui est refusé", [("Colonne", 30), ("Ce qui ne va pas", 70), ("Comment le corriger", 80)], told
    headings = [("Ligne", 9), ("Ce qui ne va pas", 60), ("Comment le corriger", 60), ("Colonnes en cause", 26)]
    headings += [(header, max(12, min(28, len(header) + 2))) for header in rows.headers.values()]
    columns = [rows.cells[name].to_pylist() for name in rows.headers]
    own = rows.headers
    body = [
        [
            line,
            "\n".join(map(typeset, motifs)),
            "\n".join(map(typeset, remedes)),
            ", ".join(own.get(name, name) for name in sorted(wrong)),
            *cells,
        ]
        for line, motifs, remedes, wrong, *cells in zip(
            rows.lines, rows.motifs, rows.remedes, rows.wrong, *columns, strict=True
        )
    ]
    return "Lignes à corriger", headings, body


def new_workbook(path: Path, title: str) -> "xlsxwriter.Workbook":
    """A workbook that takes text as text, and is the same file for the same content."""
    import xlsxwriter

    workbook = xlsxwriter.Workbook(
        str(path), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    workbook.set_properties({"title": title, "created": CREATED})
    return workbook


def put(sheet: Any, line: int, column: int, cell: Cell, form: Any = None) -> None:
    """Write one cell, text neutralised, at (line, column)."""
    if isinstance(cell, int):
        sheet.write_number(line, column, cell, form)
    elif cell:
        sheet.write_string(line, column, neutral(cell[:MOST_CHARACTERS]), form)
    else:
        sheet.write_blank(line, column, None, form)


def _write_notice(
    workbook: "xlsxwriter.Workbook",
    entry: dict[str, Any],
    faults: Sequence[FileFault],
    rows: "FaultyRows | None",
    beside: str,
) -> None:
    """The first sheet: what became of the file, how many rows of which motif, what to do."""
    sheet = workbook.add_worksheet("À lire")
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 90)
    strong, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True, "valign": "top"})
    source = contracts()[entry["source"]].titre if entry["source"] in contracts() else "non reconnue"
    facts: list[tuple[str, Cell]] = [
        ("Fichier", entry["fichier"]),
        ("Source", source),
        ("Statut", entry["statut"]),
        ("Lignes reçues", entry["lignes_recues"]),
        ("Lignes acceptées", entry["lignes_acceptees"]),
        ("Lignes écartées", entry["lignes_ecartees"]),
        ("Doublons exacts (comptés une fois)", entry["doublons_exacts"]),
        ("Lignes ignorées (titres, vides, totaux)", entry["lignes_ignorees"]),
    ]
    at = 0
    for name, value in facts:
        put(sheet, at, 0, name, strong)
        put(sheet, at, 1, "non comptées" if value is None else value, workbook.add_format({"align": "left"}))
        at += 1
    at += 1
    if rows is None:
        for fault in faults:
            put(sheet, at, 0, typeset("Pourquoi il est refusé :"), strong)
            put(sheet, at, 1, typeset(fault.motif), wrapped)
            at += 1
    else:
        put(sheet, at, 0, "Lignes écartées, par motif", strong)
        for motif, n in rows.counts.items():
            put(sheet, at + 1, 0, f"{n} ligne{'s' if n > 1 else ''}")
            put(sheet, at + 1, 1, typeset(motif), wrapped)
            at += 1
        at += 1
    put(sheet, at + 1, 0, "Que faire", strong)
    for position, step in enumerate(_steps(rows, beside), start=2):
        put(sheet, at + position, 0, f"{position - 1}.")
        put(sheet, at + position, 1, typeset(step), wrapped)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _steps(rows: "FaultyRows | None", beside: str) -> list[str]:
    if rows is None:
        return [
            "Corrigez le fichier chez vous : rien de son contenu n'a été gardé ni recopié ici.",
            "Retirez du dépôt le fichier refusé, ou remplacez-le par le fichier corrigé.",
            "Avant d'envoyer, « mentorat verifier FICHIER » donne la même réponse sur votre ordinateur.",
        ]
    steps = [
        "La feuille « Lignes à corriger » montre vos lignes écartées, avec leur numéro dans votre fichier ; "
        "les cellules en cause sont colorées et en gras. Les pseudonymes n'y sont pas recopiés.",
        "Corrigez ces lignes dans votre fichier, pas dans ce classeur.",
        "Déposez le fichier corrigé en entier, à la place du premier ou à côté : une ligne de même clé est remplacée.",
        "Les autres lignes du fichier sont acceptées et comptent déjà.",
    ]
    if beside:
        steps.append(
            f"Seules les {MOST_ROWS} premières lignes sont dans ce classeur ; toutes sont dans « {beside} », à côté."
        )
    return steps


def _write_rows(
    workbook: "xlsxwriter.Workbook", title: str, headings: Headings, body: list[list[Cell]], rows: "FaultyRows | None"
) -> None:
    sheet = workbook.add_worksheet(title)
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EDEDED"})
    plain = workbook.add_format({"text_wrap": True, "valign": "top"})
    guilty = workbook.add_format({"text_wrap": True, "valign": "top", "bold": True, "bg_color": "#FFD9B3", "border": 1})
    for column, (heading, width) in enumerate(headings):
        sheet.set_column(column, column, width, plain)
        put(sheet, 0, column, heading or " ", head)
    names = [] if rows is None else list(rows.headers)
    lead = len(headings) - len(names)
    for line, cells in enumerate(body):
        wrong = set() if rows is None else {lead + i for i, name in enumerate(names) if name in rows.wrong[line]}
        for column, cell in enumerate(cells):
            put(sheet, line + 1, column, cell, guilty if column in wrong else plain)
    sheet.freeze_panes(1, 1 if rows is not None else 0)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)
    if body:
        sheet.autofilter(0, 0, len(body), len(headings) - 1)


# --- the whole answer -----------------------------------------------------------------------------

SUMMARY: list[tuple[str, str, int]] = [
    ("fichier", "Fichier", 44),
    ("source", "Source reconnue", 34),
    ("statut", "Statut", 22),
    ("lignes_recues", "Lignes reçues", 14),
    ("lignes_ignorees", "Lignes ignorées (titres, vides, total)", 18),
    ("lignes_acceptees", "Lignes acceptées", 14),
    ("lignes_ecartees", "Lignes écartées", 14),
    ("doublons_exacts", "Doublons exacts", 14),
    ("motifs", "Observations", 90),
    ("classeur", "Lignes à corriger, une par une", 40),
]


def write_accuse(folder: Path, campagne: int, files: Sequence[Deposited], stems: dict[str, str]) -> None:
    """Write one sender's `accuse.json` and `reception.xlsx` in `folder`, from its own files."""
    ordered = sorted(files, key=lambda file: file.fichier)
    entries = [file.outcome.entry(file.fichier, file.sha256) for file in ordered]
    told = {"emetteur": ordered[0].emetteur or NO_SENDER, "campagne": campagne, "fichiers": entries}
    with written_aside(folder / "accuse.json") as aside:
        aside.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    titles = {name: contract.titre for name, contract in contracts().items()}
    body: list[list[Cell]] = []
    for file, entry in zip(ordered, entries, strict=True):
        beside = file.outcome.faults or file.outcome.ecartees
        shown = entry | {
            "source": titles.get(entry["source"] or "", "non reconnue"),
            "motifs": "\n".join(map(typeset, entry["motifs"])),
            "classeur": f"anomalies_{stems[file.chemin]}.xlsx" if beside else "",
        }
        body.append([shown[key] for key, _, _ in SUMMARY])
    with written_aside(folder / "reception.xlsx") as aside:
        workbook = new_workbook(aside, "Réception de vos fichiers")
        _write_rows(workbook, "Fichiers", [(title, width) for _, title, width in SUMMARY], body, None)
        workbook.close()


def publish(aside: Path, target: Path) -> None:
    """Move every answer of `aside` (one folder a sender) to `target`, and remove the answers of files no longer
    there. Whatever else stands in `target` is left alone.
    """
    fresh = {path.relative_to(aside) for path in sorted(aside.rglob("*")) if path.is_file()}
    for name in sorted(fresh):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).replace(target / name)
    for path in sorted(target.glob("*/*")):
        if path.is_file() and OWN_NAMES.fullmatch(path.name) and path.relative_to(target) not in fresh:
            path.unlink()
    for folder in sorted(target.glob("*")):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
