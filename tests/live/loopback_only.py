"""No connection but to this machine: an audit hook, which sees what every library does."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["SEEN", "let_nothing_out", "only_loopback"]

SEEN: Final[list[str]] = []
"""What was tried elsewhere."""

_HERE: Final = (None, "", "localhost", "127.0.0.1", "::1")
_CONNECTS: Final = ("socket.connect", "socket.sendto")
_LOOK_UPS: Final = ("socket.getaddrinfo", "socket.gethostbyname")
_state: Final = {"is_installed": False, "is_on": False}


def _host(event: str, args: tuple[Any, ...]) -> Any:
    """The host of an event; ``None`` for one that is none, as of a Unix socket."""
    address = args[1] if event in _CONNECTS else args
    host = address[0] if isinstance(address, tuple) else None
    return host.decode() if isinstance(host, bytes) else host


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not _state["is_on"] or event not in (*_CONNECTS, *_LOOK_UPS):
        return
    if (host := _host(event, args)) not in _HERE:
        SEEN.append(f"{event} {host}")
        raise ConnectionRefusedError(f"{event} {host}: tests of the live lane stay here")


def let_nothing_out() -> None:
    """Refuses every connection and look-up elsewhere from now on, and notes it."""
    if not _state["is_installed"]:
        sys.addaudithook(_hook)  # there is no way to take one away
        _state["is_installed"] = True
    _state["is_on"] = True


@contextmanager
def only_loopback() -> Iterator[None]:
    """The same, until the block is left; forks have it, too."""
    let_nothing_out()
    try:
        yield
    finally:
        _state["is_on"] = False
