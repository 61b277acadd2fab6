"""What an instance has used of what it may use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.emulator.world.clock import iso_milliseconds
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.wire import Json, Response

PERIOD: Final = timedelta(days=28)


def instance_usage(ctx: Context) -> Response:
    """``GET /instances/usage``: the client asks before each run and fails where this fails."""
    clockwork.advance_timed_jobs(ctx)
    instance = ctx.instance
    end = datetime.fromtimestamp(ctx.world.clock.now(), UTC)
    answer: dict[str, Json] = {
        "instance_id": instance.id,
        "plan_id": instance.plan_id,
        "usage_consumed_seconds": round(instance.usage_s),
        "usage_period": {
            "start_time": iso_milliseconds((end - PERIOD).timestamp()),
            "end_time": iso_milliseconds(end.timestamp()),
        },
    }
    if instance.usage_limit_s is not None:
        answer["usage_limit_seconds"] = instance.usage_limit_s
        answer["usage_limit_reached"] = instance.is_used_up
        if instance.is_used_up:
            answer["time_available_at"] = iso_milliseconds(_available_at(ctx, instance))
    if instance.usage_allocation_s is not None:
        answer["usage_allocation_seconds"] = instance.usage_allocation_s
    return Response.json(answer)


def _available_at(ctx: Context, instance: Instance) -> float:
    """When a part of what was used leaves the period: what the oldest job in it used."""
    period_s = PERIOD.total_seconds()
    now = ctx.world.clock.now()
    ended = [
        job.finished_at
        for job in ctx.world.jobs_of([instance])
        if job.charged_s and job.finished_at is not None and job.finished_at > now - period_s
    ]
    return min(ended, default=now) + period_s


def classic_usage(ctx: Context) -> Response:
    """``GET /usage`` of the classic platform: the client looks at pending jobs of the open plan."""
    clockwork.advance_timed_jobs(ctx)
    end = datetime.fromtimestamp(ctx.world.clock.now(), UTC)
    start = end.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = [
        {
            "instance": instance.id,
            "quota": instance.usage_limit_s,
            "usage": round(instance.usage_s),
            "pendingJobs": ctx.world.pending_jobs(instance),
            "maxPendingJobs": instance.pending_limit,
        }
        for instance in ctx.caller.account.instances.values()
    ]
    period = {
        "start": iso_milliseconds(start.timestamp()),
        "end": iso_milliseconds(end.timestamp()),
    }
    return Response.json({"period": period, "byInstance": rows})
