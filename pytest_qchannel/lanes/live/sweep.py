"""Leaves nothing behind: cancels jobs, closes sessions, waits for their end, and settles them.

By the ledger: at the end of a test, at the end of the run, and for what a worker left that is gone.
By tags: for runs whose ledger is lost, as on a machine of CI that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from pytest_qchannel.ibm.route import FINAL
from pytest_qchannel.lanes.live.access import Access, Unanswered, answer_of
from pytest_qchannel.lanes.live.clock import Clock
from pytest_qchannel.lanes.live.entry import LOST_NOTE, NOT_THERE_NOTE, Entry, Kind, State
from pytest_qchannel.lanes.live.ledger import WrongStep
from pytest_qchannel.lanes.live.lookup import cancel, close, duplicates, find_jobs, list_jobs
from pytest_qchannel.lanes.live.problems import LiveProblem
from pytest_qchannel.lanes.live.settle import status_of
from pytest_qchannel.lanes.live.settling import PRICE_WAIT_S, Settling
from pytest_qchannel.lanes.live.tags import COMMON, run_of, run_tag
from pytest_qchannel.wire import Handle, Json

__all__ = ["AccessOf", "Did", "Line", "Sweep", "TagSweep"]

AccessOf = Callable[[str], Access | None]
"""Gives the way to an instance by its fingerprint; ``None`` where there is none."""

PATIENCE_S: Final = 15.0
"""How long a list may lag: what is not in it after so many seconds was never there."""

LOOK_S: Final = 1.0
"""How often it is looked whether what was cancelled has ended."""

Did = Literal["cancelled", "closed", "ended", "never there", "found", "left"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one thing.

    Attributes:
        kind: What it is.
        name: Its id; its tag, where it has no id.
        run: Its run.
        did: What was done.
        why: Why it is left, or what else there is to say.
    """

    kind: Kind
    name: str
    run: str
    did: Did
    why: str = ""

    @property
    def is_left(self) -> bool:
        """Whether somebody has to look again."""
        return self.did == "left"


