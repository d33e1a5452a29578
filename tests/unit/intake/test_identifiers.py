"""What makes a file refused whole: direct identifiers, offences, health."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.contracts.sources import Contract, contract
from mentorat.intake.identifiers import Finding, direct_identifiers, identifier_in, in_file_name, in_words
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
    ],
)
def test_a_cell_that_holds_an_identifier(cell: str, what: str) -> None:
    assert identifier_in(cell) == what
    assert found_in("Commentaire", cell) == [what]


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
        "06_12_34_56_78.csv", "255081416802538.csv",
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
        "Lycée Jean Moulin.xlsx", "claude_essonne.csv", "table_passage_dept59.csv",
    ],
)  # fmt: skip
def test_a_file_name_that_holds_none(name: str) -> None:
    assert in_file_name(name) is None
