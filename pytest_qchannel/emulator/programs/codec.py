"""The ``__type__`` encoding in which the clients write params and read results.

Source: ``RuntimeEncoder`` and ``RuntimeDecoder`` of qiskit-ibm-runtime. The tags written
here are those that all of its releases read.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np
from antlr4.error.ErrorListener import ConsoleErrorListener, ErrorListener
from qiskit import QuantumCircuit, qasm3, qpy
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import get_standard_gate_name_mapping

from pytest_qchannel.emulator.programs.arrays import Values
from pytest_qchannel.emulator.programs.aside import PARSING
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.reading_time import (
    is_nested_deeply,
    most_bits,
    qasm3_s,
    qpy_s,
)
from pytest_qchannel.emulator.programs.task import Params, Task
from pytest_qchannel.qpy_header import MOST_BITS, claimed_bits
from pytest_qchannel.reading import MOST_UNPACKED

__all__ = [
    "Encoded",
    "decode_circuit",
    "decode_nested",
    "decode_values",
    "encode_array",
    "from_qasm3",
    "require_few_bits",
]

Encoded: TypeAlias = dict[str, object]
"""Something with its ``__type__``."""

_DEFINES_GATES: Final = re.compile(r"\bgate\b")


def _unpack(text: str, what: str, code: FailureCode = FailureCode.VALIDATION) -> bytes:
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(base64.b64decode(text, validate=True), MOST_UNPACKED)
    except (binascii.Error, zlib.error, ValueError) as problem:
        raise JobFailure(code, f"The {what} is not base64 of zlib data: {problem}.") from None
    if not inflater.eof:
        said = f"larger than {MOST_UNPACKED} bytes" if len(data) >= MOST_UNPACKED else "cut short"
        raise JobFailure(code, f"The {what} is {said}.")
    return data


def decode_circuit(sent: str | Params, task: Task, where: str) -> QuantumCircuit:
    """The circuit that a PUB starts with: QPY in an envelope, or OpenQASM 3 as text.

    Raises:
        JobFailure: It cannot be read; the text names ``where`` it was.
        TooLong: Reading it belongs into the worker process.
    """
    if isinstance(sent, str):
        task.allow(qasm3_s(sent))
        circuit = from_qasm3(sent, where)
        return _as_standard(circuit) if _DEFINES_GATES.search(sent) else circuit
    data = _unpack(sent["__value__"], f"circuit of {where}", FailureCode.CIRCUIT_NOT_LOADED)
    require_few_bits(claimed_bits(data), where)
    task.allow(qpy_s(data))
    try:
        circuits = qpy.load(io.BytesIO(data))
        if len(circuits) != 1:
            raise ValueError(f"it has {len(circuits)} circuits and not one")
        [circuit] = circuits
        for item in circuit.data:
            _ = item.operation  # made when it is first asked for, and refused only then
        return circuit
    except Exception as problem:  # qpy raises many kinds on data that is not QPY
        raise JobFailure(
            FailureCode.CIRCUIT_NOT_LOADED,
            f"The circuit of {where} is no QPY that this Qiskit can read: {problem}.",
        ) from None


def require_few_bits(bits: int, where: str) -> None:
    """Passes a circuit with as many bits as there is time and memory for.

    Raises:
        JobFailure: It has more.
    """
    if bits > MOST_BITS:
        raise JobFailure(
            FailureCode.CIRCUIT_NOT_LOADED,
            f"The circuit of {where} has {bits} bits: too many for the emulator ({MOST_BITS}).",
        )


def _as_standard(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit with standard gates where its text defines gates of their names.

    Qiskit's exporter defines what ``stdgates.inc`` lacks, as ``rzz`` and ``ecr``, and its importer
    makes a nameless kind of gate of it; to a device it is the gate of that name. Source: jobs of
    2026 with ``rzz``, which ran.
    """
    standard = get_standard_gate_name_mapping()
    for number, item in enumerate(circuit.data):
        if item.is_control_flow():
            flow = item.operation
            flow = flow.replace_blocks([_as_standard(block) for block in flow.blocks])
            circuit.data[number] = item.replace(operation=flow)
            continue
        known = None if item.is_standard_gate() else standard.get(item.name)
        if known is None or (known.num_qubits, len(known.params)) != _size(item):
            continue
        circuit.data[number] = item.replace(operation=known.base_class(*item.params))
    return circuit


def _size(item: CircuitInstruction) -> tuple[int, int]:
    return len(item.qubits), len(item.params)


