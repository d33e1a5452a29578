"""S2 and S3: who is proposed a mentor, who gets one, from when to when, and the dossier kept of it."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.reference import parametre
from mentorat.simulation.population import delay

COVERAGE = 0.16
ENDED_PER_RUNNING = 0.45
EARLY_SHARE = 0.20
GODPARENT_SHARE = 0.05
OPERATED_BY_SERVICE = 0.03
SELECTION = {
    "redoublement": -0.8,
    "famille": 0.5,
    "etablissement": -0.2,
    "handicap": -0.6,
    "mna": -0.3,
    "anciennete": 0.10,
    "age": 0.10,
}
"""Logit of selection into mentoring; `anciennete` (capped at 10) and `age` per year, centred on 4 and 14."""
TERRITORY_SPREAD = 0.35
ASSOCIATION_SPREAD = 0.20
ASSOCIATIONS = tuple(f"demo-{i:02d}" for i in range(1, 13))
NATIONAL_ASSOCIATIONS = 3
EARLY_REASONS = (
    "desengagement_jeune", "depart_mentor", "indisponibilite_mentor", "changement_accueil", "demenagement",
    "autre", "inconnu",
)  # fmt: skip
EARLY_REASON_SHARES = (0.34, 0.16, 0.16, 0.16, 0.08, 0.05, 0.05)
NEEDS = ("scolaire", "orientation", "insertion", "ouverture", "autonomie")
NEED_SHARES = (0.39, 0.24, 0.17, 0.12, 0.08)

# Share of the eligible in each state of the chain short of a pair, in the order they are drawn, and how
# strongly the draw follows the leanings of the pairs (1: those who wait are like those who have a mentor).
WAITING = (
    ("attente_mentor", 0.065, 1.0),
    ("liste_attente", 0.015, 1.0),
    ("convention_a_signer", 0.008, 1.0),
    ("honorabilite_en_cours", 0.010, 1.0),
    ("transmis", 0.015, 1.0),
    ("accord_complet", 0.010, 1.0),
    ("accord_attente", 0.020, 0.8),
    ("refus_titulaires", 0.010, 0.6),
    ("abandon_avant_lancement", 0.005, 0.6),
    ("propose", 0.030, 0.5),
    ("refus_jeune", 0.040, -0.3),
    ("non_retenu", 0.025, -0.5),
    ("differe", 0.025, -0.5),
    ("evalue", 0.080, 0.2),
    ("a_evaluer", 0.060, 0.0),
)
STEPS = (
    "date_evaluation", "date_proposition", "date_information_jeune", "date_reponse_jeune", "date_candidature",
    "date_information_titulaires", "date_avis_jeune", "date_demande_accord", "date_accord", "date_transmission",
    "date_validation", "date_convention_individuelle", "date_decision", "date_lancement",
)  # fmt: skip
"""The chain in legal order; a dossier has every date up to the step its status tells."""
REACHED = {
    "a_evaluer": 0, "evalue": 1, "non_retenu": 1, "differe": 1, "propose": 3, "refus_jeune": 4, "accord_attente": 8,
    "refus_titulaires": 9, "accord_complet": 9, "transmis": 10, "attente_mentor": 11, "liste_attente": 11,
    "abandon_avant_lancement": 11, "honorabilite_en_cours": 11, "convention_a_signer": 11,
    "en_cours": 14, "lance": 14, "termine": 14, "arret_anticipe": 14,
}  # fmt: skip
"""How many steps of `STEPS` each status has behind it."""
SEEN_AS = (
    "a_evaluer", "evalue", "propose", "propose", "accord_attente", "accord_attente", "accord_attente",
    "accord_attente", "accord_attente", "accord_complet", "transmis", "attente_mentor", "honorabilite_en_cours",
    "honorabilite_en_cours",
)  # fmt: skip
"""Status of a dossier on its way, by the number of steps behind it."""


@dataclass(frozen=True)
class Mentoring:
    """The eligible, the pairs (mentorat and parrainage) and the dossiers of one campagne."""

    eligible: npt.NDArray[np.bool_]
    score: npt.NDArray[np.float64]
    pairs: pd.DataFrame
    dossiers: pd.DataFrame

    def running(self, last_day: np.datetime64) -> pd.DataFrame:
        """Mentoring pairs running on `last_day`."""
        return self.pairs[(self.pairs["nature"] == "mentorat") & ~(self.pairs["date_fin"] <= last_day)]


def last_levels(events: pd.DataFrame, n: int, last_day: np.datetime64) -> npt.NDArray[Any]:
    """NIVSCO at each person's last event of the campagne ('' without one); later rows win on the same day."""
    known = events[events["date"] <= last_day].sort_values("date", kind="stable")
    levels = np.full(n, "", dtype=object)
    levels[known["person"].to_numpy()] = known["NIVSCO"].to_numpy()
    return levels


