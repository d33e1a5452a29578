"""Coverage of the 95 % intervals of durations and of two-wave effects, over 2 000 simulated draws each.

Durations: hazards 1/50 and 1/100, delayed entry for three in ten, open durations; independent, then alike inside 30
clusters (a gamma frailty of variance 0.3). Two waves: the panel of the tests, known effect 2, 40 clusters.
"""

import numpy as np
import pandas as pd

from mentorat.causal.panel import doubly_robust_did
from mentorat.causal.survival import durations, incidence, survival

DRAWS = 2_000
AT = 60.0


def sample(rng: np.random.Generator, n: int, frailty: float) -> pd.DataFrame:
    """Durations with two issues, `a` twice as frequent as `b`, in 30 clusters."""
    cluster = rng.integers(0, 30, n)
    pace = rng.gamma(1 / frailty, frailty, 30)[cluster] if frailty else np.ones(n)
    length, first = rng.exponential(100 / 3, n) / pace, rng.random(n) < 2 / 3
    entry, end = np.where(rng.random(n) < 0.3, rng.uniform(0, 15, n), 0.0), rng.uniform(30, 120, n)
    issue = np.where(length > end, "ouvert", np.where(first, "a", "b"))
    frame = pd.DataFrame({"t": np.minimum(length, end), "issue": issue, "e": entry, "g": cluster})
    return frame[frame["t"] > frame["e"]]


def truth(frailty: float) -> dict[str, float]:
    """Survival at 60 and incidence of `a`; with frailty, the mean over clusters (Laplace transform of the gamma)."""
    kept = (1 + frailty * 3 * AT / 100) ** (-1 / frailty) if frailty else float(np.exp(-3 * AT / 100))
    return {"survie": kept, "incidence": 2 / 3 * (1 - kept)}


def covered(frailty: float, clustered: bool) -> dict[str, float]:
    known, inside = truth(frailty), {"survie": 0, "incidence": 0}
    for seed in range(DRAWS):
        frame = sample(np.random.default_rng(seed), 600, frailty)
        spells = durations(
            frame, time="t", issue="issue", entry="e", still_open="ouvert", cluster="g" if clustered else None
        )
        for name, curve in (("survie", survival(spells)), ("incidence", incidence(spells, "a"))):
            row = curve.at([AT]).table.iloc[0]
            inside[name] += row["low"] <= known[name] <= row["high"]
    return {name: count / DRAWS for name, count in inside.items()}


def panel(seed: int, n: int = 400) -> pd.DataFrame:
    """Two waves; change and mentoring both depend on x and z."""
    rng = np.random.default_rng(seed)
    x, z, cluster = rng.normal(size=n), rng.normal(size=n), rng.integers(0, 40, n)
    mentored = rng.random(n) < 1 / (1 + np.exp(-(0.7 * x - 0.4 * z - 0.3)))
    before = 10 + x + rng.normal(size=n)
    shock = 0.5 * rng.normal(size=40)[cluster]
    after = before + 1 + 1.5 * x + 0.5 * z + 2 * mentored + rng.normal(size=n) + shock
    return pd.DataFrame({"avant": before, "apres": after, "mentore": mentored, "x": x, "z": z, "g": cluster})


def run() -> None:
    for frailty, clustered in ((0.0, False), (0.0, True), (0.3, False), (0.3, True)):
        found = covered(frailty, clustered)
        kind = f"frailty {frailty}, {'jackknife of clusters' if clustered else 'independent'}"
        print(f"{kind}: survival {found['survie']:.1%}, incidence {found['incidence']:.1%}", flush=True)
    asked = {"before": "avant", "after": "apres", "treatment": "mentore", "covariates": ["x", "z"], "cluster": "g"}
    for form in ("improved", "traditional"):
        inside = 0
        for seed in range(DRAWS):
            one = doubly_robust_did(panel(seed), **asked, form=form)  # type: ignore[arg-type]
            inside += one.low <= 2 <= one.high
        print(f"doubly robust change, {form}: {inside / DRAWS:.1%}", flush=True)


if __name__ == "__main__":
    run()
