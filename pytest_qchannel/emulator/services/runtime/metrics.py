"""What a job took: its metrics, in the shape of the version of the API that is asked for."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.services.runtime import clockwork, scope
from pytest_qchannel.emulator.services.runtime.api_version import api_version
from pytest_qchannel.emulator.world.clock import iso
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.world import World
from pytest_qchannel.wire import Json, Response

__all__ = ["metrics", "position_in_queue"]

# Source: IBM's changelog of the API.
FIRST_WITH_CHARGE_TIME: Final = "2026-03-15"
FIRST_WITH_TIME_AT_ROOT: Final = "2026-04-15"


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
    """``GET /jobs/{id}/metrics``."""
    job = scope.job(ctx)
    clockwork.refresh(ctx, job)
    is_classic = job.account.is_classic
    version = "" if is_classic else api_version(ctx)
    times = {"created": job.created_at, "running": job.running_at, "finished": job.finished_at}
    body: dict[str, Json] = {
        "timestamps": {name: iso(at) for name, at in times.items() if at is not None},
        # Of the Qiskit that runs the job, as the service tells it.
        "qiskit_version": version_of("qiskit"),
    }
    place = position_in_queue(ctx.world, job)
    if place is not None:
        body["position_in_queue"] = place
        body["position_in_provider"] = place
    body.update(_usage(job, version))
    if is_classic and job.outcome is not None:
        body.update(job.outcome.facts)
    return Response.json(body)


def _usage(job: Job, version: str) -> dict[str, Json]:
    if version < FIRST_WITH_CHARGE_TIME:
        seconds = round(job.usage_s)
        return {
            "bss": {"seconds": seconds},
            "usage": {"quantum_seconds": seconds, "seconds": seconds},
        }
    usage: dict[str, Json] = {"status": "complete" if job.is_final else "pending"}
    if job.is_final:
        usage["qpu_charge_time_seconds"] = round(job.usage_s)
    time = {"circuits_execution_time_ns": round(job.usage_s * 1e9)} if job.is_final else {}
    if version < FIRST_WITH_TIME_AT_ROOT:
        return {"usage": {**usage, **time}}
    return {"usage": usage, **time}
