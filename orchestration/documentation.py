"""dbt's documentation as one page that asks nothing of anyone: `make docs` writes docs/dbt.html.

dbt makes the page whole (`--static`) but for three things, mended here: an icon that is not there, pictures asked for
by the name of a template before it is filled, and a tracker that is present and idle. A content security policy then
forbids every request, so that nothing leaves even where dbt's page changes.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from mentorat.errors import UsageError
from mentorat.settings import CHECKOUT
from orchestration.resources import DBT, DBT_PROJECT

PAGE = CHECKOUT / "docs" / "dbt.html"
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:"
)
HEAD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


def self_contained(page: str) -> str:
    """dbt's static page without anything it would ask for.

    Raises UsageError when the page is not the one expected, rather than leave something in silence.
    """
    page, heads = re.subn(r'<meta charset="utf-8">', lambda found: found[0] + HEAD, page, count=1)
    page, icons = re.subn(r'<link rel="shortcut icon"[^>]*>', '<link rel="icon" href="data:,">', page)
    # angular fills ng-attr-…; the attribute itself is asked for as it stands, braces and all
    page, pictures = re.subn(r' (xlink:href="\{\{)', r" ng-attr-\1", page)
    if not (heads and icons and pictures):
        raise UsageError("La page de dbt a changé de forme : voir orchestration/documentation.py.")
    return page


def write_documentation(path: Path = PAGE) -> Path:
    """Write the page; no warehouse is read, what dbt knows of the project is enough.

    Raises UsageError when dbt cannot document the project.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        command = [
            str(DBT),
            "docs",
            "generate",
            "--static",
            "--empty-catalog",
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            folder,
            "--log-path",
            folder,
        ]
        environment = os.environ | {
            "MENTORAT_ENTREPOT": str(target / "vide.duckdb"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DO_NOT_TRACK": "1",
        }
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise UsageError(f"La documentation dbt ne s'écrit pas :\n{result.stdout}{result.stderr}")
        page = (target / "static_index.html").read_text(encoding="utf-8")
    for place, name in ((folder, "target"), (str(CHECKOUT), ".")):  # no path of the machine
        page = page.replace(place, name)
    path.write_text(self_contained(page), encoding="utf-8", newline="\n")
    return path


if __name__ == "__main__":
    print(f"Documentation du projet dbt : {write_documentation()}")  # noqa: T201 - told to whoever asked
