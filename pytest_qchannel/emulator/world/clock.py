"""The emulated world's own time."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["Clock"]


class Clock:
    """Seconds since the epoch, from a function that is passed in, plus what was advanced."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self._offset_s = 0.0

    def now(self) -> float:
        """The time in the emulated world, in seconds since the epoch, to the millisecond.

        The services write milliseconds: who sends back what was written means the same moment.
        """
        return math.floor((self._base() + self._offset_s) * 1_000) / 1_000

    def advance(self, seconds: float) -> None:
        """Moves the emulated world's time forward; the test process keeps its own."""
        if seconds < 0:
            raise ValueError(f"time only moves forward: got {seconds} seconds")
        self._offset_s += seconds
