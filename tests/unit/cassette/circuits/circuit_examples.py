"""Circuits that every Qiskit can build, by name; and one small change of each kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import (
    DiagonalGate,
    Initialize,
    MCPhaseGate,
    PauliEvolutionGate,
    PauliGate,
    PermutationGate,
    UnitaryGate,
    XGate,
)
from qiskit.quantum_info import SparsePauliOp

from pytest_qchannel.cassette.circuits.fingerprint import fingerprint
from pytest_qchannel.cassette.circuits.form import circuit_form

Build = Callable[[], QuantumCircuit]


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def rotations() -> QuantumCircuit:
    circuit = QuantumCircuit(3, 2, global_phase=0.25)
    circuit.rx(1, 0)
    circuit.rz(-0.0, 1)
    circuit.u(0.1, np.float64(0.2), 0.3, 2)
    circuit.rzz(np.pi / 3, 0, 2)
    circuit.barrier(0, 1)
    circuit.reset(1)
    circuit.measure([0, 2], [1, 0])
    return circuit


def parameters() -> QuantumCircuit:
    theta, phi = Parameter("θ"), Parameter("phi")
    vector = ParameterVector("v", 12)
    circuit = QuantumCircuit(2, global_phase=phi / 2)
    circuit.rx(theta, 0)
    circuit.ry(2 * theta + 1, 0)
    circuit.rz((theta + phi) ** 2 / 3, 1)
    circuit.rz(theta.sin() * phi.exp() - 0.1 * phi, 1)
    circuit.rx(1.0 * phi, 1)
    circuit.p(0.1 * theta + 0.2 * theta, 0)
    for number, element in enumerate(vector):
        circuit.rz(element * 0.5, number % 2)
    circuit.measure_all()
    return circuit


def delays() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.delay(100, 0)
    circuit.delay(16, 1)
    circuit.measure_all()
    return circuit


def control_flow() -> QuantumCircuit:
    qubits, first = QuantumRegister(3, "q"), ClassicalRegister(2, "first")
    second = ClassicalRegister(2, "second")
    circuit = QuantumCircuit(qubits, first, second)
    circuit.h(0)
    circuit.measure([0, 1], first)
    with circuit.if_test((first[0], 1)) as otherwise:
        circuit.x(1)
        with circuit.if_test((second, 2)):
            circuit.z(2)
    with otherwise:
        circuit.cx(0, 2)
    with circuit.for_loop(range(3), Parameter("i")) as i:
        circuit.rx(i * 0.5, 0)
    with circuit.while_loop((first, 0)):
        circuit.h(0)
        circuit.measure(0, first[0])
    with circuit.switch(first) as case:
        with case(0, 1):
            circuit.x(0)
        with case(case.DEFAULT):
            circuit.y(0)
    circuit.measure([1, 2], second)
    return circuit


def expressions() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 3)
    flag = circuit.add_var("flag", expr.lift(True))
    count = circuit.add_input("count", types.Uint(8))
    circuit.measure([0, 1], [0, 1])
    circuit.store(flag, expr.logic_and(circuit.clbits[0], expr.logic_not(circuit.clbits[1])))
    with circuit.if_test(expr.logic_or(flag, expr.less(count, expr.lift(7, types.Uint(8))))):
        circuit.x(0)
    circuit.measure(0, 2)
    return circuit


def homemade() -> QuantumCircuit:
    inner = QuantumCircuit(2, name="entangle")
    inner.h(0)
    inner.cx(0, 1)
    nameless = QuantumCircuit(1)
    nameless.t(0)
    circuit = QuantumCircuit(3)
    circuit.append(inner.to_gate(), [0, 2])
    circuit.append(inner.to_gate(), [1, 0])
    circuit.append(nameless.to_gate(), [1])
    circuit.append(inner.to_gate().control(1), [0, 1, 2])
    circuit.append(Gate("opaque", 1, [0.5]), [0])
    circuit.append(XGate().control(2, ctrl_state=1), [0, 1, 2])
    circuit.append(UnitaryGate(np.array([[0, 1j], [1, 0]])), [1])
    circuit.measure_all()
    return circuit


def wide() -> QuantumCircuit:
    circuit = QuantumCircuit(127, 4)
    for qubit in range(0, 126, 2):
        circuit.ecr(qubit, qubit + 1)
        circuit.sx(qubit)
    circuit.measure(range(4), range(4))
    return circuit


def library() -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    circuit.append(Initialize([1, 0]), [2])
    hamiltonian = SparsePauliOp(["ZZ", "XI"], [1, 0.5])
    circuit.append(PauliEvolutionGate(hamiltonian, time=Parameter("t")), [0, 1])
    circuit.append(PermutationGate([1, 0, 2]), [0, 1, 2])
    circuit.append(PauliGate("XY"), [1, 2])
    circuit.append(MCPhaseGate(0.3, 2), [0, 1, 2])
    circuit.append(DiagonalGate([1, -1]), [0])
    circuit.measure_all()
    return circuit


EXAMPLES: dict[str, Build] = {
    build.__name__: build
    for build in (
        bell, rotations, parameters, delays, control_flow, expressions, homemade, library, wide,
    )
}  # fmt: skip


def fingerprint_of(circuit: QuantumCircuit) -> str:
    """The fingerprint of a circuit as it is compared."""
    return fingerprint(circuit_form(circuit))
