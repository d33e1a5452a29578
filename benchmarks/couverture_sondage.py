"""Coverage of 95 % intervals on a stratified, clustered sample: mean, total, ratio, median, and shares.

A simulated population of clusters (10 strata of unequal sizes and levels, correlated answers inside a cluster) is
drawn once; each draw takes a simple random sample of clusters in each stratum and asks everybody in them. Held to
93.5-96.5 %, the lower bar alone for Korn and Graubard's interval, conservative by construction. A share is discrete:
its coverage is averaged over a grid of true values.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mentorat.survey.design import survey_design
from mentorat.survey.estimators import survey_mean, survey_ratio, survey_total
from mentorat.survey.intervals import ShareInterval, share_interval
from mentorat.survey.quantiles import survey_quantile

DRAWS = 2_000
SHARES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
INTERVALS: tuple[ShareInterval, ...] = ("logit", "wilson", "beta", "likelihood")
STRATA, SAMPLED = 10, 12
"""Strata, and clusters drawn in each."""
LOWEST, HIGHEST = 0.935, 0.965


@dataclass(frozen=True)
class Population:
    """Everybody: `strate`, `grappe`, `base` (clusters of the stratum), `score`, `heures`, `seances`, `part_*`."""

    rows: pd.DataFrame
    clusters: pd.DataFrame

    def truth(self) -> dict[str, float]:
        """The true value of each figure."""
        rows = self.rows
        found = {
            "mean": float(rows["score"].mean()),
            "total": float(rows["heures"].sum()),
            "ratio": float(rows["heures"].sum() / rows["seances"].sum()),
            "median": float(rows["score"].median()),
        }
        return found | {f"part_{share}": float(rows[f"part_{share}"].mean()) for share in SHARES}

    def draw(self, rng: np.random.Generator) -> pd.DataFrame:
        """A sample: SAMPLED clusters of each stratum, everybody in them."""
        order = self.clusters.assign(hasard=rng.random(len(self.clusters))).sort_values(["strate", "hasard"])
        kept = order.groupby("strate").head(SAMPLED)["grappe"]
        return self.rows[self.rows["grappe"].isin(kept)]


def draw_population(seed: int = 2024) -> Population:
    rng = np.random.default_rng(seed)
    bases = rng.integers(60, 300, STRATA)
    strata = np.repeat(np.arange(STRATA), bases)
    sizes = rng.integers(5, 21, len(strata))
    level = rng.normal(size=STRATA)[strata] * 0.5 + rng.normal(size=len(strata)) * 0.4
    cluster = np.repeat(np.arange(len(strata)), sizes)
    n = len(cluster)
    latent = level[cluster] + rng.normal(size=n)
    sessions = rng.poisson(8 + 2 * np.exp(0.2 * latent)) + 1
    rows = pd.DataFrame(
        {
            "strate": strata[cluster],
            "grappe": cluster,
            "base": bases[strata[cluster]],
            "score": 10 + 2 * latent,
            "seances": sessions,
            "heures": sessions * (1 + 0.2 * level[cluster]) + rng.gamma(2, 1, n),
        }
    )
    for share in SHARES:
        answer = 0.4 * latent + rng.normal(size=n)
        rows[f"part_{share}"] = answer > np.quantile(answer, 1 - share)
    return Population(rows, pd.DataFrame({"grappe": np.arange(len(strata)), "strate": strata}))


def intervals(rows: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """The bounds of every figure of one sample, by name and interval."""
    design = survey_design(rows, strata="strate", clusters="grappe", population="base")
    whole = {
        "mean": survey_mean(design, rows, "score").one(),
        "total": survey_total(design, rows, "heures").one(),
        "ratio": survey_ratio(design, rows, "heures", "seances").one(),
        "median": survey_quantile(design, rows, "score").one(),
    }
    found = {(name, ""): (one.low, one.high) for name, one in whole.items()}
    names = [f"part_{share}" for share in SHARES]
    table = survey_mean(design, rows, names).table
    share, se, n, df = (table[name].to_numpy(dtype=float) for name in ("estimate", "se", "n", "df"))
    for kind in INTERVALS:  # what survey_share does, once for all shares
        low, high = share_interval(kind, share, se**2, n=n, df=df, level=0.95, kish=n)
        found |= {(name, kind): bounds for name, *bounds in zip(names, low, high, strict=True)}
    return found


def coverage(draws: int, seed: int = 7) -> dict[tuple[str, str], float]:
    """Share of samples whose interval holds the truth, by figure and interval."""
    rng = np.random.default_rng(seed)
    population = draw_population()
    truth = population.truth()
    held: dict[tuple[str, str], list[bool]] = {}
    for _ in range(draws):
        for key, (low, high) in intervals(population.draw(rng)).items():
            held.setdefault(key, []).append(low <= truth[key[0]] <= high)
    return {key: float(np.mean(hits)) for key, hits in held.items()}


def run() -> None:
    found = coverage(DRAWS)
    print(f"Coverage of 95 % intervals, {DRAWS} draws of {STRATA} × {SAMPLED} clusters:")
    for name in ("mean", "total", "ratio", "median"):
        print(f"  {name}: {found[name, '']:.4f}; held: {LOWEST <= found[name, ''] <= HIGHEST}")
    for kind in INTERVALS:
        each = [found[f"part_{share}", kind] for share in SHARES]
        mean = float(np.mean(each))
        bars = "lower bar" if kind == "beta" else "both bars"
        held = mean >= LOWEST and (kind == "beta" or mean <= HIGHEST)
        print(
            f"  share, {kind}: mean over {len(SHARES)} true shares {mean:.4f} (lowest {min(each):.4f}); {bars}: {held}"
        )


if __name__ == "__main__":
    run()
