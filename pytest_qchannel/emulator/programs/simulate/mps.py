"""Matrix product states: many qubits with little entanglement.

The tensors are kept right-canonical, with the Schmidt values of every cut (the form of M. B.
Hastings, J. Math. Phys. 50, 095207, 2009, which divides by none of them). Schmidt values are
dropped only where they are nothing but rounding, so that the state is exact; a state that needs
more than :data:`MAX_BOND` of them at a cut is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate.steps import Gate, Sample, Step

__all__ = ["MAX_BOND", "bond_bound", "mps_estimate_s", "run_mps"]

MAX_BOND: Final = 256
"""Schmidt values of a cut at most: 1 MB for each qubit, and half a second for each gate."""

# Weight of a dropped Schmidt value, at most; Aer's default.
_DROPPED: Final = 1e-16


def line_order(steps: Sequence[Step], num_qubits: int) -> list[int]:
    """An order of the qubits in which those that interact are close to each other."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    pairs = {one.qubits for one in steps if isinstance(one, Gate) and len(one.qubits) == 2}
    if not pairs:
        return list(range(num_qubits))
    rows, columns = np.array(sorted(pairs)).T
    weights = np.ones(len(rows))
    graph = coo_matrix((weights, (rows, columns)), (num_qubits, num_qubits)).tocsr()
    return [int(one) for one in reverse_cuthill_mckee(graph + graph.T, symmetric_mode=True)]


def _moves(steps: Sequence[Step], order: Sequence[int]) -> list[tuple[int, Gate | None]]:
    """What is done to neighbours: ``(place of the left one, gate)``, without a gate a swap."""
    order = list(order)
    place = {qubit: number for number, qubit in enumerate(order)}
    moves: list[tuple[int, Gate | None]] = []
    for step in steps:
        if not isinstance(step, Gate) or len(step.qubits) != 2:
            continue
        low, high = sorted(place[one] for one in step.qubits)
        for number in range(high - 1, low, -1):
            moves.append((number, None))
            order[number], order[number + 1] = order[number + 1], order[number]
            place[order[number]], place[order[number + 1]] = number, number + 1
        moves.append((low, step))
    return moves


def bond_bound(steps: Sequence[Step], num_qubits: int) -> tuple[int, float]:
    """How many Schmidt values a cut can ever need, and an estimate of the time, in seconds.

    From the circuit alone: a controlled gate at most doubles what a cut needs, any other gate
    (swaps, which bring qubits together, among them) makes it at most four times as much, and a
    cut needs at most twice as much as its neighbours.
    """
    bonds = [1] * (num_qubits + 1)
    worst, seconds = 1, 0.0
    for place, gate in _moves(steps, line_order(steps, num_qubits)):
        factor = 4 if gate is None else _schmidt_rank(gate)
        limit = 2 * min(bonds[place], bonds[place + 2])
        bonds[place + 1] = min(bonds[place + 1] * factor, limit)
        worst = max(worst, bonds[place + 1])
        seconds += 1e-4 + 6e-9 * float(min(limit, 2 * MAX_BOND)) ** 3
    return worst, seconds


def mps_estimate_s(seconds: float, num_qubits: int, bond: int, shots: int) -> float:
    """How long a run takes, with what drawing the shots takes."""
    return seconds + 4e-9 * shots * num_qubits * min(bond, MAX_BOND) ** 2


def _schmidt_rank(gate: Gate) -> int:
    import numpy as np

    parts = gate.matrix.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    return int(np.linalg.matrix_rank(parts, tol=1e-10))


