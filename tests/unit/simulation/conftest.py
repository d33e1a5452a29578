import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mentorat.settings import Settings
from mentorat.simulation import write_demo

CAMPAGNE = 2024
JEUNES = 4_000


class Demo:
    """One small demonstration and what it wrote."""

    def __init__(self, data: Path) -> None:
        self.settings = Settings(data=data)
        self.simulation = write_demo(self.settings, CAMPAGNE, jeunes=JEUNES, graine=7)
        self.depot = self.settings.depot(CAMPAGNE)
        self.verite: dict[str, Any] = json.loads(self.settings.verite(CAMPAGNE).read_text(encoding="utf-8"))

    def table(self, name: str) -> pd.DataFrame:
        """Every CSV of that name in the dépôt, as text, with its sender; faulty rows included."""
        frames = []
        for path in sorted(self.depot.glob(f"*/{name}.csv")):
            raw = path.read_bytes()
            encoding = "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8"
            try:
                raw.decode(encoding)
            except UnicodeDecodeError:
                encoding = "cp1252"
            frame = pd.read_csv(path, sep=";", dtype="str", keep_default_na=False, encoding=encoding)
            frames.append(frame.assign(emetteur_=path.parent.name))
        return pd.concat(frames, ignore_index=True)

    def sound(self, name: str) -> pd.DataFrame:
        """The same without the files that hold faulty rows."""
        spoilt = {path.split("/")[0] for path in self.verite["lignes_cassees"] if path.endswith(f"/{name}.csv")}
        table = self.table(name)
        return table[~table["emetteur_"].isin(spoilt)].reset_index(drop=True)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("simulation"))
