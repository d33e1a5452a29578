"""The files each sender would have made of the simulated world: what it keeps, in the shape it keeps it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mentorat.simulation import fichiers, pseudonyms
from mentorat.simulation.enquete import Survey
from mentorat.simulation.fichiers import Faults, Spoil
from mentorat.simulation.mesures import VARIABLES
from mentorat.simulation.parcours import Mentoring
from mentorat.simulation.plan import Sender

PASSAGE_COLUMNS = ("departement", "numanonym", "id_jeune", "id_jeune_phon", "id_jeune_inv")
DOSSIER_COLUMNS = (
    "id_dossier", "departement", "id_jeune", "id_jeune_phon", "id_jeune_inv", "naissance", "sexe", "classe",
    "type_accueil", "besoin", "voie", "date_candidature", "association", "date_lancement", "date_fin",
    "motif_fin", "statut", "date_evaluation", "date_derniere_evaluation", "conclusion_evaluation", "nature_proposition",
    "date_proposition", "reponse_jeune", "date_reponse_jeune", "date_information_jeune",
    "date_information_titulaires", "date_avis_jeune", "statut_juridique", "date_demande_accord",
    "nb_titulaires", "nb_accords_recus", "date_accord", "decision_accord", "date_accord_conseil_famille",
    "type_operateur",
    "date_transmission", "date_validation", "date_convention_individuelle", "signee_jeune", "document_mention",
    "date_decision", "date_dernier_bilan", "avis_jeune_recueilli", "date_evaluation_fin_concertee",
)  # fmt: skip
FOLLOW_UP_COLUMNS = (
    "date_convention_individuelle", "signee_jeune", "document_mention", "date_decision", "date_dernier_bilan",
    "avis_jeune_recueilli", "date_evaluation_fin_concertee",
)  # fmt: skip
EVALUATION_COLUMNS = ("date_evaluation", "date_derniere_evaluation", "conclusion_evaluation")
LAUNCHED = ("lance", "en_cours", "termine", "arret_anticipe")
NOT_PROPOSED = ("a_evaluer", "evalue", "non_retenu", "differe")
SPOILT_ASSOCIATIONS = ("demo-02", "demo-05")
SPOIL_EVENTS = Spoil("NUMANONYM", ("TYPEV", "7"), ("DATDEB", "DATFIN"), ("SEXE", "9"))
SPOIL_DOSSIERS = Spoil("id_dossier", ("statut", "en_vacances"), ("date_lancement", "date_fin"), ("classe", "CAP"))
SPOIL_PAIRS = Spoil(
    "id_binome", ("modalite", "telepathie"), ("date_debut", "date_fin"), ("lieu_principal", "telephone")
)


def _day(column: pd.Series) -> pd.Series:
    days: pd.Series = column.dt.strftime("%Y-%m-%d").fillna("")
    return days


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every column as text: ISO days, empty where missing."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        columns[name] = _day(column) if column.dtype.kind == "M" else column.astype("str").where(column.notna(), "")
    return pd.DataFrame(columns)


def dossiers_sent(dossiers: pd.DataFrame, sender: Sender, follow_up: bool) -> pd.DataFrame:
    """The dossiers one sender keeps: those from its first exhaustive step on, with the columns it fills."""
    columns = [c for c in DOSSIER_COLUMNS if follow_up or c not in FOLLOW_UP_COLUMNS]
    if sender.premiere_etape != "evaluation":
        columns = [c for c in columns if c not in EVALUATION_COLUMNS]
        dossiers = dossiers[~dossiers["statut"].isin(NOT_PROPOSED)]
    if sender.premiere_etape == "lancement":
        dossiers = dossiers[dossiers["statut"].isin(LAUNCHED)]
    return dossiers[columns].reset_index(drop=True)


@dataclass(frozen=True)
class World:
    """Everything drawn for one campagne, before it is shown through what each sender keeps."""

    campagne: int
    key: str
    senders: dict[str, Sender]
    people: pd.DataFrame
    events: pd.DataFrame
    mentoring: Mentoring
    survey: Survey


def write_senders(folder: Path, world: World, rng: np.random.Generator) -> dict[str, Faults]:
    """P, S0, S1, S2, S6 and S16 of every collectivité; returns the faults put in, by path."""
    campagne, senders, people = world.campagne, world.senders, world.people
    events, mentoring = world.events, world.mentoring
    faults: dict[str, Faults] = {}
    extraction = f"{campagne + 1}-03-15"
    sent = events.assign(collectivite=people["collectivite"].to_numpy()[events["person"].to_numpy()])
    sent = sent.sort_values(["collectivite", "NUMANONYM", "date", "DATDEB", "TYPEV"], kind="stable")
    events_of = dict(tuple(sent.groupby("collectivite", sort=True)))
    people_of = dict(tuple(people.groupby("collectivite", sort=True)))
    owner = people["collectivite"].to_numpy()[mentoring.dossiers["person"].to_numpy()]
    dossiers_of = dict(tuple(_text(mentoring.dossiers[list(DOSSIER_COLUMNS)]).groupby(owner, sort=True)))
    conventions = draw_conventions(campagne, mentoring.pairs, rng)
    owner_of = people.drop_duplicates("territoire").set_index("territoire")["collectivite"]
    conventions_of = dict(tuple(conventions.groupby(conventions["departement"].map(owner_of), sort=True)))
    spoilt_dossiers, spoilt_events = _to_spoil(senders)

    for rank, (code, sender) in enumerate(senders.items()):
        if sender.silent:
            continue
        place = folder / sender.emetteur
        if sender.mesures:
            rows = _measures_sent(events_of[code], sender, campagne)
            if code == spoilt_events:
                rows, faults[f"{sender.emetteur}/mesures_ase.csv"] = fichiers.spoil(rows, SPOIL_EVENTS, code)
            if sender.xml:
                fichiers.write_olinpe_xml(rows, place / "olinpe.xml", extraction)
            else:
                fichiers.write_csv(rows, place / "mesures_ase.csv", "utf-8")
        if sender.passage:
            table = people_of[code].sort_values("numanonym").rename(columns={"territoire": "departement"})
            fichiers.write_csv(table[list(PASSAGE_COLUMNS)], place / "passage.csv", "utf-8")
        if sender.dossiers:
            table = dossiers_sent(dossiers_of[code], sender, follow_up=rank % 3 != 2)
            if code in spoilt_dossiers:
                path = f"{sender.emetteur}/dossiers_mentorat.csv"
                table, faults[path] = fichiers.spoil(table, SPOIL_DOSSIERS, code)
            _write_dossiers(table, place, sender)
        if sender.conventions and code in conventions_of:
            fichiers.write_csv(conventions_of[code], place / "conventions.csv", "utf-8-sig")
        if sender.agregee:
            _write_aggregate(place, campagne, people_of[code], mentoring)
        _write_perimetre(place, sender, extraction)
    return faults


def _to_spoil(senders: dict[str, Sender]) -> tuple[list[str], str]:
    """Codes of the collectivités whose dossiers (three) and whose S1 file (one) hold faulty rows."""
    dossiers = [
        code
        for code, s in senders.items()
        if s.dossiers and s.mesures and s.dossiers_format == "csv-bom" and s.emetteur.startswith("departement-")
    ]
    complete = [code for code, s in senders.items() if s.mesures and not s.xml and s.initialisation]
    return dossiers[:3], complete[-1]


def _measures_sent(events: pd.DataFrame, sender: Sender, campagne: int) -> pd.DataFrame:
    """S1 of one sender: initialisation and flow, or the flow of the campagne alone."""
    if not sender.initialisation:
        events = events[events["date"] >= f"{campagne}-01-01"]
    return events[list(VARIABLES)].reset_index(drop=True)


def _write_dossiers(table: pd.DataFrame, place: Path, sender: Sender) -> None:
    if sender.dossiers_format == "xlsx":
        fichiers.write_workbook(fichiers.labelled(table), place / "dossiers_mentorat.xlsx", "Suivi du mentorat")
        return
    encoding = fichiers.ENCODINGS[sender.dossiers_format]
    if encoding == "cp1252":
        table = fichiers.french_dates(fichiers.labelled(table))
    fichiers.write_csv(table, place / "dossiers_mentorat.csv", encoding)


def _write_perimetre(place: Path, sender: Sender, extraction: str) -> None:
    sent = {
        "passage": sender.passage,
        "mesures_ase": sender.mesures,
        "dossiers_mentorat": sender.dossiers,
        "conventions": sender.conventions,
        "remontee_agregee": sender.agregee,
    }
    sources = [source for source, there in sent.items() if there]
    steps = [sender.premiere_etape if s == "dossiers_mentorat" else "" for s in sources]
    table = pd.DataFrame(
        {
            "emetteur": sender.emetteur,
            "source": sources,
            "premiere_etape_exhaustive": steps,
            "publics_inclus": "confies|aed|aemo|mna|jeunes_majeurs",
            "date_extraction": extraction,
            "exhaustif": ["partiel" if s == "mesures_ase" and not sender.initialisation else "oui" for s in sources],
            "statut_validation": "transmis",
        }
    )
    fichiers.write_csv(table, place / "perimetre.csv")


def _write_aggregate(place: Path, campagne: int, people: pd.DataFrame, mentoring: Mentoring) -> None:
    stock = people[(people["champ"] == "suivi") & people["accueil"]]
    pairs = mentoring.pairs[mentoring.pairs["person"].isin(people.index)]
    launched = pairs[pairs["date_debut"] >= f"{campagne}-01-01"]
    running = pairs[pairs["date_fin"].isna()]
    table = pd.DataFrame(
        {
            "departement": people["territoire"].iloc[:1],
            "annee": campagne,
            "confies_11_17": int(stock["age"].between(11, 17).sum()),
            "binomes_lances": int((launched["nature"] == "mentorat").sum()),
            "binomes_31_12": int((running["nature"] == "mentorat").sum()),
            "dont_parrainage": int((running["nature"] == "parrainage").sum()),
            "associations_conventionnees": int(pairs["association"].replace("", pd.NA).nunique()),
        }
    ).astype("str")
    fichiers.write_csv(table, place / "remontee_agregee.csv")


def draw_conventions(campagne: int, pairs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """S6 (text): one convention per territory, operating association and kind; amounts are whole euros.

    A pair costs between 450 and 1 300 €, shared between département, State and private funds.
    """
    operated = pairs[pairs["association"] != ""]
    groups = operated.groupby(["departement", "association", "nature"], sort=True)
    table = groups.agg(
        binomes=("person", "size"), lances=("date_debut", lambda d: int((d >= f"{campagne}-01-01").sum()))
    )
    table = table.reset_index()
    n = len(table)
    mentorat = table["nature"] == "mentorat"
    cost = table["binomes"] * rng.integers(450, 1300, n)
    shares = rng.dirichlet([5, 3, 2], n)
    signed = np.datetime64(f"{campagne - 1}-10-01") + rng.integers(0, 150, n)
    opened = campagne - rng.integers(0, 8, n)
    antenna = rng.random(n) < 0.6

    def amount(share: Any) -> pd.Series:
        euros: pd.Series = (cost * share).round().astype(int).astype("str").where(mentorat, "")
        return euros

    return pd.DataFrame(
        {
            "departement": table["departement"],
            "operateur": table["association"],
            "type": np.where(mentorat, "convention_mentorat", "habilitation_parrainage"),
            "date_signature": np.datetime_as_string(signed, unit="D"),
            "date_fin": np.datetime_as_string(signed + rng.choice([730, 1095], n), unit="D"),
            "annee": str(campagne),
            "objectif_binomes": np.ceil(table["lances"] * rng.uniform(0.9, 1.5, n))
            .astype(int)
            .astype("str")
            .where(mentorat, ""),
            "montant_departement": amount(shares[:, 0]),
            "montant_etat": amount(shares[:, 1]),
            "montant_prive": amount(shares[:, 2]),
            "part_rh": pd.Series(rng.normal(0.70, 0.06, n).clip(0.4, 0.95)).map("{:.2f}".format).where(mentorat, ""),
            "etp": (table["binomes"] / 35).map("{:.2f}".format).where(mentorat, ""),
            "imputation": np.where(rng.random(n) < 0.8, "convention_dediee", "prix_journee"),
            "mode_selection": np.where(rng.random(n) < 0.6, "appel_a_projet", "sourcing_direct"),
            "antenne_locale": np.where(antenna, "oui", "non"),
            "annee_antenne": np.where(antenna, opened.astype("U4"), ""),
        }
    )


def write_associations(folder: Path, world: World, rng: np.random.Generator) -> dict[str, Faults]:
    """S3 and P of the demonstration associations, and a file to be refused; returns the faults put in."""
    campagne, people, mentoring = world.campagne, world.people, world.mentoring
    faults: dict[str, Faults] = {}
    pairs = mentoring.pairs
    n = len(pairs)
    own = people.iloc[pairs["person"].to_numpy()].reset_index(drop=True)
    dossier = mentoring.dossiers.dropna(subset="pair").set_index("pair")["id_dossier"].reindex(range(n))
    kept = (
        pairs["collectivite"]
        .map({code: sender.dossiers for code, sender in world.senders.items()})
        .to_numpy(dtype=bool)
    )
    misspelt = kept & (rng.random(n) < 0.03)
    known = kept & ((rng.random(n) < 0.70) | misspelt)
    other = pseudonyms.level_one((f"jeune|autre graphie|{i}" for i in own["identite"]), world.key)
    running = pairs["date_fin"].isna()
    table = pd.DataFrame(
        {
            "id_binome": pairs["id_binome"],
            "association": pairs["association"],
            "departement": pairs["departement"],
            "id_jeune": own["id_jeune"].where(~misspelt, pd.Series(other)),
            "id_jeune_phon": own["id_jeune_phon"],
            "id_jeune_inv": own["id_jeune_inv"],
            "id_dossier": dossier.where(known, ""),
            "id_mentor": pairs["id_mentor"],
            "naissance": own["annee"].astype(str) + "-" + own["mois"].astype(str).str.zfill(2),
            "sexe": own["sexe"],
            "nature": pairs["nature"],
            "modalite": pairs["modalite"],
            "lieu_principal": np.where(
                pairs["modalite"] == "distanciel",
                "visio",
                rng.choice(["antenne", "lieu_de_vie", "sorties"], n),
            ),
            "objectif_principal": pairs["besoin"],
            "voie": pairs["voie"],
            "seances_prevues_mois": rng.choice(["2", "3", "4"], n, p=[0.2, 0.1, 0.7]),
            "date_debut": _day(pairs["date_debut"]),
            "date_fin_prevue": _day(pairs["date_fin_prevue"]),
            "date_fin": _day(pairs["date_fin"]),
            "motif_fin": np.where(running, "", pairs["motif_fin"]),
        }
    )
    for association, own_rows in table[table["association"] != ""].groupby("association", sort=True):
        emetteur = f"association-{association}"
        rows = own_rows.sort_values("id_binome").reset_index(drop=True)
        if association in SPOILT_ASSOCIATIONS:
            rows, faults[f"{emetteur}/binomes.csv"] = fichiers.spoil(rows, SPOIL_PAIRS, "")
        encoding = "utf-8-sig" if str(association) < "demo-09" else "utf-8"
        fichiers.write_csv(rows, folder / emetteur / "binomes.csv", encoding)
        perimetre = {
            "emetteur": emetteur,
            "source": "binomes",
            "premiere_etape_exhaustive": "lancement",
            "publics_inclus": "confies|aed|aemo|mna|jeunes_majeurs",
            "date_extraction": f"{campagne + 1}-02-28",
            "exhaustif": "oui",
        }
        fichiers.write_csv(pd.DataFrame([perimetre]), folder / emetteur / "perimetre.csv")
    # A file that names people must be refused whole; the names here are plain tokens.
    first = mentoring.dossiers.head(5)
    refused = pd.DataFrame(
        {
            "id_dossier": first["id_dossier"],
            "departement": first["departement"],
            "Nom": [f"CANARI-NOM-{i}" for i in range(1, len(first) + 1)],
            "Prénom": [f"CANARI-PRENOM-{i}" for i in range(1, len(first) + 1)],
            "naissance": first["naissance"],
            "statut": first["statut"],
        }
    )
    fichiers.write_csv(refused, folder / "association-demo-07" / "suivi_candidatures.csv", "cp1252")
    return faults


def write_survey(folder: Path, world: World) -> None:
    """S8 and P of the evaluators."""
    for name, table in world.survey.files.items():
        fichiers.write_csv(table, folder / "enquete" / f"{name}.csv", "utf-8")
    sources = ["enquete_echantillon", "enquete_mentores", "enquete_non_mentores", "enquete_mentors"]
    perimetre = pd.DataFrame(
        {
            "emetteur": "enquete",
            "source": sources,
            "premiere_etape_exhaustive": "",
            "publics_inclus": "confies|aed|aemo|mna",
            "date_extraction": f"{world.campagne + 1}-03-10",
            "exhaustif": "oui",
        }
    )
    fichiers.write_csv(perimetre, folder / "enquete" / "perimetre.csv")
