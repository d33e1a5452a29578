"""The words of senders, and what they become."""

import pyarrow as pa
import pytest

from mentorat import reference
from mentorat.contracts.sources import Column, contract
from mentorat.intake.normalisation import Malformed, is_missing, parse_all, parse_distinct, parser

S1, S2, S3, S6 = (contract(name) for name in ("mesures_ase", "dossiers_mentorat", "binomes", "conventions"))
DATE = S2.colonne("date_lancement")


def read(column: Column, text: str, olinpe: bool = False) -> str | None:
    return parser(column, olinpe)(text)


@pytest.mark.parametrize(
    "text",
    ["2024-03-05", "05/03/2024", "5/3/24", "05.03.2024", "45356", "45356.0", "45356,75", "5 mars 2024", "5-mars-24",
     "mardi 5 mars 2024", "2024-03-05 00:00:00", "2024-03-05T10:15:00Z", "05/03/2024 10:15", "20240305", "5-3-2024"],
)  # fmt: skip
def test_dates_as_they_come(text: str) -> None:
    assert read(DATE, text) == "2024-03-05"


@pytest.mark.parametrize(
    "text",
    ["31/02/2024", "2024-13-01", "hier", "12", "99/99/2024", "9999-99-99", "1899-12-31", "2101-01-01", "March 5 2024"],
)
def test_an_impossible_date_is_unreadable(text: str) -> None:
    with pytest.raises(Malformed, match="date_illisible"):
        read(DATE, text)


@pytest.mark.parametrize("text", ["9999-99-99", "2024-99-99", "2024-05-99", "0000-00-00", "99/99/9999", ""])
def test_an_olinpe_date_with_an_unknown_part_is_missing(text: str) -> None:
    assert read(S1.colonne("DATDEB"), text, olinpe=True) is None


@pytest.mark.parametrize(
    "text",
    ["2010-03", "03/2010", "3/2010", "mars 2010", "15/03/2010", "2010-03-31", "40252", "mars-10"],
)
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
        ("1\u2009234", "1234.0"),
    ],
)
def test_numbers_as_they_come(text: str, value: str) -> None:
    assert read(S6.colonne("montant_etat"), text) == value


def test_a_typographic_minus_is_a_minus() -> None:
    assert read(Column(nom="solde", type="decimal", libelle="Solde"), "\u221212,5") == "-12.5"


@pytest.mark.parametrize(("text", "value"), [("70 %", "0.7"), ("70%", "0.7"), ("0,7", "0.7"), ("7 %", "0.07")])
def test_a_percentage_where_a_part_is_asked(text: str, value: str) -> None:
    assert read(S6.colonne("part_rh"), text) == value


def test_a_percentage_where_no_part_is_asked_is_no_number() -> None:
    with pytest.raises(Malformed, match="nombre_illisible"):
        read(S6.colonne("objectif_binomes"), "70 %")


@pytest.mark.parametrize(
    "text",
    ["90", "1h30", "1 h 30", "1:30", "01:30:00", "1,5 h", "90 min", "90 minutes", "1h30min"],
)
def test_a_duration_is_read_in_the_unit_of_its_column(text: str) -> None:
    assert read(contract("seances").colonne("duree_minutes"), text) == "90"


@pytest.mark.parametrize(("text", "value"), [("2,5", "2.5"), ("2h30", "2.5"), ("150 min", "2.5"), ("2 heures", "2.0")])
def test_hours_too(text: str, value: str) -> None:
    assert read(contract("seances_mois").colonne("heures"), text) == value


@pytest.mark.parametrize("text", ["1e400", "12 jeunes", "1.2.3", "h", "1h75"])
def test_what_is_no_number_is_unreadable_and_never_an_error(text: str) -> None:
    with pytest.raises(Malformed, match="nombre_illisible"):
        read(contract("seances").colonne("duree_minutes"), text)


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
        ("TRUE", "oui"),
        ("✓", "oui"),
        ("-1", "oui"),
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


