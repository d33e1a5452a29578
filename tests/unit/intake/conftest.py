"""A dépôt of one's own, and the shortest way to put files in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mentorat.identity.keys import Key, Keys
from mentorat.intake.reception import Reception, receive
from mentorat.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def keys() -> Keys:
    return Keys(Key("MENTORAT_CLE_PILOTAGE", b"p" * 32), Key("MENTORAT_CLE_ETUDE", b"e" * 32))


@pytest.fixture
def deposit(settings: Settings) -> Callable[..., Path]:
    def put(chemin: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = settings.depot(2024) / chemin
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return put


@pytest.fixture
def reception(settings: Settings, keys: Keys) -> Callable[[], Reception]:
    return lambda: receive(settings, 2024, keys)
