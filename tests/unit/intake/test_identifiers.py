"""What makes a file refused whole: direct identifiers, offences, health."""

import time
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.contracts.sources import Contract, contract
from mentorat.intake.identifiers import (
    COPIED,
    Finding,
    clear,
    direct_identifiers,
    identifier_in,
    in_file_name,
    in_words,
)
from mentorat.intake.people import first_names
from mentorat.intake.reading import RawTable

S1, S2, S3 = contract("mesures_ase"), contract("dossiers_mentorat"), contract("binomes")


def findings(header: str, cells: list[str], column: str | None = None, source: Contract = S2) -> list[Finding]:
    raw = RawTable([header], [pa.array(cells, pa.string())], np.arange(len(cells)) + 2)
    return direct_identifiers(raw, {0: column} if column else {}, source)


def found_in(header: str, cell: str = "", column: str | None = None) -> list[str]:
    return [finding.quoi for finding in findings(header, ["", cell], column)]


@pytest.mark.parametrize(
    "header",
    ["Nom", "PRENOM", "Prénom du jeune", "nom_prenom", "Nom de famille", "NomJeune", "NIR", "N° sécurité sociale", 
     "E-mail", "Courriel", "Tél.", "Téléphone portable", "Adresse", "N° AGDREF", "Numéro étranger", "Nom complet",
     "NOM Prénom", "Nom & prénom du jeune", "NOMPRENOM", "Adresse mail", "Mail", "Mél.", "Nom du référent",
     "First name", "lastname", "nom_mentor", "Nom de jeune fille"],
)  # fmt: skip
def test_a_header_that_names_an_identifier(header: str) -> None:
    assert found_in(header)


@pytest.mark.parametrize(
    "header", ["Casier judiciaire", "Résultat contrôle", "Infractions", "Santé", "Diagnostic", "Type de handicap"]
)
def test_a_header_about_offences_or_health(header: str) -> None:
    assert found_in(header)


@pytest.mark.parametrize(
    "header",
    ["Nom de l'association", "Nombre", "Commentaire", "Handicap", "Lieu principal", "Structure", "Nom structure",
     "Jeune", "Mentor", "Référent ASE", "Code jeune", "Type de mentor"],
)  # fmt: skip
def test_a_header_that_names_no_identifier(header: str) -> None:
    assert found_in(header) == []


