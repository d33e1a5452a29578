"""The notebooks, executed as the run executes them, and the pages made of them."""

from pathlib import Path

import nbformat
import pandas as pd
import pytest

from mentorat.disclosure.counts import release_public_figures
from mentorat.disclosure.storage import save_release
from mentorat.errors import PublicationStopped
from mentorat.lake import write_parquet
from mentorat.reference import load
from mentorat.settings import Settings
from mentorat.survey.study_2022 import study_2022
from notebooks.display import released, table
from notebooks.runner import NotebookError, execute_notebook, notebook_html
from tests.methods.notebook_pages import SIMULATED, assert_well_made, page, plain


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The page of the 2022 study, twice, from estimates resting in two places."""
    made = []
    for place in ("un", "deux"):
        folder = tmp_path_factory.mktemp(place)
        write_parquet(study_2022(load("etude_2022")), folder / "etude_2022.parquet")
        made.append(page("01_etude_2022", folder))
    return made


def test_the_page_is_the_same_bytes_wherever_it_is_made(pages: list[str]) -> None:
    assert pages[0] == pages[1]


def test_the_page_gives_the_two_comparisons_and_their_intervals(pages: list[str]) -> None:
    text = plain(pages[0]).replace("\n", " ")
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


def test_the_page_is_well_made(pages: list[str]) -> None:
    assert_well_made(pages[0])
    assert SIMULATED in plain(pages[0])
    assert pages[0].count("<svg") == 3
    assert pages[0].count("<table>") > 3


def test_opened_by_hand_a_notebook_reads_what_was_released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MENTORAT_DATA", str(tmp_path))
    settings, study = Settings(), study_2022(load("etude_2022"))
    write_parquet(study, settings.estimations(2024) / "etude_2022.parquet")
    with pytest.raises(PublicationStopped, match="etude_2022"):
        released("", 2024, "etude_2022")
    shown = release_public_figures(study.head(2), "déjà publiée", "partenaire", name="etude_2022")
    save_release(shown, settings.diffusion(2024))
    (read,) = released("", 2024, "etude_2022")
    assert len(read) == 2 < len(study)


def test_a_table_without_rows_says_so() -> None:
    said = table(pd.DataFrame({"n": []}), "Motifs de fin", {"n": ("Nombre", str)}).data
    assert plain(said) == "<p>Motifs de fin : aucune ligne publiée.</p>"


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
