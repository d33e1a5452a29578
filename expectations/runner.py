"""Run the suites of a stage on the tables as stored, keep the results as JSON, and hand them over typed."""

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from numbers import Number
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation

from expectations.rules import contract_rules
from mentorat.contracts.sources import arrow_schema, contracts
from mentorat.disclosure.rules import rules
from mentorat.lake import written_aside
from mentorat.settings import Settings


@dataclass(frozen=True)
class RuleResult:
    """One rule on one table: `detail` says in French how far it fails, never a value of a row."""

    libelle: str
    bloquant: bool
    succes: bool
    detail: str


@dataclass(frozen=True)
class Outcome:
    """The rules of one table in one run."""

    table: str
    stage: str
    rules: tuple[RuleResult, ...]


def load_table(settings: Settings, campagne: int, stage: str, table: str) -> pd.DataFrame:
    """The stored table as a frame, dates as datetime64 so that two columns of dates compare."""
    if stage == "marts":
        path = settings.marts(campagne) / f"{table}.parquet"
    elif table == "journal":
        path = settings.lake / "journal" / f"{campagne}.parquet"
    else:
        path = settings.lake / "etude" / table / f"{campagne}.parquet"
    frame = pd.read_parquet(path)
    dates = [name for name in frame if frame[name].dtype == object]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in dates if _is_date(frame[name])})


def _is_date(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in {"date", "datetime"}


def suite(table: str) -> list[Expectation]:
    """Rules of a table: those of its contract, and those of its own module in `expectations/suites`.

    Raises LookupError for a table with neither.
    """
    found: list[Expectation] = []
    if table in contracts():
        found += contract_rules(contracts()[table], arrow_schema(table).names)
    try:
        found += importlib.import_module(f"expectations.suites.{table}").rules()
    except ModuleNotFoundError as error:
        if error.name != f"expectations.suites.{table}":
            raise
    if not found:
        raise LookupError(f"no suite for table {table!r}")
    return found


def prepare(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Let the table's own module add the columns its rules compare."""
    try:
        module = importlib.import_module(f"expectations.suites.{table}")
    except ModuleNotFoundError:
        return frame
    return module.prepare(frame) if hasattr(module, "prepare") else frame


def validate(table: str, stage: str, frame: pd.DataFrame) -> Outcome:
    """Run the suite of `table` on `frame` (n rows)."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("lake")
        .add_dataframe_asset(table)
        .add_batch_definition_whole_dataframe("campagne")
        .get_batch({"dataframe": prepare(table, frame)})
    )
    validation = batch.validate(
        gx.ExpectationSuite(name=table, expectations=suite(table)),
        result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
    )
    results = sorted((_result(found) for found in validation.results), key=lambda r: (not r.bloquant, r.libelle))
    return Outcome(table, stage, tuple(results))


def _result(found: Any) -> RuleResult:
    meta = found.expectation_config.meta
    return RuleResult(meta["libelle"], meta["bloquant"], bool(found.success), "" if found.success else _detail(found))


def _detail(found: Any) -> str:
    """How far a rule fails; counts only, since a value could be a sender's."""
    result = found.result or {}
    if "unexpected_count" in result:
        share = result.get("unexpected_percent") or 0.0
        return rows_at_fault(int(result["unexpected_count"]), f", {share:.2f} %".replace(".", ","))
    if isinstance(observed := result.get("observed_value"), Number):
        return f"valeur observée : {observed:.4g}".replace(".", ",")
    return "" if result else "la règle n'a pas pu être vérifiée"


def rows_at_fault(count: int, share: str = "") -> str:
    """How many rows fail, for the quality page: a count under the public threshold is not told."""
    least = rules().threshold("public")
    return f"{count} lignes en défaut{share}" if count >= least else f"moins de {least} lignes en défaut"


def run_suites(settings: Settings, campagne: int, stage: str, tables: Sequence[str]) -> Iterator[Outcome]:
    """Validate each table and write `lake/qualite/<campagne>/<stage>/<table>.json`."""
    for table in tables:
        outcome = validate(table, stage, load_table(settings, campagne, stage, table))
        path = settings.lake / "qualite" / str(campagne) / stage / f"{table}.json"
        with written_aside(path) as aside:
            aside.write_text(json.dumps(asdict(outcome), ensure_ascii=False, indent=1), encoding="utf-8")
        yield outcome
