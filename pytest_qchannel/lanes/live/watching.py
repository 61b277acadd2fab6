"""Reads what passes the door: states and prices of jobs, usage of instances; hides our tags.

It changes nothing but tags: those of the lane are taken out of answers, and put back where the
code under test sets a job's tags.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pytest_qchannel.crn import CRN_HEADER
from pytest_qchannel.hosts import RUNTIME
from pytest_qchannel.ibm.route import FINAL, Action, Tells
from pytest_qchannel.ibm.table import Found, find
from pytest_qchannel.lanes.live.access import (
    Access,
    Accesses,
    instance_of,
    json_of,
    saying,
    with_body,
)
from pytest_qchannel.lanes.live.entry import Entry
from pytest_qchannel.lanes.live.outcome import Outcome
from pytest_qchannel.lanes.live.problems import LiveRefused
from pytest_qchannel.lanes.live.settle import status_of
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.tags import (
    COMMON,
    LONGEST,
    MOST_OWN,
    BadTags,
    has_own_tags,
    run_tag,
    tagged,
    untagged,
)
from pytest_qchannel.lanes.live.terms import CurrentTest, Terms
from pytest_qchannel.wire import ConnectionDropped, Handle, Json, Request, Response, is_number

__all__ = ["Usage", "Usages", "Watching"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What an instance may still use.

    Attributes:
        is_reached: Whether its limit is reached.
        rest_s: The seconds that are left; ``None``: it has no limit, or none is told.
        available_at: When its limit is not reached any more, as the service writes it.
    """

    is_reached: bool
    rest_s: float | None
    available_at: str | None = None

    @classmethod
    def of(cls, body: Mapping[str, Json]) -> Usage:
        """That of an answer. Source: IBM's API description of ``GET /instances/usage``."""
        rest = _number(body.get("usage_remaining_seconds"))
        limit = _number(body.get("usage_limit_seconds"))
        used = _number(body.get("usage_consumed_seconds"))
        if rest is None and limit is not None and used is not None:
            rest = limit - used
        at = body.get("time_available_at")
        is_reached = body.get("usage_limit_reached") is True
        return cls(is_reached, rest, at if isinstance(at, str) else None)


