"""Logout."""

from __future__ import annotations

from typing import Protocol, TypeGuard

from pytest_qchannel.assertions._explain import explain_error, scrub_text
from pytest_qchannel.assertions._probe import Reply, ask, secrets_of
from pytest_qchannel.errors import ExpectationFailed, QChannelError

__all__ = ["assert_logged_out"]


def assert_logged_out(target: object) -> None:
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
        next="log out first, or end the access: qchannel.revoke_access() (not live: IAM has no "
        "call that ends an access token)",
    )


class _Classic(Protocol):
    logout_url: str

    def logout(self) -> Reply: ...


def _has_logout(target: object) -> TypeGuard[_Classic]:
    has_url = getattr(target, "logout_url", None) is not None
    return has_url and callable(getattr(target, "logout", None))


def _require_second_refusal(target: object) -> None:
    __tracebackhide__ = True
    if not _has_logout(target):
        return
    secrets = secrets_of(target)
    status, received = 0, ""
    try:
        second = target.logout()
        status = second.status_code
        received = scrub_text(f"{status} {second.text}", secrets)
    except QChannelError:
        raise
    except Exception as error:  # any HTTP library's
        received = explain_error(error, secrets)
    if status != 401:
        raise ExpectationFailed(
            "assert_logged_out: a second logout was not refused",
            where=f"POST {target.logout_url}",
            facts=[("got", received), ("wanted", "401")],
            next="check that the session uses the token that was logged out",
        )
