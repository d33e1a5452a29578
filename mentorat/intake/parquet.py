"""Parquet: typed columns made text, once what the file declares is known to be of a reasonable size."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mentorat.intake.reading import (
    CELLS_LIMIT,
    COLUMNS_LIMIT,
    EMPTY,
    TOO_LARGE,
    Content,
    RawTable,
    Refusal,
    Refused,
    make_table,
)
from mentorat.intake.workbooks import cell_text

BYTES_LIMIT = 4_000_000_000  # bytes of the columns once decoded

NESTED = Refusal(
    "Le fichier Parquet contient une colonne d'un type composé ou binaire, qui n'est pas un tableau de données.",
    "Exportez une colonne par variable (texte, nombre, date, oui/non ; listes séparées par « | »), puis déposez-le.",
)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _simple(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        _is_text(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_temporal(kind)
        or types.is_null(kind)
    )


def _list(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _words(array: pa.Array) -> pa.Array:
    """Distinct values written by `cell_text`, one call each."""
    encoded = array.dictionary_encode()
    words = pa.array([cell_text(value) for value in encoded.dictionary.to_pylist()], pa.string())
    return words.take(encoded.indices)


def _as_text(array: pa.Array) -> pa.Array:
    """An array of any simple type as text, null as "". Raises Refused on a nested or binary type."""
    if isinstance(array.type, pa.BaseExtensionType):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        return pc.fill_null(_as_text(array.dictionary).take(array.indices), "")
    kind = array.type
    if _list(kind) and (_is_text(kind.value_type) or _simple(kind.value_type)):
        joined = [None if cell is None else "|".join(map(cell_text, cell)) for cell in array.to_pylist()]
        return pc.fill_null(pa.array(joined, pa.string()), "")
    if not _simple(kind):
        raise Refused(NESTED)
    if pa.types.is_timestamp(kind):
        local = pc.local_timestamp(array) if kind.tz else array
        array = pc.floor_temporal(local, unit="day").cast(pa.date32(), safe=False)
    elif pa.types.is_date(kind):
        array = array.cast(pa.date32(), safe=False)
    elif pa.types.is_boolean(kind):
        array = pc.if_else(array, "oui", "non")
    elif pa.types.is_floating(kind) or pa.types.is_temporal(kind):
        array = _words(array)
    return pc.fill_null(array.cast(pa.string()), "")


def _size(column: pa.Array) -> int:
    """Bytes of a column once its dictionary is written out."""
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return int(column.nbytes)
    lengths = pc.fill_null(pc.binary_length(column.dictionary), 0).cast(pa.int64()).take(column.indices)
    return int(pc.sum(lengths).as_py() or 0)


def read_parquet(content: Content) -> RawTable:
    """The table of a Parquet file; its column names are the header and its rows are numbered from 1.

    Raises Refused on nested types or sizes beyond the limits, or what pyarrow raises on a damaged file.
    """
    import pyarrow.parquet as pq

    source: Any = io.BytesIO(content) if isinstance(content, bytes) else str(content)
    with pq.ParquetFile(source) as plain:
        schema, declared = plain.schema_arrow, plain.metadata
        texts = [field.name for field in schema if _is_text(field.type)]
    if not declared.num_columns:
        raise Refused(EMPTY)
    groups = [declared.row_group(index) for index in range(declared.num_row_groups)]
    if (
        declared.num_columns > COLUMNS_LIMIT
        or declared.num_rows * declared.num_columns > CELLS_LIMIT
        or sum(group.total_byte_size for group in groups) > BYTES_LIMIT
    ):
        raise Refused(TOO_LARGE)
    columns: list[list[pa.Array]] = [[] for _ in schema]
    size = 0
    # dictionaries are kept while reading: a few bytes may stand for gigabytes of text
    with pq.ParquetFile(source, read_dictionary=texts) as file:
        for batch in file.iter_batches(batch_size=65_536):
            size += sum(map(_size, batch.columns))
            if size > BYTES_LIMIT:
                raise Refused(TOO_LARGE)
            for parts, column in zip(columns, batch.columns, strict=True):
                parts.append(_as_text(column))
    whole = [pa.chunked_array(parts, pa.string()) for parts in columns]
    return make_table([name.strip() for name in schema.names], whole, np.arange(1, declared.num_rows + 1))
