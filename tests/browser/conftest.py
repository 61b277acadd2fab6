"""A Chromium that nobody sees, and a page of a report in it.

`tox -e report-browser` runs these tests. They need Playwright, which that environment installs, and
a Chromium of the machine: Playwright's own is a download that a machine without a network has not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_qchannel.page.write import page_of

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Shown:
    """A page in the browser, with what it asked for and what went wrong in it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.asked: list[str] = []
        self.problems: list[str] = []
        tab.on("request", lambda request: self.asked.append(request.url))
        tab.on("console", lambda message: self.problems.append(message.text))
        tab.on("pageerror", lambda problem: self.problems.append(str(problem)))
        tab.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))

    def go(self, address: str) -> None:
        self.tab.goto(address)
        self.tab.wait_for_selector("html[data-ready]")

    @property
    def state(self) -> str:
        said: str = self.tab.inner_text("[role=status]")
        return said

    @property
    def fragment(self) -> str:
        # (What Playwright says of the address follows some time after.)
        found: str = self.tab.evaluate("location.hash")
        return found

    def rows(self) -> list[str]:
        found: list[str] = self.tab.locator(
            ".matrix > tbody > tr:not(.details) > th"
        ).all_inner_texts()
        return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: python -m tox -e report-browser"
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("needs Chromium on the path: apt-get install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Shown]]:
    """Shows a report; the end of the test finds that nothing was asked for and nothing broke."""
    opened: list[Shown] = []

    def show(report: dict[str, Any], fragment: str = "", **settings: Any) -> Shown:
        path = tmp_path / f"report-{len(opened)}.html"
        path.write_text(page_of(report), encoding="utf-8")
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, **settings)
        shown = Shown(context.new_page())
        opened.append(shown)
        shown.go(path.as_uri() + fragment)
        return shown

    yield show
    for one in opened:
        one.tab.context.close()
    assert [url for one in opened for url in one.asked if not url.startswith("file:")] == []
    assert [text for one in opened for text in one.problems] == []
