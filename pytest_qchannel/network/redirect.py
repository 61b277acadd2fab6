"""Leads the host names of the emulator to its loopback door, in this process.

Whatever speaks TCP through Python's ``socket`` module gets there: the look-up of an emulated host
answers with the address and port of the door. Some libraries (anyio, and with it the asynchronous
half of httpx) keep only the address and connect to port 443 of it, so the address remembers that
it stands for something else: it is a ``str`` of a class of its own, which ``connect`` recognizes.
A server of the test's own on port 443 is not mistaken for the door.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final
from unittest import mock
from weakref import WeakKeyDictionary

from pytest_qchannel.hosts import TODAY, host_name, is_ibm_host
from pytest_qchannel.network.passage import is_free

__all__ = ["NameRedirect"]

_LOOPBACK: Final = "127.0.0.1"
_HTTPS: Final = (443, "443", "https", b"443", b"https")
_NO_PORT: Final = (None, 0, "", "0", b"", b"0")
_TLS_HANDSHAKE: Final = 22
"""The first byte of a TLS connection. Source: RFC 8446, section 5.1."""
_LONGEST: Final = 4096
_HOST_HEADER: Final = re.compile(rb"\r\nhost:[ \t]*([^\s:]+)", re.IGNORECASE)


class _StandIn(str):
    """A loopback address that was the answer to the look-up of an emulated host."""

    host: str = ""
    """The emulated host."""


def _stand_in(host: object) -> _StandIn:
    address = _StandIn(_LOOPBACK)
    address.host = _name(host)
    return address


class NameRedirect:
    """Redirects look-ups and connections from :meth:`open` to :meth:`close`.

    Args:
        is_served: Whether a host name is the emulator's.
        refuse: Called with the URL of an IBM host, or port of one, that is not served; raises.
        port: Where the door is on 127.0.0.1.
    """

    def __init__(
        self, is_served: Callable[[str], bool], refuse: Callable[[str], None], port: int
    ) -> None:
        self._is_served = is_served
        self._refuse = refuse
        self._port = port
        self._stack = ExitStack()
        self._silent: WeakKeyDictionary[socket.socket, str] = WeakKeyDictionary()

    def open(self) -> None:
        """Starts redirecting."""
        with ExitStack() as undo:
            for name, replacement in (
                ("getaddrinfo", self._getaddrinfo(socket.getaddrinfo)),
                ("gethostbyname", self._gethostbyname(socket.gethostbyname)),
                ("gethostbyname_ex", self._gethostbyname_ex(socket.gethostbyname_ex)),
            ):
                undo.enter_context(mock.patch.object(socket, name, replacement))
            for name in ("connect", "connect_ex"):
                connect = self._connecting(getattr(socket.socket, name))
                undo.enter_context(mock.patch.object(socket.socket, name, connect))
            for name in ("send", "sendall", "sendmsg"):
                if hasattr(socket.socket, name):  # sendmsg is not on Windows
                    send = self._greeting(getattr(socket.socket, name))
                    undo.enter_context(mock.patch.object(socket.socket, name, send))
            self._stack = undo.pop_all()

    def close(self) -> None:
        """Puts the socket module back as it was."""
        self._stack.close()

    def _is_ours(self, host: object) -> bool:
        """Whether a look-up is the emulator's to answer; refuses the hosts that nobody serves."""
        if is_free():
            return False
        if isinstance(host, _StandIn):
            return True
        name = _name(host)
        if self._is_served(name):
            return True
        if is_ibm_host(name):
            self._refuse(f"https://{name}")
        return False

    def _led_to(self, host: object, port: object) -> int:
        """The port of this machine that a port of an emulated host is; refuses all but HTTPS."""
        if port not in (*_HTTPS, self._port):
            self._refuse(f"tcp://{_name(host)}:{_number(port)}")
        return self._port

    def _getaddrinfo(self, real: Callable[..., object]) -> Callable[..., object]:
        def getaddrinfo(
            host: object,
            port: object,
            family: int = 0,
            type: int = 0,  # noqa: A002 - the name that callers give it by
            proto: int = 0,
            flags: int = 0,
        ) -> object:
            if not self._is_ours(host):
                return real(host, port, family, type, proto, flags)
            if family not in (socket.AF_UNSPEC, socket.AF_INET):
                raise socket.gaierror(socket.EAI_NONAME, "the emulated hosts have IPv4 only")
            if type not in (0, socket.SOCK_STREAM):
                raise socket.gaierror(socket.EAI_SERVICE, "the emulated hosts speak TCP only")
            name = _name(host) if flags & socket.AI_CANONNAME else ""
            led_to = 0 if port in _NO_PORT else self._led_to(host, port)
            address = (_stand_in(host), led_to)
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, name, address)]

        return getaddrinfo

    def _gethostbyname(self, real: Callable[..., object]) -> Callable[..., object]:
        def gethostbyname(hostname: object) -> object:
            return _stand_in(hostname) if self._is_ours(hostname) else real(hostname)

        return gethostbyname

    def _gethostbyname_ex(self, real: Callable[..., object]) -> Callable[..., object]:
        def gethostbyname_ex(hostname: object) -> object:
            if not self._is_ours(hostname):
                return real(hostname)
            return (_name(hostname), [], [_stand_in(hostname)])

        return gethostbyname_ex

    def _connecting(self, real: Callable[..., object]) -> Callable[..., object]:
        def connect(sock: socket.socket, address: object) -> object:
            if not isinstance(address, tuple):
                return real(sock, address)  # which refuses it
            if sock.family == socket.AF_INET and self._is_ours(address[0]):
                led_to = self._led_to(*address)
                self._silent[sock] = _name(address[0])
                return real(sock, (_LOOPBACK, led_to))
            # Some keep a copy of what was looked up.
            if address == (_LOOPBACK, self._port) and not is_free():
                self._silent[sock] = ""
            return real(sock, address)

        return connect

    def _greeting(self, real: Callable[..., object]) -> Callable[..., object]:
        """Around what sends: the first bytes to the door must be TLS's.

        What TLS wraps is a socket of its own, whose methods are not these; where it is wrapped in
        memory, as asyncio does, its records come by here.
        """

        def send(sock: socket.socket, data: object, *rest: object) -> object:
            if self._silent and (host := self._silent.pop(sock, None)) is not None:
                first = _first_bytes(data)
                if first and first[0] != _TLS_HANDSHAKE:
                    named = _HOST_HEADER.search(first)
                    name = named[1].decode("ascii", "replace").lower() if named else host
                    self._refuse(f"http://{name or TODAY}:443")
            return real(sock, data, *rest)

        return send


def _first_bytes(data: object) -> bytes:
    """The beginning of what is sent; ``sendmsg`` is given pieces."""
    pieces: list[Any] = list(data) if isinstance(data, list | tuple) else [data]
    return b"".join(bytes(memoryview(one).cast("B")[:_LONGEST]) for one in pieces)


def _number(port: object) -> int:
    """A port as a number, whatever it was given as."""
    text = port.decode("ascii", "replace") if isinstance(port, bytes) else str(port)
    try:
        return int(text) if text.isdigit() else socket.getservbyname(text)
    except OSError as error:
        raise socket.gaierror(socket.EAI_SERVICE, f"no service {text!r}") from error


def _name(host: object) -> str:
    return host.host if isinstance(host, _StandIn) else host_name(host)
