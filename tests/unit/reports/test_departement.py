"""The report of a territory: what it says, and what it never says."""

from collections.abc import Callable

import pandas as pd
import pytest

from mentorat.errors import UsageError
from mentorat.reference import load
from reports.departement import departement_report
from reports.html import html_page
from reports.model import Chain, KeyFigures, Report, SmallTables, Table
from reports.reading import Indicators, checked, label, territories
from tests.unit.reports import sample_tables as sample


def tables(report: Report) -> dict[str, Table]:
    blocks = [block for section in report.sections for block in section.blocks]
    found = [table for block in blocks if isinstance(block, SmallTables) for table in block.tables]
    found += [block for block in blocks if isinstance(block, Table)]
    found += [chart.data for chart in report.charts]
    return {table.title: table for table in found}


def key_values(report: Report) -> list[str]:
    return [f.value for block in report.sections[0].blocks if isinstance(block, KeyFigures) for f in block.figures]


def test_the_four_figures_come_first(departement: Callable[..., Report]) -> None:
    assert key_values(departement("01")) == ["1\u202f200", "400", "150", "25,0\u00a0%"]


def test_the_figures_are_told_in_one_sentence(departement: Callable[..., Report]) -> None:
    text = html_page(departement("01")).replace("\u00a0", " ").replace("\u202f", " ")
    assert (
        "Au 31 décembre 2024, 1 200 jeunes remplissent les conditions pour qu’un mentorat leur soit proposé, et "
        "150 binômes sont actifs. S’y ajoutent 120 jeunes majeurs accompagnés"
    ) in text


def test_the_sentence_says_what_is_missing(departement: Callable[..., Report]) -> None:
    told = html_page(departement(sample.SECRET)).replace("\u00a0", " ").replace("\u202f", " ")
    assert "leur soit proposé ; nombre de binômes actifs : secret statistique." in told


def test_a_sender_that_sent_nothing_reads_non_recu_and_never_zero(departement: Callable[..., Report]) -> None:
    report = departement(sample.SILENT)
    assert key_values(report) == ["non reçu"] * 4
    assert {cells[-1] for cells in tables(report)["Les nombres du graphique"].rows} == {"non reçu"}


def test_what_cannot_be_measured_is_said_so(departement: Callable[..., Report]) -> None:
    assert key_values(departement(sample.UNMEASURED))[0] == "non mesurable avec les données transmises"


def test_a_hidden_cell_reads_secret_everywhere(departement: Callable[..., Report]) -> None:
    report = departement(sample.SECRET)
    assert key_values(report)[2:] == ["secret statistique"] * 2
    assert "secret statistique" in report.charts[0].svg
    assert "secret statistique" in report.charts[0].alt


def test_the_value_of_a_hidden_row_is_not_in_the_page_even_if_it_was_left_in_the_table() -> None:
    frame = sample.indicator_frame()
    hidden = (frame["code"] == "01") & (frame["indicateur"] == "O2")
    frame.loc[hidden, ["valeur", "diffusion"]] = [73137.0, "secret"]
    report = departement_report(
        "01",
        sample.CAMPAGNE,
        sample.released(frame, "indicateurs", "partenaire"),
        sample.released(sample.receptions(), "receptions", "partenaire"),
        None,
    )
    assert "73137" not in html_page(report).replace("\u202f", "")


def test_a_share_travels_with_its_counts_and_the_national_one(departement: Callable[..., Report]) -> None:
    rows = {cells[0]: cells[1:] for cells in tables(departement("01"))["Évaluation, proposition et couverture"].rows}
    assert ("400", "1\u202f200", "33,3\u00a0%", "0", "33,3\u00a0%") in rows.values()
    assert rows["Couverture des jeunes confiés de 11 à 17 ans"][:3] == ("150", "600", "25,0\u00a0%")


def test_launched_pairs_are_given_by_civil_and_school_year(departement: Callable[..., Report]) -> None:
    assert "75 (année 2024) et 50 (année scolaire 2023-2024)" in html_page(departement("01"))


def test_young_people_are_described_by_sex(departement: Callable[..., Report]) -> None:
    assert tables(departement("01"))["Selon le sexe"].rows == (
        ("Filles", "600", "non publié"),
        ("Garçons", "600", "non publié"),
    )


def test_the_impact_chain_has_its_five_links_and_claims_no_effect_here(departement: Callable[..., Report]) -> None:
    (chain,) = [b for s in departement("01").sections for b in s.blocks if isinstance(b, Chain)]
    assert [link.name for link in chain.links] == ["Ressources", "Activités", "Réalisations", "Résultats", "Impact"]
    assert chain.links[4].figures == (
        "Un effet ne s'estime pas à l'échelle d'un territoire : voir le rapport national.",
    )


def test_a_collectivite_of_two_territories_shows_both_receptions(departement: Callable[..., Report]) -> None:
    report = departement("6AE")
    assert report.subtitle == "Collectivité européenne d'Alsace (6AE), campagne 2024"
    assert {cells[1] for cells in tables(report)["Sources attendues et reçues"].rows} == {"Bas-Rhin", "Haut-Rhin"}


def test_reports_exist_for_the_102_territories_and_two_collectivites() -> None:
    codes = set(territories())
    assert len(codes) == 104
    assert {"69D", "69M", "2A", "2B", "6AE", "20R", "976"} <= codes
    assert "69" not in codes


def test_an_unknown_code_is_told_to_the_user(departement: Callable[..., Report]) -> None:
    with pytest.raises(UsageError, match="n'est pas un code de territoire"):
        departement("69")


def test_a_frame_that_did_not_go_through_the_door_is_refused() -> None:
    with pytest.raises(TypeError, match=r"mentorat\.disclosure"):
        checked(pd.DataFrame(), "partenaire")  # type: ignore[arg-type]


def test_a_partner_table_cannot_enter_a_public_report(national: Callable[..., Report]) -> None:
    table = sample.released(sample.indicator_frame(), "indicateurs", "partenaire")
    with pytest.raises(ValueError, match="released to partners"):
        national(indicateurs=table)


def test_a_row_that_is_not_there_is_not_a_zero() -> None:
    indicators = Indicators(sample.indicator_frame(), sample.CAMPAGNE)
    assert indicators.read("departement", "75", "A1").count() == "non publié"


def test_codes_have_french_labels_and_unknown_codes_are_shown_as_they_are() -> None:
    assert label("tranche_age", "11-13") == "11-13 ans"
    assert label("tranche_age", "13_et_moins") == "13 ans ou moins"
    assert {
        code for code in load("types_accueil")["accueil"] if label("accueil", code) == code.replace("_", " ")
    } == set()
    assert label("modalite", "distanciel") == "Distanciel"
    assert label("sexe", "nouveau_code") == "nouveau code"
