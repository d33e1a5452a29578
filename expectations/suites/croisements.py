"""Rules of several files: what one sender tells of a pair, a session, a mentor, against what another tells.

All are warnings: a département that sends nothing, or a file that cannot be linked, is normal, and what cannot be
checked is said to be so. Each rule belongs to the table whose rows are at fault.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from expectations.lake import MISSING, SENDER, Lake
from expectations.measures import Measure, shares, true
from expectations.rules import threshold
from mentorat.contracts.sources import contracts
from mentorat.reference import parametre

NOT_CARE = ["11", "14", "19"]
"""NATDECASSED of expertise, investigation and budget help: no care begins with them."""
MEASURE = ["NUMANONYM", "DECISION", "NATPDECADM", "NATDECASSED", "TYPINTERDOM", "TYPDECJUD", "DATDEB"]
SURVEYS = {
    "enquete_mentores": "mentores",
    "enquete_non_mentores": "non_mentores",
    "enquete_mentors": "mentors",
}


def last_day(lake: Lake) -> pd.Timestamp:
    """31 December of the campagne."""
    return pd.Timestamp(lake.campagne, 12, 31)


def places_of(values: pd.Series, known: pd.Series) -> np.ndarray:
    """Where each identity stands in `known` (unique), -1 where it is missing or not there (n integers)."""
    found = pd.Index(known).get_indexer(pd.Index(values))
    return np.where(values == MISSING, -1, found)


def persons(lake: Lake, pseudonyms: pd.Series, table: str = "identites", of: str = "id_jeune") -> pd.Series:
    """The person of each pseudonym (n numbers); the pseudonym itself where linkage knows no better."""
    known = lake.shared(table, [of, "id_personne"])
    known = known[(known[of] != MISSING) & (known["id_personne"] != MISSING)].drop_duplicates(of)
    if known.empty:
        return pseudonyms
    at = places_of(pseudonyms, known[of])
    return pseudonyms.where(at < 0, known["id_personne"].to_numpy()[at])


# --- pairs ---------------------------------------------------------------------------------------------------------


def care_of_pairs(lake: Lake) -> list[Measure]:
    """A pair begins while its young person is in care, where the département's S1 and S0 can tell."""
    pairs = lake.read("binomes", ["id_jeune", "date_debut", SENDER])
    pairs = pairs.assign(personne=persons(lake, pairs["id_jeune"])).dropna(subset=["date_debut"])
    passage = lake.until("passage", ["id_jeune", "numanonym"]).drop_duplicates()
    passage = passage.assign(personne=persons(lake, passage["id_jeune"]))
    passage = passage[passage["personne"].isin(pairs["personne"])]
    spells = care_spells(lake, passage[["personne", "numanonym"]].drop_duplicates())
    known = pairs["personne"].isin(spells["personne"])
    slack = pd.Timedelta(days=threshold("tolerance_prise_en_charge_jours"))
    told = pairs[known].reset_index().merge(spells, on="personne")
    begins = told["date_debut"]
    inside = (told["debut"] - slack <= begins) & (told["fin"].isna() | (begins <= told["fin"] + slack))
    covered = pairs.index.isin(told.loc[inside, "index"])
    return [
        Measure(
            "prise_en_charge",
            "Un binôme commence pendant la prise en charge du jeune (S1, par la table de passage)",
            shares(pairs[SENDER], ~covered, known),
            maximum=threshold("part_hors_prise_en_charge"),
        )
    ]


def care_spells(lake: Lake, numbers: pd.DataFrame) -> pd.DataFrame:
    """Measures of the persons of `numbers` (personne, numanonym): personne, debut, fin (missing: still running).

    A number follows NUMANONYMANT once, so that a spelling corrected this year keeps last year's measures.
    """
    columns = [*MEASURE, "NUMANONYMANT", "LIEUPLAC", "DATFIN"]
    now = lake.matching("mesures_ase", columns, "NUMANONYM", numbers["numanonym"].unique())
    chained = now[["NUMANONYM", "NUMANONYMANT"]].drop_duplicates()
    chained = chained[~chained["NUMANONYMANT"].isin([MISSING]) & (chained["NUMANONYM"] != chained["NUMANONYMANT"])]
    older = numbers.merge(chained, left_on="numanonym", right_on="NUMANONYM")[["personne", "NUMANONYMANT"]]
    older = older.rename(columns={"NUMANONYMANT": "numanonym"})
    before = lake.matching("mesures_ase", columns, "NUMANONYM", older["numanonym"].unique()) if len(older) else now[:0]
    events = pd.concat([now, before], ignore_index=True)
    care = events[~events["NATDECASSED"].isin(NOT_CARE) & (events["LIEUPLAC"] != "20") & events["DATDEB"].notna()]
    spells = care.groupby(MEASURE, dropna=False, as_index=False)["DATFIN"].max()
    owners = pd.concat([numbers, older]).drop_duplicates()
    found = owners.merge(spells, left_on="numanonym", right_on="NUMANONYM")
    return found[["personne", "DATDEB", "DATFIN"]].set_axis(["personne", "debut", "fin"], axis=1)


