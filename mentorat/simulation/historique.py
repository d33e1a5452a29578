"""Several linked campagnes: the same young people, measures, pairs and dossiers from year to year.

The last campagne is the one `mentorat demo` draws alone, with more young people who leave. Each earlier one is told
backward: who was already there, those who left since, the pairs that had begun. So mentoring grows over the years, as a
law coming into force would have it, and what a campagne says is never contradicted by the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.simulation import depot, mentors, mesures, national, parcours, plan, seances
from mentorat.simulation.enquete import draw_survey
from mentorat.simulation.identites import with_mentors, with_pseudonyms
from mentorat.simulation.population import (
    SHARES_AT_HOME,
    SHARES_IN_CARE,
    days,
    delay,
    draw_ages,
    draw_places,
    draw_population,
    draw_structures,
)

HYPOTHESIS = (
    "Cette campagne fait partie d'une suite de {debut} à {fin} où les mêmes jeunes sont suivis d'année en année ; le "
    "mentorat y progresse d'une campagne à l'autre, et l'objectif n'est atteint qu'à la dernière."
)
GROWTH = 0.016
"""Growth of the number of young people in care from one year to the next (DREES: +1.6 % in 2024)."""
AT_MAJORITY, WITHIN_SIX_MONTHS, ALONG = 0.27, 0.09, 0.46
"""Of those in care at 17, when they leave, the others at 21: shares published from ELAP's passive follow-up."""
STILL_AT_YEAR_END = 0.64
"""Share of those who came of age within a year who are still in care at its end, as the shares above imply."""
CAME_OF_AGE_MNA = 0.54
"""Share of unaccompanied minors among those in care who come of age."""
SEEDS_APART = 1_000
"""Keeps the generators of earlier campagnes apart from those of the last."""
NAT = np.datetime64("NaT", "D")


def draw_worlds(
    since: int, campagne: int, jeunes: int, graine: int, key: str
) -> Iterator[tuple[depot.World, np.random.Generator]]:
    """The campagnes from the last to the first, each with the generator its files go on drawing from."""

    def generator(year: int, part: int = 0) -> np.random.Generator:
        return np.random.default_rng([graine, campagne, jeunes, SEEDS_APART + year, part])

    rng = np.random.default_rng([graine, campagne, jeunes])
    territories = plan.territories(jeunes)
    senders = plan.senders(territories, rng)
    people = _everyone(since, campagne, territories, rng, graine=graine, key=key, generator=generator)
    measures = mesures.draw_measures(since, campagne, people, generator(campagne, 1))
    traits = mesures.draw_traits(len(people), generator(campagne, 2))
    words = measures.events
    told = np.where(words["TYPEV"] == "3", words["ended"], words["begun"]).astype("datetime64[D]")
    year_told = np.maximum(told.astype("datetime64[Y]").astype(np.int64) + 1970, since)
    support = national.draw_support(campagne, sorted(territories["territoire"]), generator(campagne, 3))

    later: _Known | None = None
    later_rows: npt.NDArray[np.int64] = np.empty(0, np.int64)
    for year in range(campagne, since - 1, -1):
        rng = generator(year)
        rows, view = _view(year, people, measures.places[year])
        levels = _levels(year, words, told, people)[rows]
        events = mesures.encode(words[year_told == year].reset_index(drop=True), people, generator(year, 4), traits)
        events["collectivite"] = people["collectivite"].to_numpy()[events["person"].to_numpy()]
        if later is None:
            mentoring = parcours.draw_mentoring(year, view, levels, rng)
            pairs = with_mentors(mentoring.pairs, view, key, graine)
            pairs["id_demande"] = national.demand_references(pairs)
            own_mentors, own_checks = _mentors(year, pairs, 0, key=key, graine=graine, generator=generator)
        else:
            mentoring, own_mentors, own_checks = _earlier(
                year, view, levels, later, place=_place_in(rows, later_rows), rng=rng, generator=generator
            )

        def stream(name: str, year: int = year) -> np.random.Generator:
            return generator(year, 10 + depot.STREAMS.index(name))

        later, later_rows = _Known(mentoring, own_mentors, own_checks, key, graine), rows
        yield (
            depot.World(
                campagne=year,
                graine=graine,
                key=key,
                senders=senders,
                people=view,
                events=events,
                mentoring=mentoring,
                survey=draw_survey(year, view, mentoring, generator(year, 7)),
                sessions=seances.draw_sessions(year, mentoring.pairs, stream("seances")),
                mentors=own_mentors,
                checks=own_checks,
                stream=stream,
                support=support,
            ),
            rng,
        )


