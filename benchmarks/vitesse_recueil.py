"""Intake of a national dépôt, linkage and border checks: seconds by phase, peak memory, the ratio to a bare DuckDB.

The dépôt is the demonstration's at its largest (350 000 young people), written to a temporary folder, or the one of
`MENTORAT_BENCH_DATA`, a data folder that `mentorat demo` made. The reception runs in a process of its own.
DuckDB reads the same CSV files as text and writes them as Parquet: no screening, no judging, no pseudonym.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from mentorat.settings import CHECKOUT, Settings

YOUNG, CAMPAGNE = 350_000, 2024
PHASES = {
    "hash": ("mentorat.intake.journal", "file_hash"),
    "reading": ("mentorat.intake.screening", "read_table"),
    "identifiers": ("mentorat.intake.screening", "direct_identifiers"),
    "judging": ("mentorat.intake.screening", "judge"),
    "types": ("mentorat.intake.reception", "typed"),
    "pseudonyms": ("mentorat.intake.reception", "pseudonymise"),
    "parquet": ("mentorat.intake.reception", "_written"),
    "answers": ("mentorat.intake.reception", "write_accuse"),
    "workbooks": ("mentorat.intake.reception", "write_anomalies"),
}


def _timed(spent: dict[str, float], phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        start = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[phase] = spent.get(phase, 0.0) + perf_counter() - start

    return call


def receive_once(data: Path) -> dict[str, Any]:
    """Receive, store and link the dépôt of `data` in this process: seconds by phase, rows, peak memory in MB."""
    from importlib import import_module

    from mentorat.identity.keys import load_keys
    from mentorat.intake import reception

    spent: dict[str, float] = {}
    for phase, (module, name) in PHASES.items():
        room = import_module(module)
        setattr(room, name, _timed(spent, phase, getattr(room, name)))
    settings = Settings(data=data)
    start, worked = perf_counter(), process_time()
    got = reception.receive(settings, CAMPAGNE, load_keys(settings, simulated=True))
    received = perf_counter()
    reception.store(got, settings, CAMPAGNE)
    stored, worked = perf_counter(), process_time() - worked
    reception.store_identities(reception.identities(settings, CAMPAGNE), settings, CAMPAGNE)
    linked = perf_counter()
    _check_border(settings)
    return {
        "phases": spent,
        "reception": received - start,
        "cpu": worked,
        "store": stored - received,
        "linkage": linked - stored,
        "border": perf_counter() - linked,
        "files": len(got.journal),
        "rows": int(got.journal["lignes_recues"].sum()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _check_border(settings: Settings) -> None:
    """The border suites, Great Expectations' own import included, as the pipeline runs them."""
    from expectations.runner import run_suites
    from mentorat.contracts.sources import contracts

    for _ in run_suites(settings, CAMPAGNE, "bordure", [*contracts(), "journal", "identites"]):
        pass


def bare_duckdb(depot: Path, folder: Path) -> tuple[float, float, int, int]:
    """(seconds, processor seconds, files, bytes) of DuckDB writing each CSV of the dépôt, read as text, to Parquet."""
    import duckdb

    files = sorted(depot.rglob("*.csv"))
    read = size = 0
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        start, worked = perf_counter(), process_time()
        for number, path in enumerate(files):
            try:
                connection.execute(
                    f"copy (from read_csv($path, all_varchar = true)) to '{folder / str(number)}.parquet' "
                    "(format parquet, compression zstd)",
                    {"path": str(path)},
                )
            except duckdb.Error:  # an encoding or a title line it does not take: ours does
                continue
            read, size = read + 1, size + path.stat().st_size
        seconds, worked = perf_counter() - start, process_time() - worked
    return seconds, worked, read, size


def _report(told: dict[str, Any], data: Path) -> None:
    depot = Settings(data=data).depot(CAMPAGNE)
    size = sum(path.stat().st_size for path in depot.rglob("*") if path.is_file())
    total = told["reception"] + told["store"]
    print(f"{told['files']} files, {size / 1e6:.0f} MB, {told['rows']} rows")
    for phase, seconds in sorted(told["phases"].items(), key=lambda one: -one[1]):
        print(f"  {phase:<12} {seconds:7.1f} s")
    print(f"  {'linkage':<12} {told['linkage']:7.1f} s (after the reception)")
    print(f"  {'border':<12} {told['border']:7.1f} s (after the linkage)")
    whole = total + told["linkage"] + told["border"]
    held = whole <= 90 and told["peak_mb"] <= 3_000
    print(f"Intake, linkage and border checks {whole:.1f} s, {told['peak_mb']:.0f} MB; held (90 s, 3 GB): {held}")
    # phases of the two threads overlap: reading and screening on one side, judging and writing on the other
    print(
        f"Reception {total:.1f} s, {told['rows'] / total:.0f} rows/s, {size / total / 1e6:.1f} MB/s, "
        f"{told['cpu']:.1f} s of processor"
    )
    with tempfile.TemporaryDirectory() as folder:
        seconds, cpu, files, read = bare_duckdb(depot, Path(folder))
    print(
        f"Bare DuckDB read_csv → Parquet of {files} CSV files ({read / 1e6:.0f} MB): {seconds:.1f} s, {cpu:.1f} s of "
        f"processor; speed of the whole reception to it, by the megabyte: {size / total / (read / seconds):.2f} "
        f"(processor: {size / told['cpu'] / (read / cpu):.2f})"
    )


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(os.environ.get("MENTORAT_BENCH_DATA", folder))
        if not Settings(data=data).depot(CAMPAGNE).is_dir():
            from mentorat.simulation import write_demo

            write_demo(Settings(data=data), campagne=CAMPAGNE, jeunes=YOUNG)
        command = [sys.executable, "-m", "benchmarks.vitesse_recueil", str(data)]
        result = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
        _report(json.loads(result.stdout.splitlines()[-1]), data)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(receive_once(Path(sys.argv[1]))))
    else:
        run()
