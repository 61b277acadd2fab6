"""A new resource instance, and what one may use from now on.

Source: IBM Cloud's API reference, live answers of 2026, IBM's tool qauvern 0.14.0, and IBM's guide
to instances through the platform's APIs (the parameters, and what is in their place by default).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.api.context import Context, whole
from pytest_qchannel.emulator.api.refusals import Codes, did_you_mean
from pytest_qchannel.emulator.services.controller.rows import (
    ALLOCATION,
    BACKENDS,
    LIMIT,
    asked,
    row,
)
from pytest_qchannel.emulator.world.records import PLANS, Account, Instance, Plan
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.hosts import REGIONS
from pytest_qchannel.wire import Json, Response

__all__ = ["create", "update"]

PARAMETERS: Final = frozenset({"timestamp", ALLOCATION, LIMIT, BACKENDS})
ANY: Final = "ANY"
"""In the list of devices: all of the plan's."""

NEEDED: Final = ("name", "target", "resource_group", "resource_plan_id")


def update(ctx: Context) -> Response:
    """``PATCH /v2/resource_instances/{id}``: what it may use, in ``parameters``.

    The object replaces the one before: what is not in it is taken away. One that is the same as
    before is ignored: whoever wants the same again sends another ``timestamp``.

    Raises:
        EmulatorGap: What the service does with such a body is not known.
    """
    one = asked(ctx)
    body = ctx.json_fields()
    if "parameters" not in body:
        raise ctx.refuse(400, Codes.VALIDATION, "The body must be an object with parameters.")
    _require_known(body, {"parameters"})
    parameters = _parameters(ctx, body)
    if parameters != one.parameters:
        _set(ctx, one, parameters)
    return Response.json(row(ctx.caller.account, one))


def create(ctx: Context) -> Response:
    """``POST /v2/resource_instances``: one more instance of the caller's account, ready at once.

    It may use the devices that the account's instances of that plan and region have, else those
    of its instances in that region.

    Raises:
        EmulatorGap: The body has fields that the emulator does not know.
    """
    body, account = ctx.json_fields(), ctx.caller.account
    given = {name: body.get(name) for name in NEEDED}
    for name, value in given.items():
        if not isinstance(value, str) or not value:
            raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be a text.")
    _require_known(body, {*NEEDED, "parameters", "tags", "allow_cleanup"})
    region, plan_id = str(given["target"]), str(given["resource_plan_id"])
    if region not in REGIONS:
        hint = did_you_mean(region, REGIONS)
        raise ctx.refuse(400, Codes.VALIDATION, f"target must be a region.{hint}")
    plan = _plan(account, plan_id)
    if plan is None:
        raise ctx.refuse(400, Codes.VALIDATION, "There is no plan of this resource_plan_id.")
    tags = body.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ctx.refuse(400, Codes.VALIDATION, "tags must be a list of texts.")
    parameters = _parameters(ctx, body)
    guid = str(uuid.UUID(ctx.world.hex(32), version=4))
    one = Instance(
        id=str(CRN(region=region, account_id=account.id, guid=guid)),
        name=str(given["name"]),
        plan=plan,
        own_plan_id=plan_id,
        region=region,
        devices=_devices(account, plan_id, region),
        tags=tuple(tags),
        has_dry_runs=plan.has_dry_runs
        and any(other.has_dry_runs for other in account.instances.values()),
    )
    _set(ctx, one, parameters)
    account.instances[one.id] = one
    return Response.json(row(account, one), 201)


def _parameters(ctx: Context, body: Mapping[str, Json]) -> dict[str, Json]:
    parameters = body.get("parameters", {})
    if not isinstance(parameters, dict):
        raise ctx.refuse(400, Codes.VALIDATION, "parameters must be an object.")
    _require_known(parameters, PARAMETERS)
    return parameters


def _set(ctx: Context, one: Instance, parameters: dict[str, Json]) -> None:
    allocation_s = _seconds(ctx, parameters, ALLOCATION)
    limit_s = _seconds(ctx, parameters, LIMIT)
    offered = one.offered or one.devices
    devices = _allowed(ctx, parameters, offered)
    if limit_s is not None and allocation_s is not None and limit_s > allocation_s:
        raise _gap(f"{LIMIT} of more than the allocated {counted(allocation_s, 'second')}")
    one.parameters = parameters
    one.offered, one.devices = offered, devices
    one.usage_allocation_s = allocation_s
    one.usage_limit_s = one.plan.limit_s if limit_s is None else limit_s


def _allowed(
    ctx: Context, parameters: dict[str, Json], offered: tuple[str, ...]
) -> tuple[str, ...]:
    """Those of the plan's devices that are listed: all without a list, none where it is empty."""
    listed = parameters.get(BACKENDS)
    if listed is None:
        return offered
    if not isinstance(listed, list):
        raise ctx.refuse(400, Codes.VALIDATION, f"{BACKENDS} must be a list of names.")
    for name in listed:
        if name not in (ANY, *offered):
            raise _gap(f"device {str(name)[:60]!r}", ", ".join(offered))
    return offered if ANY in listed else tuple(name for name in offered if name in listed)


def _seconds(ctx: Context, parameters: dict[str, Json], name: str) -> int | None:
    """Seconds, as a number or as text; ``None`` where there are none."""
    value = parameters.get(name)
    if value is None:
        return None
    seconds = None if isinstance(value, bool) else whole(str(value))
    if seconds is None:
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be a whole number of seconds.")
    return seconds


def _plan(account: Account, plan_id: str) -> Plan | None:
    own = {one.plan_id: one.plan for one in account.instances.values()}
    return ({one.id: one for one in PLANS.values()} | own).get(plan_id)


def _devices(account: Account, plan_id: str, region: str) -> tuple[str, ...]:
    near = [one for one in account.instances.values() if one.region == region]
    alike = [one for one in near if one.plan_id == plan_id]
    return tuple(
        dict.fromkeys(name for one in alike or near for name in one.offered or one.devices)
    )


def _require_known(given: Mapping[str, Json], known: set[str] | frozenset[str]) -> None:
    if others := given.keys() - known:
        raise _gap(repr(min(others)[:60]), ", ".join(sorted(known)))


def _gap(what: str, closest: str = LIMIT) -> EmulatorGap:
    return EmulatorGap(
        f"the emulator knows no {what} of a resource instance",
        closest=closest,
        next=f"send parameters with {', '.join(sorted(PARAMETERS))}, or keep this test for the "
        "real service",
    )
