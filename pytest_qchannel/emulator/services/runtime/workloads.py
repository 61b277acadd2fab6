"""``GET /workloads``: sessions, batches, and the jobs outside of them; oldest first, paged."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import clockwork, scope, sessions
from pytest_qchannel.emulator.services.runtime.charges import charged, version_of
from pytest_qchannel.emulator.services.runtime.query import created_within, finds, number
from pytest_qchannel.emulator.world.clock import iso_milliseconds
from pytest_qchannel.emulator.world.jobs import Job, Session, SessionState
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.wire import Json, Response

__all__ = ["Workload", "list_workloads"]

PAGE: Final = 10
MOST: Final = 50
MODES: Final = ("job", "session", "batch")
STATUSES: Final = ("completed", "canceled", "failed", "pending", "in_progress")

_OF_JOB: Final[dict[JobState, str]] = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "in_progress",
    JobState.COMPLETED: "completed",
    JobState.CANCELLED: "canceled",
    JobState.FAILED: "failed",
}
_OF_SESSION: Final[dict[SessionState, str]] = {
    SessionState.OPEN: "pending",
    SessionState.ACTIVE: "in_progress",
    SessionState.INACTIVE: "in_progress",
    SessionState.CLOSED: "completed",
}


@dataclass(frozen=True, slots=True)
class Workload:
    """A line of the list; times in seconds since the epoch."""

    id: str
    created_at: float
    backend: str
    instance: str
    user_id: str
    mode: str
    status: str
    tags: tuple[str, ...]
    usage_s: float
    job: Job | None = None
    ended_at: float | None = None
    reason: str | None = None
    accepting_jobs: bool | None = None

    @property
    def shown_at(self) -> float:
        """When it was created, as it is written: whoever sends that back means the same moment."""
        return math.floor(round(self.created_at * 1_000_000) / 1_000) / 1_000

    @property
    def place(self) -> tuple[float, str]:
        """Where it stands in the list, oldest first."""
        return self.created_at, self.id


def list_workloads(ctx: Context) -> Response:
    """``GET /workloads``: one page, with links to its neighbours where there are any."""
    limit = number(ctx, "limit", PAGE)
    if not 1 <= limit <= MOST:
        raise ctx.refuse(400, Codes.VALIDATION, f"limit must be from 1 to {MOST}.")
    is_rising = _one_of(ctx, "sort", ("createdAt", "-createdAt"), "createdAt") == "createdAt"
    keeps = _filters(ctx)
    found = [one for one in _workloads(ctx) if all(keep(one) for keep in keeps)]
    found.sort(key=lambda one: one.place, reverse=not is_rising)
    start, stop = _span(ctx, found, limit, is_rising=is_rising)
    page, version = found[start:stop], version_of(ctx)
    answer: dict[str, Json] = {
        "workloads": [_row(one, version) for one in page],
        "total_count": len(found),
        "limit": limit,
    }
    if page and start > 0:
        answer["previous"] = {"href": _href(ctx, "previous", page[0])}
    if page and stop < len(found):
        answer["next"] = {"href": _href(ctx, "next", page[-1])}
    return Response.json(answer)


def _workloads(ctx: Context) -> list[Workload]:
    world, instances = ctx.world, scope.instances(ctx, ctx.request.first("provider"))
    clockwork.advance_jobs(ctx)
    hidden = scope.hidden_backends(ctx)
    jobs = [job for job in world.listed_jobs(instances) if job.backend not in hidden]
    tags: dict[str, dict[str, None]] = {}
    for job in jobs:
        if job.session is not None:
            tags.setdefault(job.session.id, {}).update(dict.fromkeys(job.tags))
    found = [_of_job(job) for job in jobs if job.session is None]
    for session in world.sessions.values():
        if any(session.instance is one for one in instances) and session.backend not in hidden:
            sessions.advance(ctx, session, with_all=False)
            found.append(_of_session(world, session, tuple(tags.get(session.id, ()))))
    return found


def _of_job(job: Job) -> Workload:
    return Workload(
        id=job.id,
        created_at=job.created_at,
        backend=job.backend,
        instance=job.instance.id,
        user_id=job.account.user_id,
        mode="job",
        status=_OF_JOB[job.state],
        tags=tuple(job.tags),
        usage_s=job.told_usage_s,
        job=job,
        ended_at=job.finished_at,
        reason=job.reason,
    )


def _of_session(world: World, session: Session, tags: tuple[str, ...]) -> Workload:
    return Workload(
        id=session.id,
        created_at=session.created_at,
        backend=session.backend or "",
        instance=session.instance.id,
        user_id=session.account.user_id,
        mode="session" if session.is_dedicated else "batch",
        status="canceled" if session.is_cancelled else _OF_SESSION[session.state],
        tags=tags,
        usage_s=session.elapsed_s(world.clock.now()),
        ended_at=session.closed_at,
        accepting_jobs=session.accepting_jobs,
    )


def _row(one: Workload, version: str) -> dict[str, Json]:
    row: dict[str, Json] = {
        "id": one.id,
        "created": iso_milliseconds(one.shown_at),
        "backend": one.backend,
        "instance": one.instance,
        "user_id": one.user_id,
        "mode": one.mode,
        "status": one.status,
        "accepting_jobs": one.accepting_jobs,
        "tags": list(one.tags),
        "usage": charged(version, one.usage_s, one.job),
        "usage_seconds": round(one.usage_s),
    }
    optional = {
        "ended": iso_milliseconds(one.ended_at) if one.ended_at is not None else None,
        "status_reason": one.reason,
        "estimated_running_time_seconds": one.job.running_time_s if one.job else None,
    }
    row.update({name: value for name, value in optional.items() if value is not None})
    return row


Filter = Callable[[Workload], bool]


def _filters(ctx: Context) -> list[Filter]:
    query, first = ctx.request.query, ctx.request.first
    found: list[Filter] = []
    if "backend" in query:
        found.append(lambda one: one.backend == first("backend"))
    if "user" in query:
        own = ctx.caller.account.user_id
        found.append(lambda one: one.user_id == (own if first("user") == "me" else first("user")))
    if "mode" in query:
        mode = _one_of(ctx, "mode", MODES, "")
        found.append(lambda one: one.mode == mode)
    if "status" in query:
        wanted = query["status"]
        for status in wanted:
            _require_known(ctx, "status", status, STATUSES)
        found.append(lambda one: one.status in wanted)
    if "tags" in query:
        tags = set(query["tags"])
        found.append(lambda one: tags.issubset(one.tags))
    is_found, is_in_time = finds(ctx), created_within(ctx)
    # By id or tags: the docstring of the client's workloads_get, 0.51.
    found.append(lambda one: is_found((one.id, *one.tags)) and is_in_time(one.shown_at))
    return found


def _one_of(ctx: Context, name: str, known: tuple[str, ...], default: str) -> str:
    value = ctx.request.first(name, default) or default
    _require_known(ctx, name, value, known)
    return value


def _require_known(ctx: Context, name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be one of {', '.join(known)}.")


def _span(ctx: Context, found: list[Workload], limit: int, *, is_rising: bool) -> tuple[int, int]:
    """The page that the cursor asks for; the workload that the cursor names may be gone."""
    sent = [name for name in ("previous", "next") if name in ctx.request.query]
    if not sent:
        return 0, limit
    if len(sent) > 1:
        raise ctx.refuse(400, Codes.VALIDATION, "Only one of previous and next can be followed.")
    at = _read_cursor(ctx, sent[0])
    if sent[0] == "next":
        start = sum(one.place <= at if is_rising else one.place >= at for one in found)
        return start, start + limit
    stop = sum(one.place < at if is_rising else one.place > at for one in found)
    return max(0, stop - limit), stop


def _href(ctx: Context, direction: str, one: Workload) -> str:
    cursor = base64.urlsafe_b64encode(f"{one.created_at!r} {one.id}".encode()).decode()
    kept = [
        (name, value)
        for name, values in ctx.request.query.items()
        if name not in ("previous", "next")
        for value in values
    ]
    host = ctx.host
    return f"https://{host.name}{host.base}/workloads?{urlencode([*kept, (direction, cursor)])}"


def _read_cursor(ctx: Context, name: str) -> tuple[float, str]:
    try:
        text = base64.urlsafe_b64decode(ctx.request.first(name) or "").decode("ascii")
        created_at, _, workload_id = text.partition(" ")
        return float(created_at), workload_id
    except (binascii.Error, ValueError):
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} is no cursor of ours.") from None
