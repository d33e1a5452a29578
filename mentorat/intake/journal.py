"""What becomes of each file: its outcome, its line in the journal, its entry in the sender's accusé.

The journal is never deleted and holds no content: hashes, counts, names of columns, and our own sentences.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
import pyarrow as pa

from mentorat.errors import UsageError
from mentorat.intake.identifiers import in_file_name
from mentorat.lake import read_parquet
from mentorat.settings import Settings

ACCEPTED, REFUSED, WITHDRAWN = "acceptee", "refusee", "retiree"
NO_SENDER = "_sans_emetteur"
MASKED_SENDER = "_emetteur_masque"

JOURNAL_SCHEMA = pa.schema(
    [
        ("campagne", pa.int64()),
        ("emetteur", pa.string()),
        ("chemin", pa.string()),
        ("sha256", pa.string()),
        ("taille_octets", pa.int64()),
        ("source", pa.string()),
        ("statut", pa.string()),
        ("lignes_recues", pa.int64()),
        ("lignes_ignorees", pa.int64()),
        ("lignes_acceptees", pa.int64()),
        ("lignes_ecartees", pa.int64()),
        ("doublons_exacts", pa.int64()),
        ("lignes_remplacees", pa.int64()),
        ("motif", pa.string()),
        ("recu_le", pa.timestamp("s", tz="UTC")),
        ("colonnes_presentes", pa.string()),
        ("deja_recu", pa.bool_()),
    ]
)
ANOMALIES_SCHEMA = pa.schema(
    [
        ("campagne", pa.int64()),
        ("emetteur", pa.string()),
        ("chemin", pa.string()),
        ("source", pa.string()),
        ("ligne", pa.int64()),
        ("colonne", pa.string()),
        ("regle", pa.string()),
        ("motif", pa.string()),
        ("remede", pa.string()),
    ]
)
FAULT_NAMES = ["ligne", "colonne", "regle", "motif", "remede"]


# --- one file -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileFault:
    """Why a whole file is refused: `colonne` by place or canonical name, never the sender's own word."""

    colonne: str
    regle: str
    motif: str
    remede: str


@dataclass
class Outcome:
    """What becomes of one file. Counts are null where nothing could be counted.

    Always, once judged: recues = acceptees + ecartees + doublons. `colonnes` are the canonical columns found.
    """

    source: str | None = None
    statut: str = REFUSED
    recues: int | None = None
    ignorees: int | None = None
    acceptees: int | None = None
    ecartees: int | None = None
    doublons: int | None = None
    remplacees: int | None = None
    deja_recu: bool = False
    motifs: list[str] = field(default_factory=list)
    faults: list[FileFault] = field(default_factory=list)
    colonnes: list[str] = field(default_factory=list)

    def refuse(self, rule: str, motif: str, remede: str, colonne: str = "", rows: int | None = None) -> None:
        """Refuse the file whole: recues = ecartees where countable, both null otherwise."""
        self.statut, self.recues, self.ecartees = REFUSED, rows, rows
        self.acceptees = self.doublons = self.remplacees = None if rows is None else 0
        if motif not in self.motifs:
            self.motifs.append(motif)
        self.faults.append(FileFault(colonne, rule, motif, remede))

    def accept_nothing(self, motif: str) -> None:
        """Accept a file none of whose rows count: seen before, or without rows of its own."""
        self.statut = ACCEPTED
        self.recues = self.ignorees = self.acceptees = self.ecartees = self.doublons = self.remplacees = 0
        self.motifs.insert(0, motif)

    def count(self, acceptees: int, ecartees: int, doublons: int, remplacees: int = 0) -> None:
        """Take in the counts of a judged file; AssertionError when a row would vanish."""
        self.acceptees, self.ecartees, self.doublons, self.remplacees = acceptees, ecartees, doublons, remplacees
        if self.recues != acceptees + ecartees + doublons:
            raise AssertionError("recues = acceptees + ecartees + doublons_exacts does not hold")

    @property
    def statut_dit(self) -> str:
        """The statut as the sender reads it; exact duplicates alone are no anomaly."""
        if self.statut == REFUSED:
            return "refusé"
        return "accepté avec anomalies" if self.ecartees else "accepté"

    def entry(self, fichier: str, sha256: str) -> dict[str, Any]:
        """The file's entry in `accuse.json`."""
        return {
            "fichier": fichier,
            "sha256": sha256,
            "source": self.source,
            "statut": self.statut_dit,
            "lignes_recues": self.recues,
            "lignes_acceptees": self.acceptees,
            "lignes_ecartees": self.ecartees,
            "doublons_exacts": self.doublons,
            "lignes_ignorees": self.ignorees,
            "motifs": list(self.motifs),
        }


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, read by blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _known_by(path: Path) -> str:
    """The file's hash; that of its path where it can't be read (rights, lock): it is refused, the others go on."""
    try:
        return file_hash(path)
    except OSError:
        return hashlib.sha256(os.fsencode(path)).hexdigest()


