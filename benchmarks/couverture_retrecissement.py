"""Coverage of the shrunk effects of 101 départements, and size of the test that an effect differs between levels.

Shrinkage: errors of unequal sizes (from 1 to 20 points, half of them under 5), true spread τ from 0 to 8 points.
Intervals are held to covering at least 93.5 % of the true effects, on average over départements, whatever τ; and at
most 96.5 % once τ can be told from zero (2 points and more). Below, τ is hidden by the errors: any interval that does
not fail at 1 point covers too much at 0. Intervals that take τ as known are beside, to show what they miss.

Interaction: three levels, 10 or 40 clusters with a correlation of 0.10, no difference of effect; held to rejecting
3.5-6.5 % with 40 clusters, at most 6.5 % with 10.
"""

from time import perf_counter

import numpy as np
import pandas as pd

from mentorat.causal.heterogeneity import level_effects
from mentorat.causal.shrinkage import effects_given, shrinkage

DRAWS = 2_000
AREAS = 101
NAMES = [f"{rank:03d}" for rank in range(AREAS)]
SPREADS = (0.0, 0.005, 0.01, 0.02, 0.04, 0.08)
TOLD_APART = 0.02
MEAN = 0.03


def shrunk_intervals(draws: int) -> None:
    rng = np.random.default_rng(31)
    se = np.sort(np.clip(np.exp(rng.normal(np.log(0.05), 0.6, AREAS)), 0.01, 0.2))
    for tau in SPREADS:
        held, naive, worst = [], [], np.zeros(AREAS)
        own = shrunk = spent = 0.0
        for _ in range(draws):
            truth = MEAN + tau * rng.normal(size=AREAS)
            y = truth + se * rng.normal(size=AREAS)
            start = perf_counter()
            found = shrinkage(NAMES, y, se)
            spent += perf_counter() - start
            inside = (found.table["ic_bas"] <= truth) & (truth <= found.table["ic_haut"])
            held.append(inside.mean())
            worst += inside.to_numpy()
            centre, spread = effects_given(y, se**2, np.array([found.tau**2]))
            naive.append((np.abs(centre[0] - truth) <= 1.959963984540054 * np.sqrt(spread[0])).mean())
            own += float(((y - truth) ** 2).mean())
            shrunk += float(((found.table["retrecie"] - truth) ** 2).mean())
        share = float(np.mean(held))
        kept = share >= 0.935 and (tau < TOLD_APART or share <= 0.965)
        print(
            f"{AREAS} départements, tau {tau}: covers {share:.4f} over {draws} draws (least over départements "
            f"{worst.min() / draws:.3f}; tau taken as known {np.mean(naive):.3f}); error {(shrunk / own) ** 0.5:.2f} × "
            f"that of the own estimates; {1_000 * spent / draws:.1f} ms; held: {kept}",
            flush=True,
        )


def answers(rng: np.random.Generator, clusters: int) -> pd.DataFrame:
    n = 30 * clusters
    cluster = rng.integers(0, clusters, n)
    mentored = rng.random(n) < 0.4 + 0.2 * (cluster % 2)
    y = rng.normal(0, np.sqrt(0.1), clusters)[cluster] + 0.2 * mentored + rng.normal(0, np.sqrt(0.9), n)
    return pd.DataFrame({"grappe": cluster, "facteur": rng.integers(0, 3, n), "mentore": mentored, "y": y})


def interaction(draws: int) -> None:
    rng = np.random.default_rng(32)
    for clusters in (10, 40):
        rejected = lost = 0
        for _ in range(draws):
            p = level_effects(answers(rng, clusters), "y", "mentore", "facteur", cluster="grappe").table[
                "p_interaction"
            ]
            lost += int(np.isnan(p.iloc[0]))
            rejected += int(p.iloc[0] < 0.05)
        share = rejected / max(draws - lost, 1)
        kept = share <= 0.065 and (clusters < 40 or share >= 0.035)
        print(
            f"3 levels alike, {clusters} clusters: rejects {share:.4f} of {draws - lost} draws; held: {kept}",
            flush=True,
        )


def run() -> None:
    shrunk_intervals(DRAWS)
    interaction(DRAWS)


if __name__ == "__main__":
    run()
