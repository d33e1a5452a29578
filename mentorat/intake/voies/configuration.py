"""`voies.yml`: where files come from. One strict model a way; secrets are elsewhere."""

import os
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mentorat import reference
from mentorat.contracts.sources import contracts
from mentorat.errors import UsageError
from mentorat.settings import Settings
from mentorat.yaml_keys import PlainYaml, yaml_fault

SECRET = "MENTORAT_VOIE"  # noqa: S105 — the prefix of a variable's name
SIZE_LIMIT = 4_000_000_000


class Way(BaseModel):
    """What every way says: whose files they are. `attente_secondes`: a file changed since is still being written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emetteur: str
    attente_secondes: int = Field(default=60, ge=0)
    taille_maximale: int = Field(default=SIZE_LIMIT, gt=0)


class FolderWay(Way):
    """A folder of this machine, or a shared drive: `chemin`, and the files that match `motif`."""

    type: Literal["dossier"]
    chemin: Path
    motif: str = "*"


class SftpWay(Way):
    """A folder of an SFTP server. `cle_hote`: the server's public key (`ssh-ed25519 AAAA…`), never learnt on the fly.

    `cle_privee`: path of the private key; without it, the password is the secret `MENTORAT_VOIE_<EMETTEUR>` (which
    is the key's passphrase otherwise).
    """

    type: Literal["sftp"]
    hote: str
    port: int = 22
    utilisateur: str
    cle_hote: str
    cle_privee: Path | None = None
    dossier: str = "."
    motif: str = "*"


class PostgresqlWay(Way):
    """A base of the sender's: one query a source, read in a read-only transaction.

    `requetes`: source → SELECT whose columns bear the contract's names. The password is the secret
    `MENTORAT_VOIE_<EMETTEUR>` (absent where the server asks for none).
    """

    type: Literal["postgresql"]
    hote: str
    port: int = 5432
    base: str
    utilisateur: str
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    certificat: Path | None = None
    delai_secondes: int = Field(default=600, gt=0)
    requetes: dict[str, str] = Field(min_length=1)


AnyWay = Annotated[FolderWay | SftpWay | PostgresqlWay, Field(discriminator="type")]
_READER: TypeAdapter[list[FolderWay | SftpWay | PostgresqlWay]] = TypeAdapter(list[AnyWay])


class _Loader(PlainYaml, yaml.SafeLoader):
    """Of two queries under one name the last alone would run: keys told twice are refused, and aliases."""


def configuration_path(settings: Settings) -> Path:
    """`voies.yml` of the data folder, or the file named by MENTORAT_VOIES."""
    return Path(os.environ.get("MENTORAT_VOIES") or settings.data / "voies.yml")


def load_ways(settings: Settings) -> list[FolderWay | SftpWay | PostgresqlWay]:
    """The configured ways. Raises UsageError, naming the place in the file, when there are none or they are wrong."""
    path = configuration_path(settings)
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise UsageError(
            f"Aucune voie n'est configurée : le fichier {path} n'existe pas. Écrivez-le (docs/voies.md en donne un "
            "exemple), ou déposez les fichiers directement dans depot/<campagne>/<emetteur>/."
        ) from None
    except yaml.YAMLError as error:
        raise UsageError(
            f"Le fichier {path} est illisible, {yaml_fault(error)}. Corrigez-le (docs/voies.md en donne un exemple)."
        ) from None
    except (OSError, UnicodeDecodeError, RecursionError):
        raise UsageError(f"Le fichier {path} est illisible : vérifiez que c'est un YAML en UTF-8.") from None
    ways = content.get("voies") if isinstance(content, dict) else None
    if not isinstance(ways, list) or not ways:
        raise UsageError(f"Le fichier {path} doit contenir une liste « voies » d'au moins une voie.")
    try:
        found = _READER.validate_python(ways)
    except ValidationError as error:
        raise UsageError(f"Le fichier {path} est à corriger : {_places(error)}.") from None
    _check(path, found)
    return found


def _places(error: ValidationError) -> str:
    """Where the model was refused: « voie 2, port (valeur inattendue) »; never a value."""
    words = {"missing": "manque", "extra_forbidden": "n'est pas connu", "union_tag_invalid": "type inconnu"}
    places = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        number, *inside = fault["loc"]
        names = [str(name) for name in inside if name not in ("dossier", "sftp", "postgresql")] or ["type"]
        places.append(f"voie {int(number) + 1}, {'.'.join(names)} ({words.get(fault['type'], 'valeur inattendue')})")
    return " ; ".join(places)


def _check(path: Path, ways: list[FolderWay | SftpWay | PostgresqlWay]) -> None:
    """Names that must exist: the sender, and the source of each query."""
    known = set(reference.load("emetteurs")["emetteur"])
    for number, way in enumerate(ways, start=1):
        if way.emetteur not in known:
            raise UsageError(
                f"Le fichier {path} est à corriger : voie {number}, l'émetteur n'est pas dans la liste de référence "
                "(mentorat/reference/emetteurs.csv)."
            )
        if isinstance(way, PostgresqlWay) and (unknown := sorted(set(way.requetes) - set(contracts()))):
            raise UsageError(
                f"Le fichier {path} est à corriger : voie {number}, {', '.join(unknown)} n'est pas le nom d'une source."
            )
