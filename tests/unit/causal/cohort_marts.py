"""Small marts `risques` and `faits_suivi`, for the tests of the administrative cohort."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

DEFAULTS: Mapping[str, object] = {
    "campagne": 2024,
    "territoire": "01",
    "statut": "eligibles_non_mentores",
    "debut": "2024-01-01",
    "fin": "2024-12-31",
    "evenement": "fin_campagne",
    "debut_accompagnement": False,
    "sexe": "F",
    "annee_naissance": 2010,
    "mois_naissance": 6,
    "type_accueil_regroupe": "etablissement",
    "base_legale": "judiciaire",
    "nivsco": "420",
    "handicap": False,
    "mna": None,
    "prise_en_charge_debut": "2020-01-01",
    "mesures_nb": 1,
    "deplacements_nb": 0,
    "debut_observation": "2024-01-01",
    "fin_observation": "2024-12-31",
}


def interval(person: str, **told: object) -> dict[str, object]:
    return {"id_population": person, **DEFAULTS, **told}


def new_pair(person: str, day: str, **told: object) -> dict[str, object]:
    return interval(person, fin=day, evenement="binome", debut_accompagnement=True, **told)


def facts(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Rows id_population, fait, date_fait, valeur."""
    return pd.DataFrame(rows, columns=["id_population", "fait", "date_fait", "valeur"]).assign(campagne=2024)


def random_risques(seed: int, people: int = 120) -> pd.DataFrame:
    """Intervals drawn at random, one or two a young person, some starting a pair or a parrainage."""
    rng = np.random.default_rng(seed)
    rows = []
    first = np.datetime64("2024-01-01", "D")
    for rank in range(people):
        told = {
            "territoire": str(rng.choice(["01", "02"])),
            "sexe": str(rng.choice(["F", "G"])),
            "annee_naissance": int(rng.integers(2008, 2012)),
            "mois_naissance": None if rng.random() < 0.1 else int(rng.integers(1, 13)),
            "deplacements_nb": int(rng.integers(0, 4)),
            "mesures_nb": int(rng.integers(1, 3)),
            "handicap": [True, False, None][int(rng.integers(0, 3))],
            "prise_en_charge_debut": None if rng.random() < 0.1 else first - int(rng.integers(1, 2000)),
        }
        cut = int(rng.integers(0, 200))
        end = cut + 1 + int(rng.integers(0, 160))
        event = str(rng.choice(["binome", "fin_campagne", "parrainage"], p=[0.35, 0.5, 0.15]))
        if rng.random() < 0.5:
            status = str(rng.choice(["eligibles_non_mentores", "refus"]))
            rows.append(
                interval(
                    f"P{rank:03d}", debut=first, fin=first + cut, evenement="changement_statut", statut=status, **told
                )
            )
        status = str(rng.choice(["acceptants_en_attente", "eligibles_non_mentores"]))
        rows.append(
            interval(
                f"P{rank:03d}",
                debut=first + cut + 1,
                fin=first + end,
                evenement=event,
                debut_accompagnement=event != "fin_campagne",
                statut=status,
                **told,
            )
        )
    return pd.DataFrame(rows)
