"""Receive a campagne's dépôt: every file read, judged and answered; accepted rows under level-2 pseudonyms.

Nothing of a refused file is kept. Only what `Reception` holds is written, by `store`.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa

from mentorat import reference
from mentorat.contracts.sources import (
    Contract,
    arrow_schema,
    contract,
    contracts,
    pilotage_schema,
)
from mentorat.identity.keys import Key, Keys
from mentorat.identity.linkage import link
from mentorat.identity.pseudonyms import pseudonymise
from mentorat.intake.answers import write_answers
from mentorat.intake.identifiers import direct_identifiers, in_words
from mentorat.intake.reading import RawTable, Refusal, read_table
from mentorat.intake.recognition import Recognition, recognise
from mentorat.intake.rows import FILE, LINE, Judged, Origin, judge, replaced, typed
from mentorat.lake import read_parquet, write_parquet
from mentorat.settings import CAMPAGNES, Settings

ACCEPTED, REFUSED, WITHDRAWN = "acceptee", "refusee", "retiree"

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
REMOVE = "Demandez à l'exploitant de retirer ce fichier du dépôt ; rien de son contenu n'a été gardé."


@dataclass
class Reception:
    """What a campagne's dépôt gave.

    `journal`: one row a file; `anomalies`: one row a fault, never a value; `etude` and `pilotage`: accepted
    rows by source (schemas `arrow_schema`, `pilotage_schema`), every full source present even with no row.
    """

    campagne: int
    journal: pd.DataFrame
    anomalies: pd.DataFrame
    etude: dict[str, pd.DataFrame]
    pilotage: dict[str, pd.DataFrame]

    @property
    def lignes_acceptees(self) -> int:
        """Accepted rows of the files of the dépôt."""
        return int(self.journal.loc[self.journal["statut"] == ACCEPTED, "lignes_acceptees"].sum())


@dataclass
class Deposited:
    """One file of the dépôt and what becomes of it."""

    path: Path
    chemin: str
    emetteur: str
    sha256: str
    taille: int
    recu_le: pd.Timestamp
    mtime: int
    source: str | None = None
    statut: str = REFUSED
    recues: int | None = None
    ignorees: int | None = None
    acceptees: int | None = None
    ecartees: int | None = None
    doublons: int | None = None
    remplacees: int | None = None
    motifs: list[str] = field(default_factory=list)
    faults: list[dict[str, object]] = field(default_factory=list)

    def refuse(self, rule: str, motif: str, remede: str, colonne: str = "", rows: int | None = None) -> None:
        """Refuse the file whole: recues = ecartees where countable, both null otherwise."""
        self.statut, self.recues, self.ecartees = REFUSED, rows, rows
        self.acceptees = self.doublons = None if rows is None else 0
        self.motifs.append(motif)
        self.faults.append(
            {
                FILE: self.chemin,
                LINE: None,
                "colonne": colonne,
                "regle": rule,
                "motif": motif,
                "remede": remede,
            }
        )


# --- the inbox ------------------------------------------------------------------------------------


def _is_noise(name: str) -> bool:
    return name.startswith((".", "~$")) or name.casefold() in ("thumbs.db", "desktop.ini")


def _readable(name: str) -> str:
    """A path as text, even where a system wrote its bytes in another encoding than this one."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _first_receptions(previous: pd.DataFrame | None) -> dict[tuple[str, str], pd.Timestamp]:
    if previous is None or previous.empty:
        return {}
    ordered = previous.sort_values("recu_le")
    return {
        (str(row.chemin), str(row.sha256)): pd.Timestamp(str(row.recu_le))
        for row in ordered.drop_duplicates(["chemin", "sha256"]).itertuples()
    }


