"""What a fault answers: the refusal of the service that was asked, and spoiled bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pytest_qchannel import hosts
from pytest_qchannel.emulator.api.refusals import Code, Codes, refuse
from pytest_qchannel.emulator.faults.model import Fault
from pytest_qchannel.wire import Response

__all__ = ["STATUS_NAMES", "refusal", "spoil"]

STATUS_NAMES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: Codes.NOT_FOUND,
    408: "request_timeout",
    409: "conflict",
    413: Codes.TOO_LARGE,
    429: "too_many_requests",
    500: "internal_server_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
    520: "unknown_error",
    521: "web_server_down",
    522: "connection_timed_out",
    524: "timeout_occurred",
}
"""The statuses that a fault can have, and their names: the code where no number is documented.

The last four are those of the content network before the service; the client retries them.
"""

_RUNTIME: Final[Mapping[int, Code]] = {
    400: Codes.VALIDATION,
    401: Codes.BAD_CREDENTIALS,
    403: Codes.NOT_AUTHORIZED,
    429: Codes.TOO_MANY,
    503: 1999,
}
_NUMBERS: Final[Mapping[str, Mapping[int, Code]]] = {
    hosts.RUNTIME: _RUNTIME,
    hosts.CLASSIC_RUNTIME: _RUNTIME,
    hosts.CLASSIC_NETWORK: {401: Codes.CLASSIC_BAD_TOKEN},
    hosts.CLASSIC_AUTH: {401: Codes.CLASSIC_LOGIN_FAILED},
    hosts.IAM: {400: "BXNIM0415E"},
}
"""Source: IBM's error registry; what is not in it has the status's name for a code."""


def _default_code(service: str, status: int, *, is_submission: bool) -> Code:
    """The code of a refusal that does not name one."""
    if status == 409 and is_submission:
        return Codes.USAGE_LIMIT
    return _NUMBERS.get(service, {}).get(status, STATUS_NAMES[status])


def refusal(fault: Fault, service: str, trace: str, *, is_submission: bool = False) -> Response:
    """The answer that a fault with a status gives, in the service's own shape.

    Args:
        fault: The fault.
        service: The service that was asked.
        trace: Names the answer in the service's logs.
        is_submission: Whether ``POST /jobs`` is refused, whose 409 is the usage limit.
    """
    assert fault.status is not None
    code = fault.code
    if code is None:
        code = _default_code(service, fault.status, is_submission=is_submission)
    message = fault.message or f"{_said(fault.status)} (a fault of the test: {fault})."
    response = refuse(service, fault.status, code, message, trace).response
    if fault.retry_after_s is None:
        return response
    return replace(response, headers={**response.headers, "Retry-After": str(fault.retry_after_s)})


def _said(status: int) -> str:
    return STATUS_NAMES[status].replace("_", " ").capitalize()


def spoil(fault: Fault, response: Response) -> Response:
    """The answer with its body as the fault leaves it.

    ``malformed`` is complete as far as HTTP goes, and no JSON; of ``truncated`` the connection
    ends before all of the bytes that ``Content-Length`` promises have come.
    """
    if fault.body is None:
        return response
    # Also an answer without a body gets one: that is what makes it malformed.
    whole = response.body or b"{}"
    cut = whole[: len(whole) // 2]
    if fault.body == "malformed":
        return replace(response, body=cut + b"<")
    return replace(
        response, body=cut, headers={**response.headers, "Content-Length": str(len(whole))}
    )
