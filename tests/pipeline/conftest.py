"""One demonstration dépôt run end to end, shared by the tests of this room.

The dépôt is small (three territories, 2 000 young people): the default size is for `make run` and the benchmarks.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAMPAGNE = 2024


@dataclass(frozen=True)
class Answer:
    """What a command said: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def mentorat(data: Path, *arguments: str, **environment: str) -> Answer:
    """Run the command as a user does, in its own process, with MENTORAT_DATA set to `data`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MENTORAT_CLE", "DAGSTER", "PYTEST"))}
    result = subprocess.run(
        [sys.executable, "-m", "mentorat.cli", *arguments],
        cwd=ROOT,
        env=clean | {"MENTORAT_DATA": str(data)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(result.returncode, result.stdout, result.stderr)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its relative path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder holding a demonstration dépôt."""
    folder = tmp_path_factory.mktemp("donnees")
    answer = mentorat(folder, "demo", "--campagne", str(CAMPAGNE), "--jeunes", "2000", "--graine", "7")
    assert answer.code == 0, answer.said
    return folder


@pytest.fixture(scope="session")
def first_run(data: Path) -> Answer:
    """The answer of the first run."""
    answer = mentorat(data, "run", "--campagne", str(CAMPAGNE))
    assert answer.code == 0, answer.said
    return answer


@pytest.fixture(scope="session")
def publication(data: Path, first_run: Answer) -> Path:
    """The publication of the first run."""
    return data / "publication" / str(CAMPAGNE)


def without_spaces(text: str) -> str:
    """French no-break spaces as ordinary ones, runs of blanks as one."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", text)
