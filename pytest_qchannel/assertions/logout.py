"""Logout."""

from __future__ import annotations

from typing import Any

from pytest_qchannel.assertions._explain import scrub_text
from pytest_qchannel.assertions._probe import ask
from pytest_qchannel.errors import ExpectationFailed

__all__ = ["assert_logged_out"]


def assert_logged_out(target: Any) -> None:
    """Holds if the next use of the access token is a 401, and so is a second logout.

    Args:
        target: A ``QiskitRuntimeService``, or a session with a ``base_url`` as ``qchannel_rest``.
            Where the session knows a ``logout_url``, a second logout is tried, too.

    Raises:
        ExpectationFailed: The token still works, or the request failed in another way.
        UsageProblem: ``target`` is neither a service nor a session.
    Source: IBM's channel guide of 2024 (a second logout is a 401).
    """
    __tracebackhide__ = True
    answer = ask(target)
    facts = [("sent", answer.sent), ("got", answer.received)]
    if answer.status == 200:
        raise ExpectationFailed(
            "assert_logged_out: the access token still works",
            facts=facts,
            next="log out first, or revoke it: qchannel_emulator.revoke_access_tokens()",
        )
    if answer.status != 401:
        raise ExpectationFailed(
            "assert_logged_out: the request failed, but not with a 401",
            facts=facts,
            next="mend that failure first; qchannel.requests shows what was sent",
        )
    if getattr(target, "logout_url", None):
        second = target.logout()
        if second.status_code != 401:
            raise ExpectationFailed(
                "assert_logged_out: a second logout is not refused with a 401",
                facts=[
                    ("sent", f"POST {target.logout_url}"),
                    ("got", scrub_text(f"{second.status_code} {second.text}")),
                ],
                next="check that the session uses the token that was logged out",
            )
