"""One file, from its bytes to judged rows: what a sender's own check and a whole reception have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mentorat import reference
from mentorat.contracts.sources import Contract, contract, contracts
from mentorat.intake.identifiers import LINES_NAMED, PSEUDONYM, Finding, direct_identifiers, identifier_in, in_words
from mentorat.intake.journal import ACCEPTED, Outcome
from mentorat.intake.mapping import SIZE_LIMIT, is_mapping, load_mapping
from mentorat.intake.reading import RawTable, Refusal, read_table
from mentorat.intake.recognition import Recognition, doubled_in_words, place, recognise
from mentorat.intake.rows import FILE, LINE, ROW, Judged, Origin, foreign_rows, judge

if TYPE_CHECKING:
    from mentorat.intake.mapping import Mapping

LONGEST_CELL = 100_000
"""Characters of a cell: a spreadsheet stops at 32 767, and identifiers are looked for in all of it."""
PLACES_NAMED = 10
REMOVE = "Demandez à l'exploitant de retirer ce fichier du dépôt ; rien de son contenu n'a été gardé."


@dataclass(frozen=True)
class Screened:
    """A file that was read, holds nothing forbidden, and whose source is known."""

    raw: RawTable
    found: Recognition
    contract: Contract


# --- the whole file -------------------------------------------------------------------------------


def screen(
    path: Path,
    outcome: Outcome,
    password: str | None = None,
    mappings: "Sequence[Mapping]" = (),
    identifiant: str | None = None,
) -> Screened | None:
    """Read, recognise and screen one file; None when no row of it will count, and `outcome` says why.

    `identifiant`: what direct identifier the file's own name holds. `mappings`: the sender's questionnaires.
    """
    if identifiant:
        outcome.refuse(
            "nom_de_fichier",
            f"Le nom du fichier porte une information interdite : {identifiant}.",
            f"Renommez le fichier sans cette information, puis déposez-le de nouveau. {REMOVE}",
        )
        return None
    if is_mapping(path):
        _take_mapping(path, outcome)
        return None
    raw = read_table(path, password)
    if isinstance(raw, Refusal):
        outcome.refuse("illisible", raw.motif, raw.remede)
        return None
    outcome.ignorees = raw.ignored
    if (
        endless := next((at for at, cells in enumerate(raw.columns) if _longest(cells) > LONGEST_CELL), None)
    ) is not None:
        outcome.refuse(
            "illisible",
            f"Une cellule contient plus de {LONGEST_CELL} caractères ({place(endless)}) : ce n'est pas une donnée.",
            "Vérifiez l'export et ses guillemets, puis déposez le fichier de nouveau.",
            place(endless),
            raw.rows,
        )
        return None
    mapping = next((one for one in mappings if one.fits(raw.headers)), None)
    if mapping is not None:
        raw = mapping.apply(raw)
        outcome.motifs.append("Colonnes lues selon la table de correspondance déposée.")
    found = recognise(raw.headers, path, raw.columns)
    spoken = contracts()[found.source] if found.source else None
    outcome.source = found.source
    if findings := direct_identifiers(raw, found.colonnes, spoken):
        _refuse_identified(outcome, findings, raw.rows)
    elif found.en_double:
        names = ", ".join(name for name, _, _ in found.en_double)
        outcome.refuse("colonne_en_double", *doubled_in_words(found), names, raw.rows)
    elif spoken is None:
        _refuse_unknown(outcome, found, raw.rows)
    if outcome.faults or spoken is None:
        return None
    outcome.statut, outcome.recues = ACCEPTED, raw.rows
    outcome.motifs += raw.notes
    _tell_columns(outcome, spoken, raw, found)
    return Screened(raw, found, spoken)


def _longest(cells: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.max(pc.utf8_length(cells)).as_py() or 0)


def read_mapping(path: Path) -> "Mapping | Refusal":
    """The mapping of a file that holds no direct identifier, comments included; a `Refusal` otherwise."""
    mapping = load_mapping(path)
    if path.stat().st_size > SIZE_LIMIT:
        return mapping
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    found = [Finding(what, "", (at,)) for at, line in enumerate(lines, 1) if (what := identifier_in(line))]
    if not found:
        return mapping
    told = " ; ".join(f"{finding.quoi} (ligne {finding.lignes[0]})" for finding in found[:LINES_NAMED])
    return Refusal(
        f"La table de correspondance porte des informations interdites : {told}.",
        f"Retirez-les, puis déposez-la de nouveau. {REMOVE}",
    )


def _take_mapping(path: Path, outcome: Outcome) -> None:
    mapping = read_mapping(path)
    if isinstance(mapping, Refusal):
        outcome.refuse("correspondance", mapping.motif, mapping.remede)
    else:
        outcome.accept_nothing("Table de correspondance lue : elle sert à lire les questionnaires de ce dossier.")


def _refuse_identified(outcome: Outcome, findings: list[Finding], rows: int) -> None:
    told = outcome.motifs
    named = " ; ".join(in_words(finding) for finding in findings)
    for finding in findings:
        outcome.refuse(
            "identifiant_direct",
            f"Information interdite : {in_words(finding)}.",
            f"Retirez-la, puis déposez un nouveau fichier. {REMOVE}",
            finding.colonne,
            rows,
        )
    own = {fault.motif for fault in outcome.faults}
    outcome.motifs = [motif for motif in told if motif not in own]
    outcome.motifs.append(f"Le fichier porte des informations interdites : {named}.")


def _refuse_unknown(outcome: Outcome, found: Recognition, rows: int) -> None:
    motif = "Aucune source n'est reconnue d'après les colonnes."
    if found.proche:
        near = contract(found.proche)
        motif += f" La plus proche est « {near.titre} », où manque : {', '.join(found.manquantes)}."
    outcome.refuse(
        "source_inconnue",
        motif,
        "Comparez les en-têtes au modèle de la source, puis déposez le fichier de nouveau.",
        ", ".join(found.manquantes),
        rows,
    )


def _tell_columns(outcome: Outcome, spoken: Contract, raw: RawTable, found: Recognition) -> None:
    """Which columns are there, which expected ones are not, and which are read but not stored (by place: a header no
    contract declares is the sender's own word).
    """
    stored = set(spoken.noms)
    present = set(found.colonnes.values())
    outcome.colonnes = [name for name in spoken.noms if name in present]
    absent = [column.nom for column in spoken.colonnes if column.obligatoire and column.nom not in present]
    if absent:
        outcome.motifs.append(f"Colonnes attendues absentes : {', '.join(absent)}.")
    unread = [i for i in range(len(raw.headers)) if raw.headers[i] and found.colonnes.get(i) not in stored]
    if len(unread) > PLACES_NAMED:
        outcome.motifs.append(f"{len(unread)} colonnes lues mais non conservées.")
    elif unread:
        outcome.motifs.append(f"Lu mais non conservé : {', '.join(place(i) for i in unread)}.")


def _empty_cells(judged: Judged, spoken: Contract, size: int) -> dict[str, np.ndarray]:
    """Accepted rows whose expected column is empty, by column (one count a file): kept, but they say less."""
    numbers = judged.frame[FILE].to_numpy(dtype=np.int64)
    expected = [c.nom for c in spoken.colonnes if c.obligatoire and c.nom not in spoken.cle_obligatoire]
    return {
        name: np.bincount(numbers[judged.acceptee & judged.frame[name].isna().to_numpy()], minlength=size)
        for name in expected
    }


# --- its rows -------------------------------------------------------------------------------------


@dataclass
class Batch:
    """The raw rows of one source, of one file or of many, in the order they were added.

    `headers`: by file number, canonical column → header as the sender wrote it.
    """

    contract: Contract
    files: list[int] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)
    headers: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows gathered so far."""
        return sum(table.num_rows for table in self.tables)

    def add(self, number: int, screened: Screened) -> None:
        """Take in the stored columns of one file."""
        stored = set(self.contract.noms)
        places = {name: place for place, name in screened.found.colonnes.items() if name in stored}
        self.files.append(number)
        self.tables.append(pa.table({name: screened.raw.columns[place] for name, place in places.items()}))
        self.lines.append(screened.raw.lines)
        self.headers[number] = {name: screened.raw.headers[place] for name, place in places.items()}

    def judge(self, territories: Sequence[str | None], campagne: int | None) -> Judged:
        """Judge the rows of all files at once; `territories` are the senders' codes, by file number."""
        cells = pa.concat_tables(self.tables, promote_options="default")
        files = np.repeat(np.array(self.files, dtype=np.int64), [len(lines) for lines in self.lines])
        return judge(self.contract, cells, Origin(files, np.concatenate(self.lines), territories), campagne)

    def faulty(self, faults: pd.DataFrame) -> "dict[int, FaultyRows]":
        """The rows set aside, by file number, as the sender wrote them."""
        starts = np.cumsum([0, *(table.num_rows for table in self.tables)])
        found = {}
        for position, number in enumerate(self.files):
            mine = faults.loc[faults[FILE] == number]
            if len(mine):
                rows = (mine[ROW] - starts[position]).to_numpy()
                found[number] = FaultyRows.of(self.contract, self.headers[number], self.tables[position], mine, rows)
        return found


@dataclass(frozen=True)
class FaultyRows:
    """The rows of one file that are set aside (n rows), for their sender alone.

    `headers`: canonical column → header as written; `cells`: the raw text (n rows, canonical columns);
    `lines`: the sender's own line numbers; `wrong`: by row, the canonical columns at fault; `motifs`,
    `remedes`: by row, every sentence. `counts`: rows by motif, most frequent first.
    """

    headers: dict[str, str]
    cells: pa.Table
    lines: list[int]
    wrong: list[set[str]]
    motifs: list[list[str]]
    remedes: list[list[str]]
    counts: dict[str, int]

    @classmethod
    def of(
        cls, spoken: Contract, headers: dict[str, str], table: pa.Table, faults: pd.DataFrame, rows: np.ndarray
    ) -> "FaultyRows":
        """Gather the faults (one row a fault, `rows` their positions in `table`) by row of the file."""
        kept, inverse = np.unique(rows, return_inverse=True)
        wrong: list[set[str]] = [set() for _ in kept]
        motifs: list[list[str]] = [[] for _ in kept]
        remedes: list[list[str]] = [[] for _ in kept]
        lines = [0] * len(kept)
        told = zip(inverse, faults[LINE], faults["colonne"], faults["motif"], faults["remede"], strict=True)
        for row, line, column, motif, remede in told:
            lines[row] = int(line)
            wrong[row] |= set(str(column).split(", "))
            motifs[row].append(str(motif))
            if remede not in remedes[row]:
                remedes[row].append(str(remede))
        cells = _without_pseudonyms(spoken, table.take(pa.array(kept)))
        return cls(headers, cells, lines, wrong, motifs, remedes, by_motif(faults))


def _without_pseudonyms(spoken: Contract, cells: pa.Table) -> pa.Table:
    """Level-1 pseudonyms are stored nowhere, answers included: the line number tells the sender which it was. A cell
    shaped as one may have slipped into the next column.
    """
    for position, name in enumerate(cells.column_names):
        column = spoken.colonne(name)
        if column.type != "pseudonyme":
            masked = pc.replace_substring_regex(cells[name], PSEUDONYM, "(pseudonyme)")
            cells = cells.set_column(position, name, masked)
        else:
            shown = [
                ""
                if not cell
                else "(pseudonyme)"
                if len(cell.strip()) == column.longueur
                else f"(pseudonyme de {len(cell.strip())} caractères)"
                for cell in cells[name].to_pylist()
            ]
            cells = cells.set_column(position, name, pa.array(shown, pa.string()))
    return cells


def by_motif(faults: pd.DataFrame) -> dict[str, int]:
    """Rows by motif of one file's faults, most frequent first."""
    counted = faults.groupby("motif", sort=True)[LINE].nunique().sort_values(ascending=False, kind="stable")
    return {str(motif): int(n) for motif, n in counted.items()}


def tally(
    outcomes: Sequence[Outcome],
    batch: Batch,
    judged: Judged,
    territories: Sequence[str | None],
    replacing: pd.Series | None = None,
) -> None:
    """Write each file's counts and what its sender is told of its rows.

    `replacing` gives, for each accepted row, the file that replaces it (null when it stays).
    """
    numbers = judged.frame[FILE].to_numpy(dtype=np.int64)
    size = len(outcomes)
    accepted = np.bincount(numbers[judged.acceptee], minlength=size)
    aside = np.bincount(numbers[judged.ecartee], minlength=size)
    twice = np.bincount(numbers[judged.doublon], minlength=size)
    later = np.zeros(0, dtype=np.int64) if replacing is None else replacing.dropna().to_numpy(dtype=np.int64)
    replacements = np.bincount(later, minlength=size)
    foreign = foreign_rows(judged, batch.contract, territories)
    strangers = _unknown_associations(judged, batch.contract)
    empty = _empty_cells(judged, batch.contract, size)
    faults = dict(tuple(judged.faults.groupby(FILE))) if len(judged.faults) else {}
    for number in batch.files:
        outcome = outcomes[number]
        outcome.count(int(accepted[number]), int(aside[number]), int(twice[number]), int(replacements[number]))
        outcome.motifs += [
            *_told(
                int(twice[number]),
                "répète une ligne précédente : comptée une fois",
                "répètent des lignes précédentes : comptées une fois",
            ),
            *_told(
                int(foreign.get(number, 0)),
                "porte sur un autre territoire que celui de l'émetteur",
                "portent sur un autre territoire que celui de l'émetteur",
            ),
            *_told(
                int(strangers.get(number, 0)),
                "nomme une association absente de la liste de référence",
                "nomment une association absente de la liste de référence",
            ),
        ]
        for name, counts in empty.items():
            if name in outcome.colonnes:
                outcome.motifs += _told(int(counts[number]), f"acceptée sans « {name} »", f"acceptées sans « {name} »")
        if number in faults:
            outcome.motifs += [
                f"{n} ligne{'s' if n > 1 else ''} écartée{'s' if n > 1 else ''} : {motif}"
                for motif, n in by_motif(faults[number]).items()
            ]


def _told(n: int, one: str, several: str) -> list[str]:
    return [f"{n} ligne{'s' if n > 1 else ''} {several if n > 1 else one}."] if n else []


def _unknown_associations(judged: Judged, spoken: Contract) -> dict[int, int]:
    """Accepted rows, by file, whose association is not in the reference list: a warning, never a refusal."""
    if "association" not in spoken.noms or spoken.colonne("association").type != "association":
        return {}
    known = reference.load("emetteurs")
    codes = known.loc[known["type"] == "association", "code"]
    named = judged.frame.loc[judged.acceptee, ["association", FILE]].dropna()
    strangers = named.loc[~named["association"].isin(codes), FILE].value_counts()
    return dict(zip(strangers.index.astype(int).tolist(), strangers.tolist(), strict=True))


def territories(emetteurs: Sequence[str]) -> list[str | None]:
    """The territory code of each sender; None for who is not a collectivité."""
    known = reference.load("emetteurs")
    known = known.loc[known["type"] == "collectivite"]
    codes = dict(zip(known["emetteur"], known["code"], strict=True))
    return [codes.get(name) for name in emetteurs]