def test_olinpes_own_variables_are_at_home_in_s1_only() -> None:
    raw = RawTable(["SANTE"], [pa.array(["1"])], np.array([2]))
    assert direct_identifiers(raw, {0: "SANTE"}, S1) == []
    assert direct_identifiers(raw, {}, S2) != []


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("voir a.b@exemple.fr", "adresse électronique"),
        ("06 12 34 56 78", "téléphone"),
        ("0612345678", "téléphone"),
        ("+33 6 12 34 56 78", "téléphone"),
        ("12 bis rue des Lilas", "adresse postale"),
        ("3, place de la Mairie", "adresse postale"),
        ("2 55 08 14 168 025 38", "numéro de sécurité sociale"),
        ("255081416802538", "numéro de sécurité sociale"),
        ("vu avec Mme Untel", "nom de personne"),
        ("M.Untel a appelé", "nom de personne"),
        ("+33 (0)6 12 34 56 78", "téléphone"),
        ("0033 6 12 34 56 78", "téléphone"),
        ("+262 692 12 34 56", "téléphone"),
        ("+212 6 12 34 56 78", "téléphone"),
        ("1 98 02 2A 001 123 11", "numéro de sécurité sociale"),
        ("NIR 2 55 08 14 168 025", "numéro de sécurité sociale"),
        ("AGDREF 7503123456", "numéro d'étranger"),
        ("n° étranger : 9903123456", "numéro d'étranger"),
        ("rue des Lilas, 59000 Lille", "adresse postale"),
        ("vu hier Karim Untel au foyer", "nom de personne"),
        ("UNTEL Karim absent", "nom de personne"),
        ("Soutien pour Anne-Sophie de Untel", "nom de personne"),
        ("rendez-vous avec Sofia", "nom de personne"),
        ("Mère de Fatoumata injoignable", "nom de personne"),
        ("Karim souhaite changer", "nom de personne"),
        ("le jeune s'appelle Karim", "nom de personne"),
        ("MME UNTEL NE REPOND PAS", "nom de personne"),
        ("MONSIEUR UNTEL", "nom de personne"),
        ("vu M UNTEL au foyer", "nom de personne"),
        ("léa untel", "nom de personne"),
        ("Untel, Léa", "nom de personne"),
        ("lea_untel", "nom de personne"),
        ("Léa U.", "nom de personne"),
        ("06/12/34/56/78", "téléphone"),
        ("06_12_34_56_78", "téléphone"),
        ("06 - 12 - 34 - 56 - 78", "téléphone"),
        ("(06) 12 34 56 78", "téléphone"),
        ("0612 34 56 78", "téléphone"),
        ("tél. : 612345678", "téléphone"),
        ("joindre au 612345678", "téléphone"),
        ("a.b (at) exemple.fr", "adresse électronique"),
        ("a.b arobase exemple.fr", "adresse électronique"),
        ("2/55/08/14/168/025/38", "numéro de sécurité sociale"),
        ("25 50 81 41 68 02 53 8", "numéro de sécurité sociale"),
        ("2.55081416802538e14", "numéro de sécurité sociale"),
        ("AGDREF 99 03 12 34 56", "numéro d'étranger"),
        ("14 résidence les Lilas", "adresse postale"),
    ],
)
def test_a_cell_that_holds_an_identifier(cell: str, what: str) -> None:
    assert identifier_in(cell) == what
    assert found_in("Commentaire", cell) == [what]


WIDE = str.maketrans("0123456789@", "０１２３４５６７８９＠")
HIDDEN = ("\u200b", "\u00ad", "\u2060", "\ufeff", "\u202e")
SPACES = ("\u00a0", "\u202f", "\u2009", "\t", "  ", "\n")


@pytest.mark.parametrize(
    ("plain", "what"),
    [
        ("06 12 34 56 78", "téléphone"),
        ("2 55 08 14 168 025 38", "numéro de sécurité sociale"),
        ("AGDREF 9903123456", "numéro d'étranger"),
        ("12 rue des Lilas", "adresse postale"),
        ("Mme Untel", "nom de personne"),
        ("Léa Untel", "nom de personne"),
        ("voir a.b@exemple.fr", "adresse électronique"),
    ],
)
def test_an_identifier_is_seen_as_the_eye_sees_it(plain: str, what: str) -> None:
    ways = [plain.translate(WIDE), unicodedata.normalize("NFD", plain), plain.replace("e", "\u0435")]
    ways += [hidden.join(plain) for hidden in HIDDEN]
    ways += [plain.replace(" ", space) for space in SPACES]
    ways += [plain.replace(" ", "\u2011")] if what == "téléphone" else []
    assert {way: found_in("Commentaire", way) for way in ways} == {way: [what] for way in ways}


def test_writing_is_made_plain_and_what_is_plain_stays_as_it_is() -> None:
    assert clear("Ｌ\u200bе\u0301a\u00a0–\n٠٦") == "Léa - 06"
    assert clear("6.12345678e8") == "612345678" and clear("1.5e1") == "15" and clear("1.55e1") == "1.55e1"
    assert clear("Élève d'Orléans-la-Source") == "Élève d'Orléans-la-Source"


