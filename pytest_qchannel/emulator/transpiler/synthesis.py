"""Blocks of circuits written again for the qubits they act on, by Qiskit's own synthesis.

A block comes with its physical qubits, and qubit *k* of the answer is the *k*-th of them. What is
synthesised for any pair of qubits is routed within the block, and the permutation that routing
leaves behind is undone by swaps: the answer does exactly what the block does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import rustworkx as rx
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Clifford
from qiskit.synthesis import synth_clifford_full, synth_cnot_count_full_pmh
from qiskit.transpiler import CouplingMap
from qiskit.transpiler.passes.routing.algorithms import ApproximateTokenSwapper

from pytest_qchannel.emulator.transpiler.circuits import Written, as_qpy, read_circuits
from pytest_qchannel.emulator.transpiler.order import Coupling, Order, Tick
from pytest_qchannel.emulator.transpiler.target import coupling_of
from pytest_qchannel.wire import Json

__all__ = ["refusal", "run"]

NOT_CONNECTED: Final = "Qargs do not form a connected subgraph of the backend coupling map."
"""Source: IBM's tests of its client."""

_GATES: Final = ("h", "s", "sdg", "sx", "sxdg", "x", "y", "z", "rx", "ry", "rz", "p", "u", "cx")
_TRIES: Final = 4
"""How many seeds are routed with; the answer with the fewest two-qubit gates counts."""


def refusal(order: Order) -> str | None:
    """A block whose qubits do not hang together is refused."""
    coupling = coupling_of(order)
    every = all(_is_connected(_graph(qubits, coupling)) for qubits in order.qargs)
    return None if every else NOT_CONNECTED


def _is_connected(graph: rx.PyGraph) -> bool:
    return len(graph) == 0 or rx.is_connected(graph)


def run(order: Order, tick: Tick) -> Json:
    """A row for each block."""
    blocks, write = _blocks(order)
    coupling = coupling_of(order)
    rows: list[Json] = []
    for block, qubits in zip(blocks, order.qargs, strict=True):
        tick()
        found = block(_graph(qubits, coupling), order.seed)
        rows.append(
            {"success": False, "qasm": None, "qpy": None}
            if found is None
            else {"success": True, **write(found)}
        )
    return rows


_Block = Callable[[rx.PyGraph, int], QuantumCircuit | None]
"""Gives the circuit within some pairs, with a seed; ``None``: nothing better than what was sent."""


def _blocks(order: Order) -> tuple[list[_Block], Callable[[QuantumCircuit], Written]]:
    if order.kind == "pauli_network":
        circuits, writers = read_circuits(order)
        return [_better(circuit) for circuit in circuits], writers[0]
    if order.kind == "permutations":
        return [_permutation(pattern) for pattern in order.permutations], as_qpy
    cliffords = [Clifford.from_dict(one) for one in order.cliffords]
    return [_routed(_synthesised(one, order.kind)) for one in cliffords], as_qpy


def _graph(qubits: Sequence[int], coupling: Coupling) -> rx.PyGraph:
    """The pairs within a block, by the places of its qubits."""
    place = {qubit: at for at, qubit in enumerate(qubits)}
    graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(qubits)))
    graph.add_edges_from_no_data(
        [(place[one], place[two]) for one, two in coupling if one in place and two in place]
    )
    return graph


def _synthesised(clifford: Clifford, kind: str) -> QuantumCircuit:
    """A circuit for a Clifford, for qubits that are all coupled; of CX alone where it can be."""
    if kind == "linear_functions":
        circuit = synth_cnot_count_full_pmh(clifford.destab_x.T.astype(bool))
        if Clifford(circuit) == clifford:
            return circuit
    return synth_clifford_full(clifford)


def _better(circuit: QuantumCircuit) -> _Block:
    """What is sent as a circuit may be good as it is: then the client is to keep it."""
    routed = _routed(circuit)

    def better(graph: rx.PyGraph, seed: int) -> QuantumCircuit | None:
        found = routed(graph, seed)
        fits = all(
            len(item.qubits) < 2
            or graph.has_edge(*(circuit.find_bit(q).index for q in item.qubits))
            for item in circuit.data
        )
        return None if fits and _cost(circuit) <= _cost(found) else found

    return better


def _cost(circuit: QuantumCircuit) -> tuple[int, int]:
    """Gates of two qubits, and how many of them are behind each other."""
    return circuit.num_nonlocal_gates(), circuit.depth(lambda item: len(item.qubits) > 1)


def _routed(circuit: QuantumCircuit) -> Callable[[rx.PyGraph, int], QuantumCircuit]:
    def routed(graph: rx.PyGraph, seed: int) -> QuantumCircuit:
        if circuit.num_qubits < 2:
            return circuit
        found = (_routed_once(circuit, graph, seed + more) for more in range(_TRIES))
        return min(found, key=_cost)

    return routed


def _routed_once(circuit: QuantumCircuit, graph: rx.PyGraph, seed: int) -> QuantumCircuit:
    both_ways = [pair for one, two in graph.edge_list() for pair in ((one, two), (two, one))]
    size = circuit.num_qubits
    is_linear = circuit.count_ops().keys() <= {"cx"}  # and stays so
    done = transpile(
        circuit,
        coupling_map=CouplingMap(both_ways),
        basis_gates=["cx"] if is_linear else list(_GATES),
        initial_layout=list(range(size)),
        optimization_level=1 if is_linear else 2,
        seed_transpiler=seed,
    )
    ends = done.layout.final_index_layout()
    answer = QuantumCircuit(size, global_phase=done.global_phase)
    for item in done.data:
        answer.append(item.operation, [done.find_bit(qubit).index for qubit in item.qubits])
    for one, two in _swaps(graph, {end: start for start, end in enumerate(ends)}):
        answer.cx(one, two)
        answer.cx(two, one)
        answer.cx(one, two)
    return answer


def _permutation(pattern: Sequence[int]) -> _Block:
    """Swaps after which qubit *k* has what qubit ``pattern[k]`` had."""

    def permuted(graph: rx.PyGraph, seed: int) -> QuantumCircuit:  # noqa: ARG001
        answer = QuantumCircuit(len(pattern))
        goes_to = {was: now for now, was in enumerate(pattern)}
        for one, two in _swaps(graph, goes_to):
            answer.swap(one, two)
        return answer

    return permuted


def _swaps(graph: rx.PyGraph, goes_to: Mapping[int, int]) -> Iterable[tuple[int, int]]:
    """Swaps of coupled qubits that bring what is at each place to where it goes."""
    moving = {was: now for was, now in goes_to.items() if was != now}
    if not moving:
        return []
    swapper = ApproximateTokenSwapper(graph, seed=np.random.default_rng(0))
    return [(int(one), int(two)) for one, two in swapper.map(dict(goes_to))]
