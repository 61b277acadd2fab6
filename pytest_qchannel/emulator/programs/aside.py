"""Work beside the requests: in a thread of its own, one piece after the other.

It is for what lets other threads go on while it works, as Qiskit's passes do; simulators do not,
and have a process (:mod:`.engine`). More than one piece at a time would be too many for Qiskit,
whose library of equivalences is shared and cannot be read while another thread changes it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

__all__ = ["PARSING", "Aside", "Unwanted"]

PARSING: Final = threading.Lock()
"""Held while OpenQASM is parsed, which requests do and work beside them, too."""

Work: TypeAlias = Callable[[Callable[[], None]], None]
"""Called with what raises :class:`Unwanted` once nobody wants it; it catches whatever else."""


class Unwanted(Exception):
    """The work is to end where it is."""


class Aside:
    """A thread that works; it ends when there is nothing left to do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Work] = deque()
        self._is_working = False
        self._is_closed = False

    def submit(self, work: Work) -> None:
        """Queues a piece of work."""
        with self._lock:
            if self._is_closed:
                return
            self._waiting.append(work)
            if not self._is_working:
                self._is_working = True
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
                    self._is_working = False
                    return
                work = self._waiting.popleft()
            try:
                work(self._tick)
            except Unwanted:
                return

    def _tick(self) -> None:
        if self._is_closed:
            raise Unwanted
