"""Archives and protected files: a workbook with a password, an AES or plain ZIP holding one data file.

Everything is opened in memory: nothing of a protected file is ever written to disk.
"""

import io
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any

from mentorat.errors import UsageError
from mentorat.intake.reading import UNREADABLE, Content, RawTable, Refusal, Refused, opened, read_content
from mentorat.intake.workbooks import TOO_BIG, UNPACKED_LIMIT, check_size, is_workbook, read_sheets, read_workbook
from mentorat.secrets import of_sender, secret
from mentorat.settings import Settings

PASSWORD = "MENTORAT_MDP"  # noqa: S105 - the start of a variable's name
SPINS_LIMIT = 10_000_000  # Excel asks for 100 000: beyond, opening would take minutes on purpose
RESIDUE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")  # what file managers leave in archives

TELL = (
    "Donnez le mot de passe par la variable MENTORAT_MDP_<EMETTEUR> (l'émetteur en capitales, « - » devenant « _ »), "
    "ou par un fichier secret du même nom ; ou déposez le fichier sans mot de passe."
)
PROTECTED = Refusal("Le fichier est protégé par un mot de passe, qui n'a pas été donné.", TELL)
WRONG_PASSWORD = Refusal(
    "Le mot de passe donné n'ouvre pas le fichier.",
    "Vérifiez la variable MENTORAT_MDP_<EMETTEUR> (ou le fichier secret du même nom) auprès de l'émetteur.",
)
OLD = Refusal(
    "Le classeur est d'un ancien format (.xls) abîmé, ou ce n'est pas un classeur.",
    "Enregistrez-le en .xlsx, .ods ou .csv, puis déposez-le à la place.",
)
SEVERAL = Refusal(
    "L'archive contient plusieurs fichiers.",
    "Déposez une archive par fichier de données, sans rien d'autre dedans.",
)
NOTHING_INSIDE = Refusal("L'archive ne contient aucun fichier.", "Vérifiez l'archive, puis déposez-la de nouveau.")
NESTED = Refusal(
    "L'archive contient une autre archive.",
    "Déposez le fichier de données lui-même, ou une archive qui ne contient que lui.",
)
ESCAPES = Refusal(
    "L'archive contient un nom de fichier qui sort de l'archive (chemin absolu ou « .. »).",
    "Refaites l'archive à partir du seul fichier de données, puis déposez-la de nouveau.",
)


# --- the password ---------------------------------------------------------------------------------


def password_of(emetteur: str, settings: Settings) -> str | None:
    """The password of a sender's protected files, the secret `MENTORAT_MDP_<EMETTEUR>` (see `secret`); None when there
    is none.

    Raises UsageError when the file named can't be read, or the password is empty.
    """
    found = secret(of_sender(PASSWORD, emetteur), settings.secrets)
    if found is not None and not found.value:
        raise UsageError(f"Le mot de passe est vide ({found.where}). Donnez-le, ou retirez la variable ou le fichier.")
    return found.value if found else None


# --- ZIP ------------------------------------------------------------------------------------------


def _escapes(name: str) -> bool:
    """True for a name that leads out of the folder an archive would be unpacked in, on any system."""
    plain = name.replace("\\", "/")
    return plain.startswith("/") or re.match(r"[A-Za-z]:", plain) is not None or ".." in plain.split("/")


def _residue(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename).name
    return entry.is_dir() or entry.filename.startswith(RESIDUE) or name in RESIDUE or name.startswith("._")


def _unpacked(archive: Any, entry: zipfile.ZipInfo, password: str | None) -> bytes:
    locked = bool(entry.flag_bits & 1)
    if locked and password is None:
        raise Refused(PROTECTED)
    try:
        with archive.open(entry, pwd=password.encode() if locked and password is not None else None) as stream:
            inside: bytes = stream.read(UNPACKED_LIMIT + 1)
    except (RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # a wrong password sometimes passes ZipCrypto's one-byte test and gives rubbish
        raise Refused(WRONG_PASSWORD if locked else UNREADABLE) from error
    if len(inside) > UNPACKED_LIMIT:
        raise Refused(TOO_BIG)
    return inside


def read_zip(content: Content, password: str | None, nested: bool) -> RawTable:
    """The table of what begins like a ZIP: a workbook, or the one data file of an archive. `nested`: it comes out of an
    archive itself. Raises Refused, or what a damaged archive raises.
    """
    import pyzipper

    with opened(content) as stream, pyzipper.AESZipFile(stream) as archive:
        entries = archive.infolist()
        if any(_escapes(entry.orig_filename) or _escapes(entry.filename) for entry in entries):
            raise Refused(ESCAPES)
        names = [entry.filename for entry in entries]
        if is_workbook(names) and not any(entry.flag_bits & 1 for entry in entries):
            return read_workbook(content, archive)
        if nested:
            raise Refused(NESTED)
        check_size(entries)
        inside = [entry for entry in entries if not _residue(entry)]
        if len(inside) != 1:
            raise Refused(SEVERAL if inside else NOTHING_INSIDE)
        unpacked = _unpacked(archive, inside[0], password)
    return read_content(unpacked, password, nested=True)


# --- OLE ------------------------------------------------------------------------------------------


def read_ole(content: Content, password: str | None) -> RawTable:
    """The table of an OLE file: a workbook under a password, or an old .xls. Raises Refused."""
    import msoffcrypto

    with opened(content) as stream:
        try:
            office = msoffcrypto.OfficeFile(stream)
            locked = office.is_encrypted()
        except Exception:  # no stream that it knows: calamine may
            locked = False
        if not locked:
            try:
                return read_sheets(content)
            except Refused:
                raise
            except Exception as error:
                raise Refused(OLD) from error
        if password is None:
            raise Refused(PROTECTED)
        if _spins(office) > SPINS_LIMIT:
            raise Refused(UNREADABLE)
        plain = io.BytesIO()
        try:
            office.load_key(password=password, verify_password=True)
        except Exception as error:
            raise Refused(WRONG_PASSWORD) from error
        office.decrypt(plain)
    return read_content(plain.getvalue(), None, nested=True)


def _spins(office: Any) -> int:
    """Rounds of hashing that the file asks for to derive its key."""
    info = getattr(office, "info", None)
    return int(info.get("spinValue", 0)) if isinstance(info, dict) else 0
