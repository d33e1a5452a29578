"""A logit under a sampling design, 350 000 rows in 101 strata and 2 020 clusters: ours, svy's and R's on the same rows.

Held to once svy's speed or more. Coefficients and standard errors are checked equal before anything is timed.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import polars as pl
import svy

from mentorat.survey.design import survey_design
from mentorat.survey.models import SurveyModel
from mentorat.survey.regression import survey_logistic

ROWS, STRATA, CLUSTERS = 350_000, 101, 2_020
TERMS = ["age", "duree", "fille"]
REPEATS = 5
R_SCRIPT = """
suppressMessages(library(survey)); d <- read.csv("rows.csv")
s <- svydesign(id=~grappe, strata=~strate, weights=~poids, data=d, nest=TRUE)
fit <- function() svyglm(diplome~age+duree+fille, s, family=quasibinomial())
g <- fit(); times <- sapply(1:3, function(i) system.time(fit())[["elapsed"]])
cat(coef(g), SE(g), median(times), "\\n")
"""


def population() -> pd.DataFrame:
    """Simulated answers whose clusters differ."""
    rng = np.random.default_rng(5)
    cluster = rng.permutation(np.arange(ROWS) % CLUSTERS)
    age, duree, fille = rng.normal(17, 2, ROWS), rng.exponential(10, ROWS), rng.integers(0, 2, ROWS)
    latent = rng.normal(0, 0.4, CLUSTERS)[cluster] - 3 + 0.1 * age + 0.03 * duree + 0.3 * fille
    return pd.DataFrame(
        {
            "strate": cluster % STRATA,
            "grappe": cluster,
            "poids": rng.uniform(1, 5, ROWS),
            "age": age,
            "duree": duree,
            "fille": fille.astype(float),
            "diplome": (rng.random(ROWS) < 1 / (1 + np.exp(-latent))).astype(float),
        }
    )


def ours(frame: pd.DataFrame) -> SurveyModel:
    design = survey_design(frame, weights="poids", strata="strate", clusters="grappe")
    return survey_logistic(design, frame, "diplome", TERMS)


def peer(frame: pl.DataFrame) -> tuple[list[float], list[float]]:
    design = svy.Design(stratum="strate", psu="grappe", wgt="poids")
    fit = svy.GLM(svy.Sample(frame, design)).fit("diplome", x=TERMS, family="binomial")
    return [c.est for c in fit.fitted.coefs], [c.se for c in fit.fitted.coefs]


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def in_r(frame: pd.DataFrame) -> tuple[np.ndarray, float] | None:
    """Coefficients then standard errors, and seconds, of R's svyglm; None without Rscript and its package survey."""
    if which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "rows.csv", index=False, float_format="%.17g")
        done = subprocess.run(["Rscript", "-e", R_SCRIPT], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    figures = np.array(done.stdout.split(), dtype=float)
    return figures[:-1], float(figures[-1])


def run() -> None:
    frame = population()
    polars = pl.from_pandas(frame)
    model = ours(frame)
    mine = np.concatenate([model.coefficients, model.standard_errors])
    np.testing.assert_allclose(np.concatenate(peer(polars)), mine, rtol=1e-5)
    fast, slow = seconds(lambda: ours(frame)), seconds(lambda: peer(polars))
    print(
        f"Design logit, {ROWS} rows, {STRATA} strata, {CLUSTERS} clusters: {fast:.3f} s, svy {slow:.3f} s: "
        f"ratio {slow / fast:.1f}; held: {slow >= fast}"
    )
    r = in_r(frame)
    if r is None:
        print("R's survey is not installed here.")
        return
    np.testing.assert_allclose(r[0], mine, rtol=1e-5)
    print(f"R's svyglm {r[1]:.3f} s: ratio {r[1] / fast:.1f}")


if __name__ == "__main__":
    run()
