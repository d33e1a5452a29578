"""Secret keys: read from the environment or a file, never shown.

Key names: `MENTORAT_CLE_PROGRAMME` (level 1, shared by senders), `MENTORAT_CLE_PILOTAGE` and
`MENTORAT_CLE_ETUDE` (level 2, one for each store). A demonstration key is written `demonstration:<64 hex>`.
"""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from mentorat.errors import UsageError
from mentorat.settings import Settings

PROGRAMME = "MENTORAT_CLE_PROGRAMME"
PILOTAGE = "MENTORAT_CLE_PILOTAGE"
ETUDE = "MENTORAT_CLE_ETUDE"
DEMONSTRATION = "demonstration:"
MINIMUM_LENGTH = 32


@dataclass(frozen=True)
class Key:
    """A secret under its name; its `repr` never holds the secret."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def identifiant(self) -> str:
        """What may be written down to tell two keys apart: 12 hexadecimal characters that do not give the
        key back.
        """
        return hashlib.sha256(b"identifiant|" + self.secret).hexdigest()[:12]

    @property
    def demonstration(self) -> bool:
        """True for a key that anybody can derive: it protects nothing."""
        return self.secret.startswith(DEMONSTRATION.encode())


@dataclass(frozen=True)
class Keys:
    """The two level-2 keys of a run."""

    pilotage: Key
    etude: Key


def _source(name: str, settings: Settings) -> tuple[str, str]:
    """(value, where it was found) of the first place that gives the key."""
    if (value := os.environ.get(name)) is not None:
        return value, f"la variable {name}"
    if (path := os.environ.get(f"{name}_FICHIER")) is not None:
        return _read(Path(path), f"le fichier désigné par {name}_FICHIER"), f"le fichier désigné par {name}_FICHIER"
    if (file := settings.secrets / name).exists():
        return _read(file, f"le fichier {file}"), f"le fichier {file}"
    raise UsageError(
        f"La clé {name} manque. Donnez-la par la variable {name}, ou par {name}_FICHIER "
        "(chemin d'un fichier), ou lancez « mentorat demo » pour une démonstration."
    )


def _read(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"La clé ne peut pas être lue : {where} est absent ou illisible.") from error


def load_key(name: str, settings: Settings, simulated: bool) -> Key:
    """The key called `name`, from the environment, `<name>_FICHIER`, or `secrets/` of the data folder, in
    that order.

    Raises UsageError when it is missing, empty, shorter than 32 characters, or a demonstration key for a
    dépôt that is not simulated.
    """
    value, where = _source(name, settings)
    value = value.strip()
    if not value:
        raise UsageError(f"La clé {name} est vide ({where}).")
    if len(value) < MINIMUM_LENGTH:
        raise UsageError(f"La clé {name} est trop courte : il faut au moins {MINIMUM_LENGTH} caractères ({where}).")
    key = Key(name, value.encode())
    if key.demonstration and not simulated:
        raise UsageError(
            f"La clé {name} est une clé de démonstration ({where}), connue de tous ceux qui ont "
            "ce programme : elle ne protège rien. Ce dépôt n'est pas simulé (pas de simulation.json) : "
            "donnez une clé secrète."
        )
    return key


def load_keys(settings: Settings, simulated: bool) -> Keys:
    """The pilotage and étude keys; UsageError as `load_key`, and when both are the same."""
    keys = Keys(load_key(PILOTAGE, settings, simulated), load_key(ETUDE, settings, simulated))
    if keys.pilotage.secret == keys.etude.secret:
        raise UsageError(
            f"Les clés {PILOTAGE} et {ETUDE} sont identiques : les deux entrepôts ne seraient plus séparés."
        )
    return keys
