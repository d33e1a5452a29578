"""What a notebook shows: tables with a caption, charts with a text alternative. No figure is computed here."""

import re
import sys
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

import pandas as pd
from IPython.display import HTML, DisplayObject

from mentorat.disclosure.storage import load_release
from mentorat.lake import read_parquet
from mentorat.settings import Settings
from mentorat.typography import NOT_AVAILABLE, fr_number, fr_text

# A notebook is opened from this folder, where only the installed library can be imported; the charts stand beside.
sys.path.append(str(Path(__file__).resolve().parents[1]))


def released(folder: str, campagne: int, *names: str) -> list[pd.DataFrame]:
    """The released tables `names`: from `folder` where a run put them, else those partners get of the campagne.

    Estimates before disclosure control are out of a notebook's reach either way.
    """
    if folder:
        return [read_parquet(Path(folder) / f"{name}.parquet") for name in names]
    return [load_release(Settings().diffusion(campagne), name, "partenaire").frame for name in names]


class Drawing(DisplayObject):
    """An SVG that assistive technologies read as `alt`."""

    def __init__(self, svg: str, title: str, alt: str) -> None:
        self.title, self.alt = fr_text(title), fr_text(alt)
        self.svg = _named(svg, self.title, self.alt)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": f"{self.title}. {self.alt}"}


def table(frame: pd.DataFrame, caption: str, columns: Mapping[str, tuple[str, Callable[..., str]]]) -> HTML:
    """Columns of `frame`, in the order of `columns` (name → French heading, formatter); the first heads each row.

    A table without a row says so in a sentence.
    """
    if frame.empty:
        return HTML(f"<p>{escape(fr_text(f'{caption} : aucune ligne publiée.'))}</p>")
    title = escape(fr_text(caption))
    names = list(columns)
    headings = "".join(
        f'<th scope="col"{_numeric(frame[name])}>{escape(fr_text(columns[name][0]))}</th>' for name in names
    )
    rows = []
    for _, row in frame[names].iterrows():
        cells = [NOT_AVAILABLE if pd.isna(row[name]) else fr_text(columns[name][1](row[name])) for name in names]
        body = "".join(
            f"<td{_numeric(frame[name])}>{escape(cell)}</td>" for name, cell in zip(names[1:], cells[1:], strict=True)
        )
        rows.append(f'<tr><th scope="row">{escape(cells[0])}</th>{body}</tr>')
    return HTML(
        f'<div class="table-scroll" tabindex="0" role="region" aria-label="{title}"><table><caption>{title}</caption>'
        f"<thead><tr>{headings}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def known(
    frame: pd.DataFrame, name: str, heading: str, write: Callable[..., str]
) -> dict[str, tuple[str, Callable[..., str]]]:
    """A column for `table`, or nothing when no row of `frame` has it."""
    return {name: (heading, write)} if frame[name].notna().any() else {}


def sentences(texts: list[str]) -> HTML:
    """Plain French sentences as a list; nothing when there is none."""
    return HTML(f"<ul>{''.join(f'<li>{escape(fr_text(text))}</li>' for text in texts)}</ul>" if texts else "")


def subtitle(text: str) -> HTML:
    """A third-level heading, over what a loop shows of one comparison."""
    return HTML(f"<h3>{escape(fr_text(text))}</h3>")


def signed(value: float, decimals: int = 1) -> str:
    """A difference with its sign; the heading gives the unit."""
    written = fr_number(value, decimals)
    return f"+{written}" if value > 0 and written != fr_number(0, decimals) else written


def points(share: float, decimals: int = 1) -> str:
    """A difference of shares (0-1) in points, with its sign."""
    return signed(100 * share, decimals)


def hundredths(value: float) -> str:
    """A number at two decimals."""
    return fr_number(value, 2)


def p_value(value: float) -> str:
    """A p-value at four decimals, enough to see on which side of a threshold it stands."""
    return "< 0,0001" if value < 0.0001 else fr_number(value, 4)


def _numeric(values: pd.Series) -> str:
    return ' class="n"' if pd.api.types.is_numeric_dtype(values) else ""


def _named(svg: str, title: str, alt: str) -> str:
    """The drawing with a role, a name and identifiers of its own on a page that holds several."""
    prefix = re.sub(r"\W+", "-", title.lower()).strip("-")
    own = re.sub(r'(\bid="|url\(#|href="#)(?=\w)', rf"\g<1>{prefix}-", svg)
    return re.sub(r"<svg\b", f'<svg role="img" aria-label="{escape(f"{title}. {alt}")}"', own, count=1)