@pytest.mark.parametrize(
    ("header", "column"),
    [("dept", "departement"), ("statut", "statut"), ("jeune", "id_jeune"), ("né en", "naissance"),
     ("lieu", "type_accueil"), ("asso", "association"), ("lancé le", "date_lancement"), ("nb", "nb_titulaires"),
     ("signé", "signee_jeune"), ("dossier", "id_dossier")],
)  # fmt: skip
@pytest.mark.parametrize("cell", ["Léa Untel", "UNTEL Karim", "léa untel", "Mme Untel", "a.b@exemple.fr"])
def test_one_identifier_in_any_declared_column_refuses_the_file(header: str, column: str, cell: str) -> None:
    # a cell that no code reads would go back in the sender's workbook, and a reference into the pilotage store
    (finding,) = findings(header, ["59"] * 9 + [cell], column)
    assert (finding.colonne, finding.lignes) == (column, (11,))


def test_a_telephone_in_any_declared_column_but_a_reference() -> None:
    for column in ("statut", "naissance", "date_lancement", "nb_titulaires", "signee_jeune", "id_jeune"):
        assert findings("c", ["x1", "0612345678"], column), column


@pytest.mark.parametrize("cell", ["UNTEL-LEA-01", "lea.untel", "2024_UNTEL_Karim", "KarimUntel"])
def test_a_reference_made_of_a_name(cell: str) -> None:
    assert [f.quoi for f in findings("dossier", ["D1", "D2", "D3", cell], "id_dossier")] == ["nom de personne"]


@pytest.mark.parametrize(
    "cells",
    [
        [f"LIL-MART-{i}" for i in range(9)],
        ["PAR-ROSE-1", "ANT.LYON.2", "ASE/NORD/3"],
        ["MECS-JEAN-XXIII-4", "LIEU-MARIE-1"],
        ["6f1c2d34-0612-4567-8901-0612345678ab"],
        [f"DOS-2024-06{i:08d}" for i in range(9)],
        [f"99{i:08d}" for i in range(3)],
    ],
)
def test_an_honest_reference(cells: list[str]) -> None:
    assert findings("dossier", cells, "id_dossier") == []


def test_fifteen_figures_end_on_a_right_key_once_in_a_hundred_by_chance() -> None:
    stamps = [
        f"2024{1 + i % 9:02d}{1 + i % 28:02d}{i % 24:02d}{i % 60:02d}{(7 * i) % 60:02d}{i % 10}" for i in range(2000)
    ]
    assert sum(identifier_in(stamp, free=False) is not None for stamp in stamps) > 0
    assert findings("identifiant", stamps) == findings("dossier", stamps, "id_dossier") == []
    assert findings("remarque", ["255081416802538", "x", "y"])


def test_a_pseudonym_copied_in_another_column_is_refused() -> None:
    young, other = "A1" * 32, "c2" * 32
    raw = RawTable(
        ["jeune", "dossier"],
        [pa.array([young, "", "d3" * 32]), pa.chunked_array([[other, young.lower()], ["D3"]])],
        np.array([2, 3, 4]),
    )
    named = {0: "id_jeune", 1: "id_dossier"}
    assert direct_identifiers(raw, named, S2) == [Finding(COPIED, "id_dossier", (3,))]


@pytest.mark.parametrize(
    "cells",
    [
        [["Nom", "Prénom"], ["UNTEL", "LEA"], ["AUTRETEL", "PAUL"]],
        [["id", "qui"], ["1", "Léa"], ["2", "Karim"]],
    ],
)
def test_a_list_of_persons_on_another_sheet(cells: list[list[str]]) -> None:
    outside = [(f"feuille 2, ligne {line}", cell) for line, row in enumerate(cells, 1) for cell in row]
    raw = RawTable(["statut"], [pa.array(["lance"])], np.array([3]), outside=outside)
    assert direct_identifiers(raw, {0: "statut"}, S2)


