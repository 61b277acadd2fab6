"""The unitary matrices of gates, without building qiskit's gate objects where that is slow."""

from __future__ import annotations

import cmath
import functools
import math
from typing import Any

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

__all__ = ["matrix_of"]


def matrix_of(item: Any) -> Any:
    """The matrix of an instruction; its first qubit is the lowest bit of the index.

    Raises:
        JobFailure: It has none: it is no gate, or malformed.
    """
    import numpy as np

    name, params = item.name, item.params
    try:
        if not params and item.is_standard_gate():
            return _fixed(name)
        if name == "rz" and item.is_standard_gate():
            half = cmath.exp(0.5j * float(params[0]))
            return np.array([[half.conjugate(), 0], [0, half]])
        if name == "rx" and item.is_standard_gate():
            cos, sin = math.cos(float(params[0]) / 2), -1j * math.sin(float(params[0]) / 2)
            return np.array([[cos, sin], [sin, cos]])
        if name == "rzz" and item.is_standard_gate():
            half = cmath.exp(0.5j * float(params[0]))
            return np.diag([half.conjugate(), half, half, half.conjugate()])
        operation = item.operation
        if hasattr(operation, "to_matrix"):
            return np.asarray(operation.to_matrix(), np.complex128)
        from qiskit.quantum_info import Operator

        return np.asarray(Operator(operation).data, np.complex128)
    except Exception as problem:  # qiskit raises many kinds on what has no matrix
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate the instruction {name!r}: {str(problem)[:300]}",
        ) from None


@functools.cache
def _fixed(name: str) -> Any:
    import numpy as np
    from qiskit.circuit.library import get_standard_gate_name_mapping

    matrix = np.asarray(get_standard_gate_name_mapping()[name].to_matrix(), np.complex128)
    matrix.setflags(write=False)
    return matrix
