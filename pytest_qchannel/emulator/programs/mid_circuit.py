"""Measurements and resets that a device has beside the usual ones, for the middle of a circuit.

A device names them in ``instruction_signatures`` of its configuration (``measure_2``: "a shorter
width measurement pulse, intended for use in mid-circuit readout"); the client has an instruction
for each (``MidCircuitMeasure``, ``MidCircuitReset``, ``MeasureReset``). What they do is what
``measure`` and ``reset`` do, only faster, so they are simulated as these.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Measure, Reset

from pytest_qchannel.emulator.programs.isa import has_any
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["with_usual_readout"]


def with_usual_readout(circuit: QuantumCircuit, snapshot: Snapshot) -> QuantumCircuit:
    """The same circuit with ``measure`` and ``reset`` in place of the device's own kinds of them.

    Args:
        circuit: An ISA circuit of the device.
        snapshot: The device.
    """
    signatures = snapshot.facts.get("instruction_signatures") or ()
    names = {one["name"] for one in signatures if one["name"].startswith(("measure_", "reset_"))}
    return _replaced(circuit, names) if names and has_any(circuit, names) else circuit


def _replaced(circuit: QuantumCircuit, names: AbstractSet[str]) -> QuantumCircuit:
    usual = circuit.copy_empty_like()
    for item in circuit.data:
        for one in _usual(item, names):
            usual._append(one)
    return usual


def _usual(item: CircuitInstruction, names: AbstractSet[str]) -> Iterator[CircuitInstruction]:
    if item.is_control_flow():
        blocks = [_replaced(block, names) for block in item.operation.blocks]
        yield item.replace(operation=item.operation.replace_blocks(blocks))
    elif item.name not in names:
        yield item
    else:
        if item.clbits:
            yield CircuitInstruction(Measure(), item.qubits, item.clbits)
        if "reset" in item.name:  # measure_reset does both, in this order
            yield CircuitInstruction(Reset(), item.qubits)
