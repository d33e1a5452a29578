"""What becomes of matched young people after their index date, from the facts of the files.

A window counts for a young person when the files cover the whole of it: nobody is followed a shorter time because of
what happened. Within it:

- `deplacements`: at least one move. Who leaves care without one has none, and the departure is counted, being a
  competing end (analysis by cumulative incidence at a fixed time); `censored_weights` answers the other question.
- `freqsco`: the first event that tells of schooling: 1 for a dropout or an exclusion, 0 for attendance. Without any
  such event the outcome is unknown: the others stand for those people by inverse probability of being observed.
- `jeune_majeur`: young-adult care begun within the days asked after the 18th birthday (the 15th of the month of birth),
  for those who turn 18 after the index date.

Inverse-probability-of-censoring weights: one over the probability of not being censored until the outcome is decided,
from a logit of the monthly hazard in each arm (Robins and Finkelstein 2000, Biometrics 56:779-788), truncated (Cole and
Hernán 2008, American Journal of Epidemiology 168:656-664). They are not stabilised: a numerator that falls with time
would count those whose outcome is decided late for less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mentorat.causal.balancing import NotEstimable
from mentorat.causal.covariates import RARE, encode_covariates
from mentorat.causal.days import MONTH_DAYS, day_numbers
from mentorat.causal.plan import CohortOutcome
from mentorat.causal.propensity import propensity_logit
from mentorat.errors import MentoratError
from mentorat.typography import fr_count, fr_number, fr_text

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]

ATTENDING, AWAY, SILENT = 6, (7, 8), 9
"""Codes of FREQSCO: in school; excluded or dropped out; unknown."""
ADULT = 18
BIRTHDAY = 15
"""Day of the month taken for a birthday: the files hold the month."""
TRIM = 0.99
"""Quantile of the weights of an arm beyond which they are brought back to it."""
FACTS = ("id_population", "fait", "date_fait", "valeur")


@dataclass(frozen=True)
class Followed:
    """One outcome of the rows of a matching, in their order (n).

    `value`: 0 or 1, nan when unknown; `usable`: the whole window is covered by the files; `start`, `end`: the window;
    `decided`: day on which the value is known for good (the event, else the window's end); `exit`: first day out of
    care within the window and before `decided`, nan when there is none. Days are counted from 1970-01-01.
    """

    name: str
    value: Floats = field(repr=False)
    usable: Rows = field(repr=False)
    start: Floats = field(repr=False)
    end: Floats = field(repr=False)
    decided: Floats = field(repr=False)
    exit: Floats = field(repr=False)

    @property
    def observed(self) -> Rows:
        """Rows with a value within a window that the files cover."""
        found: Rows = self.usable & ~np.isnan(self.value)
        return found


@dataclass(frozen=True)
class ObservationWeights:
    """Weights (n, 0 for those not observed) that make each arm's observed stand for the whole arm.

    `warnings`: French sentences.
    """

    weights: Floats = field(repr=False)
    warnings: tuple[str, ...]


class Facts:
    """The mart `faits_suivi`, ready to be asked « the first such fact of this person in this window »."""

    def __init__(self, faits: pd.DataFrame) -> None:
        """Raises MentoratError (French) on a missing column."""
        if absent := [name for name in FACTS if name not in faits.columns]:
            raise MentoratError(
                fr_text(
                    f"La table « faits_suivi » n'a pas les colonnes {', '.join(absent)}. Refaites les tables de la "
                    "campagne."
                )
            )
        self._people = pd.Index(faits["id_population"].astype("str").unique())
        code = self._people.get_indexer(faits["id_population"].astype("str")).astype(np.int64)
        day = day_numbers(faits["date_fait"])
        value = pd.to_numeric(faits["valeur"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        self._facts: dict[str, tuple[NDArray[np.int64], NDArray[np.int64], Floats]] = {}
        kinds, labels = pd.factorize(faits["fait"].astype("str"), sort=True)
        for kind, name in enumerate(labels):
            known = np.flatnonzero((kinds == kind) & ~np.isnan(day))
            # of two codes the same day the worse one is read first, whatever the order of the file
            order = known[np.lexsort((-np.nan_to_num(value[known]), day[known], code[known]))]
            self._facts[str(name)] = (code[order], day[order].astype(np.int64), value[order])

    def first(
        self, fact: str, people: pd.Series, start: Floats, end: Floats, *, values: Sequence[int] | None = None
    ) -> tuple[Floats, Floats]:
        """Day and value of the first `fact` of each person (n) from day `start` to day `end` included; nan if none.

        `values`: only the facts of these codes.
        """
        nothing = np.full(len(people), np.nan)
        if fact not in self._facts:
            return nothing, nothing.copy()
        code, day, value = self._facts[fact]
        if values is not None:
            kept = np.isin(value, values)
            code, day, value = code[kept], day[kept], value[kept]
        if not len(code):
            return nothing, nothing.copy()
        low, span = int(day.min()), int(day.max() - day.min()) + 2
        asked = self._people.get_indexer(people.astype("str")).astype(np.int64)
        whole = ~np.isnan(start) & ~np.isnan(end) & (asked >= 0)
        begin = np.clip(np.where(whole, start, low) - low, 0, span - 1).astype(np.int64)
        place = np.searchsorted(code * span + (day - low), asked * span + begin, side="left")
        at = np.minimum(place, len(code) - 1)
        found = whole & (place < len(code)) & (code[at] == asked) & (day[at] <= end) & (day[at] >= start)
        return np.where(found, day[at], np.nan), np.where(found, value[at], np.nan)


def follow(rows: pd.DataFrame, facts: Facts, name: str, outcome: CohortOutcome) -> Followed:
    """The outcome `name` of each row of a matching (`RiskSetMatches.rows`), within the window that the plan gives.

    Raises MentoratError (French) on an outcome that the files do not hold or a window that is missing.
    """
    people = rows["id_population"]
    index = day_numbers(rows["jour_index"])
    covered = day_numbers(rows["debut_observation"]), day_numbers(rows["fin_observation"])
    kind = outcome_kind(name)
    if kind == "jeune_majeur":
        return _young_adult(rows, facts, name, outcome, index=index, covered=covered)
    if outcome.de_jours is None or outcome.a_jours is None or outcome.de_jours > outcome.a_jours:
        raise MentoratError(
            fr_text(f"Le plan ne donne pas la fenêtre de l'issue « {name} » : écrivez « de_jours » et « a_jours ».")
        )
    start, end = index + outcome.de_jours, index + outcome.a_jours
    usable = (start >= covered[0]) & (end <= covered[1])
    if kind == "freqsco":
        day, code = facts.first("freqsco", people, start, end, values=(ATTENDING, *AWAY))
        value = np.where(np.isnan(day), np.nan, np.isin(code, AWAY))
    else:
        day, _ = facts.first("deplacement", people, start, end)
        value = (~np.isnan(day)).astype(np.float64)
    decided = np.where(np.isnan(day), end, day)
    left, _ = facts.first("sortie", people, np.minimum(index, start), decided - 1)
    return Followed(name, np.where(usable, value, np.nan), usable, start, end, decided, np.where(usable, left, np.nan))


def outcome_kind(name: str) -> str:
    """Which facts make an outcome: freqsco, jeune_majeur or deplacement. Raises MentoratError on any other name."""
    if name in ("freqsco", "jeune_majeur"):
        return name
    if name == "deplacements" or name.startswith("deplacements_"):
        return "deplacement"
    raise MentoratError(
        fr_text(
            f"L'issue « {name} » n'est pas tenue par les fichiers. Choisissez freqsco, deplacements, jeune_majeur ou "
            "deplacements_avant dans le plan d'analyse."
        )
    )


def usable_sets(sets: pd.Series, mentored: Rows, usable: Rows) -> Floats:
    """Weights (n) of the sets whose mentored and at least one comparator are `usable`: 1, and 1 over their number."""
    code = sets.to_numpy(dtype=np.int64)
    size = int(code.max(initial=-1)) + 1
    ones = np.bincount(code, weights=mentored & usable, minlength=size)
    others = np.bincount(code, weights=~mentored & usable, minlength=size)
    kept = usable & ((ones > 0) & (others > 0))[code]
    found: Floats = np.where(kept, np.where(mentored, 1.0, 1 / np.maximum(others, 1)[code]), 0.0)
    return found


def observation_weights(
    rows: pd.DataFrame, mentored: Rows, observed: Rows, base: Floats, covariates: Sequence[str]
) -> ObservationWeights:
    """Inverse of the probability of being observed given `covariates`, in each arm apart, stabilised and truncated.

    `base` (n): weights of the comparison, 0 for the rows out of it. Where an arm is all observed, or too few of it are
    not for a model (`RARE`), its weights stand as they are. Raises NotEstimable (French) when nobody of an arm is
    observed.
    """
    found = np.where(observed, base, 0.0)
    shares, told = [], []
    for arm, who in ((mentored, "mentorés"), (~mentored, "non mentorés")):
        inside = arm & (base > 0)
        seen = observed & inside
        if not seen.any():
            raise NotEstimable(f"L'issue n'est connue d'aucun des jeunes {who} : l'effet n'est pas estimé.")
        share = float(base[seen].sum() / base[inside].sum())
        shares.append(share)
        if min(seen.sum(), (inside & ~seen).sum()) < RARE:
            continue
        part = rows.loc[inside].reset_index(drop=True)
        known = pd.Series(seen[inside])
        encoded = encode_covariates(part, covariates, known)
        try:
            score = propensity_logit(encoded.columns[list(encoded.regressors)], known, base[inside]).scores
        except NotEstimable:
            told.append(
                f"Ce qui fait qu'une issue est connue sépare parfaitement les jeunes {who} : les inconnues ne sont pas "
                "corrigées dans ce groupe."
            )
            continue
        factor = np.ones(len(rows))
        factor[inside] = share / score
        factor[seen] = _truncated(factor[seen])
        found = np.where(seen, base * factor, found)
    if min(shares) < 1:
        told.append(
            f"L'issue est connue de {fr_number(100 * shares[0], 0)} % des mentorés et de "
            f"{fr_number(100 * shares[1], 0)} % des non-mentorés ; ceux dont elle est connue comptent pour ceux qui "
            "leur ressemblent."
        )
    return ObservationWeights(found, tuple(fr_text(one) for one in told))


def censored_weights(
    rows: pd.DataFrame,
    mentored: Rows,
    followed: Followed,
    *,
    starts: Floats,
    base: Floats,
    covariates: Sequence[str],
) -> ObservationWeights:
    """Weights of those neither mentored (comparators) nor gone before their outcome is decided, for all their arm.

    `starts` (n): day of each row's own start of mentoring, nan if none: it censors comparators only. Leaving care
    censors both arms, but for what is asked of young adults, who leave by definition. `base` (n): weights of the
    comparison. Raises NotEstimable (French) when nobody of an arm is left.
    """
    index = day_numbers(rows["jour_index"])
    begun = np.where(~mentored & (starts > index), starts, np.nan)
    gone = np.full(len(rows), np.nan) if outcome_kind(followed.name) == "jeune_majeur" else followed.exit
    censored = np.fmin(begun, gone)
    out = ~np.isnan(censored) & (censored < followed.decided)
    days = np.where(out, censored, followed.decided) - index
    found = np.zeros(len(rows))
    told: list[str] = []
    for arm, who in ((mentored, "mentorés"), (~mentored, "non mentorés")):
        inside = arm & (base > 0)
        kept = inside & ~out
        if not kept.any():
            raise NotEstimable(
                f"Tous les jeunes {who} ont été mentorés ou sont sortis avant que l'issue soit connue : l'effet "
                "censuré n'est pas estimé."
            )
        factor = np.ones(int(inside.sum()))
        if out[inside].sum() >= RARE:
            factor, said = _uncensored(
                rows.loc[inside].reset_index(drop=True), days[inside], out[inside], base[inside], covariates
            )
            told += said
        whole = np.ones(len(rows))
        whole[inside] = factor
        whole[kept] = _truncated(whole[kept])
        # each arm keeps its total: a mean hangs on shares only
        found = np.where(kept, base * whole * (base[inside].sum() / (base * whole)[kept].sum()), found)
    lost = [int((out & arm & (base > 0)).sum()) for arm in (mentored, ~mentored)]
    told.append(
        f"Censure : {fr_count(lost[0], 'mentoré sorti', 'mentorés sortis')} et "
        f"{fr_count(lost[1], 'comparateur sorti ou mentoré', 'comparateurs sortis ou mentorés')} avant que l'issue "
        "soit connue ; ceux qui restent comptent pour eux."
    )
    return ObservationWeights(found, tuple(fr_text(one) for one in dict.fromkeys(told)))


def _young_adult(
    rows: pd.DataFrame,
    facts: Facts,
    name: str,
    outcome: CohortOutcome,
    *,
    index: Floats,
    covered: tuple[Floats, Floats],
) -> Followed:
    if outcome.apres_18_ans_jours is None:
        raise MentoratError(
            fr_text(f"Le plan ne donne pas la fenêtre de l'issue « {name} » : écrivez « apres_18_ans_jours ».")
        )
    month = rows["mois_naissance"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    year = rows["annee_naissance"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    told = ~np.isnan(month) & ~np.isnan(year)
    since_1970 = np.where(told, 12 * (year + ADULT - 1970) + month - 1, 0.0).astype(np.int64)
    first = since_1970.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64).astype(np.float64)
    first = np.where(told, first, np.nan)
    birthday = first + BIRTHDAY - 1
    end = birthday + outcome.apres_18_ans_jours
    usable = told & (birthday > index) & (first >= covered[0]) & (end <= covered[1])
    # the true birthday may come before the 15th: what begins earlier that month counts
    day, _ = facts.first("jeune_majeur", rows["id_population"], np.maximum(first, index), end)
    decided = np.where(np.isnan(day), end, day)
    value = np.where(usable, (~np.isnan(day)).astype(np.float64), np.nan)
    return Followed(name, value, usable, birthday, end, decided, np.full(len(rows), np.nan))


def _uncensored(
    part: pd.DataFrame, days: Floats, out: Rows, base: Floats, covariates: Sequence[str]
) -> tuple[Floats, list[str]]:
    """One over the probability of not being censored for `days` (m), those of each row until it is decided or censored.

    Person-months: each row gives one a month, the last one cut short; a month that is cut counts for its part.
    """
    number = np.maximum(np.ceil(days / MONTH_DAYS), 1).astype(np.int64)
    row = np.repeat(np.arange(len(part)), number)
    month = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    share = np.clip(days[row] / MONTH_DAYS - month, 0, 1)
    last = np.cumsum(number) - 1
    event = np.zeros(len(row), dtype=np.bool_)
    event[last[out]] = True
    share[event] = 1.0  # whoever is censored in a month was at risk of it the whole month
    encoded = encode_covariates(part, covariates, pd.Series(out))
    table = encoded.columns[list(encoded.regressors)].iloc[row].reset_index(drop=True)
    table = table.assign(mois=month.astype(np.float64), mois_carre=month.astype(np.float64) ** 2)
    known = share > 0
    try:
        own = np.zeros(len(row))
        own[known] = propensity_logit(table.loc[known], event[known], (base[row] * share)[known]).scores
    except NotEstimable:
        return np.ones(len(part)), [
            "Une caractéristique décide seule de la censure : celle-ci n'est pas corrigée dans ce groupe."
        ]
    stayed = np.bincount(row, weights=share * np.log1p(-np.minimum(own, 1 - 1e-9)), minlength=len(part))
    return np.exp(-stayed), []


def _truncated(weights: Floats) -> Floats:
    return np.minimum(weights, np.quantile(weights, TRIM))
