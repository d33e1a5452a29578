"""Weights brought to known margins: post-stratification, raking, calibration; and trimming.

Calibration seeks the weights nearest to those given, by a distance, that meet every margin (Deville and Särndal
1992; Insee's Calmar and icarus, R's `survey::calibrate`): the factor of row i is F(xᵢᵀλ), λ solving
Σ dᵢ F(xᵢᵀλ) xᵢ = t, the minimum of a convex function, by Newton steps that never go up it. Raking goes through the
margins one after the other (Deming and Stephan 1940; `survey::rake`). Both work on cells (`survey.margins`).

Every step takes weights and gives weights: drawing → non-response (`survey.nonresponse`) → calibration → trimming.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from mentorat.survey.design import Calibration, Codes, Floats, SurveyDesign, SurveyError
from mentorat.survey.estimators import kish_ess
from mentorat.survey.margins import (
    Cells,
    MarginTargets,
    group_in_cells,
    level_name,
    margins_table,
    read_margins,
    starting_weights,
)
from mentorat.typography import fr_number, fr_percent

Distance = Literal["lineaire", "raking_ratio", "logit"]
"""Linear (any factor, negative ones too), raking ratio (positive), logit (between its bounds)."""
Residuals = Literal["ponderes", "survey"]
"""Weights of the regression behind the variance of raked estimates: those before raking, or none as R's `rake`."""

MAX_NEWTON = 100
MAX_SWEEPS = 1_000
REACHED = 1e-8
"""Largest gap to a margin, over 1 + target, under which margins are held to be met when no step gets nearer."""
EXACT = 1e-6
"""Gap under which margins are said to be met without a word."""
CONTRADICTED = 1e-4
"""Gap beyond which raking that moves no more is said to have failed: its margins contradict each other."""
EXTREME_RATIO = 5.0
"""A factor beyond this many times the median factor is told."""


@dataclass(frozen=True)
class CellCalibration(Calibration):
    """A calibration whose auxiliary variables are the same on all rows of a cell.

    `auxiliaries` (C × p) by cell, `weights` (n) of the regression, `cells` (n): cell of each row.
    """

    cells: Codes

    @cached_property
    def _by_cell(self) -> tuple[Floats, Floats]:
        """Total weight of each cell (C), and an orthonormal basis (C × r) of the auxiliaries times its root."""
        mass = np.bincount(self.cells, weights=self.weights, minlength=len(self.auxiliaries)).astype(np.float64)
        return mass, _independent(self.auxiliaries * np.sqrt(mass)[:, None])[0]

    @cached_property
    def basis(self) -> Floats:
        """Orthonormal basis (n × r) of the auxiliaries times √weights, redundant columns left out."""
        mass, vectors = self._by_cell
        return (vectors / np.sqrt(mass)[:, None])[self.cells] * np.sqrt(self.weights)[:, None]

    def residuals(self, influence: Floats) -> Floats:
        """What is left of `influence` (n × k) after its weighted regression on the auxiliaries, in O(n·k + C·p·k)."""
        mass, vectors = self._by_cell
        root = np.sqrt(mass)[:, None]
        sums = [np.bincount(self.cells, weights=self.weights * one, minlength=len(mass)) for one in influence.T]
        return influence - (vectors @ (vectors.T @ (np.stack(sums, axis=1) / root)) / root)[self.cells]