def secondary(levels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """True where NIVSCO says collège or beyond (410-770)."""
    number = pd.to_numeric(pd.Series(levels), errors="coerce").fillna(0).to_numpy()
    return np.asarray((number >= 410) & (number <= 770))


def eligible_on(people: pd.DataFrame, levels: npt.NDArray[Any], day: date) -> npt.NDArray[np.bool_]:
    """A1: in care, birth year known, minor, and old enough or schooled in collège or beyond (NIVSCO 410-770)."""
    age = people["age"].to_numpy()
    youngest, majority = (parametre(name, day) for name in ("age_minimum", "age_majorite"))
    in_care = (people["champ"] == "suivi").to_numpy() & ~people["annee_inconnue"].to_numpy()
    return np.asarray(in_care & (age < majority) & ((age >= youngest) | secondary(levels)))


def leaning(people: pd.DataFrame, last_day: np.datetime64) -> npt.NDArray[np.float64]:
    """The logit of `SELECTION` for each person, before the effects of territory and association."""
    years = (last_day - people["debut_ase"].to_numpy().astype("datetime64[D]")).astype(np.int64) / 365.25
    place = people["place"]
    terms = {
        "redoublement": people["redoublement"],
        "famille": place == "assistant_familial",
        "etablissement": place.isin(["etablissement", "village_enfants", "dispositif_mna"]),
        "handicap": people["handicap"],
        "mna": people["mna"],
        "anciennete": pd.Series(np.minimum(years, 10) - 4, index=people.index),
        "age": people["age"] - 14,
    }
    total = sum(SELECTION[name] * term.astype(float) for name, term in terms.items())
    return np.asarray(total, dtype=np.float64)


def draw_mentoring(
    campagne: int, people: pd.DataFrame, levels: npt.NDArray[Any], rng: np.random.Generator
) -> Mentoring:
    """Exactly `round(COVERAGE × eligible)` young people with a pair on 31 December; others' states.

    `levels`: NIVSCO of everyone at their last event.
    """
    last_day = np.datetime64(f"{campagne}-12-31")
    eligible = eligible_on(people, levels, date(campagne, 12, 31))
    codes, territories = pd.factorize(people["territoire"], sort=True)
    regional = _regional(len(territories))
    effects = rng.normal(0, ASSOCIATION_SPREAD, 12)[regional] + rng.normal(0, TERRITORY_SPREAD, len(territories))
    base = leaning(people, last_day)
    score = base + effects[codes]

    begun = people["debut_ase"].to_numpy().astype("datetime64[D]")
    free = eligible & (begun <= last_day - 75)

    take = partial(_take, score, rng)
    total = int(eligible.sum())
    running = take(round(COVERAGE * total), 1.0, free)
    free[running] = False
    ended_count = round(ENDED_PER_RUNNING * len(running))
    old_enough = people["age"].to_numpy() >= 12
    ready = (begun <= np.datetime64(f"{campagne - 1}-11-01")) & old_enough & ~people["adulte"].to_numpy()
    again_pool = np.zeros(len(people), dtype=bool)
    again_pool[running] = ready[running]
    again = take(ended_count // 10, 0.0, again_pool)
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    gone = (people["champ"] == "sortant").to_numpy() & (fin >= np.datetime64(f"{campagne}-02-15"))
    ended = take(ended_count - len(again), 0.7, ready & (free | (gone & ~people["annee_inconnue"].to_numpy())))
    free[ended] = False
    godparents = take(round(GODPARENT_SHARE * (len(running) + ended_count)), 0.3, free)
    free[godparents] = False

    pairs = pd.concat(
        [
            _running_pairs(campagne, people, running, np.isin(running, again), rng),
            _ended_pairs(campagne, people, ended, again, rng),
            _running_pairs(campagne, people, godparents, np.zeros(len(godparents), bool), rng).assign(
                nature="parrainage"
            ),
        ],
        ignore_index=True,
    )
    pairs = _operated(people, pairs, rng)
    waiting = _waiting(people, score, free, total, rng)
    dossiers = draw_dossiers(campagne, people, pairs, waiting, rng)
    return Mentoring(eligible, base, pairs, dossiers)


def _regional(territories: int) -> npt.NDArray[np.int64]:
    """Rank in `ASSOCIATIONS` of the regional association of each territory."""
    return NATIONAL_ASSOCIATIONS + np.arange(territories) * (12 - NATIONAL_ASSOCIATIONS) // territories


def _take(
    score: npt.NDArray[Any], rng: np.random.Generator, count: int, strength: float, pool: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """`count` persons of `pool` without replacement, chances proportional to exp(strength × score)."""
    keys = np.where(pool, strength * score + rng.gumbel(size=len(pool)), -np.inf)
    chosen = np.argsort(-keys, kind="stable")[: min(count, int(pool.sum()))]
    return np.sort(chosen)


def _operated(people: pd.DataFrame, pairs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """`pairs` with who runs them, how they meet, for what need and by which way they came."""
    codes, territories = pd.factorize(people["territoire"], sort=True)
    regional = _regional(len(territories))
    national = rng.random(len(pairs)) < 0.45
    own = regional[codes[pairs["person"].to_numpy()]]
    operator = np.where(national, rng.integers(0, NATIONAL_ASSOCIATIONS, len(pairs)), own)
    pairs["association"] = np.array(ASSOCIATIONS)[operator]
    pairs.loc[rng.random(len(pairs)) < OPERATED_BY_SERVICE, "association"] = ""
    pairs["modalite"] = rng.choice(["presentiel", "distanciel", "mixte"], size=len(pairs), p=[0.45, 0.20, 0.35])
    pairs["besoin"] = rng.choice(NEEDS, size=len(pairs), p=NEED_SHARES)
    pairs["voie"] = rng.choice(
        ["fiche_candidature", "plateforme_1j1m", "milieu_scolaire"], size=len(pairs), p=[0.80, 0.15, 0.05]
    )
    return pairs


def _waiting(
    people: pd.DataFrame,
    score: npt.NDArray[Any],
    free: npt.NDArray[np.bool_],
    total: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """`person`, `statut` and `association` of those of `free` short of a pair, as shares of the `total` eligible."""
    codes, territories = pd.factorize(people["territoire"], sort=True)
    regional = _regional(len(territories))
    states = []
    for status, share, strength in WAITING:
        chosen = _take(score, rng, round(share * total), strength, free)
        free[chosen] = False
        states.append(pd.DataFrame({"person": chosen, "statut": status}))
    waiting = pd.concat(states, ignore_index=True)
    handed_over = waiting["statut"].map(REACHED) >= STEPS.index("date_transmission") + 1
    waiting["association"] = np.where(
        handed_over, np.array(ASSOCIATIONS)[regional[codes[waiting["person"].to_numpy()]]], ""
    )
    return waiting


def draw_earlier_mentoring(
    campagne: int,
    people: pd.DataFrame,
    levels: npt.NDArray[Any],
    *,
    kept: pd.DataFrame,
    known: pd.DataFrame,
    rng: np.random.Generator,
) -> Mentoring:
    """Mentoring of a campagne whose following one is known.

    `kept`: the pairs of the following campagne already begun, as seen on 31 December (`pairs_seen`), all running then;
    `known`: its dossiers already opened, likewise (`dossiers_seen`), `pair` being a row of `kept`. Drawn here: the
    pairs that ended in the campagne, and those who waited and were never heard of again.
    """
    last_day = np.datetime64(f"{campagne}-12-31")
    eligible = eligible_on(people, levels, date(campagne, 12, 31))
    base = leaning(people, last_day)
    begun = people["debut_ase"].to_numpy().astype("datetime64[D]")
    told = np.zeros(len(people), bool)
    told[kept["person"]] = True
    told[known["person"]] = True
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    gone = (people["champ"] == "sortant").to_numpy() & (fin >= np.datetime64(f"{campagne}-02-15"))
    ready = (begun <= np.datetime64(f"{campagne - 1}-11-01")) & (people["age"] >= 12).to_numpy()
    ready &= ~people["adulte"].to_numpy() & ~told & ~people["annee_inconnue"].to_numpy() & (eligible | gone)
    ended = _take(base, rng, round(ENDED_PER_RUNNING * len(kept)), 0.7, ready)
    free = eligible & (begun <= last_day - 75) & ~told
    free[ended] = False
    new = _ended_pairs(campagne, people, ended, ended[:0], rng)
    new = _operated(people, new, rng)
    waiting = _waiting(people, base, free, int(eligible.sum()), rng)
    dossiers = draw_dossiers(campagne, people, new, waiting, rng)
    # Numbers of one campagne are never those of another.
    number = dossiers["id_dossier"].str.rpartition("-")[2]
    dossiers["id_dossier"] = "D" + dossiers["departement"] + f"-{campagne}-" + number
    dossiers["pair"] = dossiers["pair"] + len(kept)
    pairs = pd.concat([kept, new], ignore_index=True)
    return Mentoring(eligible, base, pairs, pd.concat([known, dossiers], ignore_index=True))


def pairs_seen(pairs: pd.DataFrame, day: np.datetime64) -> pd.DataFrame:
    """The pairs begun by `day`, as they were known then: those that ended later were running."""
    seen = pairs[pairs["date_debut"] <= day].copy()
    later = (seen["date_fin"] > day).to_numpy()
    seen["date_fin"] = seen["date_fin"].mask(later)
    seen.loc[later, "motif_fin"] = ""
    seen.loc[later, "anticipe"] = False
    return seen


def dossiers_seen(dossiers: pd.DataFrame, day: np.datetime64) -> pd.DataFrame:
    """The dossiers opened by `day`, as they were known then: later dates are not yet written, nor what goes with them.

    `pair` stays where the pair had begun.
    """
    seen = dossiers[(dossiers["date_evaluation"] <= day).to_numpy()].copy()
    dates = [str(c) for c in seen if str(c).startswith("date_")]
    cut = {c: (seen[c] > day).to_numpy() for c in dates}
    steps = [c for c in STEPS if c != "date_lancement"]
    went_on = np.any([cut[c] for c in [*steps, "date_lancement"]], axis=0)
    for name in dates:
        seen[name] = seen[name].mask(cut[name])
    reached = seen[steps].notna().sum(axis=1).to_numpy()
    launched = seen["date_lancement"].notna().to_numpy()
    running = launched & seen["date_fin"].isna().to_numpy()
    recent = (seen["date_lancement"] > day - 30).to_numpy()
    seen["statut"] = np.select(
        [went_on, running & recent, running],
        [np.array(SEEN_AS, dtype=object)[reached], "lance", "en_cours"],
        seen["statut"],
    )
    answered, asked = seen["date_reponse_jeune"].notna(), seen["date_demande_accord"].notna()
    agreed = seen["date_accord"].notna()
    seen.loc[cut["date_proposition"], ["nature_proposition", "reponse_jeune"]] = ""
    seen.loc[(seen["date_proposition"].notna() & ~answered).to_numpy(), "reponse_jeune"] = "attente"
    seen.loc[~asked.to_numpy(), "decision_accord"] = ""
    seen.loc[(asked & ~agreed).to_numpy(), "decision_accord"] = "attente"
    seen["nb_titulaires"] = seen["nb_titulaires"].where(asked)
    seen["nb_accords_recus"] = seen["nb_accords_recus"].where(asked).mask((asked & ~agreed).to_numpy(), 0)
    seen.loc[went_on & (reached < STEPS.index("date_transmission") + 1), ["association", "type_operateur"]] = ""
    seen.loc[~launched, ["signee_jeune", "document_mention", "avis_jeune_recueilli", "motif_fin"]] = ""
    seen.loc[cut["date_dernier_bilan"], "avis_jeune_recueilli"] = ""
    seen.loc[cut["date_fin"], "motif_fin"] = ""
    seen["pair"] = seen["pair"].where(launched)
    return seen


def _running_pairs(
    campagne: int,
    people: pd.DataFrame,
    person: npt.NDArray[Any],
    again: npt.NDArray[Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Pairs running on 31 December: most begun in autumn, a minority the school year before or in spring."""
    size = len(person)
    autumn = np.datetime64(f"{campagne}-09-02") + np.minimum(rng.gamma(2.2, 17.0, size), 105).astype(np.int64)
    season = rng.random(size)
    start = np.where(season < 0.14, autumn - 366, np.where(season < 0.28, autumn - 200, autumn))
    age = people["age"].to_numpy()[person]
    late_birthday = (campagne - 1 - people["annee"].to_numpy()[person]) < 11
    too_young = late_birthday & (start < np.datetime64(f"{campagne}-09-01")) & (rng.random(size) > 0.1)
    start = np.where(too_young | again, autumn, start)
    start = np.maximum(start, people["debut_ase"].to_numpy().astype("datetime64[D]")[person] + 60)
    start = np.minimum(start, np.datetime64(f"{campagne}-12-27"))
    planned = np.maximum(
        start + rng.choice([183, 270, 365], size, p=[0.2, 0.4, 0.4]), np.datetime64(f"{campagne + 1}-01-31")
    )
    return pd.DataFrame(
        {
            "person": person,
            "nature": "mentorat",
            "date_debut": start.astype("datetime64[s]"),
            "date_fin_prevue": planned.astype("datetime64[s]"),
            "date_fin": np.full(size, np.datetime64("NaT"), "datetime64[s]"),
            "motif_fin": "",
            "anticipe": np.zeros(size, bool),
            "age": age,
        }
    )


def _ended_pairs(
    campagne: int,
    people: pd.DataFrame,
    person: npt.NDArray[Any],
    again: npt.NDArray[Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Pairs that ended in the campagne: `EARLY_SHARE` of all pairs ended before their planned day."""
    who = np.concatenate([person, again])
    size = len(who)
    is_again = np.arange(size) >= len(person)
    start = np.datetime64(f"{campagne - 1}-09-10") + rng.integers(0, 95, size)
    start = np.maximum(start, people["debut_ase"].to_numpy().astype("datetime64[D]")[who] + 60)
    start = np.minimum(start, np.datetime64(f"{campagne}-01-15"))
    last = np.where(is_again, np.datetime64(f"{campagne}-07-31"), np.datetime64(f"{campagne}-12-15"))
    fin = people["fin"].to_numpy().astype("datetime64[D]")[who]
    last = np.where(np.isnat(fin), last, np.minimum(last, fin))
    earliest = np.maximum(np.datetime64(f"{campagne}-01-05"), start + 20)
    last = np.maximum(last, earliest + 5)
    count = round(EARLY_SHARE * (size + size / ENDED_PER_RUNNING))
    early = np.zeros(size, bool)
    early[rng.permutation(size)[: min(count, size)]] = True
    span = (last - earliest).astype(np.int64)
    end = earliest + (rng.random(size) * np.where(early, span, np.minimum(span, 200))).astype(np.int64)
    end = np.where(early, end, np.maximum(end, np.minimum(last, np.datetime64(f"{campagne}-05-20"))))
    left = early & ~np.isnat(fin) & (rng.random(size) < 0.6)
    end = np.where(left, last, end)
    reason = np.where(early, rng.choice(EARLY_REASONS, size, p=EARLY_REASON_SHARES), "")
    reason = np.where(left, "fin_prise_en_charge", reason)
    reason = np.where(early, reason, rng.choice(["objectif_atteint", "terme_prevu"], size, p=[0.45, 0.55]))
    planned = np.where(early, end + rng.integers(30, 180, size), end - rng.integers(0, 2, size))
    return pd.DataFrame(
        {
            "person": who,
            "nature": "mentorat",
            "date_debut": start.astype("datetime64[s]"),
            "date_fin_prevue": planned.astype("datetime64[s]"),
            "date_fin": end.astype("datetime64[s]"),
            "motif_fin": reason,
            "anticipe": early,
            "age": people["age"].to_numpy()[who],
        }
    )


def class_label(people: pd.DataFrame) -> pd.Series:
    """School class (code of the contracts) on 1 September of the campagne, empty before school."""
    age = people["age"].to_numpy()
    step = age - 6 - delay(age, people["tirage_scolaire"].to_numpy())
    codes = np.array(["cp", "ce1", "ce2", "cm1", "cm2", "6e", "5e", "4e", "3e", "2nde", "1re", "terminale"])
    return pd.Series(np.where(step < 0, "", codes[np.clip(step, 0, 11)]), index=people.index)


def draw_dossiers(
    campagne: int, people: pd.DataFrame, pairs: pd.DataFrame, states: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """One dossier per pair and per person on the way to one, with every date up to its step."""
    last_day = np.datetime64(f"{campagne}-12-31")
    paired = pairs.reset_index(names="pair").assign(
        statut=np.select(
            [
                pairs["date_fin"].isna() & (pairs["date_debut"] > last_day - 30),
                pairs["date_fin"].isna(),
                pairs["anticipe"],
            ],
            ["lance", "en_cours", "arret_anticipe"],
            "termine",
        )
    )
    frame = pd.concat([paired, states], ignore_index=True)
    reached = frame["statut"].map(REACHED).to_numpy()
    frame = _dated_steps(campagne, people, frame, reached, rng)
    frame = _answers_and_agreements(people, frame, reached, rng)
    frame = _follow_up(last_day, frame, reached, rng)
    n = len(frame)
    frame["besoin"] = frame["besoin"].fillna(pd.Series(rng.choice(NEEDS, n, p=NEED_SHARES)))
    frame["voie"] = frame["voie"].fillna("fiche_candidature")

    own = people.iloc[frame["person"].to_numpy()]
    frame["departement"] = own["territoire"].to_numpy()
    frame["sexe"] = own["sexe"].to_numpy()
    frame["naissance"] = (own["annee"].astype(str) + "-" + own["mois"].astype(str).str.zfill(2)).to_numpy()
    frame["classe"] = class_label(own).to_numpy()
    frame["type_accueil"] = own["place"].to_numpy()
    frame["id_jeune"] = own["id_jeune"].to_numpy()
    frame["id_jeune_phon"] = own["id_jeune_phon"].to_numpy()
    frame["id_jeune_inv"] = own["id_jeune_inv"].to_numpy()
    order = frame.assign(hasard=rng.random(n)).sort_values(["departement", "hasard"], kind="stable").index
    frame = frame.loc[order].reset_index(drop=True)
    number = frame.groupby("departement").cumcount() + 1
    frame["id_dossier"] = "D" + frame["departement"] + "-" + number.astype(str).str.zfill(5)
    return frame


def _dated_steps(
    campagne: int,
    people: pd.DataFrame,
    frame: pd.DataFrame,
    reached: npt.NDArray[Any],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """`frame` with the dates of `STEPS` and of the last evaluation, in order, up to the step reached."""
    first_day, last_day = np.datetime64(f"{campagne}-01-01"), np.datetime64(f"{campagne}-12-31")
    n = len(frame)
    who = frame["person"].to_numpy()
    begun = people["debut_ase"].to_numpy().astype("datetime64[D]")[who]
    launch = frame["date_debut"].to_numpy().astype("datetime64[D]")
    recent = first_day + rng.integers(60, 362, n)
    last_step = np.where(np.isnat(launch), np.maximum(recent, begun + 12), launch)
    last_step = np.minimum(last_step, np.where(np.isnat(launch), last_day, launch))
    start = np.maximum(last_step - rng.integers(45, 200, n), begun + 5)
    start = np.minimum(start, last_step - 1)
    # Entrants to collège are to be evaluated before 1 September: most are.
    before = np.datetime64(f"{campagne}-08-31") - rng.integers(0, 120, n)
    early = (people["age"].to_numpy()[who] == 11) & (rng.random(n) < 0.6) & (begun + 5 < before)
    evaluation = np.where(early, np.minimum(start, before), start)
    span = (last_step - start).astype(np.int64)
    fractions = np.sort(rng.random((n, len(STEPS))), axis=1)
    whole = np.take_along_axis(fractions, np.clip(reached - 1, 0, None)[:, None], axis=1)
    for rank, step in enumerate(STEPS):
        share = fractions[:, rank] / whole[:, 0]
        date = evaluation if rank == 0 else start + np.floor(span * np.minimum(share, 1.0)).astype(np.int64)
        frame[step] = np.where(rank < reached, date, np.datetime64("NaT")).astype("datetime64[s]")
    frame["date_lancement"] = np.where(reached == 14, launch, np.datetime64("NaT")).astype("datetime64[s]")
    again = (reached >= 4) & (rng.random(n) < 0.3)
    later = frame["date_evaluation"].to_numpy().astype("datetime64[D]") + rng.integers(0, 60, n)
    frame["date_derniere_evaluation"] = np.where(again, np.minimum(later, last_day), np.datetime64("NaT")).astype(
        "datetime64[s]"
    )
    return frame


def _answers_and_agreements(
    people: pd.DataFrame, frame: pd.DataFrame, reached: npt.NDArray[Any], rng: np.random.Generator
) -> pd.DataFrame:
    """`frame` with the conclusions, answers and agreements of D.221-34 to D.221-36."""
    n = len(frame)
    who = frame["person"].to_numpy()
    godparent = (frame["nature"] == "parrainage").to_numpy()

    frame["conclusion_evaluation"] = np.where(
        reached == 0,
        "",
        frame["statut"].map({"non_retenu": "defavorable", "differe": "differe"}).fillna("favorable"),
    )
    frame["nature_proposition"] = np.where(reached < 2, "", np.where(godparent, "parrainage", "mentorat"))
    refused = (frame["statut"] == "refus_jeune").to_numpy()
    frame["reponse_jeune"] = np.select([reached < 2, reached == 3, refused], ["", "attente", "refuse"], "accepte")
    minor = people["age"].to_numpy()[who] < 18
    guardian = rng.choice(["autorite_parentale", "delegation_ap", "tutelle", "pupille"], n, p=[0.86, 0.05, 0.06, 0.03])
    frame["statut_juridique"] = np.where(minor, guardian, "majeur")
    asked = reached >= 8
    holders = np.where(guardian == "autorite_parentale", rng.integers(1, 3, n), 1)
    agreement = (
        frame["statut"].map({"accord_attente": "attente", "refus_titulaires": "refus"}).fillna("accord").to_numpy()
    )
    granted = asked & (agreement == "accord")
    frame["nb_titulaires"] = pd.Series(holders, dtype="Int64").where(asked)
    frame["nb_accords_recus"] = pd.Series(np.where(granted, holders, 0), dtype="Int64").where(asked)
    frame["decision_accord"] = np.where(asked, agreement, "")
    council = granted & (guardian == "pupille") & minor
    frame["date_accord_conseil_famille"] = frame["date_accord"].where(council)
    operated = (frame["association"].fillna("") != "").to_numpy()
    frame["type_operateur"] = np.where(
        reached < 10, "", np.where(operated | (reached < 14), "association", "service_ase")
    )
    return frame


def _follow_up(
    last_day: np.datetime64, frame: pd.DataFrame, reached: npt.NDArray[Any], rng: np.random.Generator
) -> pd.DataFrame:
    """`frame` with what D.221-38 to D.221-40 ask of launched pairs: convention, review, opinion, end."""
    n = len(frame)
    launch = frame["date_debut"].to_numpy().astype("datetime64[D]")
    launched = reached == 14
    frame["signee_jeune"] = np.where(launched, np.where(rng.random(n) < 0.93, "oui", "non"), "")
    frame["document_mention"] = np.where(launched, rng.choice(["ppe", "paa", "aucun"], n, p=[0.45, 0.2, 0.35]), "")
    end = frame["date_fin"].to_numpy().astype("datetime64[D]")
    until = np.where(np.isnat(end), last_day, end)
    length = np.where(launched, (until - launch).astype(np.int64), 0)
    review = launch + (length * 0.7).astype(np.int64)
    reviewed = launched & (length > 120) & (rng.random(n) < 0.7)
    frame["date_dernier_bilan"] = np.where(reviewed, review, np.datetime64("NaT")).astype("datetime64[s]")
    frame["avis_jeune_recueilli"] = np.where(reviewed, np.where(rng.random(n) < 0.85, "oui", "non"), "")
    concerted = launched & ~np.isnat(end) & (rng.random(n) < 0.55)
    frame["date_evaluation_fin_concertee"] = frame["date_fin"].where(concerted)
    return frame
