"""Numbers, parameters and classical expressions of a circuit, written as plain JSON.

The same value gives the same JSON whichever Qiskit decoded it. A parameter expression has no
such spelling of its own: 1.x writes ``2*x + 1`` and keeps 15 digits, 2.x writes ``1 + 2*x``. So it
is written as its parameters' names and its values at a few fixed points of them, rounded; the
spelling is kept beside them for people (under :data:`~.fingerprint.INFO` keys) and not compared.
"""

from __future__ import annotations

import cmath
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from qiskit.circuit import ClassicalRegister, Clbit, Parameter, ParameterExpression, Qubit
from qiskit.circuit.classical import expr

__all__ = ["Places", "array_form", "condition_form", "expression_form", "number_form", "value_form"]

_POINTS: Final = 3
_DIGITS: Final = 11

MOST_LISTED: Final = 4_096
"""An array with more elements than this is written as its hash."""


@dataclass(frozen=True, slots=True)
class Places:
    """Which bit of the whole circuit each bit of a circuit or body is."""

    qubits: Mapping[Qubit, int]
    clbits: Mapping[Clbit, int]


def number_form(value: float | complex) -> object:
    """A number as JSON: a float where it is real, ``{"re", "im"}`` where it is not.

    Whole numbers become floats, because QPY keeps ``rx(1)`` apart from ``rx(1.0)`` and newer
    Qiskits do not.
    """
    if isinstance(value, complex):
        if value.imag == 0:
            return number_form(value.real)
        return {"re": number_form(value.real), "im": number_form(value.imag)}
    if isinstance(value, int) and abs(value) > 2**53:
        return {"int": str(value)}
    real = float(value)
    if not math.isfinite(real):
        return {"float": str(real)}
    return real + 0.0  # makes -0.0 a zero


def array_form(array: npt.NDArray[np.generic]) -> dict[str, object]:
    """An array as its shape and its elements, or their hash if there are many."""
    kind = "complex" if array.dtype.kind == "c" else "real"
    if array.dtype.kind not in "biufc":
        return {
            "array": kind,
            "shape": list(array.shape),
            "values": [str(one) for one in array.flat],
        }
    plain = array.astype(np.complex128 if kind == "complex" else np.float64) + 0.0
    form: dict[str, object] = {"array": kind, "shape": list(array.shape)}
    if plain.size > MOST_LISTED:
        little = np.ascontiguousarray(plain).astype(plain.dtype.newbyteorder("<"))
        form["sha256"] = hashlib.sha256(little.tobytes()).hexdigest()
    else:
        form["values"] = [number_form(one) for one in plain.ravel().tolist()]
    return form


def _point(name: str, number: int) -> float:
    """A number between 0.1 and 0.9 that belongs to a parameter's name."""
    digest = hashlib.sha256(f"{number}|{name}".encode()).digest()
    return 0.1 + 0.8 * int.from_bytes(digest[:6], "big") / 2**48


def _rounded(value: float | complex) -> object:
    """A number as JSON without the digits that differ between processors.

    Raises:
        ValueError: It is complex and infinite.
    """
    if not isinstance(value, complex):
        return number_form(_round(value))
    if not cmath.isfinite(value):
        raise ValueError(value)
    return number_form(complex(_round(value.real), _round(value.imag)))


def _round(real: float) -> float:
    return float(f"{real:.{_DIGITS - 1}e}") if math.isfinite(real) else real


def expression_form(expression: ParameterExpression) -> object:
    """A parameter, or an expression of parameters.

    Args:
        expression: ``ParameterExpression``, or ``Parameter`` itself.
    """
    if isinstance(expression, Parameter):
        return {"param": expression.name}
    if not expression.parameters:
        return number_form(_numeric(expression))
    named = sorted(expression.parameters, key=lambda one: str(one.name))
    names = [one.name for one in named]
    values = [_at(expression, named, number) for number in range(_POINTS)]
    if len(names) == 1 and values == [_rounded(_point(names[0], n)) for n in range(_POINTS)]:
        return {"param": names[0]}  # 1.0*x is x
    return {"expr": names, "at": values, "text": str(expression)}


def _at(expression: ParameterExpression, named: list[Parameter], number: int) -> object:
    try:
        return _rounded(_numeric(expression.bind({one: _point(one.name, number) for one in named})))
    except (ZeroDivisionError, TypeError, ValueError, RuntimeError):
        return "undefined"


def _numeric(bound: ParameterExpression) -> float | complex:
    value = bound.numeric()
    return value if isinstance(value, complex) else float(value)


def value_form(value: object) -> object:
    """Whatever may be a parameter of an instruction, except a circuit."""
    if type(value) is float:  # as nearly all are
        return number_form(value)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float, complex)):
        return number_form(value)
    if isinstance(value, ParameterExpression):
        return expression_form(value)
    if isinstance(value, np.ndarray):
        return array_form(value)
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, (list, tuple)):
        return [value_form(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return {"set": sorted(str(value_form(one)) for one in value)}
    if isinstance(value, dict):
        return {str(name): value_form(one) for name, one in sorted(value.items(), key=str)}
    if isinstance(value, expr.Expr):
        return condition_form(value, Places({}, {}))
    if hasattr(value, "to_list"):  # SparsePauliOp
        return {"operator": [[str(label), number_form(complex(c))] for label, c in value.to_list()]}
    return {"object": type(value).__name__, "says": repr(value).split(" at 0x")[0]}


def _type_form(kind: object) -> str:
    width = getattr(kind, "width", None)
    return type(kind).__name__ + (f"({width})" if width is not None else "")


def condition_form(condition: object, places: Places) -> dict[str, object]:
    """A condition or classical expression; bits by their place in the whole circuit.

    Args:
        condition: ``(clbit, value)`` and ``(register, value)`` as ``c_if`` has it, a bit, a
            register, or a node of ``qiskit.circuit.classical.expr``.
        places: Where the bits are.
    """
    if isinstance(condition, tuple):
        target, value = condition
        return {**condition_form(target, places), "is": int(value)}
    if isinstance(condition, Clbit):
        return {"bit": places.clbits.get(condition, -1)}
    if isinstance(condition, ClassicalRegister):
        return {"bits": [places.clbits.get(bit, -1) for bit in condition]}
    return _node_form(condition, places)


def _node_form(node: expr.Expr, places: Places) -> dict[str, object]:
    kind = type(node).__name__
    if kind == "Var":
        if hasattr(node.var, "hex"):  # a variable of its own: an UUID that each decoding keeps
            return {"var": node.name, "type": _type_form(node.type)}
        return condition_form(node.var, places)
    if kind == "Stretch":
        return {"stretch": node.name}
    if kind == "Value":
        plain = isinstance(node.value, (int, float))
        value = number_form(node.value) if plain else str(node.value)
        return {"value": value, "type": _type_form(node.type)}
    if kind == "Cast":
        return {"cast": _type_form(node.type), "of": condition_form(node.operand, places)}
    if kind == "Unary":
        return {"apply": node.op.name, "to": [condition_form(node.operand, places)]}
    if kind == "Binary":
        sides = [condition_form(node.left, places), condition_form(node.right, places)]
        return {"apply": node.op.name, "to": sides}
    if kind == "Index":
        sides = [condition_form(node.target, places), condition_form(node.index, places)]
        return {"apply": "INDEX", "to": sides}
    return {"object": kind, "says": repr(node).split(" at 0x")[0]}
