"""Error bodies: each service has one shape, and each refusal one line here.

Shapes and codes are IBM's. So are the texts of :class:`Known`, each with the letter of its source;
all other texts are ours.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_qchannel import hosts
from pytest_qchannel.errors import nearest
from pytest_qchannel.ibm.fields import ERROR_PAGES
from pytest_qchannel.wire import ApiError, Json, Response

__all__ = [
    "BODY_LIMIT",
    "SAID_TOO_LARGE",
    "Code",
    "Codes",
    "Known",
    "Refusal",
    "did_you_mean",
    "iam_headers",
    "refuse",
    "refuse_as",
]

BODY_LIMIT: Final = 80 * 2**20
"""The largest body of a request, in bytes. Source: the service's documentation of job inputs."""

SAID_TOO_LARGE: Final = f"The request body is larger than {BODY_LIMIT // 2**20} MB."

Code = int | str


class Codes:
    """The codes that more than one handler uses."""

    NOT_AUTHORIZED: Final = 1200
    BAD_CREDENTIALS: Final = 1201
    TOO_MANY: Final = 1202
    TOO_MANY_TAGS: Final = 1204
    TAG_TOO_LONG: Final = 1205
    VALIDATION: Final = 1208
    CLOSED_SESSION: Final = 1217
    TOO_MANY_PENDING: Final = 3458
    CLASSIC_QUOTA: Final = 4317
    # The API description documents the refusal, and no number for it.
    USAGE_LIMIT: Final = "usage_limit_reached"
    NOT_FOUND: Final = "not_found"
    TOO_LARGE: Final = "payload_too_large"
    IAM_OTHER_METHOD: Final = "BXNIM0060E"  # pasted, with its status 405; the text is ours
    CLASSIC_LOGIN_FAILED: Final = "3446"
    CLASSIC_BAD_TOKEN: Final = "2408"  # noqa: S105 - an error code


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in the service's own words.

    Attributes:
        status: Its HTTP status.
        code: Its code; a word where no number is known.
        message: What it says; ``{}`` is what the request named.
        source: Who knows code and text: a letter of ``ibm.route.SOURCES``.
        solution: What it advises; ``None``: nothing, or nobody has seen it.
    """

    status: int
    code: Code
    message: str
    source: str
    solution: str | None = None


class Known:
    """The refusals whose words are known. Code that handles errors often looks for these words."""

    NO_JOB: Final = Refusal(
        404, 1291, "Job not found. Job ID: {}", "O",
        "Verify the job ID is correct and that you have the correct access permissions.",
    )  # fmt: skip
    NOT_AUTHORIZED: Final = Refusal(
        403, Codes.NOT_AUTHORIZED, "You are not authorized to perform this action.", "O",
        "Try again or contact support.",
    )  # fmt: skip
    BAD_CREDENTIALS: Final = Refusal(
        401, Codes.BAD_CREDENTIALS, "Invalid credentials.", "O",
        "Verify your credentials and try again.",
    )  # fmt: skip
    NO_INSTANCE: Final = Refusal(
        404, 1279, "Instance {} not found.", "O",
        "Check the CRN, and that its region is the one of the service that is asked.",
    )  # fmt: skip
    NO_SESSIONS: Final = Refusal(
        400, 1352, "You are not authorized to run a session when using the open plan.", "O",
        "Create an instance of a different plan type or use a different execution mode.",
    )  # fmt: skip
    NO_SESSION: Final = Refusal(
        404, Codes.NOT_FOUND, "Session not found. Session ID: {}", "I",
        "Verify the session ID is correct and that you have the correct access permissions.",
    )  # fmt: skip
    CLASSIC_NO_SESSION: Final = Refusal(404, Codes.NOT_FOUND, "unknown session", "O")
    CLOSED_SESSION: Final = Refusal(
        400, Codes.CLOSED_SESSION, "Session has been closed.", "O",
        "Increase the session max_time if possible, or keep session active by reducing the time "
        "between jobs.",
    )  # fmt: skip
    WRONG_MODE: Final = Refusal(500, "internal_server_error", "Internal server error", "O")
    NO_DEVICE: Final = Refusal(404, Codes.NOT_FOUND, "device not found", "O")
    BAD_SEARCH: Final = Refusal(400, "bad_request", "Bad Request", "I")
    NO_LOGS: Final = Refusal(404, Codes.NOT_FOUND, "logs not found", "O")
    NO_CALIBRATIONS: Final = Refusal(
        403, Codes.NOT_AUTHORIZED,
        "You are not authorized to use custom calibrations with your current service plan", "O",
        "Use the newest calibration, or an instance of another plan.",
    )  # fmt: skip
    CLASSIC_QUOTA: Final = Refusal(
        403, Codes.CLASSIC_QUOTA, "Job create exceeds open plan job usage limits", "O",
        "Please wait until the beginning of next month to submit more jobs when your quota will "
        "reset.",
    )  # fmt: skip
    CLASSIC_BODY: Final = Refusal(
        400, Codes.VALIDATION, "Request validation of body failed, because: {}", "O"
    )
    TOO_MANY_PENDING: Final = Refusal(
        400, Codes.TOO_MANY_PENDING,
        "You have reached the limit of {} pending jobs. Please wait for a job to complete or "
        "cancel one before submitting anything new.", "O",
        "Wait for a job to end, or cancel one.",
    )  # fmt: skip
    # Of these two the words are known, and nothing else: the transpiler service tells no code.
    NO_TRANSPILER_TOKEN: Final = Refusal(
        401, "unauthorized", "Invalid authentication credentials", "T"
    )
    NO_ACCESS_TO_BACKEND: Final = Refusal(
        403, "forbidden", "User doesn't have access to the specified backend: {}", "T"
    )


_NAMES: Final[Mapping[int, str]] = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    501: "NOT_IMPLEMENTED",
}

_MORE_INFO, _GATEWAY_INFO = ERROR_PAGES

# What the classic platform's gateway refuses before the runtime service sees it.
_GATEWAY: Final[frozenset[Code]] = frozenset({Codes.VALIDATION, Codes.CLASSIC_QUOTA})


def _runtime(status: int, code: Code, message: str, solution: str | None, trace: str) -> Response:
    """The runtime service's container, the same on today's channels and on the classic one."""
    error: dict[str, Json] = {"code": code, "message": message}
    if solution is not None:
        error["solution"] = solution
    error["more_info"] = _MORE_INFO
    # A UUID of version 4.
    dashed = str(uuid.UUID(trace, version=4))
    return Response.json({"errors": [error], "trace": dashed}, status)


def _classic_runtime(
    status: int, code: Code, message: str, solution: str | None, trace: str
) -> Response:
    if code not in _GATEWAY:
        return _runtime(status, code, message, solution, trace)
    error: dict[str, Json] = {"message": message, "code": code}
    if solution is not None:
        error["solution"] = solution
    error["more_info"] = _GATEWAY_INFO
    return Response.json({"errors": [error]}, status)


def _classic(status: int, code: Code, message: str, solution: str | None, trace: str) -> Response:  # noqa: ARG001 - this shape advises nothing
    error: dict[str, Json] = {
        "status": status,
        "statusCode": status,
        "name": _NAMES.get(status, "ERROR"),
        "message": message,
        "code": str(code),
    }
    # The client only understands this shape when the trace header is there.
    return Response.json({"error": error}, status, {"uber-trace-id": trace})


def iam_headers(trace: str) -> dict[str, str]:
    """What IAM says around every answer.

    Left out are the headers whose values are the network's (``Akamai-GRN``, the time that the
    service took) or not known (``Strict-Transport-Security``).
    """
    return {
        "Content-Type": "application/json",
        "Content-Language": "en-US",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Pragma": "no-cache",
        "Expires": "0",
        "transaction-id": trace,
        "x-correlation-id": trace,
        "x-request-id": str(uuid.UUID(trace, version=4)),
        "ibm-cloud-service-name": "iam-identity",
        "x-content-type-options": "nosniff",
    }


def _iam(status: int, code: Code, message: str, solution: str | None, trace: str) -> Response:  # noqa: ARG001 - this shape advises nothing
    context = {"requestId": trace, "requestType": "incoming.Identity_Token", "locale": "en_US"}
    body: dict[str, Json] = {"errorCode": str(code), "errorMessage": message, "context": context}
    return Response.json(body, status, iam_headers(trace))


def _platform(status: int, code: Code, message: str, solution: str | None, trace: str) -> Response:  # noqa: ARG001 - this shape advises nothing
    errors = [{"code": str(code), "message": message}]
    return Response.json({"errors": errors, "trace": trace, "status_code": status}, status)


def _transpiler(
    status: int,
    code: Code,  # noqa: ARG001 - this shape has the text alone
    message: str,
    solution: str | None,  # noqa: ARG001
    trace: str,  # noqa: ARG001
) -> Response:
    return Response.json({"detail": message}, status)


_SHAPES: Final[Mapping[str, Callable[[int, Code, str, str | None, str], Response]]] = {
    hosts.RUNTIME: _runtime,
    hosts.IAM: _iam,
    hosts.SEARCH: _platform,
    hosts.CATALOG: _platform,
    hosts.CONTROLLER: _platform,
    hosts.CLASSIC_AUTH: _classic,
    hosts.CLASSIC_NETWORK: _classic,
    hosts.CLASSIC_RUNTIME: _classic_runtime,
    hosts.TRANSPILER: _transpiler,
}

_SOLUTIONS: Final[Mapping[int, str]] = {
    400: "Mend the request body or query that the message names.",
    401: "Use a valid API key or access token.",
    403: "Use an instance that belongs to the account of the credential.",
    409: "Look at the state of the job first.",
    429: "Wait as long as Retry-After says.",
}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: what comes closest, or nothing."""
    close = nearest(name, known)
    return f" Did you mean {close}?" if close else ""


def refuse(
    service: str, status: int, code: Code, message: str, trace: str, solution: str | None = None
) -> ApiError:
    """The refusal of a service as an exception to raise, in the shape of that service's errors.

    Args:
        service: A name of ``hosts.SERVICES``.
        status: The HTTP status.
        code: A number, or a word: then the service gives no advice, as far as anybody has seen.
        message: What it says.
        trace: 32 hexadecimal digits.
        solution: What it advises; by default what there is for the status, which may be nothing.
    """
    if solution is None and not isinstance(code, str):
        solution = _SOLUTIONS.get(status)
    return ApiError(_SHAPES[service](status, code, message, solution, trace))


def refuse_as(
    service: str, known: Refusal, trace: str, named: object = "", advice: str | None = None
) -> ApiError:
    """A refusal in the service's own words.

    Args:
        service: A name of ``hosts.SERVICES``.
        known: One of :class:`Known`.
        trace: 32 hexadecimal digits.
        named: What the request named.
        advice: What stands in place of a solution that nobody has seen.
    """
    message = known.message.format(named)
    solution = advice or known.solution
    return ApiError(_SHAPES[service](known.status, known.code, message, solution, trace))
