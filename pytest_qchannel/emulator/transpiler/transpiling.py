"""``POST /transpile``: ``qiskit.transpile`` for the device or the coupling map of an order."""

from __future__ import annotations

import inspect
from typing import Final

from qiskit import QuantumCircuit, transpile
from qiskit.transpiler import PassManager

from pytest_qchannel.emulator.transpiler.angles import FoldAngles
from pytest_qchannel.emulator.transpiler.circuits import layout_of, read_circuits
from pytest_qchannel.emulator.transpiler.order import Order, Tick
from pytest_qchannel.emulator.transpiler.target import DeviceView, coupling_map_of, target_of
from pytest_qchannel.wire import Json

__all__ = ["refusal", "run"]

_SIGNATURE: Final = inspect.signature(transpile)
_AI_LEVEL = 3
"""What stands for the models: all that Qiskit's own passes can do."""


def refusal(order: Order) -> str | None:
    """What is wrong with the options, in Qiskit's own words. Source: IBM's tests of its client."""
    try:
        _SIGNATURE.bind(None, **order.options)
    except TypeError as problem:
        said = f"transpile() {problem}"
        return f"Error transpiling with Qiskit and qiskit_transpile_options: {said}"
    return None


def run(order: Order, tick: Tick) -> Json:
    """A row for each circuit."""
    circuits, writers = read_circuits(order)
    rows: list[Json] = []
    for circuit, write in zip(circuits, writers, strict=True):
        done = transpile(circuit, **_arguments(order, circuit), callback=lambda **_: tick())
        if order.has_fractional_gates:
            done = _folded(done)
        rows.append({**write(done), "layout": layout_of(done)})
    return rows


def _arguments(order: Order, circuit: QuantumCircuit) -> dict[str, object]:
    arguments: dict[str, object] = {
        "optimization_level": _AI_LEVEL if order.is_ai else order.level,
        "seed_transpiler": order.seed,
    }
    if order.coupling is not None:
        arguments["coupling_map"] = coupling_map_of(order)
    elif order.snapshot is not None:
        arguments["backend"] = DeviceView(target_of(order.snapshot, order.has_fractional_gates))
    if order.is_ai and order.layout_mode == "keep":
        arguments["initial_layout"] = list(range(circuit.num_qubits))
    return {**arguments, **order.options}


def _folded(circuit: QuantumCircuit) -> QuantumCircuit:
    layout = circuit.layout
    folded = PassManager([FoldAngles()]).run(circuit)
    folded._layout = layout
    return folded
