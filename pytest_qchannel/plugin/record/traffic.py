"""What a report tells of a test's requests and jobs, read from what passed, whatever the lane."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pytest_qchannel.cassette.circuits.packed import unpacked
from pytest_qchannel.ibm.route import Action, Tells
from pytest_qchannel.ibm.table import find
from pytest_qchannel.journal import Exchange

__all__ = ["jobs_of", "log_of", "usage_s"]

_MOST_BITSTRINGS: Final = 64
"""How many bitstrings of a PUB are told, the most frequent ones; of the rest the sum."""

_NPY: Final = b"\x93NUMPY"
_USAGE: Final = ("qpu_charge_time_seconds", "quantum_seconds", "seconds")

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
        found, said = find(one.method, one.host, one.path), _read(one.told)
        if found is not None and found.route.action is Action.SUBMISSION:
            _submitted(job, one.body, said)
        elif found is not None and found.route.tells is Tells.END:
            _answered(job, said)
        else:
            _looked_at(job, said, round(one.at - began, 6))
    return jobs


def usage_s(told: _Plain) -> float | None:
    """The QPU seconds that the body of a job tells."""
    usage = told.get("usage")
    if not isinstance(usage, Mapping) or usage.get("status") == "pending":
        return None
    return next((float(usage[name]) for name in _USAGE if _is_number(usage.get(name))), None)


def _submitted(job: _Plain, sent: object, said: _Plain) -> None:
    body = sent if isinstance(sent, dict) else {}
    job["program"] = str(body.get("program_id", ""))
    job["backend"] = str(said.get("backend") or body.get("backend", ""))
    params = body.get("params")
    pubs = params.get("pubs") if isinstance(params, dict) else None
    for pub in pubs if isinstance(pubs, list) else ():
        shots = pub[2] if isinstance(pub, list) and len(pub) > 2 else None
        shots = shots if _is_number(shots) else None
        job["pubs"].append({"circuit": None, "shots": shots, "counts": None, "expected": None})


def _looked_at(job: _Plain, said: _Plain, at_s: float) -> None:
    state = said.get("state")
    name = state.get("status") if isinstance(state, dict) else said.get("status")
    if isinstance(name, str) and (not job["states"] or job["states"][-1]["state"] != name):
        job["states"].append({"state": name, "at_s": at_s})
    if (seconds := usage_s(said)) is not None:
        job["used_s"] = seconds
    if isinstance(said.get("backend"), str):
        job["backend"] = said["backend"]


def _answered(job: _Plain, said: _Plain) -> None:
    for number, counts in enumerate(_counts_in(said)):
        if number == len(job["pubs"]):
            job["pubs"].append({"circuit": None, "shots": None, "counts": None, "expected": None})
        if counts is not None:
            most = dict(counts.most_common(_MOST_BITSTRINGS))
            job["pubs"][number].update(
                shots=counts.total(),
                counts=dict(sorted(most.items())),
                other_shots=counts.total() - sum(most.values()),
            )


def _counts_in(said: _Plain) -> Iterator[Counter[str] | None]:
    whole = _value(said)
    for result in whole.get("pub_results") or whole.get("results") or ():
        data = _value(_value(result).get("data"))
        fields = data.get("fields", data)
        registers = list(map(_bitstrings, fields.values())) if isinstance(fields, dict) else []
        known = [one for one in registers if one is not None]
        is_whole = bool(known) and len(known) == len(registers)
        # As Qiskit writes several registers: the last one first.
        yield Counter(map(" ".join, zip(*reversed(known), strict=False))) if is_whole else None


def _bitstrings(register: object) -> list[str] | None:
    """The bitstrings of a register, shot by shot; ``None`` where it holds something else."""
    told = _value(register)
    width, samples = told.get("num_bits"), told.get("samples")
    if not isinstance(width, int):
        return None
    if isinstance(samples, list):
        return [format(int(str(one), 16), f"0{width}b") for one in samples]
    array = told.get("array")
    packed = array.get("__value__") if isinstance(array, dict) else None
    data = _npy(unpacked(packed)) if isinstance(packed, str) else None
    if data is None:
        return None
    size = -(-width // 8)
    return [
        format(int.from_bytes(data[at : at + size]), f"0{width}b")
        for at in range(0, len(data), size)
    ]


def _npy(file: bytes) -> bytes | None:
    """The elements of an array of bytes in numpy's file format, which is read without numpy."""
    if not file.startswith(_NPY):
        return None
    size = 2 if file[6] == 1 else 4
    start = 8 + size + int.from_bytes(file[8 : 8 + size], "little")
    head = file[:start]
    return file[start:] if b"'|u1'" in head and b"'fortran_order': False" in head else None


def _value(told: object) -> _Plain:
    """A mapping, out of its envelope where it has one."""
    inner = told.get("__value__", told) if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else {}


def _read(body: bytes) -> _Plain:
    try:
        said = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
