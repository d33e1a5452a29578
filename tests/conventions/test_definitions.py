"""Dagster's definitions load from anywhere: no environment, no network, no heavy import."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import socket, sys, json
def refuse(*args, **kwargs):
    raise RuntimeError("the network was asked for")
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
from dagster import AssetKey
from orchestration.definitions import defs
graph = defs.resolve_asset_graph()
print(json.dumps({
    "modules": sorted({name.split(".")[0] for name in sys.modules}),
    "assets": sorted(key.to_user_string() for key in graph.get_all_asset_keys()),
    "checks": sorted(f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys),
    "parents": {
        key.to_user_string(): [parent.to_user_string() for parent in graph.get(key).parent_keys]
        for key in graph.get_all_asset_keys()
    },
    "partitions": graph.get(AssetKey(["depot"])).partitions_def.get_partition_keys(),
}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What a bare interpreter holds after loading the definitions with an empty environment."""
    home = tmp_path_factory.mktemp("home")
    result = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env={"HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("module", ["great_expectations", "statsmodels", "altair", "vl_convert", "typst", "nbclient"])
def test_loading_definitions_does_not_import_it(loaded: dict, module: str) -> None:
    assert module not in loaded["modules"]


def test_the_graph_goes_from_the_inbox_to_the_publication(loaded: dict) -> None:
    expected = {
        "depot",
        "brut/mesures_ase",
        "suivi/journal",
        "indicateurs",
        "estimations/effets",
        "publication/manifeste",
    }
    assert expected <= set(loaded["assets"])


def test_great_expectations_and_dbt_tests_are_asset_checks(loaded: dict) -> None:
    assert "brut/mesures_ase:gx_bloquant" in loaded["checks"]
    assert "indicateurs:gx_bloquant" in loaded["checks"]
    assert any(check.startswith("population:not_null") for check in loaded["checks"])


def test_the_campagne_is_the_partition(loaded: dict) -> None:
    assert "2024" in loaded["partitions"]


def read_by(asset: str, parents: dict[str, list[str]]) -> set[str]:
    """What an asset shows of dbt's models, seeds and sources.

    Through disclosure where there is some: what a page waits for beside it (checks of every table) is not shown.
    """
    shown = [p for p in parents[asset] if p.startswith("diffusion/")] or parents[asset]
    between = [p for p in shown if p.split("/")[0] in {"diffusion", "estimations"}]
    # Dagster names a model by its schema too, where it has one
    return {p.removeprefix("retours/") for p in shown if p not in between}.union(
        *(read_by(p, parents) for p in between)
    )


def test_what_is_published_or_sent_back_is_an_exposure_of_what_it_reads(loaded: dict) -> None:
    """dbt's exposures and Dagster's graph say the same; every notebook has its own."""
    page = yaml.safe_load((ROOT / "dbt_project" / "models" / "exposures.yml").read_text(encoding="utf-8"))
    told: dict[str, set[str]] = {}
    for exposure in page["exposures"]:
        names = {"/".join(re.findall(r"'(\w+)'", reference)) for reference in exposure["depends_on"]}
        told.setdefault(exposure["config"]["meta"]["asset"], set()).update(names)
    written = {
        asset
        for asset in loaded["assets"]
        if asset.split("/")[0] in {"publication", "retours"}
        and asset != "publication/manifeste"
        and not asset.startswith("retours/retours_")
    }
    read = {asset: read_by(asset, loaded["parents"]) for asset in written}
    assert told == {asset: found for asset, found in read.items() if found - {"depot"}}
    notebooks = {f"carnet_{path.stem}" for path in (ROOT / "notebooks").glob("[0-9]*.py")}
    assert notebooks == {e["name"] for e in page["exposures"] if e["type"] == "notebook"}
