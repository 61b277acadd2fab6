"""What a run, and the test that runs now, may do: what the links are told of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.allowance import Allowance
from pytest_qchannel.lanes.live.budget import Budget
from pytest_qchannel.lanes.live.outcome import Facts
from pytest_qchannel.lanes.live.problems import LiveProblem

__all__ = ["CurrentTest", "LiveTest", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run may do; it does not change while it goes on.

    Attributes:
        run: Its name.
        budget: What it may spend.
        owner: This process, as a worker of pytest-xdist is called.
        backends: The backends that it may use; none: any.
        instances: The :func:`~pytest_qchannel.lanes.live.entry.fingerprint` of the instances that
            it may use; none: any.
        most_jobs: How many jobs may be in flight.
        queue_timeout_s: How long a submission waits at the door, or a job in the queue.
        most_28d_s: What all runs of 28 days may spend of an instance; ``None``: any number.
    """

    run: str
    budget: Budget
    owner: str = "main"
    backends: frozenset[str] = frozenset()
    instances: frozenset[str] = frozenset()
    most_jobs: int = 1
    queue_timeout_s: float = 900.0
    most_28d_s: float | None = None


@dataclass(slots=True)
class LiveTest:
    """The test that runs now.

    Attributes:
        allowance: What it may spend.
        problems: The lane's list: what is put there fails, or skips, the test.
        facts: What passed the door.
        complained: The problems of this test, also those that were told already.
        swept: How often what it left was ended: once, or once for each attempt.
        is_over: Whether the run was told to end: what it submits then, as in a ``finally``, would
            wait, or be left.
    """

    allowance: Allowance
    problems: list[QChannelError] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    complained: list[LiveProblem] = field(default_factory=list)
    swept: int = 0
    is_over: bool = False

    def complain(self, problem: LiveProblem) -> LiveProblem:
        """Puts a problem where the code under test cannot swallow it, and gives it back."""
        self.problems.append(problem)
        self.complained.append(problem)
        return problem


CurrentTest: TypeAlias = Callable[[], LiveTest]
"""Gives the test that runs now; between tests one whose allowance has no marker."""
