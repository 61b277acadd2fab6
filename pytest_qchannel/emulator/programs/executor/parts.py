"""The independent parts of a circuit, each simulated on its own.

Twirling puts gates and measurements on every qubit of the device, also on those that the user's
circuit leaves alone. No state of 133 qubits has to be held for that: qubits that no instruction
and no classical bit connects are independent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from pytest_qchannel.emulator.programs.simulate import Active

__all__ = ["Part", "parts_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some qubits of a circuit, and the classical bits that they have for themselves.

    Attributes:
        active: The qubits' circuit.
        bits: Which classical bit of the whole circuit each of its own is.
    """

    active: Active
    bits: list[int]


def parts_of(active: Active) -> list[Part]:
    """The circuit's independent parts; qubits that touch no classical bit are left out."""
    circuit = active.circuit
    if next(circuit.iter_vars(), None) is not None:
        # Variables connect what no bit does.
        return [Part(active, list(range(circuit.num_clbits)))]
    return _split(active, list(_components(circuit)))


def _components(circuit: QuantumCircuit) -> Iterable[list[int]]:
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while (above := parent.setdefault(node, node)) != node:
            parent[node] = node = parent[above]
        return node

    for item in circuit.data:
        if item.name != "barrier":
            wires = [*item.qubits, *item.clbits]
            for wire in wires[1:]:
                parent[root(wire)] = root(wires[0])
    found: dict[Hashable, list[int]] = {}
    for number, qubit in enumerate(circuit.qubits):
        found.setdefault(root(qubit), []).append(number)
    return found.values()


def _split(active: Active, groups: list[list[int]]) -> list[Part]:
    whole = active.circuit
    group_of = {
        whole.qubits[place]: number for number, group in enumerate(groups) for place in group
    }
    contents: list[list[Any]] = [[] for _ in groups]
    for item in whole.data:
        if item.name != "barrier" and item.qubits:
            contents[group_of[item.qubits[0]]].append(item)
    bit_index = {bit: number for number, bit in enumerate(whole.clbits)}
    parts = []
    for group, items in zip(groups, contents, strict=True):
        bits = sorted({bit_index[bit] for item in items for bit in item.clbits})
        if not bits:
            continue
        qubits = [whole.qubits[place] for place in group]
        if any(item.is_control_flow() for item in items):
            bits = list(range(whole.num_clbits))  # conditions may name registers
            circuit = _with_registers(whole, qubits, items)
        else:
            circuit = _with_bits(qubits, [whole.clbits[bit] for bit in bits], items)
        physical = tuple(active.physical[place] for place in group)
        parts.append(Part(type(active)(circuit, physical), bits))
    return parts


def _with_registers(whole: QuantumCircuit, qubits: list[Any], items: list[Any]) -> QuantumCircuit:
    from qiskit import QuantumCircuit

    # The global phase is left behind, here and below: nothing can see it.
    circuit = QuantumCircuit(qubits, whole.clbits, *whole.cregs)
    for item in items:
        circuit._append(item)
    return circuit


def _with_bits(qubits: list[Any], clbits: list[Any], items: list[Any]) -> QuantumCircuit:
    """With no more classical bits than it writes: simulators carry every one through all shots."""
    from qiskit import ClassicalRegister, QuantumCircuit

    register = ClassicalRegister(len(clbits), "c")
    renamed = dict(zip(clbits, register, strict=True))
    circuit = QuantumCircuit(qubits, register)
    for item in items:
        circuit._append(item.replace(clbits=[renamed[bit] for bit in item.clbits]))
    return circuit
