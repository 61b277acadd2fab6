"""What a recorded request is to the replay: which resource it is about, and what it does to it.

===========  ======================================  =======================================
resource     requests                                reads
===========  ======================================  =======================================
a job        everything below ``/jobs/{id}``         move on together, one state at a time
a session    everything below ``/sessions/{id}``     move on together, one state at a time
the account  everything else                         move on each for itself
===========  ======================================  =======================================

A read can be asked any number of times: after its last recorded answer, that one is repeated.
A write is answered as often as it was recorded. Some writes are *gates*: what was recorded after
one is not given before it was sent, and the other way round. Cancelling a job, setting its tags
and closing a session are soft gates: an answer from the other side is given where this side has
none. Deleting a job, and every write to the account, is a hard one: there it is a miss. That is
how a 401 comes after the logout and not before it. Logins are no part of all this: they are
answered from a synthetic identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pytest_qchannel.cassette.playback.matching import Key

__all__ = ["ACCOUNT", "Action", "Role", "role_of"]

ACCOUNT: Final = "account"

_OF_ONE: Final = re.compile(r"/(jobs|sessions)/([^/]+)(/.*)?$")
_CREATES: Final = re.compile(r"/(jobs|sessions)$")
_LOGIN: Final = re.compile(r"/identity/token$|/users/loginWithToken$")
_SEARCH: Final = re.compile(r"/resources/search$")


class Action(Enum):
    """What a request does to its resource."""

    READ = "read"
    WRITE = "write"
    SOFT_GATE = "soft gate"
    HARD_GATE = "hard gate"
    LOGIN = "login"

    @property
    def is_gate(self) -> bool:
        """Whether it parts what is before it from what is after it."""
        return self in (Action.SOFT_GATE, Action.HARD_GATE)


@dataclass(frozen=True, slots=True)
class Role:
    """A request's resource, ``job dq6s...``, ``session ...`` or ``account``, and its action."""

    resource: str
    action: Action

    @property
    def is_shared(self) -> bool:
        """Whether all reads of the resource move on together."""
        return self.resource != ACCOUNT


def role_of(key: Key) -> Role:
    """The role of a request in a replay."""
    is_read = key.method in ("GET", "HEAD", "OPTIONS")
    one = _OF_ONE.search(key.path)
    if one:
        kind, name, below = one[1], one[2], one[3]
        resource = f"{kind.removesuffix('s')} {name}"
        if is_read:
            return Role(resource, Action.READ)
        is_deleted = kind == "jobs" and key.method == "DELETE" and not below
        return Role(resource, Action.HARD_GATE if is_deleted else Action.SOFT_GATE)
    if key.method == "POST":
        if _LOGIN.search(key.path):
            return Role(ACCOUNT, Action.LOGIN)
        if _SEARCH.search(key.path):
            return Role(ACCOUNT, Action.READ)
        if _CREATES.search(key.path):
            return Role(ACCOUNT, Action.WRITE)
    return Role(ACCOUNT, Action.READ if is_read else Action.HARD_GATE)
