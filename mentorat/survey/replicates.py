"""Variance by replicates: the statistic computed again on weights perturbed by whole clusters.

Jackknife (JK1 without strata, JKn with): each replicate drops a cluster and reweighs the others of its stratum by
n_h/(n_h − 1); variance Σ_r (1 − f_h)(n_h − 1)/n_h (θ_r − θ)² (Wolter 2007, chapter 4; R's as.svrepdesign).
Bootstrap: n_h − 1 clusters drawn with replacement in each stratum, weights multiplied by
1 + √(1 − f_h)·(m_i·n_h/(n_h − 1) − 1), m_i being the times cluster i was drawn; variance the mean square of θ_r − θ
(Rao and Wu 1988; Rao, Wu and Yue 1992).

They serve any statistic, smooth ones for the jackknife (a median wants the bootstrap), and carry weighting along when
`reweight` does it again on each replicate. Only first-stage clusters are resampled: with several stages the finite
population correction is left out, so that the variance is not understated.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from mentorat.survey.design import Codes, Floats, SurveyDesign, SurveyError

Weighting = Callable[[Floats], Floats]
"""From the replicate's weights (n, zero for a dropped cluster) to calibrated ones (n)."""
Centre = Literal["estimation", "moyenne"]
"""What replicates are compared with: the estimate (R's mse=TRUE) or their mean (R's default)."""
MOST_CLUSTERS = 5_000
"""Clusters beyond which dropping them one at a time takes too long for its worth."""


@dataclass(frozen=True)
class ReplicateEstimate:
    """A statistic of k figures with its covariance (k × k) and intervals at `level` (Student, the design's df)."""

    estimate: Floats
    covariance: Floats
    se: Floats
    low: Floats
    high: Floats
    df: float
    replicates: int
    level: float


@dataclass(frozen=True)
class Replicates:
    """Replicates of a design: `scales` (one a replicate) multiply the squared deviations.

    `factors(r)`: multiplier of the weights of each primary cluster in replicate r. `reweight`: weighting done again
    on each replicate; without it replicate weights are the design's final weights times the factors.
    """

    design: SurveyDesign
    kind: str
    scales: Floats
    factors: Callable[[int], Floats]
    centre: Centre = "estimation"
    reweight: Weighting | None = None

    def __len__(self) -> int:
        return len(self.scales)

    def weights(self) -> Iterator[Floats]:
        """The weights (n) of each replicate, one at a time: n × replicates would not fit."""
        units = self.design.layers[0].units
        for rank in range(len(self)):
            given = self.design.weights * self.factors(rank)[units]
            yield given if self.reweight is None else self.reweight(given)

    def estimate(self, statistic: Callable[[Floats], float | Floats], level: float = 0.95) -> ReplicateEstimate:
        """The statistic (a function of weights giving one figure or k) with its replicate variance.

        With `reweight`, the design's weights are those before weighting, and the estimate too is weighted by it.
        Raises SurveyError when the statistic does not exist on a replicate.
        """
        whole = self.design.weights if self.reweight is None else self.reweight(self.design.weights)
        estimate = np.atleast_1d(np.asarray(statistic(whole), dtype=np.float64))
        found = np.stack([np.atleast_1d(np.asarray(statistic(w), dtype=np.float64)) for w in self.weights()])
        lost = int((~np.isfinite(found)).any(axis=1).sum())
        if lost or not np.isfinite(estimate).all():
            raise SurveyError(
                f"La statistique n'existe pas sur {lost} réplicat(s) sur {len(self)} : une grappe porte à elle seule "
                "un domaine ou une marge. Regroupez ce domaine, ou servez-vous de la linéarisation."
            )
        left = found - (estimate if self.centre == "estimation" else found.mean(axis=0))
        covariance = (left * self.scales[:, None]).T @ left
        se = np.sqrt(np.diag(covariance))
        df = float(self.design.degrees_of_freedom)
        half = stats.t.ppf(0.5 + level / 2, max(df, 1.0)) * se
        return ReplicateEstimate(estimate, covariance, se, estimate - half, estimate + half, df, len(self), level)