def run_mps(
    steps: Sequence[Step],
    num_qubits: int,
    num_clbits: int,
    shots: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> Any:
    """Shots as a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    Args:
        steps: Gates, and measurements at the end.
        num_qubits: How many qubits they act on.
        num_clbits: How many bits they write.
        shots: How many shots.
        seed: Fixes every choice.
        tick: Called for each step; it raises what ends the run.

    Raises:
        JobFailure: The state is too entangled, or a gate acts on more than two qubits.
    """
    import numpy as np

    state = _State(line_order(steps, num_qubits))
    bits = np.zeros((shots, num_clbits), np.bool_)
    for step in steps:
        tick()
        if isinstance(step, Gate):
            state.apply(step)
        elif isinstance(step, Sample):
            read = state.draw(shots, np.random.default_rng(seed))
            for one in step.measures:
                bits[:, one.clbit] = read[:, one.qubit]
    return bits


class _State:
    """Tensors of shape ``(left, 2, right)`` for the qubits in a line."""

    def __init__(self, order: Sequence[int]) -> None:
        import numpy as np

        self._order = list(order)
        self._place = {qubit: number for number, qubit in enumerate(order)}
        zero = np.array([[[1], [0]]], np.complex128)
        self._tensors = [zero for _ in order]
        self._values = [np.ones(1) for _ in range(len(order) + 1)]

    def apply(self, gate: Gate) -> None:
        """Applies a gate to any one or two qubits."""
        import numpy as np

        if len(gate.qubits) == 1:
            place = self._place[gate.qubits[0]]
            self._tensors[place] = np.einsum(
                "ij,ajb->aib", gate.matrix, self._tensors[place], optimize=True
            )
            return
        if len(gate.qubits) != 2:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The emulator cannot simulate a gate on {len(gate.qubits)} qubits in a circuit "
                "that is too large for a state vector. Transpile it to one- and two-qubit gates.",
            )
        low, high = sorted(self._place[one] for one in gate.qubits)
        for number in range(high - 1, low, -1):
            self._pair(number, None)
        # The matrix has the gate's first qubit as its lower bit.
        matrix = gate.matrix.reshape(2, 2, 2, 2)
        if self._order[low] == gate.qubits[0]:
            matrix = matrix.transpose(1, 0, 3, 2)
        self._pair(low, matrix)

    def _pair(self, left: int, matrix: Any) -> None:
        """Applies a gate to neighbours, or swaps them."""
        import numpy as np

        both = np.tensordot(self._tensors[left], self._tensors[left + 1], (2, 0))
        if matrix is None:
            both = both.transpose(0, 2, 1, 3)
            self._order[left], self._order[left + 1] = self._order[left + 1], self._order[left]
            for place in (left, left + 1):
                self._place[self._order[place]] = place
        else:
            both = np.tensordot(both, matrix, ((1, 2), (2, 3))).transpose(0, 2, 3, 1)
        first, last = both.shape[0], both.shape[3]
        weighted = self._values[left][:, None, None, None] * both
        values, right = _split(weighted.reshape(2 * first, 2 * last))
        if len(values) > MAX_BOND:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The emulator cannot simulate a circuit that acts on {len(self._order)} qubits "
                "exactly: it is too large for a state vector (28 qubits), and too entangled for a "
                f"matrix product state (more than {MAX_BOND} Schmidt values). Use fewer qubits or "
                "fewer layers of two-qubit gates, or Clifford gates alone, for which any number of "
                "qubits works.",
            )
        self._values[left + 1] = values / np.linalg.norm(values)
        self._tensors[left + 1] = right.reshape(-1, 2, last)
        self._tensors[left] = np.tensordot(
            both, self._tensors[left + 1].conj(), ((2, 3), (1, 2))
        ) / np.linalg.norm(values)

    def draw(self, shots: int, rng: Any) -> Any:
        """What all qubits show, ``(shots, num_qubits)``: one after the other, left to right."""
        import numpy as np

        read = np.zeros((shots, len(self._order)), np.bool_)
        left = np.ones((shots, 1), np.complex128)
        for qubit, tensor in zip(self._order, self._tensors, strict=True):
            zero, one = left @ tensor[:, 0], left @ tensor[:, 1]
            weights = [(part.real**2 + part.imag**2).sum(axis=1) for part in (zero, one)]
            shows = rng.random(shots) * (weights[0] + weights[1]) >= weights[0]
            read[:, qubit] = shows
            left = np.where(shows[:, None], one, zero)
            left /= np.sqrt(np.where(shows, weights[1], weights[0]))[:, None]
        return read


def _split(matrix: Any) -> tuple[Any, Any]:
    """The Schmidt values that count, and the right vectors."""
    import numpy as np

    try:
        _, values, right = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:  # rare: LAPACK's fast algorithm does not converge
        from scipy.linalg import svd

        _, values, right = svd(matrix, full_matrices=False, lapack_driver="gesvd")
    kept = max(1, int((values**2 > _DROPPED * math.fsum(values**2)).sum()))
    return values[:kept], right[:kept]
