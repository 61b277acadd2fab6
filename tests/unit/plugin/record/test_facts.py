"""The facts of a test that reports tell: what it failed with, and what mends that."""

from __future__ import annotations

import pytest

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.plugin.record import facts
from tests.unit.plugin.record.record_kit import report

STEP = "give it one:\nprintf '%s\\n' '  a' >> world.toml\nand run with it: pytest --x"


def test_all_lines_of_a_step_are_in_the_report_as_they_were_given(
    request: pytest.FixtureRequest,
) -> None:
    """The report had the first line alone: the command that the terminal shows was missing."""
    error = KeyError("devices")
    error.add_note(str(QChannelError("there is none", closest="one", next=STEP)))
    error.add_note(str(QChannelError("of another", next="something else")))
    made = report("call", "failed")
    item: pytest.Item = request.node
    kept = item.stash.get(facts._FACTS, None)
    try:
        facts.attach(item, made, error)
    finally:
        del item.stash[facts._FACTS]
        if kept is not None:
            item.stash[facts._FACTS] = kept
    assert made.qchannel["error"] == {
        "headline": "KeyError: 'devices'",
        "where": None,
        "next": STEP,
    }
