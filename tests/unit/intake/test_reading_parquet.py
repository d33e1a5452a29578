"""Parquet, whatever its types: text comes out, or a refusal."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mentorat.intake import parquet
from mentorat.intake.reading import RawTable, Refusal, read_table


def write(tmp_path: Path, columns: dict[str, pa.Array], **options: Any) -> Path:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def cells(found: RawTable | Refusal) -> list[tuple[str, ...]]:
    assert isinstance(found, RawTable), found
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def test_a_frame_of_pandas_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    frame = pd.DataFrame({"departement": ["59", None], "nb": [1.0, 2.5], "ok": [True, False]})
    frame["jour"] = pd.to_datetime(["2024-03-05", "2024-03-06"])
    frame["sexe"] = pd.Categorical(["F", None])
    frame.to_parquet(path)
    found = read_table(path)
    assert cells(found) == [("59", "1", "oui", "2024-03-05", "F"), ("", "2.5", "non", "2024-03-06", "")]
    assert isinstance(found, RawTable) and found.lines.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (pa.array([datetime(2024, 3, 5, 23, 59)], pa.timestamp("ns")), "2024-03-05"),
        (pa.array([datetime(2024, 3, 5, 23, 30)], pa.timestamp("us", "Europe/Paris")), "2024-03-06"),
        (pa.array([date(2024, 3, 5)], pa.date64()), "2024-03-05"),
        (pa.array([time(14, 30)]), "14:30:00"),
        (pa.array([timedelta(days=1)]), "1 day, 0:00:00"),
        (pa.array([Decimal("12.50")]), "12.50"),
        (pa.array([7], pa.int8()), "7"),
        (pa.array([2.5], pa.float32()), "2.5"),
        (pa.array(["x"], pa.large_string()), "x"),
        (pa.array(["x"]).dictionary_encode(), "x"),
        (pa.array([3.0]).dictionary_encode(), "3"),
        (pa.array([["a", "b"]]), "a|b"),
        (pa.array([[1, 2]]), "1|2"),
        (pa.nulls(1), ""),
    ],
)
def test_every_simple_type_becomes_text(tmp_path: Path, array: pa.Array, text: str) -> None:
    path = write(tmp_path, {"departement": pa.array(["59"]), "x": array})
    assert cells(read_table(path)) == [("59", text)]


@pytest.mark.parametrize(
    "array",
    [
        pa.array([{"a": 1}]),
        pa.array([[{"a": 1}]]),
        pa.array([[["a"]]]),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([b"\xff\x00"]),
    ],
)
def test_nested_and_binary_types_are_refused(tmp_path: Path, array: pa.Array) -> None:
    found = read_table(write(tmp_path, {"departement": pa.array(["59"]), "x": array}))
    assert isinstance(found, Refusal) and "composé" in found.motif


def test_totals_and_blank_rows_are_ignored_as_elsewhere(tmp_path: Path) -> None:
    path = write(tmp_path, {"departement": pa.array(["59", None, "Total"]), "nb": pa.array([3, None, 3])})
    found = read_table(path)
    assert cells(found) == [("59", "3")] and isinstance(found, RawTable) and found.ignored == 2


def test_a_few_bytes_that_stand_for_gigabytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = pa.array(["x" * 1_000_000]).dictionary_encode()
    path = write(tmp_path, {"departement": pa.array(["59"] * 20_000), "x": long.take(pa.array([0] * 20_000))})
    assert path.stat().st_size < 1_000_000
    found = read_table(path)
    assert isinstance(found, Refusal) and "cellules" in found.motif
    monkeypatch.setattr(parquet, "CELLS_LIMIT", 10)
    assert isinstance(read_table(write(tmp_path, {"a": pa.nulls(11, pa.string())})), Refusal)


def test_a_damaged_parquet_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"departement": pa.array([str(i) for i in range(5000)])})
    whole = path.read_bytes()
    for content in (whole[:100], whole[:-1], whole[: len(whole) // 2], whole[:10] + b"\0" * 400 + whole[410:]):
        path.write_bytes(content)
        assert isinstance(read_table(path), Refusal)
    assert isinstance(read_table(write(tmp_path, {})), Refusal)
