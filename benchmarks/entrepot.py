"""All the models at national size: seconds, memory, ratio to the same SQL by hand, growth, campagnes left alone.

350 000 simulated young people and five linked campagnes, written by the demonstration and received by intake in a
temporary folder, or in `MENTORAT_BENCH_HISTOIRE`, kept from one run to the next; a tenth of it beside. Each measure
runs in a process of its own, on two threads. `MENTORAT_BENCH_JEUNES` lowers the number of young people, for a look.
Held: 60 s and 4 GB; 1.3 times the compiled SQL run by DuckDB alone, dbt's own start apart; 10 times the rows in at most
11 times the time; the files of the other campagnes untouched.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import yaml

from mentorat.settings import CHECKOUT, Settings

YOUNG, CAMPAGNE, HISTORY = 350_000, 2026, 5
PROJECT = CHECKOUT / "dbt_project"
SECONDS, MEGABYTES, RATIO, GROWTH = 60.0, 4_000.0, 1.3, 11.0


@dataclass(frozen=True)
class Cost:
    """What a process took: wall seconds, processor seconds, peak memory."""

    seconds: float
    processor: float
    megabytes: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s ({self.processor:.1f} s of processor), {self.megabytes:.0f} MB"


def measured(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command in its own process, from the project's folder.

    Raises CalledProcessError when it fails, its last words shown.
    """
    start = perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=os.environ | (environment or {}), stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            print(output.read().decode(errors="replace")[-4_000:])
            raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def write_history(data: Path, young: int) -> None:
    """Write the linked campagnes in `data`."""
    from mentorat.simulation import write_demo

    write_demo(Settings(data=data), campagne=CAMPAGNE, jeunes=young, historique=HISTORY)


def receive(data: Path, campagne: int) -> None:
    """Receive, store and link one campagne, as a run does."""
    from mentorat.identity.keys import load_keys
    from mentorat.intake import reception

    settings = Settings(data=data)
    got = reception.receive(settings, campagne, load_keys(settings, simulated=True))
    reception.store(got, settings, campagne)
    reception.store_identities(reception.identities(settings, campagne), settings, campagne)


def made_lake(folder: Path, young: int) -> Path:
    """The data folder of `young` young people under `folder`, made where it is not there yet."""
    data = folder / str(young)
    if not Settings(data=data).depot(CAMPAGNE).is_dir():
        cost = measured([sys.executable, "-m", "benchmarks.entrepot", "ecrire", str(data), str(young)])
        print(f"{young} young people, {HISTORY} campagnes written in {cost}")
    for campagne in range(CAMPAGNE - HISTORY + 1, CAMPAGNE + 1):
        if not (Settings(data=data).lake / "etude" / "mesures_ase" / f"{campagne}.parquet").exists():
            cost = measured([sys.executable, "-m", "benchmarks.entrepot", "recevoir", str(data), str(campagne)])
            print(f"  campagne {campagne} received in {cost}")
    return data


