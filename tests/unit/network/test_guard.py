"""The guard's own patches: on, off, and in any order."""

from __future__ import annotations

import itertools
import socket
import ssl
from array import array
from collections.abc import Callable

import pytest

from pytest_qchannel.errors import NetworkBlocked, QChannelError
from pytest_qchannel.network.guard import NetworkGuard

PLACES = [
    (socket, "getaddrinfo"),
    (socket.socket, "connect"),
    (socket.socket, "sendto"),
    (ssl.SSLSocket, "send"),
    (ssl.SSLSocket, "sendall"),
]


def now() -> list[object]:
    return [vars(owner).get(name) for owner, name in PLACES]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_guards_that_end_in_any_order_leave_nothing_behind(order: tuple[int, ...]) -> None:
    """A guard that ended before one on top of it stayed in the process, where tests that use
    none of our fixtures met its functions.
    """
    found: list[QChannelError] = []
    before = now()
    guards = [NetworkGuard(str(at), (), found.append) for at in range(3)]
    for guard in guards:
        guard.close_network()
    assert not any(a is b for a, b in zip(now(), before, strict=True))
    for at in order:
        guards[at].reopen()
    assert now() == before


SPELLINGS = [
    "quantum\u3002cloud\u3002ibm\u3002com",
    "quantum.cloud.\uff49\uff42\uff4d.com",
    "quantum.cloud.i\u00adbm.com",
    "quantum.cloud.\U0001d422\U0001d41bm.com",
    b"quantum.cloud.ibm.com",
    bytearray(b"QUANTUM.cloud.ibm.com."),
]
"""How ``socket`` reads ``quantum.cloud.ibm.com``, too."""


@pytest.fixture
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where look-ups and connections go that pass the guard: to nobody."""
    reached: list[object] = []

    def reach(*given: object) -> object:
        reached.append(given[-1])
        raise OSError("this test reaches nobody")

    monkeypatch.setattr(socket, "getaddrinfo", lambda host, _port: reach(host))
    monkeypatch.setattr(socket, "gethostbyname", reach)
    monkeypatch.setattr(socket.socket, "connect", reach)
    return reached


@pytest.mark.parametrize("name", SPELLINGS, ids=str)
def test_a_host_of_ibm_is_one_in_every_spelling(
    nobody_else: list[object], name: str | bytes | bytearray
) -> None:
    """Where IBM's hosts alone are refused, as in a fixture of the session, dots and letters of
    other scripts led there: ``socket`` takes them for those that they look like.
    """
    guard = NetworkGuard("a test", (), lambda _: None)
    guard.close_network()
    try:
        with guard.only_ibm("a fixture", "use another"), socket.socket() as sock:
            for reach in (
                lambda: socket.getaddrinfo(name, 443),  # type: ignore[arg-type]
                lambda: socket.gethostbyname(name),  # type: ignore[arg-type]
                lambda: sock.connect((name, 443)),
            ):
                with pytest.raises(NetworkBlocked, match=r"reached for quantum\.cloud\.ibm\.com"):
                    reach()
    finally:
        guard.reopen()
    assert nobody_else == []


def test_only_addresses_of_allowed_hosts_may_be_connected_to(
    nobody_else: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was looked up while others than IBM's could be reached is not allowed for good."""
    addresses = {"ours.example": ("192.0.2.1", 443), "theirs.example": ("192.0.2.2", 443)}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, _: [(0, 0, 0, "", addresses[host])])
    guard = NetworkGuard("a test", ("ours.example",), lambda _: None)
    guard.close_network()
    try:
        with guard.only_ibm("a fixture", "use another"):
            for name in addresses:
                socket.getaddrinfo(name, 443)
        with socket.socket() as sock:
            with pytest.raises(OSError, match="reaches nobody"):
                sock.connect(addresses["ours.example"])
            with pytest.raises(NetworkBlocked, match=r"reached for 192\.0\.2\.2"):
                sock.connect(addresses["theirs.example"])
    finally:
        guard.reopen()
    assert nobody_else == [addresses["ours.example"]]


ASKED = b"CONNECT quantum.cloud.ibm.com:443 HTTP/1.1\r\n\r\n"

WAYS_TO_SEND: dict[str, Callable[[socket.socket, bytes], object]] = {
    "sendall": lambda sock, data: sock.sendall(data),
    "array": lambda sock, data: sock.sendall(array("b", data)),
    "sendmsg": lambda sock, data: sock.sendmsg([data[:9], data[9:]]),
    "sendto": lambda sock, data: sock.sendto(data, sock.getpeername()),
}


@pytest.mark.parametrize("way", WAYS_TO_SEND)
def test_whatever_sends_asks_no_proxy_for_another_host(way: str) -> None:
    """asyncio sends pieces with ``sendmsg`` since Python 3.12, and nobody looked at them."""
    guard = NetworkGuard("a test", (), lambda _: None)
    with (
        socket.create_server(("127.0.0.1", 0)) as proxy,
        socket.create_connection(proxy.getsockname()) as sock,
        proxy.accept()[0] as other,
    ):
        guard.close_network()
        try:
            with pytest.raises(NetworkBlocked, match=r"reached for quantum\.cloud\.ibm\.com"):
                WAYS_TO_SEND[way](sock, ASKED)
        finally:
            guard.reopen()
        sock.shutdown(socket.SHUT_WR)
        assert other.recv(99) == b""
