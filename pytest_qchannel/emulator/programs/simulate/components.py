"""The parts of a circuit that never touch each other, which can be simulated one by one.

Qubits that no instruction and no classical bit connects are independent. Twirling puts gates and
measurements on every qubit of a device, also on those that the user's circuit leaves alone: no
state of 133 qubits has to be held for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.circuit import CircuitInstruction, Clbit, Qubit

from pytest_qchannel.emulator.programs.simulate.active import Active, condition_of, written_by

__all__ = ["Part", "components", "groups_of", "part_of", "parts_of"]

# Groups together are no larger than this: below it one more qubit costs less than one more run.
_TOGETHER: Final = 10


def components(circuit: QuantumCircuit) -> list[list[int]]:
    """Groups of qubits that nothing connects, each in the circuit's order, by their first qubit.

    An instruction connects its qubits and its bits. What variables connect is not seen.
    """
    parent: dict[Qubit | Clbit, Qubit | Clbit] = {}

    def root(wire: Qubit | Clbit) -> Qubit | Clbit:
        while (above := parent.setdefault(wire, wire)) != wire:
            parent[wire] = wire = parent[above]
        return wire

    for item in circuit.data:
        if item.name != "barrier":
            wires = [*item.qubits, *item.clbits]
            for wire in wires[1:]:
                parent[root(wire)] = root(wires[0])
    found: dict[Qubit | Clbit, list[int]] = {}
    for number, qubit in enumerate(circuit.qubits):
        found.setdefault(root(qubit), []).append(number)
    return list(found.values())


def groups_of(circuit: QuantumCircuit) -> list[list[int]]:
    """Groups of qubits to simulate one by one, small components put together.

    Circuits with control flow are left whole.
    """
    if _is_tied(circuit) or any(item.is_control_flow() for item in circuit.data):
        return [list(range(circuit.num_qubits))]
    packed: list[list[int]] = []
    for group in sorted(components(circuit), key=len, reverse=True):
        for one in packed:
            if len(one) + len(group) <= _TOGETHER:
                one += group
                break
        else:
            packed.append(group)
    return [sorted(one) for one in packed]


def part_of(circuit: QuantumCircuit, group: Sequence[int]) -> QuantumCircuit:
    """The circuit on a group of its qubits, with all its classical bits."""
    qubits = [circuit.qubits[number] for number in group]
    mine = set(qubits)
    items = [item for item in circuit.data if item.qubits and mine.issuperset(item.qubits)]
    return _with_registers(circuit, qubits, items)


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
    """The circuit's components; qubits that touch no classical bit are left out.

    What :func:`components` cannot see the connections of is one part.
    """
    whole = active.circuit
    if _is_tied(whole):
        return [Part(active, list(range(whole.num_clbits)))]
    groups = components(whole)
    group_of = {
        whole.qubits[place]: number for number, group in enumerate(groups) for place in group
    }
    contents: list[list[CircuitInstruction]] = [[] for _ in groups]
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
        parts.append(Part(Active(circuit, physical), bits))
    return parts


def _is_tied(circuit: QuantumCircuit) -> bool:
    """Whether more connects qubits than their own bits: variables, stores, or what ``c_if`` put.

    Stores have no qubits, and so has control flow that has nothing but stores in it.
    """
    return next(circuit.iter_vars(), None) is not None or any(
        (not item.qubits and written_by(item)) or condition_of(item) is not None
        for item in circuit.data
    )


def _with_registers(
    whole: QuantumCircuit, qubits: Sequence[Qubit], items: Sequence[CircuitInstruction]
) -> QuantumCircuit:
    # The global phase is left behind, here and below: nothing can see it.
    circuit = QuantumCircuit(qubits, whole.clbits, *whole.cregs)
    for item in items:
        circuit._append(item)
    return circuit


def _with_bits(
    qubits: Sequence[Qubit], clbits: Sequence[Clbit], items: Sequence[CircuitInstruction]
) -> QuantumCircuit:
    """With no more classical bits than it writes: simulators carry every one through all shots."""
    register = ClassicalRegister(len(clbits), "c")
    renamed = dict(zip(clbits, register, strict=True))
    circuit = QuantumCircuit(qubits, register)
    for item in items:
        circuit._append(item.replace(clbits=[renamed[bit] for bit in item.clbits]))
    return circuit
