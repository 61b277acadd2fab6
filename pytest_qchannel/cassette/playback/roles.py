"""What a recorded request is to the replay: which resource it is about, and what it does to it.

===========  ======================================  =======================================
resource     requests                                reads
===========  ======================================  =======================================
a job        everything below ``/jobs/{id}``         move on together, one state at a time
a session    everything below ``/sessions/{id}``     move on together, one state at a time
a task       everything that asks for its id         move on together, one state at a time
the account  everything else                         move on each for itself
===========  ======================================  =======================================

A read can be asked any number of times: after its last recorded answer, that one is repeated.
A write is answered as often as it was recorded. Some writes are *gates*: what was recorded after
one is not given before it was sent, and the other way round. Cancelling a job, setting its tags
and closing a session are soft gates: an answer from the other side is given where this side has
none. Deleting a job, and every write to the account, is a hard one: there it is a miss. That is
how a 401 comes after the logout and not before it. Logins are no part of all this: they are
answered from a synthetic identity. Which request is which stands in :mod:`pytest_qchannel.ibm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.cassette.playback.matching import Key
from pytest_qchannel.ibm.route import Action

__all__ = ["ACCOUNT", "Role", "role_of"]

ACCOUNT: Final = "account"


@dataclass(frozen=True, slots=True)
class Role:
    """What a request is about, as ``job dq6s...`` or ``account``, and what it does."""

    resource: str
    action: Action

    @property
    def is_shared(self) -> bool:
        """Whether all reads of the resource move on together."""
        return self.resource != ACCOUNT


def role_of(key: Key) -> Role:
    """The role of a request in a replay; of a route that is not known, by its method."""
    if key.found is None:
        is_read = key.method in ("GET", "HEAD", "OPTIONS")
        return Role(ACCOUNT, Action.READ if is_read else Action.HARD_GATE)
    route = key.found.route
    if route.resource == "account":
        return Role(ACCOUNT, route.action)
    name = unquote(key.found.args[f"{route.resource}_id"])
    return Role(f"{route.resource} {name}", route.action)
