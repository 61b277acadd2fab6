"""Circuits taken apart, and small parts simulated with all their values at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.quantum_info import DensityMatrix, Statevector

from pytest_qchannel.emulator.programs.executor.items import Item
from pytest_qchannel.emulator.programs.executor.measuring import measure
from pytest_qchannel.emulator.programs.simulate import Active
from pytest_qchannel.emulator.programs.simulate.batch import plan_of
from pytest_qchannel.emulator.programs.simulate.components import Part, parts_of
from pytest_qchannel.emulator.programs.simulate.lone import chance_of_one
from pytest_qchannel.emulator.programs.task import Task
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.circuits_kit import DEVICE


def whole(circuit: QuantumCircuit) -> Active:
    return Active(circuit, tuple(range(10, 10 + circuit.num_qubits)))


def test_qubits_that_meet_stay_together() -> None:
    circuit = QuantumCircuit(6, 6)
    circuit.cx(0, 3)
    circuit.h(1)
    circuit.barrier()
    circuit.cx(4, 2)
    circuit.measure([0, 3, 1, 2], [5, 0, 2, 3])
    parts = parts_of(whole(circuit))
    assert [part.active.physical for part in parts] == [(10, 13), (11,), (12, 14)]
    assert [part.bits for part in parts] == [[0, 5], [2], [3]]
    assert [part.active.circuit.num_clbits for part in parts] == [2, 1, 1]
    measured = [item for item in parts[0].active.circuit.data if item.name == "measure"]
    circuit_bits = parts[0].active.circuit.clbits
    assert [circuit_bits.index(item.clbits[0]) for item in measured] == [1, 0]


def test_a_bit_connects_and_so_does_a_condition() -> None:
    bits, other = ClassicalRegister(1, "bits"), ClassicalRegister(2, "other")
    circuit = QuantumCircuit(QuantumRegister(4), bits, other)
    circuit.measure(0, bits[0])
    with circuit.if_test((bits, 1)):
        circuit.x(1)
    circuit.measure(1, other[0])
    circuit.h(2)
    circuit.measure(2, other[1])
    first, second = parts_of(whole(circuit))
    assert first.active.physical == (10, 11)
    assert first.active.circuit.cregs == circuit.cregs
    assert (second.active.physical, second.bits) == ((12,), [2])
    shared = QuantumCircuit(2, 1)
    shared.x([0, 1])
    shared.measure([0, 1], [0, 0])
    assert [part.active.physical for part in parts_of(whole(shared))] == [(10, 11)]


A, B = Parameter("a"), Parameter("b")
GATES = st.lists(
    st.tuples(
        st.sampled_from(["rz", "rx", "ry", "sx", "x", "cz", "ecr", "rzz", "cx", "id"]),
        st.integers(0, 2),
        st.integers(1, 2),
        st.sampled_from([A, B, 0.3, np.pi]),
    ),
    max_size=12,
)


def test_what_a_store_writes_is_measured() -> None:
    """A store acts on no qubit, so that it was in no part, and its bit was 0."""
    plain, in_a_branch = QuantumCircuit(2, 2), QuantumCircuit(2, 2)
    plain.store(plain.clbits[0], True)
    with in_a_branch.if_test((in_a_branch.clbits[1], False)):
        in_a_branch.store(in_a_branch.clbits[0], True)
    for circuit in (plain, in_a_branch):
        circuit.x(1)
        circuit.measure(1, 1)
        assert len(parts_of(whole(circuit))) == 1
        item = Item(circuit, (), np.zeros((1, 0)), {}, None)
        assert measure(item, 20, "classified", 3, Task({}, snapshots.load(DEVICE), 1))["c"].all()


def _circuit(gates: list[Any]) -> QuantumCircuit:
    circuit = QuantumCircuit(3, 3)
    for name, first, step, angle in gates:
        places = [first, (first + step) % 3] if name in ("cz", "ecr", "rzz", "cx") else [first]
        if name == "ry" and not isinstance(angle, float):
            continue
        angles = [angle] if name.startswith("r") else []
        getattr(circuit, name)(*angles, *places)
    return circuit


@pytest.mark.slow
@settings(max_examples=60)
@given(GATES)
def test_chances_are_those_of_the_state(gates: list[Any]) -> None:
    circuit = _circuit(gates)
    measured = circuit.copy()
    measured.measure([0, 1, 2], [2, 0, 1])
    column = {parameter: number for number, parameter in enumerate(measured.parameters)}
    values = np.array([[0.2, 1.1], [2.0, -0.7], [0.0, np.pi]])[:, : len(column)]
    plan = plan_of(Part(whole(measured), [0, 1, 2]), column)
    assert plan is not None
    assert plan.measured == [1, 2, 0]
    [(first, chances)] = list(plan._chances(values, column))
    assert first == 0
    for row, found in zip(values, chances, strict=True):
        expected = Statevector(circuit.assign_parameters(row)).probabilities()
        assert found == pytest.approx(expected, abs=1e-9)
    bits = plan.sample(values, column, 4000, np.random.default_rng(1))
    assert bits.shape == (3, 4000, 3)
    expected = Statevector(circuit.assign_parameters(values[1])).probabilities([0])
    assert bits[1, :, 2].mean() == pytest.approx(expected[1], abs=0.05)


def test_what_is_more_than_gates_and_readout_is_left_to_the_simulator() -> None:
    reused = QuantumCircuit(1, 2)
    reused.measure(0, 0)
    reused.x(0)
    reused.measure(0, 1)
    wide = QuantumCircuit(13, 1)
    for number in range(12):
        wide.cx(number, number + 1)
    wide.measure(0, 0)
    expression = QuantumCircuit(1, 1)
    expression.rz(2 * A, 0)
    expression.measure(0, 0)
    reset = QuantumCircuit(1, 1)
    reset.reset(0)
    reset.measure(0, 0)
    for circuit in (reused, wide, expression, reset):
        column = {parameter: number for number, parameter in enumerate(circuit.parameters)}
        [part] = parts_of(whole(circuit))
        assert plan_of(part, column) is None
        assert chance_of_one(part.active, np.zeros((1, len(column))), column) is None


@pytest.mark.parametrize("errs", [False, True])
def test_a_lone_qubit(errs: bool) -> None:
    circuit = QuantumCircuit(1)
    circuit.rz(A, 0)
    circuit.sx(0)
    circuit.rz(B, 0)
    circuit.x(0)
    circuit.sx(0)
    values = np.array([[0.4, 1.3], [-2.0, 0.1]])
    measured = circuit.copy()
    measured.measure_all()
    snapshot = snapshots.load(DEVICE) if errs else None
    column = {A: 0, B: 1}
    chances = chance_of_one(Active(measured, (5,)), values, column, snapshot)
    assert chances is not None
    for row, chance in zip(values, chances, strict=True):
        bound = circuit.assign_parameters(dict(zip((A, B), row, strict=True)))
        if not errs:
            assert chance == pytest.approx(Statevector(bound).probabilities()[1])
            continue
        assert chance == pytest.approx(_aer_noise(bound, 5), abs=1e-6)


def _aer_noise(circuit: QuantumCircuit, qubit: int) -> float:
    """The same by Qiskit's own channels, put together here from the device's figures."""
    from qiskit.quantum_info import Choi
    from qiskit_aer.noise import ReadoutError

    from pytest_qchannel.emulator.programs.simulate.calibration import calibration
    from pytest_qchannel.emulator.programs.simulate.channels import gate_channel

    known = calibration(snapshots.load(DEVICE))
    state = DensityMatrix.from_label("0")
    for item in circuit.data:
        state = state.evolve(item.operation)
        figures = known.gates.get((item.name, (qubit,)))
        if figures is not None:
            ours = gate_channel(*figures, (known.times_s[qubit],)).reshape(2, 2, 2, 2)
            # Qiskit's: [(i, a), (j, b)].
            state = state.evolve(Choi(ours.transpose(1, 0, 3, 2).reshape(4, 4)))
    up, down = known.readout[qubit]
    table = ReadoutError([[1 - up, up], [down, 1 - down]]).probabilities
    return float((state.probabilities() @ table)[1])
