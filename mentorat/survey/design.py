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
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from mentorat.errors import MentoratError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
BLOCK = 4_000_000
"""Cells of a clusters × domains table held at once: beyond, domains are taken in blocks (32 MB a table)."""
LonelyPsu = Literal["refuser", "ignorer", "ajuster", "moyenne", "certitude"]
"""What a stratum with one cluster does: refuse, count for nothing, be left uncentred (its whole score, those of a mean
having 0 for mean over the sample), take the mean contribution of the other strata (of those a domain touches), or be
held as drawn with certainty (R's fail, remove, adjust, average, certainty)."""


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

    @cached_property
    def basis(self) -> Floats:
        """Orthonormal basis (n × r) of the auxiliaries times √weights, redundant columns left out."""
        vectors, sizes, _ = np.linalg.svd(self.auxiliaries * np.sqrt(self.weights)[:, None], full_matrices=False)
        kept: Floats = vectors[:, sizes > sizes.max(initial=0.0) * 1e-10]
        return kept

    def residuals(self, influence: Floats) -> Floats:
        """What is left of `influence` (n × k) after its weighted regression on the auxiliaries."""
        root = np.sqrt(self.weights)[:, None]
        return influence - self.basis @ (self.basis.T @ (influence * root)) / root


@dataclass(frozen=True)
class Layer:
    """What a stage's variance needs and scores do not change: its units (u of them, in `strata` strata) and shares.

    `units` (n): unit of each row; `owner` (u): stratum of each unit; `drawn` (strata): units in the sample;
    `multiplier` (u): n_h/(n_h − 1) × (1 − f_h) × sampling fractions of the stages above; `alone` (u): the unit is the
    only one of a stratum not taken whole.
    """

    units: Codes
    owner: Codes
    drawn: Floats
    multiplier: Floats
    alone: NDArray[np.bool_]

    @property
    def size(self) -> int:
        return len(self.owner)

    @cached_property
    def strata_sums(self) -> csr_array:
        """Strata × units: adds the rows of a units × k table by stratum."""
        ones, rank = np.ones(self.size), np.arange(self.size)
        return csr_array((ones, (self.owner, rank)), shape=(len(self.drawn), self.size))

    def totals(self, scores: Floats) -> Floats:
        """Scores (n × k) added by unit (u × k)."""
        columns = [np.bincount(self.units, weights=column, minlength=self.size) for column in scores.T]
        return np.stack(columns, axis=1)

    def centred(self, totals: Floats, lonely: LonelyPsu) -> Floats:
        """Totals (u × k) less the mean of their stratum."""
        left: Floats = totals - (self.strata_sums @ totals / self.drawn[:, None])[self.owner]
        if self.alone.any() and lonely == "refuser":
            raise SurveyError(
                f"{int(self.alone.sum())} strate(s) ne comptent qu'une grappe : leur variance ne peut pas être "
                "estimée. Regroupez-les avec une strate voisine, ou choisissez une règle (ajuster, moyenne, "
                "certitude, ignorer)."
            )
        if lonely == "ajuster":
            left[self.alone] = totals[self.alone]
        return left

    def inflation(self, lonely: LonelyPsu, present: Floats | None = None) -> Floats:
        """What « moyenne » multiplies variances by (k, or 1): strata over strata with several clusters.

        `present` (u × k): the units that each domain touches; without it all strata count. nan where no stratum has
        several clusters.
        """
        if lonely != "moyenne" or not self.alone.any():
            return np.ones(1)
        touched = np.ones((len(self.drawn), 1)) if present is None else (self.strata_sums @ present > 0).astype(float)
        lone = np.zeros(len(self.drawn))
        lone[self.owner[self.alone]] = 1
        strata, several = touched.sum(axis=0), (1 - lone) @ touched
        if present is None and not several.any():
            raise SurveyError("Toutes les strates n'ont qu'une grappe : la variance ne peut pas être estimée.")
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = np.where(several > 0, strata / several, np.nan)
        return found


