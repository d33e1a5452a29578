"""Replay of ARM, the rule by which 1jeune1mentor.fr shares a demand that several associations can take.

The demand goes to the association with the largest relative shortfall, (objective - allocations since 1 January) /
objective. One formula covers the three cases of the rule: an association is full when its shortfall is no longer
positive, and among full ones the largest shortfall is the least exceeded. Ties: order of the slugs.

Each allocation changes the shortfalls that the next one reads: no window function says it, so this is Python.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

MODE = "arm"
"""Mode of attribution that the rule decides; the others count as they were observed."""
ALL = ""
"""Code of the row that adds every association."""
COUNTS = ("observees_nb", "rejouees_nb", "concordantes_nb", "attribuees_nb", "non_rejouables_nb")


def relative_shortfall(objective: int, allocations: int) -> Fraction:
    """(objective - allocations) / objective, exact: two equal shortfalls are a tie.

    An objective of zero is full from the start, after any other: the fewer allocations the better.
    """
    if objective <= 0:
        return Fraction(-(10**9) - allocations)
    return Fraction(objective - allocations, objective)


def choose(objectives: Mapping[str, int], allocations: Mapping[str, int]) -> str:
    """The association the rule gives a demand to; `objectives` holds those that can take it, by slug, at least one."""
    return min(objectives, key=lambda one: (-relative_shortfall(objectives[one], allocations.get(one, 0)), one))


@dataclass(frozen=True)
class Replay:
    """`demandes`: one row a demand replayed (id_demande, observee, rejouee); `associations`: one row an association and
    one for all (see `replay`).
    """

    demandes: pd.DataFrame
    associations: pd.DataFrame


def in_export_order(demandes: pd.DataFrame, brutes: pd.DataFrame) -> pd.DataFrame:
    """The demands by date, and within a day in the order of the export.

    `brutes`: the raw rows (id_demande), in the order intake received them: a table of a database has none, a file has.
    """
    rank = {demand: place for place, demand in enumerate(brutes["id_demande"])}
    placed = demandes.assign(_rang=demandes["id_demande"].map(rank))
    return placed.sort_values(["date_demande", "_rang"], ignore_index=True).drop(columns="_rang")


def replay(demandes: pd.DataFrame, candidatures: pd.DataFrame) -> Replay:
    """Replay the year's allocations in the order of `demandes`.

    `demandes` (n demands, in export order): id_demande, association_attribuee, mode_attribution. `candidatures` (one
    row a demand and association that could take it): id_demande, association, objectif_aap (of that day, may be
    missing). An allocated demand of mode ARM that several associations could take is replayed when the objective of
    each one is known; else it counts as observed, among `non_rejouables_nb`. Demands of the other modes, or that one
    association alone could take, count as observed.

    The table `associations` has association ('' for all), observees_nb and rejouees_nb (demands replayed that went to
    it, and that the rule gives it), concordantes_nb (given the same), attribuees_nb (all its allocations of the year,
    whatever the mode), non_rejouables_nb.
    """
    known: dict[str, dict[str, int | None]] = defaultdict(dict)
    columns = candidatures[["id_demande", "association", "objectif_aap"]]
    for demand, association, objective in columns.itertuples(index=False, name=None):
        known[demand][association] = None if pd.isna(objective) else int(objective)

    allocations: dict[str, int] = defaultdict(int)
    attributed: dict[str, int] = defaultdict(int)
    left_out: dict[str, int] = defaultdict(int)
    rows: list[tuple[str, str, str]] = []
    columns = demandes[["id_demande", "association_attribuee", "mode_attribution"]]
    for demand, observed, mode in columns.itertuples(index=False, name=None):
        if pd.isna(observed):
            continue
        attributed[observed] += 1
        candidates = known.get(demand, {})
        given = observed
        if mode == MODE and len(candidates) > 1:
            objectives = {name: value for name, value in candidates.items() if value is not None}
            if len(objectives) == len(candidates):
                given = choose(objectives, allocations)
                rows.append((demand, observed, given))
            else:
                left_out[observed] += 1
        allocations[given] += 1
    replayed = pd.DataFrame(rows, columns=["id_demande", "observee", "rejouee"], dtype="str")
    return Replay(replayed, _by_association(replayed, attributed, left_out))


def _by_association(replayed: pd.DataFrame, attributed: Mapping[str, int], left_out: Mapping[str, int]) -> pd.DataFrame:
    observed, given = Counter(replayed["observee"]), Counter(replayed["rejouee"])
    same = Counter(replayed.loc[replayed["observee"] == replayed["rejouee"], "observee"])
    names = sorted({*attributed, *given})
    rows = [
        (name, observed[name], given[name], same[name], attributed.get(name, 0), left_out.get(name, 0))
        for name in names
    ]
    totals = (ALL, *(sum(int(row[place]) for row in rows) for place in range(1, len(COUNTS) + 1)))
    return pd.DataFrame([totals, *rows], columns=["association", *COUNTS])
