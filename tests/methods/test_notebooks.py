"""The notebooks, executed as the run executes them, and the pages made of them."""

import re
from pathlib import Path

import nbformat
import pytest

from mentorat.lake import write_parquet
from mentorat.reference import load
from mentorat.survey.study_2022 import study_2022
from notebooks.runner import NotebookError, execute_notebook, notebook_html

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
TITLE = "L'étude publiée de 2022"


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\n", " ")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The page of the 2022 study, twice, from estimates resting in two places."""
    made = []
    for place in ("un", "deux"):
        folder = tmp_path_factory.mktemp(place)
        write_parquet(study_2022(load("etude_2022")), folder / "etude_2022.parquet")
        node = execute_notebook(
            NOTEBOOKS / "01_etude_2022.py", {"estimations": str(folder), "campagne": 2024}, NOTEBOOKS
        )
        made.append(notebook_html(node, TITLE, "Données simulées"))
    return made


def test_the_page_is_the_same_bytes_wherever_it_is_made(pages: list[str]) -> None:
    assert pages[0] == pages[1]


def test_the_page_gives_the_two_comparisons_and_their_intervals(pages: list[str]) -> None:
    text = plain(pages[0])
    for told in (
        "+12,8 points (intervalle de confiance à 95 % : de +3,8 points à +21,7 points ; p = 0,0055)",
        "−8,8 points (intervalle de confiance à 95 % : de −18,2 points à +0,8 point ; p = 0,073)",
        "compatibles avec une absence d’écart",
        "0,0496",
        "l’écart se distingue du hasard jusqu’à un effet de plan de 2,01",
        "il faut interroger 407 jeunes dans chaque groupe",
        "610 à un effet de plan de 1,5",
        "aurait été détecté 43 fois sur 100",
        "il est de 15,0 points à un effet de plan de 1,0, il est de 18,3 points à un effet de plan de 1,5",
        "satisfaction",
    ):
        assert told in text, told


def test_the_page_calls_no_outside_host_and_runs_nothing(pages: list[str]) -> None:
    assert not re.search(r"https?://|//[a-z0-9.-]+\.[a-z]{2,}|<script|@import|url\(", pages[0])


def test_the_page_is_french_and_accessible(pages: list[str]) -> None:
    page = pages[0]
    assert '<html lang="fr">' in page
    assert page.count("<h1>") == 1
    assert "Données simulées" in page
    assert all('role="img" aria-label="' in svg for svg in re.findall(r"<svg[^>]*>", page))
    assert page.count("<svg") == 3
    assert page.count("<table>") == page.count("<caption>") > 3
    assert "<th>" not in page
    assert page.count("<details>") == page.count("Voir le code")


def test_the_page_holds_no_path_of_the_machine_and_no_hidden_cell(pages: list[str]) -> None:
    assert str(NOTEBOOKS.parent) not in pages[0]
    assert "read_parquet" not in pages[0]


def test_a_cell_that_fails_stops_with_a_french_sentence(tmp_path: Path) -> None:
    script = tmp_path / "casse.py"
    script.write_text("# %%\n1 / 0\n", encoding="utf-8")
    with pytest.raises(NotebookError, match="« casse » s'est arrêté sur une erreur \\(ZeroDivisionError\\)"):
        execute_notebook(script, {}, tmp_path)


def test_parameters_need_a_cell_that_declares_them(tmp_path: Path) -> None:
    script = tmp_path / "sans.py"
    script.write_text("# %%\n1\n", encoding="utf-8")
    with pytest.raises(NotebookError, match="parameters"):
        execute_notebook(script, {"campagne": 2024}, tmp_path)


def test_prose_and_outputs_are_escaped_and_spaced_in_french() -> None:
    node = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Titre\n\nQuoi ? <script>alert(1)</script> « oui »"),
            nbformat.v4.new_code_cell(
                "x", outputs=[nbformat.v4.new_output("stream", name="stdout", text="<b>brut</b>")]
            ),
        ]
    )
    page = notebook_html(node, "Titre & suite")
    assert "<h1>Titre &amp; suite</h1>" in page
    assert "Quoi\u202f?" in page
    assert "«\u00a0oui\u00a0»" in page
    assert "<script>" not in page
    assert "&lt;b&gt;brut" in page


def test_a_page_on_real_data_leaves_out_what_speaks_of_simulated_ones() -> None:
    cell = nbformat.v4.new_markdown_cell("À côté de la vérité.", metadata={"tags": ["simulation"]})
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Le total."), cell])
    assert "vérité" in notebook_html(node, "Titre", "Données simulées")
    real = notebook_html(node, "Titre")
    assert "vérité" not in real
    assert "Le total." in real
