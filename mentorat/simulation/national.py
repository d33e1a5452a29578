"""What the State, the national platform and the evaluators keep beside the survey of the young people."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from mentorat.simulation.parcours import ASSOCIATIONS, NATIONAL_ASSOCIATIONS, NEED_SHARES, NEEDS
from mentorat.simulation.population import days, iso

OTHER_DEMANDS = 2.0
"""Demands that made no pair in the campagne, for one that did."""
MODES = ("arbre", "arm", "manuel")
MODE_SHARES = (0.35, 0.30, 0.35)
LONGEST_SENDING = {"arbre": 3, "arm": 5, "manuel": 30}
"""Days between a demand and its sending, at most, by mode of attribution."""
OBSTACLES = (
    "adhesion_jeune",
    "accord_parental",
    "temps_equipe",
    "offre_absente",
    "distance",
    "doublon_educateur",
    "numerique",
    "autre",
)
OBSTACLE_SHARES = (0.45, 0.35, 0.50, 0.30, 0.25, 0.10, 0.15, 0.05)
STRUCTURE_KINDS = {
    "MECS": "mecs",
    "SAF": "placement_familial",
    "LVA": "lieu_de_vie",
    "AED": "milieu_ouvert",
    "AEMO": "milieu_ouvert",
}
"""Kind of structure in the simulation's own structure codes, and what it is to the questionnaires."""
PROFESSIONALS = 400
OUTCOMES = {
    "jeune_majeur": ("contrat", 0.62),
    "mission_locale": ("inscription", 0.48),
    "cej": ("contrat", 0.14),
    "rsa": ("ouverture_droit", 0.03),
    "siao": ("demande", 0.11),
    "fsl": ("aide_accordee", 0.07),
    "mdph": ("ouverture_droit", 0.12),
    "diplome": ("obtention", 0.35),
}
"""Later outcomes by source: the event, and the share of those who came of age that have one."""


def operators_by_territory(pairs: pd.DataFrame) -> dict[str, list[str]]:
    """Associations that run pairs in each territory, sorted."""
    run = pairs.loc[pairs["association"] != "", ["departement", "association"]].drop_duplicates()
    return {str(territory): sorted(own) for territory, own in run.groupby("departement")["association"]}


def demand_references(pairs: pd.DataFrame) -> pd.Series:
    """`id_demande` of each pair that came through the platform, empty for the others."""
    if "id_demande" in pairs:
        return pairs["id_demande"]
    through = (pairs["voie"] == "plateforme_1j1m") & (pairs["association"] != "")
    number = through.cumsum().astype(str).str.zfill(6)
    return ("1J1M-" + number).where(through, "")


