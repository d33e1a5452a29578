"""The files each sender would have made of the simulated world: what it keeps, in the shape it keeps it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mentorat.simulation import collectivites, fichiers, national, pseudonyms, seances
from mentorat.simulation.enquete import Survey
from mentorat.simulation.fichiers import NO_FAULT, TITLE_AND_TOTAL, Outbox, Spoil, csv, damage, workbook
from mentorat.simulation.mesures import VARIABLES
from mentorat.simulation.parcours import Mentoring
from mentorat.simulation.plan import Sender
from mentorat.simulation.population import iso

STREAMS = (
    "naissance", "renouvellements", "graphies", "seances", "mentors", "controles", "demandes", "etat", "acteurs",
    "collectivites", "conventions", "ecarts", "registre",
)  # fmt: skip
"""Parts that draw from a generator of their own, beside the first one; a new part is added at the end."""
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
SPOIL_DOSSIERS = Spoil("id_dossier", ("statut", "en_vacances"), ("date_lancement", "date_fin"), ("classe", "cap"))
SPOIL_PAIRS = Spoil(
    "id_binome", ("modalite", "telepathie"), ("date_debut", "date_fin"), ("lieu_principal", "telephone")
)
SPOIL_MENTORS = Spoil(
    "id_mentor",
    ("profil", "extraterrestre"),
    ("date_recrutement", "date_sortie"),
    ("statut_engagement", "interet_general"),
)
ROTATED = "demo-10"
"""The association that already uses the programme's next key, and gives the former pseudonyms beside."""
MONTHLY = ("demo-07", "demo-08", "demo-12")
"""Associations that count sessions by month; the others keep each one."""
KEEP_CHECKS = ("demo-04", "demo-10")
"""Associations that keep the dates of their mentors' checks."""
TELLS_CONVENTIONS = "demo-01"
"""The association that tells its conventions too."""
OWN_CONVENTION_COLUMNS = (
    "departement", "operateur", "type", "date_signature", "date_fin", "annee", "objectif_binomes",
    "montant_departement", "montant_etat", "montant_prive", "part_rh", "etp",
)  # fmt: skip
PROTECTED = ("association-demo-04", "plateforme-1jeune1mentor")
"""Senders that protect a file by a password."""
SESSION_SHAPES = {
    "demo-02": ("utf-8", ","),
    "demo-05": ("utf-8", "\t"),
    "demo-06": ("cp1252", ";"),
    "demo-11": ("utf-16", "\t"),
}
REPEATED_SESSIONS, LAST_YEAR_SESSIONS = 25, 12
MISSPELT_MNA = 0.04
"""Share of unaccompanied minors' pairs misspelt beside the 3 % of everybody's."""
SPELLINGS = ("graphie_voisine", "date_inversee", "autre_graphie")
SPELLING_SHARES = (0.50, 0.20, 0.30)


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
    """Everything drawn for one campagne, before it is shown through what each sender keeps.

    `stream` gives the random generator of a name: what one part draws never changes what another does.
    """

    campagne: int
    graine: int
    key: str
    senders: dict[str, Sender]
    people: pd.DataFrame
    events: pd.DataFrame
    mentoring: Mentoring
    survey: Survey
    sessions: seances.Sessions
    mentors: pd.DataFrame
    checks: pd.DataFrame
    stream: Callable[[str], np.random.Generator]
    support: pd.DataFrame | None = None
    """`accompagnement`, when it was drawn for several campagnes."""

    def password(self, emetteur: str) -> str:
        """The demonstration password of a sender's protected files."""
        return password(emetteur, self.graine)


def password(emetteur: str, graine: int) -> str:
    """The demonstration password of a sender's protected files, which a seed settles."""
    return pseudonyms.demonstration_key(emetteur, graine)


