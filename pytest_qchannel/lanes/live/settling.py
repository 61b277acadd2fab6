"""Finds out what became of what was sent, and what it cost, and writes that into the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from pytest_qchannel.ibm.route import FINAL
from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.clock import Clock
from pytest_qchannel.lanes.live.entry import Entry, Kind, State
from pytest_qchannel.lanes.live.ledger import Ledger, WrongStep
from pytest_qchannel.lanes.live.settle import (
    Price,
    Unpriced,
    has_status,
    price_of_job,
    price_of_session,
    status_of,
)
from pytest_qchannel.wire import Handle, Json

__all__ = ["PACE_S", "PRICE_WAIT_S", "Settling"]

PACE_S: Final = 5.0
"""The lane asks for the same job at most once in so many seconds."""

PRICE_WAIT_S: Final = 30.0
"""How long the lane waits for the price of what has ended."""


class Settling:
    """Reads bodies of jobs and sessions for the ledger; for any thread.

    Args:
        ledger: The run's.
        clock: The run's.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self.clock = clock
        self._lock = threading.Lock()
        self._asked: dict[int, float] = {}

    def note(self, entry: Entry, body: Mapping[str, Json], *, is_own: bool = False) -> Entry:
        """Writes down what a job's or a session's body tells of its end and price.

        Args:
            entry: The entry that it is of.
            body: What the service answered.
            is_own: Whether the lane asked, for the newest version of the API: older ones do not
                tell whether a usage of 0 is final.
        """
        if entry.state not in (State.RUNNING, State.LEFT):
            return entry
        if entry.kind is Kind.JOB:
            ended = status_of(body) if status_of(body) in FINAL else None
            price = price_of_job(body)
            if not is_own and not has_status(body) and price == Price(0.0):
                price = Unpriced.PENDING
        else:
            ended = "closed" if body.get("state") == "closed" else None
            price = price_of_session(body)
            jobs = [one for one in self.ledger.entries() if one.session == entry.remote]
            if any(one.is_alive for one in jobs):
                price = Unpriced.PENDING  # a job that runs goes on when its session is closed
        if ended is None:
            return entry
        if entry.ended is None:
            entry = self.ledger.note_end(entry.n, ended)
        if not entry.reserved:
            price = Price(0.0)  # something else pays for it, or nobody
        if isinstance(price, Price):
            with suppress(WrongStep):  # another process was faster
                entry = self.ledger.move(entry.n, State.SETTLED, used=price.seconds)
        return entry

    def note_deletion(self, entry: Entry) -> Entry:
        """What is deleted tells its price no more: what was held for it is taken for that."""
        if entry.state not in (State.RUNNING, State.LEFT):
            return entry
        self.ledger.note_end(entry.n, "Deleted")
        note, used = "deleted before its price was known", float(entry.reserved)
        with suppress(WrongStep):  # another process was faster
            return self.ledger.move(entry.n, State.SETTLED, used=used, note=note)
        return self.ledger.entry(entry.n)

    def look(self, entry: Entry, access: Access, send: Handle, *, is_paced: bool = True) -> Entry:
        """Asks for an entry, unless it was asked for a moment ago.

        Args:
            entry: The entry.
            access: How its instance is asked.
            send: What stands behind.
            is_paced: Whether it is not asked again within some seconds.

        Raises:
            Unanswered: The service did not answer.
        """
        if entry.remote is None or not (self._is_due(entry.n) or not is_paced):
            return entry
        if entry.kind is not Kind.JOB:
            asked = access.request("GET /sessions/<session_id>", {"session_id": entry.remote})
            return self.note(entry, answer_of(asked, send), is_own=True)
        job = {"job_id": entry.remote}
        asked = access.request("GET /jobs/<job_id>", job, [("exclude_params", "true")])
        body = answer_of(asked, send)
        if price_of_job(body) is Unpriced.UNKNOWN:
            metrics = answer_of(access.request("GET /jobs/<job_id>/metrics", job), send)
            body = {**body, "usage": metrics.get("usage")}
        return self.note(entry, body, is_own=True)

    def wait_for_prices(
        self,
        entries: Iterable[Entry],
        access_of: Callable[[str], Access | None],
        send: Handle,
        seconds: float = PRICE_WAIT_S,
        wait: Callable[[float], bool] | None = None,
    ) -> list[Entry]:
        """Asks until each entry that has ended has its price, or the time is over.

        Args:
            entries: What has ended.
            access_of: Gives the way to an instance by its fingerprint.
            send: What stands behind.
            seconds: How long at most.
            wait: Waits so many seconds; says whether to go on.

        Returns:
            Those that have no price.
        """
        until = self.clock.now() + seconds
        left = [one for one in entries if one.state in (State.RUNNING, State.LEFT)]
        while left:
            for number, entry in enumerate(left):
                access = access_of(entry.instance)
                if access is not None:
                    with suppress(Unanswered):
                        left[number] = self.look(entry, access, send)
            left = [one for one in left if one.is_open]
            rest = until - self.clock.now()
            if not left or rest <= 0:
                break
            if wait is None:
                self.clock.sleep(min(PACE_S, rest))
            elif not wait(min(PACE_S, rest)):
                break
        return left

    def _is_due(self, n: int) -> bool:
        with self._lock:
            now = self.clock.now()
            if now - self._asked.get(n, -PACE_S) < PACE_S:
                return False
            self._asked[n] = now
            return True
