"""Which function answers which route of Resource Controller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.services.controller import changes, listing
from pytest_qchannel.emulator.services.controller.rows import asked, row
from pytest_qchannel.wire import Response


def instance(ctx: Context) -> Response:
    """``GET /v2/resource_instances/{id}``: one of the caller's, by its CRN or its GUID."""
    return Response.json(row(ctx.caller.account, asked(ctx)))


HANDLERS: Final[Mapping[str, Handler]] = {
    "GET /v2/resource_instances": listing.instances,
    "POST /v2/resource_instances": changes.create,
    "GET /v2/resource_instances/<instance_id>": instance,
    "PATCH /v2/resource_instances/<instance_id>": changes.update,
}
