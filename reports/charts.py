"""Charts as SVG: Altair's grammar, drawn in process by vl-convert with the bundled fonts.

Each function takes rows already worded in French and returns one SVG document, the same bytes for the same
rows. A value that is hidden or was not received is written in words where its bar would be: nothing is drawn
as zero that is not zero.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from mentorat.typography import MINUS, NARROW, NO_BREAK, fr_text

FONTS = Path(__file__).parent / "fonts"
WIDTH = 430
"""Pixels: narrow enough to be read on a telephone, scaled up to 544 px on a page."""

INK, SOFT, LINE, ACCENT, SECOND = "#16232e", "#43535f", "#c9d3da", "#0b5c6b", "#a04a00"
_LOCALE = {
    "decimal": ",",
    "thousands": NARROW,
    "grouping": [3],
    "currency": ["", f"{NO_BREAK}€"],
    "percent": f"{NO_BREAK}%",
    "minus": MINUS,
}
_CONFIG: dict[str, Any] = {
    "font": "Inter",
    "background": "white",
    "padding": {"left": 4, "right": 4, "top": 4, "bottom": 4},
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 11.5,
        "titleFontSize": 11.5,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
    },
    "text": {"color": INK, "fontSize": 12.5},
    "legend": {"labelFontSize": 12, "labelColor": INK, "symbolStrokeWidth": 2},
}


@dataclass(frozen=True)
class Bar:
    """One bar: its label, its length (None: hidden or not received) and the words at its end."""

    label: str
    value: float | None
    text: str


@dataclass(frozen=True)
class Point:
    """One point of the curve of `series`."""

    series: str
    x: float
    y: float


@dataclass(frozen=True)
class Interval:
    """One estimate with its interval, in points, on the line of `label`; `series` is one of at most two."""

    label: str
    series: str
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Likert:
    """Answers to one question on an ordered scale: shares (0-1), lowest first; None where they are hidden."""

    label: str
    shares: tuple[float, ...] | None


_LIKERT = {
    2: ("#a04a00", "#0b5c6b"),
    3: ("#a04a00", "#dfe4e8", "#0b5c6b"),
    4: ("#a04a00", "#e7bd98", "#93c1ca", "#0b5c6b"),
    5: ("#a04a00", "#e7bd98", "#dfe4e8", "#93c1ca", "#0b5c6b"),
}
"""From the least to the most, by number of answers; light tones inside, so that greys still tell the two ends apart."""
_READ_ON = {"#a04a00": "white", "#0b5c6b": "white"}


def likert_svg(bars: Sequence[Likert], answers: Sequence[str], neutral: int | None, x_title: str) -> str:
    """Diverging stacked bars, one a question under its label: less to the left of zero, more to the right.

    answers: labels of the scale, lowest first (2 to 5); neutral: rank of the answer split between both sides, if any.
    Each part wide enough bears its share in percent, so that no reading hangs on colour alone.
    """
    colours = _LIKERT[len(answers)]
    middle = neutral if neutral is not None else len(answers) / 2
    rows = []
    for rank, bar in enumerate(bars):
        if bar.shares is None:
            continue
        edge = -100 * sum(bar.shares[: int(middle)]) - (50 * bar.shares[neutral] if neutral is not None else 0)
        for place, share in enumerate(bar.shares):
            rows.append(
                {
                    "rang": rank,
                    "reponse": fr_text(answers[place]),
                    "debut": edge,
                    "fin": edge + 100 * share,
                    "texte": f"{round(100 * share)}" if share >= 0.05 else "",
                    "encre": _READ_ON.get(colours[place], INK),
                }
            )
            edge += 100 * share
    frame = pd.DataFrame(rows, columns=["rang", "reponse", "debut", "fin", "texte", "encre"])
    ends = (frame["debut"].min() - 2, frame["fin"].max() + 2) if rows else (-100, 100)
    frame["milieu"] = (frame["debut"] + frame["fin"]) / 2
    heads = pd.DataFrame(
        {
            "rang": range(len(bars)),
            "label": [fr_text(bar.label) for bar in bars],
            "secret": [fr_text("masqué : réponses trop peu nombreuses") if bar.shares is None else "" for bar in bars],
        }
    )
    y = alt.Y("rang:O", axis=None, scale=alt.Scale(domain=list(range(len(bars))), paddingInner=0.55, paddingOuter=0.4))
    axis = alt.Axis(labelExpr="format(abs(datum.value), 'd') + ' %'", tickCount=5, grid=True, domain=False)
    x = alt.X("debut:Q", scale=alt.Scale(domain=list(ends), nice=False), axis=axis, title=fr_text(x_title))
    names = [fr_text(answer) for answer in answers]
    colour = alt.Color(
        "reponse:N",
        sort=names,
        scale=alt.Scale(domain=names, range=list(colours)),
        legend=alt.Legend(title=None, orient="top", direction="horizontal", columns=2, columnPadding=24),
    )
    base = alt.Chart(frame).encode(y=y)
    head = alt.Chart(heads).encode(y=y)
    layers = [
        alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1.2).encode(x="zero:Q"),
        base.mark_bar(stroke="white", strokeWidth=1).encode(x=x, x2="fin:Q", color=colour),
        base.mark_text(fontSize=11, fontWeight=600).encode(
            x="milieu:Q", text="texte", color=alt.Color("encre:N", scale=None, legend=None)
        ),
        head.mark_text(align="left", dx=1, dy=-19, fontWeight=600, stroke="white", strokeWidth=5).encode(
            x=alt.value(0), text="label"
        ),
        head.mark_text(align="left", dx=1, dy=-19, fontWeight=600).encode(x=alt.value(0), text="label"),
        head.mark_text(fontStyle="italic", color=SOFT).encode(x=alt.value(WIDTH / 2), text="secret"),
    ]
    chart = alt.layer(*layers).resolve_scale(color="independent").properties(width=WIDTH, height=50 * len(bars))
    return drawn(chart)


def bars_svg(bars: Sequence[Bar]) -> str:
    """Horizontal bars in the given order, each under its label, with its value in words at its end."""
    frame = pd.DataFrame(
        {
            "label": [fr_text(bar.label) for bar in bars],
            "value": [0.0 if bar.value is None else float(bar.value) for bar in bars],
            "text": [fr_text(bar.text) for bar in bars],
            "drawn": [bar.value is not None for bar in bars],
        }
    )
    # Two bars may bear the same label: the rank is what places them.
    frame["rank"] = range(len(frame))
    top = max(float(frame["value"].max()), 1.0)
    base = alt.Chart(frame).encode(
        y=alt.Y("rank:O", axis=None, scale=alt.Scale(paddingInner=0.62, paddingOuter=0.45)),
        x=alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, top * 1.22])),
    )
    layers = [
        base.mark_bar(color=ACCENT, cornerRadiusEnd=2),
        base.mark_text(align="left", dx=6, fontWeight=600).encode(text="text").transform_filter("datum.drawn"),
        base.mark_text(align="left", dx=2, fontStyle="italic", color=SOFT)
        .encode(text="text")
        .transform_filter("!datum.drawn"),
        base.mark_text(align="left", dx=1, dy=-18).encode(x=alt.value(0), text="label"),
    ]
    return drawn(alt.layer(*layers).properties(width=WIDTH, height=48 * len(frame)))


def histogram_svg(classes: Sequence[tuple[str, int]], x_title: str, y_title: str) -> str:
    """Counts by class, in the given order of classes: (label, count)."""
    frame = pd.DataFrame(
        {
            "classe": [fr_text(label) for label, _ in classes],
            "nombre": [count for _, count in classes],
            "text": [str(count) if count else "" for _, count in classes],
        }
    )
    base = alt.Chart(frame).encode(
        x=alt.X(
            "classe:O",
            sort=None,
            title=fr_text(x_title),
            axis=alt.Axis(labelAngle=0, labelOverlap=False, ticks=False),
            scale=alt.Scale(paddingInner=0.08),
        ),
        y=alt.Y(
            "nombre:Q",
            title=None,
            axis=alt.Axis(tickMinStep=1, tickCount=4, domain=False, ticks=False, format="d"),
        ),
    )
    layers = [
        base.mark_bar(color=ACCENT),
        base.mark_text(dy=-7, fontWeight=600).encode(text="text"),
    ]
    title = alt.TitleParams(fr_text(y_title), anchor="start", fontSize=11.5, fontWeight="normal", color=SOFT)
    return drawn(alt.layer(*layers).properties(width=WIDTH - 30, height=210, title=title))


def forest_svg(intervals: Sequence[Interval], x_title: str) -> str:
    """Estimates with their intervals around zero, one line an item: first series diamonds, second discs."""
    labels = list(dict.fromkeys(item.label for item in intervals))
    series = list(dict.fromkeys(item.series for item in intervals))
    frame = pd.DataFrame(
        {
            "label": [fr_text(item.label) for item in intervals],
            "serie": [fr_text(item.series) for item in intervals],
            "place": [
                labels.index(item.label) + 0.62 + 0.24 * series.index(item.series) / max(len(series) - 1, 1)
                for item in intervals
            ],
            "estimation": [item.estimate for item in intervals],
            "bas": [item.low for item in intervals],
            "haut": [item.high for item in intervals],
        }
    )
    names = [fr_text(name) for name in series]
    heads = pd.DataFrame({"label": [fr_text(label) for label in labels], "place": range(len(labels))})
    edge = 1.06 * max(1.0, frame[["bas", "haut", "estimation"]].abs().to_numpy().max())
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[len(labels), -0.05], nice=False))
    x_scale = alt.Scale(domain=[-edge, edge], nice=False)
    colour = alt.Color(
        "serie:N",
        scale=alt.Scale(domain=names, range=[SECOND, ACCENT][: len(names)]),
        legend=alt.Legend(title=None, orient="top", direction="horizontal") if len(names) > 1 else None,
    )
    shape = alt.Shape("serie:N", scale=alt.Scale(domain=names, range=["diamond", "circle"][: len(names)]))
    base = alt.Chart(frame).encode(y=y, color=colour)
    axis = alt.Axis(
        format="+.0f", labelExpr="datum.value === 0 ? '0' : datum.label", tickCount=7, grid=True, domain=False
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1.2).encode(x="zero:Q")
    head = alt.Chart(heads).encode(y=y, x=alt.value(0), text="label")
    written: dict[str, Any] = {"align": "left", "dy": 15, "dx": 1, "fontWeight": 600}
    layers = [
        zero,
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("bas:Q", scale=x_scale, axis=axis, title=fr_text(x_title)), x2="haut:Q"
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("estimation:Q", scale=x_scale), shape=shape),
        head.mark_text(**written, stroke="white", strokeWidth=5),  # a halo: the label is read over the zero line
        head.mark_text(**written),
    ]
    return drawn(alt.layer(*layers).properties(width=WIDTH, height=54 * len(labels)))


def curve_svg(points: Sequence[Point], x_title: str, y_title: str, marks: Sequence[Point] = ()) -> str:
    """Curves, one a series, each with its own dash as well as its colour, from 0 up; `marks` are named points."""
    names = [fr_text(name) for name in dict.fromkeys(point.series for point in points)]
    frame = pd.DataFrame(
        {"serie": [fr_text(p.series) for p in points], "x": [p.x for p in points], "y": [p.y for p in points]}
    )
    x = alt.X(
        "x:Q", title=fr_text(x_title), scale=alt.Scale(zero=False, nice=False), axis=alt.Axis(grid=False, tickCount=6)
    )
    y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=True), axis=alt.Axis(domain=False, ticks=False, tickCount=6))
    legend = alt.Legend(title=None, orient="top", columns=1, symbolType="stroke", symbolSize=260, labelLimit=WIDTH)
    colours, dashes = [ACCENT, SECOND, INK, SOFT], [[1, 0], [7, 3], [2, 3], [9, 3, 2, 3]]
    line = (
        alt.Chart(frame)
        .mark_line(strokeWidth=2.2)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "serie:N", sort=names, scale=alt.Scale(domain=names, range=colours[: len(names)]), legend=legend
            ),
            strokeDash=alt.StrokeDash("serie:N", sort=names, scale=alt.Scale(domain=names, range=dashes[: len(names)])),
        )
    )
    layers: list[alt.Chart] = [line]
    if marks:
        named = pd.DataFrame(
            {"nom": [fr_text(m.series) for m in marks], "x": [m.x for m in marks], "y": [m.y for m in marks]}
        )
        base = alt.Chart(named).encode(x=x, y=y)
        written: dict[str, Any] = {"align": "left", "dx": 8, "dy": -9, "fontWeight": 600}
        layers += [
            base.mark_point(filled=True, size=70, color=INK, opacity=1),
            base.mark_text(**written, stroke="white", strokeWidth=5).encode(text="nom"),  # read over a curve
            base.mark_text(**written).encode(text="nom"),
        ]
    title = alt.TitleParams(fr_text(y_title), anchor="start", fontSize=11.5, fontWeight="normal", color=SOFT)
    return drawn(alt.layer(*layers).properties(width=WIDTH - 30, height=240, title=title))


def planning_svg(curve: pd.DataFrame, direction: str = "hausse") -> str:
    """The curve of `mentorat planifier`: detectable rise (`hausse`) or fall (`baisse`), a line a set of assumptions."""
    gaps = curve[f"ecart_{direction}_points"].abs()
    points = [
        Point(serie, float(n), float(gap))
        for serie, n, gap in zip(curve["hypotheses"], curve["n_par_groupe"], gaps, strict=True)
        if pd.notna(gap)
    ]
    return curve_svg(points, "Jeunes mentorés interrogés", f"Écart détectable à la {direction}, en points")


def drawn(chart: alt.TopLevelMixin) -> str:
    """The drawing of a chart: French numbers, the bundled fonts, the same bytes for the same chart."""
    _register_fonts()
    # The specification is our own: checking it against the schema 104 times would cost more than drawing.
    spec = chart.to_dict(validate=False)
    spec["config"] = _CONFIG
    return _tidy(vl_convert.vegalite_to_svg(spec, format_locale=_LOCALE, allowed_base_urls=[]))


@lru_cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def _tidy(svg: str) -> str:
    """The drawing without English descriptions (the page and the PDF give a French one), with stable ids."""
    svg = re.sub(r' (?:aria-[\w-]+|role|class|pointer-events)="[^"]*"', "", svg)
    names: dict[str, str] = {}
    for found in re.finditer(r'\bid="([^"]+)"', svg):
        names.setdefault(found[1], f"forme-{len(names) + 1}")
    for old, new in names.items():
        svg = svg.replace(f'id="{old}"', f'id="{new}"').replace(f"url(#{old})", f"url(#{new})")
    return svg.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
