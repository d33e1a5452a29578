"""The sender's tool as one file, and as a wheel: pure Python, run where nothing is installed."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from mentorat.identity.archive import CARRIED, OURS, build
from mentorat.identity.secret_key import Key
from mentorat.identity.sender import pseudonymise_file

ROOT = Path(__file__).resolve().parents[3]
SECRET = "0123456789abcdef0123456789abcdef"
KEY = Key("MENTORAT_CLE_PROGRAMME", SECRET.encode())
HEADER = ["Nom", "Prénom", "Date de naissance", "N° dossier"]
ROWS = [["Dupont", "Léa", "05/03/2010", "A1"], ["Roy", "", "", "A2"]]


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("outil"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    book.save(tmp_path / "e.xlsx")
    (tmp_path / "e.csv").write_text("\n".join(";".join(row) for row in [HEADER, *ROWS]), encoding="cp1252")
    return tmp_path


def run_alone(tool: Path, folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The tool under a bare interpreter: no environment but the key, no site-packages, no folder of ours."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(tool), *args]
    env = {"MENTORAT_CLE_PROGRAMME": SECRET}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", check=False)


def test_alone_it_writes_the_same_csv_as_the_command(tool: Path, folder: Path) -> None:
    pseudonymise_file(folder / "e.csv", folder / "commande.csv", KEY)
    done = run_alone(tool, folder, "e.csv", "outil.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "outil.csv").read_bytes() == (folder / "commande.csv").read_bytes()
    assert "identité incomplète : 1 (ligne 3)" in done.stdout


def test_alone_it_writes_the_same_workbook_as_the_command(tool: Path, folder: Path) -> None:
    pseudonymise_file(folder / "e.xlsx", folder / "commande.xlsx", KEY)
    done = run_alone(tool, folder, "e.xlsx", "outil.xlsx")
    assert (done.returncode, done.stderr) == (0, "")
    cells = [list(openpyxl.load_workbook(folder / name).active.values) for name in ("commande.xlsx", "outil.xlsx")]
    assert cells[0] == cells[1]
    assert len(cells[0]) == 3


def test_alone_it_tells_errors_in_french_with_their_code(tool: Path, folder: Path) -> None:
    done = run_alone(tool, folder, "absent.csv", "s.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Erreur : ")
    assert "Traceback" not in done.stderr


def test_the_same_environment_gives_the_same_bytes(tool: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == tool.read_bytes()


def test_it_holds_our_light_modules_pure_python_libraries_and_their_licences(tool: Path) -> None:
    with zipfile.ZipFile(tool) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
    assert {f"mentorat/{name}" for name in OURS} | {"__main__.py"} <= names
    assert {name.split("/")[0] for name in names} == {"__main__.py", "mentorat", "licences", *CARRIED}
    assert all(any(name.startswith(f"licences/{package}/") for name in names) for package in CARRIED)
    assert not [name for name in names if name.endswith((".so", ".pyd", ".pyc"))]
    assert tool.stat().st_size < 1_000_000


def test_an_old_python_is_told_so(tool: Path) -> None:
    with zipfile.ZipFile(tool) as archive:
        main = archive.read("__main__.py").decode()
    compile(main, "__main__.py", "exec")
    assert main.index("version_info") < main.index("mentorat.identity")
    assert 'f"' not in main


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources: building leaves nothing in the checkout."""
    source, target = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("roue")
    shutil.copytree(ROOT / "mentorat", source / "mentorat", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run([*command, "-w", str(target), str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    [path] = target.glob("*.whl")
    return path


def test_the_wheel_is_pure_python_and_holds_the_contracts(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for pattern in ("*.py", "*.yml", "*.csv"):
        expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "mentorat").rglob(pattern)}
        assert expected <= names
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"mentorat"}


def test_installed_alone_the_command_starts_and_pseudonymises(wheel: Path, folder: Path) -> None:
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # as installed with --no-deps: our code from the wheel, nothing from the checkout, no library at all
    code = (
        "import sys; sys.path.insert(0, 'site'); from mentorat.identity.sender import run; sys.exit(run(sys.argv[1:]))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, "e.csv", "s.csv"]
    done = subprocess.run(command, cwd=folder, env={"MENTORAT_CLE_PROGRAMME": SECRET}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (folder / "s.csv").exists()
