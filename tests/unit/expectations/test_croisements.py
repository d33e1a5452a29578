"""Rules of several files, and OLINPE's own checks: each fault is told of its sender, as a warning."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from expectations.lake import numbers
from tests.unit.expectations.small_lake import SmallLake, event, hexa, pair


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def in_care(lake: SmallLake, **changes: Any) -> None:
    """A pair whose young person S0 links to one measure of S1."""
    lake.put("mesures_ase", [event(**changes)])
    lake.put("passage", [{"departement": "59", "numanonym": hexa("1"), "id_jeune": hexa("c")}])


def test_a_pair_inside_the_care_spell_holds_and_one_before_it_is_a_warning(lake: SmallLake) -> None:
    in_care(lake)
    lake.put("binomes", [pair(date_debut="2024-03-01")])
    held = lake.rule("binomes", "prise_en_charge")
    assert (held.succes, held.verifiee) == (True, True)
    lake.put("binomes", [pair(date_debut="2023-03-01")])
    broken = lake.broken("binomes")["prise_en_charge"]
    assert not broken.bloquant
    assert [sender.emetteur for sender in broken.emetteurs] == ["association-demo-01"]


def test_a_pair_after_the_end_of_care_is_a_warning(lake: SmallLake) -> None:
    ended = {"DATDEB": "2023-01-05", "DATFIN": "2023-06-30", "TYPEV": "3"}
    in_care(lake, **ended)
    lake.put("binomes", [pair(date_debut="2024-03-01")])
    assert "prise_en_charge" in lake.broken("binomes")


def test_an_investigation_or_a_placement_not_carried_out_is_no_care(lake: SmallLake) -> None:
    in_care(lake, NATDECASSED="14", LIEUPLAC=None)
    lake.put("binomes", [pair(date_debut="2024-03-01")])
    assert not lake.rule("binomes", "prise_en_charge").verifiee


def test_without_a_correspondence_file_care_is_not_checked(lake: SmallLake) -> None:
    lake.put("mesures_ase", [event()])
    lake.put("binomes", [pair()])
    assert not lake.rule("binomes", "prise_en_charge").verifiee


def test_linkage_brings_two_pseudonyms_of_one_person_together(lake: SmallLake) -> None:
    in_care(lake)
    lake.put("binomes", [pair(id_jeune=hexa("d"), date_debut="2024-03-01")])
    assert not lake.rule("binomes", "prise_en_charge").verifiee
    linked = pd.DataFrame({"id_jeune": [hexa("c"), hexa("d")], "id_personne": hexa("c"), "passe": "exact"})
    lake.put_frame("identites", linked)
    assert lake.rule("binomes", "prise_en_charge").verifiee


def test_two_open_pairs_of_a_young_person_in_an_association_are_a_warning(lake: SmallLake) -> None:
    lake.put("binomes", [pair(), pair(id_binome=hexa("b"))])
    assert not lake.broken("binomes")["un_binome_ouvert"].bloquant
    lake.put("binomes", [pair(), pair(id_binome=hexa("b"), date_fin="2024-06-30")])
    assert "un_binome_ouvert" not in lake.broken("binomes")


def test_a_mentor_unknown_of_the_association_or_not_checked_for_a_year_is_told(lake: SmallLake) -> None:
    lake.put("binomes", [pair()])
    assert not lake.rule("binomes", "mentor_connu").verifiee
    mentor = {"association": "demo-01", "id_mentor": hexa("f"), "date_recrutement": "2023-01-01"}
    lake.put("mentors", [mentor])
    check = {"departement": "59", "id_mentor": hexa("e"), "type": "b2_fijais", "date_controle": "2023-05-01"}
    lake.put("controles_honorabilite", [check])
    assert {"mentor_connu", "controle_honorabilite"} <= set(lake.broken("binomes"))
    lake.put("mentors", [mentor | {"id_mentor": hexa("e")}])
    lake.put("controles_honorabilite", [check | {"date_controle": "2024-05-01"}])
    assert not {"mentor_connu", "controle_honorabilite"} & set(lake.broken("binomes"))


def session(**changes: Any) -> dict[str, Any]:
    row = {"association": "demo-01", "id_binome": hexa("a"), "date_seance": "2024-02-01", "rang": 1}
    more = {"duree_minutes": 60, "presence": "present", "depose_par": "association-demo-01"}
    return row | more | changes


def test_a_session_out_of_its_pair_or_of_no_pair_is_told(lake: SmallLake) -> None:
    lake.put("binomes", [pair()])
    lake.put("seances", [session()])
    assert lake.broken("seances") == {}
    lake.put("seances", [session(date_seance="2024-01-01")])
    assert "dans_le_binome" in lake.broken("seances")
    lake.put("seances", [session(id_binome=hexa("b"))])
    assert "binome_connu" in lake.broken("seances")


def test_a_month_of_sessions_counts_as_inside_when_one_of_its_days_is(lake: SmallLake) -> None:
    lake.put("binomes", [pair()])
    month = {"association": "demo-01", "id_binome": hexa("a"), "nb_seances": 2, "depose_par": "association-demo-01"}
    lake.put("seances_mois", [month | {"mois": "2024-01"}])
    assert lake.broken("seances_mois") == {}
    lake.put("binomes", [pair(date_fin="2024-02-15")])
    lake.put("seances_mois", [month | {"mois": "2024-03"}])
    assert "dans_le_binome" in lake.broken("seances_mois")


def test_an_aggregate_is_compared_with_the_pairs_of_its_departement(lake: SmallLake) -> None:
    lake.put("binomes", [pair(id_binome=f"{n:064x}", id_jeune=f"{n + 99:064x}") for n in range(10)])
    lake.put("remontee_agregee", [{"departement": "59", "annee": 2024, "binomes_lances": 10, "binomes_31_12": 30}])
    assert set(lake.broken("remontee_agregee")) == {"ecart_binomes_31_12"}


def test_a_respondent_out_of_the_sample_makes_the_response_rate_uncomputable(lake: SmallLake) -> None:
    answer = {"id_repondant": hexa("a"), "vague": 1, "association": "demo-01", "depose_par": "enquete"}
    lake.put("enquete_mentors", [answer])
    assert "taux_reponse_calculable" in lake.broken("enquete_mentors")
    asked = {"vague": 1, "id_repondant": hexa("a"), "groupe": "mentors", "departement": "59", "repondu": True}
    lake.put("enquete_echantillon", [asked])
    assert "taux_reponse_calculable" not in lake.broken("enquete_mentors")
    assert lake.broken("enquete_echantillon") == {}
    lake.put("enquete_echantillon", [asked | {"repondu": False}])
    assert "reponse_annoncee" in lake.broken("enquete_echantillon")


def test_linkage_is_told_apart_for_mna(lake: SmallLake) -> None:
    in_care(lake)
    lake.put("binomes", [pair(), pair(id_binome=hexa("b"), id_jeune=hexa("d"))])
    lake.put_frame("identites", pd.DataFrame({"id_jeune": [hexa("c")], "id_personne": hexa("c"), "passe": "exact"}))
    marks = pd.DataFrame({"id_jeune_etude": [hexa("c"), hexa("d")], "mna": [False, True]})
    lake.put_frame("rapprochement", marks, store="pilotage")
    assert set(lake.broken("identites")) == {"binomes_rattaches_mna"}
    lake.put_frame("revue", pd.DataFrame({"passe": ["phonetique"]}), store="pilotage")
    assert "rapprochements_a_revoir" in lake.broken("identites")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"SEXE": "9"}, "sexe_inconnu"),
        ({"ANAIS": 9999}, "naissance_a_verifier"),
        ({"ANAIS": 1980}, "age_a_verifier"),
        ({"DATDECPE": None}, "DATDECPE_manquant"),
        ({"DATDEB": None}, "DATDEB_manquant"),
        ({"TYPEV": "3", "MOTFININT": "1"}, "DATFIN_manquant"),
        ({"TYPEV": "3", "DATFIN": "2024-05-01"}, "MOTFININT_manquant"),
        ({"NATDECASSED": None, "LIEUPLAC": None}, "NATDECASSED_manquant"),
        ({"LIEUPLAC": None}, "LIEUPLAC_manquant"),
        ({"DECISION": "1", "NATDECASSED": None, "LIEUPLAC": None}, "NATPDECADM_manquant"),
        ({"NATDECASSED": "15", "LIEUPLAC": None}, "TYPDECJUD_manquant"),
        ({"TYPEV": "2"}, "CHGLIEU_manquant"),
        ({"DATFIN": "2024-05-01"}, "DATFIN_inattendu"),
        ({"MOTFININT": "1"}, "MOTFININT_inattendu"),
        ({"DATDEB": None, "DATFIN": "2024-05-01", "TYPEV": "3"}, "datfin_sans_datdeb"),
        ({"DATDEB": "2011-01-01", "DATFIN": "2024-05-01", "TYPEV": "3"}, "duree_excessive"),
        ({"ANAIS": 2005, "PROJET": "2"}, "reserve_aux_mineurs"),
        ({"NATDECASSED": "24", "LIEUPLAC": None}, "reserve_aux_majeurs"),
        ({"TYPEV": "3", "DATFIN": "2024-05-01", "MOTFININT": "1"}, "fin_sans_debut"),
    ],
)
def test_each_olinpe_check_bites_and_never_blocks(lake: SmallLake, changes: dict[str, Any], rule: str) -> None:
    lake.put("mesures_ase", [event(**changes)])
    assert not lake.broken("mesures_ase")[rule].bloquant


def test_a_right_event_breaks_no_olinpe_check(lake: SmallLake) -> None:
    lake.put("mesures_ase", [event()])
    assert lake.broken("mesures_ase") == {}


def test_an_end_finds_its_start_in_an_earlier_campagne(lake: SmallLake) -> None:
    begun = {"DATDEB": "2023-02-01", "DATDECPE": "2023-01-15"}
    lake.put("mesures_ase", [event(**begun)], campagne=2023)
    lake.put("mesures_ase", [event(**begun, TYPEV="3", DATFIN="2024-05-01", MOTFININT="1")])
    assert "fin_sans_debut" not in lake.broken("mesures_ase")


def test_a_decision_told_twice_and_a_number_with_two_sexes_are_told(lake: SmallLake) -> None:
    lake.put("mesures_ase", [event(), event(TYPDECJUD="10", SEXE="2"), event(LIEUPLAC="3", NATDECASSED="18")])
    assert {"doublon_general", "numero_incoherent"} <= set(lake.broken("mesures_ase"))


def test_a_variable_always_empty_or_always_unknown_is_named(lake: SmallLake) -> None:
    events = [event(NUMANONYM=f"{n:064x}", HANDICAP="9") for n in range(30)]
    lake.put("mesures_ase", events)
    broken = lake.broken("mesures_ase")
    assert "HANDICAP" in broken["variable_inconnue"].emetteurs[0].detail
    assert (
        "NIVSCO" in broken["variable_vide"].emetteurs[0].detail or "et" in broken["variable_vide"].emetteurs[0].detail
    )
    assert broken["types_d_evenement"].emetteurs[0].emetteur == "departement-59"


def test_identities_become_numbers_that_compare_alike_in_every_table() -> None:
    texts = pa.chunked_array([[hexa("a"), None, "j1"], ["j1", hexa("b"), "g" * 64]])
    found = numbers(texts)
    assert found[1] == 0
    assert found[2] == found[3]
    assert found[0] == int("a" * 16, 16)
    assert len(np.unique(found)) == 5


def test_an_unknown_request_is_a_warning_once_it_should_be_in_what_was_received(
    lake: SmallLake,
) -> None:
    demands = [{"id_demande": hexa("e"), "date_demande": "2024-01-10", "profil": "jeune", "departement": "59"}]
    lake.put("demandes_1j1m", demands)
    lake.put("binomes", [pair(date_debut="2024-09-01", id_demande=hexa("f"))])
    assert not lake.broken("binomes")["demande_connue"].bloquant
    lake.put("binomes", [pair(date_debut="2024-09-01", id_demande=hexa("e"))])
    assert lake.rule("binomes", "demande_connue").succes
    lake.put("binomes", [pair(date_debut="2024-02-01", id_demande=hexa("f"))])
    assert not lake.rule("binomes", "demande_connue").verifiee
