"""Each reason for which a device does not run a circuit, in blocks of control flow too."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.emulator.programs.isa import (
    require_isa,
    require_measured,
    require_twirlable,
)
from pytest_qchannel.emulator.programs.outcome import JobFailure
from pytest_qchannel.emulator.world import snapshots

TORINO = snapshots.load("ibm_torino")  # cz in both directions
SHERBROOKE = snapshots.load("ibm_sherbrooke")  # ecr in one direction


def edges(snapshot: snapshots.Snapshot, gate: str) -> list[tuple[int, int]]:
    [entry] = [one for one in snapshot.facts["gates"] if one["name"] == gate]
    return [(a, b) for a, b in entry["coupling_map"]]


def refusal(circuit: QuantumCircuit, snapshot: snapshots.Snapshot = TORINO) -> JobFailure:
    with pytest.raises(JobFailure) as caught:
        require_isa(circuit, snapshot)
    return caught.value


def test_a_circuit_of_the_whole_device_with_everything_it_can() -> None:
    circuit = QuantumCircuit(TORINO.num_qubits, 3)
    a, b = edges(TORINO, "cz")[-1]
    circuit.rz(Parameter("t"), a)
    circuit.sx(a)
    circuit.x(TORINO.num_qubits - 1)
    circuit.id(0)
    circuit.cz(a, b)
    circuit.cz(b, a)
    circuit.barrier()
    circuit.delay(100, 3, "ns")
    circuit.reset(a)
    circuit.measure(a, 0)
    with circuit.if_test((circuit.clbits[0], True)) as otherwise:
        circuit.x(b)
    with otherwise:
        circuit.sx(b)
    with circuit.for_loop(range(2)):
        circuit.cz(a, b)
    with circuit.switch(circuit.cregs[0]) as case, case(0):
        circuit.x(a)
    require_isa(circuit, TORINO)


def test_a_smaller_circuit_than_the_device_is_an_isa_circuit() -> None:
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    require_isa(circuit, TORINO)


def test_too_many_qubits() -> None:
    failure = refusal(QuantumCircuit(TORINO.num_qubits + 1))
    assert failure.reason == (
        "The circuit has 134 qubits but the target system requires 133 qubits. "
        "Transpile your circuits for the target before submitting a primitive query."
    )
    assert failure.code == 1517


@pytest.mark.parametrize("name", ["h", "t", "sxdg", "y", "rx"])
def test_a_gate_that_the_device_lacks(name: str) -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    getattr(circuit, name)(*([0.5, 0] if name == "rx" else [0]))
    failure = refusal(circuit)
    assert failure.code == 1517
    assert failure.reason == (
        f"The instruction {name} on qubits (0,) is not supported by the target system. "
        "Transpile your circuits for the target before submitting a primitive query."
    )


def test_another_devices_two_qubit_gate() -> None:
    circuit = QuantumCircuit(2)
    circuit.ecr(0, 1)
    assert refusal(circuit).code == 1517


def test_qubits_that_are_not_connected() -> None:
    circuit = QuantumCircuit(TORINO.num_qubits)
    assert (0, 100) not in edges(TORINO, "cz")
    circuit.cz(0, 100)
    failure = refusal(circuit)
    assert failure.code == 1517
    assert "The instruction cz on qubits (0, 100) is not supported" in failure.reason


def test_the_wrong_direction() -> None:
    a, b = next(
        (a, b) for a, b in edges(SHERBROOKE, "ecr") if (b, a) not in edges(SHERBROOKE, "ecr")
    )
    right, wrong = QuantumCircuit(127), QuantumCircuit(127)
    right.ecr(a, b)
    wrong.ecr(b, a)
    require_isa(right, SHERBROOKE)
    assert refusal(wrong, SHERBROOKE).code == 1517


def if_true(circuit: QuantumCircuit) -> Any:
    return circuit.if_test((circuit.clbits[0], True))


def for_each(circuit: QuantumCircuit) -> Any:
    return circuit.for_loop(range(2))


@pytest.mark.parametrize("block", [if_true, for_each])
@pytest.mark.parametrize(("gate", "code"), [("h", 1517), ("cz", 1517)])
def test_blocks_of_control_flow_are_looked_into(
    block: Callable[[QuantumCircuit], Any], gate: str, code: int
) -> None:
    circuit = QuantumCircuit(TORINO.num_qubits, 1)
    with block(circuit):
        if gate == "h":
            circuit.h(77)
        else:
            circuit.cz(5, 77)
    failure = refusal(circuit)
    assert failure.code == code
    assert gate == "h" or "(5, 77)" in failure.reason


def test_the_else_block_and_blocks_in_blocks_are_looked_into() -> None:
    circuit = QuantumCircuit(TORINO.num_qubits, 1)
    with if_true(circuit) as otherwise:
        circuit.x(3)
    with otherwise, circuit.for_loop(range(3)):
        circuit.cz(9, 99)
    failure = refusal(circuit)
    assert failure.code == 1517
    assert "qubits (9, 99)" in failure.reason


def test_a_block_means_the_qubits_of_the_outer_circuit() -> None:
    """Inside a block qubits count from zero; the coupling map is about the device's."""
    a, b = edges(TORINO, "cz")[-1]
    assert a > 1
    circuit = QuantumCircuit(TORINO.num_qubits, 1)
    with if_true(circuit):
        circuit.cz(a, b)
    require_isa(circuit, TORINO)


def test_control_flow_that_the_device_does_not_list() -> None:
    assert "while_loop" not in TORINO.facts["supported_instructions"]
    circuit = QuantumCircuit(1, 1)
    with circuit.while_loop((circuit.clbits[0], True)):
        circuit.x(0)
    assert refusal(circuit).code == 1517


@pytest.mark.parametrize("angle", [-0.1, 1.6])
def test_the_angle_of_rzz_is_between_0_and_a_quarter_turn(angle: float) -> None:
    """Seen in 2026: such jobs fail on the device with the code of what is not in the target."""
    device = snapshots.served("ibm_torino", "ibm_torino", has_fractional_gates=True)
    a, b = edges(device, "rzz")[0]
    right, wrong = QuantumCircuit(133), QuantumCircuit(133)
    right.rzz(math.pi / 2, a, b)
    wrong.rzz(angle, a, b)
    require_isa(right, device)
    with pytest.raises(JobFailure, match=r"only for angles in the range \[0, pi/2\]") as caught:
        require_isa(wrong, device)
    assert caught.value.code == 1517


@pytest.mark.parametrize("name", ["rx", "rzz"])
def test_fractional_gates_are_not_twirled(name: str) -> None:
    circuit = QuantumCircuit(2, 1)
    with circuit.if_test((circuit.clbits[0], True)):
        getattr(circuit, name)(0.5, *range(2 if name == "rzz" else 1))
    with pytest.raises(JobFailure, match="Gate twirling does not support fractional") as caught:
        require_twirlable(circuit)
    assert caught.value.code == 1519


def test_a_circuit_that_measures_nothing_is_refused() -> None:
    """Its registers came back as zeros here, and the same job failed live."""
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    with circuit.if_test((circuit.clbits[0], False)):
        circuit.x(0)
    with pytest.raises(JobFailure, match=r"^Circuits without measurements are not allowed$") as it:
        require_measured(circuit)
    assert (it.value.code, it.value.usage_s) == (1515, 2.0)
    with circuit.if_test((circuit.clbits[0], False)):
        circuit.measure(0, 0)
    require_measured(circuit)
