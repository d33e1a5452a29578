"""Effects by level: closed forms, recovery, size of the test, invariance, levels that cannot be estimated."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.effect_tables import HETEROGENEITE
from mentorat.causal.heterogeneity import COLUMNS, level_effects
from mentorat.causal.wald_test import wald_test
from mentorat.survey.design import SurveyError


def drawn(seed: int, gap: float = 0.0, n: int = 900, clusters: int = 30) -> pd.DataFrame:
    """Answers in clusters, an effect of 0.2 that is `gap` larger for the level « c »."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, clusters, n)
    factor = rng.choice(np.array(["a", "b", "c"]), n)
    age = rng.normal(15, 2, n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.3 * (age - 15)))
    lean = rng.normal(0, 0.3, clusters)[cluster]
    y = 0.1 * age + lean + (0.2 + gap * (factor == "c")) * mentored + rng.normal(0, 1, n)
    return pd.DataFrame({"grappe": cluster, "facteur": factor, "age": age, "mentore": mentored, "y": y})


def estimated(frame: pd.DataFrame, **given: object) -> pd.DataFrame:
    found = level_effects(frame, "y", "mentore", "facteur", ["age"], cluster="grappe", **given)  # type: ignore[arg-type]
    return found.table


def test_without_covariates_each_effect_is_its_own_difference_of_means() -> None:
    frame = drawn(1)
    table = level_effects(frame, "y", "mentore", "facteur", cluster="grappe").table
    means = frame.pivot_table("y", "facteur", "mentore", aggfunc="mean")
    assert table["estimation"].to_numpy() == pytest.approx((means[True] - means[False]).to_numpy(), rel=1e-10)
    counts = frame.pivot_table("y", "facteur", "mentore", aggfunc="size")
    assert table["n_mentores"].to_list() == counts[True].to_list()
    assert table["n_non_mentores"].to_list() == counts[False].to_list()
    assert table["x_mentores"].isna().all()


def test_those_with_the_outcome_are_counted_for_disclosure() -> None:
    frame = drawn(1)
    frame["y"] = (frame["y"] > 1.5).astype("float64")
    counts = frame.pivot_table("y", "facteur", "mentore", aggfunc="sum")
    table = estimated(frame)
    assert table["x_mentores"].to_list() == counts[True].to_list()
    assert table["x_non_mentores"].to_list() == counts[False].to_list()


def test_with_two_levels_the_test_is_the_student_test_of_their_difference() -> None:
    frame = drawn(2, gap=0.4)
    frame = frame[frame["facteur"] != "b"]
    found = level_effects(frame, "y", "mentore", "facteur", ["age"], cluster="grappe")
    assert found.interaction is not None
    second = (frame["facteur"] == "c").to_numpy(dtype=float)
    age, mentored = frame["age"].to_numpy(), frame["mentore"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(frame)), second, mentored, mentored * second, age])
    fit = cluster_robust(frame["y"], design, frame["grappe"])
    assert found.interaction.p == pytest.approx(fit.p_value(3), rel=1e-8)
    assert found.interaction.df_within == pytest.approx(fit.degrees_of_freedom[3], rel=1e-8)


def test_freedom_of_the_joint_test_is_that_of_the_matrices_written_in_full() -> None:
    """ν from P_st (G × G) formed row by row, instead of their factors."""
    rng = np.random.default_rng(8)
    cluster = np.repeat(np.arange(9), [3, 5, 8, 4, 6, 7, 2, 9, 6])
    n = len(cluster)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 3)), cluster % 2])
    w = rng.uniform(0.5, 2, n)
    fit = cluster_robust(rng.normal(size=n), x, cluster, w)
    contrasts = np.array([[0, 1, 0, 0, 0], [0, 0, 1, -1, 0], [0, 0, 0, 1, 2.0]])
    rows = fit.parts.adjusted @ contrasts.T
    hat = np.eye(n) - x @ np.linalg.inv(x.T @ (x * w[:, None])) @ (x * w[:, None]).T
    inside = (cluster[:, None] == np.arange(9)).astype(float)
    p = np.stack([(inside * rows[:, [s]]).T @ hat for s in range(3)])  # q × G × n
    omega = np.einsum("sgn,tgn->st", p, p)
    values, axes = np.linalg.eigh(omega)
    p = np.einsum("st,tgn->sgn", (axes / np.sqrt(values)) @ axes.T, p)
    full = np.einsum("sgn,thn->stgh", p, p)
    total = sum((full[s, t] * full[t, s]).sum() + (full[s, s] * full[t, t]).sum() for s in range(3) for t in range(3))
    assert wald_test(fit, contrasts).df_within == pytest.approx(3 * 4 / total - 3 + 1, rel=1e-9)


