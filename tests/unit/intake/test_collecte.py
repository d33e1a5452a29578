"""A folder of the sender's own, collected: a questionnaire and the mapping that reads it arrive together."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mentorat.intake.mapping import is_mapping
from mentorat.intake.voies.collecte import _free, collect, refusals_path
from mentorat.settings import Settings

MAPPING = """questionnaire: essai
source: enquete_mentores
colonnes:
  id_repondant: {colonne: Q0}
  vague: {constante: "1"}
  date_reponse: {colonne: Q1}
  departement: {colonne: Q2}
  age: {colonne: Q3}
  sexe: {colonne: Q4, codes: {A: F, B: G}}
  date_debut_mentorat: {colonne: Q5}
  modalite: {constante: presentiel}
"""
ANSWERS = "Q0;Q1;Q2;Q3;Q4;Q5\nR1;2024-05-02;59;15;A;2024-01-10\n"

Way = Callable[..., Path]


@pytest.fixture
def sent(settings: Settings, tmp_path: Path) -> Way:
    """Files in the folder of a configured way."""
    folder = tmp_path / "partage"
    folder.mkdir()
    (tmp_path / "voies.yml").write_text(
        f"voies:\n  - {{type: dossier, emetteur: enquete, chemin: '{folder}', attente_secondes: 0}}\n", encoding="utf-8"
    )

    def put(**files: str) -> Path:
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(content, encoding="utf-8")
        return folder

    return put


@pytest.mark.parametrize("name", ["a", "z"])
def test_a_questionnaire_enters_with_its_mapping_whichever_comes_first(
    sent: Way, settings: Settings, name: str
) -> None:
    sent(**{f"{name}__csv": ANSWERS, "m_correspondance__yml": MAPPING})
    (way,) = collect(settings, 2024)
    assert {*way.deposes} == {f"enquete/{name}.csv", "enquete/m_correspondance.yml"} and not way.refuses


def test_a_questionnaire_enters_by_the_mapping_already_in_the_depot(sent: Way, settings: Settings) -> None:
    inbox = settings.depot(2024) / "enquete"
    inbox.mkdir(parents=True)
    (inbox / "m_correspondance.yml").write_text(MAPPING, encoding="utf-8")
    sent(a__csv=ANSWERS)
    assert collect(settings, 2024)[0].deposes == ["enquete/a.csv"]


def test_without_a_mapping_it_is_refused_and_nothing_of_it_stays(sent: Way, settings: Settings) -> None:
    folder = sent(a__csv=ANSWERS)
    (way,) = collect(settings, 2024)
    assert [entry["fichier"] for entry in way.refuses] == ["a.csv"] and not way.deposes
    assert "R1" not in refusals_path(settings, 2024).read_text(encoding="utf-8")
    assert (folder / "a.csv").exists() and not (settings.depot(2024) / "enquete").exists()


def test_a_mapping_that_holds_an_identifier_neither_enters_nor_serves(sent: Way, settings: Settings) -> None:
    sent(a__csv=ANSWERS, m_correspondance__yml=f"# voir a.b@exemple.fr\n{MAPPING}")
    (way,) = collect(settings, 2024)
    assert len(way.refuses) == 2 and not way.deposes
    assert "exemple.fr" not in refusals_path(settings, 2024).read_text(encoding="utf-8")


def test_a_second_mapping_of_the_same_name_is_still_known_as_one(tmp_path: Path) -> None:
    (tmp_path / "x.correspondance.yml").touch()
    assert is_mapping(_free(tmp_path, "x.correspondance.yml"))
