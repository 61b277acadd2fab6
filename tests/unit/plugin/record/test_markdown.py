"""The page of a CI step: failures first, and no text of a test is mark-up."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.plugin.record.markdown import escaped, markdown_of


def told(name: str, **more: Any) -> dict[str, Any]:
    plain = {"id": f"test_a.py::{name}", "outcome": "passed", "lane": "emulated", "channel": None}
    rest = {"error": None, "rerun": f"pytest test_a.py::{name}"}
    counts: dict[str, Any] = {"request_count": 2, "jobs": []}
    return {**plain, **rest, **counts, **more}


FAILED = {
    "outcome": "failed",
    "error": {"headline": "CassetteMiss: none", "where": None, "next": "pytest --x", "text": ""},
}


def test_failures_come_first_with_what_to_do() -> None:
    seconds = {"qpu_seconds": {"value": 2.26, "is_estimate": True}}
    tests = [
        told("test_one", jobs=[seconds]),
        told("test_two", **FAILED),
        told("test_three", outcome="error", lane="replay", channel="ibm_cloud"),
        told("test_four", outcome="skipped", lane=None),
    ]
    page = markdown_of({"tests": tests}, ["qchannel: 2 emulated"]).splitlines()
    assert page == [
        "## qchannel: 1 passed, 1 failed, 1 error, 1 skipped",
        "",
        "| failed | next |",
        "| --- | --- |",
        "| <code>test_a.py:&#58;test_two</code><br>CassetteMiss: none | <code>pytest --x</code> |",
        "| <code>test_a.py:&#58;test_three</code><br> "
        "| <code>pytest test_a.py:&#58;test_three</code> |",
        "",
        "| lane | channel | tests | failed | requests | jobs | QPU seconds |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
        "| emulated |  | 2 | 1 | 4 | 1 | about 2.26 |",
        "| replay | ibm_cloud | 1 | 1 | 2 | 0 |  |",
        "",
        "- qchannel: 2 emulated",
        "",
    ]


def test_a_thousand_qpu_seconds_are_written_as_people_write_them() -> None:
    """The page had ``about 1.23e+03``."""
    job = {"qpu_seconds": {"value": 1_234.567, "is_estimate": True}}
    page = markdown_of({"tests": [told("test_one", jobs=[job])]}, [])
    assert "| about 1234.57 |" in page


def test_of_many_failures_fifty_are_shown() -> None:
    page = markdown_of({"tests": [told(f"test_{number}", **FAILED) for number in range(60)]}, [])
    assert page.count("CassetteMiss") == 50
    assert "| and 10 more | |" in page


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://evil.example/y.png)",
    "[x](javascript:alert(1))",
    "a | b | c",
    "`code` ```",
    "**bold** _em_ ~~gone~~",
    "# heading",
    "https://evil.example www.evil.example",
    "who@evil.example @someone #12",
    "&lt;script&gt; &#60;",
    "\u202eright to left",
    "two\nlines\r\n| more |",
    "\x1b[31mred",
    ":smile: ::test",
    "<!-- comment -->",
    "$$math$$",
    "\ud800",
    "x" * 10_000,
    "\\| \\<",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_text_of_a_test_is_no_markup(text: str) -> None:
    shown = escaped(text)
    bare = shown.replace("&#", "").replace(";", "")
    assert not set(bare) & set("<>|`*[]()!#~&\\@$\n\r")
    assert shown.isprintable()
    assert len(shown) < 4_000
    assert not any(one in shown for one in ("http:", "https:", "www.", ":smile:"))
