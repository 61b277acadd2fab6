"""What a report tells of a test's requests and jobs, read from what passed, whatever the lane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pytest_qchannel.cassette.counts import MOST_BITSTRINGS, counts_in
from pytest_qchannel.compared import take
from pytest_qchannel.ibm.route import Action, Tells
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Exchange
from pytest_qchannel.lanes.live.settle import charged_s
from pytest_qchannel.wire import is_number, json_object

__all__ = ["jobs_of", "log_of"]

_Plain = dict[str, Any]  # as json.loads has it


def log_of(exchanges: Iterable[Exchange], began: float) -> list[_Plain]:
    """The requests of a test: by which route, when, and what came of them; nothing of their bodies.

    Args:
        exchanges: What passed.
        began: When the test began, on the clock of :attr:`.Exchange.at`.
    """
    return [
        {
            "n": one.number,
            "at_s": round(one.at - began, 6),
            "method": one.method,
            "host": one.host,
            "route": _route(one),
            "status": one.status,
            "fault": one.fault,
            "job": one.job_id,
        }
        for one in exchanges
    ]


def _route(one: Exchange) -> str:
    found = find(one.method, one.host, one.path)
    return f"{one.method} {found.route.rule if found else '(no route)'}"


def jobs_of(exchanges: Iterable[Exchange], began: float) -> dict[str, _Plain]:
    """What was told of each job that a test created or looked at, by its id."""
    jobs: dict[str, _Plain] = {}
    for one in exchanges:
        if one.job_id is None:
            continue
        job = jobs.setdefault(one.job_id, {"states": [], "pubs": []})
        found, said = find(one.method, one.host, one.path), json_object(one.told)
        if found is not None and found.route.action is Action.SUBMISSION:
            _submitted(job, one.body, said)
        elif found is not None and found.route.tells is Tells.END:
            _answered(job, said)
        else:
            _looked_at(job, said, round(one.at - began, 6))
    for name, job in jobs.items():
        for number, expected in take(name).items():
            if number < len(job["pubs"]):
                pub = job["pubs"][number]
                pub["expected"] = _as_counted(expected, next(iter(pub["counts"] or ()), ""))
    return jobs


def _as_counted(expected: Mapping[str, float], counted: str) -> dict[str, float]:
    """The likeliest of what was expected, with bitstrings written as one that was counted."""
    most = sorted(expected, key=lambda name: -expected[name])[:MOST_BITSTRINGS]
    gaps = [place - before for before, place in enumerate(_spaces(counted))]
    return {_spaced(name, gaps): expected[name] for name in sorted(most)}


def _spaces(text: str) -> list[int]:
    return [place for place, character in enumerate(text) if character == " "]


def _spaced(bits: str, gaps: Sequence[int]) -> str:
    edges = [0, *gaps, len(bits)]
    return " ".join(bits[begin:end] for begin, end in pairwise(edges))


def _submitted(job: _Plain, sent: object, said: _Plain) -> None:
    body = sent if isinstance(sent, dict) else {}
    job["program"] = str(body.get("program_id", ""))
    job["backend"] = str(said.get("backend") or body.get("backend", ""))
    params = body.get("params")
    pubs = params.get("pubs") if isinstance(params, dict) else None
    for pub in pubs if isinstance(pubs, list) else ():
        shots = pub[2] if isinstance(pub, list) and len(pub) > 2 else None
        shots = shots if is_number(shots) else None
        job["pubs"].append({"circuit": None, "shots": shots, "counts": None, "expected": None})


def _looked_at(job: _Plain, said: _Plain, at_s: float) -> None:
    state = said.get("state")
    name = state.get("status") if isinstance(state, dict) else said.get("status")
    if isinstance(name, str) and (not job["states"] or job["states"][-1]["state"] != name):
        job["states"].append({"state": name, "at_s": at_s})
    if (seconds := charged_s(said.get("usage"))) is not None:
        job["used_s"] = seconds
    if isinstance(said.get("backend"), str):
        job["backend"] = said["backend"]


def _answered(job: _Plain, said: _Plain) -> None:
    for number, counted in enumerate(counts_in(said)):
        if number == len(job["pubs"]):
            job["pubs"].append({"circuit": None, "shots": None, "counts": None, "expected": None})
        if counted is not None:
            job["pubs"][number].update(counted._asdict())
