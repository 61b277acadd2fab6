"""Catalog entries of the quantum service's plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.records import PLANS
from pytest_qchannel.wire import Response


def entry(ctx: Context) -> Response:
    """``GET /api/v1/{id}``: a plan; the client reads its display name and pricing type."""
    plan_id = ctx.args["plan_id"]
    instances = [one for account in ctx.world.accounts for one in account.instances.values()]
    known = {one.id: one for one in PLANS.values()} | {one.plan_id: one.plan for one in instances}
    plan = known.get(plan_id)
    if plan is None:
        raise ctx.refuse(404, Codes.NOT_FOUND, "The catalog has no such entry.")
    return Response.json(
        {
            "id": plan_id,
            "kind": "plan",
            "name": plan.name,
            "active": True,
            "overview_ui": {"en": {"display_name": plan.display_name}},
            "metadata": {"pricing": {"type": plan.pricing}},
        }
    )


HANDLERS: Final[Mapping[str, Handler]] = {"GET /<plan_id>": entry}
