"""What the ways have in common: a file fetched, a file left, a way that can't be used."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mentorat.intake.voies.configuration import Way


@dataclass(frozen=True)
class Fetched:
    """A file now in the private folder: `path` there, `name` at the sender's, time of its last change (seconds)."""

    path: Path
    name: str
    mtime: float


@dataclass(frozen=True)
class Skipped:
    """A file left where it is, and why (the end of a French sentence whose subject is the file)."""

    name: str
    why: str

    @classmethod
    def unready(cls, name: str, size: int, mtime: float, way: Way) -> Self | None:
        """A file that is still being written or beyond the size limit; None when it may be fetched."""
        if time.time() - mtime < way.attente_secondes:
            return cls(name, "vient d'être modifié : il sera repris à la prochaine collecte")
        if size > way.taille_maximale:
            return cls(name, f"dépasse {way.taille_maximale} octets (« taille_maximale »)")
        return None


class WayFault(Exception):
    """A way that can't be used: the end of a French sentence, never a value of a file nor a secret."""


def is_noise(name: str) -> bool:
    """Files that no sender means to send: hidden, locks, transfers under way."""
    return name.startswith((".", "~$")) or name.casefold().endswith((".part", ".tmp", ".filepart"))


def place(into: Path, name: str) -> Path:
    """Where the next fetched file rests: under its own name made safe, in a subfolder of the private folder."""
    folder = into / f"{sum(1 for _ in into.iterdir()):05d}"
    folder.mkdir(mode=0o700)
    return folder / safe_name(name)


def safe_name(name: str) -> str:
    """A sender's file name as one of ours: its path flattened, letters, digits, space and `. - _ ( )` only."""
    flat = re.sub(r"[/\\]+", "_", name)
    kept = re.sub(r"[^\w .()-]", "_", flat).strip(" .") or "fichier"
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[:120]}.{ending[:16]}" if dot and stem else kept[:120]
