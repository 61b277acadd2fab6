"""One job: look at it, read its result and its log, cancel it, delete it."""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.services.runtime import clockwork, scope
from pytest_qchannel.emulator.services.runtime.charges import version_of
from pytest_qchannel.emulator.services.runtime.job_json import job_json
from pytest_qchannel.emulator.services.runtime.query import is_true
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.wire import Response

__all__ = ["cancel", "delete", "details", "interim_results", "logs", "results"]

_HEADERS: Final = {"Content-Type": "text/plain; charset=utf-8"}
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def details(ctx: Context) -> Response:
    """``GET /jobs/{id}``, with or without the params that were submitted."""
    job = scope.job(ctx)
    clockwork.look_at(ctx, job)
    with_params = not is_true(ctx.request.first("exclude_params"))
    return Response.json(job_json(job, version_of(ctx), with_params=with_params))


def results(ctx: Context) -> Response:
    """``GET /jobs/{id}/results``: 204 until there are any; of a failed job, its log as text.

    The results of a private job can be read once. Source: IBM's documentation of private jobs.
    """
    job = scope.job(ctx)
    clockwork.refresh(ctx, job)
    if job.state is JobState.FAILED:
        return Response(200, _failure(job).encode("utf-8", "backslashreplace"), _HEADERS)
    if job.outcome is None or (job.is_private and job.is_read):
        return Response(204)
    job.is_read = True
    return Response.raw_json(job.outcome.result_for(ctx.release))


def _failure(job: Job) -> str:
    said = job.reason or "the job failed"
    return f"Error code {job.reason_code}; {said}" if job.reason_code is not None else said


def logs(ctx: Context) -> Response:
    """``GET /jobs/{id}/logs``: what happened to the job, a line each, as plain text.

    A job that has nothing to tell at its log level has no log.
    """
    job = scope.job(ctx)
    clockwork.refresh(ctx, job)
    lines = [(job.created_at, "INFO", f"job {job.id} queued for {job.backend}")]
    if job.running_at is not None:
        lines.append((job.running_at, "INFO", f"program {job.program_id} started"))
    if job.finished_at is not None and job.state is JobState.FAILED:
        lines.append((job.finished_at, "ERROR", _failure(job)))
    elif job.finished_at is not None:
        lines.append((job.finished_at, "INFO", f"job {job.state.value.lower()}"))
    shown = [
        f"{iso(at)} {level} {text}"
        for at, level, text in lines
        if _LEVELS.index(level) >= _LEVELS.index(job.log_level.upper())
    ]
    if not shown:
        raise ctx.refuse_as(Known.NO_LOGS)
    return Response(200, "".join(f"{line}\n" for line in shown).encode(), _HEADERS)


def interim_results(ctx: Context) -> Response:
    """``GET /jobs/{id}/interim_results``: the primitives have none."""
    scope.job(ctx)
    return Response(204)


def cancel(ctx: Context) -> Response:
    """``POST /jobs/{id}/cancel``: 204, or 409 when the job has ended already."""
    job = scope.job(ctx)
    _by_the_clock(ctx, job)
    if not job.move("cancel", ctx.world.clock.now()):
        raise ctx.refuse(409, Codes.VALIDATION, f"The job is {job.state.value} already.")
    ctx.engine.cancel(job.id)
    ctx.world.settle(job)
    return Response(204)


def delete(ctx: Context) -> Response:
    """``DELETE /jobs/{id}``: 204, or 409 while the job is running.

    A queued job is cancelled by it. IBM's documentation wants a final state; IBM's own test of
    its production service deletes a queued job, and that is taken for the truth.
    """
    job = scope.job(ctx)
    _by_the_clock(ctx, job)
    if job.state is JobState.RUNNING:
        clockwork.refresh(ctx, job)
    if job.state is JobState.RUNNING:
        raise ctx.refuse(409, Codes.VALIDATION, "The job is running; cancel it first.")
    job.move("cancel", ctx.world.clock.now())
    ctx.engine.cancel(job.id)
    ctx.world.delete_job(job)
    return Response(204)


def _by_the_clock(ctx: Context, job: Job) -> None:
    """Moves a job along that only waits for the clock: it may have ended before anybody looked."""
    if job.progression.total_s:
        clockwork.refresh(ctx, job)
