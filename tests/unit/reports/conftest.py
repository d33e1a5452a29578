from collections.abc import Callable
from typing import Any

import pytest

from reports.departement import departement_report
from reports.model import Report
from reports.national import national_report
from tests.unit.reports import sample_tables as sample


@pytest.fixture(scope="session")
def departement() -> Callable[..., Report]:
    """The report of a territory, « Données simulées » unless told otherwise."""
    indicateurs = sample.released(sample.indicator_frame(), "indicateurs", "partenaire")
    receptions = sample.released(sample.receptions(), "receptions", "partenaire")

    def build(code: str, simulation: Any = sample.SIMULATION) -> Report:
        return departement_report(code, sample.CAMPAGNE, indicateurs, receptions, simulation)

    return build


@pytest.fixture(scope="session")
def national() -> Callable[..., Report]:
    """The national report, each table replaceable by its name."""

    def build(**replaced: Any) -> Report:
        tables: dict[str, Any] = {
            "indicateurs": sample.released(sample.public_frame(), "indicateurs", "public"),
            "flux": sample.released(sample.flow(), "flux_cohorte", "public"),
            "etude_2022": sample.released(sample.study(), "etude_2022", "public"),
            "differences": sample.released(sample.differences(), "differences", "public"),
            "effets": sample.released(sample.effects(), "effets", "public"),
            "simulation": sample.SIMULATION,
        }
        return national_report(sample.CAMPAGNE, **(tables | replaced))

    return build
