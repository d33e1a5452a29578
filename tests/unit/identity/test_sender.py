"""`mentorat pseudonymiser`: names in, pseudonyms out, no row lost, no identity left. Names here are tokens."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mentorat.errors import UsageError
from mentorat.identity.level_one import level_one, parse_birth
from mentorat.identity.secret_key import Key, programme_key
from mentorat.identity.sender import Options, Receipt, long_path, parser, pseudonymise_file, run
from mentorat.identity.sender_columns import identity_in, removed_as
from mentorat.identity.sender_files import Refused, encoding_of

SECRET = "0123456789abcdef0123456789abcdef"
KEY = Key("MENTORAT_CLE_PROGRAMME", SECRET.encode())
OLD = Key("MENTORAT_CLE_PROGRAMME", b"f" * 32)
ROOT = Path(__file__).resolve().parents[3]
LEA = level_one("Léa", "Dupont", date(2010, 3, 5), KEY.secret)
BASIC = (
    "N° dossier;Nom;Prénom;Date de naissance;Statut\r\nA1;Dupont;Léa;05/03/2010;en_cours\r\n"
    "A2;Roy;;01/01/2008;lance\r\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def pseudonymised(folder: Path, content: str | bytes, name: str = "entree.csv", **options: object) -> Receipt:
    entree = folder / name
    entree.write_bytes(content if isinstance(content, bytes) else content.encode())
    return pseudonymise_file(entree, folder / "sortie.csv", KEY, Options(**options))  # type: ignore[arg-type]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))


def workbook(path: Path, *lines: list[object], title: str = "Suivi") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = title
    for line in lines:
        book.active.append(line)
    book.save(path)
    return book


# --- what comes out -----------------------------------------------------------------------------------


def test_identity_goes_pseudonyms_come_and_the_rest_stays(folder: Path) -> None:
    pseudonymised(folder, BASIC)
    assert rows(folder / "sortie.csv")[0] == {
        "id_jeune": LEA.exact,
        "id_jeune_phon": LEA.phon,
        "id_jeune_inv": LEA.inv,
        "naissance": "2010-03",
        "N° dossier": "A1",
        "Statut": "en_cours",
    }


def test_a_row_without_a_complete_identity_is_kept_counted_and_named(folder: Path) -> None:
    receipt = pseudonymised(folder, BASIC)
    second = rows(folder / "sortie.csv")[1]
    assert (second["id_jeune"], second["naissance"], second["N° dossier"]) == ("", "", "A2")
    assert receipt.lignes == 2
    assert receipt.jeunes is not None
    assert (receipt.jeunes.pseudonymes, receipt.jeunes.lignes_incompletes) == (1, [3])
    assert "ligne 3" in receipt.en_clair()


def test_no_byte_written_holds_a_name_a_day_or_the_key(folder: Path) -> None:
    pseudonymised(folder, BASIC)
    written = b"".join(path.read_bytes() for path in folder.iterdir() if path.name != "entree.csv")
    for secret in ("Dupont", "Léa", "Roy", "05/03/2010", "2010-03-05", SECRET):
        assert secret.encode() not in written


def test_the_receipt_says_counts_headers_and_the_keys_identifier(folder: Path) -> None:
    receipt = pseudonymised(folder, BASIC)
    told = json.loads((folder / "sortie.csv.recu.json").read_text(encoding="utf-8"))
    assert told["cle"] == KEY.identifiant == receipt.cle
    assert len(told["cle"]) == 12
    assert told["colonnes_retirees"] == ["Nom", "Prénom", "Date de naissance"]
    assert told["jeunes"] == {"pseudonymes": 1, "distincts": 1, "lignes_incompletes": [3]}
    text = (folder / "sortie.csv.recu.txt").read_text(encoding="utf-8-sig")
    assert text == receipt.en_clair()
    assert "anonym" not in text.replace("pseudonym", "")


def test_line_numbers_stay_with_titles_and_blank_rows(folder: Path) -> None:
    content = "Suivi du mentorat 2024;;\n\nNom;Prénom;Né(e) le\nDupont;Léa;05/03/2010\n;;\nRoy;Ana;1/2/2009\n;;\n;;\n"
    receipt = pseudonymised(folder, content)
    lines = (folder / "sortie.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [bool(line.strip(";")) for line in lines] == [False, False, True, True, False, True]
    assert (receipt.lignes, receipt.lignes_vides, receipt.lignes_au_dessus_de_l_entete) == (2, 1, 2)
    assert "Suivi" not in "".join(lines)


def test_rows_repeated_by_the_sender_are_all_kept(folder: Path) -> None:
    receipt = pseudonymised(folder, BASIC + "A1;Dupont;Léa;05/03/2010;en_cours\r\n" * 3)
    assert len(rows(folder / "sortie.csv")) == receipt.lignes == 5
    assert receipt.jeunes is not None
    assert receipt.jeunes.distincts == 1


def test_mentors_and_young_people_of_one_file(folder: Path) -> None:
    content = (
        "id_binome;Nom du jeune;Prénom du jeune;Date de naissance du jeune;"
        "Nom mentor;Prénom mentor;Date de naissance mentor\nB1;Dupont;Léa;05/03/2010;Roy;Ana;13/02/1990\n"
    )
    pseudonymised(folder, content)
    [row] = rows(folder / "sortie.csv")
    mentor = level_one("Ana", "Roy", date(1990, 2, 13), KEY.secret, "mentor")
    assert row["id_jeune"] == LEA.exact
    assert (row["id_mentor"], row["id_mentor_phon"], row["id_mentor_inv"]) == (mentor.exact, mentor.phon, "")
    assert list(row)[:4] == ["id_jeune", "id_jeune_phon", "id_jeune_inv", "naissance"]
    assert "1990" not in "".join(row.values())


def test_a_file_about_mentors_alone_needs_to_be_told_so(folder: Path) -> None:
    content = "Nom;Prénom;Date de naissance;date_recrutement\nRoy;Ana;13/02/1990;2023-01-01\n"
    with pytest.raises(UsageError, match="--personne mentor"):
        pseudonymised(folder, content)
    pseudonymised(folder, content, personne="mentor")
    assert list(rows(folder / "sortie.csv")[0]) == ["id_mentor", "id_mentor_phon", "id_mentor_inv", "date_recrutement"]


def test_names_of_mentors_without_a_birth_date_go_and_it_is_said(folder: Path) -> None:
    receipt = pseudonymised(folder, "Nom;Prénom;DDN;Nom du mentor;Prénom du mentor\nDupont;Léa;05/03/2010;Roy;Ana\n")
    assert "Roy" not in (folder / "sortie.csv").read_text(encoding="utf-8-sig")
    assert receipt.remarques == ["Pas de pseudonyme de mentor : il manque date de naissance."]


def test_the_old_key_gives_the_earlier_pseudonym(folder: Path) -> None:
    receipt = pseudonymised(folder, BASIC, ancienne_cle=OLD)
    row = rows(folder / "sortie.csv")[0]
    assert row["id_jeune_ant"] == level_one("Léa", "Dupont", date(2010, 3, 5), OLD.secret).exact
    assert row["id_jeune"] == LEA.exact
    assert receipt.cle_ancienne == OLD.identifiant


# --- S0 -----------------------------------------------------------------------------------------------

NUM = "ab" * 20
WITH_NUMBER = (
    f"Nom;Prénom;Date de naissance;NUMANONYM;NUMANONYMANT;Dpt\nDupont;Léa;5/3/2010;{NUM};{NUM};59\n"
    f"Dupont;Léa;5/3/2010;{NUM};{NUM};59\nRoy;Ana;1/2/2009;;;59\nNoé;;1/2/2009;{'cd' * 20};;59\n"
)


def test_numanonym_makes_the_passage_table_and_leaves_the_main_file(folder: Path) -> None:
    receipt = pseudonymised(folder, WITH_NUMBER)
    assert rows(folder / "passage.csv") == [
        {
            "departement": "59",
            "numanonym": NUM,
            "id_jeune": LEA.exact,
            "id_jeune_phon": LEA.phon,
            "id_jeune_inv": LEA.inv,
        }
    ]
    assert (receipt.passage_lignes, receipt.passage_lignes_sans_lien) == (1, 2)
    assert NUM not in (folder / "sortie.csv").read_text(encoding="utf-8-sig")


def test_the_passage_table_needs_a_departement(folder: Path) -> None:
    content = WITH_NUMBER.replace("Dpt", "Secteur")
    with pytest.raises(UsageError, match="--departement"):
        pseudonymised(folder, content)
    pseudonymised(folder, content, departement="2A")
    assert rows(folder / "passage.csv")[0]["departement"] == "2A"


def test_the_passage_table_may_be_declined(folder: Path) -> None:
    pseudonymised(folder, WITH_NUMBER.replace("Dpt", "Secteur"), retirer=("NUMANONYM",))
    assert not (folder / "passage.csv").exists()


# --- headers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "person", "champ"),
    [
        ("Nom", "", "nom"), ("NOM DE FAMILLE", "", "nom"), ("nom_jeune", "jeune", "nom"),
        ("NomDuJeune", "jeune", "nom"),
        ("Prénom", "", "prenom"), ("Prénoms de l'enfant", "jeune", "prenom"), ("Date de naissance", "", "naissance"),
        ("DDN", "", "naissance"), ("Né(e) le", "", "naissance"), ("Née le", "", "naissance"),
        ("naissance", "", "naissance"),
        ("Date naiss. mentor", "mentor", "naissance"), ("Nom mentor", "mentor", "nom"), ("Nom de naissance", "", "nom"),
        ("Nom du référent ASE", "autre", "nom"), ("NOM Prénom", "", "complet"), ("Nom complet", "", "complet"),
        ("Jeune", "jeune", "complet"), ("Référent ASE", "autre", "complet"), ("Identité", "", "complet"),
        ("Date de naissance (JJ/MM/AAAA)", "", "naissance"),
    ],
)  # fmt: skip
def test_identity_is_seen_in_headers(header: str, person: str, champ: str) -> None:
    found = identity_in(header)
    assert found is not None
    assert (found.personne, found.champ) == (person, champ)


@pytest.mark.parametrize(
    "header",
    [
        "N° dossier", "Nom de l'association", "Association", "Référence mentor", "id_mentor", "Nombre de titulaires",
        "nb_titulaires", "Statut juridique", "Date de début", "Âge", "Sexe", "Type d'accueil", "Code postal",
        "Pays de naissance",
        "Nom de l'établissement", "Date mise en relation", "Commune", "profil", "Besoin", "Avis du jeune recueilli",
        "Mobilité",
    ],
)  # fmt: skip
def test_other_columns_are_kept(header: str) -> None:
    assert removed_as(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "NIR", "N° Sécurité sociale", "N°INSEE", "Email", "Courriel du mentor", "Tél", "Téléphone portable",
        "Mobile", "Adresse",
        "Adresse postale", "N° étranger", "AGDREF", "Titre de séjour", "Lieu de naissance", "Nom du père",
        "Nom d'usage",
        "E-mail", "Mail référent",
    ],
)  # fmt: skip
def test_identifying_columns_go(header: str) -> None:
    assert removed_as(header) is not None


def test_the_name_of_birth_is_preferred_to_the_name_of_use(folder: Path) -> None:
    pseudonymised(folder, "Nom d'usage;Nom de naissance;Prénom;Date de naissance\nRoy;Dupont;Léa;05/03/2010\n")
    assert rows(folder / "sortie.csv")[0]["id_jeune"] == LEA.exact


def test_two_columns_for_one_field_are_a_choice_for_the_sender(folder: Path) -> None:
    content = "Nom;Nom de famille;Prénom;DDN\nDupont;Roy;Léa;05/03/2010\n"
    with pytest.raises(UsageError, match=r"« Nom » \(colonne 1\) et « Nom de famille » \(colonne 2\)"):
        pseudonymised(folder, content)
    pseudonymised(folder, content, colonnes={"nom": "NOM"})
    assert rows(folder / "sortie.csv")[0]["id_jeune"] == LEA.exact


def test_headers_of_any_wording_can_be_named(folder: Path) -> None:
    content = "ref;a;b;c\nX;Dupont;Léa;05/03/2010\n"
    with pytest.raises(Refused, match="Aucune ligne d'en-tête"):
        pseudonymised(folder, content)
    pseudonymised(folder, content, colonnes={"nom": "a", "prenom": "b", "naissance": "c"})
    assert rows(folder / "sortie.csv")[0]["id_jeune"] == LEA.exact


def test_names_in_one_column_cannot_be_told_apart(folder: Path) -> None:
    with pytest.raises(UsageError, match="séparés en deux"):
        pseudonymised(folder, "Nom Prénom;Date de naissance\nDupont Léa;05/03/2010\n")


def test_a_column_can_be_kept_or_removed_against_the_tools_judgement(folder: Path) -> None:
    content = "Nom;Prénom;DDN;Mentor;Classe;\nDupont;Léa;05/03/2010;oui;3e;libre\n"
    receipt = pseudonymised(folder, content, garder=("Mentor",), retirer=("classe",))
    assert list(rows(folder / "sortie.csv")[0])[4:] == ["Mentor"]
    assert receipt.colonnes_retirees[-1] == "colonne sans titre (6)"
    with pytest.raises(UsageError, match="« Couleur »"):
        pseudonymised(folder, content, garder=("Couleur",), remplacer=True)


def test_a_file_already_pseudonymised_is_not_done_twice(folder: Path) -> None:
    with pytest.raises(UsageError, match="déjà pseudonymisé"):
        pseudonymised(folder, "Nom;Prénom;DDN;id_jeune\nDupont;Léa;05/03/2010;x\n")


# --- what may not remain ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("écrire à a.b@exemple.fr", "adresse électronique"),
        ("appeler le 06 12 34 56 78", "téléphone"),
        ("0612345678", "téléphone"),
        ("+33 6 12 34 56 78", "téléphone"),
        ("1 85 05 78 006 084 91", "numéro de sécurité sociale"),
        ("1850578006084", "numéro de sécurité sociale"),
        ("12 rue des Lilas", "adresse postale"),
        ("Léa Dupont va bien", "nom et prénom de la ligne"),
        ("DUPONT-lea", "nom et prénom de la ligne"),
    ],
)
def test_an_identifier_left_in_a_kept_cell_stops_everything(folder: Path, cell: str, what: str) -> None:
    content = f"Nom;Prénom;DDN;Observations\nRoy;Ana;1/2/2009;rien\nDupont;Léa;05/03/2010;{cell}\n"
    with pytest.raises(Refused, match=rf"{what} \(colonne « Observations », ligne 3\)") as error:
        pseudonymised(folder, content)
    assert cell not in str(error.value)
    assert sorted(path.name for path in folder.iterdir()) == ["entree.csv"]
    pseudonymised(folder, content, retirer=("Observations",))


@pytest.mark.parametrize(
    "cell",
    [
        "MECS Saint-Martin",
        "2024-03-05",
        "05/03/2024",
        "3e",
        "1 234,5",
        "ab" * 32,
        "Léa",
        "Dupont et Roy",
        "20240305",
        "59",
    ],
)
def test_honest_cells_do_not(folder: Path, cell: str) -> None:
    pseudonymised(folder, f"Nom;Prénom;DDN;Observations\nDupont;Léa;05/03/2010;{cell}\n")
    assert rows(folder / "sortie.csv")[0]["Observations"] == cell


def test_the_senders_own_numbers_may_look_like_telephones(folder: Path) -> None:
    pseudonymised(folder, "Nom;Prénom;DDN;N° dossier\nDupont;Léa;05/03/2010;0612345678\n")
    assert rows(folder / "sortie.csv")[0]["N° dossier"] == "0612345678"


def test_a_file_without_one_complete_identity_is_refused(folder: Path) -> None:
    with pytest.raises(Refused, match="aucune ligne"):
        pseudonymised(folder, "Nom;Prénom;naissance\nDupont;Léa;2010-03\n")


# --- files as they come -------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_delimiter_and_line_end(folder: Path, encoding: str, delimiter: str, end: str) -> None:
    content = BASIC.replace("\r\n", end).replace(";", delimiter).encode(encoding)
    receipt = pseudonymised(folder, content)
    assert receipt.lignes == 2
    assert rows(folder / "sortie.csv")[0]["id_jeune"] == LEA.exact


def test_an_accent_late_in_a_long_file_still_says_its_encoding(folder: Path) -> None:
    path = folder / "long.csv"
    path.write_bytes(b"a;b\n" * 600_000 + "é".encode("cp1252"))
    assert encoding_of(path) == "cp1252"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "mot de passe"),
        (b"PK\x03\x04 not a workbook", "abîmé"),
        (bytes(range(256)) * 20, "ni un CSV ni un classeur"),
        (BASIC.encode() + b'A3;"Roy;Ana;1/2/2009;x\r\nA4;Roy;Ana;1/2/2009;x\r\n', "mal formé"),
        (BASIC.encode() + b"A3;Roy;Ana;1/2/2009;x;y\r\n", "ligne 4 a plus de cellules"),
        (BASIC.encode("cp1252") + b"\x81\r\n", "illisible"),
        (b"Statut;Besoin\nen_cours;scolaire\n", "Aucune ligne d'en-t"),
    ],
)
def test_an_unreadable_file_is_told_in_french_and_leaves_nothing(folder: Path, content: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said) as error:
        pseudonymised(folder, content)
    assert error.value.exit_code == 1
    assert sorted(path.name for path in folder.iterdir()) == ["entree.csv"]


def test_cells_that_look_like_formulas_are_left_and_counted(folder: Path) -> None:
    receipt = pseudonymised(folder, 'Nom;Prénom;DDN;Note;Écart\nDupont;Léa;05/03/2010;"=1+1";-12,5\n')
    assert rows(folder / "sortie.csv")[0]["Note"] == "=1+1"
    assert receipt.cellules_lues_comme_formules == 1
    assert "formules" in receipt.en_clair()


def test_cells_with_line_breaks_quotes_and_delimiters_come_back_whole(folder: Path) -> None:
    pseudonymised(folder, 'Nom;Prénom;DDN;Note\nDupont;Léa;05/03/2010;"a;b\nc ""d"""\n')
    assert rows(folder / "sortie.csv")[0]["Note"] == 'a;b\nc "d"'


