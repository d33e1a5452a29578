"""The file-level part of the answer, before sending: offline, without any key, and nothing is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mentorat import reference
from mentorat.contracts.sources import contracts
from mentorat.french import counted
from mentorat.intake.journal import FAULT_NAMES, REFUSED, FileFault, Outcome, file_hash, name_shown, readable
from mentorat.intake.protected import PROTECTED, WRONG_PASSWORD
from mentorat.intake.screening import REMOVE, Batch, FaultyRows, Screened, screen, tally, territories
from mentorat.settings import CAMPAGNES

if TYPE_CHECKING:
    from mentorat.intake.mapping import Mapping

OTHER_FILES = [
    "si le même contenu a déjà été reçu dans un autre fichier",
    "si ses lignes remplacent celles d'un fichier déposé plus tôt",
    "les volumes et la complétude, comparés à la campagne précédente",
]
OTHER_SOURCES = {
    "binomes": [
        "si chaque jeune, dossier et mentor se retrouve dans les fichiers des autres émetteurs",
        "si chaque binôme tient dans la période de prise en charge, un seul à la fois par jeune et association",
    ],
    "dossiers_mentorat": ["si chaque dossier se retrouve dans les binômes des associations"],
    "seances": ["si chaque séance tient dans les dates de son binôme"],
    "seances_mois": ["si chaque mois de séances tient dans les dates de son binôme"],
    "controles_honorabilite": ["si chaque mentor contrôlé est connu de son association"],
    "mesures_ase": ["la suite des mesures d'une campagne à l'autre"],
    "passage": ["si chaque numéro se retrouve dans les mesures du département"],
    "conventions": ["l'accord entre la ligne du département et celle de l'association"],
    "remontee_agregee": ["l'accord avec les fichiers individuels"],
    "enquete_mentores": ["le taux de réponse, qui demande l'échantillon"],
    "enquete_non_mentores": ["le taux de réponse, qui demande l'échantillon"],
}
KEEP_IT = (
    "N'envoyez pas ce fichier tel quel : retirez cette information. Les noms, prénoms, dates de naissance et "
    "coordonnées, « mentorat pseudonymiser » les retire pour vous."
)
PASSWORDS = {
    PROTECTED.motif: (
        "Donnez le mot de passe dans la variable MENTORAT_MDP (sous Windows, dans la même fenêtre : "
        "set MENTORAT_MDP=votre-mot-de-passe), puis recommencez."
    ),
    WRONG_PASSWORD.motif: "Vérifiez le mot de passe donné dans la variable MENTORAT_MDP.",
}
"""What mends a password before sending, when it is the sender's own."""
NO_CAMPAGNE = "si chaque ligne appartient bien à la campagne (elle n'est pas connue : donnez --campagne)"
NO_SENDER = "ce qui dépend du territoire de l'émetteur (il n'est pas connu : donnez --emetteur)"


@dataclass(frozen=True)
class Verdict:
    """What a file's sender would be answered.

    `entry`: the file's entry of accuse.json; `anomalies`: one row a fault (ligne, null for the whole file,
    colonne, regle, motif, remede), never a value; `lignes`: the rows set aside as their sender wrote them,
    for the workbook (None when there is none); `fautes`: why the whole file is refused; `non_verifies`: what
    only the platform can check, in French. `emetteur`, `campagne`: for whom the file was judged, None where
    nothing told it.
    """

    entry: dict[str, Any]
    anomalies: pd.DataFrame
    non_verifies: list[str] = field(default_factory=list)
    lignes: FaultyRows | None = None
    fautes: tuple[FileFault, ...] = ()
    emetteur: str | None = None
    campagne: int | None = None

    @property
    def refuse(self) -> bool:
        """True when the whole file is refused."""
        return bool(self.entry["statut"] == "refusé")

    @property
    def propre(self) -> bool:
        """True when nothing is refused or set aside; exact duplicates alone are no anomaly."""
        return bool(self.entry["statut"] == "accepté")


