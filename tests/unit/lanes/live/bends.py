"""What can happen to a request on its way to the service and back."""

from __future__ import annotations

from dataclasses import replace

from pytest_qchannel.wire import ConnectionDropped, Handle, Request, Response
from tests.unit.lanes.live.live_kit import Bend

__all__ = [
    "DOUBTFUL",
    "LOST",
    "NOT_PROCESSED",
    "PROCESSED",
    "answering",
    "dropping",
    "no_connection",
]


def answering(status: int, *, is_processed: bool, body: bytes = b"{}", **headers: str) -> Bend:
    """Answers in place of the service, which may have had the request."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}

    def bend(request: Request, handle: Handle) -> Response:
        if is_processed:
            handle(request)
        return Response(status, body, named)

    return bend


def dropping(*, is_processed: bool) -> Bend:
    """Gives no answer; the service may have had the request."""

    def bend(request: Request, handle: Handle) -> Response:
        if is_processed:
            handle(request)
        raise ConnectionDropped("after" if is_processed else "before")

    return bend


def no_connection(request: Request, handle: Handle) -> Response:
    """No connection is made."""
    raise ConnectionDropped("connect")


def truncated(request: Request, handle: Handle) -> Response:
    """The answer ends too early."""
    response = handle(request)
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    return replace(response, body=response.body[:-3], headers=headers)


def doubled(request: Request, handle: Handle) -> Response:
    """A proxy sends the request twice, and loses the answers."""
    handle(request)
    handle(request)
    raise ConnectionDropped("after")


PROCESSED: dict[str, Bend] = {
    "500": answering(500, is_processed=True),
    "502": answering(502, is_processed=True, body=b"<html>"),
    "503": answering(503, is_processed=True),
    "504": answering(504, is_processed=True),
    "520": answering(520, is_processed=True),
    "dropped": dropping(is_processed=True),
    "truncated": truncated,
    "malformed": answering(200, is_processed=True, body=b"<html>"),
    "no id": answering(200, is_processed=True, body=b'{"id": ""}'),
    "redirected": answering(302, is_processed=True),
}
"""The service has the request, and nobody hears of it."""

NOT_PROCESSED: dict[str, Bend] = {
    "500 before": answering(500, is_processed=False),
    "503 before": answering(503, is_processed=False),
    "dropped before": dropping(is_processed=False),
    "malformed before": answering(200, is_processed=False, body=b"hello"),
}
"""The service has not got the request, and nobody knows."""

DOUBTFUL = {**PROCESSED, **NOT_PROCESSED}
LOST: dict[str, Bend] = {**DOUBTFUL, "no connection": no_connection}
