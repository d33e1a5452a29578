"""Tables of durations: what they rest on, what classes they compare, what they find where the answer is known."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.duration_tables import (
    CLASS_ENDS,
    LANDMARK,
    OTHERS,
    PAIRS,
    SCHEMAS,
    DurationTables,
    bands,
    doses_at_landmark,
    duration_tables,
    group_labels,
    half_cuts,
    pooled_classes,
)
from tests.unit.causal.duration_marts import CAMPAGNE, duration_marts


@pytest.fixture(scope="module")
def marts() -> dict[str, pd.DataFrame]:
    return duration_marts()


@pytest.fixture(scope="module")
def tables(marts: dict[str, pd.DataFrame]) -> DurationTables:
    return duration_tables(CAMPAGNE, **marts)


def curve(table: pd.DataFrame, dimension: str = "", name: str = PAIRS) -> pd.DataFrame:
    return table[table["courbe"].eq(name) & table["dimension"].eq(dimension)]


def test_every_table_has_its_columns_and_types(tables: DurationTables) -> None:
    for field in fields(DurationTables):
        frame = getattr(tables, field.name)
        assert list(frame.columns) == list(SCHEMAS[field.name]) and len(frame)
        texts = [name for name, kind in SCHEMAS[field.name].items() if kind == "str"]
        assert frame[texts].notna().all(axis=None)


def test_the_curve_is_near_the_law_that_drew_it(tables: DurationTables) -> None:
    rows = curve(tables.durees_courbes)
    truth = np.exp(-np.maximum(rows["jour"].astype(float) - 30, 0) / 300)
    assert ((rows["ic_bas"] <= truth + 0.01) & (truth - 0.01 <= rows["ic_haut"])).mean() > 0.8
    crossed = curve(tables.durees_courbes, name="delai_proposition_reponse").set_index("jour").loc[91]
    assert crossed["estimation"] == pytest.approx(0.9 * (1 - np.exp(-91 / 40)), abs=0.03)


def test_ends_of_the_classes_add_up_to_those_of_the_whole(tables: DurationTables) -> None:
    whole = curve(tables.durees_courbes).set_index("jour")["evenements"]
    for dimension in set(tables.durees_courbes["dimension"]) - {""}:
        by_class = curve(tables.durees_courbes, dimension).groupby("jour")["evenements"].sum()
        shared = whole.index.intersection(by_class.index)[:-2]
        assert by_class[shared].tolist() == whole[shared].tolist(), dimension


def test_reasons_of_end_share_out_what_the_curve_has_lost(tables: DurationTables) -> None:
    lost = 1 - curve(tables.durees_courbes).set_index("jour")["estimation"]
    by_reason = tables.durees_fins[tables.durees_fins["courbe"] == PAIRS].groupby("jour")["estimation"].sum()
    assert by_reason[183] == pytest.approx(lost[183], abs=1e-9)
    assert by_reason[365] == pytest.approx(lost[365], abs=1e-9)
    beyond = tables.durees_fins[tables.durees_fins["jour"].eq(731) & tables.durees_fins["courbe"].eq(PAIRS)]
    assert beyond["estimation"].isna().all() and beyond["avertissements"].str.contains("Personne n’est suivi").all()


def test_classes_that_do_not_differ_are_not_told_apart(tables: DurationTables) -> None:
    tested = tables.durees_resumes.dropna(subset=["p"]).drop_duplicates("dimension")
    assert set(tested["dimension"]) == {"modalite", "sexe", "tranche_age_debut", "type_accueil_debut"}
    assert (tested["p_holm"] >= tested["p"]).all() and tested["p_holm"].min() > 0.05


def test_the_order_of_rows_changes_nothing(marts: dict[str, pd.DataFrame], tables: DurationTables) -> None:
    mixed = {name: frame.sample(frac=1, random_state=3) for name, frame in marts.items()}
    again = duration_tables(CAMPAGNE, **mixed)
    for field in fields(DurationTables):
        pd.testing.assert_frame_equal(getattr(again, field.name), getattr(tables, field.name))


def test_a_campagne_whose_pairs_do_not_end_yet_says_so(marts: dict[str, pd.DataFrame]) -> None:
    young = marts["exposition"]["date_debut"] >= pd.Timestamp("2024-01-01")
    still = marts["exposition"].assign(est_fin_observee=marts["exposition"]["est_fin_observee"] & ~young)
    told = duration_tables(CAMPAGNE, **{**marts, "exposition": still}).durees_resumes.iloc[0]["avertissements"]
    assert "Toutes les fins observées sont celles de binômes commencés avant 2024" in told
    assert "entrée tardive" in told


def test_no_curve_where_there_are_too_few_durations(marts: dict[str, pd.DataFrame]) -> None:
    few = {**marts, "exposition": marts["exposition"].head(40), "delais": marts["delais"].head(40)}
    found = duration_tables(CAMPAGNE, **few)
    assert found.durees_courbes.empty and found.durees_fins.empty and found.dose.empty
    assert found.durees_resumes["n"].isna().all()
    assert found.durees_resumes["avertissements"].str.contains("la courbe n’est pas faite").all()


def test_a_small_class_joins_another_and_is_never_left_out() -> None:
    sizes = {"presentiel": 900, "mixte": 600, "distanciel": 300, "inconnu": 40}
    rows = pd.DataFrame({"modalite": np.repeat(list(sizes), list(sizes.values())), "fini": True})
    classes = pooled_classes(rows, "modalite", "fini")
    assert classes == {"presentiel": "presentiel", "mixte": "mixte", "distanciel": OTHERS, "inconnu": OTHERS}
    assert group_labels("modalite", classes)[OTHERS] == "Distanciel, ou inconnu"
    assert min(rows["modalite"].map(classes).value_counts()) >= CLASS_ENDS
    assert pooled_classes(rows.head(500), "modalite", "fini") == {}


def test_a_dose_is_read_at_the_landmark_and_its_outcome_only_where_the_year_is_seen() -> None:
    pairs = pd.DataFrame(
        {
            "date_debut": pd.to_datetime(["2023-10-01", "2023-10-01", "2024-03-01", "2024-03-01"]),
            "duree": [457, 250, 306, 200],
            "fini": [False, True, False, True],
            "repere_mois_couverts_nb": pd.array([3, 3, 4, 4], dtype="Int64"),
            "repere_mois_avec_seance_nb": pd.array([3, 2, 4, 4], dtype="Int64"),
            "repere_seances_nb": pd.array([12, 6, 16, 8], dtype="Int64"),
        }
    )
    found = doses_at_landmark(pairs, CAMPAGNE)
    assert found["seances_par_mois"].tolist() == [4.0, 2.0, 4.0, 2.0]
    # of those begun in March, the year is not over: the one that ended is no more known than the one that runs
    assert found["tient"].isna().tolist() == [False, False, True, True]
    assert found["tient"].tolist()[:2] == [1.0, 0.0]


def test_bands_are_said_in_halves() -> None:
    dose = pd.Series([1.0, 2.2, 3.1, 4.0, 4.9, 6.0])
    cuts = half_cuts(dose)
    assert all((2 * cut).is_integer() for cut in cuts)
    assert list(bands(dose, [2.5, 4.5], "seances_par_mois").cat.categories) == [
        "moins de 2,5", "de 2,5 à moins de 4,5", "4,5 et plus",
    ]  # fmt: skip


def test_the_slope_by_dose_is_found_and_none_is_invented() -> None:
    for slope, found_it in ((0.0, False), (0.5, True)):
        table = duration_tables(CAMPAGNE, **duration_marts(6_000, 5, slope=slope)).dose
        trend = table[table["analyse"] == "pente"].iloc[0]
        assert (trend["ic_bas"] > 0) == found_it
        assert trend["repere_jours"] == LANDMARK and trend["avertissements"].startswith("Ces chiffres ne portent que")
        answers = table[table["analyse"].eq("reponse") & table["dose"].eq("seances_par_mois")]
        assert answers["n"].sum() == trend["n"] and answers["x"].sum() == trend["x"]
        assert answers["reference"].sum() == 1
