"""The whole specification curve and its joint test on a simulated survey: 576 specifications, on every core.

337 respondents (the study of 2022) with 999 permutations, 3 000 (the demonstration) with 199, of all the specifications
that change an estimate. Held: under five minutes. Draws made at once are first checked against those made one by one.
"""

from time import perf_counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.linear_specifications import LinearSample, linear_sample, run_linear, run_linear_draws
from mentorat.causal.permutations import permutations
from mentorat.causal.specification_curve import Grid, covariate_sets, one_by_one, specification_curve

BLOCKS = {name: [name] for name in ("lieu", "sexe", "handicap", "redoublement", "anciennete")}
RULES = ("tous", "moins de 17 ans", "hors handicap")
GRID = Grid(
    {
        "covariables": covariate_sets(["age"], BLOCKS),
        "ponderation": {"aucune": "aucune", "entropie": "entropie"},
        "modele": {"difference": "difference", "regression": "regression"},
        "regle": {name: name for name in RULES},
        "variance": {"CR1": "CR1", "CR2": "CR2"},
    },
    excluded=[({"ponderation": "aucune", "modele": "difference"}, "the raw difference adjusts for nothing")],
)
MINUTES = 5


def survey(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(41)
    age, structure = rng.integers(11, 19, n), rng.integers(0, n // 9, n)
    place = rng.choice(["famille", "foyer", "lieu_de_vie"], n, p=[0.45, 0.4, 0.15])
    mentored = rng.random(n) < 1 / (1 + np.exp(-0.3 * (age - 14) - 0.6 * (place == "famille") + 0.3))
    answer = 0.1 * mentored + 0.05 * (age - 14) + 0.3 * rng.normal(size=n // 9)[structure] + rng.normal(size=n)
    return pd.DataFrame(
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


def check_and_compare(data: LinearSample, treatments: NDArray[np.bool_]) -> float:
    """How many times faster all draws at once are than one by one, on some specifications, once found equal."""
    seconds = [0.0, 0.0]
    chosen = [one.choices for one in GRID.specifications() if one.choices["variance"] == "CR1"][::24]
    for choices in chosen:
        start = perf_counter()
        together = run_linear_draws(data, choices, treatments)
        middle = perf_counter()
        apart = one_by_one(data, choices, run_linear, treatments)
        seconds = [seconds[0] + middle - start, seconds[1] + perf_counter() - middle]
        gap = max(np.abs(together.estimates - apart.estimates).max(), np.abs(together.p - apart.p).max())
        if not gap < 1e-9:
            raise AssertionError(f"draws made at once differ by {gap} from those made one by one")
    return seconds[1] / seconds[0]


def timed(n: int, draws: int) -> None:
    frame = survey(n)
    rules = {RULES[1]: frame["age"] < 17, RULES[2]: ~frame["handicap"]}
    data = linear_sample(frame, "reponse", "mentore", ["age", *BLOCKS], "grappe", rules=rules)
    start = perf_counter()
    drawn = permutations(data.treated, draws, seed=5, within=data.cluster)
    curve = specification_curve(
        data, GRID, run_linear, permuted=drawn.treatments, joint_only={"variance": "CR1"}, many=run_linear_draws
    )
    seconds = perf_counter() - start
    assert curve.joint is not None
    ratio = check_and_compare(data, drawn.treatments[:20])
    print(
        f"{n} respondents: {len(curve.table)} specifications ({curve.estimated} estimated), {draws} permutations of "
        f"{curve.joint.specifications}: {seconds:.0f} s; under {MINUTES} min: {seconds < 60 * MINUTES}; 20 draws at "
        f"once {ratio:.0f} times faster than one by one"
    )


def run() -> None:
    timed(337, 999)
    timed(3_000, 199)


if __name__ == "__main__":
    run()
