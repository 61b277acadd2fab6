"""What noise a learner would find in a layer of gates, from the device's calibration.

The model of arXiv:2201.09866: independent Pauli errors, one rate for each Pauli on one qubit and
for each product on two coupled qubits of the layer. Nothing is sampled. The fidelity of each
Pauli under a gate is that of the channel with which the simulation lets the gate err. Each
twirled qubit also passes the two ``sx`` of its random Pauli. From the logarithms of the
fidelities the rates follow by a Walsh-Hadamard transform, gate by gate, since the gates of a
layer share no qubit.

A learner repeats the layer in pairs and so cannot tell a Pauli's fidelity from that of what the
gate makes of it: both get their geometric mean. Idle qubits do not decay, as in the simulation.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from qiskit.circuit import Operation
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford, Pauli

from pytest_qchannel.emulator.programs.arrays import Complexes, Reals
from pytest_qchannel.emulator.programs.noise_learner.layers import LayerGate
from pytest_qchannel.emulator.programs.simulate.calibration import (
    DRESSING_GATES,
    calibration,
    channel_of,
)
from pytest_qchannel.emulator.programs.simulate.channels import pauli_weights
from pytest_qchannel.emulator.programs.simulate.gates import pauli_labels
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["ChannelOf", "Generator", "layer_rates", "readout_rates"]

Generator = tuple[str, tuple[int, ...]]
"""A Pauli in sparse form: letters, and the device's qubits they act on in ascending order."""

ChannelOf: TypeAlias = Callable[[str, tuple[int, ...]], Complexes | None]
"""From the name of a gate and its qubits: the Choi matrix of its noise, ``None`` without any."""

# The smallest fidelity and the largest chance of a flip that are told apart from "always wrong";
# calibrations mark a gate that does not work with an error of 1.
_LEAST_FIDELITY: Final = 1e-3
_MOST_FLIPS: Final = 0.4995


def layer_rates(
    gates: Sequence[LayerGate],
    qubits: Sequence[int],
    snapshot: Snapshot,
    channel: ChannelOf | None = None,
) -> dict[Generator, float]:
    """The rate of each generator of the layer's model, per application of the layer.

    Args:
        gates: Name, physical qubits and operation of each gate; they share no qubit.
        qubits: The physical qubits that are twirled, the gates' among them.
        snapshot: The device.
        channel: The noise of a gate on qubits; ``None``: the device's own, by its calibration.
    """
    channel = channel or functools.partial(channel_of, snapshot)
    rates = dict.fromkeys(_generators(sorted(qubits), snapshot), 0.0)
    busy: set[int] = set()
    for name, places, operation in gates:
        busy.update(places)
        rates.update(_gate_rates(name, places, operation, channel))
    for qubit in set(qubits) - busy:
        rates.update(_gate_rates(None, (qubit,), None, channel))
    return rates


def readout_rates(qubits: Sequence[int], snapshot: Snapshot) -> dict[Generator, float]:
    """The rate of a flip before each measurement; both directions are equal once twirled."""
    readout = calibration(snapshot).readout
    chances = {qubit: min(sum(readout[qubit]) / 2, _MOST_FLIPS) for qubit in sorted(qubits)}
    return {("X", (qubit,)): -0.5 * math.log(1 - 2 * flip) for qubit, flip in chances.items()}


def _generators(qubits: list[int], snapshot: Snapshot) -> list[Generator]:
    coupled = {tuple(sorted(pair)) for pair in snapshot.facts.get("coupling_map") or ()}
    singles: list[Generator] = [(letter, (qubit,)) for qubit in qubits for letter in "XYZ"]
    pairs = [pair for pair in itertools.combinations(qubits, 2) if pair in coupled]
    products = ["".join(letters) for letters in itertools.product("XYZ", repeat=2)]
    return singles + [(letters, pair) for pair in pairs for letters in products]


@functools.cache
def _commutation(width: int) -> Reals:
    """1 where two Paulis commute, -1 where they anticommute."""
    differ = [
        [
            sum("I" not in (a, b) and a != b for a, b in zip(p, q, strict=True))
            for q in pauli_labels(width)
        ]
        for p in pauli_labels(width)
    ]
    return 1.0 - 2.0 * (np.array(differ) % 2)


def _fidelities(name: str, qubits: tuple[int, ...], channel: ChannelOf) -> Reals:
    """The fidelity of each Pauli under the noise of one gate, as the simulation has it."""
    choi = channel(name, qubits)
    if choi is None:
        return np.ones(4 ** len(qubits))
    found = _commutation(len(qubits)) @ pauli_weights(choi)
    return np.asarray(found, dtype=np.float64).clip(_LEAST_FIDELITY, 1.0)


def _gate_rates(
    name: str | None, qubits: tuple[int, ...], operation: Operation | None, channel: ChannelOf
) -> dict[Generator, float]:
    """Rates of all Paulis on a gate's qubits, or of the twirling alone on an idle one."""
    width = len(qubits)
    paulis = pauli_labels(width)
    logs = np.zeros(len(paulis)) if name is None else np.log(_fidelities(name, qubits, channel))
    for place, qubit in enumerate(qubits):
        for gate in DRESSING_GATES:
            once = dict(zip("IXYZ", np.log(_fidelities(gate, (qubit,), channel)), strict=True))
            logs += np.array([once[pauli[place]] for pauli in paulis])
    partner = _partners(operation, paulis)
    if partner is not None:
        logs = (logs + logs[partner]) / 2
    # log f_P = sum of r_K (chi_PK - 1), so r_K = sum of chi_PK log f_P / 4**n.
    rates = (_commutation(width) @ logs / len(paulis)).clip(0.0)
    found: dict[Generator, float] = {}
    for pauli, rate in zip(paulis[1:], rates[1:], strict=True):
        letters = sorted(
            (q, letter) for q, letter in zip(qubits, pauli, strict=True) if letter != "I"
        )
        found["".join(one for _, one in letters), tuple(q for q, _ in letters)] = float(rate)
    return found


def _partners(operation: Operation | None, paulis: list[str]) -> list[int] | None:
    """For each Pauli the one that the gate makes of it; ``None`` for a gate that is no Clifford."""
    if operation is None:
        return None
    try:
        gate = Clifford(operation)
    except (QiskitError, TypeError, ValueError):
        return None
    # Qiskit writes the first qubit last.
    made = [Pauli(pauli[::-1]).evolve(gate, frame="s") for pauli in paulis]
    return [paulis.index(one.to_label().lstrip("+-")[::-1]) for one in made]
