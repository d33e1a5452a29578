"""Which source a file is."""

from pathlib import PurePath

import pytest

from mentorat.contracts.sources import contracts
from mentorat.intake.recognition import columns_of, header_key, recognise


@pytest.mark.parametrize("source", sorted(contracts()))
def test_a_source_is_recognised_from_its_own_columns_whatever_the_file_is_called(source: str) -> None:
    headers = [column.nom for column in contracts()[source].colonnes]
    assert recognise(headers, PurePath("export.csv")).source == source


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
