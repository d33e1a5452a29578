"""Entropy balancing of 50 000 young people beside the propensity logit of statsmodels on the same rows."""

from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
import statsmodels.api as sm

from mentorat.causal.balancing import entropy_balance

ROWS, COVARIATES = 50_000, 10


def run() -> None:
    rng = np.random.default_rng(3)
    x = pd.DataFrame(rng.normal(size=(ROWS, COVARIATES))).add_prefix("x")
    treated = rng.random(ROWS) < 1 / (1 + np.exp(1.5 - 0.4 * x["x0"] + 0.3 * x["x1"]))
    design = sm.add_constant(x)
    ours, peer = [], []
    for _ in range(5):
        start = perf_counter()
        entropy_balance(x[treated], x[~treated])
        middle = perf_counter()
        sm.Logit(treated.astype(float), design).fit(disp=0)
        ours.append(middle - start)
        peer.append(perf_counter() - middle)
    print(
        f"Entropy balancing {median(ours):.3f} s, statsmodels logit {median(peer):.3f} s "
        f"({ROWS} rows × {COVARIATES}): ratio {median(peer) / median(ours):.1f}"
    )


if __name__ == "__main__":
    run()
