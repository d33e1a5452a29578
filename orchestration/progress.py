"""The lines a user sees while the pipeline runs in process: only what assets say, no framework noise."""

import logging
import sys
import time

from dagster import AssetCheckExecutionContext, AssetExecutionContext, InitLoggerContext, logger

STEP = "→ "
"""What marks a message meant for the user among the frameworks' own."""


def tell(context: AssetExecutionContext | AssetCheckExecutionContext, message: str) -> None:
    """Say to the user, in French, what begins now."""
    context.log.info(f"{STEP}{message}")


class ProgressHandler(logging.Handler):
    """Prints what `tell` says with the seconds since the run began, and nothing of the frameworks."""

    def __init__(self) -> None:
        super().__init__(level=logging.INFO)
        self.started = time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Print one line on standard error."""
        meta = getattr(record, "dagster_meta", None) or {}
        message = str(meta.get("orig_message", ""))
        if not message.startswith(STEP):
            return
        elapsed = time.monotonic() - self.started
        sys.stderr.write(f"  {elapsed:4.0f} s  {message.removeprefix(STEP)}\n")
        sys.stderr.flush()


@logger(description="Progress lines in French on standard error")
def progres(_context: InitLoggerContext) -> logging.Logger:
    """Logger used by `mentorat run`."""
    log = logging.Logger("mentorat.progres", level=logging.INFO)
    log.addHandler(ProgressHandler())
    return log
