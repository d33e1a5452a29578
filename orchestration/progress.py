"""The lines a user sees while the pipeline runs in process: only what assets say, no framework noise."""

import logging
import sys
import time

from dagster import InitLoggerContext, logger


class ProgressHandler(logging.Handler):
    """Prints the messages of `context.log.info` with the seconds since the run began."""

    def __init__(self) -> None:
        super().__init__(level=logging.INFO)
        self.started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line on standard error; events of the framework itself carry a Dagster event and are left out."""
        meta = getattr(record, "dagster_meta", None) or {}
        if meta.get("dagster_event") is not None or "orig_message" not in meta:
            return
        elapsed = time.monotonic() - self.started
        sys.stderr.write(f"  {elapsed:5.0f} s  {meta['orig_message']}\n")
        sys.stderr.flush()


@logger(description="Progress lines in French on standard error")
def progres(_context: InitLoggerContext) -> logging.Logger:
    """Logger used by `mentorat run`."""
    log = logging.Logger("mentorat.progres", level=logging.INFO)
    log.addHandler(ProgressHandler())
    return log
