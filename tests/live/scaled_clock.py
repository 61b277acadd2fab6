"""Time that goes faster: the waits of the live lane, and the second server's world, by one factor.

Loaded with ``-p tests.live.scaled_clock`` it gives the live lane of that process such a clock; the
second server has it, too, so that both agree what time it is. What the client waits stays real.
"""

from __future__ import annotations

import os
import time
from typing import Final

from tests.live.loopback_only import let_nothing_out

__all__ = ["VARIABLE", "ScaledClock", "clock_of"]

VARIABLE: Final = "SECOND_SERVER_CLOCK"
"""When it began, in seconds since the epoch, and the factor: ``1764262800.5:50``."""


class ScaledClock:
    """A clock of the live lane; several processes that begin at one moment agree.

    Args:
        began_at: When it was what time it is.
        factor: How many of its seconds a second has.
    """

    def __init__(self, began_at: float, factor: float) -> None:
        self._began_at = began_at
        self._factor = factor
        self._sleep = time.sleep

    def now(self) -> float:
        """Its seconds since the epoch."""
        return self._began_at + (time.time() - self._began_at) * self._factor

    def sleep(self, seconds: float) -> None:
        """Waits so many of its seconds."""
        self._sleep(max(0.0, seconds) / self._factor)


def clock_of(text: str) -> ScaledClock:
    """The clock that the variable says."""
    began_at, factor = map(float, text.split(":"))
    return ScaledClock(began_at, factor)


def pytest_load_initial_conftests() -> None:
    """Gives the clock to the live lane, before it begins; lets nothing out of this machine."""
    if VARIABLE in os.environ:
        from pytest_qchannel.plugin import live

        live.CLOCK = clock_of(os.environ[VARIABLE])
        let_nothing_out()
