"""The answer to a sender: exact accusé, its own rows to mend, nothing of a refused file, nothing stale."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mentorat.intake.answers import answer_folder, neutral
from mentorat.intake.reception import Reception, store
from mentorat.settings import Settings

HEAD = "N° dossier;Dpt;id_jeune;naissance;statut;date_lancement;Commentaire interne\n"
J1, J2 = "a" * 64, "b" * 64
GOOD = f"D1;Nord;{J1};2010-01;lance;05/03/2024;ok\n"
NORD = "departement-59"

Deposit = Callable[..., Path]
Receive = Callable[[], Reception]


@pytest.fixture
def answer(settings: Settings, reception: Receive) -> Callable[..., Path]:
    """Receive and store; the folder of a sender's answers."""

    def received(emetteur: str = NORD) -> Path:
        store(reception(), settings, 2024)
        return settings.retours(2024) / emetteur

    return received


Answer = Callable[..., Path]


def accuse(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "accuse.json").read_text(encoding="utf-8"))
    return content


def sheet(path: Path, name: str) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(path)[name].iter_rows(values_only=True)]


# --- accuse.json ----------------------------------------------------------------------------------


def test_the_accuse_has_exactly_these_fields(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/sous dossier/a.csv", "Tableau de pilotage\n" + HEAD + GOOD + "Total;1\n")
    told = accuse(answer())
    assert list(told) == ["emetteur", "campagne", "fichiers"]
    assert (told["emetteur"], told["campagne"]) == (NORD, 2024)
    (file,) = told["fichiers"]
    sha256 = file.pop("sha256")
    assert len(sha256) == 64
    motifs = file.pop("motifs")
    assert file == {
        "fichier": "sous dossier/a.csv",
        "source": "dossiers_mentorat",
        "statut": "accepté",
        "lignes_recues": 1,
        "lignes_acceptees": 1,
        "lignes_ecartees": 0,
        "doublons_exacts": 0,
        "lignes_ignorees": 2,
    }
    assert motifs == ["Lu mais non conservé : colonne G."]


def test_exact_duplicates_alone_are_no_anomaly(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD + GOOD)
    folder = answer()
    (file,) = accuse(folder)["fichiers"]
    assert (file["statut"], file["lignes_acceptees"], file["doublons_exacts"]) == ("accepté", 1, 1)
    assert any("répète une ligne" in motif for motif in file["motifs"])
    assert not (folder / "anomalies_a.xlsx").exists()


def test_one_row_set_aside_makes_anomalies_and_says_how_many_of_which_motif(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD + GOOD.replace("D1", "D2").replace("lance", "zut"))
    (file,) = accuse(answer())["fichiers"]
    assert (file["statut"], file["lignes_ecartees"]) == ("accepté avec anomalies", 1)
    assert any(motif.startswith("1 ligne écartée : ") and "statut" in motif for motif in file["motifs"])


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("liste.csv", "Nom;departement\nX;59\nY;59\n", 2),
        ("autre.csv", "avis;note\nbon;1\n", 1),
        ("abime.xlsx", b"PK\x03\x04abime", None),
        ("vide.csv", b"", None),
    ],
)
def test_a_refused_file_counts_all_its_rows_aside_or_none_at_all(
    name: str, content: str | bytes, rows: int | None, deposit: Deposit, answer: Answer
) -> None:
    deposit(f"{NORD}/{name}", content)
    (file,) = accuse(answer())["fichiers"]
    assert (file["statut"], file["lignes_recues"], file["lignes_ecartees"]) == ("refusé", rows, rows)
    assert file["motifs"]


def test_a_copy_is_accepted_with_no_row(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD)
    deposit(f"{NORD}/b.csv", HEAD + GOOD)
    first, second = accuse(answer())["fichiers"]
    assert (first["statut"], first["lignes_recues"]) == ("accepté", 1)
    assert (second["statut"], second["lignes_recues"], second["lignes_acceptees"]) == ("accepté", 0, 0)
    assert "déjà reçu" in second["motifs"][0].casefold()


