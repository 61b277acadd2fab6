"""Login."""

from __future__ import annotations

from typing import Any

from pytest_qchannel.assertions._probe import ask
from pytest_qchannel.errors import ExpectationFailed

__all__ = ["assert_authenticated"]


def assert_authenticated(target: Any) -> None:
    """Holds if a request is accepted, and by an access token.

    When IAM gives no access token, the client merely warns and sends the API key itself. The
    request may be accepted all the same; this assertion is not fooled.

    Args:
        target: A ``QiskitRuntimeService``, or a session with a ``base_url`` as ``qchannel_rest``.

    Raises:
        ExpectationFailed: The request was refused, or carried the API key or no credential.
        UsageProblem: ``target`` is neither a service nor a session.
    Source: ``CloudAuth.get_headers`` of qiskit-ibm-runtime 0.39 and newer.
    """
    __tracebackhide__ = True
    answer = ask(target)
    facts = [("sent", answer.sent), ("got", answer.received)]
    if answer.fell_back:
        raise ExpectationFailed(
            "assert_authenticated: the client got no access token and sent the API key itself",
            facts=facts,
            next="check the API key; qchannel.requests.to('/identity/token') shows IAM's answer",
        )
    if answer.status != 200:
        raise ExpectationFailed(
            "assert_authenticated: the request was refused",
            facts=facts,
            next="check credential and instance; qchannel.requests shows what was sent",
        )
    headers = {
        name.lower(): value for name, value in (getattr(target, "headers", None) or {}).items()
    }
    carries = "x-access-token" in headers or headers.get("authorization", "").startswith("Bearer ")
    if hasattr(target, "base_url") and not carries:
        raise ExpectationFailed(
            "assert_authenticated: the session carries no access token of its own",
            facts=facts,
            next="set the session's Authorization: Bearer or x-access-token header",
        )
