"""Two waves: every figure of the case `did_panel` (R, sandwich 3.0.2), then what must hold on simulated panels."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import RobustFit, cluster_robust
from mentorat.causal.panel import ancova, difference_in_differences, doubly_robust_did, weighted_did
from mentorat.survey.design import SurveyError
from tests.methods.figures import DATA, assert_complete, reference

COVARIATES = ["age", "educ", "race", "married", "nodegree"]
WAVES = {"before": "re75", "after": "re78", "treatment": "treat"}
HELD = [
    "did2x2.cluster_id",
    "first_difference.HC1",
    "twoway_fe",
    "ancova.HC2",
    "lin_adjusted.HC2",
    "abadie2005_ipw_did",
    "drdid_hajek",
]


@pytest.fixture(scope="module")
def lalonde() -> pd.DataFrame:
    return pd.read_csv(DATA / "lalonde_matchit" / "data.csv")


@pytest.fixture(scope="module")
def stacked() -> pd.DataFrame:
    return pd.read_csv(DATA / "did_panel" / "two_waves.csv")


def figure(name: str) -> dict[str, float]:
    value = reference("did_panel")[name]
    return value if isinstance(value, dict) else {"est": value}


def test_every_figure_of_the_case_is_held() -> None:
    assert_complete("did_panel", HELD, {})


def assert_as_r(name: str, estimate: float, se: float, df: float) -> None:
    """Estimate and error; t and p with R's residual degrees of freedom, where ours are Satterthwaite's or G − 1."""
    expected = figure(name)
    t = estimate / se
    assert (estimate, se) == pytest.approx((expected["est"], expected["se"]), rel=1e-8)
    assert (t, 2 * stats.t.sf(abs(t), df)) == pytest.approx((expected["t"], expected["p"]), rel=1e-8)


def test_two_by_two_regression_on_both_waves_clustered_on_the_person(stacked: pd.DataFrame) -> None:
    x = np.column_stack([np.ones(len(stacked)), stacked["treat"], stacked["post"], stacked["treat"] * stacked["post"]])
    fit: RobustFit = cluster_robust(stacked["y"], x, stacked["id"], kind="CR1S")
    assert_as_r("did2x2.cluster_id", fit.coefficients[3], fit.standard_errors[3], len(x) - 4)


def test_first_difference(lalonde: pd.DataFrame) -> None:
    found = difference_in_differences(lalonde, **WAVES, kind="CR1S")
    assert_as_r("first_difference.HC1", found.estimate, found.se, len(lalonde) - 2)


def test_two_way_fixed_effects_are_the_first_difference(lalonde: pd.DataFrame) -> None:
    assert difference_in_differences(lalonde, **WAVES).estimate == pytest.approx(figure("twoway_fe")["est"], rel=1e-8)


@pytest.mark.parametrize(("name", "interacted", "k"), [("ancova.HC2", False, 3), ("lin_adjusted.HC2", True, 4)])
def test_ancova(lalonde: pd.DataFrame, name: str, interacted: bool, k: int) -> None:
    found = ancova(lalonde, **WAVES, interacted=interacted)
    assert_as_r(name, found.estimate, found.se, len(lalonde) - k)


def test_change_weighted_by_the_odds(lalonde: pd.DataFrame) -> None:
    found = weighted_did(lalonde, **WAVES, covariates=COVARIATES)
    assert found.estimate == pytest.approx(figure("abadie2005_ipw_did")["est"], rel=1e-8)


def test_doubly_robust(lalonde: pd.DataFrame) -> None:
    found = doubly_robust_did(lalonde, **WAVES, covariates=COVARIATES, form="traditional")
    assert found.estimate == pytest.approx(figure("drdid_hajek")["est"], rel=1e-8)


def test_the_improved_form_is_the_traditional_one_when_its_weights_balance(lalonde: pd.DataFrame) -> None:
    """With odds that balance x, the regression cancels out: the weighted change alone gives the effect."""
    found = doubly_robust_did(lalonde, **WAVES, covariates=COVARIATES)
    from mentorat.causal.balancing import entropy_balance

    x = pd.get_dummies(lalonde[COVARIATES], dtype=float)
    mask = lalonde["treat"] == 1
    weights = entropy_balance(x[mask], x[~mask]).weights
    change = lalonde["re78"] - lalonde["re75"]
    assert found.estimate == pytest.approx(change[mask].mean() - np.average(change[~mask], weights=weights), rel=1e-6)


def panel(seed: int, n: int = 400, effect: float = 2.0) -> pd.DataFrame:
    """Simulated: 40 clusters; the change depends on x, as mentoring does, so that the naive difference is wrong."""
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n), rng.normal(size=n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-(0.7 * x - 0.4 * z - 0.3)))
    grappe = rng.integers(0, 40, n)
    before = 10 + x + rng.normal(size=n)
    after = before + 1 + 1.5 * x + 0.5 * z + effect * mentored + rng.normal(size=n) + 0.5 * rng.normal(size=40)[grappe]
    return pd.DataFrame({"avant": before, "apres": after, "mentore": mentored, "x": x, "z": z, "grappe": grappe})


SIMULATED = {"before": "avant", "after": "apres", "treatment": "mentore"}


@pytest.mark.parametrize("form", ["improved", "traditional"])
def test_the_known_effect_is_covered_and_the_naive_difference_misses_it(form: str) -> None:
    found = [
        doubly_robust_did(panel(seed), **SIMULATED, covariates=["x", "z"], form=form, cluster="grappe")  # type: ignore[arg-type]
        for seed in range(120)
    ]
    covered = np.mean([one.low <= 2 <= one.high for one in found])
    spread = np.std([one.estimate for one in found])
    naive = difference_in_differences(panel(1), **SIMULATED, cluster="grappe")
    assert 0.89 <= covered <= 0.99
    assert np.mean([one.se for one in found]) == pytest.approx(spread, rel=0.15)
    assert naive.low > 2


def test_doubly_robust_when_the_odds_are_wrong_or_the_regression_is() -> None:
    """x enters only through its square: a regression on x is wrong, one on x² is right, and the reverse."""
    gaps = {"odds wrong": [], "both wrong": []}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=2000)
        data = pd.DataFrame({"x": x, "carre": x**2, "mentore": rng.random(2000) < 1 / (1 + np.exp(1.5 - x**2))})
        data = data.assign(avant=0.0, apres=1 + 2 * data["carre"] + data["mentore"] + rng.normal(size=2000))
        right = doubly_robust_did(data, **SIMULATED, covariates=["x", "carre"])
        gaps["odds wrong"].append(right.estimate - 1)
        gaps["both wrong"].append(doubly_robust_did(data, **SIMULATED, covariates=["x"]).estimate - 1)
    assert np.mean(gaps["odds wrong"]) == pytest.approx(0, abs=0.03)
    assert np.mean(gaps["both wrong"]) > 0.5


@pytest.mark.parametrize("function", [difference_in_differences, ancova, weighted_did, doubly_robust_did])
def test_order_labels_and_unit_change_nothing(function) -> None:  # type: ignore[no-untyped-def]
    more = {"covariates": ["x", "z"]} if function in (weighted_did, doubly_robust_did) else {}
    data = panel(3)
    first = function(data, **SIMULATED, **more, cluster="grappe")
    other = data.sample(frac=1, random_state=1).assign(grappe=lambda d: "g" + d["grappe"].astype(str))
    other[["avant", "apres"]] = 10 * other[["avant", "apres"]]
    second = function(other, **SIMULATED, **more, cluster="grappe")
    assert (second.estimate, second.se) == pytest.approx((10 * first.estimate, 10 * first.se), rel=1e-7)
    assert second.p == pytest.approx(first.p, rel=1e-6)


def test_a_wave_without_answer_is_counted_by_group() -> None:
    data = panel(4)
    data.loc[data.index[:7], "apres"] = np.nan
    found = difference_in_differences(data, **SIMULATED)
    assert found.missing_treated + found.missing_control == 7
    assert found.n_treated + found.n_control == 393
    assert "jeunes absents d’une vague (1 mentorés, 6 non-mentorés)" in " ".join(found.warnings)


def test_few_clusters_in_a_group_are_told() -> None:
    data = panel(5)
    data.loc[data["mentore"], "grappe"] = data["grappe"] % 3
    told = " ".join(difference_in_differences(data, **SIMULATED, cluster="grappe").warnings)
    assert "ne viennent que de 3 grappes" in told


def test_what_cannot_be_estimated_is_refused() -> None:
    data = panel(6)
    with pytest.raises(NotEstimable, match="Moins de 11 jeunes"):
        difference_in_differences(data[data["mentore"]].assign(mentore=True), **SIMULATED)
    with pytest.raises(NotEstimable, match="seule grappe"):
        difference_in_differences(data.assign(grappe=1), **SIMULATED, cluster="grappe")
    with pytest.raises(NotEstimable, match="Aucune réponse n'a changé"):
        difference_in_differences(data.assign(apres=data["avant"]), **SIMULATED)
    with pytest.raises(SurveyError, match="« vague2 » manque"):
        difference_in_differences(data, before="avant", after="vague2", treatment="mentore")
    with pytest.raises(SurveyError, match="qui est mentoré"):
        difference_in_differences(data.assign(mentore=2), **SIMULATED)
    with pytest.raises(SurveyError, match="n'a pas de solution finie"):  # the covariate tells who is mentored
        weighted_did(data.assign(x=data["mentore"] * 2.0 + data["x"] / 10), **SIMULATED, covariates=["x"])
    with pytest.raises(NotEstimable, match="ne se recouvrent pas"):
        doubly_robust_did(data.assign(x=data["mentore"] * 2.0), **SIMULATED, covariates=["x"])