def dbt(data: Path, campagne: int, *arguments: str) -> Cost:
    """Run dbt on the lake of `data`."""
    settings = Settings(data=data)
    settings.marts(campagne).mkdir(parents=True, exist_ok=True)
    (settings.lake / "pilotage" / "rendus" / str(campagne)).mkdir(parents=True, exist_ok=True)
    simulation = settings.simulation(campagne) or {}
    told = json.dumps({"campagne": campagne, "facteur_echelle": simulation.get("facteur_echelle", 1)})
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments, "--project-dir", str(PROJECT)]
    command += ["--profiles-dir", str(PROJECT), "--target-path", str(data / "cible")]
    command += ["--log-path", str(data / "journaux")]
    environment = {
        "MENTORAT_LAKE": str(settings.lake),
        "MENTORAT_ENTREPOT": str(settings.warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    return measured([*command, "--vars", told], environment)


def build(data: Path, campagne: int) -> Cost:
    """Every model of a campagne, from an empty warehouse with its seeds: tests apart."""
    Settings(data=data).warehouse.unlink(missing_ok=True)
    dbt(data, campagne, "seed")
    return dbt(data, campagne, "run")


def models_in_order(target: Path) -> list[dict[str, Any]]:
    """The models of dbt's manifest, each after those it reads."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    left = {name: node for name, node in nodes.items() if node["resource_type"] == "model"}
    ordered: list[dict[str, Any]] = []
    done: set[str] = set()
    while left:
        ready = [name for name, node in left.items() if not (set(node["depends_on"]["nodes"]) & set(left))]
        for name in sorted(ready):
            ordered.append(left.pop(name))
            done.add(name)
    return ordered


def by_hand(data: Path) -> None:
    """The compiled SQL of the last `dbt run`, in one connection of a new warehouse; its seconds on standard output.

    Seeds are read from dbt's warehouse first, outside the clock. Marts are exported as the project exports them.
    """
    import duckdb

    settings, target = Settings(data=data), data / "cible"
    apart = data / "main_nue"
    shutil.rmtree(apart, ignore_errors=True)
    apart.mkdir()
    path = apart / settings.warehouse.name  # compiled SQL names the database, which is named after its file
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"].values()
    seeds = data / "semences.duckdb"
    shutil.copyfile(settings.warehouse, seeds)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set threads = 2")
        profile = yaml.safe_load((PROJECT / "profiles.yml").read_text(encoding="utf-8"))["mentorat"]["outputs"]
        for setting, value in profile["duckdb"]["settings"].items():
            connection.execute(f"set {setting} = '{value}'")
        connection.execute(f"attach '{seeds}' as semences (read_only)")
        for node in nodes:
            if node["resource_type"] == "seed":
                connection.execute(f"create table {node['alias']} as from semences.main.{node['alias']}")
        connection.execute("detach semences")
        start = perf_counter()
        for node in models_in_order(target):
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            connection.execute(f"create {kind} {node['alias']} as {node['compiled_code']}")
            if node["config"].get("contract", {}).get("enforced"):
                mart = apart / f"{node['alias']}.parquet"
                connection.execute(
                    f"copy (select * from {node['alias']} order by all) to '{mart}' (format parquet, compression zstd)"
                )
        print(perf_counter() - start)
    seeds.unlink()


def _hashes(folder: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and modification time (ns) of every file of a folder."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
    }


def run() -> None:
    young = int(os.environ.get("MENTORAT_BENCH_JEUNES", YOUNG))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("MENTORAT_BENCH_HISTOIRE", temporary))
        large, small = made_lake(folder, young), made_lake(folder, young // 10)
        _measure(large, small)


def _measure(large: Path, small: Path) -> None:
    settings = Settings(data=large)
    build(large, CAMPAGNE - 1)
    before = _hashes(settings.marts(CAMPAGNE - 1))
    dbt(large, CAMPAGNE, "seed")  # reads the project anew for this campagne, as the whole build's own seeding does
    start = dbt(large, CAMPAGNE, "run", "--select", "int_parametres")
    whole = build(large, CAMPAGNE)  # last: its compiled SQL is what runs by hand
    held = whole.seconds <= SECONDS and whole.megabytes <= MEGABYTES
    print(f"All models, {HISTORY} campagnes: {whole} (dbt's start: {start.seconds:.1f} s); held (60 s, 4 GB): {held}")
    untouched = _hashes(settings.marts(CAMPAGNE - 1)) == before
    print(f"Marts of campagne {CAMPAGNE - 1} after building {CAMPAGNE}: {len(before)} files, untouched: {untouched}")

    command = [sys.executable, "-m", "benchmarks.entrepot", "main_nue", str(large)]
    told = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    bare = float(told.stdout.split()[-1])
    ratio = (whole.seconds - start.seconds) / bare
    print(f"Its SQL in DuckDB alone: {bare:.1f} s; dbt to it, start apart: {ratio:.2f}; held: {ratio <= RATIO}")

    tenth = build(small, CAMPAGNE)
    growth = (whole.seconds - start.seconds) / max(tenth.seconds - start.seconds, 0.1)
    held = growth <= GROWTH
    print(f"A tenth of the rows: {tenth}; 10 times the rows in {growth:.1f} times the time, start apart; held: {held}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ecrire", data, young]:
            write_history(Path(data), int(young))
        case ["recevoir", data, campagne]:
            receive(Path(data), int(campagne))
        case ["main_nue", data]:
            by_hand(Path(data))
        case _:
            run()
