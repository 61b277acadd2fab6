"""What a run, and a test, may spend."""

from __future__ import annotations

import time
from typing import Literal

import pytest

from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.budget import FIXED_S, Budget, reserve_of
from pytest_qchannel.lanes.live.clock import MACHINE


@pytest.mark.parametrize(
    ("setting", "budget", "shown"),
    [
        (0.0, Budget("read"), "0"),
        ("dry", Budget("dry"), "dry"),
        (60.0, Budget("paid", 60.0), "60"),
        (12.5, Budget("paid", 12.5), "12.5"),
    ],
)
def test_a_budget_is_nothing_dry_or_seconds(
    setting: float | Literal["dry"], budget: Budget, shown: str
) -> None:
    assert Budget.of(setting) == budget
    assert str(budget) == shown


def test_fixed_seconds_are_reserved_beside_the_cost() -> None:
    assert reserve_of(10) == 10 + FIXED_S


@pytest.mark.parametrize(
    ("seconds", "jobs", "wish", "cost"),
    [
        (10, 1, None, 10),
        (10, 3, None, 3),
        (10, 3, 2, 2),
        (10, 3, 4, 3),  # three of these would be more than the test may use
        (10, 1, 10_800, 10),
        (2.9, 1, None, 2),
        (2, 5, None, 1),
        (0.5, 1, None, 1),
        (10, 1, 0, 10),
        (10, 1, -3, 10),
    ],
)
def test_the_cost_of_a_job_is_its_wish_or_its_share(
    seconds: float, jobs: int, wish: int | None, cost: int
) -> None:
    allowance = Allowance("test_it", seconds, jobs)
    assert allowance.cost_of(wish) == cost
    assert cost * jobs <= allowance.whole_s


def test_a_session_may_last_as_long_as_all_that_the_test_may_use() -> None:
    """One job, with which the clock begins, ends in time; of more the last one may run on."""
    for jobs, most_s in ((1, 10), (2, 5), (5, 8), (99, 98)):
        allowance = Allowance("test_it", 10.5, jobs)
        assert allowance.longest_session(None) == most_s
        assert allowance.longest_session(28_800) == most_s
        assert most_s + allowance.overrun_s == allowance.whole_s
    allowance = Allowance("test_it", 10.5, 2)
    assert allowance.longest_session(4) == 4
    assert allowance.smallest_reserve_s == 5 + FIXED_S


def test_a_test_without_the_marker_may_not_submit() -> None:
    assert not Allowance("test_it").may_submit
    assert Allowance("test_it", 1.0).may_submit


def test_the_machines_time_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    before = MACHINE.now()
    # A lane waited for ever in a test that had frozen the time.
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    MACHINE.sleep(-1.0)
    assert before <= MACHINE.now()
    assert before > 1_700_000_000
