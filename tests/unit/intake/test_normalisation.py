"""The words of senders, and what they become."""

import pytest

from mentorat.contracts.sources import Column, contract
from mentorat.intake.normalisation import Malformed, is_missing, parse_all, parser

S1, S2, S3, S6 = (contract(name) for name in ("mesures_ase", "dossiers_mentorat", "binomes", "conventions"))
DATE = S2.colonne("date_lancement")


def read(column: Column, text: str, olinpe: bool = False) -> str | None:
    return parser(column, olinpe)(text)


@pytest.mark.parametrize(
    "text",
    ["2024-03-05", "05/03/2024", "5/3/24", "05.03.2024", "45356", "45356.0", "5 mars 2024", "2024-03-05 00:00:00"],
)
def test_dates_as_they_come(text: str) -> None:
    assert read(DATE, text) == "2024-03-05"


@pytest.mark.parametrize("text", ["31/02/2024", "2024-13-01", "hier", "12", "99/99/2024", "9999-99-99"])
def test_an_impossible_date_is_unreadable(text: str) -> None:
    with pytest.raises(Malformed, match="date_illisible"):
        read(DATE, text)


@pytest.mark.parametrize("text", ["9999-99-99", "2024-99-99", "2024-05-99", "0000-00-00", "99/99/9999", ""])
def test_an_olinpe_date_with_an_unknown_part_is_missing(text: str) -> None:
    assert read(S1.colonne("DATDEB"), text, olinpe=True) is None


@pytest.mark.parametrize("text", ["2010-03", "03/2010", "3/2010", "mars 2010", "15/03/2010", "2010-03-31", "40252"])
def test_a_birth_is_kept_to_its_month(text: str) -> None:
    assert read(S2.colonne("naissance"), text) == "2010-03"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,5", "1234.5"),
        ("1\u00a0234,5", "1234.5"),
        ("1\u202f234,5 €", "1234.5"),
        ("1.234,50", "1234.5"),
        ("12", "12.0"),
    ],
)
def test_numbers_as_they_come(text: str, value: str) -> None:
    assert read(S6.colonne("montant_etat"), text) == value


def test_a_number_out_of_its_scale_is_told_apart_from_an_unreadable_one() -> None:
    with pytest.raises(Malformed, match="hors_bornes"):
        read(S6.colonne("part_rh"), "70")
    with pytest.raises(Malformed, match="nombre_illisible"):
        read(S6.colonne("objectif_binomes"), "une dizaine")


@pytest.mark.parametrize("text", ["", "NC", "N.C.", "nr", "NSP", "n/a", "RAS", "-", " – "])
def test_missing_marks(text: str) -> None:
    assert is_missing(text)
    assert read(S2.colonne("besoin"), text) is None


def test_a_question_mark_is_no_missing_mark() -> None:
    with pytest.raises(Malformed, match="code_inconnu"):
        read(S2.colonne("besoin"), "??")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("oui", "oui"),
        ("O", "oui"),
        ("1", "oui"),
        ("VRAI", "oui"),
        ("x", "oui"),
        ("N", "non"),
        ("0", "non"),
        ("Faux", "non"),
    ],
)
def test_yes_and_no(text: str, value: str) -> None:
    assert read(S2.colonne("signee_jeune"), text) == value


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("modalite", "Présentiel", "presentiel"),
        ("modalite", " DISTANCIEL ", "distanciel"),
        ("sexe", "Fille", "F"),
        ("sexe", "M", "G"),
        ("nature", "parrainage", "parrainage"),
    ],
)
def test_codes_in_words(column: str, text: str, code: str) -> None:
    assert read(S3.colonne(column), text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Famille d’accueil", "assistant_familial"),
        ("Lieu de vie et d'accueil", "lieu_de_vie"),
        ("MECS", "etablissement"),
    ],
)
def test_places_of_care_in_the_words_of_the_field(text: str, code: str) -> None:
    assert read(S2.colonne("type_accueil"), text) == code


def test_rupture_is_read_as_an_early_end() -> None:
    assert read(S2.colonne("statut"), "Rupture") == "arret_anticipe"


def test_an_unknown_code_is_a_fault_that_does_not_repeat_it() -> None:
    values, faults = parse_all(["CANARI", "lance"], parser(S2.colonne("statut")))
    assert values == [None, "lance"] and faults == ["code_inconnu", None]


def test_olinpe_codes_keep_unknown_and_take_leading_zeros_labels_and_spreadsheet_numbers() -> None:
    typev, handicap = S1.colonne("TYPEV"), S1.colonne("HANDICAP")
    assert read(typev, "01", olinpe=True) == "1"
    assert read(typev, "1.0", olinpe=True) == "1"
    assert read(handicap, "9", olinpe=True) == "9"
    assert read(handicap, "Ne sait pas", olinpe=True) == "9"
    assert read(S1.colonne("ANAIS"), "9999", olinpe=True) == "9999"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("59", "59"), ("1", "01"), ("01", "01"), ("Nord", "59"), ("Nord (59)", "59"), ("NORD - 59", "59"),
        ("59 - Nord", "59"), ("2a", "2A"), ("974", "974"), ("La Réunion", "974"), ("69D", "69D"), ("69m", "69M"),
        ("59.0", "59"),
    ],
)  # fmt: skip
def test_departements_as_they_come(text: str, code: str) -> None:
    assert read(S2.colonne("departement"), text) == code


@pytest.mark.parametrize("text", ["20", "69", "Rhône (69)"])
def test_20_and_69_hold_two_territories_each_and_are_never_split(text: str) -> None:
    with pytest.raises(Malformed, match="territoire_ambigu"):
        read(S2.colonne("departement"), text)


def test_an_addressee_signs_conventions_under_its_own_code_but_places_no_young_person() -> None:
    assert read(S6.colonne("departement"), "20") == "20R"
    assert read(S6.colonne("departement"), "6AE") == "6AE"
    with pytest.raises(Malformed):
        read(S2.colonne("departement"), "6AE")


def test_an_association_is_known_by_code_slug_or_label() -> None:
    column = S3.colonne("association")
    words = ("demo-01", "association-demo-01", "Association de démonstration 1")
    assert {read(column, text) for text in words} == {"demo-01"}
    assert read(column, "Les Amis d'Ici") == "les-amis-d-ici"


def test_a_pseudonym_is_64_hexadecimal_characters_in_any_case() -> None:
    column = S2.colonne("id_jeune")
    assert read(column, "AB" * 32) == "ab" * 32
    with pytest.raises(Malformed, match="pseudonyme_malforme"):
        read(column, "ab" * 20)


def test_a_list_takes_codes_and_labels_once_each() -> None:
    column = contract("enquete_mentores").colonne("personne_ressource")
    assert read(column, "Mentor|famille; Éducateur|mentor") == "mentor|famille|educateur"


def test_an_agreement_is_read_as_its_number_or_its_words() -> None:
    column = contract("enquete_mentores").colonne("confiance_en_soi")
    assert read(column, "Tout à fait d'accord") == "5"
    assert read(column, "4") == "4"
    with pytest.raises(Malformed, match="code_inconnu"):
        read(column, "6")
