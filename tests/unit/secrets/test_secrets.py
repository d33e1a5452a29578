"""Secrets come from a variable, a named file or `secrets/`, in that order, and are never shown."""

from pathlib import Path

import pytest

from mentorat.errors import UsageError
from mentorat.secrets import of_sender, secret
from mentorat.settings import Settings

NAME = "MENTORAT_ESSAI"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.delenv(f"{NAME}_FICHIER", raising=False)
    return Settings(data=tmp_path)


def test_a_secret_that_no_place_gives_is_absent(settings: Settings) -> None:
    assert secret(NAME, settings.secrets) is None


def test_the_variable_wins_over_the_named_file_which_wins_over_the_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.secrets.mkdir()
    (settings.secrets / NAME).write_text("du dossier\n", encoding="utf-8")
    (tmp_path / "fichier").write_text("du fichier\n", encoding="utf-8")
    seen = []
    for name, value in ((None, ""), (f"{NAME}_FICHIER", str(tmp_path / "fichier")), (NAME, "de la variable\n")):
        if name:
            monkeypatch.setenv(name, value)
        found = secret(NAME, settings.secrets)
        assert found is not None
        seen.append(found.value)
    assert seen == ["du dossier", "du fichier", "de la variable"]


def test_a_named_file_that_cannot_be_read_is_an_error_not_a_fall_back(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.secrets.mkdir()
    (settings.secrets / NAME).write_text("du dossier", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FICHIER", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match=f"{NAME}_FICHIER"):
        secret(NAME, settings.secrets)


def test_a_secret_is_not_in_its_own_words(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "valeur-secrete")
    assert "valeur-secrete" not in repr(secret(NAME, settings.secrets))


def test_a_senders_secret_is_named_after_its_slug() -> None:
    assert of_sender("MENTORAT_MDP", "collectivite-alsace") == "MENTORAT_MDP_COLLECTIVITE_ALSACE"
