"""What holds of the project itself: rules of each model tested, every model and column described."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd

from orchestration.resources import DBT_TESTS

PROJECT = Path(__file__).parents[2] / "dbt_project"


def test_dbt_unit_tests_pass(build):
    result = build.dbt("test", "--select", "test_type:unit")
    assert result.returncode == 0, result.stdout[-6000:]


def test_every_model_and_column_is_described_and_every_model_is_tested(build):
    """By a data test or a unit test; seeds and models alike. Sources are described, and their codes tested."""
    manifest = build.manifest
    nodes = manifest["nodes"]
    tested = {
        parent for node in nodes.values() if node["resource_type"] == "test" for parent in node["depends_on"]["nodes"]
    } | {parent for unit in manifest["unit_tests"].values() for parent in unit["depends_on"]["nodes"]}
    for name, node in (nodes | manifest["sources"]).items():
        if node["resource_type"] not in {"model", "seed", "source"}:
            continue
        assert node["description"], name
        assert name in tested or node["resource_type"] == "source", f"{name} has no test"
        for column, entry in node["columns"].items():
            assert entry["description"], f"{name}.{column}"


def test_every_mart_has_an_enforced_contract_and_a_plain_name(build):
    models = [node for node in build.manifest["nodes"].values() if node["resource_type"] == "model"]
    prefix = {
        "staging": r"stg_[a-z0-9]+(_[a-z0-9]+)*__[a-z0-9_]+",
        "intermediate": r"int_[a-z0-9_]+",
        "marts": r"[a-z0-9_]+",
        "retours": r"retours_[a-z0-9_]+",
    }
    for node in models:
        layer = node["fqn"][1]
        assert re.fullmatch(prefix[layer], node["name"]), f"{node['name']} in {layer}"
        if layer == "marts":
            assert not node["name"].startswith(("stg_", "int_")), node["name"]
            assert node["config"]["contract"]["enforced"], node["name"]
            assert all(column["data_type"] for column in node["columns"].values()), node["name"]


def test_every_kind_of_data_test_has_french_words(build):
    """The quality page names them."""
    tests = [node for node in build.manifest["nodes"].values() if node["resource_type"] == "test"]
    assert {(node.get("test_metadata") or node)["name"] for node in tests} <= set(DBT_TESTS)


def compiled(build, name: str) -> str:
    """The SQL of a data test of the build."""
    (path,) = (build.target / "compiled").rglob(f"{name}.sql")
    return path.read_text(encoding="utf-8")


def test_a_code_unknown_to_the_contracts_fails(build, tmp_path):
    sql = compiled(build, "codes_connus_perimetre")
    assert duckdb.sql(sql).fetchall() == []
    wrong = {"source": ["binome"], "publics_inclus": ["confies|adultes"], "exhaustif": [None], "campagne": [2024]}
    names = ["emetteur", "source", "premiere_etape_exhaustive", "publics_inclus", "exhaustif", "statut_validation"]
    frame = pd.DataFrame({name: wrong.get(name, [None]) for name in [*names, "campagne"]}).astype({"campagne": "int64"})
    frame.to_parquet(tmp_path / "2024.parquet")
    elsewhere = sql.replace(str(build.lake / "etude" / "perimetre"), str(tmp_path))
    assert sorted(duckdb.sql(elsewhere).fetchall()) == [("publics_inclus", 1), ("source", 1)]


def test_a_row_lost_between_two_layers_is_found(build, tmp_path):
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes((build.lake.parent / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        sql = compiled(build, "lignes_conservees")
        assert connection.execute(sql).fetchall() == []
        connection.execute("delete from int_dossiers where id_dossier = 'd2'")
        found = connection.execute(sql).fetchall()
    assert found == [("stg_dossiers_mentorat__dossiers > int_dossiers", 1)]


def test_every_column_that_is_built_is_documented(build):
    """Marts are held by their contract; views and intermediate tables by this comparison."""
    nodes = {node["name"]: node for node in build.manifest["nodes"].values() if node["resource_type"] == "model"}
    with duckdb.connect(str(build.lake.parent / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute("select table_name, column_name from information_schema.columns").fetchall()
    built = {name: {column.lower() for table, column in rows if table == name} for name in nodes}
    documented = {name: {column.lower() for column in node["columns"]} for name, node in nodes.items()}
    assert built == documented


def test_the_project_parses_without_any_environment_variable(tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MENTORAT_", "DBT_"))}
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "parse", "--project-dir", str(PROJECT), "--profiles-dir",
            str(PROJECT), "--target-path", str(tmp_path), "--log-path", str(tmp_path),
        ],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
