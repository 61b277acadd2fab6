"""``GET /accounts/{id}``: what an account's plans give it. Source: IBM's API description 0.45.3."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.wire import Json, Response

__all__ = ["account", "subscription_id"]


def account(ctx: Context) -> Response:
    """A row for each plan that the caller's account has instances of, or for one plan."""
    found = ctx.caller.account
    if ctx.args["account"] != found.id:
        raise ctx.refuse(404, Codes.NOT_FOUND, "The caller has no account with this id.")
    plans: dict[str, list[Instance]] = {}
    for one in found.instances.values():
        plans.setdefault(one.plan_id, []).append(one)
    asked = ctx.request.first("plan_id")
    rows = [_row(found, ones) for plan_id, ones in plans.items() if asked in (None, plan_id)]
    return Response.json({"plans": rows})


def subscription_id(account: Account, plan_id: str) -> str:
    """The id of what an account has bought of a plan; always the same one."""
    digits = uuid.uuid5(uuid.NAMESPACE_URL, f"{account.id}/{plan_id}").hex
    return str(uuid.UUID(digits, version=4))  # a request may only name such a one


def _row(account: Account, ones: list[Instance]) -> dict[str, Json]:
    """What is known of a plan; the account's own limits are those that its instances share."""
    first = ones[0]
    row: dict[str, Json] = {
        "plan_id": first.plan_id,
        "subscription_id": subscription_id(account, first.plan_id),
        "subscription_name": first.plan.display_name,
        "backends": list(dict.fromkeys(name for one in ones for name in one.devices)),
    }
    allocated_s = _sum(one.usage_allocation_s for one in ones)
    if allocated_s is not None:
        row["usage_allocation_seconds"] = allocated_s
        row["unallocated_usage_seconds"] = 0
    if first.plan.max_time_s is not None:
        row["max_ttl"] = first.plan.max_time_s
    return row


def _sum(parts: Iterable[int | None]) -> int | None:
    known = [one for one in parts if one is not None]
    return sum(known) if known else None
