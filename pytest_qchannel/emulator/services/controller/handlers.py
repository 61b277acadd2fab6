"""The list of resource instances."""

from __future__ import annotations

from pytest_qchannel.emulator.context import Context
from pytest_qchannel.emulator.wire import Response


def instances(ctx: Context) -> Response:
    """``GET /v2/resource_instances``: the caller's instances, all or those of one ``name``."""
    account = ctx.caller.account
    name = ctx.request.first("name")
    rows = [
        {
            "id": instance.id,
            "crn": instance.id,
            "guid": instance.id.split(":")[7],
            "name": instance.name,
            "account_id": account.id,
            "region_id": instance.region,
            "resource_plan_id": instance.plan.id,
            "state": "active",
        }
        for instance in account.instances.values()
        if name in (None, instance.name)
    ]
    return Response.json({"rows_count": len(rows), "next_url": None, "resources": rows})
