"""The whole specification curve of a survey and its joint test, as the platform runs it: 576 specifications.

Simulated answers: 337 respondents (as many as the study of 2022) with 999 permutations, 3 000 (the demonstration) with
199, of the 288 specifications that count positive answers. Held: under five minutes. Treatments fitted at once are
first checked against the plain estimators, one by one.
"""

from time import perf_counter, process_time

import numpy as np
import pandas as pd

from mentorat.causal.batched_specifications import WEIGHTED, Specification, weighted_fits
from mentorat.causal.estimators import Sample, estimate
from mentorat.causal.permutations import permutations
from mentorat.causal.plan import CurveGrid
from mentorat.causal.survey_curve import POSITIVE, SCORE, survey_curve

BLOCKS = ("lieu", "sexe", "handicap", "redoublement", "anciennete")
COVARIATES = ("age", *BLOCKS)
GRID = CurveGrid(
    toujours=("age",),
    au_choix={name: (name,) for name in BLOCKS},
    estimateurs=("regression", "entropie", "score_ipw"),
    codages=(POSITIVE, SCORE),
    populations=("tous", "sans_handicap", "sans_redoublement"),
    permutations=999,
)
MINUTES = 5


def survey(n: int) -> tuple[Sample, dict[str, np.ndarray]]:
    """Respondents and their answers by coding; about nine respondents a structure, which holds both groups."""
    rng = np.random.default_rng(41)
    age, structure = rng.integers(11, 19, n), rng.integers(0, n // 9, n)
    place = rng.choice(["famille", "foyer", "lieu_de_vie"], n, p=[0.45, 0.4, 0.15])
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.3 * (age - 14) - 0.6 * (place == "famille") + 0.3))
    answer = 0.1 * mentored + 0.05 * (age - 14) + 0.3 * rng.normal(size=n // 9)[structure] + rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "reponse": (answer > 0).astype(float),
            "mentore": mentored,
            "grappe": structure,
            "age": age,
            "lieu": place,
            "sexe": rng.choice(["F", "G"], n),
            "handicap": rng.random(n) < 0.2,
            "redoublement": rng.random(n) < 0.35,
            "anciennete": rng.gamma(2, 2, n),
        }
    )
    sample = Sample.of(frame, "reponse", "mentore", COVARIATES, "grappe")
    return sample, {POSITIVE: sample.y, SCORE: np.clip(np.round(answer + 1.5), 0, 3) / 3}


def check_and_compare(sample: Sample, draws: int = 20) -> float:
    """How many times faster treatments fitted at once are than one by one, once found equal."""
    drawn = permutations(sample.treated, draws, seed=5, within=sample.frame["grappe"]).treatments
    given = Specification.of(sample.encoded.columns.to_numpy(float), sample.frame["grappe"].to_numpy())
    seconds = [0.0, 0.0]
    for estimator in (one for one in WEIGHTED if one in GRID.estimateurs):
        start = perf_counter()
        together = weighted_fits(given, sample.y, drawn, estimator).estimates
        middle = perf_counter()
        apart = [
            estimate(
                Sample(sample.frame.assign(mentore=treated), "reponse", "mentore", COVARIATES, "grappe"), estimator
            ).estimate
            for treated in drawn
        ]
        seconds = [seconds[0] + middle - start, seconds[1] + perf_counter() - middle]
        gap = np.abs(together - apart).max()
        if not gap < 1e-7:
            raise AssertionError(f"{estimator}: treatments fitted at once differ by {gap} from those fitted one by one")
    return seconds[1] / seconds[0]


def timed(n: int, draws: int) -> None:
    sample, codings = survey(n)
    ratio = check_and_compare(sample)
    start, used = perf_counter(), process_time()
    curve = survey_curve(sample, codings, GRID, "CR2", sign=0.0, seed=5, draws=draws)
    seconds, used = perf_counter() - start, process_time() - used
    print(
        f"{n} respondents: {curve.specifications} specifications ({curve.estimated} estimated), {curve.draws} "
        f"permutations: {seconds:.0f} s, {used:.0f} of processor; under {MINUTES} min: {seconds < 60 * MINUTES}; 20 "
        f"treatments at once {ratio:.0f} times faster than one by one"
    )


def run() -> None:
    timed(337, 999)
    timed(3_000, 199)


if __name__ == "__main__":
    run()
