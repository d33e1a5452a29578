"""Means, totals, ratios, shares and their intervals beside R's survey 4.1.1, on its data `api`, id by id."""

import numpy as np
import pytest
from scipy import stats

from mentorat.survey.design import SurveyDesign
from mentorat.survey.estimators import survey_mean, survey_ratio, survey_share, survey_total
from mentorat.survey.quantiles import survey_quantile
from mentorat.survey.replicates import jackknife
from mentorat.survey.results import Estimate
from tests.methods.figures import assert_complete, cases, reference
from tests.methods.test_survey_design_reference import sample

HERE = [
    "*.svymean_deff",
    "*.svymean_api00",
    "*.deff_replace_api00",
    "*.svytotal_enroll",
    "*.svyratio",
    "*.svymean_factor",
    "*.svyby_stype_mean",
    "*.svyby_prop",
    "*.svyciprop_*",
    "*.svyquantile",
    "*.JK*",
]
DESIGN = ["*.degf", "lonely.*"]
"""Tested in test_survey_design_reference."""
MODELS = ["*.svychisq_*", "*.svyttest", "*.svyglm_*", "*.regTermTest_*"]
"""Tested in test_survey_models_reference."""
WEIGHTING = [
    "clus1.postStratify",
    "clus1.rake*",
    "clus1.calibrate_*",
    "strat.rake",
    "strat.calibrate_*",
    "strat.trimWeights",
]
"""Tested in test_weighting_reference."""
NOT_APPLICABLE = {"pop.enroll": "totals of the population that calibrations are given, not an estimate"}
TIGHT = 1e-8
LEVELS = ("stype", "sch.wide")


def asked(name: str):
    """The sample and design of a figure, and the figure."""
    return *sample(name.split(".", maxsplit=1)[0]), reference("survey_api")[name]


def pair(found: Estimate) -> tuple[float, float]:
    return found.estimate, found.se


def complete(frame, *names: str):
    """R drops a row that lacks one of the variables from all of them; each of ours is estimated on its own answers."""
    lacking = frame[list(names)].isna().any(axis=1)
    return frame.assign(**{name: frame[name].mask(lacking) for name in names})


