"""Risk sets: each new pair beside young people who could have begun that very day and did not.

The comparators of a pair are drawn among those at risk on its first day (the index date): in care, eligible, without a
pair so far. What happens to them afterwards, a later pair included, plays no part in the choice, which is what keeps
time windows from inventing an effect (Li, Propert and Rosenbaum 2001, JASA 96:870-882; Lu 2005, Biometrics 61:721-728;
immortal time: Suissa 2008, American Journal of Epidemiology 167:492-499). The effect is that of starting now against
not now.

The nearest are those of the least Mahalanobis distance on ranks (Rosenbaum 2010, Design of Observational Studies, 8.3:
skewed counts and long stays do not decide alone) within the strata and the largest difference in age. On one day two
people differ in age and time in care by their dates of birth and of arrival, whatever the day: points do not move, and
each pair only looks at the comparators of its stratum born around its month, a run of one sorted array.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from mentorat.causal.days import day_numbers
from mentorat.causal.design import exact_codes
from mentorat.causal.matching import whitened
from mentorat.causal.plan import Comparators, Matching
from mentorat.errors import MentoratError
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rows = NDArray[np.bool_]

STATUSES: dict[str, tuple[str, ...]] = {
    "acceptants_en_attente": ("acceptants_en_attente",),
    "eligibles_non_mentores": ("acceptants_en_attente", "eligibles_non_mentores"),
}
"""Statuses of the day that make a comparator. Those who refused or gave up are groups of their own, never here."""
NEW_PAIR = "binome"
KNOWN_MONTH = 6
"""Month of birth taken where it is unknown: the middle of the year."""
OWN = ("age_index", "anciennete_jours")
"""Covariates that hang on the index date, the age (years, by months) and the days in care before it; the others are
columns of `risques`, as known before the interval."""
NEEDED = (
    "id_population",
    "territoire",
    "statut",
    "debut",
    "fin",
    "evenement",
    "debut_accompagnement",
    "annee_naissance",
    "mois_naissance",
    "prise_en_charge_debut",
    "debut_observation",
    "fin_observation",
)
BLOCK = 2_000_000
"""Candidates looked at together."""
FIRST_STEP = ("nouveaux_binomes", "Nouveaux binômes, et jeunes qui peuvent leur être comparés")
"""Code and label of the step that the flow begins with, whether or not a pair finds its comparators."""
MOST_UNMATCHED = 400_000
"""Rows of the unmatched comparison; beyond, one in so many is taken, in the order of months and identifiers."""
_DECIMALS = 10
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class RiskIntervals:
    """The rows of `risques` in the order of young people and days, checked: what matching reads.

    `frame`: the columns of `risques`; `first`, `last`: first and last day at risk; `born`: months since year 0;
    `since`: first day in care (nan when unknown); `person`: code of the young person; `pair`: a new pair on the last
    day; `starts`: an accompaniment of any kind begins on the last day. Days are counted from 1970-01-01.
    """

    frame: pd.DataFrame = field(repr=False)
    first: Integers = field(repr=False)
    last: Integers = field(repr=False)
    born: Integers = field(repr=False)
    since: Floats = field(repr=False)
    person: Integers = field(repr=False)
    pair: Rows = field(repr=False)
    starts: Rows = field(repr=False)

    def own_starts(self) -> pd.Series:
        """First day of a mentoring pair by young person (days), those who have one."""
        mentoring = self.frame["evenement"].isin([NEW_PAIR, "binome_autre_origine", "binome_avant_11_ans"]).to_numpy()
        days = pd.Series(self.last[mentoring], index=self.frame.loc[mentoring, "id_population"])
        return days.groupby(level=0).min()


@dataclass(frozen=True)
class RiskSetMatches:
    """New pairs with their comparators, one row a young person and set.

    `rows`: ensemble (number of the set), mentore, rang (0 for the mentored), distance, poids (1 for the mentored, 1
    over the number found for their comparators), jour_index (datetime64), then what is known before that day: the
    columns of `risques` and `OWN`. `unmatched`: the same columns without sets, every comparator at risk on the 15th of
    each month beside the pairs of that month, weighted as they are. `flow`: etape, libelle, n_mentores, n_non_mentores.
    `sets`: pairs that have a comparator, of `pairs` in all; `people_control`: young people who serve as comparators.
    `warnings`: French sentences.
    """

    rows: pd.DataFrame = field(repr=False)
    unmatched: pd.DataFrame = field(repr=False)
    flow: pd.DataFrame = field(repr=False)
    sets: int
    pairs: int
    people_control: int
    warnings: tuple[str, ...]


def risk_intervals(risques: pd.DataFrame) -> RiskIntervals:
    """The mart `risques`, checked and put in the order that makes every later choice the same whatever the file's.

    Raises MentoratError (French) on a missing column or an interval without days.
    """
    if absent := [name for name in NEEDED if name not in risques.columns]:
        raise MentoratError(
            fr_text(
                f"La table « risques » n'a pas les colonnes {', '.join(absent)}. Refaites les tables de la campagne."
            )
        )
    found = [day_numbers(risques[name]) for name in ("debut", "fin")]
    if any(np.isnan(one).any() for one in found) or (found[0] > found[1]).any():
        raise MentoratError(fr_text("La table « risques » a des intervalles sans jours : « debut » et « fin »."))
    labels = risques["id_population"].astype("str")
    person, _ = pd.factorize(labels, sort=True)
    order = np.lexsort((found[1], found[0], person))
    frame = risques.iloc[order].reset_index(drop=True)
    month = frame["mois_naissance"].astype("Float64").fillna(KNOWN_MONTH).to_numpy(dtype=np.int64)
    pair = (frame["evenement"] == NEW_PAIR).to_numpy(dtype=np.bool_)
    return RiskIntervals(
        frame=frame,
        first=found[0][order].astype(np.int64),
        last=found[1][order].astype(np.int64),
        born=(12 * frame["annee_naissance"].to_numpy(dtype=np.int64) + month - 1).astype(np.int64),
        since=day_numbers(frame["prise_en_charge_debut"]),
        person=person[order].astype(np.int64),
        pair=pair & _first_of(person[order], pair),
        starts=frame["debut_accompagnement"].to_numpy(dtype=np.bool_),
    )


def match_risk_sets(
    risques: pd.DataFrame | RiskIntervals,
    matching: Matching,
    comparateurs: Comparators,
    *,
    covariates: Sequence[str] = (),
) -> RiskSetMatches:
    """Each new pair with its `matching.voisins` nearest comparators at risk on its first day.

    Comparators share the columns `matching.exact` (a missing value is a level), were born within
    `matching.age_ecart_mois` months, have the status asked that day, and begin no accompaniment that very day; a young
    person may serve several pairs and be mentored later, never stands twice in a set nor beside himself or herself. The
    distance is Mahalanobis' on the ranks of the age and of those of `covariates` that are numbers or booleans (factors
    are for exact strata and for the regression; what is missing is in the middle). Ties go by identifier. A pair
    without comparator is left out and counted.

    Raises MentoratError (French) on a column that `risques` does not have.
    """
    known = risques if isinstance(risques, RiskIntervals) else risk_intervals(risques)
    wanted = [name for name in (*matching.exact, *covariates) if name not in OWN and name not in known.frame.columns]
    if wanted:
        raise MentoratError(
            fr_text(
                f"Le plan nomme {', '.join(f'« {name} »' for name in dict.fromkeys(wanted))}, que la table « risques » "
                "n'a pas. Corrigez le plan d'analyse."
            )
        )
    pool = np.flatnonzero(known.frame["statut"].isin(STATUSES[comparateurs]).to_numpy())
    pairs = np.flatnonzero(known.pair)
    if not len(pairs) or not len(pool):
        return _nothing(known, len(pairs), len(np.unique(known.person[pool])))
    strata, _ = exact_codes(known.frame[list(matching.exact)], len(known.frame))
    inner = [name for name in covariates if name not in matching.exact]
    points = _points(known, pairs, pool, inner)
    search = _Search(known, strata.astype(np.int64), pairs, pool, points)
    chosen, distances = search.nearest(matching.age_ecart_mois, matching.voisins)
    alone = chosen[:, 0] < 0
    without_age = search.nearest(None, 1, only=np.flatnonzero(alone))[0][:, 0] < 0
    rows = _rows(known, pairs, chosen, distances)
    control = ~rows["mentore"].to_numpy()
    people = rows.loc[control, "id_population"].nunique()
    at_risk = len(pairs) - int(without_age.sum())
    matched = int((~alone).sum())
    same_age = f"Nés à {matching.age_ecart_mois} mois d'écart au plus : appariés"
    return RiskSetMatches(
        rows=rows,
        unmatched=_unmatched(known, pairs, pool),
        flow=_flow(
            (*FIRST_STEP, len(pairs), len(np.unique(known.person[pool]))),
            ("meme_strate", "Avec un jeune comparable ce jour-là, sans égard à l'âge", at_risk, pd.NA),
            ("meme_age", same_age, matched, people),
        ),
        sets=matched,
        pairs=len(pairs),
        people_control=people,
        warnings=_told(len(pairs), matched, int(without_age.sum())),
    )


@dataclass(frozen=True)
class _Search:
    """Comparators in runs of one stratum by month of birth, and what is asked of them."""

    known: RiskIntervals
    strata: Integers
    pairs: NDArray[np.intp]
    pool: NDArray[np.intp]
    points: Floats

    def nearest(
        self, months: int | None, voisins: int, only: NDArray[np.intp] | None = None
    ) -> tuple[Integers, Floats]:
        """Rows of the comparators of each pair (or of those `only`), −1 where none, and their distances.

        `months`: largest difference in months of birth, none: any.
        """
        known = self.known
        asked = self.pairs if only is None else self.pairs[only]
        chosen = np.full((len(asked), voisins), -1, dtype=np.int64)
        distances = np.full((len(asked), voisins), np.inf)
        if not len(asked):
            return chosen, distances
        born = known.born - known.born.min()
        span = int(born.max()) + 1
        reach = span if months is None else min(months, span)
        # wide enough that a window never runs into the next stratum
        key = self.strata * (span + 2 * reach + 1) + reach + born
        sorted_pool = self.pool[np.lexsort((self.pool, key[self.pool]))]
        line = key[sorted_pool]
        low = np.searchsorted(line, key[asked] - reach, side="left")
        high = np.searchsorted(line, key[asked] + reach, side="right")
        for start, stop in _blocks(high - low):
            number = (high - low)[start:stop]
            rank = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
            whose = np.repeat(np.arange(start, stop), number)
            row = sorted_pool[np.repeat(low[start:stop], number) + rank]
            pair = asked[whose]
            day = known.last[pair]
            kept = (known.first[row] <= day) & (known.last[row] >= day) & (known.person[row] != known.person[pair])
            kept &= ~(known.starts[row] & (known.last[row] == day))
            whose, row, pair = whose[kept], row[kept], pair[kept]
            gap = np.zeros(len(row))
            for column in self.points.T:  # a column at a time: never candidates × columns
                gap += (column[row] - column[pair]) ** 2
            self._choose(whose, row, np.sqrt(gap).round(_DECIMALS), chosen, distances)
        return chosen, distances

    def _choose(
        self, whose: NDArray[np.intp], row: NDArray[np.intp], gap: Floats, chosen: Integers, distances: Floats
    ) -> None:
        """Fill the matches of the pairs `whose` from their candidates, the least distance then the first row."""
        if not len(whose):
            return
        starts = np.flatnonzero(np.concatenate([[True], whose[1:] != whose[:-1]]))
        sizes = np.diff(np.append(starts, len(whose)))
        owners = whose[starts]
        for turn in range(chosen.shape[1]):
            least = np.minimum.reduceat(gap, starts)
            tied = np.isfinite(gap) & (gap == np.repeat(least, sizes))
            first = np.minimum.reduceat(np.where(tied, row, _NEVER), starts)
            found = first != _NEVER
            chosen[owners[found], turn] = first[found]
            distances[owners[found], turn] = least[found]
            taken = np.repeat(np.where(found, self.known.person[np.where(found, first, 0)], -1), sizes)
            gap[self.known.person[row] == taken] = np.inf


def _blocks(counts: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Runs of pairs whose candidates are at most BLOCK together (a pair alone may be more)."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, before + BLOCK, side="right")))
        yield start, stop
        start = stop


def _points(known: RiskIntervals, pairs: NDArray[np.intp], pool: NDArray[np.intp], covariates: Sequence[str]) -> Floats:
    """Points of every row (n × r) whose Euclidean distance is the one asked; rows of neither arm are at the origin."""
    used = np.concatenate([pairs, pool])
    if len(used) < 3:  # no covariance, and nobody to choose between
        return np.zeros((len(known.frame), 1))
    columns = [_ranks(known.born[used].astype(np.float64))]
    for name in covariates:
        if name == "anciennete_jours":
            columns.append(_ranks(known.since[used]))
        elif name not in OWN:
            columns += _numbers(known.frame[name].iloc[used])
    found, _ = whitened(np.column_stack(columns), np.arange(len(used)) < len(pairs))
    points = np.zeros((len(known.frame), found.shape[1]))
    points[used] = found
    return points


def _numbers(values: pd.Series) -> list[Floats]:
    """A covariate as a column of the distance; none for a factor."""
    if not _told_in_numbers(values):
        return []
    return [_ranks(values.astype("object").astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan))]


def _told_in_numbers(values: pd.Series) -> bool:
    """Whether a column holds numbers or booleans, objects included."""
    if pd.api.types.is_numeric_dtype(values):
        return True
    return values.dtype == object and all(isinstance(one, bool | np.bool_) for one in values.dropna())


def _ranks(values: NDArray[np.floating[Any]]) -> Floats:
    """Ranks, ties sharing theirs; the middle one where a value is missing."""
    missing = np.isnan(values)
    found = np.full(len(values), 0.5)
    if not missing.all():
        found[~missing] = np.asarray(rankdata(values[~missing]), dtype=np.float64) / (~missing).sum()
        found[missing] = found[~missing].mean()
    return found


def _rows(known: RiskIntervals, pairs: NDArray[np.intp], chosen: Integers, distances: Floats) -> pd.DataFrame:
    """Columns `RiskSetMatches.rows`, sets in the order of pairs, the mentored first."""
    number = (chosen >= 0).sum(axis=1)
    kept = np.flatnonzero(number)
    sets, ranks = np.nonzero(chosen >= 0)
    position = np.concatenate([kept, sets])
    rank = np.concatenate([np.zeros(len(kept), dtype=np.int64), ranks + 1])
    row = np.concatenate([pairs[kept], chosen[sets, ranks]])
    gap = np.concatenate([np.zeros(len(kept)), distances[sets, ranks]])
    weight = np.where(rank == 0, 1.0, 1 / np.maximum(number[position], 1))
    order = np.lexsort((rank, position))
    day = known.last[pairs[position]]
    told = _known_before(known, row[order], day[order])
    head = {
        "ensemble": np.searchsorted(kept, position[order]),
        "mentore": (rank == 0)[order],
        "rang": rank[order],
        "distance": gap[order],
        "poids": weight[order],
    }
    return pd.concat([pd.DataFrame(head), told], axis=1)


def _known_before(known: RiskIntervals, row: NDArray[np.intp], day: Integers) -> pd.DataFrame:
    """What is known of those rows before each index day."""
    told = known.frame.iloc[row].reset_index(drop=True)
    for name in told.columns:
        if told[name].dtype == object and told[name].notna().any() and _told_in_numbers(told[name]):
            told[name] = told[name].astype("boolean")
    month = (day.astype("datetime64[D]").astype("datetime64[M]")).astype(np.int64) + 12 * 1970
    return told.assign(
        jour_index=day.astype("datetime64[D]").astype("datetime64[s]"),
        age_index=(month - known.born[row]) / 12,
        anciennete_jours=day - known.since[row],
    )


def _unmatched(known: RiskIntervals, pairs: NDArray[np.intp], pool: NDArray[np.intp]) -> pd.DataFrame:
    """New pairs and, for each of their months, everyone of the status at risk on the 15th."""
    day = known.last[pairs]
    months = day.astype("datetime64[D]").astype("datetime64[M]")
    parts_row, parts_day, weights = [pairs], [day], [np.ones(len(pairs))]
    for month, number in zip(*np.unique(months, return_counts=True), strict=True):
        middle = int((month.astype("datetime64[D]") + 14).astype(np.int64))
        there = (known.first[pool] <= middle) & (known.last[pool] >= middle)
        there &= ~(known.starts[pool] & (known.last[pool] == middle))
        found = pool[there]
        if len(found):
            parts_row.append(found)
            parts_day.append(np.full(len(found), middle, dtype=np.int64))
            weights.append(np.full(len(found), number / len(found)))
    row, when, weight = np.concatenate(parts_row), np.concatenate(parts_day), np.concatenate(weights)
    mentored = np.arange(len(row)) < len(pairs)
    if len(row) > MOST_UNMATCHED:
        step = -(-(len(row) - len(pairs)) // MOST_UNMATCHED)
        kept = mentored | (np.arange(len(row)) % step == 0)
        row, when, weight, mentored = row[kept], when[kept], weight[kept], mentored[kept]
    head = pd.DataFrame({"mentore": mentored, "poids": weight})
    return pd.concat([head, _known_before(known, row, when)], axis=1)


def _nothing(known: RiskIntervals, pairs: int, others: int) -> RiskSetMatches:
    none = np.empty((0, 1))
    rows = _rows(known, np.empty(0, dtype=np.intp), none.astype(np.int64), none)
    told = "Aucun nouveau binôme" if not pairs else "Aucun jeune comparable"
    return RiskSetMatches(
        rows=rows,
        unmatched=rows[["mentore", "poids", *[name for name in rows.columns if name not in _SETS]]],
        flow=_flow((*FIRST_STEP, pairs, others)),
        sets=0,
        pairs=pairs,
        people_control=0,
        warnings=(fr_text(f"{told} dans la période observée : rien n'est comparé."),),
    )


def _flow(*steps: tuple[str, str, int, object]) -> pd.DataFrame:
    return pd.DataFrame(steps, columns=["etape", "libelle", "n_mentores", "n_non_mentores"])


_SETS = ("ensemble", "mentore", "rang", "distance", "poids")


def _told(pairs: int, matched: int, without: int) -> tuple[str, ...]:
    """What is left out, in French."""
    if matched == pairs:
        return ()
    return (
        fr_text(
            f"{fr_count(pairs - matched, 'nouveau binôme', 'nouveaux binômes')} sur {fr_number(pairs)} sans jeune "
            f"comparable ({fr_number(without)} sans personne de même profil qui aurait pu commencer ce jour-là, "
            f"{fr_number(pairs - matched - without)} sans personne du même âge) : l'effet ne vaut que pour les autres."
        ),
    )


def _first_of(person: NDArray[np.intp], flag: Rows) -> Rows:
    """Flags of the first flagged row of each person, rows being sorted by person and day."""
    rank = np.flatnonzero(flag)
    found = np.zeros(len(flag), dtype=np.bool_)
    found[rank[np.concatenate([[True], person[rank][1:] != person[rank][:-1]])[: len(rank)]]] = True
    return found
