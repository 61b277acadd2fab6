"""The in-process door's answer to HEAD, whatever the release of ``responses``."""

from __future__ import annotations

import inspect
import io
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry
from vcr.request import Request as VcrRequest

from pytest_qchannel.cassette.vcrpy.vcr_form import request_from_vcr
from pytest_qchannel.emulator.adapters.inprocess import InProcessDoor
from pytest_qchannel.wire import Request, Response

URL = "https://quantum.cloud.ibm.com/api/v1/versions"


def answer(request: Request) -> Response:
    assert request.method == "HEAD"
    return Response(200, b"", {"Content-Type": "application/json", "Content-Length": "17"})


def refuse(url: str) -> None:
    raise AssertionError(url)


@pytest.fixture(params=["as installed", "0.25"])
def _release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until 0.25 the method of the request was not passed on to urllib3."""
    form: Any = responses._form_response
    if request.param == "0.25" and "request_method" in inspect.signature(form).parameters:

        def without_method(*args: Any) -> Any:
            return form(*args[:3], None)

        monkeypatch.setattr(responses, "_form_response", without_method)


@pytest.mark.usefixtures("_release")
def test_a_head_is_told_the_length_of_a_body_that_does_not_come() -> None:
    """``requests`` waited for the body and raised a ``ChunkedEncodingError``."""
    door = InProcessDoor(answer, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        got = requests.head(URL, timeout=9)
    finally:
        door.close()
    assert (got.status_code, got.content, got.headers["Content-Length"]) == (200, b"", "17")


def test_a_host_with_a_dot_at_its_end_is_the_same_one() -> None:
    """The loopback door answered it, and this one took it for another host."""

    def sends(request: Request) -> Response:
        return Response(200, request.host.encode())

    door = InProcessDoor(sends, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        got = requests.get(URL.replace(".com", ".com."), timeout=9)
    finally:
        door.close()
    assert got.text == "quantum.cloud.ibm.com"


def test_a_body_is_read_whole_or_as_the_caller_streams_it() -> None:
    """It is handed over at once, but for callers that stream it, and for bodies that are cut."""
    headers = {"whole": {}, "cut": {"Content-Length": "9"}}

    def sends(request: Request) -> Response:
        return Response(200, b"abcde", headers[request.path[1:]])

    door = InProcessDoor(sends, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        whole = requests.get("https://quantum.cloud.ibm.com/whole", timeout=9)
        streamed = requests.get("https://quantum.cloud.ibm.com/whole", timeout=9, stream=True)
        assert (whole.content, whole.raw.read()) == (b"abcde", b"")
        assert list(streamed.iter_content(2)) == [b"ab", b"cd", b"e"]
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get("https://quantum.cloud.ibm.com/cut", timeout=9)
    finally:
        door.close()


SENT: dict[str, Callable[[], Any]] = {
    "bytes": lambda: b"ab\ncd",
    "text": lambda: "ab\ncd",
    "bytearray": lambda: bytearray(b"ab\ncd"),
    "an iterator": lambda: iter([b"ab\n", b"cd"]),
    "a generator of text": lambda: (one for one in ("ab\n", "cd")),
    "a file": lambda: io.BytesIO(b"ab\ncd"),
    "a file of text": lambda: io.StringIO("ab\ncd"),
}


@pytest.mark.parametrize("kind", SENT)
def test_a_body_may_be_whatever_requests_takes(kind: str) -> None:
    """``data=iter([b"..."])`` was a `TypeError` of the door, ``bytearray`` one of a recording."""
    got: list[bytes] = []

    def takes(request: Request) -> Response:
        got.append(request.body)
        return Response(200 if len(got) > 1 else 503, b"")

    door = InProcessDoor(takes, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        with requests.Session() as session:
            if "file" in kind:  # which urllib3 takes back to its start for another try
                retry = Retry(1, status_forcelist=[503], allowed_methods=None)
                session.mount("https://", HTTPAdapter(max_retries=retry))
            session.post(URL, data=SENT[kind](), timeout=9)
    finally:
        door.close()
    assert got == [b"ab\ncd"] * (2 if "file" in kind else 1)
    recorded = request_from_vcr(VcrRequest("POST", URL, SENT[kind](), {}))
    assert recorded.request_body == b"ab\ncd"


UNREACHABLE = {
    "": "Connection refused",  # on loopback, where nobody listens any more
    "http://127.0.0.2:9": "Connection refused",
    "http://[::1]:9": "Failed to establish a new connection",
    "proxy.invalid:8085": "Name or service not known",
    "http://invalid": "Name or service not known",
    "https://user:word@proxy.test:3128": "Name or service not known",
    "http://192.0.2.4:3128": "timed out",
}
NO_PROXY = {
    "http://proxy:port": requests.exceptions.InvalidURL,
    "http://:8085": requests.exceptions.InvalidProxyURL,
    "ftp://proxy.org:21": requests.exceptions.InvalidURL,
}


def test_a_proxy_that_cannot_be_reached_is_the_error_of_real_life() -> None:
    """A client's own ``proxies=`` was ignored: code that handles its errors could not be tested."""

    def carried(request: Request) -> Response:
        assert request.method == "GET"
        return Response(200, b"{}")

    door = InProcessDoor(carried, lambda name: name == "quantum.cloud.ibm.com", refuse)
    door.open()
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            alive = f"http://127.0.0.1:{listening.getsockname()[1]}"
            assert requests.get(URL, proxies={"https": alive}, timeout=9).status_code == 200
        for proxy, why in UNREACHABLE.items():
            with pytest.raises(requests.exceptions.ProxyError, match=f"connect to proxy.*{why}"):
                requests.get(URL, proxies={"https": proxy or alive}, timeout=9)
        for proxy, kind in NO_PROXY.items():
            with pytest.raises(kind):
                requests.get(URL, proxies={"https": proxy}, timeout=9)
        elsewhere = "http://proxy.of-a-company.com:3128"
        assert requests.get(URL, proxies={"https": elsewhere}, timeout=9).status_code == 200
        assert requests.get(URL, proxies={"http": alive}, timeout=9).status_code == 200
    finally:
        door.close()
