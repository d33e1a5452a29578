"""A folder of this machine or a shared drive. It is read, never changed."""

import fnmatch
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from mentorat.intake.voies.configuration import FolderWay
from mentorat.intake.voies.transfer import Fetched, Skipped, WayFault, is_noise, place


def fetch(way: FolderWay, into: Path) -> Iterator[Fetched | Skipped]:
    """Copy into `into`, one by one, the files of the folder and of its subfolders; links are not followed.

    Raises WayFault when the folder can't be read.
    """
    if not way.chemin.is_dir():
        raise WayFault(f"le dossier {way.chemin} n'existe pas ou n'est pas lisible ; vérifiez « chemin » et ses droits")
    unread: list[OSError] = []
    for folder, folders, names in os.walk(way.chemin, onerror=unread.append):
        folders.sort()
        for name in sorted(names):
            if is_noise(name) or not fnmatch.fnmatch(name, way.motif):
                continue
            path = Path(folder, name)
            found = _copy(path, path.relative_to(way.chemin).as_posix(), way, into)
            if found is not None:
                yield found
    if unread:
        raise WayFault(f"un sous-dossier de {way.chemin} n'a pas pu être lu ; vérifiez ses droits")


def _copy(path: Path, name: str, way: FolderWay, into: Path) -> Fetched | Skipped | None:
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            return None
        if (skipped := Skipped.unready(name, state.st_size, state.st_mtime, way)) is not None:
            return skipped
        copy = place(into, name)
        shutil.copyfile(path, copy, follow_symlinks=False)
    except OSError:
        return Skipped(name, "n'a pas pu être lu : vérifiez ses droits et la place qui reste")
    return Fetched(copy, name, state.st_mtime)
