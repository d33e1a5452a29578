"""Bootstrap of whole clusters through everything that is done with them: weighting, matching, outcome model.

Each draw takes as many clusters as there are, with replacement (inside `strata` when there are any), gives the copies
of a cluster their own name, and computes the statistic again from the rows, so that what the weights or the pairs owe
to chance is in the error (Cameron, Gelbach and Miller 2008; Zhao and Percival 2017 for balancing weights).

It does not hold for matching with replacement on a continuous covariate (Abadie and Imbens 2008, Econometrica
76:1537-1557); for pairs drawn once, the error clustered on pairs is simpler.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.cluster_robust import FEW_CLUSTERS, Codes, Floats
from mentorat.survey.design import SurveyError
from mentorat.typography import fr_percent, fr_text

Statistic = Callable[[pd.DataFrame], float]
Interval = Literal["percentile", "student"]
FEWEST_COMPUTED = 0.5
"""Share of the draws on which the statistic must exist for anything to be said."""
_FEW_LOST = 0.05


@dataclass(frozen=True)
class ClusterBootstrap:
    """The statistic on the sample, its standard error over the draws, and its interval at `level`.

    `interval`: `percentile`, or `student` (estimate ± Student with G − 1 degrees of freedom × error). `lost`: draws on
    which the statistic does not exist; `replicates` (draws − lost); `warnings`: French sentences.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    level: float
    interval: Interval
    draws: int
    lost: int
    clusters: int
    warnings: tuple[str, ...]
    replicates: Floats = field(repr=False, compare=False)


def cluster_bootstrap(
    statistic: Statistic,
    frame: pd.DataFrame,
    cluster: str,
    *,
    strata: str | None = None,
    draws: int = 999,
    seed: int = 0,
    level: float = 0.95,
    interval: Interval = "percentile",
) -> ClusterBootstrap:
    """Bootstrap `statistic` (a number from rows like those of `frame`) on the clusters of the column `cluster`.

    A draw on which it raises NotEstimable or SurveyError, or is not finite, is counted as lost; any other error is
    raised. `strata`: a column constant inside a cluster (the arm, when treatment is by cluster). In the rows handed to
    `statistic` the column `cluster` numbers the copies from 0. Raises SurveyError (French) on a missing column or
    value, a cluster in two strata, fewer than two clusters; NotEstimable when most draws are lost.
    """
    if draws < 99 or not 0 < level < 1:
        raise ValueError(f"99 draws or more and a level within (0, 1), not {draws} and {level}")
    rows, groups = _clusters(frame, cluster, strata)
    estimate = float(statistic(frame))
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        chosen = np.concatenate([rng.choice(group, size=len(group)) for group in groups])
        positions = np.concatenate([rows[one] for one in chosen])
        copies = np.repeat(np.arange(len(chosen)), [len(rows[one]) for one in chosen])
        drawn = frame.iloc[positions].reset_index(drop=True)
        drawn[cluster] = copies
        found.append(_value(statistic, drawn))
    values = np.array(found)
    kept = values[np.isfinite(values)]
    if len(kept) < FEWEST_COMPUTED * draws:
        raise NotEstimable(
            f"L'estimation n'existe que sur {fr_percent(len(kept) / draws, 0)} des tirages de grappes : son "
            "incertitude ne peut pas être mesurée ainsi. Simplifiez la pondération, ou regroupez des modalités."
        )
    error, clusters = float(kept.std(ddof=1)), len(rows)
    half = float(stats.t.ppf(0.5 + level / 2, clusters - 1)) * error
    low, high = np.quantile(kept, [0.5 - level / 2, 0.5 + level / 2])
    if interval == "student":
        low, high = estimate - half, estimate + half
    told = []
    if clusters < FEW_CLUSTERS:
        told.append(
            f"Le bootstrap par grappes est trop optimiste avec {clusters} grappes (moins de {FEW_CLUSTERS}) : "
            "comparez-le à la correction CR2 ou au bootstrap sauvage."
        )
    if len(kept) < (1 - _FEW_LOST) * draws:
        told.append(
            f"L'estimation n'existe pas sur {fr_percent(1 - len(kept) / draws, 0)} des tirages de grappes : "
            "l'intervalle ne tient compte que des autres."
        )
    return ClusterBootstrap(
        estimate=estimate,
        standard_error=error,
        low=float(low),
        high=float(high),
        level=level,
        interval=interval,
        draws=draws,
        lost=draws - len(kept),
        clusters=clusters,
        warnings=tuple(fr_text(one) for one in told),
        replicates=kept,
    )


def _clusters(frame: pd.DataFrame, cluster: str, strata: str | None) -> tuple[list[Codes], list[Codes]]:
    """Rows of each cluster, in the order of their names, and clusters of each stratum."""
    for name in [cluster] if strata is None else [cluster, strata]:
        if name not in frame.columns or frame[name].isna().any():
            raise SurveyError(
                f"La colonne « {name} » manque, ou est vide sur des lignes : chaque jeune a une grappe et une strate. "
                "Complétez-la."
            )
    codes, labels = pd.factorize(frame[cluster], sort=True)
    if len(labels) < 2:
        raise SurveyError(
            f"La colonne « {cluster} » ne compte qu'une grappe : rien ne peut être tiré. Donnez des grappes plus fines."
        )
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    if strata is None:
        return rows, [np.arange(len(rows), dtype=np.intp)]
    if len(pd.DataFrame({"cluster": codes, "stratum": frame[strata].to_numpy()}).drop_duplicates()) > len(rows):
        raise SurveyError(
            f"Une grappe de « {cluster} » se trouve dans plusieurs strates de « {strata} » : donnez à chacune une "
            "seule strate, ou retirez-les."
        )
    home = pd.factorize(frame[strata].iloc[[int(one[0]) for one in rows]], sort=True)[0]
    return rows, [np.flatnonzero(home == one) for one in range(int(home.max()) + 1)]


def _value(statistic: Statistic, rows: pd.DataFrame) -> float:
    try:
        return float(statistic(rows))
    except (NotEstimable, SurveyError):
        return float("nan")