def deposited_files(depot: Path, previous: pd.DataFrame | None) -> list[Deposited]:
    """The files of a campagne's dépôt in their order of reception: first seen (journal), modified, path.

    Links are not followed; hidden files and lock files are no one's. A file outside any sender's folder has
    `emetteur` ''.
    """
    seen = _first_receptions(previous)
    now = pd.Timestamp(datetime.now(UTC).replace(microsecond=0))
    found = []
    for folder, folders, names in os.walk(depot, followlinks=False):
        folders[:] = sorted(name for name in folders if not _is_noise(name) and not Path(folder, name).is_symlink())
        for name in sorted(names):
            path = Path(folder, name)
            chemin = _readable(path.relative_to(depot).as_posix())
            if _is_noise(name) or path.is_symlink() or not path.is_file() or chemin == "simulation.json":
                continue
            digest, stat = _hash(path), path.stat()
            emetteur = PurePosixPath(chemin).parts[0] if "/" in chemin else ""
            received = seen.get((chemin, digest), now)
            found.append(Deposited(path, chemin, emetteur, digest, stat.st_size, received, stat.st_mtime_ns))
    return sorted(found, key=lambda file: (file.recu_le, file.mtime, file.chemin))


# --- one file -------------------------------------------------------------------------------------


def _read(file: Deposited) -> tuple[RawTable, Recognition] | None:
    """Read, screen and recognise one file; None when it is refused (said in `file`)."""
    if not file.emetteur:
        file.refuse(
            "hors_dossier",
            "Le fichier n'est pas dans le dossier d'un émetteur.",
            "Déposez-le dans depot/<campagne>/<emetteur>/.",
        )
        return None
    raw = read_table(file.path)
    if isinstance(raw, Refusal):
        file.refuse("illisible", raw.motif, raw.remede)
        return None
    file.ignorees = raw.ignored
    found = recognise(raw.headers, file.path)
    spoken = contracts()[found.source] if found.source else None
    findings = direct_identifiers(raw, found.colonnes, spoken)
    if findings:
        file.source = found.source
        warnings = list(file.motifs)
        named = " ; ".join(in_words(finding) for finding in findings)
        for finding in findings:
            file.refuse(
                "identifiant_direct",
                f"Information interdite : {in_words(finding)}.",
                f"Retirez-la, puis déposez un nouveau fichier. {REMOVE}",
                finding.colonne,
                raw.rows,
            )
        file.motifs = [*warnings, f"Le fichier porte des informations interdites : {named}."]
        return None
    if found.source is None:
        motif = "Aucune source n'est reconnue d'après les colonnes."
        if found.proche:
            near = contract(found.proche)
            motif += f" La plus proche est « {near.titre} », où manque : {', '.join(found.manquantes)}."
        file.refuse(
            "source_inconnue",
            motif,
            "Comparez les en-têtes au modèle de la source, puis déposez le fichier de nouveau.",
            ", ".join(found.manquantes),
            raw.rows,
        )
        return None
    file.source, file.recues = found.source, raw.rows
    file.motifs += raw.notes
    return raw, found


def _tell_columns(file: Deposited, spoken: Contract, raw: RawTable, found: Recognition) -> None:
    """Expected columns that are absent, and how many are read but not stored."""
    present = set(found.colonnes.values())
    absent = [c.nom for c in spoken.colonnes if c.obligatoire and c.nom not in present]
    if absent:
        file.motifs.append(f"Colonnes attendues absentes : {', '.join(absent)}.")
    stored = set(spoken.noms)
    unread = sum(1 for i in range(len(raw.headers)) if raw.headers[i] and found.colonnes.get(i) not in stored)
    if unread:
        file.motifs.append(
            "1 colonne lue mais non conservée." if unread == 1 else f"{unread} colonnes lues mais non conservées."
        )


# --- one source -----------------------------------------------------------------------------------


