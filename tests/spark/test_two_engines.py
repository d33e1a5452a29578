"""Every mart is the same on DuckDB and on Spark: keys, texts, dates, booleans and integers exactly, ratios to 1e-9."""

import numpy as np
import pandas as pd
import pyarrow as pa


def rows(table: pa.Table) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What must be equal exactly (as text, « ∅ » where missing) and the ratios, in one order for both engines."""
    ratios = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    exact = pd.DataFrame(
        {
            name: ["∅" if value is None else str(value) for value in table.column(name).to_pylist()]
            for name in table.column_names
            if name not in ratios
        }
    )
    figures = table.select(ratios).to_pandas().astype(float)
    together = pd.concat([exact, figures], axis=1).sort_values([*exact, *figures]).reset_index(drop=True)
    return together[list(exact)], together[list(figures)]


def test_both_engines_build_the_same_marts(engines):
    assert len(engines.duckdb) >= 7
    assert set(engines.spark) == set(engines.duckdb)


def test_no_mart_is_compared_empty_unless_it_must_be(engines):
    """Equal because nothing is in it proves nothing: at least four marts in five hold rows."""
    filled = [name for name, table in engines.duckdb.items() if table.num_rows]
    assert len(filled) >= 0.8 * len(engines.duckdb), sorted(set(engines.duckdb) - set(filled))


def test_columns_have_the_same_names_types_and_order(engines):
    different = {
        name: [field for field in zip(table.schema, engines.spark[name].schema, strict=False) if field[0] != field[1]]
        for name, table in engines.duckdb.items()
        if table.schema.names != engines.spark[name].schema.names
        or table.schema.types != engines.spark[name].schema.types
    }
    assert different == {}


def test_every_row_of_every_mart_is_equal(engines):
    different = {}
    for name, table in engines.duckdb.items():
        ours, our_ratios = rows(table)
        theirs, their_ratios = rows(engines.spark[name])
        if len(ours) != len(theirs):
            different[name] = f"{len(ours)} rows on DuckDB, {len(theirs)} on Spark"
            continue
        unequal = (ours != theirs.reindex(columns=ours.columns)).any(axis=1)
        if our_ratios.shape[1]:
            far = ~np.isclose(our_ratios, their_ratios[list(our_ratios)], rtol=0, atol=1e-9, equal_nan=True)
            unequal |= far.any(axis=1)
        if unequal.any():
            first = unequal.idxmax()
            different[name] = f"{unequal.sum()} rows, first\n{ours.loc[first].to_dict()}\n{theirs.loc[first].to_dict()}"
    assert different == {}, "\n".join(f"{name}: {what}" for name, what in different.items())
