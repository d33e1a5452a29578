"""The curve of a survey and its joint test, on simulated respondents; its size is in benchmarks/taille_courbe.py."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.estimators import Sample, estimate
from mentorat.causal.plan import CurveGrid
from mentorat.causal.specification_curve import covariate_sets
from mentorat.causal.survey_curve import POSITIVE, SurveyCurve, joint_test, survey_curve
from mentorat.survey.design import SurveyError

COVARIATES = ("age", "lieu", "filleul")
ESTIMATORS = ("regression", "entropie")


def grid(**changed: Any) -> CurveGrid:
    return CurveGrid(
        **{
            "toujours": ("age",),
            "au_choix": {"lieu": ("lieu",), "filleul": ("filleul",)},
            "estimateurs": ESTIMATORS,
            "codages": (POSITIVE,),
            "populations": ("tous", "sans_filleul"),
            "permutations": 99,
            **changed,
        }
    )


def survey(effect: float, clusters: int = 60, seed: int = 3, n: int = 360) -> Sample:
    """Respondents selected on age and place, alike inside structures that hold both groups."""
    rng = np.random.default_rng(seed)
    age, structure = rng.normal(15, 1.5, n), rng.integers(0, clusters, n)
    place = rng.choice(["famille", "foyer", "lieu_de_vie"], n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.5 * (age - 15) - 0.6 * (place == "famille")))
    note = effect * mentored + 0.4 * (age - 15) + 0.5 * rng.normal(size=clusters)[structure] + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "note": note,
            "mentore": mentored,
            "age": age,
            "lieu": place,
            "filleul": rng.random(n) < 0.3,
            "grappe": structure,
        }
    )
    return Sample.of(frame, "note", "mentore", COVARIATES, "grappe")


def curve(sample: Sample, given: CurveGrid | None = None, **told: Any) -> SurveyCurve:
    return survey_curve(
        sample, {POSITIVE: sample.y}, given or grid(), "CR2", **({"sign": 0.0, "seed": 1, "draws": 0} | told)
    )


def test_the_grid_is_every_combination_and_its_summary_counts_signs_and_intervals() -> None:
    found = curve(survey(0.8))
    rows = pd.DataFrame(found.rows)
    assert (found.specifications, found.estimated, len(rows)) == (16, 16, 16)
    assert not rows.duplicated(["covariables", "estimateur", "population", "codage"]).any()
    assert found.median == pytest.approx(rows["estimation"].median())
    assert found.share_same_sign == (rows["estimation"] > 0).mean() == 1
    assert found.share_excluding_zero == (rows["ic_bas"] > 0).mean()
    assert curve(survey(0.8), sign=-1.0).share_same_sign == 0


@pytest.mark.parametrize(("clusters", "intervals"), [(60, "CR1"), (20, "CR2")])
def test_every_specification_is_what_its_estimator_gives(clusters: int, intervals: str) -> None:
    sample = survey(0.5, clusters)
    rows = pd.DataFrame(curve(sample).rows)
    for covariates, names in covariate_sets(("age",), grid().au_choix).items():
        for population, kept in {"tous": slice(None), "sans_filleul": ~sample.frame["filleul"].to_numpy()}.items():
            one = Sample.of(sample.frame.loc[kept], "note", "mentore", names, "grappe")
            shown = rows[(rows["covariables"] == covariates) & (rows["population"] == population)]
            expected = [estimate(one, name) for name in ESTIMATORS]
            assert sorted(shown["estimation"]) == pytest.approx(sorted(each.estimate for each in expected), rel=1e-7)
            if intervals == "CR2":
                ends = [(each.low, each.high, each.p) for each in sorted(expected, key=lambda each: each.estimate)]
                found = shown.sort_values("estimation")[["ic_bas", "ic_haut", "p"]].to_numpy()
                assert found == pytest.approx(np.array(ends), rel=1e-6)


@pytest.mark.parametrize("clusters", [60, 20])
@pytest.mark.parametrize(("effect", "rejects"), [(0.8, True), (0.0, False)])
def test_an_effect_is_seen_by_the_whole_curve_and_nothing_is_when_there_is_none(
    clusters: int, effect: float, rejects: bool
) -> None:
    found = curve(survey(effect, clusters), draws=99)
    assert (found.p_median < 0.05) == rejects
    assert (found.p_share < 0.05) == rejects
    assert found.draws == 99
    assert any("99 permutations seulement" in one.replace("\u00a0", " ") for one in found.warnings)


def test_without_permutations_there_is_no_joint_test() -> None:
    found = curve(survey(0.5))
    assert np.isnan(found.p_median) and found.draws == 0 and found.warnings == ()


def test_what_cannot_be_estimated_keeps_its_row_and_its_reason() -> None:
    sample = survey(0.5)
    # nobody is mentored among those without « filleul »
    frame = sample.frame.assign(filleul=sample.frame["filleul"] | sample.treated)
    found = curve(Sample.of(frame, "note", "mentore", COVARIATES, "grappe"), draws=19)
    rows = pd.DataFrame(found.rows)
    lost = rows[rows["population"] == "sans_filleul"]
    assert (lost["statut"] == "non_estime").all() and lost["rang"].isna().all() and (lost["motif"] != "").all()
    assert any("non estimées, avec leur motif" in one for one in found.warnings)


def test_an_unknown_population_is_refused() -> None:
    with pytest.raises(SurveyError, match="population"):
        curve(survey(0.5), grid(populations=("sans_lieu",)))


def test_the_order_of_rows_does_not_change_the_curve() -> None:
    sample = survey(0.5)
    shuffled = Sample.of(sample.frame.sample(frac=1, random_state=1), "note", "mentore", COVARIATES, "grappe")
    pd.testing.assert_frame_equal(
        pd.DataFrame(curve(sample).rows), pd.DataFrame(curve(shuffled).rows), check_exact=False, rtol=1e-6
    )


def test_under_the_null_the_joint_p_value_is_spread_out() -> None:
    """A small draw of what the benchmark measures: selection on x, permutations by the true score, no effect."""
    rng = np.random.default_rng(9)
    n, cluster, found = 80, np.repeat(np.arange(10), 8), []
    plain = grid(toujours=("x",), au_choix={}, estimateurs=("regression",), populations=("tous",))
    for seed in range(100):
        x, shared = rng.normal(size=n), 0.5 * rng.normal(size=10)[cluster]
        treated = rng.random(n) < 1 / (1 + np.exp(-0.7 * x))
        frame = pd.DataFrame({"y": x + shared + rng.normal(size=n), "mentore": treated, "x": x, "grappe": cluster})
        sample = Sample.of(frame, "y", "mentore", ("x",), "grappe")
        one = joint_test(sample, sample.y, plain, seed=seed, draws=19, odds=np.exp(0.7 * x))
        found.append((one.p_median, one.p_share))
    median, share = np.array(found).T
    assert 0.4 < median.mean() < 0.65
    assert (median <= 0.05).mean() <= 0.12
    assert (share <= 0.05).mean() <= 0.12
