"""A whole dépôt received: journal, stores, answers."""

import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from mentorat.contracts.sources import arrow_schema, contracts, pilotage_schema
from mentorat.identity.keys import Keys
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


def test_every_full_source_has_its_parquet_even_when_nothing_was_sent(
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
    store(reception(), settings, 2024)
    names = [
        "lake/journal/2024.parquet",
        "lake/etude/dossiers_mentorat/2024.parquet",
        f"retours/2024/{NORD}/reception.xlsx",
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


def everything_written(settings: Settings, folders: tuple[str, ...] = ("lake", "retours")) -> bytes:
    found = b""
    for folder in folders:
        for path in sorted((settings.data / folder).rglob("*.*")):
            if path.suffix == ".xlsx":
                book = CalamineWorkbook.from_path(str(path))
                found += repr([book.get_sheet_by_name(name).to_python() for name in book.sheet_names]).encode()
            elif path.suffix == ".parquet":
                found += repr(pq.read_table(path).to_pylist()).encode()
    return found


@pytest.mark.parametrize(
    "content",
    [
        "departement;id_dossier;statut;Nom\n59;D-CANARI;lance;CANARI\n",
        "departement;id_dossier;statut;Commentaire\n59;D-CANARI;lance;CANARI@exemple.fr\n",
        "CANARI;CANARI2\n59;CANARI\n",
        "departement;statut\n59;CANARI\n",
        "Contact CANARI@exemple.fr\ndepartement;id_dossier;statut\n59;CANARI;lance\n",
    ],
)
def test_a_refused_file_leaves_no_word_of_its_content(
    content: str, deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/liste.csv", content)
    got = reception()
    row = line(got, f"{NORD}/liste.csv")
    assert row["statut"] == "refusee" and row["lignes_recues"] == row["lignes_ecartees"] == 1
    assert row["lignes_acceptees"] == row["doublons_exacts"] == 0
    store(got, settings, 2024)
    assert b"CANARI" not in everything_written(settings)


def test_a_row_set_aside_leaves_no_value_in_the_answer(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", ONE + f"59;D9;{J1};CANARI;CANARI;CANARI\n")
    store(reception(), settings, 2024)
    assert b"CANARI" not in everything_written(settings)


def test_what_cannot_be_counted_is_refused_with_null_counts(deposit: Deposit, reception: Receive) -> None:
    deposit(f"{NORD}/a.xlsx", b"PK\x03\x04abime")
    row = line(reception(), f"{NORD}/a.xlsx")
    assert row["statut"] == "refusee" and pd.isna(row["lignes_recues"]) and pd.isna(row["lignes_ecartees"])


def test_a_refused_twin_is_refused_too(deposit: Deposit, reception: Receive) -> None:
    for name in ("a.csv", "b.csv"):
        deposit(f"{NORD}/{name}", "departement;id_dossier;Nom\n59;D1;X\n")
    assert set(reception().journal["statut"]) == {"refusee"}


# --- the inbox ------------------------------------------------------------------------------------


def test_a_source_without_full_contract_is_counted_and_hashed_and_nothing_stored(
    deposit: Deposit, reception: Receive
) -> None:
    deposit(f"{NORD}/remontee.csv", "departement;annee;binomes_lances\n59;2024;12\n")
    row = line(reception(), f"{NORD}/remontee.csv")
    assert (row["source"], row["statut"], row["lignes_recues"]) == ("remontee_agregee", "comptee", 1)
    assert pd.isna(row["lignes_acceptees"])


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
    assert "id_jeune, naissance" in motif and "1 colonne lue mais non conservée" in motif and "CANARI" not in motif


# --- the answer -----------------------------------------------------------------------------------


def test_the_answer_names_lines_columns_and_remedies_in_french(
    deposit: Deposit, settings: Settings, reception: Receive
) -> None:
    deposit(f"{NORD}/a.csv", ONE + f"59;D2;{J1};2010-01;zut;2024-03-05\n")
    store(reception(), settings, 2024)
    book = CalamineWorkbook.from_path(str(settings.retours(2024) / NORD / "reception.xlsx"))
    assert book.sheet_names == ["Fichiers", "Anomalies"]
    files, faults = (book.get_sheet_by_name(name).to_python() for name in book.sheet_names)
    assert files[0][3] == "Lignes reçues" and files[1][2:7] == ["Accepté", 2, 0, 1, 1]
    assert faults[1][1:3] == [3, "statut"] and "code connu" in faults[1][3] and "attente_mentor" in faults[1][4]


def test_a_file_name_never_becomes_a_formula(deposit: Deposit, settings: Settings, reception: Receive) -> None:
    deposit("=1+1/a.csv", ONE)
    store(reception(), settings, 2024)
    book = CalamineWorkbook.from_path(str(settings.retours(2024) / "=1+1" / "reception.xlsx"))
    assert book.get_sheet_by_name("Fichiers").to_python()[1][0].startswith("'=1+1")


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
    assert set(found["id_jeune"]) == {digest(keys.etude, f"id_jeune|{name}") for name in (J1, J2)}
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
