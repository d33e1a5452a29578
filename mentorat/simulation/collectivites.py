"""What a collectivité keeps beside its dossiers: S11 (its own ASE software), S12, S14 and S16."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.simulation.population import days, iso

MEASURES = {"aed": "aed", "aemo": "aemo"}
PLACES = ("assistant_familial", "etablissement", "lieu_de_vie", "placement_domicile", "tiers")
PLACE_SHARES = (0.42, 0.42, 0.05, 0.08, 0.03)
AUDIENCES = ("cadres", "structures", "jeunes", "associations")
FORMATS = ("reunion", "atelier", "webinaire", "visite")
SUB_STEPS = ("1.1", "1.2", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "4.1", "4.2", "5.1", "5.2", "6.1", "6.2")
"""Fourteen sub-steps from 1.1 to 6.2: how the steps share them is supposed, since their list is not public."""
AGREED = ("accord", "autorisation_juge")
NAT = np.datetime64("NaT", "D")
MOVES_AT_FIRST, MOVES_A_YEAR, MOVES_SHAPE = 1.2, 0.5, 2.5
"""Moves expected of a placed young person, and how much they differ (shape of a gamma): four places or more for a
quarter of those of 17 to 20, as INED found (see `docs/simulation.md`)."""


def draw_paths(campagne: int, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """S11 (text) of the people of one collectivité in its care: measures, then places since the first entry.

    The last line of each kind says what S1 says: same last place, same end.
    """
    last = np.datetime64(f"{campagne}-12-31")
    own = people[people["champ"] != "hors_champ"].reset_index(drop=True)
    begun = own["debut_ase"].to_numpy().astype("datetime64[D]")
    end = own["fin"].to_numpy().astype("datetime64[D]")
    majority = days(own["annee"].to_numpy() + 18, own["mois"].to_numpy(), 15)
    adult, home = own["adulte"].to_numpy(), ~own["accueil"].to_numpy()
    child_end = np.where(adult, majority, end)
    nature = np.where(
        home,
        own["place"].map(MEASURES).fillna("aed"),
        np.where(rng.random(len(own)) < 0.12, "accueil_provisoire", "placement_judiciaire"),
    )
    measures = pd.DataFrame(
        {"row": own.index, "type_ligne": "mesure", "nature": nature, "debut": begun, "fin": child_end, "rang": 0}
    )
    grown = np.flatnonzero(adult)
    young_adults = pd.DataFrame(
        {
            "row": grown,
            "type_ligne": "mesure",
            "nature": "jeune_majeur",
            "debut": own["debut"].to_numpy().astype("datetime64[D]")[grown],
            "fin": end[grown],
            "rang": 1,
        }
    )
    lines = pd.concat([measures, young_adults, _places(own, begun, end, last, rng)], ignore_index=True)
    lines = lines.sort_values(["row", "type_ligne", "rang"], kind="stable", ignore_index=True)
    who = own.iloc[lines["row"].to_numpy()].reset_index(drop=True)
    ended = lines["fin"].notna().to_numpy()
    place = (lines["type_ligne"] == "accueil").to_numpy()
    came_of_age = (lines["fin"].to_numpy().astype("datetime64[D]") == majority[lines["row"].to_numpy()]) & ended
    return pd.DataFrame(
        {
            "departement": who["territoire"],
            "id_jeune": who["id_jeune"],
            "type_ligne": lines["type_ligne"],
            "nature": lines["nature"],
            "date_debut": iso(lines["debut"].to_numpy()),
            "date_fin": iso(lines["fin"].to_numpy()),
            "id_lieu": np.where(place, lines["lieu"].fillna(""), ""),
            "motif_fin": np.where(
                ~ended, "", np.where(came_of_age, "majorite", np.where(place, "changement_lieu", "echeance"))
            ),
        }
    )


def _places(
    own: pd.DataFrame,
    begun: npt.NDArray[Any],
    end: npt.NDArray[Any],
    last_day: np.datetime64,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Places of those in care: the time since entry cut at random days, the last place being the known one.

    A young adult's last place is that of the majority: it is not cut.
    """
    placed = np.flatnonzero(own["accueil"].to_numpy())
    since = np.where(own["adulte"].to_numpy(), own["debut"].to_numpy().astype("datetime64[D]"), last_day)
    known_end = np.where(np.isnat(end), since, end)
    length = np.maximum((known_end - begun).astype(np.int64)[placed], 0)
    expected = rng.gamma(MOVES_SHAPE, 1 / MOVES_SHAPE, len(placed)) * (MOVES_AT_FIRST + MOVES_A_YEAR * length / 365.25)
    moves = np.minimum(rng.poisson(expected), np.minimum(length // 60, 9))
    row = np.repeat(placed, moves + 1)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(moves + 1) - (moves + 1), moves + 1)
    share = (rank + rng.random(len(row)) * 0.8) / np.repeat(moves + 1, moves + 1)
    start = begun[row] + np.where(rank == 0, 0, (share * np.repeat(length, moves + 1)).astype(np.int64))
    last = rank == np.repeat(moves, moves + 1)
    stop = np.where(last, end[row], np.r_[start[1:], NAT])
    nature = np.where(last, own["place"].to_numpy()[row], rng.choice(PLACES, len(row), p=PLACE_SHARES))
    place = np.where(last, own["structure"].to_numpy()[row], [f"LIEU-{i}" for i in rng.integers(1, 200, len(row))])
    return pd.DataFrame(
        {
            "row": row,
            "type_ligne": "accueil",
            "nature": nature,
            "debut": start,
            "fin": stop,
            "rang": rank,
            "lieu": place,
        }
    )


def draw_roadmap(campagne: int, territories: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """S12 (text): the roadmap's sub-steps by territory, the first ones done before the last ones."""
    table = pd.MultiIndex.from_product([territories, SUB_STEPS], names=["departement", "sous_etape"]).to_frame(
        index=False
    )
    n = len(table)
    rank = np.tile(np.arange(len(SUB_STEPS)), len(territories))
    progress = np.repeat(rng.integers(0, len(SUB_STEPS) + 1, len(territories)), len(SUB_STEPS))
    status = np.select([rank < progress, rank == progress], ["fait", "en_cours"], "a_faire")
    day = np.datetime64(f"{campagne}-01-05") + (rank * 24 + rng.integers(0, 20, n))
    return pd.DataFrame(
        {
            "departement": table["departement"],
            "annee": str(campagne),
            "sous_etape": table["sous_etape"],
            "statut": status,
            "date": np.where(status == "fait", iso(day), ""),
        }
    )


def draw_actions(campagne: int, territories: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """S14 (text): up to nine meetings by territory, no two of one kind on one day."""
    territory = np.repeat(territories, rng.integers(1, 10, len(territories)))
    n = len(territory)
    day = np.datetime64(f"{campagne}-01-10") + rng.integers(0, 340, n)
    met = rng.integers(4, 60, n)
    table = pd.DataFrame(
        {
            "departement": territory,
            "date": iso(day),
            "public": rng.choice(AUDIENCES, n, p=[0.25, 0.4, 0.2, 0.15]),
            "format": rng.choice(FORMATS, n, p=[0.4, 0.25, 0.25, 0.1]),
            "participants": met.astype("U3"),
            "structures_touchees": np.minimum(met // 4, 15).astype("U3"),
        }
    )
    return table.drop_duplicates(["departement", "date", "public", "format"], ignore_index=True)


def aggregate(
    campagne: int,
    people: pd.DataFrame,
    *,
    mna: pd.Series,
    pairs: pd.DataFrame,
    dossiers: pd.DataFrame,
    conventions: pd.DataFrame,
) -> pd.DataFrame:
    """S16 (text): one row per territory of `people`, counted from the simulated world.

    `mna` tells it of every simulated person; `conventions` is S6.
    """
    rows = []
    for territory, own in people.groupby("territoire", sort=True):
        stock = own[(own["champ"] == "suivi") & own["accueil"]]
        here = pairs[pairs["person"].isin(own.index)]
        files = dossiers[dossiers["person"].isin(own.index)]
        running = here[here["date_fin"].isna()]
        mentoring = running[running["nature"] == "mentorat"]
        money = conventions[conventions["departement"] == territory]
        amounts = money[["montant_departement", "montant_etat", "montant_prive"]].apply(pd.to_numeric).astype("float64")
        first = pd.Timestamp(f"{campagne}-01-01")
        rows.append(
            {
                "departement": territory,
                "annee": campagne,
                "confies_11_17": int(stock["age"].between(11, 17).sum()),
                "propositions": int((files["date_proposition"] >= first).sum()),
                "adhesions": int(
                    ((files["date_reponse_jeune"] >= first) & (files["reponse_jeune"] == "accepte")).sum()
                ),
                "accords": int(((files["date_accord"] >= first) & files["decision_accord"].isin(AGREED)).sum()),
                "binomes_lances": int(((here["date_debut"] >= first) & (here["nature"] == "mentorat")).sum()),
                "binomes_31_12": len(mentoring),
                "dont_jeunes_majeurs": int((mentoring["age"] >= 18).sum()),
                "dont_mna": int(mna.to_numpy()[mentoring["person"].to_numpy()].sum()),
                "dont_parrainage": int((running["nature"] == "parrainage").sum()),
                "associations_conventionnees": int(here["association"].replace("", pd.NA).nunique()),
                "montant": int(amounts.sum().sum()),
                "etp": f"{pd.to_numeric(money['etp']).astype('float64').sum():.2f}",
            }
        )
    return pd.DataFrame(rows).astype("str")
