"""Secret keys: read from the environment or a file, never shown.

Key names: `MENTORAT_CLE_PROGRAMME` (level 1, shared by senders), `MENTORAT_CLE_PILOTAGE` and
`MENTORAT_CLE_ETUDE` (level 2, one for each store). A demonstration key is written `demonstration:<64 hex>`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mentorat.errors import UsageError
from mentorat.identity.secret_key import Key, checked
from mentorat.secrets import secret
from mentorat.settings import Settings

PILOTAGE = "MENTORAT_CLE_PILOTAGE"
ETUDE = "MENTORAT_CLE_ETUDE"


@dataclass(frozen=True)
class Keys:
    """The two level-2 keys of a run."""

    pilotage: Key
    etude: Key

    @property
    def identifiants(self) -> dict[str, str]:
        """The identifier of each store's key."""
        return {"pilotage": self.pilotage.identifiant, "etude": self.etude.identifiant}


def load_key(name: str, settings: Settings, simulated: bool) -> Key:
    """The key called `name`, from the environment, `<name>_FICHIER`, or `secrets/` of the data folder, in
    that order.

    Raises UsageError when it is missing, empty, shorter than 32 characters, or a demonstration key for a
    dépôt that is not simulated.
    """
    found = secret(name, settings.secrets)
    if found is None:
        raise UsageError(
            f"La clé {name} manque. Donnez-la par la variable {name}, ou par {name}_FICHIER "
            "(chemin d'un fichier), ou lancez « mentorat demo » pour une démonstration."
        )
    key = checked(name, found.value, found.where)
    if key.demonstration and not simulated:
        raise UsageError(
            f"La clé {name} est une clé de démonstration ({found.where}), connue de tous ceux qui ont "
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


# --- which key hashes what ------------------------------------------------------------------------
#
# `lake/cles.json`: by store, `cle` (identifier of the key in use), `campagnes` (the identifier each stored campagne
# is hashed under) and `rotations` (declared changes). Two keys in one store would make two persons of each young
# person, silently: the record is what forbids it. Written under the run lock; it never holds a key.


def recorded_path(settings: Settings) -> Path:
    """Where the identifiers of keys are recorded."""
    return settings.lake / "cles.json"


def recorded(settings: Settings) -> dict[str, dict[str, Any]]:
    """The record, by store; a campagne that is no longer stored is left out. UsageError when it can't be read."""
    path = recorded_path(settings)
    empty: dict[str, dict[str, Any]] = {
        store: {"cle": None, "campagnes": {}, "rotations": []} for store in ("pilotage", "etude")
    }
    if not path.exists():
        return empty
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for store, told in empty.items():
            told |= {"cle": content[store]["cle"], "rotations": list(content[store]["rotations"])}
            told["campagnes"] = {
                year: identifier
                for year, identifier in content[store]["campagnes"].items()
                if (settings.lake / "journal" / f"{int(year)}.parquet").exists()
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"Le registre des clés, {path}, est illisible : on ne sait plus sous quelle clé chaque campagne est "
            "gardée. Remettez sa sauvegarde ; à défaut, effacez-le et relancez toutes les campagnes, dans l'ordre."
        ) from error
    return empty


def check_recorded(settings: Settings, campagne: int, identifiers: dict[str, str]) -> None:
    """Refuse to receive a campagne under another key than the others'.

    A campagne alone may change key: all of it is hashed again. With others stored, the change must be a declared
    rotation (`declare_rotation`), after which campagnes are run again from the first to the last. Raises UsageError
    naming those that must be run again.
    """
    for store, told in recorded(settings).items():
        others = {
            int(year): known
            for year, known in told["campagnes"].items()
            if int(year) != campagne and known != identifiers[store]
        }
        earlier = sorted(year for year in others if year < campagne)
        rotation = told["cle"] == identifiers[store]
        if not others or (rotation and not earlier):
            continue
        named = ", ".join(str(year) for year in (earlier if rotation else sorted(others)))
        what = (
            f"L'entrepôt « {store} » garde des campagnes sous une autre clé que celle en usage "
            f"(identifiant {identifiers[store]}) : {named}."
        )
        if rotation:
            raise UsageError(f"{what} La rotation est déclarée : relancez-les d'abord, de la plus ancienne à celle-ci.")
        raise UsageError(
            f"{what} Les mêmes jeunes y seraient d'autres personnes. Remettez l'ancienne clé ; ou, si elle change "
            "vraiment, déclarez la rotation (« mentorat cles --rotation »), puis relancez toutes les campagnes, "
            "de la plus ancienne à la plus récente."
        )


def record(settings: Settings, campagne: int, identifiers: dict[str, str]) -> None:
    """Write down under which keys a campagne is about to be stored, and the change of key if there is one (a campagne
    stored alone may change without being declared). Call it under the run lock.
    """
    known = recorded(settings)
    for store, identifier in identifiers.items():
        if known[store]["cle"] not in (None, identifier):
            _rotate(known[store], identifier)
        known[store]["cle"] = identifier
        known[store]["campagnes"][str(campagne)] = identifier
    _write(settings, known)


def declare_rotation(settings: Settings, identifiers: dict[str, str]) -> dict[str, list[int]]:
    """Take the keys in use as the new ones; by store that changes, the campagnes to run again, in order.

    Call it under the run lock. Nothing is written where nothing changes.
    """
    known = recorded(settings)
    stale: dict[str, list[int]] = {}
    for store, identifier in identifiers.items():
        told = known[store]
        if told["cle"] in (None, identifier):
            continue
        _rotate(told, identifier)
        stale[store] = sorted(int(year) for year, key in told["campagnes"].items() if key != identifier)
    if stale:
        _write(settings, known)
    return stale


def _rotate(told: dict[str, Any], identifier: str) -> None:
    today = datetime.now(UTC).date().isoformat()
    told["rotations"].append({"de": told["cle"], "vers": identifier, "le": today})
    told["cle"] = identifier


def _write(settings: Settings, known: dict[str, dict[str, Any]]) -> None:
    from mentorat.lake import written_aside

    ordered = {store: told | {"campagnes": dict(sorted(told["campagnes"].items()))} for store, told in known.items()}
    with written_aside(recorded_path(settings)) as aside:
        aside.write_text(json.dumps(ordered, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
