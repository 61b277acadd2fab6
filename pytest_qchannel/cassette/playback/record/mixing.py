"""What a replay and its source cannot know of each other while a cassette is extended.

A logout that was replayed never reached the source: what is new behind it would be answered as if
there had been none. A new one is unknown to the cassette, in the same way. So is a list of jobs,
where some of them are the cassette's and some the source's. Such a test is recorded as a whole.
"""

from __future__ import annotations

import threading

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import address_of
from pytest_qchannel.cassette.playback.roles import ACCOUNT, role_of
from pytest_qchannel.ibm.route import Action

__all__ = ["Mixing", "SourcesMixed"]

_OLD, _NEW = "the cassette", "the source"


class SourcesMixed(Exception):
    """One of the two would have to know what the other one was asked; says what."""


class Mixing:
    """Remembers what was asked of each of the two; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[str, str] = {}
        self._jobs: set[str] = set()

    def require(self, sent: Interaction, *, is_new: bool) -> None:
        """Passes a request that one of the two can answer alone, and remembers what it does.

        Args:
            sent: The request.
            is_new: Whether it goes to the source.

        Raises:
            SourcesMixed: It cannot.
        """
        key = address_of(sent)
        role = role_of(key)
        mine, other = (_NEW, _OLD) if is_new else (_OLD, _NEW)
        words = f"{key.method} {key.path}"
        with self._lock:
            if gate := self._gates.get(other):
                raise SourcesMixed(f"{words} comes after {gate}, of which only {other} knows")
            is_list = key.found is not None and key.found.route.lists_jobs
            if is_list and other in self._jobs:
                raise SourcesMixed(f"{words} lists jobs, and only {other} knows all of them")
            if role.resource == ACCOUNT and role.action is Action.HARD_GATE:
                self._gates.setdefault(mine, words)
            if role.action is Action.SUBMISSION:
                self._jobs.add(mine)
