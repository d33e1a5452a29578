"""S1: the OLINPE events of the simulated young people (begun, renewed, ended), with the decree's codes.

A first delivery: the running measures (initialisation) and the flow of the campagne. Renewals before the
campagne are not told again: the initial line stands until its first renewal in the campagne.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.simulation.parcours import secondary
from mentorat.simulation.population import days, delay

VARIABLES = (
    "NUMDEP", "NUMANONYM", "NUMANONYMANT", "TYPEV", "SEXE", "ANAIS", "MNAIS", "SCODTCOM", "NIVSCO", "FREQSCO",
    "HANDICAP", "MINA", "DATDECPE", "INTERANT", "PROJET", "DATPPE", "DECISION", "DATDEB", "NATPDECADM",
    "NATDECASSED", "TYPINTERDOM", "TYPDECJUD", "LIEUACC", "LIEUPLAC", "CHGLIEU", "DATFIN", "MOTFININT",
    "MOTIFML", "DIPLOME", "NBCHGLIEU",
)  # fmt: skip
PLACE_CODES = {
    "assistant_familial": "1",
    "etablissement": "2",
    "dispositif_mna": "2",
    "village_enfants": "8",
    "lieu_de_vie": "9",
    "hebergement_autonome": "6",
    "semi_autonomie": "6",
    "placement_domicile": "12",
    "tiers": "5",
}
PRIMARY_TO_TROISIEME = np.array(["310", "320", "330", "340", "350", "410", "420", "430", "440"])
NAT = np.datetime64("NaT", "D")
MOVES_AT_RENEWAL = 0.12
UNKNOWN = 0.002
"""Share of people whose sex, and birth month, is told as unknown."""


def school_level(age: npt.NDArray[Any], draw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """NIVSCO code by age in calendar years in the school year's September ('' before 3).

    The same uniform `draw` at every age makes a person's path through school consistent.
    """
    step = age - 6 - delay(age, draw)
    early = np.where(age < 3, "", "200")
    school = PRIMARY_TO_TROISIEME[np.clip(step, 0, 8)]
    spread = np.modf(draw * 97)[0]
    general = np.select([step == 9, step == 10, step == 11], ["510", "520", "550"], "770")
    vocational = np.select([spread < 0.40, spread < 0.55, spread < 0.85], ["610", "710", "630"], "740")
    after = np.where((draw > 0.615) & (spread < 0.16), general, np.where(step > 11, "750", vocational))
    level = np.select([step < 0, step <= 8], [early, school], after)
    odd = np.modf(draw * 8191)[0]
    return np.where(age < 3, "", np.select([odd < 0.02, (odd < 0.03) & (step > 4)], ["999", "499"], level))


def out_of_school(age: npt.NDArray[Any], handicap: npt.NDArray[Any], draw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Whether a person is not in ordinary schooling (specialised setting, or out of school after 16)."""
    chance = np.modf(draw * 613)[0]
    return np.asarray((chance < 0.12 * handicap) | ((age >= 16) & (chance < 0.10)))


