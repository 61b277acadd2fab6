"""One harmless authenticated request, through the client or over REST, and how it was answered."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

from pytest_qchannel.assertions._explain import scrub_text
from pytest_qchannel.errors import UsageProblem

__all__ = ["Answer", "ask"]

_FALLBACK: Final = "API Key will be used instead"
_UNAUTHORIZED: Final = "IBMNotAuthorizedError"
_PATH: Final = "/jobs"


@dataclass(frozen=True, slots=True)
class Answer:
    """How the request was answered.

    ``status`` is 200, 401, or ``None`` for anything else; ``fell_back`` tells that the client
    sent the API key itself for want of an access token.
    """

    sent: str
    received: str
    status: int | None
    fell_back: bool = False


def ask(target: Any) -> Answer:
    """Lists at most one job with a service or a session.

    Raises:
        UsageProblem: ``target`` is neither.
    """
    if hasattr(target, "base_url") and callable(getattr(target, "get", None)):
        return _ask_rest(target)
    if callable(getattr(target, "jobs", None)):
        return _ask_service(target)
    raise UsageProblem(
        f"cannot ask a {type(target).__name__} for its jobs",
        next="pass a QiskitRuntimeService or the qchannel_rest session",
    )


def _ask_rest(session: Any) -> Answer:
    answer = session.get(_PATH, params={"limit": 1}, timeout=60)
    known = answer.status_code in (200, 401)
    return Answer(
        sent=scrub_text(f"GET {answer.url}"),
        received=scrub_text(f"{answer.status_code} {answer.text}"),
        status=answer.status_code if known else None,
    )


def _ask_service(service: Any) -> Answer:
    sent = "service.jobs(limit=1)"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            service.jobs(limit=1)
            received, status = "a list of jobs", 200
        except Exception as error:  # each client has its own family of errors
            received = scrub_text(f"{type(error).__name__}: {error}")
            names = {kind.__name__ for kind in type(error).__mro__}
            status = 401 if _UNAUTHORIZED in names else 0
    fell_back = any(_FALLBACK in str(one.message) for one in caught)
    for one in caught:
        if _FALLBACK not in str(one.message):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return Answer(sent, received, status or None, fell_back)
