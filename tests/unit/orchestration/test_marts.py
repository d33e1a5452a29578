"""`make marts`: what it refuses, and what it says when a model fails. The build itself is in tests/spark."""

import json
from pathlib import Path

import pytest

from mentorat.errors import UsageError
from mentorat.settings import Settings
from orchestration import marts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    journal = tmp_path / "lake" / "journal" / "2024.parquet"
    journal.parent.mkdir(parents=True)
    journal.touch()
    return Settings(data=tmp_path)


def a_java(folder: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `java` of one's own under JAVA_HOME, which answers `said` to -version."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{said}' >&2\n", encoding="utf-8")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(folder))


@pytest.mark.parametrize(
    ("campagne", "engine", "said"),
    [
        (2024, "postgres", "ENGINE vaut duckdb ou spark"),
        (1999, "duckdb", "campagne 1999 n'est pas connue"),
        (2023, "duckdb", "mentorat run --campagne 2023"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_remedy(settings, campagne, engine, said):
    with pytest.raises(UsageError, match=said):
        marts.build_marts(settings, campagne, engine)


def test_the_command_answers_in_french_with_exit_code_2(settings, monkeypatch, capsys):
    monkeypatch.setenv("MENTORAT_DATA", str(settings.data))
    assert marts.main(["2024", "x"]) == 2
    assert capsys.readouterr().err.startswith("Erreur : Le moteur « x » n'est pas connu")
    assert marts.main(["l'an dernier"]) == 2


def test_spark_without_java_says_how_to_mend(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=r"n'a pas été trouvé.*openjdk-17.*ENGINE=duckdb"):
        marts.check_java()


def test_an_old_java_is_refused_and_a_recent_one_is_not(monkeypatch, tmp_path):
    a_java(tmp_path / "old", 'openjdk version "11.0.20"', monkeypatch)
    with pytest.raises(UsageError, match=r"version 11\) est trop ancien"):
        marts.check_java()
    a_java(tmp_path / "recent", 'openjdk version "21.0.1"', monkeypatch)
    marts.check_java()


def test_what_fails_is_named_and_its_words_stay_in_the_log(tmp_path):
    results = tmp_path / "run_results.json"
    found = [
        {"unique_id": "model.mentorat.int_mesures", "status": "error", "message": "cannot cast 'Léa' to date"},
        {"unique_id": "model.mentorat.population", "status": "skipped", "message": ""},
    ]
    results.write_text(json.dumps({"results": found}), encoding="utf-8")
    said = marts._failed(results, tmp_path / "spark.log", "spark")
    assert "int_mesures" in said
    assert "population" not in said
    assert "Léa" not in said


def test_a_folder_of_spark_becomes_the_file_the_other_engine_writes(tmp_path):
    folder = tmp_path / "population.parquet"
    folder.mkdir()
    (folder / "part-00000-a.zstd.parquet").write_bytes(b"rows")
    (folder / ".part-00000-a.zstd.parquet.crc").write_bytes(b"sum")
    (tmp_path / "cohorte.parquet").write_bytes(b"a file already")
    assert [path.name for path in marts._one_file_each(tmp_path)] == ["cohorte.parquet", "population.parquet"]
    assert folder.read_bytes() == b"rows"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cohorte.parquet", "population.parquet"]
