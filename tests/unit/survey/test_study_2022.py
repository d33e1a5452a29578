import pandas as pd
import pytest

from mentorat.reference import load
from mentorat.survey.study_2022 import study_2022

COMPARED = ["projection_direction", "se_sent_seul"]
TEST_COLUMNS = ["ecart_points", "ic_bas", "ic_haut", "p_chi2", "p_fisher", "p_holm", "rr_bas", "rr_haut"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return study_2022(load("etude_2022")).set_index("item")


def test_items_keep_their_order(table: pd.DataFrame) -> None:
    assert list(table.index) == list(load("etude_2022")["item"])


def test_an_item_asked_of_one_group_has_a_count_but_no_comparison(table: pd.DataFrame) -> None:
    row = table.loc["envie_reussir"]
    assert (row["n_mentores"], row["effectif_mentores"], row["pct_mentores"]) == (163, 116, 71)
    assert row[[*TEST_COLUMNS, "n_non_mentores", "risque_relatif", "e_value", "h_cohen"]].isna().all()


def test_arret_conduites_has_a_share_but_no_base_count_or_interval(table: pd.DataFrame) -> None:
    row = table.loc["arret_conduites"].drop("note")
    assert row["pct_mentores"] == 40
    assert row.drop("pct_mentores").isna().all()


def test_absences_have_the_published_ratio_alone(table: pd.DataFrame) -> None:
    row = table.loc["absences_injustifiees"].drop("note")
    assert row["risque_relatif"] == 0.33
    assert row.drop("risque_relatif").isna().all()


def test_only_the_two_compared_items_have_tests(table: pd.DataFrame) -> None:
    assert list(table.index[table["p_chi2"].notna()]) == COMPARED


def test_notes_give_the_range_over_all_admissible_counts(table: pd.DataFrame) -> None:
    alone = table.loc["se_sent_seul", "note"]
    for told in ("57 à 58", "−9,4 points", "−8,8 points", "−18,8 points", "+0,8 point", "0,0566", "0,0726"):
        assert told in alone.replace("\u00a0", " "), told
    assert "115 à 116" in table.loc["envie_reussir", "note"]
    assert "satisfaction" in table.loc["envie_reussir", "note"]


def test_a_published_share_that_is_not_whole_is_refused() -> None:
    published = load("etude_2022")
    published["pct_mentores"] = published["pct_mentores"] + 0.5
    with pytest.raises(ValueError, match="whole percentages"):
        study_2022(published)
