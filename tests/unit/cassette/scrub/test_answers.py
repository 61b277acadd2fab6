"""Params and results that the client reads circuits out of: they can still be read."""

from __future__ import annotations

import base64
import io
import json
import zlib
from typing import Any

import pytest
from qiskit import QuantumCircuit, qpy

from pytest_qchannel.cassette.circuits.formats import decode_qpy
from pytest_qchannel.cassette.playback.record.qpy_answers import answered_params
from pytest_qchannel.cassette.scrub import Scrubber
from tests.unit.cassette.circuits.circuit_examples import fingerprint_of
from tests.unit.cassette.scrub.planted_kit import VALUES, get

NAME, NOTE = VALUES["name of a person"], VALUES["API key"]


def _circuit() -> QuantumCircuit:
    circuit = QuantumCircuit(2, name=NAME, metadata={"note": NOTE})
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def _qpy(*, packed: bool) -> str:
    buffer = io.BytesIO()
    qpy.dump([_circuit(), _circuit()], buffer)
    plain = buffer.getvalue()
    return base64.b64encode(zlib.compress(plain) if packed else plain).decode()


def _kept(path: str, answer: Any) -> Any:
    scrubbed = Scrubber(rewrite_params=answered_params).scrub(get(path, answer)).interaction
    return json.loads(scrubbed.response_body)


def _require_anonymous(text: str, *, packed: bool) -> None:
    data = base64.b64decode(text)
    assert data.startswith(b"QISKIT") is not packed
    kept = decode_qpy(data)
    assert [one.name for one in kept] == ["circuit-0", "circuit-1"]
    assert [one.metadata for one in kept] == [{}, {}]
    assert {fingerprint_of(one) for one in kept} == {fingerprint_of(_circuit())}


@pytest.mark.parametrize(
    ("field", "packed"), [("b64_data", True), ("b64_data", False), ("circuit_b64", False)]
)
def test_the_executors_circuits_can_be_read_again(field: str, packed: bool) -> None:
    """``job.inputs`` of a replay was a dictionary, with a warning: its QPY was a stand-in."""
    circuits = {field: _qpy(packed=packed), "num_programs": 2}
    job = {"id": "d0", "params": {"quantum_program": {"circuits": circuits}}}
    kept = _kept("/jobs/d0", job)["params"]["quantum_program"]["circuits"]
    assert kept["num_programs"] == 2
    _require_anonymous(kept[field], packed=packed)


def test_the_noise_learners_circuits_can_be_read_again() -> None:
    """``job.result()`` of a replay was a ``zlib.error``: the circuit of each layer was empty."""
    layer = {
        "circuit": {"__type__": "QuantumCircuit", "__value__": _qpy(packed=True)},
        "circuit_metadata": {"note": NOTE},
        "note": f"written by {NAME}",
    }
    [kept] = _kept("/jobs/d0/results", {"data": [layer]})["data"]
    assert kept["circuit_metadata"] == {}
    assert NAME not in kept["note"]
    _require_anonymous(kept["circuit"]["__value__"], packed=True)


def test_of_what_is_no_circuit_nothing_is_kept() -> None:
    text = base64.b64encode(NOTE.encode()).decode()
    params = {"circuits": {"b64_data": text}}
    assert _kept("/jobs/d0", {"params": params})["params"] == {"circuits": {"b64_data": ""}}
