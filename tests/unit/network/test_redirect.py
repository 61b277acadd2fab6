"""Leading names to the door: which look-ups and connections are redirected, and which are not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_qchannel.hosts import known_hosts
from pytest_qchannel.network.redirect import NameRedirect

HOST = "quantum.cloud.ibm.com"


class Refused(Exception):
    """What the refusing function of these tests raises."""


def refuse(url: str) -> None:
    raise Refused(url)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Something that listens; who connects is greeted with ``door``."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def port(server: socket.socket) -> Iterator[int]:
    """The port of it, with the names of the emulator led there."""
    found: int = server.getsockname()[1]
    names = NameRedirect(known_hosts().__contains__, refuse, found)
    names.open()
    yield found
    names.close()


@pytest.mark.parametrize("host", [HOST, "IAM.cloud.ibm.com", b"auth.quantum.ibm.com", f"{HOST}."])
@pytest.mark.parametrize("asked", [443, "443", "https"])
def test_a_look_up_answers_with_the_address_and_the_port_of_the_door(
    port: int, host: Any, asked: Any
) -> None:
    [(family, kind, proto, name, address)] = socket.getaddrinfo(host, asked)
    assert (family, kind, proto, name) == (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    assert address == ("127.0.0.1", port)


def test_a_look_up_without_a_port_has_none(port: int) -> None:
    assert socket.getaddrinfo(HOST, None)[0][4] == ("127.0.0.1", 0)
    assert socket.gethostbyname(HOST) == "127.0.0.1"
    assert socket.gethostbyname_ex(HOST) == (HOST, [], ["127.0.0.1"])


def test_the_canonical_name_is_told_where_it_is_asked_for(port: int) -> None:
    [(*_, name, _address)] = socket.getaddrinfo(HOST, 443, flags=socket.AI_CANONNAME)
    assert name == HOST


def test_ipv6_and_udp_are_not_there(port: int) -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(HOST, 443, socket.AF_INET6)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(HOST, 443, type=socket.SOCK_DGRAM)


def test_an_ibm_host_that_nobody_serves_is_refused(port: int) -> None:
    with pytest.raises(Refused, match=r"https://docs\.quantum\.ibm\.com$"):
        socket.getaddrinfo("docs.quantum.ibm.com", 443)
    with pytest.raises(Refused), socket.socket() as sock:
        sock.connect(("docs.quantum.ibm.com", 443))


def test_other_names_are_looked_up_as_always(port: int) -> None:
    assert socket.getaddrinfo("127.0.0.1", 5)[0][4] == ("127.0.0.1", 5)
    assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
    assert socket.getaddrinfo(None, 7, socket.AF_INET)[0][4] == ("127.0.0.1", 7)


def peer(sock: socket.socket) -> Any:
    with sock:
        return sock.getpeername()


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(lambda port: (HOST, 443), id="by name"),
        pytest.param(lambda port: (socket.gethostbyname(HOST), 443), id="by address"),
        pytest.param(lambda port: socket.getaddrinfo(HOST, 443)[0][4], id="as looked up"),
        pytest.param(lambda port: ("127.0.0.1", port), id="the door itself"),
    ],
)
@pytest.mark.parametrize("how", ["connect", "connect_ex"])
def test_connections_reach_the_door(port: int, address: Any, how: str) -> None:
    with socket.socket() as sock:
        assert not getattr(sock, how)(address(port))
        assert sock.getpeername() == ("127.0.0.1", port)


@pytest.mark.parametrize(("asked", "named"), [(80, 80), ("http", 80), (b"80", 80), (8443, 8443)])
def test_other_ports_of_an_emulated_host_are_refused(port: int, asked: Any, named: Any) -> None:
    with pytest.raises(Refused, match=f"^tcp://{HOST}:{named}$"):
        socket.getaddrinfo(HOST, asked)


def test_a_service_that_there_is_not_has_no_port(port: int) -> None:
    with pytest.raises(socket.gaierror, match="no service 'no-such'"):
        socket.getaddrinfo(HOST, "no-such")


@pytest.mark.parametrize("asked", [80, 8443, 0])
@pytest.mark.parametrize("how", ["connect", "connect_ex"])
@pytest.mark.parametrize("is_looked_up", [False, True])
def test_connections_to_other_ports_are_refused(
    port: int, asked: int, how: str, is_looked_up: bool
) -> None:
    host = socket.gethostbyname(HOST) if is_looked_up else HOST
    with socket.socket() as sock, pytest.raises(Refused, match=f"^tcp://{HOST}:{asked}$"):
        getattr(sock, how)((host, asked))


def test_a_server_of_ones_own_is_not_mistaken_for_the_door(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = other.getsockname()
        assert peer(socket.create_connection(address)) == address
    with socket.socket() as sock:  # port 443 of this machine is not the emulator's
        assert sock.connect_ex(("127.0.0.1", 443)) != 0 or sock.getpeername()[1] == 443


def test_asyncio_reaches_it_by_name_and_by_the_address_alone(port: int) -> None:
    """The second is what anyio does, and with it the asynchronous half of httpx."""

    async def connect(host: str) -> Any:
        _, writer = await asyncio.open_connection(host, 443)
        found = writer.get_extra_info("peername")
        writer.close()
        await writer.wait_closed()
        return found

    assert asyncio.run(connect(HOST)) == ("127.0.0.1", port)
    assert asyncio.run(connect(socket.gethostbyname(HOST))) == ("127.0.0.1", port)


def test_plain_http_to_the_door_is_refused_before_it_is_sent(
    server: socket.socket, port: int
) -> None:
    """What the user saw: the key was on its way in plain text, and the test passed."""
    plain = b"GET / HTTP/1.1\r\nAuthorization: apikey mine\r\nHost: iam.cloud.ibm.com\r\n\r\n"
    refused = pytest.raises(Refused, match=r"^http://iam\.cloud\.ibm\.com:443$")
    for how, given in (("send", plain), ("sendall", memoryview(plain)), ("sendmsg", [b"", plain])):
        for address in (("iam.cloud.ibm.com", 443), ("127.0.0.1", port)):
            with socket.create_connection(address) as sock, refused:
                getattr(sock, how)(given)
    with socket.create_connection((HOST, 443)) as sock, pytest.raises(Refused, match=HOST):
        sock.send(b"x")
    with socket.create_connection((HOST, 443)) as sock:
        assert sock.send(b"\x16\x03\x01") == 3
        assert sock.send(plain) == len(plain)  # only how it begins is looked at


def test_closing_puts_everything_back(server: socket.socket) -> None:
    def now() -> list[Any]:
        names = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
        return [
            *(getattr(socket, name) for name in names),
            *(socket.socket.connect, socket.socket.connect_ex, set(vars(socket.socket))),
        ]

    before = now()
    names = NameRedirect(known_hosts().__contains__, refuse, server.getsockname()[1])
    names.open()
    assert now() != before
    names.close()
    assert now() == before
