"""Run the suites of a stage on the tables as stored, keep the results as JSON, and hand them over typed.

At the border a table is read once, by chunks: the contract's rules are validated on each chunk, the other rules are
counted on the way (`expectations.measures`) and validated at the end on one row a sender and a rule.
"""

import importlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from numbers import Number
from types import ModuleType
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation

from expectations import generic
from expectations.generic import as_numbers
from expectations.lake import SENDER, Lake
from expectations.measures import COMMON, Filled, Measure, about, share_in_words
from expectations.rules import as_days, contract_rules, rule
from expectations.suites import croisements
from mentorat.contracts.sources import Contract, contracts
from mentorat.lake import written_aside
from mentorat.settings import Settings

TOGETHER = 5
"""Rules on rows validated on one frame."""
RUNS_KEPT = 60
"""Stages of runs kept by campagne: two a run."""


@dataclass(frozen=True)
class SenderResult:
    """A sender that does not hold a rule, and how far, in words."""

    emetteur: str
    detail: str


@dataclass(frozen=True)
class RuleResult:
    """One rule on one table: `detail` says in French how far it fails, never a value of a row.

    `verifiee` is False where there was nothing to check (no row, no file to compare with): neither held nor broken.
    """

    regle: str
    libelle: str
    bloquant: bool
    succes: bool
    detail: str
    verifiee: bool = True
    emetteurs: tuple[SenderResult, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The rules of one table in one run, broken ones first."""

    table: str
    stage: str
    rules: tuple[RuleResult, ...]


# --- one suite on one frame ----------------------------------------------------------------------------------------


def _own(table: str) -> ModuleType | None:
    """The table's own module in `expectations/suites`, where it has one."""
    name = f"expectations.suites.{table}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _validated(table: str, frame: pd.DataFrame, suite: Sequence[Expectation], place: str | None = None) -> list[Any]:
    """Results of Great Expectations on a frame; `place` names the column told for each row at fault."""
    if not suite:
        return []
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("lake")
        .add_dataframe_asset(table)
        .add_batch_definition_whole_dataframe("campagne")
        .get_batch({"dataframe": frame})
    )
    found = _judged_by(batch, table, suite, {"result_format": "BASIC", "partial_unexpected_count": 0})
    if place is None:
        return found
    # to say where costs as much again: asked of the broken rules alone
    where = {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": [place],
        "return_unexpected_index_query": False,
    }
    broken = [rank for rank, result in enumerate(found) if not result.success]
    if broken:
        for rank, result in zip(broken, _judged_by(batch, table, [suite[r] for r in broken], where), strict=True):
            found[rank] = result
    return found


def _judged_by(batch: Any, table: str, suite: Sequence[Expectation], told: dict[str, Any]) -> list[Any]:
    """Results in the order of the suite."""
    named = {_name_of(expectation): rank for rank, expectation in enumerate(suite)}
    results = batch.validate(gx.ExpectationSuite(name=table, expectations=list(suite)), result_format=told).results
    return sorted(results, key=lambda found: named[_name(found)])


def _name(found: Any) -> str:
    """A stable name of a result's expectation: its kind and its columns."""
    return _named(found.expectation_config.type, found.expectation_config.kwargs)


def _name_of(expectation: Expectation) -> str:
    return _named(expectation.configuration.type, expectation.configuration.kwargs)


def _named(kind: str, kwargs: Mapping[str, Any]) -> str:
    return ":".join([kind.removeprefix("expect_"), *_columns(kwargs)])


def _columns(kwargs: Mapping[str, Any]) -> list[str]:
    return [*(kwargs[k] for k in ("column", "column_A", "column_B") if k in kwargs), *kwargs.get("column_list", [])]


def _places(found: Any, place: str) -> list[Any]:
    return [row[place] for row in (found.result or {}).get("unexpected_index_list") or []]


def _in_order(results: list[RuleResult]) -> tuple[RuleResult, ...]:
    return tuple(sorted(results, key=lambda r: (r.succes, not r.bloquant, r.libelle)))


def suite(table: str) -> list[Expectation]:
    """Expectations on the rows of a table: those of its contract, or those of its own module.

    Raises LookupError for a table with neither.
    """
    if table in contracts():
        return contract_rules(contracts()[table])
    module = _own(table)
    if module is None or not hasattr(module, "rules"):
        raise LookupError(f"no suite for table {table!r}")
    return list(module.rules())


def validate(table: str, stage: str, frame: pd.DataFrame) -> Outcome:
    """Run the suite of `table` (not a source: they go through `validate_source`) on `frame` (n rows)."""
    return Outcome(table, stage, _in_order(_frame_results(table, frame)))


