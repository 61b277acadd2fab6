"""What a live run waits for, in words: the ledger says it, which all processes of a run write.

So whoever shows it needs to be told by none of them: the controller of pytest-xdist reads there
what its workers wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.caller import LiveLoginFailed
from pytest_qchannel.lanes.live.entry import Entry, Kind, State
from pytest_qchannel.lanes.live.settling import Settling
from pytest_qchannel.lanes.live.terms import Terms
from pytest_qchannel.wire import Handle, Json, is_int

__all__ = ["Waits"]

AFTER_S: Final = 10.0
"""A shorter wait is not worth a word."""

ASK_S: Final = 15.0
"""How often the service is asked for a job's place."""

_ENDED: Final = "ended"


class Waits:
    """The jobs that a run waits for.

    Args:
        terms: What the run may do.
        settling: The way to the ledger and the clock.
        began_at: When the run began. One that was killed may have had its name, and so its ledger:
            what that waited for is nobody's wait now.
        access_of: Gives the way to an instance by its fingerprint.
        send: Sends a request to the real services.
    """

    def __init__(
        self,
        terms: Terms,
        settling: Settling,
        began_at: float,
        access_of: Callable[[str], Access | None],
        send: Handle,
    ) -> None:
        self._terms = terms
        self._settling = settling
        self._began_at = began_at
        self._access_of = access_of
        self._send = send
        self._place: tuple[int, float, str] = (0, 0.0, "")

    def line(self) -> str | None:
        """The longest wait that goes on, and what is left of the budget; mostly there is none."""
        entries, now = self._settling.ledger.entries(), self._settling.clock.now()
        waiting = [
            one
            for one in entries
            if one.kind is Kind.JOB and one.is_alive and one.changed_at >= self._began_at
        ]
        first = min(waiting, key=lambda one: one.changed_at, default=None)
        if first is None or now - first.changed_at <= AFTER_S:
            return None
        place = self._place_of(first, now)
        if place == _ENDED:  # the test does something else, and has not asked for it yet
            return None
        said = [_time(now - first.changed_at), f"{place} at {first.backend}".strip()]
        if len(waiting) > 1:
            said.append(f"{len(waiting) - 1} more in flight")
        if self._terms.budget.tier == "paid":
            budget_s = self._terms.budget.seconds
            left_s = max(0.0, budget_s - sum(one.held for one in entries))
            said.append(f"{left_s:g} of {budget_s:g} QPU s left")
        job = f" (job {first.remote})" if first.remote else ""
        return f"qchannel: waiting {', '.join(said)}{job}"

    def _place_of(self, entry: Entry, now: float) -> str:
        """Where a job is, as it was told some seconds ago at most."""
        if entry.state is not State.RUNNING or entry.remote is None:
            return "not taken yet"
        number, asked_at, place = self._place
        if number != entry.n or now - asked_at >= ASK_S:
            place = ""
            with suppress(Unanswered, LiveLoginFailed):
                place = self._asked(entry.remote, entry)
            self._place = entry.n, now, place
        return place

    def _asked(self, remote: str, entry: Entry) -> str:
        """What the service says.

        IBM's API description has the place in the metrics of older versions of the API; where it
        is not told, there is the length of the device's queue.
        """
        access = self._access_of(entry.instance)
        if access is None:
            return ""
        job = {"job_id": remote}
        metrics = answer_of(access.request("GET /jobs/<job_id>/metrics", job), self._send)
        times = metrics.get("timestamps")
        if isinstance(times, Mapping) and (times.get("finished") or times.get("running")):
            return _ENDED if times.get("finished") else "running"
        if (place := _count(metrics.get("position_in_queue"))) is not None:
            return f"place {place}"
        device = {"backend": entry.backend}
        status = answer_of(access.request("GET /backends/<backend>/status", device), self._send)
        length = _count(status.get("length_queue"))
        return f"{length} queued" if length is not None else ""


def _count(value: Json) -> int | None:
    return value if is_int(value) else None


def _time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
