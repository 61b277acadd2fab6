"""Work beside the requests: in threads of their own, a few pieces at a time.

It is for what lets other threads go on while it works, as Qiskit's passes do; simulators do not,
and have a process (:mod:`.engine`).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = ["Aside", "Unwanted"]

MOST: Final = 4
"""How many pieces are worked on at once: a long one does not keep short ones waiting."""

Work: TypeAlias = Callable[[Callable[[], None]], None]
"""Called with what raises :class:`Unwanted` once nobody wants it; it catches whatever else."""


class Unwanted(Exception):
    """The work is to end where it is."""


class Aside:
    """Threads that work; each ends when there is nothing left to do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Work] = deque()
        self._working = 0
        self._is_closed = False

    def submit(self, work: Work) -> None:
        """Queues a piece of work."""
        with self._lock:
            if self._is_closed:
                return
            self._waiting.append(work)
            if self._working < MOST:
                self._working += 1
                threading.Thread(target=self._go_on, name="qchannel-aside", daemon=True).start()

    def close(self) -> None:
        """Drops what waits; what is being done ends at its next look."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()

    def _go_on(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._working -= 1
                    return
                work = self._waiting.popleft()
            try:
                work(self._tick)
            except Unwanted:
                return

    def _tick(self) -> None:
        if self._is_closed:
            raise Unwanted
