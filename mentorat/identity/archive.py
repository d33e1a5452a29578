"""The sender's tool as one file: `mentorat-pseudonymiser.pyz`, run by any Python 3.11 or later, nothing installed.

It carries our modules that need the standard library alone, and openpyxl with et_xmlfile (both MIT, pure Python) as
they stand in the environment, with their licences.
"""

import importlib.metadata
import importlib.util
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import mentorat

NAME = "mentorat-pseudonymiser.pyz"
OURS = (
    "__init__.py", "errors.py", "secrets.py", "identity/__init__.py", "identity/secret_key.py", "identity/phonetics.py",
    "identity/level_one.py", "identity/sender.py", "identity/sender_columns.py", "identity/sender_files.py",
)  # fmt: skip
CARRIED = ("openpyxl", "et_xmlfile")
EPOCH = (1980, 1, 1, 0, 0, 0)
# readable by any Python, so that an old one is told rather than fails
MAIN = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("Erreur : il faut Python 3.11 ou plus récent.")
from mentorat.identity.sender import run

sys.exit(run(sys.argv[1:], "mentorat-pseudonymiser"))
"""


def _members() -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", MAIN.encode()
    root = Path(mentorat.__file__).parent
    for name in OURS:
        yield f"mentorat/{name}", (root / name).read_bytes()
    for package in CARRIED:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(package)
        folder = Path(spec.submodule_search_locations[0])
        for path in folder.rglob("*.py"):
            yield f"{package}/{path.relative_to(folder).as_posix()}", path.read_bytes()
        for file in importlib.metadata.files(package) or []:
            if "licen" in file.name.lower():
                yield f"licences/{package}/{file.name}", Path(str(file.locate())).read_bytes()


def build(target: Path) -> Path:
    """Write the tool into the folder `target`, and return its path; the same environment gives the same bytes.

    Raises ModuleNotFoundError when a library it carries is not installed, OSError as writing does.
    """
    target.mkdir(parents=True, exist_ok=True)
    path = target / NAME
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in sorted(_members()):
                member = zipfile.ZipInfo(name, EPOCH)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = 0o644 << 16
                member.create_system = 3  # the same bytes on every system
                archive.writestr(member, content)
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{build(Path(*sys.argv[1:2]))}\n")
