"""A person's real credential in a request that goes nowhere: the code under test is told so."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from pytest_qchannel.errors import QChannelError, RealSecretRefused
from pytest_qchannel.wire import Handle, Link, Request, Response

if TYPE_CHECKING:
    from pytest_qchannel.secret import Secret

__all__ = ["refusing", "require_no_real_secret"]

# A credential travels in a header, a login body or a query; job submissions are larger.
_LARGEST_LOGIN: Final = 16_384


def require_no_real_secret(request: Request, secrets: Sequence[Secret], where: str) -> None:
    """Passes a request that holds none of the secrets.

    Args:
        request: What was sent.
        secrets: The person's own credentials, as the environment had them.
        where: The test, for the error.

    Raises:
        RealSecretRefused: It holds one; the error names its variable.
    """
    if not secrets:
        return
    texts = list(_texts(request))
    for secret in secrets:
        value = secret.reveal()
        if any(value in text for text in texts):
            path = "" if value in unquote_plus(request.path) else request.path
            raise RealSecretRefused(
                f"the code under test sent the real credential of {secret.env_var}",
                where=f"{where}, {request.method} https://{request.host}{path}",
                next=f"read {secret.env_var} when it is needed, not at import time: the "
                "fixtures put an emulated credential there",
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


def _texts(request: Request) -> Iterable[str]:
    texts = [*request.headers.values(), request.query_string, request.path]
    if len(request.body) <= _LARGEST_LOGIN:
        texts.append(request.body.decode("utf-8", "replace"))
    yield from texts
    yield from (unquote_plus(text) for text in texts)
    yield _basic_credentials(request.headers.get("authorization", ""))


def _basic_credentials(authorization: str) -> str:
    """What ``Authorization: Basic`` carries, decoded; empty for other schemes."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode("utf-8", "replace")
    except binascii.Error:
        return ""
