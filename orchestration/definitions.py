"""Everything Dagster knows: `dagster dev -m orchestration.definitions`."""

from dagster import AssetSelection, Definitions, define_asset_job, in_process_executor

from orchestration.defs import diffusion, durees, effets, entrepot, estimations, publication, recueil, retours
from orchestration.progress import progres
from orchestration.resources import Maison, dbt_resource

CAMPAGNE_JOB = "campagne"

defs = Definitions(
    assets=[
        recueil.depot,
        recueil.recueil,
        entrepot.entrepot,
        retours.retours,
        estimations.etude_2022,
        estimations.calendrier,
        estimations.differences,
        effets.effets,
        estimations.resultats_enquete,
        estimations.arm,
        estimations.redressement,
        estimations.indicateurs_durees,
        estimations.indicateurs_estimes,
        durees.durees,
        durees.diplomes_sortie,
        durees.etudes_reelles,
        diffusion.diffusion,
        publication.departements,
        publication.national,
        publication.evaluation,
        publication.qualite,
        publication.manifeste,
    ],
    asset_checks=[recueil.bordure, entrepot.bordure_marts],
    jobs=[
        define_asset_job(
            CAMPAGNE_JOB,
            selection=AssetSelection.all(),
            description="Toute la chaîne pour une campagne, du dépôt à la publication",
        )
    ],
    resources={"maison": Maison(), "dbt": dbt_resource()},
    loggers={"progres": progres},
    # one DuckDB file, one writer: the whole chain runs in one process, in the UI as on the command line
    executor=in_process_executor,
)
