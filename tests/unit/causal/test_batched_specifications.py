"""Many treatments at once are each of them, by the plain estimators."""

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.batched_specifications import WEIGHTED, Specification, _solved, weighted_fits
from mentorat.causal.estimators import Sample, estimate
from mentorat.causal.outcomes import outcome_effect

COVARIATES = ["age", "lieu"]


@pytest.fixture(scope="module")
def sample() -> Sample:
    rng = np.random.default_rng(3)
    n = 700
    age, place = rng.normal(14, 2, n), rng.choice(["a", "b", "c"], n)
    frame = pd.DataFrame({"age": age, "lieu": place, "grappe": rng.integers(0, 60, n)})
    frame["mentore"] = rng.random(n) < 1 / (1 + np.exp(-0.3 * (age - 14) - 0.5 * (place == "b")))
    frame["note"] = 0.2 * age + (place == "b") + 0.3 * frame["mentore"] + rng.normal(0, 1, n)
    return Sample.of(frame, "note", "mentore", COVARIATES, "grappe")


@pytest.fixture(scope="module")
def specification(sample: Sample) -> Specification:
    return Specification.of(sample.encoded.columns.to_numpy(float), sample.frame["grappe"].to_numpy())


def treatments(sample: Sample, draws: int = 6) -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.stack([sample.treated, *(rng.permutation(sample.treated) for _ in range(draws))])


@pytest.mark.parametrize("estimator", WEIGHTED)
def test_each_treatment_has_the_estimate_and_the_cr1_error_of_the_estimator(
    sample: Sample, specification: Specification, estimator: str
) -> None:
    drawn = treatments(sample)
    found = weighted_fits(specification, sample.y, drawn, estimator)
    for rank, treated in enumerate(drawn):
        one = Sample.of(sample.frame.assign(mentore=treated), "note", "mentore", COVARIATES, "grappe")
        wanted = estimate(one, estimator)
        weights = None if wanted.design is None else wanted.design.weights
        cr1 = outcome_effect(
            one.frame,
            "note",
            "mentore",
            () if estimator == "naif" else COVARIATES,
            weights=weights,
            cluster="grappe",
            variance="CR1",
        )
        assert found.estimates[rank] == pytest.approx(wanted.estimate, rel=1e-6, abs=1e-9)
        assert found.errors[rank] == pytest.approx(cr1.standard_error, rel=1e-6)
        assert found.p[rank] == pytest.approx(cr1.p, rel=1e-5)
        assert [one[rank] for one in found.interval()] == pytest.approx([cr1.low, cr1.high], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("estimator", WEIGHTED)
def test_how_many_treatments_are_given_changes_nothing(
    sample: Sample, specification: Specification, estimator: str
) -> None:
    drawn = treatments(sample)
    together = weighted_fits(specification, sample.y, drawn, estimator)
    alone = [weighted_fits(specification, sample.y, one[None, :], estimator) for one in drawn]
    assert together.estimates == pytest.approx([one.estimates[0] for one in alone], rel=1e-9, abs=1e-12)
    assert together.p == pytest.approx([one.p[0] for one in alone], rel=1e-7)


def test_without_covariates_every_estimator_is_the_difference_of_means(sample: Sample) -> None:
    alone = Specification.of(np.empty((len(sample.y), 0)), sample.frame["grappe"].to_numpy())
    gap = sample.y[sample.treated].mean() - sample.y[~sample.treated].mean()
    for estimator in WEIGHTED:
        assert weighted_fits(alone, sample.y, sample.treated[None, :], estimator).estimates[0] == pytest.approx(gap)


@pytest.mark.parametrize("estimator", ["entropie", "score_ipw", "recouvrement"])
def test_a_treatment_without_overlap_is_not_estimated_and_stops_no_other(sample: Sample, estimator: str) -> None:
    # the third covariate tells exactly who has the second treatment
    apart = sample.frame["age"].to_numpy() > 14
    columns = np.column_stack([sample.encoded.columns.to_numpy(float), apart.astype(float)])
    given = Specification.of(columns, sample.frame["grappe"].to_numpy())
    found = weighted_fits(given, sample.y, np.stack([sample.treated, apart]), estimator)
    assert np.isfinite(found.estimates[0])
    assert np.isnan(found.estimates[1])


def test_what_is_too_thin_is_not_estimated(sample: Sample, specification: Specification) -> None:
    few = np.zeros(len(sample.y), dtype=bool)
    few[:5] = True
    assert np.isnan(weighted_fits(specification, sample.y, few[None, :], "regression").estimates).all()
    constant = weighted_fits(specification, np.ones(len(sample.y)), sample.treated[None, :], "regression")
    assert np.isnan(constant.estimates).all()
    three = np.isin(sample.frame["grappe"].to_numpy(), [1, 2, 3])
    assert np.isnan(weighted_fits(specification, sample.y, three[None, :], "regression").estimates).all()


def test_a_treatment_with_a_singular_system_stops_no_other() -> None:
    """When one control holds all the weight, second derivatives are nought: a ridge in proportion to them is too."""
    curve = np.stack([np.zeros((2, 2)), np.array([[2.0, 0.0], [0.0, 4.0]]), np.full((2, 2), np.nan)])
    steps = _solved(curve, np.array([[1.0, 1.0], [2.0, 4.0], [1.0, 1.0]]))
    np.testing.assert_allclose(steps, [[0.0, 0.0], [1.0, 1.0], [np.nan, np.nan]])


def test_means_within_reach_one_by_one_but_not_together_are_not_estimated_by_entropy() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, (306, 5))
    age = np.r_[np.full(106, 17.0), np.full(200, 12.0)]
    age[100:106] = 18.0
    x[:100, 0] += 1.5  # the few controls who are old enough cannot have this mean too
    columns, y = np.column_stack([x, age]), rng.normal(size=306)
    treated = np.stack([np.arange(306) < 100, rng.random(306) < 0.4])
    frame = pd.DataFrame(columns).add_prefix("x")
    with pytest.raises(NotEstimable, match="à la fois"):
        entropy_balance(frame[treated[0]], frame[~treated[0]])
    found = weighted_fits(Specification.of(columns, np.arange(306) % 60), y, treated, "entropie")
    assert np.isfinite(found.estimates).tolist() == [False, True]


@pytest.mark.parametrize("estimator", ["entropie", "score_ipw", "recouvrement"])
def test_a_treatment_that_runs_away_to_infinity_stops_no_other(estimator: str) -> None:
    # few young people, far apart: the fit of the first treatment has no curvature left, or is a limit never reached
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 3))
    apart = x[:, 0] > np.sort(x[:, 0])[30]
    x[apart, 0] += 40
    drawn = np.stack([apart, rng.permutation(apart)])
    found = weighted_fits(Specification.of(x, np.arange(60) % 12), rng.normal(size=60), drawn, estimator)
    assert np.isfinite(found.estimates).tolist() == [False, True]
