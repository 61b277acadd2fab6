"""What a session meets in this process is what it meets over a network: retries and errors.

Each script is played twice to the same session: by a server on the loopback interface that really
closes its connections, and by the door of the emulated lane.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor
from pytest_qchannel.wire import ConnectionDropped, Request, Response

Ask = Callable[[requests.Session, str], Any]


class ClientRetry(Retry):
    """The client's policy: a POST is retried after the statuses of the list, too."""

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if method.upper() == "POST" and status_code in (self.status_forcelist or ()):
            return True
        return super().is_retry(method, status_code, has_retry_after)


def session_of(retry: Retry | int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def client_policy() -> Retry:
    return ClientRetry(total=3, connect=2, backoff_factor=0, status_forcelist=[502, 503])


@contextlib.contextmanager
def over_a_network(script: list[str]) -> Iterator[tuple[str, list[str]]]:
    """A server that does one word of the script per request; gives its URL and what it saw."""
    seen: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer(connection: socket.socket, word: str) -> None:
        with connection:
            text = b""
            while b"\r\n\r\n" not in text:
                if not (more := connection.recv(65_536)):
                    return
                text += more
            seen.append(text.split()[0].decode())
            # Whoever waited too long for an answer is gone when it comes.
            with contextlib.suppress(OSError):
                _answer(connection, word)

    def serve() -> None:
        for word in script:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection, word), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/jobs", seen
        # To close it does not end a thread that waits for the next client.
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer(connection: socket.socket, word: str) -> None:
    if word == "drop":
        # Not a farewell but a reset, as of a machine that is gone.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return
    if word == "late":
        time.sleep(1)
        word = "200"
    status, _, extra = word.partition(" ")
    length, body = (20, b"{}") if extra == "truncated" else (2, b"{}")
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n"
    if extra == "retry-after":
        head += "Retry-After: 0\r\n"
    connection.sendall(head.encode() + b"\r\n" + body)


@contextlib.contextmanager
def in_this_process(script: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The same from the door of the emulated lane."""
    seen: list[str] = []
    left = list(script)

    def handle(request: Request) -> Response:
        seen.append(request.method)
        word = left.pop(0)
        if word == "drop":
            raise ConnectionDropped("after")
        if word == "late":
            time.sleep(1)
            word = "200"
        status, _, extra = word.partition(" ")
        headers = {"Retry-After": "0"} if extra == "retry-after" else {}
        if extra == "truncated":
            headers["Content-Length"] = "20"
        return Response(int(status), b"{}", headers)

    door = InProcessDoor(handle, "quantum.cloud.ibm.com".__eq__, lambda url: None)
    door.open()
    try:
        yield "https://quantum.cloud.ibm.com/jobs", seen
    finally:
        door.close()


SCRIPTS = {
    "an answer": ["200"],
    "a refusal": ["404"],
    "a bad gateway, then an answer": ["502", "200"],
    "bad gateways without end": ["502"] * 9,
    "maintenance with Retry-After": ["503 retry-after", "200"],
    "a rate limit": ["429", "200"],
    "a rate limit with Retry-After": ["429 retry-after", "200"],
    "rate limits with Retry-After without end": ["429 retry-after"] * 9,
    "a lost connection": ["drop", "200"],
    "lost connections without end": ["drop"] * 9,
    "both, more than is allowed together": ["drop", "502", "drop", "502", "200"],
    "both, as often as is allowed": ["502", "drop", "502", "200"],
    "a truncated body": ["200 truncated", "200"],
    "a late answer": ["late", "200"],
}


def told(door: Any, script: list[str], method: str, retry: Retry | int) -> tuple[str, list[str]]:
    """How a request ended, and the tries that it took."""
    # Only of what is late may an answer take too long, however busy the machine is.
    read_s = 0.5 if "late" in script else 60
    with door(script) as (url, seen), session_of(retry) as session:
        try:
            ended = str(session.request(method, url, timeout=(60, read_s)).status_code)
        except requests.RequestException as error:
            ended = type(error).__name__
    return ended, seen


@pytest.mark.parametrize("policy", ["client", "none"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_both_doors_are_alike(script: list[str], method: str, policy: str) -> None:
    retry = client_policy() if policy == "client" else 0
    here = told(in_this_process, script, method, retry)
    there = told(over_a_network, script, method, retry)
    assert here == there


@pytest.mark.parametrize(("method", "policy"), [("GET", "client"), ("POST", "client"), ("GET", 0)])
def test_a_refused_connection_is_alike(method: str, policy: Any) -> None:
    retry = client_policy() if policy == "client" else 0
    # Bound, so that it is nobody else's, and nobody listens.
    with socket.socket() as bound, session_of(retry) as session:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(requests.ConnectionError) as there:
            session.request(method, f"http://127.0.0.1:{bound.getsockname()[1]}/jobs")
    tries = 0

    def handle(request: Request) -> Response:
        nonlocal tries
        tries += 1
        raise ConnectionDropped("connect")

    door = InProcessDoor(handle, "quantum.cloud.ibm.com".__eq__, lambda url: None)
    door.open()
    try:
        with session_of(retry) as session, pytest.raises(requests.ConnectionError) as here:
            session.request(method, "https://quantum.cloud.ibm.com/jobs")
    finally:
        door.close()
    assert tries == (3 if policy == "client" else 1), "connect=2 allows two more tries"
    assert type(here.value) is type(there.value)
    assert type(here.value.args[0]) is type(there.value.args[0])
    assert type(here.value.args[0].reason) is type(there.value.args[0].reason)
    assert "Connection refused" in str(here.value)
    assert "Connection refused" in str(there.value)
