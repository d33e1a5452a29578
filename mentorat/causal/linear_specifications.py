"""A runner for specification curves: comparisons by weighted least squares, light enough to be run on permutations.

Each choice is one an evaluator could defend: which covariates, balanced by weights or not, adjusted by regression or
not, which respondents, which variance. All covariates balanced, adjusted, with CR2, is `estimators.estimate` (entropy).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable, entropy_balance, entropy_balance_many
from mentorat.causal.cluster_robust import cluster_robust
from mentorat.causal.covariates import RARE, encode_covariates
from mentorat.causal.finding import Finding
from mentorat.causal.projections import independent_columns, orthonormal_basis
from mentorat.causal.specification_curve import Choices, Draws, one_by_one
from mentorat.errors import MentoratError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EVERYBODY = "tous"
_BLOCK = 250_000
"""Weights of several draws held at once."""


DIMENSIONS = ("covariables", "ponderation", "modele", "regle", "variance")
"""What a grid for `run_linear` declares: names of covariates; « aucune » or « entropie »; « difference » or
« regression »; the name of a sample rule; « CR1 » or « CR2 »."""


@dataclass(frozen=True)
class LinearSample:
    """Respondents whose outcome is known, ready for any specification.

    `y`, `treated`, `cluster` (n); `columns` (n × k): covariates as numbers, `blocks`: the columns of each, levels of
    a factor all there; `rules`: name → rows kept, `EVERYBODY` among them; `n_missing`: outcomes missing.
    """

    y: Floats
    treated: Bools
    cluster: NDArray[np.intp]
    columns: Floats
    blocks: Mapping[str, tuple[int, ...]]
    rules: Mapping[str, Bools]
    n_missing: int


def linear_sample(
    frame: pd.DataFrame,
    outcome: str,
    treatment: str,
    covariates: Sequence[str],
    cluster: str,
    *,
    rules: Mapping[str, ArrayLike] | None = None,
) -> LinearSample:
    """Prepare `frame`; `rules`: other sample rules (flags on its rows).

    Raises MentoratError when a cluster is missing.
    """
    observed = frame[outcome].notna().to_numpy()
    data = frame.loc[observed].reset_index(drop=True)
    if data[cluster].isna().any():
        raise MentoratError(
            f"La colonne « {cluster} » est vide sur {int(data[cluster].isna().sum())} ligne(s). "
            "Chaque répondant a une grappe : complétez-la."
        )
    encoded = encode_covariates(data, covariates, data[treatment].astype(bool)).columns
    blocks = {
        name: tuple(
            rank for rank, column in enumerate(encoded.columns) if column == name or column.startswith(f"{name}=")
        )
        for name in covariates
    }
    kept = {name: np.asarray(flags, dtype=bool)[observed] for name, flags in (rules or {}).items()}
    return LinearSample(
        y=data[outcome].to_numpy(dtype=np.float64),
        treated=data[treatment].to_numpy(dtype=bool),
        cluster=pd.factorize(data[cluster], sort=True)[0].astype(np.intp),
        columns=encoded.to_numpy(dtype=np.float64),
        blocks=blocks,
        rules={EVERYBODY: np.ones(len(data), dtype=bool)} | kept,
        n_missing=int((~observed).sum()),
    )


def run_linear(data: LinearSample, choices: Choices, treated: Bools | None = None) -> Finding:
    """The difference between mentored and others under `choices`, in the outcome's unit.

    Raises NotEstimable (French) where the data cannot carry the specification, KeyError on an undeclared choice.
    """
    part = _Part.of(data, choices)
    mask = part.mask(data.treated if treated is None else treated)
    part.refuse_too_thin(mask)
    weights = part.weights(mask, choices["ponderation"])
    design = np.column_stack([np.ones(len(mask)), mask, part.x])
    design = design[:, independent_columns(design, weights)]
    if len(mask) - design.shape[1] < 10 or not _tells_treatment(design, mask):
        raise NotEstimable("Trop peu de répondants au regard du nombre de covariables : l'effet n'est pas estimé.")
    fit = cluster_robust(part.y, design, part.cluster, weights, choices["variance"])
    low, high = fit.interval(1)
    return Finding(
        estimate=float(fit.coefficients[1]),
        low=low,
        high=high,
        p=fit.p_value(1),
        n=len(mask),
        clusters=fit.clusters,
        warnings=fit.warnings,
        se=float(fit.standard_errors[1]),
    )


def run_linear_draws(data: LinearSample, choices: Choices, treatments: Bools) -> Draws:
    """`run_linear` on each of `treatments` (draws × n); all at once, by blocks, when the variance is CR1.

    What covariates say is taken out of the outcome and of every treatment by projection (Frisch and Waugh 1933), one
    for all without weights, one a draw with them; the products that make them are those of weights with columns common
    to all draws.
    """
    if choices["variance"] != "CR1":
        return one_by_one(data, choices, run_linear, treatments)
    part = _Part.of(data, choices)
    order = np.argsort(part.cluster, kind="stable")
    part = part.taken(order)
    masks = treatments[:, np.flatnonzero(part.rows)[order]]
    n = len(part.y)
    basis = orthonormal_basis(np.column_stack([np.ones(n), part.x]))
    mentored = masks.sum(axis=1)
    possible = (np.minimum(mentored, n - mentored) >= RARE) & (n - basis.shape[1] - 1 >= 10)
    estimates, p = np.full(len(masks), nan), np.full(len(masks), nan)
    balanced = pd.DataFrame(part.balanced)
    for start in range(0, len(masks), step := max(1, _BLOCK // n)):
        rows = np.flatnonzero(possible[start : start + step]) + start
        if choices["ponderation"] == "aucune":
            weights = np.ones((1, n))
        else:
            many = entropy_balance_many(balanced, masks[rows])
            rows, weights = rows[many.feasible], many.weights[many.feasible]
        estimates[rows], p[rows] = _projected(part, basis, masks[rows].astype(np.float64), weights)
    return Draws(estimates, p)


def _projected(part: "_Part", basis: Floats, masks: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Coefficient of each treatment of `masks` (draws × n, rows cluster after cluster) and its CR1 p-value.

    `basis` (n × r): the other columns; `weights` (draws × n, or 1 × n common to all). nan where they determine it.
    """
    n, rank = basis.shape
    products = (basis[:, :, None] * basis[:, None, :]).reshape(n, -1)
    gram = (weights @ products).reshape(-1, rank, rank)
    weighted = masks * weights
    ahead = np.concatenate([(weighted @ basis)[:, :, None], _each(weights * part.y @ basis, masks)[:, :, None]], axis=2)
    along = np.linalg.solve(np.broadcast_to(gram, (len(masks), rank, rank)), ahead)
    d_left = masks - along[:, :, 0] @ basis.T
    y_left = part.y - along[:, :, 1] @ basis.T
    score = d_left * weights
    spread = (score * d_left).sum(axis=1)
    told = spread > 1e-8 * n
    scale = np.where(told, spread, 1.0)
    estimates = (score * y_left).sum(axis=1) / scale
    score *= y_left - d_left * estimates[:, None]
    starts = np.searchsorted(part.cluster, np.arange(int(part.cluster.max()) + 1))
    totals = np.add.reduceat(score, starts, axis=1)
    # a cluster that weighs nothing is not there
    groups = _each((np.add.reduceat(weights, starts, axis=1) > 0).sum(axis=1)[:, None], masks)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.sqrt(groups / (groups - 1) * (totals**2).sum(axis=1)) / scale
        p = np.where(errors > 0, 2 * stats.t.sf(np.abs(estimates / errors), groups - 1), (estimates == 0).astype(float))
    return np.where(told, estimates, nan), np.where(told, p, nan)


