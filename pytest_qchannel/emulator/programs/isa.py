"""Whether a device can run a circuit as it stands: the instruction set and where it may be used."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction

from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.world.snapshots import FRACTIONAL_GATES, Snapshot

__all__ = ["has_any", "require_isa", "require_measured", "require_twirlable", "takes_angle"]

# Instructions that every device takes on every qubit; directives among them.
_EVERYWHERE: Final = frozenset({"measure", "reset", "delay", "barrier"})
_ADVICE: Final = "Transpile your circuits for the target before submitting a primitive query."
_SLACK: Final = 1e-10  # of rounding, as the client allows
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


def require_isa(circuit: QuantumCircuit, snapshot: Snapshot) -> None:
    """Passes an ISA circuit of the device.

    What is wrong is said as on failed jobs of 2026: as ``is_isa_circuit`` of IBM's client has it,
    and :data:`_ADVICE`. Of too many qubits that is inferred, code and all.

    Raises:
        JobFailure: The circuit has too many qubits, a gate that the device lacks, or a gate on
            qubits that are not connected.
    """
    if circuit.num_qubits > snapshot.num_qubits:
        raise JobFailure(
            FailureCode.NOT_IN_TARGET,
            f"The circuit has {circuit.num_qubits} qubits but the target system requires "
            f"{snapshot.num_qubits} qubits. {_ADVICE}",
        )
    _walk(circuit, range(circuit.num_qubits), snapshot)


def require_twirlable(circuit: QuantumCircuit) -> None:
    """Passes a circuit without fractional gates: only Cliffords can be twirled.

    Raises:
        JobFailure: It has one, in control flow or not.
    """
    for item in circuit.data:
        if item.name in FRACTIONAL_GATES:
            raise JobFailure(
                FailureCode.FRACTIONAL_TWIRLING, "Gate twirling does not support fractional gates"
            )
        if item.is_control_flow():
            for block in item.operation.blocks:
                require_twirlable(block)


def require_measured(circuit: QuantumCircuit) -> None:
    """Passes a circuit that measures something, in control flow or not.

    Source: code 1515 and its sentence, pasted in 2026; IBM's client dropped a test that had such
    circuits in May 2026, because the service refuses them since then.

    Raises:
        JobFailure: It has no measurement.
    """
    if not has_any(circuit, {"measure"}):
        raise JobFailure(FailureCode.NOT_MEASURED, "Circuits without measurements are not allowed")


def has_any(circuit: QuantumCircuit, names: AbstractSet[str]) -> bool:
    """Whether a circuit has an instruction of one of some names, in control flow or not."""
    if not names.isdisjoint(circuit.count_ops()):
        return True
    flows = (item.operation for item in circuit.data if item.is_control_flow())
    return any(has_any(block, names) for flow in flows for block in flow.blocks)


def _walk(circuit: QuantumCircuit, physical: Sequence[int], snapshot: Snapshot) -> None:
    table = _table(snapshot)
    index = {qubit: physical[number] for number, qubit in enumerate(circuit.qubits)}
    for item in circuit.data:
        name, qubits = item.name, tuple([index[qubit] for qubit in item.qubits])
        if name not in table or ((places := table[name]) is not None and qubits not in places):
            raise JobFailure(
                FailureCode.NOT_IN_TARGET,
                f"The instruction {name} on qubits {qubits} is not supported by the target "
                f"system. {_ADVICE}",
            )
        if name == "rzz":
            _require_angle(item, qubits)
        if item.is_control_flow():
            for block in item.operation.blocks:
                _walk(block, qubits, snapshot)


def takes_angle(angle: float) -> bool:
    """Whether the devices take an ``rzz`` of this angle: from 0 to a quarter turn."""
    return -_SLACK <= angle <= math.pi / 2 + _SLACK


def _require_angle(item: CircuitInstruction, qubits: tuple[int, ...]) -> None:
    """Passes an rzz whose angle is a parameter's: the client looks at the values itself."""
    angle = item.params[0]
    if isinstance(angle, int | float) and not takes_angle(angle):
        raise JobFailure(
            FailureCode.NOT_IN_TARGET,
            f"The instruction rzz on qubits {qubits} is supported only for angles in the range "
            "[0, pi/2]",
        )