@dataclass
class Batch:
    """The raw rows of one source: a table and the file numbers it comes from."""

    files: list[int] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)

    def add(self, number: int, spoken: Contract, raw: RawTable, found: Recognition) -> None:
        """Take in the stored columns of one file."""
        stored = set(spoken.noms)
        columns = {name: raw.columns[i] for i, name in found.colonnes.items() if name in stored}
        self.files.append(number)
        self.tables.append(pa.table(columns))
        self.lines.append(raw.lines)

    def judge(self, spoken: Contract, senders: list[str | None], campagne: int) -> Judged:
        """Judge the rows of all files at once."""
        cells = pa.concat_tables(self.tables, promote_options="default")
        files = np.repeat(np.array(self.files, dtype=np.int64), [len(lines) for lines in self.lines])
        return judge(spoken, cells, Origin(files, np.concatenate(self.lines), senders), campagne)


def _rehash(frame: pd.DataFrame, spoken: Contract, key: Key, references: bool) -> pd.DataFrame:
    """Level-2 pseudonyms in place of identities, and of the sender's references where `references`."""
    out = frame.copy()
    for column in spoken.colonnes:
        if column.domaine is None or (column.sensibilite == "reference" and not references):
            continue
        scope = frame[column.portee] if column.portee else None
        out[column.nom] = pseudonymise(frame[column.nom], key, column.domaine, scope)
    return out


