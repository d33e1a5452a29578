"""Reading 1.2 million rows of CSV beside DuckDB, and 200 MB of OLINPE XML beside bare lxml, on the same files."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree
from pyarrow import csv

from mentorat.contracts.sources import contracts
from mentorat.intake.reading import RawTable, read_table

ROWS = 1_200_000
RECORDS = 300_000
ROUNDS = 3


def events(rows: int) -> pa.Table:
    """Text shaped as OLINPE: 30 variables, two of them of 40 hexadecimal characters."""
    rng = np.random.default_rng(3)
    persons = np.array([f"{value:040x}" for value in range(rows // 3)])
    days = np.arange("2010-01-01", "2025-01-01", dtype="datetime64[D]").astype(str)
    codes = np.array(["", "1", "2", "9", "10", "2010"])
    columns: dict[str, np.ndarray] = {}
    for name in contracts()["mesures_ase"].noms[:30]:
        drawn = persons if "anonym" in name.lower() else days if name.lower().startswith("dat") else codes
        columns[name] = drawn[rng.integers(0, len(drawn), rows)]
    return pa.table(columns)


def write_xml(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write("<DECRET>\n<INTRO><VERSIONXSD>2.0</VERSIONXSD></INTRO>\n")
        names = [name.upper() for name in table.column_names]
        for batch in table.to_batches(max_chunksize=10_000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                inside = "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(names, row, strict=True))
                stream.write(f"<DONNEE>{inside}</DONNEE>\n")
        stream.write("</DECRET>\n")


def ours(path: Path) -> RawTable:
    found = read_table(path)
    assert isinstance(found, RawTable)
    return found


def ours_to_parquet(path: Path) -> None:
    found = ours(path)
    pq.write_table(pa.table(found.columns, names=found.headers), path.with_suffix(".ours.parquet"))


def duckdb_to_parquet(path: Path) -> None:
    target = path.with_suffix(".duckdb.parquet")
    duckdb.connect().execute(
        f"copy (select * from read_csv('{path}', all_varchar = true)) to '{target}' (format parquet)"
    )


def bare_iterparse(path: Path) -> None:
    for _, element in etree.iterparse(str(path), tag="DONNEE"):
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def compare(path: Path, mine, peer, what: str) -> None:
    seconds: tuple[list[float], list[float]] = [], []
    for _ in range(ROUNDS):
        for times, read in zip(seconds, (mine, peer), strict=True):
            start = perf_counter()
            read(path)
            times.append(perf_counter() - start)
    own, other = map(median, seconds)
    size = path.stat().st_size / 1e6
    print(f"{what}, {size:.0f} Mo : mentorat {own:.1f} s, pair {other:.1f} s : rapport {other / own:.2f}", flush=True)


def run() -> None:
    with TemporaryDirectory() as folder:
        table = events(ROWS)
        text = Path(folder) / "evenements.csv"
        csv.write_csv(table, text, csv.WriteOptions(delimiter=";", quoting_style="none"))
        compare(text, ours_to_parquet, duckdb_to_parquet, f"CSV de {ROWS} lignes vers Parquet (DuckDB)")
        markup = Path(folder) / "evenements.xml"
        write_xml(table.slice(0, RECORDS), markup)
        compare(markup, ours, bare_iterparse, f"XML OLINPE de {RECORDS} enregistrements (lxml iterparse)")


if __name__ == "__main__":
    run()
