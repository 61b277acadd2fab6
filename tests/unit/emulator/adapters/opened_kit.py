"""What the tests of the loopback door share: an open one, and ways to speak to it."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_qchannel.emulator.adapters.authority import authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.wire import ConnectionDropped, Request, Response

HOST = "quantum.cloud.ibm.com"
GET = b"GET /api/v1/jobs HTTP/1.1\r\nHost: quantum.cloud.ibm.com\r\n\r\n"


def echo(request: Request) -> Response:
    """Tells what was asked."""
    if request.path == "/drop":
        raise ConnectionDropped("before")
    if request.path == "/cut":
        return Response(200, b"12345", {"Content-Length": "10"})
    if request.path == "/bug":
        raise ZeroDivisionError("a bug")
    if request.path == "/none":
        return Response(204)
    return Response.json(
        {"path": request.path, "query": request.query_string, "size": len(request.body)}
    )


class Opened:
    """An open door and ways to speak to it."""

    def __init__(self, handle: Callable[[Request], Response] = echo, *, tls: bool = True) -> None:
        self.failures: list[Exception] = []
        self.tls = tls
        self.door = LoopbackDoor(handle, self.failures.append, authority() if tls else None)
        self.door.open()

    def client(self) -> http.client.HTTPConnection:
        raw = self.socket()
        connection = http.client.HTTPConnection(HOST)
        connection.sock = raw
        return connection

    def socket(self) -> socket.socket:
        raw = socket.create_connection(("127.0.0.1", self.door.port), timeout=60)
        if not self.tls:
            return raw
        context = ssl.create_default_context(cadata=authority().certificate_pem)
        return context.wrap_socket(raw, server_hostname=HOST)

    def send(self, said: bytes) -> bytes:
        """What comes back until the server closes the connection."""
        with self.socket() as sock:
            sock.sendall(said)
            return b"".join(iter(lambda: sock.recv(65536), b""))


@contextmanager
def opened(handle: Callable[[Request], Response] = echo, *, tls: bool = True) -> Iterator[Opened]:
    it = Opened(handle, tls=tls)
    try:
        yield it
    finally:
        it.door.close()
