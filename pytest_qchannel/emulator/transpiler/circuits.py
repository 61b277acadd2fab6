"""The circuits of an order and of its answer: QPY in base64, or OpenQASM."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from qiskit import QuantumCircuit, qasm2, qasm3, qpy
from qiskit.circuit.library import ECRGate

from pytest_qchannel.emulator.programs.codec import from_qasm3, require_few_bits
from pytest_qchannel.emulator.transpiler.order import Order
from pytest_qchannel.qpy_header import claimed_bits
from pytest_qchannel.wire import Json

__all__ = ["Circuits", "Written", "as_qpy", "layout_of", "read_circuits"]

Written: TypeAlias = dict[str, Json]
"""A circuit in an answer: ``qasm`` and ``qpy``, one of them ``None``."""

_OLDEST: Final = int(getattr(qpy.common, "QPY_COMPATIBILITY_VERSION", 10))  # Qiskit 1.0 has none
_QASM2: Final = re.compile(r"\s*(?://[^\n]*\s*)*OPENQASM\s+2")
_GATES: Final = (*qasm2.LEGACY_CUSTOM_INSTRUCTIONS, qasm2.CustomInstruction("ecr", 0, 2, ECRGate))


class Circuits(NamedTuple):
    """Circuits, and for each of them what writes its answer in the format in which it came."""

    circuits: list[QuantumCircuit]
    writers: list[Callable[[QuantumCircuit], Written]]


def read_circuits(order: Order) -> Circuits:
    """The circuits of an order.

    Raises:
        Exception: They cannot be read; Qiskit raises many kinds.
    """
    if order.qpy is None:
        found = [_from_qasm(text, f"circuit {at}") for at, text in enumerate(order.qasm)]
        return Circuits([circuit for circuit, _ in found], [write for _, write in found])
    data = base64.b64decode(order.qpy, validate=True)
    require_few_bits(claimed_bits(data), "the order")
    circuits = qpy.load(io.BytesIO(data))
    # As whoever sent it can read it, as far as this Qiskit still writes that.
    write = partial(as_qpy, version=data[6])
    return Circuits(circuits, [write] * len(circuits))


def as_qpy(circuit: QuantumCircuit, version: int = _OLDEST) -> Written:
    """A circuit as QPY of a version, or of the oldest that this Qiskit writes."""
    buffer = io.BytesIO()
    qpy.dump(circuit, buffer, version=max(version, _OLDEST))
    return {"qasm": None, "qpy": base64.b64encode(buffer.getvalue()).decode("ascii")}


def _from_qasm(text: str, where: str) -> tuple[QuantumCircuit, Callable[[QuantumCircuit], Written]]:
    if _QASM2.match(text):
        return qasm2.loads(text, custom_instructions=_GATES), _as_qasm2
    return from_qasm3(text, where), _as_qasm3


def _as_qasm2(circuit: QuantumCircuit) -> Written:
    """OpenQASM 2, or 3 where 2 has no words for it. Source: the client, which does the same."""
    try:
        return {"qasm": qasm2.dumps(circuit), "qpy": None}
    except qasm2.QASM2ExportError:
        return _as_qasm3(circuit)


def _as_qasm3(circuit: QuantumCircuit) -> Written:
    return {"qasm": qasm3.dumps(circuit), "qpy": None}


def layout_of(circuit: QuantumCircuit) -> dict[str, Json]:
    """Where each qubit begins and ends, one entry for each physical qubit."""
    layout = circuit.layout
    if layout is None:
        same = list(range(circuit.num_qubits))
        return {"initial": same, "final": same}
    return {
        "initial": [int(one) for one in layout.initial_index_layout()],
        "final": [int(one) for one in layout.final_index_layout(filter_ancillas=False)],
    }
