"""The time that a live run waits by: handed in, because tests cannot wait for a queue."""

from __future__ import annotations

import time
from typing import Final, Protocol

__all__ = ["MACHINE", "Clock"]


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Returns when so many seconds are over."""


class _Machine:
    """The machine's own time; it never goes back, as its owner's clock may."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        # The code under test may have patched it later.
        self._sleep = time.sleep

    def now(self) -> float:
        return time.monotonic() + self._offset_s

    def sleep(self, seconds: float) -> None:
        self._sleep(max(0.0, seconds))


MACHINE: Final[Clock] = _Machine()
