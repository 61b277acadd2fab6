"""Clients that begin and do not go on: they hold nobody up, and not the end."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from contextlib import suppress

import pytest

from pytest_qchannel.emulator.adapters.authority import authority
from pytest_qchannel.emulator.adapters.loopback import THREADS, LoopbackDoor, _Connection
from pytest_qchannel.wire import Response
from tests.unit.emulator.adapters.opened_kit import GET, HOST, Opened, echo, opened

HELLO = b"\x16\x03\x01\x02\x00\x01"
"""The first bytes of a ClientHello."""


@pytest.mark.slow
def test_handshakes_that_never_end_do_not_hold_up_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run ended five minutes late: each of them had a thread, and the others waited for it."""
    greeted, greet = threading.Semaphore(0), _Connection._greet

    def count(connection: _Connection) -> None:
        greeted.release()
        greet(connection)

    monkeypatch.setattr(_Connection, "_greet", count)
    it = Opened()
    begun = [socket.create_connection(("127.0.0.1", it.door.port)) for _ in range(THREADS + 4)]
    for sock in begun:
        sock.sendall(HELLO)
    for _ in range(THREADS):
        assert greeted.acquire(timeout=60)
    closing = threading.Thread(target=it.door.close, daemon=True)
    closing.start()
    closing.join(60)
    is_waiting = closing.is_alive()
    for sock in begun:
        sock.close()
    closing.join()
    assert not is_waiting


UNFINISHED = {
    "a handshake": HELLO,
    "a head": GET[:-2],
    "a body": GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n1234"),
    "chunks": GET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12"),
}


@pytest.mark.parametrize("what", UNFINISHED)
def test_what_is_never_sent_to_its_end_holds_nobody_up(
    what: str, served: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of them had all the threads: for five minutes, or, in a handshake, for five seconds."""
    monkeypatch.setattr("pytest_qchannel.emulator.adapters.loopback._REFUSED_S", 300)
    address = ("127.0.0.1", served.door.port)
    is_raw = what == "a handshake"
    begun = [socket.create_connection(address) if is_raw else served.socket() for _ in range(30)]
    for sock in begun:
        sock.sendall(UNFINISHED[what])
    for _ in range(3):
        connection = served.client()
        connection.sock.settimeout(60)
        connection.request("GET", "/jobs")
        assert connection.getresponse().read()
        connection.close()
    served.door.close()
    for sock in begun:
        sock.close()


def test_handshakes_that_are_never_ended_take_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """600 of them had all the threads that there may ever be: nobody was answered for a minute."""
    monkeypatch.setattr("pytest_qchannel.emulator.adapters.loopback._MOST_THREADS", THREADS)
    with opened() as it:
        address = ("127.0.0.1", it.door.port)
        begun = [socket.create_connection(address) for _ in range(2 * THREADS)]
        for sock in begun:
            sock.sendall(HELLO)
        connection = it.client()
        connection.request("GET", "/jobs")
        assert connection.getresponse().status == 200
        connection.close()
        for sock in begun:
            sock.close()


def test_an_answer_that_is_never_read_holds_nobody_up_and_not_the_end(served: Opened) -> None:
    """Its thread waited for five minutes, and the end of the door with it."""
    served.door._app._handle = lambda request: Response(
        200, b"x" * (30_000_000 * ("big" in request.path))
    )
    begun = [served.socket() for _ in range(THREADS)]
    for sock in begun:
        sock.sendall(GET.replace(b"jobs", b"big"))
    connection = served.client()
    connection.sock.settimeout(60)
    connection.request("GET", "/jobs")
    assert connection.getresponse().status == 200
    connection.close()
    closing = threading.Thread(target=served.door.close, daemon=True)
    closing.start()
    closing.join(60)
    assert not closing.is_alive()
    for sock in begun:
        sock.close()


def test_a_client_that_pauses_in_the_middle_is_answered(served: Opened) -> None:
    with served.socket() as sock:
        for part in (GET[:20], GET[20:]):
            sock.sendall(part)
            time.sleep(0.2)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_a_port_can_be_opened_again_at_once() -> None:
    """Connections that the server had closed held it for a minute."""
    first = LoopbackDoor(echo, print, None)
    first.open()
    with socket.create_connection(("127.0.0.1", first.port)) as sock:
        sock.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        while sock.recv(65536):
            pass
    first.close()
    again = LoopbackDoor(echo, print, None, port=first.port)
    again.open()
    again.close()


def test_a_connection_that_is_refused_does_not_wait_for_a_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its first write would begin one, in a thread that the end of the door waits for."""
    monkeypatch.setattr("pytest_qchannel.emulator.adapters.loopback._REFUSED_S", 0.5)
    it = Opened()
    refused = threading.Semaphore(0)

    def refuse(_connection: object) -> None:
        refused.release()
        raise queue.Full

    monkeypatch.setattr(it.door._server.requests, "put", refuse)
    begun = [socket.create_connection(("127.0.0.1", it.door.port)) for _ in range(3)]
    for sock in begun:
        sock.sendall(HELLO)
    for _ in begun:
        assert refused.acquire(timeout=60)
    closing = threading.Thread(target=it.door.close, daemon=True)
    closing.start()
    closing.join(60)
    is_waiting = closing.is_alive()
    for sock in begun:
        sock.close()
    assert not is_waiting


def test_what_cannot_be_sent_any_more_is_forgotten(served: Opened) -> None:
    """Python 3.13 says what older ones keep to themselves: where warnings are errors, a run failed
    for an `OSError: Bad file descriptor`, when the door was closed in the middle of a handshake."""
    ours, theirs = socket.socketpair()
    with theirs:
        connection = _Connection(served.door._server, ours, None)
        ours.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            connection.wfile.write(b"HTTP/1.1 503 Service Unavailable")
        connection.wfile.close()
        assert connection.wfile.raw.closed


def test_a_client_may_send_its_handshake_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 500 clients that came at once one was cut off: so many handshakes took it six seconds."""
    steps, greet = threading.Semaphore(0), _Connection._greet

    def count(connection: _Connection) -> None:
        try:
            greet(connection)
        finally:
            steps.release()

    monkeypatch.setattr(_Connection, "_greet", count)
    arrived, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cadata=authority().certificate_pem)
    side = context.wrap_bio(arrived, sent, server_hostname=HOST)
    with suppress(ssl.SSLWantReadError):
        side.do_handshake()
    hello = sent.read()
    with opened() as it, socket.create_connection(("127.0.0.1", it.door.port), 10) as sock:
        for part in (hello[:9], hello[9:20], hello[20:]):
            sock.sendall(part)
            assert steps.acquire(timeout=60)
        while side.version() is None or not sent.pending:
            assert arrived.write(sock.recv(65536)), "cut off"
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
        for part in (end := sent.read())[:9], end[9:]:
            sock.sendall(part)
            assert steps.acquire(timeout=60)
        side.write(GET)
        sock.sendall(sent.read())
        said = b""
        while not said:
            assert arrived.write(sock.recv(65536)), "cut off"
            with suppress(ssl.SSLWantReadError):
                said = side.read()
        assert said.startswith(b"HTTP/1.1 200 ")
