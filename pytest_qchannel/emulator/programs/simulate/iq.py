"""Points in the IQ plane, as a kerneled measurement (``meas_level`` 1) gives them.

A model, since snapshots hold no such points: the ground state gives points around +1, the excited
state points around -1, normally distributed in both directions. A line in the middle tells them
apart as badly as the qubit's calibration says: a cloud is as wide as makes its part beyond the
line the assignment error. Without noise both clouds have the width :data:`IDEAL_WIDTH`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Qubit

from pytest_qchannel.emulator.programs.arrays import Complexes
from pytest_qchannel.emulator.programs.seeds import generator, seed_from
from pytest_qchannel.emulator.programs.simulate.active import Active
from pytest_qchannel.emulator.programs.simulate.calibration import DeviceNoise
from pytest_qchannel.emulator.programs.simulate.sampling import sample
from pytest_qchannel.emulator.programs.task import Noise, Task

__all__ = ["IDEAL_WIDTH", "sample_iq"]

IDEAL_WIDTH: Final = 0.2
"""Standard deviation in each direction: one point in three million is beyond the middle."""

# Two clouds that overlap more would have to be infinitely wide.
_WORST: Final = 0.45


def sample_iq(
    active: Active,
    bound: Sequence[QuantumCircuit],
    shots: int,
    seed: int,
    task: Task,
    *,
    pause_s: float | None = None,
) -> list[Complexes]:
    """IQ points of each circuit: shape ``(shots, num_clbits)``, column k is clbit k.

    Bits that nothing is measured into have 0. The arguments are those of :func:`sample`. The
    points are drawn around the states that the qubits were found in; feed-forward sees those too,
    without assignment errors.

    Raises:
        JobFailure: A circuit cannot be simulated exactly.
        TooLong: It would take longer than the task allows.
    """
    found = sample(active, bound, shots, seed, task, true_readout=True, pause_s=pause_s)
    widths = np.zeros((2, active.circuit.num_clbits))
    for clbit, pair in _widths(active, task).items():
        widths[:, clbit] = pair
    rng = generator(seed_from(seed, len(bound) + 1))
    written = widths[0] > 0
    points = []
    for bits in found:
        spread = rng.standard_normal((2, *bits.shape)) * np.where(bits, widths[1], widths[0])
        points.append(np.where(written, 1.0 - 2.0 * bits, 0.0) + spread[0] + 1j * spread[1])
    return points


def _widths(active: Active, task: Task) -> Mapping[int, tuple[float, float]]:
    """Clbit -> the widths of the clouds of 0 and 1 of the qubit that is measured into it last."""
    if task.noise is not Noise.CALIBRATION:
        return dict.fromkeys(dict(_measured(active)), (IDEAL_WIDTH, IDEAL_WIDTH))
    noise = DeviceNoise(task.snapshot, active.physical)
    widths = {}
    for clbit, qubit in _measured(active):
        false_one, false_zero = noise.readout(qubit)
        widths[clbit] = (_width(false_one), _width(false_zero))
    return widths


def _width(error: float) -> float:
    if error <= 0:
        return IDEAL_WIDTH
    return max(IDEAL_WIDTH, -1 / NormalDist().inv_cdf(min(error, _WORST)))


def _measured(active: Active) -> Iterator[tuple[int, int]]:
    """The clbit and the qubit of each measurement, those in blocks included."""
    circuit = active.circuit
    yield from _measured_in(
        circuit,
        {bit: number for number, bit in enumerate(circuit.qubits)},
        {bit: number for number, bit in enumerate(circuit.clbits)},
    )


def _measured_in(
    circuit: QuantumCircuit, qubits: Mapping[Qubit, int], clbits: Mapping[Clbit, int]
) -> Iterator[tuple[int, int]]:
    for item in circuit.data:
        if item.name == "measure":
            yield clbits[item.clbits[0]], qubits[item.qubits[0]]
        elif item.is_control_flow():
            for block in item.operation.blocks:
                yield from _measured_in(
                    block,
                    dict(zip(block.qubits, (qubits[one] for one in item.qubits), strict=False)),
                    dict(zip(block.clbits, (clbits[one] for one in item.clbits), strict=False)),
                )
