"""Jobs, and the sessions and batches that they run in.

Nothing happens to a session on its own: :meth:`Session.settle` is called whenever somebody looks,
and does then, in order and with the times at which they were due, what happened since. Source of
the rules: IBM's guides to sessions and to execution limits, and its API description.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from pytest_qchannel.emulator.programs.outcome import Outcome
from pytest_qchannel.emulator.world.lifecycle import FINAL, JobState, next_state
from pytest_qchannel.emulator.world.progression import IMMEDIATE, Progression
from pytest_qchannel.emulator.world.records import UNTOLD, Account, ClientTold, Instance
from pytest_qchannel.ibm.runtime import MAX_TTL_S
from pytest_qchannel.wire import Json

__all__ = [
    "CLOSED_EARLY",
    "DEFAULT_COST_S",
    "DEFAULT_LOG_LEVEL",
    "INTERACTIVE_TTL_S",
    "RAN_TOO_LONG",
    "UNUSED_TTL_S",
    "Job",
    "JobEnding",
    "Session",
    "SessionState",
]

DEFAULT_COST_S: Final = 10_800
"""The most QPU seconds of a job that names no ``max_execution_time``: three hours."""

DEFAULT_LOG_LEVEL: Final = "WARNING"

UNUSED_TTL_S: Final = 1_800
"""A session without any job closes after this many seconds."""

INTERACTIVE_TTL_S: Final = 60
"""How long an active session waits for its next job, unless its creation says otherwise."""


CREATED: Final = "session_created"
INACTIVE: Final = "session_inactivated_by_interactive_ttl"
CLOSED_EARLY: Final = "session_closed_early"
"""Words of ``state_reason`` of a session, as seen in 2026; where nobody has seen one it is ours."""


@dataclass(frozen=True, slots=True)
class JobEnding:
    """How a job is going to end, whatever it computes: ``fail`` or ``cancel``, and what is said."""

    event: Literal["fail", "cancel"]
    reason: str
    code: int | None = None
    solution: str | None = None


RAN_TOO_LONG: Final = JobEnding("cancel", "Ran too long", 1305)
"""A job that used more QPU seconds than its ``cost``. Source: IBM's error registry, and an answer
of the classic platform of 2023 (qiskit-ibm-runtime #989).
"""


@dataclass(slots=True, eq=False)
class Job:
    """A job, from its creation to its end; times in seconds since the epoch.

    Attributes:
        id: Its id on the wire.
        number: Which job of its world it is, from 1.
        cost_s: The most QPU seconds that it may use.
        progression: How fast it moves on.
        ending: How it ends, where a test has said so; else as its program runs.
        client: Who submitted it.
        usage_s: The QPU seconds that it used; of a dry run, those that it would have.
        is_dry_run: Whether it runs on the twin of a device, and is charged to nobody.
        is_usage_known: Whether the service tells them already.
        outcome: Its result.
        looks: How often it was polled.
        idle_looks: How often of these in a row nothing had happened that could move it.
        idle_since: How often the clock had been moved at the first of those.
        is_read: Whether somebody has read its result.
        is_with_worker: Whether it was handed to the worker process.
    """

    id: str
    number: int
    account: Account
    instance: Instance
    backend: str
    program_id: str
    params: Mapping[str, Json]
    created_at: float
    tags: list[str] = field(default_factory=list)
    cost_s: int = DEFAULT_COST_S
    log_level: str = DEFAULT_LOG_LEVEL
    runtime_image: str | None = None
    is_private: bool = False
    calibration_id: str | None = None
    session: Session | None = None
    progression: Progression = IMMEDIATE
    ending: JobEnding | None = None
    client: ClientTold = UNTOLD
    state: JobState = JobState.QUEUED
    reason: str | None = None
    reason_code: int | None = None
    reason_solution: str | None = None
    running_at: float | None = None
    finished_at: float | None = None
    usage_s: float = 0.0
    is_dry_run: bool = False
    is_usage_known: bool = True
    outcome: Outcome | None = None
    looks: int = 0
    idle_looks: int = 0
    idle_since: int = 0
    is_read: bool = False
    is_with_worker: bool = False

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to the job any more."""
        return self.state in FINAL

    @property
    def told_usage_s(self) -> float:
        """The QPU seconds that the service says it used."""
        return self.usage_s if self.is_usage_known else 0.0

    @property
    def charged_s(self) -> float:
        """The QPU seconds that it is charged, as far as they are known by now."""
        return 0.0 if self.is_dry_run else self.told_usage_s

    @property
    def estimate_s(self) -> float:
        """The QPU seconds that a real device would take for it, about; 0 where it takes none."""
        if self.is_dry_run:
            return 0.0
        if self.outcome is None or not self.usage_s:
            return self.usage_s
        return self.outcome.estimate_s

    @property
    def running_time_s(self) -> float | None:
        """What lists and details call its estimated running time; none before it has run."""
        return None if self.outcome is None else round(self.outcome.usage_s, 3)

    def move(self, event: str, now: float) -> bool:
        """Applies an event of the lifecycle table; False where it cannot happen in this state."""
        state = next_state(self.state, event)
        if state is None:
            return False
        self.state = state
        if state in FINAL:
            self.finished_at = now
        else:
            self.running_at = now if state is JobState.RUNNING else None
        return True

    def end(self, ending: JobEnding, now: float) -> None:
        """Ends the job as ``ending`` says, unless it has ended already."""
        if self.move(ending.event, now):
            self.reason, self.reason_code = ending.reason, ending.code
            self.reason_solution = ending.solution


class SessionState(StrEnum):
    """``state`` of a session on the wire. Source: IBM's API description."""

    OPEN = "open"
    ACTIVE = "active"
    INACTIVE = "inactive"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Session:
    """A dedicated session or a batch; times in seconds since the epoch, lengths in seconds.

    Attributes:
        line: Its jobs, oldest first, but for those at the front that have ended.
        turns: For each job that has started: when it was its turn.
        free_at: When the last of its jobs that ran has ended.
        drains_from: When it was told to take no more jobs.
        is_cancelled: Whether it was closed at once, whatever waited in it.
    """

    id: str
    mode: Literal["dedicated", "batch"]
    backend: str | None
    account: Account
    instance: Instance
    created_at: float
    max_ttl_s: int = MAX_TTL_S
    interactive_ttl_s: int = INTERACTIVE_TTL_S
    active_ttl_s: int | None = None
    state: SessionState = SessionState.OPEN
    accepting_jobs: bool = True
    state_reason: str | None = CREATED
    started_at: float | None = None
    activated_at: float | None = None
    closed_at: float | None = None
    last_job_started: float | None = None
    last_job_completed: float | None = None
    usage_s: float = 0.0
    history: list[tuple[SessionState, float]] = field(default_factory=list)
    line: deque[Job] = field(default_factory=deque)
    turns: dict[str, float] = field(default_factory=dict)
    free_at: float = 0.0
    drains_from: float | None = None
    is_cancelled: bool = False

    def __post_init__(self) -> None:
        """Notes its first state."""
        self.history.append((self.state, self.created_at))

    @property
    def is_dedicated(self) -> bool:
        """Whether it is a session of its own, and no batch."""
        return self.mode == "dedicated"

    @property
    def has_turns(self) -> bool:
        """Whether its jobs run one after the other, on a QPU that waits for them.

        The classic platform took sessions that the plan has none of, and ran their jobs as any.
        """
        return self.is_dedicated and self.instance.plan.has_sessions

    @property
    def is_closed(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state is SessionState.CLOSED

    @property
    def deadline(self) -> float | None:
        """When it closes at the latest; ``None`` before its first job has started."""
        return None if self.started_at is None else self.started_at + self.max_ttl_s

    def unfinished(self) -> Iterator[Job]:
        """Its jobs that have not ended, oldest first."""
        while self.line and self.line[0].is_final:
            self._note_end(self.line.popleft())
        return (job for job in self.line if not job.is_final)

    def accept(self, job: Job) -> None:
        """Puts a new job into the line; the first one decides about the backend."""
        self.line.append(job)
        self.backend = self.backend or job.backend

    def drain(self, now: float) -> None:
        """Takes no more jobs; it closes when the last one has ended."""
        if self.accepting_jobs:
            self.accepting_jobs, self.drains_from = False, now
        self.settle(now)

    def close(self, at: float, reason: str) -> None:
        """Closes it for good; harmless where it is closed already."""
        if self.is_closed:
            return
        self._move(SessionState.CLOSED, at, reason)
        self.closed_at, self.accepting_jobs = at, False

    def start(self, job: Job, turn: float) -> None:
        """Notes that a job has started, whose turn it was at ``turn``."""
        assert job.running_at is not None
        at = job.running_at
        self.turns[job.id] = turn
        self.last_job_started = max(at, self.last_job_started or at)
        if self.started_at is None:
            self.started_at = at
        if self.state in (SessionState.OPEN, SessionState.INACTIVE):
            self._move(SessionState.ACTIVE, at)
            self.activated_at = at

    def end(self, job: Job, now: float) -> None:
        """Notes that a job has ended, and what it used."""
        assert job.finished_at is not None
        self.turns.pop(job.id, None)
        self._note_end(job)
        self.last_job_completed = max(job.finished_at, self.last_job_completed or 0.0)
        self.usage_s += 0.0 if job.is_dry_run else job.usage_s
        self.settle(now)

    def settle(self, now: float) -> None:
        """Brings the state up to ``now``: inactive, drained, unused or timed out."""
        if self.is_closed:
            return
        is_busy = next(self.unfinished(), None) is not None
        ends: list[tuple[float, str]] = []
        if self.deadline is not None:
            ends.append((self.deadline, "The maximum time of the session is over."))
        elif not is_busy:
            ends.append((self.created_at + UNUSED_TTL_S, "The session was not used."))
        if self.drains_from is not None and not is_busy:
            ends.append((max(self.drains_from, self.free_at), CLOSED_EARLY))
        end, reason = min(ends, default=(None, ""))
        if self.state is SessionState.ACTIVE and not is_busy:
            idle_until = self._idle_until()
            if idle_until <= now and (end is None or idle_until < end):
                is_interactive = idle_until == self.free_at + self.interactive_ttl_s
                reason_idle = INACTIVE if is_interactive else None
                self._move(SessionState.INACTIVE, idle_until, reason_idle)
        if end is not None and end <= now:
            self.close(end, reason)

    def elapsed_s(self, now: float) -> float:
        """What it used: for a batch its jobs' QPU seconds, for a session the time it was active.

        Source: the docstring of ``Session.usage`` in qiskit-ibm-runtime 0.51.
        """
        if not self.is_dedicated:
            return self.usage_s
        total, since = 0.0, None
        for state, at in self.history:
            if since is not None:
                total += at - since
            since = at if state is SessionState.ACTIVE else None
        if since is not None:
            total += now - since
        elif self.closed_at is not None and self.started_at is not None:
            # Jobs that were running when it was closed run to their end.
            total += max(0.0, self.free_at - self.closed_at)
        return total

    def _idle_until(self) -> float:
        until = self.free_at + self.interactive_ttl_s
        if self.active_ttl_s is not None and self.activated_at is not None:
            until = min(until, max(self.free_at, self.activated_at + self.active_ttl_s))
        return until

    def _move(self, state: SessionState, at: float, reason: str | None = None) -> None:
        self.state, self.state_reason = state, reason
        self.history.append((state, at))

    def _note_end(self, job: Job) -> None:
        if job.running_at is not None and job.finished_at is not None:
            self.free_at = max(self.free_at, job.finished_at)
