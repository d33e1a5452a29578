"""Writing a report to its folder, aside then renamed."""

from pathlib import Path

from mentorat.lake import written_aside
from reports.html import html_page
from reports.model import Report
from reports.pdf import pdf_bytes


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write `rapport.html` and `rapport.pdf` of `report` under `folder`; return both paths."""
    pdf = folder / "rapport.pdf"
    with written_aside(pdf) as aside:
        aside.write_bytes(pdf_bytes(report))
    return [write_page(report, folder / "rapport.html"), pdf]


def write_page(report: Report, path: Path) -> Path:
    """Write the HTML page of `report` alone (the quality page has no PDF); return its path."""
    with written_aside(path) as aside:
        aside.write_text(html_page(report), encoding="utf-8", newline="\n")
    return path
