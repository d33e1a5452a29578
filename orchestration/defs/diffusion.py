"""Disclosure control: the one door between what is known and what is shown."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from mentorat.disclosure.door import ReleasedDocument, ReleasedTable, release_document, write_audit
from mentorat.disclosure.rules import Audience
from mentorat.disclosure.storage import load_release, save_release
from mentorat.lake import read_parquet
from mentorat.settings import Settings
from orchestration.defs.estimations import SURVEY, estimation_key
from orchestration.defs.recueil import JOURNAL
from orchestration.partitions import campagnes
from orchestration.resources import Maison, link

MADE_FROM = {
    "indicateurs": [AssetKey(["indicateurs"])],
    "receptions": [AssetKey(["receptions"])],
    "journal": [JOURNAL],
    "flux_cohorte": [AssetKey(["flux_cohorte"])],
    "etude_2022": [estimation_key("etude_2022")],
    **{table: [estimation_key(table)] for table in SURVEY},
}
"""Released table → what it is made from."""


def diffusion_key(table: str) -> AssetKey:
    """Asset key of a released table (all its audiences)."""
    return AssetKey(["diffusion", table])


def release_folder(settings: Settings, campagne: int) -> Path:
    """Where released tables rest, each with its audit record."""
    return settings.lake / "diffusion" / str(campagne)


def load(settings: Settings, campagne: int, table: str, audience: Audience) -> ReleasedTable:
    """A released table, checked against its audit record (PublicationStopped otherwise)."""
    return load_release(release_folder(settings, campagne), table, audience)


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


def journal_counts(journal: pd.DataFrame) -> pd.DataFrame:
    """Files and rows by sender and source, from the journal (n files, one row each) of files now in the dépôt."""
    present = journal[journal["statut"] != "retiree"].assign(fichiers=1)
    present["fichiers_refuses"] = (present["statut"] == "refusee").astype(int)
    present["source"] = present["source"].fillna("non_reconnue")
    counts = ["fichiers", "fichiers_refuses", *ROWS]
    return present.groupby(["emetteur", "source"], as_index=False)[counts].sum()


ROWS = ["lignes_recues", "lignes_acceptees", "lignes_ecartees", "doublons_exacts"]
GROUPS = ["n_mentores", "n_non_mentores", "x_mentores", "x_non_mentores"]
PUBLISHED_BEFORE = (
    "Chiffres publiés en 2022 par Break Poverty Foundation et Koreis Conseil ; les intervalles en sont déduits."
)


def releases(settings: Settings, campagne: int) -> Iterator[ReleasedTable]:
    """Every released table of the campagne, each audience apart.

    Raises PublicationStopped when the attacker finds a hidden cell.
    """
    from mentorat.disclosure.counts import release_counts, release_estimates, release_flow, release_public_figures
    from mentorat.disclosure.indicators import release_indicators

    marts, estimations = settings.marts(campagne), settings.estimations(campagne)
    journal = read_parquet(settings.lake / "journal" / f"{campagne}.parquet")
    study = read_parquet(estimations / "etude_2022.parquet")
    survey = {table: read_parquet(estimations / f"{table}.parquet") for table in SURVEY}
    yield from (
        release_indicators(read_parquet(marts / "indicateurs.parquet"), audience)
        for audience in ("partenaire", "public")
    )
