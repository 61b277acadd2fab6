"""The WSGI application, without a server: what it makes of a call, and of an answer."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_qchannel.emulator.adapters import wsgi
from pytest_qchannel.emulator.adapters.wsgi import WsgiApp
from pytest_qchannel.wire import ConnectionDropped, Request, Response


class Call:
    """Calls the application once and keeps what came back."""

    def __init__(self, answer: Response | Exception | None = None, **environ: Any) -> None:
        self.requests: list[Request] = []
        self.failures: list[Exception] = []
        self.status = ""
        self.headers: dict[str, str] = {}
        self._answer = answer or Response.json({"a": 1})
        body = environ.pop("body", b"")
        given: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "REQUEST_URI": "/api/v1/jobs",
            "HTTP_HOST": "quantum.cloud.ibm.com",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": False,
        }
        if body:
            given["CONTENT_LENGTH"] = str(len(body))
        environ = {name.replace("__", "."): value for name, value in environ.items()}
        self.pieces = WsgiApp(self._handle, self.failures.append)({**given, **environ}, self._start)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def request(self) -> Request:
        [request] = self.requests
        return request

    def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)
        assert len(self.headers) == len(headers)


def test_path_and_query_stay_as_they_were_sent() -> None:
    request = Call(REQUEST_URI="/api/v1/jobs/a%2Fb%20c?tag=a%26b&tag=%C3%A9&x=?y").request
    assert request.path == "/api/v1/jobs/a%2Fb%20c"
    assert request.query_string == "tag=a%26b&tag=%C3%A9&x=?y"
    assert request.query == {"tag": ["a&b", "é"], "x": ["?y"]}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("quantum.cloud.ibm.com", "quantum.cloud.ibm.com"),
        ("Quantum.Cloud.IBM.com:443", "quantum.cloud.ibm.com"),
        ("iam.cloud.ibm.com.", "iam.cloud.ibm.com"),
        ("[::1]:8080", "[::1]"),
        ("", ""),
    ],
)
def test_the_host_is_a_name_without_a_port(sent: str, name: str) -> None:
    assert Call(HTTP_HOST=sent).request.host == name


def test_headers_are_in_lower_case_with_the_type_and_length_of_the_body() -> None:
    call = Call(
        REQUEST_METHOD="POST",
        HTTP_SERVICE_CRN="crn:v1",
        HTTP_IBM_API_VERSION="2026-04-15",
        CONTENT_TYPE="application/json",
        body=b"{}",
    )
    assert call.request.headers == {
        "host": "quantum.cloud.ibm.com",
        "service-crn": "crn:v1",
        "ibm-api-version": "2026-04-15",
        "content-type": "application/json",
        "content-length": "2",
    }
    assert call.request.body == b"{}"


def test_a_body_in_chunks_is_a_body() -> None:
    call = Call(
        REQUEST_METHOD="POST",
        HTTP_TRANSFER_ENCODING="chunked",
        wsgi__input=io.BytesIO(b"x" * 100_000),
        wsgi__input_terminated=True,
    )
    assert call.request.body == b"x" * 100_000
    assert call.request.headers["content-length"] == "100000"
    assert "transfer-encoding" not in call.request.headers


def test_the_answer_is_told_with_its_length() -> None:
    call = Call(Response.json({"id": "x"}, 201, {"Retry-After": "7"}))
    assert call.status == "201 Created"
    assert call.headers["Retry-After"] == "7"
    body = call.body
    assert call.headers["Content-Length"] == str(len(body))
    assert json.loads(body) == {"id": "x"}


def test_a_status_without_a_name_is_answered() -> None:
    assert Call(Response(521, b"down")).status == "521 Unknown"


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_neither_type_nor_length(status: int) -> None:
    call = Call(Response(status, b"", {"Content-Type": "application/json", "X-A": "b"}))
    assert call.headers == {"X-A": "b"}
    assert call.body == b""


def test_head_is_answered_with_the_headers_of_get() -> None:
    call = Call(Response(200, b"12345", {"Content-Type": "text/plain"}), REQUEST_METHOD="HEAD")
    assert call.headers == {"Content-Type": "text/plain", "Content-Length": "5"}
    assert call.body == b""


def test_headers_about_the_connection_are_the_servers_own() -> None:
    answer = Response(200, b"x", {"Connection": "close", "Transfer-Encoding": "chunked"})
    assert Call(answer).headers == {"Content-Length": "1"}


def test_a_large_answer_comes_in_pieces() -> None:
    body = bytes(range(256)) * 4_000
    call = Call(Response(200, body))
    pieces = list(call.pieces)
    assert len(pieces) > 1
    assert b"".join(pieces) == body


@pytest.mark.parametrize("how", ["connect", "before", "after"])
def test_a_dropped_connection_is_no_failure(how: Any) -> None:
    with pytest.raises(ConnectionResetError) as caught:
        Call(ConnectionDropped(how))
    assert caught.value.errno == errno.ECONNRESET


def test_a_truncated_answer_keeps_its_promise_of_a_length_and_ends_the_connection() -> None:
    call = Call(Response(200, b"12345", {"Content-Length": "10"}))
    assert call.headers == {"Content-Length": "10"}
    pieces = iter(call.pieces)
    assert next(pieces) == b"12345"
    with pytest.raises(ConnectionResetError):
        next(pieces)


def test_a_failure_is_kept_and_answered_with_501_in_the_services_shape() -> None:
    failure = KeyError("oh")
    call = Call(failure)
    assert call.failures == [failure]
    assert call.status == "501 Not Implemented"
    [error] = json.loads(call.body)["errors"]
    assert error["code"] == "emulator_failed"
    assert error["message"] == "'oh'"


def test_a_failure_of_another_service_is_in_its_shape() -> None:
    call = Call(RuntimeError("oh"), HTTP_HOST="iam.cloud.ibm.com", REQUEST_URI="/identity/token")
    assert json.loads(call.body)["errorMessage"] == "oh"
    nameless = Call(RuntimeError(), HTTP_HOST="", REQUEST_URI="/")
    assert json.loads(nameless.body)["errors"][0]["message"] == "RuntimeError"


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Call]:
    """The limits of the body, a millionth of what they are."""
    monkeypatch.setattr(wsgi, "BODY_LIMIT", 80)
    monkeypatch.setattr(wsgi, "_DRAINED", 320)
    monkeypatch.setattr(wsgi, "_READ", 8)
    return lambda **environ: Call(REQUEST_METHOD="POST", **environ)


def test_the_largest_body_is_taken_and_one_byte_more_is_refused(
    small_limit: Callable[..., Call],
) -> None:
    assert small_limit(body=b"x" * 80).request.body == b"x" * 80
    call = small_limit(body=b"x" * 81)
    assert call.requests == []
    assert call.status.startswith("413 ")
    [error] = json.loads(call.body)["errors"]
    assert error["code"] == "payload_too_large"
    assert "larger than" in error["message"]


def test_what_is_too_large_is_read_to_a_limit_and_not_kept(
    small_limit: Callable[..., Call],
) -> None:
    stream = io.BytesIO(b"x" * 1_000)
    call = small_limit(wsgi__input=stream, wsgi__input_terminated=True)
    assert call.status.startswith("413 ")
    assert 320 <= stream.tell() <= 336


def test_a_client_that_goes_away_is_forgotten() -> None:
    with pytest.raises(ConnectionResetError):
        Call(REQUEST_METHOD="POST", CONTENT_LENGTH="10", wsgi__input=io.BytesIO(b"12345"))


def test_a_negative_length_is_refused() -> None:
    call = Call(REQUEST_METHOD="POST", CONTENT_LENGTH="-1", wsgi__input=io.BytesIO())
    assert call.status == "400 Bad Request"
    assert call.requests == []


def test_malformed_chunks_are_refused() -> None:
    class Malformed(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ValueError("Bad chunk transfer size")

    call = Call(REQUEST_METHOD="POST", wsgi__input=Malformed(), wsgi__input_terminated=True)
    assert call.status == "400 Bad Request"
    assert json.loads(call.body)["errors"][0]["code"] == 1208
