"""The file-level part of the answer, before sending: offline, without any key, and nothing is written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mentorat.contracts.sources import contracts
from mentorat.intake.journal import FAULT_NAMES, REFUSED, FileFault, Outcome, file_hash, name_shown, readable
from mentorat.intake.screening import Batch, FaultyRows, Screened, screen, tally, territories
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
NO_CAMPAGNE = "si chaque ligne appartient bien à la campagne (elle n'est pas connue : donnez --campagne)"
NO_SENDER = "ce qui dépend du territoire de l'émetteur (il n'est pas connu : donnez --emetteur)"


@dataclass(frozen=True)
class Verdict:
    """What a file's sender would be answered.

    `entry`: the file's entry of accuse.json; `anomalies`: one row a fault (ligne, null for the whole file,
    colonne, regle, motif, remede), never a value; `lignes`: the rows set aside as their sender wrote them,
    for the workbook (None when there is none); `fautes`: why the whole file is refused; `non_verifies`: what
    only the platform can check, in French.
    """

    entry: dict[str, Any]
    anomalies: pd.DataFrame
    non_verifies: list[str] = field(default_factory=list)
    lignes: FaultyRows | None = None
    fautes: tuple[FileFault, ...] = ()

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
    whole = [(None, f.colonne, f.regle, f.motif, f.remede) for f in outcome.faults]
    anomalies = pd.concat([pd.DataFrame(whole, columns=FAULT_NAMES), faults], ignore_index=True)
    anomalies["ligne"] = anomalies["ligne"].astype("Int64")
    unchecked = [] if outcome.statut == REFUSED else _unchecked(outcome.source, emetteur, campagne)
    return Verdict(outcome.entry(shown, digest), anomalies, unchecked, rows, tuple(outcome.faults))


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
    titre = contracts()[entry["source"]].titre if entry["source"] in contracts() else "source non reconnue"
    yield f"{entry['fichier']} : {entry['statut']} ({titre})"
    if entry["lignes_recues"] is not None:
        yield "  " + ", ".join(
            f"{_counted(entry[key] or 0, word)}"
            for key, word in (
                ("lignes_recues", "reçue"),
                ("lignes_acceptees", "acceptée"),
                ("lignes_ecartees", "écartée"),
                ("doublons_exacts", "en double"),
                ("lignes_ignorees", "ignorée (titre, vide, total)"),
            )
        )
    kinds = verdict.anomalies.groupby(["regle", "colonne", "motif", "remede"], sort=False, dropna=False)["ligne"]
    for (_, column, motif, remede), lines in kinds:
        where = ", ".join(part for part in (_named(lines), f"colonne {column}" if column else "") if part)
        yield f"  - {where or 'Fichier entier'} : {motif}"
        yield f"    Remède : {remede}"
    told = {str(motif) for motif in verdict.anomalies["motif"]}
    notes = [motif for motif in entry["motifs"] if not any(motif.endswith(one) for one in told)]
    if notes and not verdict.refuse:
        yield "  À noter :"
        yield from (f"  - {note}" for note in notes)
    if verdict.non_verifies:
        yield "  Ne peut pas être vérifié ici, et le sera à la réception :"
        yield from (f"  - {rule}" for rule in verdict.non_verifies)


def _counted(n: int, word: str) -> str:
    agreed = word if n < 2 or word.startswith("en ") else word.replace("e (", "es (") if "(" in word else f"{word}s"
    return f"{n} ligne{'s' if n > 1 else ''} {agreed}"


def _named(lines: pd.Series) -> str:
    """« ligne 4 », « lignes 4, 9 et 12 autres »; empty for the whole file."""
    known = sorted({int(line) for line in lines.dropna()})
    if not known:
        return ""
    more = len(known) - LINES_NAMED
    named = ", ".join(str(line) for line in known[:LINES_NAMED])
    return f"ligne{'s' if len(known) > 1 else ''} {named}" + (
        f" et {more} autre{'s' if more > 1 else ''}" if more > 0 else ""
    )
