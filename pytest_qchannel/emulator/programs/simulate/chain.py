"""Shots on qubits that nothing sets to 0 between them: each starts where the one before ended.

The first shot of a circuit starts in the ground state. What a shot leaves is the state that its
measurements projected on, decayed during the pause where the device errs. A shot that leaves every
qubit in 0 or 1 is forgotten but for that: shots that start alike are drawn together, which is as
exact and much faster. Any other state is kept as a vector and goes on into the next shot, one by
one: qubits that nobody measured are left in superposition, and entangled, as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Bits, Complexes, Reals
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.simulate.branching import Run, estimate_s
from pytest_qchannel.emulator.programs.simulate.channels import Event
from pytest_qchannel.emulator.programs.simulate.classical import Memory
from pytest_qchannel.emulator.programs.simulate.statevector import States, basis_state
from pytest_qchannel.emulator.programs.simulate.steps import Gate, Measure, Reset, Step

__all__ = ["MOST_QUBITS", "chain_estimate_s", "run_chain"]

MOST_QUBITS: Final = 16
"""Beyond this a shot alone takes a second, and no two of them start alike."""

_Left: TypeAlias = tuple[Bits, int | Complexes]
# Of a state vector all but this much is one basis state's: the rest is rounding.
_BASIS: Final = 1e-9
# Amplitudes of the shots that are drawn together at most, 16 bytes each.
_TOGETHER: Final = 2**20
# Seconds that a step takes whatever the state is.
_STEP_S: Final = 6e-5


def run_chain(
    steps: Sequence[Step],
    num_qubits: int,
    num_clbits: int,
    shots: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> Bits:
    """Shots as a bool array of shape ``(shots, num_clbits)``, in the order in which they ran.

    Args:
        steps: Of a shot and the pause behind it, with every measurement where it is made.
        num_qubits: How many qubits they act on.
        num_clbits: How many bits they write.
        shots: How many shots.
        seed: Fixes every choice.
        tick: Called for each step; it raises what ends the run.

    Raises:
        JobFailure: A loop does not end.
    """
    bits = np.zeros((shots, num_clbits), np.bool_)
    run = Run(Memory(bits), generator(seed), tick)
    most = max(1, _TOGETHER >> num_qubits)
    waiting: dict[int, list[_Left]] = {}
    wanted: dict[int, int] = {}
    start: int | Complexes = 0
    for number in range(shots):
        if isinstance(start, int):
            drawn = waiting.setdefault(start, [])
            if not drawn:
                # A start that comes again and again is worth drawing more of at once.
                together = wanted.get(start, 1)
                wanted[start] = min(2 * together, most)
                together = min(together, shots - number)
                drawn += _ran(run, steps, basis_state(start, num_qubits), together, num_clbits)
            bits[number], start = drawn.pop()
        else:
            [(bits[number], start)] = _ran(run, steps, start, 1, num_clbits)
    return bits


def chain_estimate_s(steps: Sequence[Step], num_qubits: int, shots: int) -> float:
    """About how long :func:`run_chain` takes, in seconds."""
    if _ends_in_basis(steps, num_qubits):
        starts = min(float(shots), 2.0**num_qubits)
        return estimate_s(steps, num_qubits, shots) + starts * len(steps) * _STEP_S
    return float(shots * len(steps) * (_STEP_S + 2**num_qubits * 2e-8))


def _ends_in_basis(steps: Sequence[Step], num_qubits: int) -> bool:
    """Whether each qubit was read out or reset, and nothing but noise befell it since."""
    known: set[int] = set()
    for step in steps:
        if isinstance(step, Measure | Reset):
            known.add(step.qubit)
        elif isinstance(step, Gate):
            known.difference_update(step.qubits)
        elif not isinstance(step, Event):
            known.clear()  # control flow: whatever it does
    return len(known) == num_qubits


def _ran(
    run: Run, steps: Sequence[Step], start: Complexes, shots: int, num_clbits: int
) -> list[_Left]:
    """The bits of some shots that start alike, and what each of them leaves."""
    run.memory = Memory(np.zeros((shots, num_clbits), np.bool_))
    left: list[int | Complexes] = [0] * shots
    for part in run.all(steps, States.alike(start, shots)).through:
        states = part.by_qubits(range(start.ndim)).astype(np.complex128, copy=False)
        weights = states.real**2 + states.imag**2
        ends = [_end(states[..., at], weights[..., at]) for at in range(states.shape[-1])]
        for shot, column in zip(part.shots.tolist(), part.column.tolist(), strict=True):
            left[shot] = ends[column]
    return list(zip(run.memory.bits, left, strict=True))


def _end(state: Complexes, weights: Reals) -> int | Complexes:
    """The number of the basis state that this is, or the state with norm 1."""
    likeliest = np.unravel_index(int(weights.argmax()), weights.shape)
    total = float(weights.sum())
    if total - float(weights[likeliest]) < _BASIS:
        return sum(int(bit) << qubit for qubit, bit in enumerate(likeliest))
    rest: Complexes = state / np.sqrt(total)
    return rest
