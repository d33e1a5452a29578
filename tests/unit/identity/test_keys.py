"""Where keys come from, and which are refused."""

from pathlib import Path

import pytest

from mentorat.errors import UsageError
from mentorat.identity.keys import (
    ETUDE,
    PILOTAGE,
    Key,
    Keys,
    check_recorded,
    declare_rotation,
    load_key,
    load_keys,
    record,
    recorded,
    recorded_path,
)
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


# --- which key hashes what ------------------------------------------------------------------------

OLD = {"pilotage": "a" * 12, "etude": "e" * 12}
NEW = {"pilotage": "b" * 12, "etude": "e" * 12}


@pytest.fixture
def stored(settings: Settings) -> Settings:
    """Campagnes 2023 and 2024 stored under the old keys."""
    for campagne in (2023, 2024):
        store(settings, campagne, OLD)
    return settings


def store(settings: Settings, campagne: int, identifiers: dict[str, str]) -> None:
    """What a reception does with its keys."""
    check_recorded(settings, campagne, identifiers)
    record(settings, campagne, identifiers)
    journal = settings.lake / "journal" / f"{campagne}.parquet"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.touch()


def test_the_same_key_serves_every_campagne(stored: Settings) -> None:
    store(stored, 2025, OLD)
    assert recorded(stored)["pilotage"]["campagnes"] == dict.fromkeys(("2023", "2024", "2025"), "a" * 12)


def test_another_key_is_refused_while_other_campagnes_are_stored_under_the_old_one(stored: Settings) -> None:
    with pytest.raises(UsageError, match=r"pilotage.*2023, 2024.*--rotation") as error:
        check_recorded(stored, 2025, NEW)
    assert error.value.exit_code == 2
    with pytest.raises(UsageError, match=r": 2023\."):
        check_recorded(stored, 2024, NEW)


def test_a_campagne_alone_may_change_key(settings: Settings) -> None:
    store(settings, 2024, OLD)
    store(settings, 2024, NEW)
    assert recorded(settings)["pilotage"]["cle"] == "b" * 12


def test_a_declared_rotation_heals_when_every_campagne_is_run_again_in_order(stored: Settings) -> None:
    assert declare_rotation(stored, NEW) == {"pilotage": [2023, 2024]}
    with pytest.raises(UsageError, match=r": 2023\. La rotation est déclarée"):
        check_recorded(stored, 2024, NEW)
    store(stored, 2023, NEW)
    store(stored, 2024, NEW)
    store(stored, 2025, NEW)
    told = recorded(stored)["pilotage"]
    assert set(told["campagnes"].values()) == {"b" * 12}
    assert [(one["de"], one["vers"]) for one in told["rotations"]] == [("a" * 12, "b" * 12)]
    with pytest.raises(UsageError):
        check_recorded(stored, 2025, OLD)  # the old key does not come back unseen


def test_declaring_the_keys_in_use_changes_nothing(stored: Settings) -> None:
    before = recorded_path(stored).read_bytes()
    assert declare_rotation(stored, OLD) == {}
    assert recorded_path(stored).read_bytes() == before


def test_a_campagne_that_is_no_longer_stored_binds_no_key(stored: Settings) -> None:
    for campagne in (2023, 2024):
        (stored.lake / "journal" / f"{campagne}.parquet").unlink()
    check_recorded(stored, 2025, NEW)


def test_a_damaged_record_is_told_and_not_guessed(stored: Settings) -> None:
    recorded_path(stored).write_text("{")
    with pytest.raises(UsageError, match="registre des clés"):
        check_recorded(stored, 2024, OLD)


def test_the_record_holds_identifiers_and_never_a_key(settings: Settings) -> None:
    keys = Keys(Key(PILOTAGE, b"p" * 40), Key(ETUDE, b"e" * 40))
    store(settings, 2024, keys.identifiants)
    text = recorded_path(settings).read_text()
    assert "pppp" not in text and "eeee" not in text and keys.etude.identifiant in text


def test_a_campagne_stored_alone_that_changes_key_leaves_a_trace_of_it(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    record(settings, 2024, {"pilotage": "aaa", "etude": "bbb"})
    record(settings, 2024, {"pilotage": "aaa", "etude": "ccc"})
    assert [(one["de"], one["vers"]) for one in recorded(settings)["etude"]["rotations"]] == [("bbb", "ccc")]
    assert recorded(settings)["pilotage"]["rotations"] == []
