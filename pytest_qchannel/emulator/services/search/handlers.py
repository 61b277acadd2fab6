"""The search for service instances, paged with a cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from pytest_qchannel.crn import SERVICE
from pytest_qchannel.emulator.api.context import Context, Handler
from pytest_qchannel.emulator.world.records import Instance
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.ibm.cloud import INSTANCES
from pytest_qchannel.wire import Json, Response

MOST: Final = 1_000


def search(ctx: Context) -> Response:
    """``POST /v3/resources/search``: the caller's instances, with the fields asked for."""
    try:
        body = ctx.request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not ({"query", "search_cursor"} & body.keys()):
        raise ctx.refuse(
            400, "invalid_body", "The body must be an object with a query or a cursor."
        )
    if body.get("query", INSTANCES) != INSTANCES:
        raise EmulatorGap(
            "the emulated Global Search answers one query only",
            facts=[("sent", str(body["query"])[:200])],
            closest=INSTANCES,
            next=f"search for {INSTANCES!r}, as the client does",
        )
    limit = ctx.whole("limit", 10)
    if limit is None or not 1 <= limit <= MOST:
        raise ctx.refuse(400, "invalid_limit", f"limit must be from 1 to {MOST}.")
    start = _cursor(ctx, body.get("search_cursor"))
    instances = list(ctx.caller.account.instances.values())
    wanted = body.get("fields") or ["crn", "name"]
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise ctx.refuse(400, "invalid_body", "fields must be a list of names.")
    answer: dict[str, Json] = {
        "items": [_item(one, wanted) for one in instances[start : start + limit]],
        "limit": limit,
    }
    if start + limit < len(instances):
        answer["search_cursor"] = base64.urlsafe_b64encode(str(start + limit).encode()).decode()
    return Response.json(answer)


def _item(instance: Instance, wanted: list[str]) -> dict[str, Json]:
    extensions: dict[str, Json] = {}
    if instance.is_allocated:
        extensions["backends"] = list(instance.devices)
        seconds = {
            "usage_allocation_seconds": instance.usage_allocation_s,
            "instance_limit_seconds": instance.usage_limit_s,
        }
        extensions.update({name: one for name, one in seconds.items() if one is not None})
    known: dict[str, Json] = {
        "crn": instance.id,
        "name": instance.name,
        "service_plan_unique_id": instance.plan_id,
        "service_name": SERVICE,
        "region": instance.region,
        "tags": list(instance.tags),
        # The client skips an instance whose extensions are empty.
        "doc": {"extensions": extensions},
    }
    return {"crn": instance.id, **{name: known[name] for name in wanted if name in known}}


def _cursor(ctx: Context, cursor: object) -> int:
    if cursor is None:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(str(cursor)).decode("ascii"))
        if start < 0:
            raise ValueError(start)
        return start
    except (binascii.Error, ValueError):
        raise ctx.refuse(400, "invalid_cursor", "The search_cursor is not one of ours.") from None


HANDLERS: Final[Mapping[str, Handler]] = {"POST /v3/resources/search": search}
