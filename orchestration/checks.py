"""Great Expectations results as Dagster asset checks: one blocking check and one warning check a table."""

from collections.abc import Iterator, Mapping

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
)

from mentorat.settings import Settings
from orchestration.progress import tell

BLOCKING, WARNING = "gx_bloquant", "gx_alerte"


def check_specs(tables: Mapping[str, AssetKey]) -> list[AssetCheckSpec]:
    """Two checks a table: what must hold to publish, and what deserves a look."""
    return [
        spec
        for table, key in tables.items()
        for spec in (
            AssetCheckSpec(BLOCKING, asset=key, blocking=True, description=f"Règles bloquantes de « {table} »"),
            AssetCheckSpec(WARNING, asset=key, description=f"Règles d'alerte de « {table} »"),
        )
    ]


def check_results(
    context: AssetCheckExecutionContext, settings: Settings, tables: Mapping[str, AssetKey], stage: str
) -> Iterator[AssetCheckResult]:
    """Run the suites of the selected tables and yield their results.

    Great Expectations takes seconds to import: only here, when a check really runs.
    """
    from expectations.runner import run_suites

    selected = context.selected_asset_check_keys
    wanted = [
        table for table, key in tables.items() if any(AssetCheckKey(key, n) in selected for n in (BLOCKING, WARNING))
    ]
    campagne = int(context.run.tags["dagster/partition"])
    tell(context, f"Contrôles Great Expectations : {len(wanted)} tables ({stage})")
    for outcome in run_suites(settings, campagne, stage, wanted, context.run.run_id):
        for name, blocking in ((BLOCKING, True), (WARNING, False)):
            if AssetCheckKey(tables[outcome.table], name) not in selected:
                continue
            rules = [rule for rule in outcome.rules if rule.bloquant is blocking]
            failures = [rule for rule in rules if not rule.succes]
            yield AssetCheckResult(
                asset_key=tables[outcome.table],
                check_name=name,
                passed=not failures,
                severity=AssetCheckSeverity.ERROR if blocking else AssetCheckSeverity.WARN,
                metadata={
                    "regles": len(rules),
                    "sans_objet": sum(not rule.verifiee for rule in rules),
                    "emetteurs": sorted({sender.emetteur for rule in failures for sender in rule.emetteurs}),
                    "echecs": [f"{rule.libelle}{f' ({rule.detail})' if rule.detail else ''}" for rule in failures],
                },
            )
