"""A secret under its name, and what makes one unfit: standard library only, so that the sender's tool reads keys as the
platform does.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mentorat.errors import UsageError
from mentorat.secrets import secret, secret_in

PROGRAMME = "MENTORAT_CLE_PROGRAMME"
DEMONSTRATION = "demonstration:"
MINIMUM_LENGTH = 32


@dataclass(frozen=True)
class Key:
    """A secret under its name; its `repr` never holds the secret."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def identifiant(self) -> str:
        """What may be written down to tell two keys apart: 12 hexadecimal characters that do not give the key back."""
        return hashlib.sha256(b"identifiant|" + self.secret).hexdigest()[:12]

    @property
    def demonstration(self) -> bool:
        """True for a key that anybody can derive: it protects nothing."""
        return self.secret.startswith(DEMONSTRATION.encode())


def checked(name: str, value: str, where: str) -> Key:
    """The key of a `value` found at `where` (French words), spaces around it dropped.

    Raises UsageError when it is empty, shorter than 32 characters, or written on several lines.
    """
    value = value.strip()
    if not value:
        raise UsageError(f"La clé {name} est vide ({where}).")
    if len(value) < MINIMUM_LENGTH:
        raise UsageError(f"La clé {name} est trop courte : il faut au moins {MINIMUM_LENGTH} caractères ({where}).")
    if len(value.splitlines()) > 1:
        raise UsageError(f"La clé {name} tient sur plusieurs lignes ({where}) : n'en gardez qu'une.")
    return Key(name, value.encode())


def programme_key(
    file: Path | None = None, demonstration: bool = False, environ: Mapping[str, str] = os.environ
) -> Key:
    """The programme's key (level 1), from `file`, else `MENTORAT_CLE_PROGRAMME`, else `MENTORAT_CLE_PROGRAMME_FICHIER`.

    Raises UsageError when it is missing or unfit (see `checked`), or a demonstration key without `demonstration`.
    """
    found = secret(PROGRAMME, environ=environ) if file is None else secret_in(file, f"le fichier {file}")
    if found is None:
        raise UsageError(
            "La clé du programme manque. Donnez le fichier qui la contient par --cle FICHIER, ou par la variable "
            f"{PROGRAMME}_FICHIER (la clé elle-même peut être dans la variable {PROGRAMME})."
        )
    key = checked(PROGRAMME, found.value, found.where)
    if key.demonstration and not demonstration:
        raise UsageError(
            "La clé donnée est une clé de démonstration, connue de tous : elle ne protège personne. Demandez la clé du "
            "programme, ou ajoutez --demonstration si le fichier est un essai sans personne réelle."
        )
    return key
