"""Shots that go on together, their states, and how they are put together and drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["Ends", "Part", "drawn", "joined", "places_of", "together"]


@dataclass(slots=True)
class Part:
    """Shots that go on together.

    Attributes:
        states: Shape ``(2,) * num_qubits + (columns,)``, each column of norm 1.
        axes: The qubit of each of its axes: the order changes as blocks are applied.
        shots: The numbers of the shots.
        column: Of each of the shots.
    """

    states: Any
    axes: list[int]
    shots: Any
    column: Any

    def taking(self, chosen: Any) -> Part:
        """Those of the shots for which ``chosen``, a mask, is true, and their states."""
        import numpy as np

        used, column = np.unique(self.column[chosen], return_inverse=True)
        states = self.states if len(used) == self.states.shape[-1] else self.states[..., used]
        return Part(states, list(self.axes), self.shots[chosen], column)


@dataclass(slots=True)
class Ends:
    """How shots leave a list of steps."""

    through: list[Part]
    broke: list[Part]
    went_on: list[Part]


def drawn(steps: Any, draws: Any) -> Any:
    """For each row of rising steps, the place of its draw (0 to 1) among them."""
    wanted = draws * steps[:, -1]
    # Rounding can bring a draw up to the end; the first of the highest steps has a weight.
    return ((steps <= wanted[:, None]) & (steps < steps[:, -1:])).sum(axis=1)


def places_of(steps: Any, draws: Any) -> Any:
    """The places of draws (0 to 1) among rising steps."""
    import numpy as np

    last = np.searchsorted(steps, steps[-1])
    return np.searchsorted(steps, draws * steps[-1], side="right").clip(0, last)


def together(ends: Iterable[Ends]) -> Ends:
    """How the shots of several runs leave."""
    result = Ends([], [], [])
    for one in ends:
        result.through += one.through
        result.broke += one.broke
        result.went_on += one.went_on
    return result


def joined(parts: list[Part]) -> Part:
    """Parts as one that goes on; their states side by side."""
    import numpy as np

    if len(parts) == 1:
        return parts[0]
    axes = parts[0].axes
    states, column, offset = [], [], 0
    for part in parts:
        places = [part.axes.index(qubit) for qubit in axes]
        states.append(part.states.transpose([*places, len(places)]))
        column.append(part.column + offset)
        offset += part.states.shape[-1]
    shots = np.concatenate([part.shots for part in parts])
    return Part(np.concatenate(states, axis=-1), axes, shots, np.concatenate(column))
