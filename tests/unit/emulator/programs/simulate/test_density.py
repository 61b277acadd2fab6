"""Few noisy qubits by their density matrix, against qiskit's own, and parts that never meet."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Kraus, Operator

from pytest_qchannel.emulator.programs.simulate import density
from pytest_qchannel.emulator.programs.simulate.branching import run_branching
from pytest_qchannel.emulator.programs.simulate.calibration import DeviceNoise
from pytest_qchannel.emulator.programs.simulate.density import is_dense, run_density
from pytest_qchannel.emulator.programs.simulate.steps import Gate, Sample, steps_of
from pytest_qchannel.emulator.programs.task import Noise
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.programs.simulate.simulate_kit import DEVICE, shots_of

SNAPSHOT = snapshots.load(DEVICE)
SHOTS = 40_000


def _drawn(num_qubits: int, seed: int) -> QuantumCircuit:
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(num_qubits, 3)
    for _ in range(60):
        one = int(rng.integers(num_qubits))
        circuit.sx(one)
        circuit.rz(float(rng.random() * 6), one)
        circuit.delay(int(rng.integers(50_000)), one, unit="dt")
        if num_qubits == 2:
            circuit.cz(one, 1 - one)
    circuit.measure(range(num_qubits), range(1, num_qubits + 1))
    return circuit


def _chances(steps: list[Any], num_qubits: int) -> np.ndarray[Any, Any]:
    """By qiskit's density matrix, with readout errors: the chance of each outcome."""
    state = DensityMatrix.from_int(0, 2**num_qubits)
    for step in steps[:-1]:
        if isinstance(step, Gate):
            state = state.evolve(Operator(step.matrix), list(step.qubits))
        else:
            size = 2 ** len(step.qubits)
            nothing = np.sqrt(1 - step.probability) * np.eye(size)
            rest = [np.sqrt(step.probability) * one for one in step.kraus]
            state = state.evolve(Kraus([nothing, *rest]), list(step.qubits))
    chances = np.asarray(state.probabilities())
    flips = {one.qubit: one.errors for one in steps[-1].measures}
    for qubit in range(num_qubits):
        up, down = flips[qubit]
        pairs = chances.reshape([2] * num_qubits)
        pairs = np.moveaxis(pairs, num_qubits - 1 - qubit, 0)
        pairs = np.stack(
            [(1 - up) * pairs[0] + down * pairs[1], up * pairs[0] + (1 - down) * pairs[1]]
        )
        chances = np.moveaxis(pairs, 0, num_qubits - 1 - qubit).reshape(-1)
    return chances


@pytest.mark.parametrize("num_qubits", [1, 2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_what_qiskits_density_matrix_says(num_qubits: int, seed: int) -> None:
    physical = (0, 1)[:num_qubits]
    steps = steps_of(_drawn(num_qubits, seed), DeviceNoise(SNAPSHOT, physical))
    assert is_dense(steps, num_qubits)
    wanted = _chances(steps, num_qubits)
    for draw in (run_density(steps, num_qubits, 3, SHOTS, seed),
                 run_branching(steps, num_qubits, 3, SHOTS // 10, seed, single=True)):  # fmt: skip
        assert not draw[:, 0].any()
        outcomes = draw[:, 1:] @ (1 << np.arange(2))
        found = np.bincount(outcomes, minlength=2**num_qubits) / len(draw)
        spread = np.sqrt(wanted * (1 - wanted) / len(draw))
        assert (abs(found - wanted) < 5 * spread + 1e-6).all()


@pytest.mark.parametrize("kind", ["reset", "three", "nothing read", "feed-forward"])
def test_what_is_not_of_that_kind_is_left_to_others(kind: str) -> None:
    circuit = QuantumCircuit(3 if kind == "three" else 1, 1)
    circuit.sx(0)
    if kind == "reset":
        circuit.reset(0)
    elif kind == "feed-forward":
        circuit.measure(0, 0)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.x(0)
    if kind != "nothing read":
        circuit.measure(0, 0)
    steps = steps_of(circuit, DeviceNoise(SNAPSHOT, range(3)))
    assert not is_dense(steps, circuit.num_qubits)
    assert kind != "reset" or isinstance(steps[-1], Sample)


def _twenty(with_a_pair: bool) -> QuantumCircuit:
    circuit = QuantumCircuit(133, 20)
    for qubit in range(20):
        circuit.x(qubit)
        circuit.delay(100_000, qubit, unit="dt")
    if with_a_pair:
        circuit.cz(3, 4)
    circuit.measure(range(20), range(20))
    return circuit


@pytest.mark.parametrize("with_a_pair", [False, True])
def test_parts_that_never_meet_are_not_simulated_together(
    monkeypatch: pytest.MonkeyPatch, with_a_pair: bool
) -> None:
    """Twenty T1 experiments in one circuit took five to nine times as long as in twenty."""
    widths = []

    def spied(steps: Any, num_qubits: int, num_clbits: int, *more: Any) -> Any:
        widths.append((num_qubits, num_clbits))
        return run_density(steps, num_qubits, num_clbits, *more)

    monkeypatch.setattr(density, "run_density", spied)
    bits = shots_of(_twenty(with_a_pair), 20_000, noise=Noise.CALIBRATION)
    ones, pairs = (18, 1) if with_a_pair else (20, 0)
    assert sorted(widths) == [(1, 1)] * ones + [(2, 2)] * pairs
    for qubit in range(20):
        part = QuantumCircuit(1, 1)
        part.x(0)
        part.delay(100_000, 0, unit="dt")
        part.measure(0, 0)
        steps = steps_of(part, DeviceNoise(SNAPSHOT, (qubit,)))
        chance = _chances(steps, 1)[1]
        spread = np.sqrt(chance * (1 - chance) / len(bits))
        slack = 0.01 if with_a_pair and qubit in (3, 4) else 1e-6  # what the gate adds
        assert abs(bits[:, qubit].mean() - chance) < 5 * spread + slack