@pytest.mark.parametrize("name", cases("survey_api", "*.svymean_deff"))
def test_means_and_design_effects_against_sampling_without_replacement(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_mean(design, complete(frame, *expected), list(expected), design_effect="sans_remise")
    for variable, figures in expected.items():
        one = found.one(variable=variable)
        assert (*pair(one), one.deff) == pytest.approx((figures["est"], figures["se"], figures["deff"]), rel=TIGHT)


@pytest.mark.parametrize("name", cases("survey_api", "*.svymean_api00"))
def test_intervals_of_a_mean_with_normal_and_student_quantiles(name: str) -> None:
    frame, design, expected = asked(name)
    normal = survey_mean(design, frame, "api00", df=np.inf, design_effect="sans_remise").one()
    student = survey_mean(design, frame, "api00").one()
    assert (normal.low, normal.high) == pytest.approx(tuple(expected["ci_z"]), rel=TIGHT)
    assert (student.low, student.high) == pytest.approx(tuple(expected["ci_t"]), rel=TIGHT)
    assert normal.deff == pytest.approx(expected["deff"], rel=TIGHT)


@pytest.mark.parametrize("name", cases("survey_api", "*.deff_replace_api00"))
def test_design_effect_against_sampling_with_replacement_and_the_size_it_leaves(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_mean(design, frame, "api00").one()
    assert found.deff == pytest.approx(expected, rel=TIGHT)
    assert found.ess == pytest.approx(design.n / expected, rel=TIGHT)


@pytest.mark.parametrize("name", cases("survey_api", "*.svytotal_enroll"))
def test_totals(name: str) -> None:
    frame, design, expected = asked(name)
    assert pair(survey_total(design, frame, "enroll").one()) == pytest.approx(
        (expected["est"], expected["se"]), rel=TIGHT
    )


@pytest.mark.parametrize("name", cases("survey_api", "*.svyratio"))
def test_ratios(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_ratio(design, frame, "api.stu", "enroll").one()
    assert pair(found) == pytest.approx((expected["est"], expected["se"]), rel=TIGHT)


@pytest.mark.parametrize("name", cases("survey_api", "*.svymean_factor"))
def test_the_share_of_every_level_of_a_category(name: str) -> None:
    frame, design, expected = asked(name)
    for variable in LEVELS:
        table = survey_share(design, frame, variable).table
        for level, share, se in zip(table["modalite"], table["estimate"], table["se"], strict=True):
            figures = expected[f"{variable}{level}"]
            # The share of a stratum is known: R gives 0, we leave a rounding of 1e-17.
            assert (share, se) == pytest.approx((figures["est"], figures["se"]), rel=TIGHT, abs=1e-12)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyby_stype_mean"))
def test_means_by_domain(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_mean(design, frame, "api00", by="stype")
    for domain, figures in expected.items():
        assert pair(found.one(stype=domain)) == pytest.approx((figures["est"], figures["se"]), rel=TIGHT)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyby_prop"))
def test_shares_by_domain(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_share(design, frame, "sch.wide", by="comp.imp")
    for domain, figures in expected.items():
        one = found.one(**{"comp.imp": domain, "modalite": "Yes"})
        assert pair(one) == pytest.approx((figures["est"], figures["se"]), rel=TIGHT, abs=1e-12)


@pytest.mark.parametrize(
    "name", cases("survey_api", *(f"*.svyciprop_{kind}" for kind in ("logit", "xlogit", "beta", "mean", "likelihood")))
)
def test_intervals_of_a_share(name: str) -> None:
    frame, design, expected = asked(name)
    kind = name.rpartition("_")[2]
    found = survey_share(design, frame.assign(no=frame["sch.wide"] == "No"), "no", interval=kind).one()
    # R's logit stands behind glm's default epsilon; its likelihood bounds are read off a spline of ten points.
    tolerance = {"logit": {"rel": 1e-5}, "likelihood": {"abs": 5e-5, "rel": 0}}.get(kind, {"rel": TIGHT})
    assert found.estimate == pytest.approx(expected["est"], **tolerance)
    assert (found.low, found.high) == pytest.approx(tuple(expected["ci"]), **tolerance)


def wilson_by_hand(design: SurveyDesign, p: float, se: float, df: float) -> tuple[float, float]:
    """Roots in q of (p − q)² = t² q(1 − q)/n*."""
    t2n = stats.t.ppf(0.975, df) ** 2 / (p * (1 - p) / se**2)
    roots = np.roots([1 + t2n, -(2 * p + t2n), p**2])
    return min(roots), max(roots)


@pytest.mark.parametrize("name", cases("survey_api", "*.degf"))
def test_wilson_on_the_effective_size_solves_its_equation(name: str) -> None:
    frame, design, df = asked(name)
    found = survey_share(design, frame.assign(no=frame["sch.wide"] == "No"), "no", interval="wilson").one()
    assert (found.low, found.high) == pytest.approx(wilson_by_hand(design, found.estimate, found.se, df), rel=1e-10)


@pytest.mark.parametrize("name", cases("survey_api", "*.svyquantile"))
def test_quantiles_with_woodruff_intervals(name: str) -> None:
    frame, design, expected = asked(name)
    found = survey_quantile(design, frame, "api00", [float(p) for p in expected])
    for p, figures in expected.items():
        one = found.one(quantile=float(p))
        assert (one.estimate, one.low, one.high, one.se) == pytest.approx(
            (figures["quantile"], figures["ci.2.5"], figures["ci.97.5"], figures["se"]), rel=TIGHT
        )


@pytest.mark.parametrize("name", cases("survey_api", "*.JK*"))
def test_jackknife_replicates(name: str) -> None:
    frame, design, expected = asked(name)
    y = frame["api00"].to_numpy(dtype=float)
    replicates = jackknife(design, centre="moyenne")
    found = replicates.estimate(lambda w: np.average(y, weights=w))
    assert replicates.kind == name.split(".")[1]
    assert (found.estimate[0], found.se[0]) == pytest.approx((expected["est"], expected["se"]), rel=TIGHT)


def test_every_figure_of_the_case_is_tested_or_excused() -> None:
    assert_complete("survey_api", [*HERE, *DESIGN, *MODELS, *WEIGHTING], NOT_APPLICABLE)
