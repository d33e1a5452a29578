"""A mart `indicateurs` as dbt writes it, drawn at random, for any list of territories (one in four by default)."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import pytest

COLUMNS = [
    "campagne",
    "periode",
    "niveau",
    "code",
    "indicateur",
    "ventilation",
    "mesure",
    "numerateur",
    "denominateur",
    "valeur",
    "ic_bas",
    "ic_haut",
    "unite",
    "n_manquants",
    "statut",
]
CATEGORIES = {
    "sexe": ["F", "G"],
    "tranche_age": ["11-13", "14-15", "16-17", "moins_de_11"],
    "accueil": ["a_domicile", "assistant_familial", "autre", "etablissement", "autonomie", "tiers"],
}
TERRITORIES = [f"{n:02}" for n in range(1, 96) if n not in {20, 69}] + ["2A", "2B", "69D", "69M"]
TERRITORIES += ["971", "972", "973", "974", "976"]


def count_row(periode: str, code: str, indicateur: str, ventilation: str, n: int) -> tuple[object, ...]:
    niveau = {"FR": "national", "6AE": "collectivite", "20R": "collectivite"}.get(code, "departement")
    head = (2024, periode, niveau, code, indicateur, ventilation)
    return (*head, "nombre", n, pd.NA, float(n), np.nan, np.nan, "jeunes", 0, "calcule")


def share_row(periode: str, code: str, indicateur: str, ventilation: str, x: int, n: int) -> tuple[object, ...]:
    head = count_row(periode, code, indicateur, ventilation, x)[:6]
    value = round(x / n, 6) if n else np.nan
    return (*head, "part", x, n, value, np.nan, np.nan, "part", 0, "calcule")


def as_mart(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=COLUMNS)
    return frame.astype({"numerateur": "Int64", "denominateur": "Int64", "n_manquants": "Int64"})


def draw_mart(seed: int, territories: list[str], scale: float = 1.0, silent: int = 0) -> pd.DataFrame:
    """Random but coherent counts; the first `silent` territories sent nothing."""
    draws = np.random.default_rng(seed)
    counts: dict[tuple[str, str, str, str], int] = {}
    shares: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    heard = territories[silent:]
    for code in heard:
        confies = int(draws.lognormal(6, 1) * scale)
        suivis = confies + int(draws.binomial(confies, 0.7))
        eligibles = int(draws.binomial(suivis, 0.8))
        mentored = int(draws.binomial(eligibles, 0.1))
        proposed = mentored + int(draws.binomial(eligibles - mentored, 0.15))
        pairs = mentored + int(draws.binomial(mentored, 0.02))
        entrants = int(draws.binomial(eligibles, 0.12))
        counts["2024", code, "A1", ""] = eligibles
        counts["2024", code, "A1JM", ""] = int(draws.binomial(confies, 0.05))
        counts["2024", code, "O2", ""] = pairs
        counts["2023-2024", code, "O2", ""] = int(draws.binomial(pairs, 0.8))
        for periode in ("2024", "2023-2024"):
            counts[periode, code, "O1", ""] = int(draws.binomial(eligibles, 0.06))
        for indicateur, x, n in [
            ("A2b", int(draws.binomial(eligibles, 0.5)), eligibles),
            ("A2a", int(draws.binomial(entrants, 0.5)), entrants),
            ("A3", proposed, eligibles),
            ("A3E", int(draws.binomial(entrants, 0.3)), entrants),
            ("A3D", int(draws.binomial(eligibles, 0.02)), eligibles),
        ]:
            counts["2024", code, indicateur, ""] = x
            shares["2024", code, indicateur, ""] = (x, n)
        shares["2024", code, "O3", "base=confies_11_17"] = (mentored, confies)
        shares["2024", code, "O3", "base=pris_en_charge_11_17"] = (mentored, suivis)
        for (periode, where, indicateur, _), n in list(counts.items()):
            if where == code and indicateur in {"A1", "O2"}:
                for dimension, categories in CATEGORIES.items():
                    weights = draws.dirichlet(np.full(len(categories), 0.8))
                    for category, part in zip(categories, draws.multinomial(n, weights), strict=True):
                        counts[periode, code, indicateur, f"{dimension}={category}"] = int(part)
    for group, members in {"6AE": ("67", "68"), "20R": ("2A", "2B"), "FR": tuple(heard)}.items():
        if set(members) <= set(heard):
            for (periode, code, indicateur, ventilation), n in list(counts.items()):
                if code in members:
                    key = (periode, group, indicateur, ventilation)
                    counts[key] = counts.get(key, 0) + n
            for (periode, code, indicateur, ventilation), (x, n) in list(shares.items()):
                if code in members:
                    key = (periode, group, indicateur, ventilation)
                    before = shares.get(key, (0, 0))
                    shares[key] = (before[0] + x, before[1] + n)
    mentored = shares["2024", "FR", "O3", "base=confies_11_17"][0]
    shares["2024", "FR", "O3", "base=suivis_350000"] = (mentored, 350_000)
    rows = [count_row(*key, n) for key, n in counts.items()]
    rows += [share_row(*key, x, n) for key, (x, n) in shares.items()]
    nothing = (pd.NA, pd.NA, np.nan, np.nan, np.nan, "jeunes", pd.NA, "non_recu")
    rows += [(2024, "2024", "departement", code, "A1", "", "nombre", *nothing) for code in territories[:silent]]
    gap = mentored - 30_000
    rows.append(
        (
            2024,
            "2024",
            "national",
            "FR",
            "O3",
            "",
            "ecart",
            mentored,
            30_000,
            float(gap),
            np.nan,
            np.nan,
            "jeunes",
            0,
            "calcule",
        )
    )
    return as_mart(rows)


@pytest.fixture(scope="session")
def france() -> pd.DataFrame:
    return draw_mart(seed=1, territories=TERRITORIES[::4], silent=6)


@pytest.fixture(scope="session")
def drawn() -> Callable[..., pd.DataFrame]:
    return draw_mart
