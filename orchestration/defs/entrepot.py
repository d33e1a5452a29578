"""dbt: staging, intermediate and marts as assets, dbt tests as checks, and the border checks on the marts."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

import pyarrow.parquet as pq
from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    Output,
    multi_asset_check,
)
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from orchestration.checks import check_results, check_specs
from orchestration.engine import dbt_environment, dbt_vars, fresh_warehouse
from orchestration.partitions import campagnes
from orchestration.progress import tell
from orchestration.resources import Maison, ensure_manifest, link

NOT_UNIT_TESTS = "resource_type:unit_test"
MANIFEST = ensure_manifest()


class Translator(DagsterDbtTranslator):
    """Groups the models by layer, so that the graph reads from left to right."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        return str(dbt_resource_props["fqn"][1])


@dbt_assets(manifest=MANIFEST, partitions_def=campagnes, dagster_dbt_translator=Translator(), exclude=NOT_UNIT_TESTS)
def entrepot(context: AssetExecutionContext, dbt: DbtCliResource, maison: Maison) -> Iterator[Any]:
    """Build seeds, models and data tests in one dbt invocation (unit tests run in CI)."""
    settings, campagne = maison.settings, int(context.partition_key)
    fresh_warehouse(settings, campagne)
    os.environ.update(dbt_environment(settings))
    arguments = [
        "build",
        "--vars",
        json.dumps(dbt_vars(settings, campagne)),
        "--exclude-resource-type",
        "unit_test",
    ]
    tell(context, "Entrepôt dbt : modèles et tests")
    target = settings.lake / "dbt" / str(campagne)
    target.mkdir(parents=True, exist_ok=True)
    # what dbt prints goes to its log: the terminal is the user's
    with (target / "dbt.log").open("w", encoding="utf-8") as log, redirect_stdout(log):
        for event in dbt.cli(arguments, context=context, target_path=target).stream():
            if isinstance(event, Output):
                mart = settings.marts(campagne) / f"{event.output_name}.parquet"
                if mart.exists():
                    rows = pq.read_metadata(mart).num_rows
                    context.add_output_metadata({"dagster/row_count": rows, "parquet": link(mart)}, event.output_name)
            yield event


def _models(folder: str) -> list[str]:
    with MANIFEST.open(encoding="utf-8") as file:
        nodes = json.load(file)["nodes"].values()
    return sorted(node["name"] for node in nodes if node["resource_type"] == "model" and node["fqn"][1] == folder)


MARTS = _models("marts")
RETOURS = _models("retours")
"""Rows that go back to senders: never a mart."""
MART_TABLES = {mart: AssetKey([mart]) for mart in MARTS}


@multi_asset_check(specs=check_specs(MART_TABLES), can_subset=True)
def bordure_marts(context: AssetCheckExecutionContext, maison: Maison) -> Iterator[AssetCheckResult]:
    """Great Expectations on the marts: nothing is estimated or published from a mart that fails."""
    yield from check_results(context, maison.settings, MART_TABLES, stage="marts")
