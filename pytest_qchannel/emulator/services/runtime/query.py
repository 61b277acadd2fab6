"""Reading a query: numbers, truth, times, and what lists are searched by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from pytest_qchannel.emulator.api.context import Context
from pytest_qchannel.emulator.api.refusals import Codes
from pytest_qchannel.emulator.world.clock import from_iso

__all__ = ["created_within", "finds", "is_true", "moment", "number"]


def is_true(text: str | None) -> bool:
    """Whether a query field says true, in any case: clients write ``true`` and ``True``."""
    return text is not None and text.lower() == "true"


def number(ctx: Context, name: str, default: int) -> int:
    """A whole number, 0 or more; anything else is refused."""
    value = ctx.whole(name, default)
    if value is None:
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be a whole number.")
    return value


def moment(ctx: Context, name: str) -> float:
    """An ISO 8601 time, in seconds since the epoch; anything else is refused."""
    try:
        # Without an offset it is UTC: the service does not know where the test runs.
        return from_iso(ctx.request.first(name) or "")
    except (ValueError, OverflowError, OSError):
        raise ctx.refuse(400, Codes.VALIDATION, f"{name} must be an ISO 8601 time.") from None


def created_within(ctx: Context) -> Callable[[float], bool]:
    """Whether a time of creation is one that the query asks for; both ends are included."""
    query = ctx.request.query
    earliest = moment(ctx, "created_after") if "created_after" in query else -math.inf
    latest = moment(ctx, "created_before") if "created_before" in query else math.inf
    return lambda at: earliest <= at <= latest


def finds(ctx: Context) -> Callable[[Iterable[str]], bool]:
    """Whether one of some words holds the text that is searched for, in any case."""
    text = (ctx.request.first("search") or "").lower()
    return lambda words: any(text in word.lower() for word in words)
