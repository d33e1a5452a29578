"""OLINPE XML: one row per DONNEE, whatever lawful way it is written; bombs and truncated files are refused."""

from pathlib import Path

import pytest

from mentorat.intake import xml
from mentorat.intake.reading import RawTable, Refusal, read_table

HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n<DECRET>\n<INTRO><VERSIONXSD>2.0</VERSIONXSD></INTRO>\n"
FIRST = "<DONNEE><NUMDEP>59</NUMDEP><TYPEV>1</TYPEV></DONNEE>"
SECOND = "<DONNEE><NUMDEP>62</NUMDEP><DATFIN>2024-01-01</DATFIN></DONNEE>"


def write(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "f.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path: Path, content: str | bytes) -> RawTable:
    found = read_table(write(tmp_path, content))
    assert isinstance(found, RawTable), found
    return found


def rows(found: RawTable) -> list[dict[str, str]]:
    lists = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return [dict(zip(found.headers, cells, strict=True)) for cells in lists]


def test_one_row_per_donnee_numbered_from_one(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}{FIRST}{SECOND}</DECRET>")
    assert found.headers == ["NUMDEP", "TYPEV", "DATFIN"] and found.lines.tolist() == [1, 2]
    assert rows(found)[1] == {"NUMDEP": "62", "TYPEV": "", "DATFIN": "2024-01-01"}
    assert found.outside == [("INTRO", "2.0")]


WHOLE = f"{HEAD}{FIRST}{SECOND}</DECRET>"
BARE = f"<DECRET>{FIRST}{SECOND}</DECRET>"
SAME = [{"NUMDEP": "59", "TYPEV": "1", "DATFIN": ""}, {"NUMDEP": "62", "TYPEV": "", "DATFIN": "2024-01-01"}]
HOW: dict[str, str | bytes] = {
    "indented, Windows line ends": WHOLE.replace("><", ">\r\n  <"),
    "default namespace": BARE.replace("<DECRET", "<DECRET xmlns='urn:x'"),
    "prefixed": BARE.replace("<D", "<o:D").replace("</D", "</o:D").replace("<o:DECRET", "<o:DECRET xmlns:o='urn:x'"),
    "prefixed variables": BARE.replace("<DECRET", "<DECRET xmlns:o='urn:x'").replace("NUMDEP>", "o:NUMDEP>"),
    "comments": WHOLE.replace("<DONNEE>", "<!-- </DONNEE> --><DONNEE>"),
    "comment in a value": WHOLE.replace(">59<", ">5<!-- x -->9<"),
    "CDATA": WHOLE.replace(">59<", "><![CDATA[59]]><"),
    "attributes": WHOLE.replace("<DONNEE>", "<DONNEE n='1' m=\"2\">"),
    "a closing mark in an attribute": WHOLE.replace("<NUMDEP>", "<NUMDEP a='>'>"),
    "empty elements": WHOLE.replace("</TYPEV>", "</TYPEV><DATFIN/>").replace("<DATFIN>", "<TYPEV></TYPEV><DATFIN>"),
    "nil elements": WHOLE.replace("<DECRET", "<DECRET xmlns:i='urn:i'").replace(
        "<TYPEV>", "<DATFIN i:nil='1' /><TYPEV>"
    ),
    "another order": WHOLE.replace("<NUMDEP>59</NUMDEP>", "").replace("</TYPEV>", "</TYPEV><NUMDEP>59</NUMDEP>"),
    "references": WHOLE.replace(">59<", ">&#53;&#x39;<"),
    "inside INTRO": f"<DECRET><INTRO><V>2.0</V>{FIRST}{SECOND}</INTRO></DECRET>",
    "nested text": WHOLE.replace(">59<", "><b>5</b>9<"),
    "UTF-16": f"<?xml version='1.0' encoding='UTF-16'?>{BARE}".encode("utf-16"),
    "ISO-8859-1": f"<?xml version='1.0' encoding='ISO-8859-1'?><!-- é -->{BARE}".encode("latin-1"),
    "byte-order mark": "\ufeff" + WHOLE,
    "space in tags": WHOLE.replace("</DONNEE>", "</DONNEE >").replace("<NUMDEP>", "<NUMDEP >"),
}


@pytest.mark.parametrize("how", HOW)
def test_every_lawful_way_to_write_a_record_gives_the_same_rows(tmp_path: Path, how: str) -> None:
    assert rows(read(tmp_path, HOW[how])) == SAME


def test_values_keep_their_characters(tmp_path: Path) -> None:
    record = '<DONNEE><AUTREDA>R&amp;D &lt; é\u2028 ; "x" </AUTREDA></DONNEE>'
    assert rows(read(tmp_path, f"{HEAD}{record}</DECRET>")) == [{"AUTREDA": 'R&D < é\u2028 ; "x" '}]


def test_an_element_twice_in_a_record_is_seen_twice(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEAD}{FIRST.replace('</NUMDEP>', '</NUMDEP><NUMDEP>62</NUMDEP>')}</DECRET>")
    assert rows(found) == [{"NUMDEP": "59 62", "TYPEV": "1"}]


def test_an_empty_record_is_a_row(tmp_path: Path) -> None:
    assert read(tmp_path, f"{HEAD}{FIRST}<DONNEE></DONNEE><DONNEE/></DECRET>").rows == 3


def test_text_around_the_variables_is_told_to_be_screened(tmp_path: Path) -> None:
    found = read(
        tmp_path, f"{HEAD}<NOTE>à voir</NOTE>{FIRST}hors{SECOND.replace('<DATFIN>', 'libre<DATFIN>')}</DECRET>"
    )
    assert {text for _, text in found.outside} == {"2.0", "à voir", "hors", "libre"} and found.rows == 2


def test_blocks_and_records_give_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = "".join(f"<DONNEE><A>{i}</A>{f'<B>é&amp;{i}</B>' if i % 3 else '<C/>'}\n</DONNEE>\n" for i in range(500))
    path = write(tmp_path, f"{HEAD}{records}</DECRET>")
    slow = xml.read_xml(path, at_once=False)
    for block in (64, 100, 1000, 10_000):
        monkeypatch.setattr(xml, "BLOCK", block)
        parts, outside = xml._at_once(path)
        assert len(parts) > 1 or block == 10_000
        fast = xml._joined(parts, outside)
        assert fast.headers == slow.headers and rows(fast) == rows(slow) and fast.outside == slow.outside


BILLION = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    "prolog",
    [
        BILLION,
        "<!-- x -->" + BILLION,
        "<!DOCTYPE DECRET SYSTEM 'olinpe.dtd'>",
        "<!--" + " " * 70_000 + "-->" + BILLION,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_is_refused(tmp_path: Path, prolog: str, encoding: str) -> None:
    content = f"{prolog}<DECRET><DONNEE><NUMDEP>&b;</NUMDEP></DONNEE></DECRET>".encode(encoding)
    found = read_table(write(tmp_path, content))
    assert isinstance(found, Refusal) and "DOCTYPE" in found.motif


def test_no_outside_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("CANARI")
    found = read_table(
        write(
            tmp_path,
            f"<!DOCTYPE x [<!ENTITY e SYSTEM 'file://{tmp_path}/secret.txt'>]>"
            "<DECRET><DONNEE><NUMDEP>&e;</NUMDEP></DONNEE></DECRET>",
        )
    )
    assert isinstance(found, Refusal)


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}{FIRST}{SECOND}",  # truncated
        f"{HEAD}{FIRST}<DONNEE><NUMDEP>62",
        f"{HEAD}{FIRST}{SECOND}</DECRET><X>",
        f"{HEAD}{FIRST}{SECOND}</DECRETS>",
        WHOLE.replace("</TYPEV>", "</TYPE>"),
        WHOLE.replace("<TYPEV>", "<p:TYPEV>").replace("</TYPEV>", "</q:TYPEV>"),
        WHOLE.replace(">59<", ">&inconnu;<"),
        WHOLE.replace(">59<", ">5 & 9<"),
        WHOLE.replace(">59<", ">\x01<"),
        WHOLE.encode().replace(b">59<", b">\xe9<"),
        WHOLE.replace("<NUMDEP>", "<NUMDEP a=1>"),
        WHOLE.replace("<NUMDEP>", "<NUMDEP a='1' a='2'>"),
    ],
)
def test_a_truncated_or_malformed_document_is_refused_whole(tmp_path: Path, content: str | bytes) -> None:
    found = read_table(write(tmp_path, content))
    assert isinstance(found, Refusal) and "mal formé" in found.motif and "59" not in found.motif


