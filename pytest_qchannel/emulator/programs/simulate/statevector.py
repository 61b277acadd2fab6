"""State vectors that shots share: columns of one array, measured, drawn from and put together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Amplitudes, Bits, Complexes, Integers, Reals

__all__ = ["States", "applied_to_each", "basis_state", "joined"]


def basis_state(number: int, num_qubits: int) -> Complexes:
    """The state in which bit k of a number is the state of qubit k; axis k is qubit k's."""
    state = np.zeros((2,) * num_qubits, np.complex128)
    state[tuple(number >> qubit & 1 for qubit in range(num_qubits))] = 1
    return state


@dataclass(slots=True)
class States:
    """Shots that go on together, and their states.

    Attributes:
        vectors: Shape ``(2,) * num_qubits + (columns,)``, each column of norm 1.
        axes: The qubit of each of its axes: the order changes as matrices are applied.
        shots: The numbers of the shots.
        column: Of each of the shots.
    """

    vectors: Amplitudes
    axes: list[int]
    shots: Integers
    column: Integers

    @classmethod
    def alike(cls, vector: Amplitudes, shots: int) -> States:
        """So many shots in one state, axis k of which is qubit k's."""
        numbers = np.arange(shots)
        return cls(vector[..., None], list(range(vector.ndim)), numbers, np.zeros_like(numbers))

    @property
    def columns(self) -> int:
        """How many different states there are."""
        return int(self.vectors.shape[-1])

    def taking(self, chosen: Bits) -> States:
        """Those of the shots for which ``chosen``, a mask, is true, and their states."""
        used, column = np.unique(self.column[chosen], return_inverse=True)
        vectors = self.vectors if len(used) == self.columns else self.vectors[..., used]
        return States(vectors, list(self.axes), self.shots[chosen], column)

    def by_qubits(self, order: Sequence[int]) -> Amplitudes:
        """The vectors with their axes in the order of these qubits."""
        places = [self.axes.index(qubit) for qubit in order]
        return self.vectors.transpose([*places, len(places)])

    def drop_unused(self) -> None:
        """Forgets columns that no shot has any more, once they are a quarter of all."""
        used, column = np.unique(self.column, return_inverse=True)
        if len(used) < 0.75 * self.columns:
            self.vectors, self.column = self.vectors[..., used], column

    def project(self, qubit: int, rng: np.random.Generator, *, to_ground: bool) -> Bits:
        """Measures a qubit: parts the columns by the outcome, which it gives for each shot.

        Args:
            qubit: The qubit.
            rng: Decides the outcomes.
            to_ground: Whether the qubit is set to 0 then.
        """
        axis = self.axes.index(qubit)
        halves = np.moveaxis(self.vectors, axis, 0)
        flat = halves[1].reshape(-1, halves.shape[-1])
        ones = (flat.real**2 + flat.imag**2).sum(axis=0, dtype=np.float64)
        ones[ones < 1e-12] = 0
        ones[ones > 1 - 1e-6 * (flat.dtype == np.complex64) - 1e-12] = 1
        outcome: Bits = rng.random(len(self.shots)) < ones[self.column]
        pairs, self.column = np.unique(2 * self.column + outcome, return_inverse=True)
        parents, outcomes = pairs // 2, (pairs % 2).astype(np.bool_)
        chance = np.where(outcomes, ones[parents], 1 - ones[parents])
        vectors = np.zeros((*self.vectors.shape[:-1], len(pairs)), self.vectors.dtype)
        target = np.moveaxis(vectors, axis, 0)
        for value in (0, 1):
            mine = outcomes == value
            kept = halves[value][..., parents[mine]]
            kept = (kept / np.sqrt(chance[mine])).astype(vectors.dtype)
            target[0 if to_ground else value][..., mine] = kept
        self.vectors = vectors
        return outcome

    def sample(self, qubits: Collection[int], rng: np.random.Generator) -> dict[int, Bits]:
        """Draws what qubits show together, for each shot; the states stay as they are."""
        weights = self.vectors.real**2 + self.vectors.imag**2
        unread = tuple(place for place, qubit in enumerate(self.axes) if qubit not in qubits)
        weights = weights.sum(axis=unread) if unread else weights
        kept = [qubit for qubit in self.axes if qubit in qubits]
        rows = np.ascontiguousarray(weights.reshape(-1, self.columns).T)
        index = np.empty(len(self.shots), np.int64)
        draws = rng.random(len(self.shots))
        order = np.argsort(self.column, kind="stable")
        starts = np.searchsorted(self.column[order], np.arange(self.columns + 1))
        counts = np.diff(starts)
        alone = np.flatnonzero(counts == 1)
        if len(alone):
            mine = order[starts[alone]]
            index[mine] = _drawn(rows[alone].cumsum(axis=1, dtype=np.float64), draws[mine])
        for column in np.flatnonzero(counts > 1):
            mine = order[starts[column] : starts[column + 1]]
            index[mine] = _places(rows[column].cumsum(dtype=np.float64), draws[mine])
        return {
            qubit: (index >> (len(kept) - 1 - place) & 1).astype(np.bool_)
            for place, qubit in enumerate(kept)
        }


def _drawn(steps: Reals, draws: Reals) -> Integers:
    """For each row of rising steps, the place of its draw (0 to 1) among them."""
    wanted = draws * steps[:, -1]
    # Rounding can bring a draw up to the end; the first of the highest steps has a weight.
    below: Integers = ((steps <= wanted[:, None]) & (steps < steps[:, -1:])).sum(axis=1)
    return below


def _places(steps: Reals, draws: Reals) -> Integers:
    """The places of draws (0 to 1) among rising steps."""
    last = np.searchsorted(steps, steps[-1])
    places: Integers = np.searchsorted(steps, draws * steps[-1], side="right").clip(0, last)
    return places


def joined(parts: Sequence[States]) -> States:
    """Those of the same qubits as one that goes on; their states side by side."""
    if len(parts) == 1:
        return parts[0]
    axes = parts[0].axes
    column, offset = [], 0
    for part in parts:
        column.append(part.column + offset)
        offset += part.columns
    return States(
        np.concatenate([part.by_qubits(axes) for part in parts], axis=-1),
        axes,
        np.concatenate([part.shots for part in parts]),
        np.concatenate(column),
    )


def applied_to_each(vectors: Complexes, matrix: Complexes, places: Sequence[int]) -> Complexes:
    """States after a gate that may be another one for each of them.

    Args:
        vectors: Shape ``(states, 2, ..., 2)``; the last axis is the first qubit's.
        matrix: Shape ``(2**k, 2**k)``, or one for each state.
        places: The numbers of the qubits that it acts on.
    """
    axes = [vectors.ndim - 1 - place for place in reversed(places)]
    ends = list(range(vectors.ndim - len(axes), vectors.ndim))
    moved = np.moveaxis(vectors, axes, ends)
    flat = moved.reshape(len(vectors), -1, 2 ** len(places))
    made = flat @ np.swapaxes(matrix, -1, -2)
    return np.moveaxis(made.reshape(moved.shape), ends, axes)
