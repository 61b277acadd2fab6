"""A line of the ledger: what was sent, or is about to be, and what is held for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = [
    "LOST_NOTE",
    "NOT_THERE_NOTE",
    "TRANSITIONS",
    "Entry",
    "Kind",
    "State",
    "Wish",
    "fingerprint",
    "storable",
]


LOST_NOTE: Final = "its answer was lost"
NOT_THERE_NOTE: Final = f"{LOST_NOTE}, and it was looked for in vain"


class Kind(StrEnum):
    """What an entry is for. A dedicated session is charged by the clock, a batch by its jobs."""

    JOB = "job"
    SESSION = "session"
    BATCH = "batch"


class State(StrEnum):
    """What is known of an entry."""

    RESERVED = "reserved"
    """It has not been sent: what follows is written before it is."""
    SENT = "sent"
    """It is on its way, or was when its process ended."""
    LOST = "lost"
    """Whether the service has it is not known: there was no answer that says so."""
    RUNNING = "running"
    """The service has it, and it has an id; also when it has ended, until its price is known."""
    SETTLED = "settled"
    """Its price is known."""
    VOID = "void"
    """The service has never had it."""
    LEFT = "left"
    """The run ended before its end or its price was known: ``qchannel cleanup`` must look."""


TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.RESERVED: frozenset({State.SENT, State.VOID}),
    # void: a 4xx, or no connection was made
    State.SENT: frozenset({State.RUNNING, State.LOST, State.VOID}),
    State.LOST: frozenset({State.RUNNING, State.VOID}),
    State.RUNNING: frozenset({State.SETTLED, State.LEFT}),
    State.LEFT: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
    State.VOID: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent.

    Attributes:
        test: The test's node id.
        instance: The :func:`fingerprint` of the instance.
        backend: The backend's name.
        cost_s: The most seconds that it may use: ``cost`` or ``max_ttl``.
        reserve_s: The seconds to hold for it; 0 for what is paid for by something else.
        kind: What it is.
        session: The id of the session that a job is for.
        owner: The process that sends it, as a worker of pytest-xdist is called.
        is_capped: Whether ``cost_s`` is the lane's, and not what the code itself asked for.
    """

    test: str
    instance: str
    backend: str
    cost_s: int
    reserve_s: int
    kind: Kind = Kind.JOB
    session: str | None = None
    owner: str = ""
    is_capped: bool = True

    def __post_init__(self) -> None:
        for name in ("test", "backend", "session"):
            if text := getattr(self, name):
                object.__setattr__(self, name, storable(text))


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger, as it was when it was read; times in seconds since the epoch.

    Attributes:
        n: Its number.
        is_capped: Whether its cost is the lane's, and not what the code itself asked for.
        tag: The tag that its job, and no other one, has.
        used: The seconds that it cost, once that is known.
        remote: The id that the service gave it.
        ended: The state that it ended in, once it has.
        changed_at: When it was written last.
        note: What there is to say of it.
    """

    n: int
    kind: Kind
    test: str
    owner: str
    instance: str
    backend: str
    tag: str
    session: str | None
    cost: int
    is_capped: bool
    reserved: int
    used: float | None
    remote: str | None
    state: State
    ended: str | None
    changed_at: float
    note: str | None

    @property
    def held(self) -> float:
        """The seconds of the budget that it takes."""
        if self.state is State.VOID:
            return 0.0
        return self.reserved if self.used is None else self.used

    @property
    def is_alive(self) -> bool:
        """Whether the service may have it, and it may not have ended there."""
        return self.ended is None and self.state not in (State.SETTLED, State.VOID)

    @property
    def was_lost(self) -> bool:
        """Whether there was a doubt, so that a list that lags may still show what nobody saw."""
        return (self.note or "").startswith(LOST_NOTE)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be found out: its end, or its price."""
        return self.state not in (State.SETTLED, State.VOID)


def storable(text: str) -> str:
    """A text as a file can hold it: JSON may have half of a character."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def fingerprint(instance: str) -> str:
    """What a file may say of an instance: its CRN is a secret, this tells two apart."""
    return hashlib.sha256(instance.encode("utf-8", "replace")).hexdigest()[:12]
