"""Small simulated surveys: raw tables as intake stores them, strata and clusters known, answers at random."""

import numpy as np
import pandas as pd


def survey_files(seed: int = 1, n: int = 240, clusters: int = 24) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Tables by group (mentored and not), and the sample: one wave, two strata, one in four did not answer."""
    rng = np.random.default_rng(seed)
    tables, drawn = {}, []
    for group in ("mentores", "non_mentores"):
        cluster = rng.integers(0, clusters, n)
        people = pd.DataFrame(
            {
                "vague": pd.array([1] * n, dtype="Int64"),
                "id_repondant": [f"{group}-{rank:04d}" for rank in range(n)],
                "date_reponse": pd.Timestamp("2025-02-01").date(),
                "departement": np.where(cluster % 2, "59", "44"),
                "structure": [f"s{c:02d}" for c in cluster],
                "association": np.where(cluster % 3, "demo-01", "demo-02"),
                "age": pd.array(rng.integers(11, 18, n), dtype="Int64"),
                "sexe": rng.choice(["F", "G"], n),
                "type_accueil": rng.choice(["assistant_familial", "etablissement"], n),
                "se_sent_seul": pd.array(rng.random(n) < 0.3, dtype="boolean"),
                "confiance_en_soi": pd.array(rng.integers(1, 6, n), dtype="Int64"),
                "moyenne_generale": pd.array(np.round(rng.normal(11, 2, n), 1), dtype="Float64"),
                "personne_ressource": rng.choice(["educateur|ami", "famille", "personne"], n),
                "insertion": rng.choice(["emploi", "formation", "recherche"], n),
            }
        )
        people.loc[people["age"] < 16, "insertion"] = pd.NA
        answered = rng.random(n) < 0.75
        drawn.append(
            pd.DataFrame(
                {
                    "vague": people["vague"],
                    "id_repondant": people["id_repondant"],
                    "groupe": group,
                    "departement": people["departement"],
                    "structure": people["structure"],
                    "association": people["association"] if group == "mentores" else pd.NA,
                    "strate": np.where(cluster < clusters // 2, "A", "B"),
                    "grappe": people["structure"],
                    "poids": pd.array(np.where(cluster < clusters // 2, 2.0, 5.0), dtype="Float64"),
                    "repondu": pd.array(answered, dtype="boolean"),
                }
            )
        )
        own = people if group == "mentores" else people.drop(columns="association")
        tables[group] = own[answered].reset_index(drop=True)
    return tables, pd.concat(drawn, ignore_index=True)
