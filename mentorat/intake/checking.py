"""`mentorat verifier`: several files at once, their mappings and passwords found, their workbooks written."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mentorat.errors import UsageError
from mentorat.intake.answers import write_anomalies
from mentorat.intake.mapping import is_mapping
from mentorat.intake.protected import password_of
from mentorat.intake.reading import Refusal
from mentorat.intake.screening import read_mapping
from mentorat.intake.verification import Verdict, place_of, verdict_lines, verify
from mentorat.settings import CAMPAGNES, Settings

if TYPE_CHECKING:
    from mentorat.intake.mapping import Mapping

PASSWORD = "MENTORAT_MDP"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Checked:
    """One file's verdict, and the workbooks written for it."""

    verdict: Verdict
    classeurs: list[Path] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The verdict in French lines, and where its workbook is."""
        yield from verdict_lines(self.verdict)
        yield from (f"  Lignes à corriger : {path}" for path in self.classeurs)

    def json(self) -> dict[str, Any]:
        """The file's entry of accuse.json, with its faults line by line and what is left to the platform."""
        faults = self.verdict.anomalies.astype("object").where(self.verdict.anomalies.notna(), None)
        return {
            **self.verdict.entry,
            "anomalies": faults.to_dict("records"),
            "non_verifies": self.verdict.non_verifies,
            "classeurs": [str(path) for path in self.classeurs],
        }


def check_files(
    paths: list[Path], settings: Settings, campagne: int | None, emetteur: str | None, sortie: Path | None
) -> list[Checked]:
    """Verify each file; mappings are those given, and those that stand beside a file.

    Raises UsageError when a file does not exist, is a folder, or the campagne is no year of ours.
    """
    if campagne is not None and campagne not in CAMPAGNES:
        raise UsageError(f"La campagne doit être une année de {CAMPAGNES[0]} à {CAMPAGNES[-1]}.")
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path} {_not_a_file(path)}.")
    found = []
    taken: set[str] = set()
    for path in paths:
        sender = emetteur or place_of(path)[1] or ""
        password = password_of(sender, settings) or os.environ.get(PASSWORD)
        verdict = verify(path, emetteur, campagne, password, _mappings(paths, path))
        found.append(Checked(verdict, [] if sortie is None else _write(verdict, path, sortie, taken)))
    return found


def _not_a_file(path: Path) -> str:
    if path.is_dir():
        return "est un dossier : donnez les fichiers un par un"
    return "n'est pas un fichier ordinaire" if path.exists() else "n'existe pas : vérifiez son nom et son dossier"


def _mappings(given: list[Path], path: Path) -> "list[Mapping]":
    beside = [one for one in sorted(path.parent.iterdir()) if one.is_file() and is_mapping(one)]
    loaded = (read_mapping(one) for one in dict.fromkeys([*(one for one in given if is_mapping(one)), *beside]))
    return [one for one in loaded if not isinstance(one, Refusal)]


def _write(verdict: Verdict, path: Path, sortie: Path, taken: set[str]) -> list[Path]:
    told = verdict.entry["fichier"].endswith(path.name)
    stem = name = re.sub(r"[^\w .()-]+", "_", path.stem) if told else "fichier_masque"
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}_{number}"
    taken.add(name.casefold())
    return write_anomalies(sortie, name, verdict.entry, verdict.fautes, verdict.lignes)
