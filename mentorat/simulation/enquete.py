"""S8: the survey of mentored and non-mentored young people, with both potential outcomes of every item.

Each respondent draws one uniform number an item; the answer without mentoring and the answer with it are read
from the same draw. The chance of « yes » (or 4-5, or « souvent » and more) is a logit of observed covariates
(those that also lead to mentoring), a random effect of the structure and, with mentoring, an effect that varies
by association. The mean of p1 - p0 over the mentored respondents is the sample ATT, kept as the truth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.simulation.parcours import Mentoring, class_label

RESPONDENTS = 1_500
RESPONSE_RATE = 0.70
MENTOR_RESPONDENTS = 600
STRUCTURE_SPREAD = 0.37
"""Standard deviation of structures on the logit scale: an intra-class correlation of 0.04."""
ASSOCIATION_EFFECT_SPREAD = 0.10
AGREEMENT = ("1", "2", "3", "4", "5")
FREQUENCY = ("jamais", "rarement", "parfois", "souvent", "tres_souvent")
DIPLOMA = ("aucun", "cap_bep", "bac", "bac+2", "bac+3", "bac+5")


@dataclass(frozen=True)
class Item:
    """One item asked of both groups.

    `base`: share of « yes » aimed at among the non-mentored; `att`: effect aimed at (0-1); `leaning`: logit
    per standard deviation of the score that leads to mentoring.
    """

    nom: str
    codes: tuple[str, ...]
    cut: int
    """First code (counted from 0) that counts as « yes »."""
    base: float
    att: float
    leaning: float


ITEMS = (
    Item("projection_direction", ("non", "oui"), 1, 0.17, 0.06, 0.60),
    Item("se_sent_seul", ("non", "oui"), 1, 0.33, -0.035, -0.40),
    Item("ose_interroger_prof", AGREEMENT, 3, 0.52, 0.06, 0.35),
    Item("absences_injustifiees", FREQUENCY, 3, 0.16, -0.04, -0.55),
    Item("diplome_vise", DIPLOMA, 2, 0.58, 0.05, 0.60),
    Item("choix_orientation_clair", AGREEMENT, 3, 0.47, 0.07, 0.20),
    Item("confiance_en_soi", AGREEMENT, 3, 0.50, 0.07, 0.25),
    Item("confiance_adultes", AGREEMENT, 3, 0.55, 0.04, 0.25),
    Item("confiance_avenir", AGREEMENT, 3, 0.45, 0.05, 0.35),
    Item("autonomie_demarches", AGREEMENT, 3, 0.44, 0.0, 0.15),
    Item("decouverte_environnements", AGREEMENT, 3, 0.40, 0.12, 0.15),
)
PRIMARY = ("projection_direction", "se_sent_seul")
MENTORED_ONLY = {"envie_reussir": 0.71, "perseverance": 0.77, "soutien_moral": 0.75, "connaissance_soi": 0.68}
MENTOR_ITEMS = {
    "progres_jeune": 0.70,
    "utilite_ressentie": 0.88,
    "soutien_association": 0.74,
    "competences_mentor": 0.66,
    "regard_change": 0.72,
}


@dataclass(frozen=True)
class Survey:
    """Files of S8 (as text) and the truth of each item: `att` in points of probability (0-1)."""

    files: dict[str, pd.DataFrame]
    truth: dict[str, Any]


def logistic(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Probability (0-1) of a logit."""
    return 1.0 / (1.0 + np.exp(-x))


def _solve(target: float, share: Any) -> float:
    """The shift (logit) at which the increasing function `share` reaches `target`, by bisection."""
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) < target else (low, middle)
    return (low + high) / 2


def _answer(draw: npt.NDArray[np.float64], p: npt.NDArray[np.float64], item: Item) -> npt.NDArray[Any]:
    """Ordinal answer from one uniform draw: « yes » when draw < p; codes share each side evenly."""
    high = len(item.codes) - item.cut
    above = item.cut + np.clip(((1 - draw / p) * high).astype(np.int64), 0, high - 1)
    below = np.clip(((1 - (draw - p) / (1 - p)) * item.cut).astype(np.int64), 0, item.cut - 1)
    return np.array(item.codes)[np.where(draw < p, above, below)]


