"""Disclosure control: the one door between what is known and what is shown."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from mentorat import reference
from mentorat.causal.effect_tables import SCHEMAS
from mentorat.contracts.catalogue import catalogue
from mentorat.disclosure.counts import WHOLE
from mentorat.disclosure.door import ReleasedDocument, ReleasedTable, release_document, write_audit
from mentorat.disclosure.rules import AUDIENCES, Audience
from mentorat.disclosure.storage import load_release, save_release
from mentorat.lake import read_parquet
from mentorat.settings import Settings
from orchestration.defs.durees import DIPLOMAS, DURATION_TABLES, STUDIES
from orchestration.defs.estimations import SURVEY_RESULTS, SURVEY_SCALES, estimation_key
from orchestration.defs.recueil import JOURNAL
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, link

MADE_FROM = {
    "indicateurs": [AssetKey(["indicateurs"])],
    "receptions": [AssetKey(["receptions"])],
    "journal": [JOURNAL],
    "flux_cohorte": [AssetKey(["flux_cohorte"])],
    "etude_2022": [estimation_key("etude_2022")],
    "calendrier": [estimation_key("calendrier")],
    **{table: [estimation_key(table)] for table in ("differences", *SURVEY_RESULTS)},
    # a scale is told as far as the answers it sums up are
    **{table: [estimation_key(table), estimation_key("enquete_resultats")] for table in SURVEY_SCALES},
    # together: one would give back what another hides
    **{table: [*map(estimation_key, SCHEMAS), AssetKey(["indicateurs"])] for table in SCHEMAS},
    **{table: [*map(estimation_key, DURATION_TABLES)] for table in DURATION_TABLES},
    DIPLOMAS: [estimation_key(DIPLOMAS)],
    STUDIES: [estimation_key(STUDIES)],
    "redressement": [
        estimation_key("redressement"),
        estimation_key("redressement_reponses"),
        AssetKey(["indicateurs"]),
    ],
    "redressement_strates": [estimation_key("redressement_strates")],
    "redressement_manquants": [estimation_key("redressement_manquants")],
    "redressement_residus": [estimation_key("redressement_residus"), AssetKey(["indicateurs"])],
}
"""Released table → what it is made from."""
ROWS = ["lignes_recues", "lignes_acceptees", "lignes_ecartees", "doublons_exacts"]
"""Rows received, then the parts they split into."""
PUBLISHED_BEFORE = (
    "Chiffres publiés en 2022 par Break Poverty Foundation et Koreis Conseil ; les intervalles en sont déduits."
)

REAL = (
    "Études publiées dont les données sont publiques (Brooks, Donovan et Johnson, 2018 ; LaLonde, 1986), recalculées."
)
SIMULATED = "Vérité de la simulation : elle ne décrit que des jeunes inventés, et reste vide quand rien n'est simulé."


def diffusion_key(table: str) -> AssetKey:
    """Asset key of a released table (all its audiences)."""
    return AssetKey(["diffusion", table])


def load(settings: Settings, campagne: int, table: str, audience: Audience) -> ReleasedTable:
    """A released table, checked against its audit record (PublicationStopped otherwise)."""
    return load_release(settings.diffusion(campagne), table, audience)


def is_released(settings: Settings, campagne: int, table: str, audience: Audience) -> bool:
    """Whether a table of a campagne was ever released to an audience."""
    return (settings.diffusion(campagne) / f"{table}.{audience}.parquet").exists()


def audit_path(settings: Settings, campagne: int) -> Path:
    """The audit log of the campagne's releases (it holds times: never published)."""
    return settings.lake / "audit" / f"{campagne}.jsonl"


def released_document(
    settings: Settings, campagne: int, html: str, sources: Sequence[ReleasedTable], name: str
) -> ReleasedDocument:
    """Pass a page through the door and log it."""
    document = release_document(html, sources, name)
    write_audit([document], audit_path(settings, campagne))
    return document


def journal_counts(journal: pd.DataFrame, anomalies: pd.DataFrame) -> pd.DataFrame:
    """Files and rows by sender and source, from the journal (n files, one row each) of files now in the dépôt; rows set
    aside by rule and source, from `anomalies` (n faults); the sums of both, so that all is protected as one table.

    `ensemble` in emetteur, source or regle marks a sum. A row with several faults counts for its first rule, so that
    the rules of a file add up; what no row tells is the rows of refused files.
    """
    present = journal[journal["statut"] != "retiree"].assign(fichiers=1)
    present["fichiers_refuses"] = (present["statut"] == "refusee").astype(int)
    present["source"] = present["source"].fillna("non_reconnue")
    counts = ["fichiers", "fichiers_refuses", *ROWS, "lignes_remplacees"]
    by_sender = present.groupby(["emetteur", "source"], as_index=False)[counts].sum()
    if by_sender.empty:
        return by_sender.assign(regle=WHOLE)
    by_rule = _set_aside_by_rule(by_sender, anomalies[anomalies["chemin"].isin(present["chemin"])])
    by_rule = by_rule.groupby(["source", "regle"], as_index=False)["lignes_ecartees"].sum().assign(emetteur=WHOLE)
    told = by_sender.assign(regle=WHOLE)
    by_source = told.groupby("source", as_index=False)[counts].sum().assign(emetteur=WHOLE, regle=WHOLE)
    # no sum of the sources: it would hide most of them, to protect the few small ones
    return pd.concat([told, by_source, by_rule], ignore_index=True).astype(dict.fromkeys(counts, "Int64"))


