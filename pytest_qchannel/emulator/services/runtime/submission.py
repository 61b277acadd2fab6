"""``POST /jobs``: what the service checks before it queues a job."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NotRequired, TypedDict, cast

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.faults.strike import set_ending
from pytest_qchannel.emulator.programs import PROGRAMS
from pytest_qchannel.emulator.programs.schemas import problem_with, schema_for
from pytest_qchannel.emulator.services.runtime import clockwork, scope, session_clock, sessions
from pytest_qchannel.emulator.services.runtime.tags import check_tags
from pytest_qchannel.emulator.world.devices import Device
from pytest_qchannel.emulator.world.jobs import DEFAULT_COST_S, DEFAULT_LOG_LEVEL, Job, Session
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.emulator.world.rules import WhenUsedUp
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.wire import ApiError, Json, Response

__all__ = ["create"]

# Programs that the service runs, or ran, and the emulator does not.
_UNSERVED_PROGRAMS: Final = frozenset({"circuit-runner", "qasm3-runner"})


class _Submission(TypedDict):
    """A body of ``POST /jobs`` that fits its schema; ``cost`` may have been sent as ``2.0``."""

    program_id: str
    backend: str
    params: Mapping[str, Json]
    log_level: NotRequired[str]
    runtime: NotRequired[str]
    session_id: NotRequired[str | None]
    tags: NotRequired[list[str]]
    cost: NotRequired[int]
    start_session: NotRequired[bool | str]
    private: NotRequired[bool]
    calibration_id: NotRequired[str | None]
    hub: NotRequired[str]
    group: NotRequired[str]
    project: NotRequired[str]


def create(ctx: Context) -> Response:
    """``POST /jobs``: validates as far as the service does before it queues a job."""
    sent = _sent(ctx)
    instance = _instance(ctx, sent)
    device = _device(ctx, sent["backend"], instance)
    program = PROGRAMS.get(sent["program_id"])
    if program is None:
        raise ctx.refuse(404, Codes.NOT_FOUND, f"No program {sent['program_id']}.")
    if problem := program.check(sent["params"], ctx.release):
        raise _not_valid(ctx, f"The params are not valid: {problem}.")
    check_tags(ctx, sent.get("tags", []))
    scope.calibrated(ctx, device, sent.get("calibration_id"))
    session = _session(ctx, sent, instance)
    _require_room(ctx, instance)
    job = _taken(ctx, sent, instance, device, session)
    answer: dict[str, Json] = {"id": job.id, "backend": job.backend}
    optional = {
        "session_id": session.id if session else None,
        "private": job.is_private or None,
        "calibration_id": job.calibration_id,
    }
    answer.update({name: value for name, value in optional.items() if value is not None})
    return Response.json(answer)


def _sent(ctx: Context) -> _Submission:
    """The body of the request, as far as it can be judged by itself.

    Raises:
        EmulatorGap: What the service does with such a body is not known, or not emulated.
    """
    body = ctx.json_body()
    if isinstance(body, dict) and "remote_storage" in body:
        raise EmulatorGap(
            "the emulator has no object storage, where remote_storage keeps the params and the "
            "result of a job",
            closest="params",
            next="send params, or keep this test for the real service: IBM's API description has "
            "the field for its channel partners only",
        )
    if problem := problem_with(body, schema_for("job", ctx.release)):
        raise _not_valid(ctx, f"The request body is not valid: {problem}.")
    sent = cast("_Submission", body)
    _require_known(sent)
    if sent.get("start_session") in (True, "True"):
        said = "start_session is no longer allowed; create a session with POST /sessions."
        raise _not_valid(ctx, said)
    return sent


def _require_known(sent: _Submission) -> None:
    if sent.get("cost") == 0:
        raise EmulatorGap(
            "the emulator does not know a cost of 0: IBM's API description allows it, and nobody "
            "has told whether it is no limit or no time",
            closest="a job without cost, which may take as long as the plan allows",
            next="leave cost out, or send at least 1",
        )
    if sent["program_id"] in _UNSERVED_PROGRAMS:
        raise EmulatorGap(
            f"the emulator does not run the program {sent['program_id']!r}",
            closest=", ".join(PROGRAMS),
            next="use one of the programs above, or keep this test for a live QPU",
        )


def _taken(
    ctx: Context, sent: _Submission, instance: Instance, device: Device, session: Session | None
) -> Job:
    """A new job of the world, as it was sent."""
    world = ctx.world
    world.note_submission(ctx.caller.account)
    number = world.new_job_number()
    job = Job(
        id=world.job_id(number),
        number=number,
        account=ctx.caller.account,
        instance=instance,
        backend=device.name,
        program_id=sent["program_id"],
        params=sent["params"],
        created_at=world.clock.now(),
        tags=list(sent.get("tags", [])),
        cost_s=instance.most_s(int(sent["cost"]) if "cost" in sent else None, DEFAULT_COST_S),
        log_level=sent.get("log_level", DEFAULT_LOG_LEVEL),
        runtime_image=sent.get("runtime"),
        is_private=bool(sent.get("private")),
        calibration_id=sent.get("calibration_id"),
        session=session,
        progression=world.next_progression or device.progression,
        ending=world.next_ending,
        is_dry_run=device.is_dry_run,
        client=ctx.client,
    )
    world.next_progression = world.next_ending = None
    set_ending(ctx.faults, job)
    world.add_job(job)
    session_clock.job_created(job)
    return job


def _instance(ctx: Context, sent: _Submission) -> Instance:
    if ctx.caller.instance is not None:
        return ctx.caller.instance
    parts = [sent.get("hub"), sent.get("group"), sent.get("project")]
    if any(part is not None for part in parts):
        return scope.instances(ctx, "/".join(str(part) for part in parts))[0]
    with_backend = [one for one in scope.instances(ctx) if sent["backend"] in one.reached]
    return with_backend[0] if with_backend else scope.instances(ctx)[0]


def _device(ctx: Context, name: str, instance: Instance) -> Device:
    if name not in instance.reached:
        raise ctx.refuse_as(Known.NO_DEVICE)
    return ctx.world.devices[name]


def _not_valid(ctx: Context, said: str) -> ApiError:
    """The refusal of a body; the classic gateway has its own words before what is wrong."""
    if ctx.caller.account.is_classic:
        return ctx.refuse_as(Known.CLASSIC_BODY, said)
    return ctx.refuse(400, Codes.VALIDATION, said)


def _session(ctx: Context, sent: _Submission, instance: Instance) -> Session | None:
    session_id = sent.get("session_id")
    if session_id is None:
        return None
    return sessions.session_for(ctx, session_id, instance, sent["backend"])


def _require_room(ctx: Context, instance: Instance) -> None:
    """Refuses a job that the plan's limits leave no room for.

    Source: IBM's job limits (three pending jobs on the classic open plan); jobs of 2026, which
    were accepted and stayed in the queue where the usage limit was reached; and, for worlds that
    want it, IBM's API description, which has a 409 for that.
    """
    world = ctx.world
    clockwork.advance_timed_jobs(ctx)
    if wait_s := world.wait_before_submission_s(ctx.caller.account):
        raise _too_many(ctx, wait_s)
    if instance.is_used_up and ctx.caller.account.is_classic:
        raise ctx.refuse_as(Known.CLASSIC_QUOTA)
    if instance.is_used_up and (
        instance.refuses_when_used_up or world.rules.when_used_up is WhenUsedUp.REFUSE
    ):
        raise ctx.refuse(
            409,
            Codes.USAGE_LIMIT,
            f"The instance has used its {counted(instance.usage_limit_s or 0, 'second')} of this "
            "period.",
        )
    limit = instance.pending_limit
    if limit is not None and world.pending_jobs(instance) >= limit:
        clockwork.advance_jobs(ctx)  # those that only wait for a look have had their time
    if limit is not None and world.pending_jobs(instance) >= limit:
        raise ctx.refuse_as(Known.TOO_MANY_PENDING, limit)


def _too_many(ctx: Context, wait_s: float) -> ApiError:
    """The refusal of more jobs than a minute may have. Source: IBM's error registry, 1202."""
    rate = ctx.world.rules.submit_rate
    refusal = ctx.refuse(
        429,
        Codes.TOO_MANY,
        f"More than {counted(rate or 0, 'job was', 'jobs were')} created in a minute.",
    )
    headers = {**refusal.response.headers, "Retry-After": str(math.ceil(wait_s))}
    return ApiError(replace(refusal.response, headers=headers))
