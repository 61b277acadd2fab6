"""The record of a run, from the reports that pytest and its plugins make of a test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_qchannel.plugin.record.facts import Facts
from tests.unit.plugin.record.record_kit import TEST, report, run_of

EMULATED = Facts(lane="emulated")
SETUP = report("setup", facts=EMULATED)
TEARDOWN = report("teardown", facts=EMULATED)
SUBTEST: Any = SimpleNamespace(msg="first", kwargs={})


@pytest.mark.parametrize(
    ("outcome", "reports"),
    [
        ("passed", [SETUP, report("call", facts=EMULATED), TEARDOWN]),
        ("failed", [SETUP, report("call", "failed", EMULATED), TEARDOWN]),
        ("error", [report("setup", "failed", EMULATED), TEARDOWN]),
        ("error", [SETUP, report("call", facts=EMULATED), report("teardown", "failed", EMULATED)]),
        ("skipped", [report("setup", "skipped", EMULATED), TEARDOWN]),
        ("xfailed", [SETUP, report("call", "skipped", EMULATED, wasxfail="reason: x"), TEARDOWN]),
        ("xpassed", [SETUP, report("call", facts=EMULATED, wasxfail="x"), TEARDOWN]),
        ("rerun", [SETUP, report("call", "rerun", EMULATED)]),
        ("failed", [SETUP, report("???", "failed")]),
        (
            "failed",
            [
                SETUP,
                report("call", "failed", EMULATED, context=SUBTEST),
                report("call", facts=EMULATED),
                TEARDOWN,
            ],
        ),
        (
            "passed",
            [
                SETUP,
                report("call", "skipped", EMULATED, context=SUBTEST),
                report("call", facts=EMULATED),
                TEARDOWN,
            ],
        ),
    ],
)
def test_the_outcome_of_a_test(outcome: str, reports: list[Any]) -> None:
    (attempt,) = run_of(*reports).attempts
    assert attempt.outcome == outcome


def test_a_test_that_is_tried_again_has_two_attempts_and_counts_once() -> None:
    again = report("call", facts=EMULATED)
    run = run_of(SETUP, report("call", "rerun", EMULATED), SETUP, again, TEARDOWN)
    assert [one.outcome for one in run.attempts] == ["rerun", "passed"]
    assert [one.outcome for one in run.last()] == ["passed"]


def test_a_test_that_each_worker_has_is_told_apart() -> None:
    first, second = object(), object()
    call = [report("call", facts=EMULATED, node=one) for one in (first, second)]
    setup = [report("setup", facts=EMULATED, node=one) for one in (first, second)]
    run = run_of(*setup, *call)
    assert [len(one.reports) for one in run.attempts] == [2, 2]


def test_a_group_of_workers_is_no_part_of_a_test() -> None:
    facts = Facts(lane="emulated", node=TEST)
    run = run_of(report("setup", facts=facts, nodeid=f"{TEST}@group"))
    assert run.attempts[0].node == TEST


def test_what_crashed_before_it_used_us_is_of_others() -> None:
    assert not run_of(report("???", "failed")).attempts
