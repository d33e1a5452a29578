"""S5 and S5b: the mentors of the associations, and the dates of their checks (never a result)."""

import numpy as np
import pandas as pd

from mentorat.simulation import pseudonyms
from mentorat.simulation.population import iso

WAITING_SHARE = 0.15
"""Trained mentors without a pair, as a share of those who have one."""
TRAINED = 0.92
CHECKED = 0.96
LATE_FIRST, LATE_YEARLY = 0.03, 0.30
EXPERIENCED = 0.25
"""Share of mentors whose last check, of an earlier pair, still ran when this one began."""
PROFILES = ("lyceen", "etudiant", "actif", "retraite", "sans_emploi", "autre")
PROFILE_SHARES = (0.02, 0.27, 0.52, 0.12, 0.04, 0.03)
AGES = ("15-17", "18-24", "25-34", "35-49", "50-64", "65+")
AGES_OF = {
    "lyceen": (0.8, 0.2, 0, 0, 0, 0),
    "etudiant": (0, 0.88, 0.12, 0, 0, 0),
    "actif": (0, 0.10, 0.40, 0.33, 0.17, 0),
    "retraite": (0, 0, 0, 0, 0.30, 0.70),
    "sans_emploi": (0, 0.25, 0.30, 0.25, 0.20, 0),
    "autre": (0, 0.2, 0.2, 0.2, 0.2, 0.2),
}
NAT = np.datetime64("NaT", "D")


def draw_mentors(
    campagne: int, pairs: pd.DataFrame, key: str, graine: int | str, rng: np.random.Generator
) -> pd.DataFrame:
    """S5 (text, with `association` and `id_mentor`): those of every pair an association runs, and some who wait."""
    first, last = np.datetime64(f"{campagne}-01-01"), np.datetime64(f"{campagne}-12-31")
    paired = pairs[pairs["association"] != ""].reset_index(drop=True)
    waiting = round(WAITING_SHARE * len(paired))
    n = len(paired) + waiting
    association = np.r_[paired["association"].to_numpy(), rng.choice(paired["association"].unique(), waiting)]
    start = np.r_[paired["date_debut"].to_numpy().astype("datetime64[D]"), last - rng.integers(5, 150, waiting)].astype(
        "datetime64[D]"
    )
    recruited = start - rng.integers(20, 400, n)
    trained = rng.random(n) < TRAINED
    training = recruited + (rng.random(n) * (start - recruited).astype(np.int64)).astype(np.int64)
    end = np.r_[paired["date_fin"].to_numpy().astype("datetime64[D]"), np.full(waiting, NAT)]
    leaver = np.r_[paired["motif_fin"].isin(["depart_mentor", "indisponibilite_mentor"]), np.zeros(waiting, bool)]
    left = ~np.isnat(end) & (leaver.astype(bool) | (rng.random(n) < 0.25))
    exit_day = np.where(left, np.maximum(end, first), NAT)
    profile = rng.choice(PROFILES, n, p=PROFILE_SHARES)
    age = np.empty(n, dtype="U5")
    for name, shares in AGES_OF.items():
        chosen = profile == name
        age[chosen] = rng.choice(AGES, int(chosen.sum()), p=shares)
    identities = [f"mentor|{graine}|en attente|{i}" for i in range(waiting)]
    hours = rng.choice(["2", "3", "4", "6", "8", "12"], n, p=[0.15, 0.25, 0.25, 0.2, 0.1, 0.05])
    return pd.DataFrame(
        {
            "id_mentor": [*paired["id_mentor"], *pseudonyms.level_one(identities, key)],
            "association": association,
            "profil": profile,
            "tranche_age": age,
            "sexe": rng.choice(["F", "G"], n, p=[0.66, 0.34]),
            "statut_engagement": rng.choice(["benevole", "interet_general"], n, p=[0.9, 0.1]),
            "date_recrutement": iso(recruited),
            "date_formation": iso(np.where(trained, training, NAT)),
            "heures_formation": np.where(trained, hours, ""),
            "formation_ase": np.where(trained, np.where(rng.random(n) < 0.6, "oui", "non"), ""),
            "date_sortie": iso(exit_day),
        }
    )


def draw_checks(campagne: int, pairs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """S5b (text, with `pair`): checks of the mentors of every pair up to 31 December, sorted by pair and date.

    A first check before the decision (longer before for the experienced), then every year; some are late, a few mentors
    have none.
    """
    last = np.datetime64(f"{campagne}-12-31")
    n = len(pairs)
    start = pairs["date_debut"].to_numpy().astype("datetime64[D]")
    end = pairs["date_fin"].to_numpy().astype("datetime64[D]")
    until = np.where(np.isnat(end), last, np.minimum(end, last))
    late = rng.random(n) < LATE_FIRST
    before = np.where(rng.random(n) < EXPERIENCED, rng.integers(90, 340, n), rng.integers(3, 60, n))
    check = start + np.where(late, rng.integers(1, 40, n), -before)
    checked = rng.random(n) < CHECKED
    rounds = [(np.flatnonzero(checked), check[checked])]
    for _ in range(2):
        delay = np.where(rng.random(n) < LATE_YEARLY, rng.integers(1, 150, n), -rng.integers(0, 25, n))
        check = check + 365 + delay
        due = checked & (check <= until)
        rounds.append((np.flatnonzero(due), check[due]))
    pair = np.concatenate([who for who, _ in rounds])
    day = np.concatenate([days for _, days in rounds])
    kept = day <= last
    pair, day = pair[kept], day[kept]
    order = np.lexsort((day, pair))
    pair, day = pair[order], day[order]
    kind = np.where(
        (day >= np.datetime64(f"{campagne}-07-01")) & (rng.random(len(day)) < 0.5), "attestation", "b2_fijais"
    )
    decision = np.minimum(day + rng.integers(2, 16, len(day)), last)
    own = pairs.iloc[pair].reset_index(drop=True)
    return pd.DataFrame(
        {
            "pair": pair,
            "departement": own["departement"],
            "id_mentor": own["id_mentor"],
            "type": kind,
            "date_controle": iso(day),
            "date_decision": iso(decision),
            "prochaine_echeance": iso(day + 365),
        }
    )


def summary(campagne: int, pairs: pd.DataFrame, mentors: pd.DataFrame, checks: pd.DataFrame) -> dict[str, int]:
    """What is true of mentors, trainings and checks on 31 December (`binomes`: running pairs of either nature)."""
    last = np.datetime64(f"{campagne}-12-31")
    latest = pd.to_datetime(checks["date_controle"]).groupby(checks["pair"]).max().reindex(range(len(pairs)))
    running = pairs["date_fin"].isna().to_numpy()
    up_to_date = (latest >= pd.Timestamp(last - 365)).to_numpy()
    due = (latest < pd.Timestamp(last - 305)).to_numpy() & up_to_date
    return {
        "mentors": len(mentors),
        "formes": int((mentors["date_formation"] != "").sum()),
        "sortis": int((mentors["date_sortie"] != "").sum()),
        "controles": len(checks),
        "binomes_en_cours": int(running.sum()),
        "binomes_controle_a_jour": int((running & up_to_date).sum()),
        "binomes_controle_en_retard": int((running & latest.notna().to_numpy() & ~up_to_date).sum()),
        "binomes_sans_controle": int((running & latest.isna().to_numpy()).sum()),
        "binomes_controle_du_sous_60_jours": int((running & due).sum()),
    }
