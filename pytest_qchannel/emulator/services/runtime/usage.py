"""What an instance has used of what it may use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.wire import Json, Response

PERIOD = timedelta(days=28)


def instance_usage(ctx: Context) -> Response:
    """``GET /instances/usage``: the client asks before each run and fails where this fails."""
    clockwork.advance_timed_jobs(ctx)
    instance = ctx.instance
    end = datetime.fromtimestamp(ctx.world.clock.now(), UTC)
    answer: dict[str, Json] = {
        "instance_id": instance.id,
        "plan_id": instance.plan.id,
        "usage_consumed_seconds": round(instance.usage_s),
        "usage_period": {
            "start_time": iso((end - PERIOD).timestamp()),
            "end_time": iso(end.timestamp()),
        },
    }
    if instance.usage_limit_s is not None:
        answer["usage_limit_seconds"] = instance.usage_limit_s
        answer["usage_limit_reached"] = instance.is_used_up
    if instance.usage_allocation_s is not None:
        answer["usage_allocation_seconds"] = instance.usage_allocation_s
    return Response.json(answer)


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
    period = {"start": iso(start.timestamp()), "end": iso(end.timestamp())}
    return Response.json({"period": period, "byInstance": rows})