def one_open_pair(lake: Lake) -> list[Measure]:
    """One running pair of a nature for a young person in an association."""
    pairs = lake.read("binomes", ["association", "id_jeune", "nature", "date_fin", SENDER])
    running = pairs["date_fin"].isna() | (pairs["date_fin"] > last_day(lake))
    key = pairs.assign(personne=persons(lake, pairs["id_jeune"]))[["association", "personne", "nature"]]
    twice = key[running].duplicated(keep=False).reindex(pairs.index, fill_value=False)
    return [
        Measure(
            "un_binome_ouvert",
            "Un seul binôme ouvert par jeune et par association",
            shares(pairs[SENDER], twice, running),
            maximum=threshold("part_binomes_ouverts_doubles"),
        )
    ]


def references_of_pairs(lake: Lake) -> list[Measure]:
    """The file and the request a pair names are known to the département and to the platform.

    A pair that began soon after the first request received may have been asked for before it.
    """
    pairs = lake.read("binomes", ["departement", "id_dossier", "id_demande", "date_debut", SENDER])
    files = lake.until("dossiers_mentorat", ["departement", "id_dossier"])
    asked = pairs["departement"].isin(files["departement"].unique()) & (pairs["id_dossier"] != MISSING)
    requests = lake.until("demandes_1j1m", ["id_demande", "date_demande"])
    since = requests["date_demande"].min() + pd.DateOffset(months=int(threshold("delai_demande_mois")))
    seuil = threshold("part_reference_inconnue")
    return [
        Measure(
            "dossier_connu",
            "Le dossier cité par un binôme est connu du département",
            shares(pairs[SENDER], ~pairs["id_dossier"].isin(files["id_dossier"]), asked),
            maximum=seuil,
        ),
        Measure(
            "demande_connue",
            "La demande citée par un binôme est connue de la plateforme 1jeune1mentor",
            shares(
                pairs[SENDER],
                ~pairs["id_demande"].isin(requests["id_demande"]),
                (pairs["id_demande"] != MISSING) & (pairs["date_debut"] >= since),
            ),
            maximum=seuil,
        ),
    ]


def mentors_of_pairs(lake: Lake) -> list[Measure]:
    """The mentor of a pair is known of its association (S5), and was checked within twelve months (S5b)."""
    pairs = lake.read("binomes", ["association", "departement", "id_mentor", "date_debut", "date_fin", SENDER])
    mentor = persons(lake, pairs["id_mentor"], "identites_mentors", "id_mentor")
    register = lake.read("mentors", ["association", "id_mentor"])
    known = persons(lake, register["id_mentor"], "identites_mentors", "id_mentor")
    checks = lake.until("controles_honorabilite", ["departement", "id_mentor", "date_controle", SENDER])
    checks = checks.assign(mentor=persons(lake, checks["id_mentor"], "identites_mentors", "id_mentor"))
    last = last_day(lake)
    oldest = last - pd.DateOffset(months=parametre("validite_controle_mois", last.date()))
    fresh = checks.loc[checks["date_controle"].between(oldest, last), "mentor"]
    running = (pairs["date_debut"] <= last) & (pairs["date_fin"].isna() | (pairs["date_fin"] > last))
    told = pairs["departement"].isin(checks["departement"].unique()) | pairs[SENDER].isin(checks[SENDER].unique())
    return [
        Measure(
            "mentor_connu",
            "Le mentor d'un binôme figure au fichier des mentors de l'association",
            shares(pairs[SENDER], ~mentor.isin(known), pairs["association"].isin(register["association"].unique())),
            maximum=threshold("part_reference_inconnue"),
        ),
        Measure(
            "controle_honorabilite",
            "Le mentor d'un binôme en cours a été contrôlé dans les douze mois (D.221-39)",
            shares(pairs[SENDER], ~mentor.isin(fresh), running & told),
            maximum=threshold("part_sans_controle"),
        ),
    ]