class Sweep:
    """Brings the entries of a ledger to their end.

    Args:
        run: The name of the run.
        settling: The way to its ledger and the clock.
        access_of: Gives the way to an instance.
        send: What answers.
        complain: Called with what went wrong that a test has to answer for.
    """

    def __init__(
        self,
        run: str,
        settling: Settling,
        access_of: AccessOf,
        send: Handle,
        complain: Callable[[LiveProblem], object] = lambda _: None,
    ) -> None:
        self._run = run
        self._settling = settling
        self._ledger = settling.ledger
        self._clock = settling.clock
        self._access_of = access_of
        self._send = send
        self._complain = complain

    def sweep(
        self,
        entries: Iterable[Entry],
        seconds: float,
        *,
        price_s: float = PRICE_WAIT_S,
        is_last: bool = False,
    ) -> list[Line]:
        """Ends what may be alive, and finds out what it cost.

        Args:
            entries: What is looked after, as ``ledger.entries(test=...)``.
            seconds: How long at most, prices included.
            price_s: How long it is waited at most for prices.
            is_last: Whether nobody of this run looks again: what is not settled is ``left`` then.

        Returns:
            A line for each that was not settled already.
        """
        begin = self._clock.now()
        until, listed = begin + seconds, list(entries)
        had_ended = {one.n for one in listed if one.ended is not None}
        # What has an id first: to look for the rest may take all of the time.
        self._end([one for one in listed if one.is_open and one.remote is not None], begin)
        found = [
            located
            for one in listed
            if one.is_open or (is_last and one.was_lost)
            for located in self._located(one, until)
        ]
        alive = [one for one in found if one.state in (State.RUNNING, State.LEFT)]
        alive = self._end(alive, until)
        rest_s = max(0.0, min(price_s, until - self._clock.now()))
        ended = [one for one in alive if one.ended and self._access_of(one.instance)]
        self._settling.wait_for_prices(ended, self._access_of, self._send, rest_s)
        return [self._line(one.n, had_ended, is_last=is_last) for one in found]

    def _located(self, entry: Entry, until: float) -> list[Entry]:
        """An entry of which it is known whether the service has it, as far as that can be found.

        More than one where its submission became several jobs.
        """
        with suppress(WrongStep):  # somebody else knows more; then that is read
            if entry.state is State.RESERVED:
                return [self._ledger.move(entry.n, State.VOID, note="it was never sent")]
            if entry.state is State.SENT:
                self._ledger.move(entry.n, State.LOST, note=LOST_NOTE)
            if entry.kind is not Kind.JOB and entry.state in (State.SENT, State.LOST):
                note = f"{LOST_NOTE}: without an id it gets no job, and ends by itself, for nothing"
                return [self._ledger.move(entry.n, State.VOID, note=note)]
            if entry.kind is Kind.JOB and (
                entry.was_lost or entry.state in (State.SENT, State.LOST)
            ):
                return self._found(entry, self._search(entry, until))
        return [self._ledger.entry(entry.n)]

    def _search(self, entry: Entry, until: float) -> list[Mapping[str, Json]] | None:
        """The jobs of an entry, or ``None`` where the time was too short to know."""
        access = self._access_of(entry.instance)
        if access is None:
            return None
        while True:
            jobs = None
            with suppress(Unanswered):
                jobs = find_jobs(entry, self._run, access, self._send)
            now = self._clock.now()
            if jobs or (jobs is not None and now - entry.changed_at >= PATIENCE_S):
                return jobs
            # What has an id is ended by that; others of its tag are not worth the time.
            if now >= until or entry.state not in (State.SENT, State.LOST):
                return None
            self._clock.sleep(min(LOOK_S, until - now))

    def _found(self, entry: Entry, jobs: list[Mapping[str, Json]] | None) -> list[Entry]:
        """What an entry became: each of the jobs that are there has an entry then."""
        ids = [str(one["id"]) for one in jobs or ()]
        entry = self._ledger.entry(entry.n)
        if entry.state is State.LOST and jobs == []:
            entry = self._ledger.move(entry.n, State.VOID, note=NOT_THERE_NOTE)
        elif entry.state is State.LOST and ids:
            entry = self._ledger.move(entry.n, State.RUNNING, remote=ids[0])
        extras = [one for one in ids if one != entry.remote and not self._ledger.by_remote(one)]
        adopted = [self._ledger.adopt(entry, one) for one in extras]
        if extras and entry.remote is not None:
            self._complain(duplicates(entry, entry.remote, extras))
        return [entry, *adopted]

    def _end(self, entries: Sequence[Entry], until: float) -> list[Entry]:
        """Cancels and closes until nothing is alive, or the time is over."""
        asked: set[int] = set()
        # A session first: what waits in it is not started any more.
        left = sorted(entries, key=lambda one: one.kind is Kind.JOB)
        while True:
            had_jobs = _has_alive_jobs(left)
            for number, entry in enumerate(left):
                access = self._access_of(entry.instance)
                if entry.ended is not None or entry.remote is None or access is None:
                    continue
                end = cancel if entry.kind is Kind.JOB else close
                if entry.n not in asked and end(entry.remote, access, self._send):
                    asked.add(entry.n)
                # What a session costs is known when its last job has ended.
                if entry.kind is Kind.JOB or not _has_alive_jobs(left):
                    left[number] = self._looked_at(entry)
            rest = until - self._clock.now()
            if all(one.ended is not None for one in left) or rest <= 0:
                return left
            if had_jobs == _has_alive_jobs(left):  # else sessions can be looked at now
                self._clock.sleep(min(LOOK_S, rest))

    def _looked_at(self, entry: Entry) -> Entry:
        access = self._access_of(entry.instance)
        if access is not None:
            try:
                return self._settling.look(entry, access, self._send, is_paced=False)
            except Unanswered as why:
                # What is new may not be known everywhere yet.
                if why.status == 404 and self._clock.now() - entry.changed_at >= PATIENCE_S:
                    return self._settling.note_deletion(entry)
        return entry

    def _line(self, n: int, had_ended: set[int], *, is_last: bool) -> Line:
        """What became of an entry."""
        entry = self._ledger.entry(n)
        if is_last and entry.state is State.RUNNING:
            with suppress(WrongStep):
                entry = self._ledger.move(n, State.LEFT)
        name, did, why = entry.remote or entry.tag, _did(entry, n in had_ended), entry.note or ""
        if entry.is_open:
            why = (
                "its price is not known yet" if entry.ended else "whether it has ended is not known"
            )
            if self._access_of(entry.instance) is None:
                why = f"nobody can ask its instance {entry.instance}"
        return Line(entry.kind, name, self._run, did, why)


