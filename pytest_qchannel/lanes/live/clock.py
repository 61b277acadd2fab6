"""The time that a live run waits by: handed in, because tests cannot wait for a queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

__all__ = ["MACHINE", "Clock", "waited"]

_STEP_S: Final = 1.0


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Returns when so many seconds are over."""


def waited(clock: Clock, seconds: float, is_over: Callable[[], bool]) -> bool:
    """Waits; says whether to the end: a lane that is closed does not wait for who waits in it."""
    until = clock.now() + seconds
    while not is_over() and (rest := until - clock.now()) > 0:
        clock.sleep(min(_STEP_S, rest))
    return not is_over()


class _Machine:
    """The machine's own time; it never goes back, as its owner's clock may."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()
        # The code under test may have patched them later: freezegun stops both.
        self._sleep, self._monotonic = time.sleep, time.monotonic

    def now(self) -> float:
        return self._monotonic() + self._offset_s

    def sleep(self, seconds: float) -> None:
        self._sleep(max(0.0, seconds))


MACHINE: Final[Clock] = _Machine()
