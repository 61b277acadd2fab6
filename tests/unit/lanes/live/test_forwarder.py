"""The live lane's own connections: past the guard, by the person's proxy, and what went wrong."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_qchannel.emulator.adapters.authority import Authority, new_authority
from pytest_qchannel.emulator.adapters.loopback import LoopbackDoor
from pytest_qchannel.errors import NetworkBlocked, UsageProblem
from pytest_qchannel.lanes.live.forwarder import Forwarder
from pytest_qchannel.network.guard import NetworkGuard
from pytest_qchannel.network.passage import free_passage, is_free
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response
from tests.live.second_server import Proxy

ASKED = Request(
    "GET", "quantum.cloud.ibm.com", "/api/v1/versions", {"x-mine": "1", "connection": "close"}
)
_AUTHORITY = new_authority()

Start = Callable[..., Forwarder]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Gives a forwarder whose services are answered by a function."""
    (tmp_path / "ca.pem").write_text(_AUTHORITY.certificate_pem)
    opened: list[Callable[[], None]] = []

    def forwarder_to(handle: Handle, authority: Authority = _AUTHORITY) -> Forwarder:
        door = LoopbackDoor(handle, lambda _: None, authority)
        door.open()
        proxy = Proxy(door.port)
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        opened.extend((proxy.server_close, proxy.shutdown, door.close))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        made = Forwarder(connect_s=5, read_s=5)
        opened.append(made.close)
        return made

    yield forwarder_to
    while opened:
        opened.pop()()


@contextmanager
def shut() -> Iterator[None]:
    guard = NetworkGuard("test_a", (), lambda _: None)
    guard.close_network()
    try:
        yield
    finally:
        guard.reopen()


def test_it_passes_a_shut_network_and_nobody_else_does(start: Start) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response.json({"versions": []}, headers={"X-Trace": "t"})

    forwarder = start(answer)
    with shut():
        response = forwarder.handle(ASKED)
        with pytest.raises(NetworkBlocked):
            socket.getaddrinfo("quantum.cloud.ibm.com", 443)
    assert (response.status, response.body) == (200, b'{"versions":[]}')
    assert response.headers["X-Trace"] == "t"
    assert seen[0].headers["x-mine"] == "1"
    assert "connection" not in {name.lower() for name in response.headers}
    assert not is_free()


