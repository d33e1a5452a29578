"""The command run in this process, on a data folder of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mentorat import cli
from mentorat.settings import Settings

Mentorat = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MENTORAT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "120")
    return Settings()


@pytest.fixture
def mentorat(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Mentorat:
    """Run the command: exit code, standard output, standard error."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mentorat", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run
