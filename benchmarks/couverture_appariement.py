"""Designs on 2 000 simulated samples with a known effect: bias, spread, and coverage where the design has an error.

Simulated data: 600 people, treatment that follows three covariates, a constant effect of 2. Matching on a score with
replacement has the error of Abadie and Imbens; the others leave theirs to the outcome models.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.design import Design
from mentorat.causal.matched_effect import abadie_imbens
from mentorat.causal.matching import match_full, match_nearest
from mentorat.causal.propensity import propensity_logit
from mentorat.causal.stratification import subclassify
from mentorat.causal.weighting import weight_by_entropy, weight_by_propensity

DRAWS, PEOPLE, EFFECT = 2_000, 600, 2.0


def sample(rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    age, girl, years = rng.normal(size=PEOPLE), rng.random(PEOPLE) < 0.5, rng.integers(0, 8, PEOPLE)
    treated = rng.random(PEOPLE) < 1 / (1 + np.exp(1.2 - 0.5 * age - 0.4 * girl + 0.15 * (years - 3)))
    y = 1.5 * age + girl - 0.5 * years + EFFECT * treated + rng.normal(size=PEOPLE)
    return pd.DataFrame({"age": age, "fille": girl * 1.0, "annees": years * 1.0}), treated, y


def effect(design: Design, y: np.ndarray) -> float:
    one, other = design.treated, ~design.treated
    return float(np.average(y[one], weights=design.weights[one]) - np.average(y[other], weights=design.weights[other]))


def run() -> None:
    rng = np.random.default_rng(17)
    found: dict[str, list[float]] = {}
    covered, refused = [], 0
    for _ in range(DRAWS):
        x, treated, y = sample(rng)
        fit = propensity_logit(x, treated)
        designs: dict[str, Callable[[], Design]] = {
            "nearest, caliper 0.2": lambda x=x, t=treated, p=fit: match_nearest(x, t, p.scores, caliper=0.2),
            "full": lambda x=x, t=treated, p=fit: match_full(x, t, p.scores),
            "10 subclasses": lambda x=x, t=treated, p=fit: subclassify(x, t, p.scores, 10),
            "inverse probability": lambda x=x, t=treated, p=fit: weight_by_propensity(x, t, p),
            "overlap": lambda x=x, t=treated, p=fit: weight_by_propensity(x, t, p, "ATO"),
            "entropy": lambda x=x, t=treated: weight_by_entropy(x, t),
        }
        found.setdefault("naive", []).append(float(y[treated].mean() - y[~treated].mean()))
        for name, design in designs.items():
            try:
                found.setdefault(name, []).append(effect(design(), y))
            except NotEstimable:
                refused += 1
        matched = abadie_imbens(match_nearest(x, treated, fit.scores, replacement=True, ties=True), y)
        found.setdefault("nearest with replacement", []).append(matched.estimate)
        covered.append(abs(matched.estimate - EFFECT) < 1.959964 * matched.standard_error)
    for name, values in found.items():
        print(f"{name}: bias {np.mean(values) - EFFECT:+.3f}, standard deviation {np.std(values):.3f}")
    print(f"Abadie-Imbens 95 % interval: covers {np.mean(covered):.1%} of {DRAWS} draws; designs refused: {refused}")


if __name__ == "__main__":
    run()
