"""The cumulative logit of an answer on a scale, taken as the least squares it solves at its maximum.

An answer of J levels is J − 1 zeros and ones z_j, « at most level j », of chances μ_j = F(θ_j − xβ). An answer beyond
j + 1 is beyond j, so that z_j − (μ_j/μ_{j+1}) z_{j+1} are uncorrelated, of variance μ_j (μ_{j+1} − μ_j)/μ_{j+1}.
Divided by their spread, answers and derivatives solve the equations of maximum likelihood (Fisher's scoring) as least
squares with J − 1 rows a person: `cluster_robust` then gives the errors of a linear model. Two levels are a logit.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mentorat.causal.cluster_robust import Codes, Floats, Kind, RobustFit, cluster_robust
from mentorat.survey.design import SurveyError
from mentorat.survey.ordinal import MAX_LEVELS, ordinal_maximum
from mentorat.survey.regression import logistic
from mentorat.typography import fr_number


@dataclass(frozen=True)
class OrdinalOutcome:
    """Thresholds then slopes of a cumulative logit (P = J − 1 + K), with their errors.

    `levels` (J): the answers, from lowest to highest; `values` (J): what each counts for in a mean.
    """

    fit: RobustFit
    levels: Floats
    values: Floats

    @property
    def thresholds(self) -> int:
        return len(self.levels) - 1

    def predicted(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean of `values` for each row of regressors `x` (m × K), and its slopes in the parameters (m × P)."""
        chance = _chances(self.fit.coefficients, x, self.thresholds)
        steps = np.diff(self.values)
        heights = steps * chance * (1 - chance)
        mean: Floats = self.values[-1] - chance @ steps
        return mean, np.hstack([-heights, heights.sum(axis=1)[:, None] * x])


def ordinal_outcome(
    y: Floats,
    x: Floats,
    cluster: Codes,
    weights: Floats,
    kind: Kind,
    *,
    outcome: str,
    positive: Collection[float] | None = None,
) -> OrdinalOutcome:
    """Cumulative logit of `y` (m, numbers whose order is theirs) on `x` (m × K, no constant).

    `positive`: the answers whose probability is the mean asked for (none: the mean score, each level counting for its
    number). Raises SurveyError (French) on more than `MAX_LEVELS` levels, a positive answer nobody gave, or regressors
    that separate the answers.
    """
    levels, codes = np.unique(y, return_inverse=True)
    if len(levels) > MAX_LEVELS:
        raise SurveyError(
            f"La colonne « {outcome} » prend {len(levels)} valeurs : ce n'est pas une échelle. Choisissez le modèle "
            "linéaire, ou regroupez-les."
        )
    parameters = ordinal_maximum(x, codes.reshape(-1).astype(np.intp), weights, outcome)
    count = len(levels) - 1
    chance = _chances(parameters, x, count)
    above = np.hstack([chance[:, 1:], np.ones((len(y), 1))])
    ratio = chance / above
    spread = np.sqrt(chance * (1 - ratio))
    density = chance * (1 - chance)
    slopes = density[:, :, None] * np.concatenate(
        [np.broadcast_to(np.eye(count), (len(y), count, count)), np.repeat(-x[:, None, :], count, axis=1)], axis=2
    )
    missed = (codes.reshape(-1, 1) <= np.arange(count)) - chance
    slopes = _innovations(slopes, ratio[:, :, None]) / spread[:, :, None]
    missed = _innovations(missed, ratio) / spread
    design = slopes.reshape(-1, slopes.shape[2])
    fit = cluster_robust(
        design @ parameters + missed.reshape(-1),
        design,
        np.repeat(cluster, count),
        np.repeat(weights, count),
        kind,
    )
    return OrdinalOutcome(fit, levels, _values(levels, positive, outcome))


def _chances(parameters: Floats, x: Floats, count: int) -> Floats:
    """Chances of an answer at most each level but the last (m × J − 1)."""
    return logistic(parameters[:count] - (x @ parameters[count:])[:, None])


def _innovations(values: Floats, ratio: Floats) -> Floats:
    """Each level's value less what that of the level above foretells of it (second axis: levels)."""
    found: Floats = values.copy()
    found[:, :-1] -= ratio[:, :-1] * values[:, 1:]
    return found


def _values(levels: Floats, positive: Collection[float] | None, outcome: str) -> Floats:
    if positive is None:
        return levels
    wanted = np.array(sorted(positive), dtype=np.float64)
    flags: NDArray[np.bool_] = np.isin(levels, wanted)
    if not flags.any() or flags.all():
        listed = ", ".join(fr_number(float(level)) for level in levels)
        raise SurveyError(
            f"Les réponses positives de « {outcome} » sont toutes les réponses données, ou aucune d'elles ({listed}) : "
            "donnez une partie de l'échelle."
        )
    return flags.astype(np.float64)