def place_of(path: Path) -> tuple[int | None, str | None, str]:
    """(campagne, emetteur, path below the sender) that a path `…/<campagne>/<emetteur>/<file>` tells; the file's
    name alone and None where it doesn't look so.
    """
    parts = path.absolute().parts
    for index in range(len(parts) - 3, -1, -1):
        if re.fullmatch(r"\d{4}", parts[index]) and int(parts[index]) in CAMPAGNES:
            return int(parts[index]), parts[index + 1], "/".join(parts[index + 2 :])
    return None, None, path.name


def verify(
    path: Path,
    emetteur: str | None = None,
    campagne: int | None = None,
    password: str | None = None,
    mappings: "Sequence[Mapping]" = (),
) -> Verdict:
    """The answer to one file as far as it can be given without the others: same screening, same row rules.

    `emetteur` (slug) and `campagne` (year) default to what the path tells. Writes nothing, reads no key; a fault
    of the file is in the verdict, never an exception. Raises OSError when the file can't be opened at all.
    """
    told_campagne, told_emetteur, below = place_of(path)
    campagne, emetteur = campagne or told_campagne, emetteur or told_emetteur
    digest = file_hash(path)
    shown, held = name_shown(readable(below), digest)
    outcome = Outcome()
    screened = screen(path, outcome, password, mappings, held)
    faults, rows = _judge(outcome, screened, emetteur, campagne)
    outcome.faults = [_before_sending(fault) for fault in outcome.faults]
    whole = [(None, f.colonne, f.regle, f.motif, f.remede) for f in outcome.faults]
    anomalies = pd.concat([pd.DataFrame(whole, columns=FAULT_NAMES), faults], ignore_index=True)
    anomalies["ligne"] = anomalies["ligne"].astype("Int64")
    rows_count = outcome.statut != REFUSED and outcome.source is not None
    unchecked = _unchecked(outcome.source, emetteur, campagne) if rows_count else []
    entry = outcome.entry(shown, digest)
    return Verdict(entry, anomalies, unchecked, rows, tuple(outcome.faults), emetteur, campagne)


def _before_sending(fault: FileFault) -> FileFault:
    """The same fault, mended where the file still is: at its sender's."""
    if fault.regle == "identifiant_direct":
        return replace(fault, remede=KEEP_IT)
    return replace(fault, remede=PASSWORDS.get(fault.motif, fault.remede.removesuffix(REMOVE).strip()))


def _judge(
    outcome: Outcome, screened: Screened | None, emetteur: str | None, campagne: int | None
) -> tuple[pd.DataFrame, FaultyRows | None]:
    """(one row a fault, in the order of lines; the rows set aside) of a file that was not refused."""
    if screened is None:
        return pd.DataFrame(columns=FAULT_NAMES), None
    batch = Batch(screened.contract)
    batch.add(0, screened)
    where = territories([emetteur or ""])
    judged = batch.judge(where, campagne)
    tally([outcome], batch, judged, where)
    told = judged.faults.rename(columns={"_ligne": "ligne"})[FAULT_NAMES]
    return told.sort_values(["ligne", "colonne", "regle"], ignore_index=True), batch.faulty(judged.faults).get(0)


def _unchecked(source: str | None, emetteur: str | None, campagne: int | None) -> list[str]:
    unknown = [*([NO_CAMPAGNE] if campagne is None else []), *([NO_SENDER] if emetteur is None else [])]
    return [*unknown, *OTHER_FILES, *OTHER_SOURCES.get(source or "", [])]


# --- told to the sender ---------------------------------------------------------------------------

