"""What a source contract promises to the rooms that read it."""

import pyarrow as pa
import pytest
from pydantic import ValidationError

from mentorat.contracts.sources import (
    Column,
    Contract,
    arrow_schema,
    contract,
    contracts,
    pilotage_schema,
)

SOURCES = [
    "perimetre",
    "passage",
    "mesures_ase",
    "dossiers_mentorat",
    "binomes",
    "seances",
    "seances_mois",
    "mentors",
    "controles_honorabilite",
    "conventions",
    "demandes_1j1m",
    "enquete_echantillon",
    "enquete_mentores",
    "enquete_non_mentores",
    "enquete_mentors",
    "enquete_professionnels",
    "questionnaire_acteurs",
    "label_qualite",
    "parcours_ase",
    "feuille_route",
    "associations",
    "actions",
    "devenir",
    "fenetres",
    "remontee_agregee",
    "accompagnement",
]
FULL = [
    "binomes",
    "conventions",
    "dossiers_mentorat",
    "enquete_echantillon",
    "enquete_mentores",
    "enquete_mentors",
    "enquete_non_mentores",
    "enquete_professionnels",
    "mesures_ase",
    "passage",
    "perimetre",
]


def test_every_source_is_declared_with_its_key() -> None:
    assert sorted(contracts()) == sorted(SOURCES)
    assert all(found.cle_obligatoire for found in contracts().values())


def test_the_contracts_are_those_whose_rows_are_stored() -> None:
    assert sorted(contracts()) == FULL


def test_s1_stores_30_of_the_105_olinpe_variables_and_knows_the_others_by_name() -> None:
    s1 = contract("mesures_ase")
    assert len(s1.noms) == 30
    assert len(set(s1.noms) | set(s1.ignorees)) == 105 + 1  # UTDP stands in the local observatory's copy only
    assert {"SANTE", "VIOLSEX", "AUTREDA", "AUTREDJ"} <= set(s1.ignorees)


def test_s2_holds_the_20_statuses_and_the_14_end_reasons() -> None:
    s2 = contract("dossiers_mentorat")
    assert len(s2.colonne("statut").codes) == 20
    assert len(s2.colonne("motif_fin").codes) == 14
    assert s2.colonne("statut").synonymes["rupture"] == "arret_anticipe"


@pytest.mark.parametrize("source", FULL)
def test_the_raw_schema_is_the_contract_then_campagne_and_sender(source: str) -> None:
    schema = arrow_schema(source)
    assert schema.names == [*contract(source).noms, "campagne", "depose_par"]


def test_raw_types_follow_the_contract() -> None:
    schema = arrow_schema("dossiers_mentorat")
    assert schema.field("date_lancement").type == pa.date32()
    assert schema.field("signee_jeune").type == pa.bool_()
    assert schema.field("nb_titulaires").type == pa.int64()
    assert schema.field("naissance").type == pa.string()
    s1 = arrow_schema("mesures_ase")
    assert s1.field("ANAIS").type == pa.int64()
    assert s1.field("LIEUACC").type == pa.string()
    assert pilotage_schema("binomes").names[-1] == "id_jeune_etude"


@pytest.mark.parametrize("source", FULL)
def test_whatever_names_a_person_or_a_senders_row_is_rehashed(source: str) -> None:
    for column in contract(source).colonnes:
        if column.type in ("pseudonyme", "reference") or column.sensibilite in ("identite", "reference"):
            assert column.rehashed, column.nom


@pytest.mark.parametrize("source", SOURCES)
def test_every_column_and_code_has_a_french_label(source: str) -> None:
    for column in contract(source).colonnes:
        assert column.libelle.strip()
        assert all(label.strip() for label in column.codes.values())


@pytest.mark.parametrize("source", ["enquete_mentores", "enquete_non_mentores"])
def test_every_covariate_says_whether_it_comes_before_mentoring(source: str) -> None:
    covariates = [
        "naissance",
        "age",
        "sexe",
        "type_accueil",
        "anciennete_ase",
        "mna",
        "handicap",
        "classe",
        "redoublement",
    ]
    found = contract(source)
    assert {found.colonne(name).temporalite for name in covariates} == {"fixe", "avant"}
    assert all(c.temporalite == "apres" for c in found.colonnes if c.dimension)


def test_a_misspelt_word_in_a_contract_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Column.model_validate({"nom": "x", "type": "texte", "libelle": "X", "obligatoir": True})


def test_a_rule_on_an_undeclared_column_is_an_error() -> None:
    column = {"nom": "x", "type": "date", "libelle": "X", "obligatoire": True}
    rule = {"id": "r", "ordre": ["x", "y"], "motif": "m", "remede": "r"}
    with pytest.raises(ValidationError, match="undeclared"):
        Contract.model_validate(
            {"nom": "s", "numero": "S", "titre": "t", "cle": ["x"], "colonnes": [column], "regles": [rule]}
        )
