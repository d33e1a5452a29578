"""Files as they really come: every format gives the same table."""

from pathlib import Path

import pytest

from mentorat.intake.reading import RawTable, Refusal, read_table

ROWS = [["Département", "Id dossier", "Statut"], ["59", "D1", "Lancé"], ["62", "D2", "Proposé"]]


def text(delimiter: str) -> str:
    return "\r\n".join(delimiter.join(row) for row in ROWS) + "\r\n"


def cells(found: RawTable | Refusal) -> list[tuple[str, ...]]:
    assert isinstance(found, RawTable), found
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_text_in_every_encoding_and_delimiter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(text(delimiter).encode(encoding))
    found = read_table(path)
    assert cells(found) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]
    assert isinstance(found, RawTable) and found.lines.tolist() == [2, 3] and found.ignored == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"   \n", b"\n" * 500, b"a;b\0\n1;2\n", b"PK\x03\x04garbage",
     b"PAR1garbage", b"<DECRET><DONNEE>", b"\xd0\xcf\x11\xe0" + b"x" * 600,
     bytes(range(256)) * 4],
)  # fmt: skip
def test_what_cannot_be_opened_is_refused_in_french_without_its_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.bin"
    path.write_bytes(content)
    found = read_table(path)
    assert isinstance(found, Refusal)
    assert found.motif.endswith(".") and found.remede.endswith(".") and "garbage" not in found.motif


def test_what_is_no_table_is_told_what_it_is(tmp_path: Path) -> None:
    for content, told in (
        (b"%PDF-1.7 ...", "document"),
        (b"7z\xbc\xaf\x27\x1c....", "archive"),
        (b"\x1f\x8b\x08....", "archive"),
        (b"<html><body><table><tr><td>59</td></tr></table>", "page web"),
        ("\ufeff<!-- x --><META http-equiv='Content-Type'>".encode(), "page web"),
        ("<html>".encode("utf-16"), "page web"),
        (b"<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'>", "page web"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "page web"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "ancien format"),
    ):
        path = tmp_path / "f.xlsx"
        path.write_bytes(content)
        found = read_table(path)
        assert isinstance(found, Refusal) and told in found.motif, (content, found)


def test_nothing_but_a_refusal_comes_out_of_a_reader_that_panics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Panic(BaseException):
        pass

    def panics(*_: object) -> None:
        raise Panic("CANARI")

    monkeypatch.setattr("mentorat.intake.text.read_text", panics)
    path = tmp_path / "f.csv"
    path.write_text(text(";"))
    found = read_table(path)
    assert isinstance(found, Refusal) and "CANARI" not in repr(found)


def test_a_missing_file_or_a_folder_is_a_refusal(tmp_path: Path) -> None:
    assert isinstance(read_table(tmp_path / "absent.csv"), Refusal)
    assert isinstance(read_table(tmp_path), Refusal)