def test_lists_of_codes_and_towns_on_another_sheet_are_none() -> None:
    words = ["Statuts", "lancé", "Nom de la structure", "Florence", "Nancy", "Lille", "Rose", "Noms des associations"]
    outside = [(f"feuille 2, ligne {line}", word) for line, word in enumerate(words, 1)]
    raw = RawTable(["statut"], [pa.array(["lance"])], np.array([3]), outside=outside)
    assert direct_identifiers(raw, {0: "statut"}, S2) == []


@pytest.mark.parametrize(
    "cell",
    [
        "RAS", "Appel à refaire le 12/03", "rdv le 05/03/2024 à 14h30", "RDV 05.03.2024 14.30", "2024/06/12 34",
        "12/03 14/03 16/03 18/03 20/03", "du 01/09/24 au 30/06/25", "SIREN 784301001", "siret 78430100100012",
        "DOS-2024-0612345678", "convention 2024-0612345", "1 234 567 890", "Montant 1 234 567,00", "RG 23/01234",
        "MME NE REPOND PAS", "MADAME INJOIGNABLE", "MR ET MME ONT SIGNE", "Mr et Mme ont signé", "M. le Maire",
        "Madame la Juge", "mme la directrice", "CDI Lycée Jean Moulin", "Victor Hugo", "métro Jean Jaurès",
        "exposé sur Simone Veil", "Sophia Antipolis", "Vacances de Noël", "Harry Potter", "avec Mentor",
        "tél fait le 12/03/2024", "appeler avant le 15/03/2024 10h00", "mail @ renvoyer", "12 places", "20 cours",
        "ordonnance 23/00456 du 06 03 2024", "Stage chez Decathlon", "Visio Teams", "Fondation La Vie au Grand Air",
    ],
)  # fmt: skip
def test_an_honest_comment(cell: str) -> None:
    assert found_in("Commentaire", cell) == []


@pytest.mark.parametrize("piece", ["1 ", "a@", "12 rue ", "Karim ", "06 ", "Mme ", "- ", "é\u200b"])
def test_no_filling_makes_a_cell_long_to_read(piece: str) -> None:
    start = time.perf_counter()
    identifier_in(piece * (30_000 // len(piece)))
    assert time.perf_counter() - start < 2  # a spreadsheet's longest cell, in some tenths of a second


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-05",
        "05-03-2024 10:15",
        "ab" * 32,
        "DOS-2024-000123",
        "2 places en internat",
        "1 234,50",
        "255081416802539",
        "20240305101500",
        "1709632800123",
    ],
)
def test_a_cell_that_looks_like_one_by_chance(cell: str) -> None:
    assert identifier_in(cell, free=False) is None


def test_a_declared_reference_of_ten_digits_is_no_telephone_a_written_number_is() -> None:
    assert found_in("id_dossier", "0612345678", "id_dossier") == []
    assert found_in("id_dossier", "06.12.34.56.78", "id_dossier") == ["téléphone"]


def test_the_free_text_of_olinpe_is_read_for_identifiers() -> None:
    raw = RawTable(["AUTREDA"], [pa.array(["", "mail : a@b.fr"])], np.array([2, 9]))
    (finding,) = direct_identifiers(raw, {0: "AUTREDA"}, S1)
    assert finding.colonne == "AUTREDA" and finding.lignes == (9,)


@pytest.mark.parametrize("filling", ["x " * 25_000, "x" * 50_000, "Le jeune avance. " * 3_000, "1" * 50_000])
def test_a_very_long_cell_is_read_to_its_end_and_in_no_time(filling: str) -> None:
    assert identifier_in(filling) is None
    assert identifier_in(f"{filling} voir a.b@exemple.fr") == "adresse électronique"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.booleans())
def test_any_text_may_be_looked_into(text: str, free: bool) -> None:
    identifier_in(text, free)
    in_file_name(text)
    findings("Jeune", [text, text[::-1]])


def test_titles_and_other_sheets_are_read_too() -> None:
    raw = RawTable(["statut"], [pa.array(["lance"])], np.array([3]), outside=[("ligne 1", "Contact : a@b.fr")])
    (finding,) = direct_identifiers(raw, {0: "statut"}, S2)
    assert finding.colonne == "hors du tableau (ligne 1)"