# --- sessions ------------------------------------------------------------------------------------------------------


def _sessions(lake: Lake, table: str, day: str) -> list[Measure]:
    sessions = lake.read(table, ["id_binome", day, SENDER])
    pairs = lake.read("binomes", ["id_binome", "association", "date_debut", "date_fin", SENDER])
    pairs = pairs.drop_duplicates("id_binome")
    at = places_of(sessions["id_binome"], pairs["id_binome"])
    sent = sessions[SENDER].isin(pairs[SENDER].unique()).to_numpy()
    when = sessions[day].to_numpy(dtype="datetime64[s]") if day != "mois" else _months(sessions[day])
    begun, ended = (pairs[name].to_numpy(dtype="datetime64[s]") for name in ("date_debut", "date_fin"))
    outside = np.zeros(len(sessions), dtype=bool)
    if len(pairs):
        start, end = begun[at], ended[at]
        # a month is inside when one of its days is
        start = start.astype("datetime64[M]") if day == "mois" else start
        outside = (when < start) | (when > end)
    return [
        Measure(
            "binome_connu",
            "Une séance est celle d'un binôme transmis par l'association",
            shares(sessions[SENDER], at < 0, sent),
            maximum=threshold("part_reference_inconnue"),
        ),
        Measure(
            "dans_le_binome",
            "Une séance tombe entre le début et la fin de son binôme",
            shares(sessions[SENDER], outside, at >= 0),
            maximum=threshold("part_hors_binome"),
        ),
    ]


def _months(months: pd.Series) -> np.ndarray:
    return pd.to_datetime(months, format="%Y-%m", errors="coerce").to_numpy(dtype="datetime64[s]")


def sessions(lake: Lake) -> list[Measure]:
    """Sessions against their pairs."""
    return _sessions(lake, "seances", "date_seance")


def monthly_sessions(lake: Lake) -> list[Measure]:
    """Months of sessions against their pairs."""
    return _sessions(lake, "seances_mois", "mois")


# --- correspondence, aggregates, perimeter -------------------------------------------------------------------------


def correspondence(lake: Lake) -> list[Measure]:
    """The numbers of S0 are those of S1, and nearly every number of S1 has its line in S0."""
    passage = lake.until("passage", ["departement", "numanonym", SENDER])
    now = lake.read("passage", ["numanonym", SENDER])
    events = lake.until("mesures_ase", ["NUMANONYM", SENDER]).drop_duplicates("NUMANONYM")
    return [
        Measure(
            "numero_sans_mesure",
            "Un numéro de la table de passage est celui d'un événement OLINPE",
            shares(
                now[SENDER],
                ~now["numanonym"].isin(events["NUMANONYM"]),
                now[SENDER].isin(events[SENDER].unique()),
            ),
            maximum=threshold("part_reference_inconnue"),
        ),
        Measure(
            "numero_sans_passage",
            "Chaque jeune des mesures OLINPE a sa ligne dans la table de passage du département",
            shares(
                events[SENDER],
                ~events["NUMANONYM"].isin(passage["numanonym"]),
                events[SENDER].isin(passage[SENDER].unique()),
            ),
            maximum=threshold("part_numanonym_sans_passage"),
        ),
    ]


