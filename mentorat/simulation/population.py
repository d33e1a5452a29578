"""The simulated young people: who they are, where they live, since when they are in care.

Published margins followed: place by territory (DREES 2022), age and sex (DREES 2021), unaccompanied minors
(DREES 2024), schooling delay (DREES 2008 survey; Assemblée nationale 2025). Their crossings are assumptions.
Ages are ages on 31 December of the campagne; the birth day is the 15th.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat import reference
from mentorat.simulation.plan import apportion

LEAVERS_SHARE = 0.08
OUT_OF_SCOPE_SHARE = 0.003
STRUCTURE_SIZE = 110
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Dates = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

CARE_GROUPS = ("adulte_mna", "adulte", "mineur_mna", "mineur_11_17", "mineur_0_10")
SHARES_IN_CARE = (0.082, 0.066, 0.126, 0.379, 0.347)
SHARES_AT_HOME = (0.0, 0.005, 0.0, 0.580, 0.415)


def days(years: npt.NDArray[Any], months: npt.NDArray[Any] | int, day: int = 1) -> Dates:
    """Dates (datetime64[D]) of arrays of years and months."""
    month: Ints = (np.asarray(years, dtype=np.int64) - 1970) * 12 + (np.asarray(months, dtype=np.int64) - 1)
    first: Dates = month.astype("datetime64[M]").astype("datetime64[D]")
    return first + np.timedelta64(day - 1, "D")


def iso(dates: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """ISO text of days (datetime64), empty where missing."""
    return np.where(np.isnat(dates), "", np.datetime_as_string(dates.astype("datetime64[D]"), unit="D"))


def grouped_rank(groups: npt.NDArray[Any], score: Floats) -> Ints:
    """Rank (0 first) of each element inside its group, by decreasing score."""
    order = np.lexsort((-score, groups))
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return ranks


def draw_ages(group: npt.NDArray[Any], in_care: Bools, rng: np.random.Generator) -> Ints:
    """Age on 31 December of each person, by group and kind of measure."""
    age = np.zeros(len(group), dtype=np.int64)
    tables: list[tuple[Bools, list[int], list[float]]] = [
        (group <= 1, [18, 19, 20], [0.50, 0.30, 0.20]),
        (group == 2, [14, 15, 16, 17], [0.04, 0.12, 0.30, 0.54]),
        ((group == 3) & in_care, list(range(11, 18)), [0.13, 0.135, 0.14, 0.145, 0.15, 0.15, 0.15]),
        ((group == 3) & ~in_care, list(range(11, 18)), [0.155, 0.155, 0.155, 0.15, 0.145, 0.13, 0.11]),
        ((group == 4) & in_care, list(range(11)), [1 / 11] * 11),
        ((group == 4) & ~in_care, list(range(11)), [(2 + a) / 77 for a in range(11)]),
    ]
    for chosen, ages, shares in tables:
        age[chosen] = rng.choice(ages, size=int(chosen.sum()), p=shares)
    return age


def delay(age: npt.NDArray[Any], draw: Floats) -> Ints:
    """Years behind at school (-1 to 2) at an age in calendar years, from one uniform draw a person.

    About 40 % have repeated by the end of primary school, 61.5 % are behind at 15 and 24 % by two years.
    """
    once = np.interp(age, [6, 11, 15], [0.05, 0.40, 0.615])
    twice = np.interp(age, [8, 11, 15], [0.0, 0.08, 0.24])
    behind: Ints = (draw < once).astype(np.int64) + (draw < twice) - (draw > 0.985)
    return behind


def draw_population(campagne: int, plan: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One row per simulated person.

    `champ`: suivi (in care on 31 December: as many as `plan` says), sortant (left during the campagne),
    hors_champ (investigation only, or placement decided and not carried out). `fin` is NaT while running.
    """
    stock = plan["jeunes"]
    leavers = apportion(round(LEAVERS_SHARE * stock.sum()), stock)
    outside = apportion(round(OUT_OF_SCOPE_SHARE * stock.sum()), stock)
    sizes = pd.concat([stock, leavers, outside]).to_numpy()
    territory = np.repeat(np.tile(np.arange(len(plan)), 3), sizes)
    champ = np.repeat(np.repeat(["suivi", "sortant", "hors_champ"], len(plan)), sizes)
    n = len(territory)
    suivi, sortant = champ == "suivi", champ == "sortant"
    shares = plan.iloc[territory]
    cell = territory * 3 + np.repeat(np.repeat([0, 1, 2], len(plan)), sizes)
    cell_size = np.bincount(cell)[cell]
    in_care = grouped_rank(cell, rng.random(n)) < np.round(cell_size * shares["part_accueil"].to_numpy())

    group = np.where(
        in_care,
        rng.choice(len(CARE_GROUPS), size=n, p=SHARES_IN_CARE),
        rng.choice(len(CARE_GROUPS), size=n, p=SHARES_AT_HOME),
    )
    age = draw_ages(group, in_care, rng)
    age = np.where(sortant, np.maximum(age, 1), age)  # born before the campagne they leave in
    major_leaver = sortant & (rng.random(n) < 0.25)
    group = np.where(major_leaver, np.where(rng.random(n) < 0.25, 2, 3), group)
    age = np.where(major_leaver, 18, age)
    in_care |= major_leaver & (group == 2)
    adult = group <= 1
    mna = (group == 0) | (group == 2)
    boys = np.where(~in_care, 0.55, np.where(mna, 0.95, 0.52))
    sexe = np.where(rng.random(n) < boys, "G", "F")
    annee = campagne - age
    mois = rng.integers(1, 13, size=n)
    mois = np.where(mna & (rng.random(n) < 0.4), 1, mois)
    mois = np.where((age == 0) & (mois > 10), 10, mois)
    birth = days(annee, mois, 15)
    majority = days(annee + 18, mois, 15)

    last_day = np.datetime64(f"{campagne}-12-31")
    first_day = np.datetime64(f"{campagne}-01-01")
    fin = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    fin[sortant] = first_day + rng.integers(20, 355, size=int(sortant.sum()))
    fin[major_leaver] = majority[major_leaver]
    scale = np.where(~in_care, 1.2, np.where(mna, 0.8, 2.6))
    length = np.maximum(rng.gamma(1.5, scale) * 365.25, 12).astype(np.int64)
    reference_day = np.where(np.isnat(fin), last_day, fin)
    debut_ase = reference_day - length
    debut_ase = np.maximum(debut_ase, birth + 10)
    debut_ase = np.where(mna, np.maximum(debut_ase, birth + 13 * 365), debut_ase)
    debut_ase = np.minimum(debut_ase, reference_day - 10)
    debut_ase = np.where(adult, np.minimum(debut_ase, majority - 60), debut_ase)
    debut = np.where(adult, majority + rng.integers(0, 12, size=n), debut_ase)
    fin = np.where(adult & sortant, np.maximum(fin, debut + 3), fin)

    people = pd.DataFrame(
        {
            "territoire": plan["territoire"].to_numpy()[territory],
            "collectivite": plan["collectivite"].to_numpy()[territory],
            "champ": champ,
            "accueil": in_care,
            "adulte": adult,
            "mna": mna,
            "sexe": sexe,
            "annee": annee,
            "mois": mois,
            "age": age,
            "debut_ase": debut_ase.astype("datetime64[s]"),
            "debut": debut.astype("datetime64[s]"),
            "fin": fin.astype("datetime64[s]"),
            "fin_oubliee": major_leaver & (rng.random(n) < 0.10),
            "annee_inconnue": suivi & (rng.random(n) < 0.001),
            "tirage_scolaire": rng.random(n),
            "handicap": rng.random(n) < 0.20,
        }
    )
    people["place"] = draw_places(people, plan, territory, rng)
    people["redoublement"] = (delay(age, people["tirage_scolaire"].to_numpy()) > 0) & (age >= 7)
    people["structure"] = draw_structures(people, rng)
    return people