def _set_aside_by_rule(by_sender: pd.DataFrame, anomalies: pd.DataFrame) -> pd.DataFrame:
    rows = anomalies.dropna(subset=["ligne", "source"]).sort_values("regle").drop_duplicates(["chemin", "ligne"])
    keys = ["emetteur", "source"]
    found = rows.groupby([*keys, "regle"]).size().rename("lignes_ecartees").reset_index()
    aside = by_sender[[*keys, "lignes_ecartees"]].rename(columns={"lignes_ecartees": "total"})
    told = found.groupby(keys, as_index=False)["lignes_ecartees"].sum()
    rest = aside.merge(told, on=keys, how="left").fillna({"lignes_ecartees": 0})
    rest["reste"] = rest["total"] - rest["lignes_ecartees"]
    # a fault told of rows that were kept: the rules of this file are no partition of its rows set aside
    torn = set(rest.loc[rest["reste"] < 0, keys].itertuples(index=False, name=None))
    refused = rest.loc[rest["reste"] > 0, [*keys, "reste"]].rename(columns={"reste": "lignes_ecartees"})
    every = pd.concat([found, refused.assign(regle="fichier_refuse")], ignore_index=True)
    whole = [key not in torn for key in zip(every["emetteur"], every["source"], strict=True)]
    return every.loc[np.array(whole, dtype=bool)]


def hidden_steps(indicateurs: pd.DataFrame) -> tuple[str, ...]:
    """Steps of the flow that would give back a hidden number of eligible young people.

    The flow counts those eligible one day at least of the year, hardly more than those of 31 December, and apart those
    of territories without a correspondence file: beside the totals of the other territories, either would come close to
    the one that is hidden.
    """
    totals = indicateurs[(indicateurs["indicateur"] == "A1") & (indicateurs["ventilation"] == "")]
    return ("eligibles", "non_rapprochables") if (totals["diffusion"] == "secret").any() else ()


def compared_steps(indicateurs: pd.DataFrame) -> tuple[str, ...]:
    """Steps of the cohort's comparison that would give back a hidden number of eligible young people: the first one
    counts all those who could be compared, which is hardly less than all who are eligible."""
    return ("nouveaux_binomes",) if hidden_steps(indicateurs) else ()


