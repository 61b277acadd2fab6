"""Which version of the API a request asks for, and which ones there are."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from pytest_qchannel.emulator.context import Context
from pytest_qchannel.emulator.refusals import Codes

__all__ = ["OLDEST_VERSION", "api_version"]

OLDEST_VERSION: Final = "2024-01-01"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return bool(_DATE.fullmatch(text))


def api_version(ctx: Context) -> str:
    """The version of the API that the request asks for; without a header the oldest one."""
    version = ctx.request.headers.get("ibm-api-version", OLDEST_VERSION)
    if not _is_date(version):
        raise ctx.refuse(
            400, Codes.VALIDATION, "IBM-API-Version must be a date written as YYYY-MM-DD."
        )
    return version
