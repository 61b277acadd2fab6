"""Resource instances: the list, and one."""

from __future__ import annotations

from urllib.parse import unquote

from pytest_qchannel.crn import CRN
from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.records import Account, Instance
from pytest_qchannel.wire import Json, Response


def _guid(instance: Instance) -> str:
    return CRN.parse(instance.id).guid


def _row(account: Account, instance: Instance) -> dict[str, Json]:
    return {
        "id": instance.id,
        "crn": instance.id,
        "guid": _guid(instance),
        "name": instance.name,
        "account_id": account.id,
        "region_id": instance.region,
        "resource_plan_id": instance.plan.id,
        "state": "active",
    }


def instances(ctx: Context) -> Response:
    """``GET /v2/resource_instances``: the caller's instances, all or those of one ``name``."""
    account = ctx.caller.account
    name = ctx.request.first("name")
    rows = [_row(account, one) for one in account.instances.values() if name in (None, one.name)]
    return Response.json({"rows_count": len(rows), "next_url": None, "resources": rows})


def instance(ctx: Context) -> Response:
    """``GET /v2/resource_instances/{id}``: one of the caller's, by its CRN or its GUID."""
    asked = unquote(ctx.args["instance_id"])
    account = ctx.caller.account
    for one in account.instances.values():
        if asked in (one.id, _guid(one)):
            return Response.json(_row(account, one))
    raise ctx.refuse(404, Codes.NOT_FOUND, "The account has no resource instance of this id.")
