"""How far the jobs of a recording got, told from what was answered about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from pytest_qchannel.cassette.interaction import Interaction
from pytest_qchannel.cassette.playback.matching import found_in
from pytest_qchannel.ibm.route import FINAL, Action, Tells
from pytest_qchannel.ibm.table import Found
from pytest_qchannel.wire import json_object

__all__ = ["unfinished"]

_FINAL: Final = tuple(one.lower() for one in FINAL)
_ENDED: Final = "ended"


def unfinished(interactions: Iterable[Interaction]) -> list[tuple[str, str, str]]:
    """The jobs that were submitted and not seen to end, each with its last state and its test.

    A job has ended where an answer says so, where its results were given, or where it was
    cancelled or deleted with success.
    """
    states: dict[str, str] = {}
    tests: dict[str, str] = {}
    for one in interactions:
        if one.status >= 300:
            continue
        found = found_in(one)
        if found is None:
            continue
        if found.route.action is Action.SUBMISSION:
            job = json_object(one.response_body).get("id")
            if isinstance(job, str):
                states[job] = "submitted"
                tests[job] = one.test
            continue
        for job, state in _told(one, found):
            if job in states and not _is_final(states[job]):
                states[job] = state
    return [(job, state, tests[job]) for job, state in states.items() if not _is_final(state)]


def _is_final(state: str) -> bool:
    return state == _ENDED or state.lower().startswith(_FINAL)


def _told(one: Interaction, found: Found) -> Iterator[tuple[str, str]]:
    """What an interaction tells of jobs: id and state."""
    tells = found.route.tells
    if tells is Tells.END:
        yield unquote(found.args["job_id"]), _ENDED
    elif one.method == "HEAD":
        return
    elif tells is Tells.STATE:
        yield unquote(found.args["job_id"]), _state(json_object(one.response_body))[1]
    elif tells is Tells.STATES:
        rows = json_object(one.response_body).get("jobs")
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                yield _state(row)


def _state(row: Mapping[str, object]) -> tuple[str, str]:
    state = row.get("state")
    status = row.get("status")
    if isinstance(state, dict):
        status = state.get("status", status)
    return str(row.get("id")), str(status)
