"""A process without a network: whatever reaches for a socket is told no."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NoReturn
from unittest import mock


class SocketReached(AssertionError):
    """Something was about to leave the process."""


@contextmanager
def no_sockets() -> Iterator[list[str]]:
    """Raises for every look-up and every connection, to loopback, too; gives what was tried."""
    tried: list[str] = []

    def refuse(what: str) -> Any:
        def refused(*arguments: Any, **_: Any) -> NoReturn:
            tried.append(f"{what}{arguments[-1:]}")
            raise SocketReached(f"{what} of {arguments[-1:]} in a replay")

        return refused

    with ExitStack() as patches:
        for name in ("connect", "connect_ex"):
            patches.enter_context(mock.patch.object(socket.socket, name, refuse(name)))
        patches.enter_context(mock.patch.object(socket, "getaddrinfo", refuse("getaddrinfo")))
        yield tried
