"""How a session and its jobs move each other along; ``clockwork`` asks here.

The jobs of a dedicated session run one after the other, those of a batch side by side. A job that
counts looks, or never starts, holds up nobody but itself in a batch; in a dedicated session a job
that counts looks is not waited for either, as who waits for a later one would never look at it.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.jobs import Job, JobEnding
from pytest_qchannel.emulator.world.world import World

__all__ = ["SESSION_CLOSED", "job_ahead", "job_created", "job_ended", "job_started", "turn"]

SESSION_CLOSED: Final = JobEnding(
    "fail",
    Known.CLOSED_SESSION.message,
    Codes.CLOSED_SESSION,
    Known.CLOSED_SESSION.solution,
)
"""What becomes of a job that is still queued when its session closes."""


def job_ahead(job: Job) -> Job | None:
    """The job that another one has to wait for, in a dedicated session."""
    session = job.session
    if session is None or not session.has_turns or _is_under_way(job):
        return None
    for one in session.unfinished():
        if one is job:
            break
        if one.progression.polls is None:
            return one
    return None


def turn(world: World, job: Job) -> float | None:
    """When it was the job's turn: from then on its progression counts. ``None``: not yet.

    A job whose turn did not come in the time of its session fails here.
    """
    session = job.session
    if session is None:
        return job.created_at
    if _is_under_way(job):
        return session.turns.get(job.id, job.created_at)
    since: float | None = None
    if job_ahead(job) is None:
        since = max(job.created_at, session.free_at) if session.has_turns else job.created_at
    now, deadline = world.clock.now(), session.deadline
    if deadline is None or now < deadline:
        return since
    if since is not None and _starts_before(world, job, since, deadline):
        return since
    job.end(SESSION_CLOSED, max(job.created_at, deadline))
    world.settle(job)
    session.settle(now)
    return None


def job_created(job: Job) -> None:
    """Notes in the job's session that it was created."""
    if job.session is not None:
        job.session.accept(job)


def job_started(job: Job, since: float) -> None:
    """Notes in the job's session that it started; ``since`` is what :func:`turn` gave."""
    if job.session is not None:
        job.session.start(job, since)


def job_ended(world: World, job: Job) -> None:
    """Notes in the job's session that it ended, and what it used."""
    if job.session is not None:
        job.session.end(job, world.clock.now())


def _is_under_way(job: Job) -> bool:
    return job.running_at is not None or job.is_with_worker


def _starts_before(world: World, job: Job, since: float, deadline: float) -> bool:
    progression = job.progression
    return (
        progression.polls is None
        and not progression.is_stuck
        and world.devices[job.backend].status is DeviceStatus.ONLINE
        and since + progression.queued_s < deadline
    )
