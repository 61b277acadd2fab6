"""Jobs: create, look at, list, read the result, cancel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from pytest_qchannel.emulator.context import Context
from pytest_qchannel.emulator.lifecycle import JobState
from pytest_qchannel.emulator.programs import PROGRAMS
from pytest_qchannel.emulator.refusals import Codes
from pytest_qchannel.emulator.schemas import CREATE_JOB, problem_with
from pytest_qchannel.emulator.services.runtime import clockwork, scope
from pytest_qchannel.emulator.wire import Response
from pytest_qchannel.emulator.world import Instance, Job
from pytest_qchannel.errors import EmulatorGap, nearest

PAGE: Final = 200
MOST_TAGS: Final = 8
LONGEST_TAG: Final = 86

# Fields of POST /jobs that the service knows and the emulator cannot honour yet.
_UNSERVED: Final = ("session_id", "start_session", "session_time", "private", "calibration_id")
# Programs that the service runs and the emulator does not.
_UNSERVED_PROGRAMS: Final = frozenset(
    {"estimator", "executor", "noise-learner", "calibrate", "circuit-runner", "qasm3-runner"}
)


def create(ctx: Context) -> Response:
    """``POST /jobs``: validates as far as the service does before it queues a job."""
    try:
        body = ctx.request.json()
    except ValueError:
        raise ctx.refuse(400, Codes.VALIDATION, "The request body is not valid JSON.") from None
    if problem := problem_with(body, CREATE_JOB):
        raise ctx.refuse(400, Codes.VALIDATION, f"The request body is not valid: {problem}.")
    _check_served(body)
    instance = _instance_for(ctx, body)
    if body["backend"] not in instance.devices:
        close = nearest(body["backend"], instance.devices)
        hint = f" Did you mean {close}?" if close else ""
        raise ctx.refuse(
            404, Codes.NOT_FOUND, f"The instance has no backend {body['backend']}.{hint}"
        )
    program = PROGRAMS.get(body["program_id"])
    if program is None:
        raise ctx.refuse(404, Codes.NOT_FOUND, f"No program {body['program_id']}.")
    if problem := program.check(body["params"]):
        raise ctx.refuse(400, Codes.VALIDATION, f"The params are not valid: {problem}.")
    _check_tags(ctx, body.get("tags", []))
    world = ctx.world
    job = Job(
        id=world.new_job_id(),
        number=len(world.jobs) + 1,
        account=ctx.caller.account,
        instance=instance,
        backend=body["backend"],
        program_id=body["program_id"],
        params=body["params"],
        created_at=world.clock.now(),
        tags=list(body.get("tags", [])),
        cost_s=int(body.get("cost", 10_800)),
        log_level=body.get("log_level", "WARNING"),
        runtime_image=body.get("runtime"),
    )
    world.jobs[job.id] = job
    ctx.job_id = job.id
    return Response.json({"id": job.id, "backend": job.backend})


def _check_served(body: dict[str, Any]) -> None:
    for name in _UNSERVED:
        if body.get(name) not in (None, False):
            raise EmulatorGap(
                f"the emulator runs no jobs with {name!r} yet",
                next=f"submit the job without {name}, or keep this test for a live QPU",
            )
    if body["program_id"] in _UNSERVED_PROGRAMS:
        raise EmulatorGap(
            f"the emulator does not run the program {body['program_id']!r} yet",
            closest=", ".join(PROGRAMS),
            next="use the sampler (SamplerV2), or keep this test for a live QPU",
        )


def _instance_for(ctx: Context, body: dict[str, Any]) -> Instance:
    if ctx.caller.instance is not None:
        return ctx.caller.instance
    parts = [body.get(name) for name in ("hub", "group", "project")]
    if any(part is not None for part in parts):
        return scope.instances(ctx, "/".join(str(part) for part in parts))[0]
    with_backend = [one for one in scope.instances(ctx) if body["backend"] in one.devices]
    return with_backend[0] if with_backend else scope.instances(ctx)[0]


def _check_tags(ctx: Context, tags: list[str]) -> None:
    if len(tags) > MOST_TAGS:
        raise ctx.refuse(400, Codes.TOO_MANY_TAGS, f"A job has at most {MOST_TAGS} tags.")
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise ctx.refuse(
                400, Codes.TAG_TOO_LONG, f"A tag has at most {LONGEST_TAG} characters."
            )


def _is_true(text: str | None) -> bool:
    return text is not None and text.lower() == "true"


def _as_json(job: Job, *, with_params: bool) -> dict[str, Any]:
    state: dict[str, Any] = {"status": job.state.value}
    if job.reason:
        state["reason"] = job.reason
        state["reason_code"] = job.reason_code
    answer: dict[str, Any] = {
        "id": job.id,
        "backend": job.backend,
        "status": job.state.value,
        "state": state,
        "program": {"id": job.program_id},
        "created": clockwork.iso(job.created_at),
        "cost": job.cost_s,
        "tags": job.tags,
        "user_id": job.account.user_id,
        "usage": {"seconds": round(job.usage_s)},
    }
    if job.finished_at is not None:
        answer["ended"] = clockwork.iso(job.finished_at)
    if job.runtime_image is not None:
        answer["runtime"] = job.runtime_image
    if job.account.platform == "classic":
        answer.update(zip(("hub", "group", "project"), job.instance.id.split("/"), strict=True))
    if with_params:
        answer["params"] = job.params
    return answer


def details(ctx: Context) -> Response:
    """``GET /jobs/{id}``, with or without the params that were submitted."""
    job = scope.job(ctx)
    clockwork.run_if_due(ctx.world, job)
    with_params = not _is_true(ctx.request.first("exclude_params"))
    return Response.json(_as_json(job, with_params=with_params))


def results(ctx: Context) -> Response:
    """``GET /jobs/{id}/results``: 204 until there are any; of a failed job, its log as text."""
    job = scope.job(ctx)
    clockwork.run_if_due(ctx.world, job)
    if not job.result:
        return Response(204)
    if job.state is JobState.COMPLETED:
        return Response.raw_json(job.result)
    return Response(200, job.result, {"Content-Type": "text/plain; charset=utf-8"})


def cancel(ctx: Context) -> Response:
    """``POST /jobs/{id}/cancel``: 204, or 409 when the job has ended already."""
    job = scope.job(ctx)
    if not job.move("cancel", ctx.world.clock.now()):
        raise ctx.refuse(409, Codes.VALIDATION, f"The job is {job.state.value} already.")
    return Response(204)


def list_jobs(ctx: Context) -> Response:
    """``GET /jobs``: newest first, filtered and paged; ``count`` is the number that match."""
    clockwork.advance_jobs(ctx.world)
    visible = scope.instances(ctx, ctx.request.first("provider"))
    wanted = _filters(ctx)
    found = [
        job
        for job in ctx.world.jobs.values()
        if job.instance in visible and all(keep(job) for keep in wanted)
    ]
    if (ctx.request.first("sort") or "DESC").upper() != "ASC":
        found.reverse()
    limit = _number(ctx, "limit", PAGE)
    # The service takes its default for a limit that is out of range.
    limit = limit if 1 <= limit <= PAGE else PAGE
    offset = _number(ctx, "offset", 0)
    with_params = not _is_true(ctx.request.first("exclude_params"))
    page = [_as_json(job, with_params=with_params) for job in found[offset : offset + limit]]
    return Response.json({"jobs": page, "count": len(found), "limit": limit, "offset": offset})


def _filters(ctx: Context) -> list[Callable[[Job], bool]]:
    query = ctx.request.query
    filters: list[Callable[[Job], bool]] = []
    if "backend" in query:
        filters.append(lambda job: job.backend == query["backend"][0])
    if "program" in query:
        filters.append(lambda job: job.program_id == query["program"][0])
    if "session_id" in query:
        filters.append(lambda job: False)  # noqa: ARG005 - no job of this emulator has a session
    if "tags" in query:
        filters.append(lambda job: set(query["tags"]) <= set(job.tags))
    if "pending" in query:
        pending = _is_true(query["pending"][0])
        filters.append(lambda job: job.is_final is not pending)
    if "created_after" in query:
        after = _moment(ctx, "created_after")
        filters.append(lambda job: job.created_at >= after)
    if "created_before" in query:
        before = _moment(ctx, "created_before")
        filters.append(lambda job: job.created_at <= before)
    return filters


def _number(ctx: Context, name: str, default: int) -> int:
    text = ctx.request.first(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be a whole number.")
    return value


def _moment(ctx: Context, name: str) -> float:
    try:
        moment = datetime.fromisoformat(ctx.request.first(name) or "")
        # Without an offset it is UTC: the service does not know where the test runs.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be an ISO 8601 time.") from None