@dataclass(frozen=True)
class Weighting:
    """Weights after one step, and what the step did.

    `weights`, `before` (n), in the order of the rows given; `margins`: columns of `margins.margins_table` (empty
    where the step has no margin); `calibration`: what the variance must know, None when the weights are taken as
    known; `iterations`: Newton steps, or sweeps through the margins; `warnings`: French sentences.
    """

    weights: Floats
    before: Floats
    method: str
    margins: pd.DataFrame
    calibration: Calibration | None = None
    iterations: int = 0
    warnings: tuple[str, ...] = ()

    @cached_property
    def factors(self) -> Floats:
        """g-weights (n): weight after over weight before."""
        return self.weights / self.before

    @property
    def range(self) -> tuple[float, float]:
        """Smallest and largest factor."""
        return float(self.factors.min()), float(self.factors.max())

    def quantiles(
        self, probabilities: Sequence[float] = (0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1)
    ) -> pd.DataFrame:
        """Columns quantile, facteur, poids_avant, poids_apres."""
        asked = list(probabilities)
        return pd.DataFrame(
            {
                "quantile": asked,
                "facteur": np.quantile(self.factors, asked),
                "poids_avant": np.quantile(self.before, asked),
                "poids_apres": np.quantile(self.weights, asked),
            }
        )

    @property
    def ess_before(self) -> float:
        return kish_ess(self.before)

    @property
    def ess_after(self) -> float:
        """Kish's effective size (Σw)²/Σw²: what unequal weights leave of n, before any clustering."""
        return kish_ess(self.weights)

    @property
    def deff_before(self) -> float:
        return len(self.before) / self.ess_before

    @property
    def deff_after(self) -> float:
        """Kish's design effect of the weights, n/ess: 1 when they are equal."""
        return len(self.weights) / self.ess_after

    def apply_to(self, design: SurveyDesign) -> SurveyDesign:
        """The design with these weights, its variance knowing of the calibration.

        Raises SurveyError when the design does not hold the weights this step began with.
        """
        if design.n != len(self.before) or not np.allclose(design.weights, self.before, rtol=1e-9):
            raise SurveyError(
                "Le plan de sondage n'a pas les poids d'avant cette étape : appliquez les étapes dans leur ordre, "
                "sur les mêmes lignes."
            )
        return design.with_weights(self.weights, self.calibration)


def steps_table(steps: Sequence[tuple[str, Weighting]]) -> pd.DataFrame:
    """One row a step: etape, methode, n, somme, poids_min, poids_max, facteur_min, facteur_max, ess, deff."""
    rows = [
        {
            "etape": name,
            "methode": step.method,
            "n": len(step.weights),
            "somme": float(step.weights.sum()),
            "poids_min": float(step.weights.min()),
            "poids_max": float(step.weights.max()),
            "facteur_min": step.range[0],
            "facteur_max": step.range[1],
            "ess": step.ess_after,
            "deff": step.deff_after,
        }
        for name, step in steps
    ]
    return pd.DataFrame(rows)


def on_replicates(
    frame: pd.DataFrame, weigh: Callable[[pd.DataFrame, Floats], Weighting]
) -> Callable[[Floats], Floats]:
    """The step done again on each replicate (`replicates.jackknife(…, reweight=…)`), on its rows of positive weight.

    `weigh`: the step, from rows and their weights: `lambda rows, w: rake(rows, margins, weights=w)`.
    """

    def reweight(weights: Floats) -> Floats:
        kept = weights > 0
        found = np.zeros(len(weights))
        found[kept] = weigh(frame[kept], weights[kept]).weights
        return found

    return reweight


def post_stratify(
    frame: pd.DataFrame,
    variables: str | tuple[str, ...],
    targets: Any,
    *,
    weights: str | ArrayLike | None = None,
    population: float | None = None,
) -> Weighting:
    """Weights that give each level of `variables` (crossed when several) its population.

    w = d × N_level / Σ d over the level (R's `postStratify`). `targets`: mapping or Series of level (tuple of levels)
    → population, or share when `population` is given. Arguments and errors: `margins.read_margins`.
    """
    start = starting_weights(frame, weights)
    cells = group_in_cells(read_margins(frame, {variables: targets}, population), start)
    factor = cells.targets[cells.codes[0]] / cells.weights
    return _weighting(cells, start, factor, ("post-stratification", 1))