# --- workbooks ----------------------------------------------------------------------------------------

HEADER: list[object] = ["Nom", "Prénom", "Date de naissance", "N° dossier", "Début", "Heures", "Note"]


def from_workbook(folder: Path, **options: object) -> tuple[Receipt, openpyxl.Workbook]:
    receipt = pseudonymise_file(folder / "e.xlsx", folder / "s.xlsx", KEY, Options(**options))  # type: ignore[arg-type]
    return receipt, openpyxl.load_workbook(folder / "s.xlsx")


def test_a_workbook_gives_a_fresh_workbook_with_its_types(folder: Path) -> None:
    book = workbook(
        folder / "e.xlsx",
        ["Tableau de suivi"],
        HEADER,
        ["Dupont", "Léa", datetime(2010, 3, 5), "A1", datetime(2024, 1, 15), 12.5, None],
        ["Dupont", "Léa", 40242, "A2", None, 3, "texte"],
    )
    book.properties.creator = "Roy"
    book.active["A3"].comment = openpyxl.comments.Comment("Ana Roy", "Roy")
    book.create_sheet("Cachée").sheet_state = "hidden"
    book["Cachée"].append(["Nom", "Prénom", "Date de naissance"])
    book.save(folder / "e.xlsx")
    receipt, out = from_workbook(folder)
    assert out.sheetnames == ["Données"]
    lines = list(out.active.iter_rows(values_only=True))
    assert lines[1] == (
        "id_jeune",
        "id_jeune_phon",
        "id_jeune_inv",
        "naissance",
        "N° dossier",
        "Début",
        "Heures",
        "Note",
    )
    assert lines[2] == (*LEA, "2010-03", "A1", datetime(2024, 1, 15), 12.5, None)
    assert lines[3][:5] == (*LEA, "2010-03", "A2")
    assert receipt.lignes == 2
    assert out.active["E3"].comment is None
    assert out.properties.creator != "Roy"
    assert any("Une seule feuille" in note for note in receipt.remarques)


