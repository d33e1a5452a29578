"""Report pages in a real browser: nothing leaves, nothing overflows, everything can be read."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

NAMES = ["01", "48", "national"]

CONTRASTS = """
() => {
  const channel = v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = parse(c).map(channel); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = node => {
    for (let n = node; n; n = n.parentElement) {
      const c = getComputedStyle(n).backgroundColor, p = parse(c);
      if (p.length === 3 || p[3] === 1) return c;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const node of document.querySelectorAll("body *:not(svg, svg *)")) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own) continue;
    const a = light(getComputedStyle(node).color), b = light(ground(node));
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.textContent.trim().slice(0, 40)]);
  }
  return found;
}
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_without_any_request_or_error(browser: Browser, pages: dict[str, Path], name: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(pages[name].as_uri())
    assert page.title()
    assert asked == [pages[name].as_uri()]
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_overflows_the_screen(browser: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_text_has_a_contrast_of_at_least_4_5(browser: Browser, pages: dict[str, Path], name: str) -> None:
    page = browser.new_page()
    page.goto(pages[name].as_uri())
    weak = [item for item in page.evaluate(CONTRASTS) if item[0] < 4.5]
    assert weak == []
    page.close()


def test_the_accessibility_tree_has_named_pictures_and_one_main(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["national"].as_uri())
    pictures = page.get_by_role("img").all()
    assert len(pictures) == 2
    for picture in pictures:
        assert page.locator(f"#{picture.get_attribute('aria-labelledby').split()[1]}").text_content()
        assert picture.bounding_box()["width"] > 200
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("note", name="Avertissement").inner_text().startswith("Données simulées")
    page.close()


def test_the_keyboard_reaches_the_content_first(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["01"].as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.close()


def test_the_data_of_a_chart_open_on_demand(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page()
    page.goto(pages["01"].as_uri())
    table = page.get_by_role("table", name="Les nombres du graphique")
    assert table.count() == 0
    page.get_by_text("Voir les données du graphique").click()
    assert table.is_visible()
    page.close()


def test_a_chart_is_drawn_with_readable_labels_on_a_telephone(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(pages["01"].as_uri())
    heights = page.eval_on_selector_all("figure svg text", "nodes => nodes.map(n => n.getBoundingClientRect().height)")
    assert heights
    assert min(heights) >= 9
    page.close()