def with_rules(indicateurs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the mart that disclosure has rules for (`diffuse` in the catalogue), associations apart: the other rows
    stay in the lake until rules are written for them."""
    ruled = {name for name, indicator in catalogue().items() if indicator.diffuse}
    return indicateurs[indicateurs["indicateur"].isin(ruled) & (indicateurs["niveau"] != "association")]


def releases(settings: Settings, campagne: int) -> Iterator[ReleasedTable]:
    """Every released table of the campagne, each audience apart.

    Raises PublicationStopped when the attacker finds a hidden cell.
    """
    from mentorat.disclosure import counts, effects, indicators

    marts, estimations = settings.marts(campagne), settings.estimations(campagne)
    indicateurs = with_rules(read_parquet(marts / "indicateurs.parquet"))
    receptions = read_parquet(marts / "receptions.parquet")
    journal = read_parquet(settings.lake / "journal" / f"{campagne}.parquet")
    # rows by territory split a sender's file (Alsace, Corsica): no report shows them, so nothing ties them here
    receptions = receptions.drop(columns="lignes_territoire")
    labels = [name for name in receptions if name not in {"territoire", "source", *ROWS}]
    released = {audience: indicators.release_indicators(indicateurs, audience) for audience in AUDIENCES}
    yield from released.values()
    yield from national_releases(settings, campagne, released)
    yield counts.release_counts(
        receptions,
        ROWS[0],
        ROWS[1:],
        ["territoire", "source"],
        "partenaire",
        keep=labels,
        name="receptions",
    )
    yield counts.release_counts(
        journal_counts(journal, read_parquet(settings.lake / "anomalies" / f"{campagne}.parquet")),
        ROWS[0],
        ROWS[1:],
        ["emetteur", "source", "regle"],
        "public",
        alone=["lignes_remplacees"],
        keep=["fichiers", "fichiers_refuses"],
        name="journal",
    )
    flow = read_parquet(marts / "flux_cohorte.parquet")
    yield counts.release_flow(flow, "public", tied=hidden_steps(released["public"].frame))
    study = read_parquet(estimations / "etude_2022.parquet")
    for audience in AUDIENCES:
        yield counts.release_public_figures(study, PUBLISHED_BEFORE, audience, name="etude_2022")
        yield counts.release_estimates(
            read_parquet(estimations / "differences.parquet"),
            list(effects.SIZES.values()),
            audience,
            events=effects.SIZES,
            name="differences",
        )
        yield counts.release_estimates(
            read_parquet(estimations / "calendrier.parquet"),
            list(effects.SIZES.values()),
            audience,
            events=effects.SIZES,
            keys=("issue", "libelle", "source", "comparaison", "premiere_campagne", "hypotheses", "date_hypotheses"),
            name="calendrier",
        )
    yield from _survey_releases(estimations)
    yield from _duration_releases(estimations)
    tables = {table: read_parquet(estimations / f"{table}.parquet") for table in SCHEMAS}
    yield from effects.release_effects(tables, compared_steps(released["public"].frame))


def national_releases(
    settings: Settings, campagne: int, indicateurs: Mapping[Audience, ReleasedTable]
) -> Iterator[ReleasedTable]:
    """The national totals, rounded so that they give back nothing that the indicators hide."""
    from mentorat.disclosure import national
    from mentorat.survey.national_tables import COUNTED

    def read(table: str) -> pd.DataFrame:
        return read_parquet(settings.estimations(campagne) / f"{table}.parquet")

    places = reference.load("territoires")
    owners = dict(zip(places["territoire"], places["collectivite"], strict=True))
    shown = {audience: table.frame for audience, table in indicateurs.items()}
    hidden = {
        total: {
            audience: national.hidden_codes(frame, indicateur, campagne, owners) for audience, frame in shown.items()
        }
        for total, indicateur in COUNTED.items()
    }
    tables, weighed = read("redressement"), read("redressement_reponses")
    for audience in AUDIENCES:
        yield national.release_national(tables, weighed, hidden, audience)
        yield national.release_strata(read("redressement_strates"), audience)
        yield national.release_missing(read("redressement_manquants"), audience)
        yield national.release_residuals(read("redressement_residus"), hidden, audience)


def _survey_releases(estimations: Path) -> Iterator[ReleasedTable]:
    """Results of the surveys, their response rates, weights, scales and missing answers, and the truth where they are
    simulated."""
    from mentorat.disclosure import counts, survey

    rates = read_parquet(estimations / "enquete_taux_reponse.parquet")
    told = {audience: survey.release_response_rates(rates, audience) for audience in AUDIENCES}
    results = read_parquet(estimations / "enquete_resultats.parquet")
    weighting = read_parquet(estimations / "enquete_ponderation.parquet")
    shown = survey.release_survey(results, {audience: table.frame for audience, table in told.items()}, weighting)
    yield from shown.values()
    truth = read_parquet(estimations / "enquete_verite.parquet")
    for audience in AUDIENCES:
        yield told[audience]
        yield survey.release_weighting(weighting, audience)
        yield counts.release_public_figures(truth, SIMULATED, audience, name="enquete_verite")
        for table in SURVEY_SCALES:
            scales = read_parquet(estimations / f"{table}.parquet")
            yield survey.release_scales(scales, table, audience, shown[audience].frame)


def _duration_releases(estimations: Path) -> Iterator[ReleasedTable]:
    """Curves of duration step by step, diplomas at exit, and what is computed from studies already published."""
    from mentorat.disclosure import counts, durations

    yield from durations.release_durations(
        {table: read_parquet(estimations / f"{table}.parquet") for table in DURATION_TABLES}
    )
    diplomas = read_parquet(estimations / f"{DIPLOMAS}.parquet")
    studies = read_parquet(estimations / f"{STUDIES}.parquet")
    for audience in AUDIENCES:
        yield durations.release_exit_diplomas(diplomas, audience)
        yield counts.release_public_figures(studies, REAL, audience, name=STUDIES)


@multi_asset(
    specs=[
        AssetSpec(diffusion_key(table), deps=sources, kinds={"parquet"}, description="Passée par le secret statistique")
        for table, sources in MADE_FROM.items()
    ],
    partitions_def=campagnes,
    group_name="diffusion",
)
def diffusion(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """Hide what must be, attack what is left, write what passed with its audit record."""
    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Secret statistique : masquage, puis attaque de ce qui resterait visible")
    released = list(releases(settings, campagne))
    folder = settings.diffusion(campagne)
    for table in released:
        save_release(table, folder)
    write_audit(released, audit_path(settings, campagne))
    for name in MADE_FROM:
        hidden = {
            t.audience: t.audit["hidden_primary"] + t.audit["hidden_secondary"] for t in released if t.name == name
        }
        yield MaterializeResult(
            diffusion_key(name),
            metadata={f"cases_masquees_{audience}": count for audience, count in hidden.items()}
            | {"dossier": link(folder)},
        )
