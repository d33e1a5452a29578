"""Which source a file is."""

from pathlib import PurePath

import pyarrow as pa
import pytest

from mentorat.contracts.sources import contracts
from mentorat.intake.recognition import Recognition, columns_of, doubled_in_words, header_key, recognise


@pytest.mark.parametrize("source", sorted(contracts()))
def test_a_source_is_recognised_from_its_own_columns_whatever_the_file_is_called(source: str) -> None:
    headers = [column.nom for column in contracts()[source].colonnes]
    assert recognise(headers, PurePath("export.csv")).source == source


@pytest.mark.parametrize("source", sorted(contracts()))
def test_a_source_is_recognised_from_its_obligatory_columns_alone(source: str) -> None:
    spoken = contracts()[source]
    headers = [column.nom for column in spoken.colonnes if column.obligatoire or column.nom in spoken.cle]
    assert recognise(headers, PurePath(f"{source}.csv")).source == source


@pytest.mark.parametrize("source", sorted(contracts()))
def test_a_source_is_recognised_from_the_labels_of_its_template(source: str) -> None:
    headers = [column.libelle for column in contracts()[source].colonnes]
    assert recognise(headers, PurePath("modele.xlsx")).source == source


@pytest.mark.parametrize("source", sorted(contracts()))
def test_french_labels_are_recognised_too(source: str) -> None:
    spoken = contracts()[source]
    headers = [column.libelle for column in spoken.colonnes]
    assert set(columns_of(headers, spoken).values()) == set(spoken.noms)


def test_headers_are_compared_without_case_accent_little_word_or_bracket() -> None:
    assert header_key("Type d’Accueil") == header_key("type_accueil") == header_key("TYPE ACCUEIL (code)")


@pytest.mark.parametrize("header", ["Département", "dept", "Dpt", "DEPARTEMENT", "Code département"])
def test_known_aliases(header: str) -> None:
    found = recognise([header, "N° dossier", "Statut", "Id jeune"], PurePath("x.csv"))
    assert found.source == "dossiers_mentorat" and found.colonnes[0] == "departement"


def test_half_of_the_columns_is_a_normal_file() -> None:
    assert recognise(["association", "id_binome", "date_debut"], PurePath("x.csv")).source == "binomes"


def test_the_name_never_recognises_alone() -> None:
    assert recognise(["a", "b"], PurePath("binomes.csv")).source is None


def test_the_name_settles_a_tie() -> None:
    headers = ["vague", "id_repondant", "date_reponse", "departement", "se_sent_seul"]
    assert recognise(headers, PurePath("non_mentores.csv")).source == "enquete_non_mentores"


def test_a_missing_key_column_is_named_with_the_nearest_source() -> None:
    found = recognise(["departement", "statut", "id_jeune", "naissance"], PurePath("x.csv"))
    assert found.source is None
    assert found.proche == "dossiers_mentorat" and found.manquantes == ("id_dossier",)


def test_of_two_columns_of_one_name_the_canonical_one_is_read() -> None:
    found = columns_of(["territoire", "departement", "id_dossier"], contracts()["dossiers_mentorat"])
    assert found == {1: "departement", 2: "id_dossier"}


def test_a_last_little_word_tells_two_columns_apart() -> None:
    assert header_key("valable_du") != header_key("valable_au")
    assert header_key("Date de fin") == header_key("date_fin")


def test_a_table_of_places_and_years_is_not_taken_for_an_aggregate() -> None:
    found = recognise(["departement", "annee", "population"], PurePath("x.csv"))
    assert found.source is None and found.proche == "remontee_agregee" and "propositions" in found.manquantes
    assert recognise(["departement", "annee", "propositions"], PurePath("x.csv")).source == "remontee_agregee"


def test_a_file_of_another_kind_is_named_no_source() -> None:
    assert recognise(["code_insee", "libelle", "population"], PurePath("dossiers.csv")).source is None


# --- the same column twice ------------------------------------------------------------------------


def given_twice(headers: list[str], *columns: list[str]) -> Recognition:
    cells = [pa.array(column, pa.string()) for column in columns]
    return recognise(headers, PurePath("x.csv"), cells)


TWICE = ["departement", "id_dossier", "statut", "Statut"]


def test_a_column_given_twice_alike_is_one_column() -> None:
    found = given_twice(TWICE, ["59"], ["D1"], ["lance"], ["lance"])
    assert found.en_double == () and found.colonnes == {0: "departement", 1: "id_dossier", 2: "statut"}


def test_an_empty_column_gives_way_to_the_one_that_is_filled() -> None:
    found = given_twice(["departement", "id_dossier", "Statut", "Statut"], ["59"], ["D1"], [" "], ["lance"])
    assert found.en_double == () and found.colonnes[3] == "statut"


def test_a_column_given_twice_otherwise_is_not_guessed_and_named_by_place_alone() -> None:
    found = given_twice(["departement", "id_dossier", "Statut", "Statut"], ["59"], ["D1"], ["CANARI"], ["lance"])
    assert found.source == "dossiers_mentorat" and found.en_double == (("statut", "colonne C", "colonne D"),)
    motif, remede = doubled_in_words(found)
    assert "« statut » (colonne C et colonne D)" in motif and remede and "CANARI" not in motif + remede


def test_an_alias_beside_the_columns_own_name_is_another_column() -> None:
    found = given_twice(["departement", "id_dossier", "date de naissance", "naissance"], ["59"], ["D1"], ["x"], ["y"])
    assert found.en_double == () and found.colonnes[3] == "naissance" and 2 not in found.colonnes
