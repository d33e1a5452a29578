"""What goes back to each sender beside the answer to its files: the rows it can act on."""

from dagster import AssetExecutionContext, AssetKey, MaterializeResult, asset

from mentorat.lake import read_parquet
from orchestration.defs.entrepot import RETOURS
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, link


@asset(
    key=AssetKey(["retours", "pilotage"]),
    # dbt names the asset of a model that has a schema by both
    deps=[AssetKey(["retours", table]) for table in RETOURS],
    partitions_def=campagnes,
    group_name="retours",
    kinds={"excel"},
)
def retours(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """One steering workbook a sender, with its own rows and references."""
    from mentorat.intake.steering import own_tables, remove_stale, write_steering

    settings, campagne = maison.settings, int(context.partition_key)
    folder = settings.retours(campagne)
    own = own_tables({table: read_parquet(settings.rendus(campagne) / f"{table}.parquet") for table in RETOURS})
    tell(context, f"Retours aux émetteurs : {len(own)} classeurs de pilotage")
    simulated = settings.simulation(campagne) is not None
    for emetteur, tables in own.items():
        write_steering(folder / emetteur, campagne, emetteur, tables, simulated)
    remove_stale(folder, set(own))
    return MaterializeResult(metadata={"classeurs": len(own), "dossier": link(folder)})
