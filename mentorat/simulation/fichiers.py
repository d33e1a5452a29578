"""The shapes files come in: CSV in several encodings, workbooks with title and total, XML; and faulty rows."""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import xlsxwriter

ENCODINGS = {"csv-bom": "utf-8-sig", "csv-utf8": "utf-8", "csv-cp1252": "cp1252"}
CREATED = datetime(2025, 3, 31)
"""Creation date written in workbooks: fixed, so that the same seed gives the same bytes."""
HEADERS = {
    "id_dossier": "Id dossier",
    "departement": "Département",
    "id_jeune": "Id jeune",
    "type_accueil": "Type accueil",
}
PLACES = {
    "assistant_familial": "Famille d'accueil",
    "etablissement": "Établissement",
    "lieu_de_vie": "Lieu de vie",
    "hebergement_autonome": "Hébergement autonome",
    "semi_autonomie": "Semi-autonomie",
    "placement_domicile": "Placement domicile",
    "tiers": "Tiers",
    "village_enfants": "Village enfants",
    "dispositif_mna": "Dispositif MNA",
    "aed": "AED",
    "aemo": "AEMO",
}


@dataclass(frozen=True)
class Faults:
    """What intake should count in one file: rows set aside and exact duplicates."""

    ecartees: int
    doublons: int


@dataclass(frozen=True)
class Spoil:
    """How to make faulty rows of a source.

    `unknown`: column and code that does not exist; `dates`: columns of begin and end, to contradict; `content`:
    column and value that makes two rows of one key differ.
    """

    key: str
    unknown: tuple[str, str]
    dates: tuple[str, str]
    content: tuple[str, str]


def write_csv(frame: pd.DataFrame, path: Path, encoding: str = "utf-8-sig") -> None:
    """Write text columns as `;` CSV, unquoted: `;`, a quote or a line break in a value raise ArrowInvalid."""
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    pa_csv.write_csv(pa.Table.from_pandas(frame, preserve_index=False), buffer, options)
    header = ";".join(frame.columns) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if encoding == "utf-8":
        path.write_bytes(header.encode() + buffer.getvalue())
    else:
        path.write_bytes((header + buffer.getvalue().decode()).encode(encoding))


def write_olinpe_xml(frame: pd.DataFrame, path: Path, extraction: str) -> None:
    """Write S1 events as the decree's XML (XSD 2.0): one DONNEE an event, no empty variable."""
    names = list(frame.columns)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<DECRET>",
        f"<INTRO><VERSIONXSD>2.0</VERSIONXSD><DATEXPORT>{extraction}</DATEXPORT></INTRO>",
    ]
    for row in frame.itertuples(index=False, name=None):
        inside = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in zip(names, row, strict=True) if v)
        lines.append(f"<DONNEE>{inside}</DONNEE>")
    lines.append("</DECRET>\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def write_workbook(frame: pd.DataFrame, path: Path, title: str) -> None:
    """Write a tracking table as kept: title, blank row, labelled headers, real dates, a last Total row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False})
    book.set_properties({"title": title, "created": CREATED})
    sheet = book.add_worksheet("Suivi")
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_string(0, 0, title)
    sheet.write_row(2, 0, [HEADERS.get(name, name.replace("_", " ").capitalize()) for name in frame.columns])
    for column, name in enumerate(frame.columns):
        dated = name.startswith("date_")
        for row, value in enumerate(frame[name].tolist(), start=3):
            if not value:
                continue
            if dated:
                sheet.write_datetime(row, column, datetime.fromisoformat(value), day)
            else:
                sheet.write_string(row, column, value)
    sheet.write_string(3 + len(frame), 0, "Total")
    sheet.write_number(3 + len(frame), 1, len(frame))
    book.close()


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Codes as people write them: places and states in words, dates as dd/mm/yyyy."""
    frame = frame.copy()
    frame["type_accueil"] = frame["type_accueil"].map(PLACES)
    frame["statut"] = frame["statut"].str.replace("_", " ").str.capitalize()
    return frame


def french_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """ISO dates of `date_*` columns as dd/mm/yyyy."""
    frame = frame.copy()
    for name in frame.columns[frame.columns.str.startswith("date_")]:
        iso = frame[name]
        frame[name] = (iso.str[8:10] + "/" + iso.str[5:7] + "/" + iso.str[:4]).where(iso != "", "")
    return frame


def spoil(frame: pd.DataFrame, how: Spoil, salt: str) -> tuple[pd.DataFrame, Faults]:
    """Add faulty rows, under keys of their own, to a file: the rows already there keep their meaning.

    Adds six rows to set aside (unknown code, impossible date, no key, contradictory dates, two rows of one
    key) and one exact duplicate. `salt` keeps the spare keys of two files apart.
    """
    begin, end = how.dates
    model = frame[(frame[begin] != "") & (frame[how.content[0]] != how.content[1])].iloc[[0]]
    year = model[begin].iloc[0][:4]
    own = model[how.key].iloc[0]

    def row(number: int, **changes: str) -> pd.DataFrame:
        spare = f"{salt}-99{number:03d}" if len(own) < 40 else f"{number:x}" * len(own)
        return model.assign(**{how.key: spare, **changes})

    added = [
        row(1, **{how.unknown[0]: how.unknown[1]}),
        row(2, **{begin: f"{year}-13-45"}),
        row(3, **{how.key: ""}),
        row(4, **{end: f"{int(year) - 1}-12-31"}),
        row(5),
        row(5, **{how.content[0]: how.content[1]}),
        frame.iloc[[-1]],
    ]
    middle = len(frame) // 2
    return pd.concat([frame.iloc[:middle], *added, frame.iloc[middle:]], ignore_index=True), Faults(6, 1)
