"""The measured arrays of an item: bits, points, or what a device that only pretends gives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from pytest_qchannel.emulator.programs.arrays import Bits, Complexes, Data
from pytest_qchannel.emulator.programs.executor.items import Item
from pytest_qchannel.emulator.programs.models import one_line
from pytest_qchannel.emulator.programs.outcome import FailureCode, JobFailure
from pytest_qchannel.emulator.programs.seeds import generator, of_part
from pytest_qchannel.emulator.programs.simulate import active_part, sample, sample_iq
from pytest_qchannel.emulator.programs.simulate.batch import plan_of
from pytest_qchannel.emulator.programs.simulate.components import parts_of
from pytest_qchannel.emulator.programs.simulate.lone import chance_of_one
from pytest_qchannel.emulator.programs.task import Noise, Task, TooLong

__all__ = ["measure"]

# Seconds per random bit of a lone qubit, measured on a machine of 2025.
_BIT_S: Final = 5e-9
# And for a set of values, and for a value of the result, with its encoding.
_SET_S: Final = 4e-6
_VALUE_S: Final = 2e-8
_MOST_BYTES: Final = 1 << 31

_Value = TypeVar("_Value", bound=np.generic)


def measure(
    item: Item, shots: int, level: str, seed: int, task: Task, pause_s: float | None = None
) -> dict[str, Data]:
    """The arrays of each classical register, of shape ``(*item.shape, shots, bits)``.

    Complex points have a name of their own; averaged ones have no axis of shots. The client takes
    the suffixes off, so that is how the service names them.

    Args:
        item: A circuit with its sets of values.
        shots: Of each set.
        level: What is measured: bits, points, or both.
        seed: Decides the shots.
        task: The job.
        pause_s: Of shots that start as the one before ended; see :func:`.simulate.sample`.

    Raises:
        JobFailure: The circuit cannot be simulated, or values do not fit.
        TooLong: The simulation belongs into the worker process.
    """
    job = _Work(item, (len(item.values), shots, item.circuit.num_clbits), seed, task, pause_s)
    if level == "classified":
        return _by_register(item, job.filled(np.bool_, job.bits), "")
    points = job.filled(np.complex128, job.points)
    if level == "avg_kerneled":
        return _by_register(item, points.mean(axis=-2), "_avg_iq")
    arrays = _by_register(item, points, "_iq")
    if level == "both":  # the bits of the same shots: a point left of the middle is a 1
        arrays.update(_by_register(item, points.real < 0, ""))
    return arrays


def _by_register(item: Item, values: Data, suffix: str) -> dict[str, Data]:
    return {
        register.name + suffix: values[..., [item.circuit.find_bit(bit).index for bit in register]]
        for register in item.circuit.cregs
    }


@dataclass(frozen=True, slots=True)
class _Work:
    """An item to measure; ``shape`` is the number of its sets, shots and classical bits."""

    item: Item
    shape: tuple[int, int, int]
    seed: int
    task: Task
    pause_s: float | None

    def filled(
        self, kind: type[_Value], simulated: Callable[[], NDArray[_Value]]
    ) -> NDArray[_Value]:
        """All classical bits of all elements: shape ``(*item.shape, shots, num_clbits)``."""
        sets, shots, bits = self.shape
        whole = (*self.item.shape, shots, bits)
        if not math.prod(self.shape):
            return np.zeros(whole, kind)
        most = _MOST_BYTES // np.dtype(kind).itemsize
        if math.prod(self.shape) > most:
            raise JobFailure(
                FailureCode.SIMULATOR_FAILED,
                f"An item gives {sets} x {shots} x {bits} values (sets, shots, bits); the "
                f"emulator holds at most {most} of an item at a time.",
            )
        self.task.allow(sets * (_SET_S + shots * bits * _VALUE_S))
        return simulated().reshape(whole)

    @property
    def column(self) -> dict[Parameter, int]:
        """Which column of the values each parameter takes."""
        return {one: number for number, one in enumerate(self.item.circuit.parameters)}

    def bits(self) -> Bits:
        """Bits, part by part of the circuit."""
        item, task, column = self.item, self.task, self.column
        if task.snapshot.is_mock:
            drawn = generator(self.seed).integers(2, size=self.shape, dtype=np.uint8)
            return drawn.astype(np.bool_)
        errs = task.noise is Noise.CALIBRATION
        active = active_part(item.circuit, keep_idle_time=errs)
        lone = []
        sets, shots, _ = self.shape
        result = np.zeros(self.shape, np.bool_)
        for number, part in enumerate(parts_of(active)):
            chance = None
            if self.pause_s is None:
                erring = task.snapshot if errs else None
                chance = chance_of_one(part.active, item.values, column, erring)
            if chance is not None:
                lone.append((part.bits[0], chance))
                continue
            plan = None if errs or self.pause_s is not None else plan_of(part, column)
            if plan is not None:
                task.allow(plan.estimate_s(sets, shots))
                own = generator(self.seed, 2, number)
                result[..., part.bits] = plan.sample(item.values, column, shots, own, task.tick)
                continue
            bound = self.bound(part.active.circuit)
            # Parts are independent, and so must be their seeds.
            own_seed = of_part(self.seed, number)
            arrays = sample(part.active, bound, shots, own_seed, task, pause_s=self.pause_s)
            # Parts with conditions have all bits; those that they do not write stay 0.
            result[..., part.bits] |= np.asarray(arrays).reshape(sets, shots, len(part.bits))
        task.allow(len(lone) * sets * shots * _BIT_S)
        rng = generator(self.seed, 1)
        for bit, chance in lone:
            result[..., bit] = rng.random((sets, shots)) < chance[:, None]
        return result

    def points(self) -> Complexes:
        """Points in the IQ plane; every qubit has its own cloud, so the circuit stays whole."""
        if self.task.snapshot.is_mock:
            rng = generator(self.seed)
            return rng.standard_normal(self.shape) + 1j * rng.standard_normal(self.shape)
        # Idle qubits that are measured stay: their points have a spread, too.
        active = active_part(self.item.circuit, keep_idle_time=True)
        bound = self.bound(active.circuit)
        arrays = sample_iq(active, bound, self.shape[1], self.seed, self.task, pause_s=self.pause_s)
        return np.asarray(arrays)

    def bound(self, circuit: QuantumCircuit) -> list[QuantumCircuit]:
        """A part of the circuit with each set of the item's values bound."""
        column = self.column
        used = [column[parameter] for parameter in circuit.parameters]
        bound = []
        try:
            for row in self.item.values[:, used]:
                self.task.tick()
                bound.append(circuit.assign_parameters(row))
        except TooLong:
            raise
        except Exception as problem:  # qiskit: a value that an expression does not take
            raise JobFailure(
                FailureCode.VALIDATION, f"Parameter values do not fit: {one_line(problem)}"
            ) from None
        return bound
