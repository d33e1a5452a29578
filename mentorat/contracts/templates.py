"""One workbook a source for senders to fill: headers, drop-down lists, a right example, and what everything means.

Everything in it comes from the contract. The data sheet stands first and is the only one whose rows look like data:
the example is written from top to bottom, so that a sheet left in place is never taken for rows.
"""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mentorat.contracts.dictionary import dictionary_markdown
from mentorat.contracts.sources import Column, Contract, codes_of, contracts
from mentorat.contracts.spoken import (
    belonging,
    codes_in_words,
    example,
    expected,
    keeping,
    presence,
    senders,
    set_aside,
)
from mentorat.contracts.table_schema import table_schema
from mentorat.lake import written_aside

CREATED = datetime(2024, 1, 1)  # fixed, so that the same contract is the same file
LAST_ROW = 100_000  # rows that the drop-down lists cover
LONGEST_MESSAGE = 255  # what a spreadsheet shows of a message
FORMATS = {"date": "yyyy-mm-dd", "entier": "0", "decimal": "General", "booleen": "General"}
"""Number format by type; text elsewhere, so that « 01 » and « 2024-03 » stay what was typed."""
COLOURS = {"indispensable": "#F4D9B0", "attendue": "#DCE6F1", "facultative": "#F2F2F2"}
COLOURS_TOLD = "Orange : colonne indispensable. Bleu : colonne attendue. Gris : colonne facultative."
REFUSED = (
    "Le fichier entier est refusé s'il porte un nom, un prénom, un numéro de sécurité sociale ou d'étranger, "
    "une adresse, un téléphone, un courriel, le résultat d'un contrôle, une infraction ou un détail de santé."
)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _listed(column: Column) -> bool:
    """True where a cell holds one code of a list."""
    return column.type in ("code", "entier", "departement") and bool(codes_of(column))


def _write_codes(workbook: Any, contract: Contract, head: Any) -> dict[str, str]:
    """Write the sheet « Codes », two columns (code, label) a coded column; the range of the codes of each."""
    sheet = workbook.add_worksheet("Codes")
    text = workbook.add_format({"num_format": "@"})
    ranges = {}
    coded = [column for column in contract.colonnes if codes_of(column)]
    for place, column in enumerate(coded):
        first = 2 * place
        codes = codes_of(column)
        sheet.set_column(first, first, 24, text)
        sheet.set_column(first + 1, first + 1, 40)
        sheet.write_string(0, first, f"Codes de « {column.nom} »", head)
        sheet.write_string(0, first + 1, "Ce que chacun veut dire", head)
        for row, (code, label) in enumerate(codes.items(), start=1):
            if column.type == "entier":
                sheet.write_number(row, first, int(code))
            else:
                sheet.write_string(row, first, code, text)
            sheet.write_string(row, first + 1, label)
        letters = _letters(first)
        ranges[column.nom] = f"=Codes!${letters}$2:${letters}${len(codes) + 1}"
    if not coded:
        sheet.write_string(0, 0, "Cette source ne demande aucun code.")
    sheet.freeze_panes(1, 0)
    return ranges


def _letters(index: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(index))


def _validation(column: Column, codes: dict[str, str]) -> dict[str, Any] | None:
    """What the spreadsheet lets one type in a column; None where anything goes."""
    rule: dict[str, Any]
    if _listed(column):  # where any word may come, the list helps and forbids nothing
        rule = {"validate": "list", "source": codes[column.nom], "show_error": column.repli is None}
    elif column.type == "booleen":
        rule = {"validate": "list", "source": ["oui", "non"]}
    elif column.type == "date":
        rule = {"validate": "date", "criteria": "between", "minimum": date(1900, 1, 1), "maximum": date(2100, 12, 31)}
    elif column.bornes is not None:
        low, high = column.bornes
        kind = "integer" if column.type == "entier" else "decimal"
        rule = {"validate": kind, "criteria": "between", "minimum": low, "maximum": high}
    else:
        return None
    return rule | {"error_title": "Valeur inattendue", "error_message": _short(f"Attendu : {expected(column)}.")}


def _note(column: Column, contract: Contract) -> str:
    """What stands in the comment of a header."""
    said = [f"{column.libelle} ({presence(column, contract)})", f"Attendu : {expected(column)}."]
    if column.unite:
        said.append(f"Unité : {column.unite}.")
    if codes_of(column):
        said.append("Codes : voir la feuille « Codes ».")
    if column.article:
        said.append(f"Article {column.article} du CASF.")
    return "\n".join(said)


def _write_data(workbook: Any, sheet: Any, contract: Contract, codes: dict[str, str]) -> None:
    heads = {
        said: workbook.add_format({"bold": True, "bottom": 1, "bg_color": colour}) for said, colour in COLOURS.items()
    }
    for index, column in enumerate(contract.colonnes):
        cells = workbook.add_format({"num_format": FORMATS.get(column.type, "@")})
        sheet.set_column(index, index, max(12, len(column.nom) + 2), cells)
        sheet.write_string(0, index, column.nom, heads[presence(column, contract)])
        sheet.write_comment(0, index, _note(column, contract), {"x_scale": 2, "y_scale": 1.5, "author": ""})
        if rule := _validation(column, codes):
            sheet.data_validation(1, index, LAST_ROW, index, rule)
    sheet.freeze_panes(1, 0)