def masked_name(sha256: str) -> str:
    """What a file whose name holds an identifier is called everywhere."""
    return f"fichier dont le nom est masqué (sha256 {sha256[:12]})"


def name_shown(fichier: str, sha256: str) -> tuple[str, str | None]:
    """(the name to show, what direct identifier it holds or None) of a path below its sender's folder."""
    held = next((what for part in PurePosixPath(fichier).parts if (what := in_file_name(part))), None)
    return (masked_name(sha256) if held else fichier), held


# --- the inbox ------------------------------------------------------------------------------------


@dataclass
class Deposited:
    """One file of the dépôt. `fichier` is its path below the sender's folder, as it may be shown; `chemin`
    the same below the dépôt; `identifiant` what direct identifier its real name holds.
    """

    path: Path | None
    emetteur: str
    fichier: str
    sha256: str
    taille: int | None
    recu_le: pd.Timestamp
    mtime: int = 0
    identifiant: str | None = None
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def chemin(self) -> str:
        """Path below the dépôt, as it may be shown."""
        return f"{self.emetteur}/{self.fichier}" if self.emetteur else self.fichier


def is_noise(name: str) -> bool:
    """True for what no sender means to send: hidden files, a spreadsheet's lock, a system's own files."""
    return name.startswith((".", "~$")) or name.casefold() in ("thumbs.db", "desktop.ini")


def readable(name: str) -> str:
    """A path as text, even where a system wrote its bytes in another encoding; what has no shape of its own (controls,
    marks that turn the writing round) shown as « ? ».
    """
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", "?", text)


def _walk(depot: Path) -> Iterable[Path]:
    for folder, folders, names in os.walk(depot, followlinks=False):
        folders[:] = sorted(name for name in folders if not is_noise(name) and not Path(folder, name).is_symlink())
        for name in sorted(names):
            path = Path(folder, name)
            if not is_noise(name) and not path.is_symlink() and path.is_file():
                yield path


def deposited_files(depot: Path, previous: pd.DataFrame | None) -> list[Deposited]:
    """The files of a campagne's dépôt in their order of reception: first seen (journal), modified, path.

    Links are not followed; hidden files and lock files are no one's. A file outside any sender's folder has
    `emetteur` ''.
    """
    seen = _first_receptions(previous)
    now = pd.Timestamp(datetime.now(UTC).replace(microsecond=0))
    found: list[Deposited] = []
    taken: set[str] = set()
    for path in _walk(depot):
        inside = readable(path.relative_to(depot).as_posix())
        if inside == "simulation.json":
            continue
        folder, _, below = inside.partition("/") if "/" in inside else ("", "", inside)
        emetteur = MASKED_SENDER if folder and in_file_name(folder) else folder
        digest, stat = _known_by(path), path.stat()
        shown, held = name_shown(below, digest)
        file = Deposited(path, emetteur, shown, digest, stat.st_size, now, stat.st_mtime_ns, held)
        copies = 1
        while file.chemin in taken:  # two masked names of one content, or two names one encoding made alike
            copies += 1
            file.fichier = f"{shown} ({copies})"
        taken.add(file.chemin)
        file.recu_le = seen.get((file.chemin, digest), now)
        found.append(file)
    return sorted(found, key=lambda file: (file.recu_le, file.mtime, file.chemin))