class Usages:
    """The newest usage of each instance that is known, by its fingerprint; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Usage] = {}

    def note(self, instance: str, usage: Usage) -> None:
        """Remembers what an instance may still use."""
        with self._lock:
            self._known[instance] = usage

    def of(self, instance: str) -> Usage | None:
        """What an instance may still use, where that is known."""
        with self._lock:
            return self._known.get(instance)


_SET_TAGS: Final = "PUT /jobs/<job_id>/tags"
_DELETE_JOB: Final = "DELETE /jobs/<job_id>"
_USAGE: Final = "GET /instances/usage"
_READ: Final = (_USAGE, "GET /sessions/<session_id>")


class Watching:
    """A link of the chain that reads answers.

    Args:
        terms: What the run may do.
        settling: Where states and prices go.
        usages: Where the usage of instances goes.
        accesses: Where it is noted how instances are asked.
        test: Gives the test that runs now.
    """

    def __init__(
        self,
        terms: Terms,
        settling: Settling,
        usages: Usages,
        accesses: Accesses,
        test: CurrentTest,
    ) -> None:
        self._terms = terms
        self._settling = settling
        self._ledger = settling.ledger
        self._usages = usages
        self._accesses = accesses
        self._test = test

    def __call__(self, request: Request, answer: Handle) -> Response:
        """The answer to a request, read and without the lane's tags.

        Raises:
            ConnectionDropped: There is no answer.
            LiveRefused: Tags were to be set that cannot be.
        """
        found = find(request.method, request.host, request.path)
        if found is None:
            return answer(request)
        access = Access.of(request, found.host)
        if found.route.service == RUNTIME and found.route.key == _SET_TAGS:
            request = self._with_our_tags(request, found)
        names_one = found.route.service == RUNTIME and CRN_HEADER in access.headers
        if names_one:
            self._accesses.note(access, is_good=False)
        response = self._noted(request, found, answer)
        if response.status >= 300 or found.route.service != RUNTIME:
            return response
        if names_one:
            self._accesses.note(access, is_good=True)
        if found.route.key == _DELETE_JOB:
            entry = self._ledger.by_remote(found.args["job_id"])
            if entry is not None:
                self._settling.note_deletion(entry)
        is_read = found.route.tells in (Tells.STATE, Tells.STATES) or found.route.key in _READ
        has_ours = has_own_tags(found.route) and COMMON.encode() in response.body
        body = json_of(response) if is_read or has_ours else {}
        if is_read:
            self._read(found, request, body)
        if body and has_ours:
            return saying(response, untagged(found.route, body, self._terms.run))
        return response

    def _noted(self, request: Request, found: Found, answer: Handle) -> Response:
        """The answer, and a fact where it may be why the test fails."""
        facts = self._test().facts
        about, shown = f"{request.method} {request.path}", f"{request.method} {found.route.rule}"
        try:
            response = answer(request)
        except ConnectionDropped as dropped:
            facts.note(about, Outcome.SERVICE, f"{shown}: the connection was lost ({dropped.how})")
            raise
        if outcome := _outcome(found, response):
            facts.note(about, outcome, f"{shown} was answered with {response.status}")
        elif response.status < 300:
            facts.forget(about)
        return response

    def _read(self, found: Found, request: Request, body: Mapping[str, Json]) -> None:
        """Writes down what an answer tells."""
        if found.route.key == _USAGE:
            self._usages.note(instance_of(request), Usage.of(body))
            return
        rows = body.get("jobs") if found.route.tells is Tells.STATES else [body]
        known = {one.remote: one for one in self._ledger.entries() if one.remote is not None}
        for row in rows if isinstance(rows, list) else []:
            remote = row.get("id") if isinstance(row, Mapping) else None
            entry = known.get(remote) if isinstance(remote, str) else None
            if entry is None:
                continue
            # One that ended in another test says nothing of this one, unless it is told just now.
            is_news = entry.ended is None or entry.test == self._test().allowance.test
            entry = self._settling.note(entry, row)
            if entry.ended in FINAL and is_news:
                self._note_failure(row, entry)

    def _note_failure(self, job: Mapping[str, Json], entry: Entry) -> None:
        """Notes why a job did not end well; one that was cancelled by its user has no code."""
        state = job.get("state")
        state = state if isinstance(state, Mapping) else {}
        code = state.get("reason_code", state.get("reasonCode"))
        number = int(code) if isinstance(code, int | str) and str(code).isdecimal() else None
        if status_of(job) == "Failed" or number is not None:
            test = self._test()
            limit = test.allowance.max_qpu_seconds if entry.is_capped else None
            test.facts.note_code(number, entry.remote or entry.tag, limit)

    def _with_our_tags(self, request: Request, found: Found) -> Request:
        """The request to set a job's tags, with those that the lane had given it."""
        entry = self._ledger.by_remote(found.args["job_id"])
        try:
            body = request.json()
        except ValueError:
            return request
        if entry is None or not isinstance(body, Mapping):
            return request
        try:
            tags = tagged(body.get("tags"), self._terms.run, entry.tag)
        except BadTags as bad:
            test = self._test()
            raise test.complain(
                LiveRefused(
                    f"a job's tags were not set: {bad}",
                    where=f"{test.allowance.test}, job {entry.remote}",
                    next=f"give it at most {MOST_OWN} tags of {LONGEST} characters, none of which "
                    f"begins with {run_tag(self._terms.run)!r}",
                )
            ) from None
        return with_body(request, {**body, "tags": tags})


def _outcome(found: Found, response: Response) -> Outcome | None:
    """What a test ends as that fails after such an answer, where its own code is not to blame.

    A page of HTML with a 403 is of the edge before the service, which takes what is sent for an
    attack. Source: the live service in 2026.
    """
    status, is_login = response.status, found.route.action is Action.LOGIN
    is_page = response.body.lstrip().startswith(b"<")
    if status == 401 or (status == 403 and not is_page) or (is_login and status == 400):
        return Outcome.CREDENTIALS
    if status == 429 or (status == 409 and found.route.action is Action.SUBMISSION):
        return Outcome.QUOTA
    return Outcome.SERVICE if status >= 500 else None


def _number(value: Json) -> float | None:
    return float(value) if is_number(value) else None
