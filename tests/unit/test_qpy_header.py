"""QPY whose header claims more bits than anybody has is refused before room is made for them."""

from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from qiskit import QuantumCircuit, QuantumRegister, qpy

from pytest_qchannel.cassette.circuits.formats import decode_qpy
from pytest_qchannel.emulator.programs import Task
from pytest_qchannel.emulator.programs.codec import decode_circuit
from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.world import snapshots
from pytest_qchannel.qpy_header import claimed_bits
from tests.devices_kit import DEVICE

VERSIONS = range(qpy.common.QPY_COMPATIBILITY_VERSION, qpy.common.QPY_VERSION + 1)
NAME = b"anybodys"
BITS = struct.Struct("!II")


def written(version: int) -> bytes:
    inner = QuantumCircuit(QuantumRegister(3, "q"), name="inner")
    inner.h(0)
    circuit = QuantumCircuit(5, 2, name=NAME.decode(), metadata={"a": 1})
    circuit.append(inner.to_gate(), [0, 1, 2])
    circuit.rz(0.25, 4)
    circuit.measure(0, 0)
    with circuit.if_test((0, True)):
        circuit.x(1)
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, version=version)
    return buffer.getvalue()


def claiming(data: bytes, name: bytes, qubits: int, clbits: int = 0) -> bytes:
    """The data with other numbers in a header: of all, or of the definition of that gate."""
    begin, had = (0, (5, 2)) if name == NAME else (data.index(name), (3, 0))
    at = data.index(BITS.pack(*had), begin)
    return data[:at] + BITS.pack(qubits, clbits) + data[at + BITS.size :]


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_read_from_every_version(version: int) -> None:
    data = written(version)
    assert claimed_bits(data) == 7
    assert claimed_bits(claiming(data, NAME, 4_000_000_000, 9)) == 4_000_000_009
    assert claimed_bits(claiming(data, NAME, 0, 30_000_000)) == 30_000_000
    assert claimed_bits(claiming(data, b"inner", 30_000_000)) == 30_000_000


@pytest.mark.parametrize("data", [b"", b"QISKIT", b"QISKIT\xff", b"QISKIT" + b"\xff" * 40, b"x"])
def test_what_is_no_qpy_claims_nothing(data: bytes) -> None:
    assert claimed_bits(data) < 2**33


@pytest.mark.parametrize("name", [NAME, b"inner"])
def test_neither_a_job_nor_a_cassette_makes_room_for_it(name: bytes) -> None:
    """Fifty bytes took all memory of the machine, and the process with it."""
    data = claiming(written(max(VERSIONS)), name, 4_000_000_000)
    with pytest.raises(ValueError, match=r"it has 40000000\d\d bits"):
        decode_qpy(data)
    task = Task({}, snapshots.load(DEVICE), 7)
    sent = base64.b64encode(zlib.compress(data)).decode()
    with pytest.raises(JobFailure, match="too many for the emulator"):
        decode_circuit({"__type__": "QuantumCircuit", "__value__": sent}, task, "pub 0")