# --- what a whole column holds --------------------------------------------------------------------

ROLES = ["Jeune", "Identité", "Référent ASE", "Éducateur référent", "Mentor", "Bénéficiaire", "Famille", "Suivi par"]


@pytest.mark.parametrize("header", ROLES)
@pytest.mark.parametrize("cells", [["Untel", "Autretel"], ["UNTEL Léa", "AUTRETEL Paul"], ["Karim", "Sofia"]])
def test_under_a_persons_role_alone_words_are_names(header: str, cells: list[str]) -> None:
    assert findings(header, cells)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Jeune", ["J-001", "J-002"]),
        ("Jeune", ["1", "2"]),
        ("Jeune", ["a" * 64, "b" * 64]),
        ("Mentor", ["oui", "non"]),
        ("Mentor", ["En attente", "oui"]),
        ("Mentor", ["Étudiant", "Actif"]),
        ("Bénéficiaire", ["Mineur", "Majeur"]),
        ("Famille", ["Famille d'accueil"]),
        ("Parents", ["Informés", "Non informés"]),
        ("Référent ASE", ["MDS Lille", "UTPAS Roubaix"]),
        ("Suivi par", ["ASE"]),
    ],
)
def test_under_a_persons_role_references_codes_and_services_are_none(header: str, cells: list[str]) -> None:
    assert findings(header, cells) == []


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["Léa", "Thomas", "Karim"], {"prénom"}),
        (["lea", "MAMADOU", "Aïssatou"], {"prénom"}),
        (["jean-baptiste", "Mohamed-Ali"], {"prénom"}),
        (["UNTEL Léa", "AUTRETEL Paul"], {"nom de personne"}),
        (["Untel, Léa", "Autretel, Paul"], {"nom de personne"}),
        (["612345678", "723456789", "698765432"], {"téléphone"}),
        (["6 12 34 56 78", "7 23 45 67 89"], {"téléphone"}),
        (["2550814168025", "1030559123456"], {"numéro de sécurité sociale"}),
        (["9903123456", "9912654321"], {"numéro d'étranger"}),
    ],
)
def test_a_column_that_is_mostly_identifiers(cells: list[str], what: set[str]) -> None:
    assert {finding.quoi for finding in findings("colonne libre", cells)} == what


def test_a_first_name_here_and_there_makes_no_column_of_first_names() -> None:
    assert findings("groupe", ["A1", "A2", "A3", "Florence", "Florence"]) == []


def test_names_in_a_declared_reference_or_pseudonym_are_names_all_the_same() -> None:
    assert findings("id_dossier", ["Léa Untel", "Paul Autretel"], "id_dossier")
    assert findings("Jeune", ["Léa Untel", "Karim Autretel"], "id_jeune")
    assert findings("id_dossier", [f"06{i}1234{i}" for i in range(10, 20)], "id_dossier")[0].quoi == "téléphone"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Ville", ["Saint-Martin", "Florence", "Nancy", "Valence"]),
        ("col", ["Saint-Martin", "Sainte-Marie", "Saint-Denis"]),
        ("col", ["Collège Victor Hugo", "Lycée Jules Ferry", "MECS Sainte-Marie", "Fondation Abbé Pierre"]),
        ("Établissement", ["Jean Moulin", "Victor Hugo", "Marie Curie"]),
        ("Commune", ["La Celle-Saint-Cloud", "Bourg-en-Bresse", "Villeneuve-Saint-Georges"]),
        ("Classe", ["Terminale", "Seconde", "CAP Cuisine"]),
        ("mois", ["Avril", "Mai", "Juin"]),
        ("operateur", ["Proxité", "Télémaque", "Article 1", "Apprentis d'Auteuil"]),
        ("col", ["Val de Marne", "Bouches du Rhône", "Paris", "Lot"]),
        ("col", ["Rose", "Violette", "Jade"]),
        ("Commentaire", ["Collège Jean Moulin, classe de Terminale", "avec Proxité", "Sortie au Puy du Fou"]),
        ("Commentaire", ["Suite à l'audience du 3 mai", "Proposition par Article 1", "Voir note PPE"]),
        ("AUTREDA", ["ACCUEIL DE JOUR", "PLACEMENT FAMILIAL SPECIALISE", "TISF"]),
        ("siren", ["784301001", "612345678", "698765432"]),
        ("N° FINESS", ["620100123", "620109876", "620101234"]),
        ("col", ["600000001", "600000002", "600000003"]),
        ("col", ["9900000001", "9900000002"]),
        ("col", ["1701234567890", "1709632800999", "1709632800123"]),
    ],
)
def test_what_an_honest_column_holds(header: str, cells: list[str]) -> None:
    assert findings(header, cells) == []


