"""Error bodies: each service has one shape, and each refusal one line here.

Codes and shapes are IBM's (its error registry, its API description); the texts are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pytest_qchannel import hosts
from pytest_qchannel.errors import nearest
from pytest_qchannel.wire import ApiError, Json, Response

__all__ = ["Code", "Codes", "did_you_mean", "refuse"]

Code = int | str


class Codes:
    """The codes that more than one handler uses."""

    NOT_AUTHORIZED: Final = 1200
    BAD_CREDENTIALS: Final = 1201
    TOO_MANY_TAGS: Final = 1204
    TAG_TOO_LONG: Final = 1205
    VALIDATION: Final = 1208
    TOO_MANY_PENDING: Final = 3458
    CLOSED_SESSION: Final = 4001
    # The API description documents the refusal, and no number for it.
    USAGE_LIMIT: Final = "usage_limit_reached"
    NOT_FOUND: Final = "not_found"
    TOO_LARGE: Final = "payload_too_large"
    CLASSIC_LOGIN_FAILED: Final = "3446"
    CLASSIC_BAD_TOKEN: Final = "2408"  # noqa: S105 - an error code
    CLASSIC_JOB_NOT_FOUND: Final = "3250"
    CLASSIC_BACKEND_NOT_FOUND: Final = "2000"


_NAMES: Final[Mapping[int, str]] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    501: "NOT_IMPLEMENTED",
}


def _runtime(status: int, code: Code, message: str, trace: str) -> Response:
    error: dict[str, Json] = {
        "code": code,
        "message": message,
        "solution": _SOLUTIONS.get(code) or _SOLUTIONS.get(status, "Check the request."),
        "more_info": f"https://quantum.cloud.ibm.com/docs/errors#{code}",
    }
    return Response.json({"errors": [error], "trace": trace}, status)


def _classic(status: int, code: Code, message: str, trace: str) -> Response:
    error: dict[str, Json] = {
        "status": status,
        "statusCode": status,
        "name": _NAMES.get(status, "ERROR"),
        "message": message,
        "code": str(code),
    }
    # The client only understands this shape when the trace header is there.
    return Response.json({"error": error}, status, {"uber-trace-id": trace})


def _iam(status: int, code: Code, message: str, trace: str) -> Response:
    context = {"requestId": trace, "requestType": "incoming.Identity_Token", "locale": "en_US"}
    return Response.json(
        {"errorCode": str(code), "errorMessage": message, "context": context}, status
    )


def _platform(status: int, code: Code, message: str, trace: str) -> Response:
    errors = [{"code": str(code), "message": message}]
    return Response.json({"errors": errors, "trace": trace, "status_code": status}, status)


_SHAPES: Final[Mapping[str, Callable[[int, Code, str, str], Response]]] = {
    hosts.RUNTIME: _runtime,
    hosts.IAM: _iam,
    hosts.SEARCH: _platform,
    hosts.CATALOG: _platform,
    hosts.CONTROLLER: _platform,
    hosts.CLASSIC_AUTH: _classic,
    hosts.CLASSIC_NETWORK: _classic,
    hosts.CLASSIC_RUNTIME: _classic,
}

_SOLUTIONS: Final[Mapping[Code, str]] = {
    400: "Mend the request body or query that the message names.",
    401: "Use a valid API key or access token.",
    403: "Use an instance that belongs to the account of the credential.",
    404: "Check the name or id, and the instance and region it belongs to.",
    409: "Look at the state of the job first.",
    1352: "Use batch or job mode, or an instance of a plan that has sessions.",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: what comes closest, or nothing."""
    close = nearest(name, known)
    return f" Did you mean {close}?" if close else ""


def refuse(service: str, status: int, code: Code, message: str, trace: str) -> ApiError:
    """The refusal of a service as an exception to raise, in the shape of that service's errors."""
    return ApiError(_SHAPES[service](status, code, message, trace))
