"""Login."""

from __future__ import annotations

from pytest_qchannel.assertions._probe import ask
from pytest_qchannel.errors import ExpectationFailed

__all__ = ["assert_authenticated"]


def assert_authenticated(target: object) -> None:
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
    got = [("got", answer.received)]
    if answer.warning:
        raise ExpectationFailed(
            "assert_authenticated: the access token could not be had, and the API key itself "
            "travelled",
            where=answer.where,
            facts=[*got, ("warned", answer.warning)],
            next="look at the answer of https://iam.cloud.ibm.com/identity/token: "
            "qchannel.requests.to('/identity/token')",
        )
    if answer.status == 401:
        raise ExpectationFailed(
            "assert_authenticated: the service refused the credential",
            where=answer.where,
            facts=got,
            next="check credential and instance; qchannel.requests shows what was sent",
        )
    if answer.status != 200:
        raise ExpectationFailed(
            "assert_authenticated: the service gave neither 200 nor 401, which proves nothing",
            where=answer.where,
            facts=got,
            next="mend that failure first; qchannel.requests shows what was sent",
        )
    if answer.carried != "token":
        what = "the API key itself" if answer.carried == "key" else "no access token"
        raise ExpectationFailed(
            f"assert_authenticated: the session carries {what}",
            where=answer.where,
            facts=got,
            next="set its header to Authorization: Bearer <access token>, or x-access-token",
        )
