"""Recovery under clusters, seeded and small: what the benchmark `couverture_modeles` measures over 2 000 draws."""

import numpy as np
import pytest

from benchmarks.couverture_modeles import NULL, SLOPES, covered, draw, rejections
from mentorat.survey.design import survey_design
from mentorat.survey.ordinal import survey_ordinal
from mentorat.survey.regression import survey_logistic

DRAWS = 60


def test_tests_that_know_the_clusters_keep_their_size() -> None:
    rng = np.random.default_rng(7)
    sizes = dict(zip(NULL, np.mean([rejections(draw(rng)) for _ in range(DRAWS)], axis=0), strict=True))
    # nominal 5 %: 14 % lies three standard errors above
    assert sizes["Rao-Scott F"] <= 0.14
    assert sizes["t du plan"] <= 0.14
    assert sizes["t sans grappes"] >= sizes["t du plan"]


def test_slopes_are_recovered_and_their_intervals_cover_the_truth() -> None:
    rng = np.random.default_rng(8)
    slopes, held = [], []
    for _ in range(DRAWS):
        frame = draw(rng)
        design = survey_design(frame, weights="poids", clusters="grappe")
        fits = survey_logistic(design, frame, "oui", list(SLOPES)), survey_ordinal(design, frame, "avis", list(SLOPES))
        slopes.append([fit.coefficients[fit.names.index(name)] for fit in fits for name in SLOPES])
        held += [inside for fit in fits for inside in covered(fit)]
    expected = np.tile(list(SLOPES.values()), 2)
    spread = np.std(slopes, axis=0) / np.sqrt(DRAWS)
    assert (np.abs(np.mean(slopes, axis=0) - expected) < 3.5 * spread).all()
    # 240 intervals, four a sample: 90 % lies more than three standard errors below 95 %
    assert np.mean(held) == pytest.approx(0.95, abs=0.05)