def test_other_differences_of_the_same_levels_give_the_same_test() -> None:
    frame = drawn(4, gap=0.3)
    codes = pd.factorize(frame["facteur"], sort=True)[0]
    inside = (codes[:, None] == np.arange(3)).astype(float)
    design = np.hstack([inside, inside * frame[["mentore"]].to_numpy(dtype=float)])
    fit = cluster_robust(frame["y"], design, frame["grappe"])
    first = wald_test(fit, [[0, 0, 0, -1, 1, 0], [0, 0, 0, -1, 0, 1]])
    other = wald_test(fit, [[0, 0, 0, 0, -2, 2], [0, 0, 0, 1, -0.5, -0.5]])
    assert (first.f, first.df_within, first.p) == pytest.approx((other.f, other.df_within, other.p), rel=1e-8)


def test_effects_that_differ_are_found_and_each_is_covered() -> None:
    truth = np.array([0.2, 0.2, 0.8])
    covered, rejected = [], 0
    for seed in range(60):
        table = estimated(drawn(seed, gap=0.6))
        covered.append(((table["ic_bas"] <= truth) & (truth <= table["ic_haut"])).mean())
        rejected += table["p_interaction"].iloc[0] < 0.05
    assert 0.9 <= np.mean(covered) <= 0.99
    assert rejected > 45


def test_levels_alike_are_rarely_said_to_differ_even_in_ten_clusters() -> None:
    rejected = sum(estimated(drawn(seed, n=300, clusters=10))["p_interaction"].iloc[0] < 0.05 for seed in range(200))
    assert rejected <= 19  # 5 % of 200 is 10; beyond 19 once in 500 when the test is right


def test_order_of_rows_names_of_clusters_and_scale_of_weights_change_nothing() -> None:
    frame = drawn(6, gap=0.2)
    weights = np.random.default_rng(0).uniform(0.5, 2, len(frame))
    table = estimated(frame, weights=weights)
    mixed = np.random.default_rng(1).permutation(len(frame))
    renamed = frame.assign(grappe="g" + (99 - frame["grappe"]).astype(str)).iloc[mixed]
    pd.testing.assert_frame_equal(table, estimated(renamed, weights=3 * weights[mixed]), rtol=1e-8)


def test_categories_keep_their_order_and_booleans_are_words() -> None:
    frame = drawn(7)
    ordered = frame.assign(facteur=pd.Categorical(frame["facteur"], categories=["c", "a", "d", "b"]))
    assert estimated(ordered)["modalite"].to_list() == ["c", "a", "b"]
    assert estimated(frame.assign(facteur=frame["facteur"] == "a"))["modalite"].to_list() == ["non", "oui"]