def _each(values: Floats, masks: Floats) -> Floats:
    """A row of `values` for each draw, when there is one for all."""
    found: Floats = np.broadcast_to(values, (len(masks), values.shape[1]))
    return found


@dataclass(frozen=True)
class _Part:
    """What one specification looks at: the rows of its rule, the columns balanced and those of the regression."""

    rows: Bools
    y: Floats
    cluster: NDArray[np.intp]
    balanced: Floats
    x: Floats

    @classmethod
    def of(cls, data: LinearSample, choices: Choices) -> "_Part":
        rows = data.rules[choices["regle"]]
        ranks = [rank for name in choices["covariables"] for rank in data.blocks[name]]
        columns = data.columns[rows][:, np.array(ranks, dtype=np.intp)]
        columns = columns[:, np.ptp(columns, axis=0) > 0] if ranks and rows.any() else columns[:, :0]
        centred = (columns - columns.mean(axis=0)) / columns.std(axis=0) if columns.size else columns
        x = centred if choices["modele"] == "regression" else centred[:, :0]
        codes = np.unique(data.cluster[rows], return_inverse=True)[1].astype(np.intp)
        return cls(rows, data.y[rows], codes, columns, x)

    def taken(self, order: NDArray[np.intp]) -> "_Part":
        """The same rows in another order."""
        return replace(
            self, y=self.y[order], cluster=self.cluster[order], balanced=self.balanced[order], x=self.x[order]
        )

    def mask(self, treated: Bools) -> Bools:
        return np.asarray(treated, dtype=bool)[self.rows]

    def refuse_too_thin(self, mask: Bools) -> None:
        if min(int(mask.sum()), int((~mask).sum())) < RARE:
            raise NotEstimable(f"Moins de {RARE} réponses dans l'un des deux groupes : l'effet n'est pas estimé.")
        if len(np.unique(self.cluster)) < 2:
            raise NotEstimable(
                "Toutes les réponses viennent d'une seule grappe : l'incertitude ne peut pas être estimée."
            )
        if np.ptp(self.y) == 0:
            raise NotEstimable("Tous les répondants ont donné la même réponse : il n'y a pas d'écart à estimer.")

    def weights(self, mask: Bools, rule: str) -> Floats:
        weights = np.ones(len(mask))
        if rule == "entropie":
            names = [f"c{rank}" for rank in range(self.balanced.shape[1])]
            table = pd.DataFrame(self.balanced, columns=names)
            weights[~mask] = entropy_balance(table.loc[mask], table.loc[~mask]).weights
        return weights


def _tells_treatment(design: Floats, mask: Bools) -> bool:
    """Whether the treatment is still the second column: it is left out when everybody is alike."""
    return bool(design.shape[1] > 1 and (design[:, 1] == mask).all())
