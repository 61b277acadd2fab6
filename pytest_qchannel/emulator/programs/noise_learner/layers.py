"""The layers of two-qubit gates of circuits, as twirling finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["Layer", "unique_layers"]


@dataclass(frozen=True, slots=True)
class Layer:
    """Two-qubit gates that share no qubit, and the qubits that are twirled with them.

    Attributes:
        gates: Name, physical qubits and operation of each.
        qubits: Physical qubits in ascending order.
    """

    gates: tuple[tuple[str, tuple[int, ...], Any], ...]
    qubits: tuple[int, ...]

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for layers that are the same."""
        gates = sorted((name, on, str(operation.params)) for name, on, operation in self.gates)
        return (*gates, self.qubits)

    def circuit(self) -> QuantumCircuit:
        """The gates alone, on as many qubits as are twirled."""
        from qiskit import QuantumCircuit

        circuit = QuantumCircuit(len(self.qubits))
        for _, on, operation in self.gates:
            circuit.append(operation, [self.qubits.index(qubit) for qubit in on])
        return circuit


def unique_layers(circuits: Sequence[QuantumCircuit], strategy: str) -> list[Layer]:
    """Each layer once, those that occur most often first, and then in order of appearance.

    Args:
        circuits: ISA circuits; gates inside control flow are not looked at.
        strategy: Which qubits a layer twirls: ``active`` (its gates'), ``active-accum`` (those of
            the gates so far), ``active-circuit`` (of all gates of the circuit) or ``all``.
    """
    count: dict[tuple[Any, ...], int] = {}
    first: dict[tuple[Any, ...], Layer] = {}
    for circuit in circuits:
        for layer in _layers(circuit, strategy):
            count[layer.key] = count.get(layer.key, 0) + 1
            first.setdefault(layer.key, layer)
    return [first[key] for key in sorted(first, key=lambda key: -count[key])]


def _layers(circuit: QuantumCircuit, strategy: str) -> list[Layer]:
    levels: list[list[tuple[str, tuple[int, ...], Any]]] = []
    level_of: dict[Any, int] = {}  # how many layers each qubit has behind it
    for item in circuit.data:
        reached = max((level_of.get(qubit, 0) for qubit in item.qubits), default=0)
        if len(item.qubits) == 2 and not item.clbits and item.name != "barrier":
            if reached == len(levels):
                levels.append([])
            on = tuple(circuit.find_bit(qubit).index for qubit in item.qubits)
            levels[reached].append((item.name, on, item.operation))
            reached += 1
        for qubit in item.qubits:
            level_of[qubit] = reached
    acting = [{qubit for _, on, _ in level for qubit in on} for level in levels]
    everywhere = set().union(*acting)
    layers = []
    seen: set[int] = set()
    for level, qubits in zip(levels, acting, strict=True):
        seen |= qubits
        twirled = {
            "active": qubits,
            "active-accum": seen,
            "active-circuit": everywhere,
            "all": set(range(circuit.num_qubits)),
        }[strategy]
        layers.append(Layer(tuple(level), tuple(sorted(twirled))))
    return layers
