"""``GET /analytics/*``: what an account's jobs and sessions have used, computed from them.

All times are milliseconds. Source: IBM's API description 0.45.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.emulator.services.runtime.accounts import subscription_id
from pytest_qchannel.emulator.services.runtime.query import moment
from pytest_qchannel.emulator.world.clock import iso_milliseconds
from pytest_qchannel.emulator.world.jobs import Job, Session
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.wire import Response

__all__ = ["filters", "usage", "usage_grouped", "usage_grouped_by_date"]

_Key = TypeVar("_Key")

# What jobs are grouped by: a value of the query's group_by -> its value for a job.
_GROUPS: Final[dict[str, Callable[[Job], str]]] = {
    "instance": lambda job: job.instance.id,
    "backend": lambda job: job.backend,
    "user_id": lambda job: job.account.user_id,
    "plan": lambda job: job.instance.plan.name,
    "subscription_id": lambda job: subscription_id(job.account, job.instance.plan_id),
}

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a request asks about; times in seconds since the epoch, both ends inclusive."""

    jobs: list[Job]
    instances: list[Instance]
    start: float
    end: float


def filters(ctx: Context) -> Response:
    """``GET /analytics/filters``: what the account's jobs can be told apart by."""
    scope = _scope(ctx)
    plans = {one.plan.name: None for one in scope.instances}
    bought = {one.plan_id: one.plan.display_name for one in scope.instances}
    return Response.json(
        {
            "backends": [{"name": name} for name in sorted({job.backend for job in scope.jobs})],
            "instances": [{"id": one.id, "deleted": False} for one in scope.instances],
            "users": [{"id": name} for name in sorted({job.account.user_id for job in scope.jobs})],
            "plans": [{"name": name} for name in plans],
            "subscriptions": [
                {"id": subscription_id(ctx.caller.account, plan_id), "name": name}
                for plan_id, name in bought.items()
            ],
        }
    )


def usage(ctx: Context) -> Response:
    """``GET /analytics/usage``: sums, means and maxima."""
    return Response.json(_figures(_scope(ctx).jobs))


def usage_grouped(ctx: Context) -> Response:
    """``GET /analytics/usage_grouped``: a row for each instance, backend, user, plan, ..."""
    group = _group(ctx, tuple(_GROUPS))
    rows = _rows((group(job), job) for job in _scope(ctx).jobs)
    return Response.json({"data": [{"key": key, **_figures(jobs)} for key, jobs in rows.items()]})


def usage_grouped_by_date(ctx: Context) -> Response:
    """``GET /analytics/usage_grouped_by_date``: the same, for each day of creation in UTC.

    By instances only. Source: the live service, in 2026.
    """
    group, scope = _group(ctx, ("instance",)), _scope(ctx)
    rows = _rows(((_day(job), group(job)), job) for job in scope.jobs)
    return Response.json(
        {
            "interval_start": iso_milliseconds(scope.start),
            "interval_end": iso_milliseconds(scope.end),
            "data": [
                {
                    "key": key,
                    "interval_start": iso_milliseconds(day.timestamp()),
                    "interval_end": iso_milliseconds((day + _DAY).timestamp()),
                    **_figures(jobs),
                }
                for (day, key), jobs in rows.items()
            ],
        }
    )


def _scope(ctx: Context) -> _Scope:
    account, world, query = ctx.caller.account, ctx.world, ctx.request.query
    clockwork.advance_jobs(ctx)
    for name in query.get("instance", []):
        if name not in account.instances:
            raise ctx.refuse_as(Known.NO_INSTANCE, name[:200])
    asked = query.get("instance")
    instances = [one for one in account.instances.values() if asked is None or one.id in asked]
    end = moment(ctx, "interval_end") if "interval_end" in query else world.clock.now()
    jobs = world.jobs_of(account.instances.values())
    first = min((job.created_at for job in jobs), default=end)
    start = moment(ctx, "interval_start") if "interval_start" in query else min(first, end)
    for name, at in (("interval_start", start), ("interval_end", end)):
        _require_writable(ctx, name, at)
    if start > end:
        raise ctx.refuse(400, Codes.VALIDATION, "interval_start is after interval_end.")
    with_simulators = (ctx.request.first("simulators") or "true").lower() != "false"
    facts = {name: fact for name, fact in _GROUPS.items() if name in query}

    def is_asked_for(job: Job) -> bool:
        return (
            start <= job.created_at <= end
            and all(fact(job) in query[name] for name, fact in facts.items())
            and (with_simulators or not world.devices[job.backend].snapshot.facts["simulator"])
        )

    return _Scope([job for job in jobs if is_asked_for(job)], instances, start, end)


def _require_writable(ctx: Context, name: str, at: float) -> None:
    try:
        iso_milliseconds(at)
    except (ValueError, OverflowError, OSError):
        raise ctx.refuse(
            400, Codes.VALIDATION, f"{name} must be in the years 1 to 9999 of UTC."
        ) from None


def _group(ctx: Context, known: tuple[str, ...]) -> Callable[[Job], str]:
    name = ctx.request.first("group_by")
    if name not in known:
        raise ctx.refuse(400, Codes.VALIDATION, f"group_by must be one of {', '.join(known)}.")
    return _GROUPS[name]


def _rows(jobs: Iterable[tuple[_Key, Job]]) -> dict[_Key, list[Job]]:
    rows: dict[_Key, list[Job]] = {}
    for key, job in jobs:
        rows.setdefault(key, []).append(job)
    return rows


def _figures(jobs: list[Job]) -> dict[str, float]:
    """What some jobs, and the sessions that they ran in, have used."""
    per_session = _usage_per_session(jobs)
    batches = [one for one in per_session if not one.is_dedicated]
    dedicated = [one for one in per_session if one.is_dedicated]
    alone = [job for job in jobs if job.session is None]
    waits = [job.running_at - job.created_at for job in jobs if job.running_at is not None]
    figures: dict[str, float] = {
        "usage": _ms(sum(job.charged_s for job in jobs)),
        "jobs": len(jobs),
    }
    for name, used in (
        ("sessions", list(per_session.values())),
        ("batch_sessions", [per_session[one] for one in batches]),
        ("dedicated_sessions", [per_session[one] for one in dedicated]),
        ("individual_jobs", [job.charged_s for job in alone]),
    ):
        figures[name] = len(used)
        figures |= _summed(f"{name}_usage", used)
    return figures | _summed("queue_time", waits)


def _summed(name: str, seconds: list[float]) -> dict[str, float]:
    mean = sum(seconds) / len(seconds) if seconds else 0.0
    return {
        name: _ms(sum(seconds)),
        f"avg_{name}": _ms(mean),
        f"max_{name}": _ms(max(seconds, default=0.0)),
    }


def _usage_per_session(jobs: Iterable[Job]) -> dict[Session, float]:
    found: dict[Session, float] = {}
    for job in jobs:
        if job.session is not None:
            found[job.session] = found.get(job.session, 0.0) + job.charged_s
    return found


def _day(job: Job) -> datetime:
    moment = datetime.fromtimestamp(job.created_at, UTC)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _ms(seconds: float) -> float:
    """Milliseconds, to the microsecond."""
    return round(seconds * 1_000, 3)
