"""A decoded circuit as plain JSON: what it does, and nothing of how it was made.

Left out, because results do not depend on it: the circuit's name, its metadata, its layout, names
of quantum registers, identity and UUID of parameters, QPY's own version, and names that Qiskit
counts up (``circuit-43``). Kept: everything else, bodies of control flow and definitions of gates
that Qiskit does not know included. Bits are numbers of the whole circuit, also within bodies.
"""

from __future__ import annotations

import json
import re
import threading
import warnings
from typing import Final, cast

from qiskit import QuantumCircuit
from qiskit.circuit import (
    CircuitInstruction,
    ControlFlowOp,
    ControlledGate,
    Gate,
    Instruction,
    Operation,
)
from qiskit.circuit.classical import expr

from pytest_qchannel.cassette.circuits.shape import CircuitForm, Content
from pytest_qchannel.cassette.circuits.shape import Instruction as Written
from pytest_qchannel.cassette.circuits.values import (
    Places,
    condition_form,
    number_form,
    value_form,
)

__all__ = ["WARNINGS_LOCK", "circuit_form", "is_homemade"]

_COUNTED: Final = re.compile(r"circuit[-_]\d+(_dg)?")
_UUID: Final = re.compile(r"_[0-9a-f]{32}")

WARNINGS_LOCK: Final = threading.RLock()
"""Held while warnings are silenced, which is a setting of the whole process."""


def circuit_form(circuit: QuantumCircuit) -> CircuitForm:
    """The form of a ``QuantumCircuit``.

    Returns:
        ``qubits``, ``clbits`` (how many), ``cregs`` (name and bits of each classical register),
        ``phase``, ``params`` (names, in the order in which values are given), ``vars``, ``ops``
        (``op``, ``q``, ``c``, ``p`` and what else an instruction has), ``gates`` (definitions,
        which ``ops`` name by number), ``calibrations``; ``depth`` for people only.
    """
    with WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _Writer().circuit(circuit)
        except BaseException as problem:
            # What Qiskit's part in Rust raises is no Exception, and means a bug there.
            if type(problem).__name__ != "PanicException":
                raise
            raise ValueError(f"Qiskit cannot look into the circuit: {problem}") from None


