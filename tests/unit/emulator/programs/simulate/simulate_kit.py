"""What the tests of this folder share: random circuits, tasks, and how far shots may be off."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from scipy.stats import chi2

from pytest_qchannel.emulator.programs.simulate import active_part, sample
from pytest_qchannel.emulator.programs.task import Noise, Task
from pytest_qchannel.emulator.world import snapshots

DEVICE = "ibm_torino"  # 133 qubits; cz, rz, sx, x


def task(noise: Noise = Noise.OFF, limit_s: float | None = None, device: str = DEVICE) -> Task:
    return Task({}, snapshots.load(device), 1, noise, limit_s)


def shots_of(
    circuit: QuantumCircuit, shots: int = 4_000, seed: int = 11, noise: Noise = Noise.OFF
) -> Any:
    """Bits of shape ``(shots, num_clbits)``."""
    active = active_part(circuit, keep_idle_time=noise is Noise.CALIBRATION)
    [bits] = sample(active, [active.circuit], shots, seed, task(noise))
    assert bits.shape == (shots, circuit.num_clbits)
    assert bits.dtype == np.bool_
    return bits


def values(bits: Any) -> Any:
    """Each row as a number; column k is bit k."""
    return bits @ (2 ** np.arange(bits.shape[1]))


def assert_drawn_from(bits: Any, probabilities: Sequence[float] | Any) -> None:
    """Pearson's chi-square statistic is one that comes by chance once in a thousand millions.

    Hypothesis draws other circuits when its version or a test changes, and there are hundreds.
    Outcomes that are rarer than five in all are taken together. What is impossible never occurs.
    """
    exact = np.asarray(probabilities, float)
    counts = np.bincount(values(bits), minlength=len(exact))
    assert len(counts) == len(exact)
    assert not counts[exact < 1e-9].any()
    expected = exact / exact.sum() * len(bits)
    rare = expected < 5
    pairs = [(counts[~rare], expected[~rare])]
    if expected[rare].sum() > 5:
        pairs.append((counts[rare].sum(keepdims=True), expected[rare].sum(keepdims=True)))
    statistic = sum(float(((seen - wanted) ** 2 / wanted).sum()) for seen, wanted in pairs)
    freedom = max(1, sum(len(seen) for seen, _ in pairs) - 1)
    assert statistic < chi2.isf(1e-9, freedom)


def chain(size: int, layers: int, seed: int = 5, wide: int = 0) -> QuantumCircuit:
    """Random rotations and CZ gates on neighbours; every qubit is read out."""
    rng = random.Random(seed)
    circuit = QuantumCircuit(max(size, wide), size)
    for layer in range(layers):
        for qubit in range(size):
            circuit.rz(rng.uniform(0, 2 * math.pi), qubit)
            circuit.sx(qubit)
            circuit.rz(rng.uniform(0, 2 * math.pi), qubit)
        for qubit in range(layer % 2, size - 1, 2):
            circuit.cz(qubit, qubit + 1)
    for qubit in range(size):
        circuit.sx(qubit)
    circuit.measure(range(size), range(size))
    return circuit


def bare(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit without measurements."""
    without: QuantumCircuit = circuit.remove_final_measurements(inplace=False)
    return without
