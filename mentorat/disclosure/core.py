"""Suppression over a linear system, and the attacker it is held to.

A table is a set of cells (integers ≥ 0) tied by equations `total = sum of parts + gap`: margins, hierarchies,
shares (base = numerator + complement) and counts shared by several tables are all written so; a linked table
(another year, structures within a département) is more cells and more equations in the same system.

What the attacker knows: every visible value, exactly; every equation, its gap included (what a total holds
beyond the parts that are shown is granted to him, though it is seldom published); that cells are integers ≥
0. Not which cells were hidden for being small, and no value of a hidden cell. He is not assumed to replay
this program on guessed tables.

The rule. For a sensitive cell that is hidden, the integers compatible with all this span at least
`protection` (highest − lowest); any other hidden cell has at least two possible values; a derived cell (a
complement, never shown as such) owes something only when it is sensitive.

How. The possible values of a cell are bounded by linear programming (HiGHS), integrality being verified on
the tables found. A table that agrees with what is visible and differs from another by the protection in some
cell is a proof for that cell: a few programs with random objectives prove most cells at once, and the few
left are bounded one by one. Hidden sets only grow, so a proof stays good, and the loop ends (everything
hidden at worst). Cost: one sparse linear program by round and by connected component of hidden cells, plus
two by cell in doubt.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from mentorat.errors import PublicationStopped
from mentorat.french import counted

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Bools: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Equation:
    """`total = sum(parts) + gap`, each cell named once; the gap is an integer of any sign, known to the
    attacker."""

    total: str
    parts: tuple[str, ...]
    gap: int = 0

    def __post_init__(self) -> None:
        if len({self.total, *self.parts}) != len(self.parts) + 1:
            raise ValueError(f"equation of {self.total}: a cell is named twice")


@dataclass(frozen=True)
class Suppression:
    """What to hide: `primary` for its own value, `secondary` to protect the former (a cell is in one of them
    only).

    `needs`: for each hidden cell (derived ones included), the least width of its interval; what `attack`
    verifies.
    """

    primary: frozenset[str]
    secondary: frozenset[str]
    needs: dict[str, int]

    @property
    def hidden(self) -> frozenset[str]:
        """All that is hidden."""
        return self.primary | self.secondary


@dataclass(frozen=True)
class _Breach:
    cell: int
    low: float
    high: float


class _Attacker:
    """The linear system, and what is deduced of its hidden cells. `low`, `high` hold the span already proved
    possible."""

    def __init__(self, keys: Sequence[str], equations: Sequence[Equation]) -> None:
        self.keys = list(keys)
        self.index = {key: place for place, key in enumerate(self.keys)}
        self.members: list[Ints] = [
            np.array([self.index[equation.total], *(self.index[part] for part in equation.parts)], dtype=np.int64)
            for equation in equations
        ]
        self.equations_of: list[list[int]] = [[] for _ in self.keys]
        for row, cells in enumerate(self.members):
            for cell in cells:
                self.equations_of[cell].append(row)
        rows = np.repeat(np.arange(len(equations)), [len(cells) for cells in self.members])
        columns = np.concatenate(self.members) if self.members else np.zeros(0, dtype=np.int64)
        signs = np.full(len(columns), -1, dtype=np.int64)
        signs[np.r_[0, np.cumsum([len(cells) for cells in self.members])][:-1].astype(np.int64)] = 1
        self.matrix = sparse.csr_array((signs, (rows, columns)), shape=(len(equations), len(self.keys)))
        self.gaps: Ints = np.array([equation.gap for equation in equations], dtype=np.int64)
        self.low: Floats = np.full(len(self.keys), np.inf)
        self.high: Floats = np.full(len(self.keys), -np.inf)

    def breaches(self, hidden: Bools, values: Ints, needs: Ints) -> list[_Breach]:
        """Hidden cells whose possible values span less than their need. `values` is read at visible cells
        only."""
        known, table = self._deduce(~hidden, np.where(hidden, 0, values))
        found = [
            _Breach(int(cell), float(table[cell]), float(table[cell]))
            for cell in np.flatnonzero(hidden & known & (needs > 0))
        ]
        unknown = np.flatnonzero(~known)
        rest = self.gaps - self.matrix @ np.where(known, table, 0)
        part = self.matrix[:, unknown]
        active = np.flatnonzero(np.diff(part.indptr) > 0)
        part = part[active]
        rows_of, cells_of = part.nonzero()
        size = len(active) + len(unknown)
        graph = sparse.csr_array((np.ones(len(rows_of)), (rows_of, cells_of + len(active))), shape=(size, size))
        labels = connected_components(graph, directed=False)[1].astype(np.int64)
        of_rows, of_cells = labels[: len(active)], labels[len(active) :]
        rows_by = _groups(of_rows)
        for label, places in _groups(of_cells).items():
            rows = rows_by.get(label, np.zeros(0, dtype=np.int64))
            found += self._component(part[rows][:, places], rest[active[rows]], unknown[places], needs)
        return sorted(found, key=lambda breach: breach.cell)

    def _deduce(self, known: Bools, table: Ints) -> tuple[Bools, Ints]:
        """Simple algebra to its end: a single unknown in an equation; unknown parts that add up to
        nothing."""
        known, table = known.copy(), table.copy()
        size = abs(self.matrix)
        while True:
            left = size @ (~known).astype(np.int64)
            signed = self.matrix @ (~known).astype(np.int64)
            rest = self.gaps - self.matrix @ np.where(known, table, 0)
            rows = np.flatnonzero((left == 1) | ((left > 1) & (rest == 0) & (abs(signed) == left)))
            if not len(rows):
                return known, table
            for row in rows:
                cells = [cell for cell in self.members[row] if not known[cell]]
                if len(cells) == 1:
                    total, parts = self.members[row][0], self.members[row][1:]
                    others = int(table[parts[known[parts]]].sum()) + int(self.gaps[row])
                    table[cells[0]] = others if cells[0] == total else table[total] - others
                else:
                    table[cells] = 0
                known[cells] = True

    def _component(self, matrix: Any, rest: Ints, cells: Ints, needs: Ints) -> list[_Breach]:
        """Breaches among the cells of one connected component (columns of `matrix`, in the order of
        `cells`)."""
        need = needs[cells]

        def doubtful() -> Ints:
            # inf - inf when nothing is proved yet: such a cell is in doubt
            span = np.where(np.isfinite(self.low[cells]), self.high[cells] - self.low[cells], -1.0)
            return np.flatnonzero((need > 0) & (span < need))

        if not len(doubtful()):
            return []
        if matrix.shape[0] == 0 or (matrix.shape[0] == 1 and abs(matrix.sum()) < len(cells)):
            # no equation, or an unknown total: any of them may grow without end
            self.low[cells], self.high[cells] = 0, np.inf
            return []
        if matrix.shape[0] == 1:
            # unknown parts of a known sum: each from nothing to the whole
            self.low[cells], self.high[cells] = 0, abs(int(rest[0]))
        else:
            self._tables(matrix, rest, cells, need, doubtful)
        found = []
        for place in doubtful():
            breach = self._bounds(matrix, rest, cells, int(place), int(need[place]))
            if breach.high - breach.low < need[place]:
                found.append(breach)
        return found

    def _tables(self, matrix: Any, rest: Ints, cells: Ints, need: Ints, doubtful: Any) -> None:
        """Other tables the visible figures allow, each pushing the cells in doubt up or down at random."""
        draws = np.random.default_rng(0)
        start = _solve(np.zeros(len(cells)), matrix, rest, (0.0, _ceiling(rest)))
        self._record(start, matrix, rest, cells)
        crowd, reach = len(cells), 8.0 * float(need.max())
        while crowd and len(doubt := doubtful()):
            # a cell in doubt goes no further than its need: many move a little, rather than a few a lot
            low, high = np.maximum(np.floor(start) - reach, 0), np.ceil(start) + reach
            low[doubt] = np.maximum(np.minimum(np.floor(start), self.high[cells] - need), 0)[doubt]
            high[doubt] = np.maximum(np.ceil(start), self.low[cells] + need)[doubt]
            push = np.zeros(len(cells))
            pushed = draws.choice(doubt, min(crowd, len(doubt)), replace=False)
            push[pushed] = draws.choice([-1.0, 1.0], len(pushed)) * draws.integers(1, 4, len(pushed))
            for cost in (push, -push):
                self._record(_solve(cost, matrix, rest, (low, high)), matrix, rest, cells)
            if len(doubtful()) == len(doubt):  # they hinder one another: fewer at a time
                crowd = min(crowd, len(doubt)) // 2

    def _bounds(self, matrix: Any, rest: Ints, cells: Ints, place: int, need: int) -> _Breach:
        """Lowest and highest integer a cell may hold, or a span already proved that meets its need.

        The highest is cut at a ceiling, far above any need.
        """
        cell = int(cells[place])
        for sign in (-1.0, 1.0):
            if self.high[cell] - self.low[cell] >= need:  # proved meanwhile by a table drawn for another cell
                break
            cost = np.zeros(len(cells))
            cost[place] = sign
            table = _solve(cost, matrix, rest, (0.0, _ceiling(rest)))
            if not self._record(table, matrix, rest, cells):
                table = _solve(cost, matrix, rest, (0.0, _ceiling(rest)), whole=True)
                self._record(np.rint(table), matrix, rest, cells)
        return _Breach(cell, float(self.low[cell]), float(self.high[cell]))

    def _record(self, table: Floats, matrix: Any, rest: Ints, cells: Ints) -> bool:
        """Widen the proved spans with a table; False (nothing recorded) when it is not one of integers."""
        whole = np.rint(table).astype(np.int64)
        if abs(whole - table).max() > _TOLERANCE or (whole < 0).any() or (matrix @ whole != rest).any():
            return False
        self.low[cells] = np.minimum(self.low[cells], whole)
        self.high[cells] = np.maximum(self.high[cells], whole)
        return True


def _ceiling(rest: Ints) -> float:
    """Where an unlimited cell stops: above all that is visible around it, by far more than any threshold."""
    return float(abs(rest).sum() + 100_000)


def _solve(
    cost: Floats,
    matrix: Any,
    rest: Ints,
    limits: tuple[Floats | float, Floats | float],
    *,
    whole: bool = False,
) -> Floats:
    """A table minimising `cost` between two bounds; PublicationStopped when the solver has no answer (no
    proof, no release)."""
    bounds = np.column_stack([np.broadcast_to(limit, cost.shape) for limit in limits])
    answer: Any = linprog(
        cost, A_eq=matrix, b_eq=rest, bounds=bounds.tolist(), method="highs", integrality=1 if whole else 0
    )
    if answer.status != 0:
        raise PublicationStopped(
            "Publication arrêtée : la vérification du secret statistique n'a pas abouti "
            f"(programme linéaire de {len(cost)} cases, état {answer.status}). Rien n'est publié."
        )
    table: Floats = answer.x
    return table


def _groups(labels: Ints) -> dict[int, Ints]:
    order = np.argsort(labels, kind="stable")
    edges = np.flatnonzero(np.diff(labels[order])) + 1
    return {int(labels[group[0]]): group for group in np.split(order, edges) if len(group)}


def attack(released: Mapping[str, int], equations: Sequence[Equation], needs: Mapping[str, int]) -> pd.DataFrame:
    """What an attacker deduces too closely from what is released.

    released: visible cells and their values. needs: hidden cells and the least width of their interval. Cells
    named in equations only are hidden and owed nothing. Returns one row a breach: cle, bas, haut,
    largeur_exigee (integers), sorted by cle; empty when all is well. No true value of a hidden cell is read.
    """
    named = {key for equation in equations for key in (equation.total, *equation.parts)}
    keys = sorted(named | set(released) | set(needs))
    attacker = _Attacker(keys, equations)
    hidden = np.array([key not in released for key in keys], dtype=np.bool_)
    values = np.array([released.get(key, 0) for key in keys], dtype=np.int64)
    wanted = np.array([needs.get(key, 0) for key in keys], dtype=np.int64)
    rows = [
        (keys[breach.cell], int(breach.low), int(breach.high), int(wanted[breach.cell]))
        for breach in attacker.breaches(hidden, values, wanted)
    ]
    return pd.DataFrame(rows, columns=["cle", "bas", "haut", "largeur_exigee"])


def refuse_if_breached(
    released: Mapping[str, int], equations: Sequence[Equation], needs: Mapping[str, int], name: str
) -> None:
    """Attack what is released; raise PublicationStopped (French, without any value) when something is
    found."""
    found = attack(released, equations, needs)
    if len(found):
        raise PublicationStopped(
            f"Publication arrêtée : dans la table « {name} », le secret statistique de "
            f"{counted(len(found), 'chiffre')} se lèverait à partir des chiffres diffusés. Rien n'est publié ; "
            "c'est un défaut du programme, à signaler."
        )


def suppress(
    cells: pd.DataFrame,
    equations: Iterable[Equation],
    protection: int,
    already_hidden: Collection[str] = (),
) -> Suppression:
    """Choose what to hide so that the attacker finds nothing.

    cells, one row a cell: cle (str, unique), valeur (integer ≥ 0; a missing one is no cell: dropped),
    sensible (bool: to be hidden for its value), and optionally rang (int, default 0: cells of a lower rang
    are hidden first), derivee (bool, default False: never shown in itself, a complement for instance) and
    connue (bool, default False: told elsewhere, hence hidden for its own value alone).
    already_hidden: cells that stay hidden, by an earlier pass for a nearer audience or an earlier edition.
    Among cells of a rang the smallest that suffices is hidden, ties by cle: the answer does not depend on the
    order of rows. Raises ValueError when an equation is false or names a missing cell, PublicationStopped
    when nothing left can be hidden.
    """
    plan = _Plan(cells, list(equations), protection, set(already_hidden))
    plan.complete()
    return plan.suppression()


class _Plan:
    """The hidden set while it grows."""

    def __init__(self, cells: pd.DataFrame, equations: list[Equation], protection: int, already: set[str]) -> None:
        cells = cells[cells["valeur"].notna()].sort_values("cle", ignore_index=True)
        if cells["cle"].duplicated().any():
            raise ValueError("a cell is given twice")
        keys = cells["cle"].tolist()
        missing = {key for equation in equations for key in (equation.total, *equation.parts)} - set(keys)
        if missing:
            raise ValueError(f"equations name cells without a value: {sorted(missing)[:3]}")
        equations = sorted(equations, key=lambda equation: (equation.total, equation.parts, equation.gap))
        self.attacker = _Attacker(keys, equations)
        self.values: Ints = cells["valeur"].to_numpy(dtype=np.int64)
        if (self.values < 0).any():
            raise ValueError("a count is negative")
        false = np.flatnonzero(self.attacker.matrix @ self.values != self.attacker.gaps)
        if len(false):
            raise ValueError(f"the equation of {equations[false[0]].total} does not hold")
        self.sensitive: Bools = cells["sensible"].to_numpy(dtype=np.bool_)
        self.rank: Ints = _column(cells, "rang").astype(np.int64)
        self.derived: Bools = _column(cells, "derivee").astype(np.bool_)
        self.told: Bools = _column(cells, "connue").astype(np.bool_)
        kept = np.array([key in already for key in keys], dtype=np.bool_)
        self.hidden: Bools = self.sensitive | self.derived | kept
        self.needs: Ints = np.where(self.sensitive, protection, np.where(self.derived, 0, 1)).astype(np.int64)
        self.attacker.low[:] = self.values  # the true table is the first proof
        self.attacker.high[:] = self.values

    def complete(self) -> None:
        """Hide until nothing is found."""
        while True:
            self._balance_equations()
            found = self.attacker.breaches(self.hidden, self.values, np.where(self.hidden, self.needs, 0))
            if not found:
                return
            touched: set[int] = set()
            for breach in found:
                if touched.isdisjoint(self.attacker.equations_of[breach.cell]) and (near := self._nearest(breach)):
                    row, cell = near
                    self.hidden[cell] = True
                    touched |= {row, *self.attacker.equations_of[breach.cell]}
            if not touched:  # else what was hidden for one breach may mend those that have nothing left around them
                self._give_up([breach.cell for breach in found])

    def _give_up(self, cells: list[int]) -> None:
        """Cells hidden for others' sake that what is told elsewhere gives back are no secret: they stay hidden, and
        those others are judged without them. Raises PublicationStopped when one is hidden for its own value."""
        if self.sensitive[cells].any():
            raise PublicationStopped(
                "Publication arrêtée : un chiffre couvert par le secret statistique ne peut être protégé, "
                "car tout ce qui l'entoure est déjà masqué ou déjà connu."
            )
        self.needs[cells] = 0

    def suppression(self) -> Suppression:
        keys = np.array(self.attacker.keys, dtype=object)
        shown = ~self.derived & self.hidden
        return Suppression(
            primary=frozenset(keys[shown & self.sensitive]),
            secondary=frozenset(keys[shown & ~self.sensitive]),
            needs={str(keys[cell]): int(self.needs[cell]) for cell in np.flatnonzero(self.hidden)},
        )

    def _balance_equations(self) -> None:
        """Necessary conditions, one equation at a time: never one hidden cell alone, nor hidden parts of too
        small a sum."""
        waiting = list(range(len(self.attacker.members)))
        while waiting:
            again: set[int] = set()
            for row in waiting:
                while (cell := self._companion(row)) is not None:
                    self.hidden[cell] = True
                    again.update(self.attacker.equations_of[cell])
            waiting = sorted(again)

    def _companion(self, row: int) -> int | None:
        """The cell to hide with those already hidden in an equation, or None when it is well, or has nothing
        left."""
        members = self.attacker.members[row]
        hidden = members[self.hidden[members]]
        if not len(hidden) or not (need := int(self.needs[hidden].max())):
            return None
        short = need - int(self.values[hidden].sum())
        if len(hidden) > 1 and (self.hidden[members[0]] or short <= 0):
            return None
        return self._cheapest(members, short)

    def _cheapest(self, members: Ints, short: int) -> int | None:
        """The visible cell to hide first (see `_cost`), or None."""
        visible = members[~(self.hidden | self.told)[members]]
        return min((int(cell) for cell in visible), key=lambda cell: self._cost(cell, short), default=None)

    def _cost(self, cell: int, short: int) -> tuple[bool, int, bool, int, int]:
        """Lowest rang, then the smallest that makes up what is short, else the largest; a zero, that hides nothing,
        last."""
        value = int(self.values[cell])
        return value == 0, int(self.rank[cell]), value < short, -value if value < short else value, cell

    def _nearest(self, breach: _Breach) -> tuple[int, int] | None:
        """The cheapest visible cell in the nearest equation that has one, or None."""
        short = int(self.needs[breach.cell] - (breach.high - breach.low))
        rows, seen = (
            list(self.attacker.equations_of[breach.cell]),
            set(self.attacker.equations_of[breach.cell]),
        )
        while rows:
            found = [
                (row, cell) for row in rows if (cell := self._cheapest(self.attacker.members[row], short)) is not None
            ]
            if found:
                return min(found, key=lambda pair: self._cost(pair[1], short))
            around = {
                near for row in rows for cell in self.attacker.members[row] for near in self.attacker.equations_of[cell]
            }
            rows = sorted(around - seen)
            seen |= around
        return None


def _column(cells: pd.DataFrame, name: str) -> np.ndarray[Any, Any]:
    return cells[name].to_numpy() if name in cells else np.zeros(len(cells))
