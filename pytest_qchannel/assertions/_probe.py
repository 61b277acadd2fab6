"""One harmless authenticated request, through the client or over REST, and how it was answered."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import Final, Protocol, TypeGuard

from pytest_qchannel.assertions._explain import explain_error, scrub_text
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.secret import Secret

__all__ = ["Answer", "Reply", "ask", "secrets_of"]

PATH: Final = "/jobs?limit=1"

_FALLBACK: Final = "API Key will be used instead"
_UNAUTHORIZED: Final = "IBMNotAuthorizedError"


@dataclass(frozen=True)
class Answer:
    """How the request was answered.

    Attributes:
        where: What was asked, and which service.
        status: 200, 401, or 0 for anything else.
        received: The answer in words, scrubbed.
        carried: ``token`` for an access token, ``key`` for the API key itself (which the client
            falls back to when IAM fails), ``nothing`` where no credential was sent.
        warning: What the client said when it fell back.
    """

    where: str
    status: int
    received: str
    carried: str = "token"
    warning: str = ""


class Reply(Protocol):
    """The answer of an HTTP library."""

    status_code: int
    text: str


class Session(Protocol):
    """A session of an HTTP library that knows its base URL, as ``qchannel_rest``."""

    base_url: str

    def get(self, url: str, *, timeout: float) -> Reply:
        """Sends a GET."""


class Service(Protocol):
    """A ``QiskitRuntimeService``."""

    def jobs(self, *, limit: int) -> object:
        """Lists jobs."""


def ask(target: object) -> Answer:
    """Lists at most one job with a service or a session.

    Raises:
        UsageProblem: ``target`` is neither.
        QChannelError: A rule of the kit was broken on the way, such as a blocked host.
    """
    if _is_session(target):
        return _ask_session(target)
    if _is_service(target):
        return _ask_service(target)
    raise UsageProblem(
        f"a {type(target).__name__} is neither a service nor a session with a base_url",
        next="pass qchannel_service or qchannel_rest",
    )


def _is_session(target: object) -> TypeGuard[Session]:
    has_base = isinstance(getattr(target, "base_url", None), str)
    return has_base and callable(getattr(target, "get", None))


def _is_service(target: object) -> TypeGuard[Service]:
    return callable(getattr(target, "jobs", None))


def _ask_session(session: Session) -> Answer:
    where = f"{session.base_url}, GET {PATH}"
    carried, secrets = _credential(session), secrets_of(session)
    error: Exception | None = None
    try:
        answer = session.get(PATH, timeout=60)
    except QChannelError:
        raise
    except Exception as caught:  # any HTTP library's
        error = caught
    if error is not None:
        return Answer(where, 0, explain_error(error, secrets), carried)
    status = answer.status_code if answer.status_code in (200, 401) else 0
    received = scrub_text(f"{answer.status_code} {answer.text}", secrets)
    return Answer(where, status, received, carried)


def secrets_of(session: object) -> list[Secret]:
    """The credential that a session sends, so that an answer which repeats it can be shown."""
    token, (_, value) = _sent(session)
    return [Secret("the session's credential", one) for one in (token, value) if one]


def _credential(session: object) -> str:
    token, (scheme, value) = _sent(session)
    if token:
        return "token"
    kind = {"bearer": "token", "apikey": "key"}.get(scheme.lower(), "nothing")
    return kind if value else "nothing"


def _sent(session: object) -> tuple[str, tuple[str, str]]:
    """The header of the classic platform, and scheme and value of ``Authorization``."""
    headers = getattr(session, "headers", None) or {}
    sent = {
        str(name).lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
        if value is not None
    }
    scheme, _, value = sent.get("authorization", "").strip().partition(" ")
    return sent.get("x-access-token", ""), (scheme, value.strip())


def _ask_service(service: Service) -> Answer:
    channel = getattr(service, "_channel", None)
    said = f", channel {channel}" if channel else ""
    where = f"{type(service).__name__}{said}, GET {PATH}"
    error: Exception | None = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            service.jobs(limit=1)
        except QChannelError:
            raise
        except Exception as raised:  # each client has its own family
            error = raised
    fallback = [str(one.message) for one in caught if _FALLBACK in str(one.message)]
    carried = "key" if fallback else "token"
    warned = scrub_text(fallback[0]) if fallback else ""
    if not fallback:
        _issue_again(caught)
    if error is None:
        return Answer(where, 200, "a list of jobs", carried, warned)
    names = {kind.__name__ for kind in type(error).__mro__}
    status = 401 if _UNAUTHORIZED in names else 0
    return Answer(where, status, explain_error(error), carried, warned)


def _issue_again(caught: list[warnings.WarningMessage]) -> None:
    """Issues the recorded warnings once more, under the filters of the test."""
    modules = {getattr(module, "__file__", None): name for name, module in sys.modules.items()}
    for one in caught:
        module = modules.get(one.filename)
        warnings.warn_explicit(
            one.message, one.category, one.filename, one.lineno, module=module, source=one.source
        )
