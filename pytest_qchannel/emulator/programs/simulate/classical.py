"""What a dynamic circuit computes from its classical bits, for many shots at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import ClassicalRegister, Clbit
from qiskit.circuit.classical import expr, types

from pytest_qchannel.emulator.programs.arrays import Bits, Integers
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

__all__ = ["Memory", "Reader", "Writer", "reader", "writer"]

Unsigned: TypeAlias = NDArray[np.uint64]
Words: TypeAlias = NDArray[np.bool_ | np.uint64]
"""A value for each shot."""
Condition: TypeAlias = (
    tuple["Clbit | ClassicalRegister", int] | Clbit | ClassicalRegister | expr.Expr
)
"""``(bit or register, value)``, a bit, a register, or an expression."""


@dataclass(slots=True)
class Memory:
    """The classical bits, shape ``(shots, num_clbits)``, and the variables, one value a shot."""

    bits: Bits
    variables: dict[expr.Var, Words] = field(default_factory=dict)


Reader: TypeAlias = Callable[[Memory, Integers], Words]
"""Gives the value for each of the shots whose numbers are passed: bool or uint64."""

Writer: TypeAlias = Callable[[Memory, Integers, Words], None]
"""Keeps a value for each of the shots whose numbers are passed."""


def reader(condition: Condition, clbits: Mapping[Clbit, int]) -> Reader:
    """How to compute a condition, target or right side.

    Args:
        condition: ``(bit or register, value)``, a bit, a register, or an expression.
        clbits: Which column of the memory each bit is.

    Raises:
        JobFailure: An expression is of a kind that the emulator does not know.
    """
    if isinstance(condition, tuple):
        source, value = condition
        read = reader(source, clbits)
        wanted = int(value)
        return lambda memory, shots: read(memory, shots) == wanted
    if isinstance(condition, Clbit):
        column = clbits[condition]
        return lambda memory, shots: memory.bits[shots, column]
    if isinstance(condition, ClassicalRegister):
        return _register([clbits[bit] for bit in condition])
    return _expression(condition, clbits)


def writer(target: expr.Expr, clbits: Mapping[Clbit, int]) -> Writer:
    """How to store values, one for each shot, into a bit, a register or a variable.

    Raises:
        JobFailure: The target is of a kind that the emulator does not know.
    """
    place = target.var if isinstance(target, expr.Var) else None
    if isinstance(place, Clbit):
        column = clbits[place]

        def set_bit(memory: Memory, shots: Integers, values: Words) -> None:
            memory.bits[shots, column] = values

        return set_bit
    if isinstance(place, ClassicalRegister):
        columns = [clbits[bit] for bit in place]

        def set_register(memory: Memory, shots: Integers, values: Words) -> None:
            for weight, one in enumerate(columns):
                memory.bits[shots, one] = (_uint(values) >> _uint(weight)) & _uint(1)

        return set_register
    if not isinstance(target, expr.Var):
        raise _unknown(target)

    def set_variable(memory: Memory, shots: Integers, values: Words) -> None:
        stored = memory.variables.get(target)
        if stored is None:
            dtype = np.asarray(values).dtype
            stored = memory.variables[target] = np.zeros(len(memory.bits), dtype)
        stored[shots] = values

    return set_variable


def _unknown(what: object) -> JobFailure:
    return JobFailure(
        FailureCode.SIMULATOR_FAILED,
        f"The emulator does not compute the classical expression {str(what)[:200]!r}; it knows "
        "bits, registers and integers of at most 64 bits.",
    )


def _uint(value: Words | int) -> Unsigned:
    return np.asarray(value).astype(np.uint64)


def _register(columns: list[int]) -> Reader:
    if len(columns) > 64:
        raise _unknown(f"a register of {len(columns)} bits")

    def read(memory: Memory, shots: Integers) -> Words:
        value = np.zeros(len(shots), np.uint64)
        for weight, column in enumerate(columns):
            value |= _uint(memory.bits[shots, column]) << _uint(weight)
        return value

    return read


def _expression(node: expr.Expr, clbits: Mapping[Clbit, int]) -> Reader:
    if isinstance(node, expr.Var):
        if isinstance(node.var, Clbit | ClassicalRegister):
            return reader(node.var, clbits)
        return _variable(node)
    width = _width(node)
    if isinstance(node, expr.Value):
        constant = bool(node.value) if width is None else int(node.value)
        return lambda _memory, shots: _full(len(shots), constant)
    if isinstance(node, expr.Cast):
        inner = _expression(node.operand, clbits)
        return lambda memory, shots: _fit(inner(memory, shots), width)
    if isinstance(node, expr.Index):
        inner, at = _expression(node.target, clbits), _expression(node.index, clbits)
        return lambda memory, shots: _fit(
            _shift(inner(memory, shots), at(memory, shots), left=False) & _uint(1), None
        )
    if isinstance(node, expr.Unary):
        inner = _expression(node.operand, clbits)
        if node.op.name == "BIT_NOT" and width is not None:
            return lambda memory, shots: _fit(~_uint(inner(memory, shots)), width)
        if node.op.name in ("BIT_NOT", "LOGIC_NOT"):
            return lambda memory, shots: ~_fit(inner(memory, shots), None)
    if isinstance(node, expr.Binary) and node.op.name in _BINARY:
        left, right = _expression(node.left, clbits), _expression(node.right, clbits)
        compute = _BINARY[node.op.name]
        return lambda memory, shots: _fit(
            compute(_uint(left(memory, shots)), _uint(right(memory, shots))), width
        )
    raise _unknown(node)


def _variable(node: expr.Var) -> Reader:
    def read(memory: Memory, shots: Integers) -> Words:
        if node not in memory.variables:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"The circuit reads the variable {node.name!r} before it has a value.",
            )
        return memory.variables[node][shots]

    return read


def _width(node: expr.Expr) -> int | None:
    """Bits of an integer expression; ``None`` for a truth value."""
    if isinstance(node.type, types.Bool):
        return None
    if isinstance(node.type, types.Uint) and node.type.width <= 64:
        return int(node.type.width)
    raise _unknown(node)


def _full(length: int, value: bool | int) -> Words:
    return np.full(length, value, np.bool_ if isinstance(value, bool) else np.uint64)


def _fit(value: Words, width: int | None) -> Words:
    if width is None:
        return value.astype(bool)
    whole = _uint(value)
    return whole if width == 64 else whole & _uint((1 << width) - 1)


def _shift(value: Words, by: Words, *, left: bool) -> Unsigned:
    whole, steps = _uint(value), _uint(by)
    bounded = np.minimum(steps, _uint(63))
    moved = whole << bounded if left else whole >> bounded
    return np.where(steps > _uint(63), _uint(0), moved)


def _divide(left: Unsigned, right: Unsigned) -> Unsigned:
    # A device gives no defined value either; all ones is what most hardware does.
    return np.where(right == 0, ~_uint(0), left // np.maximum(right, _uint(1)))


_BINARY: Mapping[str, Callable[[Unsigned, Unsigned], Words]] = {
    "BIT_AND": lambda a, b: a & b,
    "BIT_OR": lambda a, b: a | b,
    "BIT_XOR": lambda a, b: a ^ b,
    "LOGIC_AND": lambda a, b: a & b,
    "LOGIC_OR": lambda a, b: a | b,
    "EQUAL": lambda a, b: a == b,
    "NOT_EQUAL": lambda a, b: a != b,
    "LESS": lambda a, b: a < b,
    "LESS_EQUAL": lambda a, b: a <= b,
    "GREATER": lambda a, b: a > b,
    "GREATER_EQUAL": lambda a, b: a >= b,
    "SHIFT_LEFT": lambda a, b: _shift(a, b, left=True),
    "SHIFT_RIGHT": lambda a, b: _shift(a, b, left=False),
    "ADD": lambda a, b: a + b,
    "SUB": lambda a, b: a - b,
    "MUL": lambda a, b: a * b,
    "DIV": _divide,
}