def rake(
    frame: pd.DataFrame,
    margins: MarginTargets,
    *,
    weights: str | ArrayLike | None = None,
    population: float | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = MAX_SWEEPS,
    residuals: Residuals = "ponderes",
) -> Weighting:
    """Weights brought to categorical margins by iterative proportional fitting, in O(n + iterations × cells).

    `margins`: {column, or tuple of columns crossed: {level: population}}; shares when `population` is given. Stops
    when a sweep moves no cell's total by more than `tolerance` × Σ weights (R's `rake`, whose default epsilon is
    1/Σ weights here).

    `residuals`: the regression the variance rests on. « ponderes » weights it by the weights before raking (Deville and
    Särndal 1992; R's `calibrate`). « survey » leaves it unweighted, as R's `rake`: the same when the weights before are
    equal, else errors that can be 1.4 times too large (`benchmarks/couverture_calage.py`).

    Raises SurveyError as `margins.read_margins`, on a numeric margin, and when no positive weights meet the margins.
    """
    start = starting_weights(frame, weights)
    cells = group_in_cells(read_margins(frame, margins, population), start)
    if cells.numeric:
        raise SurveyError(
            f"« {cells.numeric[0].name} » est un total : le raking ne connaît que des modalités. Employez le calage "
            "(raking_ratio), qui mêle les deux."
        )
    totals, sweeps, settled = cells.weights, 0, False
    while sweeps < max_iterations and not settled:
        last, sweeps = totals, sweeps + 1
        for margin, codes in zip(cells.categorical, cells.codes, strict=True):
            met = np.bincount(codes, weights=totals, minlength=len(margin.levels))
            totals = totals * np.divide(margin.targets, met, out=np.zeros_like(met), where=met > 0)[codes]
        settled = bool(np.abs(totals - last).max() < tolerance * cells.weights.sum())
    if not settled or _gap(cells, totals / cells.weights) > CONTRADICTED:
        raise _impossible(cells, (0.0, np.inf), f"{sweeps} passages")
    regression = np.ones(len(start)) if residuals == "survey" else start
    return _weighting(cells, start, totals / cells.weights, ("raking", sweeps), regression)


def calibrate(
    frame: pd.DataFrame,
    margins: MarginTargets,
    *,
    weights: str | ArrayLike | None = None,
    population: float | None = None,
    distance: Distance = "lineaire",
    bounds: tuple[float, float] | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = MAX_NEWTON,
) -> Weighting:
    """Weights nearest to those given, by `distance`, that meet every margin.

    `margins`: {column, or tuple of columns crossed: {level: population}} and {numeric column: total}, mixed at will;
    with `population`, categorical targets are shares. `bounds` (low < 1 < high) hold the factors: needed by
    « logit », they truncate the two others. Stops when every |gap| ≤ `tolerance` × (1 + |target|) (R's `grake`).

    Raises SurveyError as `margins.read_margins`, on bounds that do not hold 1, and when no factors within the
    bounds meet the margins: the message names the margin and level that is short, and what bound would do.
    """
    low, high = _checked_bounds(distance, bounds)
    start = starting_weights(frame, weights)
    cells = group_in_cells(read_margins(frame, margins, population), start)
    auxiliaries = cells.auxiliaries
    factor, steps = _solve(cells, auxiliaries, _distance(distance, low, high), (tolerance, max_iterations))
    if _gap(cells, factor) > max(tolerance, REACHED):
        raise _impossible(cells, (low if distance == "lineaire" else max(low, 0.0), high), f"{steps} pas")
    name = f"calage {distance}" + ("" if bounds is None else f" [{fr_number(low, 2)} ; {fr_number(high, 2)}]")
    return _weighting(cells, start, factor, (name, steps))


def trim_weights(
    weights: ArrayLike, *, low: float = 0.0, high: float = np.inf, until_none: bool = True, max_iterations: int = 100
) -> Weighting:
    """Weights held between `low` and `high`, what is cut shared out equally among the others (R's `trimWeights`).

    The sum is kept; margins are not, and the warning says so: bounded calibration holds both. `until_none` begins
    again while sharing out pushes weights beyond (R's strict). Raises SurveyError when the bounds cannot keep the sum.
    """
    start = starting_weights(pd.DataFrame(index=pd.RangeIndex(np.size(weights))), np.asarray(weights))
    n, total = len(start), float(start.sum())
    if not low < high or n * low > total or n * high < total:
        raise SurveyError(
            f"Des poids entre {fr_number(low, 2)} et {fr_number(high, 2)} ne peuvent garder la somme "
            f"{fr_number(total, 1)} sur {n} répondants : élargissez les bornes autour de {fr_number(total / n, 2)}."
        )
    found, rounds, cut = start, 0, 0
    while rounds < max_iterations and (until_none or not rounds):
        outside = (found < low) | (found > high)
        if not outside.any():
            break
        if outside.all():
            raise SurveyError("Tous les poids sont hors des bornes : élargissez-les.")
        held = np.clip(found, low, high)
        held[~outside] += (found - held).sum() / (~outside).sum()
        found, rounds, cut = held, rounds + 1, max(cut, int(outside.sum()))
    told = (
        ()
        if not rounds
        else (
            f"{cut} poids ramenés aux bornes ({fr_percent(cut / n)} des répondants) : le biais peut croître, et les "
            "marges ne sont plus exactement tenues.",
        )
    )
    return Weighting(found, start, "troncature des poids", no_margin(), iterations=rounds, warnings=told)


