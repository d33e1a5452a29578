"""The notebooks of durations and of real studies, executed on released tables alone."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.duration_tables import duration_tables
from mentorat.causal.exit_diplomas import exit_diplomas
from mentorat.causal.real_studies import FILES, TRAINING, TRIAL, is_there, real_studies
from mentorat.disclosure.durations import release_durations, release_exit_diplomas
from mentorat.lake import write_parquet
from tests.methods.figures import DATA
from tests.methods.notebook_pages import assert_well_made, page, plain
from tests.unit.causal.duration_marts import CAMPAGNE, duration_marts

REFERENCES = Path(os.environ.get("MENTORAT_REFERENCES", ""))
HERE = "MENTORAT_REFERENCES" in os.environ and all((REFERENCES / file).is_file() for file in FILES.values())


def durations_page(folder: Path, n: int) -> str:
    tables = vars(duration_tables(CAMPAGNE, **duration_marts(n)))
    # three of four diplomas known, one young person in five mentored before leaving
    ranks = np.arange(n // 10)
    exits = pd.DataFrame(
        {
            "mentore_avant": pd.array(ranks % 5 == 0, dtype="boolean"),
            "diplome": pd.Series(ranks % 4).map({0: "1", 1: "2", 2: "3"}),
        }
    )
    for table in (*release_durations(tables), release_exit_diplomas(exit_diplomas(exits), "partenaire")):
        if table.audience == "partenaire":
            write_parquet(table.frame, folder / f"{table.name}.parquet")
    return page("07_durees", folder)


@pytest.fixture(scope="module")
def durations(tmp_path_factory: pytest.TempPathFactory) -> str:
    return durations_page(tmp_path_factory.mktemp("durees"), 3_000)


def test_the_page_of_durations_gives_its_curves_and_what_they_cover(durations: str) -> None:
    assert_well_made(durations)
    assert durations.count("<svg") == 5
    text = plain(durations)
    for told in (
        "on estime que la moitié durent encore après",
        "encore en cours six mois après leur début",
        "entrée tardive",
        "les écarts entre classes sont compatibles avec le hasard",
        "Terme prévu",
        "Ces chiffres ne portent que sur les binômes encore en cours au repère",
        "ne dit pas sa cause",
        "60 sorties, diplôme connu pour 75,0 %",
        "C’est une description de celles et ceux qui sont sortis, non un effet du mentorat",
    ):
        assert told in text, told


def test_a_small_depot_has_a_page_that_says_what_is_missing(tmp_path: Path) -> None:
    html = durations_page(tmp_path, 40)
    assert_well_made(html)
    text = plain(html)
    assert "<svg" not in html
    assert "pas assez de durées transmises pour une courbe" in text
    assert "Trop peu de binômes ont atteint le repère" in text
    assert "Écart entre ceux qui ont eu un mentor et ceux qui n’en ont pas eu : non publié" in text


def test_without_its_data_the_page_of_real_studies_says_where_they_are(tmp_path: Path) -> None:
    table = real_studies(None)
    assert not is_there(table, TRIAL) and not is_there(table, TRAINING)
    write_parquet(table, tmp_path / "etudes_reelles.parquet")
    html = page("08_reel", tmp_path, mention="")
    assert_well_made(html)
    assert "<svg" not in html and "<table>" not in html
    assert plain(html).count("MENTORAT_REFERENCES") >= 2


def test_lalonde_alone_is_told_when_it_alone_is_there(tmp_path: Path) -> None:
    """Its rows are kept with the tests; the experiment and the trial are not."""
    file = tmp_path / FILES[TRAINING]
    file.parent.mkdir(parents=True)
    file.write_bytes((DATA / "lalonde_matchit" / "data.csv").read_bytes())
    table = real_studies(tmp_path)
    assert is_there(table, TRAINING) and not is_there(table, TRIAL)
    effects = table[table["analyse"] == "effet"].set_index("cle")["estimation"]
    assert effects["naif"] == pytest.approx(-635.0262, abs=1e-4)
    assert effects["plus_proche_voisin"] == pytest.approx(894.36748, abs=1e-5)
    assert effects["calibre"] == pytest.approx(1571.74445, abs=1e-5)
    balance = table[table["analyse"] == "equilibre"]
    assert balance.loc[balance["cle"].str.startswith("entropie|"), "smd_apres"].abs().max() < 1e-8
    write_parquet(table, tmp_path / "etudes_reelles.parquet")
    text = plain(page("08_reel", tmp_path, mention=""))
    assert "L’écart observé est de −635 dollars" in text and "n’ont pas été trouvées sur cette machine" in text


@pytest.mark.skipif(not HERE, reason="the studies may not be kept here: name their folder in MENTORAT_REFERENCES")
def test_with_its_data_the_page_gives_the_published_figures(tmp_path: Path) -> None:
    write_parquet(real_studies(REFERENCES), tmp_path / "etudes_reelles.parquet")
    html = page("08_reel", tmp_path, mention="")
    assert_well_made(html)
    text = plain(html)
    for told in ("371,8 shillings", "de 93 si chaque réponse", "de 133 (CR1S)", "1 794 dollars", "2 578 réponses"):
        assert told in text, told
    assert page("08_reel", tmp_path, mention="") == html
