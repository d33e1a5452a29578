"""The notebook of the survey, executed on released tables: of a small survey, and of a campagne without any."""

from pathlib import Path

import pandas as pd
import pytest

from mentorat.disclosure.counts import release_estimates, release_public_figures
from mentorat.disclosure.survey import release_response_rates, release_scales, release_survey
from mentorat.lake import write_parquet
from mentorat.survey.response_rates import response_rates
from mentorat.survey.survey_groups import two_groups
from mentorat.survey.survey_missing import missing_table, sensitivity_table
from mentorat.survey.survey_results import samples, survey_results, truth_table
from mentorat.survey.survey_scales import index_table, ordinal_table, reliability_table
from mentorat.survey.survey_weights import weighting_table
from tests.methods.notebook_pages import assert_well_made, page
from tests.unit.survey.survey_files import survey_files


def made(tables: dict[str, pd.DataFrame], sample: pd.DataFrame, folder: Path) -> str:
    weighted = list(samples(tables, sample))
    groups = two_groups(weighted)
    scales = {
        "enquete_fiabilite": reliability_table(weighted),
        "enquete_indices": index_table(groups),
        "enquete_ordinal": ordinal_table(groups),
        "enquete_manquants": missing_table(groups),
        "enquete_sensibilite": sensitivity_table(groups, 2024),
    }
    released = [
        release_survey(survey_results(weighted))["partenaire"],
        release_response_rates(response_rates(tables, sample), "partenaire"),
        release_estimates(
            weighting_table(weighted),
            ["n"],
            "partenaire",
            keys=("groupe", "vague", "etape"),
            name="enquete_ponderation",
        ),
        release_public_figures(truth_table(None), "rien n'est simulé", "partenaire", name="enquete_verite"),
        *(release_scales(frame, name, "partenaire") for name, frame in scales.items()),
    ]
    for table in released:
        write_parquet(table.frame, folder / f"{table.name}.parquet")
    return page("02_enquete", folder, mention="")


@pytest.mark.parametrize("received", [True, False])
def test_the_page_is_made_whatever_was_received(received: bool, tmp_path: Path) -> None:
    tables, sample = survey_files()
    if not received:
        tables, sample = {group: table[:0] for group, table in tables.items()}, sample[:0]
    tables = {group: table.drop(columns=["insertion", "personne_ressource"]) for group, table in tables.items()}
    html = made(tables, sample, tmp_path)
    assert_well_made(html)
    assert "aucune réponse reçue" in html
    assert ("Avoir confiance en soi" in html) == received
    assert ("la conclusion" in html) == received