def _write_example(sheet: Any, contract: Contract, head: Any, body: Any) -> None:
    """A right row, one cell a line."""
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 70, body)
    sheet.write_string(0, 0, "Une ligne juste, écrite de haut en bas ; les valeurs sont inventées.", head)
    for line, (name, value) in enumerate(example(contract).items(), start=2):
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, value)


def _how(contract: Contract) -> str:
    """The steps from an empty workbook to a file sent."""
    named = any(column.type == "pseudonyme" and column.longueur == 64 for column in contract.colonnes)
    steps = [
        "Remplissez la feuille « Données », une ligne par cas, sous les en-têtes ; la feuille « Exemple » montre "
        "une ligne juste.",
        *(["Les pseudonymes se calculent avec « mentorat pseudonymiser », depuis votre propre tableau."] * named),
        "Enregistrez le classeur, puis vérifiez-le : « mentorat verifier FICHIER ».",
        "Déposez-le par la voie convenue.",
    ]
    return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))


def _about(contract: Contract) -> list[list[str]]:
    number = "" if contract.numero == "—" else f" ({contract.numero})"
    return [
        ["Comment faire", _how(contract)],
        ["Source", f"{contract.titre}{number}"],
        ["Qui l'envoie", senders(contract)],
        ["Nom de fichier conseillé", f"{contract.nom}.xlsx ou {contract.nom}.csv"],
        ["Ce qui distingue deux lignes", " + ".join(contract.cle)],
        ["Lignes à envoyer", f"{belonging(contract)} (la campagne est l'année civile des données)"],
        ["Colonnes", "L'ordre est libre. Une colonne facultative peut manquer."],
        ["Couleur des en-têtes", COLOURS_TOLD],
        ["Refus", REFUSED],
    ]


def _column_line(column: Column, contract: Contract) -> list[str]:
    return [
        column.nom,
        column.libelle,
        presence(column, contract),
        expected(column) + (f" ({column.unite})" if column.unite else ""),
        codes_in_words(column),
        f"CASF {column.article}" if column.article else "",
        keeping(column),
    ]


def _write_reading(sheet: Any, contract: Contract, head: Any, body: Any) -> None:
    """What the source is, what is asked of it, and what each column holds."""
    for index, width in enumerate((30, 40, 14, 46, 60, 12, 34)):
        sheet.set_column(index, index, width, body)
    columns = [_column_line(column, contract) for column in contract.colonnes]
    parts = [
        (["À propos de cette source", ""], _about(contract)),
        (["Ce qui fait écarter une ligne", "Comment la corriger"], [list(pair) for pair in set_aside(contract)]),
        (
            [
                "Ce que contient chaque colonne",
                "En clair",
                "Présence",
                "Attendu",
                "Codes et leur sens",
                "Loi",
                "Devenir",
            ],
            columns,
        ),
    ]
    line = 0
    for titles, rows in parts:
        for index, title in enumerate(titles):
            sheet.write_string(line, index, title, head)
        for row in rows:
            line += 1
            for index, cell in enumerate(row):
                sheet.write_string(line, index, cell)
        line += 2


def write_template(contract: Contract, path: Path) -> None:
    """Write the workbook of one source; the same bytes from run to run."""
    import xlsxwriter

    with written_aside(path) as aside:
        workbook = xlsxwriter.Workbook(
            str(aside), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        workbook.set_properties({"title": contract.titre, "created": CREATED})
        head = workbook.add_format({"bold": True, "valign": "top"})
        body = workbook.add_format({"text_wrap": True, "valign": "top"})
        data = workbook.add_worksheet("Données")
        _write_example(workbook.add_worksheet("Exemple"), contract, head, body)
        _write_reading(workbook.add_worksheet("Lisez-moi"), contract, head, body)
        _write_data(workbook, data, contract, _write_codes(workbook, contract, head))
        workbook.close()


def write_templates(folder: Path) -> list[Path]:
    """Write in `folder` one `<source>.xlsx` a source, `schemas/<source>.json` (Table Schema) and `dictionnaire.md`; the
    paths written, sorted.
    """
    written = []
    for source, contract in contracts().items():
        book, schema = folder / f"{source}.xlsx", folder / "schemas" / f"{source}.json"
        write_template(contract, book)
        with written_aside(schema) as aside:
            aside.write_text(json.dumps(table_schema(source), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        written += [book, schema]
    page = folder / "dictionnaire.md"
    with written_aside(page) as aside:
        aside.write_text(dictionary_markdown(), encoding="utf-8")
    return sorted([*written, page])