class _Writer:
    """Writes one circuit and all that is in it."""

    def __init__(self) -> None:
        self._gates: list[Content] = []
        self._numbers: dict[str, int] = {}
        self._loops: set[str] = set()

    def circuit(self, circuit: QuantumCircuit) -> CircuitForm:
        places = Places(
            {bit: number for number, bit in enumerate(circuit.qubits)},
            {bit: number for number, bit in enumerate(circuit.clbits)},
        )
        content = self._content(circuit, places)
        form: CircuitForm = {
            "qubits": circuit.num_qubits,
            "clbits": circuit.num_clbits,
            "cregs": [[reg.name, [places.clbits[bit] for bit in reg]] for reg in circuit.cregs],
            # Qiskit 1 counts the parameter of a loop among those that are given values.
            "params": [one.name for one in circuit.parameters if one.name not in self._loops],
            "depth": circuit.depth(),
            "phase": content["phase"],
            "ops": content["ops"],
        }
        if "vars" in content:
            form["vars"] = content["vars"]
        if self._gates:
            form["gates"] = self._gates
        calibrations = getattr(circuit, "_calibrations", None)  # gone in Qiskit 2
        if calibrations:
            form["calibrations"] = sorted(
                [gate, list(qubits), value_form(params), _schedule(schedule)]
                for gate, entries in calibrations.items()
                for (qubits, params), schedule in entries.items()
            )
        return form

    def _content(self, circuit: QuantumCircuit, places: Places) -> Content:
        content: Content = {
            "phase": value_form(circuit.global_phase),
            "ops": [cast("Written", self._instruction(one, places)) for one in circuit.data],
        }
        variables = _variables(circuit)
        if variables:
            content["vars"] = variables
        return content

    def _body(
        self, body: QuantumCircuit, instruction: CircuitInstruction, places: Places
    ) -> Content:
        inner = Places(
            {
                bit: places.qubits[outer]
                for bit, outer in zip(body.qubits, instruction.qubits, strict=True)
            },
            {
                bit: places.clbits[outer]
                for bit, outer in zip(body.clbits, instruction.clbits, strict=True)
            },
        )
        return self._content(body, inner)

    def _instruction(self, instruction: CircuitInstruction, places: Places) -> dict[str, object]:
        operation = instruction.operation
        qubits = [places.qubits[bit] for bit in instruction.qubits]
        if isinstance(operation, ControlFlowOp):
            # Which order a body names its bits in says nothing: they are numbered outside of it.
            form = {"op": operation.name, "q": sorted(qubits)}
            return form | self._control_flow(operation, instruction, places)
        form = {"op": _name(operation.name), "q": qubits}
        if instruction.clbits:
            form["c"] = [places.clbits[bit] for bit in instruction.clbits]
        form |= self._operation(operation, places)
        condition = getattr(operation, "_condition", None)
        if condition is not None:
            # Qiskit 2 has no conditioned gates: it reads one as an if with a body.
            body = {"phase": 0.0, "ops": [form]}
            if_form = condition_form(condition, places)
            return {"op": "if_else", "q": sorted(qubits), "if": if_form, "bodies": [body]}
        return form

    def _control_flow(
        self, operation: ControlFlowOp, instruction: CircuitInstruction, places: Places
    ) -> dict[str, object]:
        kind = operation.name
        form: dict[str, object] = {}
        if kind in ("if_else", "while_loop"):
            form["if"] = condition_form(operation.condition, places)
        elif kind == "for_loop":
            indices, parameter, _ = operation.params
            form["over"] = _indices(indices)
            form["loop"] = None if parameter is None else parameter.name
            self._loops.add(str(form["loop"]))
        elif kind == "switch_case":
            form["on"] = condition_form(operation.target, places)
            form["cases"] = [
                [value_form(one) if isinstance(one, int) else "default" for one in labels]
                for labels, _ in operation.cases_specifier()
            ]
        elif kind == "box":
            form["duration"] = _span(operation.duration, places)
            form["unit"] = operation.unit
            notes = [_note(one) for one in getattr(operation, "annotations", ())]
            if notes:
                form["notes"] = notes
        if operation.blocks:
            form["bodies"] = [self._body(one, instruction, places) for one in operation.blocks]
        if operation.label:
            form["label"] = operation.label
        return form

    def _operation(self, operation: Operation, places: Places) -> dict[str, object]:
        form: dict[str, object] = {}
        params = [self._param(one, places) for one in getattr(operation, "params", ())]
        if params:
            form["p"] = params
        if getattr(operation, "label", None):
            form["label"] = operation.label
        if operation.name == "delay":
            form["unit"] = operation.unit
        if operation.name == "store":
            form["p"] = [condition_form(one, places) for one in operation.params]
        modifiers = getattr(operation, "modifiers", None)
        if modifiers is not None:  # an AnnotatedOperation
            form["modifiers"] = [
                [type(one).__name__, value_form(sorted(vars(one).items()))] for one in modifiers
            ]
            form["base"] = self._inner(operation.base_op, places)
        controls = getattr(operation, "num_ctrl_qubits", None)
        if controls and operation.ctrl_state != 2**controls - 1:
            form["ctrl_state"] = operation.ctrl_state
        if hasattr(operation, "operator"):  # PauliEvolutionGate
            form["operator"] = value_form(operation.operator)
        if is_homemade(operation):
            if controls:
                form["controls"] = controls
                form["base"] = self._inner(operation.base_gate, places)
            elif operation.definition is not None:
                form["gate"] = self._definition(operation.definition)
        return form

    def _inner(self, operation: Operation, places: Places) -> dict[str, object]:
        return {"op": _name(operation.name), **self._operation(operation, places)}

    def _param(self, value: object, places: Places) -> object:
        if isinstance(value, QuantumCircuit):
            return {"gate": self._definition(value)}
        if isinstance(value, expr.Expr):
            return condition_form(value, places)
        return value_form(value)

    def _definition(self, circuit: QuantumCircuit) -> int:
        """The number of a definition; equal ones are written once."""
        places = Places(
            {bit: number for number, bit in enumerate(circuit.qubits)},
            {bit: number for number, bit in enumerate(circuit.clbits)},
        )
        content = self._content(circuit, places)
        key = json.dumps(content, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self._gates)
            self._gates.append(content)
        return self._numbers[key]


def _name(name: str) -> str:
    plain = _UUID.sub("", name) if len(name) > 32 else name
    counted = _COUNTED.fullmatch(plain)
    return "circuit" + (counted[1] or "") if counted else plain


def is_homemade(operation: Operation) -> bool:
    """Whether only its definition tells what an instruction does."""
    kind = getattr(operation, "base_class", type(operation))
    return kind in (Instruction, Gate, ControlledGate) or not (kind.__module__ or "").startswith(
        "qiskit."
    )


def _variables(circuit: QuantumCircuit) -> list[list[str]]:
    found = []
    for way in ("input", "captured", "declared"):
        for kind in ("vars", "stretches"):
            each = getattr(circuit, f"iter_{way}_{kind}", None)
            if each is not None:
                names = [
                    [way, one.name, str(condition_form(one, Places({}, {})))] for one in each()
                ]
                # Captures have no order that would mean anything.
                found += sorted(names) if way == "captured" else names
    return found


def _indices(indices: object) -> object:
    if not isinstance(indices, (range, list, tuple)):
        return value_form(indices)
    return [int(one) for one in indices] if len(indices) < 10_000 else value_form(indices)


def _span(duration: object, places: Places) -> object:
    if duration is None or isinstance(duration, (int, float)):
        return None if duration is None else number_form(duration)
    return condition_form(duration, places)


def _note(annotation: object) -> list[object]:
    fields = getattr(annotation, "__dict__", {})
    said = value_form(sorted(fields.items())) if fields else repr(annotation).split(" at 0x")[0]
    return [type(annotation).__name__, getattr(annotation, "namespace", ""), said]


def _schedule(schedule: object) -> str:
    return re.sub(r"name='[^']*'|name=\"[^\"]*\"", "name", repr(schedule))
