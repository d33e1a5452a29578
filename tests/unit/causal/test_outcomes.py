from typing import Any

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.balancing import NotEstimable, entropy_balance
from mentorat.causal.estimators import Sample, estimate
from mentorat.causal.ordinal_outcome import ordinal_outcome
from mentorat.causal.outcomes import OutcomeEffect, outcome_effect
from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.ordinal import survey_ordinal


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = 400
    frame = pd.DataFrame({"age": rng.normal(15, 2, n), "grappe": rng.integers(0, 24, n)})
    frame["sexe"] = np.where(rng.random(n) < 0.5, "f", "g")
    frame["mentore"] = rng.random(n) < 1 / (1 + np.exp(-0.3 * (frame["age"] - 15)))
    score = -0.3 + 0.2 * (frame["age"] - 15) + 0.6 * frame["mentore"] + rng.normal(0, 0.3, 24)[frame["grappe"]]
    frame["reponse"] = (rng.random(n) < 1 / (1 + np.exp(-score))) * 1.0
    return frame


def effect(frame: pd.DataFrame, *covariates: str, **choices: Any) -> OutcomeEffect:
    return outcome_effect(frame, "reponse", "mentore", covariates, **{"cluster": "grappe", **choices})


@pytest.fixture(scope="module")
def scale(survey: pd.DataFrame) -> pd.DataFrame:
    """The same young people, who answer from 1 to 4."""
    rng = np.random.default_rng(7)
    leaning = 0.2 * (survey["age"] - 15) + 0.6 * survey["mentore"] + rng.normal(0, 0.3, 24)[survey["grappe"]]
    heard = leaning + rng.logistic(size=len(survey))
    return survey.assign(reponse=1.0 + np.searchsorted([-1.2, 0.0, 1.2], heard))


def shares(frame: pd.DataFrame, weights: np.ndarray | None = None) -> tuple[float, float]:
    w = np.ones(len(frame)) if weights is None else weights
    return tuple(  # type: ignore[return-value]
        float(np.average(frame["reponse"][mask], weights=w[mask])) for mask in (frame["mentore"], ~frame["mentore"])
    )


@pytest.mark.parametrize("model", ["linear", "logit"])
def test_without_covariates_the_effect_is_that_of_the_weighted_shares(survey: pd.DataFrame, model: str) -> None:
    weights = np.random.default_rng(1).uniform(0.5, 2, len(survey))
    one, other = shares(survey, weights)
    difference = effect(survey, weights=weights, model=model)
    assert difference.estimate == pytest.approx(one - other)
    assert (difference.mean_treated, difference.mean_untreated) == pytest.approx((one, other))
    ratio = effect(survey, weights=weights, model=model, measure="ratio")
    assert ratio.estimate == pytest.approx(one / other)
    assert ratio.low < ratio.estimate < ratio.high
    assert np.log(ratio.high / ratio.estimate) == pytest.approx(np.log(ratio.estimate / ratio.low))


def test_a_logit_and_least_squares_agree_on_errors_when_there_is_only_the_arm(survey: pd.DataFrame) -> None:
    # Two shares and nothing else: both models are the same two means (CR0 has no working model to differ by).
    linear, logit = (effect(survey, model=model, variance="CR0") for model in ("linear", "logit"))
    assert logit.standard_error == pytest.approx(linear.standard_error, rel=1e-9)


def test_entropy_weights_and_least_squares_are_the_primary_estimator(survey: pd.DataFrame) -> None:
    wanted = estimate(Sample.of(survey, "reponse", "mentore", ["age", "sexe"], "grappe"), "entropie").effect
    mask = survey["mentore"].to_numpy()
    x = pd.DataFrame({"age": survey["age"], "f": survey["sexe"] == "f"}).astype(float)
    weights = np.ones(len(survey))
    weights[~mask] = entropy_balance(x[mask], x[~mask]).weights
    found = effect(survey, "age", "sexe", weights=weights)
    told = ("estimate", "standard_error", "low", "high", "degrees_of_freedom", "p", "clusters")
    assert [getattr(found, name) for name in told] == pytest.approx([getattr(wanted, name) for name in told], rel=1e-6)
    assert found.ess_control == pytest.approx(wanted.ess_control)


def test_g_computation_averages_over_the_treated_or_over_everybody(survey: pd.DataFrame) -> None:
    """With a slope an arm, the means without a mentor are those of the controls' own regression."""
    mask = survey["mentore"].to_numpy()
    x = np.column_stack([np.ones(len(survey)), survey["age"]])
    slopes = [np.linalg.lstsq(x[arm], survey["reponse"][arm], rcond=None)[0] for arm in (mask, ~mask)]
    for target, rows in (("treated", mask), ("weighted", np.ones(len(survey), dtype=bool))):
        found = effect(survey, "age", interactions=True, target=target)
        assert found.estimate == pytest.approx(float((x[rows] @ (slopes[0] - slopes[1])).mean()))