def draw_places(
    people: pd.DataFrame, plan: pd.DataFrame, territory: Ints, rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Place of care (codes of S2), with the territory's shares of foster families and establishments."""
    n = len(people)
    in_care, mna, adult = (people[c].to_numpy() for c in ("accueil", "mna", "adulte"))
    age = people["age"].to_numpy()
    cell = territory * 2 + in_care
    size = np.bincount(cell)[cell]
    family_taste = rng.normal(size=n) - 2.0 * (mna | adult) + 0.5 * (age < 11)
    home_taste = rng.normal(size=n) + 1.0 * mna - 0.7 * adult + 0.4 * ((age > 10) & ~adult)
    shares = plan.iloc[territory]
    families = np.round(size * shares["part_famille"].to_numpy())
    homes = np.round(size * shares["part_etablissement"].to_numpy())
    family = in_care & (grouped_rank(cell, family_taste) < families)
    home_taste[family] = -np.inf
    home = in_care & ~family & (grouped_rank(cell, home_taste) < homes)
    draw = rng.random(n)
    home_kind = np.where(
        mna & (draw < 0.6), "dispositif_mna", np.where(draw < 0.04, "village_enfants", "etablissement")
    )
    alone = np.where(draw < 0.75, "hebergement_autonome", "semi_autonomie")
    other = np.select([draw < 0.30, draw < 0.70], ["lieu_de_vie", "placement_domicile"], "tiers")
    at_home = np.where(draw < shares["part_aed"].to_numpy(), "aed", "aemo")
    elsewhere = np.where(adult | (mna & (age > 15)) | ((age == 17) & (draw < 0.8)), alone, other)
    place = np.select([~in_care, family, home], [at_home, "assistant_familial", home_kind], elsewhere)
    return np.asarray(place)


def draw_structures(people: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[Any]:
    """Code of the structure or service that follows each person: about `STRUCTURE_SIZE` persons each."""
    regroupe = reference.load("types_accueil").set_index("type_accueil")["type_accueil_regroupe"]
    kind = people["place"].map(regroupe)
    letters = kind.map({"assistant_familial": "SAF", "etablissement": "MECS", "aed": "AED", "aemo": "AEMO"}).fillna(
        "LVA"
    )
    cells, labels = pd.factorize(people["territoire"] + "-" + letters)
    rank = grouped_rank(cells, rng.random(len(people)))
    size = np.bincount(cells)[cells]
    number = rank * np.maximum(1, np.round(size / STRUCTURE_SIZE)).astype(np.int64) // size
    return (pd.Series(labels.take(cells)) + "-" + pd.Series(number + 1).astype(str).str.zfill(2)).to_numpy()
