"""Where keys come from, and which are refused."""

from pathlib import Path

import pytest

from mentorat.errors import UsageError
from mentorat.identity.keys import ETUDE, PILOTAGE, Key, load_key, load_keys
from mentorat.settings import Settings

SECRET = "s3cret-" * 6
DEMO = "demonstration:" + "ab" * 32


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in (ETUDE, PILOTAGE):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FICHIER", raising=False)
    return Settings(data=tmp_path)


def test_the_environment_comes_before_a_named_file_and_the_data_folder(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.secrets.mkdir()
    (settings.secrets / ETUDE).write_text("1" * 40 + "\n")
    assert load_key(ETUDE, settings, False).secret == b"1" * 40
    (tmp_path / "ailleurs").write_text("2" * 40)
    monkeypatch.setenv(f"{ETUDE}_FICHIER", str(tmp_path / "ailleurs"))
    assert load_key(ETUDE, settings, False).secret == b"2" * 40
    monkeypatch.setenv(ETUDE, "3" * 40)
    assert load_key(ETUDE, settings, False).secret == b"3" * 40


@pytest.mark.parametrize(("value", "said"), [("", "vide"), ("   ", "vide"), ("court", "trop courte")])
def test_an_empty_or_short_key_is_refused(
    value: str, said: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ETUDE, value)
    with pytest.raises(UsageError, match=said) as error:
        load_key(ETUDE, settings, True)
    assert error.value.exit_code == 2


def test_a_missing_key_stops_and_says_how_to_give_it(settings: Settings) -> None:
    with pytest.raises(UsageError, match=f"{ETUDE}_FICHIER"):
        load_key(ETUDE, settings, True)


def test_an_unreadable_key_file_is_told_in_french(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{ETUDE}_FICHIER", "/nulle/part")
    with pytest.raises(UsageError, match="absent ou illisible"):
        load_key(ETUDE, settings, True)


def test_a_demonstration_key_serves_a_simulated_depot_only(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ETUDE, DEMO)
    assert load_key(ETUDE, settings, simulated=True).demonstration
    with pytest.raises(UsageError, match="démonstration") as error:
        load_key(ETUDE, settings, simulated=False)
    assert error.value.exit_code == 2
    assert DEMO not in str(error.value)


def test_the_two_stores_never_share_a_key(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ETUDE, SECRET)
    monkeypatch.setenv(PILOTAGE, SECRET)
    with pytest.raises(UsageError, match="identiques"):
        load_keys(settings, simulated=False)


def test_a_key_is_never_shown_and_its_identifier_does_not_give_it_back() -> None:
    key = Key(ETUDE, SECRET.encode())
    assert SECRET not in repr(key) and SECRET not in str(key)
    assert len(key.identifiant) == 12
    assert key.identifiant != Key(ETUDE, (SECRET + "x").encode()).identifiant
