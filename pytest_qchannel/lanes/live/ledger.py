"""The ledger of a run: what it has spent, and what may be alive, in one file for all processes.

One sqlite3 file, ``.qchannel/live/<run>.sqlite``, with a rollback journal: every change is one
transaction that takes the file first (``BEGIN IMMEDIATE``), so what is read in it stays true until
it is written, whatever other processes do, and one that was killed leaves the state before or
after. A connection is made for each change: none is shared by threads or inherited by a fork.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from pytest_qchannel.counted import counted
from pytest_qchannel.errors import QChannelError, UsageProblem
from pytest_qchannel.lanes.live import rows
from pytest_qchannel.lanes.live.budget import FIXED_S
from pytest_qchannel.lanes.live.entry import TRANSITIONS, Entry, Kind, State, Wish, storable
from pytest_qchannel.lanes.live.remembered import Remembered, forgotten
from pytest_qchannel.lanes.live.run_id import VARIABLE

__all__ = [
    "Ledger",
    "LedgerBroken",
    "LedgerLost",
    "NoSlot",
    "OverAllowance",
    "OverBudget",
    "WrongStep",
    "ledger_path",
]

BUSY_S: Final = 60
FORMAT: Final = 1

_FIRST: Final = 10_000_000
"""Numbers begin at a random one from here: two runs of one name, as of a matrix, must not find
each other's jobs by a tag, nor a run of today that of yesterday."""


class OverBudget(Exception):
    """It would take more than the run's budget; the seconds as they are."""

    def __init__(self, held: float, reserve_s: int, budget_s: float) -> None:
        super().__init__(f"{held:g} + {reserve_s} > {budget_s:g}")
        self.held, self.reserve_s, self.budget_s = held, reserve_s, budget_s


class OverAllowance(Exception):
    """It would be more jobs, or seconds, than the test may have."""

    def __init__(self, jobs: int, seconds: int) -> None:
        super().__init__(f"{counted(jobs, 'job')}, {seconds} s")
        self.jobs, self.seconds = jobs, seconds


class NoSlot(Exception):
    """As many jobs as may be are in flight; these."""

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__(f"{counted(entries, 'job is', 'jobs are')} in flight")
        self.entries = entries


class WrongStep(Exception):
    """An entry was to go to a state that does not follow the one that it is in."""

    def __init__(self, entry: Entry, state: State) -> None:
        super().__init__(f"entry {entry.n}: {entry.state} -> {state}")
        self.entry = entry


class LedgerLost(QChannelError):
    """The file is not there any more, or is another one: what the run has spent is not known."""


class LedgerBroken(LedgerLost):
    """The file cannot be read or written: it is damaged, locked, or on a disk that is full."""


def ledger_path(root: Path, run: str) -> Path:
    """Where the ledger of a run is, below the root of the project."""
    return root / ".qchannel" / "live" / f"{run}.sqlite"


