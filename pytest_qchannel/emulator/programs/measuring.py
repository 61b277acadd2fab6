"""Measuring in a basis: circuits with rotations and measurements behind them, and their shots.

Where the machine errs and measurements are twirled, each random variant flips random qubits right
before they are measured, and the flips are taken back in the bits: then readout errors shrink the
mean of a product of Z by a factor that does not depend on the state, and the factor can be
learned from the ground state (TREX; E. van den Berg, Z. Minev, K. Temme, Phys. Rev. A 105,
032620). An ideal machine has no readout errors, so there the variants are all the same circuit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_qchannel.emulator.programs import pubs
from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.options import Split

if TYPE_CHECKING:
    import numpy as np
    from qiskit import QuantumCircuit
    from qiskit.primitives.containers.bindings_array import BindingsArray

__all__ = ["Measured", "learn_readout", "measure", "seed_from"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a circuit gave in a basis.

    Attributes:
        bits: For each parameter set, of shape ``(shots, num_qubits)``: the measured qubits in
            ascending order.
        length_s: How long the device takes for a shot.
    """

    bits: list[np.ndarray[Any, np.dtype[np.bool_]]]
    length_s: float


def measure(
    machine: Machine,
    circuit: QuantumCircuit,
    values: BindingsArray,
    sets: Sequence[int],
    paulis: Mapping[int, str],
    split: Split,
    seed: int,
    *,
    is_twirled: bool,
    where: str,
) -> Measured:
    """Measures a Pauli on each of some qubits at the end of a circuit.

    Args:
        machine: What runs it.
        circuit: On the device's qubits.
        values: The parameter values.
        sets: Which parameter sets are measured: their places in row-major order.
        paulis: What is measured, by qubit.
        split: The shots, and over how many variants they are spread.
        seed: Decides the shots and the flips.
        is_twirled: Whether measurements are twirled.
        where: Names the PUB in what is said of it.

    Raises:
        JobFailure: The circuit cannot be simulated.
        TooLong: The simulation belongs into the worker process.
    """
    import numpy as np

    qubits = sorted(paulis)
    whole = _with_readout(circuit, paulis)
    active = machine.active(whole)
    length_s = circuit_s(whole, machine.task.snapshot)

    def run(variants: Sequence[QuantumCircuit], shots: int) -> list[list[Any]]:
        """Bits by variant and parameter set; all in one go, which is fastest."""
        bound = pubs.Bound(variants, values, where, sets)
        found = machine.bits(active, bound, shots, seed)
        bits = [one[:, circuit.num_clbits :] for one in found]
        return [bits[start : start + len(sets)] for start in range(0, len(bits), len(sets))]

    if not sets:
        return Measured([], length_s)
    if not (machine.is_noisy and is_twirled):
        return Measured(run([active.circuit], split.shots)[0], length_s)
    shape = split.num_randomizations, len(qubits)
    flipped = np.random.default_rng(seed).random(shape) < 0.5
    place = [active.physical.index(qubit) for qubit in qubits]
    variants = [
        _flipping(active.circuit, [place[number] for number in np.flatnonzero(flips)], len(qubits))
        for flips in flipped
    ]
    read = [
        [bits ^ flips for bits in found]
        for flips, found in zip(flipped, run(variants, split.shots_per_randomization), strict=True)
    ]
    return Measured([np.concatenate(bits) for bits in zip(*read, strict=True)], length_s)


def learn_readout(
    machine: Machine, num_qubits: int, qubits: Sequence[int], split: Split, seed: int
) -> Measured:
    """Twirled measurements of the ground state; a bit that is 1 was misread.

    Args:
        machine: What runs it.
        num_qubits: How many the circuits have.
        qubits: Which are measured.
        split: The shots, and over how many variants they are spread.
        seed: Decides the shots and the flips.

    Raises:
        JobFailure: The circuit cannot be simulated.
        TooLong: The simulation belongs into the worker process.
    """
    from qiskit import QuantumCircuit
    from qiskit.primitives.containers.bindings_array import BindingsArray

    return measure(
        machine,
        QuantumCircuit(num_qubits),
        BindingsArray(),
        [0],
        dict.fromkeys(qubits, "Z"),
        split,
        seed,
        is_twirled=True,
        where="readout learning",
    )


def seed_from(seed: int, *path: int) -> int:
    """A seed of its own for each part of a job, 0 to 2**31 - 1."""
    import numpy as np

    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0] >> 1)


def _with_readout(circuit: QuantumCircuit, paulis: Mapping[int, str]) -> QuantumCircuit:
    """The circuit with basis changes, and measurements into new bits as its last instructions."""
    from math import pi

    from qiskit.circuit import Clbit

    whole = circuit.copy()
    bits = [Clbit() for _ in paulis]
    whole.add_bits(bits)
    for qubit, pauli in paulis.items():
        # In gates of the devices, whose errors are known: sx turns Y into Z.
        if pauli == "X":
            whole.rz(pi / 2, qubit)
        if pauli != "Z":
            whole.sx(qubit)
    whole.measure(sorted(paulis), bits)
    return whole


def _flipping(circuit: QuantumCircuit, qubits: Sequence[int], num_measured: int) -> QuantumCircuit:
    """The circuit with qubits flipped before its last measurements."""
    variant = circuit.copy_empty_like()
    for item in circuit.data[: len(circuit.data) - num_measured]:
        variant._append(item)
    for qubit in qubits:
        variant.x(qubit)
    for item in circuit.data[len(circuit.data) - num_measured :]:
        variant._append(item)
    return variant
