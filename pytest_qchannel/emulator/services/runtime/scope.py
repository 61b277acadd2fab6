"""What a caller may see: the one place where the cloud and the classic platform differ.

On the cloud a request names its instance in ``Service-CRN``. On the classic platform it may name
one as ``provider=hub/group/project``, or none, which means all of the caller's.
"""

from __future__ import annotations

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes, Known
from pytest_qchannel.emulator.services.runtime.query import is_true
from pytest_qchannel.emulator.world.devices import Device
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["calibrated", "device", "hidden_backends", "instances", "job", "visible_devices"]


def instances(ctx: Context, provider: str | None = None) -> list[Instance]:
    """The instances that the request is about, at least one."""
    caller = ctx.caller
    if caller.instance is not None:
        return [caller.instance]
    if provider is None:
        return list(caller.account.instances.values())
    if provider not in caller.account.instances:
        raise ctx.refuse_as(Known.NOT_AUTHORIZED)
    return [caller.account.instances[provider]]


def visible_devices(ctx: Context) -> list[Device]:
    """The devices of those instances, each once."""
    names = dict.fromkeys(
        name for one in instances(ctx, ctx.request.first("provider")) for name in one.reached
    )
    return [ctx.world.devices[name] for name in names]


def device(ctx: Context, name: str) -> Device:
    """The device of that name, if the caller may see it; otherwise a 404."""
    for one in visible_devices(ctx):
        if one.name == name:
            return one
    raise ctx.refuse_as(Known.NO_DEVICE)


def calibrated(ctx: Context, one: Device, calibration_id: str | None) -> Snapshot:
    """The snapshot of a device's calibration, of its newest by default; otherwise a 404."""
    snapshot = one.calibrated(calibration_id)
    if snapshot is None:
        raise ctx.refuse(404, Codes.NOT_FOUND, f"{one.name} has no calibration {calibration_id}.")
    return snapshot


def hidden_backends(ctx: Context) -> set[str]:
    """The names of the mock backends, unless the request asks for them, too."""
    if is_true(ctx.request.first("include_mocks")):
        return set()
    return {name for name, one in ctx.world.devices.items() if one.is_dry_run}


def job(ctx: Context) -> Job:
    """The job that the path names, if it belongs to one of the caller's instances."""
    found = ctx.world.jobs.get(ctx.args["job_id"])
    if found is None or all(found.instance is not one for one in instances(ctx)):
        raise ctx.refuse_as(Known.NO_JOB, ctx.args["job_id"])
    return found
