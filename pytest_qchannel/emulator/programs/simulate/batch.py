"""Small circuits with many sets of values, simulated all at once.

Twirling runs one template with hundreds of sets of angles. The states of all of them are held in
one array and each gate is applied to all, which spares building and handing over every circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from qiskit.circuit import CircuitInstruction, Parameter, Qubit

from pytest_qchannel.emulator.programs.arrays import Bits, Complexes, Reals
from pytest_qchannel.emulator.programs.simulate.components import Part
from pytest_qchannel.emulator.programs.simulate.gates import ROTATIONS, rotations
from pytest_qchannel.emulator.programs.simulate.statevector import applied_to_each

__all__ = ["Plan", "plan_of"]

_WIDEST: Final = 12
_AMPLITUDES: Final = 1 << 18  # held at a time: 4 MB, which stays in a processor's cache
# Seconds per amplitude and gate, and per shot; measured on a machine of 2025.
_GATE_S: Final = 2e-8
_SHOT_S: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Plan:
    """A part that can be simulated this way.

    Attributes:
        part: The part.
        gates: Its gates, and the places of their qubits.
        measured: For each of its bits the qubit that is measured into it.
    """

    part: Part
    gates: Sequence[tuple[CircuitInstruction, tuple[int, ...]]]
    measured: Sequence[int]

    def estimate_s(self, sets: int, shots: int) -> float:
        """Seconds that :meth:`sample` is thought to take."""
        size = 1 << int(self.part.active.circuit.num_qubits)
        return sets * (len(self.gates) * size * _GATE_S + shots * _SHOT_S)

    def sample(
        self,
        values: Reals,
        column: Mapping[Parameter, int],
        shots: int,
        rng: np.random.Generator,
        tick: Callable[[], None] = lambda: None,
    ) -> Bits:
        """Bits of shape ``(sets, shots, bits of the part)``.

        Args:
            values: Shape ``(sets, parameters)``.
            column: Which column of it each parameter takes.
            shots: Of each set.
            rng: Decides them.
            tick: Called now and then; it raises what ends the run.
        """
        outcomes = np.empty((len(values), shots), np.int64)
        for first, chances in self._chances(values, column):
            tick()
            steps = np.cumsum(chances, axis=1)
            steps /= steps[:, -1:]
            for number, row in enumerate(steps, first):
                outcomes[number] = np.searchsorted(row, rng.random(shots), side="right")
        bits = outcomes[..., None] >> np.array(self.measured, np.int64)
        return (bits & 1).astype(np.bool_)

    def _chances(
        self, values: Reals, column: Mapping[Parameter, int]
    ) -> Iterator[tuple[int, Reals]]:
        """Chunks of sets: the number of the first, and the chance of each outcome of each set."""
        width = self.part.active.circuit.num_qubits
        step = max(1, _AMPLITUDES >> width)
        for first in range(0, len(values), step):
            rows = values[first : first + step]
            state = np.zeros((len(rows), *[2] * width), np.complex128)
            state.reshape(len(rows), -1)[:, 0] = 1
            for item, places in self.gates:
                state = applied_to_each(state, _matrix(item, rows, column), places)
            chances = np.abs(state.reshape(len(rows), -1)) ** 2
            # Rounding must not make the impossible happen.
            chances[chances < 1e-13] = 0
            yield first, chances


def plan_of(part: Part, column: Mapping[Parameter, int]) -> Plan | None:
    """How to simulate a part, or ``None`` when it is not small, or more than gates and readout."""
    circuit = part.active.circuit
    if circuit.num_qubits > _WIDEST:
        return None
    place = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    gates, measured = [], {}
    done: set[Qubit] = set()
    for item in circuit.data:
        if done.intersection(item.qubits):
            return None  # something follows the measurement
        if item.name == "measure":
            if item.clbits[0] in measured:
                return None
            done.update(item.qubits)
            measured[item.clbits[0]] = place[item.qubits[0]]
        elif not item.is_standard_gate() or item.clbits or not _is_plain(item, column):
            return None
        else:
            gates.append((item, tuple(place[qubit] for qubit in item.qubits)))
    if len(measured) < circuit.num_clbits:
        return None
    return Plan(part, gates, [measured[bit] for bit in circuit.clbits])


def _is_plain(item: CircuitInstruction, column: Mapping[Parameter, int]) -> bool:
    """Whether the gate's angles are numbers, or it is a rotation by just a parameter."""
    if all(isinstance(one, int | float) for one in item.params):
        return len(item.qubits) <= 2
    return item.name in ROTATIONS and item.params[0] in column


def _matrix(item: CircuitInstruction, rows: Reals, column: Mapping[Parameter, int]) -> Complexes:
    if all(isinstance(one, int | float) for one in item.params):
        matrix: Complexes = item.operation.to_matrix()
        return matrix
    return rotations(item.name, rows[:, column[item.params[0]]])
