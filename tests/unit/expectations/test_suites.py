"""The border rules: every stored table has some, they bite, and what they say holds no value of a row."""

import json
from pathlib import Path

import pandas as pd
import pytest

from expectations.measures import Measure, about, share_in_words
from expectations.rules import contract_rules, threshold, thresholds
from expectations.runner import RUNS_KEPT, judged, run_suites, suite, validate
from mentorat.contracts.sources import contracts
from tests.unit.expectations.small_lake import CAMPAGNE, SOURCES, SmallLake, hexa, pair

MARTS = (
    "population",
    "trajectoires_mois",
    "eligibles",
    "cohorte",
    "flux_cohorte",
    "binomes_retenus",
    "chaine_legale",
    "grille_articles",
    "delais",
    "receptions",
    "indicateurs",
    "rapprochement_agrege",
    "incoherences",
    "ecarts_sources",
    "exposition",
    "honorabilite",
    "conventions_retenues",
    "couts",
    "demandes_plateforme",
    "candidatures_plateforme",
    "grille_feuille_route",
    "etat_des_lieux",
    "couverture_associative",
    "collecte",
    "pilotage_national",
    "pilotage_association",
    "reperes_duree",
    "flux_reperes",
    "risques",
    "faits_suivi",
    "sorties_diplome",
)
CODES = "column_values_to_be_in_set:nature"


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


@pytest.mark.parametrize("table", [*SOURCES, *MARTS, "journal", "identites"])
def test_every_stored_table_has_rules_with_a_french_label(table: str) -> None:
    rules = suite(table)
    assert rules
    assert all(rule.meta["libelle"] and isinstance(rule.meta["bloquant"], bool) for rule in rules)


@pytest.mark.parametrize("source", SOURCES)
def test_a_contract_gives_a_rule_for_each_code_bound_pseudonym_and_order(source: str) -> None:
    spoken = contracts()[source]
    labels = {rule.meta["libelle"] for rule in contract_rules(spoken)}
    for column in spoken.colonnes:
        if column.codes and column.type in ("code", "entier", "liste"):
            assert f"« {column.nom} » ne porte que les codes du contrat" in labels
        if column.rehashed:
            assert f"« {column.nom} » ne porte que des pseudonymes de niveau 2" in labels
        if column.bornes:
            assert any(label.startswith(f"« {column.nom} » reste entre") for label in labels)
    for rule in spoken.regles:
        assert f"« {rule.ordre[0]} » ne suit jamais « {rule.ordre[1]} »" in labels


def test_an_unknown_table_has_no_suite() -> None:
    with pytest.raises(LookupError):
        suite("inconnue")


def test_right_rows_pass(lake: SmallLake) -> None:
    lake.put("binomes", [pair(), pair(id_binome=hexa("b"), id_jeune=hexa("d"), date_fin="2024-06-30")])
    assert lake.broken("binomes") == {}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_nobody_sent_breaks_nothing_and_says_nothing_was_checked(lake: SmallLake, source: str) -> None:
    lake.put(source, [])
    rules = lake.outcome(source).rules
    assert [rule for rule in rules if not rule.succes] == []
    assert [rule.regle for rule in rules if rule.verifiee] == ["schema"]


def test_a_code_outside_the_contract_is_found_its_sender_named_and_its_value_not_told(lake: SmallLake) -> None:
    lake.put("binomes", [pair(), pair(id_binome=hexa("b"), id_jeune=hexa("d"), nature="CANARI-VALEUR")])
    found = lake.broken("binomes")[CODES]
    assert found.bloquant
    assert found.detail == "moins de 11 lignes en défaut, 1 émetteur"
    assert [sender.emetteur for sender in found.emetteurs] == ["association-demo-01"]
    assert "CANARI" not in str(lake.outcome("binomes"))


def test_a_reference_left_in_clear_is_found(lake: SmallLake) -> None:
    lake.put("binomes", [pair(id_binome="B-2024-001")])
    assert "column_values_to_match_regex:id_binome" in lake.broken("binomes")


def test_dates_in_the_wrong_order_are_found(lake: SmallLake) -> None:
    lake.put("binomes", [pair(date_debut="2024-03-01", date_fin="2024-02-01")])
    assert "column_pair_values_a_to_be_greater_than_b:date_fin:date_debut" in lake.broken("binomes")


def test_a_month_is_compared_with_a_date_as_the_days_it_holds(lake: SmallLake) -> None:
    lake.put("binomes", [pair(naissance="2024-01")])
    assert not [name for name in lake.broken("binomes") if "naissance" in name and "greater" in name]
    lake.put("binomes", [pair(naissance="2024-02")])
    assert [name for name in lake.broken("binomes") if "naissance" in name and "greater" in name]


def test_a_key_told_twice_by_a_sender_is_found_but_two_senders_may_tell_the_same_pair(lake: SmallLake) -> None:
    lake.put("binomes", [pair(), pair(depose_par="departement-59")])
    assert "cle_unique" not in lake.broken("binomes")
    lake.put("binomes", [pair(), pair(date_fin="2024-05-01")])
    assert lake.broken("binomes")["cle_unique"].bloquant


def test_a_row_of_another_campagne_is_found(lake: SmallLake) -> None:
    lake.put("binomes", [pair(date_debut="2025-02-01")])
    assert lake.broken("binomes")["rattachement"].bloquant


def test_a_column_that_is_missing_or_of_another_type_is_named(lake: SmallLake) -> None:
    lake.put("accompagnement", [])
    path = lake.lake.path("accompagnement")
    pd.DataFrame({"departement": ["59"], "type": ["renforce"], "depose_par": "dgcs"}).to_parquet(path)
    found = lake.broken("accompagnement")["schema"]
    assert found.bloquant
    assert "date_debut" in found.detail


