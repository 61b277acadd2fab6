"""How long a device is busy: the length of a circuit, and the QPU seconds of a job.

Source: the gate and readout lengths in the device's calibration snapshot. What IBM charges on
top for loading and compiling is not public, so nothing is added but the least charge; see
``outcome.py``.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Clbit, Delay, Qubit

from pytest_qchannel.emulator.programs.task import Params
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["SECONDS", "circuit_s", "qpu_s", "within_calendar"]

LONGEST_S: Final = 1e9
"""Thirty years. A circuit may have a delay of any length, and no calendar holds the end of some; a
job is ended after three hours at the latest, so that nobody sees more of the rest than this.
"""

SECONDS: Final[Mapping[str, float]] = {
    "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "ps": 1e-12,
}  # fmt: skip
"""The units of times in snapshots and delays; a micro is written in three ways."""

_INSTANT: Final = frozenset({"barrier", "store", "break_loop", "continue_loop"})


def within_calendar(seconds: float) -> float:
    """A length that can be added to a time: as it is, but at most :data:`LONGEST_S`."""
    return min(seconds, LONGEST_S)


def qpu_s(runs: Iterable[tuple[float, float]], rep_delay_s: float) -> float:
    """How long the circuits of a job run: each shot takes its circuit and the pause after it.

    Args:
        runs: For each circuit, how often it is executed (parameter sets times shots), and how
            long it takes, in seconds; see :func:`circuit_s`.
        rep_delay_s: The pause between two shots.
    """
    busy = math.fsum(executions * (length_s + rep_delay_s) for executions, length_s in runs)
    return within_calendar(busy)


def circuit_s(
    circuit: QuantumCircuit, snapshot: Snapshot, physical: Sequence[int] | None = None
) -> float:
    """How long a circuit takes on a device, in seconds: its critical path.

    Of a choice the longest branch counts, of a ``while`` loop one round. A delay that a parameter
    sets counts as nothing until the parameter is bound.

    Args:
        circuit: An ISA circuit of the device.
        snapshot: The device.
        physical: Which qubit of the device each of the circuit's qubits is; ``None``: the same.
    """
    numbers = range(circuit.num_qubits) if physical is None else physical
    return within_calendar(_path_s(circuit, numbers, _lengths(snapshot)))


@dataclass(frozen=True, slots=True)
class _Lengths:
    gates: Mapping[tuple[str, tuple[int, ...]], float]
    readout: Mapping[int, float]
    dt_s: float

    def of(self, name: str, qubits: tuple[int, ...]) -> float:
        if (length := self.gates.get((name, qubits))) is not None:
            return length
        if name == "measure":
            return max((self.readout.get(qubit, 0.0) for qubit in qubits), default=0.0)
        # Where the snapshot has a gate in one direction only, the other is as long.
        return self.gates.get((name, qubits[::-1]), 0.0)


@functools.cache
def _lengths(snapshot: Snapshot) -> _Lengths:
    properties = json.loads(snapshot.properties)
    gates = {
        (gate["gate"], tuple(gate["qubits"])): length
        for gate in properties.get("gates", ())
        if (length := _find(gate.get("parameters", ()), "gate_length")) is not None
    }
    readout = {
        number: length
        for number, entries in enumerate(properties.get("qubits", ()))
        if (length := _find(entries, "readout_length")) is not None
    }
    return _Lengths(gates, readout, float(snapshot.facts.get("dt") or 0.0) * 1e-9)


def _find(entries: Iterable[Params], name: str) -> float | None:
    for entry in entries:
        if entry["name"] == name:
            return float(entry["value"]) * SECONDS[entry["unit"]]
    return None


def _path_s(circuit: QuantumCircuit, physical: Sequence[int], lengths: _Lengths) -> float:
    index = {qubit: physical[number] for number, qubit in enumerate(circuit.qubits)}
    ready: dict[Qubit | Clbit, float] = {}
    alone = {qubit: (number,) for qubit, number in index.items()}
    for item in circuit.data:
        wires = item.qubits
        if len(wires) == 1 and not item.clbits:  # nearly all of a long circuit
            [wire] = wires
            length_s = lengths.gates.get((item.name, alone[wire]))
            if length_s is not None:
                ready[wire] = ready.get(wire, 0.0) + length_s
                continue
        wires = (*wires, *item.clbits)
        start = max((ready.get(wire, 0.0) for wire in wires), default=0.0)
        qubits = tuple([index[qubit] for qubit in item.qubits])
        end = start + _item_s(item, qubits, lengths)
        for wire in wires:
            ready[wire] = end
    return max(ready.values(), default=0.0)


def _item_s(item: CircuitInstruction, qubits: tuple[int, ...], lengths: _Lengths) -> float:
    name = item.name
    if name in _INSTANT:
        return 0.0
    if name == "delay":
        return _delay_s(item.operation, lengths.dt_s)
    if not item.is_control_flow():
        return lengths.of(name, qubits)
    operation = item.operation
    longest = max((_path_s(block, qubits, lengths) for block in operation.blocks), default=0.0)
    if name == "for_loop":
        return longest * len(operation.params[0])
    return longest


def _delay_s(delay: Delay, dt_s: float) -> float:
    """A delay's length; one of which a parameter or a run-time expression decides is no number."""
    try:
        duration = float(delay.duration)
    except OverflowError:  # an integer that no float can hold
        return LONGEST_S
    except (TypeError, ValueError):
        return 0.0
    length = duration * (dt_s if delay.unit == "dt" else SECONDS.get(delay.unit, 0.0))
    return within_calendar(length) if length > 0.0 else 0.0  # what is no number is not above 0