def write_senders(box: Outbox, world: World, rng: np.random.Generator) -> dict[str, int]:
    """P, S0, S1, S2, S5b, S6, S11, S12, S14 and S16 of every collectivité, and S6 of one association.

    Returns the truth of the conventions that both sides tell.
    """
    campagne, senders, people = world.campagne, world.senders, world.people
    events, mentoring = world.events, world.mentoring
    extraction = f"{campagne + 1}-03-15"
    sent = events
    if "collectivite" not in sent:
        sent = events.assign(collectivite=people["collectivite"].to_numpy()[events["person"].to_numpy()])
    sent = sent.sort_values(["collectivite", "NUMANONYM", "date", "DATDEB", "TYPEV"], kind="stable")
    events_of = dict(tuple(sent.groupby("collectivite", sort=True)))
    people_of = {str(code): own for code, own in people.groupby("collectivite", sort=True)}
    owner = people["collectivite"].to_numpy()[mentoring.dossiers["person"].to_numpy()]
    dossiers_of = dict(tuple(_text(mentoring.dossiers[list(DOSSIER_COLUMNS)]).groupby(owner, sort=True)))
    conventions = _with_capacity(draw_conventions(campagne, mentoring.pairs, rng), world.stream("conventions"))
    owner_of = people.drop_duplicates("territoire").set_index("territoire")["collectivite"]
    conventions_of = dict(tuple(conventions.groupby(conventions["departement"].map(owner_of), sort=True)))
    spoilt_dossiers, spoilt_events = _to_spoil(senders)

    for rank, (code, sender) in enumerate(senders.items()):
        if sender.silent:
            continue
        place = sender.emetteur
        if sender.passage:
            table = people_of[code].sort_values("numanonym").rename(columns={"territoire": "departement"})
            box.send(f"{place}/passage.csv", "passage", table[list(PASSAGE_COLUMNS)], csv("utf-8"))
        if sender.mesures:
            rows, faults = _measures_sent(events_of[code], sender, campagne), NO_FAULT
            if code == spoilt_events:
                rows, faults = fichiers.spoil(rows, SPOIL_EVENTS, code)
            name, write = (
                ("olinpe.xml", fichiers.olinpe_xml(extraction)) if sender.xml else ("mesures_ase.csv", csv("utf-8"))
            )
            box.send(f"{place}/{name}", "mesures_ase", rows, write, faults=faults)
        if sender.dossiers:
            table, faults = dossiers_sent(dossiers_of[code], sender, follow_up=rank % 3 != 2), NO_FAULT
            if code in spoilt_dossiers:
                table, faults = fichiers.spoil(table, SPOIL_DOSSIERS, code)
            _send_dossiers(box, table, sender, faults)
        if sender.conventions and code in conventions_of:
            box.send(f"{place}/conventions.csv", "conventions", conventions_of[code], csv())
    _send_other_files(box, world, people_of, conventions)
    told_twice = _send_own_conventions(box, conventions_of, senders)
    for sender in senders.values():
        _send_perimetre(box, sender.emetteur, extraction, sender)
    return told_twice


