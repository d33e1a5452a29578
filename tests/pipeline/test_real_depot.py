"""A dépôt that is not simulated: its keys, its publication; and what is said to those who use the command wrongly."""

import json
from pathlib import Path

import pytest

from tests.pipeline.conftest import CAMPAGNE, mentorat, without_spaces


def test_a_real_depot_needs_its_own_keys(tmp_path: Path) -> None:
    real_depot(tmp_path)
    answer = mentorat(tmp_path, "run", "--campagne", str(CAMPAGNE))
    assert answer.code == 2
    assert "MENTORAT_CLE_PILOTAGE" in answer.err


def test_a_real_depot_is_published_without_a_word_of_simulation_and_has_no_truth(tmp_path: Path) -> None:
    real_depot(tmp_path)
    keys = {f"MENTORAT_CLE_{name}": name.lower() * 10 for name in ("PILOTAGE", "ETUDE")}
    answer = mentorat(tmp_path, "run", "--campagne", str(CAMPAGNE), **keys)
    assert answer.code == 0, answer.said
    assert not (tmp_path / "verite").exists()
    publication = tmp_path / "publication" / str(CAMPAGNE)
    assert json.loads((publication / "manifeste.json").read_text(encoding="utf-8"))["donnees"].startswith("Données tr")
    for page in publication.rglob("*.html"):
        assert "simulé" not in page.read_text(encoding="utf-8"), page
    territory = (publication / "departements" / "59" / "rapport.html").read_text(encoding="utf-8")
    assert "non mesurable" in without_spaces(territory)


def real_depot(data: Path) -> None:
    """One sender, one small file, no simulation.json."""
    folder = data / "depot" / str(CAMPAGNE) / "departement-59"
    folder.mkdir(parents=True)
    rows = "".join(f"59;D{n};{n:064x};2011-05;F;en_cours;2024-03-05\n" for n in range(1, 31))
    head = "departement;id_dossier;id_jeune;naissance;sexe;statut;date_lancement\n"
    (folder / "dossiers.csv").write_text(head + rows, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--campagne", "1999"], "n'est pas connue"),
        (["run", "--campagne", "2030"], "Aucun dépôt"),
        (["run"], "il manque --campagne"),
        (["run", "--campagne", "abc"], "la valeur donnée à --campagne ne convient pas"),
        (["demo", "--jeunes", "3"], "la valeur donnée à --jeunes ne convient pas"),
        (["demo", "--campagne", "2024", "--historique", "5"], "la première campagne serait 2020"),
        (["demo", "--historique", "0"], "la valeur donnée à --historique ne convient pas"),
        (["run", "--annee", "2024"], "l'option --annee n'existe pas"),
        (["inconnue"], "cette commande n'existe pas"),
    ],
)
def test_wrong_use_answers_in_french_with_exit_code_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    answer = mentorat(tmp_path, *arguments)
    assert answer.code == 2
    assert "Erreur : " in answer.err
    assert words in answer.err
    assert "Traceback" not in answer.said


@pytest.mark.parametrize("place", ["/dev/null", ""])
def test_an_unusable_data_folder_is_told_in_french(place: str) -> None:
    answer = mentorat(Path(place), "demo", "--jeunes", "1000", MENTORAT_DATA=place)
    assert (answer.code, "Traceback" in answer.said) == (2, False)
    assert "MENTORAT_DATA" in answer.err
