"""Coverage of the 95 % interval of the national total, over draws of which collectivités answer.

Populations: the DREES measures of the 99 collectivités times a share of mentored that varies from one to another,
evenly (a residual variance proportional to the measures) or widely (a coefficient of variation of 0.4 everywhere), or
evenly but for the largest collectivité, whose share is three times the others'; 25, 12, 6 or 3 answers a stratum. The
ratio estimator with its corrected variance is held to 93.5-96.5 % from 12 answers a stratum on in the first; the
linearised variance is printed beside, what the interval loses elsewhere, and whether the reader is warned of it.
"""

import numpy as np
import pandas as pd

from mentorat.survey.national import Estimate, estimated_total, reference_frame

DRAWS = 2_000
SIZES = (25, 12, 6, 3)


def populations(rng: np.random.Generator) -> dict[str, pd.Series]:
    """Numbers of mentored young people by collectivité."""
    table = reference_frame().table
    x = table["mesures"].to_numpy(float)
    drawn = {
        "proportional": np.maximum(0.02 * x + 0.3 * np.sqrt(x) * rng.normal(size=len(x)), 0),
        "wide": 0.02 * x * rng.gamma(6, 1 / 6, len(x)),
        "one apart": np.where(x == x.max(), 3, 1)
        * np.maximum(0.02 * x + 0.3 * np.sqrt(x) * rng.normal(size=len(x)), 0),
    }
    return {name: pd.Series(np.round(y), index=table["collectivite"]) for name, y in drawn.items()}


def run() -> None:
    rng = np.random.default_rng(20241231)
    frame = reference_frame()
    strata = [group["collectivite"].to_numpy() for _, group in frame.table.groupby("strate")]
    for name, y in populations(rng).items():
        for size in SIZES:
            held: dict[str, list[bool]] = {"ratio": [], "linearised": [], "calibrated": []}
            warned: list[bool] = []
            for _ in range(DRAWS):
                chosen = np.concatenate(
                    [rng.choice(codes, min(size, len(codes) - 1), replace=False) for codes in strata]
                )
                found: dict[str, Estimate] = {
                    "ratio": estimated_total(frame, y[chosen]),
                    "linearised": estimated_total(frame, y[chosen], variance="linearisee"),
                    "calibrated": estimated_total(frame, y[chosen], "calage"),
                }
                warned.append(any("fait exception" in said for said in found["ratio"].warnings))
                for method, one in found.items():
                    held[method].append(one.low <= y.sum() <= one.high)
            told = ", ".join(f"{method} {np.mean(values):.4f}" for method, values in held.items())
            wanted = name == "proportional" and size >= 12
            ratio = float(np.mean(held["ratio"]))
            by_warning = pd.Series(held["ratio"]).groupby(warned).mean()
            told += f"; ratio where the reader is warned ({np.mean(warned):.0%}) {by_warning.get(True, np.nan):.4f}"
            told += f", elsewhere {by_warning.get(False, np.nan):.4f}"
            print(
                f"national total, {name} population, {size} answers a stratum, {DRAWS} draws: {told}"
                + (f"; held: {0.935 <= ratio <= 0.965}" if wanted else "")
            )


if __name__ == "__main__":
    run()
