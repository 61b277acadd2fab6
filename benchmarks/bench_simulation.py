"""The simulation beside the fastest bare simulators, and noise beside local testing mode.

Everything is drawn 4096 times on ``ibm_torino``'s instruction set. *Ours* is what a Sampler job
runs: finding the active qubits of a circuit for 133 qubits, translating it, drawing its shots.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from qiskit import QuantumCircuit

from benchmarks._flows import SHOTS, on_active_qubits, sampler_job
from pytest_qchannel.emulator.programs.simulate import active_part, sample
from pytest_qchannel.emulator.programs.task import Noise, Task
from pytest_qchannel.emulator.world import snapshots

SNAPSHOT: Final = snapshots.load("ibm_torino")


def chain(length: int, layers: int = 6) -> QuantumCircuit:
    """Layers of random rotations and CZ gates on the device's first row."""
    angles = random.Random(127)
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, length)
    row = path([0], neighbours(), length)
    assert row is not None
    for layer in range(layers):
        for qubit in row:
            circuit.rz(angles.uniform(0, 2 * math.pi), qubit)
            circuit.sx(qubit)
            circuit.rz(angles.uniform(0, 2 * math.pi), qubit)
        for place in range(layer % 2, length - 1, 2):
            circuit.cz(row[place], row[place + 1])
    circuit.measure(row, range(length))
    return circuit


def ghz(length: int) -> QuantumCircuit:
    """A GHZ state on a tree of coupled qubits, in the device's own gates: H is rz, sx, rz."""
    coupled = neighbours()
    circuit = QuantumCircuit(SNAPSHOT.num_qubits, length)
    row, parents = [0], {0: 0}
    for qubit in row:  # grows while it is walked: breadth first
        for other in sorted(coupled[qubit].difference(parents)):
            parents[other] = qubit
            row.append(other)
    for qubit in row[:length]:
        hadamard(circuit, qubit)
        if qubit != parents[qubit]:
            circuit.cz(parents[qubit], qubit)
            hadamard(circuit, qubit)
    circuit.measure(row[:length], range(length))
    return circuit


def hadamard(circuit: QuantumCircuit, qubit: int) -> None:
    circuit.rz(math.pi / 2, qubit)
    circuit.sx(qubit)
    circuit.rz(math.pi / 2, qubit)


def path(row: list[int], coupled: dict[int, set[int]], length: int) -> list[int] | None:
    """Qubits of which each is coupled to the next: ``row`` made longer, or ``None``."""
    if len(row) == length:
        return row
    ways = (path([*row, one], coupled, length) for one in sorted(coupled[row[-1]].difference(row)))
    return next((found for found in ways if found is not None), None)


def neighbours() -> dict[int, set[int]]:
    [pairs] = [one["coupling_map"] for one in SNAPSHOT.facts["gates"] if one["name"] == "cz"]
    coupled: dict[int, set[int]] = {}
    for first, second in pairs:
        coupled.setdefault(first, set()).add(second)
        coupled.setdefault(second, set()).add(first)
    return coupled


def ours(circuit: QuantumCircuit, noise: Noise = Noise.OFF) -> Callable[[], Any]:
    task = Task({}, SNAPSHOT, 1, noise)

    def run() -> Any:
        active = active_part(circuit, keep_idle_time=noise is not Noise.OFF)
        return sample(active, [active.circuit], SHOTS, 1, task)[0]

    return run


CIRCUITS: Final[dict[str, tuple[Callable[[], QuantumCircuit], int]]] = {
    "Bell pair": (lambda: ghz(2), 60),
    "12 non-Clifford qubits": (lambda: chain(12), 40),
    "20 non-Clifford qubits": (lambda: chain(20), 10),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", CIRCUITS)
def test_beside_bare_aer(name: str, side_by_side: Callable[..., None]) -> None:
    from qiskit_aer import AerSimulator

    build, rounds = CIRCUITS[name]
    circuit = build()
    small, simulator = on_active_qubits(circuit), AerSimulator()

    def bare_aer() -> Any:
        return simulator.run(small, shots=SHOTS).result().get_counts()

    cases = {"ours": ours(circuit), "bare Aer": bare_aer}
    side_by_side(f"simulation, {name}", cases, rounds=rounds)


@pytest.mark.timeout(600)
def test_ghz_beside_bare_stim(side_by_side: Callable[..., None]) -> None:
    import stim  # type: ignore[import-untyped]

    circuit = ghz(100)
    pairs = "\n".join(f"CX {low} {low + 1}" for low in range(99))
    program = stim.Circuit(f"H 0\n{pairs}\nM {' '.join(map(str, range(100)))}")

    def bare_stim() -> Any:
        return program.compile_sampler().sample(SHOTS)

    run = ours(circuit)
    assert (run() == run()[:, :1]).all()
    side_by_side("simulation, GHZ-100", {"ours": run, "bare stim": bare_stim}, rounds=60)


@pytest.mark.timeout(600)
def test_noise(timed: Callable[..., None]) -> None:
    run = ours(chain(12), Noise.CALIBRATION)
    timed("simulation, 12 with noise", "ours", run, rounds=10)


@pytest.mark.timeout(600)
def test_noise_in_local_testing_mode(timed: Callable[..., None]) -> None:
    from qiskit_ibm_runtime.fake_provider import FakeTorino

    job = sampler_job(FakeTorino(), chain(12))
    timed("simulation, 12 with noise", "local testing mode", job, rounds=1)
