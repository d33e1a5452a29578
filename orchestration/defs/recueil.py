"""From the senders' inbox to raw Parquet, with the border checks of Great Expectations."""

from collections.abc import Iterator

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    MaterializeResult,
    asset,
    multi_asset,
    multi_asset_check,
)

from mentorat.contracts.sources import contracts
from mentorat.identity.keys import load_keys
from orchestration.checks import check_results, check_specs
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, link

SOURCES = sorted(contracts())
"""Sources with a full contract: one raw asset each."""

PILOTAGE = [source for source in SOURCES if contracts()[source].pilotage]
"""Sources kept beside, with their senders' references, for what goes back to them."""
JOURNAL = AssetKey(["suivi", "journal"])
IDENTITES = AssetKey(["brut", "identites"])
IDENTITES_MENTORS = AssetKey(["brut", "identites_mentors"])


def raw_key(source: str) -> AssetKey:
    """Asset key of a raw source; the same key gives dbt its lineage without a translator."""
    return AssetKey(["brut", source])


def pilotage_key(source: str) -> AssetKey:
    """Asset key of a source in the pilotage store."""
    return AssetKey(["pilotage", source])


@asset(partitions_def=campagnes, group_name="depot", kinds={"file"})
def depot(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """The senders' inbox of the campagne, as it stands."""
    folder = maison.settings.depot(int(context.partition_key))
    files = [path for path in folder.rglob("*") if path.is_file()]
    return MaterializeResult(
        metadata={
            "fichiers": len(files),
            "octets": sum(path.stat().st_size for path in files),
            "dossier": link(folder),
        }
    )


@multi_asset(
    specs=[
        *[
            AssetSpec(raw_key(source), deps=["depot"], kinds={"parquet"}, description=contracts()[source].titre)
            for source in SOURCES
        ],
        *[
            AssetSpec(
                pilotage_key(source),
                deps=["depot"],
                kinds={"parquet"},
                description=f"{contracts()[source].titre}, avec les références de l'émetteur",
            )
            for source in PILOTAGE
        ],
        AssetSpec(
            IDENTITES,
            deps=["depot"],
            kinds={"parquet"},
            description="Personne retenue pour chaque pseudonyme d'un jeune",
        ),
        AssetSpec(
            IDENTITES_MENTORS,
            deps=["depot"],
            kinds={"parquet"},
            description="Personne retenue pour chaque pseudonyme d'un mentor",
        ),
        AssetSpec(JOURNAL, deps=["depot"], kinds={"parquet"}, description="Une ligne par fichier reçu"),
    ],
    partitions_def=campagnes,
    group_name="brut",
)
def recueil(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """Read, recognise, normalise, pseudonymise every file; accept, set aside or refuse; answer every sender."""
    from mentorat.intake.reception import identities, receive, store, store_identities

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Recueil : lecture, contrôle et pseudonymisation des fichiers déposés")
    keys = load_keys(settings, simulated=settings.simulation(campagne) is not None)
    reception = receive(settings, campagne, keys)
    store(reception, settings, campagne)
    persons = identities(settings, campagne)
    store_identities(persons, settings, campagne)
    for source in SOURCES:
        yield MaterializeResult(
            raw_key(source),
            metadata={
                "dagster/row_count": reception.lignes[source],
                "parquet": link(settings.lake / "etude" / source / f"{campagne}.parquet"),
            },
        )
    for source in PILOTAGE:
        path = settings.lake / "pilotage" / source / f"{campagne}.parquet"
        yield MaterializeResult(pilotage_key(source), metadata={"parquet": link(path)})
    journal = reception.journal
    yield MaterializeResult(IDENTITES, metadata={"dagster/row_count": len(persons.jeunes.identites)})
    yield MaterializeResult(IDENTITES_MENTORS, metadata={"dagster/row_count": len(persons.mentors)})
    yield MaterializeResult(
        JOURNAL,
        metadata={
            "dagster/row_count": len(journal),
            "fichiers_refuses": int((journal["statut"] == "refusee").sum()),
            "lignes_recues": int(journal["lignes_recues"].sum()),
            "lignes_ecartees": int(journal["lignes_ecartees"].sum()),
            "reponses": link(settings.retours(campagne)),
        },
    )


BORDER_TABLES = {source: raw_key(source) for source in SOURCES} | {"journal": JOURNAL, "identites": IDENTITES}


@multi_asset_check(specs=check_specs(BORDER_TABLES), can_subset=True)
def bordure(context: AssetCheckExecutionContext, maison: Maison) -> Iterator[AssetCheckResult]:
    """Great Expectations on what intake accepted."""
    yield from check_results(context, maison.settings, BORDER_TABLES, stage="bordure")
