"""Stabilizer circuits: stim's shots agree with exact probabilities, and it is used when it can."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Clifford, Statevector

from pytest_qchannel.emulator.programs.simulate import active_part, sample
from pytest_qchannel.emulator.programs.simulate.aer import run_aer
from pytest_qchannel.emulator.programs.simulate.clifford import (
    _FIXED,
    _ROTATIONS,
    sample_translation,
    translation,
)
from tests.unit.emulator.programs.simulate.simulate_kit import (
    assert_drawn_from,
    shots_of,
    task,
    values,
)

QUARTER = math.pi / 2
GATES = [*_FIXED, *_ROTATIONS, "u2"]


def _gate(name: str, turns: tuple[int, ...]) -> Any:
    gate = get_standard_gate_name_mapping()[name]
    angles = [QUARTER * turn for turn in turns[: len(gate.params)]]
    return type(gate)(*angles)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("turns", [(0, 1, 2), (1, 3, 1), (2, 1, 3), (3, 2, 0), (5, -1, 7)])
def test_each_gate_is_the_same_clifford_as_qiskits(name: str, turns: tuple[int, ...]) -> None:
    """Compares what the gate does to every Pauli operator, signs included."""
    import stim  # type: ignore[import-untyped]

    gate = _gate(name, turns)
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits))
    found = translation(circuit)
    assert found is not None
    # Identity first, so that stim knows every qubit.
    program = stim.Circuit("\n".join([*(f"I {q}" for q in range(gate.num_qubits)), *found.lines]))
    tableau = stim.Tableau.from_circuit(program)
    matrix = tableau.to_unitary_matrix(endian="little")
    assert Clifford.from_matrix(matrix) == Clifford(gate)


@st.composite
def clifford_circuits(draw: st.DrawFn) -> QuantumCircuit:
    size = draw(st.integers(1, 4))
    circuit = QuantumCircuit(size, size)
    for _ in range(draw(st.integers(0, 20))):
        gate = _gate(draw(st.sampled_from(GATES)), draw(st.tuples(*[st.integers(-5, 5)] * 3)))
        if gate.num_qubits <= size:
            qubits = draw(st.permutations(range(size)))
            circuit.append(gate, qubits[: gate.num_qubits])
    circuit.measure(draw(st.permutations(range(size))), range(size))
    return circuit


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=25)
@given(clifford_circuits())
def test_stim_and_aer_give_the_same_distribution(circuit: QuantumCircuit) -> None:
    found = translation(circuit)
    assert found is not None
    bits = sample_translation(found, 2_000, seed=3)
    known = circuit.decompose(["iswap", "dcx"])  # Aer does not have them
    other = run_aer(known, 2_000, seed=3)
    size = 2**circuit.num_clbits
    mine, theirs = (np.bincount(values(one), minlength=size) for one in (bits, other))
    assert ((mine > 0) == (theirs > 0)).all()  # at most 16 outcomes, equally likely
    assert_drawn_from(bits, np.where(theirs > 0, 1 / (theirs > 0).sum(), 0))


def test_ghz_on_100_qubits_is_exact_and_comes_to_an_end() -> None:
    """State vectors would never end."""
    circuit = QuantumCircuit(133, 100)
    for qubit in range(100):  # H and CX in the device's own gates
        circuit.rz(QUARTER, qubit)
        circuit.sx(qubit)
        circuit.rz(QUARTER, qubit)
        if qubit:
            circuit.cz(qubit - 1, qubit)
            circuit.rz(QUARTER, qubit)
            circuit.sx(qubit)
            circuit.rz(QUARTER, qubit)
    circuit.measure(range(100), range(100))
    bits = shots_of(circuit, 4_096)
    assert (bits == bits[:, :1]).all()
    assert 1_850 < bits[:, 0].sum() < 2_250


def test_an_isa_circuit_stays_a_stabilizer_circuit() -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.s(1)
    circuit.swap(1, 2)
    circuit.measure(range(3), range(3))
    isa = transpile(circuit, basis_gates=["ecr", "rz", "sx", "x"], optimization_level=3)
    assert translation(isa) is not None


@pytest.mark.parametrize("value", [0, 1])
@pytest.mark.parametrize("with_else", [False, True])
def test_feed_forward_of_paulis(value: int, with_else: bool) -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], value)) as otherwise:
        circuit.x(1)
    if with_else:
        with otherwise:
            circuit.rz(math.pi, 1)
            circuit.y(1)
            circuit.z(0)
    circuit.measure(1, 1)
    assert translation(circuit) is not None
    expected = np.zeros(4)
    for first in (0, 1):
        second = 1 if first == value or with_else else 0
        expected[first + 2 * second] = 0.5
    assert_drawn_from(shots_of(circuit), expected)


def test_the_last_measurement_into_a_bit_decides_and_is_fed_forward() -> None:
    circuit = QuantumCircuit(3, 2)
    circuit.x(1)
    circuit.measure(0, 0)
    circuit.measure(1, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(2)
    circuit.measure(2, 1)
    circuit.reset(1)
    assert translation(circuit) is not None
    assert (values(shots_of(circuit, 20)) == 3).all()


def test_a_condition_on_a_bit_that_nothing_wrote() -> None:
    circuit = QuantumCircuit(1, 2)
    with circuit.if_test((circuit.clbits[0], False)):
        circuit.x(0)
    circuit.measure(0, 1)
    assert (values(shots_of(circuit, 20)) == 2).all()


def not_a_quarter() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.rz(0.1, 0)
    return circuit


def conditional_clifford() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.h(0)
    return circuit


def looped() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(3)):
        circuit.x(0)
    return circuit


@pytest.mark.parametrize("build", [not_a_quarter, conditional_clifford, looped])
def test_what_stim_cannot_do_is_left_to_others(build: Any) -> None:
    assert translation(build()) is None


def test_circuits_of_one_call_have_seeds_of_their_own() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    one, other = sample(active_part(circuit), [circuit, circuit], 200, 5, task())
    assert (one != other).any()


def test_stabilizer_states_of_few_qubits_have_exact_probabilities() -> None:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.ecr(0, 1)
    circuit.rzz(QUARTER, 1, 2)
    circuit.sx(2)
    circuit.rx(-QUARTER, 1)
    exact = Statevector(circuit).probabilities()
    circuit.measure_all()
    assert_drawn_from(shots_of(circuit), exact)
