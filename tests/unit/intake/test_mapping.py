"""An evaluator's questionnaire enters through a mapping file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import mentorat.contracts.questionnaires as questionnaires
from mentorat.contracts.sources import contracts
from mentorat.intake.mapping import Mapping, is_mapping, load_mapping
from mentorat.intake.reading import RawTable, Refusal, read_table

EXAMPLE = Path(next(iter(questionnaires.__path__))) / "limesurvey.correspondance.yml"
CODES = (
    '"id","submitdate","lastpage","DEPT","AGE","SEXE","ASSO","DEBUT","MODAL","Q1[SQ001]","Q1[SQ002]","Q3",'
    '"Q7[SQ001]","Q7[SQ002]","Q7[SQ003]","Q7[SQ004]","Q7[SQ005]","Q7[other]"'
)
ANSWERS = (
    '"1","2024-03-05 10:12:00","4","59","15","A1","proxite","2023-09-01","A1","Y","A4","A5","Y","","","N","Y",""\n'
    '"2","2024-03-06 17:00:00","4","62","16","A2","proxite","2023-10-01","A2","N","","A1","","","","","",""\n'
    '"3","2024-03-07 18:00:00","4","62","17","Autre","proxite","2023-10-01","A3","","A1","","","","","","","voisin"\n'
)


def example() -> Mapping:
    found = load_mapping(EXAMPLE)
    assert isinstance(found, Mapping), found
    return found


def export(tmp_path: Path, header: str = CODES) -> RawTable:
    path = tmp_path / "results-survey.csv"
    path.write_text("\ufeff" + header + "\n" + ANSWERS, encoding="utf-8")
    found = read_table(path)
    assert isinstance(found, RawTable), found
    return found


def column(raw: RawTable, name: str) -> list[str]:
    return raw.columns[raw.headers.index(name)].to_pylist()


def test_a_mapping_is_known_by_the_end_of_its_name() -> None:
    assert is_mapping(Path("cohorte.correspondance.yml")) and is_mapping(Path("Correspondance.YAML"))
    assert not is_mapping(Path("correspondance.csv")) and not is_mapping(Path("mentores.yml"))


def test_the_worked_example_reads_a_limesurvey_export_in_codes(tmp_path: Path) -> None:
    raw = export(tmp_path)
    assert example().fits(raw.headers)
    read = example().apply(raw)
    assert column(read, "sexe") == ["F", "G", "Autre"]  # an answer nobody declared is left to the contract
    assert column(read, "vague") == ["0", "0", "0"]
    assert column(read, "modalite") == ["presentiel", "distanciel", "mixte"]
    assert column(read, "se_sent_seul") == ["oui", "non", ""]
    assert column(read, "confiance_en_soi") == ["4", "", "1"]
    assert column(read, "absences_injustifiees") == ["tres_souvent", "jamais", ""]
    assert column(read, "personne_ressource") == ["educateur|mentor", "", "autre"]
    assert read.lines.tolist() == [2, 3, 4] and set(read.headers) - set(contracts()["enquete_mentores"].noms) == {
        "lastpage"
    }


@pytest.mark.parametrize(
    "rename",
    [
        {"Q1[SQ001]": "Q1[SQ001]. Es-tu d'accord ? [Je me sens seul]", "AGE": "AGE. Quel âge as-tu ?"},
        {"Q1[SQ001]": "Es-tu d'accord ? [Je me sens seul]", "AGE": "Quel âge as-tu ?", "id": "ID de la réponse"},
    ],
)
def test_code_and_text_or_full_text_headers_are_found_too(tmp_path: Path, rename: dict[str, str]) -> None:
    header = CODES
    for code, text in rename.items():
        header = header.replace(f'"{code}"', f'"{text}"')
    raw = export(tmp_path, header)
    assert example().fits(raw.headers)
    read = example().apply(raw)
    assert column(read, "se_sent_seul") == ["oui", "non", ""] and column(read, "age") == ["15", "16", "17"]


def test_another_file_does_not_fit(tmp_path: Path) -> None:
    assert not example().fits(["departement", "id_dossier", "statut"])
    assert not example().fits([name for name in export(tmp_path).headers if name != "id"])  # no key


def test_columns_that_are_not_read_are_kept_to_be_screened_and_told_when_not_listed(tmp_path: Path) -> None:
    raw = export(tmp_path, CODES.replace('"lastpage"', '"ipaddr"'))
    read = example().apply(raw)
    assert column(read, "ipaddr") == ["4", "4", "4"]
    assert any("ignorees" in note for note in read.notes)
    assert not any("ignorees" in note for note in example().apply(export(tmp_path)).notes)


def test_a_column_of_theirs_called_as_one_of_ours_does_not_take_its_place(tmp_path: Path) -> None:
    read = example().apply(export(tmp_path, CODES.replace('"lastpage"', '"Vague"')))
    assert read.headers.count("vague") == 1 and "Vague" not in read.headers


def test_columns_the_file_lacks_are_told(tmp_path: Path) -> None:
    raw = export(tmp_path, CODES.replace('"Q3"', '"Q9"').replace('"Q7[SQ001]"', '"Q8"'))
    notes = " ".join(example().apply(raw).notes)
    assert "absences_injustifiees" in notes and "personne_ressource (en partie)" in notes


def test_a_box_holding_another_word_than_its_mark_is_left_to_the_contract() -> None:
    rendering = {"choix": {"Q7[SQ001]": "famille", "Q7[SQ002]": "ami"}, "coche": ["Oui"]}
    keys = {"vague": {"constante": "0"}, "id_repondant": {"colonne": "id"}}
    mapping = Mapping.model_validate(
        {"questionnaire": "x", "source": "enquete_mentores", "colonnes": {**keys, "personne_ressource": rendering}}
    )
    cells = [["1", "2", "3"], ["Oui", "Non", "?"], ["oui", "", "Oui"]]
    raw = RawTable(["id", "Q7[SQ001]", "Q7[SQ002]"], [pa.array(c) for c in cells], np.arange(2, 5))
    assert column(mapping.apply(raw), "personne_ressource") == ["famille|ami", "", "?|ami"]


GOOD = "questionnaire: x\nsource: enquete_mentores\ncolonnes:\n  id_repondant: {colonne: id}\n  vague: {constante: 0}\n"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "vide"),
        ("- a\n- b", "vide"),
        ("questionnaire: [", "ligne 1"),
        (GOOD.replace("source: enquete_mentores\n", ""), "source : cette clé manque"),
        (GOOD.replace("enquete_mentores", "enquete_inconnue"), "« source »"),
        (GOOD + "  age: {colone: AGE}\n", "colonnes.age : une clé n'existe pas"),
        (GOOD + "  age: {colonne: AGE, constante: 3}\n", "un seul des trois"),
        (GOOD + "  age: {}\n", "colonnes.age"),
        (GOOD + "  age: {choix: {Q1: a}}\n", "colonnes.age : « choix »"),
        (GOOD + "  inconnue: {colonne: Q9}\n", "colonnes : la clé n° 3 n'est pas une colonne"),
        (
            GOOD + "  sexe: {colonne: Q2, codes: {A1: fille}}\n",
            "colonnes.sexe : un code n'est pas de la source (attendus : F, G)",
        ),
        (GOOD + "  se_sent_seul: {colonne: Q2, codes: {A1: yes}}\n", "colonnes.se_sent_seul"),
        (GOOD + "  vague: {constante: 1}\n", "répète une clé (ligne 6)"),
        (GOOD.replace("  vague: {constante: 0}\n", ""), "il manque vague"),
        (GOOD + "ignorees: &a [x]\nautres: *a\n", "alias"),
        ("a: " + "[" * 2000, "YAML"),
    ],
)
def test_a_faulty_mapping_is_refused_and_the_key_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "x.correspondance.yml"
    path.write_text(text, encoding="utf-8")
    found = load_mapping(path)
    assert isinstance(found, Refusal) and named in found.motif, found


@pytest.mark.parametrize(
    "line",
    [
        "canari: 1",
        "  canari: {colonne: Q9}",
        "  age: {canari: AGE}",
        "  age: {colonne: {canari: 1}}",
        "  sexe: {colonne: Q2, codes: {A1: canari}}",
        "  age: canari",
    ],
)
def test_a_faulty_mapping_is_told_without_its_own_words(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.correspondance.yml"
    path.write_text(f"{GOOD}{line}\n", encoding="utf-8")
    found = load_mapping(path)
    assert isinstance(found, Refusal) and "canari" not in found.motif + found.remede, found


def test_a_mapping_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.correspondance.yml"
    for content in (b"\xff\xfe\x00", b"\x00", b"a" * 1_000_001):
        path.write_bytes(content)
        assert isinstance(load_mapping(path), Refusal)
    assert isinstance(load_mapping(tmp_path / "absent.correspondance.yml"), Refusal)
