"""The specification curve: the effect under every admissible way of estimating it, and what all of them say together.

Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4:1208-1214, and their working paper of 2015 for
the shares of the dominant sign. A grid declared beforehand gives the specifications; each is run on the data, and none
is left out of the account: one that cannot be estimated keeps its row, with the reason. The joint test runs the whole
grid again on permuted treatments (`permutations`) and places what was seen among what chance gives.

Runs are spread over the cores in fresh processes: runners are functions of a module, never lambdas, and results do not
depend on how many processes there are.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from math import nan
from multiprocessing import get_context
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.finding import Effectlike, finding
from mentorat.errors import MentoratError
from mentorat.typography import fr_number, fr_percent, fr_text

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Choices = Mapping[str, Any]

ESTIMATES = ["estimation", "ic_bas", "ic_haut", "p", "n", "grappes", "statut", "motif"]
"""Columns of a curve after the number of the specification and its choices; `statut` is `estime` or `non_estime`, with
`motif` in French; `motif` also holds the warnings of what is estimated."""
TIES = 1e-10
"""Two statistics nearer than this are equal: the order of additions does not decide a p-value."""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Runner(Protocol):
    """Estimates one specification: `choices` holds the value of each dimension; `treated` (n) replaces the treatment.

    Raises NotEstimable when the data cannot carry it.
    """

    def __call__(self, data: Any, choices: Choices, treated: Bools | None = None) -> Effectlike: ...


@dataclass(frozen=True)
class Draws:
    """Estimates and two-sided p-values of one specification under each permuted treatment; nan where not estimable."""

    estimates: Floats
    p: Floats


Many = Callable[[Any, Choices, Bools], Draws]
"""A runner for all permuted treatments (draws × n) at once, for those that can; equal to the runner on each."""


@dataclass(frozen=True)
class Specification:
    """One combination of the grid: the label chosen in each dimension, and the values they stand for."""

    number: int
    labels: tuple[str, ...]
    choices: Choices


@dataclass(frozen=True)
class Grid:
    """Dimensions of the choices that could have been made: name → label → value handed to the runner.

    `excluded`: combinations of labels that make no sense (dimension → label, some dimensions only), with their reason.
    """

    dimensions: Mapping[str, Mapping[str, Any]]
    excluded: Sequence[tuple[Mapping[str, str], str]] = ()

    def __post_init__(self) -> None:
        empty = [name for name, labels in self.dimensions.items() if not labels]
        unknown = [
            f"{name} = {label}"
            for combination, _ in self.excluded
            for name, label in combination.items()
            if label not in self.dimensions.get(name, {})
        ]
        reserved = sorted({"specification", *ESTIMATES} & set(self.dimensions))
        if empty or unknown or reserved or not self.dimensions:
            listed = ", ".join(empty + unknown + reserved) or "aucune dimension"
            raise MentoratError(
                f"La grille des spécifications est mal déclarée ({listed}) : chaque dimension a un nom libre et au "
                "moins un choix, et les combinaisons exclues nomment des choix déclarés."
            )

    def specifications(self) -> list[Specification]:
        """The admissible combinations, numbered from 1 in the order of the declaration."""
        kept: list[Specification] = []
        for labels in product(*self.dimensions.values()):
            named = dict(zip(self.dimensions, labels, strict=True))
            if any(named.items() >= dict(combination).items() for combination, _ in self.excluded):
                continue
            values = {name: self.dimensions[name][label] for name, label in named.items()}
            kept.append(Specification(len(kept) + 1, labels, values))
        if not kept:
            raise MentoratError("La grille exclut toutes ses combinaisons : aucune spécification à estimer.")
        return kept


def covariate_sets(always: Sequence[str], optional: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Every set of covariates that holds `always` and some of the `optional` blocks, named by the blocks left out."""
    found: dict[str, tuple[str, ...]] = {}
    for kept in product([True, False], repeat=len(optional)):
        left = [name for name, keep in zip(optional, kept, strict=True) if not keep]
        columns = [one for (_, block), keep in zip(optional.items(), kept, strict=True) if keep for one in block]
        found["sans " + ", ".join(left) if left else "toutes"] = (*always, *columns)
    return found