def from_qasm3(text: str, where: str) -> QuantumCircuit:
    """The circuit of an OpenQASM 3 text.

    Raises:
        JobFailure: It cannot be read; the text names the place, and ``where`` it was.
    """
    # The importer reads on whatever version the text declares.
    declared = re.search(r"^\s*OPENQASM\s+([\d.]+)", text, re.MULTILINE)
    if declared and declared[1].partition(".")[0] != "3":
        raise JobFailure(
            FailureCode.CIRCUIT_NOT_LOADED,
            f"The circuit of {where} is OpenQASM {declared[1]}; OpenQASM 3 is expected.",
        )
    require_few_bits(most_bits(text), where)
    if is_nested_deeply(text):
        raise JobFailure(
            FailureCode.CIRCUIT_NOT_LOADED,
            f"The circuit of {where} is nested too deeply to be read.",
        )
    syntax = _SyntaxErrors()
    try:
        with syntax.collected():
            return qasm3.loads(text)
    except Exception as problem:  # the parser, the importer and qiskit each raise their own
        # The parser itself says nothing: what was wrong, and where, it told its listeners.
        told = getattr(problem, "message", problem)  # what qiskit raises quotes itself as text
        said = "; ".join(syntax.found) or _unexpected(problem) or str(told)
        raise JobFailure(
            FailureCode.CIRCUIT_NOT_LOADED,
            f"Job not valid. Error loading QASM circuit: '{said}' (the circuit of {where}).",
        ) from None


def _unexpected(problem: BaseException) -> str | None:
    """What the parser stopped at, where it told no listener."""
    causes = problem.__cause__.args if problem.__cause__ is not None else ()
    token = getattr(next(iter(causes), None), "offendingToken", None)
    if token is None:
        return None
    return f"line {token.line}, column {token.column + 1}: unexpected {token.text!r}"


class _SyntaxErrors(ErrorListener):  # type: ignore[misc]  # antlr4 has no types
    """What is wrong with a text, a line each; the parser would print it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def syntaxError(  # noqa: N802 - antlr4's name and arguments
        self, recognizer: object, symbol: object, line: int, column: int, said: str, error: object
    ) -> None:
        """Notes one; columns are counted from 1."""
        del recognizer, symbol, error
        self.found.append(f"line {line}, column {column + 1}: {said}")

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Stands where parsers look for the listener that prints."""
        with PARSING:  # parsers of all threads look at the same place
            printing, ConsoleErrorListener.INSTANCE = ConsoleErrorListener.INSTANCE, self
            try:
                yield
            finally:
                ConsoleErrorListener.INSTANCE = printing


def decode_values(sent: object, where: str) -> object:
    """Parameter values: an encoded array, nested lists, or a mapping of names to either.

    A ``BindingsArray`` becomes such a mapping; its keys are tuples of names.

    Raises:
        JobFailure: Something in it cannot be read, or is not an array of real numbers.
    """
    if not isinstance(sent, dict):
        return sent
    what = f"parameter array of {where}"
    if sent.get("__type__") == "BindingsArray":
        return _bindings(sent.get("__value__"), where)
    if "__type__" not in sent:
        return {name: decode_values(value, where) for name, value in sent.items()}
    if sent["__type__"] != "ndarray" or "__value__" not in sent:
        raise JobFailure(
            FailureCode.PARAMETER_VALUES,
            f"The parameter values of {where} are of the type {str(sent['__type__'])[:40]!r}; "
            "an ndarray is expected.",
        )
    array = _decode_array(sent["__value__"], what, FailureCode.PARAMETER_VALUES)
    if array.dtype.kind not in "biuf":
        raise JobFailure(FailureCode.PARAMETER_VALUES, f"The {what} does not hold real numbers.")
    return array


def _bindings(value: Any, where: str) -> dict[tuple[str, ...], object]:
    try:
        return {
            tuple(map(str, json.loads(names))): decode_values(array, where)
            for names, array in value["data"].items()
        }
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as problem:
        raise JobFailure(
            FailureCode.PARAMETER_VALUES,
            f"The parameter values of {where} are no BindingsArray that can be read: {problem}",
        ) from None


def decode_nested(sent: object, what: str) -> Any:
    """Anything with arrays and complex numbers somewhere in it.

    Raises:
        JobFailure: One of them cannot be read; the text names ``what``.
    """
    if isinstance(sent, list):
        return [decode_nested(one, what) for one in sent]
    if not isinstance(sent, dict):
        return sent
    kind = sent.get("__type__")
    if kind is None:
        return {name: decode_nested(one, what) for name, one in sent.items()}
    if kind == "ndarray" and "__value__" in sent:
        return _decode_array(sent["__value__"], what)
    if kind == "complex":
        match sent.get("__value__"):
            case [int() | float() as real, int() | float() as imaginary]:
                return complex(real, imaginary)
    raise JobFailure(
        FailureCode.VALIDATION, f"The {what} has something of the type {str(kind)[:40]!r} in it."
    )


def _decode_array(value: object, what: str, code: FailureCode = FailureCode.VALIDATION) -> Values:
    try:
        if isinstance(value, list):
            return np.asarray(value)
        array = np.load(io.BytesIO(_unpack(str(value), what, code)), allow_pickle=False)
    except JobFailure:
        raise
    except Exception as problem:  # numpy raises many kinds on a file that is not its own
        raise JobFailure(code, f"The {what} is not readable: {problem}.") from None
    if not isinstance(array, np.ndarray):
        raise JobFailure(code, f"The {what} is not readable: no single array.")
    return array


def encode_array(array: Values) -> Encoded:
    """An array as the client's decoder reads it."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    packed = zlib.compress(buffer.getvalue(), level=1)
    return {"__type__": "ndarray", "__value__": base64.b64encode(packed).decode("ascii")}