def test_a_file_of_no_sender_is_answered_apart(deposit: Deposit, answer: Answer) -> None:
    deposit("dossiers.csv", HEAD + GOOD)
    told = accuse(answer("_sans_emetteur"))
    assert told["fichiers"][0]["statut"] == "refusé"


def test_an_unknown_folder_gets_an_answer_of_its_own_under_a_safe_name(
    deposit: Deposit, settings: Settings, answer: Answer
) -> None:
    for name in ("departement 59", "=1+1", "Département du Nord"):
        deposit(f"{name}/a.csv", HEAD + GOOD.replace("D1", name))
    answer()
    folders = sorted(path.name for path in settings.retours(2024).iterdir())
    assert len(folders) == 3 and NORD not in folders
    assert all(name.isascii() and " " not in name and not name.startswith("=") for name in folders)
    told = accuse(settings.retours(2024) / answer_folder("departement 59"))
    assert told["emetteur"] == "departement 59"
    assert "Émetteur absent de la liste" in told["fichiers"][0]["motifs"][0]


def test_answers_of_files_no_longer_there_are_removed_and_nothing_else(
    deposit: Deposit, settings: Settings, answer: Answer
) -> None:
    bad = deposit(f"{NORD}/a.csv", HEAD + GOOD.replace("lance", "zut"))
    gone = deposit("departement-62/b.csv", HEAD + GOOD)
    folder = answer()
    (folder / "note de l'exploitant.txt").write_text("à garder")
    assert (folder / "anomalies_a.xlsx").exists()
    bad.unlink()
    gone.unlink()
    deposit(f"{NORD}/c.csv", HEAD + GOOD)
    answer()
    assert sorted(path.name for path in folder.iterdir()) == [
        "accuse.json",
        "note de l'exploitant.txt",
        "reception.xlsx",
    ]
    assert not (settings.retours(2024) / "departement-62").exists()


# --- the workbook of rows -------------------------------------------------------------------------


def test_the_workbook_holds_the_senders_own_rows_lines_and_headers(deposit: Deposit, answer: Answer) -> None:
    rows = GOOD + GOOD.replace("D1", "D2").replace("05/03/2024", "31/02/2024").replace("lance", "zut")
    deposit(f"{NORD}/a.csv", "Export du 3 mars\n" + HEAD + rows)
    heads, row = sheet(answer() / "anomalies_a.xlsx", "Lignes à corriger")
    assert heads[:4] == ["Ligne", "Ce qui ne va pas", "Comment le corriger", "Colonnes en cause"]
    assert heads[4:] == ["N° dossier", "Dpt", "id_jeune", "naissance", "statut", "date_lancement"]
    assert row[0] == 4
    assert row[1].count("\n") == 1 and "statut" in row[1] and "date_lancement" in row[1]
    assert "attente_mentor" in row[2] and "AAAA-MM-JJ" in row[2]
    assert row[3] == "date_lancement, statut"
    assert row[4:] == ["D2", "Nord", "(pseudonyme)", "2010-01", "zut", "31/02/2024"]


def test_the_cells_at_fault_are_highlighted_and_no_other(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD.replace("lance", "zut"))
    book = openpyxl.load_workbook(answer() / "anomalies_a.xlsx")
    cells = book["Lignes à corriger"][2]
    filled = [cell.value for cell in cells if cell.fill.fgColor.rgb == "FFFFD9B3"]
    assert filled == ["zut"] and next(cell for cell in cells if cell.value == "zut").font.bold


def test_the_first_sheet_says_how_many_rows_of_which_motif_and_what_to_do(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD.replace("lance", "zut") + GOOD.replace("D1", "D2").replace("lance", "zut"))
    path = answer() / "anomalies_a.xlsx"
    assert openpyxl.load_workbook(path).sheetnames == ["À lire", "Lignes à corriger"]
    notice = sheet(path, "À lire")
    assert ["Fichier", "a.csv"] in notice and ["Lignes écartées", 2] in notice
    (counted,) = [row for row in notice if row[0] == "2 lignes"]
    assert "statut" in counted[1]
    assert any("Déposez le fichier corrigé" in str(row[1]) for row in notice)


