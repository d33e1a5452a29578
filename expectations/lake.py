"""Reading what intake stored, in frames no wider than a rule needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mentorat.contracts.sources import arrow_schema, contracts
from mentorat.settings import CAMPAGNES, Settings

CHUNK = 400_000
"""Rows held at once when rules are about single rows: 1.2 million of them in one frame cost 2.8 GB."""
SENDER = "depose_par"
NO_CAMPAGNE = -1
MISSING = np.uint64(0)
"""Number of no pseudonym."""
DIGITS = 16
DIGIT_OF = np.full(256, 255, dtype=np.uint8)
DIGIT_OF[[ord(digit) for digit in "0123456789abcdef"]] = range(DIGITS)
FEW_VALUES = {"code", "departement", "association", "mois", "liste"}


@dataclass(frozen=True)
class Lake:
    """The tables of a campagne and of those before it.

    `store` is `etude` or `pilotage`; a table that is not there, or an absent column, is empty, never an error: a
    sender that sent nothing is normal.
    """

    settings: Settings
    campagne: int
    known: dict[tuple[str, ...], pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)
    """Frames read once for several rules (`shared`): a Lake lives as long as a stage."""

    def shared(self, table: str, columns: Sequence[str]) -> pd.DataFrame:
        """As `read`, kept for the next rule that asks the same; not to be changed."""
        key = (table, *columns)
        if key not in self.known:
            self.known[key] = self.read(table, columns)
        return self.known[key]

    def path(self, table: str, campagne: int | None = None, store: str = "etude") -> Path:
        """Where a table of a campagne (this one by default) stands."""
        if table == "journal":
            return self.settings.lake / "journal" / f"{campagne or self.campagne}.parquet"
        return self.settings.lake / store / table / f"{campagne or self.campagne}.parquet"

    def rows(self, table: str) -> int:
        """Rows stored for this campagne."""
        path = self.path(table)
        return int(pq.read_metadata(path).num_rows) if path.exists() else 0

    def read(
        self, table: str, columns: Sequence[str], campagne: int | None = None, store: str = "etude"
    ) -> pd.DataFrame:
        """Columns of a table of one campagne (n rows): dates as datetime64, identities as `numbers`."""
        path = self.path(table, campagne, store)
        read = pq.read_table(path, columns=_there(path, columns)) if path.exists() else None
        return narrow_frame(_shaped(table, read, columns))

    def until(self, table: str, columns: Sequence[str], store: str = "etude") -> pd.DataFrame:
        """Columns of a table over every campagne up to this one."""
        years = [year for year in CAMPAGNES if year <= self.campagne and self.path(table, year, store).exists()]
        frames = [self.read(table, columns, year, store) for year in years]
        return pd.concat(frames, ignore_index=True) if frames else self.read(table, columns, store=store)

    def matching(self, table: str, columns: Sequence[str], key: str, values: np.ndarray) -> pd.DataFrame:
        """Rows of every campagne up to this one whose identity `key` is among `values`, read by chunks."""
        found = [self.read(table, columns, NO_CAMPAGNE)]
        for year in CAMPAGNES:
            path = self.path(table, year)
            if year > self.campagne or not path.exists():
                continue
            for batch in pq.ParquetFile(path).iter_batches(CHUNK, columns=_there(path, columns)):
                read = pa.Table.from_batches([batch])
                kept = read.filter(pa.array(np.isin(numbers(read[key]), values)))
                if kept.num_rows:
                    found.append(narrow_frame(_shaped(table, kept, columns)))
        return pd.concat(found, ignore_index=True)

    def chunks(self, table: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        """The source of this campagne, CHUNK rows at a time, codes as categories."""
        path = self.path(table)
        if path.exists():
            few = [SENDER, *(c.nom for c in contracts()[table].colonnes if c.type in FEW_VALUES)]
            for batch in pq.ParquetFile(path, read_dictionary=few).iter_batches(CHUNK, columns=_there(path, columns)):
                yield to_frame(_shaped(table, pa.Table.from_batches([batch]), columns))

    def filled(self, table: str, campagne: int) -> pd.DataFrame:
        """One row a sender of a campagne: `lignes`, then for each stored column the number of rows that fill it."""
        path = self.path(table, campagne)
        if not path.exists() or not pq.read_metadata(path).num_rows:
            return pd.DataFrame({"lignes": pd.Series(dtype="int64")}, index=pd.Index([], name=SENDER))
        parts = []
        for batch in pq.ParquetFile(path).iter_batches(CHUNK):
            chunk = pa.Table.from_batches([batch])
            columns = [name for name in chunk.column_names if name != SENDER]
            counts = chunk.group_by(SENDER).aggregate([([], "count_all"), *((name, "count") for name in columns)])
            parts.append(counts.to_pandas().rename(columns=lambda name: name.removesuffix("_count")))
        return pd.concat(parts).groupby(SENDER).sum().rename(columns={"count_all": "lignes"})


def _there(path: Path, columns: Sequence[str]) -> list[str]:
    stored = pq.read_schema(path).names
    return [name for name in columns if name in stored]


def _shaped(table: str, read: pa.Table | None, columns: Sequence[str]) -> pa.Table:
    """`read` with every column asked, absent ones empty and of the contract's type; no row where nothing is stored."""
    schema = arrow_schema(table) if table in contracts() else pa.schema([])
    rows = 0 if read is None else read.num_rows
    arrays = []
    for name in columns:
        if read is not None and name in read.column_names:
            arrays.append(read[name])
        else:
            arrays.append(pa.nulls(rows, schema.field(name).type if name in schema.names else pa.string()))
    return pa.table(arrays, names=list(columns))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """An Arrow table as a frame: dates as datetime64, so that two columns of dates compare."""
    return table.to_pandas(date_as_object=False)


def narrow_frame(table: pa.Table) -> pd.DataFrame:
    """As `to_frame`, pseudonyms and references as numbers: they are only compared, and eight times smaller so."""
    held = [name for name in table.column_names if name in identities()]
    frame = to_frame(table.drop_columns(held))
    return frame.assign(**{name: numbers(table[name]) for name in held})[table.column_names]


@cache
def identities() -> frozenset[str]:
    """Columns that hold a pseudonym or a re-hashed reference, in any table."""
    named = {column.nom for spoken in contracts().values() for column in spoken.colonnes if column.rehashed}
    return frozenset({*named, "id_personne", "id_jeune_etude"})


def numbers(values: pa.ChunkedArray | pd.Series) -> np.ndarray:
    """A 64-bit number for each text (n uint64, MISSING for a null): the first 16 digits of a pseudonym, which is
    already a hash; the hash of anything else.
    """
    array = pa.array(values, from_pandas=True) if isinstance(values, pd.Series) else values.combine_chunks()
    array = array.fill_null("").cast(pa.string())
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    found = np.zeros(len(array), dtype=np.uint64)
    long = np.flatnonzero(np.diff(offsets) >= DIGITS)
    hexadecimal = np.ones(len(long), dtype=bool)
    content = np.frombuffer(array.buffers()[2] or b"", dtype=np.uint8)
    for rank in range(DIGITS):
        digit = DIGIT_OF[content[offsets[:-1][long] + rank]]
        hexadecimal &= digit < DIGITS
        found[long] = (found[long] << np.uint64(4)) | digit
    other = np.diff(offsets) > 0
    other[long[hexadecimal]] = False
    others = np.flatnonzero(other)
    if len(others):
        texts = pd.Series(array.take(pa.array(others)).to_pandas(), dtype="str")
        found[others] = pd.util.hash_pandas_object(texts, index=False).to_numpy()
    return found