def test_the_free_text_of_olinpe_is_read_for_names_too() -> None:
    assert [f.quoi for f in findings("AUTREDJ", ["suivi Kevin UNTEL"], "AUTREDJ", S1)] == ["nom de personne"]


def test_findings_name_every_line_and_no_value() -> None:
    (finding,) = findings("c1", ["Karim", "", "Sofia", "Karim"])
    assert finding.lignes == (2, 4, 5)
    assert in_words(finding) == "prénom (colonne A, lignes 2, 4, 5)"


def test_columns_in_several_pieces_are_read_alike() -> None:
    cells = pa.chunked_array([["Karim", "x"], ["Sofia", "Léa"]])
    raw = RawTable(["c1"], [cells], np.arange(4) + 2)
    assert [finding.lignes for finding in direct_identifiers(raw, {}, None)] == [(2, 4, 5)]


def test_first_names_are_plain_tokens_and_most_say_enough_alone() -> None:
    names = first_names()
    assert len(names) > 2000 and all(name.isascii() and name.islower() for name in names)
    assert sum(names.values()) > 0.9 * len(names)


# --- file names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "export_Karim_Untel.xlsx", "suivi Léa Untel.xlsx", "UNTEL_Lea_dossier.csv", "KarimUntel.csv", "karim_untel.csv",
        "Mme Untel - dossiers.xlsx", "a.b@exemple.fr.csv", "dossier_0612345678.csv", "06 12 34 56 78.csv",
        "06_12_34_56_78.csv", "255081416802538.csv", "MmeUntel.csv", "M.Untel.csv", "Ka\u200brim Untel.csv",
        "export Le\u0301a Untel.csv", "０６ １２ ３４ ５６ ７８.csv", f"{'a' * 64}.csv",
    ],
)  # fmt: skip
def test_a_file_name_that_holds_an_identifier(name: str) -> None:
    assert in_file_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "dossiers_mentorat.csv", "dossiers_mentorat_2024.xlsx", "binomes-proxite.csv", "demo-03_binomes.csv",
        "S1 OLINPE 59.xml", "mesures ASE nord v2 final.csv", "1jeune1mentor export 2024.xlsx", "20240305101500.csv",
        "ENQUETE_MENTORES_vague1.csv", "Copie de dossiers (2).xlsx", "Remontée agrégée 2024.ods", "Val d'Oise.csv",
        "export_lille_2024-03-05.csv", "Florence.csv", "Saint-Martin.csv", "mecs_sainte_marie.csv",
        "Lycée Jean Moulin.xlsx", "claude_essonne.csv", "table_passage_dept59.csv", "binomes Martin.csv",
        "reprise données Sophia Antipolis.csv", "suivi Victor Hugo.csv", "Export_2024-06-12_14-35-22.csv",
    ],
)  # fmt: skip
def test_a_file_name_that_holds_none(name: str) -> None:
    assert in_file_name(name) is None