def draw_survey(campagne: int, people: pd.DataFrame, mentoring: Mentoring, rng: np.random.Generator) -> Survey:
    """Sample structures, invite young people of both groups in them, and draw their answers.

    At most `RESPONDENTS` answer in each group, and at most a third of the mentored.
    """
    last_day = np.datetime64(f"{campagne}-12-31")
    running = mentoring.running(last_day).drop_duplicates("person")
    running = running[running["association"] != ""]  # the evaluators reach the mentored through the associations
    mentored = running["person"].to_numpy()
    ever = mentoring.pairs["person"].to_numpy()
    control = np.flatnonzero(mentoring.eligible & ~np.isin(np.arange(len(people)), ever))
    wanted = min(RESPONDENTS, len(mentored) // 3)
    invited = min(round(wanted / RESPONSE_RATE), len(mentored), len(control))

    structure: npt.NDArray[Any] = people["structure"].to_numpy()
    order: npt.NDArray[Any] = rng.permutation(np.unique(structure))
    counts = [pd.Series(structure[g]).value_counts().reindex(order, fill_value=0) for g in (mentored, control)]
    reach = np.minimum(counts[0].to_numpy(), counts[1].to_numpy()).cumsum()
    drawn = order[: int(np.searchsorted(reach, 1.3 * invited)) + 1]

    groups = []
    for name, pool in (("mentores", mentored), ("non_mentores", control)):
        inside = pool[np.isin(structure[pool], drawn)]
        count = min(invited, len(inside))
        chosen = np.sort(rng.choice(inside, count, replace=False))
        answered = np.zeros(count, bool)
        answered[rng.permutation(count)[:wanted]] = True
        weight = len(np.unique(structure)) / len(drawn) * len(inside) / count
        groups.append(pd.DataFrame({"person": chosen, "groupe": name, "repondu": answered, "poids": round(weight, 4)}))
    sample = pd.concat(groups, ignore_index=True).merge(
        running[["person", "association", "modalite", "date_debut"]], on="person", how="left"
    )
    own = people.iloc[sample["person"].to_numpy()].reset_index(drop=True)
    sample["departement"] = own["territoire"]
    sample["structure"] = sample["grappe"] = own["structure"]
    sample["strate"] = own["structure"].str.split("-").str[1]
    sample["id_repondant"] = [f"R{i:05d}" for i in 1 + rng.permutation(len(sample))]
    sample["date_invitation"] = f"{campagne + 1}-01-13"

    answers, truth = _answers(campagne, sample, own, mentoring, rng)
    mentors, mentor_sample = _mentors(campagne, sample, running, rng)
    frame = pd.concat([sample, mentor_sample], ignore_index=True).sort_values("id_repondant", kind="stable")
    plan = pd.DataFrame(
        {
            "vague": "1",
            "id_repondant": frame["id_repondant"],
            "groupe": frame["groupe"],
            "departement": frame["departement"],
            "structure": frame["structure"].fillna(""),
            "association": frame["association"].fillna(""),
            "strate": frame["strate"].fillna(""),
            "grappe": frame["grappe"].fillna(""),
            "poids": frame["poids"].map("{:.4f}".format, na_action="ignore").fillna(""),
            "date_invitation": frame["date_invitation"],
            "repondu": np.where(frame["repondu"].astype(bool), "oui", "non"),
        }
    )
    return Survey({"enquete_echantillon": plan, **answers, "mentors": mentors}, truth)


def _answers(
    campagne: int, sample: pd.DataFrame, own: pd.DataFrame, mentoring: Mentoring, rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The two answer files and the truth by item."""
    n = len(sample)
    treated = (sample["groupe"] == "mentores").to_numpy()
    answered = sample["repondu"].to_numpy().astype(bool)
    score = mentoring.score[sample["person"].to_numpy()]
    score = (score - score[answered].mean()) / score[answered].std()
    cluster, clusters = pd.factorize(sample["structure"], sort=True)
    operator, operators = pd.factorize(sample["association"].fillna(""), sort=True)
    last_day = np.datetime64(f"{campagne}-12-31")
    reply_day = np.datetime64(f"{campagne + 1}-01-15") + rng.integers(0, 45, n)
    years = (last_day - own["debut_ase"].to_numpy().astype("datetime64[D]")).astype(np.int64) / 365.25
    common = pd.DataFrame(
        {
            "id_repondant": sample["id_repondant"],
            "vague": "1",
            "date_reponse": np.datetime_as_string(reply_day, unit="D"),
            "departement": sample["departement"],
            "id_jeune": own["id_jeune"],
            "structure": sample["structure"],
            "naissance": own["annee"].astype(str) + "-" + own["mois"].astype(str).str.zfill(2),
            "age": own["age"].astype(str),
            "sexe": own["sexe"],
            "type_accueil": own["place"],
            "anciennete_ase": pd.Series(years).map("{:.1f}".format),
            "mna": np.where(own["mna"], "oui", "non"),
            "handicap": np.where(own["handicap"], "oui", "non"),
            "classe": class_label(own),
            "redoublement": np.where(own["redoublement"], "oui", "non"),
            "association": sample["association"].fillna(""),
            "date_debut_mentorat": sample["date_debut"].dt.strftime("%Y-%m-%d").fillna(""),
            "modalite": sample["modalite"].fillna(""),
        }
    )
    truth: dict[str, Any] = {}

    def hide(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Unanswered at random, 3 to 8 % an item."""
        return np.where(rng.random(n) < rng.uniform(0.03, 0.08), "", values)

    for item in ITEMS:
        cluster_effect = rng.normal(0, STRUCTURE_SPREAD, len(clusters))[cluster]
        varies = rng.normal(0, ASSOCIATION_EFFECT_SPREAD, len(operators))[operator]
        logit = item.leaning * score + cluster_effect
        base = logit + _solve(item.base, lambda a: logistic(logit + a)[~treated & answered].mean())  # noqa: B023
        p0 = logistic(base)
        chosen = treated & answered
        level = float(p0[chosen].mean())
        effect = _solve(level + item.att, lambda d: logistic(base + d + varies)[chosen].mean())  # noqa: B023
        p1 = logistic(base + effect + varies)
        draw = rng.random(n)
        common[item.nom] = hide(_answer(draw, np.where(treated, p1, p0), item))
        truth[item.nom] = {
            "att": round(float((p1 - p0)[chosen].mean()), 6),
            "att_realise": round(float(((draw < p1).astype(int) - (draw < p0))[chosen].mean()), 6),
            "part_sans_mentorat": round(level, 6),
            "part_non_mentores": round(float(p0[~treated & answered].mean()), 6),
            "oui": list(item.codes[item.cut :]),
        }

    mark = 10.2 + 0.7 * score + rng.normal(0, 2.6, n) + 0.4 * treated
    common["moyenne_generale"] = hide(pd.Series(np.clip(mark, 0, 20)).map("{:.1f}".format).to_numpy())
    truth["moyenne_generale"] = {"att": 0.4, "unite": "points sur 20"}
    persons = np.array(["educateur", "famille", "ami", "enseignant"])
    named = rng.random((n, 4)) < np.array([0.45, 0.40, 0.50, 0.12])
    mentor = treated & (rng.random(n) < 0.2)
    lists = [
        "|".join([*persons[row], *(["mentor"] if m else [])]) or "personne"
        for row, m in zip(named, mentor, strict=True)
    ]
    common["personne_ressource"] = hide(np.array(lists))
    old = own["age"].to_numpy() >= 16
    situation = rng.choice(["emploi", "formation", "recherche", "autre"], n, p=[0.06, 0.72, 0.14, 0.08])
    common["insertion"] = hide(np.where(old, situation, ""))
    only = common.copy()
    for name, share in MENTORED_ONLY.items():
        p = logistic(np.full(n, np.log(share / (1 - share))) + 0.3 * score)
        only[name] = hide(_answer(rng.random(n), p, Item(name, AGREEMENT, 3, share, 0.0, 0.3)))
    long = (reply_day - sample["date_debut"].to_numpy().astype("datetime64[D]")).astype(np.int64) > 183
    only["arret_conduites"] = hide(np.where(long, np.where(rng.random(n) < 0.40, "oui", "non"), ""))
    only["satisfaction"] = hide(np.clip(np.round(rng.normal(7.8, 1.6, n)), 0, 10).astype(int).astype("U2"))
    choose = {"mentores": only[treated & answered], "non_mentores": common[~treated & answered]}
    choose["non_mentores"] = choose["non_mentores"].drop(columns=["association", "date_debut_mentorat", "modalite"])
    return {k: v.sort_values("id_repondant", kind="stable") for k, v in choose.items()}, truth


def _mentors(
    campagne: int, sample: pd.DataFrame, running: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mentors' own answers, and their lines of the sample: mentors of running pairs."""
    count = min(MENTOR_RESPONDENTS, len(running) // 3)
    chosen = running.iloc[np.sort(rng.choice(len(running), count, replace=False))].reset_index(drop=True)
    reply = np.datetime64(f"{campagne + 1}-01-20") + rng.integers(0, 40, count)
    answers = pd.DataFrame(
        {
            "id_repondant": [f"M{i:05d}" for i in 1 + rng.permutation(count)],
            "vague": "1",
            "date_reponse": np.datetime_as_string(reply, unit="D"),
            "id_mentor": chosen["id_mentor"],
            "association": chosen["association"],
            "departement": chosen["departement"],
        }
    )
    for name, share in MENTOR_ITEMS.items():
        values = _answer(rng.random(count), np.full(count, share), Item(name, AGREEMENT, 3, share, 0.0, 0.0))
        answers[name] = np.where(rng.random(count) < 0.05, "", values)
    lines = answers[["id_repondant", "departement", "association"]].assign(
        groupe="mentors", repondu=True, date_invitation=f"{campagne + 1}-01-13"
    )
    return answers.sort_values("id_repondant", kind="stable"), lines
