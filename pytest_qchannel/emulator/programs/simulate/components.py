"""The parts of a circuit that never touch each other, which can be simulated one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

__all__ = ["part_of", "parts_of"]

from pytest_qchannel.emulator.programs.simulate.active import condition_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["parts_of"]

# Parts together are no larger than this: below it one more qubit costs less than one more run.
_TOGETHER: Final = 10


def parts_of(circuit: QuantumCircuit) -> list[list[int]]:
    """Groups of qubits, in the circuit's order, that nothing connects; one where all are one.

    A gate connects its qubits, and a classical bit those that are read into it. Circuits with
    control flow are left whole. Small groups are put together.
    """
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    parent = list(range(circuit.num_qubits))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    reader: dict[Any, int] = {}
    for item in circuit.data:
        if item.is_control_flow() or item.name == "store" or condition_of(item) is not None:
            return [list(range(circuit.num_qubits))]
        if item.name == "barrier" or not item.qubits:
            continue
        first = root(index[item.qubits[0]])
        for qubit in item.qubits[1:]:
            parent[root(index[qubit])] = first
        for bit in item.clbits:
            parent[root(reader.setdefault(bit, first))] = root(first)
    groups: dict[int, list[int]] = {}
    for number in range(circuit.num_qubits):
        groups.setdefault(root(number), []).append(number)
    packed: list[list[int]] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        for one in packed:
            if len(one) + len(group) <= _TOGETHER:
                one += group
                break
        else:
            packed.append(group)
    return [sorted(one) for one in packed]


def part_of(circuit: QuantumCircuit, group: list[int]) -> QuantumCircuit:
    """The circuit on a group of its qubits, with all its classical bits."""
    from qiskit import QuantumCircuit

    qubits = [circuit.qubits[number] for number in group]
    part = QuantumCircuit(qubits, circuit.clbits, *circuit.cregs)
    mine = set(qubits)
    for item in circuit.data:
        if item.qubits and mine.issuperset(item.qubits):
            part._append(item)
    return part