def no_margin() -> pd.DataFrame:
    """The margins of a step that has none: the columns of `margins.margins_table`, no row."""
    columns = ["variable", "modalite", "n", "cible", "avant", "apres", "ecart_avant_pct", "ecart_apres_pct"]
    return pd.DataFrame(columns=columns)


def _weighting(
    cells: Cells, start: Floats, factor: Floats, how: tuple[str, int], regression: Floats | None = None
) -> Weighting:
    """`how`: name of the method and iterations it took; `regression` (n): weights the variance rests on."""
    return Weighting(
        weights=start * factor[cells.index],
        before=start,
        method=how[0],
        margins=margins_table(cells, cells.weights * factor),
        calibration=CellCalibration(cells.auxiliaries, start if regression is None else regression, cells.index),
        iterations=how[1],
        warnings=tuple(_told(cells, factor)),
    )


def _told(cells: Cells, factor: Floats) -> list[str]:
    """French sentences on factors that are negative or far from the others, and on margins not exactly met."""
    told = []
    negative = int(cells.rows[factor <= 0].sum())
    if negative:
        told.append(
            f"{negative} répondant(s) reçoivent un poids nul ou négatif : un effectif peut en sortir négatif. "
            "Préférez raking_ratio ou logit, ou donnez des bornes."
        )
    middle = float(np.median(factor))
    extreme = int(cells.rows[factor > EXTREME_RATIO * middle].sum()) if middle > 0 else 0
    if extreme:
        told.append(
            f"{extreme} répondant(s) voient leur poids multiplié par plus de {fr_number(EXTREME_RATIO)} fois le "
            "facteur médian : peu de réponses portent une grande part du résultat. Regroupez des modalités, ou bornez."
        )
    gaps = np.abs(cells.totals(cells.weights * factor) - cells.targets) / (1 + np.abs(cells.targets))
    if gaps.max() > EXACT:
        name = level_name(*cells.names[int(gaps.argmax())])
        told.append(
            f"Les marges ne sont tenues qu'à {fr_percent(float(gaps.max()), 4)} près (le plus loin : {name}) : "
            "demandez une tolérance plus petite."
        )
    return told


def _gap(cells: Cells, factor: Floats) -> float:
    target = cells.targets
    if not np.isfinite(factor).all():
        return float("inf")
    return float((np.abs(cells.totals(cells.weights * factor) - target) / (1 + np.abs(target))).max())


def _checked_bounds(distance: Distance, bounds: tuple[float, float] | None) -> tuple[float, float]:
    if bounds is None:
        if distance == "logit":
            raise SurveyError("Le calage logit demande des bornes, par exemple (0.5, 2) : le poids reste entre elles.")
        return -np.inf, np.inf
    low, high = (float(bound) for bound in bounds)
    if not low < 1 < high:
        raise SurveyError(
            f"Les bornes des facteurs doivent encadrer 1 ({fr_number(low, 2)} et {fr_number(high, 2)} reçues) : elles "
            "disent de combien un poids peut être divisé ou multiplié."
        )
    if (distance != "lineaire" and low < 0) or (distance == "logit" and not np.isfinite(high)):
        raise SurveyError("Les bornes de ce calage doivent être positives, et finies pour logit.")
    return low, high


