"""Execute a percent script as a notebook and render it as one self-contained French page.

The page is the same bytes for the same figures: no time, no execution count, no path of the machine.
"""

import os
import re
import sys
import tempfile
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import jupytext
import mistune
import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from mistune.renderers.html import HTMLRenderer
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from mentorat.errors import MentoratError
from mentorat.typography import fr_text

CHECKOUT = Path(__file__).resolve().parents[1]
STYLE = CHECKOUT / "reports" / "templates" / "style.css"
TIMEOUT = 120
"""Seconds one cell may take."""
HIDDEN = {"parameters", "injected-parameters", "cache"}
"""Cells with one of these tags are executed, never shown: settings, imports, paths."""
SIMULATION = "simulation"
"""Cells with this tag speak of simulated data: the page of a real dépôt leaves them out."""
_OWN_STYLE = """
pre { overflow-x: auto; background: var(--wash); padding: .7rem 1rem; font-size: .85rem; }
main ul, main ol { max-width: 44rem; padding-left: 1.2rem; }
main li { margin: 0 0 .5rem; }
main h2 { margin-top: 2.75rem; }
blockquote { margin: 0 0 1rem; background: var(--wash); border-left: 4px solid var(--accent); padding: .7rem 1rem; }
blockquote p:last-child { margin: 0; }
main .table-scroll, main figure { margin-top: 1.25rem; }
figure svg { overflow: visible; }
@media print { details { display: none; } }
"""


class NotebookError(MentoratError):
    """A notebook stopped before its end."""


class _ThisPython(AsyncKernelManager):
    """A kernel in the running interpreter, whatever kernels the machine has registered."""

    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=argv, display_name="Python", language="python", interrupt_mode="signal")


def execute_notebook(path: Path, parameters: dict[str, Any], workdir: Path) -> NotebookNode:
    """Run the percent script `path` in a fresh kernel whose current folder is `workdir`.

    `parameters` are assigned in a cell added after the one tagged `parameters`. Returns the notebook with its outputs,
    free of times and counts. Raises NotebookError (French message) when a cell fails or takes over `TIMEOUT` seconds.
    """
    node = jupytext.read(path)
    node.cells = _with_parameters(node.cells, parameters)
    with tempfile.TemporaryDirectory(prefix="carnet-") as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            "PYTHONHASHSEED": "0",
            "IPYTHONDIR": folder,
            "JUPYTER_RUNTIME_DIR": folder,
        }
        # Sockets in the private folder: no port is opened where the system allows it.
        transport = "ipc" if os.name == "posix" else "tcp"
        manager = _ThisPython(connection_file=str(Path(folder) / "kernel.json"), transport=transport)
        client = NotebookClient(
            node,
            km=manager,
            timeout=TIMEOUT,
            record_timing=False,
            resources={"metadata": {"path": str(workdir)}},
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise NotebookError(
                f"Le carnet « {path.stem} » s'est arrêté sur une erreur ({error.ename}). Ouvrez-le avec « make lab » "
                "pour voir la cellule en cause."
            ) from error
        except (CellTimeoutError, DeadKernelError) as error:
            raise NotebookError(
                f"Le carnet « {path.stem} » n'a pas abouti : une cellule a dépassé {TIMEOUT} secondes ou le noyau "
                "s'est arrêté. Relancez, puis vérifiez la mémoire disponible."
            ) from error
    return _stripped(node)


def notebook_html(node: NotebookNode, title: str, mention: str = "") -> str:
    """The executed notebook as an accessible French page, code folded; `mention` is shown on top when not empty.

    An empty mention is a page on real data: cells that speak of simulated ones are left out.
    """
    cells = [cell for cell in node.cells if mention or SIMULATION not in _tags(cell)]
    body = "\n".join(filter(None, (_cell_html(cell) for cell in cells)))
    banner = (
        f'<div class="mention" role="note" aria-label="Avertissement"><strong>{escape(fr_text(mention))}</strong></div>\n'
        if mention
        else ""
    )
    return (
        '<!DOCTYPE html>\n<html lang="fr">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(fr_text(title))}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#contenu">Aller au contenu</a>\n{banner}'
        f"<header>\n<h1>{escape(fr_text(title))}</h1>\n</header>\n"
        f'<main id="contenu">\n{body}\n</main>\n</body>\n</html>\n'
    )


def _with_parameters(cells: list[NotebookNode], parameters: dict[str, Any]) -> list[NotebookNode]:
    """Cells with the values given, after the cell that declares their defaults."""
    declared = [rank for rank, cell in enumerate(cells) if "parameters" in _tags(cell)]
    if not parameters:
        return list(cells)
    if len(declared) != 1:
        raise NotebookError("Un carnet qui reçoit des paramètres les déclare dans une seule cellule « parameters ».")
    source = "\n".join(f"{name} = {value!r}" for name, value in sorted(parameters.items()))
    given = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    return [*cells[: declared[0] + 1], given, *cells[declared[0] + 1 :]]


def _stripped(node: NotebookNode) -> NotebookNode:
    """The notebook without what changes from one run to the next."""
    node.metadata = NotebookNode()
    for rank, cell in enumerate(node.cells, start=1):
        cell.id = f"cellule-{rank:02d}"
        cell.metadata = NotebookNode(tags=sorted(_tags(cell)))
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
    return node


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _cell_html(cell: NotebookNode) -> str:
    if _tags(cell) & HIDDEN:
        return ""
    if cell.cell_type == "markdown":
        # The page has its own first-level heading.
        return _markdown(re.sub(r"\A# .*\n*", "", cell.source))
    if cell.cell_type != "code" or not cell.source.strip():
        return ""
    code = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True))
    shown = "\n".join(filter(None, (_output_html(output) for output in cell.outputs)))
    return f"{shown}\n<details><summary>Voir le code</summary><pre><code>{code}</code></pre></details>".strip()


def _output_html(output: NotebookNode) -> str:
    """One output in its richest safe form; tracebacks cannot occur, a failed cell stops the run."""
    if output.output_type == "stream":
        return f"<pre>{escape(output.text)}</pre>"
    data = output.get("data", {})
    if "image/svg+xml" in data:
        # Inside a page a drawing needs no namespace, and no address is better than a harmless one.
        drawing = re.sub(r' xmlns(:\w+)?="[^"]*"', "", data["image/svg+xml"])
        return f"<figure>{drawing}</figure>"
    if "text/html" in data:
        return str(data["text/html"])
    if "text/markdown" in data:
        return _markdown(data["text/markdown"])
    return f"<pre>{escape(data['text/plain'])}</pre>" if "text/plain" in data else ""


class _French(HTMLRenderer):
    """Markdown to HTML with French spaces in the prose, none in code and addresses."""

    def text(self, text: str) -> str:
        return escape(fr_text(text), quote=False)


def _markdown(source: str) -> str:
    # A paragraph is one text: spaces are settled across its source lines.
    source = re.sub(r"(?<=[^\W\d_])'(?=\*+\w)", "’", source)  # the rule of apostrophes does not see across marks
    render = mistune.create_markdown(renderer=_French(escape=True), plugins=["table"])
    return str(render(re.sub(r"(?<=\S)\n(?=[^\s\-*#>|\d])", " ", source))).strip()


@lru_cache
def _style() -> str:
    code = HtmlFormatter(style="default").get_style_defs("pre")
    kept = [line for line in code.splitlines() if line.startswith("pre .")]
    return STYLE.read_text(encoding="utf-8") + _OWN_STYLE + "\n".join(kept) + "\n"
