"""The emulated world's own time, and how the services write a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["Clock", "from_iso", "iso", "iso_milliseconds"]


class Clock:
    """Seconds since the epoch, from a function that is passed in, plus what was advanced."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._offset_s = 0.0
        self.moved = 0
        """How often :meth:`advance` was called."""

    def now(self) -> float:
        """The time in the emulated world, in seconds since the epoch, to the microsecond.

        The services write microseconds: who sends back what was written means the same moment.
        """
        return math.floor((self._base() + self._offset_s) * 1_000_000) / 1_000_000

    def advance(self, seconds: float) -> None:
        """Moves the emulated world's time forward; the test process keeps its own."""
        if seconds < 0:
            raise ValueError(f"time only moves forward: got {seconds} seconds")
        self._offset_s += seconds
        self.moved += 1


def iso(seconds: float) -> str:
    """A time as jobs and sessions have it: UTC, 1 to 6 digits of a second without zeros at the end.

    Source: recorded metrics of 2026.
    """
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
    whole, _, digits = text.removesuffix("+00:00").partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}Z"


def iso_milliseconds(seconds: float) -> str:
    """A time as workloads, usage and analytics have it: always three digits of a second.

    Source: the examples of IBM's API description.
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> float:
    """The seconds since the epoch of an ISO 8601 time; without an offset it is UTC.

    Raises:
        ValueError: It is no such time. A time at the ends of the calendar may raise
            :class:`OverflowError` or :class:`OSError` instead.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
