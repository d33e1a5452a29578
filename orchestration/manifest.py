"""The manifest of a publication, and the swap that makes a draft the publication."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd

from mentorat import __version__
from mentorat.intake.reception import WITHDRAWN
from mentorat.settings import CHECKOUT, Settings

AUDIENCES = {"departements": "partenaire", "evaluation": "partenaire"}
"""Top folder → audience; everything else is public."""


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_version() -> str:
    """Version of the package, with the commit where the checkout is one."""
    result = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    commit = result.stdout.strip() if result.returncode == 0 else ""
    return f"{__version__}+{commit}" if commit else __version__


def manifest(settings: Settings, campagne: int, folder: Path) -> dict[str, Any]:
    """What is in `folder` and what it was made from; the same inputs always give the same manifest."""
    journal = pd.read_parquet(settings.lake / "journal" / f"{campagne}.parquet").sort_values(
        ["emetteur", "sha256", "chemin"]
    )
    simulation = settings.simulation(campagne)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifeste.json")
    return {
        "campagne": campagne,
        "version": code_version(),
        "donnees": simulation["mention"] if simulation else "Données transmises par les émetteurs",
        "entrees": [
            # the sender's own file name stays in the journal: it is free text, and this page is public
            {"emetteur": row.emetteur, "sha256": row.sha256, "statut": row.statut}
            for row in journal.itertuples()
            if row.statut != WITHDRAWN
        ],
        "fichiers": [
            {
                "fichier": (name := path.relative_to(folder)).as_posix(),
                "audience": AUDIENCES.get(name.parts[0], "public"),
                "octets": path.stat().st_size,
                "sha256": sha256(path),
            }
            for path in files
        ],
    }


def publish(settings: Settings, campagne: int) -> dict[str, Any]:
    """Write the manifest into the draft, then put a copy of the draft in the place of the last publication.

    The last publication is renamed aside until the new one stands, and put back when the swap fails.
    """
    draft, target = settings.brouillon(campagne), settings.publication(campagne)
    content = manifest(settings, campagne, draft)
    (draft / "manifeste.json").write_text(
        json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    fresh, former = target.with_name(f".{campagne}.nouvelle"), target.with_name(f".{campagne}.ancienne")
    recover(target, former)
    shutil.rmtree(fresh, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(draft, fresh)
    if target.exists():
        target.rename(former)
    try:
        fresh.rename(target)
    except OSError:
        recover(target, former)
        raise
    shutil.rmtree(former, ignore_errors=True)
    return content


def recover(target: Path, former: Path) -> None:
    """Finish what an interrupted swap left: the former publication comes back if the new one never stood."""
    if not former.exists():
        return
    if target.exists():
        shutil.rmtree(former)
    else:
        former.rename(target)
