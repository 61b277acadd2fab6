"""The instance that a request is about, and what it may use.

Source: IBM's API description 0.45.3.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.emulator.api.context import MOST_WHOLE, Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.wire import Json, Response, is_int

__all__ = ["configuration", "instance", "replace_configuration"]

LIMIT: Final = "instance_limit"


def instance(ctx: Context) -> Response:
    """``GET /instance``: what the one that ``Service-CRN`` names may use."""
    one = ctx.instance
    answer: dict[str, Json] = {"backends": list(one.devices), "plan_id": one.plan_id}
    if one.usage_limit_s is not None:
        answer[LIMIT] = one.usage_limit_s
        answer["instance_limit_seconds"] = str(one.usage_limit_s)
    if one.usage_allocation_s is not None:
        answer["usage_allocation_seconds"] = str(one.usage_allocation_s)
    return Response.json(answer)


def configuration(ctx: Context) -> Response:
    """``GET /instances/configuration``: its limit, where it has one."""
    limit_s = ctx.instance.usage_limit_s
    return Response.json({} if limit_s is None else {LIMIT: limit_s})


def replace_configuration(ctx: Context) -> Response:
    """``PUT /instances/configuration``: a new limit, ``null`` for the plan's own; 204.

    Raises:
        EmulatorGap: The body has fields that the emulator does not know.
    """
    body = ctx.json_fields(f" with {LIMIT}")
    if others := sorted(set(body) - {LIMIT}):
        raise EmulatorGap(
            f"the emulator knows no {others[0][:60]!r} in PUT /instances/configuration",
            closest=LIMIT,
            next=f"send {LIMIT} only, or keep this test for the real service",
        )
    if LIMIT not in body:
        raise ctx.refuse(400, Codes.VALIDATION, f"The body must be an object with {LIMIT}.")
    limit_s, one = body[LIMIT], ctx.instance
    if limit_s is None:
        one.usage_limit_s = one.plan.limit_s
        return Response(204)
    if not is_int(limit_s) or not 1 <= limit_s <= MOST_WHOLE:
        said = f"{LIMIT} must be a whole number of seconds from 1, or null."
        raise ctx.refuse(400, Codes.VALIDATION, said)
    if one.usage_allocation_s is not None and limit_s > one.usage_allocation_s:
        said = f"The instance was allocated {counted(one.usage_allocation_s, 'second')} only."
        raise ctx.refuse(409, Codes.VALIDATION, said)
    one.usage_limit_s = limit_s
    return Response(204)