def _frame_results(table: str, frame: pd.DataFrame) -> list[RuleResult]:
    prepare = getattr(_own(table), "prepare", None)
    results = _validated(table, prepare(frame) if prepare else frame, suite(table))
    return [_frame_result(found) for found in results]


def _frame_result(found: Any) -> RuleResult:
    meta = found.expectation_config.meta
    detail = "" if found.success else _detail(found)
    return RuleResult(_name(found), meta["libelle"], meta["bloquant"], bool(found.success), detail)


def _detail(found: Any) -> str:
    """How far a rule fails; counts only, since a value could be a sender's."""
    result = found.result or {}
    if "unexpected_count" in result:
        return f"{about(int(result['unexpected_count']))} en défaut"
    if isinstance(observed := result.get("observed_value"), Number):
        return f"valeur observée : {observed:.4g}".replace(".", ",")
    return "" if result else NOT_RUN


NOT_RUN = "la règle n'a pas pu être vérifiée"


# --- a source, by chunks -------------------------------------------------------------------------------------------


@dataclass
class _Rows:
    """What one rule on rows found over the chunks."""

    libelle: str
    bloquant: bool
    succes: bool = True
    run: bool = True
    verifiee: bool = False
    emetteurs: Counter[str] = field(default_factory=Counter)

    def add(self, found: Any) -> None:
        result = found.result or {}
        self.succes &= bool(found.success)
        self.run &= bool(result)
        self.verifiee |= result.get("element_count", 0) > result.get("missing_count", 0) or not found.success
        self.emetteurs.update(_places(found, SENDER))

    def told(self, name: str) -> RuleResult:
        rows = self.emetteurs.total()
        detail = (
            "" if self.succes else f"{about(rows)} en défaut{_senders(len(self.emetteurs))}" if self.run else NOT_RUN
        )
        by_sender = tuple(SenderResult(s, about(n)) for s, n in sorted(self.emetteurs.items()))
        return RuleResult(name, self.libelle, self.bloquant, self.succes, detail, self.verifiee, by_sender)


def validate_source(table: str, lake: Lake) -> Outcome:
    """Hold what is stored of a source to its contract, to its own rules, and to the other files."""
    contract, own = contracts()[table], _own(table)
    filled = Filled(contract.noms)
    counted: list[Any] = [*generic.counters(contract, lake)]
    if own is not None and hasattr(own, "counters"):
        counted += own.counters(lake)
    results = [rows.told(name) for name, rows in _over_chunks(contract, lake, filled, counted).items()]
    measured = [measure for counter in counted for measure in counter.measures()]
    measured += generic.measures(contract, lake, filled.counts())
    return Outcome(table, "bordure", _in_order(results + _measured(table, lake, measured)))


def _over_chunks(contract: Contract, lake: Lake, filled: Filled, counted: Sequence[Any]) -> dict[str, _Rows]:
    expectations = contract_rules(contract)
    found: dict[str, _Rows] = {}
    for chunk in lake.chunks(contract.nom, [*contract.noms, SENDER]):
        filled.add(chunk)
        light = as_numbers(chunk)
        for counter in counted:
            counter.add(light)
        for result in _by_few_columns(contract, chunk, expectations):
            meta = result.expectation_config.meta
            found.setdefault(_name(result), _Rows(meta["libelle"], meta["bloquant"])).add(result)
    if not found:
        return {_name_of(e): _Rows(e.meta["libelle"], e.meta["bloquant"]) for e in expectations}
    return found


def _by_few_columns(contract: Contract, chunk: pd.DataFrame, suite: Sequence[Expectation]) -> Iterator[Any]:
    """Validate some rules at a time: Great Expectations copies the whole frame for each of them."""
    days = as_days(chunk, contract)
    for start in range(0, len(suite), TOGETHER):
        some = suite[start : start + TOGETHER]
        columns = {name for rule in some for name in _columns(rule.configuration.kwargs)}
        yield from _validated(contract.nom, days[[*sorted(columns), SENDER]], some, SENDER)


# --- measures ------------------------------------------------------------------------------------------------------


def _measured(table: str, lake: Lake, measured: list[Measure]) -> list[RuleResult]:
    """Add what the table's own module and the rules of several files measure, and judge it all in one suite."""
    own = _own(table)
    if own is not None and hasattr(own, "measures"):
        measured = measured + own.measures(lake)
    return judged(table, measured + croisements.measures(table, lake))