def test_a_text_that_begins_with_an_equal_sign_never_becomes_a_formula(folder: Path) -> None:
    book = workbook(folder / "e.xlsx", HEADER, ["Dupont", "Léa", "05/03/2010", "A1", None, None, "x"])
    cell = book.active["G2"]
    cell.value, cell.data_type = "=1+1", "s"
    book.save(folder / "e.xlsx")
    _, out = from_workbook(folder)
    assert (out.active["H2"].value, out.active["H2"].data_type) == ("=1+1", "s")


def test_a_formula_never_calculated_stops_and_says_how_to_mend(folder: Path) -> None:
    workbook(folder / "e.xlsx", HEADER, ["Dupont", "Léa", "05/03/2010", "A1", None, "=1+1", None])
    with pytest.raises(Refused, match="ligne 2 contient une formule qui n'a jamais été calculée"):
        from_workbook(folder)


def test_a_formula_gives_the_value_last_calculated(folder: Path) -> None:
    book = xlsxwriter.Workbook(folder / "e.xlsx")
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [str(title) for title in HEADER])
    sheet.write_row(1, 0, ["Dupont", "Léa", "05/03/2010", "A1", "", 1])
    sheet.write_row(2, 0, ["Dupont", "Léa", "05/03/2010"])
    sheet.write_formula(2, 3, '="A"&2', value="A2")
    sheet.write_row(3, 0, ["Dupont", "Léa", "05/03/2010", "A3"])
    book.close()
    _, out = from_workbook(folder)
    assert [row[4] for row in out.active.iter_rows(min_row=2, values_only=True)] == ["A1", "A2", "A3"]


