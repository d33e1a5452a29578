"""Rows of clusters of unequal sizes with weights, for the tests of inference."""

import numpy as np
import pandas as pd

from mentorat.causal.cluster_robust import Kind, RobustFit, cluster_robust


def rows(clusters: int = 8, *, seed: int = 3, effect: float = 0.5) -> pd.DataFrame:
    """Columns grappe, mentore (by cluster), x, poids, y."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(4, 12, clusters))
    n = len(cluster)
    frame = pd.DataFrame({"grappe": cluster, "mentore": cluster % 2 == 1, "x": rng.normal(size=n)})
    alike = rng.normal(0, 0.5, clusters)[cluster]
    frame["y"] = effect * frame["mentore"] - 0.3 * frame["x"] + alike + rng.normal(size=n)
    return frame.assign(poids=rng.uniform(0.3, 2, n))


def design(frame: pd.DataFrame) -> np.ndarray:
    return np.column_stack([np.ones(len(frame)), frame["mentore"], frame["x"]])


def fitted(frame: pd.DataFrame, kind: Kind = "CR2") -> RobustFit:
    return cluster_robust(frame["y"], design(frame), frame["grappe"], frame["poids"], kind)
