"""Angles of ``rzz`` as the devices take them: from 0 to a quarter turn."""

from __future__ import annotations

import math

from qiskit.circuit import QuantumRegister
from qiskit.circuit.library import RZGate, RZZGate, XGate
from qiskit.dagcircuit import DAGCircuit
from qiskit.transpiler.basepasses import TransformationPass

from pytest_qchannel.emulator.programs.isa import takes_angle

__all__ = ["FoldAngles"]


class FoldAngles(TransformationPass):  # type: ignore[misc]  # qiskit has no types
    """Writes each ``rzz`` of another angle with ``x`` and ``rz`` around one of such an angle.

    An angle that is a parameter's stays: its values are not known yet.
    """

    def run(self, dag: DAGCircuit) -> DAGCircuit:
        """The circuit with its angles folded, those in control flow included."""
        for node in dag.op_nodes():
            if node.is_control_flow():
                blocks = [_folded(block) for block in node.op.blocks]
                dag.substitute_node(node, node.op.replace_blocks(blocks))
            elif node.name == "rzz" and isinstance(node.params[0], int | float):
                angle = float(node.params[0])
                if not takes_angle(angle):
                    dag.substitute_node_with_dag(node, _in_range(angle))
        return dag


def _folded(block: object) -> object:
    return FoldAngles()(block)


def _in_range(angle: float) -> DAGCircuit:
    """``rzz`` of any angle: it changes its sign by an X on one side, and half a turn is two Z."""
    turns = round(angle / (2 * math.pi))
    left = angle - 2 * math.pi * turns  # -pi to pi
    dag = DAGCircuit()
    qubits = QuantumRegister(2)
    dag.add_qreg(qubits)
    dag.global_phase = math.pi * (turns % 2)
    if abs(left) > math.pi / 2:
        # rzz(a) = Z Z rzz(a - pi) up to a phase, and rz(pi) is Z up to a phase.
        half = math.copysign(math.pi, left)
        left -= half
        for qubit in qubits:
            dag.apply_operation_back(RZGate(math.pi), [qubit])
        dag.global_phase += math.pi - half / 2
    if left < 0:
        dag.apply_operation_back(XGate(), [qubits[0]])
        dag.apply_operation_back(RZZGate(-left), list(qubits))
        dag.apply_operation_back(XGate(), [qubits[0]])
    else:
        dag.apply_operation_back(RZZGate(left), list(qubits))
    return dag
