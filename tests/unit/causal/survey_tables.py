"""Survey tables with a known effect: selection on observed covariates, answers alike inside structures."""

import numpy as np
import pandas as pd

PLACES = ["assistant_familial", "etablissement", "lieu_de_vie", "aemo"]


def survey_tables(
    seed: int, n: int = 1500, structures: int = 60, effect: float = 0.0, spread: float = 0.3
) -> tuple[dict[str, pd.DataFrame], float]:
    """Tables `mentores`, `non_mentores`, `echantillon`, and the average effect on the mentored respondents.

    `effect`: shift on the logit scale of `projection_direction`; `spread`: standard deviation of structures.
    """
    rng = np.random.default_rng(seed)
    structure = rng.integers(0, structures, n)
    age = rng.integers(11, 18, n)
    place = rng.choice(PLACES, n, p=[0.4, 0.4, 0.08, 0.12])
    repeated = rng.random(n) < 0.35
    score = 0.25 * (age - 14) + 0.9 * (place == "assistant_familial") - 0.9 * repeated
    mentored = rng.random(n) < _logistic(score - 0.2)
    base = -1.6 + 0.8 * score + rng.normal(0, spread, structures)[structure]
    p0, p1 = _logistic(base), _logistic(base + effect)
    draw = rng.random(n)
    frame = pd.DataFrame(
        {
            "vague": pd.array(np.ones(n), dtype="Int64"),
            "id_repondant": [f"r{rank:05d}" for rank in rng.permutation(n)],
            "departement": "59",
            "structure": pd.Series(structure).map("s{:03d}".format).astype("str"),
            "age": pd.array(age, dtype="Int64"),
            "sexe": rng.choice(["F", "G"], n),
            "type_accueil": pd.Series(place, dtype="str"),
            "anciennete_ase": np.round(rng.gamma(2, 2, n), 1),
            "redoublement": pd.array(repeated, dtype="boolean"),
            "handicap": pd.array(rng.random(n) < 0.2, dtype="boolean"),
            "mna": pd.array(rng.random(n) < 0.15, dtype="boolean"),
            "classe": np.where(age < 15, "4e", "2de"),
            "projection_direction": pd.array(draw < np.where(mentored, p1, p0), dtype="boolean"),
            "confiance_en_soi": pd.array(rng.integers(1, 6, n), dtype="Int64"),
        }
    )
    frame.loc[rng.random(n) < 0.05, "projection_direction"] = pd.NA
    frame.loc[rng.random(n) < 0.05, "anciennete_ase"] = np.nan
    sample = frame[["vague", "id_repondant", "departement", "structure"]].assign(
        groupe=np.where(mentored, "mentores", "non_mentores"), grappe=frame["structure"], poids=1.0
    )
    only = {"satisfaction": 8, "envie_reussir": pd.array(rng.integers(1, 6, n), dtype="Int64")}
    tables = {
        "mentores": frame.assign(**only)[mentored].reset_index(drop=True),
        "non_mentores": frame[~mentored].reset_index(drop=True),
        "echantillon": sample,
    }
    return tables, float((p1 - p0)[mentored].mean())


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
