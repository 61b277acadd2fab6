"""The one table of gate matrices; the first qubit of a gate is the lowest bit of the index.

Qiskit's gate objects are slow to build, so gates with few names get their matrices here.
"""

from __future__ import annotations

import cmath
import functools
import itertools
import math
from typing import Final

import numpy as np
from qiskit.circuit import CircuitInstruction
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator

from pytest_qchannel.emulator.programs.arrays import Complexes, Reals
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure

__all__ = ["ROTATIONS", "fixed", "matrix_of", "pauli_labels", "paulis", "rotations"]

ROTATIONS: Final = frozenset({"rx", "rz", "rzz"})
"""Those of the devices."""


def matrix_of(item: CircuitInstruction) -> Complexes:
    """The matrix of an instruction.

    Raises:
        JobFailure: It has none: it is no gate, or malformed.
    """
    name, params = item.name, item.params
    try:
        if item.is_standard_gate():
            if not params:
                return fixed(name)
            if name in ROTATIONS:
                return _rotation(name, float(params[0]))
        # Of a gate that has no matrix of its own, too: by its definition.
        return np.asarray(Operator(item.operation).data, np.complex128)
    except Exception as problem:  # qiskit raises many kinds on what has no matrix
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate the instruction {name!r}: {str(problem)[:300]}",
        ) from None


@functools.cache
def fixed(name: str) -> Complexes:
    """The matrix of a standard gate without angles."""
    matrix = np.asarray(get_standard_gate_name_mapping()[name].to_matrix(), np.complex128)
    matrix.setflags(write=False)
    return matrix


def _rotation(name: str, angle: float) -> Complexes:
    if name == "rx":
        cos, sin = math.cos(angle / 2), -1j * math.sin(angle / 2)
        return np.array([[cos, sin], [sin, cos]])
    half = cmath.exp(0.5j * angle)
    if name == "rz":
        return np.array([[half.conjugate(), 0], [0, half]])
    return np.diag([half.conjugate(), half, half, half.conjugate()])


def rotations(name: str, angles: Reals) -> Complexes:
    """The matrices of ``rx``, ``rz`` or ``rzz``, one for each angle."""
    half = angles / 2
    size = 4 if name == "rzz" else 2
    made = np.zeros((len(angles), size, size), np.complex128)
    if name == "rx":
        made[:, 0, 0] = made[:, 1, 1] = np.cos(half)
        made[:, 0, 1] = made[:, 1, 0] = -1j * np.sin(half)
        return made
    phase = np.exp(-1j * half)
    for place in range(size):
        odd = place.bit_count() % 2
        made[:, place, place] = phase.conj() if odd else phase
    return made


def pauli_labels(width: int) -> list[str]:
    """All Paulis on some qubits, the identity first; letter k acts on the k-th qubit."""
    return ["".join(letters) for letters in itertools.product("IXYZ", repeat=width)]


@functools.cache
def paulis(width: int) -> Complexes:
    """Their matrices, shape ``(4**k, 2**k, 2**k)``."""
    single = {letter: fixed("id" if letter == "I" else letter.lower()) for letter in "IXYZ"}
    made = []
    for label in pauli_labels(width):
        matrix: Complexes = np.eye(1, dtype=np.complex128)
        for letter in label:
            matrix = np.asarray(np.kron(single[letter], matrix), np.complex128)
        made.append(matrix)
    stacked = np.array(made)
    stacked.setflags(write=False)
    return stacked
