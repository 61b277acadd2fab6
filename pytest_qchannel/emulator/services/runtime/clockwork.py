"""What moves jobs along: queued jobs of an online device run when somebody looks at them.

Running at the first look instead of at submission keeps the core free of threads, leaves a job
that nobody has looked at cancellable, and costs nothing for a job that nobody asks about.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_qchannel.emulator.programs import PROGRAMS, JobFailure, Task
from pytest_qchannel.emulator.world import DeviceStatus, Job, World

__all__ = ["advance_jobs", "iso", "run_if_due"]


def iso(seconds: float) -> str:
    """A time as the service writes it: UTC, ISO 8601, milliseconds, ``Z``."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def advance_jobs(world: World) -> None:
    """Runs every job that is due, oldest first."""
    for job in list(world.jobs.values()):
        run_if_due(world, job)


def run_if_due(world: World, job: Job) -> None:
    """Runs a queued job to its end if its device is online; otherwise leaves it in the queue."""
    device = world.devices[job.backend]
    if job.is_final or device.status is not DeviceStatus.ONLINE:
        return
    job.move("start", world.clock.now())
    try:
        outcome = PROGRAMS[job.program_id].run(
            Task(job.params, device.snapshot, world.job_seed(job))
        )
    except JobFailure as failure:
        job.reason, job.reason_code = failure.reason, failure.code
        job.result = failure.log.encode("utf-8", "backslashreplace")
        job.move("fail", world.clock.now())
        return
    job.result, job.usage_s = outcome.result, outcome.usage_s
    job.instance.usage_s += outcome.usage_s
    job.move("finish", world.clock.now())
