import datetime

import numpy as np
import pandas as pd
import pytest

from mentorat.causal.estimators import Estimated, Sample, estimate
from mentorat.causal.finding import finding
from mentorat.causal.placebo import Placebo, run_placebo
from mentorat.errors import MentoratError
from mentorat.survey.results import Estimate

BEFORE = Placebo("resultat", "avant", "note d'avant", "elle a été donnée avant le mentorat")


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    n = 800
    age, hidden = rng.normal(size=n), rng.normal(size=n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.8 * age))
    return pd.DataFrame(
        {
            "age": age,
            "mentore": mentored,
            "biaise": rng.random(n) < 1 / (1 + np.exp(-0.8 * age - 1.2 * hidden)),
            "grappe": rng.integers(0, 60, n),
            "avant": 0.5 * age + hidden + rng.normal(size=n),
        }
    )


def estimator(frame: pd.DataFrame, placebo: Placebo) -> Estimated:
    return estimate(Sample.of(frame, placebo.outcome, "mentore", ["age"], "grappe"), "entropie")


def test_without_hidden_confounding_the_placebo_reassures_only_when_it_is_precise(frame: pd.DataFrame) -> None:
    found = run_placebo(frame, BEFORE, estimator, margin=1.0)
    assert found.verdict == "rassure"
    assert found.finding is not None
    assert found.finding.n == 800
    assert "n’exclut pas toutes les autres" in found.sentence
    wide = run_placebo(frame, BEFORE, estimator, margin=0.05)
    assert wide.verdict == "muet"
    assert "ne permet pas de conclure" in wide.sentence


def test_a_hidden_cause_of_treatment_and_outcome_is_seen(frame: pd.DataFrame) -> None:
    found = run_placebo(frame.assign(mentore=frame["biaise"]), BEFORE, estimator, margin=1.0)
    assert found.verdict == "alerte"
    assert "ne peut pas être lu comme tel" in found.sentence


def test_a_refusal_is_a_result_with_its_reason(frame: pd.DataFrame) -> None:
    found = run_placebo(frame.assign(avant=1.0), BEFORE, estimator, margin=1.0)
    assert (found.verdict, found.finding) == ("non_estime", None)
    assert "même réponse" in found.sentence


def test_a_placebo_date_comes_before_the_true_one(frame: pd.DataFrame) -> None:
    one, other = datetime.date(2023, 1, 1), datetime.date(2024, 1, 1)
    good = Placebo("date", "avant", "note", "le mentorat n'avait pas commencé", one, other)
    assert "1er" in run_placebo(frame, good, estimator, margin=1.0).sentence
    for dates in ((other, one), (None, one)):
        with pytest.raises(MentoratError, match="antérieure"):
            run_placebo(frame, Placebo("date", "avant", "note", "raison", *dates), estimator, margin=1.0)


@pytest.mark.parametrize(
    ("placebo", "margin", "said"),
    [
        (Placebo("resultat", "absente", "note", "raison"), 1.0, "absente"),
        (Placebo("temoin", "avant", "note", " "), 1.0, "raison"),
        (BEFORE, 0.0, "marge"),
    ],
)
def test_a_placebo_badly_declared_is_refused(frame: pd.DataFrame, placebo: Placebo, margin: float, said: str) -> None:
    with pytest.raises(MentoratError, match=said):
        run_placebo(frame, placebo, estimator, margin=margin)


def test_an_estimate_without_figures_is_never_read() -> None:
    class Hole:
        estimate, low, high, p = float("nan"), 0.0, 1.0, 0.5

    with pytest.raises(ValueError, match="not an estimate"):
        finding(Hole())
    with pytest.raises(AttributeError):
        finding(Estimate(1.0, 1.0, 0.0, 2.0, 10, 20, 5))  # type: ignore[arg-type]  # has no p-value
