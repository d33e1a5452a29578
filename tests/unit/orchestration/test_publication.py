"""The swap of a draft for the publication: whole, or not at all."""

from pathlib import Path

import pandas as pd
import pytest

from mentorat.errors import UsageError
from mentorat.settings import Settings
from orchestration import manifest
from orchestration.run import check_request, only_one_run

CAMPAGNE = 2024


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A data folder with a journal and a draft of one file."""
    settings = Settings(data=tmp_path)
    journal = settings.lake / "journal" / f"{CAMPAGNE}.parquet"
    journal.parent.mkdir(parents=True)
    rows = {
        "emetteur": ["e", "e", "e"],
        "chemin": ["e/b.csv", "e/a.csv", "e/parti.csv"],
        "sha256": ["2", "1", "3"],
        "statut": ["acceptee", "refusee", "retiree"],
    }
    pd.DataFrame(rows).to_parquet(journal)
    draft(settings, "premier")
    return settings


def draft(settings: Settings, text: str) -> None:
    page = settings.brouillon(CAMPAGNE) / "national" / "rapport.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")


def published(settings: Settings) -> str:
    return (settings.publication(CAMPAGNE) / "national" / "rapport.html").read_text(encoding="utf-8")


def test_a_draft_becomes_the_publication_and_stays_as_a_draft(settings: Settings) -> None:
    content = manifest.publish(settings, CAMPAGNE)
    assert published(settings) == "premier"
    assert [entry["fichier"] for entry in content["fichiers"]] == ["national/rapport.html"]
    assert (settings.brouillon(CAMPAGNE) / "national").is_dir()


def test_the_manifest_names_the_inputs_that_are_there_in_order(settings: Settings) -> None:
    content = manifest.publish(settings, CAMPAGNE)
    assert content["entrees"] == [
        {"emetteur": "e", "sha256": "1", "statut": "refusee"},
        {"emetteur": "e", "sha256": "2", "statut": "acceptee"},
    ]


def test_the_public_manifest_never_shows_a_file_name_chosen_by_a_sender(settings: Settings) -> None:
    manifest.publish(settings, CAMPAGNE)
    text = (settings.publication(CAMPAGNE) / "manifeste.json").read_text(encoding="utf-8")
    assert "a.csv" not in text


def test_a_new_publication_replaces_the_last_one_whole(settings: Settings) -> None:
    draft(settings, "premier")
    (settings.brouillon(CAMPAGNE) / "ancien.txt").write_text("", encoding="utf-8")
    manifest.publish(settings, CAMPAGNE)
    (settings.brouillon(CAMPAGNE) / "ancien.txt").unlink()
    draft(settings, "second")
    manifest.publish(settings, CAMPAGNE)
    assert published(settings) == "second"
    assert not (settings.publication(CAMPAGNE) / "ancien.txt").exists()
    assert sorted(path.name for path in settings.publication(CAMPAGNE).parent.iterdir()) == [str(CAMPAGNE)]


def test_a_swap_that_fails_puts_the_last_publication_back(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest.publish(settings, CAMPAGNE)
    draft(settings, "second")
    rename = Path.rename

    def fail_on_the_new_one(self: Path, target: Path) -> Path:
        if self.name.endswith(".nouvelle"):
            raise OSError("no space left")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_new_one)
    with pytest.raises(OSError, match="no space"):
        manifest.publish(settings, CAMPAGNE)
    assert published(settings) == "premier"


def test_a_swap_interrupted_between_its_two_renames_is_recovered(settings: Settings) -> None:
    manifest.publish(settings, CAMPAGNE)
    target = settings.publication(CAMPAGNE)
    target.rename(target.with_name(f".{CAMPAGNE}.ancienne"))
    manifest.recover(target, target.with_name(f".{CAMPAGNE}.ancienne"))
    assert published(settings) == "premier"


def test_two_runs_do_not_share_a_data_folder(settings: Settings) -> None:
    with only_one_run(settings), pytest.raises(UsageError, match="autre traitement"), only_one_run(settings):
        pass


@pytest.mark.parametrize(("campagne", "words"), [(1999, "n'est pas connue"), (2031, "Aucun dépôt")])
def test_what_cannot_run_is_refused_before_anything_starts(settings: Settings, campagne: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_request(settings, campagne)
