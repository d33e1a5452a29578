"""The curve and its joint test; the recovery of its size over 2 000 draws is in benchmarks/taille_courbe.py."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.estimators import Sample, estimate
from mentorat.causal.finding import Finding
from mentorat.causal.linear_specifications import (
    DIMENSIONS,
    LinearSample,
    linear_sample,
    run_linear,
    run_linear_draws,
)
from mentorat.causal.permutations import permutations
from mentorat.causal.specification_curve import (
    Draws,
    Grid,
    covariate_sets,
    joint_statistics,
    one_by_one,
    specification_curve,
)
from mentorat.errors import MentoratError

COVARIATES = ["age", "lieu", "filleul"]
GRID = Grid(
    {
        "covariables": covariate_sets(["age"], {"lieu": ["lieu"], "filleul": ["filleul"]}),
        "ponderation": {"sans poids": "aucune", "entropie": "entropie"},
        "modele": {"écart": "difference", "régression": "regression"},
        "regle": {"tous": "tous", "moins de 16 ans": "moins de 16 ans"},
        "variance": {"CR1": "CR1", "CR2": "CR2"},
    },
    excluded=[({"ponderation": "sans poids", "modele": "écart"}, "l'écart brut n'est pas une comparaison ajustée")],
)
PRIMARY = {
    "covariables": "toutes",
    "ponderation": "entropie",
    "modele": "régression",
    "regle": "tous",
    "variance": "CR2",
}
LIGHT = {"ponderation": "sans poids", "variance": "CR1"}


def survey(effect: float, seed: int = 3, n: int = 300) -> pd.DataFrame:
    """Simulated respondents, selected on age and place, alike inside structures."""
    rng = np.random.default_rng(seed)
    age, structure = rng.normal(15, 1.5, n), rng.integers(0, 40, n)
    place = rng.choice(["famille", "foyer", "lieu_de_vie"], n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.5 * (age - 15) - 0.6 * (place == "famille")))
    note = effect * mentored + 0.4 * (age - 15) + 0.5 * rng.normal(size=40)[structure] + rng.normal(size=n)
    return pd.DataFrame(
        {
            "note": pd.Series(note).mask(rng.random(n) < 0.03),
            "mentore": mentored,
            "age": age,
            "lieu": place,
            "filleul": rng.random(n) < 0.3,
            "grappe": structure,
        }
    )


def sample(frame: pd.DataFrame) -> LinearSample:
    rules = {"moins de 16 ans": (frame["age"] < 16).to_numpy()}
    return linear_sample(frame, "note", "mentore", COVARIATES, "grappe", rules=rules)


def permuted(data: LinearSample, draws: int = 99) -> np.ndarray:
    return permutations(data.treated, draws, seed=1, within=data.cluster).treatments


class Fake:
    """An estimator that gives what its choices say; refuses on « impossible »."""

    def __call__(self, data: Any, choices: Mapping[str, Any], treated: np.ndarray | None = None) -> Finding:
        value = choices["valeur"]
        if value is None:
            raise NotEstimable("Trop peu de jeunes.")
        shift = 0.0 if treated is None else float(treated.mean())
        return Finding(value + shift, value - 1, value + 1 + shift, 0.04, n=10, clusters=3)


def fake_grid(**values: float | None) -> Grid:
    return Grid({"choix": {"un": 1}, "valeur": values})


def test_the_grid_is_every_admissible_combination_in_the_order_declared() -> None:
    found = GRID.specifications()
    assert len(found) == 4 * 3 * 2 * 2
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert found[0].labels == ("toutes", "sans poids", "régression", "tous", "CR1")
    assert tuple(GRID.dimensions) == DIMENSIONS


def test_sets_of_covariates_say_what_they_leave_out() -> None:
    found = covariate_sets(["age"], {"lieu": ["lieu", "region"], "classe": ["classe"]})
    assert found == {
        "toutes": ("age", "lieu", "region", "classe"),
        "sans classe": ("age", "lieu", "region"),
        "sans lieu": ("age", "classe"),
        "sans lieu, classe": ("age",),
    }


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Grid({}),
        lambda: Grid({"vide": {}}),
        lambda: Grid({"p": {"a": 1}}),
        lambda: Grid({"choix": {"a": 1}}, excluded=[({"choix": "b"}, "raison")]),
        lambda: Grid({"choix": {"a": 1}}, excluded=[({"choix": "a"}, "raison")]).specifications(),
    ],
)
def test_a_grid_badly_declared_is_refused(bad: Any) -> None:
    with pytest.raises(MentoratError, match="grille"):
        bad()


def test_the_summary_counts_signs_and_intervals_among_what_is_estimated() -> None:
    found = specification_curve(None, fake_grid(a=2.0, b=0.5, c=-0.2, d=None), Fake(), workers=1)
    assert found.table["statut"].tolist() == ["estime"] * 3 + ["non_estime"]
    assert found.table["motif"].iloc[3] == "Trop peu de jeunes."
    assert (found.estimated, found.median, found.low, found.high) == (3, 0.5, -0.2, 2.0)
    assert found.share_same_sign == pytest.approx(2 / 3)
    assert found.share_excluding_zero == pytest.approx(1 / 3)
    assert "1 spécification(s) non estimée(s)" in found.warnings[0].replace("\u202f", " ").replace("\u00a0", " ")
    assert "Sur 4 façons" in found.sentence.replace("\u00a0", " ")


def test_the_sign_compared_is_that_of_the_primary_specification() -> None:
    grid = fake_grid(a=2.0, b=0.5, c=-0.2)
    found = specification_curve(None, grid, Fake(), reference={"choix": "un", "valeur": "c"}, workers=1)
    assert found.reference == 3
    assert found.share_same_sign == pytest.approx(1 / 3)
    with pytest.raises(MentoratError, match="principale"):
        specification_curve(None, grid, Fake(), reference={"valeur": "c"}, workers=1)


def test_a_grid_that_estimates_nothing_is_refused() -> None:
    with pytest.raises(NotEstimable, match="Aucune spécification"):
        specification_curve(None, fake_grid(a=None), Fake(), workers=1)


def test_the_statistics_are_those_of_the_definition() -> None:
    estimates = np.array([[1.0, -2.0, 3.0, np.nan], [-1.0, -1.0, 0.5, -4.0]])
    p = np.array([[0.01, 0.5, 0.2, np.nan], [0.01, 0.04, 0.03, 0.6]])
    found = joint_statistics(estimates, p)
    assert found["mediane"].tolist() == [1.0, 1.0]
    assert found["part_meme_signe"] == pytest.approx([2 / 3, 3 / 4])
    assert found["part_significative"] == pytest.approx([1 / 3, 2 / 4])
    assert found["z_moyen"][0] == pytest.approx((2.5758293 - 0.6744898 + 1.2815516) / 3)


def test_all_covariates_balanced_and_adjusted_is_the_primary_estimator() -> None:
    frame = survey(0.5)
    expected = estimate(Sample.of(frame, "note", "mentore", COVARIATES, "grappe"), "entropie")
    choices = {"covariables": COVARIATES, "ponderation": "entropie", "modele": "regression", "regle": "tous"}
    found = run_linear(sample(frame), choices | {"variance": "CR2"})
    assert (found.estimate, found.se, found.low, found.p) == pytest.approx(
        (expected.estimate, expected.se, expected.low, expected.p), rel=1e-8
    )
    assert (found.n, found.clusters) == (expected.n, expected.clusters)


@pytest.mark.parametrize("rule", ["tous", "moins de 16 ans"])
@pytest.mark.parametrize(
    ("weighting", "model"), [("aucune", "regression"), ("entropie", "regression"), ("entropie", "difference")]
)
def test_all_draws_at_once_are_each_of_them(rule: str, weighting: str, model: str) -> None:
    data = sample(survey(0.5))
    choices = {
        "covariables": COVARIATES,
        "ponderation": weighting,
        "modele": model,
        "regle": rule,
        "variance": "CR1",
    }
    treatments = permuted(data, 20)
    one, other = run_linear_draws(data, choices, treatments), one_by_one(data, choices, run_linear, treatments)
    assert one.estimates == pytest.approx(other.estimates, rel=1e-9)
    assert one.p == pytest.approx(other.p, rel=1e-7)


def test_a_draw_that_cannot_be_estimated_is_missing_both_ways() -> None:
    data = sample(survey(0.5))
    choices = {"covariables": ["age"], "ponderation": "aucune", "modele": "regression", "regle": "tous"}
    few = np.zeros((2, len(data.y)), dtype=bool)
    few[0, :5] = True
    few[1] = data.columns[:, 0] > 13  # the treated are all older than the others: nothing balances them
    weighted = choices | {"ponderation": "entropie"}
    for found in (
        run_linear_draws(data, choices | {"variance": "CR1"}, few[:1]),
        run_linear_draws(data, choices | {"variance": "CR2"}, few[:1]),
        run_linear_draws(data, weighted | {"variance": "CR1"}, few),
        run_linear_draws(data, weighted | {"variance": "CR2"}, few),
    ):
        assert np.isnan(found.estimates).all()
        assert np.isnan(found.p).all()


def test_the_number_of_processes_and_the_order_of_rows_do_not_change_the_curve() -> None:
    frame = survey(0.5)
    grid = Grid({**GRID.dimensions, "regle": {"tous": "tous"}, "variance": {"CR1": "CR1"}})
    one = specification_curve(sample(frame), grid, run_linear, workers=1)
    two = specification_curve(sample(frame), grid, run_linear, workers=2)
    pd.testing.assert_frame_equal(one.table, two.table)
    shuffled = specification_curve(sample(frame.sample(frac=1, random_state=1)), grid, run_linear, workers=1)
    pd.testing.assert_frame_equal(one.table, shuffled.table, rtol=1e-6)


def test_the_primary_specification_is_in_the_grid() -> None:
    found = specification_curve(sample(survey(0.5)), GRID, run_linear, reference=PRIMARY, workers=1)
    assert found.reference is not None
    row = found.table.set_index("specification").loc[found.reference]
    assert row[list(PRIMARY)].to_dict() == PRIMARY


def test_an_effect_is_seen_by_the_whole_curve_and_nothing_is_when_there_is_none() -> None:
    for effect, rejects in ((0.8, True), (0.0, False)):
        data = sample(survey(effect))
        found = specification_curve(
            data, GRID, run_linear, permuted=permuted(data), joint_only=LIGHT, many=run_linear_draws, workers=1
        )
        assert found.joint is not None
        assert found.joint.specifications == 8
        assert (found.joint.p_values["mediane"] < 0.05) == rejects
        assert (found.joint.p_values["z_moyen"] < 0.05) == rejects
        assert ("rare" in found.sentence) == rejects
        assert any("99 permutations" in one.replace("\u202f", " ").replace("\u00a0", " ") for one in found.warnings)


def test_the_joint_p_value_counts_ties_and_what_was_seen() -> None:
    def many(data: Any, choices: Mapping[str, Any], treatments: np.ndarray) -> Draws:
        return Draws(np.array([2.0, -3.0, 1.0, np.nan]), np.array([0.04, 0.5, 0.5, np.nan]))

    found = specification_curve(
        None, fake_grid(a=2.0), Fake(), permuted=np.ones((4, 3), dtype=bool), many=many, workers=1
    )
    assert found.joint is not None
    assert found.joint.p_values["mediane"] == pytest.approx(3 / 5)
    assert found.joint.lost == 1
    assert any("n’ont pas abouti" in one for one in found.warnings)


def test_a_joint_test_on_nothing_is_refused() -> None:
    with pytest.raises(MentoratError, match="test conjoint"):
        specification_curve(None, fake_grid(a=2.0), Fake(), joint_only={"valeur": "z"}, workers=1)


def test_a_respondent_without_cluster_is_refused() -> None:
    frame = survey(0.0)
    with pytest.raises(MentoratError, match="grappe"):
        sample(frame.assign(grappe=frame["grappe"].where(frame.index > 0)))


def test_under_the_null_the_joint_p_value_is_spread_out() -> None:
    """A small draw of what the benchmark measures: selection on x, permutations by the true score, no effect."""
    rng = np.random.default_rng(9)
    n, cluster, found = 80, np.repeat(np.arange(10), 8), []
    choices = {"covariables": ["x"], "ponderation": "aucune", "modele": "regression", "regle": "tous"}
    for seed in range(100):
        x, shared = rng.normal(size=n), 0.5 * rng.normal(size=10)[cluster]
        treated = rng.random(n) < 1 / (1 + np.exp(-0.7 * x))
        rules = {"tous": np.ones(n, dtype=bool)}
        y = x + shared + rng.normal(size=n)
        data = LinearSample(y, treated, cluster, x[:, None], {"x": (0,)}, rules, 0)
        drawn = permutations(treated, 19, seed=seed, within=cluster, odds=np.exp(0.7 * x)).treatments
        estimates = run_linear_draws(data, choices | {"variance": "CR1"}, np.vstack([treated, drawn])).estimates
        median = joint_statistics(estimates[:, None], np.ones((20, 1)))["mediane"]
        found.append((median >= median[0]).mean())
    assert 0.4 < np.mean(found) < 0.65
    assert np.mean(np.array(found) <= 0.05) <= 0.12
