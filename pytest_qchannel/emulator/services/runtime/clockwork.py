"""What moves jobs along: a job goes on when somebody looks at it and its time has come.

Moving at a look instead of at submission leaves a job that nobody has looked at cancellable, makes
the emulated clock the only one that counts, and costs nothing for a job that nobody asks about.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.programs import JobFailure, Outcome, Task, TooLong
from pytest_qchannel.emulator.programs.engine import Engine
from pytest_qchannel.emulator.programs.stamping import UNSTAMPED, stamped
from pytest_qchannel.emulator.services.runtime import hopeless, session_clock
from pytest_qchannel.emulator.world.devices import DeviceStatus
from pytest_qchannel.emulator.world.jobs import RAN_TOO_LONG, Job, JobEnding
from pytest_qchannel.emulator.world.progression import Step
from pytest_qchannel.emulator.world.world import World

__all__ = ["advance_jobs", "advance_timed_jobs", "look_at", "refresh"]

HOLD_S: Final = 1.0
"""How long a poll waits for the worker process before it is answered ``Running``."""

TOGETHER_S: Final = 10.0
"""How long a request that looks at all jobs may simulate: each of them alone may be short."""


def look_at(ctx: Context, job: Job) -> None:
    """Moves a job along for a poll; a job in the worker process is waited for, a moment.

    Raises:
        HopelessWait: It was polled very often, and nothing that a poll can wait for moves it.
    """
    job.looks += 1
    refresh(ctx, job)
    hopeless.note_poll(ctx.world, job)
    if job.is_with_worker and not job.is_final:
        ctx.engine.changed.wait_for(lambda: job.is_final, timeout=HOLD_S)


def advance_jobs(ctx: Context) -> None:
    """Moves every unfinished job along, oldest first; what takes too long goes to the worker."""
    ctx.world.collect()
    with ctx.engine.within(TOGETHER_S):
        for job in list(ctx.world.unfinished.values()):
            refresh(ctx, job)


def advance_timed_jobs(ctx: Context) -> None:
    """Moves those unfinished jobs along that wait for the clock and for nobody's look."""
    ctx.world.collect()
    for job in list(ctx.world.unfinished.values()):
        if job.progression.total_s:
            refresh(ctx, job)


def refresh(ctx: Context, job: Job) -> None:
    """Moves a job along as far as its progression, its device and its session allow."""
    world = ctx.world
    world.collect()
    if job.is_final:
        return
    while (ahead := session_clock.job_ahead(job)) is not None:
        refresh(ctx, ahead)
        if not ahead.is_final:
            break
    since = session_clock.turn(world, job)
    if since is None or world.devices[job.backend].status is not DeviceStatus.ONLINE:
        return
    if job.running_at is None and job.instance.is_used_up:
        return
    now = world.clock.now()
    step = job.progression.step(job.looks, now - since)
    if step is Step.WAITING:
        return
    if job.running_at is None and not job.is_with_worker:
        job.move("start", min(now, since + job.progression.queued_s))
        session_clock.job_started(job, since)
    if step is Step.DONE and not job.is_with_worker:
        _finish(ctx, job)


def _finish(ctx: Context, job: Job) -> None:
    world = ctx.world
    if job.ending is not None:
        _close(world, job, job.ending)
        return
    task = _task(world, job)
    try:
        outcome = ctx.engine.run(job.program_id, task)
    except JobFailure as failure:
        _close(world, job, failure)
    except TooLong as long:
        _submit(ctx.engine, world, job, replace(task, done=long.done))
    else:
        _close(world, job, outcome)


def _task(world: World, job: Job) -> Task:
    device = world.devices[job.backend]
    snapshot = device.calibrated(job.calibration_id)
    assert snapshot is not None, "a job names a calibration that its device has"
    return Task(
        job.params,
        snapshot,
        world.job_seed(job),
        device.noise,
        with_facts=job.account.is_classic,
        started_at=UNSTAMPED,
        most_s=math.inf if device.is_dry_run else job.cost_s,
    )


def _submit(engine: Engine, world: World, job: Job, task: Task) -> None:
    """Hands a long task to the worker process; until that takes it up the job is queued again."""
    job.move("requeue", world.clock.now())
    job.is_with_worker = True

    def started() -> None:
        with engine.changed:
            job.move("start", world.clock.now())

    def ended(how: Outcome | JobFailure) -> None:
        with engine.changed:
            _close(world, job, how)
            engine.changed.notify_all()

    engine.submit(job.id, job.program_id, task, started, ended)


def _close(world: World, job: Job, how: Outcome | JobFailure | JobEnding) -> None:
    """Ends a running job; what it used is charged, also where it was stopped for using it."""
    if job.is_final:
        return
    now = world.clock.now()
    at = now
    if job.progression.total_s and job.running_at is not None:
        at = min(now, job.running_at + job.progression.total_s - job.progression.queued_s)
    if isinstance(how, JobFailure):
        _charge(world, job, how.usage_s)
        how = JobEnding("fail", how.reason, int(how.code))
    elif isinstance(how, Outcome) and _charge(world, job, how.usage_s) > job.cost_s:
        how = RAN_TOO_LONG
    if isinstance(how, JobEnding):
        job.end(how, at)
    else:
        job.outcome = stamped(how, at if job.running_at is None else job.running_at, at)
        job.move("finish", at)
    if job.usage_s:
        world.charge(job)
    session_clock.job_ended(world, job)
    world.settle(job)


def _charge(world: World, job: Job, ran_s: float) -> float:
    """Sets the QPU seconds that are told of a job; gives those without a limit of its own.

    A dry run tells what it would have used, and nothing stops it. Source: IBM's guide "Dry-run
    jobs".

    A usage limit that is reached meanwhile stops no job that runs. Source: IBM's guide to
    allocation limits.
    """
    wanted_s = ran_s + world.rules.fixed_charge_s
    if job.is_dry_run:
        job.usage_s = wanted_s
        return 0.0
    job.usage_s = min(wanted_s, job.cost_s + world.rules.overshoot_s)
    return wanted_s
