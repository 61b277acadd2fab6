"""``GET /jobs``: newest first, filtered and paged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pytest_qchannel.emulator.api.context import Context, whole
from pytest_qchannel.emulator.services.runtime import clockwork, hopeless, scope
from pytest_qchannel.emulator.services.runtime.charges import version_of
from pytest_qchannel.emulator.services.runtime.job_json import job_json
from pytest_qchannel.emulator.services.runtime.query import created_within, finds, is_true, number
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.hosts import RUNTIME
from pytest_qchannel.wire import Response

__all__ = ["list_jobs"]

PAGE: Final = 200
FARTHEST: Final = 2**31 - 1

_NUMBER: Final = re.compile("-?[0-9]+")  # of any length

Filter = Callable[[Job], bool]

WEB_APPLICATION: Final = Response(
    200, b"<!DOCTYPE html><title>IBM Quantum Platform</title>", {"Content-Type": "text/html"}
)
"""What ``GET /jobs/``, a look at a job with an empty id, comes to; what is in it is ours.

Source: the live service, in 2026.
"""


def list_jobs(ctx: Context) -> Response:
    """``GET /jobs``: one page, and in ``count`` the number of all jobs that match."""
    if ctx.host.service == RUNTIME and ctx.request.path.endswith("/"):
        return WEB_APPLICATION
    clockwork.advance_jobs(ctx)
    found = ctx.world.listed_jobs(_instances(ctx))
    for keep in _filters(ctx):
        found = [job for job in found if keep(job)]
    if (ctx.request.first("sort") or "DESC").upper() != "ASC":
        found.reverse()
    limit = _number(ctx, "limit", PAGE, 1, PAGE)
    offset = _number(ctx, "offset", 0, 0, FARTHEST)
    text = ctx.request.first("offset") or "0"  # as it is asked for, in its range or not
    asked = -1 if text.startswith("-") else whole(text)
    asked = FARTHEST if asked is None else asked
    hopeless.note_page(ctx.world, ctx.request.query_string, asked, len(found))
    # Without a word about them they are left out: that is the description of today's service.
    default = "true" if ctx.host.service == RUNTIME else "false"
    with_params = not is_true(ctx.request.first("exclude_params", default))
    version = version_of(ctx)
    page = [
        job_json(job, version, with_params=with_params) for job in found[offset : offset + limit]
    ]
    return Response.json({"jobs": page, "count": len(found), "limit": limit, "offset": offset})


def _number(ctx: Context, name: str, default: int, least: int, most: int) -> int:
    """A number of the query; one that is out of its range stands for the default, without an error.

    Source: IBM's API description.
    """
    text = ctx.request.first(name) or ""
    if not _NUMBER.fullmatch(text):
        return number(ctx, name, default)  # the default where it is absent, else refused
    value = whole(text)
    return default if value is None or not least <= value <= most else value


def _instances(ctx: Context) -> list[Instance]:
    """The instances that are asked about; none for a foreign one, which is no error here.

    Source: clients 0.34 to 0.40, which pass an empty list on.
    """
    provider, caller = ctx.request.first("provider"), ctx.caller
    if caller.instance is None and provider not in (None, *caller.account.instances):
        return []
    return scope.instances(ctx, provider)


def _backend(ctx: Context) -> Filter:
    name = ctx.request.first("backend")
    return lambda job: job.backend == name


def _program(ctx: Context) -> Filter:
    program_id = ctx.request.first("program")
    return lambda job: job.program_id == program_id


def _session(ctx: Context) -> Filter:
    session_id = ctx.request.first("session_id")
    return lambda job: job.session is not None and job.session.id == session_id


def _tags(ctx: Context) -> Filter:
    wanted = set(ctx.request.query["tags"])
    return lambda job: wanted.issubset(job.tags)


def _pending(ctx: Context) -> Filter:
    wanted = is_true(ctx.request.first("pending"))
    return lambda job: job.is_final is not wanted


def _created(ctx: Context) -> Filter:
    is_asked_for = created_within(ctx)
    return lambda job: is_asked_for(job.created_at)


def _search(ctx: Context) -> Filter:
    is_found = finds(ctx)
    return lambda job: is_found((job.id, job.backend, *job.tags))


# Query field -> what it keeps.
FILTERS: Final[dict[str, Callable[[Context], Filter]]] = {
    "backend": _backend,
    "program": _program,
    "session_id": _session,
    "tags": _tags,
    "pending": _pending,
    "created_after": _created,
    "created_before": _created,
    "search": _search,
}


def _filters(ctx: Context) -> list[Filter]:
    given = [make(ctx) for name, make in FILTERS.items() if name in ctx.request.query]
    if hidden := scope.hidden_backends(ctx):
        given.append(lambda job: job.backend not in hidden)
    return given
