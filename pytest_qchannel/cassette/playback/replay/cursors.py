"""Which recorded answer a request gets: a cursor through each job, session and request.

The rules are few, and :mod:`..roles` says which request falls under which:

1. Reads of one job (or session) share a cursor. A read gets its next recorded answer beyond the
   cursor, and the cursor moves there; if there is none, it gets its last one again. So a job's
   states come in order and never go back: more polls than recorded repeat the last state, and
   asking for the results early takes the state along to where the results were.
2. Every other read has a cursor of its own: its answers come in order, the last one again and
   again.
3. A write gets its answers in order, each once.
4. Between a gate's two sides there is no way but the gate (see :mod:`..roles`).
5. Where several tests share a cassette, each gets what was recorded of it, else what all of them
   share, else another one's: a client asks for some things once, in whichever test comes first.
   Where other tests got different answers to a read, nothing decides, and there is no answer.
   For the same reason a read counts as asked for where the same answer to it went instead to a
   test that had none, or once more to one that had: in another order another test comes first.

Any thread may ask; what one job does moves no other one.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import Key, key_of
from pytest_qchannel.cassette.playback.roles import Role, role_of
from pytest_qchannel.ibm.route import Action

__all__ = ["Entry", "Replay", "State", "differ"]

_START: Final = -1


@dataclass(slots=True)
class Entry:
    """A recorded interaction in a replay.

    Attributes:
        number: Its place in the cassette, counted from 0.
        soft: How many gates of its resource, hard ones included, come before it.
        hard: How many hard gates of its resource come before it.
        plays: How often it was given.
        given_to: The test that got it last, if it was recorded in another one.
        was_given: Whether it was given in a run of its test that does not count any more.
    """

    number: int
    interaction: Interaction
    key: Key
    role: Role
    soft: int = 0
    hard: int = 0
    plays: int = 0
    given_to: str = ""
    was_given: bool = False


@dataclass(slots=True)
class _Track:
    """A resource: what was recorded of it, and how far the replay is."""

    entries: list[Entry] = field(default_factory=list)
    soft: int = 0
    hard: int = 0
    cursor: int = _START


class State(NamedTuple):
    """How far a replay is: of each entry, and of each resource."""

    entries: list[tuple[int, str]]
    tracks: dict[str, tuple[int, int, int]]


class Replay:
    """The replay of one cassette.

    Args:
        interactions: As recorded, in order.
    """

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self.entries = tuple(
            Entry(number, one, key, role_of(key))
            for number, one in enumerate(interactions)
            for key in (key_of(one),)
        )
        self._lock = threading.Lock()
        self._tracks: dict[str, _Track] = {}
        for entry in self.entries:
            track = self._tracks.setdefault(entry.role.resource, _Track())
            entry.soft, entry.hard = track.soft, track.hard
            track.entries.append(entry)
            track.soft += entry.role.action.is_gate
            track.hard += entry.role.action is Action.HARD_GATE
        for track in self._tracks.values():
            track.soft = track.hard = 0

    def answer(self, sent: Interaction, test: str = "") -> Entry | None:
        """The answer to a request, or ``None``: :func:`.miss.explain` says why.

        Args:
            sent: The request.
            test: Who sends it, of several that share the cassette.
        """
        return self.answer_to(key_of(sent), test)

    def answer_to(self, key: Key, test: str = "") -> Entry | None:
        """The same where it is known already what of the request is compared."""
        role = role_of(key)
        with self._lock:
            track = self._tracks.get(role.resource)
            if track is None:
                return None
            same = [entry for entry in track.entries if entry.key.matches(key)]
            is_read = role.action in (Action.READ, Action.LOGIN)
            for whose in (test, "", None) if test else ("", None):
                some = [one for one in same if _is_of(one, whose, test)]
                if whose is None and is_read and not role.is_shared and differ(some):
                    return None
                entry = _next_read(track, some, role) if is_read else _next_write(track, some)
                if entry is not None:
                    entry.plays += 1
                    entry.given_to = test if whose is None else ""
                    return entry
            return None

    def state(self) -> State:
        """How far the replay is."""
        with self._lock:
            return State(
                [(one.plays, one.given_to) for one in self.entries],
                {name: (one.soft, one.hard, one.cursor) for name, one in self._tracks.items()},
            )

    def go_back(self, state: State) -> None:
        """Makes the replay be where it was; what was asked for in between was asked for."""
        with self._lock:
            for entry, said in zip(self.entries, state.entries, strict=True):
                entry.was_given = entry.was_given or entry.plays > 0
                entry.plays, entry.given_to = said
            for name, at in state.tracks.items():
                track = self._tracks[name]
                track.soft, track.hard, track.cursor = at

    @property
    def played(self) -> int:
        """How many of the interactions were given at least once."""
        return sum(entry.plays > 0 or entry.was_given for entry in self.entries)

    def unused(self) -> tuple[int, ...]:
        """The places of interactions that were neither given nor passed by; without logins."""
        with self._lock:
            return tuple(
                entry.number
                for entry in self.entries
                if not (entry.plays or entry.was_given)
                and entry.role.action is not Action.LOGIN
                and not self._is_passed(entry)
                and not self._is_asked_elsewhere(entry)
            )

    def _is_passed(self, entry: Entry) -> bool:
        """Whether a job went on without anybody having asked for this state of it."""
        track = self._tracks[entry.role.resource]
        is_state = entry.role.is_shared and entry.role.action is Action.READ
        return (
            is_state
            and entry.number <= track.cursor
            and any(
                other.plays and other.number > entry.number and other.key.matches(entry.key)
                for other in track.entries
            )
        )

    def _is_asked_elsewhere(self, entry: Entry) -> bool:
        """Whether another test asked for this in its stead: a client may remember an answer."""
        return entry.role.action is Action.READ and any(
            (other.given_to or other.plays > 1)
            and other.interaction.test != entry.interaction.test
            and other.key.matches(entry.key)
            and not differ([other, entry])
            for other in self._tracks[entry.role.resource].entries
        )


def differ(entries: Collection[Entry]) -> bool:
    """Whether entries of several tests have different answers."""
    answers = {(one.interaction.status, one.interaction.response_body) for one in entries}
    return len(answers) > 1 and len({one.interaction.test for one in entries}) > 1


def _is_of(entry: Entry, whose: str | None, test: str) -> bool:
    """Whether an entry was recorded in a test; ``None`` stands for any other one."""
    own = entry.interaction.test
    return own not in ("", test) if whose is None else own == whose


def _next_read(track: _Track, same: list[Entry], role: Role) -> Entry | None:
    here = [entry for entry in same if entry.soft == track.soft]
    if not role.is_shared:
        fresh = [entry for entry in here if not entry.plays]
        return fresh[0] if fresh else here[-1] if here else None
    ahead = [entry for entry in here if entry.number > track.cursor]
    if ahead:
        track.cursor = ahead[0].number
        return ahead[0]
    if here:
        return here[-1]
    reachable = [entry for entry in same if entry.hard == track.hard]
    before = [entry for entry in reachable if entry.soft < track.soft]
    return before[-1] if before else reachable[0] if reachable else None


def _next_write(track: _Track, same: list[Entry]) -> Entry | None:
    for entry in same:
        if not entry.plays:
            if entry.role.action.is_gate:
                track.soft = max(track.soft, entry.soft + 1)
                track.hard = max(track.hard, entry.hard + (entry.role.action is Action.HARD_GATE))
            return entry
    return None