@dataclass(frozen=True)
class _Known:
    """What a campagne tells of the one before."""

    mentoring: parcours.Mentoring
    mentors: pd.DataFrame
    checks: pd.DataFrame
    key: str
    graine: int


def _everyone(
    since: int,
    campagne: int,
    territories: pd.DataFrame,
    rng: np.random.Generator,
    *,
    graine: int,
    key: str,
    generator: Callable[..., np.random.Generator],
) -> pd.DataFrame:
    """One row per person seen in a campagne or more: those of the last, then those who left, year by year.

    `soutien`: first day of a help at home before care, as `mesures.draw_supports` draws it.
    """

    def complete(people: pd.DataFrame, year: int, series: str, rng: np.random.Generator) -> pd.DataFrame:
        people = with_pseudonyms(people, key, graine, rng, generator(year, 5), series=series)
        return people.assign(soutien=mesures.draw_supports(since, people, generator(year, 6)).astype("datetime64[s]"))

    parts = [complete(draw_population(campagne, territories, rng), campagne, "", rng)]
    for year in range(campagne, since - 1, -1):
        leavers = draw_leavers(year, territories, pd.concat(parts, ignore_index=True), generator(year, 8))
        parts.append(complete(leavers, year, f"{year}|", generator(year, 9)))
    return pd.concat(parts, ignore_index=True)


