"""The sampling design of a survey, and the linearised variance every estimate rests on.

A design holds weights, strata, clusters at one or several stages and populations for the finite population
correction, one entry a row. Estimates never cut its rows: a domain is a score of zero outside it, so that the number
of clusters drawn stays known (Lumley 2010, Complex Surveys, chapter 2).

The variance of a total of scores z (weight × influence) is the sum over strata h of
n_h/(n_h − 1) × (1 − f_h) × Σ_i (z_hi − z̄_h)(z_hi − z̄_h)ᵀ, z_hi being the total of cluster i; each further stage
adds, inside each cluster, the same expression multiplied by the sampling fractions of the stages above
(Särndal, Swensson and Wretman 1992, result 4.3.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.errors import MentoratError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
LonelyPsu = Literal["refuser", "ignorer", "ajuster", "moyenne", "certitude"]
"""What a stratum with one cluster does: refuse, count for nothing, be centred on the mean of all clusters, take the
mean contribution of the other strata, or be held as drawn with certainty (R's fail, remove, adjust, average,
certainty)."""


class SurveyError(MentoratError):
    """A survey cannot be estimated as asked; the French message names the column, the level and the remedy."""


@dataclass(frozen=True)
class Stage:
    """One stage of sampling: for each row the stratum, the unit, and the units its stratum holds in the population.

    `strata`, `units`: codes from 0, nested in the stage above. `population`: number of units of the stratum, one a
    row, or None when drawn with replacement (or from so many that the correction does not matter).
    """

    strata: Codes
    units: Codes
    population: Floats | None = None


@dataclass(frozen=True)
class Calibration:
    """Auxiliary variables (n × p) that calibrated weights reproduce, and the weights before (n).

    Estimates then vary only by what the auxiliaries leave unexplained (Deville and Särndal 1992).
    """

    auxiliaries: Floats
    weights: Floats

    def residuals(self, influence: Floats) -> Floats:
        """What is left of `influence` (n × k) after its weighted regression on the auxiliaries."""
        root = np.sqrt(self.weights)[:, None]
        found = np.linalg.lstsq(self.auxiliaries * root, influence * root, rcond=None)[0]
        return influence - self.auxiliaries @ found


@dataclass(frozen=True)
class SurveyDesign:
    """Weights (n, positive), stages of sampling, and the calibrations the weights went through, first to last."""

    weights: Floats
    stages: tuple[Stage, ...]
    lonely_psu: LonelyPsu = "refuser"
    calibrations: tuple[Calibration, ...] = ()

    @property
    def n(self) -> int:
        return len(self.weights)

    @property
    def clusters(self) -> int:
        """Number of primary clusters."""
        return int(self.stages[0].units.max()) + 1

    @property
    def degrees_of_freedom(self) -> int:
        """Primary clusters less strata."""
        return self.clusters - (int(self.stages[0].strata.max()) + 1)

    def covariance(self, influence: Floats) -> Floats:
        """Covariance (k × k) of the k estimates whose influence functions are the columns of `influence` (n × k).

        The influence of row i on a mean ȳ is (y_i − ȳ)/Σw, before its weight. Raises SurveyError when a stratum has
        one cluster and `lonely_psu` is « refuser ».
        """
        left = np.asarray(influence, dtype=np.float64).reshape(self.n, -1)
        for calibration in self.calibrations:
            left = calibration.residuals(left)
        return _stage_covariance(left * self.weights[:, None], self.stages, np.ones(self.n), self.lonely_psu)

    def with_weights(self, weights: Floats, calibration: Calibration | None = None) -> "SurveyDesign":
        """The same sample with other weights and, when they come from one, the calibration they went through."""
        added = () if calibration is None else (calibration,)
        return replace(self, weights=np.asarray(weights, dtype=np.float64), calibrations=self.calibrations + added)


def survey_design(
    frame: pd.DataFrame,
    *,
    weights: str | None = None,
    strata: str | Sequence[str | None] | None = None,
    clusters: str | Sequence[str] | None = None,
    population: str | Sequence[str | None] | None = None,
    lonely_psu: LonelyPsu = "refuser",
) -> SurveyDesign:
    """The design of the rows of `frame`, by names of columns.

    `clusters`, `strata`, `population` name one column, or one a stage from the first to the last; without clusters
    each row is its own. `population` counts the units of each stratum (the fpc of R's survey). Without `weights`,
    they are the product over the stages of population/sample where populations are given, else 1. Labels of clusters
    may repeat from one stratum to another.

    Raises SurveyError (French, naming the column and the remedy) on a missing column, weights that are not numbers,
    missing, zero or negative, a stratum or cluster left empty, a population that varies inside a stratum or is
    smaller than the sample.
    """
    names = {"clusters": _listed(clusters), "strata": _listed(strata), "population": _listed(population)}
    depth = max(1, *(len(found) for found in names.values()))
    if frame.empty:
        raise SurveyError("Aucune ligne à estimer : l'échantillon est vide.")
    above: Codes = np.zeros(len(frame), dtype=np.intp)
    stages: list[Stage] = []
    for rank in range(depth):
        cluster, stratum, total = (found[rank] if rank < len(found) else None for found in names.values())
        strata_codes = _nested(above, _labels(frame, stratum)) if stratum else above
        units = _nested(strata_codes, _labels(frame, cluster)) if cluster else np.arange(len(frame), dtype=np.intp)
        stages.append(Stage(strata_codes, units, _population(frame, total, strata_codes, units) if total else None))
        above = units
    return SurveyDesign(_weights(frame, weights, stages), tuple(stages), lonely_psu)


def _listed(names: str | Sequence[str | None] | None) -> list[str | None]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise SurveyError(
            f"La colonne « {name} » manque dans l'échantillon. Ajoutez-la, ou retirez-la du plan de sondage."
        )
    return frame[name]


def _labels(frame: pd.DataFrame, name: str) -> Codes:
    column = _column(frame, name)
    if column.isna().any():
        raise SurveyError(
            f"La colonne « {name} » est vide sur {int(column.isna().sum())} ligne(s). Chaque répondant a une strate et "
            "une grappe : complétez-la, ou retirez-la du plan de sondage."
        )
    codes: Codes = pd.factorize(column, sort=True)[0].astype(np.intp)
    return codes


def _nested(outer: Codes, inner: Codes) -> Codes:
    """Codes of the pairs (outer, inner), from 0: the same label in two strata is two units."""
    pairs = outer.astype(np.int64) * (int(inner.max()) + 1) + inner
    codes: Codes = np.unique(pairs, return_inverse=True)[1].astype(np.intp)
    return codes


def _numbers(frame: pd.DataFrame, name: str, what: str) -> Floats:
    column = _column(frame, name)
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise SurveyError(
            f"La colonne « {name} » ({what}) contient du texte. Donnez des nombres, à virgule ou à point."
        )
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        raise SurveyError(
            f"La colonne « {name} » ({what}) est vide ou infinie sur {int((~np.isfinite(values)).sum())} ligne(s). "
            "Complétez-la."
        )
    return values


def _population(frame: pd.DataFrame, name: str, strata: Codes, units: Codes) -> Floats:
    values = _numbers(frame, name, "population")
    ranges = pd.Series(values).groupby(strata).agg(["min", "max"])
    drawn = pd.Series(units).groupby(strata).nunique()
    if (ranges["min"] != ranges["max"]).any():
        raise SurveyError(
            f"La colonne « {name} » prend plusieurs valeurs dans une même strate : elle compte les unités de la strate "
            "dans la population, la même sur toutes ses lignes."
        )
    if (ranges["min"] < drawn).any():
        raise SurveyError(
            f"La colonne « {name} » annonce moins d'unités dans la population que l'échantillon n'en contient. "
            "Vérifiez les effectifs de la base de sondage."
        )
    return values


def _weights(frame: pd.DataFrame, name: str | None, stages: list[Stage]) -> Floats:
    if name is None:
        weights = np.ones(len(frame))
        for stage in stages:
            if stage.population is not None:
                weights *= stage.population / _drawn(stage)[stage.strata]
        return weights
    weights = _numbers(frame, name, "poids")
    if (weights <= 0).any():
        raise SurveyError(
            f"La colonne « {name} » (poids) est nulle ou négative sur {int((weights <= 0).sum())} ligne(s). "
            "Un poids dit combien de jeunes représente un répondant : corrigez-le, ou retirez ces lignes."
        )
    return weights


def _drawn(stage: Stage) -> Floats:
    """Number of units of each stratum in the sample."""
    owner = np.zeros(int(stage.units.max()) + 1, dtype=np.intp)
    owner[stage.units] = stage.strata
    return np.bincount(owner, minlength=int(stage.strata.max()) + 1).astype(np.float64)


def _stage_covariance(scores: Floats, stages: tuple[Stage, ...], factor: Floats, lonely: LonelyPsu) -> Floats:
    """Contribution of the first stage plus, inside its clusters, that of the stages below.

    `factor` (n): product of the sampling fractions of the stages above.
    """
    stage = stages[0]
    units, strata = int(stage.units.max()) + 1, int(stage.strata.max()) + 1
    totals = np.stack([np.bincount(stage.units, weights=column, minlength=units) for column in scores.T], axis=1)
    owner, scale, population = np.zeros(units, dtype=np.intp), np.ones(units), np.full(units, np.inf)
    owner[stage.units], scale[stage.units] = stage.strata, factor
    if stage.population is not None:
        population[stage.units] = stage.population
    drawn = np.bincount(owner, minlength=strata).astype(np.float64)
    means = np.stack([np.bincount(owner, weights=c, minlength=strata) for c in totals.T], axis=1) / drawn[:, None]
    size = drawn[owner]
    correction = np.where(np.isinf(population), 1.0, 1 - size / population)
    alone = (size == 1) & (correction > 0)
    centred = totals - means[owner]
    with np.errstate(divide="ignore"):
        multiplier = np.where(size > 1, size / (size - 1), 1.0) * correction * scale
    inflation = 1.0
    if alone.any():
        if lonely == "refuser":
            raise SurveyError(
                f"{int(alone.sum())} strate(s) ne comptent qu'une grappe : leur variance ne peut pas être estimée. "
                "Regroupez-les avec une strate voisine, ou choisissez une règle (ajuster, moyenne, certitude, ignorer)."
            )
        if lonely == "ajuster":
            centred[alone] = totals[alone] - totals.mean(axis=0)
        elif lonely == "moyenne":
            if alone.all():
                raise SurveyError("Toutes les strates n'ont qu'une grappe : la variance ne peut pas être estimée.")
            inflation = strata / (strata - int(alone.sum()))
    here = inflation * (centred * multiplier[:, None]).T @ centred
    if len(stages) == 1:
        return here
    fraction = np.zeros(units) if stage.population is None else size / population
    below = factor * fraction[stage.units]
    return here if not below.any() else here + _stage_covariance(scores, stages[1:], below, lonely)