def level_told(
    date: npt.NDArray[Any], birth_year: npt.NDArray[Any], handicap: npt.NDArray[Any], draw: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """NIVSCO told by an event of `date` (datetime64[D]): empty before school age and for who is out of school."""
    age = _school_age(date, birth_year)
    return np.where(out_of_school(age, handicap, draw), "", school_level(age, draw))


def _stack(parts: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def draw_events(campagne: int, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row per event of every person: `person` (row number in `people`) and the variables of S1, as text.

    Sorted by NUMANONYM then date is left to the caller: here rows are in the order they were made.
    """
    return encode(draw_measures(campagne, campagne, people, rng).events, people, rng)


@dataclass(frozen=True)
class Measures:
    """Events in plain words over several years, and where each person lives at the end of each.

    `events`: `person`, `TYPEV`, `begun`, `ended`, `place`, `nature`, `change`, `reason`; `places`: by year, the place
    (code of S2) of everyone on 31 December, whether in care or not.
    """

    events: pd.DataFrame
    places: dict[int, npt.NDArray[Any]]


def draw_supports(since: int, people: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[Any]:
    """First day of the help at home that preceded the care of those who entered it from 1 January of `since`.

    datetime64[D], NaT for those who had none: four in ten had.
    """
    debut = people["debut"].to_numpy().astype("datetime64[D]")
    had = (people["champ"] != "hors_champ").to_numpy() & people["accueil"].to_numpy() & ~people["adulte"].to_numpy()
    had &= ~people["mna"].to_numpy() & (debut >= np.datetime64(f"{since}-01-01"))
    had &= (rng.random(len(people)) < 0.4) & (people["age"].to_numpy() > 2)
    birth = days(people["annee"].to_numpy(), people["mois"].to_numpy(), 15)
    begun = np.maximum(debut - rng.integers(200, 800, size=len(people)), birth + 5)
    return np.where(had, np.minimum(begun, debut - 5), NAT)


def _renewals(
    since: int, campagne: int, people: pd.DataFrame, rng: np.random.Generator
) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[Any], npt.NDArray[np.bool_]]]:
    """The anniversaries of measures from `since` to `campagne`, in order: who is renewed, when, and who then moves."""
    n = len(people)
    debut = people["debut"].to_numpy().astype("datetime64[D]")
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    in_scope, in_care = (people["champ"] != "hors_champ").to_numpy(), people["accueil"].to_numpy()
    first_day = np.datetime64(f"{since}-01-01")
    period = np.where(
        in_care,
        rng.choice([365, 730], size=n, p=[0.6, 0.4]),
        rng.choice([183, 365, 730], size=n, p=[0.3, 0.5, 0.2]),
    )
    limit = np.where(np.isnat(fin), np.datetime64(f"{campagne}-12-20"), fin - 10)
    elapsed = np.maximum((first_day - debut).astype(np.int64), 1)
    day = debut + period * -(-elapsed // period)
    renewals: list[tuple[npt.NDArray[np.bool_], npt.NDArray[Any], npt.NDArray[np.bool_]]] = []
    while (renewed := in_scope & (day <= limit)).any():
        # Over one campagne, nobody moves at a second renewal.
        may_move = renewed & in_care if not renewals or campagne > since else np.zeros(n, bool)
        moved = may_move & (rng.random(n) < MOVES_AT_RENEWAL) if may_move.any() else may_move
        renewals.append((renewed, day, moved))
        day = day + period
    return renewals


def draw_measures(since: int, campagne: int, people: pd.DataFrame, rng: np.random.Generator) -> Measures:
    """Measures of everyone from 1 January of `since` (those running then included) to 31 December of `campagne`.

    `people` may hold `soutien`, the first day of a help at home before care; it is drawn otherwise.
    """
    n = len(people)
    first_day, last_day = np.datetime64(f"{since}-01-01"), np.datetime64(f"{campagne}-12-31")
    debut = people["debut"].to_numpy().astype("datetime64[D]")
    debut_ase = people["debut_ase"].to_numpy().astype("datetime64[D]")
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    place = people["place"].to_numpy().astype(object)
    in_scope, in_care = people["champ"].to_numpy() != "hors_champ", people["accueil"].to_numpy()
    person = np.arange(n)

    def rows(chosen: npt.NDArray[Any], typev: str, begun: Any, ended: Any = NAT, **more: Any) -> dict[str, Any]:
        index = np.flatnonzero(chosen)
        pick = {k: v[index] if isinstance(v, np.ndarray) else v for k, v in more.items()}
        return {
            "person": person[index],
            "TYPEV": typev,
            "begun": begun[index],
            "ended": ended[index] if isinstance(ended, np.ndarray) else np.full(len(index), ended, "datetime64[D]"),
            "place": pick.get("place", place[index]),
            "nature": pick.get("nature", ""),
            "change": pick.get("change", ""),
            "reason": pick.get("reason", ""),
        }

    renewals = _renewals(since, campagne, people, rng)
    # The last place is the known one: earlier ones are told backward from it.
    after = [place] * len(renewals)
    before = place
    for rank in reversed(range(len(renewals))):
        after[rank] = before
        swapped = np.where(before == "assistant_familial", "etablissement", "assistant_familial").astype(object)
        before = np.where(renewals[rank][2], swapped, before)
    former = before

    adult = people["adulte"].to_numpy()
    new_adult = adult & in_scope & (debut >= first_day) & (in_care | (campagne > since))
    majority = debut.copy()
    if "soutien" in people:
        support_begun = people["soutien"].to_numpy().astype("datetime64[D]")
    else:
        support_begun = draw_supports(since, people, rng)
    had_home_support = ~np.isnat(support_begun)
    birth = days(people["annee"].to_numpy(), people["mois"].to_numpy(), 15)
    investigated = in_scope & ~adult & (debut >= first_day) & (debut - 150 > birth) & (rng.random(n) < 0.10)
    ends = in_scope & ~np.isnat(fin) & ~people["fin_oubliee"].to_numpy()
    came_of_age = (people["age"].to_numpy() == 18) & ~adult
    reason = np.where(
        came_of_age,
        "majorite",
        rng.choice(["echeance", "mainlevee", "transfert"], size=n, p=[0.55, 0.4, 0.05]),
    )
    outside = ~in_scope
    renewal_rows, begun, lives = [], debut, former
    for (renewed, day, moved), to in zip(renewals, after, strict=True):
        change = np.where(moved, "2", np.where(in_care, "1", "")).astype(object)
        renewal_rows += [
            rows(renewed, "3", begun, day, place=lives, reason="echeance"),
            rows(renewed, "2", day, place=to, change=change),
        ]
        begun, lives = np.where(renewed, day, begun), np.where(renewed, to, lives)
    events = _stack(
        [
            rows(in_scope, "1", debut, place=former),
            *renewal_rows,
            rows(ends, "3", begun, fin, reason=reason),
            rows(new_adult, "1", debut_ase, nature="minorite"),
            rows(new_adult, "3", debut_ase, majority, nature="minorite", reason="majorite"),
            rows(had_home_support, "1", support_begun, place="aemo"),
            rows(had_home_support, "3", support_begun, debut, place="aemo", reason="mainlevee"),
            rows(investigated, "1", debut - 150, place="investigation"),
            rows(investigated, "3", debut - 150, debut - 8, place="investigation", reason="echeance"),
            rows(outside & ~in_care, "1", debut, place="investigation"),
            rows(outside & in_care, "1", debut, nature="non_execute"),
        ]
    )
    # A measure that ended before the campagne is in neither the flow nor the initialisation.
    over = events.loc[events["TYPEV"] == "3", ["person", "begun", "ended"]].query("ended < @first_day")
    over_keys = pd.MultiIndex.from_frame(over[["person", "begun"]])
    events = events[~pd.MultiIndex.from_frame(events[["person", "begun"]]).isin(over_keys)].reset_index(drop=True)
    events = events[events["begun"] <= last_day].reset_index(drop=True)
    places = {}
    for year in range(since, campagne + 1):
        lives = former
        for (renewed, day, _), to in zip(renewals, after, strict=True):
            lives = np.where(renewed & (day <= np.datetime64(f"{year}-12-31")), to, lives)
        places[year] = lives
    return Measures(events, places)


def add_renewals(campagne: int, people: pd.DataFrame, events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """`events` with one more renewal in the campagne for about half of the running measures.

    Two lines at the end of the frame, an end then a renewal of one day: who is in care, where, and who is eligible stay
    the same (nobody whose school level would then change eligibility is taken).
    """
    last_day = np.datetime64(f"{campagne}-12-20")
    order = events.sort_values("date", kind="stable")
    line = order[order["NATDECASSED"] != "14"].drop_duplicates("person", keep="last")
    who = line["person"].to_numpy()
    own = people.iloc[who].reset_index(drop=True)
    begun = line["date"].to_numpy().astype("datetime64[D]")
    earliest = np.maximum(begun + 60, np.datetime64(f"{campagne}-01-08"))
    room = np.maximum((last_day - earliest).astype(np.int64), 0)
    day = earliest + (rng.random(len(line)) * room).astype(np.int64)
    school_age = _school_age(day, own["annee"].to_numpy())
    draw = own["tirage_scolaire"].to_numpy()
    away = out_of_school(school_age, own["handicap"].to_numpy(), draw)
    schooled = school_age >= 3
    level = np.where(away | ~schooled, "", school_level(school_age, draw))
    same = (own["age"] >= 11).to_numpy() | (secondary(level) == secondary(line["NIVSCO"].to_numpy()))
    running = (line["TYPEV"] != "3").to_numpy() & (own["champ"] == "suivi").to_numpy() & (room > 0)
    chosen = running & same & (rng.random(len(line)) < 0.5)

    line, day = line[chosen], day[chosen]
    text = np.datetime_as_string(day, unit="D")
    dated = {"date": day.astype("datetime64[s]")}
    end = line.assign(**dated, TYPEV="3", DATFIN=text, MOTFININT="1", CHGLIEU="")
    placed = (line["LIEUACC"] + line["LIEUPLAC"]) != ""
    minor = line["MINA"] != ""
    renewal = line.assign(
        **dated,
        TYPEV="2",
        DATDEB=text,
        DATDECPE=np.datetime_as_string(day - rng.integers(0, 30, len(line)), unit="D"),
        CHGLIEU=np.where(placed & minor, "1", ""),
        SCODTCOM=np.where(schooled, np.where(away, "1", "2"), "")[chosen],
        NIVSCO=level[chosen],
        FREQSCO=np.where(schooled & ~away, "6", "")[chosen],
    )
    told: pd.DataFrame = pd.concat([events, end, renewal], ignore_index=True)
    return told


def _school_age(date: npt.NDArray[Any], birth_year: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Age in the calendar year of the last September before `date` (datetime64[D])."""
    year = date.astype("datetime64[Y]").astype(np.int64) + 1970
    month = date.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return np.asarray(year - (month < 9) - birth_year)


def _at_home(place: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray(np.isin(place, ["aed", "aemo", "investigation"]))


def _decision(
    place: npt.NDArray[Any],
    nature: npt.NDArray[Any],
    young_adult: npt.NDArray[np.bool_],
    school_age: npt.NDArray[np.int64],
    draw: npt.NDArray[np.float64],
) -> dict[str, npt.NDArray[Any]]:
    """DECISION, its nature, kind of intervention and place of events told in words; `draw` is the person's."""
    at_home = _at_home(place)
    adult_home = young_adult & at_home
    administrative = (place == "aed") | young_adult | (~at_home & (draw < 0.09))
    not_done = nature == "non_execute"
    administrative &= ~not_done
    natpdecadm = np.select(
        [~administrative, adult_home, young_adult, place == "aed", draw < 0.025],
        ["", "20", "21", "10", "15"],
        "14",
    )
    natdecassed = np.select(
        [
            administrative,
            place == "investigation",
            (place == "aemo") & (draw < 0.96),
            place == "aemo",
            not_done,
        ],
        ["", "14", "15", "16", "17"],
        np.select([draw < 0.19, draw < 0.26, draw < 0.29], ["18", "23", "22"], "17"),
    )
    typinterdom = np.select(
        [
            adult_home,
            (place == "aed") & (draw < 0.8),
            (place == "aed") & (draw < 0.93),
            place == "aed",
        ],
        ["10", "2", "3", "1"],
        "",
    )
    typdecjud = np.select(
        [
            place == "investigation",
            (place == "aemo") & (draw >= 0.96),
            (place == "aemo") & (draw > 0.8),
            place == "aemo",
        ],
        ["3", "7", "6", "5"],
        "",
    )
    typdecjud = np.where(administrative, "", typdecjud)
    code = pd.Series(place).map(PLACE_CODES).fillna("").to_numpy().astype("U2")
    nursery = (code == "2") & (school_age < 3) & ~not_done
    code = np.where(nursery, "3", np.where(not_done, "20", code))
    code = np.where(at_home, "", code)
    return {
        "DECISION": np.where(administrative, "1", "2"),
        "NATPDECADM": natpdecadm,
        "NATDECASSED": natdecassed,
        "TYPINTERDOM": typinterdom,
        "TYPDECJUD": typdecjud,
        "LIEUACC": np.where(administrative, code, ""),
        "LIEUPLAC": np.where(administrative, "", code),
    }


@dataclass(frozen=True)
class Traits:
    """What does not change from one event of a person to the next: arrays of one value a person."""

    decision: npt.NDArray[np.float64]
    """Uniform draw behind the nature of the decision."""
    unknown_sex: npt.NDArray[np.bool_]
    unknown_month: npt.NDArray[np.bool_]


def draw_traits(n: int, rng: np.random.Generator) -> Traits:
    """Traits of n persons, to encode events of several years alike."""
    return Traits(rng.random(n), rng.random(n) < UNKNOWN, rng.random(n) < UNKNOWN)


def encode(
    events: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator, traits: Traits | None = None
) -> pd.DataFrame:
    """Codes of every variable, from the stage's plain words; `traits` is drawn when not given."""
    n = len(events)
    who = events["person"].to_numpy()

    def of(column: str) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = people[column].to_numpy()[who]
        return values

    typev = events["TYPEV"].to_numpy().astype("U1")
    begun = events["begun"].to_numpy().astype("datetime64[D]")
    ended = events["ended"].to_numpy().astype("datetime64[D]")
    place = events["place"].to_numpy().astype("U20")
    nature = events["nature"].to_numpy().astype("U12")
    reason = events["reason"].to_numpy().astype("U10")
    end, renewal = typev == "3", typev == "2"
    date = np.where(end, ended, begun)
    annee = of("annee")
    school_age = _school_age(date, annee)
    minor = (nature == "minorite") | ~of("adulte")

    draw_school, handicap = of("tirage_scolaire"), of("handicap")
    away = out_of_school(school_age, handicap, draw_school)
    level = level_told(date, annee, handicap, draw_school)
    schooled = school_age >= 3
    attendance = rng.choice(["6", "7", "8", "9"], size=n, p=[0.84, 0.02, 0.12, 0.02])

    # The nature of the decision follows the person, so that an end repeats the line it ends.
    young_adult = of("adulte") & (nature != "minorite")
    decision_draw = rng.random(len(people)) if traits is None else traits.decision
    decision = _decision(place, nature, young_adult, school_age, decision_draw[who])

    decided = begun - rng.integers(0, 30, size=n)
    has_plan = minor & (rng.random(n) < 0.35)
    plan_date = np.minimum(begun + rng.integers(20, 400, size=n), np.maximum(date, begun))
    unknown_decision = rng.random(n) < 0.001
    mainlevee = end & ((reason == "mainlevee") | (reason == "majorite"))
    motifml = np.where(reason == "majorite", "15", rng.choice(["10", "11", "12", "14", "19", "99"], size=n))
    if traits is None:
        traits = Traits(decision_draw, rng.random(len(people)) < UNKNOWN, rng.random(len(people)) < UNKNOWN)
    unknown_sex, unknown_month = traits.unknown_sex[who], traits.unknown_month[who]
    older = (school_age > 14) & end

    def text(dates: npt.NDArray[Any], shown: npt.NDArray[Any] | bool = True) -> npt.NDArray[Any]:
        return np.where(shown & ~np.isnat(dates), np.datetime_as_string(dates, unit="D"), "")

    columns: dict[str, Any] = {
        "NUMDEP": of("territoire"),
        "NUMANONYM": of("numanonym"),
        "NUMANONYMANT": of("numanonym_ant"),
        "TYPEV": typev,
        "SEXE": np.where(unknown_sex, "9", np.where(of("sexe") == "G", "1", "2")),
        "ANAIS": np.where(of("annee_inconnue"), "9999", annee.astype("U4")),
        "MNAIS": np.where(of("annee_inconnue") | unknown_month, "99", np.char.zfill(of("mois").astype("U2"), 2)),
        "SCODTCOM": np.where(schooled, np.where(away, "1", "2"), ""),
        "NIVSCO": level,
        "FREQSCO": np.where(schooled & ~away, attendance, ""),
        "HANDICAP": np.where(rng.random(n) < 0.02, "9", np.where(handicap, "2", "1")),
        "MINA": np.where(minor, np.where(of("mna"), "2", "1"), ""),
        "DATDECPE": np.where(unknown_decision, "9999-99-99", text(decided)),
        "INTERANT": rng.choice(["1", "2", "9"], size=n, p=[0.35, 0.60, 0.05]),
        "PROJET": np.where(minor, np.where(has_plan, "2", "1"), ""),
        "DATPPE": text(plan_date, has_plan),
        "DECISION": decision["DECISION"],
        "DATDEB": text(begun),
        "NATPDECADM": decision["NATPDECADM"],
        "NATDECASSED": decision["NATDECASSED"],
        "TYPINTERDOM": decision["TYPINTERDOM"],
        "TYPDECJUD": decision["TYPDECJUD"],
        "LIEUACC": decision["LIEUACC"],
        "LIEUPLAC": decision["LIEUPLAC"],
        "CHGLIEU": np.where(renewal & minor & ~_at_home(place), events["change"].to_numpy().astype("U1"), ""),
        "DATFIN": text(ended, end),
        "MOTFININT": np.where(end, np.select([mainlevee, reason == "transfert"], ["2", "3"], "1"), ""),
        "MOTIFML": np.where(mainlevee, motifml, ""),
        "DIPLOME": np.where(older, rng.choice(["1", "2", "3", "4", "9"], size=n, p=[0.4, 0.3, 0.15, 0.05, 0.1]), ""),
        "NBCHGLIEU": np.where(end & minor & ~_at_home(place), rng.choice(["00", "01", "02", "03", "99"], size=n), ""),
    }
    return pd.DataFrame({"person": who, "date": date.astype("datetime64[s]"), **columns})
