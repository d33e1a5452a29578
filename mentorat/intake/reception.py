"""Receive a campagne's dépôt: every file read, judged and answered; accepted rows under level-2 pseudonyms.

Nothing of a refused file is kept. Everything is written aside, sender after sender, and takes its place at once when
the whole dépôt has been received: an interrupted reception leaves the last one as it was.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mentorat import reference
from mentorat.contracts.sources import Column, Contract, arrow_schema, contracts, pilotage_schema
from mentorat.identity.keys import Keys, check_recorded, record
from mentorat.identity.linkage import (
    IDENTITIES_SCHEMA,
    REASONS,
    RECORDS_SCHEMA,
    REVIEW_SCHEMA,
    Linkage,
    link,
    link_mentors,
)
from mentorat.identity.pseudonyms import pseudonymise
from mentorat.identity.secret_key import Key
from mentorat.intake.answers import answer_folder, neutral, publish, workbook_stems, write_accuse, write_anomalies
from mentorat.intake.journal import (
    ACCEPTED,
    ANOMALIES_SCHEMA,
    JOURNAL_SCHEMA,
    REFUSED,
    WITHDRAWN,
    Deposited,
    anomalies_frame,
    copies_known,
    deposited_files,
    journal_frame,
    journal_path,
    read_journal,
    shaped,
    turned_away,
)
from mentorat.intake.mapping import is_mapping
from mentorat.intake.protected import password_of
from mentorat.intake.reading import Refusal
from mentorat.intake.rows import FILE, LINE, replaced, typed
from mentorat.intake.screening import Batch, read_mapping, screen, tally, territories
from mentorat.lake import read_parquet, write_parquet, written_aside
from mentorat.settings import CAMPAGNES, Settings

if TYPE_CHECKING:
    from mentorat.intake.mapping import Mapping as Questionnaire

__all__ = [
    "ACCEPTED",
    "ANOMALIES_SCHEMA",
    "JOURNAL_SCHEMA",
    "REFUSED",
    "WITHDRAWN",
    "Reception",
    "identities",
    "journal_path",
    "receive",
    "store",
    "store_identities",
]

TOGETHER = 200_000
"""Rows of a source judged together: enough for speed, few enough for memory."""
RECORDS = "rapprochement"
RECORDS_STORED = RECORDS_SCHEMA.append(pa.field("campagne", pa.int64()))
MENTORS_SCHEMA = pa.schema([(name, pa.string()) for name in ("id_mentor", "id_personne", "passe")])
COPY = "Déjà reçu : même contenu qu'un autre fichier du dépôt."
ORPHAN = (
    "Le premier fichier de ce contenu n'est plus dans le dépôt : ses lignes ne comptent plus. "
    "Si elles doivent compter, déposez ce fichier sous un autre nom."
)


class Tables(Mapping[str, pd.DataFrame]):
    """The stored rows of one store by source, read when asked for (schemas `arrow_schema`, `pilotage_schema`)."""

    def __init__(self, folder: Path, sources: list[str], campagne: int) -> None:
        self.folder, self.sources, self.campagne = folder, sources, campagne

    def __getitem__(self, source: str) -> pd.DataFrame:
        if source not in self.sources:
            raise KeyError(source)
        return read_parquet(self.folder / source / f"{self.campagne}.parquet")

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)


@dataclass
class Reception:
    """What a campagne's dépôt gave.

    `journal`: one row a file; `anomalies`: one row a fault, never a value; `lignes`: rows of the étude store by
    source, every source present; `cles`: identifier of the key of each store. The rows and answers themselves stand
    in `racine` (laid out as the lake) and `reponses` until `store` puts them in their place.
    """

    campagne: int
    journal: pd.DataFrame
    anomalies: pd.DataFrame
    lignes: dict[str, int]
    cles: dict[str, str]
    racine: Path
    reponses: Path

    @property
    def lignes_acceptees(self) -> int:
        """Accepted rows of the files of the dépôt."""
        return int(self.journal.loc[self.journal["statut"] == ACCEPTED, "lignes_acceptees"].sum())

    @property
    def etude(self) -> Tables:
        """The rows of the étude store."""
        return Tables(self.racine / "etude", sorted(contracts()), self.campagne)

    @property
    def pilotage(self) -> Tables:
        """The rows of the pilotage store."""
        sources = sorted(name for name, spoken in contracts().items() if spoken.pilotage)
        return Tables(self.racine / "pilotage", sources, self.campagne)


# --- level 2 --------------------------------------------------------------------------------------


YOUNG = [name for name in RECORDS_SCHEMA.names if name.startswith("id_jeune") and not name.endswith("_etude")]


def _rehash(frame: pd.DataFrame, columns: list[Column], key: Key) -> pd.DataFrame:
    """Level-2 pseudonyms in place of what `columns` hold (those that are identities or references)."""
    hashed = {
        column.nom: pseudonymise(
            frame[column.nom], key, column.domaine, frame[column.portee] if column.portee else None
        )
        for column in columns
        if column.domaine is not None
    }
    return frame.assign(**hashed)


def _pilotage_columns(spoken: Contract) -> list[Column]:
    """What is hashed for the pilotage store: identities, the sender's references staying plain; of a source that is
    not kept there, the pseudonyms that linkage compares.
    """
    if spoken.pilotage:
        return [column for column in spoken.colonnes if column.sensibilite != "reference"]
    return [column for column in spoken.colonnes if column.nom in YOUNG]


def _records(values: pd.DataFrame, etude: pd.DataFrame, pilotage: pd.DataFrame, source: str) -> pd.DataFrame:
    """What linkage reads of a source that names young people: distinct rows of `RECORDS_STORED`.

    `values` are the rows before level 2, for the plain `id_dossier`; the identities come from the two stores.
    """
    out = pd.DataFrame({"source": source, "emetteur": etude["depose_par"]}, index=values.index)
    for name in RECORDS_STORED.names:
        if name in out:
            continue
        if name.endswith("_etude"):
            held: pd.Series | None = etude.get(name.removesuffix("_etude"))
        elif name.startswith("id_jeune"):
            held = pilotage.get(name)
        elif name == "campagne":
            held = etude["campagne"]
        else:
            held = values.get(name)
        out[name] = pd.Series(pd.NA, index=values.index, dtype="object") if held is None else held
    if "type_accueil" in values:
        out["mna"] = out["mna"].mask(values["type_accueil"] == "dispositif_mna", True)
    named: pd.DataFrame = out.loc[out["id_jeune"].notna(), RECORDS_STORED.names]
    return named.drop_duplicates()


# --- what is written aside ------------------------------------------------------------------------


def _written(frame: pd.DataFrame, schema: pa.Schema, writer: pq.ParquetWriter) -> None:
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    writer.write_table(table.replace_schema_metadata(None))


@dataclass
class Aside:
    """Parquet files being written, `<store>/<source>/<campagne>.parquet` under `root`, row group by row group."""

    root: Path
    campagne: int
    writers: dict[tuple[str, str], pq.ParquetWriter] = field(default_factory=dict)
    rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, store: str, source: str, schema: pa.Schema, frame: pd.DataFrame | None = None) -> None:
        """Append the rows of `frame` (none: the file is there, and empty)."""
        place = (store, source)
        if place not in self.writers:
            path = self.root / store / source / f"{self.campagne}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self.writers[place] = pq.ParquetWriter(path, schema, compression="zstd")
            self.rows[place] = 0
        if frame is not None and len(frame):
            _written(frame, schema, self.writers[place])
            self.rows[place] += len(frame)

    def close(self) -> None:
        """Finish every file."""
        for writer in self.writers.values():
            writer.close()


# --- the campagne ---------------------------------------------------------------------------------


@dataclass
class Run:
    """One reception under way: the files in their order, and what is known of them so far."""

    settings: Settings
    campagne: int
    keys: Keys
    files: list[Deposited]
    copies: dict[tuple[str, str], str | None]
    aside: Aside
    answers: Path
    say: Callable[[str], None]
    worker: Executor
    pending: "Future[None] | None" = None
    counted: dict[str, Deposited] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)
    faults: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.emetteurs = [file.emetteur for file in self.files]
        self.territories = territories(self.emetteurs)
        self.known = set(reference.load("emetteurs")["emetteur"])
        self.stems = workbook_stems([file for file in self.files if file.outcome.statut != WITHDRAWN])

    # -- files --

    def take(self, members: list[int]) -> None:
        """Screen the files of senders that must be looked at together, in order of reception; then judge what is
        gathered, where it is enough.
        """
        questionnaires = self._questionnaires(members)
        for number in members:
            file = self.files[number]
            self.say(file.chemin)
            self._screen(number, questionnaires.get(file.emetteur, []))
        for source in [name for name, batch in self.batches.items() if batch.rows >= TOGETHER]:
            self.hand_over(source)

    def _questionnaires(self, members: list[int]) -> "dict[str, list[Questionnaire]]":
        found: dict[str, list[Questionnaire]] = {}
        for file in (self.files[number] for number in members):
            if file.path and is_mapping(file.path) and not file.identifiant:
                mapping = read_mapping(file.path)
                if not isinstance(mapping, Refusal):
                    found.setdefault(file.emetteur, []).append(mapping)
        return found

    def _screen(self, number: int, questionnaires: "list[Questionnaire]") -> None:
        file = self.files[number]
        outcome = file.outcome
        if file.path is None:
            return
        if not file.emetteur:
            outcome.refuse(
                "hors_dossier",
                "Le fichier n'est pas dans le dossier d'un émetteur.",
                "Déposez-le dans depot/<campagne>/<emetteur>/.",
            )
            return
        if file.emetteur not in self.known:
            outcome.motifs.append("Émetteur absent de la liste de référence : vérifiez le nom du dossier.")
        first, place = self.counted.get(file.sha256), (file.chemin, file.sha256)
        if not file.identifiant and (first or place in self.copies):
            # a copy keeps its first answer, even once the file it repeats has changed
            outcome.source = first.outcome.source if first else self.copies[place]
            outcome.deja_recu = True
            outcome.accept_nothing(COPY)
            return
        password = password_of(file.emetteur, self.settings)
        screened = screen(file.path, outcome, password, questionnaires, file.identifiant)
        if screened is None:
            return
        self.counted[file.sha256] = file
        self.batches.setdefault(screened.contract.nom, Batch(screened.contract)).add(number, screened)

    # -- rows --

    def hand_over(self, source: str) -> None:
        """Have what is gathered of one source judged while the next files are read; one batch at a time, so that
        memory stays bounded and rows in their order.
        """
        batch = self.batches.pop(source)
        if self.pending:
            self.pending.result()
        self.pending = self.worker.submit(self.judge, batch)

    def judge(self, batch: Batch) -> None:
        """Judge, count, answer and write the rows of one source."""
        judged = batch.judge(self.territories, self.campagne)
        accepted = judged.frame.loc[judged.acceptee]
        replacing = replaced(accepted, batch.contract, self.emetteurs, range(len(self.files)))
        tally([file.outcome for file in self.files], batch, judged, self.territories, replacing)
        if len(judged.faults):
            for number, rows in batch.faulty(judged.faults).items():
                file = self.files[number]
                entry = file.outcome.entry(file.fichier, file.sha256)
                write_anomalies(self._folder(file), self.stems[file.chemin], entry, [], rows)
            told = judged.faults.rename(columns={LINE: "ligne"})
            told["chemin"] = [self.files[int(number)].chemin for number in told[FILE]]
            self.faults.append(told[["chemin", "ligne", "colonne", "regle", "motif", "remede"]])
        batch.tables.clear()
        self._write(accepted.loc[replacing.isna()], batch.contract)

    def _write(self, rows: pd.DataFrame, spoken: Contract) -> None:
        """Both level-2 pseudonyms of the accepted rows that stay, and nothing else, reach the disk."""
        source = spoken.nom
        values = typed(rows, spoken)
        etude = _rehash(values, spoken.colonnes, self.keys.etude)
        etude["campagne"] = np.full(len(etude), self.campagne, dtype=np.int64)
        etude["depose_par"] = pd.Series([self.emetteurs[i] for i in rows[FILE]], index=etude.index, dtype="str")
        self.aside.add("etude", source, arrow_schema(source), etude)
        if not spoken.pilotage and "id_jeune" not in spoken.noms:
            return
        pilotage = _rehash(values, _pilotage_columns(spoken), self.keys.pilotage)
        if "id_jeune" in spoken.noms:
            self.aside.add("pilotage", RECORDS, RECORDS_STORED, _records(values, etude, pilotage, source))
        if spoken.pilotage:
            schema = pilotage_schema(source)
            both = {name: etude[name.removesuffix("_etude")] for name in schema.names if name.endswith("_etude")}
            pilotage = pilotage.assign(campagne=etude["campagne"], depose_par=etude["depose_par"], **both)
            self.aside.add("pilotage", source, schema, pilotage)

    # -- the end --

    def finish(self) -> None:
        """Judge what is left, open the file of every source, and answer every sender."""
        for source in sorted(self.batches):
            self.hand_over(source)
        if self.pending:
            self.pending.result()
        for source, spoken in contracts().items():
            self.aside.add("etude", source, arrow_schema(source))
            if spoken.pilotage:
                self.aside.add("pilotage", source, pilotage_schema(source))
        self.aside.add("pilotage", RECORDS, RECORDS_STORED)
        by_sender: dict[str, list[Deposited]] = {}
        for file in self.files:
            outcome = file.outcome
            if outcome.deja_recu and file.sha256 not in self.counted:
                outcome.motifs.append(ORPHAN)
            if outcome.statut != WITHDRAWN:
                by_sender.setdefault(file.emetteur, []).append(file)
            if outcome.faults and outcome.statut == REFUSED:
                entry = outcome.entry(file.fichier, file.sha256)
                write_anomalies(self._folder(file), self.stems[file.chemin], entry, outcome.faults, None)
        for mine in by_sender.values():
            write_accuse(self._folder(mine[0]), self.campagne, mine, self.stems)

    def _folder(self, file: Deposited) -> Path:
        return self.answers / answer_folder(file.emetteur)


def _together(files: list[Deposited]) -> list[list[int]]:
    """The files in groups of senders, each in order of reception: senders that hold the same content are of one
    group, so that the first of two copies is always looked at first; so is a sender's whole history of a key.
    """
    group = {file.emetteur: file.emetteur for file in files}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    first: dict[str, str] = {}
    for file in files:
        low, high = sorted((root(first.setdefault(file.sha256, file.emetteur)), root(file.emetteur)))
        group[high] = low
    members: dict[str, list[int]] = {}
    for number, file in enumerate(files):
        members.setdefault(root(file.emetteur), []).append(number)
    return [members[name] for name in sorted(members)]


def _with_turned_away(files: list[Deposited], refused: list[Deposited]) -> list[Deposited]:
    """The files of the dépôt and those refused before it. Of these, what a later file of the same name replaced is in
    the journal only; what came after the file of its name is told beside it.
    """
    present = {(file.chemin, file.sha256) for file in files}
    arrived = {file.chemin: pd.Timestamp(file.mtime, unit="ns", tz="UTC") for file in files}
    kept: list[Deposited] = []
    for file in sorted(refused, key=lambda one: one.recu_le, reverse=True):
        if (file.chemin, file.sha256) in present:
            continue
        present.add((file.chemin, file.sha256))
        if file.chemin in arrived and arrived[file.chemin] < file.recu_le:
            file.fichier += f" (refusé à l'entrée le {file.recu_le.date().isoformat()})"
        if file.chemin in arrived:
            file.outcome.statut = WITHDRAWN
            file.outcome.motifs.insert(0, "Fichier remplacé depuis sa réception.")
        arrived.setdefault(file.chemin, file.recu_le)
        kept.append(file)
    return [*files, *reversed(kept)]


def receive(
    settings: Settings,
    campagne: int,
    keys: Keys,
    previous_journal: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> Reception:
    """Receive every file of the campagne's dépôt by the counting rules of the contracts.

    `previous_journal` (by default the one in the lake) gives first receptions; `progress` is told each path. A
    fault in a file is an answer, never an exception. Rows and answers are written aside: `store` puts them in
    their place. Raises UsageError when other campagnes are stored under another key.
    """
    check_recorded(settings, campagne, keys.identifiants)
    if previous_journal is None:
        previous_journal = read_journal(settings, campagne)
    elif len(previous_journal):
        previous_journal = shaped(previous_journal, JOURNAL_SCHEMA)
    root = settings.lake / f".reception_{campagne}"
    answers = settings.retours(campagne).with_name(f".{campagne}.en_cours")
    _clear(root, answers)
    files = _with_turned_away(
        deposited_files(settings.depot(campagne), previous_journal), turned_away(settings, campagne)
    )
    aside = Aside(root, campagne)
    say = progress or (lambda _: None)
    try:
        with ThreadPoolExecutor(max_workers=1) as worker:
            run = Run(settings, campagne, keys, files, copies_known(previous_journal), aside, answers, say, worker)
            for members in _together(files):
                run.take(members)
            run.finish()
        aside.close()
    except BaseException:
        aside.close()
        _clear(root, answers)
        raise
    return Reception(
        campagne,
        journal_frame(files, campagne, previous_journal),
        anomalies_frame(files, run.faults, campagne),
        {source: aside.rows[("etude", source)] for source in contracts()},
        keys.identifiants,
        root,
        answers,
    )


def _clear(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def store(reception: Reception, settings: Settings, campagne: int) -> None:
    """Put a reception in its place: raw Parquet of both stores, journal, anomalies, each sender's answer under
    `retours/`, and the identifiers of the keys (never the keys) in `lake/cles.json`.
    """
    record(settings, campagne, reception.cles)
    for path in sorted(reception.racine.rglob("*.parquet")):
        target = settings.lake / path.relative_to(reception.racine)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    write_parquet(reception.anomalies, settings.lake / "anomalies" / f"{campagne}.parquet", ANOMALIES_SCHEMA)
    publish(reception.reponses, settings.retours(campagne))
    _clear(reception.racine, reception.reponses)
    reception.racine, reception.reponses = settings.lake, settings.retours(campagne)
    # last: a run stopped before this line receives the same files again, with the same answers
    write_parquet(reception.journal, journal_path(settings, campagne), JOURNAL_SCHEMA)


# --- persons --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Persons:
    """Who is who up to a campagne: `jeunes` as linkage gives it, `mentors` (id_mentor, id_personne, passe)."""

    jeunes: Linkage
    mentors: pd.DataFrame


def _stored(settings: Settings, store: str, source: str, campagne: int, columns: list[str]) -> pd.DataFrame:
    """The rows of every campagne up to this one, of the columns named that are there."""
    folder = settings.lake / store / source
    parts = [
        pd.read_parquet(path, columns=columns, dtype_backend="numpy_nullable")
        for year in CAMPAGNES
        if year <= campagne and (path := folder / f"{year}.parquet").exists()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def identities(settings: Settings, campagne: int) -> Persons:
    """The persons known up to a campagne, from what is stored: linkage on the pilotage store, chains of mentors."""
    records = _stored(settings, "pilotage", RECORDS, campagne, RECORDS_STORED.names)
    names = {"id_mentor": "id_mentor_etude", "id_mentor_ant": "id_mentor_ant_etude"}
    mentors = [
        _stored(settings, "etude", source, campagne, [name for name in names if name in spoken.noms]).drop_duplicates()
        for source, spoken in contracts().items()
        if "id_mentor" in spoken.noms
    ]
    chains = pd.concat(mentors, ignore_index=True).reindex(columns=list(names)).drop_duplicates()
    return Persons(link(records), link_mentors(chains.rename(columns=names)))


def store_identities(persons: Persons, settings: Settings, campagne: int) -> None:
    """Write the persons to the étude store, and what a human must look at to the pilotage store, for programs and as a
    table that a spreadsheet opens.
    """
    write_parquet(
        persons.jeunes.identites, settings.lake / "etude" / "identites" / f"{campagne}.parquet", IDENTITIES_SCHEMA
    )
    write_parquet(
        persons.mentors, settings.lake / "etude" / "identites_mentors" / f"{campagne}.parquet", MENTORS_SCHEMA
    )
    review = settings.lake / "pilotage" / "revue" / f"{campagne}.parquet"
    write_parquet(persons.jeunes.revue, review, REVIEW_SCHEMA)
    told = persons.jeunes.revue.assign(motif=persons.jeunes.revue["motif"].map(REASONS))
    with written_aside(review.with_suffix(".csv")) as aside:
        # references are a sender's text
        told.map(neutral, na_action="ignore").to_csv(aside, sep=";", index=False, encoding="utf-8-sig")
