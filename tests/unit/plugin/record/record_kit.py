"""Reports as pytest and its plugins make them, and the record of a run that is made of them."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_qchannel.plugin.keys import ATTRIBUTE
from pytest_qchannel.plugin.record.facts import Facts
from pytest_qchannel.plugin.record.run import Run

TEST = "test_a.py::test_b"


def report(when: Any, outcome: Any = "passed", facts: Facts | None = None, **more: Any) -> Any:
    """A report of a test, with attributes that plugins of pytest add."""
    of, shown = more.pop("nodeid", TEST), more.pop("longrepr", None)
    made = pytest.TestReport(of, ("test_a.py", 1, "test_b"), {}, outcome, shown, when)
    vars(made).update(more)
    if facts is not None:
        setattr(made, ATTRIBUTE, facts)
    return made


def run_of(*reports: Any) -> Run:
    """The record of what some reports tell."""
    run = Run()
    for one in reports:
        run.add(one)
    return run


def skipped(number: int, reason: str) -> Any:
    """The report of a test that was skipped."""
    facts, told = Facts(), ("test_a.py", 1, f"Skipped: {reason}")
    return report("setup", "skipped", facts, nodeid=f"{TEST}[{number}]", longrepr=told)


def ran(number: int = 0, **facts: Any) -> list[Any]:
    """The reports of a test that passed."""
    told: Any = {"lane": "emulated", **facts}
    of = f"{TEST}[{number}]"
    return [report(when, facts=told, nodeid=of) for when in ("setup", "call", "teardown")]