def judged(table: str, measured: Sequence[Measure]) -> list[RuleResult]:
    """The results of measures, by a suite on a frame of one column a rule, its values one below another."""
    known = [m for m in measured if m.unites["valeur"].notna().any()]
    results = [RuleResult(m.regle, m.libelle, m.bloquant, True, "", verifiee=False) for m in measured if m not in known]
    if not known:
        return results
    columns = {m.regle: m.unites["valeur"].astype("float64").reset_index(drop=True) for m in known}
    wide = pd.DataFrame(columns).rename_axis("unite").reset_index()
    bounds = [
        rule(
            gxe.ExpectColumnValuesToBeBetween,
            m.libelle,
            bloquant=m.bloquant,
            column=m.regle,
            min_value=m.minimum,
            max_value=m.maximum,
        )
        for m in known
    ]
    found = {result.expectation_config.kwargs["column"]: result for result in _validated(table, wide, bounds, "unite")}
    return results + [_measure_result(m, found[m.regle], _places(found[m.regle], "unite")) for m in known]


def _measure_result(measure: Measure, found: Any, places: Sequence[int]) -> RuleResult:
    if found.success:
        return RuleResult(measure.regle, measure.libelle, measure.bloquant, True, "")
    fault = measure.unites.iloc[list(places)]
    by_sender = tuple(
        SenderResult(str(sender), _units_in_words(rows))
        for sender, rows in fault.groupby("emetteur")
        if sender != COMMON
    )
    rows = fault["en_defaut"].sum()
    counted = f"{about(rows)} en défaut" if fault["en_defaut"].notna().any() else _units_in_words(fault)
    detail = f"{counted}{_senders(len(by_sender))}" if places else NOT_RUN
    return RuleResult(measure.regle, measure.libelle, measure.bloquant, False, detail, True, by_sender)


def _units_in_words(rows: pd.DataFrame) -> str:
    """What is at fault at one sender: what the values are about, or how many rows."""
    said = list(dict.fromkeys(rows["precision"].dropna()))
    if said:
        return ", ".join(said[:8]) + (f" et {len(said) - 8} autres" if len(said) > 8 else "")
    row = rows.iloc[0]
    return share_in_words(float(row["en_defaut"]), float(row["concernees"])) if row["concernees"] > 0 else ""


def _senders(count: int) -> str:
    return f", {count} émetteur{'s' if count > 1 else ''}" if count else ""


# --- a stage -------------------------------------------------------------------------------------------------------


def load_table(settings: Settings, campagne: int, stage: str, table: str) -> pd.DataFrame:
    """The stored table as a frame, dates as datetime64 so that two columns of dates compare."""
    path = settings.marts(campagne) / f"{table}.parquet" if stage == "marts" else Lake(settings, campagne).path(table)
    frame = pd.read_parquet(path)
    dates = [name for name in frame if frame[name].dtype == object]
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in dates if _is_date(frame[name])})


def _is_date(column: pd.Series) -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in {"date", "datetime"}


def outcome_of(lake: Lake, stage: str, table: str) -> Outcome:
    """The rules of one stored table."""
    if stage == "bordure" and table in contracts():
        return validate_source(table, lake)
    results = _frame_results(table, load_table(lake.settings, lake.campagne, stage, table))
    if stage == "bordure":
        results += _measured(table, lake, [])
    return Outcome(table, stage, _in_order(results))


def run_suites(
    settings: Settings, campagne: int, stage: str, tables: Sequence[str], run: str = "sans_numero"
) -> Iterator[Outcome]:
    """Validate each table and write `lake/qualite/<campagne>/<stage>/<table>.json`, the latest results; once all are
    known, add a line for this run to `lake/qualite/historique/<campagne>/`.
    """
    known, lake = [], Lake(settings, campagne)
    for table in tables:
        outcome = outcome_of(lake, stage, table)
        path = settings.lake / "qualite" / str(campagne) / stage / f"{table}.json"
        with written_aside(path) as aside:
            aside.write_text(json.dumps(asdict(outcome), ensure_ascii=False, indent=1), encoding="utf-8")
        known.append(outcome)
        yield outcome
    _remember(settings, campagne, stage, known, run)


def _remember(settings: Settings, campagne: int, stage: str, outcomes: Sequence[Outcome], run: str) -> None:
    """Keep what each run found, the RUNS_KEPT last stages: enough to say since when a rule is broken."""
    folder = settings.lake / "qualite" / "historique" / str(campagne)
    now = datetime.now(UTC)
    content = {
        "run": run,
        "date": now.isoformat(timespec="seconds"),
        "campagne": campagne,
        "stage": stage,
        "tables": {
            outcome.table: {
                "regles": len(outcome.rules),
                "verifiees": sum(r.verifiee for r in outcome.rules),
                "echecs": [
                    {"regle": r.regle, "bloquant": r.bloquant, "emetteurs": [s.emetteur for s in r.emetteurs]}
                    for r in outcome.rules
                    if not r.succes
                ],
            }
            for outcome in outcomes
        },
    }
    with written_aside(folder / f"{now:%Y%m%dT%H%M%S%f}_{stage}.json") as aside:
        aside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    for old in sorted(folder.glob("*.json"))[:-RUNS_KEPT]:
        old.unlink()
