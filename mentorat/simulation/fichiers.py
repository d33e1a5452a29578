"""The shapes files come in (CSV, workbooks, ODS, XML, protected), what was sent, and faulty rows."""

import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import xlsxwriter

from mentorat.contracts.sources import contract
from mentorat.errors import UsageError

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


NO_FAULT = Faults(0, 0)
TITLE_AND_TOTAL = 3
"""Lines of a sheet written by `write_workbook` that are no data: its title, a blank row, a last Total."""
Writer = Callable[[pd.DataFrame | pa.Table, Path], None]


@dataclass(frozen=True)
class Sent:
    """What the answer to one file should say: its source (None when refused) and its counts of rows."""

    source: str | None
    lignes_recues: int
    lignes_acceptees: int
    lignes_ecartees: int
    doublons_exacts: int
    lignes_ignorees: int


@dataclass
class Outbox:
    """The dépôt being written: every file with what is expected of it, by path.

    Files are dated one second apart in the order they are sent: that order decides between two versions.
    """

    folder: Path
    first: datetime
    files: dict[str, Sent] = field(default_factory=dict)
    protected: list[str] = field(default_factory=list)
    """Paths of the files that need a password, in the order they were sent."""
    replaced: dict[str, int] = field(default_factory=dict)
    """Rows of an earlier file of the same sender that each corrected file replaces, by path."""

    def send(
        self,
        path: str,
        source: str | None,
        table: pd.DataFrame | pa.Table,
        write: Writer,
        *,
        faults: Faults = NO_FAULT,
        ignored: int = 0,
        protected: bool = False,
        replaces: bool = False,
    ) -> None:
        """Write `table` (faulty rows included) to `path` (`<emetteur>/<file>`) in the shape of `write`.

        `source` None: the file is expected to be refused, every row set aside. `ignored`: title, blank and total rows.
        `replaces`: every row takes the place of one sent before by the same sender.
        """
        rows = len(table)
        aside = faults if source else Faults(rows, 0)
        write(table, self.folder / path)
        accepted = rows - aside.ecartees - aside.doublons
        self.protected += [path] * protected
        self.replaced |= {path: rows} if replaces else {}
        self._note(path, Sent(source, rows, accepted, aside.ecartees, aside.doublons, ignored))

    def send_again(self, path: str, copy: str) -> None:
        """Send the file at `path` a second time, as `copy`: listed, its rows counted once."""
        (self.folder / copy).write_bytes((self.folder / path).read_bytes())
        self._note(copy, Sent(self.files[path].source, 0, 0, 0, 0, 0))

    def sources(self, emetteur: str) -> list[str]:
        """The sources one sender sent, in order."""
        sent = (s.source for path, s in self.files.items() if path.startswith(f"{emetteur}/"))
        return list(dict.fromkeys(source for source in sent if source))

    def expected(self) -> dict[str, dict[str, Any]]:
        """Counts by path, sorted."""
        return {path: asdict(sent) for path, sent in sorted(self.files.items())}

    def _note(self, path: str, sent: Sent) -> None:
        self.files[path] = sent
        moment = self.first.replace(tzinfo=UTC).timestamp() + len(self.files)
        os.utime(self.folder / path, (moment, moment))


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


def write_csv(frame: pd.DataFrame | pa.Table, path: Path, encoding: str = "utf-8-sig", delimiter: str = ";") -> None:
    """Write columns as CSV, unquoted: the delimiter, a quote or a line break in a value raise ArrowInvalid.

    `utf-16` is what Excel calls « texte Unicode »: little-endian with its mark.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_csv(frame, encoding, delimiter))


def _csv(frame: pd.DataFrame | pa.Table, encoding: str, delimiter: str = ";") -> bytes:
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    buffer = io.BytesIO()
    options = pa_csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    pa_csv.write_csv(table, buffer, options)
    content = (delimiter.join(table.column_names) + "\n").encode() + buffer.getvalue()
    if encoding == "utf-8":
        return content
    if encoding == "utf-16":
        return b"\xff\xfe" + content.decode().encode("utf-16-le")
    return content.decode().encode(encoding)


def csv(encoding: str = "utf-8-sig", delimiter: str = ";") -> Writer:
    """`write_csv` with its encoding and delimiter settled."""
    return lambda table, path: write_csv(table, path, encoding, delimiter)


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


def olinpe_xml(extraction: str) -> Writer:
    """`write_olinpe_xml` with its date settled."""
    return lambda table, path: write_olinpe_xml(table, path, extraction)


def write_workbook(frame: pd.DataFrame, path: Path, title: str) -> None:
    """Write a tracking table as kept: title, blank row, labelled headers, real dates, a last Total row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_workbook(frame, title))


