import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import pyzipper
from msoffcrypto.format.ooxml import OOXMLFile
from python_calamine import CalamineWorkbook

from mentorat.secrets import of_sender
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

    def read(self, path: str) -> pd.DataFrame:
        """One file of the dépôt as text, faulty rows included; without title, blank and total rows."""
        file = self.depot / path
        raw = file.read_bytes()
        if path in self.verite["fichiers_proteges"]:
            raw = opened(raw, file, self.password(path.split("/", maxsplit=1)[0]))
        if file.suffix in (".xlsx", ".ods"):
            rows = CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_index(0).to_python()
            rows = rows[2:-1] if file.suffix == ".xlsx" else rows
            return pd.DataFrame(rows[1:], columns=rows[0]).astype("str")
        text = decoded(raw)
        delimiter = max(";,\t", key=text.partition("\n")[0].count)
        return pd.read_csv(io.StringIO(text), sep=delimiter, dtype="str", keep_default_na=False)

    def password(self, emetteur: str) -> str:
        """The password of a sender's protected files, as its secret file tells it."""
        return (self.settings.secrets / of_sender("MENTORAT_MDP", emetteur)).read_text(encoding="utf-8").strip()

    def sent(self, source: str) -> list[str]:
        """Paths of the files of one source, but for the one sent twice."""
        return [p for p, f in self.verite["fichiers"].items() if f["source"] == source and f["lignes_recues"]]

    def table(self, name: str) -> pd.DataFrame:
        """Every CSV of that name in the dépôt, as text, with its sender; faulty rows included."""
        paths = sorted(self.depot.glob(f"*/{name}.csv"))
        frames = [self.read(p.relative_to(self.depot).as_posix()).assign(emetteur_=p.parent.name) for p in paths]
        return pd.concat(frames, ignore_index=True)

    def sound(self, name: str) -> pd.DataFrame:
        """The same without the files that hold faulty rows."""
        spoilt = {path.split("/")[0] for path in self.verite["lignes_cassees"] if path.endswith(f"/{name}.csv")}
        table = self.table(name)
        return table[~table["emetteur_"].isin(spoilt)].reset_index(drop=True)


def opened(raw: bytes, file: Path, password: str) -> bytes:
    """What a protected file holds."""
    if file.suffix == ".zip":
        with pyzipper.AESZipFile(io.BytesIO(raw)) as archive:
            return archive.read(archive.namelist()[0], pwd=password.encode())
    book, clear = OOXMLFile(io.BytesIO(raw)), io.BytesIO()
    book.load_key(password=password)
    book.decrypt(clear)
    return clear.getvalue()


def decoded(raw: bytes) -> str:
    """The text of a CSV in one of the encodings senders use."""
    if raw.startswith(b"\xff\xfe"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("simulation"))
