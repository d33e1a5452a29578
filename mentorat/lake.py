"""Parquet files, the contract between rooms: written aside, then renamed, so that a reader never sees half a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it replaces `path`, on failure it is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.en_cours")
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_parquet(frame: pd.DataFrame, path: Path, schema: pa.Schema | None = None) -> None:
    """Write `frame` (n rows) to `path` as zstd Parquet, with `schema` where types must not depend on the rows."""
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    with written_aside(path) as aside:
        pq.write_table(table.replace_schema_metadata(None), aside, compression="zstd")


def read_parquet(path: Path) -> pd.DataFrame:
    """Read one Parquet file with pandas' own dtypes (nullable integers stay `Int64`-compatible objects of Arrow)."""
    return pd.read_parquet(path, dtype_backend="numpy_nullable")
