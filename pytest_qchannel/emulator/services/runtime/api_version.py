"""Which version of the API a request asks for, and which ones there are."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.ibm.releases import API_VERSIONS
from pytest_qchannel.wire import Response

__all__ = ["api_version", "versions"]

OLDEST_VERSION: Final = next(iter(API_VERSIONS))
NEWEST_VERSION: Final = next(reversed(API_VERSIONS))
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
    found = max((version for version in API_VERSIONS if version <= asked), default=None)
    if found is None:
        raise ctx.refuse(
            400, Codes.VALIDATION, f"There is no version of the API before {OLDEST_VERSION}."
        )
    return found


def versions(ctx: Context) -> Response:  # noqa: ARG001 - every handler takes the context
    """``GET /versions``: open to everybody."""
    rows = []
    for version, sunset in API_VERSIONS.items():
        row = {"version": version, "status": "live" if version == NEWEST_VERSION else "deprecated"}
        rows.append({**row, "sunset_date": sunset} if sunset else row)
    return Response.json({"versions": rows})
