"""``POST /routing/routing``: layout and routing alone, by Qiskit's own passes (Sabre)."""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.dagcircuit import DAGCircuit
from qiskit.transpiler import Layout, PassManager
from qiskit.transpiler.basepasses import AnalysisPass
from qiskit.transpiler.passes import Unroll3qOrMore
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

from pytest_qchannel.emulator.transpiler.circuits import layout_of, read_circuits
from pytest_qchannel.emulator.transpiler.order import Order, Tick
from pytest_qchannel.emulator.transpiler.target import coupling_map_of
from pytest_qchannel.wire import Json

__all__ = ["refusal", "run"]


class _StartHere(AnalysisPass):  # type: ignore[misc]  # qiskit has no types
    """Has Sabre try the layout that the circuit has, beside those that it draws."""

    def run(self, dag: DAGCircuit) -> None:
        """Names the layout."""
        given = Layout.generate_trivial_layout(*dag.qregs.values())
        self.property_set["sabre_starting_layouts"] = [given]


def refusal(order: Order) -> str | None:  # noqa: ARG001 - nothing is refused at once
    """Nothing is."""
    return None


def run(order: Order, tick: Tick) -> Json:
    """One object: the circuit with its own gates and swaps, and its layout."""
    circuits, writers = read_circuits(order)
    [circuit] = circuits
    routed = _passes(order, circuit).run(circuit, callback=lambda **_: tick())
    return {"success": True, **writers[0](routed), "layout": layout_of(routed)}


def _passes(order: Order, circuit: QuantumCircuit) -> PassManager:
    is_kept = order.layout_mode == "keep"
    passes = generate_preset_pass_manager(
        optimization_level=order.level,
        coupling_map=coupling_map_of(order),
        seed_transpiler=order.seed,
        initial_layout=list(range(circuit.num_qubits)) if is_kept else None,
    )
    # The gates stay what they are: translating and optimizing is not what was asked for.
    passes.init = PassManager([Unroll3qOrMore()])
    passes.translation = passes.pre_optimization = passes.optimization = None
    passes.scheduling = None
    if order.layout_mode == "improve":
        passes.pre_layout = PassManager([_StartHere()])
    return passes
