"""Départements brought towards their mean: closed forms, recovery, invariance, what is refused."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from mentorat.causal.effect_tables import ENTONNOIR
from mentorat.causal.shrinkage import COLUMNS, restricted_likelihood, shrink, shrinkage
from mentorat.survey.design import SurveyError

CODES = [f"{rank:02d}" for rank in range(1, 21)]


def drawn(seed: int, tau: float, areas: int = 101) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True effects, estimates and errors of areas of unequal sizes."""
    rng = np.random.default_rng(seed)
    se = np.exp(rng.normal(np.log(0.05), 0.5, areas))
    truth = 0.03 + tau * rng.normal(size=areas)
    return truth, truth + se * rng.normal(size=areas), se


def test_equal_errors_give_the_closed_form_of_morris() -> None:
    """τ² flat: B = V/(V + τ²) has density x^{(D−5)/2} e^{−xS/2V} on (0, 1), whose mean is a ratio of gammas."""
    _, y, _ = drawn(3, 0.06, 20)
    v, s = 0.05**2, float(((y - y.mean()) ** 2).sum())
    a, z = (20 - 3) / 2, s / (2 * v)
    pull = a / z * special.gammainc(a + 1, z) / special.gammainc(a, z)
    second = a * (a + 1) / z**2 * special.gammainc(a + 2, z) / special.gammainc(a, z)
    spread = v * (1 - pull) + v * pull / 20 + (second - pull**2) * (y - y.mean()) ** 2
    table = shrink(CODES, y, np.full(20, 0.05))
    assert table["retrecie"].to_numpy() == pytest.approx(y + pull * (y.mean() - y), rel=1e-8)
    assert (table["ic_haut"] - table["retrecie"]).to_numpy() == pytest.approx(
        stats.norm.ppf(0.975) * np.sqrt(spread), rel=1e-8
    )


def test_equal_errors_give_the_textbook_spread() -> None:
    """Restricted likelihood with equal errors: the variance of the estimates less the error's, never below zero."""
    _, y, _ = drawn(3, 0.06, 20)
    v = np.full(20, 0.05**2)
    assert restricted_likelihood(y, v) == pytest.approx(y.var(ddof=1) - 0.05**2, rel=1e-10)
    assert restricted_likelihood(0.2 * y, v) == 0.0


def test_limits_of_the_funnel_are_what_chance_leaves_at_each_precision() -> None:
    _, y, se = drawn(1, 0.03)
    found = shrinkage([str(rank) for rank in range(101)], y, se)
    table = found.table
    for name, z in (("95", 1.959963984540054), ("998", 3.090232306167813)):
        assert (table[f"limite_{name}_haut"] - table["moyenne"]).to_numpy() == pytest.approx(z * table["se"], rel=1e-9)
        assert (table["moyenne"] - table[f"limite_{name}_bas"]).to_numpy() == pytest.approx(z * table["se"], rel=1e-9)
    assert table["moyenne"].to_list() == [found.mean] * 101
    assert table["tau"].to_list() == [found.tau] * 101


@pytest.mark.parametrize("tau", [0.0, 0.02, 0.05])
def test_shrunk_effects_are_nearer_the_truth_and_their_intervals_hold_it(tau: float) -> None:
    """40 draws of 101 areas: the benchmark has 2 000."""
    names = [f"{rank:03d}" for rank in range(101)]
    held, own, brought = [], [], []
    for seed in range(40):
        truth, y, se = drawn(seed, tau)
        table = shrink(names, y, se)
        held.append(((table["ic_bas"] <= truth) & (truth <= table["ic_haut"])).mean())
        own.append(((y - truth) ** 2).mean())
        brought.append(((table["retrecie"] - truth) ** 2).mean())
    assert np.mean(held) > 0.93
    assert np.mean(held) < (0.97 if tau >= 0.02 else 1.01)
    assert np.mean(brought) < 0.75 * np.mean(own)


def test_the_interval_of_the_spread_holds_the_truth() -> None:
    inside = 0
    for seed in range(100):
        _, y, se = drawn(seed, 0.04)
        found = shrinkage([f"{rank:03d}" for rank in range(101)], y, se)
        inside += found.tau_low <= 0.04 <= found.tau_high
    assert 89 <= inside <= 100


