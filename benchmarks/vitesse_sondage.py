"""A mean and its standard error on 350 000 simulated answers, beside svy and, where Rscript is, R's survey.

101 strata (the départements), 2 020 clusters, unequal weights. Same rows and same run; results are checked equal
before anything is timed, the packages taking turns. svy keeps work from one call to the next on a design, so three
things are told apart: from the table to the first figure, the first figure of a design, the next one. Held: the
first figure 10 times faster than svy, by département 20 times.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import polars as pl
import svy

from mentorat.survey.design import SurveyDesign, survey_design
from mentorat.survey.estimators import survey_mean, survey_share

ROWS, STRATA, CLUSTERS, TURNS = 350_000, 101, 20, 5
R_SCRIPT = """
suppressMessages(library(survey))
rows <- read.csv(commandArgs(TRUE)[1])
d <- svydesign(id = ~grappe, strata = ~departement, weights = ~poids, data = rows)
a <- system.time(m <- svymean(~score, d))[["elapsed"]]
b <- system.time(p <- svyby(~score, ~departement, d, svymean))[["elapsed"]]
cat(sprintf("%.17g", c(a, b, coef(m), SE(m), coef(p), SE(p))), sep = "\\n")
"""


def draw_rows() -> pd.DataFrame:
    rng = np.random.default_rng(350)
    stratum, cluster = rng.integers(0, STRATA, ROWS), rng.integers(0, CLUSTERS, ROWS)
    return pd.DataFrame(
        {
            "departement": stratum,
            "grappe": stratum * CLUSTERS + cluster,
            "poids": rng.uniform(1, 5, ROWS),
            "score": rng.normal(size=ROWS) + 0.1 * cluster + 0.01 * stratum,
            "autre": rng.normal(size=ROWS),
            "sexe": rng.choice(["F", "M"], ROWS),
            "oui": rng.random(ROWS) < 0.3,
        }
    )


def ours(rows: pd.DataFrame) -> SurveyDesign:
    return survey_design(rows, weights="poids", strata="departement", clusters="grappe")


def theirs(rows: pl.DataFrame) -> svy.Sample:
    return svy.Sample(rows, svy.Design(stratum="departement", psu="grappe", wgt="poids"))


def timed(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def turns(rows: pd.DataFrame, peer_rows: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Median seconds of each job, ours then svy's."""
    spent: dict[str, list[tuple[float, float]]] = {}
    for _ in range(TURNS):
        build = timed(lambda: ours(rows).layers), timed(lambda: theirs(peer_rows))
        design, sample = ours(rows), theirs(peer_rows)
        first = (
            timed(lambda: survey_mean(design, rows, "score")),  # noqa: B023 — called at once
            timed(lambda: sample.estimation.mean("score")),  # noqa: B023
        )
        following = (
            timed(lambda: survey_mean(design, rows, "autre")),  # noqa: B023
            timed(lambda: sample.estimation.mean("autre")),  # noqa: B023
        )
        split = (
            timed(lambda: survey_mean(design, rows, "score", by="departement")),  # noqa: B023
            timed(lambda: sample.estimation.mean("score", by="departement")),  # noqa: B023
        )
        jobs = {
            "from the table to a mean": (build[0] + first[0], build[1] + first[1]),
            "mean + SE, first of a design": first,
            "mean + SE, next on the design": following,
            "mean + SE by 101 départements": split,
        }
        for job, seconds in jobs.items():
            spent.setdefault(job, []).append(seconds)
    return {job: (median(one for one, _ in each), median(two for _, two in each)) for job, each in spent.items()}


def in_r(rows: pd.DataFrame) -> np.ndarray | None:
    """Seconds of svymean and svyby, then their figures; None without R's survey."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        rows.drop(columns=["sexe", "oui"]).to_csv(Path(folder) / "rows.csv", index=False, float_format="%.17g")
        (Path(folder) / "run.R").write_text(R_SCRIPT, encoding="utf-8")
        command = ["Rscript", "run.R", "rows.csv"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return np.array([float(line) for line in done.stdout.split()]) if done.returncode == 0 else None


def run() -> None:
    rows = draw_rows()
    peer_rows = pl.from_pandas(rows)
    design, sample = ours(rows), theirs(peer_rows)
    whole = survey_mean(design, rows, "score").table
    parts = survey_mean(design, rows, "score", by="departement").table
    peers = [sample.estimation.mean("score"), sample.estimation.mean("score", by="departement")]
    for table, peer in zip((whole, parts), peers, strict=True):
        figures = [(one.est, one.se) for one in peer.estimates]
        np.testing.assert_allclose(table[["estimate", "se"]].to_numpy(), figures, rtol=1e-9)
    from_r = in_r(rows)
    if from_r is not None:
        mine = np.concatenate([whole["estimate"], whole["se"], parts["estimate"], parts["se"]])
        np.testing.assert_allclose(mine, from_r[2:], rtol=1e-9)
    found = turns(rows, peer_rows)
    bars = {"mean + SE, first of a design": 10, "mean + SE by 101 départements": 20}
    for job, (seconds, peer_seconds) in found.items():
        ratio = peer_seconds / seconds
        held = f"; held: {ratio >= bars[job]} (≥ {bars[job]})" if job in bars else ""
        print(f"{job}: {seconds:.4f} s, svy {peer_seconds:.4f} s: ratio {ratio:.1f}{held}")
    if from_r is not None:
        for job, seconds in zip(bars, from_r[:2], strict=True):
            print(f"{job}: R survey {seconds:.2f} s: ratio {seconds / found[job][0]:.0f}")
    crossed = ["departement", "sexe"]
    mean = timed(lambda: survey_mean(design, rows, "score", by=crossed))
    share = timed(lambda: survey_share(design, rows, "oui", by=crossed))
    print(f"by département × sexe (202 domains): mean {mean:.4f} s, share with its interval {share:.4f} s")


if __name__ == "__main__":
    run()