def aggregates(lake: Lake) -> list[Measure]:
    """S16's pairs against the individual files of the same département, where both exist."""
    told = lake.read("remontee_agregee", ["departement", "binomes_lances", "binomes_31_12", SENDER])
    pairs = lake.read("binomes", ["departement", "date_debut", "date_fin"])
    files = lake.read("dossiers_mentorat", ["departement", "date_lancement", "date_fin"])
    files = files.rename(columns={"date_lancement": "date_debut"}).dropna(subset=["date_debut"])
    last = last_day(lake)

    def counted(rows: pd.DataFrame) -> pd.DataFrame:
        """By territory, and by addressee where it holds several."""
        wider = rows.assign(departement=rows["departement"].map(addressees()))
        rows = pd.concat([rows, wider[wider["departement"] != rows["departement"]]], ignore_index=True)
        begun = rows["date_debut"].dt.year == lake.campagne
        running = (rows["date_debut"] <= last) & (rows["date_fin"].isna() | (rows["date_fin"] > last))
        marked = rows.assign(binomes_lances=begun, binomes_31_12=running)
        return marked.groupby("departement")[["binomes_lances", "binomes_31_12"]].sum()

    # S3 counts pairs; S2 where there is no S3
    both = counted(pairs).astype("float64").combine_first(counted(files).astype("float64"))
    found = []
    for name, words in (("binomes_lances", "lancés dans l'année"), ("binomes_31_12", "actifs au 31 décembre")):
        known = told["departement"].map(both[name]).astype("float64")
        largest = np.maximum(known, told[name].astype("float64"))
        gap = (known - told[name].astype("float64")).abs() / largest.where(largest > 0)
        units = pd.DataFrame({"emetteur": told[SENDER], "valeur": gap, "precision": f"binômes {words}"})
        found.append(
            Measure(
                f"ecart_{name}",
                f"La remontée agrégée s'accorde avec les fichiers individuels (binômes {words})",
                units,
                maximum=threshold("ecart_remontee"),
            )
        )
    return found


def addressees() -> dict[str, str]:
    """The collectivité in charge of each territory."""
    from mentorat.reference import load

    table = load("territoires")
    return dict(zip(table["territoire"], table["collectivite"], strict=True))


def perimeters(lake: Lake) -> list[Measure]:
    """A perimeter comes with each source sent, and tells of a source that was sent."""
    told = lake.read("perimetre", ["emetteur", "source", "date_extraction", SENDER])
    journal = lake.read("journal", ["emetteur", "source", "statut", "lignes_acceptees"])
    sent = journal[(journal["statut"] == "acceptee") & (journal["lignes_acceptees"] > 0)].dropna(subset=["source"])
    sent = sent.loc[sent["source"] != "perimetre", ["emetteur", "source"]].drop_duplicates()
    received = set(zip(sent["emetteur"], sent["source"], strict=True))
    described = set(zip(told[SENDER], told["source"], strict=True))
    lonely = pd.Series([key not in received for key in zip(told[SENDER], told["source"], strict=True)], dtype=bool)
    bare = pd.DataFrame(
        {
            "emetteur": sent["emetteur"],
            "valeur": [float(key not in described) for key in zip(sent["emetteur"], sent["source"], strict=True)],
            "precision": sent["source"].map(lambda source: contracts()[source].titre if source in contracts() else ""),
        }
    )
    early = told["date_extraction"] < last_day(lake)
    return [
        Measure(
            "source_sans_perimetre",
            "Chaque source reçue est accompagnée de son périmètre",
            bare[bare["emetteur"].isin(set(told[SENDER]))],
            maximum=0,
        ),
        Measure(
            "perimetre_sans_source",
            "Chaque périmètre décrit une source reçue",
            shares(told[SENDER], lonely.to_numpy()),
            maximum=0,
        ),
        Measure(
            "extraction_avant_terme",
            "L'extraction est faite une fois l'année close",
            shares(told[SENDER], early, told["date_extraction"].notna() & (told["source"] != "perimetre")),
            maximum=0,
        ),
    ]


# --- surveys, outcomes ---------------------------------------------------------------------------------------------


