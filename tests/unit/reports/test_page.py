"""What holds for every page: accessible, closed on itself, escaped, the same bytes twice."""

import io
import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from lxml import html as lxml_html

from mentorat.typography import fr_text
from reports.charts import Bar, Interval, bars_svg, forest_svg, histogram_svg
from reports.html import html_page, is_number
from reports.model import Chart, Column, Paragraph, Report, Section, Table
from reports.pdf import pdf_bytes
from reports.write import write_report

HOSTILE = "<script>alert('x')</script> & \"guillemets\""
DATA = Table("Données", (Column("Étape"), Column("Nombre", True)), (("Éligibles", "12"),))


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


@pytest.fixture(scope="module")
def page(departement: Callable[..., Report]) -> str:
    return html_page(departement("01"))


@pytest.fixture(scope="module")
def hostile() -> Report:
    table = Table(HOSTILE, (Column(HOSTILE), Column("Nombre", True)), ((HOSTILE, "=1+1"),), note=HOSTILE)
    chart = Chart(HOSTILE, bars_svg([Bar(HOSTILE, 3, HOSTILE)]), HOSTILE, table)
    return Report(HOSTILE, HOSTILE, "public", (Section("a", HOSTILE, (Paragraph(HOSTILE), table, chart)),), HOSTILE)


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert not re.findall(
        r"https?:|(?:src|href)\s*=\s*[\"']?//|@import|url\(\s*[\"']?(?!#)|<script|<link|<iframe", page
    )


def test_a_label_from_elsewhere_never_becomes_markup(hostile: Report) -> None:
    written = html_page(hostile)
    assert "<script" not in written
    assert "&lt;script&gt;" in written
    assert "script" in pdf_text(pdf_bytes(hostile))


def test_the_same_report_gives_the_same_bytes(departement: Callable[..., Report], tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_report(departement("01"), tmp_path / "a")]
    again = [path.read_bytes() for path in write_report(departement("01"), tmp_path / "b")]
    assert first == again
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["rapport.html", "rapport.pdf"]


def test_the_page_is_in_french_with_one_title_and_headings_in_order(page: str) -> None:
    tree = lxml_html.fromstring(page)
    assert tree.get("lang") == "fr"
    levels = [int(heading.tag[1]) for heading in tree.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_every_reference_finds_its_target(national: Callable[..., Report]) -> None:
    written = html_page(national())
    tree = lxml_html.fromstring(written)
    ids = Counter(tree.xpath("//@id"))
    assert [name for name, count in ids.items() if count > 1] == []
    asked = {name for names in tree.xpath("//@aria-labelledby") for name in names.split()}
    asked |= {link.removeprefix("#") for link in tree.xpath("//a/@href")} | set(re.findall(r"url\(#([^)]+)\)", written))
    assert asked <= set(ids)


def test_every_table_has_a_caption_and_scoped_headings(page: str) -> None:
    tables = lxml_html.fromstring(page).findall(".//table")
    assert tables
    for table in tables:
        assert table.findtext("caption")
        assert {heading.get("scope") for heading in table.iter("th")} == {"col", "row"}


def test_every_chart_says_in_words_what_it_shows(national: Callable[..., Report]) -> None:
    report = national()
    assert len(report.charts) >= 2
    pictures = lxml_html.fromstring(html_page(report)).xpath("//*[local-name()='svg']")
    assert [picture.get("role") for picture in pictures] == ["img"] * len(report.charts)
    said = [picture.xpath("*[local-name()='desc']/text()")[0] for picture in pictures]
    assert said == [fr_text(chart.alt) for chart in report.charts]


def test_a_chart_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="text alternative"):
        Chart("Titre", "<svg/>", "  ", DATA)


def test_a_table_with_ragged_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="cells"):
        Table("Titre", (Column("A"), Column("B")), (("seule",),))