Function = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""u → (H(u), F(u) = H′(u), F′(u)): the convex function, the factor and its derivative."""


def _distance(distance: Distance, low: float, high: float) -> Function:
    if distance == "logit":
        return lambda u: _logit(u, low, high)
    base: Function = _linear if distance == "lineaire" else _exponential
    if np.isinf(low) and np.isinf(high):
        return base
    with np.errstate(divide="ignore"):
        ends = (low - 1, high - 1) if distance == "lineaire" else (float(np.log(low)), float(np.log(high)))

    def truncated(u: Floats) -> tuple[Floats, Floats, Floats]:
        inside = np.clip(u, *ends)
        value, factor, slope = base(inside)
        # Beyond its ends the factor is a constant, and its integral a straight line.
        return value + factor * (u - inside), factor, np.where(u == inside, slope, 0.0)

    return truncated


def _linear(u: Floats) -> tuple[Floats, Floats, Floats]:
    return u + u * u / 2, 1 + u, np.ones_like(u)


def _exponential(u: Floats) -> tuple[Floats, Floats, Floats]:
    with np.errstate(over="ignore"):
        found = np.exp(u)
    return found, found, found


def _logit(u: Floats, low: float, high: float) -> tuple[Floats, Floats, Floats]:
    """F(u) = (L(U−1) + U(1−L)e^{Au}) / (U−1 + (1−L)e^{Au}), A = (U−L)/((1−L)(U−1)) (Deville and Särndal, case 6)."""
    speed = (high - low) / ((1 - low) * (high - 1))
    scaled = speed * u + np.log((1 - low) / (high - 1))
    share = 0.5 * (1 + np.tanh(scaled / 2))
    value = low * u + (high - low) / speed * np.logaddexp(0, scaled)
    return value, low + (high - low) * share, (high - low) * speed * share * (1 - share)


def _independent(x: Floats) -> tuple[Floats, Floats]:
    """Orthonormal basis (C × r) of the columns of `x` (C × p), and what turns the columns into it (p × r)."""
    tall, square = np.linalg.qr(x)
    vectors, sizes, axes = np.linalg.svd(square, full_matrices=False)
    kept = sizes > sizes.max(initial=0.0) * 1e-10
    return tall @ vectors[:, kept], axes[kept].T / sizes[kept]


def _solve(cells: Cells, auxiliaries: Floats, distance: Function, stop: tuple[float, int]) -> tuple[Floats, int]:
    """Factors (C) that minimise Σ D·H(xᵀλ) − tᵀλ, and Newton steps taken; the caller checks the margins.

    `stop`: tolerance on the margins, and the most steps.

    Columns are made orthonormal for the starting weights, so that redundant ones (every level of every margin) drop.
    """
    (tolerance, max_iterations), target = stop, cells.targets
    root = np.sqrt(cells.weights)[:, None]
    norms = np.sqrt((cells.weights[:, None] * auxiliaries**2).sum(axis=0))
    kept = norms > 0
    scaled, wanted = auxiliaries[:, kept] / norms[kept], target[kept] / norms[kept]
    turn = _independent(scaled * root)[1]
    basis, goal = scaled @ turn, wanted @ turn
    mass = cells.weights

    def at(multipliers: Floats) -> tuple[float, Floats, Floats]:
        value, factor, slope = distance(basis @ multipliers)
        return float(mass @ value - goal @ multipliers), factor, slope

    multipliers = np.zeros(basis.shape[1])
    value, factor, slope = at(multipliers)
    for step in range(max_iterations):
        if step and _gap(cells, factor) < tolerance:
            return factor, step
        gradient = (mass * factor) @ basis - goal
        curvature = (basis * (mass * slope)[:, None]).T @ basis
        if (slope == 0).any():  # factors held at a bound flatten the function: keep the step short where they all are
            curvature += 1e-2 * min(1.0, float(np.linalg.norm(gradient) / np.linalg.norm(goal))) * np.eye(len(goal))
        move = -np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]
        if not float(gradient @ move) < 0:  # flat where every factor is at a bound: follow the gradient
            move = -gradient
        slant, length = float(gradient @ move), 1.0
        while length > 1e-10:
            candidate = at(multipliers + length * move)
            # The slack is what adding many terms loses; without it the last steps would be refused.
            if candidate[0] <= value + 1e-4 * length * slant + 1e-12 * (1 + abs(value)):
                break
            length /= 2
        else:
            return factor, step
        multipliers = multipliers + length * move
        value, factor, slope = candidate
    return factor, max_iterations


def _impossible(cells: Cells, bounds: tuple[float, float], tried: str) -> SurveyError:
    """Why no factors within the bounds meet the margins, from the linear programme that comes nearest to them."""
    low, high = bounds
    shortfall = _shortfall(cells, low, high)
    if shortfall is None or np.abs(shortfall).max() <= EXACT:
        return SurveyError(
            f"Le calcul des poids n'a pas abouti en {tried} : les marges ne sont atteintes qu'avec des poids extrêmes. "
            "Regroupez les modalités rares, ou élargissez les bornes."
        )
    worst = int(np.abs(shortfall).argmax())
    name, missing = level_name(*cells.names[worst]), float(shortfall[worst]) * (1 + abs(float(cells.targets[worst])))
    within, remedy = "", "Regroupez des modalités ou retirez une marge : elles se contredisent sur les réponses reçues."
    if low > 0 or np.isfinite(high):
        within = f" avec des facteurs entre {fr_number(low, 2)} et {fr_number(high, 2)}"
        needed, lower = _needed_bound(cells, low), _needed_bound(cells, min(low, 0.0))
        if needed is not None:
            remedy = f"Une borne haute d'au moins {fr_number(needed, 2)} suffirait ; sinon regroupez des modalités."
        elif lower is not None:
            remedy = f"Il faut une borne basse sous {fr_number(low, 2)}, ou des modalités regroupées."
    return SurveyError(
        f"Aucune pondération ne tient toutes les marges{within} : il {'manque' if missing > 0 else 'reste'} au mieux "
        f"{fr_number(abs(missing), 1)} pour {name} (cible {fr_number(float(cells.targets[worst]), 1)}). {remedy}"
    )


def _shortfall(cells: Cells, low: float, high: float) -> Floats | None:
    """p: what is missing to each margin (over 1 + target) when the sum of what is missing is the least."""
    system, goal = _scaled_system(cells)
    p, count = system.shape
    found = _least(
        np.repeat([0.0, 1.0], [count, 2 * p]),
        np.concatenate([system, np.eye(p), -np.eye(p)], axis=1),
        goal,
        [(low, high)] * count + [(0, np.inf)] * (2 * p),
    )
    return None if found is None else found[count : count + p] - found[count + p :]


def _needed_bound(cells: Cells, low: float) -> float | None:
    """The smallest upper bound of the factors with which the margins can be met, None when there is none."""
    system, goal = _scaled_system(cells)
    count = system.shape[1]
    # Each factor is the bound (last unknown) less a room that is positive.
    found = _least(
        np.repeat([0.0, 1.0], [count, 1]),
        np.concatenate([-system, system.sum(axis=1, keepdims=True)], axis=1),
        goal,
        [(0.0, np.inf)] * count + [(1.0, np.inf)],
        None if np.isinf(low) else (count, low),
    )
    return None if found is None else float(found[-1])


def _scaled_system(cells: Cells) -> tuple[Floats, Floats]:
    """The margins as p equations on the C factors, each divided by 1 + its target."""
    scale = 1 + np.abs(cells.targets)
    return (cells.auxiliaries * cells.weights[:, None]).T / scale[:, None], cells.targets / scale


def _least(
    cost: Floats, system: Floats, goal: Floats, bounds: list[tuple[float, float]], room: tuple[int, float] | None = None
) -> Floats | None:
    """Solution of a linear programme, None when it has none; `room` (count, low): last − xᵢ ≥ low for i < count."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, hstack

    above: dict[str, Any] = {}
    if room is not None:
        count, low = room
        above = {"A_ub": hstack([eye_array(count), csr_array(-np.ones((count, 1)))]), "b_ub": np.full(count, -low)}
    solve: Any = linprog
    answer = solve(cost, A_eq=csr_array(system), b_eq=goal, bounds=np.array(bounds), method="highs", **above)
    return np.asarray(answer.x, dtype=np.float64) if answer.success else None
