"""The lines at the end of a run: what they say, that they fit, and what they never show."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.plugin.record.facts import Spent
from pytest_qchannel.plugin.record.lines import Cost, cassette_lines, fitted, lines_of, phrases_of
from pytest_qchannel.plugin.record.shown import Shown
from tests.unit.plugin.record.record_kit import ran, run_of, skipped

KEY = "kX7-planted-secret-of-a-person-0123456789abcd"
OLD = {
    "test": "test_a.py::test_b",
    "did": "replayed",
    "recorded_from": "emulator",
    "recorded_at": "2020-11-01T00:00:00+00:00",
    "client": "0.40.1",
    "qpu_seconds": 0,
}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", KEY)


def test_what_an_emulated_run_would_cost_is_about() -> None:
    facts: dict[str, Any] = {"requests": 3, "jobs": {"a": 2.26, "b": 12.1}, "is_estimate": True}
    run = run_of(*ran(1, **facts), *ran(2, requests=1))
    assert Cost.of(run).words(None) == [
        "4 requests",
        "live, this run would use about 14 s (2 jobs)",
    ]


def test_what_a_live_run_has_used_holds_and_may_use() -> None:
    run = run_of(*ran(requests=1, jobs={"a": 2.0}, is_estimate=False))
    assert Cost.of(run).words(Spent(2.0, 4.0, 60.0)) == [
        "1 request",
        "1 job, 2 QPU seconds used, 4 held, 54 of 60 left",
    ]


def test_skips_are_grouped_by_their_reason() -> None:
    reasons = ["no QPU", "no QPU", "too slow", "one", "two"]
    run = run_of(*(skipped(number, reason) for number, reason in enumerate(reasons)))
    assert lines_of(run, [], [], Shown()) == [
        "5 skipped: no QPU (2); too slow (1); one (1); 1 more reason"
    ]
    assert phrases_of(run, [OLD], [], Shown()) == [
        "1 cassette replayed",
        "5 skipped: no QPU (2); too slow (1); one (1); 1 more reason",
    ]


def test_a_quiet_run_says_why_a_live_test_was_skipped() -> None:
    """With the service down ``-q`` said ``1 skipped``, and the run was green."""
    run = run_of(skipped(1, f"live, outage: {KEY} at\nnight"))
    (phrase,) = phrases_of(run, [], [], Shown())
    assert phrase.startswith("1 skipped: live, outage: ")
    assert KEY not in phrase
    assert phrase.endswith(" at night (1)")


def test_a_quiet_run_tells_of_children_that_were_not_emulated_too() -> None:
    """A script that a test started failed for want of a network, and ``-q`` did not say why."""
    (phrase,) = phrases_of(run_of(*ran(1, children=["python3"])), [], [], Shown())
    assert phrase == "1 child process was not emulated: python3"


def test_the_age_of_what_was_replayed_is_told() -> None:
    (line,) = cassette_lines([OLD], Shown())
    assert line.startswith("1 cassette replayed, recorded 2020-11-01 (")
    assert " days ago): 1 from the emulator" in line


def test_there_are_at_most_eleven_rows_and_what_is_left_out_is_counted() -> None:
    refused = {"did": "refused", "why": "x" * 60}
    deeds = [{**refused, "test": f"test_a.py::test_{number}"} for number in range(40)]
    lines = cassette_lines(deeds, Shown())
    shown = fitted(lines, 80)
    assert sum(-(-len(line) // 80) for line in shown) <= 11
    assert shown[-1] == "qchannel: 35 more lines with -v"
    assert fitted(lines[:5], 80) == lines[:5]


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\u202eright to left",
    "two\nlines\r\nand\x00more",
    "x" * 10_000,
    "</script>\u2028",
    "\ud800 half of a pair",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_reason_is_one_short_line_of_what_can_be_seen(text: str) -> None:
    (line,) = lines_of(run_of(skipped(1, text)), [], [], Shown())
    assert line.isprintable()
    assert len(line) < 130
    line.encode()


@pytest.mark.parametrize("text", [KEY, f"said {KEY}.", KEY.encode().hex()], ids=range(3))
def test_a_credential_in_a_text_of_a_test_is_not_shown(text: str) -> None:
    run = run_of(skipped(1, text), *ran(2, children=[text]))
    deeds: list[Any] = [
        {"did": "refused", "why": text, "test": text},
        {**OLD, "unknown": [text], "client": text},
    ]
    told = "\n".join(lines_of(run, deeds, [], Shown()))
    assert KEY[4:20] not in told
    assert text not in told
    assert "<secret QISKIT_IBM_TOKEN>" in told
