"""The layers of two-qubit gates of circuits, as twirling finds them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Clbit, Operation, Qubit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford

from pytest_qchannel.emulator.programs.simulate.active import condition_of

__all__ = [
    "Key",
    "Layer",
    "LayerGate",
    "Layered",
    "is_clifford",
    "layered",
    "ranked",
]

LayerGate: TypeAlias = tuple[str, tuple[int, ...], Operation]
"""A gate's name, the device's qubits that it acts on, and the operation."""
Key: TypeAlias = tuple[object, ...]
"""Equal for layers that are the same."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Two-qubit gates that share no qubit, and the qubits that are twirled with them.

    Attributes:
        gates: Name, physical qubits and operation of each.
        qubits: Physical qubits in ascending order.
    """

    gates: tuple[LayerGate, ...]
    qubits: tuple[int, ...]

    @property
    def key(self) -> Key:
        """Equal for layers that are the same."""
        gates = sorted((name, on, str(operation.params)) for name, on, operation in self.gates)
        return (*gates, self.qubits)

    def circuit(self) -> QuantumCircuit:
        """The gates alone, on as many qubits as are twirled."""
        circuit = QuantumCircuit(len(self.qubits))
        for _, on, operation in self.gates:
            circuit.append(operation, [self.qubits.index(qubit) for qubit in on])
        return circuit


@dataclass(frozen=True, slots=True)
class Layered:
    """A circuit's layers, and the order in which it can be run layer by layer.

    Attributes:
        layers: In the order in which they are reached.
        gates: For each layer the places of its gates in ``circuit.data``.
        between: The places of everything else, before each layer and, last, behind all. What
            comes behind whole layers in the circuit stays there, though it may share no qubit.
    """

    layers: tuple[Layer, ...]
    gates: tuple[tuple[int, ...], ...]
    between: tuple[tuple[int, ...], ...]


def ranked(layers: Iterable[Layer]) -> list[Layer]:
    """Each layer once, those first that occur most often, then those with more gates.

    Of equal ones the first comes first. Source: ``max_layers_to_learn`` in the client's options.
    """
    count: dict[Key, int] = {}
    first: dict[Key, Layer] = {}
    for layer in layers:
        count[layer.key] = count.get(layer.key, 0) + 1
        first.setdefault(layer.key, layer)
    order = sorted(first, key=lambda key: (-count[key], -len(first[key].gates)))
    return [first[key] for key in order]


def layered(circuit: QuantumCircuit, strategy: str, *, only_cliffords: bool = False) -> Layered:
    """The layers of a circuit: each two-qubit gate is in the earliest one that it can be in.

    Args:
        circuit: An ISA circuit; gates inside control flow are not looked at.
        strategy: Which qubits a layer twirls: ``active`` (its gates'), ``active-accum`` (those of
            the gates so far), ``active-circuit`` (of all gates of the circuit) or ``all``.
        only_cliffords: Whether other two-qubit gates are in no layer: no Pauli passes them.
    """
    gates: list[list[int]] = []
    others: dict[int, int] = {}
    behind: dict[Qubit | Clbit, int] = {}  # how many layers each wire has behind it
    for number, item in enumerate(circuit.data):
        wires = _wires(circuit, item)
        reached = max((behind.get(wire, 0) for wire in wires), default=0)
        if _is_entangling(item) and not (only_cliffords and not _is_clifford_item(item)):
            if reached == len(gates):
                gates.append([])
            gates[reached].append(number)
            reached += 1
        else:
            others[number] = reached
        for wire in wires:
            behind[wire] = reached
    between: list[list[int]] = [[] for _ in range(len(gates) + 1)]
    complete = 0
    for number, reached in others.items():
        while complete < len(gates) and gates[complete][-1] < number:
            complete += 1
        between[max(reached, complete)].append(number)
    found = [
        tuple(
            (item.name, _on(circuit, item), item.operation)
            for item in (circuit.data[one] for one in level)
        )
        for level in gates
    ]
    layers = _with_qubits(found, circuit.num_qubits, strategy)
    return Layered(layers, tuple(map(tuple, gates)), tuple(map(tuple, between)))


def _with_qubits(
    found: Sequence[tuple[LayerGate, ...]], num_qubits: int, strategy: str
) -> tuple[Layer, ...]:
    acting = [{qubit for _, on, _ in level for qubit in on} for level in found]
    everywhere = set().union(*acting)
    layers = []
    seen: set[int] = set()
    for level, qubits in zip(found, acting, strict=True):
        seen |= qubits
        twirled = {
            "active": qubits,
            "active-accum": seen,
            "active-circuit": everywhere,
            "all": set(range(num_qubits)),
        }[strategy]
        layers.append(Layer(level, tuple(sorted(twirled))))
    return tuple(layers)


def _on(circuit: QuantumCircuit, item: CircuitInstruction) -> tuple[int, ...]:
    return tuple(circuit.find_bit(qubit).index for qubit in item.qubits)


def _wires(circuit: QuantumCircuit, item: CircuitInstruction) -> Sequence[Qubit | Clbit]:
    """What keeps an instruction behind others: its bits, or all where it may read variables."""
    if item.is_control_flow() or item.name == "store" or condition_of(item) is not None:
        return [*circuit.qubits, *circuit.clbits]
    return [*item.qubits, *item.clbits]


def _is_entangling(item: CircuitInstruction) -> bool:
    return (
        len(item.qubits) == 2
        and not item.clbits
        and item.name not in ("barrier", "delay")
        and not item.is_control_flow()
        and condition_of(item) is None
    )


def _is_clifford_item(item: CircuitInstruction) -> bool:
    """Whether a gate makes a Pauli of each Pauli."""
    if not item.params:
        return (
            _is_clifford_name(item.name) if item.is_standard_gate() else is_clifford(item.operation)
        )
    return not any(getattr(one, "parameters", None) for one in item.params) and is_clifford(
        item.operation
    )


@functools.cache
def _is_clifford_name(name: str) -> bool:
    return is_clifford(get_standard_gate_name_mapping()[name])


def is_clifford(operation: Operation | QuantumCircuit) -> bool:
    """Whether it makes a Pauli of each Pauli."""
    try:
        Clifford(operation)
    except (QiskitError, TypeError, ValueError):
        return False
    return True
