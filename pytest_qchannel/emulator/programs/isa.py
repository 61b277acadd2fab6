"""Whether a device can run a circuit as it stands: the instruction set and where it may be used."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from qiskit import QuantumCircuit

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["require_isa"]

# Instructions that every device takes on every qubit; directives among them.
_EVERYWHERE: Final = frozenset({"measure", "reset", "delay", "barrier"})
_CONTROL_FLOW: Final = frozenset(
    {"if_else", "for_loop", "while_loop", "switch_case", "store", "break_loop", "continue_loop"}
)


@functools.cache
def _table(snapshot: Snapshot) -> Mapping[str, frozenset[tuple[int, ...]] | None]:
    """Gate name -> the qubits it may act on; ``None`` means any."""
    table: dict[str, frozenset[tuple[int, ...]] | None] = {}
    for gate in snapshot.facts["gates"]:
        places = gate.get("coupling_map")
        table[gate["name"]] = frozenset(map(tuple, places)) if places else None
    supported = set(snapshot.facts.get("supported_instructions") or ())
    for name in _EVERYWHERE | (_CONTROL_FLOW & supported):
        table[name] = None
    return table


def require_isa(circuit: QuantumCircuit, snapshot: Snapshot, where: str) -> None:
    """Passes an ISA circuit of the device.

    Raises:
        JobFailure: The circuit has too many qubits, a gate that the device lacks, or a gate on
            qubits that are not connected.
    """
    if circuit.num_qubits > snapshot.num_qubits:
        raise JobFailure(
            FailureCode.NUMBER_OF_QUBITS,
            f"The circuit of {where} has {circuit.num_qubits} qubits; "
            f"{snapshot.name} has {snapshot.num_qubits}.",
        )
    _walk(circuit, range(circuit.num_qubits), snapshot, where)


def _walk(circuit: QuantumCircuit, physical: Sequence[int], snapshot: Snapshot, where: str) -> None:
    table = _table(snapshot)
    index = {qubit: physical[number] for number, qubit in enumerate(circuit.qubits)}
    for number, item in enumerate(circuit.data):
        name = item.name
        if name not in table:
            raise JobFailure(
                FailureCode.NOT_IN_BASIS,
                f"Instruction {number} of the circuit of {where} is {name!r}, which is not in the "
                f"target of {snapshot.name} ({', '.join(sorted(table))}). Transpile the circuit "
                "for this backend first.",
            )
        qubits = tuple(index[qubit] for qubit in item.qubits)
        places = table[name]
        if places is not None and qubits not in places:
            raise JobFailure(
                FailureCode.NOT_SUPPORTED,
                f"Instruction {number} of the circuit of {where} is {name!r} on qubits {qubits}, "
                f"where {snapshot.name} has no such gate. Transpile the circuit for this backend "
                "first.",
            )
        if item.is_control_flow():
            for block in item.operation.blocks:
                _walk(block, qubits, snapshot, where)