def _workbook(frame: pd.DataFrame, title: str) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False})
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
    return buffer.getvalue()


def workbook(title: str, password: str | None = None) -> Writer:
    """`write_workbook` with its title settled; with a password, encrypted as Excel does.

    Encryption draws its own salt: the bytes of a protected file change from run to run, its content does not.
    """

    def write(frame: pd.DataFrame | pa.Table, path: Path) -> None:
        from msoffcrypto.format.ooxml import OOXMLFile

        write_workbook(frame, path, title)
        if password is not None:
            clear = io.BytesIO(path.read_bytes())
            with path.open("wb") as protected:
                OOXMLFile(clear).encrypt(password, protected)

    return write


def aes_zip(password: str) -> Writer:
    """A CSV alone in an AES-encrypted ZIP; its bytes change from run to run, as `workbook` says."""

    def write(table: pd.DataFrame | pa.Table, path: Path) -> None:
        import pyzipper

        path.parent.mkdir(parents=True, exist_ok=True)
        with pyzipper.AESZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(password.encode())
            archive.writestr(path.with_suffix(".csv").name, _csv(table, "utf-8"))

    return write


def write_ods(frame: pd.DataFrame | pa.Table, path: Path) -> None:
    """Write text columns as an ODS sheet: header, then rows. For small tables: 1.3 s per 1 000 rows."""
    try:
        from odf.element import Element
        from odf.opendocument import OpenDocumentSpreadsheet
        from odf.table import Table, TableCell, TableRow
        from odf.text import P
    except ImportError:
        raise UsageError(
            "La démonstration demande la plateforme complète (odfpy manque). Lancez-la depuis une copie "
            "complète du projet avec « make run »."
        ) from None
    Element.namespaces.clear()  # odfpy would carry those of an earlier document over
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Feuille1")
    document.spreadsheet.addElement(sheet)
    for values in [list(frame.columns), *frame.to_numpy().tolist()]:
        row = TableRow()
        sheet.addElement(row)
        for value in values:
            cell = TableCell(valuetype="string")
            row.addElement(cell)
            cell.addElement(P(text=value))
    buffer = io.BytesIO()
    document.write(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    # odfpy dates the entries of its archive from the clock
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(path, "w") as fixed:
        for entry in made.infolist():
            fixed.writestr(
                zipfile.ZipInfo(entry.filename, CREATED.timetuple()[:6]), made.read(entry), entry.compress_type
            )


def in_words(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Codes of one choice as the contract's French labels, as people choose them in a list."""
    frame = frame.copy()
    for column in contract(source).colonnes:
        if column.codes and column.type == "code" and column.nom in frame:
            frame[column.nom] = frame[column.nom].map(column.codes).fillna("")
    return frame


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
    model = frame[(frame[begin] != "") & (frame[how.content[0]] != how.content[1])].head(1)
    if model.empty:  # a small sender of an early campagne
        return frame, NO_FAULT
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


def damage(frame: pd.DataFrame, key: str, unknown: tuple[str, str], salt: str) -> tuple[pd.DataFrame, Faults]:
    """Add to a file a row of an unknown code under a key of its own, a row without key, and its last row again."""
    model = frame.iloc[[0]]
    own = model[key].iloc[0]
    spare = f"{salt}-99001" if len(own) < 40 else "1" * len(own)
    added = [model.assign(**{key: spare, unknown[0]: unknown[1]}), model.assign(**{key: ""}), frame.iloc[[-1]]]
    return pd.concat([frame, *added], ignore_index=True), Faults(2, 1)
