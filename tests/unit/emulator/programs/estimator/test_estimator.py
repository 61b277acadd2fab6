"""The estimator's values: their errors, their seeds, and the circuits that they are of."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.quantum_info import SparsePauliOp, Statevector

from pytest_qchannel.emulator.programs import Noise
from tests.unit.emulator.circuits_kit import encoded
from tests.unit.emulator.programs.estimator.estimator_kit import estimate, wide
from tests.unit.emulator.programs.primitives_kit import outcome_of, read

PI = math.pi
PAULIS = ["X", "Y", "Z"]


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    gates=st.lists(
        st.tuples(st.sampled_from(["rz", "sx", "x", "cz"]), st.integers(0, 2), st.floats(-4, 4)),
        max_size=10,
    ),
    labels=st.lists(st.text("IXYZ", min_size=4, max_size=4), min_size=1, max_size=6, unique=True),
    seed=st.integers(0, 1000),
)
def test_values_agree_with_the_exact_ones_within_their_errors(
    gates: list[tuple[str, int, float]], labels: list[str], seed: int
) -> None:
    circuit = QuantumCircuit(4)  # qubit 3 stays idle, and is measured all the same
    for name, qubit, angle in gates:
        if name == "rz":
            circuit.rz(angle, qubit)
        elif name == "cz":
            if qubit < 2:
                circuit.cz(qubit, qubit + 1)
        else:
            getattr(circuit, name)(qubit)
    coefficients = {label: 1.0 + number for number, label in enumerate(labels)}
    exact = Statevector(circuit).expectation_value(
        SparsePauliOp(list(coefficients), list(coefficients.values()))
    )
    [ours] = estimate([encoded(circuit), coefficients], seed=seed, resilience_level=0)
    spread = float(ours.data.stds)
    # Of what one shot in 300 gives, 4096 may have none, and then there is no spread.
    assert abs(float(ours.data.evs) - exact.real) <= 5 * spread + sum(coefficients.values()) / 100
    assert spread <= sum(coefficients.values()) / 64  # 4096 shots
    assert float(ours.data.ensemble_standard_error) == spread


def test_each_pauli_has_its_sign() -> None:
    """Two qubits for each Pauli, one in each of its eigenstates."""
    circuit = QuantumCircuit(6)
    expected = {}
    for number, (pauli, sign) in enumerate(itertools.product(PAULIS, (1, -1))):
        if sign < 0:
            circuit.x(number)
        if pauli != "Z":
            circuit.rz(PI / 2, number)
            circuit.sx(number)
            circuit.rz(PI / 2 if pauli == "X" else PI, number)
        expected[wide(pauli, 6, number)] = sign
    exact = [Statevector(circuit).expectation_value(SparsePauliOp(one)).real for one in expected]
    assert exact == pytest.approx(list(expected.values()))
    [ours] = estimate([encoded(circuit), [{one: 1.0} for one in expected]])
    assert ours.data.evs.tolist() == list(expected.values())
    assert ours.data.stds.tolist() == [0.0] * 6


def test_without_initialisation_each_shot_starts_where_the_one_before_ended() -> None:
    """A flip in every shot: Z is -1 and 1 by turns, and X of a qubit that was read is random."""
    circuit = QuantumCircuit(2)
    circuit.x(0)
    [ours] = estimate(
        [encoded(circuit), ["IZ", "IX", "ZI"]], resilience_level=0,
        options={"execution": {"init_qubits": False}},
    )  # fmt: skip
    assert ours.data.evs == pytest.approx([0.0, 0.0, 1.0], abs=0.07)
    assert ours.data.evs[0] == 0.0  # an even number of shots, exactly half of them in each state
    [usual] = estimate([encoded(circuit), ["IZ"]], resilience_level=0)
    assert usual.data.evs == [-1.0]


def test_the_readout_is_learned_from_initialised_qubits_all_the_same() -> None:
    """Else the factors by which readout errors shrink a term would be those of chance."""
    circuit = QuantumCircuit(2)
    circuit.reset(0)
    circuit.x(0)
    [ours] = read(
        outcome_of(
            "estimator", [encoded(circuit), "IZ"], noise=Noise.CALIBRATION,
            options={"execution": {"init_qubits": False}},
        )
    )  # fmt: skip
    assert float(ours.data.evs) == pytest.approx(-1.0, abs=0.1)


def test_the_seed_of_the_option_decides() -> None:
    pub = [encoded(QuantumCircuit(5)), "IIIIX"]

    def evs(**params: Any) -> float:
        return float(estimate(pub, **params)[0].data.evs)

    option = {"options": {"seed_estimator": 3}}
    assert evs(seed=1, **option) == evs(seed=2, **option) != evs(seed=2)
    assert evs(seed=2) == evs(seed=2) != evs(seed=1)


def test_pubs_are_measured_apart() -> None:
    pub = [encoded(QuantumCircuit(5)), ["IIIIX", "IIIXI"]]
    first, second = estimate(pub, pub)
    assert first.data.evs.tolist() != second.data.evs.tolist()
    assert first.data.evs[0] != first.data.evs[1]


def test_a_circuit_may_measure_and_branch_itself() -> None:
    circuit = QuantumCircuit(QuantumRegister(5), ClassicalRegister(1, "mid"))
    circuit.sx(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], True)):
        circuit.x(1)
    [ours] = estimate([encoded(circuit), ["IIIZZ", "IIIIZ", "ZIIII"]])
    assert ours.data.evs[0] == ours.data.evs[2] == 1.0
    assert abs(ours.data.evs[1]) < 0.1
