"""The notebooks of the evaluation, executed on released tables: whole, empty, of a survey alone."""

from pathlib import Path

import pandas as pd
import pytest

from mentorat.causal.effect_tables import effect_tables
from mentorat.disclosure.effects import release_effects
from mentorat.lake import write_parquet
from notebooks.pages import PAGES
from tests.methods import notebook_pages
from tests.methods.notebook_pages import SIMULATED, assert_well_made, plain
from tests.unit.causal.effect_files import HASH, both_sources, people, tables_of

STEMS = ("04_comparabilite", "05_effets", "06_robustesse")


def page(stem: str, tables: dict[str, pd.DataFrame], folder: Path, mention: str = SIMULATED) -> str:
    """The page of a notebook that can read nothing but the released tables it names."""
    named = next(page for page in PAGES if page.stem == stem)
    for table in release_effects(tables):
        if table.audience == "partenaire" and table.name in named.tables:
            write_parquet(table.frame, folder / f"{table.name}.parquet")
    return plain(notebook_pages.page(stem, folder, named.title, mention))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    tables = vars(both_sources(seed=3, n=1_500))
    return {stem: page(stem, tables, tmp_path_factory.mktemp(stem)) for stem in STEMS}


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_is_well_made(pages: dict[str, str], stem: str) -> None:
    assert_well_made(pages[stem])


def test_comparability_is_told_of_each_comparison(pages: dict[str, str]) -> None:
    html = pages["04_comparabilite"]
    for told in ("volontaires qui attendent encore un mentor", "éligibles sans mentor", "répondant à la même enquête"):
        assert told in html
    assert html.count("<svg") == 6
    assert "au-delà de 0,1" in html and "Personne n’a été tiré au sort" in html


def test_effects_bear_their_plan_their_grade_and_their_sentence(pages: dict[str, str]) -> None:
    html = pages["05_effets"]
    for told in (HASH, "confirmatoire", "Preuve : non concluant", "compatible avec une absence d’effet"):
        assert told in html, told
    assert "Aucun classement" in html
    assert "compatibles avec un même écart pour tous" in html


def test_robustness_reads_each_analysis_and_draws_the_curve(pages: dict[str, str]) -> None:
    html = pages["06_robustesse"]
    for told in ("Un facteur inconnu devrait multiplier", "calculs admissibles", "Le tirage par grappe"):
        assert told in html, told
    assert "<svg" in html


@pytest.mark.parametrize("stem", STEMS)
def test_a_campagne_without_any_comparison_has_its_page(stem: str, tmp_path: Path) -> None:
    html = page(stem, vars(effect_tables()), tmp_path)
    assert_well_made(html)


def test_a_real_survey_alone_is_told_without_simulation_and_without_departements(tmp_path: Path) -> None:
    html = page("05_effets", vars(tables_of(people(seed=4, n=900))), tmp_path, mention="")
    assert "simul" not in html.lower()
    assert "aucun écart n’y est estimé" in html
    assert "masqu" in html  # the few of unknown sex


def test_a_page_is_the_same_twice(pages: dict[str, str], tmp_path: Path) -> None:
    assert page("06_robustesse", vars(both_sources(seed=3, n=1_500)), tmp_path) == pages["06_robustesse"]