def test_a_handler_of_its_logs_does_not_pass(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that ships what urllib3 logs reached its host from within the lane's requests."""
    free: list[bool] = []
    shipping = logging.Handler()
    monkeypatch.setattr(shipping, "emit", lambda _: free.append(is_free()))
    log = logging.getLogger("urllib3")
    monkeypatch.setattr(log, "handlers", [shipping])
    before = log.level
    log.setLevel(logging.DEBUG)
    try:
        with shut():
            start(lambda _: Response(204)).handle(ASKED)
    finally:
        log.setLevel(before)
    assert free
    assert not any(free)


def test_what_http_client_shows_of_connections_it_does_not_show_of_these(
    start: Start, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What the user saw with ``HTTPConnection.debuglevel = 1``: the real access token, printed."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    forwarder = start(lambda _: Response(204))
    forwarder.handle(replace(ASKED, headers={"authorization": "Bearer a-real-one"}))
    assert "a-real-one" not in "".join(capfd.readouterr())


def test_the_variables_of_a_lane_do_not_lead_it_elsewhere(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane leaves IBM's hosts out of its proxies; the person's proxy is still the way out."""
    forwarder = start(lambda _: Response(204))
    monkeypatch.setenv("no_proxy", ".ibm.com")
    monkeypatch.delenv("HTTPS_PROXY")
    assert forwarder.handle(ASKED).status == 204


def test_a_passage_ends_with_its_block_and_is_its_threads_own() -> None:
    others: list[bool] = []
    with free_passage():
        thread = threading.Thread(target=lambda: others.append(is_free()))
        thread.start()
        thread.join()
        assert is_free()
    assert (is_free(), others) == (False, [False])


@pytest.mark.parametrize("how", ["before", "after"])
def test_an_answer_that_is_lost_may_have_been_processed(start: Start, how: str) -> None:
    """urllib3 calls it an error of the proxy, as where none was reached."""

    def answer(_request: Request) -> Response:
        raise ConnectionDropped("before" if how == "before" else "after")

    forwarder = start(answer)
    with pytest.raises(ConnectionDropped) as lost:
        forwarder.handle(ASKED)
    assert lost.value.how == "after"
    assert lost.value.trouble is not None
    assert "no answer: RemoteDisconnected" in lost.value.trouble.name


def test_an_answer_that_was_cut_short_is_none(start: Start) -> None:
    forwarder = start(lambda _: Response(200, b"{}", {"Content-Length": "100"}))
    with pytest.raises(ConnectionDropped) as lost:
        forwarder.handle(ASKED)
    assert lost.value.how == "after"


def test_without_a_connection_nothing_was_sent(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        start(lambda _: Response(204))
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(ConnectionDropped) as lost:
            Forwarder(connect_s=5).handle(ASKED)
    assert lost.value.how == "connect"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_has_connections_of_its_own(start: Start) -> None:
    """Both went on with one TLS connection: what was sent next was lost, a job maybe."""
    forwarder = start(lambda _: Response(204))
    assert forwarder.handle(ASKED).status == 204
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that are not in the fork
        child = os.fork()
    if not child:
        code = 1
        try:
            code = int(forwarder.handle(ASKED).status != 204)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert forwarder.handle(ASKED).status == 204


def test_a_region_that_is_newer_than_the_table_is_one(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``qchannel cleanup`` ended with an AssertionError for an account with an instance there."""
    start(lambda _: Response(204))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    for host in ("mars.quantum.cloud.ibm.com", "quantum.cloud.ibm.com"):
        with pytest.raises(ConnectionDropped):
            Forwarder(connect_s=5).handle(replace(ASKED, host=host))
    with pytest.raises(ValueError, match="nobody else"):
        Forwarder(connect_s=5).handle(replace(ASKED, host="example.org"))


def test_a_certificate_of_somebody_else_is_not_trusted(start: Start) -> None:
    forwarder = start(lambda _: Response(204), new_authority())
    with pytest.raises(ConnectionDropped) as lost:
        forwarder.handle(ASKED)
    assert lost.value.how == "connect"
    assert lost.value.trouble is not None
    assert "CERTIFICATE_VERIFY_FAILED" in lost.value.trouble.name


def test_certificates_that_are_not_there_are_told_by_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with pytest.raises(UsageProblem, match="REQUESTS_CA_BUNDLE"):
        Forwarder()


def test_vcrpy_does_not_see_it(start: Start, tmp_path: Path) -> None:
    """A recording stands before the door: what the lane itself sends is not in it."""
    import vcr

    forwarder = start(lambda _: Response.json({"versions": []}))
    with vcr.use_cassette(str(tmp_path / "seen.yaml")) as cassette, suppress(OSError):
        assert forwarder.handle(ASKED).status == 200
        assert len(cassette) == 0


def test_no_redirect_is_followed(start: Start) -> None:
    forwarder = start(lambda _: Response(302, b"", {"Location": "https://example.org/"}))
    assert forwarder.handle(ASKED).status == 302


def test_who_is_in_a_hurry_waits_for_no_answer(start: Start) -> None:
    """Ctrl-C while the service hung: the lane was closed two minutes later, and CI kills before."""
    asked, goes_on = threading.Event(), threading.Event()

    def hangs(_request: Request) -> Response:
        asked.set()
        goes_on.wait(30)
        return Response(204)

    forwarder, lost = start(hangs), list[str]()

    def ask() -> None:
        try:
            forwarder.handle(ASKED)
        except ConnectionDropped as dropped:
            lost.append(dropped.how)

    thread = threading.Thread(target=ask)
    thread.start()
    assert asked.wait(30)
    forwarder.abandon()
    thread.join(30)
    goes_on.set()
    assert lost == ["after"]
    assert forwarder.handle(ASKED).status == 204, "the sweep asks again"
