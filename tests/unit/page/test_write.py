"""The page of a report: what is in it, what it may do, and that no text of a run is markup."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files

import pytest

from pytest_qchannel.page import write
from pytest_qchannel.page.write import VENDORED, page_of
from tests.unit.page.report_kit import DATA, HOSTILE, data_of, hostile_report, report_of

PUBLISHED = {
    "preact.min.umd.js": "aa558e32247d4ccea18c5addbb0311bc1771bf39734185be01dc0c3c4cf3fd6d",
    "htm.umd.js": "7a31776e04bd4afde0d4308177d26f377716fcf7e4bd70be590746d6aa594f08",
}
"""SHA-256 of the files in preact 10.29.8 and htm 3.1.1, as the npm registry has them."""


def own_files() -> dict[str, str]:
    folder = files("pytest_qchannel.page")
    named = [*(("app", f"{name}.js") for name in write._APP), ("page.css",), ("page.html",)]
    return {"/".join(one): folder.joinpath(*one).read_text(encoding="utf-8") for one in named}


def test_page_holds_the_report_as_it_is() -> None:
    report = report_of(3)
    found = data_of(page_of(report))
    assert {name: found[name] for name in report} == report
    assert page_of(report) == page_of(report), "the same report is the same page"


def test_policy_allows_the_pages_own_script_and_style_and_nothing_else() -> None:
    page = page_of(report_of(1))
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (script, style)
    ]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_no_text_of_a_run_is_markup() -> None:
    """The page of a report of hostile texts differs from any other in its compressed data only."""
    bland, hostile = (page_of(one) for one in (report_of(0), hostile_report()))
    assert DATA.sub(r"\1\3", hostile) == DATA.sub(r"\1\3", bland)
    assert len(data_of(hostile)["tests"]) == len(HOSTILE) == 20


def test_own_files_make_no_markup_of_text_and_ask_nothing_of_a_network() -> None:
    """Each way to do so is blocked by the policy, too, or by Preact's text nodes."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|srcdoc|\beval\b|Function\(|"
        r"\sstyle=|\bon\w+=\"|fetch\(|XMLHttp|WebSocket|sendBeacon|import\(|@import|url\(|"
        r"\bsrc=|\bhref=|https?:",
    )
    for name, text in own_files().items():
        assert not forbidden.findall(text), name
    page = page_of(report_of(0))
    assert "sourceMappingURL" not in page, "a browser's developer tools would ask for it"


@pytest.mark.parametrize(("name", "digest"), PUBLISHED.items())
def test_what_others_wrote_is_as_they_published_it(name: str, digest: str) -> None:
    folder = files("pytest_qchannel.page").joinpath("vendored")
    assert hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() == digest
    assert name in {file for _, file in VENDORED.values()}


def test_licences_come_along_with_each_page() -> None:
    shown = {one["name"]: one["text"] for one in data_of(page_of(report_of(0)))["licences"]}
    assert "Permission is hereby granted" in shown["Preact 10.29.8 (MIT licence)"]
    assert "Jason Miller" in shown["Preact 10.29.8 (MIT licence)"]
    assert "Copyright 2018 Google Inc." in shown["htm 3.1.1 (Apache licence 2.0)"]


def test_a_number_that_no_browser_reads_is_refused() -> None:
    """JSON has no word for it, and the page would show nothing at all."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        page_of(report_of(0, qpu_seconds={"used": float("nan")}))


def test_a_test_with_twenty_requests_takes_under_a_thousandth_of_a_mebibyte() -> None:
    """Measured: 310 bytes a test; a page of 1,000 of them is to stay below one mebibyte."""
    of_tests = len(page_of(report_of(100))) - len(page_of(report_of(0)))
    assert of_tests / 100 < 2**20 / 1000
