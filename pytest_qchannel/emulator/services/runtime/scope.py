"""What a caller may see: the one place where the cloud and the classic platform differ.

On the cloud a request names its instance in ``Service-CRN``. On the classic platform it may name
one as ``provider=hub/group/project``, or none, which means all of the caller's.
"""

from __future__ import annotations

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.devices import Device
from pytest_qchannel.emulator.world.jobs import Job
from pytest_qchannel.emulator.world.records import Instance

__all__ = ["device", "instances", "job", "visible_devices"]


def instances(ctx: Context, provider: str | None = None) -> list[Instance]:
    """The instances that the request is about, at least one."""
    caller = ctx.caller
    if caller.instance is not None:
        return [caller.instance]
    if provider is None:
        return list(caller.account.instances.values())
    if provider not in caller.account.instances:
        raise ctx.refuse(403, Codes.NOT_AUTHORIZED, f"The user is no member of {provider}.")
    return [caller.account.instances[provider]]


def visible_devices(ctx: Context) -> list[Device]:
    """The devices of those instances, each once."""
    names = dict.fromkeys(
        name for one in instances(ctx, ctx.request.first("provider")) for name in one.devices
    )
    return [ctx.world.devices[name] for name in names]


def device(ctx: Context, name: str) -> Device:
    """The device of that name, if the caller may see it; otherwise a 404."""
    for one in visible_devices(ctx):
        if one.name == name:
            return one
    raise ctx.refuse(404, _not_found(ctx, Codes.CLASSIC_BACKEND_NOT_FOUND), f"No backend {name}.")


def job(ctx: Context) -> Job:
    """The job that the path names, if it belongs to one of the caller's instances."""
    found = ctx.world.jobs.get(ctx.args["job_id"])
    if found is None or all(found.instance is not one for one in instances(ctx)):
        code = _not_found(ctx, Codes.CLASSIC_JOB_NOT_FOUND)
        raise ctx.refuse(404, code, f"No job {ctx.args['job_id']}.")
    return found


def _not_found(ctx: Context, classic_code: str) -> str:
    return classic_code if ctx.caller.account.platform == "classic" else Codes.NOT_FOUND
