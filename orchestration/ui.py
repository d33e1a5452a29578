"""`make ui`: the Dagster UI, on loopback only (`python -m orchestration.ui [port]`)."""

import os
import sys

from mentorat.settings import CHECKOUT, Settings
from orchestration.run import dagster_home


def serve(settings: Settings, port: int = 3000) -> None:
    """Replace this process with `dagster dev`, bound to 127.0.0.1."""
    dagster_home(settings)
    os.environ["MENTORAT_DATA"] = str(settings.data)
    os.chdir(CHECKOUT)
    arguments = [
        "dev",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--module-name",
        "orchestration.definitions",
    ]
    os.execv(sys.executable, [sys.executable, "-m", "dagster", *arguments])


if __name__ == "__main__":
    serve(Settings(), *map(int, sys.argv[1:2]))
