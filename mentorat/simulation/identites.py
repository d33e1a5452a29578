"""The pseudonyms and references that the simulated people and pairs go by."""

import numpy as np
import pandas as pd

from mentorat.simulation import pseudonyms


def with_pseudonyms(
    people: pd.DataFrame,
    key: str,
    graine: int,
    rng: np.random.Generator,
    days: np.random.Generator,
    *,
    series: str = "",
) -> pd.DataFrame:
    """Level-1 pseudonyms (exact, phonetic, day and month swapped), the birth day behind them, OLINPE numbers.

    Days 1 to 12 alone can be swapped with the month; the swapped form of 05/05 is the exact one.
    `series` keeps the persons of several draws apart.
    """
    day = days.integers(1, 29, len(people))
    transliterated = people["mna"].to_numpy() & (people["mois"].to_numpy() == 1) & (days.random(len(people)) < 0.7)
    people["jour"] = np.where(transliterated, 1, day)
    people["identite"] = [f"{graine}|{series}{i}" for i in range(len(people))]
    for column, kind in (
        ("id_jeune", "exacte"),
        ("id_jeune_phon", "phonetique"),
        ("id_jeune_inv", "inversee"),
    ):
        people[column] = pseudonyms.level_one((f"jeune|{kind}|{i}" for i in people["identite"]), key)
    same_day = people["jour"] == people["mois"]
    people["id_jeune_inv"] = people["id_jeune_inv"].where(~same_day, people["id_jeune"]).where(people["jour"] <= 12, "")
    people["numanonym"] = pseudonyms.olinpe_number(people["identite"])
    corrected = rng.random(len(people)) < 0.005
    former = people["identite"].where(~corrected, people["identite"] + "|graphie antérieure")
    people["numanonym_ant"] = pseudonyms.olinpe_number(former)
    return people


def with_mentors(pairs: pd.DataFrame, people: pd.DataFrame, key: str, graine: int, series: str = "") -> pd.DataFrame:
    """`pairs`, completed with what the association knows: its own reference and the mentor's pseudonym."""
    own = people.iloc[pairs["person"].to_numpy()].reset_index(drop=True)
    pairs["departement"] = own["territoire"]
    pairs["collectivite"] = own["collectivite"]
    pairs["id_mentor"] = pseudonyms.level_one((f"mentor|{graine}|{series}{i}" for i in range(len(pairs))), key)
    pairs["id_binome"] = f"B{series}" + (pairs.groupby("association").cumcount() + 1).astype(str).str.zfill(5)
    return pairs
