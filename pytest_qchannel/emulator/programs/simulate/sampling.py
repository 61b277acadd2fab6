"""Shots of circuits, by the cheapest method that is exact for them.

- Stabilizer circuits: stim, any number of qubits.
- Where chance acts before the end (noise, measurements in the middle, resets, feed-forward):
  state vectors that the shots share as long as the same has happened to them.
- One or two qubits that only noise disturbs: their density matrix.
- State vectors for circuits of up to 20 qubits, for which it is faster than Aer.
- Otherwise Aer's state vector, or its matrix product state where that is smaller.

Where qubits are not set to 0 between the shots, stim runs a stabilizer circuit over and over again,
and everything else is a chain of state vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Qubit

from pytest_qchannel.emulator.programs.arrays import Bits
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import seed_from
from pytest_qchannel.emulator.programs.simulate import chain, density
from pytest_qchannel.emulator.programs.simulate.active import Active, condition_of, written_by
from pytest_qchannel.emulator.programs.simulate.aer import (
    MEMORY_LIMIT_MB,
    STATEVECTOR_QUBITS,
    is_known_to_aer,
    on_line,
    run_aer,
)
from pytest_qchannel.emulator.programs.simulate.branching import estimate_s, run_branching
from pytest_qchannel.emulator.programs.simulate.calibration import DeviceNoise
from pytest_qchannel.emulator.programs.simulate.clifford import sample_translation, translation
from pytest_qchannel.emulator.programs.simulate.components import Part, groups_of, part_of, parts_of
from pytest_qchannel.emulator.programs.simulate.entanglement import Line, line_order, require_narrow
from pytest_qchannel.emulator.programs.simulate.steps import steps_of
from pytest_qchannel.emulator.programs.simulate.threads import on_one_thread
from pytest_qchannel.emulator.programs.task import Noise, Task, TooLong

__all__ = ["sample"]

# Parting a circuit that is smaller than this costs more than it saves.
_WORTH_PARTING: Final = 14
# State vectors that shots share, and as many copies as a step makes of them, within the limit.
_BRANCHING_QUBITS: Final = 25
# Measured on two cores of 2023: seconds for an amplitude and a gate.
_GATE_S: Final = 2e-9
# Seconds for a bit of a shot, with packing it into the result.
_BIT_S: Final = 2e-8
# And for a set of parameters to be bound.
_SET_S: Final = 1e-4
# Up to here our own state vector, on one thread, takes less time than Aer's on two.
_SMALL: Final = 20


def sample(
    active: Active,
    bound: Sequence[QuantumCircuit],
    shots: int,
    seed: int,
    task: Task,
    *,
    true_readout: bool = False,
    pause_s: float | None = None,
) -> list[Bits]:
    """Shots of each circuit: a bool array of shape ``(shots, num_clbits)``, column k is clbit k.

    Every circuit is drawn with a seed of its own, which ``seed`` and its place decide.

    Args:
        active: From :func:`active_part`.
        bound: Its circuit with each parameter set bound.
        shots: How many shots of each.
        seed: Fixes every choice, 0 to 2**31 - 1.
        task: Says whether the device errs, and how long this may take here.
        true_readout: Whether noise leaves out that readout errs.
        pause_s: For shots that start as the one before ended, in the circuit's order: how long the
            qubits are left alone between them. ``None``: each shot starts in the ground state, as
            the first one of each circuit does anyway.

    Raises:
        JobFailure: A circuit cannot be simulated exactly.
        TooLong: It would take longer than the task allows.
    """
    _require_memory(active.circuit, len(bound), shots)
    task.allow(len(bound) * (_SET_S + active.circuit.num_clbits * shots * _BIT_S))
    try:
        return _sample(_Work(active.physical, shots, task, true_readout, pause_s), bound, seed)
    except (JobFailure, TooLong):
        raise
    except MemoryError:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The machine has too little memory to simulate {active.circuit.num_qubits} qubits. "
            "Use fewer qubits.",
        ) from None
    except Exception as problem:  # qiskit, numpy and stim raise many kinds on malformed circuits
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate a circuit: {type(problem).__name__}: {problem}",
        ) from None


@dataclass(frozen=True, slots=True)
class _Work:
    """What the circuits of a call have in common."""

    physical: Sequence[int]
    shots: int
    task: Task
    true_readout: bool
    pause_s: float | None

    @property
    def errs(self) -> bool:
        return self.task.noise is Noise.CALIBRATION

    @property
    def noise(self) -> DeviceNoise | None:
        if not self.errs:
            return None
        return DeviceNoise(self.task.snapshot, self.physical, true_readout=self.true_readout)


def _sample(work: _Work, bound: Sequence[QuantumCircuit], seed: int) -> list[Bits]:
    samples = []
    for number, circuit in enumerate(bound):
        work.task.tick()
        own = seed_from(seed, number)
        drawn = _quick(work, circuit, own)
        if drawn is None:
            _require_numbers(circuit)
            with on_one_thread():
                drawn = _alone(work, circuit, own)
        samples.append(drawn)
    return samples


def _require_memory(circuit: QuantumCircuit, sets: int, shots: int) -> None:
    """Refuses results that do not fit: shots, sets and bits each are within a device's limits."""
    size = sets * circuit.num_clbits * shots
    if size > MEMORY_LIMIT_MB * 2**20:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot hold the {sets} x {shots} shots of a PUB: they take more "
            f"than {MEMORY_LIMIT_MB} MB. Use fewer parameter sets or fewer shots in one job.",
        )


