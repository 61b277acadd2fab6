"""Gates and noise gathered into blocks of a few qubits, each one matrix where nothing errs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from pytest_qchannel.emulator.programs.arrays import Complexes
from pytest_qchannel.emulator.programs.simulate.channels import Event
from pytest_qchannel.emulator.programs.simulate.steps import Gate, Step

__all__ = ["Befalling", "Block", "befalling", "blocks_of"]

Befalling: TypeAlias = tuple[Complexes, Complexes]
"""What :func:`befalling` gives."""

WIDTH: Final = 4
"""Qubits of a block at most: a pass over the state costs more than a larger matrix."""


@dataclass(slots=True)
class Block:
    """Gates and possible events, in order, on a few qubits.

    Attributes:
        qubits: The first one is the lowest bit of the matrices' index.
        matrix: All gates.
        events: The events, with the matrix of the gates that come before.
    """

    qubits: tuple[int, ...]
    matrix: Complexes
    events: tuple[tuple[Event, Complexes], ...]


@dataclass(slots=True)
class _Open:
    qubits: set[int]
    parts: list[Gate | Event] = field(default_factory=list)


def blocks_of(steps: Sequence[Step]) -> list[Step | Block]:
    """The steps, with every run of gates and events as blocks."""
    result: list[Step | Block] = []
    run: list[Gate | Event] = []
    for step in steps:
        if isinstance(step, Gate | Event):
            run.append(step)
            continue
        result += _gathered(run)
        run = []
        result.append(step)
    return [*result, *_gathered(run)]


def _gathered(parts: Iterable[Gate | Event]) -> list[Block]:
    """Blocks whose order keeps that of the parts on every qubit."""
    done: list[_Open | None] = []
    last: dict[int, int] = {}  # the last block on each qubit
    for part in parts:
        found = sorted({last[one] for one in part.qubits if one in last}, reverse=True)
        into = None
        for place in found:
            block = done[place]
            assert block is not None
            # Behind every other block of the part's qubits, so the part may go in here...
            if place == found[0] and len(block.qubits.union(part.qubits)) <= WIDTH:
                into = place
                break
        if into is None:
            into = len(done)
            done.append(_Open(set()))
        target = done[into]
        assert target is not None
        for place in found:
            other = done[place]
            # ...and takes along a block on whose qubits nothing has happened since.
            if (
                other is not None
                and place != into
                and all(last[one] == place for one in other.qubits)
                and len(target.qubits | other.qubits | set(part.qubits)) <= WIDTH
            ):
                target.parts += other.parts
                target.qubits |= other.qubits
                last.update(dict.fromkeys(other.qubits, into))
                done[place] = None
        target.parts.append(part)
        target.qubits.update(part.qubits)
        last.update(dict.fromkeys(part.qubits, into))
    return [_closed(one) for one in done if one is not None]


def _closed(block: _Open) -> Block:
    qubits = tuple(sorted(block.qubits))
    matrix = np.eye(2 ** len(qubits), dtype=np.complex128)
    events = []
    for part in block.parts:
        if isinstance(part, Gate):
            matrix = _times(part, matrix, qubits)
        elif part.probability > 0:
            events.append((part, matrix))
    return Block(qubits, matrix, tuple(events))


def _times(gate: Gate, matrix: Complexes, qubits: tuple[int, ...]) -> Complexes:
    """``gate`` after ``matrix``, which acts on ``qubits``; also a stack of gates."""
    size = len(qubits)
    axes = [size - 1 - qubits.index(one) for one in reversed(gate.qubits)]
    rest = [axis for axis in range(size + 1) if axis not in axes]
    tensor = matrix.reshape((2,) * size + (-1,)).transpose(axes + rest)
    own = gate.matrix.shape[-1]
    product = gate.matrix @ tensor.reshape(own, -1)
    lead = gate.matrix.shape[:-2]
    back = [len(lead) + int(axis) for axis in np.argsort(axes + rest)]
    return (
        product.reshape(*lead, *tensor.shape)
        .transpose(*range(len(lead)), *back)
        .reshape(*lead, *matrix.shape)
    )


def befalling(block: Block, number: int) -> Befalling:
    """What an event does, moved to the start of its block.

    Returns:
        The Kraus operators on all the block's qubits, shape ``(number, 2**k, 2**k)``, and the
        operators whose expectation values are their probabilities, transposed and flattened.
    """
    event, until = block.events[number]
    kraus = until.conj().T @ _times(Gate(event.qubits, event.kraus), until, block.qubits)
    effects = kraus.conj().swapaxes(1, 2) @ kraus
    return kraus, effects.swapaxes(1, 2).reshape(len(kraus), -1)