def test_where_any_word_may_come_an_unknown_one_becomes_the_fallback_and_is_not_kept() -> None:
    theme = contract("seances").colonne("theme")
    assert read(theme, "Devoirs") == "scolaire"
    assert read(theme, "chez sa tante à Lyon") == theme.repli == "autre"
    assert read(theme, "NC") is None


def test_a_code_followed_by_its_own_label_is_that_code_and_by_another_is_unknown() -> None:
    column = contract("enquete_mentores").colonne("confiance_en_soi")
    assert read(column, "4 - Plutôt d'accord") == "4"
    with pytest.raises(Malformed, match="code_inconnu"):
        read(column, "4 - Pas du tout d'accord")


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
        ("59.0", "59"), ("D59", "59"), ("Dépt 59", "59"), ("Dept. 07", "07"), ("59 Nord", "59"), ("le Nord", "59"),
        ("L'Aisne", "02"), ("Seine St Denis", "93"), ("93 - Seine-St-Denis", "93"), ("Val d'Oise", "95"),
        ("Cotes d'Armor", "22"), ("Hte Garonne", "31"), ("Bches du Rhône", "13"), ("Territoire de Belfort", "90"),
        ("Réunion", "974"), ("Ville de Paris", "75"), ("Conseil départemental du Nord", "59"), ("69 D", "69D"),
        ("Métropole de Lyon", "69M"), ("Rhône (hors Métropole de Lyon)", "69D"), ("Haute Corse", "2B"),
        ("971 Guadeloupe", "971"), ("Alpes de Haute Provence", "04"),
    ],
)  # fmt: skip
def test_departements_as_they_come(text: str, code: str) -> None:
    assert read(S2.colonne("departement"), text) == code


@pytest.mark.parametrize("text", ["20", "69", "Rhône (69)", "Rhône", "69 - Rhône", "Corse", "D69"])
def test_20_and_69_hold_two_territories_each_and_are_never_split(text: str) -> None:
    with pytest.raises(Malformed, match="territoire_ambigu"):
        read(S2.colonne("departement"), text)


def test_an_addressee_signs_conventions_under_its_own_code_but_places_no_young_person() -> None:
    assert read(S6.colonne("departement"), "20") == "20R"
    assert read(S6.colonne("departement"), "6AE") == "6AE"
    assert read(S6.colonne("departement"), "Alsace") == "6AE"
    assert read(S6.colonne("departement"), "Corse") == "20R"
    with pytest.raises(Malformed):
        read(S2.colonne("departement"), "6AE")


def test_every_territory_is_read_from_its_own_label_and_code() -> None:
    table = reference.load("territoires")
    column = S2.colonne("departement")
    assert [read(column, label) for label in table["libelle"]] == table["territoire"].tolist()
    assert [read(column, code) for code in table["territoire"]] == table["territoire"].tolist()


def test_olinpe_knows_the_overseas_codes_of_its_own_list() -> None:
    assert read(S1.colonne("NUMDEP"), "975", olinpe=True) == "975"
    with pytest.raises(Malformed):
        read(S2.colonne("departement"), "975")


def test_a_list_of_places_is_read_place_by_place() -> None:
    column = contract("associations").colonne("territoires")
    assert read(column, "Nord; 62, Somme|59") == "59|62|80"
    with pytest.raises(Malformed, match="code_inconnu"):
        read(column, "59|Atlantide")


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


def test_canonical_cells_and_others_are_read_alike() -> None:
    reference_column, pseudonym = S2.colonne("id_dossier"), S2.colonne("id_jeune")
    cells = pa.array(["D-1", " D  2 ", "NC", "", None, "\ufeffD3"], pa.string())
    values, faults = parse_distinct(cells, reference_column)
    assert values.to_pylist() == ["D-1", "D 2", None, None, None, "D3"] and not any(faults)
    values, faults = parse_distinct(pa.array(["ab" * 32, "AB" * 32, "court"], pa.string()), pseudonym)
    assert values.to_pylist() == ["ab" * 32, "ab" * 32, None] and faults == [None, None, "pseudonyme_malforme"]
