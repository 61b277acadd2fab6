"""Shots without initialisation: each starts in what the one before left, worked out by numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from pytest_qchannel.emulator.programs import JobFailure
from pytest_qchannel.emulator.programs.simulate import active_part, sample, sample_iq
from pytest_qchannel.emulator.programs.simulate.calibration import calibration
from pytest_qchannel.emulator.programs.task import Noise, TooLong
from pytest_qchannel.emulator.world import snapshots
from tests.unit.emulator.programs.simulate.simulate_kit import (
    DEVICE,
    assert_drawn_from,
    task,
    values,
)

PAUSE_S = 250e-6


def chained(
    circuit: QuantumCircuit, shots: int = 4_000, noise: Noise = Noise.OFF, seed: int = 3
) -> Any:
    active = active_part(circuit, keep_idle_time=noise is Noise.CALIBRATION)
    [bits] = sample(active, [active.circuit], shots, seed, task(noise), pause_s=PAUSE_S)
    assert bits.shape == (shots, circuit.num_clbits)
    return bits


def measured(gates: QuantumCircuit) -> QuantumCircuit:
    whole = gates.copy()
    whole.measure_all()
    return whole


def transitions(gates: QuantumCircuit) -> Any:
    """The chance of each outcome (column) after each basis state (row) that a shot starts in."""
    return np.abs(Operator(gates).data.T) ** 2


def test_a_flip_alternates() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    assert chained(measured(circuit), 6)[:, 0].tolist() == [True, False, True, False, True, False]


def test_a_reset_in_the_circuit_begins_anew() -> None:
    circuit = QuantumCircuit(2)
    circuit.reset(0)
    circuit.x([0, 1])
    bits = chained(measured(circuit), 6)
    assert bits[:, 0].all()
    assert bits[:, 1].tolist() == [True, False, True, False, True, False]


def rotated() -> QuantumCircuit:
    """No Clifford circuit, and each basis state goes elsewhere."""
    circuit = QuantumCircuit(2)
    circuit.rx(0.9, 0)
    circuit.ry(0.5, 1)
    circuit.cx(0, 1)
    circuit.rx(0.4, 1)
    return circuit


@pytest.mark.parametrize("is_clifford", [False, True])
def test_pairs_of_shots_are_those_of_the_markov_chain(is_clifford: bool) -> None:
    """A measured circuit is a Markov chain on basis states: each shot's state is what was read."""
    gates = rotated()
    if is_clifford:
        gates = QuantumCircuit(2)
        gates.h(0)
        gates.cx(0, 1)
    step = transitions(gates)
    shots = 12_000
    seen = values(chained(measured(gates), shots))
    # One run: pairs far apart are as good as independent; the start is forgotten by then.
    first, second = seen[100:-1:3], seen[101::3]
    stationary = np.linalg.matrix_power(step, 200)[0]
    pairs = (first + 4 * second)[:, None] >> np.arange(4) & 1
    exact = np.array([stationary[a] * step[a, b] for b in range(4) for a in range(4)])
    assert_drawn_from(pairs.astype(np.bool_), exact)


def test_the_first_shots_of_many_runs_follow_the_powers_of_the_chain() -> None:
    step = transitions(rotated())
    runs = np.array([values(chained(measured(rotated()), 3, seed=seed)) for seed in range(500)])
    for shot in range(3):
        exact = np.linalg.matrix_power(step, shot + 1)[0]
        found = np.bincount(runs[:, shot], minlength=4) / len(runs)
        assert found == pytest.approx(exact, abs=5 * math.sqrt(0.25 / len(runs)))


@pytest.mark.parametrize("angle", [0.8, math.pi / 2], ids=["state vectors", "stabilizers"])
def test_a_superposition_outlasts_the_shot(angle: float) -> None:
    """What a shot rotates behind its readout the next one rotates back: it reads the same again.

    Were the qubit read out, or set to 0, between the shots, they would differ now and then.
    """
    circuit = QuantumCircuit(1, 1)
    circuit.rx(angle, 0)
    circuit.measure(0, 0)
    circuit.rx(-angle, 0)
    ones = 0
    for seed in range(200):
        bits = chained(circuit, 8, seed=seed)[:, 0]
        assert (bits == bits[0]).all()
        ones += int(bits[0])
    chance = math.sin(angle / 2) ** 2
    assert ones / 200 == pytest.approx(chance, abs=5 * math.sqrt(chance * (1 - chance) / 200))


