"""How sessions and the jobs in them move each other along."""

from __future__ import annotations

from pytest_qchannel.emulator.context import Context
from pytest_qchannel.emulator.records import Instance, Job
from pytest_qchannel.emulator.refusals import Codes
from pytest_qchannel.emulator.session_state import Session
from pytest_qchannel.emulator.world import World

__all__ = ["job_created", "job_ended", "job_started", "may_start", "session_for"]


def session_for(ctx: Context, session_id: str, instance: Instance, backend: str) -> Session:
    """The session that a job is submitted to; refused where it takes no such job."""
    session = ctx.world.sessions.get(session_id)
    if session is None or session.instance is not instance:
        raise ctx.refuse(404, Codes.NOT_FOUND, "unknown session")
    if not session.accepting_jobs:
        raise ctx.refuse(400, Codes.CLOSED_SESSION, "The session accepts no jobs any more.")
    if session.backend not in (None, backend):
        raise ctx.refuse(400, Codes.VALIDATION, f"The session is for {session.backend}.")
    return session


def job_created(world: World, job: Job) -> None:
    """Notes in the job's session that it was created."""
    if job.session is not None and job.session.backend is None:
        job.session.backend = job.backend


def may_start(world: World, job: Job) -> bool:  # noqa: ARG001
    """Whether a job's session lets it start."""
    return True


def job_started(world: World, job: Job) -> None:
    """Notes in the job's session that it started."""
    if job.session is not None:
        job.session.last_job_started = world.clock.now()


def job_ended(world: World, job: Job) -> None:
    """Notes in the job's session that it ended, and what it used."""
    if job.session is not None:
        job.session.last_job_completed = world.clock.now()
        job.session.usage_s += job.usage_s
