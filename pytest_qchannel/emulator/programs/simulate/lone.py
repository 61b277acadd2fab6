"""A qubit that meets no other: its outcomes need no simulator.

Gates on one qubit and a measurement at the end, as twirling leaves them on idle qubits, are
products of 2x2 matrices, worked out for all sets of values at once; so is the noise of a calibrated
device.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from qiskit.circuit import CircuitInstruction, Parameter

from pytest_qchannel.emulator.programs.arrays import Complexes, Reals
from pytest_qchannel.emulator.programs.simulate.active import Active
from pytest_qchannel.emulator.programs.simulate.calibration import calibration, channel_of
from pytest_qchannel.emulator.programs.simulate.gates import fixed, rotations
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["chance_of_one"]


def chance_of_one(
    part: Active,
    values: Reals,
    column: Mapping[Parameter, int],
    erring: Snapshot | None = None,
) -> Reals | None:
    """The chance that the one measurement of a qubit gives 1, for each row of ``values``.

    Args:
        part: A part of a circuit.
        values: Shape ``(sets, parameters)``.
        column: Which column of it each parameter takes.
        erring: The device whose calibrated noise befalls the qubit; ``None``: none does.

    Returns:
        Shape ``(sets,)``, or ``None`` when the part is not of that simple kind.
    """
    *gates, last = part.circuit.data or [None]
    if (
        part.circuit.num_qubits != 1
        or part.circuit.num_clbits != 1
        or last is None
        or last.name != "measure"
    ):
        return None
    qubit = part.physical[0]
    state = np.zeros((len(values), 2, 2), dtype=np.complex128)
    state[:, 0, 0] = 1
    for item in gates:
        if item.name == "barrier":
            continue
        matrix = _matrix(item, values, column)
        if matrix is None:
            return None
        state = matrix @ state @ np.swapaxes(matrix, -1, -2).conj()
        channel = None if erring is None else _channel(erring, item.name, qubit)
        if channel is not None:
            state = (state.reshape(-1, 4) @ channel.T).reshape(-1, 2, 2)
    chance: Reals = state[:, 1, 1].real.copy()
    # Rounding must not make the impossible happen: a certain bit stays certain.
    chance[chance < 1e-12] = 0
    chance[chance > 1 - 1e-12] = 1
    if erring is not None:
        one_for_zero, zero_for_one = calibration(erring).readout[qubit]
        chance = chance * (1 - zero_for_one) + (1 - chance) * one_for_zero
    return chance


@functools.lru_cache(maxsize=4096)
def _channel(device: Snapshot, name: str, qubit: int) -> Complexes | None:
    """What befalls the qubit of a gate, on density matrices as vectors, or ``None``."""
    choi = channel_of(device, name, (qubit,))
    if choi is None:
        return None
    # <a| E(|i><j|) |b> as [a, b; i, j]
    return choi.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)


def _matrix(
    item: CircuitInstruction, values: Reals, column: Mapping[Parameter, int]
) -> Complexes | None:
    if item.name in ("id", "sx", "x"):
        return fixed(item.name)
    if item.name not in ("rz", "rx"):
        return None
    angle = item.params[0]
    if isinstance(angle, int | float):
        return rotations(item.name, np.full(len(values), angle, np.float64))
    if angle in column:
        return rotations(item.name, values[:, column[angle]])
    return None  # an expression of parameters
