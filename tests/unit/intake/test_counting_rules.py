"""The counting table: which rows are accepted, set aside, or exact duplicates."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mentorat.contracts.sources import contract
from mentorat.intake.rows import FILE, LINE, ROW, Judged, Origin, foreign_rows, judge, replaced, typed

J1, J2 = "a" * 64, "b" * 64


def judged(
    source: str,
    rows: list[dict[str, str]],
    files: list[int] | None = None,
    senders: list[str | None] | None = None,
    campagne: int | None = 2024,
) -> Judged:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = pa.table({name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in names})
    numbers = np.array(files or [0] * len(rows), dtype=np.int64)
    origin = Origin(numbers, np.arange(2, len(rows) + 2), senders or [None] * (int(numbers.max()) + 1))
    return judge(contract(source), cells, origin, campagne)


def counts(found: Judged) -> tuple[int, int, int]:
    return int(found.acceptee.sum()), int(found.ecartee.sum()), int(found.doublon.sum())


def rules(found: Judged) -> list[tuple[int, str]]:
    return list(zip(found.faults[LINE], found.faults["regle"], strict=True))


def dossier(**cells: str) -> dict[str, str]:
    return {"departement": "59", "id_dossier": "D1", "statut": "lance", "date_lancement": "2024-03-05"} | cells


def pair(**cells: str) -> dict[str, str]:
    return {"association": "demo-01", "id_binome": "B1", "date_debut": "2024-03-05"} | cells


def test_a_row_equal_to_an_earlier_one_once_normalised_is_an_exact_duplicate() -> None:
    found = judged(
        "dossiers_mentorat", [dossier(), dossier(departement="Nord", date_lancement="5/3/24", statut="Lancé")]
    )
    assert counts(found) == (1, 0, 1)


def test_same_key_different_content_sets_all_of_them_aside() -> None:
    found = judged("dossiers_mentorat", [dossier(), dossier(statut="propose")])
    assert counts(found) == (0, 2, 0)
    assert rules(found) == [(2, "cle_en_conflit"), (3, "cle_en_conflit")]


def test_a_a_b_is_one_duplicate_and_two_set_aside() -> None:
    found = judged("dossiers_mentorat", [dossier(), dossier(), dossier(statut="propose")])
    assert counts(found) == (0, 2, 1)


def test_two_unreadable_cells_are_equal_only_when_written_the_same() -> None:
    rows = [
        dossier(id_dossier="", statut="CANARI"),
        dossier(id_dossier="", statut="CANARI"),
        dossier(id_dossier="", statut="b"),
    ]
    assert counts(judged("dossiers_mentorat", rows)) == (0, 2, 1)


def test_several_faults_set_a_row_aside_once_with_every_motif() -> None:
    found = judged("dossiers_mentorat", [dossier(id_dossier="", statut="?x", date_fin="31/02/2024")])
    assert counts(found) == (0, 1, 0)
    assert {rule for _, rule in rules(found)} == {"cle_manquante", "code_inconnu", "date_illisible"}


def test_the_same_key_in_another_file_is_no_conflict() -> None:
    found = judged("dossiers_mentorat", [dossier(), dossier(statut="propose")], files=[0, 1])
    assert counts(found) == (2, 0, 0)


def test_dates_that_contradict_one_another_set_the_row_aside() -> None:
    found = judged("binomes", [pair(date_fin="2024-01-05")])
    assert counts(found) == (0, 1, 0) and rules(found) == [(2, "fin_avant_debut")]


def test_a_legal_step_out_of_order_is_a_finding_and_not_a_fault() -> None:
    row = dossier(date_evaluation="2024-02-01", date_proposition="2024-01-01", date_accord="2024-01-10")
    assert counts(judged("dossiers_mentorat", [row])) == (1, 0, 0)


def test_a_malformed_pseudonym_sets_the_row_aside() -> None:
    assert rules(judged("dossiers_mentorat", [dossier(id_jeune="dupont")])) == [(2, "pseudonyme_malforme")]


def test_a_row_in_conflict_is_told_once_with_every_motif_and_its_place_in_the_table() -> None:
    found = judged("dossiers_mentorat", [dossier(id_dossier="D0"), dossier(), dossier(statut="?x")])
    assert counts(found) == (1, 2, 0)
    told = list(zip(found.faults[LINE], found.faults[ROW], found.faults["regle"], strict=True))
    assert told == [(3, 1, "cle_en_conflit"), (4, 2, "cle_en_conflit"), (4, 2, "code_inconnu")]


def test_a_default_written_and_a_default_left_out_are_one_content() -> None:
    row = {"association": "demo-01", "id_binome": "B1", "date_seance": "2024-03-05", "duree_minutes": "60"}
    found = judged("seances", [row | {"rang": "1"}, row, row | {"rang": "", "duree_minutes": "1h00"}])
    assert counts(found) == (1, 0, 2)
    assert judged("seances", [row, row | {"duree_minutes": "90"}]).ecartee.all()


def test_a_rule_skips_the_dates_that_are_not_known() -> None:
    spoken = contract("conventions")
    rule = spoken.regles[0].model_copy(update={"ordre": ["date_signature", "date_verification_capacite", "date_fin"]})
    spoken = spoken.model_copy(update={"regles": [rule]})
    cells = {"date_signature": ["2024-05-01"], "date_fin": ["2024-04-01"], "annee": ["2024"], "departement": ["59"]}
    cells |= {"operateur": ["demo-01"], "type": ["convention_mentorat"]}
    table = pa.table({name: pa.array(words, pa.string()) for name, words in cells.items()})
    found = judge(spoken, table, Origin(np.zeros(1, dtype=np.int64), np.array([2]), [None]), 2024)
    assert found.faults["regle"].tolist() == [rule.id]


def test_a_month_contradicts_no_day_of_its_own() -> None:
    assert counts(judged("binomes", [pair(naissance="2024-03")])) == (1, 0, 0)
    assert rules(judged("binomes", [pair(naissance="2024-04")])) == [(2, "debut_avant_naissance")]


def test_columns_in_several_pieces_are_judged_alike() -> None:
    rows = [dossier(), dossier(), dossier(id_dossier="D2", statut="zut")]
    whole = pa.table({name: [row.get(name, "") for row in rows] for name in rows[0]})
    pieces = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    origin = Origin(np.zeros(3, dtype=np.int64), np.arange(2, 5), [None])
    one, other = (judge(contract("dossiers_mentorat"), cells, origin, 2024) for cells in (whole, pieces))
    assert counts(one) == counts(other) == (1, 1, 1)
    assert one.frame.equals(other.frame) and one.faults.equals(other.faults)


def test_what_is_told_never_holds_a_value() -> None:
    found = judged("dossiers_mentorat", [dossier(statut="CANARI", date_fin="CANARI", id_jeune="CANARI")])
    assert "CANARI" not in found.faults.to_csv()


# --- which campagne a row belongs to --------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("2022-09-01", "", True),
        ("2022-09-01", "2024-01-01", True),
        ("2022-09-01", "2023-12-31", False),
        ("2024-12-31", "", True),
        ("2025-01-01", "", False),
        ("", "", False),
        ("", "2024-01-01", True),
        ("", "2023-12-31", False),
    ],
)
def test_stock_begun_by_31_december_and_not_ended_before_1_january(start: str, end: str, kept: bool) -> None:
    found = judged("binomes", [pair(date_debut=start, date_fin=end)])
    assert bool(found.acceptee[0]) is kept
    if not kept:
        assert rules(found) == [(2, "hors_campagne")]


def remedies(found: Judged) -> list[str]:
    return found.faults.loc[found.faults["regle"] == "hors_campagne", "colonne"].tolist()


def test_hors_campagne_names_the_column_that_says_so() -> None:
    assert remedies(judged("binomes", [pair(date_debut="2025-01-01")])) == ["date_debut"]
    assert remedies(judged("binomes", [pair(date_debut="2022-01-01", date_fin="2023-05-01")])) == ["date_fin"]
    assert remedies(judged("mesures_ase", [event(TYPEV="3", DATFIN="2025-01-01")])) == ["DATFIN"]
    assert remedies(judged("mesures_ase", [event(DATDEB="2025-01-01")])) == ["DATDEB"]
    late = dossier(date_lancement="2025-02-01", date_evaluation="2025-01-10")
    assert remedies(judged("dossiers_mentorat", [late])) == ["date_evaluation"]


def test_an_unreadable_date_says_nothing_of_the_campagne_but_another_may() -> None:
    assert rules(judged("binomes", [pair(date_debut="bientôt")])) == [(2, "date_illisible")]
    told = judged("binomes", [pair(date_debut="bientôt", date_fin="2023-01-01")])
    assert {rule for _, rule in rules(told)} == {"date_illisible", "hors_campagne"}


def test_a_month_in_the_year_is_in_the_campagne_january_included() -> None:
    row = {"association": "demo-01", "id_binome": "B1", "nb_seances": "2"}
    rows = [row | {"mois": month} for month in ("2023-12", "2024-01", "2024-12", "2025-01")]
    assert judged("seances_mois", rows).acceptee.tolist() == [False, True, True, False]


def test_without_a_campagne_no_row_is_outside_of_it() -> None:
    rows = [pair(date_debut="2030-01-01"), pair(id_binome="B2", date_debut="")]
    assert counts(judged("binomes", rows, campagne=None)) == (2, 0, 0)


def test_a_file_of_a_young_person_begins_with_its_first_date() -> None:
    early = dossier(date_lancement="2025-02-01", date_evaluation="2024-11-01")
    late = dossier(date_lancement="2025-02-01", date_evaluation="2025-01-10")
    undated = dossier(date_lancement="", statut="a_evaluer")
    assert [bool(judged("dossiers_mentorat", [row]).acceptee[0]) for row in (early, late, undated)] == [
        True,
        False,
        True,
    ]


def test_a_convention_belongs_to_its_year() -> None:
    row = {"departement": "59", "operateur": "demo-01", "type": "convention_mentorat", "date_signature": "2023-09-01"}
    assert [bool(judged("conventions", [{**row, "annee": y}]).acceptee[0]) for y in ("2023", "2024", "2025")] == [
        False, True, False,
    ]  # fmt: skip


def event(**cells: str) -> dict[str, str]:
    return {"NUMDEP": "59", "NUMANONYM": "c" * 40, "TYPEV": "1", "DECISION": "2", "DATDEB": "2012-03-01"} | cells


def test_s1_is_history_its_event_date_is_the_end_for_an_end_only() -> None:
    rows = [
        event(),
        event(DATDEB="2025-01-01"),
        event(TYPEV="3", DATFIN="2024-12-31"),
        event(TYPEV="3", DATFIN="2025-01-01"),
        event(TYPEV="2", DATFIN="2025-06-01"),
        event(DATDEB="9999-99-99", DATDECPE="2025-02-01"),
        event(DATDEB="9999-99-99"),
    ]
    kept = [bool(judged("mesures_ase", [row]).acceptee[0]) for row in rows]
    assert kept == [True, False, True, False, True, False, True]


def test_s1_key_lets_the_two_lines_of_a_renewal_stand() -> None:
    rows = [event(TYPEV="3", DATFIN="2024-05-01"), event(TYPEV="2", DATDEB="2024-05-01"), event()]
    assert counts(judged("mesures_ase", rows)) == (3, 0, 0)


# --- senders --------------------------------------------------------------------------------------


def test_69_is_the_senders_own_territory_when_it_is_one_part_of_it() -> None:
    rows = [dossier(departement="69"), dossier(departement="69"), dossier(departement="69")]
    found = judged("dossiers_mentorat", rows, files=[0, 1, 2], senders=["69D", "69M", None])
    assert found.frame["departement"].tolist()[:2] == ["69D", "69M"]
    assert found.acceptee.tolist() == [True, True, False]
    assert rules(found) == [(4, "territoire_ambigu")]


def test_rhone_is_as_ambiguous_in_words_as_in_figures() -> None:
    found = judged("dossiers_mentorat", [dossier(departement="Rhône")] * 2, files=[0, 1], senders=["69D", "59"])
    assert found.frame["departement"].tolist()[0] == "69D" and found.acceptee.tolist() == [True, False]


@pytest.mark.parametrize("word", ["20", "Corse"])
def test_20_is_corsica_in_the_files_of_its_collectivite_and_set_aside_elsewhere(word: str) -> None:
    rows = [dossier(departement=word), dossier(departement=word), dossier(departement=word), dossier(departement="2A")]
    found = judged("dossiers_mentorat", rows, files=[0, 1, 2, 3], senders=["20R", "59", None, "20R"])
    assert found.frame["departement"].tolist()[::3] == ["20R", "2A"]
    assert found.acceptee.tolist() == [True, False, False, True]
    assert foreign_rows(found, contract("dossiers_mentorat"), ["20R", "59", None, "20R"]) == {}


def test_rows_of_another_territory_stand_and_are_counted_by_file() -> None:
    rows = [
        dossier(id_dossier=f"D{i}", departement=code) for i, code in enumerate(["59", "62", "67", "68", "62", "zz"])
    ]
    senders = ["59", "6AE", None]
    found = judged("dossiers_mentorat", rows, files=[0, 0, 1, 1, 2, 0], senders=senders)
    assert foreign_rows(found, contract("dossiers_mentorat"), senders) == {0: 1}
    assert foreign_rows(found, contract("dossiers_mentorat"), ["59", "75", "demo-01"]) == {0: 1, 1: 2}


def test_a_column_of_x_and_blanks_says_no_by_a_blank() -> None:
    rows = [dossier(signee_jeune="x"), dossier(id_dossier="D2", signee_jeune="")]
    assert judged("dossiers_mentorat", rows).frame["signee_jeune"].tolist() == ["oui", "non"]
    rows[0]["signee_jeune"] = "oui"
    assert judged("dossiers_mentorat", rows).frame["signee_jeune"].isna().tolist() == [False, True]


def test_the_later_file_of_a_sender_replaces_its_rows_and_no_one_elses() -> None:
    rows = [dossier(), dossier(statut="en_cours"), dossier(statut="termine"), dossier(id_dossier="D2")]
    found = judged("dossiers_mentorat", rows, files=[0, 1, 2, 0])
    by = replaced(found.frame, contract("dossiers_mentorat"), ["a", "a", "b"], [0, 1, 2])
    assert by.isna().tolist() == [False, True, True, True]
    assert by[0] == 1


def test_of_three_files_each_replacement_is_counted_once() -> None:
    rows = [dossier(), dossier(statut="en_cours"), dossier(statut="termine")]
    found = judged("dossiers_mentorat", rows, files=[2, 0, 1])
    by = replaced(found.frame, contract("dossiers_mentorat"), ["a"] * 3, [0, 1, 2])
    assert by.isna().tolist() == [True, False, False]


def test_typed_values_have_the_contracts_types() -> None:
    found = judged("dossiers_mentorat", [dossier(signee_jeune="oui", nb_titulaires="2")])
    out = typed(found.frame, contract("dossiers_mentorat"))
    assert out["signee_jeune"].dtype == "boolean" and out["nb_titulaires"].dtype == "Int64"
    assert str(out["date_lancement"][0]) == "2024-03-05"
    assert pd.isna(out["avis_jeune_recueilli"][0]) and pd.isna(out["date_fin"][0]) and out["statut"].dtype == "str"


def test_typed_rows_keep_their_place() -> None:
    found = judged("dossiers_mentorat", [dossier(statut="zut"), dossier(id_dossier="D2")])
    assert typed(found.frame.loc[found.acceptee], contract("dossiers_mentorat")).index.tolist() == [1]


# --- always ---------------------------------------------------------------------------------------

CELLS = st.fixed_dictionaries(
    {
        "departement": st.sampled_from(["59", "Nord", "69", "", "zz"]),
        "id_dossier": st.sampled_from(["D1", "D2", "", "NC"]),
        "statut": st.sampled_from(["lance", "Lancé", "propose", "zut", ""]),
        "date_lancement": st.sampled_from(["2024-03-05", "5/3/24", "2025-02-01", "30/02/2024", ""]),
        "date_fin": st.sampled_from(["", "2024-06-01", "2023-01-01", "x"]),
        "id_jeune": st.sampled_from([J1, J2, "court", ""]),
    }
)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, st.integers(0, 2)), min_size=1, max_size=12))
def test_received_is_accepted_plus_set_aside_plus_duplicates_in_every_file(
    rows: list[tuple[dict[str, str], int]],
) -> None:
    found = judged("dossiers_mentorat", [row for row, _ in rows], [file for _, file in rows], [None, "69D", "59"])
    assert not (found.acceptee & found.doublon).any()
    accepted = found.frame.loc[found.acceptee]
    key = [FILE, *contract("dossiers_mentorat").cle]
    assert not accepted.duplicated(key).any()
    assert accepted[contract("dossiers_mentorat").cle].notna().all(axis=None)
    told = set(zip(found.faults[FILE], found.faults[LINE], strict=True))
    aside = found.frame.loc[found.ecartee]
    assert told == set(zip(aside[FILE], aside[LINE], strict=True))  # no row set aside without a motif, nor the reverse


@settings(max_examples=12, deadline=None)
@given(rows=st.lists(CELLS, min_size=1, max_size=8), seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_count(rows: list[dict[str, str]], seed: object) -> None:
    shuffled = rows[:]
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counts(judged("dossiers_mentorat", rows)) == counts(judged("dossiers_mentorat", shuffled))
