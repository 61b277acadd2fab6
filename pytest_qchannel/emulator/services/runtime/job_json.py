"""A job as the service writes it."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.services.runtime.charges import charged
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import RAN_TOO_LONG, Job
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.wire import Json

__all__ = ["job_json"]

TOO_LONG_TODAY: Final = "Job %!v(MISSING) ran longer than %!v(MISSING)"
"""The reason of a 1305 on today's platform. Source: seen on a job of August 2026, a template that
nobody filled in; the classic platform said "Ran too long", as ``status`` does on both.
"""


def _status(job: Job) -> str:
    if job.state is JobState.CANCELLED and job.reason_code == RAN_TOO_LONG.code:
        return f"{job.state.value} - {RAN_TOO_LONG.reason}"
    return job.state.value


def job_json(job: Job, version: str, *, with_params: bool) -> dict[str, Json]:
    """The body of ``GET /jobs/{id}``; the params of a private job are nobody's business.

    Args:
        job: The job.
        version: The version of the API, which says how usage is written.
        with_params: Whether the params are wanted, which a private job has empty.
    """
    state: dict[str, Json] = {"status": job.state.value}
    if job.reason:
        is_template = job.reason == RAN_TOO_LONG.reason and not job.account.is_classic
        state["reason"] = TOO_LONG_TODAY if is_template else job.reason
        if job.reason_code is not None:
            # Each platform has its own spelling; a number, or the client does not see a 1305.
            name = "reasonCode" if job.account.is_classic else "reason_code"
            state[name] = job.reason_code
        if job.reason_solution is not None:
            state["reason_solution"] = job.reason_solution
    answer: dict[str, Json] = {
        "id": job.id,
        "backend": job.backend,
        "status": _status(job),
        "state": state,
        "program": {"id": job.program_id},
        "created": iso(job.created_at),
        "cost": job.cost_s,
        "tags": job.tags,
        "user_id": job.account.user_id,
        "usage": charged(version, job.told_usage_s, job),
    }
    optional: dict[str, Json] = {
        "estimated_running_time_seconds": job.running_time_s,
        "ended": None if job.finished_at is None else iso(job.finished_at),
        "runtime": job.runtime_image,
        "session_id": job.session.id if job.session else None,
        "calibration_id": job.calibration_id,
        "private": job.is_private or None,
    }
    answer.update({name: value for name, value in optional.items() if value is not None})
    if job.account.is_classic:
        answer.update(zip(("hub", "group", "project"), job.instance.id.split("/"), strict=True))
    if with_params:
        answer["params"] = {} if job.is_private else job.params
    return answer