def test_the_sheet_with_identities_is_found_or_chosen(folder: Path) -> None:
    book = workbook(folder / "e.xlsx", ["Lisez-moi"], title="Notice")
    for title in ("2023", "2024"):
        sheet = book.create_sheet(title)
        sheet.append(HEADER)
        sheet.append(["Dupont", "Léa", "05/03/2010", title])
    book.save(folder / "e.xlsx")
    with pytest.raises(UsageError, match="--feuille"):
        from_workbook(folder)
    _, out = from_workbook(folder, feuille="2023")
    assert out.active["E2"].value == "2023"
    with pytest.raises(UsageError, match="feuille « 2022 »"):
        from_workbook(folder, feuille="2022", remplacer=True)


# --- where it is written ------------------------------------------------------------------------------


def test_it_never_writes_over_its_input(folder: Path) -> None:
    path = folder / "e.csv"
    path.write_text(BASIC, encoding="utf-8")
    with pytest.raises(UsageError, match="ne peut pas être le fichier d'entrée"):
        pseudonymise_file(path, folder / "." / "e.csv", KEY, Options(remplacer=True))
    assert path.read_text(encoding="utf-8") == BASIC.replace("\r\n", "\n")


def test_an_earlier_output_is_replaced_only_when_asked(folder: Path) -> None:
    first = pseudonymised(folder, BASIC)
    with pytest.raises(UsageError, match="--remplacer"):
        pseudonymised(folder, BASIC)
    assert pseudonymised(folder, BASIC, remplacer=True).sha256 == first.sha256  # same input, same bytes


