"""Which version of the API a request asks for, and which ones there are."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.wire import Response

__all__ = ["OLDEST_VERSION", "VERSIONS", "api_version", "versions"]

VERSIONS: Final[dict[str, str | None]] = {
    "2024-01-01": "2027-01-01",
    "2025-01-01": "2027-01-01",
    "2025-05-01": "2027-01-01",
    "2026-02-01": "2027-02-01",
    "2026-02-15": "2027-02-15",
    "2026-03-15": None,
    "2026-04-15": None,
}
"""Each version, oldest first, and when its service ends, as far as that is known.

Source: the example in IBM's API description 0.45.3.

What the service answers after that day is not documented: the emulator goes on as before.
"""

OLDEST_VERSION: Final = next(iter(VERSIONS))
NEWEST_VERSION: Final = next(reversed(VERSIONS))
"""The only one that is not deprecated. Source: the live service, in August 2026."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(text))


def api_version(ctx: Context) -> str:
    """The version of the API that answers: the newest that is not after the date asked for.

    Without a header it is the oldest one. What is no date, or before all versions, is refused.
    """
    asked = ctx.request.headers.get("ibm-api-version", OLDEST_VERSION)
    if not _is_date(asked):
        raise ctx.refuse(
            400, Codes.VALIDATION, "IBM-API-Version must be a date written as YYYY-MM-DD."
        )
    found = max((version for version in VERSIONS if version <= asked), default=None)
    if found is None:
        raise ctx.refuse(
            400, Codes.VALIDATION, f"There is no version of the API before {OLDEST_VERSION}."
        )
    return found


def versions(ctx: Context) -> Response:  # noqa: ARG001 - every handler takes the context
    """``GET /versions``: open to everybody."""
    rows = []
    for version, sunset in VERSIONS.items():
        row = {"version": version, "status": "live" if version == NEWEST_VERSION else "deprecated"}
        rows.append({**row, "sunset_date": sunset} if sunset else row)
    return Response.json({"versions": rows})
