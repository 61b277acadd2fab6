"""Twirled circuits: what random gates around layers and measurements do to the noise in them.

Twirled gates and measurements are followed by what undoes the twirl, so that only the noise in
between is changed. Averaged over the random gates it is a Pauli channel, and a readout error is
equally likely both ways. That average is what is simulated: as if every shot had a random variant
of its own. (Where variants have to differ, see :mod:`.injection`.)

What is compiled on a device is simulated as such: each twirled qubit of a layer gets a random gate,
two ``sx`` between rotations, that takes in the gates on this qubit since the layer before. The
noise that a learner finds for a layer is that of its gates and of these ``sx``.

Source: ``TwirlingOptions`` of qiskit-ibm-runtime; the templates of samplomatic 0.21.
"""

from __future__ import annotations

from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Clbit, Measure, Qubit
from qiskit.circuit.library import IGate

from pytest_qchannel.emulator.programs.noise_learner.layers import layered
from pytest_qchannel.emulator.programs.options import Twirling
from pytest_qchannel.emulator.programs.simulate.active import condition_of
from pytest_qchannel.emulator.programs.simulate.labels import (
    DRESSING,
    MERGED,
    SITE,
    TWIRLED_READOUT,
    twirled_label,
)

__all__ = ["twirled"]

_NO_GATES = frozenset({"measure", "reset", "delay", "barrier", "initialize"})


def twirled(
    circuit: QuantumCircuit, twirling: Twirling, *, with_sites: bool = False
) -> QuantumCircuit:
    """The circuit with the labels by which a simulation twirls its noise.

    Args:
        circuit: An ISA circuit; it stays as it is.
        twirling: What is twirled in it.
        with_sites: Whether each layer is followed by marks, one on each twirled qubit.
    """
    if twirling.gates:
        circuit = _dressed(circuit, twirling.strategy, with_sites=with_sites)
    return _read_twirled(circuit) if twirling.measure else circuit


def _dressed(circuit: QuantumCircuit, strategy: str, *, with_sites: bool) -> QuantumCircuit:
    found = layered(circuit, strategy, only_cliffords=True)
    acting = {
        qubit
        for item in circuit.data
        if item.name not in ("barrier", "delay")
        for qubit in item.qubits
    }
    order: list[CircuitInstruction] = []
    loose: dict[Qubit, list[int]] = {}  # where gates stand that a random gate can take in
    for number, between in enumerate(found.between):
        for item in (circuit.data[place] for place in between):
            if _is_single(item):
                loose.setdefault(item.qubits[0], []).append(len(order))
            elif item.name != "barrier":
                for qubit in item.qubits:
                    loose.pop(qubit, None)
            order.append(item)
        if number == len(found.layers):
            break
        twirled = [circuit.qubits[one] for one in found.layers[number].qubits]
        twirled = [qubit for qubit in twirled if qubit in acting]
        for qubit in twirled:
            for place in loose.pop(qubit, ()):
                order[place] = _labelled(order[place], MERGED)
        order += _marks(twirled, DRESSING)
        gates = (circuit.data[place] for place in found.gates[number])
        order += [_labelled(item, twirled_label(item.name)) for item in gates]
        if with_sites:
            order += _marks(twirled, f"{SITE}{number}")
    return _circuit_of(circuit, order)


def _is_single(item: CircuitInstruction) -> bool:
    return (
        len(item.qubits) == 1
        and not item.clbits
        and item.name not in _NO_GATES
        and not item.is_control_flow()
        and condition_of(item) is None
    )


def _labelled(item: CircuitInstruction, label: str) -> CircuitInstruction:
    operation = item.operation.to_mutable()
    operation.label = label
    return item.replace(operation=operation)


def _marks(qubits: list[Qubit], label: str) -> list[CircuitInstruction]:
    return [CircuitInstruction(IGate(label=label), [qubit]) for qubit in qubits]


def _read_twirled(circuit: QuantumCircuit) -> QuantumCircuit:
    reading = Measure(label=TWIRLED_READOUT)
    order: list[CircuitInstruction] = []
    looked_at: set[Clbit] = set()  # further on, before the flip is undone in the results
    for item in reversed(circuit.data):
        if item.is_control_flow():
            looked_at.update(item.clbits)
        elif item.name == "store" or condition_of(item) is not None:
            looked_at.update(circuit.clbits)
        elif item.name == "measure" and looked_at.isdisjoint(item.clbits):
            item = item.replace(operation=reading)
        order.append(item)
    return _circuit_of(circuit, order[::-1])


def _circuit_of(like: QuantumCircuit, order: list[CircuitInstruction]) -> QuantumCircuit:
    made = like.copy_empty_like()
    for item in order:
        made._append(item)
    return made
