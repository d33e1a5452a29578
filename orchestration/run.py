"""`mentorat run`: the whole chain for one campagne, in this process."""

import os
import re
import shutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mentorat.causal.plan_register import plan_of
from mentorat.errors import MentoratError, PublicationStopped, UsageError
from mentorat.french import counted
from mentorat.identity.keys import check_recorded, load_keys
from mentorat.settings import CAMPAGNES, Settings
from orchestration.engine import only_one_run
from reports.summary import refused_files, summary_lines

if TYPE_CHECKING:
    from dagster import DagsterInstance, ExecuteInProcessResult

UNTOUCHED = "La dernière publication valable, s'il y en a une, reste en place."
OWN_ERROR = re.compile(r"^((?:mentorat|notebooks)[\w.]*)\.(\w+): (.*)", re.DOTALL | re.MULTILINE)
"""How a stack trace names a fault of ours: module, class, message."""


@dataclass(frozen=True)
class RunSummary:
    """What a finished run says of itself."""

    campagne: int
    publication: Path
    lines: tuple[str, ...]


def check_request(settings: Settings, campagne: int) -> None:
    """Refuse what cannot run before anything starts.

    Raises UsageError (exit 2) for an unknown campagne, a missing dépôt, a missing or demonstration key, another key
    than the other campagnes' stored here, or an analysis plan that cannot be followed.
    """
    if campagne not in CAMPAGNES:
        raise UsageError(
            f"La campagne {campagne} n'est pas connue : une campagne est une année de {CAMPAGNES[0]} "
            f"à {CAMPAGNES[-1]}. Exemple : mentorat run --campagne 2024."
        )
    if not settings.depot(campagne).is_dir():
        raise UsageError(
            f"Aucun dépôt pour la campagne {campagne} : le dossier {settings.depot(campagne)} n'existe pas. "
            "Déposez-y les fichiers reçus (un dossier par émetteur), "
            f"ou lancez « mentorat demo --campagne {campagne} »."
        )
    keys = load_keys(settings, simulated=settings.simulation(campagne) is not None)
    check_recorded(settings, campagne, keys.identifiants)
    plan_of(settings, campagne)


def dagster_home(settings: Settings) -> Path:
    """Dagster's own folder under the data folder, with telemetry off; `DAGSTER_HOME` is set to it."""
    home = settings.data / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(__file__).with_name("dagster.yaml"), home / "dagster.yaml")
    os.environ |= {"DAGSTER_HOME": str(home), "DAGSTER_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
    return home


def run_campagne(settings: Settings, campagne: int) -> RunSummary:
    """Run every asset and check of the campagne and return what to tell the user.

    Raises UsageError for wrong use, PublicationStopped when a check or a fault stopped publication; the last
    good publication is then untouched.
    """
    check_request(settings, campagne)
    with only_one_run(settings):
        dagster_home(settings)
        from dagster import DagsterInstance

        from orchestration.definitions import CAMPAGNE_JOB, defs

        with DagsterInstance.get() as instance:
            close_stale_runs(instance)
            result = defs.resolve_job_def(CAMPAGNE_JOB).execute_in_process(
                partition_key=str(campagne),
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"progres": {}}},
            )
            if not result.success:
                raise _explain(settings, campagne, result)
    return RunSummary(campagne, settings.publication(campagne), tuple(summary_lines(settings, campagne)))


def close_stale_runs(instance: "DagsterInstance") -> None:
    """Mark as cancelled what a killed process left as running; this one holds the data folder, so nothing else runs."""
    from dagster import DagsterRunStatus, RunsFilter

    for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED, DagsterRunStatus.STARTING])):
        instance.report_run_canceled(run)


def _explain(settings: Settings, campagne: int, result: "ExecuteInProcessResult") -> MentoratError:
    """The French account of a run that did not publish: user faults first, then failed checks, then the rest."""
    failures = [event for event in result.all_events if event.is_step_failure]
    for event in failures:
        error = event.step_failure_data.error
        while error is not None:
            if fault := user_fault(error.to_string()):
                return fault
            error = error.cause
    if any("ExecutionInterrupted" in event.step_failure_data.error.to_string() for event in failures):
        return PublicationStopped(f"Traitement interrompu. {UNTOUCHED}")
    failed = [
        f"  - {check.asset_key.path[-1]} : {_details(check.metadata) or check.check_name}"
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity.name == "ERROR"
    ]
    if failed:
        refused = [f"  {line}" for line in refused_files(settings, campagne)]
        listed = ["Fichiers refusés :", *refused] if refused else []
        return PublicationStopped(
            "\n".join(
                [
                    f"La publication de la campagne {campagne} est arrêtée par {counted(len(failed), 'contrôle')} :",
                    *failed,
                    *listed,
                    f"{UNTOUCHED} Corrigez les fichiers en cause dans le dépôt, puis relancez.",
                ]
            )
        )
    steps = ", ".join(sorted({event.step_key or "?" for event in failures}))
    detail = settings.data / "dagster" / f"defaut_{result.run_id[:8]}.txt"
    detail.write_text("\n\n".join(event.step_failure_data.error.to_string() for event in failures), encoding="utf-8")
    return PublicationStopped(
        f"Une étape n'a pas abouti ({steps}). {UNTOUCHED} Le détail technique, à transmettre à qui maintient le "
        f"programme, est dans {detail}."
    )


def user_fault(told: str) -> MentoratError | None:
    """The fault that a user can mend in the text of an error (« module.Class: message », then its stack), or None.

    Any class of ours counts, wherever it is defined: a survey that cannot be estimated is as much the user's as a
    missing key.
    """
    if not (match := OWN_ERROR.search(told)):
        return None
    try:
        kind = getattr(import_module(match[1]), match[2], None)
    except ModuleNotFoundError:  # a class inside another, or a module that left: not ours to read
        return None
    if not (isinstance(kind, type) and issubclass(kind, MentoratError)):
        return None
    message = match[3].split("\n\nStack Trace")[0].strip()
    return UsageError(message) if issubclass(kind, UsageError) else PublicationStopped(message)


def _details(metadata: object) -> str:
    if isinstance(metadata, dict) and "echecs" in metadata:
        return "".join(f"\n      {line}" for line in metadata["echecs"].value)
    return ""
