"""The report model: what a report says, apart from how it is printed.

Every text is plain French as typed; typography (`mentorat.typography.fr_text`) and escaping are applied once,
when the report is written, so that a label that came from elsewhere can never become markup.
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["public", "partenaire"]

AUDIENCES: dict[Level, str] = {
    "public": "Document public",
    "partenaire": "Diffusion réservée aux partenaires sous convention",
}


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; `kind` is `texte`, `note` (small print) or `alerte` (what must not be missed)."""

    text: str
    kind: Literal["texte", "note", "alerte"] = "texte"


@dataclass(frozen=True)
class KeyFigure:
    """A figure read first: what it counts, its value, what it is compared with."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class KeyFigures:
    """A row of two to four key figures."""

    figures: tuple[KeyFigure, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; numbers are aligned right."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """A table of texts already formatted: the first column names the row.

    `folded`: the words under which a page keeps a long table closed (paper shows it open). Raises ValueError when a
    row has not as many cells as there are columns.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    folded: str = ""

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"table « {self.title} »: {len(wrong)} rows have not {len(self.columns)} cells")


@dataclass(frozen=True)
class SmallTables:
    """Narrow tables that may stand side by side."""

    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Chart:
    """A picture with its text alternative and the data it is drawn from.

    `svg` is a whole SVG document (see reports.charts); `alt` says in words what a reader sees in it.
    """

    title: str
    svg: str
    alt: str
    data: Table
    note: str = ""

    def __post_init__(self) -> None:
        if not self.alt.strip():
            raise ValueError(f"chart « {self.title} » has no text alternative")


@dataclass(frozen=True)
class ChainLink:
    """One link of the impact chain with the figures that fill it, or the sentence saying why it is empty."""

    name: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Chain:
    """The chain Ressources → Activités → Réalisations → Résultats → Impact, filled in."""

    links: tuple[ChainLink, ...]


@dataclass(frozen=True)
class Definitions:
    """Words and what they mean, in order."""

    terms: tuple[tuple[str, str], ...]


Block = Paragraph | KeyFigures | Table | SmallTables | Chart | Chain | Definitions


@dataclass(frozen=True)
class Section:
    """A part of a report; `anchor` is its stable address in the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """A whole report; `mention` is the banner of every page (« Données simulées »), empty on real data."""

    title: str
    subtitle: str
    audience: Level
    sections: tuple[Section, ...]
    mention: str = ""
    mention_detail: str = ""
    sources: tuple[str, ...] = ()

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart, in reading order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Chart))