def test_a_document_without_record_is_refused(tmp_path: Path) -> None:
    found = read_table(write(tmp_path, f"{HEAD}<AUTRE>x</AUTRE></DECRET>"))
    assert isinstance(found, Refusal) and "DONNEE" in found.motif


def test_what_stands_beside_the_records_is_told_to_be_screened(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "<?note instruction?><!-- avant --><DECRET lot='attribut'><DONNEE><NUMDEP>59</NUMDEP><!-- dedans --></DONNEE>"
        "</DECRET><!-- après -->",
    )
    assert {"avant", "dedans", "après", "instruction", "attribut"} <= {text.strip() for _, text in found.outside}


def test_more_variables_than_a_table_can_hold_are_refused_before_they_are_kept(tmp_path: Path) -> None:
    record = "".join(f"<v{i}>1</v{i}>" for i in range(5_000))
    assert isinstance(read_table(write(tmp_path, f"<DECRET><DONNEE>{record}</DONNEE></DECRET>")), Refusal)


def test_a_large_document_without_record_is_refused_from_its_beginning(tmp_path: Path) -> None:
    path = write(tmp_path, "<DECRET>" + "<AUTRE>x</AUTRE>" * 400_000 + "</DECRET>")
    assert isinstance(read_table(path), Refusal)
