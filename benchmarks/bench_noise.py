"""Calibration noise where characterisation needs it: parts that never meet, and long sequences.

*Ours* is what a Sampler job runs once its circuit is read; *Aer* has the noise model that the
client's own fake device gives it. Twenty T1 experiments are one circuit, and twenty.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs.simulate import active_part, sample
from pytest_qchannel.emulator.programs.task import Noise, Task
from pytest_qchannel.emulator.world import snapshots

SHOTS = 1_000
TASK = Task({}, snapshots.load("ibm_torino"), 7, Noise.CALIBRATION)


def ours(*circuits: QuantumCircuit) -> Callable[[], None]:
    def run() -> None:
        for circuit in circuits:
            active = active_part(circuit, keep_idle_time=True)
            sample(active, [active.circuit], SHOTS, 7, TASK)

    return run


def aer(*circuits: QuantumCircuit) -> Callable[[], Any]:
    from qiskit_aer import AerSimulator
    from qiskit_aer.noise import NoiseModel
    from qiskit_ibm_runtime.fake_provider import FakeTorino

    simulator = AerSimulator(noise_model=NoiseModel.from_backend(FakeTorino()))
    small = [active_part(one, keep_idle_time=True).circuit for one in circuits]
    return lambda: simulator.run(small, shots=SHOTS).result()


def piece(circuit: QuantumCircuit, qubit: int, bit: int) -> QuantumCircuit:
    circuit.x(qubit)
    circuit.delay(100_000, qubit, unit="dt")
    circuit.measure(qubit, bit)
    return circuit


def cliffords(length: int) -> QuantumCircuit:
    """So many random Cliffords on one qubit, each of two sx between three rz, as transpiled."""
    turns = random.Random(length)
    circuit = QuantumCircuit(133, 1)
    for _ in range(length):
        for _ in range(2):
            circuit.rz(turns.randrange(4) * 1.5707963267948966, 0)
            circuit.sx(0)
        circuit.rz(turns.randrange(4) * 1.5707963267948966, 0)
    circuit.measure(0, 0)
    return circuit


@pytest.mark.timeout(300)
def test_parts_that_never_meet(side_by_side: Callable[..., None]) -> None:
    one = QuantumCircuit(133, 20)
    for qubit in range(20):
        piece(one, qubit, qubit)
    twenty = [piece(QuantumCircuit(133, 1), qubit, 0) for qubit in range(20)]
    cases = {"one circuit": ours(one), "twenty circuits": ours(*twenty), "Aer": aer(*twenty)}
    side_by_side("noise, twenty T1 experiments", cases, rounds=2)


@pytest.mark.timeout(600)
def test_randomized_benchmarking(side_by_side: Callable[..., None]) -> None:
    circuits = [cliffords(length) for length in (1, 1_400, 2_800)]
    cases = {"ours": ours(*circuits), "Aer": aer(*circuits)}
    side_by_side("noise, three of up to 2,800 Cliffords", cases, rounds=2)
