"""A person's real credential in a request that goes nowhere: the code under test is told so."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote_plus, unquote_to_bytes

from pytest_qchannel.errors import QChannelError, RealSecretRefused
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import find
from pytest_qchannel.secret import Secret, plain_of
from pytest_qchannel.wire import Handle, Link, Request, Response

__all__ = ["refusing", "require_no_real_secret"]


def require_no_real_secret(request: Request, secrets: Sequence[Secret], where: str) -> None:
    """Passes a request that holds none of the secrets.

    Args:
        request: What was sent.
        secrets: The person's own credentials.
        where: The test, for the error.

    Raises:
        RealSecretRefused: It holds one; the error names its variable.
    """
    if not secrets:
        return
    # Bytes, because a job's body may have many megabytes: it is searched as it is.
    texts = list(_texts(request))
    for secret in secrets:
        value = secret.reveal()
        if any(plain_of(value) in text for text in texts):
            path = "" if value in unquote_plus(request.path) else request.path
            raise RealSecretRefused(
                f"the code under test sent the real credential of {secret.env_var}",
                where=f"{where}, {request.method} https://{request.host}{path}",
                next="leave it out of what is submitted: a login alone needs it"
                if _is_content(request, plain_of(value))
                else _advice(secret.env_var),
            )


def refusing(
    secrets: Sequence[Secret], where: Callable[[], str], problems: list[QChannelError]
) -> Link:
    """Refuses requests that hold one of the secrets.

    Args:
        secrets: The person's own credentials.
        where: Gives the test, for errors.
        problems: Where a refusal is put, too: the code under test may swallow it.
    """

    def handle(request: Request, answer: Handle) -> Response:
        try:
            require_no_real_secret(request, secrets, where())
        except RealSecretRefused as refused:
            problems.append(refused)
            raise
        return answer(request)

    return handle


def _is_content(request: Request, value: bytes) -> bool:
    """Whether it stands in what a service is given to keep, as a job's tags, and is no login."""
    found = find(request.method, request.host, request.path)
    if found is None or found.route.action is Action.LOGIN:
        return False
    alone = Request(request.method, request.host, "/", {}, "", request.body)
    return any(value in text for text in _texts(alone))


def _advice(name: str) -> str:
    if "/" in name:
        return (
            "let the client log in without token= and name=, or use the fixture qchannel_service: "
            "in the lane its account file is another one"
        )
    return (
        f"read {name} when it is needed, not at import time, or take token= or filename= away: "
        "the fixtures put an emulated credential there"
    )


def _texts(request: Request) -> Iterable[bytes]:
    """All that is sent, as it is and without percent-encoding, where there is any."""
    headers = "\n".join(request.headers.values())
    for text in (headers, request.query_string, request.path):
        yield text.encode("utf-8", "replace")
        yield unquote_plus(text).encode("utf-8", "replace")
    yield request.body
    if b"%" in request.body or b"+" in request.body:
        yield unquote_to_bytes(request.body.replace(b"+", b" "))
    yield _basic_credentials(request.headers.get("authorization", ""))


def _basic_credentials(authorization: str) -> bytes:
    """What ``Authorization: Basic`` carries, decoded; empty for other schemes."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return b""
