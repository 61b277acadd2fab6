"""Logout."""

from __future__ import annotations

from typing import Any

from pytest_qchannel.assertions._explain import explain_error, scrub_text
from pytest_qchannel.assertions._probe import ask
from pytest_qchannel.errors import ExpectationFailed, QChannelError

__all__ = ["assert_logged_out"]


def assert_logged_out(target: Any) -> None:
    """Holds if the next use of the access token is a 401, and so is a second logout.

    Args:
        target: A ``QiskitRuntimeService``, or a session with a ``base_url`` as ``qchannel_rest``.
            Where the session knows a ``logout_url``, a second logout is tried, too.

    Raises:
        ExpectationFailed: The token still works, the request failed in another way, or no access
            token travelled, so that the answer says nothing about one.
        UsageProblem: ``target`` is neither a service nor a session.
    Source: IBM's channel guide of 2024 (a second logout is a 401).
    """
    __tracebackhide__ = True
    answer = ask(target)
    facts = [("got", answer.received), ("wanted", "IBMNotAuthorizedError (a 401)")]
    if answer.carried != "token":
        said = (
            "the API key itself travelled, so the answer tells nothing about an access token"
            if answer.carried == "key"
            else "no access token travelled, so the answer tells nothing about one"
        )
    elif answer.status == 200:
        said = "the access token still works"
    elif answer.status != 401:
        said = "the service gave something else than 401"
    else:
        _require_second_refusal(target)
        return
    raise ExpectationFailed(
        f"assert_logged_out: {said}",
        where=answer.where,
        facts=facts,
        next="log out first, or revoke the token: qchannel_emulator.revoke_access_tokens()",
    )


def _require_second_refusal(target: Any) -> None:
    __tracebackhide__ = True
    if getattr(target, "logout_url", None) is None or not callable(getattr(target, "logout", None)):
        return
    status, received = 0, ""
    try:
        second = target.logout()
        status, received = second.status_code, scrub_text(f"{second.status_code} {second.text}")
    except QChannelError:
        raise
    except Exception as error:  # any HTTP library's
        received = explain_error(error)
    if status != 401:
        raise ExpectationFailed(
            "assert_logged_out: a second logout was not refused",
            where=f"POST {target.logout_url}",
            facts=[("got", received), ("wanted", "401")],
            next="check that the session uses the token that was logged out",
        )
