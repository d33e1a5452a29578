"""Secrets (keys, passwords): from the environment, a named file, or a folder of secrets; never shown.

Standard library only: the sender's tool reads its key as the platform does.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mentorat.errors import UsageError


@dataclass(frozen=True)
class Secret:
    """A secret and where it was found, in French; its `repr` never holds the value."""

    value: str = field(repr=False)
    where: str


def secret(name: str, folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> Secret | None:
    """The secret called `name`: the variable, then the file that `<name>_FICHIER` names, then `folder/<name>`.

    None when no place gives it; line ends around it are dropped. Raises UsageError when the place that should give
    it can't be read.
    """
    if (value := environ.get(name)) is not None:
        return Secret(value.strip("\r\n"), f"la variable {name}")
    if (path := environ.get(f"{name}_FICHIER")) is not None:
        return secret_in(Path(path), f"le fichier désigné par {name}_FICHIER")
    if folder is not None and (folder / name).exists():
        return secret_in(folder / name, f"le fichier {folder / name}")
    return None


def secret_in(path: Path, where: str) -> Secret:
    """The secret a file holds, in UTF-8 or as Windows editors write it (UTF-16 or UTF-8, with their mark).

    Raises UsageError naming `where` (French words) when it can't be read.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Le secret ne peut pas être lu : {where} est absent ou illisible.") from error
    return Secret(text.strip("\r\n"), where)


def of_sender(prefix: str, emetteur: str) -> str:
    """Name of a sender's secret: `MENTORAT_MDP` and `departement-59` give `MENTORAT_MDP_DEPARTEMENT_59`."""
    return f"{prefix}_{re.sub(r'[^A-Z0-9]', '_', emetteur.upper())}"