def test_an_imprecise_departement_moves_further_than_a_precise_one() -> None:
    _, y, se = drawn(5, 0.04)
    table = shrink([f"{rank:03d}" for rank in range(101)], y, se)
    share = ((table["retrecie"] - table["estimation"]) / (table["moyenne"] - table["estimation"])).to_numpy()
    far = np.abs(y - table["moyenne"]) > 0.01
    assert stats.spearmanr(share[far], se[far]).statistic > 0.95
    assert ((share[far] > -0.05) & (share[far] < 1.05)).all()


def test_rows_are_in_the_order_of_codes_whatever_the_order_given() -> None:
    _, y, se = drawn(2, 0.03, 20)
    mixed = np.random.default_rng(0).permutation(20)
    table = shrink(CODES, y, se)
    pd.testing.assert_frame_equal(table, shrink([CODES[rank] for rank in mixed], y[mixed], se[mixed]), rtol=1e-10)
    assert table["departement"].to_list() == CODES
    assert not {"rang", "rank"} & set(table.columns)


def test_shift_and_scale_carry_through() -> None:
    _, y, se = drawn(2, 0.03, 20)
    table = shrink(CODES, y, se)
    moved = shrink(CODES, 100 * y + 7, 100 * se)
    for name in ("retrecie", "ic_bas", "ic_haut", "moyenne", "limite_998_haut"):
        assert moved[name].to_numpy() == pytest.approx(100 * table[name].to_numpy() + 7, rel=1e-7)
    assert moved["tau"].to_numpy() == pytest.approx(100 * table["tau"].to_numpy(), rel=1e-7)


def test_a_departement_too_thin_keeps_its_row_and_its_reason_and_weighs_nothing() -> None:
    _, y, se = drawn(2, 0.03, 20)
    table = shrink([*CODES, "2A", "971"], [*y, np.nan, 0.3], [*se, np.nan, 0.0])
    thin = table[table["departement"].isin(["2A", "971"])]
    assert thin[COLUMNS[1:-1]].isna().all(axis=None)
    assert thin["avertissements"].str.contains("Trop peu de jeunes|toutes pareilles").all()
    kept = table[table["departement"].isin(CODES)].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, shrink(CODES, y, se))


def test_no_departement_is_read_alone_when_they_are_too_few() -> None:
    found = shrinkage(["01", "02", "03", "04"], [0.1, 0.2, 0.0, 0.1], [0.05] * 4)
    assert found.table[COLUMNS[1:-1]].isna().all(axis=None)
    assert found.table["avertissements"].str.contains("aucun ne se lit seul").all()
    assert np.isnan(found.mean)


def test_departements_that_do_not_differ_are_said_so() -> None:
    found = shrinkage(CODES, np.linspace(0.02, 0.04, 20), [0.05] * 20)
    assert found.tau == found.tau_low == 0
    assert found.p_q > 0.99
    assert any("ne dépassent pas" in one for one in found.warnings)
    assert found.predicted_low < found.mean < found.predicted_high


def test_the_table_has_the_columns_of_the_funnel() -> None:
    table = shrink(CODES, np.linspace(0, 1, 20), [0.1] * 20)
    assert list(table.columns) == COLUMNS
    assert set(COLUMNS) <= set(ENTONNOIR)


@pytest.mark.parametrize(
    ("names", "y", "se", "told"),
    [
        (["01", "01"], [0.1, 0.2], [0.1, 0.1], "plusieurs fois"),
        (["01"], [0.1, 0.2], [0.1, 0.1], "par département"),
        (["01", "02"], [0.1, np.inf], [0.1, 0.1], "infinie"),
        (["01", "02"], [0.1, 0.2], [0.1, -0.1], "négative"),
    ],
)
def test_bad_input_is_refused(names: list[str], y: list[float], se: list[float], told: str) -> None:
    with pytest.raises(SurveyError, match=told):
        shrink(names, y, se)


def test_extreme_spreads_keep_their_figures() -> None:
    """Effects far apart are left where they are; one very precise département does not take the others with it."""
    _, y, se = drawn(4, 0.03, 20)
    table = shrink(CODES, y + 1_000 * np.arange(20), se)
    assert table["retrecie"].to_numpy() == pytest.approx(y + 1_000 * np.arange(20), abs=1e-3)
    precise = shrink(CODES, y, np.where(np.arange(20) == 0, 1e-6, se))
    assert np.isfinite(precise[COLUMNS[1:-1]].to_numpy()).all()
    assert precise["retrecie"].iloc[0] == pytest.approx(y[0], abs=1e-5)
    assert sqrt(float(np.var(precise["retrecie"]))) < sqrt(float(np.var(y)))
