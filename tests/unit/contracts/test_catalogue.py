"""The catalogue of indicators: one entry each, and the files the warehouse reads are those it gives."""

import pytest
from pydantic import ValidationError

from mentorat.contracts import warehouse
from mentorat.contracts.catalogue import catalogue, counted, estimated, parse

ENTRY = {
    "id": "O1", "libelle": "x", "definition": "x", "unite": "binomes", "maillon": "realisations",
    "mesures": ["nombre"], "numerateur": "x", "niveaux": ["national", "departement"], "periodes": ["civile"],
    "modele": "int_indicateur_o1", "exige": ["binomes"], "perimetre": "x", "diffusion": "x", "source": "x",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(warehouse.files()), ids=lambda path: path.name)
def test_what_dbt_reads_is_what_the_catalogue_gives(path):
    """`python -m mentorat.contracts.warehouse` writes them again."""
    assert path.read_text(encoding="utf-8") == warehouse.files()[path]


def test_indicators_follow_the_impact_chain_then_their_number():
    entries = [ENTRY | {"id": "O10"}, ENTRY | {"id": "O2"}, ENTRY | {"id": "R1", "maillon": "ressources"}]
    assert list(parse(entries)) == ["R1", "O2", "O10"]


@pytest.mark.parametrize(
    "change",
    [
        {"mesures": ["part"]},
        {"denominateur": "x"},
        {"exige": []},
        {"niveaux": ["departement", "association"]},
        {"total": False},
        {"inconnu": 1},
        {"modele": None},
        {"calcul": "python"},
    ],
    ids=["a share of nothing", "a base nobody reads", "no perimeter", "no perimeter for associations", "no figure",
         "unknown field", "counted by no model", "estimated, and counted by a model"],
)  # fmt: skip
def test_an_entry_that_is_not_whole_is_refused(change):
    with pytest.raises(ValidationError):
        parse([ENTRY | change])


def test_two_entries_of_one_id_are_refused():
    with pytest.raises(ValueError, match="twice"):
        parse([ENTRY, ENTRY])


def test_what_python_estimates_is_no_series_of_the_warehouse():
    assert counted().keys() | estimated().keys() == catalogue().keys()
    assert "O3r" in estimated()
    assert not estimated().keys() & {row["indicateur"] for row in warehouse.grid() + warehouse.needs()}


def test_crossed_dimensions_give_every_cell():
    (indicator,) = parse(
        [ENTRY | {"ventilations": {"b": ["1", "2"], "a": ["x"]}, "croisees": True, "total": False}]
    ).values()
    assert indicator.series("civile") == ["a=x;b=1", "a=x;b=2"]


def test_text_meant_for_readers_is_whole():
    for indicator in catalogue().values():
        for text in (
            indicator.libelle,
            indicator.definition,
            indicator.numerateur,
            indicator.perimetre,
            indicator.source,
        ):
            assert text.strip(), indicator.id
