"""The emulator as a WSGI application: what a server has read becomes a request of the core.

Path and query are taken as they were sent, not as WSGI decodes them: a ``%2F`` in a job id is the
core's to see. A request without an answer (``ConnectionDropped``) ends its connection.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Final
from wsgiref.types import WSGIEnvironment

from pytest_qchannel.emulator.api.refusals import (
    BODY_LIMIT,
    SAID_TOO_LARGE,
    Code,
    Codes,
    refuse,
)
from pytest_qchannel.errors import QChannelError
from pytest_qchannel.hosts import RUNTIME, find_host
from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response

__all__ = ["WsgiApp"]

# What is too large is still read, up to here: a client that is cut off never sees the answer. One
# that says that it will send more is refused at once.
_DRAINED: Final = 4 * BODY_LIMIT

# The server copies what is left of a piece for every TLS record that it writes, and fills a
# buffer of the size that is asked for with every read.
_WRITTEN: Final = 2**18
_READ: Final = 2**16

# They are about one connection, not about the message.
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)

_NO_TRACE: Final = "0" * 32

_StartResponse = Callable[[str, list[tuple[str, str]]], object]


class WsgiApp:
    """Answers WSGI calls from the emulator; any number of threads may call it.

    Args:
        handle: The emulator's ``App.handle``, or something around it.
        failed: Called with what ``handle`` raised, except for lost connections. The client is
            answered with 501, which it does not send again.
    """

    def __init__(self, handle: Handle, failed: Callable[[Exception], None]) -> None:
        self._handle = handle
        self._failed = failed

    def __call__(self, environ: WSGIEnvironment, start_response: _StartResponse) -> Iterable[bytes]:
        """One request and its answer.

        Raises:
            ConnectionResetError: There is no answer; the server has to close the connection.
        """
        request, problem = _request(environ)
        response = problem or self._answer(request)
        body = response.body
        has_body = response.status >= 200 and response.status not in (204, 304)
        headers = {name.lower(): (name, str(text)) for name, text in response.headers.items()}
        for name in _HOP_BY_HOP:
            headers.pop(name, None)
        if has_body:
            headers.setdefault("content-length", ("Content-Length", str(len(body))))
        else:
            headers.pop("content-type", None)
            headers.pop("content-length", None)
        start_response(_status_line(response.status), list(headers.values()))
        if not has_body or request.method == "HEAD":
            return ()
        return _pieces(body, is_whole=int(headers["content-length"][1]) <= len(body))

    def _answer(self, request: Request) -> Response:
        try:
            return self._handle(request)
        except ConnectionDropped as dropped:
            raise _lost("a fault of the test") from dropped
        except Exception as error:  # whatever it is, the test is to hear of it, not the server
            self._failed(error)
            code = "qchannel_refused" if isinstance(error, QChannelError) else "emulator_failed"
            return _refusal(request, 501, code, str(error) or type(error).__name__)


def _request(environ: WSGIEnvironment) -> tuple[Request, Response | None]:
    """What was sent, and the refusal of what never reaches the core."""
    body, problem = _body(environ)
    path, _, query = str(environ["REQUEST_URI"]).partition("?")
    request = Request(
        method=environ["REQUEST_METHOD"],
        host=_host_name(environ.get("HTTP_HOST", "")),
        path=path or "/",
        headers=_headers(environ, len(body)),
        query_string=query,
        body=body,
    )
    return request, _refusal(request, *problem) if problem else None


def _headers(environ: WSGIEnvironment, size: int) -> dict[str, str]:
    """The headers in lower case; a body that came in chunks is given the length that it had."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    if headers.pop("transfer-encoding", None) or "CONTENT_LENGTH" in environ:
        headers["content-length"] = str(size)
    return headers


def _host_name(host: str) -> str:
    """The name in a ``Host`` header, without the port."""
    name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def _body(environ: WSGIEnvironment) -> tuple[bytes, tuple[int, Code, str] | None]:
    """The body, and what a refusal says where there is no taking it."""
    is_chunked = bool(environ.get("wsgi.input_terminated"))
    left = _DRAINED if is_chunked else int(environ.get("CONTENT_LENGTH") or 0)
    if left < 0:
        return b"", (400, Codes.VALIDATION, "The header Content-Length is below 0.")
    if left > _DRAINED:
        return b"", (413, Codes.TOO_LARGE, SAID_TOO_LARGE)
    size, pieces = 0, []
    while left > 0:
        try:
            piece = environ["wsgi.input"].read(min(left, _READ))
        except ValueError:
            return b"", (400, Codes.VALIDATION, "The chunks of the body are malformed.")
        except (MemoryError, OverflowError):  # the server makes room for a chunk before it comes
            return b"", (413, Codes.TOO_LARGE, SAID_TOO_LARGE)
        if not piece:
            if is_chunked:
                break
            raise _lost("the client went away")
        size += len(piece)
        left -= len(piece)
        if size <= BODY_LIMIT:
            pieces.append(piece)
        else:
            pieces.clear()
            if size > _DRAINED:
                break
    if size > BODY_LIMIT:
        return b"", (413, Codes.TOO_LARGE, SAID_TOO_LARGE)
    return b"".join(pieces), None


def _refusal(request: Request, status: int, code: Code, message: str) -> Response:
    host = find_host(request.host, request.path)
    service = host.service if host else RUNTIME
    return refuse(service, status, code, message, _NO_TRACE).response


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _pieces(body: bytes, *, is_whole: bool) -> Iterator[bytes]:
    for start in range(0, len(body), _WRITTEN):
        yield body[start : start + _WRITTEN]
    if not is_whole:
        raise _lost("a fault of the test cut the answer short")


def _lost(why: str) -> ConnectionResetError:
    """What makes the server close the connection without another word."""
    return ConnectionResetError(errno.ECONNRESET, why)
