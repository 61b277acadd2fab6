"""Functions of the ``socket`` module that are replaced for a while, and whoever uses them is told.

Every run of everybody loads this, so it imports nothing that pytest has not loaded already.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any, Final

__all__ = ["LOOKUPS", "SENDING", "Uses", "replace"]

LOOKUPS: Final = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
"""The functions of the ``socket`` module that a name is given."""

SENDING: Final = ("send", "sendall")
"""The methods of a socket that may ask a proxy for a host."""

_buried: Final[dict[object, tuple[bool, object]]] = {}
"""Replacements that had another on top of them when they were to go, with what they replaced.

Those who replace end in any order (a run's guard may end before that of a session's fixture): the
last one takes those below it along.
"""


def replace(owner: object, name: str, replacement: Callable[..., object]) -> Callable[[], None]:
    """Puts something in the place of an attribute; what it gives puts that back.

    What somebody has put there meanwhile, and for longer, stays.
    """
    was_own, before = name in vars(owner), getattr(owner, name)

    def put_back() -> None:
        if vars(owner).get(name) is not replacement:
            _buried[replacement] = (was_own, before)
            return
        is_own, real = was_own, before
        while real in _buried:
            is_own, real = _buried.pop(real)
        if is_own:
            setattr(owner, name, real)
        else:
            delattr(owner, name)

    setattr(owner, name, replacement)
    return put_back


class Uses:
    """Tells of each use of the network before it happens.

    Args:
        told: Called with the name of the function, and what it was given to reach or to send.
    """

    def __init__(self, told: Callable[[str, object], None]) -> None:
        self._told = told
        self._put_back: list[Callable[[], None]] = []
        self._is_on = False

    def begin(self) -> None:
        """Tells from now on."""
        self._is_on = True
        self.watch(socket, LOOKUPS)
        self.watch(socket.socket, ("connect", "connect_ex", *SENDING))

    def watch(self, owner: object, names: Iterable[str]) -> None:
        """Tells of these, too, which are functions of a module or methods of a socket."""
        for name in names:
            self._watch(owner, name, place=int(isinstance(owner, type)))

    def end(self) -> None:
        """Puts everything back; harmless a second time."""
        self._is_on = False
        while self._put_back:
            self._put_back.pop()()

    def _watch(self, owner: object, name: str, *, place: int) -> None:
        real: Callable[..., object] = getattr(owner, name)

        def use(*args: Any, **kwargs: Any) -> object:
            if self._is_on:
                self._told(name, args[place] if len(args) > place else kwargs.get("host"))
            return real(*args, **kwargs)

        self._put_back.append(replace(owner, name, use))
