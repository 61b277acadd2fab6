"""Cancels jobs that wait in a queue for too long, whether the code under test polls them or not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pytest_qchannel.ibm.table import find, is_submission
from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of, json_of
from pytest_qchannel.lanes.live.entry import Entry
from pytest_qchannel.lanes.live.lookup import cancel
from pytest_qchannel.lanes.live.problems import LiveProblem
from pytest_qchannel.lanes.live.settle import status_of
from pytest_qchannel.lanes.live.settling import PACE_S, Settling
from pytest_qchannel.lanes.live.terms import CurrentTest, LiveTest, Terms
from pytest_qchannel.wire import Handle, Request, Response

__all__ = ["QueueTimer", "in_thread"]

_WAITING: Final = "Queued"


def in_thread(wait: Callable[[], None]) -> None:
    """Runs something beside the tests; it keeps no process from ending."""
    threading.Thread(target=wait, name="qchannel queue timer", daemon=True).start()


class QueueTimer:
    """The link that starts a timer for each job that was taken.

    Args:
        terms: What the run may do: how long a job may wait.
        settling: The way to the ledger and the clock.
        test: Gives the test that runs now.
        start: Runs what waits, beside the tests.
        is_over: Whether the run has ended, and all that it left has been swept.
        access_of: Gives the way to an instance with a credential that is valid then: a job may wait
            for longer than the access token of its submission lives.
    """

    def __init__(
        self,
        terms: Terms,
        settling: Settling,
        test: CurrentTest,
        start: Callable[[Callable[[], None]], None] = in_thread,
        is_over: Callable[[], bool] = lambda: False,
        access_of: Callable[[str], Access | None] = lambda _: None,
    ) -> None:
        self._terms = terms
        self._settling = settling
        self._test = test
        self._start = start
        self._is_over = is_over
        self._access_of = access_of

    def __call__(self, request: Request, answer: Handle) -> Response:
        """The answer; the time of a job that was taken runs from now on."""
        response = answer(request)
        if response.status >= 300 or not is_submission(request.method, request.host, request.path):
            return response
        found, remote = (
            find(request.method, request.host, request.path),
            json_of(response).get("id"),
        )
        if found is not None and isinstance(remote, str):
            access, test = Access.of(request, found.host), self._test()
            self._start(lambda: self._watch(remote, access, test, answer))
        return response

    def _watch(self, remote: str, access: Access, test: LiveTest, send: Handle) -> None:
        clock, ledger = self._settling.clock, self._settling.ledger
        clock.sleep(self._terms.queue_timeout_s)
        # Until the service has answered: a test that waits for the job would wait for ever.
        while not self._is_over():
            entry = ledger.by_remote(remote)
            if entry is None or not entry.is_alive:
                return
            access = self._access_of(access.instance) or access
            asked = access.request(
                "GET /jobs/<job_id>", {"job_id": remote}, [("exclude_params", "true")]
            )
            with suppress(Unanswered):
                body = answer_of(asked, send)
                self._settling.note(entry, body, is_own=True)
                if status_of(body) != _WAITING:
                    return
                if cancel(remote, access, send):
                    test.complain(self._waited(entry))
                    return
            clock.sleep(PACE_S)

    def _waited(self, entry: Entry) -> LiveProblem:
        return LiveProblem(
            f"job {entry.remote} waited {self._terms.queue_timeout_s:g} s in the queue of "
            f"{entry.backend} and was cancelled",
            outcome="queue",
            where=entry.test,
            next="try again later, use another device, or raise --qchannel-queue-timeout",
        )