def test_rows_that_weigh_nothing_are_as_if_absent(survey: pd.DataFrame) -> None:
    kept = (survey["age"] > 13).to_numpy()
    zeroed, absent = effect(survey, "age", weights=kept * 1.0), effect(survey[kept], "age")
    assert (zeroed.estimate, zeroed.standard_error) == pytest.approx((absent.estimate, absent.standard_error))
    assert (zeroed.left_out, zeroed.n_treated) == (int((~kept).sum()), absent.n_treated)


def test_a_scale_of_two_answers_is_a_logit(survey: pd.DataFrame) -> None:
    told = ("estimate", "standard_error", "degrees_of_freedom", "low", "p", "mean_untreated")
    for variance in ("CR0", "CR1", "CR2", "CR3"):
        logit, ordinal = (
            effect(survey, "age", "sexe", model=model, variance=variance) for model in ("logit", "ordinal")
        )
        assert [getattr(ordinal, name) for name in told] == pytest.approx([getattr(logit, name) for name in told])
    assert ordinal.diagnostics is not None
    assert ordinal.diagnostics.by_cluster["n"].sum() == len(survey)


def test_the_mean_score_adds_up_the_chances_to_answer_more(scale: pd.DataFrame) -> None:
    score = effect(scale, "age", model="ordinal")
    above = [effect(scale, "age", model="ordinal", positive=range(code, 5)) for code in (2, 3, 4)]
    assert score.estimate == pytest.approx(sum(one.estimate for one in above))
    assert score.mean_treated == pytest.approx(1 + sum(one.mean_treated for one in above))
    assert "parts de réponses positives" in above[0].estimand
    fewer = effect(scale, "age", model="ordinal", positive=[1])
    assert fewer.estimate == pytest.approx(-above[0].estimate)
    assert fewer.standard_error == pytest.approx(above[0].standard_error)


def test_a_scale_read_in_the_other_direction_has_the_opposite_effect(scale: pd.DataFrame) -> None:
    one, other = (
        effect(scale.assign(reponse=answers), "age", model="ordinal")
        for answers in (scale["reponse"], 5 - scale["reponse"])
    )
    assert (other.estimate, other.standard_error) == pytest.approx((-one.estimate, one.standard_error))


def test_errors_of_a_scale_approach_those_of_the_survey_model() -> None:
    # those use the information observed rather than expected: alike in large samples
    rng = np.random.default_rng(1)
    n = 5_000
    frame = pd.DataFrame({"age": rng.normal(size=n), "grappe": rng.integers(0, 300, n)})
    frame["mentore"], frame["poids"] = (rng.random(n) < 0.4) * 1.0, rng.uniform(0.5, 2, n)
    heard = 0.4 * frame["age"] + 0.5 * frame["mentore"] + rng.logistic(size=n)
    frame["reponse"] = np.searchsorted([-1, 0, 1.5], heard) + 1.0
    model = survey_ordinal(
        survey_design(frame, weights="poids", clusters="grappe"), frame, "reponse", ["mentore", "age"]
    )
    found = ordinal_outcome(
        frame["reponse"].to_numpy(),
        frame[["mentore", "age"]].to_numpy(),
        frame["grappe"].to_numpy(),
        frame["poids"].to_numpy(),
        "CR1",
        outcome="reponse",
    )
    assert found.fit.coefficients == pytest.approx(model.coefficients, rel=1e-8)
    assert found.fit.standard_errors == pytest.approx(np.sqrt(np.diagonal(model.covariance)), rel=1e-2)


def test_what_is_not_a_scale_is_refused(survey: pd.DataFrame, scale: pd.DataFrame) -> None:
    with pytest.raises(SurveyError, match="pas une échelle"):
        effect(survey.assign(reponse=survey["age"]), model="ordinal")
    for positive in ([9], [1, 2, 3, 4]):
        with pytest.raises(SurveyError, match="une partie de l'échelle"):
            effect(scale, model="ordinal", positive=positive)
    with pytest.raises(SurveyError, match="qu'au modèle ordinal"):
        effect(survey, positive=[1])
    with pytest.raises(NotEstimable, match="n'a pas de solution"):
        effect(scale.assign(reponse=scale["reponse"].where(~scale["mentore"], 4.0)), model="ordinal")


@pytest.mark.parametrize("model", ["linear", "logit", "ordinal"])
def test_row_order_names_and_scale_of_weights_do_not_matter(survey: pd.DataFrame, model: str) -> None:
    weighted = survey.assign(poids=np.linspace(0.5, 2, len(survey)))
    other = weighted.sample(frac=1, random_state=0).assign(grappe=lambda d: "s" + d["grappe"].astype(str))
    plain = effect(weighted, "age", weights=weighted["poids"], model=model)
    again = effect(other, "age", weights=9 * other["poids"], model=model)
    assert (again.estimate, again.low, again.high) == pytest.approx((plain.estimate, plain.low, plain.high))


