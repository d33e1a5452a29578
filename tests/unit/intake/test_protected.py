"""Protected files open in memory with their sender's password; archives hold one data file and nothing else."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import msoffcrypto
import pytest
import pyzipper
import xlsxwriter
from msoffcrypto.format.ooxml import OOXMLFile

from mentorat.errors import UsageError
from mentorat.intake import protected, workbooks
from mentorat.intake.protected import password_of
from mentorat.intake.reading import RawTable, Refusal, read_table
from mentorat.settings import Settings

CSV = "departement;id_dossier\n59;D1\n62;D2\n"
SECRET = "Un mot de passe à accents"


def sheet(rows: str = CSV) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for i, row in enumerate(rows.splitlines()):
            page.write_row(i, 0, row.split(";"))
    return stream.getvalue()


def locked_sheet(path: Path, password: str = SECRET) -> Path:
    with path.open("wb") as out:
        OOXMLFile(io.BytesIO(sheet())).encrypt(password, out)
    return path


def aes(path: Path, files: dict[str, bytes], password: str = SECRET) -> Path:
    with pyzipper.AESZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(password.encode())
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def plain(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def zipcrypto(path: Path, name: str, content: bytes, password: str) -> Path:
    """An archive under the old PKWARE cipher, which no library writes any more (APPNOTE 6.1)."""
    table = []
    for i in range(256):
        value = i
        for _ in range(8):
            value = (value >> 1) ^ 0xEDB88320 if value & 1 else value >> 1
        table.append(value)
    keys = [0x12345678, 0x23456789, 0x34567890]

    def turn(byte: int) -> None:
        keys[0] = (keys[0] >> 8) ^ table[(keys[0] ^ byte) & 0xFF]
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = (keys[2] >> 8) ^ table[(keys[2] ^ (keys[1] >> 24)) & 0xFF]

    def lock(data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            pad = (keys[2] & 0xFFFF) | 2
            out.append(byte ^ ((pad * (pad ^ 1) >> 8) & 0xFF))
            turn(byte)
        return bytes(out)

    for byte in password.encode():
        turn(byte)
    crc = zlib.crc32(content)
    body = lock(b"twelve bytes"[:11] + bytes([crc >> 24])) + lock(content)
    common = struct.pack("<HHHHHIIIHH", 20, 1, 0, 0, 0x21, crc, len(body), len(content), len(name), 0)
    local = b"PK\x03\x04" + common + name.encode() + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    path.write_bytes(local + central + end)
    return path


def cells(found: RawTable | Refusal) -> list[tuple[str, ...]]:
    assert isinstance(found, RawTable), found
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


ROWS = [("59", "D1"), ("62", "D2")]


def test_a_protected_workbook_opens_with_its_password(tmp_path: Path) -> None:
    found = read_table(locked_sheet(tmp_path / "f.xlsx"), SECRET)
    assert cells(found) == ROWS and isinstance(found, RawTable) and found.lines.tolist() == [2, 3]


@pytest.mark.parametrize("name", ["f.csv", "dossier/f.csv"])
def test_an_archive_of_one_file_is_read_on_the_lines_of_that_file(tmp_path: Path, name: str) -> None:
    content = ("Titre;\n" + CSV).encode()
    for found in (
        read_table(aes(tmp_path / "a.zip", {name: content}), SECRET),
        read_table(plain(tmp_path / "b.zip", {name: content, "__MACOSX/._f.csv": b"x", ".DS_Store": b"x"})),
        read_table(zipcrypto(tmp_path / "c.zip", name, content, SECRET), SECRET),
    ):
        assert cells(found) == ROWS and isinstance(found, RawTable) and found.lines.tolist() == [3, 4]


def test_a_workbook_in_an_archive_is_read_protected_or_not(tmp_path: Path) -> None:
    assert cells(read_table(aes(tmp_path / "a.zip", {"f.xlsx": sheet()}), SECRET)) == ROWS
    inner = locked_sheet(tmp_path / "f.xlsx").read_bytes()
    assert cells(read_table(plain(tmp_path / "b.zip", {"f.xlsx": inner}), SECRET)) == ROWS


def test_without_password_the_variable_to_set_is_named(tmp_path: Path) -> None:
    for path in (
        locked_sheet(tmp_path / "f.xlsx"),
        aes(tmp_path / "a.zip", {"f.csv": CSV.encode()}),
        zipcrypto(tmp_path / "c.zip", "f.csv", CSV.encode(), SECRET),
    ):
        found = read_table(path)
        assert isinstance(found, Refusal) and "mot de passe" in found.motif and "MENTORAT_MDP_" in found.remede


def test_a_wrong_password_has_its_own_sentence(tmp_path: Path) -> None:
    for path in (
        locked_sheet(tmp_path / "f.xlsx"),
        aes(tmp_path / "a.zip", {"f.csv": CSV.encode()}),
        *(zipcrypto(tmp_path / f"{i}.zip", "f.csv", CSV.encode(), f"{SECRET}{i}") for i in range(8)),
    ):
        found = read_table(path, "faux")
        assert found == protected.WRONG_PASSWORD, found


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.csv": CSV.encode(), "b.csv": CSV.encode()}, "plusieurs fichiers"),
        ({}, "aucun fichier"),
        ({"__MACOSX/x": b"x"}, "aucun fichier"),
        ({"../a.csv": CSV.encode()}, "sort de l'archive"),
        ({"x/../../a.csv": CSV.encode()}, "sort de l'archive"),
        ({"/etc/a.csv": CSV.encode()}, "sort de l'archive"),
        ({"C:\\a.csv": CSV.encode()}, "sort de l'archive"),
        ({"..\\a.csv": CSV.encode()}, "sort de l'archive"),
        ({"a.csv": b""}, "vide"),
        ({"a.pdf": b"%PDF-1.4"}, "document"),
    ],
)
def test_what_an_archive_may_not_hold(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    found = read_table(plain(tmp_path / "a.zip", files))
    assert isinstance(found, Refusal) and told in found.motif, found


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    inner = plain(tmp_path / "a.zip", {"f.csv": CSV.encode()}).read_bytes()
    found = read_table(plain(tmp_path / "b.zip", {"a.zip": inner}))
    assert isinstance(found, Refusal) and "autre archive" in found.motif


def test_bombs_are_refused_by_ratio_and_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = plain(tmp_path / "a.zip", {"f.csv": b"0" * 60_000_000})
    found = read_table(path)
    assert isinstance(found, Refusal) and "démesurée" in found.motif
    monkeypatch.setattr(workbooks, "UNPACKED_LIMIT", 10)
    found = read_table(plain(tmp_path / "b.zip", {"f.csv": CSV.encode()}))
    assert isinstance(found, Refusal) and "démesurée" in found.motif


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    whole = plain(tmp_path / "a.zip", {"f.csv": CSV.encode() * 200}).read_bytes()
    path = tmp_path / "b.zip"
    for content in (whole[: len(whole) // 2], whole[:40] + b"\xff" * 20 + whole[60:], b"PK\x05\x06" + b"\0" * 18):
        path.write_bytes(content)
        assert isinstance(read_table(path), Refusal)


def test_nothing_of_a_protected_file_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [locked_sheet(tmp_path / "f.xlsx"), aes(tmp_path / "a.zip", {"f.csv": CSV.encode()})]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    opened = []
    real = io.open

    def watched(file: object, mode: str = "r", *rest: object, **named: object) -> object:
        opened.append(mode)
        return real(file, mode, *rest, **named)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", watched)
    monkeypatch.setattr("io.open", watched)
    for path in files:
        assert cells(read_table(path, SECRET)) == ROWS
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not [mode for mode in opened if set(mode) & set("wax+")]


def test_a_file_that_asks_for_years_of_hashing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = locked_sheet(tmp_path / "f.xlsx")
    monkeypatch.setattr(protected, "SPINS_LIMIT", 10)
    assert msoffcrypto.OfficeFile(path.open("rb")).info["spinValue"] > 10
    assert isinstance(read_table(path, SECRET), Refusal)


# --- where passwords come from ----------------------------------------------------------------------


def test_a_password_comes_from_a_variable_a_file_or_the_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path)
    assert password_of("departement-59", settings) is None
    settings.secrets.mkdir()
    (settings.secrets / "MENTORAT_MDP_DEPARTEMENT_59").write_text("secrets\n", encoding="utf-8")
    assert password_of("departement-59", settings) == "secrets"
    (tmp_path / "mdp").write_text(" été \r\n", encoding="utf-8")
    monkeypatch.setenv("MENTORAT_MDP_DEPARTEMENT_59_FICHIER", str(tmp_path / "mdp"))
    assert password_of("departement-59", settings) == " été "
    monkeypatch.setenv("MENTORAT_MDP_DEPARTEMENT_59", "variable")
    assert password_of("departement-59", settings) == "variable"
    assert password_of("departement-62", settings) is None


def test_a_password_that_cannot_be_read_is_told_without_its_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=tmp_path)
    monkeypatch.setenv("MENTORAT_MDP_X_FICHIER", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match="MENTORAT_MDP_X_FICHIER est absent ou illisible"):
        password_of("x", settings)
    monkeypatch.setenv("MENTORAT_MDP_X", "\n")
    with pytest.raises(UsageError, match="mot de passe est vide"):
        password_of("x", settings)
