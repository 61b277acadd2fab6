"""Stabilizer circuits, simulated by stim: any number of qubits in milliseconds.

What counts are the gates, not their names: a rotation by a multiple of a quarter turn is a
Clifford gate, and that is what is left of one after transpilation to a device's instruction set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import stim  # type: ignore[import-untyped]
from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    ClassicalRegister,
    Clbit,
    ParameterExpression,
    Qubit,
)

from pytest_qchannel.emulator.programs.arrays import Bits
from pytest_qchannel.emulator.programs.simulate.active import condition_of

__all__ = ["Translation", "sample_translation", "translation"]

_QUARTER: Final = math.pi / 2
# Angles this close to a quarter turn are one: they come from sums of floating point numbers.
_CLOSE: Final = 1e-9

_SAME: Final = frozenset({"barrier", "delay", "id"})
# Each line is a stim instruction and the operands, in the gate's own order, that it acts on.
_FIXED: Final[dict[str, tuple[tuple[str, tuple[int, ...]], ...]]] = {
    "x": (("X", (0,)),),
    "y": (("Y", (0,)),),
    "z": (("Z", (0,)),),
    "h": (("H", (0,)),),
    "s": (("S", (0,)),),
    "sdg": (("S_DAG", (0,)),),
    "sx": (("SQRT_X", (0,)),),
    "sxdg": (("SQRT_X_DAG", (0,)),),
    "cx": (("CX", (0, 1)),),
    "cy": (("CY", (0, 1)),),
    "cz": (("CZ", (0, 1)),),
    "swap": (("SWAP", (0, 1)),),
    "iswap": (("ISWAP", (0, 1)),),
    "dcx": (("CX", (0, 1)), ("CX", (1, 0))),
    "ecr": (("S", (0,)), ("SQRT_X", (1,)), ("CX", (0, 1)), ("X", (0,))),
}
_TURNS: Final[dict[str, tuple[str, str, str, str]]] = {
    "z": ("I", "S", "Z", "S_DAG"),
    "x": ("I", "SQRT_X", "X", "SQRT_X_DAG"),
    "y": ("I", "SQRT_Y", "Y", "SQRT_Y_DAG"),
    "zz": ("I", "SQRT_ZZ", "Z", "SQRT_ZZ_DAG"),
    "xx": ("I", "SQRT_XX", "X", "SQRT_XX_DAG"),
    "yy": ("I", "SQRT_YY", "Y", "SQRT_YY_DAG"),
}
# Gate -> the axes of its angles, in the order in which the turns are done.
_ROTATIONS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "rz": (("z", 0),),
    "p": (("z", 0),),
    "u1": (("z", 0),),
    "rx": (("x", 0),),
    "ry": (("y", 0),),
    "rzz": (("zz", 0),),
    "rxx": (("xx", 0),),
    "ryy": (("yy", 0),),
    "u": (("z", 2), ("y", 0), ("z", 1)),
    "u3": (("z", 2), ("y", 0), ("z", 1)),
}
_PAULIS: Final = {"X": "CX", "Y": "CY", "Z": "CZ"}


@dataclass(slots=True)
class Translation:
    """A circuit for stim.

    Attributes:
        lines: Its program.
        num_records: How many measurements the program makes.
        record_of: Which of them each written clbit shows at the end: the last one into it.
        clbits: How many classical bits the circuit has.
    """

    clbits: int
    lines: list[str] = field(default_factory=list)
    num_records: int = 0
    record_of: dict[int, int] = field(default_factory=dict)


class _NotCliffordError(Exception):
    """An instruction is none that stim has."""


def translation(circuit: QuantumCircuit) -> Translation | None:
    """The circuit for stim; ``None`` where it does more than stabilizer circuits can.

    Feed-forward is translated where a single bit decides on Pauli gates, which is what stim has.
    """
    found = Translation(circuit.num_clbits)
    qubits = {qubit: str(number) for number, qubit in enumerate(circuit.qubits)}
    clbits = {bit: number for number, bit in enumerate(circuit.clbits)}
    try:
        if any(True for _ in circuit.iter_vars()):
            return None
        for item in circuit.data:
            name = item.name
            if name in _SAME:
                continue
            if condition_of(item) is not None:
                return None
            if name == "measure":
                found.lines.append("M " + qubits[item.qubits[0]])
                found.record_of[clbits[item.clbits[0]]] = found.num_records
                found.num_records += 1
            elif name == "reset":
                found.lines.append("R " + qubits[item.qubits[0]])
            elif name == "if_else":
                _conditional(item, qubits, clbits, found)
            else:
                _gate(item, [qubits[one] for one in item.qubits], found.lines.append)
    except (_NotCliffordError, KeyError, TypeError, IndexError, ValueError):
        # Malformed instructions are among them: Aer finds the words for those.
        return None
    return found


def _gate(item: CircuitInstruction, on: Sequence[str], add: Callable[[str], None]) -> None:
    for name, operands in _clifford(item):
        if name in _PAULIS or name == "I":  # half a turn about ZZ is a Z on each
            for operand in operands:
                add(f"{name} {on[operand]}")
        else:
            add(" ".join((name, *(on[operand] for operand in operands))))


def _clifford(item: CircuitInstruction) -> Iterable[tuple[str, tuple[int, ...]]]:
    name = item.name
    if not item.is_standard_gate():
        raise _NotCliffordError
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    if name == "u2":
        angles = [_QUARTER, *item.params]
        axes = _ROTATIONS["u"]
    else:
        angles, axes = item.params, _ROTATIONS[name]
    operands = tuple(range(len(item.qubits)))
    return [(_TURNS[axis][_quarters(angles[number])], operands) for axis, number in axes]


def _quarters(angle: float | ParameterExpression) -> int:
    turns = float(angle) / _QUARTER
    whole = round(turns)
    if abs(turns - whole) > _CLOSE:
        raise _NotCliffordError
    return whole % 4


def _conditional(
    item: CircuitInstruction, qubits: dict[Qubit, str], clbits: dict[Clbit, int], found: Translation
) -> None:
    """``if_else`` on one bit: stim's Pauli gates that a measurement record controls."""
    condition = item.operation.condition
    if not isinstance(condition, tuple):
        raise _NotCliffordError
    source, value = condition
    if isinstance(source, ClassicalRegister) and len(source) == 1 and value in (0, 1):
        source = source[0]
    if not isinstance(source, Clbit):
        raise _NotCliffordError
    record = found.record_of.get(clbits[source])
    for block, when in zip(item.operation.blocks, (bool(value), not value), strict=False):
        outer = dict(zip(block.qubits, (qubits[one] for one in item.qubits), strict=True))
        for inner in block.data:
            if inner.name in _SAME:
                continue
            if condition_of(inner) is not None:
                raise _NotCliffordError
            gates: list[str] = []
            _gate(inner, [outer[one] for one in inner.qubits], gates.append)
            for line in gates:
                pauli, qubit = line.split(" ", 1)
                if pauli == "I":
                    continue
                controlled = _PAULIS.get(pauli)
                if controlled is None:
                    raise _NotCliffordError
                # Where the bit has to be 0: always, and once more where it is 1.
                if not when:
                    found.lines.append(line)
                if record is not None:
                    found.lines.append(f"{controlled} rec[{record - found.num_records}] {qubit}")


def sample_translation(one: Translation, shots: int, seed: int, *, in_a_row: bool = False) -> Bits:
    """Shots as a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    Args:
        one: The circuit.
        shots: How many.
        seed: Decides them.
        in_a_row: Whether each shot starts in the state that the one before left.
    """
    bits = np.zeros((shots, one.clbits), np.bool_)
    if one.record_of:
        program = stim.Circuit("\n".join(one.lines))
        if in_a_row:  # one run of the program over and over again
            whole = (program * shots).compile_sampler(seed=seed).sample(1)
            records = whole.reshape(shots, one.num_records)
        else:
            records = program.compile_sampler(seed=seed).sample(shots)
        bits[:, list(one.record_of)] = records[:, list(one.record_of.values())]
    return bits
