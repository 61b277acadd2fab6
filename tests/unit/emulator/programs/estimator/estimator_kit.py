"""What the tests of the estimator share: how it is asked, and about what."""

from __future__ import annotations

import math
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from tests.unit.emulator.programs.primitives_kit import outcome_of, read


def estimate(*pubs: list[Any], **params: Any) -> Any:
    return read(outcome_of("estimator", *pubs, **params))


def wide(label: str, width: int = 5, at: int = 0) -> str:
    """A short Pauli string among identities."""
    return "I" * (width - at - len(label)) + label + "I" * at


def turned() -> QuantumCircuit:
    """Qubit 1 is turned about x by the angle a (ISA: ry in three gates)."""
    circuit = QuantumCircuit(5)
    circuit.rz(math.pi / 2, 1)
    circuit.sx(1)
    circuit.rz(Parameter("a"), 1)
    circuit.sx(1)
    return circuit
