"""The part of a circuit that does something.

A circuit for a device has over a hundred qubits, and a gate on a few of them. The others stay in
their ground state, so they are left out; measuring one gives 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, ClassicalRegister, Clbit, Qubit

__all__ = ["Active", "active_part", "condition_of", "written_by"]

_PASSIVE: Final = frozenset({"barrier", "delay"})
_READOUT: Final = frozenset({"measure", "reset"})


@dataclass(frozen=True, slots=True)
class Active:
    """A circuit on its active qubits only.

    Attributes:
        circuit: Its classical registers and parameters are those of the whole circuit.
        physical: Which qubit of the whole circuit (of the device) each of its qubits is.
    """

    circuit: QuantumCircuit
    physical: tuple[int, ...]


def active_part(circuit: QuantumCircuit, *, keep_idle_time: bool = False) -> Active:
    """The same circuit on its active qubits only, classical registers and parameters unchanged.

    Barriers are dropped, and delays, which do nothing in an ideal simulation. (A delay that a
    parameter sets stays, for the parameter's sake.) A measurement of an idle qubit is dropped
    where nothing else writes its bit, which then keeps its 0.

    Args:
        circuit: The circuit for a device; qubit k is the device's qubit k.
        keep_idle_time: Whether delays matter, and readout errs: then the delays of active qubits
            stay, and each qubit that is measured is active.
    """
    items = list(circuit.data)  # each walk along the data makes every item anew
    writers = Counter(bit for item in items for bit in written_by(item))
    active: set[Qubit] = set()
    doing = []
    for item in items:
        name = item.name
        if name in _PASSIVE and not _has_parameters(item):
            if keep_idle_time and name == "delay":
                doing.append(item)
            continue
        doing.append(item)
        errs = keep_idle_time and name == "measure"
        # Others may read or write the bit, too.
        if name not in _READOUT or errs or any(writers[bit] > 1 for bit in item.clbits):
            active.update(item.qubits)
    kept = [number for number, qubit in enumerate(circuit.qubits) if qubit in active]
    small = QuantumCircuit(
        [circuit.qubits[number] for number in kept],
        circuit.clbits,
        *circuit.cregs,
        global_phase=circuit.global_phase,
    )
    for variable in circuit.iter_declared_vars():
        small.add_uninitialized_var(variable)
    for item in doing:
        if active.issuperset(item.qubits):
            small._append(item)
    return Active(small, tuple(kept))


def _has_parameters(item: CircuitInstruction) -> bool:
    return any(getattr(one, "parameters", None) for one in item.params)


def written_by(item: CircuitInstruction) -> Sequence[Clbit]:
    """The bits that an instruction may write; a ``store`` has its own in no list of bits."""
    if item.name != "store":
        own: Sequence[Clbit] = item.clbits
        return own
    target = getattr(item.operation.lvalue, "var", None)
    if isinstance(target, ClassicalRegister):
        return list(target)
    return [target] if isinstance(target, Clbit) else []


def condition_of(item: CircuitInstruction) -> tuple[Clbit | ClassicalRegister, int] | None:
    """What ``c_if`` put on an instruction, before qiskit 2; ``None`` without one."""
    condition = getattr(item, "condition", None)
    # A block of control flow has its condition there too, which is another thing.
    return None if condition is None or item.is_control_flow() else condition
