"""The server: HTTP as it is on the wire, with bare sockets and a hand-made handler."""

from __future__ import annotations

import gc
import http.client
import json
import logging
import socket
import threading
import time
import warnings

import pytest

from pytest_qchannel.emulator.adapters.loopback import (
    THREADS,
    LoopbackDoor,
)
from pytest_qchannel.wire import Request, Response
from tests.unit.emulator.adapters.opened_kit import GET, Opened, echo, opened


def test_a_connection_is_kept_for_many_requests(served: Opened) -> None:
    connection = served.client()
    sock = connection.sock
    for number in range(20):
        connection.request("POST", f"/jobs/{number}%2F?a=%20", body=b"x" * number * 1_000)
        answer = connection.getresponse()
        assert answer.status == 200
        assert json.loads(answer.read()) == {
            "path": f"/jobs/{number}%2F",
            "query": "a=%20",
            "size": number * 1_000,
        }
        assert connection.sock is sock
    connection.close()


def test_requests_that_were_sent_at_once_are_answered_in_order(served: Opened) -> None:
    """TLS reads them together, and no selector tells of the second."""
    last = GET.replace(b"jobs", b"last").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    answers = served.send(GET + GET.replace(b"jobs", b"more" * 2_000) + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.endswith(b'{"path":"/api/v1/last","query":"","size":0}')


def test_head_has_no_body_and_keeps_the_connection(served: Opened) -> None:
    connection = served.client()
    for method in ("HEAD", "GET", "HEAD"):
        connection.request(method, "/jobs")
        answer = connection.getresponse()
        assert int(answer.headers["Content-Length"]) == 36
        assert len(answer.read()) == (36 if method == "GET" else 0)
    connection.close()


def test_no_content_has_neither_type_nor_length(served: Opened) -> None:
    connection = served.client()
    connection.request("PUT", "/none", body=b"{}")
    answer = connection.getresponse()
    assert answer.status == 204
    assert {"content-type", "content-length", "transfer-encoding"}.isdisjoint(
        name.lower() for name in answer.headers
    )
    assert answer.read() == b""
    connection.request("GET", "/jobs")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_body_may_come_in_chunks(served: Opened) -> None:
    connection = served.client()
    connection.request("POST", "/jobs", body=iter([b"x" * 7, b"y" * 100_000]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["size"] == 100_007
    connection.request("GET", "/jobs")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("size", ["F" * 15, "F" * 30])
def test_a_chunk_that_no_memory_can_hold_is_too_large(served: Opened, size: str) -> None:
    """``qchannel serve`` answered 500 with nothing in it."""
    head = GET.replace(b"GET", b"POST").replace(
        b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with served.socket() as sock:
        sock.sendall(head + size.encode() + b"\r\nabc")
        assert sock.recv(65536).startswith(b"HTTP/1.1 413 ")
    assert served.failures == []


def test_a_body_that_is_said_to_be_far_too_large_is_refused_before_it_comes(
    served: Opened,
) -> None:
    """``Content-Length: 99999999999`` was waited for until the client gave up."""
    head = GET.replace(b"GET", b"POST").replace(
        b"\r\n\r\n", b"\r\nContent-Length: 99999999999\r\n\r\n"
    )
    answer = served.send(head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"payload_too_large"' in answer


def test_whoever_waits_to_be_told_to_go_on_is_told(served: Opened) -> None:
    with served.socket() as sock:
        head = GET.replace(b"GET", b"POST").replace(
            b"\r\n\r\n", b"\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_a_dropped_connection_gives_not_one_byte(served: Opened) -> None:
    assert served.send(GET.replace(b"/api/v1/jobs", b"/drop")) == b""
    connection = served.client()
    connection.request("GET", "/drop")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()
    assert served.failures == []


def test_a_cut_answer_is_known_as_one(served: Opened) -> None:
    connection = served.client()
    connection.request("GET", "/cut")
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    assert (caught.value.partial, caught.value.expected) == (b"12345", 5)
    connection.close()


def test_a_bug_of_the_emulator_is_kept_and_answered_once(served: Opened) -> None:
    connection = served.client()
    connection.request("GET", "/bug")
    answer = connection.getresponse()
    assert answer.status == 501
    assert b"a bug" in answer.read()
    [failure] = served.failures
    assert isinstance(failure, ZeroDivisionError)
    connection.close()


def test_what_is_no_http_is_refused_by_the_server(served: Opened) -> None:
    assert served.send(b"hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_plain_http_to_the_tls_port_is_told_what_is_wrong() -> None:
    with opened() as it, socket.create_connection(("127.0.0.1", it.door.port)) as sock:
        sock.sendall(GET)
        assert sock.recv(65536).endswith(b"\r\n\r\nThis port speaks HTTPS: use https://.\n")
        assert sock.recv(65536) == b""


def test_a_client_that_says_nothing_holds_nobody_up(served: Opened) -> None:
    """vcrpy connects before it knows whether it will send anything; so do browsers."""
    address = ("127.0.0.1", served.door.port)
    silent = [socket.create_connection(address) for _ in range(2 * THREADS)]
    silent += [served.socket() for _ in range(2 * THREADS)]
    connection = served.client()
    connection.request("GET", "/jobs")
    assert connection.getresponse().status == 200
    connection.close()
    began = time.perf_counter()
    served.door.close()
    assert time.perf_counter() - began < 60  # five minutes, if it waits for them
    for sock in silent:
        sock.close()


def test_many_clients_are_answered_at_once() -> None:
    meeting = threading.Barrier(THREADS)

    def handle(request: Request) -> Response:
        meeting.wait(60)  # nobody is answered before all are being answered
        return Response.json({})

    found: list[int] = []

    def ask(it: Opened) -> None:
        connection = it.client()
        connection.request("GET", "/jobs")
        found.append(connection.getresponse().status)
        connection.close()

    with opened(handle) as it:
        threads = [threading.Thread(target=ask, args=(it,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [200] * THREADS


def test_a_large_body_goes_both_ways_in_reasonable_time() -> None:
    with opened(lambda request: Response(200, request.body)) as it:
        connection = it.client()
        body = bytes(range(256)) * 2**16
        began = time.perf_counter()
        connection.request("POST", "/jobs", body=body)
        assert connection.getresponse().read() == body
        assert time.perf_counter() - began < 60
        connection.close()


def test_what_is_too_large_is_answered_in_the_services_shape(
    monkeypatch: pytest.MonkeyPatch, served: Opened
) -> None:
    monkeypatch.setattr("pytest_qchannel.emulator.adapters.wsgi.BODY_LIMIT", 2**20)
    connection = served.client()
    connection.request("POST", "/api/v1/jobs", body=b"x" * (2**20 + 1))
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["errors"][0]["code"] == "payload_too_large"
    connection.close()


def test_a_closed_door_leaves_nothing(caplog: pytest.LogCaptureFixture) -> None:
    before = set(threading.enumerate())
    gc.collect()  # what others left open is nothing of this door
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        it = Opened()
        port = it.door.port
        kept = it.client()  # and left open
        kept.request("GET", "/jobs")
        assert len(kept.getresponse().read()) == 36
        it.door.close()
        it.door.close()  # a second time is harmless
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    assert kept.sock.recv(1) == b""
    kept.close()
    assert getattr(logging, "statistics", {}) == {}
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_it_listens_on_loopback_only() -> None:
    with opened() as it:
        assert it.door._server.bind_addr == ("127.0.0.1", it.door.port)


def test_a_port_in_use_is_an_oserror() -> None:
    with opened() as it, pytest.raises(OSError, match="in use"):
        LoopbackDoor(echo, it.failures.append, None, port=it.door.port).open()


def test_an_end_comes_soon() -> None:
    """The server looks up from its sockets every half second."""

    def end_s() -> float:
        with opened() as it:
            assert it.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            began = time.perf_counter()
            it.door.close()
            return time.perf_counter() - began

    assert any(end_s() < 0.2 for _ in range(20))  # once, on a machine that is busy
