"""One or two noisy qubits that are read out at the end: their density matrix, exact for any shots.

State vectors part the shots that noise hits, so a long circuit of which every shot is hit costs as
much as all its shots. A density matrix of two qubits has sixteen numbers, whatever befalls them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Bits, Complexes
from pytest_qchannel.emulator.programs.seeds import generator
from pytest_qchannel.emulator.programs.simulate.channels import Event
from pytest_qchannel.emulator.programs.simulate.steps import Gate, Sample, Step

__all__ = ["MOST_QUBITS", "density_estimate_s", "is_dense", "run_density"]

MOST_QUBITS: Final = 2
# Measured in 2026, on one core: seconds for a step, with finding it, and for a bit of a shot.
_STEP_S: Final = 3e-6
_BIT_S: Final = 4e-8
# Rounding must not make the impossible happen.
_NOTHING: Final = 1e-12


def is_dense(steps: Sequence[Step], num_qubits: int) -> bool:
    """Whether there are gates and noise on few qubits, and measurements at the end alone."""
    return (
        num_qubits <= MOST_QUBITS
        and bool(steps)
        and isinstance(steps[-1], Sample)
        and all(isinstance(step, Gate | Event) for step in steps[:-1])
    )


def density_estimate_s(steps: Sequence[Step], shots: int) -> float:
    """About how long a run takes, in seconds."""
    return len(steps) * _STEP_S + shots * MOST_QUBITS * _BIT_S


def run_density(
    steps: Sequence[Step],
    num_qubits: int,
    num_clbits: int,
    shots: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> Bits:
    """Shots as a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    Args:
        steps: For which :func:`is_dense` holds.
        num_qubits: How many qubits they act on.
        num_clbits: How many bits they write.
        shots: How many shots.
        seed: Fixes every choice.
        tick: Called now and then; it raises what ends the run.
    """
    *acting, last = steps
    assert isinstance(last, Sample), "is_dense was asked"
    rho = np.zeros(4**num_qubits, np.complex128)
    rho[0] = 1
    known: dict[object, Complexes] = {}
    for number, step in enumerate(acting):
        if number % 1_000 == 0:
            tick()
        if isinstance(step, Gate):
            key: object = id(step)  # equal gates of a circuit are one step
        else:
            assert isinstance(step, Event), "is_dense was asked"
            key = (step.qubits, step.probability, id(step.kraus))  # which the steps keep alive
        if (operator := known.get(key)) is None:
            operator = known[key] = _operator(step, num_qubits)
        rho = operator @ rho
    chances = rho[:: 2**num_qubits + 1].real.copy()
    chances[chances < _NOTHING] = 0
    rng = generator(seed)
    ends = np.cumsum(chances)
    outcomes = np.searchsorted(ends / ends[-1], rng.random(shots), side="right")
    bits = np.zeros((shots, num_clbits), np.bool_)
    for one in last.measures:
        read = (outcomes >> one.qubit & 1).astype(np.bool_)
        if any(one.errors):
            read ^= rng.random(shots) < np.where(read, one.errors[1], one.errors[0])
        bits[:, one.clbit] = read
    return bits


def _operator(step: Gate | Event, num_qubits: int) -> Complexes:
    """What a step does to the density matrix, as a matrix on its rows one after the other."""
    if isinstance(step, Gate):
        whole = _on_all(step.matrix, step.qubits, num_qubits)
        return np.asarray(np.kron(whole, whole.conj()), np.complex128)
    operator = (1 - step.probability) * np.eye(4**num_qubits, dtype=np.complex128)
    for one in step.kraus:
        whole = _on_all(one, step.qubits, num_qubits)
        operator += step.probability * np.kron(whole, whole.conj())
    return operator


def _on_all(matrix: Complexes, qubits: tuple[int, ...], num_qubits: int) -> Complexes:
    """The matrix on all qubits, of which the first is the lowest bit of the index."""
    if len(qubits) == 2:
        turned = matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
        return matrix if qubits == (0, 1) else turned
    if num_qubits == 1:
        return matrix
    pair = (np.eye(2), matrix) if qubits == (0,) else (matrix, np.eye(2))
    return np.asarray(np.kron(*pair), np.complex128)
