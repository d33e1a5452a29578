"""The Table Schemas, read by a tool that knows nothing of us: the frictionless library."""

from typing import Any

import pytest
from frictionless import Resource, Schema

from mentorat.contracts.sources import contract, contracts
from mentorat.contracts.spoken import example
from mentorat.contracts.table_schema import table_schema

EVERY = sorted(contracts())


def faults(source: str, *rows: dict[str, str]) -> list[str]:
    """What frictionless finds in these rows of text: « kind of error: column »."""
    names = contract(source).noms
    data = [names, *([row[name] for name in names] for row in rows)]
    report = Resource(data=data, schema=Schema.from_descriptor(table_schema(source))).validate()
    return [
        f"{error.type}: {getattr(error, 'field_name', '')}".removesuffix(": ")
        for task in report.tasks
        for error in task.errors
    ]


def changed(source: str, **cells: str) -> dict[str, str]:
    return example(contract(source)) | cells


@pytest.mark.parametrize("source", EVERY)
def test_the_schema_is_valid_and_holds_every_column_in_order(source: str) -> None:
    described = table_schema(source)
    assert list(Schema.metadata_validate(described)) == []
    assert Schema.from_descriptor(described).field_names == contract(source).noms


@pytest.mark.parametrize("source", EVERY)
def test_the_example_of_the_template_is_right(source: str) -> None:
    assert faults(source, example(contract(source))) == []


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("dossiers_mentorat", {"statut": "en_vacances"}, "constraint-error: statut"),
    ("dossiers_mentorat", {"id_dossier": ""}, "constraint-error: id_dossier"),
    ("dossiers_mentorat", {"date_lancement": "05/02/2024"}, "type-error: date_lancement"),
    ("dossiers_mentorat", {"naissance": "2010-13"}, "type-error: naissance"),
    ("dossiers_mentorat", {"nb_titulaires": "deux"}, "type-error: nb_titulaires"),
    ("dossiers_mentorat", {"nb_titulaires": "11"}, "constraint-error: nb_titulaires"),
    ("dossiers_mentorat", {"signee_jeune": "peut-être"}, "type-error: signee_jeune"),
    ("dossiers_mentorat", {"departement": "69"}, "constraint-error: departement"),
    ("dossiers_mentorat", {"departement": "6AE"}, "constraint-error: departement"),
    ("dossiers_mentorat", {"id_jeune": "abc"}, "constraint-error: id_jeune"),
    ("passage", {"departement": "975"}, "constraint-error: departement"),
    ("conventions", {"part_rh": "70"}, "constraint-error: part_rh"),
    ("enquete_mentores", {"confiance_en_soi": "6"}, "constraint-error: confiance_en_soi"),
    ("enquete_mentores", {"personne_ressource": "ami|voisin"}, "constraint-error: personne_ressource"),
    ("associations", {"territoires": "59|69"}, "constraint-error: territoires"),
]


@pytest.mark.parametrize(("source", "cells", "found"), WRONG)
def test_a_wrong_cell_is_found(source: str, cells: dict[str, str], found: str) -> None:
    assert faults(source, changed(source, **cells)) == [found]


RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("dossiers_mentorat", {"departement": "69M", "sexe": "", "date_fin": ""}),
    ("conventions", {"departement": "6AE", "part_rh": "0.72"}),
    ("mesures_ase", {"NUMDEP": "975"}),
    ("enquete_mentores", {"personne_ressource": "ami|mentor", "diplome_vise": "bac+5", "se_sent_seul": "oui"}),
    ("associations", {"territoires": "59|2A|69M|974"}),
]


@pytest.mark.parametrize(("source", "cells"), RIGHT)
def test_a_right_cell_is_let_through(source: str, cells: dict[str, str]) -> None:
    assert faults(source, changed(source, **cells)) == []


def test_two_rows_of_one_key_are_found() -> None:
    row = example(contract("dossiers_mentorat"))
    assert faults("dossiers_mentorat", row, row | {"statut": "termine"}) == ["primary-key"]
    assert faults("dossiers_mentorat", row, row | {"id_dossier": "D-2024-018"}) == []


@pytest.mark.parametrize("source", EVERY)
def test_a_key_of_which_a_part_may_be_empty_is_no_primary_key(source: str) -> None:
    described, found = table_schema(source), contract(source)
    if set(found.cle) <= set(found.cle_obligatoire):
        assert described["primaryKey"] == found.cle
    else:
        assert source in ("mesures_ase", "seances")
        assert described["uniqueKeys"] == [found.cle] and "primaryKey" not in described


def test_a_source_that_is_none_is_an_error() -> None:
    with pytest.raises(KeyError):
        table_schema("binome")
