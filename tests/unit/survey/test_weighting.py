"""Weights: closed forms, invariances, what is refused and how it is told."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.couverture_calage import coverage
from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.replicates import jackknife
from mentorat.survey.weighting import calibrate, on_replicates, post_stratify, rake, steps_table, trim_weights

SEXE, AGE = {"F": 300.0, "G": 500.0}, {"11-13": 350.0, "14-15": 200.0, "16-17": 250.0}
MARGINS: dict[Any, Any] = {"sexe": SEXE, "age": AGE}
METHODS: list[dict[str, Any]] = [
    {},
    {"distance": "raking_ratio"},
    {"distance": "logit", "bounds": (0.3, 3)},
    {"bounds": (0.6, 1.6)},
    {"distance": "raking_ratio", "bounds": (0.6, 1.6)},
]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "sexe": rng.choice(["F", "G"], 200),
            "age": rng.choice(list(AGE), 200),
            "annees": rng.gamma(2, 2, 200).round(1),
            "poids": rng.uniform(2, 6, 200),
            "grappe": np.repeat(np.arange(40), 5),
        }
    )


def test_post_stratification_multiplies_each_level_by_one_ratio(frame: pd.DataFrame) -> None:
    found = post_stratify(frame, "sexe", SEXE, weights="poids")
    for level, people in SEXE.items():
        inside = (frame["sexe"] == level).to_numpy()
        assert found.factors[inside] == pytest.approx(people / frame["poids"][inside].sum())


def test_post_stratification_is_the_calibration_on_its_levels(frame: pd.DataFrame) -> None:
    first, second = post_stratify(frame, "age", AGE, weights="poids"), calibrate(frame, {"age": AGE}, weights="poids")
    assert first.weights == pytest.approx(second.weights, rel=1e-10)


def test_linear_calibration_is_the_closed_form_of_generalised_regression(frame: pd.DataFrame) -> None:
    found = calibrate(frame, {"sexe": SEXE, "annees": 3300.0}, weights="poids")
    x = np.column_stack([frame["sexe"] == "F", frame["sexe"] == "G", frame["annees"]]).astype(float)
    d = frame["poids"].to_numpy()
    multipliers = np.linalg.solve((x * d[:, None]).T @ x, np.array([300.0, 500.0, 3300.0]) - d @ x)
    assert found.factors == pytest.approx(1 + x @ multipliers, rel=1e-10)
    assert found.iterations == 1


def test_raking_is_the_raking_ratio_calibration(frame: pd.DataFrame) -> None:
    first = rake(frame, MARGINS, weights="poids", tolerance=1e-13)
    second = calibrate(frame, MARGINS, weights="poids", distance="raking_ratio", tolerance=1e-12)
    assert first.weights == pytest.approx(second.weights, rel=1e-9)
    drawn = survey_design(frame, weights="poids", clusters="grappe")
    years = frame["annees"].to_numpy()
    assert first.apply_to(drawn).covariance(years) == pytest.approx(second.apply_to(drawn).covariance(years), rel=1e-8)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_margins_of_both_kinds_are_met_within_the_bounds(frame: pd.DataFrame, method: dict[str, Any]) -> None:
    found = calibrate(frame, {**MARGINS, "annees": 3200.0}, weights="poids", **method)
    assert found.margins["apres"].to_numpy() == pytest.approx(found.margins["cible"].to_numpy(), rel=1e-8)
    low, high = method.get("bounds", (-np.inf, np.inf))
    assert low - 1e-12 <= found.range[0] <= found.range[1] <= high + 1e-12
    if method:
        assert found.range[0] > 0
    assert not found.warnings


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_margins_that_some_weights_within_the_bounds_meet_are_met(method: dict[str, Any]) -> None:
    low, high = method.get("bounds", (0.3, 3))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(40, 300))
        frame = pd.DataFrame({"a": rng.integers(0, 4, n), "b": rng.integers(0, 6, n), "x": rng.lognormal(0, 1, n)})
        before = rng.uniform(1, 20, n)
        # Close to the bounds on all rows: the hardest margins that can still be met.
        reached = before * np.where(rng.random(n) < 0.5, low + 0.02, high - 0.05)
        margins = {name: pd.Series(reached).groupby(frame[name]).sum() for name in ("a", "b")}
        found = calibrate(frame, {**margins, "x": float(reached @ frame["x"])}, weights=before, **method).margins
        assert found["apres"].to_numpy() == pytest.approx(found["cible"].to_numpy(), rel=1e-7)


def test_a_calibrated_total_does_not_vary(frame: pd.DataFrame) -> None:
    step = calibrate(frame, {**MARGINS, "annees": 3200.0}, weights="poids", distance="raking_ratio")
    design = step.apply_to(survey_design(frame, weights="poids", clusters="grappe"))
    girls = (frame["sexe"] == "F").to_numpy(dtype=float)
    known = np.column_stack([girls, frame["annees"]])
    assert np.abs(design.covariance(known)).max() < 1e-12 * design.weights.sum() ** 2


def test_replicates_that_rake_again_have_the_linearised_error(frame: pd.DataFrame) -> None:
    drawn = survey_design(frame, weights="poids", clusters="grappe")
    years = frame["annees"].to_numpy()
    again = on_replicates(frame, lambda rows, w: rake(rows, MARGINS, weights=w))
    found = jackknife(drawn, reweight=again).estimate(lambda w: float(w @ years))
    design = rake(frame, MARGINS, weights="poids").apply_to(drawn)
    assert found.estimate[0] == pytest.approx(design.weights @ years)
    assert found.se[0] == pytest.approx(np.sqrt(design.covariance(years)[0, 0]), rel=0.08)


def test_of_two_calibrations_the_last_is_the_one_that_holds(frame: pd.DataFrame) -> None:
    drawn = survey_design(frame, weights="poids", clusters="grappe")
    first = post_stratify(frame, "sexe", SEXE, weights="poids")
    second = post_stratify(frame, "age", AGE, weights=first.weights)
    design = second.apply_to(first.apply_to(drawn))
    girls, young = ((frame[name] == level).to_numpy(dtype=float) for name, level in (("sexe", "F"), ("age", "11-13")))
    assert design.covariance(young)[0, 0] == pytest.approx(0, abs=1e-12)
    assert design.covariance(girls)[0, 0] > 1


@pytest.mark.parametrize("way", ["raking", *range(len(METHODS))])
def test_order_of_rows_labels_and_scale_change_nothing(frame: pd.DataFrame, way: str | int) -> None:
    def weigh(rows: pd.DataFrame, margins: dict[Any, Any]) -> np.ndarray:
        if isinstance(way, str):
            return rake(rows, margins, weights="poids").weights
        return calibrate(rows, margins, weights="poids", **METHODS[way]).weights

    expected = weigh(frame, MARGINS)
    turned = frame.iloc[::-1]
    assert weigh(turned, MARGINS)[::-1] == pytest.approx(expected, rel=1e-9)
    renamed = frame.assign(sexe=frame["sexe"].map({"F": 2, "G": 1}).astype("category"))
    assert weigh(renamed, {"age": AGE, "sexe": {1: 500.0, 2: 300.0}}) == pytest.approx(expected, rel=1e-8)
    thousand = {name: {level: 1000 * n for level, n in margin.items()} for name, margin in MARGINS.items()}
    assert weigh(frame.assign(poids=1000 * frame["poids"]), thousand) == pytest.approx(1000 * expected, rel=1e-8)


def test_shares_of_a_population_are_its_counts(frame: pd.DataFrame) -> None:
    shares = {name: {level: n / 800 for level, n in margin.items()} for name, margin in MARGINS.items()}
    found = rake(frame, shares, weights="poids", population=800)
    assert found.weights == pytest.approx(rake(frame, MARGINS, weights="poids").weights, rel=1e-10)


def test_crossed_levels_are_one_margin(frame: pd.DataFrame) -> None:
    crossed = {("F", a): 1.5 * n / 4 for a, n in AGE.items()} | {("G", a): 2.5 * n / 4 for a, n in AGE.items()}
    found = calibrate(frame, {("sexe", "age"): pd.Series(crossed), "annees": 3200.0}, weights="poids")
    together = frame.assign(poids=found.weights).groupby(["sexe", "age"])["poids"].sum()
    assert {key: float(n) for key, n in together.items()} == pytest.approx(crossed)
    assert list(found.margins["variable"].unique()) == ["sexe × age", "annees"]


def test_a_table_of_levels_far_larger_than_the_sample_gives_the_same_cells(frame: pd.DataFrame) -> None:
    numbered = frame.assign(**{f"v{k}": np.arange(200) + k / 7 for k in range(9)})
    totals = {f"v{k}": float(frame["poids"] @ numbered[f"v{k}"]) for k in range(9)}
    found = calibrate(numbered, {"sexe": frame.groupby("sexe")["poids"].sum(), **totals}, weights="poids")
    assert found.factors == pytest.approx(np.ones(200), abs=1e-7)


def test_the_table_of_margins_tells_before_and_after(frame: pd.DataFrame) -> None:
    found = rake(frame, MARGINS, weights="poids").margins
    first = found.iloc[0]
    inside = frame["sexe"] == "F"
    assert (first["variable"], first["modalite"], first["n"], first["cible"]) == ("sexe", "F", inside.sum(), 300)
    assert first["avant"] == pytest.approx(frame["poids"][inside].sum())
    assert first["ecart_avant_pct"] == pytest.approx(100 * (first["avant"] / 300 - 1))
    assert found["ecart_apres_pct"].abs().max() < 1e-6


def test_steps_follow_one_another_and_are_told_in_one_table(frame: pd.DataFrame) -> None:
    first = rake(frame, MARGINS, weights="poids")
    second = trim_weights(first.weights, high=1.4 * float(first.weights.mean()))
    found = steps_table([("calage", first), ("troncature", second)])
    assert list(found["etape"]) == ["calage", "troncature"]
    assert list(found["somme"]) == pytest.approx([800, 800])
    assert found["ess"].is_monotonic_increasing
    assert second.warnings
    drawn = survey_design(frame, weights="poids")
    assert second.apply_to(first.apply_to(drawn)).weights == pytest.approx(second.weights)
    with pytest.raises(SurveyError, match="dans leur ordre"):
        second.apply_to(drawn)


def test_trimming_keeps_the_sum_and_the_bounds() -> None:
    found = trim_weights([1.0, 2, 3, 30, 4], low=2, high=15).weights
    assert found.sum() == pytest.approx(40)
    assert 2 <= found.min() <= found.max() <= 15
    once = trim_weights([1.0, 2, 3, 30, 4], low=2, high=15, until_none=False).weights
    assert once == pytest.approx([2, 2 + 14 / 3, 3 + 14 / 3, 15, 4 + 14 / 3])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sexe": {"F": 300, "G": 510}, "age": AGE}, "même total : « sexe » fait 810,0, « age » fait 800,0"),
        ({"sexe": {"F": 300, "G": 490, "X": 10}, "age": AGE}, "« sexe = X » n'a aucun répondant"),
        ({"sexe": {"G": 800}, "age": AGE}, "« sexe = F » est dans l'échantillon mais n'a pas de marge"),
        ({"sexe": {"F": 0, "G": 800}, "age": AGE}, "« sexe = F » a des répondants mais une population nulle"),
        ({"sexe": {"F": -1, "G": 801}, "age": AGE}, "« sexe = F » a un effectif négatif"),
        ({"sexe": {"F": "trois", "G": 500}}, "« sexe = F » n'a pas d'effectif"),
        ({"region": {"84": 800}}, "« region » manque"),
        ({"trou": {"a": 800}}, "« trou » est vide sur 3 ligne"),
        ({"sexe": 800.0}, "« sexe » est un total, mais la colonne contient du texte"),
        ({}, "au moins une variable"),
    ],
)
def test_margins_that_cannot_be_are_refused_by_name(frame: pd.DataFrame, change: dict[Any, Any], said: str) -> None:
    frame["trou"] = np.where(np.arange(200) < 3, None, "a")
    for weigh in (rake, calibrate):
        with pytest.raises(SurveyError, match=re.escape(said)):
            weigh(frame, change, weights="poids")


def test_shares_that_do_not_make_one_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(SurveyError, match="font 0,9000 et non 1"):
        rake(frame, {"sexe": {"F": 0.4, "G": 0.5}}, population=800)


@pytest.mark.parametrize("weights", [np.zeros(200), np.full(200, -1.0), np.full(200, np.nan), np.ones(3), ["a"] * 200])
def test_weights_that_are_not_positive_numbers_are_refused(frame: pd.DataFrame, weights: Any) -> None:
    with pytest.raises(SurveyError, match="poids"):
        rake(frame, MARGINS, weights=weights)


def test_margins_out_of_reach_name_the_level_and_the_bound_that_would_do(frame: pd.DataFrame) -> None:
    low = {"sexe": {"F": 100.0, "G": 700.0}, "age": AGE}
    with pytest.raises(
        SurveyError, match=r"entre 0,20 et 1,20 .*« .+ » \(cible .*borne haute d'au moins ([\d,]+)"
    ) as told:
        calibrate(frame, low, weights="poids", distance="logit", bounds=(0.2, 1.2))
    needed = re.search(r"d'au moins ([\d,]+)", str(told.value))
    assert needed
    bound = float(needed[1].replace(",", ".")) + 0.01
    found = calibrate(frame, low, weights="poids", bounds=(0.2, bound))
    assert found.range[1] <= bound
    with pytest.raises(SurveyError, match="borne basse sous 0,80"):
        calibrate(frame, low, weights="poids", distance="logit", bounds=(0.8, 1.2))


def test_margins_that_contradict_each_other_are_refused() -> None:
    frame = pd.DataFrame({"sexe": list("FFGG"), "lieu": list("aaab")})
    impossible = {"sexe": {"F": 50, "G": 50}, "lieu": {"a": 30, "b": 70}}
    for weigh in (
        lambda: rake(frame, impossible),
        lambda: calibrate(frame, impossible, distance="raking_ratio"),
    ):
        with pytest.raises(SurveyError, match=r"Aucune pondération ne tient toutes les marges"):
            weigh()
    assert calibrate(frame, impossible).warnings[0].startswith("1 répondant(s) reçoivent un poids nul ou négatif")


def test_a_linear_system_without_solution_is_refused(frame: pd.DataFrame) -> None:
    frame["deux"] = 2.0
    with pytest.raises(SurveyError, match="il manque au mieux 100,0 pour « deux »"):
        calibrate(frame, {"sexe": SEXE, "deux": 1_700.0}, weights="poids")
    assert calibrate(frame, {"sexe": SEXE, "deux": 1_600.0}, weights="poids").weights.sum() == pytest.approx(800)


def test_bounds_must_hold_one_and_logit_must_have_them(frame: pd.DataFrame) -> None:
    with pytest.raises(SurveyError, match="encadrer 1"):
        calibrate(frame, MARGINS, bounds=(1.2, 3))
    with pytest.raises(SurveyError, match="demande des bornes"):
        calibrate(frame, MARGINS, distance="logit")


def test_a_numeric_margin_is_not_for_raking(frame: pd.DataFrame) -> None:
    with pytest.raises(SurveyError, match="ne connaît que des modalités"):
        rake(frame, {"annees": 3000.0})


def test_bounds_that_cannot_keep_the_sum_are_refused() -> None:
    with pytest.raises(SurveyError, match="élargissez"):
        trim_weights([1.0, 5], low=0, high=2)


def test_intervals_of_calibrated_totals_cover_the_truth_on_a_small_draw() -> None:
    found = coverage(60, seed=7, only=("raking", "calage logit"))
    assert found["couverture"].min() > 0.88
    assert found["erreur_sur_dispersion"].between(0.8, 1.25).all()
