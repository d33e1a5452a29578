"""What senders tell that does not agree, and rare cases: applied to a campagne already drawn, so that no draw moves.

A dossier that differs from its pair does so in every campagne that tells it: its reference alone decides.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.reference import parametre
from mentorat.simulation import parcours
from mentorat.simulation.depot import World

LATER_START, LATER_END, OTHER_REASON, UNKNOWN_END = 0.03, 0.04, 0.08, 0.02
"""Of the dossiers whose pair an association runs (the last three, of those that ended): how many differ from it."""
LONGEST_DELAY = 10
"""Days, at most, after which a service writes down what an association did: no pair is that short."""
BY_JUDGE = 0.04
"""Of the agreements two holders were asked: given by the judge in the place of one."""
OPEN_WHEN_LEAVING = 0.005
"""Dossiers short of a pair when the young person leaves care, for one eligible."""
OPEN_STATUSES = ("propose", "accord_attente", "attente_mentor")


def with_gaps(world: World) -> World:
    """`world` with some dossiers that contradict their pair (`ecart` says in what), the judge's, and some more.

    The dossiers more are those still open when their young person left care.
    """
    dossiers = world.mentoring.dossiers
    dossiers = pd.concat([dossiers, _left_open(world)], ignore_index=True)
    dossiers = _by_judge(_contradicted(dossiers, world.mentoring.pairs, world.graine), world.graine)
    return replace(world, mentoring=replace(world.mentoring, dossiers=dossiers))


def _chance(references: pd.Series, graine: int, what: str) -> npt.NDArray[np.float64]:
    """A number between 0 and 1 of each reference, the same in every campagne."""
    words = (f"{what}|{graine}|" + references.astype("str")).to_numpy(dtype=object)
    drawn: npt.NDArray[np.float64] = pd.util.hash_array(words, categorize=False).astype(np.float64) / 2.0**64
    return drawn


def _contradicted(dossiers: pd.DataFrame, pairs: pd.DataFrame, graine: int) -> pd.DataFrame:
    told = dossiers["pair"].notna().to_numpy()
    operated = told.copy()
    operated[told] = (pairs["association"] != "").to_numpy()[dossiers.loc[told, "pair"].astype("int64")]
    over = operated & dossiers["date_fin"].notna().to_numpy()
    chance = _chance(dossiers["id_dossier"], graine, "écart")
    days = 1 + (_chance(dossiers["id_dossier"], graine, "jours") * LONGEST_DELAY).astype(np.int64)
    later = {name: dossiers[name] + pd.to_timedelta(days, unit="D") for name in ("date_lancement", "date_fin")}
    same_year = {name: (day.dt.year == dossiers[name].dt.year).to_numpy() for name, day in later.items()}

    ends = np.cumsum([LATER_START, LATER_END, OTHER_REASON, UNKNOWN_END])
    gap = np.select(
        [
            operated & same_year["date_lancement"] & (chance < ends[0]),
            over & same_year["date_fin"] & (chance >= ends[0]) & (chance < ends[1]),
            over & (dossiers["motif_fin"] != "autre").to_numpy() & (chance >= ends[1]) & (chance < ends[2]),
            over & (chance >= ends[2]) & (chance < ends[3]),
        ],
        ["date_debut", "date_fin", "motif_fin", "etat"],
        "",
    )
    told_otherwise = dossiers.assign(ecart=gap)
    for name, what in (("date_lancement", "date_debut"), ("date_fin", "date_fin")):
        told_otherwise[name] = told_otherwise[name].mask(gap == what, later[name])
    told_otherwise.loc[gap == "motif_fin", "motif_fin"] = "autre"
    unheard = gap == "etat"
    told_otherwise.loc[unheard, ["statut", "motif_fin"]] = ["en_cours", ""]
    for name in ("date_fin", "date_evaluation_fin_concertee"):
        told_otherwise[name] = told_otherwise[name].mask(unheard)
    return told_otherwise


def _by_judge(dossiers: pd.DataFrame, graine: int) -> pd.DataFrame:
    asked_two = (dossiers["statut_juridique"] == "autorite_parentale") & (dossiers["nb_titulaires"] == 2)
    given = asked_two.fillna(False) & (dossiers["decision_accord"] == "accord")
    judge = given.to_numpy(dtype=bool) & (_chance(dossiers["id_dossier"], graine, "juge") < BY_JUDGE)
    dossiers.loc[judge, "decision_accord"] = "autorisation_juge"
    dossiers.loc[judge, "nb_accords_recus"] = 1
    return dossiers


def _left_open(world: World) -> pd.DataFrame:
    """Dossiers opened in the campagne and short of a pair when their young person left care."""
    campagne, people, mentoring = world.campagne, world.people, world.mentoring
    rng = world.stream("ecarts")
    fin = people["fin"].to_numpy().astype("datetime64[D]")
    begun = people["debut_ase"].to_numpy().astype("datetime64[D]")
    last = date(campagne, 12, 31)
    youngest, majority = (parametre(name, last) for name in ("age_minimum", "age_majorite"))
    left = (people["champ"] == "sortant").to_numpy() & people["age"].between(youngest + 1, majority - 1).to_numpy()
    left &= ~(people["adulte"] | people["annee_inconnue"]).to_numpy()
    left &= (fin >= np.datetime64(f"{campagne}-08-15")) & (fin <= np.datetime64(last)) & (begun <= fin - 230)
    left[mentoring.dossiers["person"].to_numpy()] = False
    pool = np.flatnonzero(left)
    count = min(max(round(OPEN_WHEN_LEAVING * int(mentoring.eligible.sum())), 1), len(pool))
    who = np.sort(rng.permutation(pool)[:count])
    states = pd.DataFrame(
        {
            "person": who,
            "statut": rng.choice(OPEN_STATUSES, count),
            "association": "",
            "date_debut": (fin[who] - rng.integers(3, 30, count)).astype("datetime64[s]"),
        }
    )
    dossiers = parcours.draw_dossiers(campagne, people, mentoring.pairs.iloc[:0], states, rng)
    number = dossiers["id_dossier"].str.rpartition("-")[2]
    left_on = people["fin"].to_numpy()[dossiers["person"].to_numpy()]
    again = dossiers["date_derniere_evaluation"]
    return dossiers.assign(
        id_dossier="D" + dossiers["departement"] + f"-{campagne}-S" + number,
        date_derniere_evaluation=again.mask((again > left_on).to_numpy()),
        date_debut=np.datetime64("NaT", "s"),
    )