def test_the_pdf_is_tagged_in_french_and_titled(departement: Callable[..., Report]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(departement("01"))))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("fr")
    assert "Ain" in str(reader.metadata and reader.metadata.title)
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


def test_the_pdf_embeds_the_bundled_font_only(departement: Callable[..., Report]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(departement("01"))))
    fonts = {font["/BaseFont"] for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert fonts
    assert all("Inter" in name for name in fonts)


def test_the_banner_of_simulated_data_is_on_every_page(departement: Callable[..., Report]) -> None:
    report = departement("01")
    written = html_page(report)
    assert "Données simulées" in written
    assert "(données simulées)" in str(lxml_html.fromstring(written).findtext(".//title"))
    for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(report))).pages:
        assert "Données simulées" in page.extract_text()


def test_real_data_bear_no_such_banner(departement: Callable[..., Report]) -> None:
    report = departement("01", simulation=None)
    assert "simul" not in re.sub(r"<style>.*?</style>", "", html_page(report), flags=re.S)
    assert "simul" not in pdf_text(pdf_bytes(report))


def test_visible_text_has_french_spaces(page: str) -> None:
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    texts = [text for text in lxml_html.fromstring(body).itertext() if text.strip()]
    assert [text for text in texts if re.search(r" [;:!?%»]|« |\w'\w", text)] == []


def test_words_in_place_of_a_number_are_set_apart() -> None:
    assert all(is_number(text) for text in ("12", "\u22128,8", "+0,8", "<\u00a00,001", "1\u202f234", "–", "n.\u00a0d."))
    assert not any(is_number(text) for text in ("secret statistique", "non reçu", "oui", ""))


def test_charts_are_drawn_twice_the_same_with_no_english_and_no_namespace_but_svg() -> None:
    drawn = [
        bars_svg([Bar("Éligibles", 12, "12"), Bar("Binômes", None, "secret statistique")]),
        histogram_svg([("0-5", 3), ("5-10", 0)], "couverture", "territoires"),
        forest_svg([Interval("Item", "Brut", 1, -2, 3), Interval("Item", "Ajusté", 0, -1, 1)], "points"),
    ]
    again = bars_svg([Bar("Éligibles", 12, "12"), Bar("Binômes", None, "secret statistique")])
    assert drawn[0] == again
    for svg in drawn:
        assert set(re.findall(r'http[^"]*', svg)) == {"http://www.w3.org/2000/svg"}
        assert "aria-" not in svg


def test_a_hidden_bar_is_said_in_words_and_not_drawn() -> None:
    hidden = bars_svg([Bar("Éligibles", 12, "12"), Bar("Binômes", None, "secret statistique")])
    assert "secret statistique" in hidden
    zero = bars_svg([Bar("Éligibles", 12, "12"), Bar("Binômes", 0, "0")])
    assert "secret" not in zero


def test_a_long_report_keeps_the_header_of_its_tables(departement: Callable[..., Report]) -> None:
    long = Table("Long", (Column("Territoire"), Column("Nombre", True)), tuple((f"T{n}", str(n)) for n in range(150)))
    report = replace(departement("01"), sections=(Section("s", "Suite", (long,)),))
    texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(report))).pages]
    assert len(texts) > 2
    assert all("Territoire" in text for text in texts[:3])


def test_what_follows_a_tall_drawing_fills_the_page_before_it() -> None:
    intervals = [Interval(f"Question {n}", "Écart", 1.0, 0.0, 2.0) for n in range(13)]
    chart = Chart("Grand dessin", forest_svg(intervals, "points"), "Treize écarts.", DATA)
    before = tuple(Paragraph(f"Avant {n}.") for n in range(20))
    report = Report("T", "S", "public", (Section("a", "A", (*before, chart, DATA)),), "")
    first, second = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(report))).pages)
    assert "Avant 19" in first and "Éligibles" in first and "Grand dessin" not in first
    assert "Grand dessin" in second
