"""What a process has seen of a ledger: a file that knows less is a copy of an earlier one."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Mapping

from pytest_qchannel.lanes.live.entry import TRANSITIONS, Entry, State

__all__ = ["Remembered", "forgotten"]


class Remembered:
    """The entries as they were last seen; any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, Entry] = {}

    def now(self) -> Mapping[int, Entry]:
        """What must be in a file that is read from now on."""
        with self._lock:
            return dict(self._entries)

    def learn(self, entries: Iterable[Entry]) -> None:
        """Remembers entries, but where something later is known: threads read at the same time."""
        with self._lock:
            for one in entries:
                if _follows(one, self._entries.get(one.n, one)):
                    self._entries[one.n] = one


def forgotten(before: Mapping[int, Entry], found: Iterable[Entry]) -> Entry | None:
    """The first entry that a file does not have any more, or has as it was earlier."""
    by_number = {one.n: one for one in found}
    return next((one for one in before.values() if not _follows(by_number.get(one.n), one)), None)


def _follows(entry: Entry | None, before: Entry) -> bool:
    """Whether an entry is what has become of one: what is held for it does not change."""
    if entry is None or entry.reserved != before.reserved or entry.tag != before.tag:
        return False
    is_same = entry.state is before.state and entry.used == before.used
    return is_same or entry.state in _after(before.state)


@functools.cache
def _after(state: State) -> frozenset[State]:
    """The states that can follow, at once or later."""
    return TRANSITIONS[state].union(*map(_after, TRANSITIONS[state]))
