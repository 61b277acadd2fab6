"""``GET /v2/resource_instances``: the caller's instances, filtered and paged."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from pytest_qchannel.emulator.api.context import Context, whole
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.services.controller.rows import row
from pytest_qchannel.errors import EmulatorGap
from pytest_qchannel.wire import Response

__all__ = ["instances"]

FILTERS: Final = ("guid", "name", "resource_id", "resource_plan_id", "type", "sub_type", "state")
"""Fields of a row that the query may ask for. Source: IBM's Python SDK, ibm-platform-services."""

UNSERVED: Final = ("resource_group_id", "updated_from", "updated_to")
"""Fields of the query that ask for what the emulated instances do not have."""

MOST: Final = 100
_FARTHEST: Final = 999_999_999


def instances(ctx: Context) -> Response:
    """All that match, a page at a time; the token of a page knows what was asked for."""
    asked = {name: values[0] for name, values in ctx.request.query.items()}
    if "start" in asked:
        asked = _read(ctx, asked["start"])
    for name in UNSERVED:
        if name in asked:
            raise EmulatorGap(
                f"the emulated instances have nothing that {name} could ask for",
                closest=", ".join(FILTERS),
                next=f"filter by one of these, without {name}",
            )
    account = ctx.caller.account
    wanted = [(name, asked[name]) for name in FILTERS if name in asked]
    rows = [row(account, one) for one in account.instances.values()]
    found = [one for one in rows if all(one.get(name) == value for name, value in wanted)]
    start = _whole(ctx, asked, "from", 0, 0, _FARTHEST)
    limit = _whole(ctx, asked, "limit", MOST, 1, MOST)
    page = found[start : start + limit]
    more = start + limit < len(found)
    return Response.json(
        {
            "rows_count": len(page),
            "next_url": _next(ctx, {**asked, "from": str(start + limit)}) if more else None,
            "resources": page,
        }
    )


def _whole(
    ctx: Context, asked: Mapping[str, str], name: str, default: int, least: int, most: int
) -> int:
    number = whole(asked.get(name, str(default)))
    if number is None or not least <= number <= most:
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be from {least} to {most}.")
    return number


def _next(ctx: Context, asked: dict[str, str]) -> str:
    token = base64.urlsafe_b64encode(urlencode(asked).encode()).decode()
    return f"https://{ctx.host.name}/v2/resource_instances?{urlencode({'start': token})}"


def _read(ctx: Context, token: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(base64.urlsafe_b64decode(token).decode("ascii")))
    except (binascii.Error, ValueError):
        raise ctx.refuse(400, Codes.VALIDATION, "start is no token of ours.") from None
