"""Size of the tests when ten clusters carry the treatment and it does nothing, and coverage of the outcome models.

Few clusters: 10 of unequal sizes, half of them treated, intraclass correlation 0.10, no effect. CR2 with
Satterthwaite and the restricted wild bootstrap (all 1 024 draws) are held to rejecting 3.5-6.5 % of 2 000 draws, where
the errors that ignore clusters reject about 30 %. Randomisation over the clusters is exact: lower bar only.

Selection on covariates, 60 clusters that hold both arms: AIPW (without folds and with 5) and g-computation by logit are
held to covering the true effect on the treated in 93.5-96.5 % of draws. So is the cumulative logit of an answer from 1
to 4, for the share of answers 3 and 4.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd

from mentorat.causal.aipw import aipw_att
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.outcomes import OutcomeEffect, outcome_effect
from mentorat.causal.randomisation import randomisation_test
from mentorat.causal.wild_bootstrap import wild_cluster_bootstrap

DRAWS = 2_000
CLUSTERS, ICC = 10, 0.10
SIZES = np.array([40, 35, 33, 30, 30, 28, 25, 24, 22, 20])
STRUCTURES = 60


def few_clusters(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    cluster = np.repeat(np.arange(CLUSTERS), SIZES)
    treated = np.isin(np.arange(CLUSTERS), rng.permutation(CLUSTERS)[: CLUSTERS // 2])[cluster]
    x = rng.normal(size=len(cluster))
    alike = rng.normal(0, np.sqrt(ICC), CLUSTERS)[cluster]
    y = 0.4 * x + alike + rng.normal(0, np.sqrt(1 - ICC), len(cluster))
    return y, np.column_stack([np.ones(len(cluster)), treated, x]), cluster


def size_of_tests(draws: int) -> None:
    rng = np.random.default_rng(11)
    names = ("classical", "CR1S", "CR2", "CR3", "wild", "randomisation")
    rejected = dict.fromkeys(names, 0)
    for _ in range(draws):
        y, x, cluster = few_clusters(rng)
        for kind in ("classical", "CR1S", "CR2", "CR3"):
            fit = cluster_robust(y, x, cluster, kind=kind)  # type: ignore[arg-type]
            rejected[kind] += fit.p_value(1) < 0.05
        rejected["wild"] += wild_cluster_bootstrap(fit, 1).p < 0.05
        rejected["randomisation"] += randomisation_test(y, x[:, 1] > 0, x[:, 2], cluster=cluster).p < 0.05
    for name in names:
        share = rejected[name] / draws
        held = f"; held: {0.035 <= share <= 0.065}" if name in ("CR2", "wild") else ""
        print(
            f"10 clusters, ICC 0.10, no effect, {name}: rejects {share:.4f} of {draws} draws at 5 %{held}", flush=True
        )


def draw(rng: np.random.Generator, n: int, effect: float) -> tuple[pd.DataFrame, float]:
    """Answers of 0 or 1, selection on a number and a class, clusters that lean to one arm and to one answer."""
    structure = rng.integers(0, STRUCTURES, n)
    age, repeated = rng.normal(0, 1, n), rng.random(n) < 0.35
    lean = rng.normal(0, 0.4, STRUCTURES)[structure]
    mentored = rng.random(n) < 1 / (1 + np.exp(-(0.5 * age - 0.8 * repeated)))
    base = -0.4 + 0.6 * age - 0.5 * repeated + lean
    without, with_mentor = (1 / (1 + np.exp(-(base + shift))) for shift in (0.0, effect))
    answer = rng.random(n) < np.where(mentored, with_mentor, without)
    frame = pd.DataFrame({"age": age, "redoublement": repeated, "mentore": mentored, "structure": structure})
    return frame.assign(reponse=answer * 1.0), float((with_mentor - without)[mentored].mean())


def draw_scale(rng: np.random.Generator, n: int, effect: float) -> tuple[pd.DataFrame, float]:
    """The same young people, who answer from 1 to 4; the effect is on the share of 3 and 4."""
    frame, _ = draw(rng, n, 0.0)
    leaning = 0.6 * frame["age"] - 0.5 * frame["redoublement"] + rng.normal(0, 0.4, STRUCTURES)[frame["structure"]]
    heard = leaning + effect * frame["mentore"] + rng.logistic(size=n)
    without, with_mentor = (1 / (1 + np.exp(0.2 - leaning - shift)) for shift in (0.0, effect))
    return (
        frame.assign(reponse=1.0 + np.searchsorted([-1.0, 0.2, 1.5], heard)),
        float((with_mentor - without)[frame["mentore"]].mean()),
    )


def coverage(draws: int) -> None:
    covariates = ["age", "redoublement"]
    where = {"outcome": "reponse", "treatment": "mentore", "covariates": covariates, "cluster": "structure"}
    estimators: dict[str, Callable[[pd.DataFrame], OutcomeEffect]] = {
        "AIPW": lambda frame: aipw_att(frame, **where, model="logit"),  # type: ignore[arg-type]
        "AIPW, 5 folds": lambda frame: aipw_att(frame, **where, model="logit", folds=5),  # type: ignore[arg-type]
        "logit, g-computation, CR2": lambda frame: outcome_effect(frame, **where, model="logit"),  # type: ignore[arg-type]
    }
    rng = np.random.default_rng(5)
    held = dict.fromkeys(estimators, 0)
    for _ in range(draws):
        frame, truth = draw(rng, 900, 0.5)
        for name, estimate in estimators.items():
            found = estimate(frame)
            held[name] += found.low <= truth <= found.high
    for name, count in held.items():
        share = count / draws
        print(f"{name}: covers {share:.4f} of {draws} draws; held: {0.935 <= share <= 0.965}", flush=True)


def coverage_of_a_scale(draws: int) -> None:
    rng, held = np.random.default_rng(6), 0
    for _ in range(draws):
        frame, truth = draw_scale(rng, 900, 0.5)
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
    share = held / draws
    print(f"cumulative logit, CR2: covers {share:.4f} of {draws} draws; held: {0.935 <= share <= 0.965}", flush=True)


def timings() -> None:
    rng = np.random.default_rng(2)
    frame, _ = draw(rng, 337, 0.5)
    design = np.column_stack([np.ones(337), frame[["mentore", "age", "redoublement"]].to_numpy(dtype=float)])
    start = perf_counter()
    for _ in range(20):
        fit = cluster_robust(frame["reponse"], design, frame["structure"])
        wild_cluster_bootstrap(fit, 1, draws=999)
    print(f"n = 337, 60 clusters, 20 times CR2 and 999 wild draws with their interval: {perf_counter() - start:.2f} s")
    n, clusters = 350_000, 2_020
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 10))])
    cluster, y = rng.integers(0, clusters, n), rng.normal(size=n)
    start = perf_counter()
    cluster_robust(y, x, cluster)
    print(f"n = 350 000, 2 020 clusters, 11 columns, CR2 with Satterthwaite: {perf_counter() - start:.2f} s")


def run(draws: int = DRAWS) -> None:
    timings()
    size_of_tests(draws)
    coverage(draws)
    coverage_of_a_scale(draws)


if __name__ == "__main__":
    run()
