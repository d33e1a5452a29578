"""The questionnaire of each group as an XLSForm, the workbook KoboToolbox and ODK load, and its reader.

Everything comes from the contracts and the codebook: names are the columns of the source and codes its codes, so that
what the tool exports is a file the reception of S8 reads as it is. Identity is never typed in a form: pseudonyms are
added to the export with « mentorat pseudonymiser ».
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from mentorat.contracts.sources import Column, codes_of, contract
from mentorat.errors import MentoratError
from mentorat.lake import written_aside
from mentorat.survey.questionnaire import GROUPS, Group, Item, questionnaire

LABEL, HINT, MESSAGE = "label::français (fr)", "hint::français (fr)", "constraint_message::français (fr)"
SURVEY = ["type", "name", LABEL, HINT, "required", "relevant", "constraint", MESSAGE]
CHOICES = ["list_name", "name", LABEL]
SETTINGS = ["form_title", "form_id", "version", "default_language"]
CREATED = datetime(2024, 1, 1)  # fixed, so that the same questionnaire is the same file
VERSION = "1"
SILENT = (
    "Laissez la question sans réponse, ou choisissez « Ne souhaite pas répondre » : ce n'est jamais compté comme zéro."
)


class FormError(MentoratError):
    """A workbook is not a questionnaire the reception can read; the French message says where and how to mend it."""


@dataclass(frozen=True)
class Form:
    """The three sheets of an XLSForm."""

    survey: pd.DataFrame
    choices: pd.DataFrame
    settings: pd.DataFrame


def xlsform(group: Group) -> Form:
    """The form of a group: what says who and when, then its items by number."""
    codes, asked = questionnaire(), {item.nom: item for item in questionnaire().asked_of(group)}
    rows: list[dict[str, str]] = []
    lists: dict[str, dict[str, str]] = {}
    for column in contract(f"enquete_{group}").colonnes:
        if column.type == "pseudonyme" or column.nom in asked:
            continue
        rows.append(_question(column, lists))
    for item in asked.values():
        rows.append(_item(item, lists, dict(codes.non_reponses)))
    choices = [
        {"list_name": name, "name": code, LABEL: label} for name, own in lists.items() for code, label in own.items()
    ]
    title = f"Enquête : {codes.groupes[group].lower()}"
    settings = [
        {"form_title": title, "form_id": f"enquete_{group}", "version": VERSION, "default_language": "français (fr)"}
    ]
    return Form(
        pd.DataFrame(rows, columns=SURVEY).fillna(""),
        pd.DataFrame(choices, columns=CHOICES).fillna(""),
        pd.DataFrame(settings, columns=SETTINGS),
    )


def _question(column: Column, lists: dict[str, dict[str, str]]) -> dict[str, str]:
    """A column that is no item: who answers, when and where."""
    kinds = {"entier": "integer", "decimal": "decimal", "date": "date"}
    row = {"name": column.nom, LABEL: column.libelle, "required": "yes" if column.obligatoire else ""}
    codes = {"oui": "Oui", "non": "Non"} if column.type == "booleen" else dict(codes_of(column))
    if codes and column.type != "entier":
        name = "oui_non" if column.type == "booleen" else column.nom
        lists[name] = codes
        return {**row, "type": f"select_one {name}"}
    return {**row, "type": kinds.get(column.type, "text"), **_bounds(column.bornes)}


def _item(item: Item, lists: dict[str, dict[str, str]], silent: dict[str, str]) -> dict[str, str]:
    row = {"name": item.nom, LABEL: item.question, HINT: SILENT, "relevant": _relevant(item)}
    if item.scale.type in ("note", "nombre"):
        kind = "integer" if item.scale.type == "note" else "decimal"
        return {
            **row,
            HINT: SILENT.split(",", maxsplit=1)[0] + " si le répondant ne sait pas.",
            "type": kind,
            **_bounds(item.bornes),
        }
    name = f"{item.echelle}_reponses"
    lists[name] = {**item.codes, **silent}
    several = item.scale.type == "multiple"
    return {**row, "type": f"select_{'multiple' if several else 'one'} {name}"}


def _bounds(bounds: tuple[float, float] | None) -> dict[str, str]:
    if bounds is None:
        return {}
    low, high = (f"{bound:g}" for bound in bounds)
    return {"constraint": f". >= {low} and . <= {high}", MESSAGE: f"Une valeur de {low} à {high}."}


def _relevant(item: Item) -> str:
    """When the item is asked: its waves, and its own condition."""
    waves = [f"${{vague}} = {wave}" for wave in item.vagues] if set(item.vagues) < set(questionnaire().vagues) else []
    said = [" or ".join(waves)] if waves else []
    if item.si is not None and item.si.au_moins is not None:
        said.append(f"${{{item.si.colonne}}} >= {item.si.au_moins}")
    elif item.si is not None:
        days = round(365.25 * int(item.si.mois_revolus or 0) / 12)
        said.append(f"decimal-date-time(${{date_reponse}}) - decimal-date-time(${{{item.si.colonne}}}) > {days}")
    return " and ".join(f"({part})" for part in said) if len(said) > 1 else "".join(said)


def write_xlsform(group: Group, path: Path) -> None:
    """Write the form of a group; the same bytes from run to run."""
    import xlsxwriter

    form = xlsform(group)
    with written_aside(path) as aside:
        workbook = xlsxwriter.Workbook(
            str(aside), {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        workbook.set_properties({"title": str(form.settings["form_title"].iloc[0]), "created": CREATED})
        for name, sheet in (("survey", form.survey), ("choices", form.choices), ("settings", form.settings)):
            page = workbook.add_worksheet(name)
            for place, column in enumerate(sheet.columns):
                page.write_string(0, place, column)
                page.set_column(place, place, 24)
                for row, cell in enumerate(sheet[column], start=1):
                    if cell != "":
                        page.write_string(row, place, str(cell))
            page.freeze_panes(1, 0)
        workbook.close()


def write_xlsforms(folder: Path) -> list[Path]:
    """Write in `folder`/xlsform one workbook a group; the paths written."""
    paths = [folder / "xlsform" / f"enquete_{group}.xlsx" for group in GROUPS]
    for group, path in zip(GROUPS, paths, strict=True):
        write_xlsform(group, path)
    return paths


def read_xlsform(path: Path) -> Form:
    """A form read back and checked against the codebook: an evaluator may reword it, drop items or reorder them.

    Raises FormError when a sheet or a column is missing, a question is no column of the source, its type is another,
    or a code is none of its scale.
    """
    sheets = pd.read_excel(path, sheet_name=None, dtype=str, keep_default_na=False)
    for name, needed in (("survey", SURVEY[:3]), ("choices", CHOICES), ("settings", SETTINGS[:2])):
        if name not in sheets or not set(needed) <= set(sheets[name].columns):
            raise FormError(
                f"La feuille « {name} » manque, ou n'a pas ses colonnes ({', '.join(needed)}). Repartez du modèle "
                "écrit par « mentorat modeles »."
            )
    form = Form(sheets["survey"], sheets["choices"], sheets["settings"])
    identifier = str(form.settings["form_id"].iloc[0]) if len(form.settings) else ""
    group = next((group for group in GROUPS if identifier == f"enquete_{group}"), None)
    if group is None:
        raise FormError("Feuille « settings » : « form_id » ne nomme aucune enquête. Repartez du modèle.")
    _check(form, xlsform(group))
    return form


def _check(form: Form, model: Form) -> None:
    expected = model.survey.set_index("name")["type"].to_dict()
    known = model.choices.groupby("list_name")["name"].agg(set).to_dict()
    for line, (kind, name) in enumerate(zip(form.survey["type"], form.survey["name"], strict=True), start=2):
        if re.match(r"(begin|end)[ _](group|repeat)|note|calculate|start|end|today", kind):
            continue
        if expected.get(name) != kind:
            told = f"attendu : {expected[name]}" if name in expected else "la réception ne connaît pas cette colonne"
            raise FormError(
                f"Feuille « survey », ligne {line} : question « {name} » ({told}). Corrigez-la ou retirez-la."
            )
    for line, (listed, code) in enumerate(zip(form.choices["list_name"], form.choices["name"], strict=True), start=2):
        if listed in known and code not in known[listed]:
            raise FormError(
                f"Feuille « choices », ligne {line} : un code n'est pas de la liste « {listed} ». Corrigez-le."
            )