def _stores(
    accepted: pd.DataFrame, spoken: Contract, keys: Keys, campagne: int, emetteurs: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The rows of the étude and, where the source feeds linkage, of the pilotage store."""
    senders = pd.Series([emetteurs[i] for i in accepted[FILE]], index=accepted.index, dtype="str")
    values = typed(accepted, spoken)
    etude = _rehash(values, spoken, keys.etude, references=True)
    etude["campagne"] = np.full(len(etude), campagne, dtype=np.int64)
    etude["depose_par"] = senders
    if not spoken.pilotage:
        return etude.reset_index(drop=True), None
    pilotage = _rehash(values, spoken, keys.pilotage, references=False)
    pilotage["campagne"], pilotage["depose_par"] = etude["campagne"], senders
    pilotage["id_jeune_etude"] = etude["id_jeune"]
    return etude.reset_index(drop=True), pilotage.reset_index(drop=True)


def _count(files: list[Deposited], batch: Batch, judged: Judged, replacing: pd.Series) -> None:
    """Write each file's counts; refuse the identity recues = acceptees + ecartees + doublons_exacts to be
    broken.
    """
    numbers = judged.frame[FILE].to_numpy(dtype=np.int64)
    size = len(files)
    accepted = np.bincount(numbers[judged.acceptee], minlength=size)
    aside = np.bincount(numbers[judged.ecartee], minlength=size)
    twice = np.bincount(numbers[judged.doublon], minlength=size)
    replacements = np.bincount(replacing.dropna().to_numpy(dtype=np.int64), minlength=size)
    for number in batch.files:
        file = files[number]
        file.acceptees, file.ecartees = int(accepted[number]), int(aside[number])
        file.doublons, file.remplacees = int(twice[number]), int(replacements[number])
        if file.recues != file.acceptees + file.ecartees + file.doublons:
            raise AssertionError("recues = acceptees + ecartees + doublons_exacts does not hold")


def _territories(emetteurs: list[str]) -> list[str | None]:
    known = reference.load("emetteurs")
    codes = dict(zip(known["emetteur"], known["code"], strict=True))
    return [codes.get(name) for name in emetteurs]


# --- the campagne ---------------------------------------------------------------------------------


def _screen(files: list[Deposited], say: Callable[[str], None]) -> dict[str, Batch]:
    """Read every file once, in order of reception; gather the rows of full sources."""
    known = set(reference.load("emetteurs")["emetteur"])
    first: dict[str, Deposited] = {}
    batches: dict[str, Batch] = {}
    for number, file in enumerate(files):
        say(file.chemin)
        if file.emetteur and file.emetteur not in known:
            file.motifs.append("Émetteur absent de la liste de référence : vérifiez le nom du dossier.")
        twin = first.setdefault(file.sha256, file)
        if twin is not file and twin.statut != REFUSED and file.emetteur:
            file.source, file.statut = twin.source, ACCEPTED
            file.recues = file.ignorees = file.acceptees = file.ecartees = file.doublons = file.remplacees = 0
            file.motifs.insert(0, "Déjà reçu : même contenu qu'un autre fichier du dépôt.")
            continue
        read = _read(file)
        if read is None:
            continue
        raw, found = read
        spoken = contract(found.source or "")
        file.statut = ACCEPTED
        _tell_columns(file, spoken, raw, found)
        batches.setdefault(spoken.nom, Batch()).add(number, spoken, raw, found)
    return batches


def _journal(files: list[Deposited], campagne: int, previous: pd.DataFrame | None) -> pd.DataFrame:
    rows = [
        (
            campagne,
            file.emetteur,
            file.chemin,
            file.sha256,
            file.taille,
            file.source,
            file.statut,
            file.recues,
            file.ignorees,
            file.acceptees,
            file.ecartees,
            file.doublons,
            file.remplacees,
            " ".join(file.motifs),
            file.recu_le,
        )
        for file in files
    ]
    journal = _shaped(pd.DataFrame(rows, columns=JOURNAL_SCHEMA.names), JOURNAL_SCHEMA)
    if previous is not None and len(previous):
        # the journal is never deleted: a file that is no longer there, or was replaced on its path, keeps
        # its line
        present = set(zip(journal["chemin"], journal["sha256"], strict=True))
        gone = [pair not in present for pair in zip(previous["chemin"], previous["sha256"], strict=True)]
        old = previous.loc[gone, JOURNAL_SCHEMA.names].copy()
        old["motif"] = old["motif"].where(
            old["statut"] == WITHDRAWN,
            "Fichier retiré du dépôt ou remplacé depuis sa réception. " + old["motif"].fillna(""),
        )
        old["motif"] = old["motif"].str.strip()
        old["statut"] = WITHDRAWN
        journal = pd.concat([journal, _shaped(old, JOURNAL_SCHEMA)], ignore_index=True)
    return journal.sort_values(["emetteur", "chemin", "recu_le", "sha256"], ignore_index=True)


def _shaped(frame: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    """`frame` with the dtypes of `schema` (n rows): Int64, str, UTC timestamps."""
    dtypes: dict[pa.DataType, str] = {pa.int64(): "Int64", pa.string(): "str"}
    out = {
        f.name: frame[f.name].astype(dtypes[f.type])
        if f.type in dtypes
        else pd.to_datetime(frame[f.name], utc=True).astype("datetime64[s, UTC]")
        for f in schema
    }
    return pd.DataFrame(out)


def _anomalies(files: list[Deposited], faults: list[pd.DataFrame], campagne: int) -> pd.DataFrame:
    whole = pd.DataFrame([fault for file in files for fault in file.faults])
    by_row = pd.concat(faults, ignore_index=True) if faults else pd.DataFrame()
    if len(by_row):
        by_row[FILE] = [files[int(number)].chemin for number in by_row[FILE]]
    told = pd.concat([part for part in (whole, by_row) if len(part)] or [pd.DataFrame()], ignore_index=True)
    if told.empty:
        told = pd.DataFrame(columns=[FILE, LINE, "colonne", "regle", "motif", "remede"])
    senders = {file.chemin: (file.emetteur, file.source) for file in files}
    told = told.rename(columns={FILE: "chemin", LINE: "ligne"})
    told["emetteur"] = [senders[chemin][0] for chemin in told["chemin"]]
    told["source"] = [senders[chemin][1] for chemin in told["chemin"]]
    told["campagne"] = campagne
    shaped = _shaped(told, ANOMALIES_SCHEMA)
    return shaped.sort_values(
        ["emetteur", "chemin", "ligne", "colonne", "regle"], na_position="first", ignore_index=True
    )


def journal_path(settings: Settings, campagne: int) -> Path:
    """Where a campagne's journal of receptions stands."""
    return settings.lake / "journal" / f"{campagne}.parquet"


def receive(
    settings: Settings,
    campagne: int,
    keys: Keys,
    previous_journal: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> Reception:
    """Receive every file of the campagne's dépôt by the counting rules of the contracts. Writes nothing.

    `previous_journal` (by default the one in the lake) gives first receptions; `progress` is told each path.
    A fault in a file is an answer, never an exception.
    """
    path = journal_path(settings, campagne)
    if previous_journal is None and path.exists():
        previous_journal = read_parquet(path)
    files = deposited_files(settings.depot(campagne), previous_journal)
    emetteurs = [file.emetteur for file in files]
    batches = _screen(files, progress or (lambda _: None))
    etude: dict[str, pd.DataFrame] = {}
    pilotage: dict[str, pd.DataFrame] = {}
    faults = []
    for source, spoken in contracts().items():
        batch = batches.pop(source, None)
        if batch is None:
            etude[source] = arrow_schema(source).empty_table().to_pandas()
            if spoken.pilotage:
                pilotage[source] = pilotage_schema(source).empty_table().to_pandas()
            continue
        judged = batch.judge(spoken, _territories(emetteurs), campagne)
        accepted = judged.frame.loc[judged.acceptee]
        replacing = replaced(accepted, spoken, emetteurs, range(len(files)))
        _count(files, batch, judged, replacing)
        faults.append(judged.faults)
        etude[source], mine = _stores(accepted.loc[replacing.isna()], spoken, keys, campagne, emetteurs)
        if mine is not None:
            pilotage[source] = mine
    return Reception(
        campagne,
        _journal(files, campagne, previous_journal),
        _anomalies(files, faults, campagne),
        etude,
        pilotage,
    )


def store(reception: Reception, settings: Settings, campagne: int) -> None:
    """Write a reception: raw Parquet of both stores, journal, anomalies, and each sender's answer under
    `retours/`.
    """
    for source, frame in reception.etude.items():
        write_parquet(frame, settings.lake / "etude" / source / f"{campagne}.parquet", arrow_schema(source))
    for source, frame in reception.pilotage.items():
        write_parquet(frame, settings.lake / "pilotage" / source / f"{campagne}.parquet", pilotage_schema(source))
    write_parquet(reception.anomalies, settings.lake / "anomalies" / f"{campagne}.parquet", ANOMALIES_SCHEMA)
    write_answers(reception.journal, reception.anomalies, settings.retours(campagne))
    # last: a run stopped before this line receives the same files again, with the same answers
    write_parquet(reception.journal, journal_path(settings, campagne), JOURNAL_SCHEMA)


def identities(settings: Settings, campagne: int) -> pd.DataFrame:
    """The persons known up to a campagne (id_jeune, id_personne, passe), from what is stored: `link` on the pilotage
    store, with every young person that S0 and the surveys name.
    """

    def stored(store: str, source: str) -> pd.DataFrame:
        folder = settings.lake / store / source
        files = [folder / f"{year}.parquet" for year in CAMPAGNES if year <= campagne]
        return pd.concat([read_parquet(path) for path in files if path.exists()], ignore_index=True)

    named = [
        stored("etude", name)["id_jeune"]
        for name, spoken in contracts().items()
        if not spoken.pilotage and "id_jeune" in spoken.noms
    ]
    return link(stored("pilotage", "dossiers_mentorat"), stored("pilotage", "binomes"), named)


def store_identities(identities: pd.DataFrame, settings: Settings, campagne: int) -> None:
    """Write what `identities` gives to the étude store."""
    schema = pa.schema([(name, pa.string()) for name in ("id_jeune", "id_personne", "passe")])
    write_parquet(identities, settings.lake / "etude" / "identites" / f"{campagne}.parquet", schema)
