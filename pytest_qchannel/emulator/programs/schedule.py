"""The schedule of a circuit on a device, as ``scheduler_timing`` asks for it."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Clbit, Qubit

from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["require_schedule", "schedule_of"]


def require_schedule(circuit: QuantumCircuit, where: str) -> None:
    """Passes a circuit of which every delay has its length: a parameter or a stretch has none yet.

    Raises:
        JobFailure: One has none, so that what was asked for would have to be made up.
    """
    delays = (item.operation for item in circuit.data if item.name == "delay")
    if not all(isinstance(one.duration, int | float) for one in delays):
        raise JobFailure(
            FailureCode.NOT_SUPPORTED,
            f"The circuit of {where} has delays without a fixed length; the emulator gives no "
            "scheduler_timing and no stretch_values for it.",
        )


def schedule_of(circuit: QuantumCircuit, snapshot: Snapshot) -> dict[str, str | int]:
    """Fields of ``SchedulerTimingModel``: all starts as soon as it can.

    A row is ``branch,instruction,channel,start,duration,pulse``, times in dt, as the client's
    ``draw_circuit_schedule_timing`` reads it. A block of control flow is one row per qubit, as
    long as its longest branch: which one runs is known only in the shot. Rotations around z take
    no time and have no row.
    """
    dt_s = float(snapshot.facts.get("dt") or 1.0) * 1e-9
    lengths: dict[tuple[str, tuple[int, ...]], int] = {}
    free: dict[Qubit | Clbit, int] = {}
    rows = []
    for item in circuit.data:
        wires = [*item.qubits, *item.clbits]
        start = max((free.get(wire, 0) for wire in wires), default=0)
        qubits = tuple(circuit.find_bit(qubit).index for qubit in item.qubits)
        key = (item.name, qubits)
        if key not in lengths or item.name == "delay" or item.is_control_flow():
            lengths[key] = round(_alone_s(item, qubits, snapshot) / dt_s)
        length = lengths[key]
        for wire in wires:
            free[wire] = start + length
        if item.name == "barrier" or length:
            label = "_".join([item.name, *map(str, qubits)]) if length else item.name
            pulse = {"barrier": "barrier", "measure": "capture"}.get(item.name, "play")
            rows += [f"main,{label},Qubit {qubit},{start},{length},{pulse}" for qubit in qubits]
    return {"timing": "\n".join(rows), "circuit_duration": max(free.values(), default=0)}


def _alone_s(item: CircuitInstruction, qubits: tuple[int, ...], snapshot: Snapshot) -> float:
    """How long one instruction takes: a circuit that has no other takes as long."""
    alone = QuantumCircuit(list(item.qubits), list(item.clbits))
    alone._append(item)
    return circuit_s(alone, snapshot, qubits)
