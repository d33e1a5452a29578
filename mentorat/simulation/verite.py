"""What the files of a simulated campagne let anyone find again exactly: for the tests that hold the marts to it.

Only where nothing is lost on the way: pairs by association (each sends all of its own), delays and checks where the
département sends its whole table, the eligible where it sends its stock.
"""

from typing import Any

import numpy as np
import pandas as pd

from mentorat.simulation.depot import World
from mentorat.simulation.fichiers import Outbox
from mentorat.simulation.seances import Sessions

DELAYS = {
    "evaluation_proposition": ("date_evaluation", "date_proposition"),
    "proposition_reponse": ("date_proposition", "date_reponse_jeune"),
    "demande_accord": ("date_demande_accord", "date_accord"),
    "accord_transmission": ("date_accord", "date_transmission"),
    "transmission_validation": ("date_transmission", "date_validation"),
    "validation_lancement": ("date_validation", "date_lancement"),
    "proposition_lancement": ("date_proposition", "date_lancement"),
}
"""Steps of the chain whose delay is followed, from one date of a dossier to another."""


def recoverable(world: World, box: Outbox) -> dict[str, Any]:
    """Truth by association and by territory, with the territories where each can be found again."""
    territories = world.people.groupby("collectivite")["territoire"].unique()
    whole: dict[str, list[str]] = {"mesures": [], "dossiers": [], "controles": []}
    for code, sender in world.senders.items():
        own = sorted(territories.get(code, []))
        sent = box.sources(sender.emetteur)
        whole["mesures"] += own if sender.mesures and sender.initialisation else []
        whole["dossiers"] += own if sender.dossiers and sender.premiere_etape == "evaluation" else []
        whole["controles"] += own if "controles_honorabilite" in sent else []
    return {
        "territoires": {name: sorted(codes) for name, codes in whole.items()},
        "associations": _by_association(world.mentoring.pairs, world.sessions),
        "delais": _delays(world.mentoring.dossiers, whole["dossiers"]),
        "honorabilite": _checks(world, whole["controles"]),
    }


def _by_association(pairs: pd.DataFrame, sessions: Sessions) -> dict[str, dict[str, int]]:
    """Mentoring pairs of each association: running on 31 December, ended, ended early, sessions held and minutes."""
    mentorat = (pairs["nature"] == "mentorat").to_numpy() & (pairs["association"] != "").to_numpy()
    held = sessions.take(sessions.held)
    table = pd.DataFrame(
        {
            "association": pairs["association"],
            "en_cours": pairs["date_fin"].isna(),
            "termines": pairs["date_fin"].notna(),
            "arrets_anticipes": pairs["anticipe"].astype(bool),
            "seances": np.bincount(held.pair, minlength=len(pairs)),
            "minutes": np.bincount(held.pair, weights=held.minutes, minlength=len(pairs)).astype(np.int64),
        }
    )
    totals = table[mentorat].groupby("association", sort=True).sum()
    return {str(name): {str(k): int(v) for k, v in row.items()} for name, row in totals.iterrows()}


def _delays(dossiers: pd.DataFrame, territories: list[str]) -> dict[str, dict[str, float]]:
    """Of each step done by the mentoring dossiers of `territories`: how many, their days and their median."""
    own = dossiers[dossiers["departement"].isin(territories) & (dossiers["nature_proposition"] != "parrainage")]
    accepted = own["reponse_jeune"] == "accepte"
    agreed = own["decision_accord"].isin(["accord", "autorisation_juge"])
    told = {
        "date_reponse_jeune": own["date_reponse_jeune"].where(accepted),
        "date_accord": own["date_accord"].where(agreed),
    }
    found = {}
    for step, (begin, end) in DELAYS.items():
        days = (told.get(end, own[end]) - told.get(begin, own[begin])).dt.days.dropna()
        days = days[days >= 0]
        found[step] = {"n": len(days), "jours": int(days.sum()), "mediane": float(days.median()) if len(days) else 0.0}
    return found


def _checks(world: World, territories: list[str]) -> dict[str, dict[str, int]]:
    """Mentoring pairs associations run on 31 December in `territories`: all, and those checked within twelve months."""
    last = pd.Timestamp(f"{world.campagne}-12-31")
    pairs, checks = world.mentoring.pairs, world.checks
    latest = pd.to_datetime(checks["date_controle"]).groupby(checks["pair"]).max().reindex(range(len(pairs)))
    table = pd.DataFrame(
        {
            "territoire": pairs["departement"],
            "binomes": 1,
            "a_jour": (latest >= last - pd.DateOffset(months=12)).to_numpy().astype(np.int64),
        }
    )
    running = pairs["date_fin"].isna() & (pairs["nature"] == "mentorat") & (pairs["association"] != "")
    totals = table[running & table["territoire"].isin(territories)].groupby("territoire", sort=True).sum()
    return {str(code): {str(k): int(v) for k, v in row.items()} for code, row in totals.iterrows()}
