"""A real browser (Debian's Chromium), or a plain reason why it is not there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.departement import departement_report
from reports.national import national_report
from reports.write import write_page
from tests.unit.reports import sample_tables as sample

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("MENTORAT_EXIGER_SERVICES") == "1":
            pytest.fail("Chromium est exigé (MENTORAT_EXIGER_SERVICES=1) et n'est pas installé.")
        pytest.skip("Chromium n'est pas installé : apt install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A territory with everything, one with hidden cells, and the national report."""
    folder = tmp_path_factory.mktemp("pages")
    indicateurs = sample.released(sample.indicator_frame(), "indicateurs", "partenaire")
    receptions = sample.released(sample.receptions(), "receptions", "partenaire")
    reports = {
        code: departement_report(code, sample.CAMPAGNE, indicateurs, receptions, sample.SIMULATION)
        for code in ("01", sample.SECRET)
    }
    reports["national"] = national_report(
        sample.CAMPAGNE,
        indicateurs=sample.released(sample.public_frame(), "indicateurs", "public"),
        flux=sample.released(sample.flow(), "flux_cohorte", "public"),
        etude_2022=sample.released(sample.study(), "etude_2022", "public"),
        differences=sample.released(sample.differences(), "differences", "public"),
        effets=sample.released(sample.effects(), "effets", "public"),
        simulation=sample.SIMULATION,
    )
    return {name: write_page(report, folder / f"{name}.html") for name, report in reports.items()}
