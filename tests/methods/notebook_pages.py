"""Pages of notebooks for the tests: executed as the run executes them, and what each of them must be."""

import re
from pathlib import Path

from notebooks.runner import execute_notebook, notebook_html

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SIMULATED = "Données simulées"


def page(stem: str, folder: Path, title: str = "Une page", mention: str = SIMULATED) -> str:
    """The page of the notebook `stem` from the released tables of `folder`, its cells' code included."""
    parameters = {"estimations": str(folder), "campagne": 2024}
    return notebook_html(execute_notebook(NOTEBOOKS / f"{stem}.py", parameters, NOTEBOOKS), title, mention)


def plain(html: str) -> str:
    """The same with ordinary spaces, so that a sentence can be looked for."""
    return html.replace("\u00a0", " ").replace("\u202f", " ")


def assert_well_made(html: str) -> None:
    """French, accessible, calling no outside host, holding no path of the machine and nothing left unsaid."""
    assert '<html lang="fr">' in html and html.count("<h1>") == 1
    assert not re.search(r"https?://|//[a-z0-9.-]+\.[a-z]{2,}|<script|@import|url\((?!#)", html)
    assert all('role="img" aria-label="' in svg for svg in re.findall(r"<svg[^>]*>", html))
    assert html.count("<table>") == html.count("<caption>") and "<th>" not in html
    assert html.count("<details>") == html.count("Voir le code")
    assert str(NOTEBOOKS.parent) not in html and "released(" not in html
    assert "<ul></ul>" not in html
    assert not re.search(r">(nan|None|&lt;NA&gt;|<NA>)<", html)
    assert "nan" not in re.sub(r"<details>.*?</details>", "", html, flags=re.S).split()
