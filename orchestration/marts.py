"""`make marts`: the marts of a campagne from the lake as it stands, on DuckDB or Spark, without Dagster.

`python -m orchestration.marts <campagne> <engine>`, with the interpreter whose environment holds the engine. The marts
of DuckDB replace those of the last run; those of Spark stand beside them, in `lake/marts-spark`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from mentorat.errors import MentoratError, UsageError
from mentorat.french import counted
from mentorat.settings import CAMPAGNES, Settings
from orchestration.engine import (
    DBT,
    DBT_PROJECT,
    DUCKDB,
    ENGINES,
    SPARK,
    dbt_environment,
    dbt_vars,
    fresh_warehouse,
    marts,
    only_one_run,
    warehouse,
)

LEAST_JAVA = 17


def build_marts(settings: Settings, campagne: int, engine: str) -> list[Path]:
    """Build every model of the campagne with `engine` and return its marts, one Parquet file each.

    DuckDB runs the data tests too; on Spark models only (the tests would say the same of the same tables).

    Raises UsageError when the lake, the engine or Java is missing, MentoratError when a model or a test fails.
    """
    _check(settings, campagne, engine)
    excluded = ["unit_test"] if engine == DUCKDB else ["unit_test", "test"]
    target = settings.lake / ("dbt" if engine == DUCKDB else f"dbt-{engine}") / str(campagne)
    with only_one_run(settings):
        target.mkdir(parents=True, exist_ok=True)
        if engine == SPARK:
            # replaced whole: a mart that no longer exists must not outlive its model
            shutil.rmtree(marts(settings, campagne, engine), ignore_errors=True)
        fresh_warehouse(settings, campagne, engine)
        command = [str(DBT), "--no-use-colors", "build", "--target", engine, "--target-path", str(target)]
        command += ["--log-path", str(target), "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        command += ["--exclude-resource-type", *excluded, "--vars", json.dumps(dbt_vars(settings, campagne))]
        environment = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
        environment |= dbt_environment(settings, engine) | {"SPARK_LOCAL_IP": "127.0.0.1"}
        results, log = target / "run_results.json", target / f"{engine}.log"
        results.unlink(missing_ok=True)
        with log.open("w", encoding="utf-8") as written:
            code = subprocess.run(
                command, cwd=DBT_PROJECT, env=environment, stdout=written, stderr=subprocess.STDOUT, check=False
            ).returncode
        if engine == SPARK:
            # a session's tables die with it: only the marts stay
            shutil.rmtree(warehouse(settings, engine), ignore_errors=True)
        if code != 0:
            raise MentoratError(_failed(results, log, engine))
        return _one_file_each(marts(settings, campagne, engine))


def _check(settings: Settings, campagne: int, engine: str) -> None:
    if engine not in ENGINES:
        raise UsageError(f"Le moteur « {engine} » n'est pas connu : ENGINE vaut {' ou '.join(ENGINES)}.")
    if campagne not in CAMPAGNES:
        raise UsageError(f"La campagne {campagne} n'est pas connue : une année de {CAMPAGNES[0]} à {CAMPAGNES[-1]}.")
    if not (settings.lake / "journal" / f"{campagne}.parquet").exists():
        raise UsageError(
            f"Le lac {settings.lake} ne contient pas la campagne {campagne}. Lancez d'abord "
            f"« mentorat run --campagne {campagne} », qui lit le dépôt."
        )
    if find_spec("dbt") is None or find_spec(f"dbt.adapters.{engine}") is None:
        raise UsageError(
            f"Cet environnement Python ne contient pas le moteur {engine}. "
            f"« make marts ENGINE={engine} » installe celui qu'il faut."
        )
    if engine == SPARK:
        check_java()


def check_java() -> None:
    """Raise UsageError unless the Java that Spark would start (JAVA_HOME, else PATH) is recent enough."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    remedy = (
        f"Installez Java {LEAST_JAVA} ou plus récent (sous Debian : apt install openjdk-17-jre-headless), "
        "ou indiquez-le par JAVA_HOME. Sans Java, « make marts ENGINE=duckdb » construit les mêmes tables."
    )
    if java is None:
        raise UsageError(f"Spark a besoin de Java, qui n'a pas été trouvé. {remedy}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    if found is None or int(found[1]) < LEAST_JAVA:
        version = found[1] if found else "inconnue"
        raise UsageError(f"Le Java trouvé ({java}, version {version}) est trop ancien pour Spark. {remedy}")


def _failed(results: Path, log: Path, engine: str) -> str:
    """What did not build, by name; the engine's own words may hold a value and stay in the log."""
    names: list[str] = []
    if results.exists():
        found = json.loads(results.read_text(encoding="utf-8"))["results"]
        names = [r["unique_id"].split(".")[2] for r in found if r["status"] in {"error", "fail"}]
    what = f" : {', '.join(names)}" if names else ""
    return (
        f"La construction des tables par {engine} n'a pas abouti{what}. Le détail technique, à transmettre à qui "
        f"maintient le programme, est dans {log}."
    )


def _one_file_each(folder: Path) -> list[Path]:
    """Marts of the folder as `<mart>.parquet`; Spark writes each as a folder that holds its one file."""
    for mart in [path for path in folder.glob("*.parquet") if path.is_dir()]:
        (part,) = mart.glob("part-*.parquet")
        aside = part.rename(folder / f".{mart.name}.en_cours")
        shutil.rmtree(mart)
        aside.rename(mart)
    return sorted(folder.glob("*.parquet"))


def main(arguments: list[str]) -> int:
    """The command; returns its exit code."""
    try:
        if len(arguments) != 2 or not arguments[0].isdigit():
            raise UsageError("Usage : make marts CAMPAGNE=2024 ENGINE=duckdb (ou spark).")
        start = time.monotonic()
        campagne, engine = int(arguments[0]), arguments[1]
        settings = Settings()
        built = build_marts(settings, campagne, engine)
        sys.stdout.write(
            f"{counted(len(built), 'table')} de la campagne {campagne} par {engine}, en "
            f"{time.monotonic() - start:.0f} s : {marts(settings, campagne, engine)}\n"
        )
    except MentoratError as error:
        sys.stderr.write(f"Erreur : {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
