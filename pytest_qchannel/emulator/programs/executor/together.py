"""Small circuits with many sets of values, simulated all at once.

Twirling runs one template with hundreds of sets of angles. The states of all of them are held in
one array and each gate is applied to all, which spares building and handing over every circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

    from pytest_qchannel.emulator.programs.executor.parts import Part

__all__ = ["Plan", "plan_of", "rotations"]

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
    gates: Sequence[tuple[Any, tuple[int, ...]]]
    measured: Sequence[int]

    def estimate_s(self, sets: int, shots: int) -> float:
        """Seconds that :meth:`sample` is thought to take."""
        size = 1 << int(self.part.active.circuit.num_qubits)
        return sets * (len(self.gates) * size * _GATE_S + shots * _SHOT_S)

    def sample(
        self,
        values: np.ndarray[Any, np.dtype[np.float64]],
        column: Mapping[Any, int],
        shots: int,
        rng: np.random.Generator,
        tick: Callable[[], None] = lambda: None,
    ) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Bits of shape ``(sets, shots, bits of the part)``.

        Args:
            values: Shape ``(sets, parameters)``.
            column: Which column of it each parameter takes.
            shots: Of each set.
            rng: Decides them.
            tick: Called now and then; it raises what ends the run.
        """
        import numpy as np

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
        self, values: np.ndarray[Any, np.dtype[np.float64]], column: Mapping[Any, int]
    ) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.float64]]]]:
        """Chunks of sets: the number of the first, and the chance of each outcome of each set."""
        import numpy as np

        width = self.part.active.circuit.num_qubits
        step = max(1, _AMPLITUDES >> width)
        for first in range(0, len(values), step):
            rows = values[first : first + step]
            state = np.zeros((len(rows), *[2] * width), np.complex128)
            state.reshape(len(rows), -1)[:, 0] = 1
            for item, places in self.gates:
                state = _applied(state, _matrix(item, rows, column), places)
            chances = np.abs(state.reshape(len(rows), -1)) ** 2
            # Rounding must not make the impossible happen.
            chances[chances < 1e-13] = 0
            yield first, chances


def plan_of(part: Part, column: Mapping[Any, int]) -> Plan | None:
    """How to simulate a part, or ``None`` when it is not small, or more than gates and readout."""
    circuit = part.active.circuit
    if circuit.num_qubits > _WIDEST:
        return None
    place = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    gates, measured = [], {}
    done: set[Any] = set()
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


def _is_plain(item: Any, column: Mapping[Any, int]) -> bool:
    """Whether the gate's angles are numbers, or it is a rotation by just a parameter."""
    if all(isinstance(one, int | float) for one in item.params):
        return len(item.qubits) <= 2
    return item.name in ("rz", "rx", "rzz") and item.params[0] in column


def _matrix(
    item: Any, rows: np.ndarray[Any, np.dtype[np.float64]], column: Mapping[Any, int]
) -> np.ndarray[Any, Any]:
    if all(isinstance(one, int | float) for one in item.params):
        matrix: np.ndarray[Any, Any] = item.operation.to_matrix()
        return matrix
    return rotations(item.name, rows[:, column[item.params[0]]])


def rotations(
    name: str, angles: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.complex128]]:
    """The matrices of ``rx``, ``rz`` or ``rzz``, one for each angle."""
    import numpy as np

    half = angles / 2
    size = 4 if name == "rzz" else 2
    made = np.zeros((len(angles), size, size), np.complex128)
    if name == "rx":
        made[:, 0, 0] = made[:, 1, 1] = np.cos(half)
        made[:, 0, 1] = made[:, 1, 0] = -1j * np.sin(half)
        return made
    phase = np.exp(-1j * half)
    for place in range(size):
        odd = place.bit_count() % 2
        made[:, place, place] = phase.conj() if odd else phase
    return made


def _applied(
    state: np.ndarray[Any, Any], matrix: np.ndarray[Any, Any], places: tuple[int, ...]
) -> np.ndarray[Any, Any]:
    """All states after a gate; the last axis of a state is its first qubit."""
    import numpy as np

    axes = [state.ndim - 1 - place for place in reversed(places)]
    ends = list(range(state.ndim - len(axes), state.ndim))
    moved = np.moveaxis(state, axes, ends)
    flat = moved.reshape(len(state), -1, 2 ** len(places))
    made = flat @ np.swapaxes(matrix, -1, -2)
    return np.moveaxis(made.reshape(moved.shape), ends, axes)
