"""The whole specification curve and its joint test on a simulated survey: 576 specifications, on every core.

337 respondents (the study of 2022): 99 permutations of all the specifications that change an estimate. 3 000 (the
demonstration): of those without weights, the weighted ones costing a balancing each. Held: under five minutes.
"""

from time import perf_counter

import numpy as np
import pandas as pd

from mentorat.causal.linear_specifications import linear_sample, run_linear, run_linear_draws
from mentorat.causal.permutations import permutations
from mentorat.causal.specification_curve import Grid, covariate_sets, specification_curve

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


def timed(n: int, joint_only: dict[str, str]) -> None:
    frame = survey(n)
    rules = {RULES[1]: frame["age"] < 17, RULES[2]: ~frame["handicap"]}
    start = perf_counter()
    data = linear_sample(frame, "reponse", "mentore", ["age", *BLOCKS], "grappe", rules=rules)
    drawn = permutations(data.treated, 99, seed=5, within=data.cluster)
    curve = specification_curve(
        data, GRID, run_linear, permuted=drawn.treatments, joint_only=joint_only, many=run_linear_draws
    )
    seconds = perf_counter() - start
    assert curve.joint is not None
    print(
        f"{n} respondents: {len(curve.table)} specifications ({curve.estimated} estimated), 99 permutations of "
        f"{curve.joint.specifications}: {seconds:.0f} s; under {MINUTES} min: {seconds < 60 * MINUTES}"
    )


def run() -> None:
    timed(337, {"variance": "CR1"})
    timed(3_000, {"variance": "CR1", "ponderation": "aucune"})


if __name__ == "__main__":
    run()
