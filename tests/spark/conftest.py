"""One lake, built by both engines as `make marts` does; run by `make test-spark`, never by `make test`."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mentorat.identity.keys import load_keys
from mentorat.intake.reception import identities, receive, store, store_identities
from mentorat.settings import Settings
from mentorat.simulation import write_demo
from tests.dbt.conftest import CAMPAGNE, hand_made_lake

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = {"duckdb": sys.executable, "spark": str(ROOT / ".venv-spark" / "bin" / "python")}
# What a small table asks of Spark: start quickly, compile nothing, shuffle into one partition.
SMALL = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def simulated_and_hand_made(data: Path) -> Settings:
    """A lake of 3 000 simulated young people in three territories, and the odd cases written by hand in nine others."""
    settings = Settings(data=data)
    write_demo(settings, CAMPAGNE, 3000, 7, lambda _: None)
    reception = receive(settings, CAMPAGNE, load_keys(settings, simulated=True))
    store(reception, settings, CAMPAGNE)
    store_identities(identities(settings, CAMPAGNE), settings, CAMPAGNE)
    hand_made_lake().write(data / "hand_made")
    for added in sorted((data / "hand_made").rglob("*.parquet")):
        place = settings.lake / added.relative_to(data / "hand_made")
        rows = pq.read_table(added)
        if "chemin" in rows.column_names:
            # one association is in both: two files of one path would be one file
            paths = pa.array([f"ecrits/{path}" for path in rows.column("chemin").to_pylist()], pa.string())
            rows = rows.set_column(rows.column_names.index("chemin"), "chemin", paths)
        tables = [pq.read_table(place), rows] if place.exists() else [rows]
        place.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.concat_tables(tables, promote_options="default"), place)
    return settings


def make_marts(settings: Settings, engine: str, configuration: Path) -> subprocess.CompletedProcess[str]:
    configuration.mkdir(exist_ok=True)
    lines = [f"{name} {value}\n" for name, value in SMALL.items()]
    (configuration / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    return subprocess.run(
        [PYTHONS[engine], "-m", "orchestration.marts", str(CAMPAGNE), engine],
        cwd=ROOT,
        env=os.environ
        | {
            "MENTORAT_DATA": str(settings.data),
            "MENTORAT_SPARK_PARTITIONS": "1",
            "SPARK_CONF_DIR": str(configuration),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Engines:
    """The marts of both engines, by name."""

    duckdb: dict[str, pa.Table]
    spark: dict[str, pa.Table]


def read_marts(folder: Path) -> dict[str, pa.Table]:
    return {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    data = tmp_path_factory.mktemp("moteurs")
    settings = simulated_and_hand_made(data)
    for engine in ("duckdb", "spark"):
        answer = make_marts(settings, engine, data / "conf")
        logs = sorted(settings.lake.glob(f"dbt*/{CAMPAGNE}/{engine}.log"))
        log = logs[0].read_text(encoding="utf-8")[-8000:] if logs else ""
        assert answer.returncode == 0, answer.stderr + log
    return Engines(read_marts(settings.marts(CAMPAGNE)), read_marts(settings.lake / "marts-spark" / str(CAMPAGNE)))