def test_the_factor_may_be_among_the_covariates() -> None:
    frame = drawn(7)
    both = level_effects(frame, "y", "mentore", "facteur", ["age", "facteur"], cluster="grappe").table
    pd.testing.assert_frame_equal(both, estimated(frame))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f[~((f["facteur"] == "c") & f["mentore"])], "Aucun jeune mentoré"),
        (lambda f: f[~((f["facteur"] == "c") & ~f["mentore"])], "Aucun jeune non mentoré"),
        (lambda f: f.drop(f[(f["facteur"] == "c") & f["mentore"]].index[10:]), "Moins de 11 réponses"),
        (
            lambda f: f[~((f["facteur"] == "c") & f["mentore"] & (f["grappe"] > 2))],
            "moins de 4 grappes",
        ),
        (lambda f: f.assign(y=f["y"].where(f["facteur"] != "c", 1.0)), "la même réponse"),
    ],
)
def test_a_level_that_cannot_be_estimated_keeps_its_row_and_leaves_the_others_alone(change, reason: str) -> None:  # type: ignore[no-untyped-def]
    table = estimated(change(drawn(9)))
    thin = table[table["modalite"] == "c"].iloc[0]
    assert np.isnan(thin["estimation"])
    assert reason in thin["avertissements"]
    assert table.loc[table["modalite"] != "c", "estimation"].notna().all()
    alone = estimated(drawn(9)[drawn(9)["facteur"] != "c"])
    assert table["estimation"].iloc[:2].to_list() == pytest.approx(alone["estimation"].to_list(), rel=1e-10)
    assert table["p_interaction"].iloc[0] == pytest.approx(alone["p_interaction"].iloc[0], rel=1e-10)


def test_rows_of_unknown_level_are_counted_and_not_estimated() -> None:
    frame = drawn(10)
    table = estimated(frame.assign(facteur=frame["facteur"].where(frame["facteur"] != "b", None)))
    assert table["modalite"].to_list() == ["a", "c", "inconnu"]
    assert np.isnan(table["estimation"].iloc[2])
    assert table["n_mentores"].sum() == frame["mentore"].sum()


def test_with_one_level_left_nothing_says_that_levels_differ() -> None:
    frame = drawn(11)
    found = level_effects(frame.assign(facteur="a"), "y", "mentore", "facteur", cluster="grappe")
    assert found.interaction is None
    assert found.table["p_interaction"].isna().all()
    assert any("Moins de deux modalités" in one for one in found.warnings)


def test_too_few_clusters_for_so_many_levels_give_no_test() -> None:
    rng = np.random.default_rng(12)
    frame = drawn(13, n=2_000, clusters=5).assign(facteur=rng.integers(0, 8, 2_000))
    found = level_effects(frame, "y", "mentore", "facteur", cluster="grappe")
    assert found.interaction is not None
    assert np.isnan(found.interaction.p)
    assert any("Trop peu de grappes" in one for one in found.warnings)


def test_numbers_are_cut_in_bands_by_the_caller() -> None:
    frame = drawn(1)
    with pytest.raises(SurveyError, match="découpez"):
        level_effects(frame, "y", "mentore", "age", cluster="grappe")
    with pytest.raises(SurveyError, match="manque"):
        level_effects(frame, "y", "mentore", "ville", cluster="grappe")


def test_a_person_of_several_rows_counts_once() -> None:
    frame = drawn(9).assign(qui=lambda rows: np.arange(len(rows)))
    twice = pd.concat([frame, frame], ignore_index=True)
    once, again = estimated(frame), estimated(twice, person="qui")
    pd.testing.assert_frame_equal(again[["n_mentores", "n_non_mentores"]], once[["n_mentores", "n_non_mentores"]])
    assert again["estimation"].to_numpy() == pytest.approx(once["estimation"].to_numpy())
    few = twice.assign(qui=np.where(twice["facteur"] == "a", twice["qui"] % 10, twice["qui"]))
    row = estimated(few, person="qui").set_index("modalite").loc["a"]
    assert np.isnan(row["estimation"]) and "Moins de 11" in row["avertissements"].replace("\xa0", " ")


def test_the_table_has_the_columns_of_the_evaluation() -> None:
    table = estimated(drawn(1))
    assert dict(table.dtypes.astype("str")).keys() == COLUMNS.keys()
    assert set(COLUMNS) <= set(HETEROGENEITE)


def test_the_joint_test_needs_errors_that_carry_it() -> None:
    frame = drawn(1)
    design = np.column_stack([np.ones(len(frame)), frame["age"], frame["mentore"]])
    fit = cluster_robust(frame["y"], design, frame["grappe"], kind="CR1")
    with pytest.raises(ValueError, match="CR2 or CR3"):
        wald_test(fit, np.eye(3)[1:])
    with pytest.raises(ValueError, match="repeat"):
        wald_test(cluster_robust(frame["y"], design, frame["grappe"]), [[0, 1, 0], [0, 2, 0]])
