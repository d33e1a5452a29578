"""The codebook: one place for what an item is, in agreement with the contracts and the catalogue of indicators."""

import pytest

from mentorat.causal.survey_respondents import items_of_families
from mentorat.contracts.catalogue import catalogue
from mentorat.contracts.sources import contract
from mentorat.survey.questionnaire import GROUPS, questionnaire

ITEMS = questionnaire().items


@pytest.mark.parametrize("group", GROUPS)
def test_every_item_of_a_contract_is_in_the_codebook_and_asked_of_its_group(group: str) -> None:
    columns = {column.nom for column in contract(f"enquete_{group}").colonnes if column.dimension}
    assert columns == {item.nom for item in questionnaire().asked_of(group)}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_is_its_indicator(name: str) -> None:
    item, indicator = ITEMS[name], catalogue()[ITEMS[name].numero]
    assert indicator.libelle == item.libelle
    assert indicator.calcul == "python"
    assert indicator.ventilations["groupe"] == list(item.groupes)
    assert indicator.ventilations.get("reponse", []) == list(item.codes)


def test_d20_gathers_the_eight_figures_of_the_codebook() -> None:
    assert len(questionnaire().socle) == 8
    assert catalogue()["D20"].ventilations["socle"] == list(questionnaire().socle)


def test_the_two_primary_items_are_tested_first() -> None:
    assert list(items_of_families())[:2] == ["projection_direction", "se_sent_seul"]
    assert [item.famille for item in items_of_families().values()].count("principale") == 2


def test_what_mentoring_brought_is_not_asked_at_entry() -> None:
    for item in ITEMS.values():
        assert (0 in item.vagues) == ("non_mentores" in item.groupes), item.nom


def test_a_scale_reads_from_less_to_more() -> None:
    assert list(ITEMS["absences_injustifiees"].codes) == ["jamais", "rarement", "parfois", "souvent", "tres_souvent"]
    assert list(ITEMS["se_sent_seul"].codes) == ["non", "oui"]
    assert list(ITEMS["satisfaction"].codes) == [str(note) for note in range(11)]