def draw_demands(campagne: int, pairs: pd.DataFrame, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """S7 (text): the demands of the campagne, those behind pairs and the others, in date order.

    Pairs that tell their `id_demande` are part of several campagnes: so are told the numbers of each year.
    """
    series = f"{campagne}-" if "id_demande" in pairs else ""
    first, last = np.datetime64(f"{campagne}-01-01"), np.datetime64(f"{campagne}-12-31")
    by_territory = operators_by_territory(pairs)
    reference = demand_references(pairs).to_numpy()
    asked = pairs["date_debut"].to_numpy().astype("datetime64[D]") - rng.integers(15, 120, len(pairs))
    behind = np.flatnonzero((reference != "") & (asked >= first))
    paired = pairs.iloc[behind].reset_index(drop=True)
    others = max(round(OTHER_DEMANDS * len(paired)), 30)
    n = len(paired) + others
    is_pair = np.arange(n) < len(paired)

    territory = np.r_[paired["departement"].to_numpy(), rng.choice(sorted(by_territory), others)]
    asked = np.r_[asked[behind], first + rng.integers(0, (last - first).astype(int) + 1, others)]
    profile = np.where(
        is_pair,
        rng.choice(["jeune", "prescripteur"], n, p=[0.3, 0.7]),
        rng.choice(["jeune", "prescripteur", "mentor"], n, p=[0.55, 0.30, 0.15]),
    )
    young = profile != "mentor"
    care = np.where(is_pair, "en_cours", rng.choice(["en_cours", "sortant", "non"], n, p=[0.25, 0.08, 0.67]))
    age = np.r_[people["age"].to_numpy()[paired["person"].to_numpy()], rng.integers(11, 26, others)]
    compatible = [by_territory[t] for t in territory]
    draw = rng.random(n)
    chosen = np.array([names[int(u * len(names))] for names, u in zip(compatible, draw, strict=True)])
    chosen = np.where(is_pair, np.r_[paired["association"].to_numpy(), np.full(others, "")], chosen)
    attributed = is_pair | (young & (rng.random(n) < 0.75))
    mode = rng.choice(MODES, n, p=MODE_SHARES)
    longest = np.array([LONGEST_SENDING[m] for m in mode])
    sent = asked + (rng.random(n) * (longest + 1)).astype(np.int64)
    start = np.r_[paired["date_debut"].to_numpy().astype("datetime64[D]"), np.full(others, np.datetime64("NaT", "D"))]
    sent = np.where(is_pair, np.minimum(sent, start), sent)
    attributed &= sent <= last
    waiting = rng.choice(["liste_attente", "sans_suite", "refus", ""], n, p=[0.40, 0.30, 0.12, 0.18])
    table = pd.DataFrame(
        {
            "id_demande": [*reference[behind], *(f"1J1M-{series}9{i:06d}" for i in range(others))],
            "date_demande": iso(asked),
            "profil": profile,
            "departement": territory,
            "age": np.where(young, age.astype("U3"), ""),
            "ase": np.where(young, care, "non"),
            "besoin": np.where(young, np.r_[paired["besoin"].to_numpy(), rng.choice(NEEDS, others, p=NEED_SHARES)], ""),
            "modalite_souhaitee": rng.choice(["presentiel", "distanciel", "mixte"], n, p=[0.5, 0.15, 0.35]),
            "associations_compatibles": ["|".join(names) for names in compatible],
            "association_attribuee": np.where(attributed, chosen, ""),
            "mode_attribution": np.where(attributed, mode, ""),
            "date_envoi": np.where(attributed, iso(sent), ""),
            "date_binome": iso(start),
            "suite": np.where(is_pair, "binome", np.where(young, waiting, "")),
        }
    )
    return table.sort_values(["date_demande", "id_demande"], kind="stable", ignore_index=True)


def draw_registry(campagne: int, pairs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """S13 (text): the associations that run pairs, with the year's second half in a row of its own for some.

    SIRENs are of three digits: a number of nine could be somebody's.
    """
    run = pairs[pairs["association"] != ""]
    rows = []
    for name, own in run.groupby("association", sort=True):
        launched = int(((own["date_debut"] >= f"{campagne}-01-01") & (own["nature"] == "mentorat")).sum())
        row = {
            "association": name,
            "siren": str(101 + ASSOCIATIONS.index(str(name))),
            "nature": "les_deux" if (own["nature"] == "parrainage").any() else "mentorat",
            "age_min": str(rng.choice([8, 11, 14])),
            "age_max": str(rng.choice([18, 21, 25])),
            "besoins": "|".join(sorted(own["besoin"].unique())),
            "modalites": "|".join(sorted(own["modalite"].unique())),
            "territoires": "|".join(sorted(own["departement"].unique())),
            "capacite": str(round(len(own) * rng.uniform(1.0, 1.3))),
            "ouverte_demandes": "oui",
            "objectif_aap": str(round(launched * rng.uniform(0.9, 1.4))),
            "valable_du": f"{campagne - 2}-01-01",
            "valable_au": "",
        }
        if rng.random() < 0.3:
            rows.append({**row, "ouverte_demandes": "non", "valable_au": f"{campagne}-06-30"})
            row["valable_du"] = f"{campagne}-07-01"
        rows.append(row)
    return pd.DataFrame(rows)


def with_publics(registry: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """`registry` with the young people each association takes: the confiés always, the others as it says."""
    names = registry["association"].unique()
    taken = rng.random((len(names), 3)) < (0.4, 0.3, 0.7)
    others = {
        name: [word for word, takes in zip(("aed", "aemo", "mna"), own, strict=True) if takes]
        for name, own in zip(names, taken, strict=True)
    }
    adults = np.where(registry["age_max"].astype(int) > 18, "|jeunes_majeurs", "")
    own = registry["association"].map({name: "|".join(["confies", *words]) for name, words in others.items()})
    return registry.assign(publics=own + adults)


def draw_labels(campagne: int, rng: np.random.Generator) -> pd.DataFrame:
    """S10 (text): the national associations and some others, labelled for three years, one of them no longer."""
    labelled = [*ASSOCIATIONS[:NATIONAL_ASSOCIATIONS], *ASSOCIATIONS[NATIONAL_ASSOCIATIONS::4]]
    since = np.datetime64(f"{campagne - 2}-03-01") + rng.integers(0, 600, len(labelled))
    until = since + 3 * 365
    until[-1] = np.datetime64(f"{campagne}-05-31")
    return pd.DataFrame({"association": labelled, "date_label": iso(since), "valable_jusqu_au": iso(until)})


def draw_support(campagne: int, territories: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """`accompagnement` (text): one row per territory, a fifth helped closely and two fifths made aware."""
    n = len(territories)
    kind = rng.permutation(np.resize(["renforce", "sensibilisation", "sensibilisation", "aucun", "aucun"], n))
    begun = np.datetime64("2022-09-01") + rng.integers(
        0, max((np.datetime64(f"{campagne}-09-01") - np.datetime64("2022-09-01")).astype(int), 1), n
    )
    return pd.DataFrame({"departement": territories, "type": kind, "date_debut": iso(begun)})


def draw_outcomes(campagne: int, people: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """S15 (text): `devenir` of those who came of age by 31 December, and `fenetres`, what each source can see.

    Mentoring has no effect on these outcomes: they are drawn without looking at it.
    """
    last = np.datetime64(f"{campagne}-12-31")
    majority = days(people["annee"].to_numpy() + 18, people["mois"].to_numpy(), 15)
    adult = np.flatnonzero((majority < last - 30) & (people["champ"] != "hors_champ").to_numpy())
    opens = np.datetime64(f"{campagne - 3}-01-01")
    parts = []
    for source, (event, share) in OUTCOMES.items():
        who = adult[rng.random(len(adult)) < share]
        room = (last - majority[who]).astype(np.int64)
        start = np.maximum(majority[who] + (rng.random(len(who)) * room).astype(np.int64), opens)
        end = start + rng.integers(30, 540, len(who))
        over = (end <= last) & (source not in ("diplome", "mdph"))
        parts.append(
            pd.DataFrame(
                {
                    "id_jeune": people["id_jeune"].to_numpy()[who],
                    "source": source,
                    "evenement": event,
                    "date_debut": iso(start),
                    "date_fin": np.where(over, iso(end), ""),
                    "departement": people["territoire"].to_numpy()[who],
                }
            )
        )
    devenir = pd.concat(parts, ignore_index=True).sort_values(["departement", "id_jeune", "source"], ignore_index=True)
    territories = sorted(people["territoire"].unique())
    windows = pd.MultiIndex.from_product([list(OUTCOMES), territories], names=["source", "departement"]).to_frame(
        index=False
    )
    return devenir, windows.assign(debut=iso(np.array([opens]))[0], fin=iso(np.array([last]))[0])


def _structures(people: pd.DataFrame) -> pd.DataFrame:
    """One row per structure: its territory, kind and number of followed young people of 11 to 20."""
    stock = people[people["champ"] == "suivi"]
    teen = stock["age"].between(11, 20)
    table = (
        stock.assign(teen=teen)
        .groupby("structure", sort=True)
        .agg(departement=("territoire", "first"), jeunes=("teen", "sum"))
    )
    table = table.reset_index()
    return table.assign(type_structure=table["structure"].str.split("-").str[1].map(STRUCTURE_KINDS))


def draw_structure_answers(
    campagne: int, people: pd.DataFrame, mentored: npt.NDArray[np.bool_], rng: np.random.Generator
) -> pd.DataFrame:
    """S9 (text): the answers of about three structures in five, with their true numbers of mentored young people."""
    structures = _structures(people)
    inside = people.assign(mentored=mentored & people["age"].between(11, 20).to_numpy())
    count = inside.groupby("structure")["mentored"].sum().reindex(structures["structure"]).to_numpy()
    answered = rng.random(len(structures)) < 0.6
    table, count = structures[answered].reset_index(drop=True), count[answered]
    n = len(table)
    knows = (count > 0) | (rng.random(n) < 0.55)
    obstacles = rng.random((n, len(OBSTACLES))) < OBSTACLE_SHARES
    known = rng.random((n, NATIONAL_ASSOCIATIONS)) < 0.5
    day = np.datetime64(f"{campagne}-03-01") + rng.integers(0, 200, n)
    return pd.DataFrame(
        {
            "id_reponse": [f"E{i:05d}" for i in 1 + rng.permutation(n)],
            "date_reponse": iso(day),
            "departement": table["departement"],
            "type_structure": table["type_structure"],
            "nb_jeunes_11_20": table["jeunes"].astype("str"),
            "nb_jeunes_mentores": count.astype("str"),
            "connait_mentorat": np.where(knows, "oui", "non"),
            "associations_connues": [
                "|".join(np.array(ASSOCIATIONS[:NATIONAL_ASSOCIATIONS])[row]) if k else ""
                for row, k in zip(known, knows, strict=True)
            ],
            "freins": ["|".join(np.array(OBSTACLES)[row]) for row in obstacles],
            "equipement_numerique": np.where(rng.random(n) < 0.8, "oui", "non"),
            "interet": rng.choice(["1", "2", "3", "4", "5"], n, p=[0.05, 0.10, 0.25, 0.35, 0.25]),
        }
    ).sort_values("id_reponse", ignore_index=True)


def draw_professionals(campagne: int, people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """`enquete_professionnels` (text): professionals of the structures, one wave, 5 % of answers missing."""
    structures = _structures(people)
    n = min(PROFESSIONALS, 2 * len(structures))
    chosen = structures.iloc[np.sort(rng.integers(0, len(structures), n))].reset_index(drop=True)
    day = np.datetime64(f"{campagne + 1}-01-20") + rng.integers(0, 40, n)
    answers = {}
    for item, shares in {
        "attitude_ecole": [0.03, 0.09, 0.25, 0.40, 0.23],
        "temps_gagne": [0.10, 0.22, 0.33, 0.25, 0.10],
        "doublon": [0.35, 0.32, 0.20, 0.09, 0.04],
        "acces_seances": [0.06, 0.14, 0.25, 0.35, 0.20],
    }.items():
        value = rng.choice(["1", "2", "3", "4", "5"], n, p=shares)
        answers[item] = np.where(rng.random(n) < 0.05, "", value)
    return pd.DataFrame(
        {
            "id_repondant": [f"P{i:05d}" for i in 1 + rng.permutation(n)],
            "vague": "1",
            "date_reponse": iso(day),
            "departement": chosen["departement"],
            "type_structure": chosen["type_structure"],
            **answers,
        }
    ).sort_values("id_repondant", ignore_index=True)
