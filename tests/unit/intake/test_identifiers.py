"""What makes a file refused whole: direct identifiers, offences, health."""

import numpy as np
import pyarrow as pa
import pytest

from mentorat.contracts.sources import contract
from mentorat.intake.identifiers import direct_identifiers, identifier_in
from mentorat.intake.reading import RawTable

S1, S2 = contract("mesures_ase"), contract("dossiers_mentorat")


def found_in(header: str, cell: str = "", column: str | None = None) -> list[str]:
    raw = RawTable([header], [pa.array(["", cell])], np.array([2, 3]))
    named = {0: column} if column else {}
    return [finding.quoi for finding in direct_identifiers(raw, named, S2)]


@pytest.mark.parametrize(
    "header",
    ["Nom", "PRENOM", "Prénom du jeune", "nom_prenom", "Nom de famille", "NomJeune", "NIR", "N° sécurité sociale", 
     "E-mail", "Courriel", "Tél.", "Téléphone portable", "Adresse", "N° AGDREF", "Numéro étranger"],
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
    ["Nom de l'association", "Nombre", "Commentaire", "Handicap", "Lieu principal", "Structure", "Nom structure"],
)
def test_a_header_about_no_person(header: str) -> None:
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


def test_titles_and_other_sheets_are_read_too() -> None:
    raw = RawTable(["statut"], [pa.array(["lance"])], np.array([3]), outside=[("ligne 1", "Contact : a@b.fr")])
    (finding,) = direct_identifiers(raw, {0: "statut"}, S2)
    assert finding.colonne == "hors du tableau (ligne 1)"
