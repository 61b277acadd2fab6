"""How large the page of a report is, and how fast a browser shows it.

In the environment of ``tox -e report-browser``, with a Chromium on the path:
``python -m benchmarks.report_page``. Each figure is the median of five.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from pytest_qchannel.page.write import page_of
from tests.unit.page.report_kit import report_of

ROUNDS = 5
FILTER = """async (text) => {
  const box = document.getElementById("q");
  const began = performance.now();
  box.value = text;
  box.dispatchEvent(new Event("input"));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""


def measure(browser: Any, page: Path) -> dict[str, float]:
    """Milliseconds until the page can be used, by its clock and by ours, and to filter it."""
    tab = browser.new_page()
    began = time.perf_counter()
    tab.goto(page.as_uri())
    tab.wait_for_selector("html[data-ready]")
    clock = (time.perf_counter() - began) * 1e3
    ready = float(tab.evaluate("document.documentElement.dataset.ready"))
    few, all_again = (tab.evaluate(FILTER, text) for text in ("test_case_7 failed", ""))
    tab.close()
    return {"ready": ready, "clock": clock, "filter": few, "all again": all_again}


def main() -> None:
    """Prints a row for each size."""
    path = shutil.which("chromium") or "chromium"
    with sync_playwright() as running, tempfile.TemporaryDirectory() as folder:
        browser = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for tests in (1_000, 5_000):
            report = report_of(tests)
            began = time.process_time()
            text = page_of(report)
            written = (time.process_time() - began) * 1e3 / tests
            page = Path(folder) / f"{tests}.html"
            page.write_text(text, encoding="utf-8")
            rounds = [measure(browser, page) for _ in range(ROUNDS)]
            told = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
            figures = ", ".join(f"{name} {value:.0f} ms" for name, value in told.items())
            print(f"{tests} tests: {len(text) / 2**10:.0f} KiB, {figures}, {written:.2f} ms a test")
        browser.close()


if __name__ == "__main__":
    main()
