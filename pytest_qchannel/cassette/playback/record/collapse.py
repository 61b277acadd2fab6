"""Leaving out of a recording what a replay gives anyway: answers that say the same again.

Waiting for a job asks the same thing ten times a second. Of the answers to equal reads of a job
or session, one that says what the one before said is left out, unless a write of that job or
session lies between them. Reads of the account are kept as they came, except those at the end of
their kind: A, A, B, B becomes A, A, B, because a replay counts answers until it comes to the last
one and repeats that. Of tests that share a recording each has its own. See
:mod:`..replay.cursors` for what the replay does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import Key, key_of
from pytest_qchannel.cassette.playback.roles import role_of
from pytest_qchannel.ibm.route import Action

__all__ = ["collapse"]

_VOLATILE: Final = frozenset(
    {
        "estimated_completion_time",
        "estimated_max_running_time_seconds",
        "estimated_running_time_seconds",
        "estimated_start_time",
        "hubPriority",
        "position_in_provider",
        "position_in_queue",
    }
)
"""Fields of a job that change while it waits, and that do not make it another state."""


def collapse(interactions: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """The interactions that a replay needs, in their order; of equal ones the first is kept."""
    kept: list[Interaction | None] = []
    said: dict[tuple[Key, int, str], tuple[int, object]] = {}
    gates: dict[str, int] = {}
    runs: dict[tuple[Key, int, str], list[int]] = {}
    for one in interactions:
        key = key_of(one)
        role = role_of(key)
        gate = gates.get(role.resource, 0)
        if role.action.is_gate:
            gates[role.resource] = gate + 1
        if role.action is not Action.READ:
            kept.append(one)
            continue
        place = (key, gate, one.test)
        answer = (one.status, _state(one.response_body))
        is_same = place in said and said[place] == answer
        if is_same and role.is_shared:
            continue
        run = runs.setdefault(place, [])
        if not is_same:
            run.clear()
        run.append(len(kept))
        said[place] = answer
        kept.append(one)
    for run in runs.values():
        for number in run[1:]:
            kept[number] = None
    return tuple(one for one in kept if one is not None)


def _state(body: bytes) -> object:
    """What an answer says, apart from what changes all the time."""
    if len(body) > 65_536 or body[:1] != b"{":
        return body
    try:
        return json.dumps(_settled(json.loads(body)), sort_keys=True)
    except (ValueError, RecursionError):
        return body


def _settled(data: object) -> object:
    if isinstance(data, dict):
        return {name: _settled(one) for name, one in data.items() if name not in _VOLATILE}
    return [_settled(one) for one in data] if isinstance(data, list) else data
