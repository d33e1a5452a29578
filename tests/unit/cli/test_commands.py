"""What the commands say and the codes they end with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mentorat.etat import state, state_lines, state_table
from mentorat.identity.keys import ETUDE, PILOTAGE, Key, Keys
from mentorat.intake.reception import receive, store
from mentorat.settings import Settings
from tests.unit.cli.conftest import Mentorat

J1 = "a" * 64
HEAD = "id_dossier;departement;id_jeune;naissance;statut\n"
GOOD = HEAD + f"D1;59;{J1};2010-01;lance\n"
BAD = GOOD + f"D2;59;{J1};2010-01;zut\n"
NORD = "departement-59"


def deposited(settings: Settings, chemin: str, content: str) -> Path:
    path = settings.depot(2024) / chemin
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def received(settings: Settings) -> None:
    keys = Keys(Key(PILOTAGE, b"p" * 32), Key(ETUDE, b"e" * 32))
    store(receive(settings, 2024, keys), settings, 2024)


# --- verifier -------------------------------------------------------------------------------------


def test_verifier_ends_with_0_on_a_clean_file_and_says_what_it_could_not_check(
    mentorat: Mentorat, settings: Settings
) -> None:
    code, out, _ = mentorat("verifier", deposited(settings, f"{NORD}/a.csv", GOOD))
    assert code == 0 and "a.csv : accepté" in out and "Ne peut pas être vérifié ici" in out


def test_verifier_ends_with_0_on_exact_duplicates_alone(mentorat: Mentorat, settings: Settings) -> None:
    twice = GOOD + GOOD.removeprefix(HEAD)
    assert mentorat("verifier", deposited(settings, f"{NORD}/a.csv", twice))[0] == 0


def test_verifier_ends_with_1_and_names_line_column_and_remedy(mentorat: Mentorat, settings: Settings) -> None:
    code, out, _ = mentorat("verifier", deposited(settings, f"{NORD}/a.csv", BAD))
    assert code == 1
    assert "ligne 3, colonne statut" in out and "Remède : Valeurs attendues" in out and "zut" not in out


def test_verifier_ends_with_1_on_a_refusal_among_clean_files(mentorat: Mentorat, settings: Settings) -> None:
    clean = deposited(settings, f"{NORD}/a.csv", GOOD)
    refused = deposited(settings, f"{NORD}/b.csv", "Nom;departement\nCANARI;59\n")
    code, out, err = mentorat("verifier", clean, refused)
    assert code == 1 and "b.csv : refusé" in out and "colonne A" in out
    assert "CANARI" not in out + err


def test_verifier_ends_with_2_when_there_is_no_such_file(mentorat: Mentorat, tmp_path: Path) -> None:
    code, _, err = mentorat("verifier", tmp_path / "absent.csv")
    assert code == 2 and "n'existe pas" in err


def test_verifier_answers_in_json_and_writes_the_workbook_where_asked(
    mentorat: Mentorat, settings: Settings, tmp_path: Path
) -> None:
    path = deposited(settings, f"{NORD}/a.csv", BAD)
    code, out, _ = mentorat("verifier", path, "--json", "--sortie", tmp_path / "sortie")
    (told,) = json.loads(out)
    assert code == 1 and told["statut"] == "accepté avec anomalies" and told["anomalies"][0]["ligne"] == 3
    assert [Path(name).name for name in told["classeurs"]] == ["anomalies_a.xlsx"]
    assert (tmp_path / "sortie" / "anomalies_a.xlsx").exists()


def test_verifier_asks_for_no_key(mentorat: Mentorat, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PILOTAGE, ETUDE):
        monkeypatch.delenv(name, raising=False)
    assert mentorat("verifier", deposited(settings, f"{NORD}/a.csv", GOOD))[0] == 0


def test_verifier_says_for_whom_it_judged_and_doubts_a_sender_it_does_not_know(
    mentorat: Mentorat, settings: Settings
) -> None:
    path = deposited(settings, f"{NORD}/a.csv", GOOD)
    assert "Contrôlé pour : departement-59 (Nord), campagne 2024" in mentorat("verifier", path)[1]
    _, out, _ = mentorat("verifier", path, "--emetteur", "zorglub")
    assert "un émetteur absent de la liste de référence" in out and "zorglub" not in out


def test_a_fault_of_ours_is_told_without_what_it_quotes(
    mentorat: Mentorat, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("cannot convert CANARI")

    path = deposited(settings, f"{NORD}/a.csv", GOOD)
    monkeypatch.setattr("mentorat.intake.checking.check_files", broken)
    code, out, err = mentorat("verifier", path)
    assert code == 1 and err.startswith("Erreur : ") and "ValueError" in err
    assert "CANARI" not in out + err and "Traceback" not in err


# --- etat -----------------------------------------------------------------------------------------


def test_etat_tells_every_expected_sender_even_silent(settings: Settings, mentorat: Mentorat) -> None:
    perimetre = "emetteur;source;date_extraction;exhaustif;statut_validation;date_validation\n"
    deposited(settings, f"{NORD}/a.csv", BAD)
    deposited(settings, f"{NORD}/liste.csv", "Nom;departement\nX;59\n")
    deposited(settings, f"{NORD}/p.csv", perimetre + f"{NORD};dossiers_mentorat;2025-01-31;oui;valide;2025-03-01\n")
    deposited(settings, "departement-inconnu/b.csv", GOOD.replace("D1", "D9"))
    received(settings)
    code, out, _ = mentorat("etat", "--json")
    (campagne,) = json.loads(out)["campagnes"]
    senders = {one["emetteur"]: one for one in campagne["emetteurs"]}
    assert code == 0 and {NORD, "collectivite-corse", "association-proxite", "enquete", "departement-inconnu"} <= set(
        senders
    )
    nord = {one["source"]: one for one in senders[NORD]["sources"]}
    dossiers = nord["dossiers_mentorat"]
    assert (dossiers["fichiers_recus"], dossiers["lignes_acceptees"], dossiers["lignes_ecartees"]) == (1, 1, 1)
    assert (dossiers["validation"], dossiers["date_validation"]) == ("valide", "2025-03-01")
    assert dossiers["attendue"] and len(dossiers["derniere_reception"]) == 10
    assert nord["mesures_ase"]["fichiers_recus"] == 0 and nord["mesures_ase"]["derniere_reception"] is None
    assert nord[None]["fichiers_refuses"] == 1
    assert senders["departement-inconnu"]["type"] == "inconnu"


def test_etat_is_readable(settings: Settings, mentorat: Mentorat) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    received(settings)
    code, out, _ = mentorat("etat")
    assert code == 0
    assert "Campagne 2024 : 1 émetteur, 1 fichier déposé" in out and "pas encore de publication" in out
    (nord,) = [line for line in out.splitlines() if " departement-59 " in line]
    assert "Nord" in nord and "manque : P" in nord
    (ain,) = [line for line in out.splitlines() if " departement-01 " in line]
    assert "rien reçu" in ain


def test_etat_without_any_depot_says_how_to_try(settings: Settings) -> None:
    assert any("mentorat demo" in line for line in state_lines(state(settings)))


def test_a_folder_without_files_is_no_sender_that_deposited(settings: Settings) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    (settings.depot(2024) / "departement-62").mkdir()
    assert state(settings)["campagnes"][0]["emetteurs_deposes"] == 1


def test_a_reader_that_goes_away_is_no_fault(settings: Settings) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "mentorat.cli", "etat"]
    result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (1, "")


def test_etat_of_a_campagne_not_yet_received_is_misuse(settings: Settings, mentorat: Mentorat) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    assert mentorat("etat")[0] == 0
    assert mentorat("etat", "--campagne", "2024")[0] == 2


def test_the_table_has_a_row_a_sender(settings: Settings) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    received(settings)
    (told,) = state(settings)["campagnes"]
    assert state_table(told).row_count == len(told["emetteurs"]) > 100


# --- the other commands ---------------------------------------------------------------------------


def test_modeles_writes_the_templates(mentorat: Mentorat, tmp_path: Path) -> None:
    code, out, _ = mentorat("modeles", tmp_path / "modeles")
    assert code == 0 and "fichiers écrits" in out
    assert any(path.name.startswith("dossiers_mentorat") for path in (tmp_path / "modeles").rglob("*.xlsx"))


def test_pseudonymiser_hands_every_option_to_the_senders_tool(mentorat: Mentorat, tmp_path: Path) -> None:
    code, out, _ = mentorat("pseudonymiser", "--aide")
    assert code == 0 and "--ancienne-cle" in out
    code, _, err = mentorat("pseudonymiser", tmp_path / "absent.csv", tmp_path / "sortie.csv")
    assert code == 2 and "Erreur" in err


def test_cles_tells_identifiers_and_declares_a_rotation(
    mentorat: Mentorat, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposited(settings, f"{NORD}/a.csv", GOOD)
    received(settings)
    code, out, _ = mentorat("cles")
    assert code == 0 and Key(PILOTAGE, b"p" * 32).identifiant in out and "p" * 32 not in out
    monkeypatch.setenv(PILOTAGE, "n" * 32)
    monkeypatch.setenv(ETUDE, "e" * 32)
    code, out, _ = mentorat("cles", "--rotation")
    assert code == 0 and "À relancer, dans cet ordre : 2024" in out and "à relancer" in out


def test_help_speaks_french(mentorat: Mentorat) -> None:
    for arguments in (["--help"], ["demo", "--help"], ["verifier", "--help"], ["etat", "--help"]):
        code, out, _ = mentorat(*arguments)
        assert code == 0
        for english in ("Show this", "Commands", "default:", "[required]", "Usage: ", "<int", "<bool", "<list", "Path"):
            assert english not in out, arguments
        assert "Afficher cette aide" in out


def test_an_unknown_option_is_told_in_french(mentorat: Mentorat) -> None:
    code, _, err = mentorat("verifier", "--couleur")
    assert code == 2 and err.startswith("Erreur : ") and "--couleur" in err


def test_what_is_missing_is_named_as_the_help_names_it(mentorat: Mentorat) -> None:
    code, _, err = mentorat("verifier")
    assert code == 2 and "il manque FICHIER" in err and "verifier --help" in err


def test_a_path_that_cannot_be_written_is_named_and_not_blamed_on_the_data_folder(
    mentorat: Mentorat, tmp_path: Path
) -> None:
    (tmp_path / "fichier").write_text("")
    code, _, err = mentorat("modeles", tmp_path / "fichier")
    assert code == 2 and "fichier n'est pas utilisable" in err and "MENTORAT_DATA" not in err


def test_the_command_starts_without_the_heavy_libraries() -> None:
    heavy = "{'pandas', 'pyarrow', 'numpy', 'xlsxwriter', 'rich', 'yaml', 'lxml'}"
    code = f"import sys, mentorat.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_collecter_deposits_what_is_sound_and_tells_what_is_not(
    mentorat: Mentorat, settings: Settings, tmp_path: Path
) -> None:
    partage = tmp_path / "partage"
    partage.mkdir()
    for name, content in (("a.csv", GOOD), ("b.csv", "Nom;departement\nCANARI;59\n")):
        (partage / name).write_text(content)
        os.utime(partage / name, (1_700_000_000, 1_700_000_000))
    settings.data.mkdir()
    (settings.data / "voies.yml").write_text(f"voies:\n  - {{emetteur: {NORD}, type: dossier, chemin: {partage}}}\n")
    code, out, err = mentorat("collecter", "--campagne", "2024")
    assert code == 0, err
    assert "1 déposé, 0 déjà là, 1 refusé, 0 laissé" in out and "refusé : b.csv" in out and "CANARI" not in out
    received(settings)
    accuse = json.loads((settings.retours(2024) / NORD / "accuse.json").read_text())
    assert [(one["fichier"], one["statut"]) for one in accuse["fichiers"]] == [
        ("a.csv", "accepté"),
        ("b.csv", "refusé"),
    ]
