"""Sends a submission exactly once, within the budget: ``POST /jobs`` and ``POST /sessions``.

Before it is sent it is written into the ledger, and has the one tag that tells its job from all
others. What the answer may be:

- with an id: it is the end of the matter, and so is a refusal (4xx).
- 429: it was not taken, and is sent again after ``Retry-After``.
- anything else, or none: whether the service has it is not known. Its tag is looked up; a job that
  is there is what the code under test gets. Else the answer is handed on as it was, and the same
  body, when it comes again, is the same submission: it is looked up first, and keeps its tag.

No connection at all is none of these: it was never sent.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from pytest_qchannel.ibm.table import find
from pytest_qchannel.lanes.live.access import Unanswered, json_of, with_body
from pytest_qchannel.lanes.live.admission import Admission
from pytest_qchannel.lanes.live.entry import LOST_NOTE, NOT_THERE_NOTE, Entry, Kind, State
from pytest_qchannel.lanes.live.ledger import WrongStep
from pytest_qchannel.lanes.live.lookup import cancel, close, duplicates, find_jobs, search_jobs
from pytest_qchannel.lanes.live.order import Order, order_of
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.tags import BadTags, tagged
from pytest_qchannel.lanes.live.terms import CurrentTest, Terms
from pytest_qchannel.lanes.live.watching import Usages
from pytest_qchannel.wire import ConnectionDropped, Handle, Json, Request, Response

__all__ = ["Submissions"]

RETRY_AFTER_S: Final = 12.0
"""How long it is waited after a 429 without ``Retry-After``: five jobs a minute are documented."""

GIVE_UP_S: Final = 30.0
"""A submission whose answer was lost is given up for another one after so many seconds."""

_OLD_LIMIT: Final = "max_session_ttl"
"""What the classic platform calls ``max_ttl``: two limits leave open which one counts."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A submission of which it is not known whether the service has it, and what was handed on."""

    entry: Entry
    outcome: Response | ConnectionDropped