def _require_numbers(circuit: QuantumCircuit) -> None:
    """Refuses angles that are not finite, which Aer would take."""
    for item in circuit.data:
        for value in item.params:
            if isinstance(value, float) and not math.isfinite(value):
                raise JobFailure(
                    FailureCode.SIMULATOR_FAILED,
                    f"The emulator cannot simulate the instruction {item.name!r} with {value}: "
                    "it is not a finite number.",
                )


def _nothing(circuit: QuantumCircuit, shots: int) -> Bits:
    return np.zeros((shots, circuit.num_clbits), np.bool_)


def _quick(work: _Work, circuit: QuantumCircuit, seed: int) -> Bits | None:
    """Shots of an ideal stabilizer circuit, and of one that reads nothing out."""
    found = None if work.errs else translation(circuit)
    if found is not None:
        return sample_translation(found, work.shots, seed, in_a_row=work.pause_s is not None)
    if not any(written_by(item) for item in circuit.data):
        return _nothing(circuit, work.shots)
    return None


def is_sampled_at_end(circuit: QuantumCircuit) -> bool:
    """Whether one state gives all shots: nothing happens at random before its end."""
    measured: set[Qubit] = set()
    for item in circuit.data:
        name = item.name
        if name in ("barrier", "delay"):
            continue
        if name == "measure":
            if condition_of(item) is not None:
                return False
            measured.update(item.qubits)
        elif (
            name in ("reset", "store", "initialize")
            or item.is_control_flow()
            or condition_of(item) is not None
            or not measured.isdisjoint(item.qubits)
        ):
            return False
    return True


def _alone(work: _Work, circuit: QuantumCircuit, seed: int) -> Bits:
    """Shots of one circuit that is no stabilizer circuit, in parts where that is cheaper."""
    parts = _parts(work, circuit)
    if not parts:
        return _whole(work, circuit, seed)
    bits = _nothing(circuit, work.shots)
    for place, part in enumerate(parts):
        own = seed_from(seed, place)
        inner = replace(work, physical=part.active.physical)
        quick = _quick(inner, part.active.circuit, own)
        # No two parts write the same bit.
        bits[:, part.bits] |= _whole(inner, part.active.circuit, own) if quick is None else quick
    return bits


def _parts(work: _Work, circuit: QuantumCircuit) -> list[Part]:
    """The parts of a circuit to simulate one by one; none where it is better left whole.

    Where a device errs each has to stand alone: noise on one qubit would part the shots of all
    that are simulated with it. Else small ones go together.
    """
    if work.errs:
        if circuit.num_qubits == 1:
            return []
        found = parts_of(Active(circuit, tuple(work.physical)))
        return [] if found[0].active.circuit.num_qubits == circuit.num_qubits else found
    groups = groups_of(circuit) if circuit.num_qubits >= _WORTH_PARTING else []
    every = list(range(circuit.num_clbits))
    return [
        Part(
            Active(part_of(circuit, group), tuple(work.physical[number] for number in group)),
            every,
        )
        for group in (groups if len(groups) > 1 else [])
    ]


