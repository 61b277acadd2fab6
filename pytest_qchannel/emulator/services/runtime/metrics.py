"""What a job took: its metrics, in the shape of the version of the API that is asked for."""

from __future__ import annotations

import uuid
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.services.runtime import clockwork, scope
from pytest_qchannel.emulator.services.runtime.charges import (
    FIRST_WITH_CHARGE_TIME,
    charged,
    version_of,
)
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.lifecycle import JobState
from pytest_qchannel.emulator.world.rules import UsageUnit
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.wire import Json, Response

__all__ = ["metrics", "position_in_queue"]

# Source: IBM's changelog of the API.
FIRST_WITH_TIME_AT_ROOT: Final = "2026-04-15"

# Recorded metrics of 2026 have 0.0327 units for 2 seconds.
RESOURCE_UNITS_PER_S: Final = 0.01635

METRIC_ID: Final = str(uuid.uuid5(uuid.NAMESPACE_URL, "pytest-qchannel/qpu_charge_time_seconds"))
"""Names what was measured, in the form that recorded metrics have; IBM's own id nobody knows."""


def position_in_queue(world: World, job: Job) -> int | None:
    """A queued job's place, from 1; ``None`` once it has started.

    Before it are the device's jobs of other people, and older ones of the emulated accounts.
    """
    if job.is_final or job.running_at is not None:
        return None
    older = sum(
        one.backend == job.backend and one.number < job.number and one.running_at is None
        for one in world.unfinished.values()
    )
    return world.devices[job.backend].queue_length + older + 1


def metrics(ctx: Context) -> Response:
    """``GET /jobs/{id}/metrics``; fields and their order are those of recorded ones of 2026."""
    job = scope.job(ctx)
    clockwork.refresh(ctx, job)
    body: dict[str, Json] = {}
    if job.client.packages is not None:
        body["qiskit_version"] = job.client.packages
    body["timestamps"] = _timestamps(job)
    if job.client.caller is not None:
        body["caller"] = job.client.caller
    body.update(_usage(job, version_of(ctx), ctx.world.rules.usage_unit))
    place = position_in_queue(ctx.world, job)
    if place is not None:
        body["position_in_queue"] = place
        body["position_in_provider"] = place
    if job.account.is_classic and job.outcome is not None:
        body.update(job.outcome.facts)
    return Response.json(body)


def _timestamps(job: Job) -> dict[str, Json]:
    """When it was created, ended and began; ``null`` where it was cancelled before it began."""
    times: dict[str, Json] = {"created": iso(job.created_at)}
    if job.finished_at is not None:
        times["finished"] = iso(job.finished_at)
    if job.running_at is not None:
        times["running"] = iso(job.running_at)
    elif job.is_final:
        times["running"] = None
    return times


def _usage(job: Job, version: str, unit: UsageUnit) -> dict[str, Json]:
    if version < FIRST_WITH_CHARGE_TIME:
        seconds = round(job.told_usage_s)
        return {
            "bss": {"seconds": seconds},
            "usage": {"quantum_seconds": seconds, "seconds": seconds},
        }
    usage = charged(version, job.told_usage_s, job)
    # A job without a result ran its circuits until it was stopped; one that failed, or was a dry
    # run, ran none.
    ran_s = 0.0 if job.is_dry_run or job.state is JobState.FAILED else job.usage_s
    if job.outcome is not None:
        ran_s = min(ran_s, job.outcome.circuits_s)
    time = {"circuits_execution_time_ns": round(ran_s * 1e9)} if job.is_final else {}
    if version < FIRST_WITH_TIME_AT_ROOT:
        return {"usage": {**usage, **time}}
    return {"usage": _in_units(usage, job.told_usage_s, unit), **time}


def _in_units(usage: dict[str, Json], used_s: float, unit: UsageUnit) -> dict[str, Json]:
    """What was used, in seconds, resource units or both, in the order of recorded metrics."""
    if unit is UsageUnit.SECONDS:
        return usage
    seconds, status = round(used_s), usage["status"]
    value = round(seconds * RESOURCE_UNITS_PER_S, 4)
    used: dict[str, Json] = {"value": value, "unit": "resource_units"}
    told: dict[str, Json] = {**used, "status": status}
    if unit is UsageUnit.BOTH:
        told = {"qpu_charge_time_seconds": seconds, **told}
    if status == "complete":
        told["details"] = [{**used, "metric": {"id": METRIC_ID, "value": seconds}}]
    return told
