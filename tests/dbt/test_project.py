"""What holds of the project itself: rules of each model tested, every model and column described."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "dbt_project"


def test_dbt_unit_tests_pass(build):
    result = build.dbt("test", "--select", "test_type:unit")
    assert result.returncode == 0, result.stdout[-6000:]


def test_every_model_and_column_is_described_and_every_model_is_tested(build):
    nodes = build.manifest["nodes"]
    tested = {
        parent for node in nodes.values() if node["resource_type"] == "test" for parent in node["depends_on"]["nodes"]
    }
    for name, node in nodes.items():
        if node["resource_type"] not in {"model", "seed"}:
            continue
        assert node["description"], name
        assert name in tested, f"{name} has no test"
        for column, entry in node["columns"].items():
            assert entry["description"], f"{name}.{column}"


def test_every_column_that_is_built_is_documented(build):
    """Marts are held by their contract; views and intermediate tables by this comparison."""
    import duckdb

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
