"""The instance and the account that a request is about, and what the instance may use.

IBM's API description names these routes and describes no body. The fields are those that the
service uses for the same facts elsewhere: ``GET /instances/usage`` and the allocation data in
Global Search.
"""

from __future__ import annotations

from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.runtime import clockwork
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.wire import Json, Response

__all__ = ["account", "configuration", "instance", "replace_configuration"]

LIMIT: Final = "instance_limit_seconds"


def instance(ctx: Context) -> Response:
    """``GET /instance``: which one ``Service-CRN`` names."""
    one = ctx.instance
    return Response.json({"instance_id": one.id, "plan_id": one.plan.id, "name": one.name})


def configuration(ctx: Context) -> Response:
    """``GET /instances/configuration``: its backends, its limit, and what was bought for it."""
    one = ctx.instance
    return Response.json(
        {
            "instance_id": one.id,
            "plan_id": one.plan.id,
            "backends": list(one.devices),
            LIMIT: one.usage_limit_s,
            "usage_allocation_seconds": one.usage_allocation_s,
        }
    )


def replace_configuration(ctx: Context) -> Response:
    """``PUT /instances/configuration``: a new limit, ``null`` for none; 204.

    Raises:
        EmulatorGap: The body has fields that the emulator does not know.
    """
    body = ctx.json_body()
    if not isinstance(body, dict):
        raise ctx.refuse(400, Codes.VALIDATION, f"The body must be an object with {LIMIT}.")
    if others := sorted(set(body) - {LIMIT}):
        raise EmulatorGap(
            f"the emulator knows no {others[0][:60]!r} in PUT /instances/configuration",
            closest=LIMIT,
            next=f"send {LIMIT} only, or keep this test for the real service",
        )
    if LIMIT not in body:
        raise ctx.refuse(400, Codes.VALIDATION, f"The body must be an object with {LIMIT}.")
    limit_s, one = body[LIMIT], ctx.instance
    is_number = isinstance(limit_s, int) and not isinstance(limit_s, bool)
    if limit_s is not None and not (is_number and limit_s >= 0):
        raise ctx.refuse(
            400, Codes.VALIDATION, f"{LIMIT} must be a whole number of seconds, or null."
        )
    if limit_s is not None and one.usage_allocation_s is not None:
        _require_allocated(ctx, limit_s, one.usage_allocation_s)
    one.usage_limit_s = limit_s
    return Response(204)


def _require_allocated(ctx: Context, limit_s: int, allocated_s: int) -> None:
    if limit_s > allocated_s:
        raise ctx.refuse(
            409, Codes.VALIDATION, f"The instance was allocated {allocated_s} seconds only."
        )


def account(ctx: Context) -> Response:
    """``GET /accounts/{id}``: what the caller's account has used, all in all or of one plan."""
    found = ctx.caller.account
    if ctx.args["account"] != found.id:
        raise ctx.refuse(404, Codes.NOT_FOUND, "The caller has no account with this id.")
    clockwork.advance_timed_jobs(ctx)
    plan_id = ctx.request.first("plan_id")
    ones = [one for one in found.instances.values() if plan_id in (None, one.plan.id)]
    if not ones:
        raise ctx.refuse(404, Codes.NOT_FOUND, "The account has no instance of this plan.")
    answer: dict[str, Json] = {
        "account_id": found.id,
        "usage_consumed_seconds": round(sum(one.usage_s for one in ones)),
    }
    if plan_id is not None:
        answer["plan_id"] = plan_id
    allocated = [one.usage_allocation_s for one in ones if one.usage_allocation_s is not None]
    if allocated:
        answer["usage_allocation_seconds"] = sum(allocated)
    return Response.json(answer)
