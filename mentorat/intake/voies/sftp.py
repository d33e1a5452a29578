"""A folder of an SFTP server (paramiko). It is read, never changed; the server's key is known beforehand."""

import base64
import binascii
import fnmatch
import logging
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mentorat.intake.voies.configuration import SECRET, SftpWay
from mentorat.intake.voies.transfer import Fetched, Skipped, WayFault, is_noise, place
from mentorat.secrets import of_sender, secret
from mentorat.settings import Settings

if TYPE_CHECKING:
    import paramiko

TIMEOUT_SECONDS = 30
DEEPEST = 5
"""Levels of subfolders looked at."""


def fetch(way: SftpWay, into: Path, settings: Settings) -> Iterator[Fetched | Skipped]:
    """Copy into `into`, one by one, the files of the way's folder; links are not followed.

    Raises WayFault when the server, its key, the account or the folder does not answer as configured.
    """
    import paramiko

    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs names of files and accounts
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    try:
        _connect(client, way, settings)
        try:
            with client.open_sftp() as sftp:
                if (channel := sftp.get_channel()) is not None:
                    channel.settimeout(TIMEOUT_SECONDS)
                for entry, remote, name in _files(sftp, way.dossier):
                    if not is_noise(entry) and fnmatch.fnmatch(entry, way.motif):
                        yield _get(sftp, way, remote, name, into)
        except (OSError, EOFError, paramiko.SSHException):
            raise WayFault(
                f"le dossier {way.dossier} de {way.hote} n'a pas pu être lu jusqu'au bout ; vérifiez « dossier » et "
                "les droits du compte, puis relancez la collecte"
            ) from None
    finally:
        client.close()


def _connect(client: "paramiko.SSHClient", way: SftpWay, settings: Settings) -> None:
    import paramiko

    where = way.hote if way.port == 22 else f"[{way.hote}]:{way.port}"
    client.get_host_keys().add(where, *_host_key(way))
    name = of_sender(SECRET, way.emetteur)
    found = secret(name, settings.secrets)
    if way.cle_privee is None and found is None:
        raise WayFault(
            f"il manque le mot de passe : donnez-le par {name} ou {name}_FICHIER, ou indiquez « cle_privee »"
        )
    try:
        client.connect(
            way.hote,
            way.port,
            way.utilisateur,
            password=found.value if found and way.cle_privee is None else None,
            passphrase=found.value if found and way.cle_privee else None,
            key_filename=str(way.cle_privee) if way.cle_privee else None,
            allow_agent=False,
            look_for_keys=False,
            timeout=TIMEOUT_SECONDS,
            banner_timeout=TIMEOUT_SECONDS,
            auth_timeout=TIMEOUT_SECONDS,
        )
    except paramiko.BadHostKeyException:
        raise WayFault(
            f"la clé présentée par {way.hote} n'est pas celle de « cle_hote » : ne contournez pas ce refus, demandez à "
            "l'émetteur si son serveur a changé"
        ) from None
    except (paramiko.AuthenticationException, paramiko.PasswordRequiredException):
        raise WayFault(f"{way.hote} refuse le compte {way.utilisateur} : vérifiez sa clé ou le secret {name}") from None
    except FileNotFoundError:
        raise WayFault(f"la clé privée {way.cle_privee} n'existe pas") from None
    except (OSError, socket.gaierror, EOFError, paramiko.SSHException):
        raise WayFault(
            f"{way.hote}, port {way.port}, ne répond pas ou ne présente pas la clé de « cle_hote » ; vérifiez "
            "« hote », « port », « cle_hote » et le réseau"
        ) from None


def _host_key(way: SftpWay) -> tuple[str, "paramiko.PKey"]:
    import paramiko

    try:
        kind, encoded = way.cle_hote.split()[:2]
        return kind, paramiko.PKey.from_type_string(kind, base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error, paramiko.SSHException):
        raise WayFault("« cle_hote » n'est pas une clé publique OpenSSH (par exemple « ssh-ed25519 AAAA… »)") from None


def _files(sftp: "paramiko.SFTPClient", folder: str, below: str = "", depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """(file name, remote path, path below the way's folder) of every regular file; links are not followed."""
    for entry in sorted(sftp.listdir_attr(folder), key=lambda entry: entry.filename):
        name, remote, mode = below + entry.filename, f"{folder}/{entry.filename}", entry.st_mode or 0
        if stat.S_ISDIR(mode) and not entry.filename.startswith(".") and depth < DEEPEST:
            yield from _files(sftp, remote, f"{name}/", depth + 1)
        elif stat.S_ISREG(mode):
            yield entry.filename, remote, name


def _get(sftp: "paramiko.SFTPClient", way: SftpWay, remote: str, name: str, into: Path) -> Fetched | Skipped:
    state = sftp.stat(remote)
    size, mtime = state.st_size or 0, float(state.st_mtime or 0)
    if (skipped := Skipped.unready(name, size, mtime, way)) is not None:
        return skipped
    copy = place(into, name)
    try:
        sftp.get(remote, str(copy))  # compares the sizes once done
    except PermissionError:
        copy.unlink(missing_ok=True)
        return Skipped(name, "n'a pas pu être lu : le compte n'en a pas le droit")
    except OSError:
        copy.unlink(missing_ok=True)
        return Skipped(name, "n'a pas été transféré en entier : relancez la collecte")
    after = sftp.stat(remote)
    if (after.st_size, after.st_mtime) != (state.st_size, state.st_mtime):
        copy.unlink(missing_ok=True)
        return Skipped(name, "a changé pendant le transfert : il sera repris à la prochaine collecte")
    return Fetched(copy, name, mtime)