def draw_leavers(
    campagne: int, territories: pd.DataFrame, known: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Those who left care in `campagne` and are not in `known`, as many as keep the number in care nearly stable.

    `known` holds everyone in care at the end of the campagne or later. Young people in care leave at their majority or
    later as `AT_MAJORITY` and the shares after it say.
    """
    last, first = np.datetime64(f"{campagne}-12-31"), np.datetime64(f"{campagne}-01-01")
    begun = known["debut_ase"].to_numpy().astype("datetime64[D]")
    support = known["soutien"].to_numpy().astype("datetime64[D]")
    fin = known["fin"].to_numpy().astype("datetime64[D]")
    here = (known["champ"] != "hors_champ").to_numpy() & ~(fin <= last)
    care = known["accueil"].to_numpy()
    gone = (known["champ"] == "sortant").to_numpy() & (fin >= first) & (fin <= last)
    major = gone & (known["age"].to_numpy() == 18) & ~known["adulte"].to_numpy()

    def missing(now: npt.NDArray[np.bool_], before: npt.NDArray[np.bool_], entered: float) -> float:
        """Leavers to draw, `entered` of them having entered in the campagne itself."""
        return max(float(now.sum() / (1 + GROWTH) - before.sum()) / (1 - entered), 0.0)

    was_care = (here | gone) & care & (begun < first)
    was_home = (here | gone) & np.where(care, ~np.isnat(support) & (support < first) & (begun >= first), begun < first)
    now_home = here & np.where(care, ~np.isnat(support) & (support <= last) & (begun > last), begun <= last)
    leave_care = missing(here & care & (begun <= last), was_care, 0.05)
    leave_home = missing(now_home, was_home, 0.17)

    adults = here & care & known["adulte"].to_numpy()
    came = known["debut"].to_numpy().astype("datetime64[D]")
    of_age = (adults & (came > last - 365) & (came <= last)).sum() / STILL_AT_YEAR_END
    counts = {
        "majeur_accueil": max(AT_MAJORITY * of_age - (major & care).sum(), 0),
        "jeune_majeur": max((1 - AT_MAJORITY) * of_age - (gone & known["adulte"].to_numpy()).sum(), 0),
        "majeur_domicile": max(0.064 * now_home.sum() - (major & ~care).sum(), 0),
    }
    counts["mineur_accueil"] = max(leave_care - counts["majeur_accueil"] - counts["jeune_majeur"], 0)
    counts["mineur_domicile"] = max(leave_home - counts["majeur_domicile"], 0)
    kinds = np.repeat(list(counts), [round(count) for count in counts.values()])
    return _leavers(campagne, territories, kinds, rng)


def _leavers(
    campagne: int, territories: pd.DataFrame, kinds: npt.NDArray[np.str_], rng: np.random.Generator
) -> pd.DataFrame:
    n = len(kinds)
    in_care = ~np.char.endswith(kinds, "domicile")
    major, adult = np.char.startswith(kinds, "majeur"), kinds == "jeune_majeur"
    size = territories["jeunes"].to_numpy() * 1.0
    territory = np.empty(n, np.int64)
    for chosen, weight in ((in_care, territories["part_accueil"]), (~in_care, 1 - territories["part_accueil"])):
        weights = size * weight.to_numpy()
        territory[chosen] = rng.choice(len(territories), int(chosen.sum()), p=weights / weights.sum())

    group = np.empty(n, np.int64)
    for chosen, table in ((in_care, SHARES_IN_CARE), (~in_care, SHARES_AT_HOME)):
        minors = np.array(table[2:]) / sum(table[2:])
        group[chosen] = rng.choice([2, 3, 4], int(chosen.sum()), p=minors)
    age = np.maximum(draw_ages(group, in_care, rng), 1)
    mna = np.where(major | adult, in_care & (rng.random(n) < CAME_OF_AGE_MNA), group == 2)

    fin = np.datetime64(f"{campagne}-01-01") + rng.integers(14, 358, n)
    annee, mois = campagne - age, rng.integers(1, 13, n)
    annee = np.where(major, campagne - 18, annee)
    # Young adults: when they left, from their majority, gives their birth month.
    when = rng.random(n) * (1 - AT_MAJORITY)
    since = np.where(when < WITHIN_SIX_MONTHS, rng.integers(5, 183, n), rng.integers(183, 1080, n))
    month = (fin - since).astype("datetime64[M]").astype(np.int64)
    at_21 = adult & (when >= WITHIN_SIX_MONTHS + ALONG)
    annee = np.where(adult, np.where(at_21, campagne - 21, month // 12 + 1970 - 18), annee)
    mois = np.where(adult & ~at_21, month % 12 + 1, mois)
    birth, majority = days(annee, mois, 15), days(annee + 18, mois, 15)
    fin = np.where(major, majority, np.where(at_21, days(annee + 21, mois, 15), fin))
    fin = np.where(adult, np.maximum(fin, majority + 5), fin)

    scale = np.where(~in_care, 1.2, np.where(mna, 0.8, 2.6))
    length = np.maximum(rng.gamma(1.5, scale) * 365.25, 12).astype(np.int64)
    until = np.where(adult, majority, fin)
    begun = np.maximum(until - length, birth + 10)
    begun = np.where(mna, np.maximum(begun, birth + 13 * 365), begun)
    begun = np.minimum(begun, until - np.where(adult, 60, 10))
    people = pd.DataFrame(
        {
            "territoire": territories["territoire"].to_numpy()[territory],
            "collectivite": territories["collectivite"].to_numpy()[territory],
            "champ": "sortant",
            "accueil": in_care,
            "adulte": adult,
            "mna": mna,
            "sexe": np.where(rng.random(n) < np.where(~in_care, 0.55, np.where(mna, 0.95, 0.52)), "G", "F"),
            "annee": annee,
            "mois": mois,
            "age": campagne - annee,
            "debut_ase": begun.astype("datetime64[s]"),
            "debut": np.where(adult, majority, begun).astype("datetime64[s]"),
            "fin": fin.astype("datetime64[s]"),
            "fin_oubliee": major & (rng.random(n) < 0.10),
            "annee_inconnue": False,
            "tirage_scolaire": rng.random(n),
            "handicap": rng.random(n) < 0.20,
        }
    )
    people["place"] = draw_places(people, territories, territory, rng)
    people["redoublement"] = (delay(people["age"].to_numpy(), people["tirage_scolaire"].to_numpy()) > 0) & (
        people["age"].to_numpy() >= 7
    )
    people["structure"] = draw_structures(people, rng)
    return people


def _view(
    year: int, people: pd.DataFrame, places: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Rows of `people` seen in the campagne `year`, and these people as they were at its end."""
    first, last = np.datetime64(f"{year}-01-01"), np.datetime64(f"{year}-12-31")
    begun = people["debut_ase"].to_numpy().astype("datetime64[D]")
    support = people["soutien"].to_numpy().astype("datetime64[D]")
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    entry = np.where(np.isnat(support), begun, np.minimum(support, begun))
    rows = np.flatnonzero((entry <= last) & ~(fin < first))
    own = people.iloc[rows].reset_index(drop=True)
    begun, support, fin = begun[rows], support[rows], fin[rows]
    left = fin <= last
    helped = (begun > last) & (support <= last)
    came = own["debut"].to_numpy().astype("datetime64[D]")
    adult = own["adulte"].to_numpy() & (came <= last)
    age = year - own["annee"].to_numpy()
    entered = np.where(helped, support, begun)
    own = own.assign(
        champ=np.where(own["champ"] == "hors_champ", "hors_champ", np.where(left, "sortant", "suivi")),
        accueil=own["accueil"].to_numpy() & ~helped,
        adulte=adult,
        age=age,
        debut_ase=entered.astype("datetime64[s]"),
        debut=np.where(adult, came, entered).astype("datetime64[s]"),
        fin=np.where(left, fin, NAT).astype("datetime64[s]"),
        place=np.where(helped, "aemo", places[rows]),
        redoublement=(delay(age, own["tirage_scolaire"].to_numpy()) > 0) & (age >= 7),
    )
    return rows, own


def _levels(
    year: int, words: pd.DataFrame, told: npt.NDArray[np.datetime64], people: pd.DataFrame
) -> npt.NDArray[np.object_]:
    """NIVSCO of everyone at their last event up to 31 December of `year` ('' without one)."""
    known = np.flatnonzero(told <= np.datetime64(f"{year}-12-31"))
    known = known[np.argsort(told[known], kind="stable")]
    who = words["person"].to_numpy()[known]
    events = pd.DataFrame({"person": who, "date": told[known]}).drop_duplicates("person", keep="last")
    own = people.iloc[events["person"].to_numpy()]
    level = mesures.level_told(
        events["date"].to_numpy().astype("datetime64[D]"),
        own["annee"].to_numpy(),
        own["handicap"].to_numpy(),
        own["tirage_scolaire"].to_numpy(),
    )
    levels = np.full(len(people), "", dtype=object)
    levels[events["person"].to_numpy()] = level
    return levels


def _place_in(rows: npt.NDArray[np.int64], later_rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each person of the following campagne, its row in this one; -1 for who was not there."""
    place = np.searchsorted(rows, later_rows)
    place = np.minimum(place, len(rows) - 1)
    return np.where(rows[place] == later_rows, place, -1)


def _mentors(
    year: int, pairs: pd.DataFrame, known: int, *, key: str, graine: int, generator: Callable[..., np.random.Generator]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """S5 and the checks of the mentors of `pairs` after its first `known` rows."""
    new = pairs.iloc[known:].reset_index(drop=True)
    own = mentors.draw_mentors(year, new, key, f"{graine}|{year}", generator(year, 100))
    checks = mentors.draw_checks(year, new, generator(year, 101))
    return own, checks.assign(pair=checks["pair"] + known)


def _earlier(
    year: int,
    view: pd.DataFrame,
    levels: npt.NDArray[np.object_],
    later: "_Known",
    *,
    place: npt.NDArray[np.int64],
    rng: np.random.Generator,
    generator: Callable[..., np.random.Generator],
) -> tuple[parcours.Mentoring, pd.DataFrame, pd.DataFrame]:
    """Mentoring, mentors (S5) and checks of `year`, from those of the following campagne.

    `place`: row in `view` of each person of the following campagne.
    """
    last = np.datetime64(f"{year}-12-31")
    then = later.mentoring
    seen = parcours.pairs_seen(then.pairs, last)
    kept = seen.reset_index(drop=True)
    kept["person"] = place[kept["person"].to_numpy()]
    kept["age"] = view["age"].to_numpy()[kept["person"].to_numpy()]
    number = pd.Series(np.arange(len(seen)), index=seen.index)
    known = parcours.dossiers_seen(then.dossiers, last)
    known = known.assign(person=place[known["person"].to_numpy()], pair=known["pair"].map(number))
    known = known[(known["person"] >= 0).to_numpy()].reset_index(drop=True)
    own = view.iloc[known["person"].to_numpy()]
    known = known.assign(classe=parcours.class_label(own).to_numpy(), type_accueil=own["place"].to_numpy())
    mentoring = parcours.draw_earlier_mentoring(year, view, levels, kept=kept, known=known, rng=rng)
    pairs, n = mentoring.pairs, len(kept)
    new = pairs.iloc[n:].drop(columns="id_demande").reset_index(drop=True)
    new = with_mentors(new, view, later.key, later.graine, f"{year}-")
    new["id_demande"] = national.demand_references(new).str.replace("1J1M-", f"1J1M-{year}-")
    pairs = pd.concat([kept, new], ignore_index=True)
    mentoring = parcours.Mentoring(mentoring.eligible, mentoring.score, pairs, mentoring.dossiers)

    own_mentors, own_checks = _mentors(year, pairs, n, key=later.key, graine=later.graine, generator=generator)
    there = later.mentors[later.mentors["id_mentor"].isin(kept["id_mentor"])]
    left = there["date_sortie"] > f"{year}-12-31"
    there = there.assign(date_sortie=there["date_sortie"].mask(left, ""))
    # A check is told again every year; of those who waited for a young person, each year has its own.
    checked = later.checks[later.checks["date_controle"] <= f"{year}-12-31"]
    checked = checked.assign(pair=checked["pair"].map(number)).dropna(subset="pair").astype({"pair": "int64"})
    return (
        mentoring,
        pd.concat([there, own_mentors], ignore_index=True),
        pd.concat([checked, own_checks], ignore_index=True).sort_values(["pair", "date_controle"], kind="stable"),
    )
