"""Marts drawn at random where what lasts is known: pairs, files, sessions of thirty territories."""

import numpy as np
import pandas as pd

CAMPAGNE = 2024
MODALITIES = np.array(["presentiel", "mixte", "distanciel"])
PLACES = np.array(["aemo", "etablissement", "assistant_familial", "tiers"])
REASONS = np.array(["terme_prevu", "objectif_atteint", "depart_mentor"])


def duration_marts(n: int = 3_000, seed: int = 0, *, slope: float = 0.0) -> dict[str, pd.DataFrame]:
    """`delais`, `exposition`, `binomes`, `indicateurs`: pairs end at 1 a 300 days from their 30th, whatever the class;
    `slope`: how much a session more a month lengthens what is left after six months."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2023-07-01") + pd.to_timedelta(rng.integers(0, 500, n), "D")
    rhythm = rng.gamma(16, 4 / 16, n)
    lasted = 30 + rng.exponential(300, n)
    lasted = np.where(lasted > 183, 183 + (lasted - 183) * np.exp(slope * (rhythm - 4)), lasted)
    end = start + pd.to_timedelta(np.ceil(lasted), "D")
    close, first = pd.Timestamp("2024-12-31"), pd.Timestamp("2024-01-01")
    ended = end <= close
    months = rng.integers(2, 6, n)
    reached = np.minimum(end, close) >= start + pd.Timedelta(183, "D")
    pairs = pd.DataFrame(
        {
            "id_binome": [f"b{i:05}" for i in range(n)],
            "territoire": [f"{code:02}" for code in rng.integers(1, 20, n)],
            "association": "demo-01",
            "nature": "mentorat",
            "date_debut": start,
            "debut_observation": np.maximum(start, first),
            "fin_exposition": np.minimum(end, close),
            "est_fin_observee": ended,
            "motif_fin": np.where(ended, rng.choice(REASONS, n), None),
            "tranche_age_debut": rng.choice(["11-13", "14-15", "16-17"], n),
            "type_accueil_debut": rng.choice(PLACES, n, p=[0.4, 0.3, 0.2, 0.1]),
            "repere_mois_couverts_nb": pd.Series(months, dtype="Int64").where(reached),
            "repere_mois_avec_seance_nb": pd.Series(months, dtype="Int64").where(reached),
            "repere_seances_nb": pd.Series(np.round(rhythm * months), dtype="Int64").where(reached),
        }
    )
    pairs = pairs[end >= first].reset_index(drop=True)
    own = pd.DataFrame({"id_binome": pairs["id_binome"], "modalite": rng.choice(MODALITIES, len(pairs))})
    return {
        "delais": _files(rng, n),
        "exposition": pairs,
        "binomes": own.assign(sexe=rng.choice(["F", "G"], len(pairs))),
        "indicateurs": _told(sorted(set(pairs["territoire"]) | {f"{code:02}" for code in range(1, 20)})),
    }


def _files(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """One step, whose waits are of 40 days on average, a tenth refused, open beyond 200 days."""
    wait = np.ceil(rng.exponential(40, n)).astype(int)
    issue = np.where(wait > 200, "en_cours", rng.choice(["franchie", "refus"], n, p=[0.9, 0.1]))
    return pd.DataFrame(
        {
            "territoire": [f"{code:02}" for code in rng.integers(1, 20, n)],
            "association": "demo-01",
            "etape": "proposition_reponse",
            "issue": issue,
            "duree_jours": pd.Series(np.minimum(wait, 200), dtype="Int64"),
        }
    )


def _told(codes: list[str]) -> pd.DataFrame:
    """The rows of `indicateurs` by which every territory can tell."""
    return pd.DataFrame(
        [
            {
                "indicateur": peer, "periode": str(CAMPAGNE), "niveau": "departement", "code": code,
                "ventilation": "", "mesure": "nombre", "statut": "calcule",
            }
            for peer in ("A2b", "A5", "O12a", "O6c")
            for code in codes
        ]
    )  # fmt: skip
