"""The evaluation: effects of mentoring by the plan of analysis, and what tells how far they may be trusted."""

from collections.abc import Iterator

from dagster import AssetExecutionContext, AssetKey, AssetSpec, MaterializeResult, multi_asset

from mentorat.causal.effect_tables import SCHEMAS, merged
from mentorat.lake import read_parquet
from orchestration.defs.estimations import SURVEY_PARTS, estimation_key, store, survey_tables
from orchestration.defs.recueil import raw_key
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison

COHORT = ("risques", "faits_suivi")
"""Marts of the administrative cohort: who could start when, and what followed."""


@multi_asset(
    specs=[
        AssetSpec(
            estimation_key(table),
            deps=[*(raw_key(f"enquete_{part}") for part in SURVEY_PARTS), *(AssetKey([mart]) for mart in COHORT)],
            kinds={"scipy"},
        )
        for table in SCHEMAS
    ],
    partitions_def=campagnes,
    group_name="estimations",
)
def effets(context: AssetExecutionContext, maison: Maison) -> Iterator[MaterializeResult]:
    """Every outcome of the plan: its effect by several estimators, its balance, its sensitivity, its curve."""
    from mentorat.causal.cohort_effects import cohort_effect_tables
    from mentorat.causal.conclusion import conclude
    from mentorat.causal.plan_register import plan_of
    from mentorat.causal.survey_effect_tables import survey_effect_tables

    settings, campagne = maison.settings, int(context.partition_key)
    tell(context, "Évaluation : effets estimés selon le plan, robustesse, courbe des spécifications")
    force = plan_of(settings, campagne)
    survey = survey_effect_tables(*survey_tables(settings, campagne), force.plan)
    tell(context, "Évaluation : chaque nouveau binôme et les jeunes qui auraient pu commencer ce jour-là")
    marts = (read_parquet(settings.marts(campagne) / f"{mart}.parquet") for mart in COHORT)
    tables = merged([survey, cohort_effect_tables(campagne, *marts, force.plan)])
    effects = conclude(tables.effets, force, tables.effets_robustesse)
    for table in SCHEMAS:
        yield store(settings, campagne, table, effects if table == "effets" else getattr(tables, table))
