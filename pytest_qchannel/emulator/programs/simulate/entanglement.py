"""How entangled a circuit gets: whether a matrix product state of it stays small, and for how long.

Aer's matrix product states are exact as they are used here: nothing but rounding is dropped. What
an entangled state needs grows without a limit, so it is asked before. A bound follows from the
gates alone; where that is too large, Aer itself says what the beginning of the circuit needs.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate import aer
from pytest_qchannel.emulator.programs.simulate.steps import (
    Choose,
    Gate,
    Loop,
    Measure,
    Reset,
    Step,
    steps_of,
)

__all__ = ["Line", "line_order", "require_narrow"]

MAX_BOND: Final = 256
"""Schmidt values of a cut at most: 2 MB for each qubit, and a second for each gate."""

# Measured on two cores of 2026: seconds for an instruction, for the entries of a matrix that is
# taken apart (times its rank), and for a bit of a shot, without and by the square of the bond.
_STEP_S: Final = 1e-5
_GATE_S: Final = 2e-5
_SPLIT_S: Final = 3e-8
_BIT_S: Final = 6e-7
_DRAW_S: Final = 2e-9
# Shots in which Aer is asked: where chance decides on gates, they differ.
_PROBES: Final = 8


def line_order(steps: Sequence[Step], num_qubits: int) -> list[int]:
    """An order of the qubits in which those that interact are close to each other.

    From a qubit at the edge to its neighbours, and on to theirs, those with the fewest others first
    (E. Cuthill, J. McKee, 1969).
    """
    near: list[set[int]] = [set() for _ in range(num_qubits)]
    for one, other in _pairs(steps):
        near[one].add(other)
        near[other].add(one)
    order: dict[int, None] = {}
    for edge in sorted(range(num_qubits), key=lambda qubit: len(near[qubit])):
        reached = [] if edge in order else [edge]
        for qubit in reached:
            order[qubit] = None
            further = near[qubit].difference(order, reached)
            reached += sorted(further, key=lambda one: (len(near[one]), one))
    return list(order)


def _pairs(steps: Sequence[Step]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for step in steps:
        if isinstance(step, Gate):
            found.update(itertools.combinations(step.qubits, 2))
        for body in _bodies(step):
            found |= _pairs(body)
    return found


def _bodies(step: Step) -> Sequence[Sequence[Step]]:
    if isinstance(step, Choose):
        return [body for _, body in step.choices]
    return step.bodies if isinstance(step, Loop) else ()


@dataclass(slots=True)
class Line:
    """Qubits in a row: how many Schmidt values each cut between them can need, step by step.

    A controlled gate at most doubles what a cut needs; any other on two qubits (such as the swaps
    that bring qubits together) makes it at most four times as much, and a cut needs at most twice
    as much as its neighbours. Beside a qubit that was read out both cuts need the same.

    Attributes:
        order: The qubit at each place.
        bonds: What the cut before each place needs, and that behind all.
        worst: The most that any cut needed so far.
        seconds: How long that takes, with what would be cut off at :data:`MAX_BOND`.
    """

    order: list[int]
    bonds: list[int] = field(default_factory=list)
    worst: int = 1
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.bonds = self.bonds or [1] * (len(self.order) + 1)

    @property
    def is_narrow(self) -> bool:
        """Whether a matrix product state can hold whatever the gates do."""
        return self.worst <= MAX_BOND

    def run(self, steps: Sequence[Step]) -> None:
        """Follows steps; of a choice whatever needs more.

        Raises:
            JobFailure: Nobody knows how often a loop runs.
        """
        for step in steps:
            self.seconds += _STEP_S
            if isinstance(step, Gate):
                self._gate(step)
            elif isinstance(step, Measure | Reset):
                place = self.order.index(step.qubit)
                self.bonds[place] = self.bonds[place + 1] = min(self.bonds[place : place + 2])
            elif isinstance(step, Choose):
                ways = [self._apart(body) for _, body in step.choices]
                for way in ways:
                    self._take(way)
            elif isinstance(step, Loop):
                if step.condition is not None:
                    raise JobFailure(
                        FailureCode.SIMULATOR_FAILED,
                        "The emulator cannot simulate a while loop in a circuit that acts on "
                        f"{len(self.order)} qubits: it is too large for state vectors, which tell "
                        "whether the loop ends. Use fewer qubits, or a for loop with a break.",
                    )
                for body in step.bodies:
                    self.run(body)

    def _apart(self, steps: Sequence[Step]) -> Line:
        way = Line(list(self.order), list(self.bonds))
        way.run(steps)
        return way

    def _take(self, way: Line) -> None:
        """Whatever needs more, this or another way; qubits in another order may need anything."""
        self.bonds = [max(pair) for pair in zip(self.bonds, way.bonds, strict=True)]
        self.worst = max(self.worst, way.worst)
        if way.order != self.order:
            self._lose_track()
        self.seconds += way.seconds

    def _lose_track(self) -> None:
        self.bonds, self.worst = [2 * MAX_BOND] * len(self.bonds), 2 * MAX_BOND

    def _gate(self, gate: Gate) -> None:
        if len(gate.qubits) > 2:
            self._lose_track()
        elif len(gate.qubits) == 2:
            order = self.order
            low, high = sorted(order.index(one) for one in gate.qubits)
            for place in range(high - 1, low, -1):
                order[place], order[place + 1] = order[place + 1], order[place]
                self._grow(place, 4)
            self._grow(low, _schmidt_rank(gate))

    def _grow(self, place: int, factor: int) -> None:
        size = 2 * min(self.bonds[place], self.bonds[place + 2])
        bond = self.bonds[place + 1] = min(self.bonds[place + 1] * factor, size)
        self.worst = max(self.worst, bond)
        bond, size = min(bond, MAX_BOND), min(size, 2 * MAX_BOND)
        self.seconds += _GATE_S + _SPLIT_S * bond * size**2

    def estimate_s(self, num_qubits: int, shots: int, *, is_sampled_at_end: bool) -> float:
        """How long a run of what was followed takes, in seconds."""
        if not is_sampled_at_end:
            return self.seconds * shots
        bond = min(self.worst, MAX_BOND)
        return self.seconds + shots * num_qubits * (_BIT_S + _DRAW_S * bond**2)


def _schmidt_rank(gate: Gate) -> int:
    parts = gate.matrix.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    return int(np.linalg.matrix_rank(parts, tol=1e-10))


def require_narrow(circuit: QuantumCircuit, seed: int, tick: Callable[[], None]) -> None:
    """Passes a circuit of which Aer found that no cut needs more than :data:`MAX_BOND`.

    Longer and longer beginnings of it are tried, from where the gates alone do not tell any more,
    and no cut is let grow any further: what needs too much is found out before it takes an hour.

    Args:
        circuit: With its qubits in the order of the line.
        seed: Decides what the measurements in the middle give.
        tick: Called between two of them; it raises what ends the search.

    Raises:
        JobFailure: The state is too entangled.
    """
    length = bisect_left(range(len(circuit.data)), True, key=lambda end: _is_unclear(circuit, end))
    while True:
        tick()
        if _widest(circuit, length, seed) > MAX_BOND:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The emulator cannot simulate a circuit that acts on {circuit.num_qubits} qubits "
                "exactly: it is too large for a state vector (28 qubits), and too entangled for a "
                f"matrix product state (more than {MAX_BOND} Schmidt values). Use fewer qubits or "
                "fewer layers of two-qubit gates, or Clifford gates alone, for which any number of "
                "qubits works.",
            )
        if length >= len(circuit.data):
            return
        length += 1 + length // 10  # what a cut needs doubles with every few layers


def _begun(circuit: QuantumCircuit, length: int) -> QuantumCircuit:
    begun = circuit.copy_empty_like()
    for item in circuit.data[:length]:
        begun._append(item)
    return begun


def _is_unclear(circuit: QuantumCircuit, length: int) -> bool:
    line = Line(list(range(circuit.num_qubits)))
    line.run(steps_of(_begun(circuit, length), keeps_state=True))
    return not line.is_narrow


def _widest(circuit: QuantumCircuit, length: int, seed: int) -> int:
    """The most Schmidt values that a cut needs in the first instructions, as far as it is known."""
    begun = _begun(circuit, length)
    seen = ClassicalRegister(circuit.num_qubits)  # or Aer leaves out what nobody looks at
    begun.add_register(seen)
    begun.measure(begun.qubits, seen)
    log = aer.log_of_mps(begun, _PROBES, seed, MAX_BOND + 1)
    cuts = [int(one) for bonds in re.findall(r"BD=\[([\d ]*)\]", log) for one in bonds.split()]
    return max(cuts, default=1)
