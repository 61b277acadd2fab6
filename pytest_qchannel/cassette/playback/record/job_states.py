"""How far the jobs of a recording got, told from what was answered about them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import address_of, is_submission

__all__ = ["unfinished"]

_FINAL: Final = ("completed", "failed", "cancelled")
_JOB: Final = re.compile(r"/jobs/([^/]+)(/results|/cancel)?$")
_ENDED: Final = "ended"


def unfinished(interactions: Iterable[Interaction]) -> list[tuple[str, str]]:
    """The jobs that were submitted and not seen to end, each with its last state.

    A job has ended where an answer says so, where its results were given, or where it was
    cancelled or deleted with success.
    """
    states: dict[str, str] = {}
    for one in interactions:
        if one.status >= 300:
            continue
        if is_submission(one):
            job = _json(one).get("id")
            if isinstance(job, str):
                states[job] = "submitted"
            continue
        for job, state in _told(one):
            if job in states and not _is_final(states[job]):
                states[job] = state
    return [(job, state) for job, state in states.items() if not _is_final(state)]


def _is_final(state: str) -> bool:
    return state == _ENDED or state.lower().startswith(_FINAL)


def _told(one: Interaction) -> Iterator[tuple[str, str]]:
    """What an interaction tells of jobs: id and state."""
    path = address_of(one).path
    found = _JOB.search(path)
    if found is None:
        if one.method == "GET" and path.endswith("/jobs"):
            rows = _json(one).get("jobs")
            yield from (_state(row) for row in rows or () if isinstance(row, dict))
        return
    if found[2] or one.method == "DELETE":
        yield found[1], _ENDED
    elif one.method == "GET":
        body = _json(one)
        yield found[1], _state(body)[1]


def _state(row: dict[str, Any]) -> tuple[str, str]:
    state = row.get("state")
    status = row.get("status")
    if isinstance(state, dict):
        status = state.get("status", status)
    return str(row.get("id")), str(status)


def _json(one: Interaction) -> dict[str, Any]:
    try:
        body = json.loads(one.response_body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