def _whole(work: _Work, circuit: QuantumCircuit, seed: int) -> Bits:
    """Shots of one circuit by state vectors or a matrix product state."""
    if work.pause_s is not None:
        return _chained(work, circuit, seed, work.pause_s)
    size = circuit.num_qubits
    if size <= _SMALL or work.errs:
        return _branching(work, circuit, seed)
    at_end = is_sampled_at_end(circuit)
    if size <= _BRANCHING_QUBITS and not at_end:
        return _branching(work, circuit, seed)
    longest_s = math.inf
    if at_end and size <= STATEVECTOR_QUBITS:
        longest_s = 2.0**size * len(circuit.data) * _GATE_S
    drawn = _by_mps(work, circuit, seed, longest_s, at_end=at_end)
    if drawn is not None:
        return drawn
    if size <= _BRANCHING_QUBITS and not is_known_to_aer(circuit):
        return _branching(work, circuit, seed)
    work.task.allow(longest_s)
    return run_aer(on_line(circuit, range(size)), work.shots, seed)


def _by_mps(
    work: _Work, circuit: QuantumCircuit, seed: int, longest_s: float, *, at_end: bool
) -> Bits | None:
    """Shots from a matrix product state, or ``None`` where it takes longer than ``longest_s``.

    Raises:
        JobFailure: There is no other way, and the state is too entangled.
    """
    steps = steps_of(circuit, tick=work.task.tick)
    order = line_order(steps, circuit.num_qubits)
    line = Line(list(order))
    line.run(steps)
    seconds = line.estimate_s(circuit.num_qubits, work.shots, is_sampled_at_end=at_end)
    if longest_s < math.inf and (not line.is_narrow or seconds >= longest_s):
        return None
    # How long it takes to find out what the gates alone do not tell is not known either.
    work.task.allow(seconds if line.is_narrow else math.inf)
    ordered = on_line(circuit, order)
    if not line.is_narrow:
        require_narrow(ordered, seed, work.task.tick)
    return run_aer(ordered, work.shots, seed, "matrix_product_state")


def _branching(work: _Work, circuit: QuantumCircuit, seed: int) -> Bits:
    if circuit.num_qubits > _BRANCHING_QUBITS:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate a circuit that acts on {circuit.num_qubits} qubits "
            f"with noise exactly: it takes state vectors, of which those of {_BRANCHING_QUBITS} "
            f"qubits fit into {MEMORY_LIMIT_MB} MB. Use fewer qubits, or no noise.",
        )
    steps = steps_of(circuit, work.noise, work.task.tick)
    size = circuit.num_qubits, circuit.num_clbits
    if work.errs and density.is_dense(steps, circuit.num_qubits):
        work.task.allow(density.density_estimate_s(steps, work.shots))
        return density.run_density(steps, *size, work.shots, seed, work.task.tick)
    work.task.allow(estimate_s(steps, circuit.num_qubits, work.shots))
    return run_branching(steps, *size, work.shots, seed, single=work.errs, tick=work.task.tick)


def _chained(work: _Work, circuit: QuantumCircuit, seed: int, pause_s: float) -> Bits:
    if circuit.num_qubits > chain.MOST_QUBITS:
        raise JobFailure(
            FailureCode.SIMULATOR_FAILED,
            f"The emulator cannot simulate a circuit that acts on {circuit.num_qubits} connected "
            f"qubits with init_qubits=False: it follows the state from shot to shot, for at most "
            f"{chain.MOST_QUBITS} qubits. Use fewer qubits, an ideal device and rotations by "
            "multiples of pi/2 only, or reset the qubits in the circuit and leave init_qubits out.",
        )
    noise = work.noise
    steps = steps_of(circuit, noise, work.task.tick, keeps_state=True)
    if noise is not None:
        steps += noise.idle(pause_s, range(circuit.num_qubits))
    work.task.allow(chain.chain_estimate_s(steps, circuit.num_qubits, work.shots))
    return chain.run_chain(
        steps, circuit.num_qubits, circuit.num_clbits, work.shots, seed, work.task.tick
    )