def test_an_association_out_of_the_list_is_a_warning_until_the_registry_knows_it(lake: SmallLake) -> None:
    lake.put("binomes", [pair(association="inconnue-du-nord")])
    assert not lake.broken("binomes")["association_connue_association"].bloquant
    lake.put("associations", [{"association": "inconnue-du-nord", "nature": "mentorat", "valable_du": "2024-01-01"}])
    assert "association_connue_association" not in lake.broken("binomes")


def test_a_volume_or_a_column_that_falls_since_the_last_campagne_is_told_with_its_sender(lake: SmallLake) -> None:
    def rows(count: int, **more: object) -> list[dict[str, object]]:
        return [pair(id_binome=f"{n:064x}", id_jeune=f"{n + 999:064x}", **more) for n in range(count)]

    lake.put("binomes", rows(100, sexe="F"), CAMPAGNE - 1)
    lake.put("binomes", rows(30))
    broken = lake.broken("binomes")
    assert broken["volume"].emetteurs[0].detail == "beaucoup moins de lignes"
    assert broken["remplissage_en_baisse"].emetteurs[0].detail == "« sexe »"
    assert not broken["volume"].bloquant


def test_a_sender_that_sends_nothing_this_year_is_no_fault(lake: SmallLake) -> None:
    lake.put("binomes", [pair(id_binome=f"{n:064x}", id_jeune=f"{n + 999:064x}") for n in range(50)], CAMPAGNE - 1)
    lake.put("binomes", [])
    assert lake.broken("binomes") == {}


def journal(**changes: object) -> pd.DataFrame:
    row = {
        "emetteur": ["departement-59"],
        "source": ["binomes"],
        "chemin": ["a/b.csv"],
        "sha256": ["0"],
        "statut": ["acceptee"],
        "lignes_recues": [10],
        "lignes_acceptees": [8],
        "lignes_ecartees": [1],
        "doublons_exacts": [1],
    }
    return pd.DataFrame(row).assign(**changes)


@pytest.mark.parametrize(
    ("changes", "libelle"),
    [
        ({"statut": ["refusee"]}, "Au moins un fichier du dépôt est accepté"),
        ({"lignes_acceptees": [7]}, "Lignes reçues = acceptées + écartées + doublons exacts, fichier par fichier"),
        (
            {"lignes_acceptees": [5], "lignes_ecartees": [4]},
            "La part de lignes écartées, tous fichiers ensemble, reste sous le seuil bloquant",
        ),
    ],
)
def test_the_journal_must_account_for_every_row(changes: dict[str, object], libelle: str) -> None:
    failed = [r for r in validate("journal", "bordure", journal(**changes)).rules if not r.succes and r.bloquant]
    assert [rule.libelle for rule in failed] == [libelle]


def test_a_refused_file_and_many_rows_set_aside_are_told_by_sender(lake: SmallLake) -> None:
    lake.put_frame("journal", pd.concat([journal(), journal(chemin="c.csv", statut="refusee", emetteur="dgcs")]))
    broken = lake.broken("journal")
    assert [s.emetteur for s in broken["fichier_refuse"].emetteurs] == ["dgcs"]
    assert [s.emetteur for s in broken["fichier_part_ecartee"].emetteurs] == ["departement-59"]


def test_every_threshold_comes_with_its_date_and_reason() -> None:
    for name, lines in thresholds().items():
        assert all({"valeur", "valable_du", "motif"} <= set(line) and len(line["motif"]) > 30 for line in lines), name
        assert sum("valable_au" not in line for line in lines) == 1, name
    with pytest.raises(KeyError):
        threshold("seuil_inconnu")


def test_words_tell_no_small_count_and_no_exact_one() -> None:
    assert about(10) == "moins de 11 lignes"
    assert about(11) == "environ 10 lignes"
    assert about(1234) == "environ 1200 lignes"
    assert share_in_words(3, 4) == "moins de 11 lignes"
    assert share_in_words(30, 100) == "de 20 à 50 % des lignes"


def test_a_value_missing_is_not_judged_and_a_bound_is_held() -> None:
    units = pd.DataFrame({"emetteur": ["a", "b", "c"], "valeur": [0.1, None, 0.9], "precision": "« sexe »"})
    (held, broken, idle) = judged(
        "essai",
        [
            Measure("haut", "Haut", units, maximum=1),
            Measure("bas", "Bas", units, maximum=0.5),
            Measure("rien", "Rien", units.assign(valeur=None), maximum=0.5),
        ],
    )[-2:] + judged("essai", [Measure("rien", "Rien", units.assign(valeur=None), maximum=0.5)])
    assert (held.succes, broken.succes, idle.verifiee) == (True, False, False)
    assert [sender.emetteur for sender in broken.emetteurs] == ["c"]


def test_results_are_kept_by_run_and_bounded(lake: SmallLake) -> None:
    lake.put("accompagnement", [])
    for rank in range(2):
        list(run_suites(lake.settings, CAMPAGNE, "bordure", ["accompagnement"], f"run-{rank}"))
    folder = lake.settings.lake / "qualite" / "historique" / str(CAMPAGNE)
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    assert [one["run"] for one in told] == ["run-0", "run-1"]
    for rank in range(RUNS_KEPT + 5):
        (folder / f"2000010{rank:03}_bordure.json").write_text("{}", encoding="utf-8")
    list(run_suites(lake.settings, CAMPAGNE, "bordure", ["accompagnement"], "run-2"))
    kept = sorted(folder.glob("*.json"))
    assert len(kept) == RUNS_KEPT
    assert json.loads(kept[-1].read_text(encoding="utf-8"))["run"] == "run-2"
