"""Circuits with a word of the user's in each of the places that QPY has for one."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable, Mapping
from typing import Final

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qpy, transpile
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import XGate

__all__ = ["WORDS_OF_CIRCUITS", "circuit_json"]


def circuit_json(circuit: QuantumCircuit) -> dict[str, str]:
    """A circuit as the service gives it back."""
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer)
    text = base64.b64encode(zlib.compress(buffer.getvalue())).decode()
    return {"__type__": "QuantumCircuit", "__value__": text}


def _label(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.x(0, label=word)
    circuit.measure(0, 0)
    return circuit


def _registers(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(1, word), ClassicalRegister(1, f"c{word}"))
    circuit.measure(0, 0)
    return circuit


def _parameters(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.rz(Parameter(word), 0)
    circuit.rx(2 * Parameter(f"theta {word}") + Parameter("b"), 0)
    circuit.ry(ParameterVector(f"angles {word}", 2)[1], 0)
    return circuit


def _gate(word: str) -> QuantumCircuit:
    inner = QuantumCircuit(1, name=word)
    inner.h(0)
    circuit = QuantumCircuit(1)
    circuit.append(inner.to_gate(label=f"{word}b"), [0])
    return circuit


def _body(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(1, word))
    circuit.measure(0, 0)
    with circuit.if_test((circuit.cregs[0], 1)):
        circuit.x(0, label=f"{word}x")
    return circuit


def _layout(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(QuantumRegister(2, word), ClassicalRegister(2, "c"))
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return transpile(circuit, coupling_map=[[0, 1], [1, 2]], initial_layout=[1, 2])


def _controlled(word: str) -> QuantumCircuit:
    inner = QuantumCircuit(1, name=word)
    inner.h(0)
    circuit = QuantumCircuit(3)
    circuit.append(inner.to_gate().control(1), [0, 1])
    circuit.append(XGate(label=word).control(2, label=f"c{word}"), [0, 1, 2])
    return circuit


def _controlled_label(word: str) -> QuantumCircuit:
    inner = QuantumCircuit(1, name="mine")
    inner.h(0)
    circuit = QuantumCircuit(2)
    circuit.append(inner.to_gate().control(1, label=word), [0, 1])
    return circuit


def _variable(word: str) -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.store(circuit.add_var(word, expr.lift(3, types.Uint(8))), 4)
    circuit.barrier(label=word)
    return circuit


def _inner_metadata(word: str) -> QuantumCircuit:
    gate = Gate("mine", 1, [])
    gate.definition = QuantumCircuit(1, name=word, metadata={"note": word, "n": [1]})
    gate.definition.h(0)
    circuit = QuantumCircuit(1)
    circuit.append(gate, [0])
    return circuit


WORDS_OF_CIRCUITS: Final[Mapping[str, Callable[[str], QuantumCircuit]]] = {
    "a label": _label,
    "names of registers": _registers,
    "names of parameters": _parameters,
    "the name of a gate": _gate,
    "a body": _body,
    "metadata of a definition": _inner_metadata,
    "a layout": _layout,
    "a controlled gate": _controlled,
    "the label of a controlled gate": _controlled_label,
    "a variable": _variable,
}
