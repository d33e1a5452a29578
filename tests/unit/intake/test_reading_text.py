"""Delimited text as it really comes: every row comes back, on the sender's own line numbers."""

from pathlib import Path

import pytest

from mentorat.intake import text
from mentorat.intake.reading import RawTable, Refusal, is_total, read_table

HEADER = "departement;id_dossier;statut\n"


def read(tmp_path: Path, content: str | bytes) -> RawTable:
    path = tmp_path / "f.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_table(path)
    assert isinstance(found, RawTable), found
    return found


def rows(found: RawTable) -> list[tuple[str, ...]]:
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def test_titles_blank_rows_and_totals_are_ignored_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "Suivi 2024;;\n;;\n" + HEADER + "59;D1;Lancé\n\n;;\n62;D2;Proposé\nTotal;2;\n;;\n")
    assert rows(found) == [("59", "D1", "Lancé"), ("62", "D2", "Proposé")]
    assert found.lines.tolist() == [4, 7] and found.ignored == 2 + 2 + 1 + 1
    assert ("ligne 1", "Suivi 2024") in found.outside and ("ligne 8", "2") in found.outside


def test_totals_anywhere_are_ignored(tmp_path: Path) -> None:
    found = read(
        tmp_path, HEADER + "Sous-total Nord;1;1\n59;D1;x\nSOUS TOTAL :;;\n62;D2;y\nTotal général;1 234,5;12 %\n"
    )
    assert found.lines.tolist() == [3, 5] and found.ignored == 3


@pytest.mark.parametrize(
    "row",
    [
        ["Total Énergies Fondation", "B12", "2024-03"],
        ["Total", "D1", "lance", "59", "2024-01-01"],
        ["Totalement libre", "1", "2"],
        ["59", "Total", "3"],
        ["Total Nord", "D1", "", ""],
        ["", "", ""],
    ],
)
def test_in_doubt_a_row_is_data(row: list[str]) -> None:
    assert not is_total(row)


@pytest.mark.parametrize(
    "row",
    [
        ["Total", "", ""],
        ["", "TOTAL :", "12"],
        ["Sous-total antenne de Lille", "3", "45,5"],
        ["Totaux", "12 binômes", "", "", "", "", "", ""],
        ["total général", "-", "1 200 €"],
    ],
)
def test_a_row_that_says_total_and_holds_quantities_is_one(row: list[str]) -> None:
    assert is_total(row)


def test_a_repeated_header_is_ignored_counted_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "59;D1;x\n\ufeff" + HEADER + "62;D2;y\n")
    assert rows(found) == [("59", "D1", "x"), ("62", "D2", "y")] and found.lines.tolist() == [2, 4]
    assert found.ignored == 1 and "répétée" in found.notes[0]


def test_line_numbers_hold_when_a_cell_spans_lines(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + '59;D1;"deux\n\nlignes, dont ""une"" vide"\n62;"D2\nbis";"x\ny"\n971;D3;z\n')
    assert rows(found) == [
        ("59", "D1", 'deux\n\nlignes, dont "une" vide'),
        ("62", "D2\nbis", "x\ny"),
        ("971", "D3", "z"),
    ]
    assert found.lines.tolist() == [2, 5, 8]


@pytest.mark.parametrize(
    ("bad", "cells"),
    [
        ('59;"D1;x', ("59", '"D1', "x")),  # never closed
        ('"59;D1;x', ('"59', "D1", "x")),
        ('59;D1;"x', ("59", "D1", '"x')),
        ('59;D1;x"', ("59", "D1", 'x"')),
        ('59;D"1;x', ("59", 'D"1', "x")),
        ('59;"D"1;x', ("59", '"D"1', "x")),
    ],
)
@pytest.mark.parametrize("after", ["62;D2;y\n971;D3;z\n", '62;"D2";y\n971;D3;"z"\n', '62;D2";y\n971;D3;z\n'])
def test_a_stray_quote_costs_no_other_row(tmp_path: Path, bad: str, cells: tuple[str, ...], after: str) -> None:
    found = read(tmp_path, f"{HEADER}{bad}\n{after}")
    assert rows(found)[0] == cells
    assert found.lines.tolist() == [2, 3, 4]


def test_ragged_rows_keep_every_cell(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "59;D1\n62;D2;y;surplus;encore\n971;D3;z\n")
    assert found.headers == ["departement", "id_dossier", "statut", "", ""]
    assert rows(found) == [("59", "D1", "", "", ""), ("62", "D2", "y", "surplus", "encore"), ("971", "D3", "z", "", "")]


def test_a_delimiter_at_the_end_of_every_row_is_no_ragged_file(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "59;D1;x;\n62;D2;y;\n")
    assert found.headers == ["departement", "id_dossier", "statut", ""] and len(rows(found)) == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end(tmp_path: Path, end: str) -> None:
    found = read(tmp_path, (HEADER + "59;D1;x\n\n62;D2;y").replace("\n", end))
    assert rows(found) == [("59", "D1", "x"), ("62", "D2", "y")] and found.lines.tolist() == [2, 4]


def test_encodings_mixed_by_gluing_files(tmp_path: Path) -> None:
    content = "departement;statut\n59;Lancé\n".encode() + "62;Lancé\n".encode("cp1252") + b"971;x\x1a"
    assert [row[1] for row in rows(read(tmp_path, content))] == ["Lancé", "Lancé", "x"]


def test_utf16_without_mark_and_with_accents(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be", "utf-16"):
        found = read(tmp_path, (HEADER + "59;D1;Lancé\n").encode(encoding))
        assert rows(found) == [("59", "D1", "Lancé")]


def test_two_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    found = read(tmp_path, "departement;statut;statut\n59;a;b\n")
    assert found.headers == ["departement", "statut", "statut"] and rows(found) == [("59", "a", "b")]


def test_a_comma_in_cells_does_not_hide_the_delimiter(tmp_path: Path) -> None:
    found = read(tmp_path, "Code[A1];Texte, long [B]\n1,5;a, b, c\n2,5;d, e, f\n")
    assert found.headers == ["Code[A1]", "Texte, long [B]"] and found.lines.tolist() == [2, 3]


def test_a_header_that_spans_lines(tmp_path: Path) -> None:
    found = read(tmp_path, '"departement";"id\ndossier";"statut"\n59;D1;x\n')
    assert found.headers[1] == "id\ndossier" and found.lines.tolist() == [3]


def test_an_endless_line_is_refused_without_being_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "BLOCK", 1000)
    monkeypatch.setattr(text, "LINE_LIMIT", 5000)
    path = tmp_path / "f.csv"
    for encoding in ("utf-8", "utf-16"):
        path.write_bytes((HEADER + "x" * 8000).encode(encoding))
        found = read_table(path)
        assert isinstance(found, Refusal) and "ligne démesurée" in found.motif
    taken = 0
    for block in text.blocks(b"a;b\n" * 2000, None):
        taken = max(taken, len(block))
    assert taken <= 1000 + 5000


def test_a_nul_far_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(HEADER.encode() + b"59;D1;x\n" * 1_100_000 + b"\0")
    assert isinstance(read_table(path), Refusal)


def test_rows_of_absurd_width_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEADER + "59;D1;x\n" + ";" * 5000 + "1\n")
    found = read_table(path)
    assert isinstance(found, Refusal) and "trop de colonnes" in found.motif


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER)
    assert found.rows == 0 and found.headers == ["departement", "id_dossier", "statut"]
    assert [len(column) for column in found.columns] == [0, 0, 0]
