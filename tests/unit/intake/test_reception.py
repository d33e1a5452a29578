"""A whole dépôt received: journal, stores, answers."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from mentorat.contracts.sources import arrow_schema, contracts, pilotage_schema
from mentorat.errors import UsageError
from mentorat.identity.keys import Key, Keys
from mentorat.identity.linkage import REASONS
from mentorat.identity.pseudonyms import digest
from mentorat.intake.reception import Reception, identities, receive, store, store_identities
from mentorat.settings import Settings

HEAD = "departement;id_dossier;id_jeune;naissance;statut;date_lancement\n"
J1, J2 = "a" * 64, "b" * 64
ONE = HEAD + f"59;D1;{J1};2010-01;lance;2024-03-05\n"
TWO = HEAD + f"59;D1;{J1};2010-01;en_cours;2024-03-05\n59;D2;{J2};2011-02;propose;\n"
NORD = "departement-59"

Deposit = Callable[..., Path]
Receive = Callable[[], Reception]


def line(reception: Reception, chemin: str) -> pd.Series:
    (row,) = [row for _, row in reception.journal.iterrows() if row["chemin"] == chemin]
    return row


def test_an_accepted_file_is_journalled_with_its_hash_and_counts(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/dossiers.csv", TWO)
    row = line(reception(), f"{NORD}/dossiers.csv")
    assert (row["emetteur"], row["source"], row["statut"]) == (NORD, "dossiers_mentorat", "acceptee")
    assert (row["lignes_recues"], row["lignes_acceptees"], row["lignes_ecartees"], row["doublons_exacts"]) == (
        2,
        2,
        0,
        0,
    )
    assert len(row["sha256"]) == 64 and row["taille_octets"] == len(TWO)


def test_every_source_has_its_parquet_even_when_nothing_was_sent(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/dossiers.csv", ONE)
    store(reception(), settings, 2024)
    for source in contracts():
        schema = pq.read_schema(settings.lake / "etude" / source / "2024.parquet")
        assert schema.equals(arrow_schema(source)), source
    assert pq.read_schema(settings.lake / "pilotage" / "binomes" / "2024.parquet").equals(pilotage_schema("binomes"))
    assert pq.read_table(settings.lake / "etude" / "dossiers_mentorat" / "2024.parquet").num_rows == 1


def test_an_empty_depot_is_received(settings: Settings, keys: Keys) -> None:
    got = receive(settings, 2024, keys)
    assert got.journal.empty and got.lignes_acceptees == 0
    store(got, settings, 2024)


def test_identities_are_rehashed_in_both_stores_and_references_kept_in_pilotage_only(
    deposit: Deposit, reception: Receive, keys: Keys
) -> None:
    deposit(f"{NORD}/dossiers.csv", ONE)
    got = reception()
    etude, pilotage = got.etude["dossiers_mentorat"].iloc[0], got.pilotage["dossiers_mentorat"].iloc[0]
    assert etude["id_jeune"] == digest(keys.etude, f"id_jeune|{J1}") == pilotage["id_jeune_etude"]
    assert pilotage["id_jeune"] == digest(keys.pilotage, f"id_jeune|{J1}")
    assert etude["id_dossier"] == digest(keys.etude, "id_dossier|59|D1")
    assert pilotage["id_dossier"] == "D1"
    assert (etude["campagne"], etude["depose_par"]) == (2024, NORD)


def test_the_same_file_number_meets_in_s2_and_s3(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/dossiers.csv", ONE)
    deposit(
        "association-demo-01/binomes.csv",
        f"association;id_binome;departement;id_dossier;id_jeune;date_debut\ndemo-01;B1;Nord;D1;{J2};05/03/2024\n",
    )
    got = reception()
    assert got.etude["binomes"]["id_dossier"][0] == got.etude["dossiers_mentorat"]["id_dossier"][0]


def test_the_same_content_on_another_path_is_already_received(deposit: Deposit, reception: Receive) -> None:
    first, second = deposit(f"{NORD}/a.csv", ONE), deposit(f"{NORD}/b.csv", ONE)
    os.utime(first, (2_000_000_000, 2_000_000_000))  # b was there before a
    os.utime(second, (1_000_000_000, 1_000_000_000))
    got = reception()
    row = line(got, f"{NORD}/a.csv")
    assert row["statut"] == "acceptee" and row["motif"].startswith("Déjà reçu")
    assert (row["lignes_recues"], row["lignes_acceptees"]) == (0, 0)
    assert line(got, f"{NORD}/b.csv")["lignes_acceptees"] == 1


def test_a_later_file_replaces_the_rows_of_the_same_key(deposit: Deposit, reception: Receive) -> None:
    os.utime(deposit(f"{NORD}/a.csv", ONE), (1_000_000_000, 1_000_000_000))
    deposit(f"{NORD}/b.csv", TWO)
    got = reception()
    assert got.etude["dossiers_mentorat"]["statut"].tolist() == ["en_cours", "propose"]
    assert line(got, f"{NORD}/b.csv")["lignes_remplacees"] == 1
    accepted, replaced = got.journal["lignes_acceptees"].sum(), got.journal["lignes_remplacees"].sum()
    assert accepted - replaced == len(got.etude["dossiers_mentorat"])


def test_the_order_of_first_reception_is_fixed_at_first_sight(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/z.csv", ONE)
    first = reception()
    old = first.journal.assign(recu_le=first.journal["recu_le"] - pd.Timedelta(days=30))
    os.utime(deposit(f"{NORD}/a.csv", TWO), (1_000_000_000, 1_000_000_000))  # an old date on a file seen later
    again = receive(settings, 2024, _keys(), old)
    assert line(again, f"{NORD}/z.csv")["recu_le"] == old["recu_le"][0]
    assert again.etude["dossiers_mentorat"]["statut"].tolist() == ["en_cours", "propose"]


def _keys() -> Keys:
    from mentorat.identity.keys import Key

    return Keys(Key("MENTORAT_CLE_PILOTAGE", b"p" * 32), Key("MENTORAT_CLE_ETUDE", b"e" * 32))


def test_received_again_the_same_depot_gives_the_same_answer(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    deposit(f"{NORD}/b.csv", TWO)
    deposit(f"{NORD}/c.csv", HEAD + f"59;D3;{J1};2010-01;zut;2024-03-05\n")
    store(reception(), settings, 2024)
    names = [
        "lake/journal/2024.parquet",
        "lake/etude/dossiers_mentorat/2024.parquet",
        f"retours/2024/{NORD}/reception.xlsx",
        f"retours/2024/{NORD}/accuse.json",
        f"retours/2024/{NORD}/anomalies_c.xlsx",
    ]
    before = [(settings.data / name).read_bytes() for name in names]
    store(reception(), settings, 2024)
    assert [(settings.data / name).read_bytes() for name in names] == before


def test_the_journal_keeps_a_file_that_was_withdrawn(deposit: Deposit, settings: Settings, reception: Receive) -> None:
    path = deposit(f"{NORD}/a.csv", ONE)
    store(reception(), settings, 2024)
    path.unlink()
    row = line(reception(), f"{NORD}/a.csv")
    assert row["statut"] == "retiree" and row["lignes_acceptees"] == 1


# --- refused --------------------------------------------------------------------------------------


def test_what_cannot_be_counted_is_refused_with_null_counts(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.xlsx", b"PK\x03\x04abime")
    row = line(reception(), f"{NORD}/a.xlsx")
    assert row["statut"] == "refusee" and pd.isna(row["lignes_recues"]) and pd.isna(row["lignes_ecartees"])


def test_a_refused_twin_is_refused_too(deposit: Deposit, reception: Receive) -> None:
    for name in ("a.csv", "b.csv"):
        deposit(f"{NORD}/{name}", "departement;id_dossier;Nom\n59;D1;X\n")
    assert set(reception().journal["statut"]) == {"refusee"}


# --- the inbox ------------------------------------------------------------------------------------


def test_hidden_files_lock_files_and_simulation_json_are_no_ones(deposit: Deposit, reception: Receive) -> None:
    for name in (".DS_Store", "~$a.xlsx", "Thumbs.db"):
        deposit(f"{NORD}/{name}", "x")
    deposit("simulation.json", "{}")
    assert reception().journal.empty


def test_a_file_outside_any_senders_folder_is_refused(deposit: Deposit, reception: Receive) -> None:
    deposit("dossiers.csv", ONE)
    assert line(reception(), "dossiers.csv")["statut"] == "refusee"


def test_links_out_of_the_depot_are_not_followed(
    deposit: Deposit, settings: Settings, reception: Receive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("ailleurs")
    (outside / "d.csv").write_text(ONE)
    folder = settings.depot(2024) / NORD
    folder.mkdir(parents=True)
    (folder / "lien.csv").symlink_to(outside / "d.csv")
    (folder / "dossier").symlink_to(outside)
    assert reception().journal.empty


def test_an_unknown_sender_is_read_and_told(deposit: Deposit, reception: Receive) -> None:
    deposit("departement-inconnu/a.csv", ONE)
    row = line(reception(), "departement-inconnu/a.csv")
    assert row["statut"] == "acceptee" and "Émetteur absent de la liste" in row["motif"]


def test_absent_and_unknown_columns_are_told_without_quoting_them(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", "departement;id_dossier;statut;CANARI\n59;D1;lance;z\n")
    motif = line(reception(), f"{NORD}/a.csv")["motif"]
    assert "id_jeune, naissance" in motif and "Lu mais non conservé : colonne D" in motif and "CANARI" not in motif


def test_a_file_with_a_header_and_no_row_is_accepted_and_empty(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", HEAD)
    got = reception()
    assert line(got, f"{NORD}/a.csv")["statut"] == "acceptee"
    assert line(got, f"{NORD}/a.csv")["lignes_recues"] == 0 and got.etude["dossiers_mentorat"].empty


def test_the_persons_of_a_campagne_hold_every_young_person_named(
    deposit: Deposit, settings: Settings, reception: Receive, keys: Keys
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    deposit(f"{NORD}/passage.csv", f"departement;numanonym;id_jeune\n59;{'c' * 40};{J2}\n")
    store(reception(), settings, 2024)
    found = identities(settings, 2024)
    assert set(found.jeunes.identites["id_jeune"]) == {digest(keys.etude, f"id_jeune|{name}") for name in (J1, J2)}
    store_identities(found, settings, 2024)
    assert pq.read_table(settings.lake / "etude" / "identites" / "2024.parquet").num_rows == 2


def test_measures_without_their_key_are_not_taken_for_a_correspondence_table(
    deposit: Deposit, reception: Receive
) -> None:
    head = "NUMDEP;NUMANONYM;SEXE;ANAIS;MNAIS;NIVSCO;DECISION;DATDEB;DATDECPE;LIEUPLAC;NATDECASSED\n"
    deposit(f"{NORD}/mesures_ase.csv", head + f"59;{'c' * 40};1;2010;5;410;2;2024-03-01;2024-02-01;1;17\n")
    told = line(reception(), f"{NORD}/mesures_ase.csv")
    assert told["statut"] == "refusee"
    assert "TYPEV" in told["motif"]


def test_a_correspondence_table_without_pseudonyms_is_refused_and_its_empty_rows_set_aside(
    deposit: Deposit, reception: Receive
) -> None:
    deposit(f"{NORD}/sans.csv", f"departement;numanonym\n59;{'c' * 40}\n")
    rows = f"59;{'c' * 40};{J1}\n59;{'d' * 40};\n"
    deposit(f"{NORD}/passage.csv", "departement;numanonym;id_jeune\n" + rows)
    got = reception()
    assert line(got, f"{NORD}/sans.csv")["statut"] == "refusee"
    told = line(got, f"{NORD}/passage.csv")
    assert (told["lignes_acceptees"], told["lignes_ecartees"]) == (1, 1)


def test_a_web_page_under_another_name_is_told_as_one(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/tableau.xlsx", "<!DOCTYPE html><html><body><table></table></body></html>")
    assert "page web" in line(reception(), f"{NORD}/tableau.xlsx")["motif"]


def test_a_file_name_in_another_encoding_stops_nothing(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    folder = os.fsencode(settings.depot(2024) / NORD)
    with open(folder + b"/d\xe9pos\xe9.csv", "wb") as file:  # noqa: PTH123 - the name is bytes, as unpacked elsewhere
        file.write(b"avis;note\nbon;1\n")
    got = reception()
    store(got, settings, 2024)
    assert line(got, f"{NORD}/a.csv")["statut"] == "acceptee"
    assert len(got.journal) == 2


# --- copies, corrections, order -------------------------------------------------------------------


def aged(path: Path, seconds: int) -> Path:
    """Give a file an old modification time: it was there before the others."""
    os.utime(path, (seconds, seconds))
    return path


def test_twins_are_known_across_senders_in_the_order_of_reception(deposit: Deposit, reception: Receive) -> None:
    aged(deposit("departement-62/z.csv", ONE), 1_000_000_000)
    deposit("departement-01/a.csv", ONE)
    got = reception()
    assert line(got, "departement-62/z.csv")["lignes_acceptees"] == 1
    told = line(got, "departement-01/a.csv")
    assert told["motif"].startswith("Déjà reçu") and told["deja_recu"] and told["source"] == "dossiers_mentorat"
    assert got.etude["dossiers_mentorat"]["depose_par"].tolist() == ["departement-62"]


def test_a_copy_keeps_its_answer_once_the_original_has_changed(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    aged(deposit(f"{NORD}/a.csv", ONE), 1_000_000_000)
    deposit(f"{NORD}/copie.csv", ONE)
    store(reception(), settings, 2024)
    deposit(f"{NORD}/a.csv", HEAD + f"59;D2;{J2};2011-02;propose;\n")  # D1 was taken out
    got = reception()
    copy = line(got, f"{NORD}/copie.csv")
    assert copy["deja_recu"] and copy["lignes_recues"] == 0
    assert "ses lignes ne comptent plus" in copy["motif"]
    assert got.lignes["dossiers_mentorat"] == 1


def test_the_content_of_an_orphan_copy_counts_again_under_another_name(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    original = aged(deposit(f"{NORD}/a.csv", ONE), 1_000_000_000)
    deposit(f"{NORD}/copie.csv", ONE)
    store(reception(), settings, 2024)
    original.unlink()
    deposit(f"{NORD}/encore.csv", ONE)
    got = reception()
    assert line(got, f"{NORD}/encore.csv")["lignes_acceptees"] == 1
    assert "ne comptent plus" not in line(got, f"{NORD}/copie.csv")["motif"]


def test_a_corrected_file_is_answered_by_the_next_run_and_its_first_version_stays_in_the_journal(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", HEAD + f"59;D1;{J1};2010-01;zut;2024-03-05\n")
    store(reception(), settings, 2024)
    assert (settings.retours(2024) / NORD / "anomalies_a.xlsx").exists()
    deposit(f"{NORD}/a.csv", ONE)
    got = reception()
    store(got, settings, 2024)
    mine = got.journal.loc[got.journal["chemin"] == f"{NORD}/a.csv"]
    assert sorted(mine["statut"]) == ["acceptee", "retiree"]
    assert not (settings.retours(2024) / NORD / "anomalies_a.xlsx").exists()
    assert got.lignes["dossiers_mentorat"] == 1


def test_a_file_replaces_rows_of_its_own_sender_only(deposit: Deposit, reception: Receive) -> None:
    aged(deposit(f"{NORD}/a.csv", ONE), 1_000_000_000)
    deposit("departement-62/a.csv", TWO)
    got = reception()
    assert len(got.etude["dossiers_mentorat"]) == 3
    assert got.journal["lignes_remplacees"].sum() == 0


def test_many_senders_judged_in_several_turns_give_the_same_rows(
    deposit: Deposit, reception: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        rows = "".join(f"0{number + 1};D{i};{J1};2010-01;lance;2024-03-05\n" for i in range(number + 1))
        deposit(f"departement-0{number + 1}/a.csv", HEAD + rows)
    whole = reception()
    tables = whole.etude["dossiers_mentorat"], whole.journal
    monkeypatch.setattr("mentorat.intake.reception.TOGETHER", 2)
    again = reception()
    pd.testing.assert_frame_equal(again.etude["dossiers_mentorat"], tables[0])
    pd.testing.assert_frame_equal(again.journal.drop(columns="recu_le"), tables[1].drop(columns="recu_le"))


# --- what is stored -------------------------------------------------------------------------------


def written(settings: Settings) -> dict[Path, bytes]:
    """Every file outside the inbox."""
    inbox = settings.depot(2024)
    files = (path for path in settings.data.rglob("*") if path.is_file() and inbox not in path.parents)
    return {path: path.read_bytes() for path in files}


def test_an_interrupted_reception_leaves_the_last_one_as_it_was(
    deposit: Deposit, settings: Settings, reception: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    store(reception(), settings, 2024)
    before = written(settings)
    deposit(f"{NORD}/b.csv", TWO)
    monkeypatch.setattr("mentorat.intake.reception.write_accuse", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        reception()
    assert written(settings) == before


def test_no_level_one_pseudonym_is_written_anywhere(deposit: Deposit, settings: Settings, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", TWO + f"59;D9;{J2};2011-02;zut;\n")
    store(reception(), settings, 2024)
    for path in settings.data.rglob("*.parquet"):
        assert J1 not in repr(pq.read_table(path).to_pylist()), path


def test_linkage_gets_one_record_a_young_person_and_file_with_both_keys(
    deposit: Deposit, settings: Settings, reception: Receive, keys: Keys
) -> None:
    deposit(f"{NORD}/a.csv", TWO)
    deposit(f"{NORD}/passage.csv", f"departement;numanonym;id_jeune;id_jeune_phon\n59;{'c' * 40};{J2};{J1}\n")
    store(reception(), settings, 2024)
    records = pd.read_parquet(settings.lake / "pilotage" / "rapprochement" / "2024.parquet")
    assert len(records) == 3
    file = records.loc[records["id_dossier"] == "D1"].iloc[0]
    assert file["id_jeune"] == digest(keys.pilotage, f"id_jeune|{J1}")
    assert file["id_jeune_etude"] == digest(keys.etude, f"id_jeune|{J1}")
    assert (file["source"], file["emetteur"], file["departement"], file["naissance"]) == (
        "dossiers_mentorat",
        NORD,
        "59",
        "2010-01",
    )
    passage = records.loc[records["source"] == "passage"].iloc[0]
    assert passage["id_jeune_phon"] == digest(keys.pilotage, f"id_jeune_phon|{J1}")


def test_mentors_are_chained_through_a_rotation_of_the_programmes_key(
    deposit: Deposit, settings: Settings, reception: Receive, keys: Keys
) -> None:
    head = "association;id_binome;departement;id_jeune;id_mentor;id_mentor_ant;nature;modalite;date_debut\n"
    row = f"proxite;B1;59;{J1};{'d' * 64};{'e' * 64};mentorat;mixte;2024-03-05\n"
    deposit("association-proxite/binomes.csv", head + row)
    store(reception(), settings, 2024)
    store_identities(identities(settings, 2024), settings, 2024)
    mentors = pd.read_parquet(settings.lake / "etude" / "identites_mentors" / "2024.parquet")
    both = [digest(keys.etude, f"id_mentor|{'d' * 64}"), digest(keys.etude, f"id_mentor|{'e' * 64}")]
    assert sorted(mentors["id_mentor"]) == sorted(both)
    assert len(set(mentors["id_personne"])) == 1


# --- told to the sender ---------------------------------------------------------------------------


def test_absent_and_empty_columns_are_told_apart_in_the_journal(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", "departement;id_dossier;statut;date_fin\n59;D1;lance;\n")
    assert line(reception(), f"{NORD}/a.csv")["colonnes_presentes"] == "id_dossier|departement|date_fin|statut"


def test_rows_of_another_territory_are_accepted_and_told(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", HEAD + f"62;D1;{J1};2010-01;lance;2024-03-05\n")
    told = line(reception(), f"{NORD}/a.csv")
    assert told["lignes_acceptees"] == 1 and "1 ligne porte sur un autre territoire" in told["motif"]


def test_an_unknown_association_is_a_warning(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.csv", HEAD.strip() + f";association\n59;D1;{J1};2010-01;lance;2024-03-05;Les Amis du Canal\n")
    told = line(reception(), f"{NORD}/a.csv")
    assert told["lignes_acceptees"] == 1 and "1 ligne nomme une association absente" in told["motif"]


def test_a_name_that_holds_an_identifier_is_refused_and_masked_everywhere(
    deposit: Deposit, settings: Settings, reception: Receive, keys: Keys
) -> None:
    deposit(f"{NORD}/canari.durand@exemple.fr.csv", ONE)
    said: list[str] = []
    got = receive(settings, 2024, keys, progress=said.append)
    store(got, settings, 2024)
    row = got.journal.iloc[0]
    assert row["statut"] == "refusee" and "fichier dont le nom est masqué (sha256 " in row["chemin"]
    assert row["sha256"][:12] in row["chemin"]
    written = [path.as_posix() for path in settings.data.rglob("*") if "depot" not in path.parts]
    read = b"".join(path.read_bytes() for path in (settings.retours(2024)).rglob("*.json"))
    assert "canari" not in " ".join(said + written) and b"canari" not in read


def test_files_turned_away_at_the_entrance_are_in_the_journal_and_the_answer(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    entry = {
        "fichier": "liste.csv",
        "sha256": "f" * 64,
        "source": None,
        "statut": "refusé",
        "lignes_recues": 3,
        "lignes_acceptees": 0,
        "lignes_ecartees": 3,
        "doublons_exacts": 0,
        "lignes_ignorees": 0,
        "motifs": ["Le fichier porte des informations interdites : téléphone (colonne D, ligne 2)."],
        "emetteur": NORD,
        "recu_le": "2025-02-03T10:00:00+00:00",
    }
    (settings.lake / "voies").mkdir(parents=True)
    (settings.lake / "voies" / "2024.json").write_text(json.dumps([entry]))
    got = reception()
    store(got, settings, 2024)
    row = line(got, f"{NORD}/liste.csv")
    assert (row["statut"], row["lignes_recues"], row["lignes_ecartees"]) == ("refusee", 3, 3)
    accuse = json.loads((settings.retours(2024) / NORD / "accuse.json").read_text())
    assert [one["statut"] for one in accuse["fichiers"]] == ["accepté", "refusé"]
    # the corrected file came through: the refusal stays in the journal and leaves the answer
    deposit(f"{NORD}/liste.csv", TWO)
    again = reception()
    store(again, settings, 2024)
    statuts = again.journal.loc[again.journal["chemin"] == f"{NORD}/liste.csv", "statut"]
    assert sorted(statuts) == ["acceptee", "retiree"]
    accuse = json.loads((settings.retours(2024) / NORD / "accuse.json").read_text())
    assert [one["statut"] for one in accuse["fichiers"]] == ["accepté", "accepté"]


def test_a_refusal_at_the_entrance_after_the_file_of_that_name_is_told_beside_it(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    aged(deposit(f"{NORD}/a.csv", HEAD + f"59;D3;{J1};2010-01;zut;2024-03-05\n"), 1_000_000_000)
    told = {
        "fichier": "a.csv",
        "sha256": "f" * 64,
        "motifs": ["x"],
        "emetteur": NORD,
        "recu_le": "2025-02-03T10:00:00Z",
    }
    (settings.lake / "voies").mkdir(parents=True)
    (settings.lake / "voies" / "2024.json").write_text(json.dumps([told]))
    got = reception()
    store(got, settings, 2024)
    assert sorted(got.journal["chemin"]) == [f"{NORD}/a.csv", f"{NORD}/a.csv (refusé à l'entrée le 2025-02-03)"]
    assert len(list((settings.retours(2024) / NORD).glob("anomalies_a_*.xlsx"))) == 2


def test_a_damaged_list_of_the_entrance_is_told(settings: Settings, reception: Receive) -> None:
    (settings.lake / "voies").mkdir(parents=True)
    (settings.lake / "voies" / "2024.json").write_text("[{}]")
    with pytest.raises(UsageError, match="mentorat collecter"):
        reception()


# --- keys -----------------------------------------------------------------------------------------


def test_a_campagne_is_never_received_under_another_key_than_the_others(
    deposit: Deposit, settings: Settings, keys: Keys
) -> None:
    deposit(f"{NORD}/a.csv", ONE)
    store(receive(settings, 2024, keys), settings, 2024)
    other = Keys(Key("MENTORAT_CLE_PILOTAGE", b"q" * 32), keys.etude)
    store(receive(settings, 2024, other), settings, 2024)  # alone, it is hashed again whole
    with pytest.raises(UsageError, match=r"pilotage.*2024"):
        receive(settings, 2023, keys)
    text = (settings.lake / "cles.json").read_text()
    assert other.pilotage.identifiant in text and "q" * 32 not in text


def test_a_file_that_cannot_be_read_is_refused_and_the_others_go_on(
    deposit: Deposit, reception: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = deposit(f"{NORD}/verrouille.csv", ONE)
    deposit(f"{NORD}/dossiers.csv", TWO)
    usual = Path.open

    def refusing(path: Path, *arguments: Any, **named: Any) -> Any:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return usual(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refusing)
    received = reception()
    assert line(received, f"{NORD}/verrouille.csv")["statut"] == "refusee"
    assert line(received, f"{NORD}/dossiers.csv")["lignes_acceptees"] == 2


def test_what_a_human_must_look_at_is_a_table_with_its_reason_and_no_formula(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/dossiers.csv", HEAD + f"59;=D1;{J1};2010-01;lance;2024-03-05\n")
    deposit(
        "association-demo-01/binomes.csv",
        "association;id_binome;departement;id_dossier;id_jeune;naissance;date_debut\n"
        f"demo-01;B1;Nord;=D1;{J2};2010-02;05/03/2024\n",
    )
    store(reception(), settings, 2024)
    store_identities(identities(settings, 2024), settings, 2024)
    told = pd.read_csv(settings.lake / "pilotage" / "revue" / "2024.csv", sep=";", encoding="utf-8-sig")
    assert told["motif"].tolist() == [REASONS["mois_differents"]]
    assert told["id_dossiers_1"].tolist() == ["'=D1"]