def turned_away(settings: Settings, campagne: int) -> list[Deposited]:
    """Files that a way in refused before they entered the dépôt (`lake/voies/<campagne>.json`).

    Raises UsageError when the list can't be read.
    """
    path = settings.lake / "voies" / f"{campagne}.json"
    if not path.exists():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [_turned_away(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"La liste des fichiers refusés à l'entrée, {path}, est illisible. "
            f"Relancez « mentorat collecter --campagne {campagne} », ou retirez-la."
        ) from error


def _turned_away(entry: dict[str, Any]) -> Deposited:
    shown, _ = name_shown(readable(str(entry["fichier"])), str(entry["sha256"]))
    rows = entry.get("lignes_recues")
    outcome = Outcome(source=entry.get("source"), ignorees=entry.get("lignes_ignorees"))
    motifs = [str(motif) for motif in entry.get("motifs", [])] or ["Fichier refusé à l'entrée."]
    for motif in motifs:
        outcome.refuse(
            "refuse_a_l_entree", motif, "Corrigez le fichier, puis envoyez-le de nouveau par la même voie.", rows=rows
        )
    received = pd.Timestamp(str(entry["recu_le"]))
    received = received.tz_localize("UTC") if received.tzinfo is None else received.tz_convert("UTC")
    return Deposited(
        None, str(entry["emetteur"]), shown, str(entry["sha256"]), None, received.floor("s"), outcome=outcome
    )


# --- the journal ----------------------------------------------------------------------------------


def journal_path(settings: Settings, campagne: int) -> Path:
    """Where a campagne's journal of receptions stands."""
    return settings.lake / "journal" / f"{campagne}.parquet"


def read_journal(settings: Settings, campagne: int) -> pd.DataFrame | None:
    """The journal as the last reception left it (columns of `JOURNAL_SCHEMA`), None before the first one."""
    path = journal_path(settings, campagne)
    if not path.exists():
        return None
    return shaped(read_parquet(path), JOURNAL_SCHEMA)


def _first_receptions(previous: pd.DataFrame | None) -> dict[tuple[str, str], pd.Timestamp]:
    if previous is None or previous.empty:
        return {}
    ordered = previous.sort_values("recu_le").drop_duplicates(["chemin", "sha256"])
    return {
        (str(chemin), str(sha256)): pd.Timestamp(received)
        for chemin, sha256, received in ordered[["chemin", "sha256", "recu_le"]].itertuples(index=False)
    }


def copies_known(previous: pd.DataFrame | None) -> dict[tuple[str, str], str | None]:
    """(chemin, sha256) → source of the files first answered « déjà reçu »: they keep that answer."""
    if previous is None or previous.empty:
        return {}
    copies = previous.loc[previous["deja_recu"].fillna(False).astype(bool), ["chemin", "sha256", "source"]]
    return {
        (str(chemin), str(sha256)): None if pd.isna(source) else str(source)
        for chemin, sha256, source in copies.itertuples(index=False)
    }


def shaped(frame: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    """`frame` with the columns and dtypes of `schema` (n rows): Int64, str, boolean, UTC timestamps; a column
    it lacks is missing throughout.
    """
    dtypes: dict[pa.DataType, str] = {pa.int64(): "Int64", pa.string(): "str", pa.bool_(): "boolean"}
    out = {}
    for column in schema:
        values: Any = frame.get(column.name, pd.Series(pd.NA, index=frame.index, dtype="object"))
        if column.type in dtypes:
            out[column.name] = values.astype(dtypes[column.type])
        else:
            out[column.name] = pd.to_datetime(values, utc=True).astype("datetime64[s, UTC]")
    return pd.DataFrame(out)


def journal_frame(files: list[Deposited], campagne: int, previous: pd.DataFrame | None) -> pd.DataFrame:
    """One row a file, then the files seen before that are no longer there (columns of `JOURNAL_SCHEMA`)."""
    rows = [
        (
            campagne,
            file.emetteur,
            file.chemin,
            file.sha256,
            file.taille,
            outcome.source,
            outcome.statut,
            outcome.recues,
            outcome.ignorees,
            outcome.acceptees,
            outcome.ecartees,
            outcome.doublons,
            outcome.remplacees,
            " ".join(outcome.motifs),
            file.recu_le,
            "|".join(outcome.colonnes) or None,
            outcome.deja_recu,
        )
        for file in files
        for outcome in (file.outcome,)
    ]
    journal = shaped(pd.DataFrame(rows, columns=JOURNAL_SCHEMA.names), JOURNAL_SCHEMA)
    if previous is not None and len(previous):
        # the journal is never deleted: a file that is no longer there, or was replaced on its path, keeps
        # its line
        present = set(zip(journal["chemin"], journal["sha256"], strict=True))
        gone = [pair not in present for pair in zip(previous["chemin"], previous["sha256"], strict=True)]
        old = shaped(previous.loc[gone], JOURNAL_SCHEMA)
        told = "Fichier retiré du dépôt ou remplacé depuis sa réception. " + old["motif"].fillna("")
        old["motif"] = old["motif"].where(old["statut"] == WITHDRAWN, told).str.strip()
        old["statut"] = pd.Series(WITHDRAWN, index=old.index, dtype="str")
        journal = pd.concat([journal, old], ignore_index=True)
    return journal.sort_values(["emetteur", "chemin", "recu_le", "sha256"], ignore_index=True)


def anomalies_frame(files: list[Deposited], by_row: list[pd.DataFrame], campagne: int) -> pd.DataFrame:
    """One row a fault, never a value (columns of `ANOMALIES_SCHEMA`).

    `by_row` are frames of row faults whose `chemin` is already there; whole-file faults have no line.
    """
    answered = [file for file in files if file.outcome.statut != WITHDRAWN]
    senders = {file.chemin: (file.emetteur, file.outcome.source) for file in answered}
    whole = [
        (file.chemin, None, fault.colonne, fault.regle, fault.motif, fault.remede)
        for file in answered
        for fault in file.outcome.faults
    ]
    told = pd.concat([pd.DataFrame(whole, columns=["chemin", *FAULT_NAMES]), *by_row], ignore_index=True)
    told["campagne"] = campagne
    told["emetteur"] = [senders[chemin][0] for chemin in told["chemin"]]
    told["source"] = [senders[chemin][1] for chemin in told["chemin"]]
    return shaped(told, ANOMALIES_SCHEMA).sort_values(
        ["emetteur", "chemin", "ligne", "colonne", "regle"], na_position="first", ignore_index=True
    )
