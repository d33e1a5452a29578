"""dbt as this project runs it, on DuckDB or Spark: where it stands, what it reads, what it writes.

Nothing here imports Dagster: the environment that holds Spark has none.
"""

import fcntl
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mentorat.errors import UsageError
from mentorat.settings import CHECKOUT, Settings

DBT_PROJECT = CHECKOUT / "dbt_project"
DBT = Path(sys.executable).with_name("dbt")
DUCKDB, SPARK = "duckdb", "spark"
ENGINES = (DUCKDB, SPARK)


@contextmanager
def only_one_run(settings: Settings) -> Iterator[None]:
    """Hold the data folder for this run. Raises UsageError when another run holds it."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / ".run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"Un autre traitement utilise déjà {settings.data}. Attendez qu'il se termine, puis relancez."
            ) from error
        yield


def warehouse(settings: Settings, engine: str) -> Path:
    """What the engine keeps between two models: DuckDB's file, Spark's folder."""
    return settings.warehouse if engine == DUCKDB else settings.data / "spark"


def marts(settings: Settings, campagne: int, engine: str) -> Path:
    """Where the engine's marts go; only DuckDB's are read by the other rooms."""
    return settings.marts(campagne) if engine == DUCKDB else settings.lake / f"marts-{engine}" / str(campagne)


def fresh_warehouse(settings: Settings, campagne: int, engine: str = DUCKDB) -> None:
    """Derive all from Parquet: neither an older schema nor a damaged file of a former build is carried over."""
    for folder in (marts(settings, campagne, engine), settings.rendus(campagne)):
        folder.mkdir(parents=True, exist_ok=True)
    place = warehouse(settings, engine)
    if engine == SPARK:
        shutil.rmtree(place, ignore_errors=True)
        (place / "temporaire").mkdir(parents=True)
        return
    for leftover in (place, place.with_name(f"{place.name}.wal")):
        leftover.unlink(missing_ok=True)


def dbt_environment(settings: Settings, engine: str = DUCKDB) -> dict[str, str]:
    """Environment under which dbt reads the lake and writes the warehouse."""
    return {
        "MENTORAT_LAKE": str(settings.lake),
        "MENTORAT_ENTREPOT": str(warehouse(settings, engine)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def dbt_vars(settings: Settings, campagne: int) -> dict[str, Any]:
    """dbt variables of a run: the campagne, and the scale of the denominators when the dépôt is simulated."""
    simulation = settings.simulation(campagne)
    return {"campagne": campagne, "facteur_echelle": simulation["facteur_echelle"] if simulation else 1}