LINES_NAMED = 20


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """The verdict in French lines for a terminal: statut, counts, each kind of fault with its lines, column and
    remedy, what is worth knowing, and what can't be checked here.
    """
    entry = verdict.entry
    yield f"{entry['fichier']} : {entry['statut']}"
    if entry["source"] in contracts():
        yield f"  Source reconnue : {contracts()[entry['source']].titre}"
    yield from (f"  {line}" for line in (_judged_for(verdict), _counts(entry)) if line)
    yield from _fault_lines(verdict.anomalies)
    told = {str(motif) for motif in verdict.anomalies["motif"]}
    notes = [motif for motif in entry["motifs"] if not any(motif.endswith(one) for one in told)]
    if notes and not verdict.refuse:
        yield "  À noter :"
        yield from (f"  - {note}" for note in notes)
    if verdict.non_verifies:
        yield "  Ne peut pas être vérifié ici, et le sera à la réception :"
        yield from (f"  - {rule}" for rule in verdict.non_verifies)


def _judged_for(verdict: Verdict) -> str:
    """For whom the file was judged: a path that looks like a dépôt may have told it wrong."""
    if verdict.refuse:
        return ""
    told = []
    if verdict.emetteur is not None:
        known = reference.load("emetteurs").set_index("emetteur")["libelle"]
        # a folder that is no sender of ours may be named after anyone: its name is not repeated
        told.append(
            f"{verdict.emetteur} ({known[verdict.emetteur]})"
            if verdict.emetteur in known.index
            else "un émetteur absent de la liste de référence (vérifiez --emetteur ou le nom du dossier)"
        )
    if verdict.campagne is not None:
        told.append(f"campagne {verdict.campagne}")
    return f"Contrôlé pour : {', '.join(told)}" if told else ""


def _counts(entry: dict[str, Any]) -> str:
    """« 17 lignes reçues : 4 acceptées, 12 écartées, 1 doublon exact ; 2 lignes ignorées (titre, vide, total) »."""
    received, ignored = entry["lignes_recues"], entry["lignes_ignorees"] or 0
    beside = f"{counted(ignored, 'ligne ignorée')} (titre, vide, total)" if ignored else ""
    if received is None or entry["source"] is None:
        return ""
    if received == 0:
        return " ; ".join(part for part in ("Aucune ligne de données sous les en-têtes", beside) if part)
    parts = [
        counted(entry[key] or 0, word)
        for key, word in (
            ("lignes_acceptees", "acceptée"),
            ("lignes_ecartees", "écartée"),
            ("doublons_exacts", "doublon exact"),
        )
        if entry[key] or key == "lignes_acceptees"
    ]
    return " ; ".join(part for part in (f"{counted(received, 'ligne reçue')} : {', '.join(parts)}", beside) if part)


def _fault_lines(anomalies: pd.DataFrame) -> Iterator[str]:
    """Each kind of fault: where, what, how to mend it; the remedy of a whole file is said once for all its faults."""
    placed = anomalies.fillna({"colonne": ""})
    kinds = list(placed.groupby(["regle", "colonne", "motif", "remede"], sort=False)["ligne"])
    for place, ((rule, column, motif, remede), lines) in enumerate(kinds, start=1):
        where = ", ".join(part for part in (_named(lines), _columns(str(column))) if part)
        yield f"  - {where or 'Fichier entier'} : {motif}"
        following = kinds[place][0] if place < len(kinds) else ("", "", "", "")
        if lines.notna().any() or (rule, remede) != (following[0], following[3]):
            yield f"    Remède : {remede}"


def _columns(told: str) -> str:
    """« colonne statut », « colonnes departement, id_dossier »; a place that is no canonical name as it stands."""
    names = [name for name in told.split(", ") if name]
    if not names or not re.fullmatch(r"\w+", names[0]):
        return told
    return f"colonne{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _named(lines: pd.Series) -> str:
    """« ligne 4 », « lignes 4, 9 et 12 autres »; empty for the whole file."""
    known = sorted({int(line) for line in lines.dropna()})
    if not known:
        return ""
    more = len(known) - LINES_NAMED
    named = ", ".join(str(line) for line in known[:LINES_NAMED])
    return f"ligne{'s' if len(known) > 1 else ''} {named}" + (f" et {counted(more, 'autre')}" if more > 0 else "")
