"""What the quality page counts, before disclosure: rules add up to the rows set aside, sums are marked as such."""

import pandas as pd

from orchestration.defs.diffusion import journal_counts


def journal() -> pd.DataFrame:
    row = {"source": "binomes", "statut": "acceptee", "lignes_recues": 10, "lignes_acceptees": 7, "doublons_exacts": 0}
    more = {"lignes_remplacees": 0, "lignes_ecartees": 3}
    other = {"statut": "refusee", "lignes_recues": 4, "lignes_acceptees": 0, "lignes_ecartees": 4}
    return pd.DataFrame(
        [
            row | more | {"emetteur": "a", "chemin": "a/1.csv"},
            row | more | other | {"emetteur": "b", "chemin": "b/1.csv"},
            row | more | {"emetteur": "b", "chemin": "b/0.csv", "statut": "retiree"},
        ]
    )


def anomalies() -> pd.DataFrame:
    faults = [("a/1.csv", 2, "code_inconnu"), ("a/1.csv", 2, "date_illisible"), ("a/1.csv", 3, "date_illisible")]
    faults += [("a/1.csv", 4, "code_inconnu"), ("b/1.csv", None, "identifiant_direct"), ("b/0.csv", 9, "code_inconnu")]
    frame = pd.DataFrame(faults, columns=["chemin", "ligne", "regle"])
    return frame.assign(emetteur=frame["chemin"].str[0], source="binomes")


def test_a_row_counts_for_one_rule_and_refused_files_for_theirs() -> None:
    told = journal_counts(journal(), anomalies())
    rules = told[told["regle"] != "ensemble"].set_index("regle")["lignes_ecartees"].to_dict()
    assert rules == {"code_inconnu": 2, "date_illisible": 1, "fichier_refuse": 4}


def test_the_rules_of_a_source_and_its_senders_have_the_same_sum() -> None:
    told = journal_counts(journal(), anomalies())
    whole = told[told["regle"] == "ensemble"]
    (total,) = whole.loc[whole["emetteur"] == "ensemble", "lignes_ecartees"]
    assert total == whole.loc[whole["emetteur"] != "ensemble", "lignes_ecartees"].sum()
    assert total == told.loc[told["regle"] != "ensemble", "lignes_ecartees"].sum()


def test_faults_told_of_rows_that_were_kept_leave_the_file_out_of_the_rules() -> None:
    kept = journal().assign(lignes_ecartees=0, lignes_acceptees=10)
    told = journal_counts(kept, anomalies())
    assert told.loc[told["regle"] != "ensemble"].empty


def test_an_empty_depot_has_no_count() -> None:
    assert journal_counts(journal().iloc[:0], anomalies()).empty


def test_a_depot_without_a_row_set_aside_has_counts_and_no_rule() -> None:
    clean = journal().assign(lignes_ecartees=0, statut="acceptee")
    told = journal_counts(clean, anomalies().iloc[:0])
    assert set(told["regle"]) == {"ensemble"} and len(told)
