"""Size of the tests and coverage of the intervals of survey models, over 2 000 samples of 40 clusters.

Held to 3.5-6.5 % of rejections of a true null (Rao-Scott F, design t) and 93.5-96.5 % of coverage (slopes). Answers
are alike inside a cluster through a common normal term (a copula: what holds for a person taken alone is exact),
weights are unequal, and half of the groups follow the cluster. The tests that ignore clusters are printed beside.
"""

import numpy as np
import pandas as pd
from scipy import special, stats

from mentorat.survey.association import survey_association
from mentorat.survey.design import survey_design
from mentorat.survey.models import SurveyModel
from mentorat.survey.ordinal import survey_ordinal
from mentorat.survey.regression import survey_logistic, survey_t_test

CLUSTERS, SIZE, DRAWS = 40, 15, 2_000
SLOPES = {"x": 0.5, "fille": -0.4}
CUTS = (-1.5, 0.0, 1.5)
STATISTICS = {"Rao-Scott F": "F", "Rao-Scott, premier ordre": "Chisq", "Wald": "Wald", "Wald ajusté": "adjWald"}
NULL = [*STATISTICS, "t du plan", "χ² sans grappes", "t sans grappes"]


def alike(rng: np.random.Generator, cluster: np.ndarray, share: float) -> np.ndarray:
    """Standard normal terms (n) whose correlation inside a cluster is `share`."""
    common = rng.normal(size=CLUSTERS)[cluster]
    return np.sqrt(share) * common + np.sqrt(1 - share) * rng.normal(size=len(cluster))


def draw(rng: np.random.Generator) -> pd.DataFrame:
    """One sample: nothing links `groupe`, `opinion` and `note`; the answers `oui` and `avis` follow SLOPES."""
    n = CLUSTERS * SIZE
    cluster = np.arange(n) % CLUSTERS
    x, girl = rng.normal(size=n), rng.integers(0, 2, n)
    logistic = special.logit(special.ndtr(alike(rng, cluster, 0.1)))
    latent = SLOPES["x"] * x + SLOPES["fille"] * girl + logistic
    return pd.DataFrame(
        {
            "grappe": cluster,
            "poids": rng.uniform(1, 3, n),
            "groupe": (alike(rng, cluster, 0.5) > 0).astype(int),
            "opinion": np.searchsorted([-0.7, 0.6], alike(rng, cluster, 0.15)),
            "note": alike(rng, cluster, 0.15),
            "x": x,
            "fille": girl.astype(float),
            "oui": (latent > 0).astype(float),
            "avis": np.searchsorted(CUTS, latent),
        }
    )


def rejections(frame: pd.DataFrame) -> list[bool]:
    """Whether each test of NULL rejects at 5 %."""
    design = survey_design(frame, weights="poids", clusters="grappe")
    p = [survey_association(design, frame, "opinion", "groupe", statistic=kind).p for kind in STATISTICS.values()]
    p.append(survey_t_test(design, frame, "note", "groupe").p)
    p.append(stats.chi2_contingency(pd.crosstab(frame["opinion"], frame["groupe"]), correction=False).pvalue)
    p.append(stats.ttest_ind(*(frame.loc[frame["groupe"] == code, "note"] for code in (0, 1))).pvalue)
    return [bool(value < 0.05) for value in p]


def covered(model: SurveyModel) -> list[bool]:
    table = model.estimates().table.set_index("coefficient")
    return [bool(table.loc[name, "low"] <= truth <= table.loc[name, "high"]) for name, truth in SLOPES.items()]


def run() -> None:
    rng = np.random.default_rng(40)
    rejected, held = [], []
    for _ in range(DRAWS):
        frame = draw(rng)
        design = survey_design(frame, weights="poids", clusters="grappe")
        rejected.append(rejections(frame))
        held.append(
            covered(survey_logistic(design, frame, "oui", list(SLOPES)))
            + covered(survey_ordinal(design, frame, "avis", list(SLOPES)))
        )
    print(f"{DRAWS} draws of {CLUSTERS} clusters of {SIZE}; a test of 5 % rejects a true null:")
    for name, size in zip(NULL, np.mean(rejected, axis=0), strict=True):
        asked = f"; held: {0.035 <= size <= 0.065}" if name in {"Rao-Scott F", "t du plan"} else ""
        print(f"  {name}: {size:.4f}{asked}")
    print("a 95 % interval covers the true slope:")
    names = [f"{model}, {slope}" for model in ("logit", "ordinal logit") for slope in SLOPES]
    for name, coverage in zip(names, np.mean(held, axis=0), strict=True):
        print(f"  {name}: {coverage:.4f}; held: {0.935 <= coverage <= 0.965}")


if __name__ == "__main__":
    run()
