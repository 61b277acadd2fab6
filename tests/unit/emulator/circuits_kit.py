"""What the tests of this folder share: circuits on the wire, and results read back from it."""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections import Counter
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, qpy

from pytest_qchannel.emulator.programs import Task, checks, sampler
from pytest_qchannel.emulator.world import snapshots

DEVICE = "ibm_torino"  # cz, rz, sx, x; in every client from 0.34 on


def packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode("ascii")


def encoded(circuit: QuantumCircuit) -> dict[str, Any]:
    """A circuit as the clients send it."""
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    return {"__type__": "QuantumCircuit", "__value__": packed(buffer.getvalue())}


def encoded_array(values: Any) -> dict[str, Any]:
    """An array as the clients send it, written here without the code under test."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values), allow_pickle=False)
    return {"__type__": "ndarray", "__value__": packed(buffer.getvalue())}


def run(*pubs: Any, seed: int = 7, device: str = DEVICE, **params: Any) -> dict[str, Any]:
    """The decoded answer of a sampler job that has these PUBs."""
    body = {"pubs": list(pubs), **params}
    assert checks.sampler(body) is None
    outcome = sampler.run(Task(body, snapshots.load(device), seed))
    answer: dict[str, Any] = json.loads(outcome.result)
    return answer


def samples(answer: dict[str, Any], register: str, pub: int = 0) -> Any:
    """The (nested) list of numbers that a REST user finds under a register's name."""

    def numbers(part: Any) -> Any:
        return [numbers(one) for one in part] if isinstance(part, list) else int(part, 16)

    return numbers(answer["results"][pub]["data"][register]["samples"])


def distance(counts: Counter[int], expected: dict[int, float]) -> float:
    """Total variation distance between counts and probabilities (or other counts)."""
    shots, weight = sum(counts.values()), sum(expected.values())
    keys = counts.keys() | expected.keys()
    return 0.5 * sum(abs(counts[key] / shots - expected.get(key, 0) / weight) for key in keys)
