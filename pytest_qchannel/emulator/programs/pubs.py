"""What every PUB begins with: a circuit that the device can run, and values for its parameters."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives.containers.bindings_array import BindingsArray
from qiskit.primitives.containers.sampler_pub import SamplerPub

from pytest_qchannel.emulator.programs import codec
from pytest_qchannel.emulator.programs.durations import circuit_s
from pytest_qchannel.emulator.programs.isa import require_isa
from pytest_qchannel.emulator.programs.mid_circuit import with_usual_readout
from pytest_qchannel.emulator.programs.options import require_shape
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.simulate import Active
from pytest_qchannel.emulator.programs.task import Params, Task
from pytest_qchannel.emulator.world.snapshots import Snapshot

__all__ = ["Bound", "MadeWhenAsked", "mean_length_s", "read_circuit", "read_values"]


def read_circuit(sent: str | Params, task: Task, where: str) -> QuantumCircuit:
    """The circuit of a PUB; qubit k is the device's qubit k.

    Args:
        sent: QPY in an envelope, or OpenQASM 3 as text.
        task: The job.
        where: Names the PUB in what is said of it.

    Raises:
        JobFailure: It cannot be read, or is not an ISA circuit of the device.
        TooLong: Reading it belongs into the worker process.
    """
    circuit = codec.decode_circuit(sent, task, where)
    task.tick()
    require_isa(circuit, task.snapshot)
    task.tick()
    return with_usual_readout(circuit, task.snapshot)


def read_values(circuit: QuantumCircuit, sent: object, where: str) -> BindingsArray:
    """The parameter values of a PUB: as many sets as its ``shape`` has, which may be none.

    Args:
        circuit: Says which parameters there are.
        sent: An encoded array or nested lists of shape ``(..., num_parameters)``, a mapping of
            names to either, or ``None``.
        where: Names the PUB in what is said of it.

    Raises:
        JobFailure: They are not one finite number for each parameter.
    """
    values = codec.decode_values(sent, where)
    try:
        pub = SamplerPub.coerce((circuit,) if values is None else (circuit, values))
        # Before version 2 qiskit binds NaN and infinity without a word.
        if not all(np.isfinite(array).all() for array in pub.parameter_values.data.values()):
            raise ValueError("not every value is a finite number")
        require_shape(pub.parameter_values.shape)
        return pub.parameter_values
    except Exception as problem:  # qiskit and numpy raise many kinds on values that are no numbers
        raise _misfit(where, problem) from None


class MadeWhenAsked(Sequence["QuantumCircuit"]):
    """Circuits that are made when they are asked for: as many as a job may have take gigabytes."""

    __slots__ = ()

    @abstractmethod
    def made(self, number: int) -> QuantumCircuit:
        """One of them, counted from 0."""

    @overload
    def __getitem__(self, number: int) -> QuantumCircuit: ...

    @overload
    def __getitem__(self, number: slice) -> list[QuantumCircuit]: ...

    def __getitem__(self, number: int | slice) -> QuantumCircuit | list[QuantumCircuit]:
        """One of them, or some."""
        which = range(len(self))[number]
        return self.made(which) if isinstance(which, int) else [self.made(one) for one in which]


@dataclass(frozen=True, slots=True)
class Bound(MadeWhenAsked):
    """Circuits with parameter sets: each circuit with every set, then the next circuit.

    Attributes:
        circuits: With parameters.
        values: Their values.
        where: Names the PUB in what is said of it.
        at: Which sets, by their places in row-major order; ``None``: each.
    """

    circuits: Sequence[QuantumCircuit]
    values: BindingsArray
    where: str
    at: Sequence[int] | None = None

    @property
    def num_sets(self) -> int:
        """How many sets each circuit is bound with."""
        return math.prod(self.values.shape) if self.at is None else len(self.at)

    def __len__(self) -> int:
        """How many circuits there are with their values."""
        return len(self.circuits) * self.num_sets

    def made(self, number: int) -> QuantumCircuit:
        """A circuit with a set.

        Raises:
            JobFailure: A value is nothing that its parameter can be.
        """
        which, place = divmod(number, self.num_sets)
        place = place if self.at is None else self.at[place]
        try:
            index = np.unravel_index(place, self.values.shape)
            return self.values.bind(self.circuits[which], tuple(map(int, index)))
        except Exception as problem:  # an unknown name, not a number, infinity: each its own kind
            raise _misfit(self.where, problem) from None


def mean_length_s(
    circuit: QuantumCircuit, active: Active, bound: Sequence[QuantumCircuit], snapshot: Snapshot
) -> float:
    """How long the device takes for a shot of a PUB, on average over its parameter sets.

    Args:
        circuit: As it was sent; its length does not depend on parameters but those of delays.
        active: Its active part.
        bound: The active part's circuit with each parameter set.
        snapshot: The device.
    """
    if bound and any(item.name == "delay" and item.is_parameterized() for item in circuit.data):
        return math.fsum(circuit_s(one, snapshot, active.physical) for one in bound) / len(bound)
    return circuit_s(circuit, snapshot)


def _misfit(where: str, problem: Exception) -> JobFailure:
    return JobFailure(
        FailureCode.PARAMETER_VALUES, f"The parameter values of {where} do not fit: {problem}"
    )