def _has_alive_jobs(entries: Iterable[Entry]) -> bool:
    return any(one.kind is Kind.JOB and one.ended is None for one in entries)


def _did(entry: Entry, had_ended: bool) -> Did:
    if entry.is_open:
        return "left"
    if entry.state is State.VOID:
        return "never there"
    if had_ended:
        return "ended"
    if entry.kind is not Kind.JOB:
        return "closed"
    return "cancelled" if entry.ended == "Cancelled" else "ended"


class TagSweep:
    """Ends the jobs of runs by their tags, and the sessions that these jobs are in.

    A session has no tags: it is found by its jobs. One that never had a job ends by itself.

    Args:
        clock: Waits.
        send: What answers.
    """

    def __init__(self, clock: Clock, send: Handle) -> None:
        self._clock = clock
        self._send = send

    def sweep(
        self,
        access: Access,
        seconds: float,
        *,
        run: str | None = None,
        before: float | None = None,
        is_dry: bool = False,
    ) -> list[Line]:
        """Ends what an instance has of runs.

        Args:
            access: How the instance is asked.
            seconds: How long at most.
            run: The name of the run; ``None``: of every run.
            before: Only jobs that were created before, in seconds since the epoch.
            is_dry: Whether it is only told what there is.

        Returns:
            A line for each job and session that had not ended.

        Raises:
            Unanswered: The service did not tell which jobs there are.
        """
        until = self._clock.now() + seconds
        filters = [("created_before", _iso(before))] if before is not None else []
        tag = COMMON if run is None else run_tag(run)
        jobs = [
            row
            for row in list_jobs(tag, access, self._send, filters)
            if (found := run_of(row.get("tags"))) is not None and run in (None, found)
        ]
        runs = {str(one["id"]): run_of(one.get("tags")) or "" for one in jobs}
        sessions = {
            str(one["session_id"]): run_of(one.get("tags")) or ""
            for one in jobs
            if isinstance(one.get("session_id"), str)
        }
        open_sessions = [one for one in sessions if self._state(Kind.SESSION, one, access) is None]
        alive = [str(one["id"]) for one in jobs if status_of(one) not in FINAL]
        things = [(Kind.SESSION, one, sessions[one]) for one in open_sessions]
        things += [(Kind.JOB, one, runs[one]) for one in alive]
        if is_dry:
            return [Line(kind, name, of_run, "found") for kind, name, of_run in things]
        asked = {name: self._asked_to_end(kind, name, access) for kind, name, _ in things}
        return [
            self._ended(kind, name, of_run, access, until, is_asked=asked[name])
            for kind, name, of_run in things
        ]

    def _asked_to_end(self, kind: Kind, name: str, access: Access) -> bool:
        return (cancel if kind is Kind.JOB else close)(name, access, self._send)

    def _ended(
        self, kind: Kind, name: str, run: str, access: Access, until: float, *, is_asked: bool
    ) -> Line:
        """Waits until a job or a session has ended."""
        while True:
            is_asked = is_asked or self._asked_to_end(kind, name, access)
            state = self._state(kind, name, access)
            if state is not None:
                did: Did = "closed" if kind is not Kind.JOB else "ended"
                return Line(kind, name, run, "cancelled" if state == "Cancelled" else did)
            rest = until - self._clock.now()
            if rest <= 0:
                return Line(kind, name, run, "left", "whether it has ended is not known")
            self._clock.sleep(min(LOOK_S, rest))

    def _state(self, kind: Kind, name: str, access: Access) -> str | None:
        """The state that a job or a session ended in; ``None``: it has not, or nobody says so."""
        if kind is Kind.JOB:
            query = [("exclude_params", "true")]
            asked = access.request("GET /jobs/<job_id>", {"job_id": name}, query)
        else:
            asked = access.request("GET /sessions/<session_id>", {"session_id": name})
        try:
            body = answer_of(asked, self._send)
        except Unanswered as why:
            return "gone" if why.status == 404 else None
        if kind is Kind.JOB:
            return status_of(body) if status_of(body) in FINAL else None
        return "closed" if body.get("state") == "closed" else None


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
