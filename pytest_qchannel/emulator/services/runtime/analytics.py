"""``GET /analytics/*``: what an account's jobs and sessions have used, computed from them.

IBM's API description names every number of ``/analytics/usage`` and describes no rows of the
grouped answers; there, ``data``, ``group`` and ``date`` are our names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.emulator.services.runtime.query import moment
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import Job, Session
from pytest_qchannel.wire import Response

__all__ = ["filters", "usage", "usage_grouped", "usage_grouped_by_date"]

_Key = TypeVar("_Key")

# What jobs are chosen and grouped by: a field of the query -> its value for a job.
_FACTS: Final[dict[str, Callable[[Job], str]]] = {
    "backend": lambda job: job.backend,
    "instance": lambda job: job.instance.id,
    "plan": lambda job: job.instance.plan.id,
    "user_id": lambda job: job.account.user_id,
}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a request asks about; times in seconds since the epoch, both ends inclusive."""

    jobs: list[Job]
    start: float
    end: float


def filters(ctx: Context) -> Response:
    """``GET /analytics/filters``: what the account's jobs can be told apart by."""
    jobs = _scope(ctx).jobs
    wanted = ctx.request.query.get("instance")
    instances = [
        one for one in ctx.caller.account.instances.values() if wanted is None or one.id in wanted
    ]
    return Response.json(
        {
            "backends": [{"name": name} for name in sorted({job.backend for job in jobs})],
            "instances": [
                {"id": one.id, "name": one.name, "plan_id": one.plan.id} for one in instances
            ],
            "users": [{"id": name} for name in sorted({job.account.user_id for job in jobs})],
        }
    )


def usage(ctx: Context) -> Response:
    """``GET /analytics/usage``: sums, means and maxima; usage and queue times in seconds."""
    jobs = _scope(ctx).jobs
    found = {job.session.id: job.session for job in jobs if job.session is not None}
    batches = [one for one in found.values() if not one.is_dedicated]
    dedicated = [one for one in found.values() if one.is_dedicated]
    alone = [job for job in jobs if job.session is None]
    waits = [job.running_at - job.created_at for job in jobs if job.running_at is not None]
    answer: dict[str, float] = {
        "usage": _rounded(sum(job.usage_s for job in jobs)),
        "jobs": len(jobs),
        "sessions": len(found),
        "batch_sessions": len(batches),
        "dedicated_sessions": len(dedicated),
        "individual_jobs": len(alone),
        "queue_time": _rounded(sum(waits)),
        "avg_queue_time": _mean(waits),
    }
    per_session = _usage_per_session(jobs)
    for name, times in (
        ("sessions", [per_session[one] for one in found.values()]),
        ("batch_sessions", [per_session[one] for one in batches]),
        ("dedicated_sessions", [per_session[one] for one in dedicated]),
        ("individual_jobs", [job.usage_s for job in alone]),
    ):
        answer[f"{name}_usage"] = _rounded(sum(times))
        answer[f"avg_{name}_usage"] = _mean(times)
        answer[f"max_{name}_usage"] = _rounded(max(times, default=0.0))
    return Response.json(answer)


def usage_grouped(ctx: Context) -> Response:
    """``GET /analytics/usage_grouped``: a row for each backend, instance, plan or user."""
    group = _group(ctx)
    rows = _sums((group(job), job) for job in _scope(ctx).jobs)
    return Response.json({"data": [{"group": name, **sums} for name, sums in rows.items()]})


def usage_grouped_by_date(ctx: Context) -> Response:
    """``GET /analytics/usage_grouped_by_date``: the same, for each day of creation in UTC."""
    group, scope = _group(ctx), _scope(ctx)
    rows = _sums(((_day(job), group(job)), job) for job in scope.jobs)
    return Response.json(
        {
            "interval_start": iso(scope.start),
            "interval_end": iso(scope.end),
            "data": [{"date": day, "group": name, **sums} for (day, name), sums in rows.items()],
        }
    )


def _scope(ctx: Context) -> _Scope:
    account, world, query = ctx.caller.account, ctx.world, ctx.request.query
    clockwork.advance_jobs(ctx)
    for name in query.get("instance", []):
        if name not in account.instances:
            raise ctx.refuse(404, Codes.NOT_FOUND, f"The account has no instance {name[:200]}.")
    end = moment(ctx, "interval_end") if "interval_end" in query else world.clock.now()
    jobs = world.jobs_of(account.instances.values())
    first = min((job.created_at for job in jobs), default=end)
    start = moment(ctx, "interval_start") if "interval_start" in query else min(first, end)
    for name, at in (("interval_start", start), ("interval_end", end)):
        _require_writable(ctx, name, at)
    if start > end:
        raise ctx.refuse(400, Codes.VALIDATION, "interval_start is after interval_end.")
    with_simulators = (ctx.request.first("simulators") or "true").lower() != "false"

    def is_asked_for(job: Job) -> bool:
        return (
            start <= job.created_at <= end
            and all(name not in query or fact(job) in query[name] for name, fact in _FACTS.items())
            and (with_simulators or not world.devices[job.backend].snapshot.facts["simulator"])
        )

    return _Scope([job for job in jobs if is_asked_for(job)], start, end)


def _require_writable(ctx: Context, name: str, at: float) -> None:
    try:
        iso(at)
    except (ValueError, OverflowError, OSError):
        raise ctx.refuse(
            400, Codes.VALIDATION, f"{name} must be in the years 1 to 9999 of UTC."
        ) from None


def _group(ctx: Context) -> Callable[[Job], str]:
    name = ctx.request.first("group_by") or "instance"
    if name not in _FACTS:
        known = ", ".join(_FACTS)
        raise ctx.refuse(400, Codes.VALIDATION, f"group_by must be one of {known}.")
    return _FACTS[name]


def _sums(jobs: Iterable[tuple[_Key, Job]]) -> dict[_Key, dict[str, float]]:
    rows: dict[_Key, dict[str, float]] = {}
    for key, job in jobs:
        row = rows.setdefault(key, {"usage": 0.0, "jobs": 0})
        row["usage"] = _rounded(row["usage"] + job.usage_s)
        row["jobs"] += 1
    return rows


def _usage_per_session(jobs: Iterable[Job]) -> dict[Session, float]:
    found: dict[Session, float] = {}
    for job in jobs:
        if job.session is not None:
            found[job.session] = found.get(job.session, 0.0) + job.usage_s
    return found


def _day(job: Job) -> str:
    return datetime.fromtimestamp(job.created_at, UTC).date().isoformat()


def _mean(values: list[float]) -> float:
    return _rounded(sum(values) / len(values)) if values else 0.0


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
