"""A report as a tagged PDF (PDF/UA-1) by Typst: bundled fonts only, a fixed date, texts passed as data."""

import datetime
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from mentorat.typography import fr_text
from reports.html import is_number
from reports.model import (
    AUDIENCES,
    Block,
    Chain,
    Chart,
    Definitions,
    KeyFigures,
    Paragraph,
    Report,
    SmallTables,
    Table,
)

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
FIXED_DATE = datetime.datetime(2024, 2, 19, tzinfo=datetime.UTC)
"""Written inside every PDF, so that a report always gives the same bytes: the decree's entry into force."""


def pdf_bytes(report: Report) -> bytes:
    """The PDF of `report`. Raises RuntimeError when it would not be accessible (a picture without words)."""
    data = json.dumps(_report(report), ensure_ascii=False)
    return _compiler().compile(  # type: ignore[return-value]  # bytes, for one PDF and no output path
        input=str(HERE / "templates" / "report.typ"),
        sys_inputs={"report": data},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=FIXED_DATE,
    )


@lru_cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        str(HERE / "templates" / "report.typ"),
        root=str(HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
    )


def _report(report: Report) -> dict[str, Any]:
    return {
        "title": fr_text(report.title),
        "subtitle": fr_text(report.subtitle),
        "audience": fr_text(AUDIENCES[report.audience]),
        "mention": fr_text(report.mention),
        "mention_detail": fr_text(report.mention_detail),
        "sources": [fr_text(source) for source in report.sources],
        "sections": [
            {"title": fr_text(section.title), "blocks": [_block(block) for block in section.blocks]}
            for section in report.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    """One block as the template reads it, `kind` naming its shape."""
    content: dict[str, Any]
    match block:
        case Paragraph():
            content = {"text": fr_text(block.text), "style": block.kind}
        case KeyFigures():
            content = {
                "figures": [
                    {
                        "label": fr_text(figure.label),
                        "value": fr_text(figure.value),
                        "detail": fr_text(figure.detail),
                        "number": is_number(figure.value),
                    }
                    for figure in block.figures
                ]
            }
        case Table():
            content = _table(block)
        case SmallTables():
            content = {"tables": [_table(table) for table in block.tables]}
        case Chart():
            content = {
                "title": fr_text(block.title),
                "svg": block.svg,
                "alt": fr_text(block.alt),
                "note": fr_text(block.note),
                "data": _table(block.data),
            }
        case Chain():
            content = {
                "links": [
                    {"name": fr_text(link.name), "figures": [fr_text(figure) for figure in link.figures]}
                    for link in block.links
                ]
            }
        case Definitions():
            content = {"terms": [[fr_text(term), fr_text(meaning)] for term, meaning in block.terms]}
    return {"kind": type(block).__name__, **content}


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": fr_text(table.title),
        "note": fr_text(table.note),
        "columns": [
            {"label": fr_text(column.label), "numeric": column.numeric, "width": _width(table, rank)}
            for rank, column in enumerate(table.columns)
        ],
        "rows": [[{"text": fr_text(cell), "number": is_number(cell)} for cell in row] for row in table.rows],
    }


def _width(table: Table, rank: int) -> int:
    """Share of the page's width a column asks for: its longest cell within bounds, never less than a word."""
    cells = [fr_text(row[rank]) for row in table.rows]
    words = [word for text in [fr_text(table.columns[rank].label), *cells] for word in text.split(" ")]
    longest_cell = max((len(cell) for cell in cells), default=0)
    return 3 + max(6, *map(len, words), min(longest_cell, 14 if table.columns[rank].numeric else 34))
