"""Margins of the ASE marts: who is counted, how the unknown and the missing are shared out and told."""

import numpy as np
import pandas as pd
import pytest

from mentorat.reference import load
from mentorat.survey.design import SurveyError
from mentorat.survey.targets import ase_targets, calibration_columns, merge_small_levels
from mentorat.survey.weighting import rake


def young(territoire: str, count: int, **change: object) -> pd.DataFrame:
    """Made-up rows of the mart `population`."""
    row = {
        "territoire": territoire,
        "sexe": "F",
        "age_31_12": 12,
        "en_charge_31_12": True,
        "jeune_majeur": False,
        "type_accueil_regroupe": "etablissement",
    }
    return pd.DataFrame([row | change] * count)


@pytest.fixture
def population() -> pd.DataFrame:
    """Every territory of DREES but 02, in proportion to its stock of 2022."""
    drees = load("drees_ase")
    latest = drees[(drees["annee"] == 2022) & ~drees["code"].isin(["02", "20R"])]
    rows = []
    for code, accueils, actions in latest[["code", "accueils", "actions_educatives"]].itertuples(index=False):
        rows += [
            young(code, accueils // 100, sexe="G", age_31_12=15),
            young(code, actions // 100, type_accueil_regroupe="aemo"),
        ]
    return pd.concat([*rows, young("2A", 5), young("2B", 5)], ignore_index=True)


def test_only_those_in_care_at_the_end_of_the_year_and_of_the_ages_are_counted() -> None:
    rows = pd.concat(
        [
            young("01", 6),
            young("01", 1, age_31_12=10),
            young("01", 1, en_charge_31_12=False),
            young("01", 2, age_31_12=19, jeune_majeur=True),
            young("01", 1, age_31_12=19),
            young("01", 1, age_31_12=21, jeune_majeur=True),
        ]
    )
    found = ase_targets(rows, estimate_missing=False)
    assert found.population == 8
    assert found.margins["age_sexe"].to_dict() == {"11-13 × F": 6, "18-20 × F": 2}
    assert found.margins["region"].to_dict() == {"84": 8}


def test_unknown_ages_and_sexes_are_shared_out_and_told() -> None:
    rows = pd.concat(
        [
            young("01", 30),
            young("01", 10, sexe="G"),
            young("01", 40, age_31_12=5),
            young("01", 8, age_31_12=None),
            young("01", 4, sexe="inconnu"),
        ]
    )
    found = ase_targets(rows, estimate_missing=False)
    # Of 84 known ages, 44 are in the bands: so are 44/84 of the 8 unknown.
    assert found.population == pytest.approx(44 * (1 + 8 / 84))
    assert found.margins["age_sexe"]["11-13 × F"] / found.population == pytest.approx(0.75)
    assert [("d'âge inconnu" in told, "de sexe inconnu" in told) for told in found.warnings[:2]] == [
        (True, False),
        (False, True),
    ]


def test_a_missing_territory_is_given_its_stock_of_drees(population: pd.DataFrame) -> None:
    whole = ase_targets(population)
    drees = load("drees_ase")
    aisne = drees[(drees["annee"] == 2022) & (drees["code"] == "02")].iloc[0]
    expected = (aisne["accueils"] + aisne["actions_educatives"]) / 100
    assert whole.sources["territoires"].to_list() == [101 - 1, 1]
    assert whole.sources["effectif"][1] == pytest.approx(expected, rel=0.05)
    assert any("(02) est estimé d'après la DREES" in told for told in whole.warnings)
    assert any("(976)" in told and "hors du champ" in told for told in whole.warnings)
    for margin in whole.margins.values():
        assert margin.sum() == pytest.approx(whole.population)


def test_a_territory_whose_stock_is_not_whole_is_estimated_too(population: pd.DataFrame) -> None:
    halved = population.drop(population.index[population["territoire"] == "59"][::2])
    found = ase_targets(halved, incomplete=["59"])
    assert found.population == pytest.approx(ase_targets(population).population, rel=0.005)
    assert any("(02, 59)" in told for told in found.warnings)
    alone = ase_targets(halved, incomplete=["59"], estimate_missing=False)
    assert alone.population < found.population
    assert any("02, 59, 976" in told and "hors du champ" in told for told in alone.warnings)


def test_corsica_which_drees_counts_as_one_is_estimated_only_when_both_are_missing(population: pd.DataFrame) -> None:
    one = ase_targets(population[population["territoire"] != "2A"])
    assert any("2A" in told and "hors du champ" in told for told in one.warnings)
    both = ase_targets(population[~population["territoire"].isin(["2A", "2B"])])
    assert both.margins["region"]["94"] > one.margins["region"]["94"]


def test_margins_do_not_hang_on_the_order_of_rows(population: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ase_targets(population).table, ase_targets(population.iloc[::-1]).table)


def test_no_territory_observed_is_refused() -> None:
    with pytest.raises(SurveyError, match="stock complet"):
        ase_targets(young("01", 3), incomplete=["01"])


def test_the_survey_is_read_in_the_words_of_the_margins() -> None:
    survey = pd.DataFrame(
        {
            "sexe": ["F", "G", "inconnu", "G"],
            "age": [12, 10, 15, None],
            "type_accueil": ["village_enfants", "aemo", "semi_autonomie", None],
            "departement": ["69D", "69", "2A", "976"],
        }
    )
    found = calibration_columns(survey)
    assert found["age_sexe"].fillna("").to_list() == ["11-13 × F", "11-13 × G", "", ""]
    assert found["type_accueil_regroupe"].fillna("").to_list() == ["etablissement", "aemo", "autonomie", ""]
    assert found["region"].to_list() == ["84", "84", "94", "06"]


def test_levels_with_too_few_respondents_are_made_one() -> None:
    columns = pd.DataFrame({"region": ["84"] * 30 + ["11"] * 25 + ["94"] * 2})
    margins = {"region": pd.Series({"84": 500.0, "11": 700.0, "94": 20.0, "02": 30.0})}
    merged, targets, told = merge_small_levels(columns, margins, minimum=20)
    assert targets["region"].to_dict() == {"84": 500.0, "autres": 750.0}
    assert merged["region"].value_counts().to_dict() == {"84": 30, "autres": 27}
    assert "02, 11, 94" in told[0]
    assert rake(merged, targets).weights.sum() == pytest.approx(1_250)
    assert merge_small_levels(columns, {"region": margins["region"][["84", "11"]]}, minimum=20)[2] == []


def test_a_sex_unknown_in_a_whole_region_is_shared_out_as_elsewhere() -> None:
    found = ase_targets(pd.concat([young("01", 7), young("75", 5, sexe="inconnu"), young("75", 3, sexe="G")]))
    assert np.isfinite(found.table["effectif"]).all()
    assert found.margins["age_sexe"].sum() == pytest.approx(found.population)
