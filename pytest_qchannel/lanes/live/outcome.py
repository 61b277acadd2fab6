"""What a live test ended as, told from what passed the door and never from messages.

Out of a quota, a queue or a service that is down a test learns nothing of the code: it is skipped,
with the reason. All else fails it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pytest_qchannel.errors import QChannelError
from pytest_qchannel.lanes.live.problems import LiveProblem

__all__ = ["SERVICE_CODES", "TOO_LONG", "Facts", "Outcome", "Told", "outcome_of"]


class Outcome(StrEnum):
    """What a test that did not pass ended as; of several the first counts.

    What must not become a skip stands before what may.
    """

    CREDENTIALS = "credentials"
    DUPLICATES = "duplicates"
    CODE = "code"
    STATISTICS = "statistics"
    QUOTA = "quota"
    QUEUE = "queue"
    SERVICE = "service"
    NOT_OFFERED = "not offered"
    """What was asked for is not part of the plan, or not known to the client."""

    @property
    def is_skip(self) -> bool:
        """Whether the test is skipped for it, unless the run is a strict one."""
        return self in (Outcome.QUOTA, Outcome.QUEUE, Outcome.SERVICE, Outcome.NOT_OFFERED)


SERVICE_CODES: Final = frozenset({1500, 1999, 9701, 9707, 9999})
"""Codes of jobs that failed for the service's own reasons. Source: IBM's error registry."""

TOO_LONG: Final = 1305
"""The code of a job that ran longer than its ``cost``."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a test ended as, and why, in a line; what mends it, where that is known."""

    outcome: Outcome
    why: str
    next: str = ""


class Facts:
    """What passed the door while a test ran, and may be why it failed; for any thread.

    A request that was answered well in the end has done no harm: each is told of by its last
    answer alone.
    """

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    @property
    def told(self) -> list[Told]:
        """What is still true, oldest first."""
        return list(self._told.values())

    def note(self, about: str, outcome: Outcome, why: str) -> None:
        """Notes what may be why the test fails.

        Args:
            about: What it is of, as a request's method and path.
            outcome: What the test then ended as.
            why: Why, in a line.
        """
        self._told[about] = Told(outcome, why)

    def forget(self, about: str) -> None:
        """Takes back what was noted of something that went well in the end."""
        self._told.pop(about, None)

    def note_code(self, code: int | None, job: str, max_qpu_seconds: float | None) -> None:
        """Notes the code of a job that did not end well.

        Args:
            code: The code; ``None`` where it has none.
            job: Its id.
            max_qpu_seconds: What the test may use, where the lane set the job's ``cost``.
        """
        if code in SERVICE_CODES:
            self.note(job, Outcome.SERVICE, f"the service failed job {job} with code {code}")
        elif code == TOO_LONG and max_qpu_seconds is not None:
            self.note(
                job,
                Outcome.QUOTA,
                f"job {job} ran longer than its share of max_qpu_seconds={max_qpu_seconds:g} "
                f"(code {code}); raise max_qpu_seconds of the marker live_qpu",
            )
        else:
            self.note(job, Outcome.CODE, f"job {job} failed with code {code}")


def outcome_of(
    facts: Facts,
    problems: Iterable[QChannelError] = (),
    *,
    is_statistics: bool = False,
) -> Told:
    """What a test ended as that failed.

    Args:
        facts: What passed the door.
        problems: What the lane has to complain of: each counts, whatever the test did.
        is_statistics: Whether its error is a distribution that does not fit.
    """
    told = [_told(one) for one in problems]
    if not told and is_statistics:
        told = [Told(Outcome.STATISTICS, "the counts do not fit")]
    elif not told:  # a complaint is why it failed, whatever passed the door besides
        told = facts.told or [Told(Outcome.CODE, "nothing else passed the door")]
    return min(told, key=lambda one: list(Outcome).index(one.outcome))


def _told(problem: QChannelError) -> Told:
    word = problem.outcome if isinstance(problem, LiveProblem) else Outcome.CODE
    return Told(Outcome(word), problem.headline, problem.next or "")
