"""Released tables at rest: Parquet beside the audit record that vouches for it, checked again when read."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from mentorat.disclosure.door import _TOKEN, ReleasedTable
from mentorat.disclosure.rules import Audience
from mentorat.errors import PublicationStopped
from mentorat.lake import write_parquet, written_aside


def _paths(folder: Path, name: str, audience: Audience) -> tuple[Path, Path]:
    return folder / f"{name}.{audience}.parquet", folder / f"{name}.{audience}.json"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_release(table: ReleasedTable, folder: Path) -> Path:
    """Write a released table and its audit record into `folder`; return the Parquet path."""
    data, record = _paths(folder, table.name, table.audience)
    write_parquet(table.frame, data)
    with written_aside(record) as aside:
        aside.write_text(
            json.dumps(table.audit | {"sha256_parquet": _digest(data)}, ensure_ascii=False, indent=1, sort_keys=True),
            encoding="utf-8",
        )
    return data


def load_release(folder: Path, name: str, audience: Audience) -> ReleasedTable:
    """Read a released table back.

    Raises PublicationStopped when it is missing, or when its content is not what the audit record vouches
    for.
    """
    data, record = _paths(folder, name, audience)
    if not data.exists() or not record.exists():
        raise PublicationStopped(
            f"La table diffusable « {name} » ({audience}) manque. Relancez toute la campagne : mentorat run."
        )
    audit = json.loads(record.read_text(encoding="utf-8"))
    if audit.pop("sha256_parquet") != _digest(data):
        raise PublicationStopped(
            f"La table diffusable « {name} » ({audience}) a été modifiée après son contrôle ; rien n'en est publié. "
            "Relancez toute la campagne : mentorat run."
        )
    return ReleasedTable(name, audience, pd.read_parquet(data, dtype_backend="numpy_nullable"), audit, _TOKEN)
