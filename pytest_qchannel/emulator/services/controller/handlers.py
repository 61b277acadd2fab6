"""Resource instances: the list, one, and what one may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.wire import Json, Response

LIMIT: Final = "instance_limit_seconds"
KNOWN: Final = frozenset({"timestamp", LIMIT})


def _guid(instance: Instance) -> str:
    return CRN.parse(instance.id).guid


def _row(account: Account, instance: Instance) -> dict[str, Json]:
    seconds = {
        "usage_allocation_seconds": instance.usage_allocation_s,
        LIMIT: instance.usage_limit_s,
    }
    row: dict[str, Json] = {
        "id": instance.id,
        "crn": instance.id,
        "guid": _guid(instance),
        "name": instance.name,
        "account_id": account.id,
        "region_id": instance.region,
        "resource_plan_id": instance.plan.id,
        "state": "active",
        "extensions": {name: str(one) for name, one in seconds.items() if one is not None},
    }
    return row if instance.parameters is None else {**row, "parameters": instance.parameters}


def instances(ctx: Context) -> Response:
    """``GET /v2/resource_instances``: the caller's instances, all or those of one ``name``."""
    account = ctx.caller.account
    name = ctx.request.first("name")
    rows = [_row(account, one) for one in account.instances.values() if name in (None, one.name)]
    return Response.json({"rows_count": len(rows), "next_url": None, "resources": rows})


def instance(ctx: Context) -> Response:
    """``GET /v2/resource_instances/{id}``: one of the caller's, by its CRN or its GUID."""
    return Response.json(_row(ctx.caller.account, _asked(ctx)))


def update(ctx: Context) -> Response:
    """``PATCH /v2/resource_instances/{id}``: a new usage limit, in ``parameters``.

    The object replaces the one before. One that is the same as before is ignored: whoever wants
    the same limit again sends another ``timestamp``. The limit is read back from ``extensions``.

    Raises:
        EmulatorGap: What the service does with such a body is not known.
    """
    one = _asked(ctx)
    body = ctx.json_body()
    parameters = body.get("parameters") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(parameters, dict):
        raise ctx.refuse(400, Codes.VALIDATION, "The body must be an object with parameters.")
    _require_known({*body} - {"parameters"}, "parameters")
    _require_known({*parameters} - KNOWN, f"parameters.{LIMIT}")
    if parameters == one.parameters:
        return Response.json(_row(ctx.caller.account, one))
    limit_s = parameters.get(LIMIT)
    if limit_s is None:
        raise _gap(f"parameters without {LIMIT}")
    if not isinstance(limit_s, int) or isinstance(limit_s, bool) or limit_s < 0:
        raise ctx.refuse(400, Codes.VALIDATION, f"{LIMIT} must be a whole number of seconds.")
    if one.usage_allocation_s is not None and limit_s > one.usage_allocation_s:
        raise _gap(f"more seconds than the {one.usage_allocation_s} that were allocated")
    one.parameters, one.usage_limit_s = parameters, limit_s
    return Response.json(_row(ctx.caller.account, one))


def _asked(ctx: Context) -> Instance:
    asked = unquote(ctx.args["instance_id"])
    for one in ctx.caller.account.instances.values():
        if asked in (one.id, _guid(one)):
            return one
    raise ctx.refuse(404, Codes.NOT_FOUND, "The account has no resource instance of this id.")


def _require_known(others: set[str], known: str) -> None:
    if others:
        raise _gap(repr(min(others)[:60]), known)


def _gap(what: str, closest: str = LIMIT) -> EmulatorGap:
    return EmulatorGap(
        f"the emulator knows no {what} in PATCH /v2/resource_instances/<instance_id>",
        closest=closest,
        next=f"send parameters with timestamp and {LIMIT}, or keep this test for the real service",
    )


HANDLERS: Final[Mapping[str, Handler]] = {
    "GET /v2/resource_instances": instances,
    "GET /v2/resource_instances/<instance_id>": instance,
    "PATCH /v2/resource_instances/<instance_id>": update,
}
