"""A report as one HTML page: no script, no outside host, everything inline."""

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from mentorat.typography import NOT_AVAILABLE, fr_text
from reports.model import AUDIENCES, Chart, Column, Report

TEMPLATES = Path(__file__).parent / "templates"
_NUMBER = re.compile(r"^(?:[<+\u2212]\s?)?\d|^–$")
_NAMESPACES = re.compile(r' xmlns(?::\w+)?="[^"]*"')


def is_number(text: str) -> bool:
    """Whether a cell starts as a number, or says why there is none (« secret statistique », « non reçu »)."""
    return bool(_NUMBER.match(text)) or text == NOT_AVAILABLE


def html_page(report: Report) -> str:
    """The page of `report`: HTML5 in French, accessible, printable, the same bytes for the same report."""
    return _template().render(report=report, audience=AUDIENCES[report.audience], style=_style())


def _inline_svg(chart: Chart, rank: int, anchor: str) -> Markup:
    """The chart inside the page: ids proper to its place, title and description for assistive technologies.

    `chart.svg` comes from reports.charts, which is the only markup the page takes as it is.
    """
    name = f"{anchor}-{rank}"
    body = re.sub(r'(\bid="|url\(#|href="#)(?=\w)', rf"\g<1>{name}-", _NAMESPACES.sub("", chart.svg))
    described = (
        f'<svg role="img" aria-labelledby="{name}-titre {name}-texte" focusable="false"\\g<1>>'
        f'<title id="{name}-titre">{escape(fr_text(chart.title))}</title>'
        f'<desc id="{name}-texte">{escape(fr_text(chart.alt))}</desc>'
    )
    return Markup(re.sub(r"<svg((?:\s[^>]*)?)>", described, body, count=1))  # noqa: S704 - drawn by our own charts


def _cell_class(column: Column, cell: str) -> Markup:
    if not column.numeric:
        return Markup("")
    return Markup(' class="n"') if is_number(cell) else Markup(' class="n said"')


@lru_cache
def _style() -> Markup:
    return Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


@lru_cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["fr"] = lambda text: fr_text(str(text))
    environment.globals.update(
        kind=lambda block: type(block).__name__,
        inline_svg=_inline_svg,
        cell_class=_cell_class,
        is_number=is_number,
    )
    return environment.get_template("report.html.j2")
