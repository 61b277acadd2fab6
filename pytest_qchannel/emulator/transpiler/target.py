"""A device of the emulated world as the transpiler sees it, from its snapshot.

The client makes the same of what the runtime API answers; it is not imported here. A test holds
both together.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias

from qiskit.circuit import Gate, Instruction, Parameter
from qiskit.circuit.controlflow import ForLoopOp, IfElseOp, SwitchCaseOp, WhileLoopOp
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping
from qiskit.providers import BackendV2, Options, QubitProperties
from qiskit.transpiler import CouplingMap, InstructionProperties, Target
from qiskit.utils.units import apply_prefix

from pytest_qchannel.emulator.transpiler.order import Coupling, Order
from pytest_qchannel.emulator.world.snapshots import FRACTIONAL_GATES, Snapshot

__all__ = ["DeviceView", "coupling_of", "target_of"]

_Places: TypeAlias = dict[tuple[int, ...], InstructionProperties | None]
_Row: TypeAlias = Mapping[str, Any]

_CONTROL_FLOW: Final = {
    "if_else": IfElseOp,
    "while_loop": WhileLoopOp,
    "for_loop": ForLoopOp,
    "switch_case": SwitchCaseOp,
}
_NOT_UNITARY: Final = ("measure", "reset", "delay")


class DeviceView(BackendV2):  # type: ignore[misc]  # qiskit has no types
    """A target that can be given to ``qiskit.transpile`` beside what goes before parts of it."""

    def __init__(self, target: Target) -> None:
        super().__init__()
        self._target = target

    @property
    def target(self) -> Target:
        """The device's instructions, and where each may be used."""
        return self._target

    @property
    def max_circuits(self) -> None:
        """Any number: nothing is run."""

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, run_input: object, **options: object) -> object:
        """Never called: it is for transpiling only."""
        raise NotImplementedError


def coupling_of(order: Order) -> Coupling:
    """The pairs of an order: its own, or those of its device."""
    if order.coupling is not None:
        return order.coupling
    assert order.snapshot is not None, "an order has a device or a coupling map"
    edges = target_of(order.snapshot).build_coupling_map().get_edges()
    return tuple((int(one), int(other)) for one, other in edges)


def coupling_map_of(order: Order) -> CouplingMap:
    """The same as Qiskit has it."""
    return CouplingMap([list(pair) for pair in coupling_of(order)])


@functools.cache
def target_of(snapshot: Snapshot, has_fractional_gates: bool = False) -> Target:
    """The target of a device.

    Args:
        snapshot: The device.
        has_fractional_gates: Whether its ``rx`` and ``rzz`` may be used.
    """
    facts = snapshot.facts
    properties = json.loads(snapshot.properties)
    left_out: Collection[str] = () if has_fractional_gates else FRACTIONAL_GATES
    supported = set(facts.get("supported_instructions") or _NOT_UNITARY)
    target = Target(
        num_qubits=snapshot.num_qubits,
        qubit_properties=[_qubit(row) for row in properties["qubits"]],
        dt=facts.get("dt") and facts["dt"] * 1e-9,
        **facts.get("timing_constraints", {}),
    )
    faulty = {at for at, row in enumerate(properties["qubits"]) if not _is_operational(row)}
    rows = {gate["name"]: gate for gate in facts["gates"]}
    known = get_standard_gate_name_mapping()
    for name in facts["basis_gates"]:
        if name not in left_out:
            places = _places(name, rows.get(name, {}), properties, faulty)
            target.add_instruction(_gate(name, known, rows), places, name=name)
    for name in supported.intersection(_NOT_UNITARY):
        if name not in facts["basis_gates"]:
            measured = properties["qubits"] if name == "measure" else None
            places = None if measured else _places(name, rows.get(name, {}), properties, faulty)
            everywhere = {
                (at,): _measure(measured[at]) if measured else None
                for at in range(snapshot.num_qubits)
                if at not in faulty
            }
            target.add_instruction(known[name], places or everywhere, name=name)
    for name in supported.intersection(_CONTROL_FLOW):
        target.add_instruction(_CONTROL_FLOW[name], name=name)
    target.build_coupling_map()  # Qiskit keeps the graph, and builds it where others can see it
    return target


def _gate(name: str, known: Mapping[str, Instruction], rows: Mapping[str, _Row]) -> Instruction:
    if name in known:
        return known[name]
    row = rows[name]
    places = row.get("coupling_map") or [[]]
    return Gate(name, len(places[0]), [Parameter(one) for one in row.get("parameters", ())])


def _places(name: str, row: _Row, properties: _Row, faulty: set[int]) -> _Places | None:
    """Where a gate may be used, with its error and length; ``None``: anywhere."""
    listed = row.get("coupling_map")
    places: _Places | None = {tuple(one): None for one in listed} if listed else None
    for gate in properties["gates"]:
        if gate["gate"] != name:
            continue
        qubits = tuple(gate["qubits"])
        if faulty.intersection(qubits) or not _is_operational(gate["parameters"]):
            if places is not None:
                places.pop(qubits, None)
            continue
        values = _values(gate["parameters"])
        places = places if places is not None else {}
        places[qubits] = InstructionProperties(
            error=values.get("gate_error"), duration=values.get("gate_length")
        )
    return places


def _values(parameters: list[_Row]) -> dict[str, float]:
    """The values by name, in units without a prefix."""
    return {
        row["name"]: apply_prefix(row["value"], row["unit"]) if row.get("unit") else row["value"]
        for row in parameters
    }


def _is_operational(parameters: list[_Row]) -> bool:
    return bool(next((row["value"] for row in parameters if row["name"] == "operational"), True))


def _qubit(row: list[_Row]) -> QubitProperties:
    values = _values(row)
    return QubitProperties(values.get("T1"), values.get("T2"), values.get("frequency"))


def _measure(row: list[_Row]) -> InstructionProperties:
    values = _values(row)
    return InstructionProperties(
        error=values.get("readout_error"), duration=values.get("readout_length")
    )
