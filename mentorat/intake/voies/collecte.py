"""Collect a campagne's files by every configured way: fetched aside, screened, then put into the dépôt, or answered.

Nothing of a refused file stays: not in the private folder, not in the dépôt, not in what is told.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mentorat.errors import UsageError
from mentorat.intake.journal import file_hash
from mentorat.intake.mapping import Mapping, is_mapping
from mentorat.intake.protected import password_of
from mentorat.intake.reading import Refusal
from mentorat.intake.screening import read_mapping
from mentorat.intake.verification import verify
from mentorat.intake.voies import dossier, postgresql, sftp
from mentorat.intake.voies.configuration import FolderWay, PostgresqlWay, SftpWay, load_ways
from mentorat.intake.voies.transfer import Fetched, Skipped, WayFault
from mentorat.lake import written_aside
from mentorat.settings import CAMPAGNES, Settings

REFUSED = "refusé"


@dataclass
class Collected:
    """What one way gave: paths put into the dépôt, files already there, refusals (entries of `accuse.json`),
    files left, and the fault that stopped the way.
    """

    emetteur: str
    deposes: list[str] = field(default_factory=list)
    deja_la: int = 0
    refuses: list[dict[str, Any]] = field(default_factory=list)
    laisses: list[Skipped] = field(default_factory=list)
    defaut: str | None = None


def collect(settings: Settings, campagne: int, say: Callable[[str], None] = lambda _: None) -> list[Collected]:
    """Collect by every way of `voies.yml`; a way that fails does not stop the others.

    Refusals are written to `lake/voies/<campagne>.json`, from where intake answers the senders. Raises UsageError
    for an unknown campagne or a wrong configuration.
    """
    if campagne not in CAMPAGNES:
        raise UsageError(f"La campagne doit être une année de {CAMPAGNES[0]} à {CAMPAGNES[-1]}.")
    ways = load_ways(settings)
    found = []
    for way in ways:
        say(f"{way.emetteur} ({way.type})")
        found.append(_collect_one(way, settings, campagne))
    _record_refusals(found, settings, campagne)
    return found


def _collect_one(way: FolderWay | SftpWay | PostgresqlWay, settings: Settings, campagne: int) -> Collected:
    collected = Collected(way.emetteur)
    target = settings.depot(campagne) / way.emetteur
    there = {file_hash(path) for path in target.rglob("*") if path.is_file()}
    password = password_of(way.emetteur, settings)
    private = Path(tempfile.mkdtemp(prefix="mentorat-"))  # 0700
    mappings = _mappings(path for path in target.rglob("*") if path.is_file())
    waiting: list[Fetched] = []

    def screen(item: Fetched, again: bool = False) -> None:
        entry = verify(item.path, way.emetteur, campagne, password, mappings).entry
        if entry["statut"] == REFUSED and entry["source"] is None and not again:
            waiting.append(item)  # the mapping that tells what it is may come after it
            return
        if entry["statut"] == REFUSED:
            collected.refuses.append(entry)
        else:
            there.add(entry["sha256"])
            mappings.extend(_mappings([item.path]))
            collected.deposes.append(_deposit(item, target).relative_to(target.parent).as_posix())
        item.path.unlink(missing_ok=True)

    try:
        for item in _fetch(way, private, settings):
            if isinstance(item, Skipped):
                collected.laisses.append(item)
            elif file_hash(item.path) in there:
                collected.deja_la += 1
                item.path.unlink(missing_ok=True)
            else:
                screen(item)
    except WayFault as fault:
        collected.defaut = str(fault)
    finally:
        try:
            for item in waiting:
                screen(item, again=True)
        finally:
            shutil.rmtree(private, ignore_errors=True)
    return collected


def _mappings(paths: Iterable[Path]) -> list[Mapping]:
    loaded = (read_mapping(path) for path in sorted(paths) if is_mapping(path))
    return [mapping for mapping in loaded if not isinstance(mapping, Refusal)]


def _fetch(way: FolderWay | SftpWay | PostgresqlWay, into: Path, settings: Settings) -> Iterator[Fetched | Skipped]:
    if isinstance(way, FolderWay):
        return dossier.fetch(way, into)
    if isinstance(way, SftpWay):
        return sftp.fetch(way, into, settings)
    return postgresql.fetch(way, into, settings)


def _deposit(item: Fetched, target: Path) -> Path:
    """Put a screened file into the sender's folder of the dépôt."""
    path = _free(target, item.path.name)
    with written_aside(path) as aside:
        shutil.copyfile(item.path, aside)
        os.utime(aside, (item.mtime, item.mtime))  # the order of two files of one sender is that of their last change
    return path


def _free(folder: Path, name: str) -> Path:
    """`folder/name`, or `name_2`, `name_3`…: a file of the same name and another content is kept beside it."""
    ending = "".join(Path(name).suffixes)  # `x.correspondance.yml` is known by all of it
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name.removesuffix(ending)}_{number}{ending}"
    return path


def refusals_path(settings: Settings, campagne: int) -> Path:
    """Where the refusals of the ways in wait for intake's answer."""
    return settings.lake / "voies" / f"{campagne}.json"


def _record_refusals(found: list[Collected], settings: Settings, campagne: int) -> None:
    """Keep the refusals of the senders collected now (with their first date), and those of the others as they were."""
    path = refusals_path(settings, campagne)
    former = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    first = {(entry["emetteur"], entry["sha256"]): entry["recu_le"] for entry in former}
    now = datetime.now(UTC).replace(microsecond=0).isoformat()
    # a way that failed says nothing of what the sender still holds
    renewed = {way.emetteur for way in found if way.defaut is None}
    kept = [entry for entry in former if entry["emetteur"] not in renewed]
    seen = {(entry["emetteur"], entry["sha256"]) for entry in kept}
    for way in found:
        for entry in way.refuses:
            mark = (way.emetteur, entry["sha256"])
            if mark not in seen:
                seen.add(mark)
                kept.append({"emetteur": way.emetteur, **entry, "recu_le": first.get(mark, now)})
    kept.sort(key=lambda entry: (entry["emetteur"], entry["fichier"], entry["sha256"]))
    with written_aside(path) as aside:
        aside.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