class Submissions:
    """The link that submissions pass; all else goes by.

    Args:
        terms: What the run may do.
        settling: The way to the ledger and the clock.
        usages: What is known of the usage of instances.
        test: Gives the test that runs now.
    """

    def __init__(self, terms: Terms, settling: Settling, usages: Usages, test: CurrentTest) -> None:
        self._terms = terms
        self._ledger = settling.ledger
        self._clock = settling.clock
        self._test = test
        self._admission = Admission(terms, settling, usages, self._give_up)
        self._lock = threading.Lock()
        self._doubts: dict[str, _Doubt] = {}

    def __call__(self, request: Request, answer: Handle) -> Response:
        """The answer to a request; a submission is sent exactly once.

        Raises:
            ConnectionDropped: There is no answer, and the service does not have the submission,
                or nobody knows.
            LiveRefused: It was not sent.
        """
        found = find(request.method, request.host, request.path)
        order = order_of(request, found, self._test(), answer) if found else None
        if order is None:
            return answer(request)
        with self._lock:
            doubt = self._doubts.pop(order.key, None)
        if doubt is not None:
            return self._again(order, doubt)
        entry = self._admission.admit(order)
        try:
            ready = self._ready(order, entry)
        except BaseException:
            self._ledger.move(entry.n, State.VOID, note="it was never sent")
            raise
        return self._send(order, entry, ready)

    def _ready(self, order: Order, entry: Entry) -> Request:
        """The request as it is sent: with the lane's tags and limits."""
        if order.kind is not Kind.JOB:
            body = {name: text for name, text in order.body.items() if name != _OLD_LIMIT}
            return with_body(order.request, {**body, "max_ttl": entry.cost})
        try:
            tags = tagged(order.body.get("tags"), self._terms.run, entry.tag)
        except BadTags as bad:
            order.refuse(str(bad), "take tags away, or shorten them: 3 are the lane's")
        return with_body(order.request, {**order.body, "tags": tags, "cost": entry.cost})

    def _give_up(self, order: Order, entry: Entry) -> None:
        """Looks once more for a submission that nobody has sent again for some time."""
        with self._lock:
            known = [pair for pair in self._doubts.items() if pair[1].entry.n == entry.n]
        if not known or self._clock.now() - entry.changed_at < GIVE_UP_S:
            return
        [(key, doubt)] = known
        jobs = None
        with suppress(Unanswered):
            jobs = find_jobs(entry, self._terms.run, order.access, order.send)
        with self._lock:
            if jobs is None or self._doubts.get(key) is not doubt:
                return  # what came again meanwhile looks for itself
            if jobs:
                # The code has not heard of it: it gets the job if it asks for the same again.
                self._doubts[key] = replace(doubt, outcome=self._take(order, entry, jobs))
            else:
                del self._doubts[key]
                self._ledger.move(entry.n, State.VOID, note=NOT_THERE_NOTE)

    def _send(self, order: Order, entry: Entry, ready: Request) -> Response:
        """Sends it, and finds out whether it arrived."""
        if entry.state is State.RESERVED:
            entry = self._ledger.move(entry.n, State.SENT)
        until = self._clock.now() + self._terms.queue_timeout_s
        while True:
            try:
                response = order.send(ready)
            except ConnectionDropped as dropped:
                if dropped.how == "connect":
                    self._never_sent(order, entry, dropped, "no connection was made")
                    raise
                return self._doubtful(order, entry, dropped)
            if response.status == 429:
                wait_s = _retry_after_s(response)
                if self._clock.now() + wait_s > until:
                    self._never_sent(order, entry, response, "the service takes no more jobs")
                    order.refuse(
                        "the service takes no more submissions (429) within "
                        f"{self._terms.queue_timeout_s:g} s",
                        "try again later, or raise --qchannel-queue-timeout",
                        "quota",
                    )
                if not order.wait(self._clock, wait_s):
                    with suppress(WrongStep):  # the sweep has
                        self._never_sent(order, entry, response, "its test has ended")
                    order.refuse_late()
                continue
            if 400 <= response.status < 500:
                self._never_sent(order, entry, response, f"refused with {response.status}")
                return response
            remote = json_of(response).get("id") if response.status < 300 else None
            if not isinstance(remote, str) or not remote:
                return self._doubtful(order, entry, response)
            self._arrived(order, entry, remote)
            return response

    def _never_sent(
        self, order: Order, entry: Entry, outcome: Response | ConnectionDropped, note: str
    ) -> None:
        """Frees what was held, unless an earlier attempt may have arrived."""
        if entry.state is State.SENT:
            self._ledger.move(entry.n, State.VOID, note=note)
            return
        with self._lock:
            self._doubts[order.key] = _Doubt(entry, outcome)

    def _arrived(self, order: Order, entry: Entry, remote: str) -> None:
        """The service has it. Where somebody has swept meanwhile, it must not go on."""
        try:
            self._ledger.move(entry.n, State.RUNNING, remote=remote)
        except WrongStep:
            end = cancel if order.kind is Kind.JOB else close
            end(remote, order.access, order.send)
            order.refuse(
                "it arrived, and was ended: qchannel cleanup had ended it, or its test was over",
                "run qchannel cleanup when no live run goes on, and let the test wait for what its "
                "threads submit",
            )

    def _doubtful(
        self, order: Order, entry: Entry, outcome: Response | ConnectionDropped
    ) -> Response:
        """Looks whether the service has it; else hands on what there is of an answer."""
        if entry.state is State.SENT:
            entry = self._ledger.move(entry.n, State.LOST, note=LOST_NOTE)
        if order.kind is Kind.JOB:
            jobs = search_jobs(
                entry,
                self._terms.run,
                order.access,
                order.send,
                lambda seconds: order.wait(self._clock, seconds),
            )
            if jobs:
                return self._take(order, entry, jobs)
        return self._hand_on(order, _Doubt(entry, outcome))

    def _again(self, order: Order, doubt: _Doubt) -> Response:
        """A submission that came again: it is sent again only where it is known not to be there."""
        entry = self._ledger.entry(doubt.entry.n)
        if isinstance(doubt.outcome, Response) and doubt.outcome.status < 300 and entry.remote:
            return doubt.outcome  # the job that was found for it meanwhile
        if entry.state is not State.LOST:
            return self(order.request, order.send)  # it was swept, and is a new one now
        if order.kind is Kind.JOB:
            try:
                jobs = find_jobs(entry, self._terms.run, order.access, order.send)
            except Unanswered:
                return self._hand_on(order, doubt)
            if jobs:
                return self._take(order, entry, jobs)
        return self._send(order, entry, self._ready(order, entry))

    def _hand_on(self, order: Order, doubt: _Doubt) -> Response:
        with self._lock:
            self._doubts[order.key] = doubt
        if isinstance(doubt.outcome, ConnectionDropped):
            raise doubt.outcome
        return doubt.outcome

    def _take(self, order: Order, entry: Entry, jobs: list[Mapping[str, Json]]) -> Response:
        """The answer that was lost, made of the job that is there; others are cancelled."""
        first, *extras = jobs
        self._arrived(order, entry, str(first["id"]))
        if extras:
            ids = [str(one["id"]) for one in extras]
            for remote in ids:
                self._ledger.adopt(entry, remote)
                cancel(remote, order.access, order.send)
            order.test.complain(duplicates(entry, str(first["id"]), ids))
        told = ("id", "backend", "session_id", "private", "calibration_id")
        return Response.json({name: first[name] for name in told if first.get(name) is not None})


def _retry_after_s(response: Response) -> float:
    """How long the service wants nothing to come. Source: HTTP; as seconds, which it sends."""
    headers = {name.lower(): text for name, text in response.headers.items()}
    text = headers.get("retry-after", "").strip()
    return max(1.0, float(text)) if text.isdecimal() else RETRY_AFTER_S
