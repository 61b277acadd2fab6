"""A submission, as it came to the door: a job, or a session for jobs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from pytest_qchannel.hosts import RUNTIME
from pytest_qchannel.ibm.route import Action
from pytest_qchannel.ibm.table import Found
from pytest_qchannel.lanes.live.access import Access
from pytest_qchannel.lanes.live.clock import Clock, waited
from pytest_qchannel.lanes.live.entry import Kind
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.terms import LiveTest
from pytest_qchannel.wire import Handle, Json, Request

__all__ = ["Order", "kind_of", "order_of"]

_OPENS: Final = "start_session"


@dataclass(frozen=True, slots=True)
class Order:
    """A submission.

    Attributes:
        request: What was sent.
        body: Its body.
        kind: What it makes.
        access: How its instance is asked.
        test: The test that sent it.
        send: What stands behind.
        swept: How often the test had been swept when it came.
    """

    request: Request
    body: Mapping[str, Json]
    kind: Kind
    access: Access
    test: LiveTest
    send: Handle
    swept: int

    @property
    def is_late(self) -> bool:
        """Whether its test has ended since it came: nobody would sweep what it makes."""
        return self.test.is_over or self.test.swept != self.swept

    def wait(self, clock: Clock, seconds: float) -> bool:
        """Waits while its test goes on; whether it still does."""
        return waited(clock, seconds, lambda: self.is_late)

    @property
    def key(self) -> str:
        """What is the same where it comes again."""
        parts = (
            self.test.allowance.test.encode("utf-8", "backslashreplace"),
            self.access.instance.encode(),
            self.request.path.encode(),
            self.request.body,
        )
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    @property
    def backend(self) -> str:
        """The backend that it names; empty where it names none."""
        name = self.body.get("backend")
        return name if isinstance(name, str) else ""

    @property
    def where(self) -> str:
        """The place, for messages."""
        return f"{self.test.allowance.test}, {self.request.method} {self.request.path}"

    def refuse_late(self) -> NoReturn:
        """Refuses to send what has waited for longer than its test was there.

        Raises:
            LiveRefused: Always.
        """
        self.refuse("its test has ended meanwhile", "let the test wait for what its threads submit")

    def refuse(self, why: str, mend: str, outcome: str = "code") -> NoReturn:
        """Refuses to send it.

        Raises:
            LiveRefused: Always; it is a problem of the test, too.
        """
        what = "a job" if self.kind is Kind.JOB else f"a {self.kind}"
        raise self.test.complain(
            LiveRefused(f"{what} was not sent: {why}", outcome=outcome, where=self.where, next=mend)
        )


def kind_of(found: Found) -> Kind | None:
    """What a request submits; of a session only its body tells which kind it is."""
    if found.route.service != RUNTIME:
        return None
    if found.route.action is Action.SUBMISSION:
        return Kind.JOB
    return Kind.SESSION if found.route.key == "POST /sessions" else None


def order_of(request: Request, found: Found, test: LiveTest, send: Handle) -> Order | None:
    """The submission that a request is, or ``None`` for any other request.

    Raises:
        LiveRefused: Its body cannot be read, so nothing can be said of its limits.
    """
    kind = kind_of(found)
    if kind is None:
        return None
    try:
        body = request.json()
    except ValueError:
        body = None
    access, swept = Access.of(request, found.host), test.swept
    if not isinstance(body, Mapping):
        order = Order(request, {}, kind, access, test, send, swept)
        order.refuse("its body is no JSON object", "send a body as the API describes it")
    if kind is Kind.SESSION and body.get("mode") == "batch":
        kind = Kind.BATCH
    order = Order(request, body, kind, access, test, send, swept)
    # There are JSON readers that take "Cost" for "cost", and the last of them counts.
    strange = next((name for name in body if name != name.casefold()), None)
    if strange is None and body.get(_OPENS) not in (None, False, "False"):
        strange = _OPENS  # of old clients: opens a session; the service refuses it since 2024
    if strange is not None:
        order.refuse(
            f"nobody knows what its field {strange[:40]!r} makes it cost",
            "send a body as the API describes it; a session is opened by a request of its own",
        )
    return order
