"""Sessions and batches: create one, look at it, let it take no more jobs, close it."""

from __future__ import annotations

from typing import Final, Literal, TypedDict, cast

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known, did_you_mean
from pytest_qchannel.emulator.services.runtime import clockwork, hopeless, scope
from pytest_qchannel.emulator.services.runtime.session_clock import SESSION_CLOSED
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import (
    CLOSED_EARLY,
    INTERACTIVE_TTL_S,
    Session,
)
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.ibm.runtime import MAX_TTL_S
from pytest_qchannel.wire import ApiError, Json, Response, is_int

__all__ = ["advance", "close", "create", "details", "session_for", "session_json", "update"]

# What is wrong with the body of POST /sessions gets a 400: IBM's API description knows no 404 here.
_INVALID: Final = (400, Codes.VALIDATION)

# The fields of the body: texts, and times in seconds.
_WORDS: Final = ("mode", "backend", "backend_name", "instance")
_LENGTHS: Final = ("max_ttl", "max_session_ttl", "interactive_ttl", "active_ttl")
# What is longer than the service's own maximum, or the plan's, is cut to that without a word.
_LONGEST_S: Final = 2**31 - 1


class _SessionRequest(TypedDict, total=False):
    """A body of ``POST /sessions`` that :func:`_valid_body` has let through; times in seconds."""

    mode: Literal["dedicated", "batch"]
    backend: str
    backend_name: str
    instance: str
    max_ttl: int
    max_session_ttl: int
    interactive_ttl: int
    active_ttl: int


def create(ctx: Context) -> Response:
    """``POST /sessions``: of the classic platform as well, which says ``max_session_ttl``."""
    body = _valid_body(ctx)
    is_classic = ctx.caller.account.is_classic
    # Source: IBM's API description, for the second name.
    backend = body.get("backend", body.get("backend_name"))
    instance = _instance(ctx, body.get("instance"), backend)
    if backend is not None and backend not in instance.reached:
        if is_classic:
            raise ctx.refuse_as(Known.NO_DEVICE)
        hint = did_you_mean(backend, instance.devices)
        raise ctx.refuse(*_INVALID, f"The instance has no backend {backend[:200]}.{hint}")
    mode = body.get("mode", "dedicated")
    is_barred = mode == "dedicated" and not instance.plan.has_sessions
    if is_barred and not is_classic:
        raise ctx.refuse_as(Known.NO_SESSIONS)
    world = ctx.world
    longest = body.get("max_session_ttl") if is_classic else body.get("max_ttl")
    session = Session(
        id=world.classic_session_id() if is_classic else world.session_id(),
        mode=mode,
        backend=backend,
        account=ctx.caller.account,
        instance=instance,
        created_at=world.clock.now(),
        max_ttl_s=instance.most_s(longest, MAX_TTL_S),
        interactive_ttl_s=body.get("interactive_ttl", INTERACTIVE_TTL_S),
        active_ttl_s=body.get("active_ttl"),
    )
    world.sessions[session.id] = session
    if not is_classic:
        return Response.json(session_json(world, session))
    # Source: IBM's guide to execution modes through REST, as it was for the classic platform.
    answer: dict[str, Json] = {"id": session.id}
    if is_barred:
        # The classic service took the session, ran its jobs as any others, and said so.
        text = "Sessions are not part of the open plan; the jobs run like those without a session."
        answer["messages"] = [{"data": text}]
    return Response.json(answer)


def details(ctx: Context) -> Response:
    """``GET /sessions/{id}``; a look at a session is a look at each of its jobs.

    Raises:
        HopelessWait: One of them was polled very often, and nothing that a poll can wait for moves
            it.
    """
    session = _session(ctx)
    for job in list(session.unfinished()):
        job.looks += 1
    advance(ctx, session, with_all=True)
    for job in list(session.unfinished()):
        hopeless.note_poll(ctx.world, job)
    return Response.json(session_json(ctx.world, session))


def update(ctx: Context) -> Response:
    """``PATCH /sessions/{id}``: takes no more jobs, or takes them again; 204.

    A closed one says that it takes jobs again, and stays closed. Source: sessions of 2026.
    """
    session = _session(ctx)
    body = ctx.json_body()
    if not isinstance(body, dict) or not isinstance(body.get("accepting_jobs"), bool):
        raise ctx.refuse(
            400, Codes.VALIDATION, "The body must be an object with accepting_jobs, true or false."
        )
    if extra := sorted(set(body) - {"accepting_jobs"}):
        raise ctx.refuse(400, Codes.VALIDATION, f"A session has no field {extra[0][:60]!r} to set.")
    advance(ctx, session, with_all=False)
    if not body["accepting_jobs"]:
        session.drain(ctx.world.clock.now())
    else:
        session.accepting_jobs, session.drains_from = True, None
    return Response(204)