@pytest.mark.parametrize("sortie", ["s.xlsx", "s.txt", "absent/s.csv"])
def test_the_output_has_the_inputs_kind_and_an_existing_folder(folder: Path, sortie: str) -> None:
    (folder / "e.csv").write_text(BASIC, encoding="utf-8")
    with pytest.raises(UsageError):
        pseudonymise_file(folder / "e.csv", folder / sortie, KEY)


def test_an_absent_input_is_told(folder: Path) -> None:
    with pytest.raises(UsageError, match="n'existe pas"):
        pseudonymise_file(folder / "e.csv", folder / "s.csv", KEY)


@pytest.mark.parametrize(
    ("path", "long"),
    [
        ("C:\\Users\\a\\f.csv", "C:\\Users\\a\\f.csv"),
        ("C:\\" + "d" * 250, "\\\\?\\C:\\" + "d" * 250),
        ("\\\\serveur\\" + "p" * 250, "\\\\?\\UNC\\serveur\\" + "p" * 250),
        ("\\\\?\\C:\\" + "d" * 250, "\\\\?\\C:\\" + "d" * 250),
    ],
)
def test_long_windows_paths_are_written_without_limit(path: str, long: str) -> None:
    assert long_path(path, windows=True) == long
    assert long_path(path, windows=False) == path