def response(lake: Lake) -> list[Measure]:
    """Response rates are computable: who was asked is known, wave by wave, and so is who answered."""
    sample = lake.read("enquete_echantillon", ["vague", "id_repondant", "groupe", "repondu", SENDER])
    answers = []
    for survey, group in SURVEYS.items():
        rows = lake.read(survey, ["vague", "id_repondant"])
        answers.append(rows.assign(groupe=group))
    given = pd.concat(answers)
    keys = set(zip(given["groupe"], given["vague"], given["id_repondant"], strict=True))
    answered = np.array(
        [key in keys for key in zip(sample["groupe"], sample["vague"], sample["id_repondant"], strict=True)], dtype=bool
    )
    said = sample["repondu"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    asked = sample["groupe"].isin(set(given["groupe"]))
    return [
        Measure(
            "reponse_annoncee",
            "« repondu » s'accorde avec les réponses reçues",
            shares(sample[SENDER], answered != said, asked),
            maximum=threshold("part_incoherente"),
        )
    ]


def _respondents(survey: str) -> Callable[[Lake], list[Measure]]:
    def measured(lake: Lake) -> list[Measure]:
        answers = lake.read(survey, ["vague", "id_repondant", SENDER])
        sample = lake.read("enquete_echantillon", ["vague", "id_repondant", "groupe"])
        sample = sample[sample["groupe"] == SURVEYS[survey]]
        asked = set(zip(sample["vague"], sample["id_repondant"], strict=True))
        unknown = [key not in asked for key in zip(answers["vague"], answers["id_repondant"], strict=True)]
        return [
            Measure(
                "taux_reponse_calculable",
                "Chaque répondant est dans l'échantillon : le taux de réponse est calculable",
                shares(answers[SENDER], np.array(unknown, dtype=bool)),
                maximum=threshold("part_repondant_inconnu"),
            )
        ]

    return measured


def outcomes(lake: Lake) -> list[Measure]:
    """An outcome falls in a window that its administration's file can observe."""
    events = lake.read("devenir", ["source", "departement", "date_debut", SENDER]).reset_index()
    windows = lake.until("fenetres", ["source", "departement", "debut", "fin"])
    told = events.merge(windows, on=["source", "departement"])
    inside = told.loc[told["date_debut"].between(told["debut"], told["fin"]), "index"]
    return [
        Measure(
            "dans_la_fenetre",
            "Un événement du devenir tombe dans une fenêtre d'observation de sa source",
            shares(events[SENDER], ~events["index"].isin(set(inside)), events["index"].isin(set(told["index"]))),
            maximum=threshold("part_reference_inconnue"),
        ),
        Measure(
            "fenetre_connue",
            "Chaque source du devenir a sa fenêtre d'observation",
            shares(events[SENDER], ~events["index"].isin(set(told["index"]))),
            maximum=threshold("part_reference_inconnue"),
        ),
    ]


def linkage(lake: Lake) -> list[Measure]:
    """How well pairs are linked to the young people of their département, MNA apart; what waits for a human.

    A pair counts as linked when its person is also told by the département (S0, S2 or S11).
    """
    pairs = lake.read("binomes", ["id_jeune", "departement", SENDER])
    marks = lake.read("rapprochement", ["id_jeune_etude", "mna"], store="pilotage")
    others = [lake.until(s, ["id_jeune", "departement"]) for s in ("passage", "dossiers_mentorat", "parcours_ase")]
    told = pd.concat(others, ignore_index=True)
    there = persons(lake, told["id_jeune"])
    mna = pairs["id_jeune"].isin(marks.loc[true(marks["mna"].astype("boolean")), "id_jeune_etude"])
    concerned = pairs["departement"].isin(told["departement"].unique())
    linked = persons(lake, pairs["id_jeune"]).isin(there)
    review = lake.path("revue", store="pilotage")
    waiting = lake.read("revue", ["passe"], store="pilotage")
    found = []
    for name, libelle, among, seuil in (
        ("binomes_rattaches", "Les binômes sont reliés aux jeunes du département (hors MNA)", ~mna, ""),
        ("binomes_rattaches_mna", "Les binômes de MNA sont reliés aux jeunes du département", mna, "_mna"),
    ):
        units = shares(pairs[SENDER], ~linked, concerned & among)
        maximum = 1 - threshold(f"part_rattachee_minimum{seuil}")
        found.append(Measure(name, libelle, units, maximum=maximum))
    pending = pd.DataFrame({"emetteur": ["ensemble"], "en_defaut": [len(waiting)], "concernees": [len(pairs)]})
    pending["valeur"] = len(waiting) / len(pairs) if review.exists() and len(pairs) else np.nan
    found.append(
        Measure(
            "rapprochements_a_revoir",
            "Peu de rapprochements attendent une décision humaine",
            pending,
            maximum=threshold("part_a_revoir"),
        )
    )
    return found


RULES: dict[str, tuple[Callable[[Lake], list[Measure]], ...]] = {
    "binomes": (care_of_pairs, one_open_pair, references_of_pairs, mentors_of_pairs),
    "seances": (sessions,),
    "seances_mois": (monthly_sessions,),
    "passage": (correspondence,),
    "remontee_agregee": (aggregates,),
    "perimetre": (perimeters,),
    "enquete_echantillon": (response,),
    **{survey: (_respondents(survey),) for survey in SURVEYS},
    "devenir": (outcomes,),
    "identites": (linkage,),
}
"""Table whose rows are at fault → the rules that hold it against others."""


def measures(table: str, lake: Lake) -> list[Measure]:
    """The rules of several files that bear on a table."""
    return [measure for rule in RULES.get(table, ()) for measure in rule(lake)]