def test_a_malformed_pseudonym_is_told_without_being_copied(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD.replace(J1, "abc123" * 5))
    _, row = sheet(answer() / "anomalies_a.xlsx", "Lignes à corriger")
    assert "(pseudonyme de 30 caractères)" in row


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t=", " ="])
def test_formulas_that_come_back_are_text(lead: str) -> None:
    assert neutral(f"{lead}1+1").startswith("'")


@pytest.mark.parametrize("text", ["＝1+1", "＠a", "\u200b=1", "\ufeff+1", "\u00a0=1", " \t=1"])
def test_a_formula_of_another_width_or_behind_something_invisible_is_text_too(text: str) -> None:
    assert neutral(text) == f"'{text}"


def test_a_name_that_turns_the_writing_round_is_shown_flat(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a\u202evsc.csv", HEAD + GOOD)
    deposit(f"{NORD}/b\nc.csv", HEAD + GOOD.replace("D1", "D2").replace(J1, J2))
    assert [one["fichier"] for one in accuse(answer())["fichiers"]] == ["a?vsc.csv", "b?c.csv"]


def test_a_senders_formula_stays_text_in_the_workbook(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD.replace("D1", "=1+1").replace("lance", "=cmd|x"))
    book = openpyxl.load_workbook(answer() / "anomalies_a.xlsx")
    cells = book["Lignes à corriger"][2]
    assert "'=1+1" in [cell.value for cell in cells] and {cell.data_type for cell in cells} <= {"s", "n"}


def test_a_refused_files_workbook_holds_no_content(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", "Nom complet;departement;id_dossier;statut\nCANARI;59;CANARI;lance\n")
    path = answer() / "anomalies_a.xlsx"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["À lire", "Ce qui est refusé"]
    cells = [str(cell) for name in book.sheetnames for row in sheet(path, name) for cell in row]
    assert not any("CANARI" in cell or "Nom complet" in cell for cell in cells)
    assert any("colonne A" in cell for cell in cells)


def test_beyond_the_workbook_every_row_is_in_a_csv_beside_it(
    deposit: Deposit, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mentorat.intake.answers.MOST_ROWS", 2)
    deposit(f"{NORD}/a.csv", HEAD + "".join(GOOD.replace("D1", f"=D{i}").replace("lance", "zut") for i in range(5)))
    folder = answer()
    assert len(sheet(folder / "anomalies_a.xlsx", "Lignes à corriger")) == 3
    assert any("anomalies_a.csv" in str(row[1]) for row in sheet(folder / "anomalies_a.xlsx", "À lire"))
    with (folder / "anomalies_a.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream, delimiter=";"))
    assert [row[0] for row in rows[1:]] == ["2", "3", "4", "5", "6"] and rows[1][4] == "'=D0"


def test_two_files_of_one_stem_have_two_workbooks(deposit: Deposit, answer: Answer) -> None:
    for number, name in enumerate(["2024/a.csv", "corrige/a.csv"]):
        deposit(f"{NORD}/{name}", HEAD + GOOD.replace("D1", f"D{number}").replace("lance", "zut"))
    books = sorted(answer().glob("anomalies_*.xlsx"))
    assert len(books) == 2
    told = sheet(books[0].with_name("reception.xlsx"), "Fichiers")
    assert sorted(row[-1] for row in told[1:]) == [path.name for path in books]


# --- the summary ----------------------------------------------------------------------------------


def test_the_summary_tells_each_file_in_a_line(deposit: Deposit, answer: Answer) -> None:
    deposit(f"{NORD}/a.csv", HEAD + GOOD + GOOD.replace("D1", "D2").replace("lance", "zut"))
    heads, row = sheet(answer() / "reception.xlsx", "Fichiers")
    assert heads[:3] == ["Fichier", "Source reconnue", "Statut"]
    assert row[0] == "a.csv" and row[2:8] == ["accepté avec anomalies", 2, 0, 1, 1, 0]
    assert row[-1] == "anomalies_a.xlsx"
