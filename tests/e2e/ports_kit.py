"""Ports for servers that are started a while later."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from typing import Final

_CANDIDATES: Final = range(20_000, 32_000)
"""Below those that a system gives to whoever asks for any: such a one may be gone by then."""


def free_ports(count: int) -> list[int]:
    """So many ports that nobody has, and that nobody gets who does not ask for them."""
    # The seed of ``random`` is the same in each worker.
    chosen = random.SystemRandom().sample(_CANDIDATES, len(_CANDIDATES))
    with ExitStack() as held:
        found: list[int] = []
        while len(found) < count:
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port := chosen.pop())))
            except OSError:
                continue
            found.append(port)
        return found
