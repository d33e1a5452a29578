"""The table of balance on data of ours: closed forms, invariances, subgroups, imputations."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.causal.balance import (
    BALANCE_COLUMNS,
    balance_by_subgroup,
    balance_over_imputations,
    balance_warnings,
    covariate_balance,
    largest_difference,
)


@pytest.fixture
def people() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    treated = rng.random(600) < 0.3
    x = pd.DataFrame(
        {
            "age": rng.normal(15, 2, 600) + treated,
            "places": rng.integers(0, 6, 600) * 1.0,
            "fille": (rng.random(600) < 0.5) * 1.0,
        }
    )
    return x, treated, rng.uniform(0, 2, 600)


def test_two_distributions_are_compared_as_kolmogorov_and_smirnov_do(
    people: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    x, treated, _ = people
    table = covariate_balance(x, treated).set_index("covariable")
    for name in x:
        expected = stats.ks_2samp(x.loc[treated, name], x.loc[~treated, name]).statistic
        assert table["ks_avant"][name] == pytest.approx(expected, rel=1e-10)
    assert table["smd_apres"].isna().all()


def test_whole_weights_are_as_many_people(people: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    x, treated, _ = people
    times = np.random.default_rng(1).integers(0, 3, len(x))
    again = np.repeat(np.arange(len(x)), times)
    weighted = covariate_balance(x, treated, times.astype(float)).set_index("covariable")
    repeated = covariate_balance(x.iloc[again], treated[again]).set_index("covariable")
    assert weighted["ks_apres"].to_numpy() == pytest.approx(repeated["ks_avant"].to_numpy(), rel=1e-10)
    assert weighted["moyenne_mentores_apres"].to_numpy() == pytest.approx(
        repeated["moyenne_mentores_avant"].to_numpy(), rel=1e-10
    )


def test_sorting_and_counting_give_the_same_gaps(people: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    x, treated, weights = people
    # halves are not whole numbers: they are sorted, where the others are counted
    one, other = (
        covariate_balance(frame[["places"]], treated, weights).drop(columns="covariable").iloc[0]
        for frame in (x, x / 2)
    )
    for measure in ("ks", "ecart_moyen_repartitions", "smd", "rapport_variances"):
        assert other[f"{measure}_apres"] == pytest.approx(one[f"{measure}_apres"], rel=1e-10)


def test_rows_and_the_scale_of_weights_do_not_matter(people: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    x, treated, weights = people
    order = np.random.default_rng(3).permutation(len(x))
    figures = [name for name in BALANCE_COLUMNS if name.endswith(("avant", "apres"))]
    plain = covariate_balance(x, treated, weights)[figures].to_numpy()
    again = covariate_balance(x.iloc[order], treated[order], 7 * weights[order])[figures].to_numpy()
    assert again == pytest.approx(plain, rel=1e-9, nan_ok=True)


def test_the_unit_is_the_spread_of_the_treated_before_any_weight(
    people: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    x, treated, weights = people
    row = covariate_balance(x, treated, weights).set_index("covariable").loc["age"]
    gap = row["moyenne_mentores_apres"] - row["moyenne_non_mentores_apres"]
    assert row["smd_apres"] == pytest.approx(gap / x.loc[treated, "age"].std(), rel=1e-10)


def test_a_covariate_the_treated_all_share_has_an_infinite_difference_that_is_told() -> None:
    table = covariate_balance(pd.DataFrame({"x": [1.0, 1, 1, 2, 3]}), [True, True, True, False, False], np.ones(5))
    assert np.isinf(table["smd_avant"][0])
    assert "tous pareils" in table["avertissement"][0]
    assert "infini" in balance_warnings(table)[0]


def test_a_constant_is_balanced() -> None:
    table = covariate_balance(pd.DataFrame({"x": np.full(6, 3.7)}), [True, False] * 3)
    assert (table["smd_avant"][0], table["ks_avant"][0]) == (0, 0)


def test_warnings_name_the_worst_first(people: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    x, treated, _ = people
    table = covariate_balance(x.assign(taille=x["age"] * 2 + 5 * treated), treated, np.ones(len(x)))
    told = balance_warnings(table, {"taille": "taille en cm"})
    assert told[0].index("« taille en cm »") < told[0].index("« age »")
    assert largest_difference(table) == table["smd_apres"].abs().max()
    assert balance_warnings(table[table["covariable"] == "fille"].assign(smd_apres=0.05)) == ()


def test_each_subgroup_has_its_own_table_and_a_thin_one_says_so(
    people: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    x, treated, weights = people
    place = pd.Series(np.where(x["age"] < 15, "famille", "foyer"))
    place[np.flatnonzero(~treated)[:3]] = "autre"
    place[np.flatnonzero(~treated)[4]] = None
    table = balance_by_subgroup(x, treated, place, weights)
    assert sorted(set(table["sous_groupe"])) == ["autre", "famille", "foyer", "inconnu"]
    thin = table[table["sous_groupe"] == "autre"].iloc[0]
    assert (thin["n_mentores"], thin["n_non_mentores"]) == (0, 3)
    assert np.isnan(thin["smd_avant"])
    assert "Trop peu" in thin["avertissement"]
    foyer = (place == "foyer").to_numpy()
    alone = covariate_balance(x[foyer], treated[foyer], weights[foyer])
    assert table.loc[table["sous_groupe"] == "foyer", "smd_apres"].to_numpy() == pytest.approx(
        alone["smd_apres"].to_numpy()
    )


def test_imputations_are_summed_up_by_their_mean_and_their_worst(
    people: tuple[pd.DataFrame, np.ndarray, np.ndarray],
) -> None:
    x, treated, weights = people
    tables = [covariate_balance(x + shift * treated[:, None], treated, weights) for shift in (0, -2)]
    found = balance_over_imputations(tables).set_index("covariable").loc["age"]
    values = [abs(table["smd_apres"][0]) for table in tables]
    assert found["imputations"] == 2
    assert (found["smd_moyen_apres"], found["smd_max_apres"]) == pytest.approx((np.mean(values), max(values)))


def test_a_group_that_weighs_nothing_is_an_error(people: tuple[pd.DataFrame, np.ndarray, np.ndarray]) -> None:
    x, treated, _ = people
    with pytest.raises(ValueError, match="weighs nothing"):
        covariate_balance(x, treated, treated * 1.0)
