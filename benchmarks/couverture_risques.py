"""The matched effect of the cohort on simulated campagnes: coverage with a known effect, size of the test with none.

Simulated data. Each young person lives in a territory, is at risk of a first pair from a day of his or her own, with a
daily hazard that follows age, moves, handicap and the territory.

Schooling is known every 1 September; dropout follows the same things, the territory included, and whether a pair has
begun by then. The truth is that of the estimand: what starting that day rather than not changes for those who start,
those who do not being free to start later. Held: the matched effect is covered in 93.5-96.5 % of 2 000 draws and missed
by the naive difference; with no effect the test rejects in 3.5-6.5 %.

Moves and departures from care are drawn without regard to mentoring: whoever stays long enough to be mentored has time
to move. Held: the matched test rejects in 3.5-6.5 %; beside it, the comparison that counts everyone from the first day
at risk, mentored or never, whose windows are those of immortal time.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import pandas as pd

from mentorat.causal.cohort_comparison import CohortComparison, compare_outcome
from mentorat.causal.follow_up import Facts, follow
from mentorat.causal.plan import CohortOutcome, Matching
from mentorat.causal.risk_sets import match_risk_sets, risk_intervals

DRAWS = 2_000
PEOPLE, TERRITORIES = 2_500, 40
FIRST, LAST, SEEN = (np.datetime64(day, "D").astype(int) for day in ("2022-01-01", "2023-06-30", "2024-12-31"))
SEPTEMBERS = np.array([np.datetime64(f"{year}-09-01", "D").astype(int) for year in (2022, 2023, 2024)])
MATCHING = Matching(exact=("territoire", "sexe"), age_ecart_mois=12, voisins=1)
COVARIATES = ("age_index", "sexe", "handicap", "deplacements_nb", "anciennete_jours")
OUTCOME = CohortOutcome(famille="principale", de_jours=183, a_jours=548)
MOVES = CohortOutcome(famille="secondaire", de_jours=1, a_jours=183)
EFFECT = -0.15


@dataclass(frozen=True)
class Simulated:
    """Marts of one simulated cohort, and the true effect on those who start."""

    risques: pd.DataFrame
    faits: pd.DataFrame
    truth: float


def simulate(
    rng: np.random.Generator, effect: float, people: int = PEOPLE, territories: int = TERRITORIES, lost: float = 0.0
) -> Simulated:
    """`effect`: on the probability of dropout at each September once a pair has begun; `lost`: share of the events of
    schooling that are not known, more often after moves."""
    home = rng.integers(0, territories, people)
    birth = 12 * 2007 + rng.integers(0, 60, people)
    moves, handicap = rng.poisson(1.2, people), rng.random(people) < 0.2
    girl = rng.random(people) < 0.5
    entered = FIRST + rng.integers(0, 365, people)
    arrived = entered - rng.integers(30, 2_500, people)
    age = (birth - 12 * 2009.5) / 12
    place, lean = rng.normal(0, 0.4, territories)[home], rng.normal(0, 0.05, territories)[home]
    hazard = np.exp(-6.7 + 0.3 * age - 0.45 * moves + 0.5 * handicap + place)
    begun = entered + rng.exponential(1 / hazard)
    starts = begun <= LAST
    last = np.where(starts, np.floor(begun), LAST).astype(np.int64)
    last = np.maximum(last, entered)
    risk = np.clip(0.36 - 0.05 * age + 0.11 * moves - 0.05 * handicap + lean + 0.1 * place, 0.16, 0.95)
    ids = np.array([f"J{rank:06d}" for rank in range(people)])
    months, days = birth % 12 + 1, np.datetime64("1970-01-01", "D")
    risques = pd.DataFrame(
        {
            "id_population": ids,
            "territoire": [f"T{code:03d}" for code in home],
            "statut": "eligibles_non_mentores",
            "debut": days + entered,
            "fin": days + last,
            "evenement": np.where(starts, "binome", "fin_campagne"),
            "debut_accompagnement": starts,
            "sexe": np.where(girl, "F", "G"),
            "annee_naissance": birth // 12,
            "mois_naissance": months,
            "prise_en_charge_debut": days + arrived,
            "handicap": handicap,
            "deplacements_nb": moves,
            "debut_observation": days + FIRST,
            "fin_observation": days + SEEN,
        }
    )
    events = []
    for september in SEPTEMBERS:
        out = rng.random(people) < risk + effect * (starts & (last < september))
        known = rng.random(people) >= lost * np.where(moves > 1, 1.5, 0.6)
        events.append(
            pd.DataFrame(
                {
                    "id_population": ids[known],
                    "fait": "freqsco",
                    "date_fait": days + september,
                    "valeur": np.where(out, "8", "6")[known],
                }
            )
        )
    index = last[starts]
    event = SEPTEMBERS[np.searchsorted(SEPTEMBERS, index + 183)]
    # those who do not start that day may still start before the event, at their own hazard, until the last day
    later = np.exp(-hazard[starts] * np.maximum(np.minimum(event, LAST + 1) - index - 1, 0))
    return Simulated(risques, pd.concat(events, ignore_index=True), float(effect * later.mean()))


def simulate_moves(rng: np.random.Generator, people: int = PEOPLE, territories: int = TERRITORIES) -> Simulated:
    """Moves and departures that mentoring does nothing to; who leaves care is no longer at risk of a pair."""
    data = simulate(rng, 0.0, people, territories).risques
    entered, begun = (data[name].to_numpy().astype("datetime64[D]").astype(np.int64) for name in ("debut", "fin"))
    handicap = data["handicap"].to_numpy()
    left = entered + np.ceil(rng.exponential(500 * np.where(handicap, 1.5, 1.0))).astype(np.int64)
    rate = np.exp(-6.3 + 0.2 * data["deplacements_nb"].to_numpy() - 0.4 * handicap)
    number = rng.poisson(rate * (np.minimum(left, SEEN) - entered))
    whose = np.repeat(np.arange(people), number)
    day = entered[whose] + np.floor(rng.random(len(whose)) * (np.minimum(left, SEEN) - entered)[whose])
    starts = data["debut_accompagnement"].to_numpy() & (begun <= left)
    first = np.datetime64("1970-01-01", "D")
    data = data.assign(
        fin=first + np.minimum(begun, left),
        evenement=np.where(starts, "binome", np.where(left < begun, "fin_eligibilite", "fin_campagne")),
        debut_accompagnement=starts,
    )
    ids, gone = data["id_population"].to_numpy(), left <= SEEN
    moved = pd.DataFrame(
        {"id_population": ids[whose], "fait": "deplacement", "date_fait": first + day.astype(np.int64)}
    )
    out = pd.DataFrame({"id_population": ids[gone], "fait": "sortie", "date_fait": first + left[gone]})
    return Simulated(data, pd.concat([moved, out], ignore_index=True).assign(valeur=""), 0.0)


def from_first_day(data: Simulated) -> bool:
    """Whether the share who moved within a year of the first day at risk differs (5 %), ever mentored against never."""
    people = data.risques.drop_duplicates("id_population").assign(jour_index=lambda frame: frame["debut"])
    year = CohortOutcome(famille="temoin", de_jours=0, a_jours=365)
    value = follow(people, Facts(data.faits), "deplacements", year).value
    arm = people["debut_accompagnement"].to_numpy()
    known = ~np.isnan(value)
    gap = value[known & arm].mean() - value[known & ~arm].mean()
    error = np.sqrt(sum(value[known & one].var(ddof=1) / (known & one).sum() for one in (arm, ~arm)))
    return bool(abs(gap) > 1.96 * error)


def estimated(
    data: Simulated, name: str = "freqsco", outcome: CohortOutcome = OUTCOME, *, naive: bool = True
) -> CohortComparison:
    matches = match_risk_sets(risk_intervals(data.risques), MATCHING, "eligibles_non_mentores", covariates=COVARIATES)
    return compare_outcome(
        matches, Facts(data.faits), name, outcome, covariates=COVARIATES, cluster="territoire", naive=naive
    )


def coverage(draws: int) -> None:
    for effect, lost, told in (
        (EFFECT, 0.0, "known effect"),
        (0.0, 0.0, "no effect"),
        (EFFECT, 0.3, "3 in 10 unknown"),
    ):
        rng = np.random.default_rng(29)
        covered, missed, rejected, errors, spread = 0, 0, 0, [], []
        start = perf_counter()
        for _ in range(draws):
            data = simulate(rng, effect, lost=lost)
            found = estimated(data)
            matched, naive = found.matched.effect, found.naive.effect
            assert matched is not None and naive is not None
            covered += matched.low <= data.truth <= matched.high
            missed += not naive.low <= data.truth <= naive.high
            rejected += matched.p < 0.05
            errors.append(matched.standard_error)
            spread.append(matched.estimate - data.truth)
        share, size = covered / draws, rejected / draws
        held = 0.935 <= share <= 0.965 if effect else 0.035 <= size <= 0.065
        print(
            f"{told}, {draws} draws of {PEOPLE} young people: matched effect covered {share:.4f}, rejects {size:.4f}; "
            f"naive misses {missed / draws:.4f}; bias {np.mean(spread):+.4f}, standard deviation {np.std(spread):.4f}, "
            f"mean standard error {np.mean(errors):.4f}; held: {held} ({perf_counter() - start:.0f} s)",
            flush=True,
        )


def time_windows(draws: int) -> None:
    rng = np.random.default_rng(31)
    rejected, immortal = 0, 0
    for _ in range(draws):
        data = simulate_moves(rng)
        effect = estimated(data, "deplacements", MOVES, naive=False).matched.effect
        assert effect is not None
        rejected += effect.p < 0.05
        immortal += from_first_day(data)
    size = rejected / draws
    print(
        f"moves and departures, no effect, {draws} draws: matched test rejects {size:.4f}; "
        f"held: {0.035 <= size <= 0.065}; counted from the first day at risk, rejects {immortal / draws:.4f}",
        flush=True,
    )


def run(draws: int = DRAWS) -> None:
    coverage(draws)
    time_windows(draws)


if __name__ == "__main__":
    run()