def jackknife(design: SurveyDesign, *, centre: Centre = "estimation", reweight: Weighting | None = None) -> Replicates:
    """Jackknife replicates, one a primary cluster: JK1 with a single stratum, JKn otherwise.

    Clusters of strata taken whole have no replicate. Raises SurveyError beyond MOST_CLUSTERS clusters, and on a
    stratum with one cluster unless `lonely_psu` is « ignorer » or « certitude » (it then never varies).
    """
    owner, drawn, left = _resampled(design)
    dropped = np.flatnonzero(left[owner] > 0)
    if len(dropped) > MOST_CLUSTERS:
        raise SurveyError(
            f"Le jackknife retire une grappe à la fois : {len(dropped)} grappes, c'est trop. Servez-vous du bootstrap, "
            "ou de la linéarisation."
        )
    size = drawn[owner]

    def factors(rank: int) -> Floats:
        gone = dropped[rank]
        mates = owner == owner[gone]
        found: Floats = np.where(mates, size[gone] / (size[gone] - 1), 1.0)
        found[gone] = 0.0
        return found

    scales = left[owner[dropped]] * (size[dropped] - 1) / size[dropped]
    return Replicates(design, "JK1" if len(drawn) == 1 else "JKn", scales, factors, centre, reweight)


def bootstrap(
    design: SurveyDesign,
    replicates: int = 500,
    *,
    seed: int = 20220101,
    centre: Centre = "estimation",
    reweight: Weighting | None = None,
) -> Replicates:
    """Rao-Wu bootstrap replicates. A seed gives the same draws whatever the order of the rows, when clusters are
    named; without clusters the draws follow the rows.

    Raises SurveyError below two replicates and, as `jackknife`, on a stratum with one cluster.
    """
    if replicates < 2:
        raise SurveyError("Le bootstrap demande au moins deux réplicats ; 500 est l'usage.")
    owner, drawn, left = _resampled(design)
    members = np.argsort(owner, kind="stable")
    first = np.append(0, np.cumsum(drawn)[:-1]).astype(np.intp)
    stratum = np.repeat(np.arange(len(drawn)), np.where(left > 0, drawn - 1, 0).astype(np.intp))
    size, shrink = drawn[owner], np.sqrt(left[owner])

    def factors(rank: int) -> Floats:
        picks = np.random.default_rng([seed, rank]).random(len(stratum)) * drawn[stratum]
        times = np.bincount(members[first[stratum] + picks.astype(np.intp)], minlength=len(owner))
        return np.where(shrink > 0, 1 + shrink * (times * size / np.maximum(size - 1, 1) - 1), 1.0)

    return Replicates(design, "bootstrap", np.full(replicates, 1 / replicates), factors, centre, reweight)


def _resampled(design: SurveyDesign) -> tuple[Codes, Floats, Floats]:
    """Stratum of each primary cluster, clusters of each stratum, and its 1 − f_h (0: nothing to resample)."""
    layer, stage = design.layers[0], design.stages[0]
    left = np.ones(len(layer.drawn))
    if stage.population is not None and len(design.stages) == 1:
        left[stage.strata] = 1 - layer.drawn[stage.strata] / stage.population
    alone = (layer.drawn == 1) & (left > 0)
    if alone.any() and design.lonely_psu not in {"ignorer", "certitude"}:
        raise SurveyError(
            f"{int(alone.sum())} strate(s) ne comptent qu'une grappe : aucun réplicat ne peut l'en retirer. "
            "Regroupez-les avec une strate voisine, ou choisissez la règle « certitude » ou « ignorer »."
        )
    left[alone] = 0.0
    return layer.owner, layer.drawn, left
