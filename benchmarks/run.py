"""Run every benchmark of this folder, in the order of their names: `python -m benchmarks.run`."""

from importlib import import_module
from pathlib import Path

OWN = {"__init__", "run", "trace"}
"""Modules of the folder that measure nothing: `trace` writes a page of the documentation."""


def main() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in OWN:
            print(f"— {path.stem}", flush=True)
            import_module(f"benchmarks.{path.stem}").run()


if __name__ == "__main__":
    main()