def close(ctx: Context) -> Response:
    """``DELETE /sessions/{id}/close``: closes it now; what is queued fails; 204.

    A job that runs already runs to its end. Source: IBM's guide to sessions, and jobs of 2026
    for the failure with 1217.
    """
    session, world = _session(ctx), ctx.world
    advance(ctx, session, with_all=False)
    now = world.clock.now()
    for job in list(session.unfinished()):
        if job.state is JobState.QUEUED:
            job.end(SESSION_CLOSED, now)
            ctx.engine.cancel(job.id)
            ctx.world.settle(job)
    session.is_cancelled |= not session.is_closed
    session.close(now, CLOSED_EARLY)
    return Response(204)


def session_for(ctx: Context, session_id: str, instance: Instance, backend: str) -> Session:
    """The session that a job is submitted to; refused where it takes no such job."""
    session = ctx.world.sessions.get(session_id)
    if session is None or session.instance is not instance:
        raise _unknown(ctx, session_id)
    advance(ctx, session, with_all=False)
    if session.is_closed or not session.accepting_jobs:
        raise ctx.refuse_as(Known.CLOSED_SESSION)
    if session.backend not in (None, backend):
        raise ctx.refuse(400, Codes.VALIDATION, f"The session is for {session.backend}.")
    return session


def advance(ctx: Context, session: Session, *, with_all: bool) -> None:
    """Brings a session and its jobs up to now; ``with_all``: also jobs that wait for a look."""
    now = ctx.world.clock.now()
    is_over = session.deadline is not None and session.deadline <= now
    for job in list(session.unfinished()):
        if with_all or is_over or job.progression.total_s:
            clockwork.refresh(ctx, job)
    session.settle(now)


def session_json(world: World, session: Session) -> dict[str, Json]:
    """A session as the service writes it."""
    answer: dict[str, Json] = {
        "id": session.id,
        "backend_name": session.backend,
        "mode": session.mode,
        "state": session.state.value,
        "accepting_jobs": session.accepting_jobs,
        "max_ttl": session.max_ttl_s,
        "interactive_ttl": session.interactive_ttl_s,
        "elapsed_time": round(session.elapsed_s(world.clock.now()), 3),
        "timestamps": [
            {"status": state.value, "timestamp": iso(at)} for state, at in session.history
        ],
        "user_id": session.account.user_id,
        "instance": session.instance.id,
    }
    times = {
        "started_at": session.started_at,
        "activated_at": session.activated_at,
        "closed_at": session.closed_at,
        "last_job_started": session.last_job_started,
        "last_job_completed": session.last_job_completed,
    }
    answer.update({name: iso(at) for name, at in times.items() if at is not None})
    if session.state_reason is not None:
        answer["state_reason"] = session.state_reason
    if session.active_ttl_s is not None:
        answer["active_ttl"] = session.active_ttl_s
    return answer


def _session(ctx: Context) -> Session:
    session = ctx.world.sessions.get(ctx.args["session_id"])
    if session is None or all(session.instance is not one for one in scope.instances(ctx)):
        raise _unknown(ctx, ctx.args["session_id"])
    return session


def _unknown(ctx: Context, session_id: str) -> ApiError:
    is_classic = ctx.caller.account.is_classic
    return ctx.refuse_as(Known.CLASSIC_NO_SESSION if is_classic else Known.NO_SESSION, session_id)


def _valid_body(ctx: Context) -> _SessionRequest:
    body = ctx.json_fields(" with a mode")
    known = (*_WORDS, *_LENGTHS)
    for name, value in body.items():
        if name not in known:
            raise ctx.refuse(
                400,
                Codes.VALIDATION,
                f"A session has no field {name[:60]!r}.{did_you_mean(name, known)}",
            )
        if name in _WORDS and not isinstance(value, str):
            raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be a text.")
        if name in _LENGTHS:
            _require_length(ctx, name, value)
    # Only the oldest classic clients name no mode; theirs were dedicated sessions.
    is_classic = ctx.caller.account.is_classic
    mode = body.get("mode", "dedicated" if is_classic else None)
    if mode not in ("dedicated", "batch"):
        if mode is not None and not is_classic:
            raise ctx.refuse_as(Known.WRONG_MODE)
        raise ctx.refuse(400, Codes.VALIDATION, "mode must be one of dedicated, batch.")
    return cast("_SessionRequest", body)


def _require_length(ctx: Context, name: str, value: object) -> None:
    if not is_int(value) or not 1 <= value <= _LONGEST_S:
        said = f"{name} must be a whole number of seconds from 1 to {_LONGEST_S}."
        raise ctx.refuse(400, Codes.VALIDATION, said)


def _instance(ctx: Context, named: str | None, backend: str | None) -> Instance:
    """The instance that the session belongs to: the body may only name the caller's own."""
    if ctx.caller.instance is not None:
        # IBM's guide still has a hub/group/project there, beside Service-CRN: it names nothing.
        is_left_over = named is not None and named.count("/") == 2
        if not is_left_over and named not in (None, ctx.caller.instance.id):
            raise ctx.refuse(*_INVALID, "The body names another instance than Service-CRN.")
        return ctx.caller.instance
    found = scope.instances(ctx, named)
    if named is None and backend is not None:
        found = [one for one in found if backend in one.reached] or found
    return found[0]