@dataclass(frozen=True)
class JointTest:
    """How rare the whole curve would be if treatment did nothing (two-sided, (1 + draws as far) / (1 + draws)).

    `statistics` and `p_values` by name: `mediane` (absolute median of estimates), `part_meme_signe` (share of the
    dominant sign), `part_significative` (share of the more frequent sign among those with p < α), `z_moyen` (absolute
    mean of signed normal quantiles, Stouffer's). `lost`: runs under permuted treatments that could not be estimated.
    """

    statistics: Mapping[str, float]
    p_values: Mapping[str, float]
    specifications: int
    draws: int
    lost: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Curve:
    """The curve: `table`, one row a specification in the order of the grid (`specification`, the dimensions, then
    `ESTIMATES`), and its summary.

    `share_same_sign`: share of the estimated specifications with the sign of `reference` (the number of the declared
    primary specification) or, without one, of the median; `share_excluding_zero`: those whose interval leaves zero out
    on that side. `median`, `low`, `high`: median and extremes of estimates.
    """

    table: pd.DataFrame
    reference: int | None
    median: float
    low: float
    high: float
    share_same_sign: float
    share_excluding_zero: float
    estimated: int
    joint: JointTest | None
    warnings: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The curve in plain French, the same template whatever it shows."""
        told = (
            f"Sur {fr_number(len(self.table))} façons admissibles d'estimer l'écart, {fr_number(self.estimated)} ont "
            f"abouti : la médiane est de {fr_number(self.median, 3)} (de {fr_number(self.low, 3)} à "
            f"{fr_number(self.high, 3)}), {fr_percent(self.share_same_sign, 0)} ont le même signe et "
            f"{fr_percent(self.share_excluding_zero, 0)} ont de plus un intervalle qui exclut zéro"
        )
        if self.joint is None:
            return fr_text(f"{told}.")
        p = self.joint.p_values["mediane"]
        reading = "plus fréquente" if p >= 0.05 else "rare"
        return fr_text(
            f"{told}. Si le mentorat ne changeait rien, une médiane au moins aussi éloignée de zéro serait {reading} "
            f"(p = {fr_number(p, 3)}, {fr_number(self.joint.draws)} permutations)."
        )


def specification_curve(
    data: Any,
    grid: Grid,
    runner: Runner,
    *,
    reference: Mapping[str, str] | None = None,
    permuted: Bools | None = None,
    joint_only: Mapping[str, str] | None = None,
    many: Many | None = None,
    alpha: float = 0.05,
    workers: int | None = None,
) -> Curve:
    """Run the grid on `data`, and on each permuted treatment (draws × n) for the joint test when given.

    `reference`: labels of the primary specification; `joint_only`: labels of the specifications that the joint test
    looks at, such as one variance when several change no estimate; `many`: see `Many`, else `runner` is called on each
    draw; `workers`: processes (all the cores by default, 1 for this one). Raises MentoratError when the reference or
    `joint_only` is not in the grid, NotEstimable when nothing can be estimated.
    """
    specifications = grid.specifications()
    primary = _primary(specifications, grid, reference)
    looked_at = _looked_at(specifications, grid, joint_only)
    tasks = _runs(_Shared(data, runner, permuted, many), specifications, looked_at, workers)
    rows = [(one.number, *one.labels, *row) for one, (row, _) in zip(specifications, tasks, strict=True)]
    table = pd.DataFrame(rows, columns=["specification", *grid.dimensions, *ESTIMATES])
    table = table.astype({"n": "Int64", "grappes": "Int64"})
    known = table[table["statut"] == "estime"]
    if known.empty:
        raise NotEstimable(f"Aucune spécification de la grille n'est estimable. {table['motif'].iloc[0]}")
    estimates = known["estimation"].to_numpy()
    leading = table.loc[table["specification"] == primary, "estimation"] if primary else known["estimation"]
    sign = float(np.sign(leading.median())) if leading.notna().any() else float(np.sign(np.median(estimates)))
    beyond = known["ic_bas"] > 0 if sign > 0 else known["ic_haut"] < 0
    lost = len(table) - len(known)
    said = [f"{fr_number(lost)} spécification(s) non estimée(s) : leurs motifs sont dans la table."] if lost else []
    if primary and leading.isna().all():
        said.append("La spécification principale n'est pas estimée : le signe comparé est celui de la médiane.")
    joint = None
    if permuted is not None:
        kept = [rank for rank, (row, _) in enumerate(tasks) if looked_at[rank] and row[6] == "estime"]
        if not kept:
            raise NotEstimable("Aucune des spécifications retenues pour le test conjoint n'est estimable.")
        joint = _joint(table.iloc[kept], [tasks[rank][1] for rank in kept], alpha)
        said += joint.warnings
    return Curve(
        table=table,
        reference=primary,
        median=float(np.median(estimates)),
        low=float(estimates.min()),
        high=float(estimates.max()),
        share_same_sign=float((np.sign(estimates) == sign).mean()),
        share_excluding_zero=float(beyond.mean()),
        estimated=len(known),
        joint=joint,
        warnings=tuple(fr_text(one) for one in said),
    )


def joint_statistics(estimates: Floats, p: Floats, alpha: float = 0.05) -> dict[str, Floats]:
    """The statistics of `JointTest` for each curve (draws × specifications); a nan specification does not count."""
    known = np.isfinite(estimates)
    count = np.maximum(known.sum(axis=1), 1)
    sign = np.where(known, np.sign(estimates), 0.0)
    significant = known & (np.where(known, p, 1.0) < alpha)
    # A p-value of zero is a rounding: the quantile stops at the smallest number, about 37 standard deviations.
    z = stats.norm.isf(np.clip(np.where(known, p, 1.0), np.finfo(np.float64).tiny, 1.0) / 2)
    with np.errstate(all="ignore"):
        median = np.abs(_row_median(estimates, known))

    def dominant(flags: Bools) -> Floats:
        found: Floats = np.maximum((flags & (sign > 0)).sum(axis=1), (flags & (sign < 0)).sum(axis=1)) / count
        return found

    return {
        "mediane": median,
        "part_meme_signe": dominant(known),
        "part_significative": dominant(significant),
        "z_moyen": np.abs((sign * z).sum(axis=1) / count),
    }


def _row_median(estimates: Floats, known: Bools) -> Floats:
    """Median of the known values of each row, 0 where there is none."""
    ordered = np.sort(np.where(known, estimates, np.inf), axis=1)
    count, rank = known.sum(axis=1), np.arange(len(estimates))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, estimates.shape[1] - 1)
    found: Floats = np.where(count > 0, (ordered[rank, low] + ordered[rank, high]) / 2, 0.0)
    return found


def _joint(known: pd.DataFrame, draws: Sequence[Draws], alpha: float) -> JointTest:
    """The observed curve among those of permuted treatments, on the specifications that the data carry."""
    estimates = np.column_stack([one.estimates for one in draws])
    p = np.column_stack([one.p for one in draws])
    seen = joint_statistics(known[["estimation"]].to_numpy().T, known[["p"]].to_numpy().T, alpha)
    chance = joint_statistics(estimates, p, alpha)
    count, lost = len(estimates), int((~np.isfinite(estimates)).sum())
    told = []
    if lost:
        told.append(
            f"{fr_number(lost)} estimation(s) sur traitements permutés n'ont pas abouti : elles ne comptent pas."
        )
    if count < 199:
        told.append(f"Test conjoint sur {fr_number(count)} permutations seulement : ses p sont grossiers.")
    return JointTest(
        statistics={name: float(value[0]) for name, value in seen.items()},
        p_values={
            name: float((1 + (chance[name] >= value[0] - TIES).sum()) / (1 + count)) for name, value in seen.items()
        },
        specifications=len(draws),
        draws=count,
        lost=lost,
        warnings=tuple(told),
    )


def _looked_at(specifications: Sequence[Specification], grid: Grid, joint_only: Mapping[str, str] | None) -> list[bool]:
    wanted = dict(joint_only or {})
    found = [wanted.items() <= dict(zip(grid.dimensions, one.labels, strict=True)).items() for one in specifications]
    if not any(found):
        raise MentoratError(
            "Le test conjoint ne retient aucune spécification de la grille : donnez des choix qu'elle déclare."
        )
    return found


def _primary(specifications: Sequence[Specification], grid: Grid, reference: Mapping[str, str] | None) -> int | None:
    if reference is None:
        return None
    wanted = tuple(reference.get(name, "") for name in grid.dimensions)
    for one in specifications:
        if one.labels == wanted and set(reference) == set(grid.dimensions):
            return one.number
    raise MentoratError(
        "La spécification principale n'est pas dans la grille : donnez un choix admis pour chacune de ses dimensions "
        f"({', '.join(grid.dimensions)})."
    )


def one_by_one(data: Any, choices: Choices, runner: Runner, treatments: Bools) -> Draws:
    """`runner` on each of `treatments` (draws × n); nan where it refuses."""
    found = np.full((2, len(treatments)), nan)
    for rank, treated in enumerate(treatments):
        try:
            effect = runner(data, choices, treated)
        except NotEstimable:
            continue
        found[:, rank] = effect.estimate, effect.p
    return Draws(found[0], found[1])


Row = tuple[float, float, float, float, int, int, str, str]


@dataclass(frozen=True)
class _Shared:
    """What a process is given once, rather than with each specification."""

    data: Any
    runner: Runner
    treatments: Bools | None
    many: Many | None

    def run(self, choices: Choices, joint: bool) -> tuple[Row, Draws]:
        """One specification on the data, then on the permuted treatments when asked and possible."""
        nothing = Draws(np.empty(0), np.empty(0))
        try:
            found = finding(self.runner(self.data, choices))
        except NotEstimable as reason:
            return (nan, nan, nan, nan, 0, 0, "non_estime", fr_text(str(reason))), nothing
        told = " ".join(found.warnings)
        row = found.estimate, found.low, found.high, found.p, found.n, found.clusters, "estime", told
        if self.treatments is None or not joint:
            return row, nothing
        if self.many:
            return row, self.many(self.data, choices, self.treatments)
        return row, one_by_one(self.data, choices, self.runner, self.treatments)


_HERE: list[_Shared] = []
"""In a process of the pool, what it was given."""


def _runs(
    shared: _Shared, specifications: Sequence[Specification], joint: Sequence[bool], workers: int | None
) -> list[tuple[Row, Draws]]:
    count = min(workers or os.cpu_count() or 1, len(specifications))
    choices = [one.choices for one in specifications]
    if count == 1:
        return [shared.run(*task) for task in zip(choices, joint, strict=True)]
    with (
        _one_thread_each(),
        ProcessPoolExecutor(count, get_context("spawn"), initializer=_receive, initargs=(shared,)) as pool,
    ):
        return list(pool.map(_run_here, choices, joint, chunksize=max(1, len(choices) // (16 * count))))


def _receive(shared: _Shared) -> None:
    _HERE[:] = [shared]


def _run_here(choices: Choices, joint: bool) -> tuple[Row, Draws]:
    return _HERE[0].run(choices, joint)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started inside use one thread of linear algebra: the cores are already taken by the processes."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
