"""Estimates of duration and diplomas at exit, for evaluators, and two published studies computed again."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, asset, multi_asset

from mentorat.lake import read_parquet
from orchestration.defs.estimations import estimation_key, store
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison

DURATION_TABLES = ("durees_courbes", "durees_resumes", "durees_fins", "dose")
"""Curves, what sums them up, reasons of end, dose at a landmark."""
STUDIES = "etudes_reelles"
DIPLOMAS = "diplomes_sortie"
MARTS = ("delais", "exposition", "binomes_retenus", "indicateurs")


@multi_asset(
    specs=[
        AssetSpec(estimation_key(table), deps=[AssetKey([mart]) for mart in MARTS], kinds={"scipy"})
        for table in DURATION_TABLES
    ],
    partitions_def=campagnes,
    group_name="estimations",
)
def durees(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """Survival of pairs and incidence of steps, by classes known when the pair began; dose-response at six months."""
    from mentorat.causal.duration_tables import duration_tables

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Courbes de durée, motifs de fin, dose")
    marts = (read_parquet(settings.marts(campagne) / f"{mart}.parquet") for mart in MARTS)
    tables = duration_tables(campagne, *marts)
    for table in DURATION_TABLES:
        yield store(settings, campagne, table, getattr(tables, table))


@asset(
    key=estimation_key(DIPLOMAS),
    deps=[AssetKey(["sorties_diplome"])],
    partitions_def=campagnes,
    group_name="estimations",
    kinds={"pandas"},
)
def diplomes_sortie(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """Diplomas of those who left care, with a mentor or without: described, and bounded whatever is not known."""
    from mentorat.causal.exit_diplomas import exit_diplomas

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Diplômes à la sortie, bornés")
    exits = read_parquet(settings.marts(campagne) / "sorties_diplome.parquet")
    return store(settings, campagne, DIPLOMAS, exit_diplomas(exits))


@asset(key=estimation_key(STUDIES), partitions_def=campagnes, group_name="estimations", kinds={"scipy"})
def etudes_reelles(context: AssetExecutionContext, maison: Maison) -> MaterializeResult:
    """A trial of mentoring and LaLonde's training, by the methods of the evaluation, where their data are there."""
    from mentorat.causal.real_studies import real_studies

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Études publiées, recalculées si leurs données sont là")
    return store(settings, campagne, STUDIES, real_studies(settings.references))