def test_names_of_folders_and_files_may_hold_anything(folder: Path) -> None:
    place = folder / "Données de l'été 2024 (v2)\\copie"
    place.mkdir()
    (place / "entrée n°1.csv").write_text(BASIC, encoding="utf-8")
    pseudonymise_file(place / "entrée n°1.csv", place / "sortie é.csv", KEY)
    assert rows(place / "sortie é.csv")[0]["id_jeune"] == LEA.exact


# --- the key ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_file_is_read_as_windows_editors_write_it(folder: Path, encoding: str) -> None:
    (folder / "cle.txt").write_text(f"  {SECRET}\r\n", encoding=encoding)
    assert programme_key(folder / "cle.txt", environ={}) == KEY
    assert programme_key(environ={"MENTORAT_CLE_PROGRAMME_FICHIER": str(folder / "cle.txt")}) == KEY
    assert programme_key(environ={"MENTORAT_CLE_PROGRAMME": SECRET}) == KEY


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "vide"),
        ("court", "trop courte"),
        (SECRET + "\n" + SECRET, "plusieurs lignes"),
        ("demonstration:" + SECRET, "démonstration"),
    ],
)
def test_an_unfit_key_is_refused_without_being_shown(value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        programme_key(environ={"MENTORAT_CLE_PROGRAMME": value})
    assert error.value.exit_code == 2
    assert SECRET not in str(error.value)


def test_a_missing_or_unreadable_key_says_how_to_give_it(folder: Path) -> None:
    with pytest.raises(UsageError, match="--cle FICHIER"):
        programme_key(environ={})
    with pytest.raises(UsageError, match="absent ou illisible"):
        programme_key(folder / "nulle-part", environ={})


def test_a_demonstration_key_serves_on_demand() -> None:
    key = programme_key(demonstration=True, environ={"MENTORAT_CLE_PROGRAMME": "demonstration:" + SECRET})
    assert key.demonstration
    assert SECRET not in repr(key)


# --- the command --------------------------------------------------------------------------------------


@pytest.fixture
def asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("MENTORAT_CLE_PROGRAMME", SECRET)
    (folder / "e.csv").write_text(BASIC, encoding="utf-8")
    return [str(folder / "e.csv"), str(folder / "s.csv")]


def test_the_command_answers_0_and_says_its_receipt(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(asked) == 0
    assert "Lignes de données : 2 lues, 2 écrites" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [[], ["un"], ["a", "b", "--inconnue"], ["a", "b", "--personne", "autre"]])
def test_a_wrong_command_answers_2_in_french(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(wrong) == 2
    said = capsys.readouterr().err
    assert said.startswith("Erreur : ")
    assert "usage" not in said.lower().replace("--aide", "")


def test_a_refused_file_answers_1(asked: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "e.csv").write_text("rien\n", encoding="utf-8")
    assert run(asked) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_every_option_of_the_help_is_french(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--aide"]) == 0
    said = capsys.readouterr().out
    for english in ("usage:", "\noptions:", "positional", "show this help"):
        assert english not in said
    for option in ("--cle", "--ancienne-cle", "--nom-mentor", "--departement", "--feuille", "--retirer", "--remplacer"):
        assert option in said


def test_the_senders_page_names_options_that_exist_and_dates_that_are_read() -> None:
    page = (ROOT / "docs" / "pseudonymiser.md").read_text(encoding="utf-8")
    options = {option for action in parser()._actions for option in action.option_strings}
    assert set(re.findall(r"--[a-z][a-z-]+", page)) <= options
    [dates] = re.findall(r"Les dates se lisent (.*?) : jour d'abord", page, re.DOTALL)
    assert {parse_birth(written) for written in re.findall("`(.*?)`", dates)} == {date(2010, 3, 5)}


def test_the_old_key_must_be_another(asked: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "cle.txt").write_text(SECRET, encoding="utf-8")
    assert run([*asked, "--ancienne-cle", str(folder / "cle.txt")]) == 2
    assert "identiques" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_told(asked: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch,
                                                  capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    def locked(*_: object) -> None:
        raise PermissionError(13, "locked", "s.csv")

    monkeypatch.setattr(Path, "replace", locked)
    assert run(asked) == 2
    assert "Fermez-le dans votre tableur" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["e.csv"]


def in_process(code: str, *args: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": str(ROOT), "MENTORAT_CLE_PROGRAMME": SECRET, "PATH": os.environ["PATH"], **env}
    return subprocess.run([sys.executable, "-c", code, *args], env=environment, capture_output=True, check=False)


def test_a_windows_console_does_not_break_it(asked: list[str], folder: Path) -> None:
    for encoding in ("cp1252", "cp850", "ascii"):
        code = "import sys; from mentorat.identity.sender import run; sys.exit(run(sys.argv[1:]))"
        done = in_process(code, *asked, "--remplacer", PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"Pseudonymes de jeunes : 1" in done.stdout


def test_it_is_light_to_import() -> None:
    code = "import sys, mentorat.identity.sender; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = set(in_process(code).stdout.decode().split())
    assert "mentorat" in loaded
    assert not loaded & {"pandas", "numpy", "pyarrow", "pydantic", "typer", "yaml", "openpyxl", "lxml"}


# --- no row lost, whatever the file -----------------------------------------------------------------------

CELL = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=["Cs", "Cc"]), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELL, CELL, st.sampled_from(["05/03/2010", "", "2010"]), CELL), min_size=1, max_size=8))
def test_whatever_the_cells_every_row_comes_out_or_the_file_is_refused(
    folder: Path, lines: list[tuple[str, ...]]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerows([("Nom", "Prénom", "Date de naissance", "Note"), *lines])
    try:
        receipt = pseudonymised(folder, text.getvalue().encode(), remplacer=True)
    except Refused:
        return
    written = [line if any(cell.strip() for cell in line) else ("",) * 4 for line in lines]
    while not any(written[-1]):
        written.pop()
    assert [row["Note"] for row in rows(folder / "sortie.csv")] == [line[3] for line in written]
    assert receipt.lignes == sum(map(any, written))
    assert receipt.jeunes is not None
    assert receipt.jeunes.pseudonymes + len(receipt.jeunes.lignes_incompletes) == receipt.lignes