@dataclass(frozen=True)
class Domains:
    """Disjoint domains of a sample: `codes` (n) from 0, rows outside every domain holding `count`.

    `everything`: there is one domain and every row is in it, which spares several passes.
    """

    codes: Codes
    count: int
    everything: bool = False

    @cached_property
    def sizes(self) -> Floats:
        """Rows in each domain (count)."""
        if self.everything:
            return np.array([float(len(self.codes))])
        return self._cut(np.bincount(self.codes, minlength=self.count + 1))

    def sums(self, values: Floats) -> Floats:
        """Sum of `values` (n) in each domain (count)."""
        if self.everything:
            return np.array([values.sum()])
        return self._cut(np.bincount(self.codes, weights=values, minlength=self.count + 1))

    def at_rows(self, values: Floats) -> Floats:
        """The value (count) of the domain of each row (n, or one that broadcasts); 0 outside."""
        return values if self.everything else np.append(values, 0.0)[self.codes]

    def without(self, rows: NDArray[np.bool_]) -> "Domains":
        """The same domains without these rows (flags, n)."""
        return Domains(np.where(rows, self.count, self.codes), self.count) if rows.any() else self

    def within(self, layer: Layer, values: Floats | None = None) -> Floats:
        """Sum of `values` (n), or number of rows, by unit of the layer and domain (units × count)."""
        width = 1 if self.everything else self.count + 1
        cells = np.bincount(self._cells(layer), weights=values, minlength=layer.size * width)
        return cells.astype(np.float64, copy=False).reshape(layer.size, width)[:, : self.count]

    def _cells(self, layer: Layer) -> Codes:
        """Rank of each row's cell in the table of `within`; kept for the layer last asked."""
        if self.everything:
            return layer.units
        kept: tuple[Layer, Codes] | None = self.__dict__.get("_kept")
        if kept is None or kept[0] is not layer:
            kept = layer, layer.units * (self.count + 1) + self.codes
            self.__dict__["_kept"] = kept
        return kept[1]

    def _cut(self, sums: NDArray[np.float64] | NDArray[np.intp]) -> Floats:
        return sums[: self.count].astype(np.float64, copy=False)

    def blocks(self, size: int) -> "list[tuple[slice, Domains]]":
        """The domains in runs whose size × count table stays small, each as domains of the whole sample."""
        step = max(1, BLOCK // size - 1)
        if step >= self.count:
            return [(slice(0, self.count), self)]
        found = []
        for start in range(0, self.count, step):
            end = min(start + step, self.count)
            inside = (self.codes >= start) & (self.codes < end)
            codes: Codes = np.where(inside, self.codes - start, end - start)
            found.append((slice(start, end), Domains(codes, end - start)))
        return found


@dataclass(frozen=True)
class SurveyDesign:
    """Weights (n, positive), stages of sampling, and the calibrations the weights went through, last to first.

    The last is taken off first: its margins are those the weights meet.
    """

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
        return self.layers[0].size

    @property
    def degrees_of_freedom(self) -> int:
        """Primary clusters less strata."""
        return self.clusters - len(self.layers[0].drawn)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The stages that add to the variance: a stage counts only where those above have known fractions."""
        found: list[Layer] = []
        factor = np.ones(self.n)
        for stage in self.stages:
            layer, fraction = _layer(stage, factor)
            found.append(layer)
            factor = factor * fraction
            if not factor.any():
                break
        return tuple(found)

    def covariance(self, influence: Floats) -> Floats:
        """Covariance (k × k) of the k estimates whose influence functions are the columns of `influence` (n × k).

        The influence of row i on a mean ȳ is (y_i − ȳ)/Σw, before its weight. Raises SurveyError when a stratum has
        one cluster and `lonely_psu` is « refuser ».
        """
        left = np.asarray(influence, dtype=np.float64).reshape(self.n, -1)
        for calibration in self.calibrations:
            left = calibration.residuals(left)
        left = left * self.weights[:, None]
        found = np.zeros((left.shape[1], left.shape[1]))
        for layer in self.layers:
            centred = layer.centred(layer.totals(left), self.lonely_psu)
            found += layer.inflation(self.lonely_psu) * ((centred * layer.multiplier[:, None]).T @ centred)
        return found

    def domain_variances(self, influence: Floats, domains: Domains) -> Floats:
        """Variance of one estimate a domain (count), from the influence (n) of each row on the estimate of its own.

        One pass over the rows, whatever the number of domains: O(n + clusters × domains). A row outside its domain
        scores zero, so the clusters that the domain does not touch count.
        """
        found = np.zeros(domains.count)
        scores = influence * self.weights
        for layer in self.layers:
            for place, block in domains.blocks(layer.size):
                totals = self._domain_totals(scores, influence, layer, block)
                centred = layer.centred(totals, self.lonely_psu)
                found[place] += (layer.multiplier @ np.square(centred)) * self._inflation(layer, block)
        return found

    def domain_covariance(self, influence: Floats, domains: Domains) -> Floats:
        """Covariance (k·count × k·count) between the estimates of all domains, from `influence` (n × k).

        Row j·count + d is the estimate of column j in domain d. Domains that share clusters are not independent.
        """
        columns = np.asarray(influence, dtype=np.float64).reshape(self.n, -1).T
        found = np.zeros((len(columns) * domains.count,) * 2)
        for layer in self.layers:
            totals = [self._domain_totals(one * self.weights, one, layer, domains) for one in columns]
            centred = layer.centred(np.hstack(totals), self.lonely_psu)
            root = np.sqrt(np.resize(self._inflation(layer, domains), len(found)))
            found += np.outer(root, root) * ((centred * layer.multiplier[:, None]).T @ centred)
        return found

    def _inflation(self, layer: Layer, domains: Domains) -> Floats:
        if self.lonely_psu != "moyenne" or not layer.alone.any():
            return np.ones(1)
        return layer.inflation(self.lonely_psu, (domains.within(layer) > 0).astype(np.float64))

    def _domain_totals(self, scores: Floats, influence: Floats, layer: Layer, domains: Domains) -> Floats:
        """Scores by unit and domain, less what the calibrations explain of them.

        A residual is not zero outside its domain: it is taken off by unit, never row × domain.
        """
        totals = domains.within(layer, scores)
        explained: list[tuple[Calibration, Floats]] = []
        for calibration in self.calibrations:
            root = np.sqrt(calibration.weights)
            taken = np.stack([domains.sums(column * root * influence) for column in calibration.basis.T])
            for earlier, share in explained:
                crossed = calibration.basis.T @ (earlier.basis * (root / np.sqrt(earlier.weights))[:, None])
                taken -= crossed @ share
            explained.append((calibration, taken))
            by_unit = layer.totals(calibration.basis * (self.weights / root)[:, None])
            totals = totals - by_unit @ taken
        return totals

    def with_weights(self, weights: Floats, calibration: Calibration | None = None) -> "SurveyDesign":
        """The same sample with other weights and, when they come from one, the calibration they went through.

        A calibration may make a weight zero or negative. Raises SurveyError on another number of weights, or one that
        is not finite.
        """
        added = () if calibration is None else (calibration,)
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != (self.n,):
            raise SurveyError(f"{given.size} poids pour {self.n} ligne(s) : donnez-en un par ligne, dans leur ordre.")
        if wrong := int((~np.isfinite(given)).sum()):
            raise SurveyError(f"Les nouveaux poids sont vides ou infinis sur {wrong} ligne(s). Corrigez-les.")
        return replace(self, weights=given, calibrations=added + self.calibrations)


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
    largest = int(pairs.max())
    if largest > 8 * len(pairs):
        codes: Codes = np.unique(pairs, return_inverse=True)[1].astype(np.intp)
        return codes
    seen = np.zeros(largest + 1, dtype=np.intp)  # few possible pairs: ranked without a sort
    seen[pairs] = 1
    ranked: Codes = (np.cumsum(seen) - 1)[pairs]
    return ranked


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


def _owner(stage: Stage) -> Codes:
    """Stratum of each unit."""
    owner: Codes = np.zeros(int(stage.units.max()) + 1, dtype=np.intp)
    owner[stage.units] = stage.strata
    return owner


def _drawn(stage: Stage) -> Floats:
    """Number of units of each stratum in the sample."""
    return np.bincount(_owner(stage), minlength=int(stage.strata.max()) + 1).astype(np.float64)


def _layer(stage: Stage, factor: Floats) -> tuple[Layer, Floats]:
    """The fixed part of a stage's variance, `factor` (n) being the sampling fractions of the stages above multiplied,
    and the sampling fraction of each row at this stage (0 when unknown)."""
    owner, drawn = _owner(stage), _drawn(stage)
    scale, population = np.ones(len(owner)), np.full(len(owner), np.inf)
    scale[stage.units] = factor
    if stage.population is not None:
        population[stage.units] = stage.population
    size = drawn[owner]
    fraction = size / population
    alone = (size == 1) & (fraction < 1) & (scale > 0)
    multiplier = np.where(size > 1, size / np.maximum(size - 1, 1), 1.0) * (1 - fraction) * scale
    return Layer(stage.units, owner, drawn, multiplier, alone), fraction[stage.units]
