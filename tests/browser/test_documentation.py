"""The page of dbt's documentation in a real browser: one file, and nothing asked of anyone."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from mentorat.settings import CHECKOUT
from orchestration.documentation import write_documentation


def test_the_documentation_opens_from_one_file_without_any_request(browser: Browser, tmp_path: Path) -> None:
    path = write_documentation(tmp_path / "dbt.html")
    text = path.read_text(encoding="utf-8")
    assert not any(place in text for place in (str(CHECKOUT), f"{tempfile.gettempdir()}/", f"{Path.home()}/"))
    page = browser.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{path.as_uri()}#!/model/model.mentorat.indicateurs")
    page.get_by_role("heading", name="indicateurs").first.wait_for()
    assert page.get_by_text("n_manquants").count() > 0
    assert [url for url in asked if url != path.as_uri()] == []
    assert errors == []
    page.close()