class Ledger:
    """The ledger of one run; any thread of any process may use it.

    Args:
        path: The file; it is made where it is missing.
        run: The name of the run.
        now: Tells the time, in seconds since the epoch.
        is_made: Whether it is made where it is missing.

    Raises:
        LedgerLost: It is missing. So says every method when it was deleted, as by a test that
            cleans up: a new one would know nothing of what is spent.
        UsageProblem: It is of another version.
    """

    def __init__(
        self, path: Path, run: str, now: Callable[[], float], *, is_made: bool = True
    ) -> None:
        self.path = path
        self.run = run
        self._now = now
        self._uri = f"{path.absolute().as_uri()}?mode=rw"
        self._id: int | None = None
        self._remembered = Remembered()
        if is_made:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._change() as db:
            [(found,)] = db.execute("PRAGMA user_version")
            if found not in (0, FORMAT):
                raise UsageProblem(
                    "the ledger of this run was written by another version of pytest-qchannel",
                    where=f"{path}, format {found}; this one reads {FORMAT}",
                    next=f"finish that run with the version that began it, or set {VARIABLE} to a "
                    "new name",
                )
            db.execute(rows.TABLE)
            db.execute(f"PRAGMA user_version = {FORMAT}")
            if not _id_of(db):
                db.execute(f"PRAGMA application_id = {1 + secrets.randbelow(2**31 - 1)}")
            file = _id_of(db)
        self._id = file

    def reserve(
        self,
        wish: Wish,
        *,
        budget_s: float,
        most_in_flight: int | None = None,
        most_jobs: int | None = None,
        most_s: int | None = None,
    ) -> Entry:
        """Holds seconds for what is to be sent, in one step with the checks.

        Args:
            wish: What is to be sent.
            budget_s: What may be held of the run.
            most_in_flight: How many jobs of the run may be alive; ``None``: any number.
            most_jobs: How many jobs the test may have; ``None``: any number.
            most_s: What the test's jobs and sessions may use together; ``None``: any number.

        Raises:
            OverAllowance: The test has had its share.
            OverBudget: The run has no such rest.
            NoSlot: It must wait for a job that is alive.
        """
        with self._change() as db:
            entries = self._all_of(db)
            own = [one for one in entries if one.test == wish.test and one.state is not State.VOID]
            jobs = sum(one.kind is Kind.JOB for one in own)
            seconds = sum(one.reserved - FIXED_S for one in own if one.reserved)
            wish_s = wish.reserve_s - FIXED_S
            is_over = most_s is not None and wish.reserve_s > 0 and seconds + wish_s > most_s
            if (wish.kind is Kind.JOB and most_jobs is not None and jobs >= most_jobs) or is_over:
                raise OverAllowance(jobs, seconds)
            held = sum(one.held for one in entries)
            if wish.reserve_s > 0 and held + wish.reserve_s > budget_s:
                raise OverBudget(held, wish.reserve_s, budget_s)
            alive = [one for one in entries if one.kind is Kind.JOB and one.is_alive]
            if (
                wish.kind is Kind.JOB
                and most_in_flight is not None
                and len(alive) >= most_in_flight
            ):
                raise NoSlot(alive)
            entry = self._new(wish, entries)
            rows.write(db, entry)
        self._remembered.learn([entry])
        return entry

    def move(
        self,
        n: int,
        state: State,
        *,
        remote: str | None = None,
        used: float | None = None,
        note: str | None = None,
    ) -> Entry:
        """Takes an entry to its next state; one that is there already stays as it is.

        Args:
            n: The entry's number.
            state: The state.
            remote: The id that the service gave.
            used: What it cost.
            note: What there is to say of it.

        Raises:
            WrongStep: The state does not follow the one that the entry is in.
        """
        with self._change() as db:
            entry = rows.one_of(db, n)
            if entry.state is state:
                return entry
            if state not in TRANSITIONS[entry.state]:
                raise WrongStep(entry, state)
            moved = replace(
                entry,
                state=state,
                remote=storable(remote) if remote else entry.remote,
                used=entry.used if used is None else used,
                note=note or entry.note,
                changed_at=self._now(),
            )
            rows.write(db, moved)
        self._remembered.learn([moved])
        return moved

    def note_end(self, n: int, ended: str) -> Entry:
        """Notes the state that an entry's job or session ended in, the first that is told."""
        with self._change() as db:
            entry = rows.one_of(db, n)
            if entry.ended is None:
                entry = replace(entry, ended=ended, changed_at=self._now())
                rows.write(db, entry)
        return entry

    def adopt(self, entry: Entry, remote: str) -> Entry:
        """A new entry for one more job of a submission: whatever the limits, it is there."""
        wish = Wish(
            test=entry.test,
            instance=entry.instance,
            backend=entry.backend,
            cost_s=entry.cost,
            reserve_s=entry.reserved,
            session=entry.session,
            owner=entry.owner,
            is_capped=entry.is_capped,
        )
        with self._change() as db:
            new = self._new(wish, rows.all_of(db))
            new = replace(new, state=State.RUNNING, remote=storable(remote), note="a duplicate")
            rows.write(db, new)
        self._remembered.learn([new])
        return new

    def entries(
        self, *, test: str | None = None, owner: str | None = None, is_open: bool | None = None
    ) -> list[Entry]:
        """The entries, oldest first: of a test, of a process, those that are open or not."""
        with self._opened() as db:
            found = self._all_of(db)
        test = None if test is None else storable(test)
        return [
            one
            for one in found
            if test in (None, one.test)
            and owner in (None, one.owner)
            and is_open in (None, one.is_open)
        ]

    def entry(self, n: int) -> Entry:
        """One entry, as it is now."""
        with self._opened() as db:
            return rows.one_of(db, n)

    def by_remote(self, remote: str) -> Entry | None:
        """The entry of a job or a session, by the id that the service gave."""
        with self._opened() as db:
            return rows.of_remote(db, storable(remote))

    def held(self) -> float:
        """The seconds of the budget that are spent, or held for what may be."""
        return sum(one.held for one in self.entries())

    def _new(self, wish: Wish, entries: Sequence[Entry]) -> Entry:
        """An entry with the number that follows."""
        n = max((one.n for one in entries), default=_FIRST + secrets.randbelow(9 * _FIRST)) + 1
        return Entry(
            n=n,
            kind=wish.kind,
            test=wish.test,
            owner=wish.owner,
            instance=wish.instance,
            backend=wish.backend,
            tag=f"qchannel-{self.run}-{n}",
            session=wish.session,
            cost=wish.cost_s,
            is_capped=wish.is_capped,
            reserved=wish.reserve_s,
            used=None,
            remote=None,
            state=State.RESERVED,
            ended=None,
            changed_at=self._now(),
            note=None,
        )

    def _all_of(self, db: sqlite3.Connection) -> list[Entry]:
        """All entries.

        Raises:
            LedgerLost: One that this process knows of is gone, or is as it was before.
        """
        before = self._remembered.now()
        found = rows.all_of(db)
        lost = forgotten(before, found)
        if lost is not None:
            raise LedgerLost(
                f"the ledger of the live run is a copy of an earlier one: it has {lost.tag} not as "
                "it was, so what is spent is not known, and nothing is sent any more",
                where=str(self.path),
                next="leave .qchannel alone while a live run goes on, and find its jobs by their "
                f"tags: qchannel cleanup --run {self.run}",
            )
        self._remembered.learn(found)
        return found

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self._uri, uri=True, timeout=BUSY_S, isolation_level=None)
        except sqlite3.OperationalError:
            if self.path.exists():
                raise
            raise self._lost() from None
        if self._id is not None and _id_of(db) != self._id:
            db.close()
            raise self._lost()
        # A killed process loses nothing by it, and a step takes 1 ms in place of 28. Only a machine
        # that loses its power may leave a file that cannot be read; then tags find what is left.
        db.execute("PRAGMA synchronous = OFF")
        return db

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A connection, closed at the end."""
        try:
            with closing(self._connect()) as db:
                yield db
        except sqlite3.Error as error:
            raise LedgerBroken(
                f"the ledger of the live run cannot be read or written ({error}): what it spends "
                "cannot be noted, so nothing is sent any more",
                where=str(self.path),
                next=f"find its jobs by their tags: qchannel cleanup --run {self.run}",
            ) from error

    def _lost(self) -> LedgerLost:
        return LedgerLost(
            "the ledger of the live run was deleted while it went on: what it has spent is not "
            "known, so nothing is sent any more",
            where=str(self.path),
            next="leave .qchannel alone while a live run goes on, and find its jobs by their "
            f"tags: qchannel cleanup --run {self.run}",
        )

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else reads or writes in; undone by an error."""
        with self._opened() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _id_of(db: sqlite3.Connection) -> int:
    """What tells a file from another one at its place; 0: it has none yet."""
    [(found,)] = db.execute("PRAGMA application_id")
    return int(found)