def _send_own_conventions(
    box: Outbox, conventions_of: dict[str, pd.DataFrame], senders: dict[str, Sender]
) -> dict[str, int]:
    """S6 of one association where the collectivité tells it too; every third amount is a tenth lower.

    Returns the truth: conventions both sides tell, and those of another amount.
    """
    told = pd.concat([own for code, own in conventions_of.items() if senders[code].conventions], ignore_index=True)
    told = told.loc[told["operateur"] == TELLS_CONVENTIONS, list(OWN_CONVENTION_COLUMNS)].reset_index(drop=True)
    mentorat = (told["type"] == "convention_mentorat").to_numpy()
    lower = mentorat & (np.cumsum(mentorat) % 3 == 1)
    amount = pd.to_numeric(told["montant_departement"])
    differs = lower & (amount >= 10).to_numpy()
    received = (amount - amount // 10).where(differs, 0).fillna(0).astype(int).astype("str")
    told["montant_departement"] = received.where(differs, told["montant_departement"])
    box.send(f"association-{TELLS_CONVENTIONS}/conventions.csv", "conventions", told, csv())
    return {"doubles": len(told), "montants_differents": int(differs.sum())}


def _send_other_files(box: Outbox, world: World, people_of: dict[str, pd.DataFrame], conventions: pd.DataFrame) -> None:
    """S5b, S11, S12, S14 and S16 of the collectivités, and a file sent twice."""
    campagne, checks = world.campagne, world.checks
    pairs, dossiers = world.mentoring.pairs, world.mentoring.dossiers
    rng = world.stream("collectivites")
    owner = pairs["collectivite"].to_numpy()[checks["pair"].to_numpy()]
    checks_of = dict(tuple(checks.drop(columns="pair").groupby(owner, sort=True)))
    active = [(code, s) for code, s in world.senders.items() if not s.silent]
    full = [code for code, s in active if s.passage and s.mesures and not s.xml]
    own_software = full[1::20] or full[:1]
    twice = next(s.emetteur for _, s in active if f"{s.emetteur}/conventions.csv" in box.files)
    box.send_again(f"{twice}/conventions.csv", f"{twice}/conventions (2).csv")
    for rank, (code, sender) in enumerate(active):
        place, people = sender.emetteur, people_of[code]
        territories = sorted(people["territoire"].unique())
        if rank % 3 != 2:
            table = collectivites.draw_roadmap(campagne, territories, rng)
            name, write = ("ods", fichiers.write_ods) if rank % 24 == 1 else ("csv", csv())
            box.send(f"{place}/feuille_route.{name}", "feuille_route", table, write)
        if rank % 2 == 0:
            table = collectivites.draw_actions(campagne, territories, rng)
            shape = {0: ("utf-16", "\t"), 4: ("utf-8", ",")}.get(rank % 8, ("utf-8-sig", ";"))
            box.send(f"{place}/actions.csv", "actions", table, csv(*shape))
        if sender.dossiers and rank % 5 != 4 and code in checks_of:
            _send_checks(box, checks_of[code], place, in_words=rank == 2, spoilt=rank == 0)
        if code in own_software:
            paths, faults = damage(
                collectivites.draw_paths(campagne, people, rng), "id_jeune", ("type_ligne", "vacances"), code
            )
            box.send(f"{place}/parcours_ase.csv", "parcours_ase", paths, csv("cp1252"), faults=faults)
        if sender.agregee or code in full[2::40]:
            table = collectivites.aggregate(
                campagne, people, mna=world.people["mna"], pairs=pairs, dossiers=dossiers, conventions=conventions
            )
            box.send(f"{place}/remontee_agregee.csv", "remontee_agregee", table, csv())


def _send_checks(box: Outbox, table: pd.DataFrame, place: str, in_words: bool, spoilt: bool) -> None:
    faults = NO_FAULT
    if spoilt:
        table, faults = damage(table, "id_mentor", ("type", "voyance"), "")
    if in_words:
        words, write = fichiers.in_words(table, "controles_honorabilite"), workbook("Contrôles d'honorabilité")
        path = f"{place}/controles_honorabilite.xlsx"
        box.send(path, "controles_honorabilite", words, write, faults=faults, ignored=TITLE_AND_TOTAL)
    else:
        box.send(f"{place}/controles_honorabilite.csv", "controles_honorabilite", table, csv(), faults=faults)


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


def _send_dossiers(box: Outbox, table: pd.DataFrame, sender: Sender, faults: fichiers.Faults) -> None:
    path = f"{sender.emetteur}/dossiers_mentorat"
    if sender.dossiers_format == "xlsx":
        write = workbook("Suivi du mentorat")
        box.send(
            f"{path}.xlsx", "dossiers_mentorat", fichiers.labelled(table), write, faults=faults, ignored=TITLE_AND_TOTAL
        )
        return
    if sender.dossiers_format == "csv-cp1252":
        table = fichiers.labelled(fichiers.french_dates(table))
    write = csv(fichiers.ENCODINGS[sender.dossiers_format])
    box.send(f"{path}.csv", "dossiers_mentorat", table, write, faults=faults)


def _send_perimetre(box: Outbox, emetteur: str, extraction: str, sender: Sender | None = None) -> None:
    """P of one sender, from what it sent; nothing where it sent nothing."""
    sources = box.sources(emetteur)
    if not sources:
        return
    steps = {"dossiers_mentorat": sender.premiere_etape if sender else "", "binomes": "lancement"}
    partial = "mesures_ase" if sender and not sender.initialisation else None
    table = pd.DataFrame(
        {
            "emetteur": emetteur,
            "source": sources,
            "premiere_etape_exhaustive": [steps.get(source, "") for source in sources],
            "publics_inclus": "confies|aed|aemo|mna" + ("" if emetteur == "enquete" else "|jeunes_majeurs"),
            "date_extraction": extraction,
            "exhaustif": ["partiel" if source == partial else "oui" for source in sources],
            "statut_validation": "transmis",
        }
    )
    box.send(f"{emetteur}/perimetre.csv", "perimetre", table, csv())


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


def _with_capacity(conventions: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """`conventions` with the département's own staff, the young people aimed at and the check of capacity (D221-37).

    Most capacities are checked in the four months before the signature; a few after it, or never.
    """
    n = len(conventions)
    signed = conventions["date_signature"].to_numpy().astype("datetime64[D]")
    checked = signed - np.where(rng.random(n) < 0.05, -rng.integers(1, 60, n), rng.integers(3, 120, n))
    checked = np.where(rng.random(n) < 0.88, checked, np.datetime64("NaT"))
    own = pd.to_numeric(conventions["etp"]) * rng.uniform(0.15, 0.40, n)
    publics = rng.choice(["confies", "confies|mna", "confies|aed|aemo|mna", "confies|mna|jeunes_majeurs"], n)
    return conventions.assign(
        etp_departement=own.map("{:.2f}".format, na_action="ignore").fillna(""),
        publics=publics,
        date_verification_capacite=iso(checked),
    )


def write_associations(box: Outbox, world: World, rng: np.random.Generator) -> dict[str, Any]:
    """S3, S4, S5, S5b and P of the demonstration associations, and a file to be refused.

    Returns the truth of linkage: sent pairs whose pseudonym is not the département's, by kind of error.
    """
    table, linkage = draw_pairs_sent(world, rng)
    mentoring = world.mentoring
    rotate = _rotation(world)
    for association, own_rows in table[table["association"] != ""].groupby("association", sort=True):
        rows, faults = own_rows.sort_values("id_binome").reset_index(drop=True), NO_FAULT
        if association == ROTATED:
            rows = rotate(rows, "id_mentor")
        else:
            rows = rows.drop(columns=["id_jeune_ant", "id_mentor_ant"])
        if association in SPOILT_ASSOCIATIONS:
            rows, faults = fichiers.spoil(rows, SPOIL_PAIRS, "")
        encoding = "utf-8-sig" if str(association) < "demo-09" else "utf-8"
        box.send(f"association-{association}/binomes.csv", "binomes", rows, csv(encoding), faults=faults)
    _send_sessions(box, world)
    _send_mentors(box, world, rotate)
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
    box.send("association-demo-07/suivi_candidatures.csv", None, refused, csv("cp1252"))
    for association in sorted(set(table["association"]) - {""}):
        _send_perimetre(box, f"association-{association}", f"{world.campagne + 1}-02-28")
    return linkage


def draw_pairs_sent(world: World, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, Any]]:
    """S3 (text) as every association would write it, `*_ant` columns included, and the truth of linkage."""
    people, mentoring = world.people, world.mentoring
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
    spelt = _misspell(own, misspelt, world)
    known &= ~spelt.pop("dossier_perdu").to_numpy()
    running = pairs["date_fin"].isna()
    table = pd.DataFrame(
        {
            "id_binome": pairs["id_binome"],
            "association": pairs["association"],
            "departement": pairs["departement"],
            "id_jeune": spelt["id_jeune"],
            "id_jeune_ant": spelt["id_jeune"],
            "id_jeune_phon": spelt["id_jeune_phon"],
            "id_jeune_inv": spelt["id_jeune_inv"],
            "id_dossier": dossier.where(known, ""),
            "id_demande": national.demand_references(pairs),
            "id_mentor": pairs["id_mentor"],
            "id_mentor_ant": pairs["id_mentor"],
            "naissance": own["annee"].astype(str) + "-" + spelt["mois"].astype(str).str.zfill(2),
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
    sent = (pairs["association"] != "").to_numpy()
    errors = spelt.assign(mna=own["mna"], dossier_connu=known)[sent & (spelt["faute"] != "").to_numpy()]
    by_kind = errors.groupby("faute", sort=True)
    gap = mentoring.dossiers.dropna(subset="pair").set_index("pair")["ecart"].reindex(range(n)).fillna("")
    named = sent & known & (gap != "").to_numpy()
    gaps = gap[named].groupby([pairs.loc[named, "departement"], gap[named]]).size()
    truth = {
        "binomes": int(sent.sum()),
        # Pairs whose dossier is named by the association and differs, by territory and in what.
        "ecarts_sources": {
            str(code): {str(k): int(v) for k, v in own.droplevel(0).items()} for code, own in gaps.groupby(level=0)
        },
        "dont_mna": int((sent & own["mna"].to_numpy()).sum()),
        "cle_anterieure": int((pairs["association"] == ROTATED).sum()),
        "fautes": {
            str(kind): {
                "binomes": len(rows),
                "dont_mna": int(rows["mna"].sum()),
                "sans_id_dossier": int((~rows["dossier_connu"]).sum()),
            }
            for kind, rows in by_kind
        },
    }
    return table, truth


def _misspell(own: pd.DataFrame, misspelt: np.ndarray, world: World) -> pd.DataFrame:
    """The pseudonyms of n pairs as the associations made them, with `faute` (kind, or empty), `mois`, `dossier_perdu`.

    Another spelling that sounds alike keeps the phonetic form; day and month swapped exchange the exact and the
    swapped forms; any other spelling keeps nothing. Half of the first two kinds have lost their id_dossier.
    """
    rng = world.stream("graphies")
    n = len(own)
    wrong = misspelt | (own["mna"].to_numpy() & (rng.random(n) < MISSPELT_MNA))
    kind = np.where(wrong, rng.choice(SPELLINGS, n, p=SPELLING_SHARES), "")
    swappable = ((own["id_jeune_inv"] != "") & (own["id_jeune_inv"] != own["id_jeune"])).to_numpy()
    kind = np.where((kind == "date_inversee") & ~swappable, "graphie_voisine", kind)
    lost = (rng.random(n) < 0.5) & np.isin(kind, ["graphie_voisine", "date_inversee"])
    spelt = own[["id_jeune", "id_jeune_phon", "id_jeune_inv", "mois"]].assign(faute=kind, dossier_perdu=lost)

    def written(chosen: np.ndarray, what: str) -> list[str]:
        return pseudonyms.level_one((f"jeune|{what}|{i}" for i in own.loc[chosen, "identite"]), world.key)

    same_day = (own["jour"] == own["mois"]).to_numpy()
    for name in ("graphie_voisine", "autre_graphie"):
        chosen = kind == name
        exact = written(chosen, name)
        swapped = np.where(same_day[chosen], exact, written(chosen, f"{name} inversée"))
        spelt.loc[chosen, "id_jeune"] = exact
        spelt.loc[chosen, "id_jeune_inv"] = np.where(own.loc[chosen, "id_jeune_inv"] == "", "", swapped)
    chosen = kind == "autre_graphie"
    spelt.loc[chosen, "id_jeune_phon"] = written(chosen, "autre_graphie phonétique")
    chosen = kind == "date_inversee"
    spelt.loc[chosen, "id_jeune"] = own.loc[chosen, "id_jeune_inv"]
    spelt.loc[chosen, "id_jeune_inv"] = own.loc[chosen, "id_jeune"]
    spelt.loc[chosen, "id_jeune_phon"] = written(chosen, "phonétique, date inversée")
    spelt.loc[chosen, "mois"] = own.loc[chosen, "jour"]
    return spelt


def _rotation(world: World) -> Callable[..., pd.DataFrame]:
    """A function that puts the pseudonym columns it is told of, and those of the young, under the next key."""
    key = pseudonyms.demonstration_key(pseudonyms.NEXT_KEY, world.graine)

    def rotate(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
        rows = rows.copy()
        for name in [c for c in rows if c in columns or c in ("id_jeune", "id_jeune_phon", "id_jeune_inv")]:
            # what matters is that both keys give unrelated pseudonyms of one person
            rows[name] = np.where(rows[name] == "", "", pseudonyms.level_one(rows[name], key))
        return rows

    return rotate


def _send_sessions(box: Outbox, world: World) -> None:
    pairs, sessions = world.mentoring.pairs, world.sessions
    operator = pairs["association"].to_numpy()[sessions.pair]
    for association in sorted(set(operator) - {""}):
        own, place = sessions.take(operator == association), f"association-{association}"
        if association in MONTHLY:
            box.send(f"{place}/seances_mois.csv", "seances_mois", seances.month_table(own, pairs), csv())
            continue
        rows, faults = seances.day_table(own, pairs), NO_FAULT
        if association == "demo-03":
            repeated, before = min(REPEATED_SESSIONS, len(rows)), min(LAST_YEAR_SESSIONS, len(rows))
            rows = seances.spoil_sessions(rows, world.campagne, repeated, before)
            faults = fichiers.Faults(before, repeated)
        write = csv(*SESSION_SHAPES.get(association, ("utf-8-sig", ";")))
        box.send(f"{place}/seances.csv", "seances", rows, write, faults=faults)


def _send_mentors(box: Outbox, world: World, rotate: Callable[..., pd.DataFrame]) -> None:
    """S5 of every association, in every shape, and S5b of those that keep the dates."""
    pairs, checks = world.mentoring.pairs, world.checks
    operator = pairs["association"].to_numpy()[checks["pair"].to_numpy()]
    for association, own_rows in world.mentors.groupby("association", sort=True):
        place, faults, ignored = f"association-{association}", NO_FAULT, 0
        rows = own_rows.sort_values("id_mentor").reset_index(drop=True)
        name, write = "mentors.csv", csv()
        if association == "demo-02":
            write = csv("utf-16", "\t")
        elif association == "demo-03":
            rows, faults = fichiers.spoil(rows, SPOIL_MENTORS, "")
        elif association in ("demo-04", "demo-07"):
            secret = world.password(place) if place in PROTECTED else None
            rows, name, ignored = fichiers.in_words(rows, "mentors"), "mentors.xlsx", TITLE_AND_TOTAL
            write = workbook("Mentors", secret)
        elif association == ROTATED:
            rows = rotate(rows.assign(id_mentor_ant=rows["id_mentor"]), "id_mentor")
        box.send(
            f"{place}/{name}",
            "mentors",
            rows,
            write,
            faults=faults,
            ignored=ignored,
            protected=association == "demo-04",
        )
        if association == "demo-01":
            corrected = rows[rows["heures_formation"] != ""].iloc[::10].assign(heures_formation="5")
            box.send(f"{place}/mentors_corriges.csv", "mentors", corrected, csv(), replaces=True)
        if association in KEEP_CHECKS:
            own = checks[operator == association].drop(columns="pair").reset_index(drop=True)
            if association == ROTATED:
                own = rotate(own.assign(id_mentor_ant=own["id_mentor"]), "id_mentor")
            box.send(f"{place}/controles_honorabilite.csv", "controles_honorabilite", own, csv("utf-8"))


def write_national(box: Outbox, world: World) -> dict[str, Any]:
    """S7 of the platform; S10, S13, S15 and accompagnement of the DGCS; P of both. Returns the truth of S7."""
    campagne, people, pairs = world.campagne, world.people, world.mentoring.pairs
    extraction = f"{campagne + 1}-01-31"
    platform, state = PROTECTED[1], "dgcs"
    demands = national.draw_demands(campagne, pairs, people, world.stream("demandes"))
    rows, faults = damage(demands, "id_demande", ("profil", "curieux"), "1J1M")
    write = fichiers.aes_zip(world.password(platform))
    box.send(f"{platform}/demandes_1j1m.zip", "demandes_1j1m", rows, write, faults=faults, protected=True)
    rng = world.stream("etat")
    registry = national.with_publics(national.draw_registry(campagne, pairs, rng), world.stream("registre"))
    box.send(f"{state}/associations.csv", "associations", registry, csv())
    box.send(f"{state}/label_qualite.ods", "label_qualite", national.draw_labels(campagne, rng), fichiers.write_ods)
    support = national.draw_support(campagne, sorted(people["territoire"].unique()), rng)
    if world.support is not None:
        support = world.support[world.support["date_debut"] <= f"{campagne}-12-31"]
    box.send(f"{state}/accompagnement.csv", "accompagnement", support, csv())
    devenir, windows = national.draw_outcomes(campagne, people, rng)
    rows, faults = damage(devenir, "id_jeune", ("source", "horoscope"), "")
    box.send(f"{state}/devenir.csv", "devenir", rows, csv("utf-8"), faults=faults)
    box.send(f"{state}/fenetres.csv", "fenetres", windows, csv("utf-8"))
    for emetteur in (platform, state):
        _send_perimetre(box, emetteur, extraction)
    return {
        "demandes": len(demands),
        "par_mode": _counts(demands["mode_attribution"]),
        "par_suite": _counts(demands["suite"]),
        "devenir_par_source": _counts(devenir["source"]),
    }


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(k): int(v) for k, v in column[column != ""].value_counts().sort_index().items()}


def write_survey(box: Outbox, world: World) -> None:
    """S8, S9 and P of the evaluators."""
    campagne, people, rng = world.campagne, world.people, world.stream("acteurs")
    for name, table in world.survey.files.items():
        source = name if name.startswith("enquete") else f"enquete_{name}"
        box.send(f"enquete/{name}.csv", source, table, csv("utf-8"))
    professionals = national.draw_professionals(campagne, people, rng)
    box.send("enquete/professionnels.csv", "enquete_professionnels", professionals, csv("utf-8"))
    mentored = np.zeros(len(people), dtype=bool)
    mentored[world.mentoring.running(np.datetime64(f"{campagne}-12-31"))["person"].unique()] = True
    answers = national.draw_structure_answers(campagne, people, mentored, rng)
    rows, faults = damage(answers, "id_reponse", ("interet", "12"), "E")
    box.send("enquete/questionnaire_acteurs.csv", "questionnaire_acteurs", rows, csv("utf-8"), faults=faults)
    _send_perimetre(box, "enquete", f"{campagne + 1}-03-10")
