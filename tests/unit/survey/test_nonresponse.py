"""Non-response: what groups and logit give back of a population that does not answer alike."""

import numpy as np
import pandas as pd
import pytest

from mentorat.survey.design import SurveyError, survey_design
from mentorat.survey.nonresponse import NonResponse, response_groups, response_logit, response_score_groups
from mentorat.survey.weighting import rake, trim_weights


@pytest.fixture
def drawn() -> pd.DataFrame:
    """Young people drawn, who answer the less the older they are; the outcome hangs on age too."""
    rng = np.random.default_rng(3)
    n = 2_000
    age, lieu = rng.integers(11, 18, n), rng.choice(["aemo", "etablissement", "tiers"], n, p=[0.5, 0.45, 0.05])
    rate = 0.9 - 0.08 * (age - 11) - 0.1 * (lieu == "etablissement")
    return pd.DataFrame(
        {
            "age": age,
            "tranche": np.where(age < 14, "11-13", "14-17"),
            "lieu": lieu,
            "poids": rng.uniform(2, 4, n),
            "repondu": rng.random(n) < rate,
            "heures": 5 + 2.0 * age + rng.normal(0, 3, n),
        }
    )


def mean(found: NonResponse, drawn: pd.DataFrame) -> float:
    return float(found.weights @ drawn["heures"] / found.weights.sum())


def test_each_group_keeps_its_weight_and_divides_by_its_rate(drawn: pd.DataFrame) -> None:
    found = response_groups(drawn, "repondu", ["tranche"], weights="poids")
    for rank, (level, group) in enumerate(drawn.groupby("tranche")):
        answered = group["repondu"]
        rate = group["poids"][answered].sum() / group["poids"].sum()
        row = found.groups.iloc[rank]
        assert (row["groupe"], row["n"], row["repondants"]) == (level, len(group), answered.sum())
        assert row["taux"] == pytest.approx(rate)
        assert found.weights[group.index] == pytest.approx(np.where(answered, group["poids"] / rate, 0))
    assert found.weights.sum() == pytest.approx(drawn["poids"].sum())


def test_every_way_takes_back_most_of_the_bias(drawn: pd.DataFrame) -> None:
    truth = float(np.average(drawn["heures"], weights=drawn["poids"]))
    mask = drawn["repondu"]
    naive = float(np.average(drawn["heures"][mask], weights=drawn["poids"][mask]))
    assert abs(naive - truth) > 0.6
    for found in (
        response_groups(drawn, "repondu", ["age", "lieu"], weights="poids"),
        response_score_groups(drawn, "repondu", ["age", "lieu"], weights="poids", groups=8),
        response_logit(drawn, "repondu", ["age", "lieu"], weights="poids"),
    ):
        assert abs(mean(found, drawn) - truth) < 0.25 * abs(naive - truth)


def test_the_logit_is_that_of_statsmodels(drawn: pd.DataFrame) -> None:
    from statsmodels.discrete.discrete_model import Logit

    found = response_logit(drawn, "repondu", ["age", "lieu"])
    x = np.column_stack([np.ones(len(drawn)), drawn["age"], drawn["lieu"] == "etablissement", drawn["lieu"] == "tiers"])
    expected = Logit(drawn["repondu"].astype(float), x.astype(float)).fit(disp=0, tol=1e-12).predict()
    assert found.rates == pytest.approx(np.asarray(expected), rel=1e-8)


def test_a_small_group_joins_the_one_whose_rate_is_nearest() -> None:
    answers = {"a": (100, 50), "b": (100, 80), "c": (10, 8)}
    drawn = pd.concat(
        [pd.DataFrame({"lieu": lieu, "repondu": np.arange(n) < kept}) for lieu, (n, kept) in answers.items()],
        ignore_index=True,
    )
    found = response_groups(drawn, "repondu", ["lieu"], minimum=20)
    assert list(found.groups["groupe"]) == ["a", "b + c"]
    assert list(found.groups["taux"]) == pytest.approx([0.5, 0.8])
    assert found.step.warnings[0].startswith("1 groupe trop petit réuni")


def test_a_group_nobody_answered_in_is_spoken_for_by_another() -> None:
    drawn = pd.DataFrame({"lieu": ["a"] * 30 + ["b"] * 3, "repondu": [True] * 25 + [False] * 8})
    found = response_groups(drawn, "repondu", ["lieu"], minimum=0, lowest_rate=0)
    assert found.weights.sum() == pytest.approx(33)
    with pytest.raises(SurveyError, match="« lieu = b » n'a aucun répondant"):
        response_logit(drawn, "repondu", ["lieu"])


def test_a_missing_value_is_a_level_of_its_own() -> None:
    drawn = pd.DataFrame({"lieu": ["a"] * 40 + [None] * 40, "repondu": [True, False] * 40})
    found = response_groups(drawn, "repondu", ["lieu"])
    assert list(found.groups["groupe"]) == ["a", "inconnu"]


def test_order_of_rows_and_scale_of_weights_change_nothing(drawn: pd.DataFrame) -> None:
    for way in (response_groups, response_score_groups, response_logit):
        found = way(drawn, "repondu", ["age", "lieu"], weights="poids").weights
        turned = way(drawn.iloc[::-1].assign(poids=10 * drawn["poids"]), "repondu", ["age", "lieu"], weights="poids")
        assert turned.weights[::-1] == pytest.approx(10 * found, rel=1e-9)


def test_the_steps_go_from_the_drawing_to_the_trimmed_weights(drawn: pd.DataFrame) -> None:
    corrected = response_groups(drawn, "repondu", ["tranche", "lieu"], weights="poids")
    answers = drawn[corrected.respondents]
    margins = {"tranche": {"11-13": 2_700.0, "14-17": 3_400.0}}
    raked = rake(answers, margins, weights=corrected.step.weights)
    trimmed = trim_weights(raked.weights, high=12)
    design = survey_design(answers, weights="poids")
    for step in (corrected.step, raked, trimmed):
        design = step.apply_to(design)
    assert design.weights.sum() == pytest.approx(6_100)
    assert len(design.calibrations) == 1
    assert "tenus pour connus" in corrected.step.warnings[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"repondu": False}, "Personne n'a répondu"),
        ({"repondu": "oui"}, "par oui ou non"),
        ({"repondu": None}, "par oui ou non"),
        ({"poids": 0.0}, "poids"),
        ({"poids": "3"}, "texte"),
    ],
)
def test_what_cannot_be_corrected_is_refused(drawn: pd.DataFrame, change: dict[str, object], said: str) -> None:
    with pytest.raises(SurveyError, match=said):
        response_groups(drawn.assign(**change), "repondu", ["lieu"], weights="poids")


def test_a_column_that_is_not_there_is_named(drawn: pd.DataFrame) -> None:
    for way in (response_groups, response_score_groups, response_logit):
        with pytest.raises(SurveyError, match="« region » manque"):
            way(drawn, "repondu", ["region"])
