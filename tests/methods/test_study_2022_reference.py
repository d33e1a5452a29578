"""The published 2022 study against figures computed apart (scipy, statsmodels) from the same counts."""

import json

import pandas as pd
import pytest

from mentorat.reference import load
from mentorat.survey.proportions import admissible_counts, two_proportions
from mentorat.survey.study_2022 import COLUMNS, difference_under, study_2022
from tests.methods.figures import DATA

REFERENCE = json.loads((DATA / "published_2022" / "reference.json").read_text(encoding="utf-8"))
COMPARED = {"se_sent_seul": "alone", "projection_direction": "management"}
BASES = {"mentored": 163, "control": 174}
PERCENTAGES = {"alone": {"mentored": 24, "control": 33}, "management": {"mentored": 30, "control": 17}}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study_2022(load("etude_2022")).set_index("item", drop=False)


def test_columns_are_those_of_the_published_file(table: pd.DataFrame) -> None:
    assert list(table.columns) == COLUMNS


@pytest.mark.parametrize("item", COMPARED)
def test_every_figure_of_a_compared_item_is_that_of_the_reference(table: pd.DataFrame, item: str) -> None:
    row, expected = table.loc[item], REFERENCE["outcomes"][COMPARED[item]]
    found = {
        "ecart_points": 100 * expected["diff"],
        "ic_bas": 100 * expected["ci_newcombe"][0],
        "ic_haut": 100 * expected["ci_newcombe"][1],
        "p_chi2": expected["chi2_nocorr"]["p"],
        "p_fisher": expected["fisher"]["p"],
        "risque_relatif": expected["rr"]["est"],
        "rr_bas": expected["rr"]["lo"],
        "rr_haut": expected["rr"]["hi"],
        "h_cohen": expected["cohen_h"],
        "e_value": expected["evalue"]["point"],
        "e_value_limite": expected["evalue"]["ci"],
    }
    for column, value in found.items():
        assert row[column] == pytest.approx(value, rel=1e-8), column
    assert (row["effectif_mentores"], row["effectif_non_mentores"]) == (
        expected["mentored"]["x"],
        expected["control"]["x"],
    )


def test_holm_runs_over_the_two_compared_items_only(table: pd.DataFrame) -> None:
    holm = dict(zip(REFERENCE["multiplicity"]["order"], REFERENCE["multiplicity"]["holm_chi2"], strict=True))
    for item, name in COMPARED.items():
        assert table.loc[item, "p_holm"] == pytest.approx(holm[name], rel=1e-8)
    assert table["p_holm"].notna().sum() == 2


def test_the_sentences_of_the_study_hold_at_the_precision_they_are_told(table: pd.DataFrame) -> None:
    told = table.loc[list(COMPARED), ["ecart_points", "ic_bas", "ic_haut"]].round(1).to_numpy().tolist()
    assert told == [[-8.8, -18.2, 0.8], [12.8, 3.8, 21.7]]
    assert table.loc["se_sent_seul", "p_chi2"].round(3) == 0.073
    assert table.loc["projection_direction", "p_chi2"].round(4) == 0.0055


@pytest.mark.parametrize("item", COMPARED)
@pytest.mark.parametrize("design_effect", [1.0, 1.25, 1.5, 2.0])
def test_p_under_a_design_effect(table: pd.DataFrame, item: str, design_effect: float) -> None:
    expected = REFERENCE["outcomes"][COMPARED[item]]["p_with_deff"][str(design_effect)]
    assert difference_under(table.loc[item], design_effect).chi2_p == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", PERCENTAGES)
def test_admissible_counts_are_those_that_round_to_the_published_share(name: str) -> None:
    for group, counts in REFERENCE["admissible_counts"][name].items():
        assert list(admissible_counts(PERCENTAGES[name][group], BASES[group])) == counts


@pytest.mark.parametrize("name", PERCENTAGES)
def test_other_admissible_counts_give_the_reference_figures(name: str) -> None:
    for row in REFERENCE["sensitivity_to_rounding"][name]:
        found = two_proportions(row["x_mentored"], BASES["mentored"], row["x_control"], BASES["control"])
        assert found.difference == pytest.approx(row["diff"], rel=1e-8)
        assert [found.low, found.high] == pytest.approx(row["newcombe"], rel=1e-8)
        assert (found.chi2_p, found.fisher_p) == pytest.approx((row["chi2_p"], row["fisher_p"]), rel=1e-8)
