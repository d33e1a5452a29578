"""Which room may import what, and what no tracked file may hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("mentorat", "orchestration", "expectations", "reports", "notebooks", "benchmarks")


def tracked_files() -> list[Path]:
    """Files git tracks, or every source file when the project is not in a git checkout (an unpacked archive)."""
    result = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in result.stdout.split("\0") if name]
    return [ROOT / name for name in names] if names else [p for room in ROOMS for p in (ROOT / room).rglob("*.py")]


def imported_modules(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize(
    ("package", "room"),
    [("dagster", "orchestration"), ("dagster_dbt", "orchestration"), ("great_expectations", "expectations")],
)
def test_only_one_room_imports_it(package: str, room: str) -> None:
    importers = {
        path.relative_to(ROOT).parts[0]
        for path in tracked_files()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] != "tests"
        and any(module.split(".")[0] == package for module in imported_modules(path))
    }
    assert importers == {room}


def test_the_library_imports_no_other_room() -> None:
    others = {"orchestration", "expectations", "reports", "notebooks", "dagster", "dbt", "great_expectations"}
    for path in tracked_files():
        if path.suffix == ".py" and path.is_relative_to(ROOT / "mentorat"):
            roots = {module.split(".")[0] for module in imported_modules(path)}
            assert not roots & others, path


def test_the_command_line_names_orchestration_only_when_called() -> None:
    source = (ROOT / "mentorat" / "cli.py").read_text(encoding="utf-8")
    assert '_from_checkout("orchestration.run")' in source
    assert "orchestration" not in {m.split(".")[0] for m in imported_modules(ROOT / "mentorat" / "cli.py")}


def test_no_tracked_file_weighs_more_than_one_megabyte() -> None:
    heavy = [path for path in tracked_files() if path.exists() and path.stat().st_size > 1_000_000]
    assert heavy == []


def test_lock_files_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-spark.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_the_run_lock_is_part_of_the_development_lock() -> None:
    def pins(name: str) -> set[tuple[str, str]]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?(==[^ \\;]+)", text, re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_what_spark_needs_of_dagster_is_nothing() -> None:
    """Its environment holds none: what builds the marts there imports the library and the standard library alone."""
    for name in ("engine", "marts"):
        modules = imported_modules(ROOT / "orchestration" / f"{name}.py")
        rooms = {module.split(".")[0] for module in modules} - sys.stdlib_module_names
        assert rooms <= {"mentorat", "orchestration"}
        assert {m for m in modules if m.startswith("orchestration")} <= {"orchestration.engine"}


def test_every_dependency_says_why() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if re.match(r'^    "[A-Za-z0-9_-]+(\[[a-z]+\])?[=<>!~,0-9.]', line)]
    requirements = [line for line in requirements if not re.match(r'^    "[A-Z]+\d+"', line)]
    assert len(requirements) > 30
    assert [line for line in requirements if "# " not in line] == []


def test_telemetry_is_off_in_committed_configuration() -> None:
    assert "enabled: false" in (ROOT / "orchestration" / "dagster.yaml").read_text(encoding="utf-8")
    assert "send_anonymous_usage_stats: false" in (ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8")
