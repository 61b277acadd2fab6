"""What a person sees of a report, and does with it: in Chromium, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from pytest_qchannel.page.merge import merged
from pytest_qchannel.page.write import page_of
from tests.browser.conftest import Shown
from tests.unit.page.report_kit import (
    HOSTILE,
    case_of,
    cassette_report,
    failed,
    heavy_hexagons,
    hostile_report,
    report_of,
    run_of,
)

Show = Callable[..., Shown]

FOCUSABLE = """() => [...document.querySelectorAll(
  'button, input, summary, a[href], [tabindex="0"]')].filter((one) => one.checkVisibility())"""
NUMBER_THEM = f"() => ({FOCUSABLE})().forEach((one, at) => {{ one.dataset.stop = at }})"
IS_ON_A_CELL = "document.activeElement.matches('button.cell')"
MADE_OF_TEXT = """() => document.querySelectorAll(
  'img, iframe, base, link, plaintext, meta[http-equiv=refresh], a[href], script[src]').length"""
STOP = "() => document.activeElement.dataset.stop"


def legs() -> dict[str, Any]:
    """Three clients, the oldest of which failed one test and has no Platform channel."""
    reports = []
    for number, client in enumerate(("0.34.0", "0.45.1", "0.51.0")):
        tests = [case_of(n, client=client) for n in range(8) if number or n % 2 == 0]
        if not number:
            tests[1] = failed(2, client=client)
        reports.append(report_of(0) | {"run": run_of(number, client=client), "tests": tests})
    return merged(reports)


def open_all(shown: Shown) -> None:
    cells = shown.tab.locator("button.cell[aria-expanded=false]")
    while cells.count():
        cells.first.click()


@pytest.mark.parametrize(
    ("took_s", "told"), [(3_599.7, "1 h 0 min"), (7_199, "2 h 0 min"), (179.6, "3 min 0 s")]
)
def test_a_duration_is_rounded_before_it_is_split(show: Show, took_s: float, told: str) -> None:
    """A test of nearly an hour took 59 min 60 s."""
    shown = show(report_of(0) | {"tests": [case_of(1, duration_s=took_s)]})
    open_all(shown)
    assert f"took\n{told}\n" in shown.tab.inner_text("section.opened")


def test_a_large_report_stands_there_with_what_failed_first(show: Show) -> None:
    shown = show(report_of(1_000))
    assert shown.state == "All 1,000 tests"
    assert len(shown.rows()) == 100
    assert shown.tab.locator("button.cell").first.inner_text().startswith("✗ failed code")
    assert "10 ✗ failed" in shown.tab.inner_text(".tally")
    shown.tab.get_by_role("button", name="Show all 500").click()
    assert len(shown.rows()) == 500


def test_filters_and_search_stand_in_the_address(show: Show) -> None:
    shown = show(report_of(200))
    shown.tab.get_by_label("Search in").fill("MODULE_1 emulated")
    assert shown.state == "50 of 200 tests"
    shown.tab.get_by_role("checkbox", name="skipped").check()
    assert shown.state == "1 of 200 tests"
    shown.tab.get_by_role("checkbox", name="failed").check()
    shown.tab.get_by_label("Search in").fill("")
    assert shown.state == "4 of 200 tests"
    shown.tab.locator("button.cell").first.click()
    assert shown.fragment.startswith("#outcome=skipped&outcome=failed&open=")
    there = show(report_of(200), shown.fragment)
    assert there.state == "4 of 200 tests"
    assert there.tab.locator(".opened").count() == 1
    there.tab.evaluate("location.hash = '#q=case_99'")
    there.tab.wait_for_function("document.querySelector('[role=status]').innerText[0] === '2'")
    there.tab.get_by_role("button", name="Show all again").click()
    assert there.state == "All 200 tests"


def test_what_an_address_opens_is_drawn_however_far_down(show: Show) -> None:
    shown = show(report_of(600), "#open=599")
    assert shown.tab.locator("#test-599").is_visible()
    assert len(shown.rows()) == 300
    shown = show(report_of(600), "#open=600&open=-1&open=x&outcome=nonsense&q=%")
    assert shown.state == "0 of 600 tests", "of what nobody wrote nothing breaks"


def test_an_opened_test_shows_what_it_did(show: Show) -> None:
    shown = show(report_of(41))
    cell = shown.tab.locator("button.cell").first
    assert shown.tab.locator(".opened").count() == 0, "nothing is drawn before"
    cell.click()
    assert cell.get_attribute("aria-expanded") == "true"
    opened = shown.tab.locator(f"#{cell.get_attribute('aria-controls')}")
    text = opened.inner_text()
    for words in (
        "CassetteMiss: no recorded interaction answers GET /backends",
        "pytest -k test_smallest --qchannel-mode=record",
        'pytest "tests/unit/test_module_0.py::test_case_20[ibm_cloud]" --qchannel-mode=emulated',
        "┤ H ├──■──┤M├",
        "Circuit: 2 qubits, 3 deep, on the device's qubits 0, 1.",
        "qpu_hexagons: qubits 0, 1 of 156 used.",
        "about 3 s (estimated)",
        "no answer",
    ):
        assert words in text, words
    pictures = opened.get_by_role("img")
    assert [one.get_attribute("aria-label") for one in pictures.all()] == [
        "Timeline: 20 requests, 1 job in 204 ms; the tables beside it say the same",
        "qpu_hexagons: qubits 0, 1 of 156 used",
    ]
    assert opened.locator(".histogram tbody tr").all_inner_texts() == [
        "00\t530\t51.8 %\t50.0 %\t",
        "11\t494\t48.2 %\t50.0 %\t",
    ]
    cell.click()
    assert shown.tab.locator(".opened").count() == 0


def test_legs_of_a_matrix_stand_side_by_side(show: Show) -> None:
    shown = show(legs())
    heads = shown.tab.locator(".matrix thead th").all_inner_texts()
    assert [re.sub(r"\s+", " ", one) for one in heads] == [
        "test",
        *(f"ibm_cloud client {one} emulated" for one in ("0.34.0", "0.45.1", "0.51.0")),
        *(f"ibm_quantum_platform client {one} emulated" for one in ("0.45.1", "0.51.0")),
    ]
    assert shown.rows()[0].endswith("test_case_1"), "the channel stands in the column"
    assert len(shown.rows()) == 4


def test_a_cassette_is_one_recording_in_order(show: Show) -> None:
    shown = show(cassette_report())
    text = shown.tab.inner_text("main")
    for words in (
        "test_pick.py::test_smallest",
        "┤ H ├──■──┤M├",
        "In order: a cassette keeps no times",
        "qpu_line: qubits 1, 2 of 3 used.",
        "GET /jobs/<job_id>",
    ):
        assert words in text, words
    states = shown.tab.locator(".states li").all_inner_texts()
    assert [one.strip() for one in states] == ["Queued", "Completed"]
    shown.tab.locator("summary", has_text="answered").first.click()
    assert HOSTILE[0] in shown.tab.locator(".bodies pre:visible").inner_text()
    assert shown.tab.get_by_role("search").count() == 0


def test_a_test_that_was_skipped_before_it_had_a_lane_has_no_column_of_its_own(show: Show) -> None:
    nowhere: dict[str, Any] = {
        "lane": None,
        "channel": None,
        "outcome": "skipped",
        "reason": "not today",
    }
    report = report_of(2)
    report["tests"] += [
        case_of(4, id="test_a.py::test_b[ibm_cloud-3]", **nowhere),
        case_of(5, id="test_a.py::test_c", **nowhere),
    ]
    shown = show(report)
    heads = shown.tab.locator(".matrix thead th").all_inner_texts()
    assert [one.split("\n")[0] for one in heads] == [
        *("test", "ibm_cloud", "ibm_quantum_platform", "no channel"),
    ]
    assert shown.rows()[1:] == ["test_a.py::test_b[3]", "test_a.py::test_c"]


def test_texts_of_a_run_stay_texts(show: Show) -> None:
    shown = show(hostile_report())
    open_all(shown)
    shown.tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert shown.tab.evaluate("window.struck") is None
    assert shown.tab.evaluate(MADE_OF_TEXT) == 0
    text = shown.tab.inner_text("body")
    assert HOSTILE[0] in text
    assert "\\u202egnp.exe" in text
    assert "\u202e" not in text, "a mark that turns the text around it"
    shown.tab.get_by_label("Search in").fill(HOSTILE[0])
    assert shown.state == "1 of 20 tests"
    assert shown.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "10 kB of name"


@pytest.mark.parametrize("kind", [report_of, legs, hostile_report, cassette_report])
def test_no_barrier_that_axe_knows(show: Show, kind: Callable[[], dict[str, Any]]) -> None:
    axe = files(pytest.importorskip("axe_playwright_python")).joinpath("axe.min.js").read_text()
    report = kind()
    report["tests"] = report["tests"][:6]
    if "qpu_hexagons" in report["devices"]:  # of each number axe looks what lies behind it
        report["devices"] = {"qpu_hexagons": heavy_hexagons(2)}
    shown = show(report, "#open=0&open=1")
    shown.tab.evaluate(axe)
    for scheme in ("light", "dark"):
        shown.tab.emulate_media(color_scheme=scheme)
        found = shown.tab.evaluate("axe.run(document)")
        assert len(found["passes"]) > 20
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]] == []


def test_keyboard_alone_reaches_everything(show: Show) -> None:
    shown = show(report_of(41), "#open=40")
    shown.tab.evaluate(NUMBER_THEM)
    stops = shown.tab.evaluate(f"() => ({FOCUSABLE})().length")
    reached = []
    for _ in range(stops):
        shown.tab.keyboard.press("Tab")
        reached.append(shown.tab.evaluate(STOP))
    assert reached == [str(number) for number in range(stops)], "in the order of the page"
    shown.tab.get_by_label("Search in").focus()
    shown.tab.keyboard.type("case_3")
    assert shown.state == "2 of 41 tests"
    shown.tab.keyboard.press("Tab")
    shown.tab.keyboard.press("Space")
    assert "outcome=passed" in shown.fragment
    cell = shown.tab.locator("button.cell").first
    cell.focus()
    shown.tab.keyboard.press("Enter")
    assert cell.get_attribute("aria-expanded") == "true"
    assert shown.tab.evaluate(IS_ON_A_CELL), "focus stays"
    shown.tab.get_by_role("button", name="close").first.focus()
    shown.tab.keyboard.press("Enter")
    assert shown.tab.evaluate(IS_ON_A_CELL), "what had the focus is gone"


def test_print_has_all_rows(show: Show) -> None:
    shown = show(report_of(400))
    shown.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert len(shown.rows()) == 200
    shown.tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(shown.rows()) == 100


def test_a_file_that_was_cut_says_so(chromium: Any) -> None:
    whole = page_of(report_of(50))
    cut = re.sub(r'(id="data">[^<]{2000})[^<]*', r"\1", whole)
    tab = chromium.new_page()
    tab.set_content(cut)
    tab.wait_for_function("!document.getElementById('state').innerText.startsWith('Unpacking')")
    assert "This report cannot be shown" in tab.inner_text("#state")
    assert "write it again" in tab.inner_text("#state")
    tab.close()