def test_entanglement_outlasts_the_shot() -> None:
    """The last thing that a shot does is to entangle its qubits, and the next one undoes it."""
    circuit = QuantumCircuit(2, 2)
    circuit.cx(0, 1)
    circuit.rx(-1.2, 0)
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    circuit.rx(1.2, 0)
    circuit.cx(0, 1)
    bits = chained(circuit, 200)
    assert (bits[:, 0] == bits[0, 0]).all()
    assert bits[:, 1].tolist() == [True, False] * 100


def test_feed_forward_and_readout_in_the_middle() -> None:
    """A qubit that is flipped back whenever it is found in 1 is in 0 for the next shot."""
    circuit = QuantumCircuit(1, 2)
    circuit.rx(1.1, 0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    circuit.measure(0, 1)
    bits = chained(circuit)
    assert not bits[:, 1].any()
    chance = math.sin(0.55) ** 2
    assert bits[:, 0].mean() == pytest.approx(chance, abs=0.03)


def test_a_device_that_errs_forgets_during_the_pause() -> None:
    """After a pause T1 decides how much of a 1 is left, and the readout errs as calibrated."""
    circuit = QuantumCircuit(1)
    circuit.id(0)
    circuit.x(0)
    bits = chained(measured(circuit), 20_000, Noise.CALIBRATION)[:, 0]
    known = calibration(snapshots.load(DEVICE))
    t1_s = known.times_s[0][0]
    false_one, false_zero = known.readout[0]
    error = known.gates["x", (0,)][0]
    stays = math.exp(-(PAUSE_S + known.readout_s[0]) / t1_s)
    flips = 1 - 1.5 * error  # of a depolarised flip that errs with that average infidelity
    # The chain of true states: one[n+1] = (1 - one[n] stays) flips + ...
    from_zero, from_one = flips, (1 - stays) * flips + stays * (1 - flips)
    one = from_zero / (1 + from_zero - from_one)
    expected = one * (1 - false_zero) + (1 - one) * false_one
    assert stays < 0.9
    assert bits.mean() == pytest.approx(expected, abs=0.015)
    assert not np.isclose(expected, 0.5, atol=0.02)


def test_points_are_drawn_around_the_same_chain() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    active = active_part(measured(circuit), keep_idle_time=True)
    [points] = sample_iq(active, [active.circuit], 6, 3, task(), pause_s=PAUSE_S)
    assert (points[:, 0].real < 0).tolist() == [True, False, True, False, True, False]


def test_the_seed_decides() -> None:
    one, same, other = (chained(measured(rotated()), 200, seed=seed) for seed in (3, 3, 4))
    assert (one == same).all()
    assert not (one == other).all()


def test_what_is_too_large_fails_and_what_is_long_goes_to_the_worker() -> None:
    wide = QuantumCircuit(20)
    for qubit in range(19):
        wide.rx(0.3, qubit)
        wide.cx(qubit, qubit + 1)
    with pytest.raises(JobFailure, match="20 connected qubits with init_qubits=False") as caught:
        chained(measured(wide), 10)
    assert caught.value.code == 5204
    left = QuantumCircuit(12, 1)
    left.rx(0.3, range(12))
    left.measure(0, 0)
    active = active_part(left)
    with pytest.raises(TooLong):
        sample(active, [active.circuit], 100_000, 1, task(limit_s=3), pause_s=PAUSE_S)


def test_a_hundred_qubits_of_a_stabilizer_circuit() -> None:
    circuit = QuantumCircuit(100)
    circuit.x(range(0, 100, 2))
    circuit.h(99)
    for qubit in range(99, 90, -1):
        circuit.cx(qubit, qubit - 1)
    bits = chained(measured(circuit), 300)
    assert (bits[::2, :90:2] == 1).all()
    assert (bits[1::2, :90:2] == 0).all()
    assert 0.35 < bits[:, 99].mean() < 0.65
