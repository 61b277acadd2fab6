"""Measuring in a basis: circuits with rotations and measurements behind them, and their shots.

Where the machine errs and measurements are twirled, readout errors are equally likely both ways:
then they shrink the mean of a product of Z by a factor that does not depend on the state, and the
factor can be learned from the ground state (TREX; E. van den Berg, Z. Minev, K. Temme, Phys. Rev.
A 105, 032620). An ideal machine has no errors, so there nothing is twirled and nothing injected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import TypeAlias

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Clbit
from qiskit.primitives.containers.bindings_array import BindingsArray

from pytest_qchannel.emulator.programs import pubs
from pytest_qchannel.emulator.programs.arrays import Bits, Reals
from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.estimator.injection import Drawn, Injection, Variants
from pytest_qchannel.emulator.programs.machine import Machine
from pytest_qchannel.emulator.programs.options import Split, Twirling
from pytest_qchannel.emulator.programs.seeds import seed_from
from pytest_qchannel.emulator.programs.simulate import Active
from pytest_qchannel.emulator.programs.twirling import twirled

__all__ = ["Measured", "learn_readout", "measure"]

_Run: TypeAlias = Callable[[Sequence[QuantumCircuit], int, int], list[list[Bits]]]
"""Bits by variant and parameter set, of variants with as many shots each, and a seed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a circuit gave in a basis.

    Attributes:
        bits: For each parameter set, of shape ``(shots, num_qubits)``: the measured qubits in
            ascending order.
        length_s: How long the device takes for a shot.
        weights: By what the values of each shot are multiplied, of shape ``(shots,)``; ``None``
            where no noise is cancelled.
    """

    bits: list[Bits]
    length_s: float
    weights: Reals | None = None


def measure(
    machine: Machine,
    circuit: QuantumCircuit,
    values: BindingsArray,
    sets: Sequence[int],
    paulis: Mapping[int, str],
    split: Split,
    seed: int,
    *,
    twirling: Twirling,
    injection: Injection | None = None,
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
        seed: Decides the shots and the variants.
        twirling: What is twirled.
        injection: What is injected behind the layers, of which gates are twirled then.
        where: Names the PUB in what is said of it.

    Raises:
        JobFailure: The circuit cannot be simulated.
        TooLong: The simulation belongs into the worker process.
    """
    whole = _with_readout(circuit, paulis)
    length_s = circuit_s(whole, machine.task.snapshot)
    if not sets:
        return Measured([], length_s)
    if injection is not None and (injection.is_empty or not machine.is_noisy):
        injection = None
    if machine.is_noisy:
        whole = twirled(whole, twirling, with_sites=injection is not None)
    active = machine.active(whole)

    def run(variants: Sequence[QuantumCircuit], shots: int, seed: int) -> list[list[Bits]]:
        """Bits by variant and parameter set; all in one go, which is fastest."""
        bound = pubs.Bound(variants, values, where, sets)
        found = machine.bits(active, bound, shots, seed)
        bits = [one[:, circuit.num_clbits :] for one in found]
        return [bits[start : start + len(sets)] for start in range(0, len(bits), len(sets))]

    if injection is None:
        return Measured(run([active.circuit], split.shots, seed)[0], length_s)
    drawn = injection.draw(split.num_randomizations, seed_from(seed, 1), active.physical)
    found = np.zeros((len(sets), split.shots, len(paulis)), np.bool_)
    _sample(active, drawn, split.shots_per_randomization, seed, run, found)
    weights = np.repeat(injection.gamma * drawn.signs, split.shots_per_randomization)
    return Measured(list(found), length_s, weights)


def _sample(active: Active, drawn: Drawn, each: int, seed: int, run: _Run, found: Bits) -> None:
    """Takes the shots of all variants; those that are equal run together, as most do.

    Args:
        active: The circuit without what is injected.
        drawn: What is injected in each variant.
        each: The shots of a variant.
        seed: Decides the shots.
        run: Runs variants.
        found: Where the bits go, of shape ``(sets, variants * each, qubits)``.
    """
    times = np.bincount(drawn.which, minlength=len(drawn.patterns))
    places = found.reshape(len(found), len(drawn.which), each, -1)
    for often in np.unique(times).tolist():
        alike = np.flatnonzero(times == often).tolist()
        variants = Variants(active, [drawn.patterns[one] for one in alike])
        ran = run(variants, often * each, seed_from(seed, 2, often))
        for one, by_set in zip(alike, ran, strict=True):
            for place, bits in enumerate(by_set):
                places[place, drawn.which == one] = bits.reshape(often, each, -1)


def learn_readout(
    machine: Machine, num_qubits: int, qubits: Sequence[int], split: Split, seed: int
) -> Measured:
    """Twirled measurements of the ground state; a bit that is 1 was misread.

    The qubits are set to 0 before each shot, whatever the job's other circuits do: what is read
    tells nothing where it is not known what was there.

    Args:
        machine: What runs it.
        num_qubits: How many the circuits have.
        qubits: Which are measured.
        split: The shots, and over how many variants they are spread.
        seed: Decides the shots.

    Raises:
        JobFailure: The circuit cannot be simulated.
        TooLong: The simulation belongs into the worker process.
    """
    return measure(
        machine.initialised,
        QuantumCircuit(num_qubits),
        BindingsArray(),
        [0],
        dict.fromkeys(qubits, "Z"),
        split,
        seed,
        twirling=Twirling(gates=False, measure=True),
        where="readout learning",
    )


def _with_readout(circuit: QuantumCircuit, paulis: Mapping[int, str]) -> QuantumCircuit:
    """The circuit with basis changes, and measurements into new bits as its last instructions."""
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