def test_the_chosen_variance_is_named_and_its_faults_are_told(survey: pd.DataFrame) -> None:
    wild = effect(survey, "age", variance="wild", draws=499)
    assert "bootstrap sauvage" in wild.method
    assert wild.low < wild.estimate < wild.high
    assert effect(survey, variance="CR2").warnings == ()
    assert any("ignorent" in told for told in effect(survey, variance="classical").warnings)
    assert any("24 grappes" in told for told in effect(survey, variance="CR1S").warnings)
    with pytest.raises(SurveyError, match="modèle linéaire"):
        effect(survey, variance="wild", model="logit")


def test_missing_answers_are_counted_by_arm_and_told(survey: pd.DataFrame) -> None:
    holes = survey.assign(reponse=survey["reponse"].where(survey.index >= 40))
    found = effect(holes, weights=np.ones(len(survey)))
    treated = int(survey["mentore"][:40].sum())
    assert (found.missing_treated, found.missing_control) == (treated, 40 - treated)
    assert "40 réponses manquent" in found.warnings[0]


def test_an_arm_worth_few_people_is_fragile_then_refused(survey: pd.DataFrame) -> None:
    controls = np.flatnonzero(~survey["mentore"])
    weights = np.where(survey["mentore"], 1.0, 1e-4)
    weights[controls[:20]] = 1.0
    assert any("fragile" in told for told in effect(survey, weights=weights).warnings)
    weights[controls[5:20]] = 1e-4
    with pytest.raises(NotEstimable, match="équivalent de 5"):
        effect(survey, weights=weights)


def test_answers_alike_in_one_arm_are_told_by_least_squares_and_refused_by_a_logit(survey: pd.DataFrame) -> None:
    alike = survey.assign(reponse=survey["reponse"].where(~survey["mentore"], 1.0))
    assert any("même réponse" in told for told in effect(alike).warnings)
    with pytest.raises(NotEstimable, match="logit n'a pas de solution"):
        effect(alike, model="logit")
    with pytest.raises(NotEstimable, match="pas d'écart"):
        effect(survey.assign(reponse=1.0))


@pytest.mark.parametrize("mentored", [True, False])
def test_there_is_no_ratio_of_a_mean_to_none(survey: pd.DataFrame, mentored: bool) -> None:
    nobody = survey.assign(reponse=survey["reponse"].where(survey["mentore"] != mentored, 0))
    with pytest.raises(SurveyError, match="rapport"):
        effect(nobody, "age", "sexe", measure="ratio")


def test_groups_that_each_have_one_answer_have_no_error_and_no_effect(survey: pd.DataFrame) -> None:
    with pytest.raises(NotEstimable, match="incertitude ne se mesure pas"):
        effect(survey.assign(reponse=survey["mentore"].astype(float)), "age")


def test_what_cannot_carry_a_comparison_is_refused(survey: pd.DataFrame) -> None:
    with pytest.raises(NotEstimable, match="3 grappe"):
        effect(survey[~survey["mentore"] | (survey["grappe"] < 3)])
    with pytest.raises(NotEstimable, match="Moins de 11"):
        effect(survey[~survey["mentore"] | (survey.index < 12)])
    with pytest.raises(SurveyError, match="« rien »"):
        outcome_effect(survey, "rien", "mentore")
    with pytest.raises(SurveyError, match="vrai ou faux"):
        outcome_effect(survey, "reponse", "age")
    with pytest.raises(SurveyError, match="texte"):
        outcome_effect(survey, "sexe", "mentore")
    with pytest.raises(SurveyError, match="jamais négatifs"):
        effect(survey, weights=-np.ones(len(survey)))
    with pytest.raises(SurveyError, match="grappe est vide"):
        effect(survey.assign(grappe=survey["grappe"].where(survey.index > 3)))
    with pytest.raises(SurveyError, match="autres valeurs que 0 et 1"):
        effect(survey.assign(reponse=2 * survey["reponse"]), model="logit")
    with pytest.raises(SurveyError, match="rapport n'est pas défini"):
        effect(survey.assign(reponse=survey["reponse"] - 2), measure="ratio")


def test_the_true_effect_on_the_treated_is_covered() -> None:
    from benchmarks.couverture_grappes import draw

    rng, held = np.random.default_rng(12), 0
    for _ in range(40):
        frame, truth = draw(rng, 600, 0.5)
        found = outcome_effect(frame, "reponse", "mentore", ["age", "redoublement"], cluster="structure", model="logit")
        held += found.low <= truth <= found.high
    assert held >= 34


def test_the_true_effect_on_a_scale_is_covered() -> None:
    from benchmarks.couverture_grappes import draw_scale

    rng, held = np.random.default_rng(13), 0
    for _ in range(40):
        frame, truth = draw_scale(rng, 600, 0.5)
        found = outcome_effect(
            frame,
            "reponse",
            "mentore",
            ["age", "redoublement"],
            cluster="structure",
            model="ordinal",
            positive=[3, 4],
        )
        held += found.low <= truth <= found.high
    assert held >= 34
