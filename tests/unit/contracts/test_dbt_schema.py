"""What dbt is told of the sources is what the contracts say."""

import yaml

from mentorat.contracts.dbt_schema import described, doc_blocks, files, known_codes, sources_yaml, with_doc_blocks
from mentorat.contracts.sources import contract, contracts
from mentorat.settings import CHECKOUT

SQL = "select departement as territoire, motif_fin, date_fin, coalesce(modalite, 'inconnu') as modalite from x"
MODEL = """\
models:
  - name: stg_binomes__binomes
    description: "Pairs."
    columns:
      - name: territoire
        description: "Typed."
      - name: motif_fin
        description: >-
          Typed
          on two lines.
        data_tests:
          - not_null
      - name: nature
        description: "{{ doc('binomes__nature') }} Default mentorat."
      - name: date_fin
        description: "Last day; null when still running."
      - name: modalite
        description: "Modality, inconnu where missing."
      - name: est_long
        description: "Longer than six months."
"""


def test_the_files_committed_are_up_to_date() -> None:
    """To mend them: `python -m mentorat.contracts`."""
    stale = [path.relative_to(CHECKOUT) for path, text in files().items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_every_column_of_every_source_is_there_with_its_block() -> None:
    tables = {table["name"]: table for table in yaml.safe_load(sources_yaml())["sources"][0]["tables"]}
    blocks = doc_blocks()
    assert list(tables) == list(contracts())
    for source, found in contracts().items():
        assert [column["name"] for column in tables[source]["columns"]] == [*found.noms, "campagne", "depose_par"]
        assert all(f"{{% docs {source}__{name.lower()} %}}" in blocks for name in found.noms)


def test_a_block_says_label_unit_codes_and_article() -> None:
    assert described(contract("seances").colonne("duree_minutes")).endswith("Unité : minutes.")
    accord = described(contract("dossiers_mentorat").colonne("decision_accord"))
    assert "sans_reponse = Sans réponse" in accord and accord.endswith("Article D221-35 du CASF.")


def test_every_coded_column_has_its_codes_and_numbers_stay_numbers() -> None:
    perimetre = known_codes(contract("perimetre"))
    assert perimetre["codes"]["exhaustif"] == ["oui", "non", "partiel"]
    assert "jeunes_majeurs" in perimetre["listes"]["publics_inclus"]
    assert known_codes(contract("enquete_mentors"))["codes"]["utilite_ressentie"] == [1, 2, 3, 4, 5]
    assert known_codes(contract("conventions"))["territoires"] == {"departement": ["20R", "6AE"]}


def test_a_column_of_the_contract_takes_its_block_and_keeps_what_staging_adds() -> None:
    mended = with_doc_blocks(MODEL, "binomes", SQL)
    columns = {column["name"]: column for column in yaml.safe_load(mended)["models"][0]["columns"]}
    assert columns["territoire"]["description"] == "{{ doc('binomes__departement') }}"
    assert columns["motif_fin"] == {
        "name": "motif_fin",
        "description": "{{ doc('binomes__motif_fin') }}",
        "data_tests": ["not_null"],
    }
    assert columns["nature"]["description"] == "{{ doc('binomes__nature') }} Default mentorat."
    assert columns["date_fin"]["description"] == "{{ doc('binomes__date_fin') }} Null when still running."
    assert columns["modalite"]["description"] == "Modality, inconnu where missing."
    assert columns["est_long"]["description"] == "Longer than six months."
    assert with_doc_blocks(mended, "binomes", SQL) == mended
