"""A live run over an emulated service, without a socket and on a clock that jumps."""

from __future__ import annotations

__all__ = ["JumpingClock"]


class JumpingClock:
    """Whoever waits has waited already."""

    def __init__(self, start: float = 1_760_000_000.0) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
